"""SHACL validation by pySHACL, which is the reference for the shapes that are compiled."""

from collections import defaultdict

import pyoxigraph as ox

from rejoinder.checks.compiled_shapes import Result
from rejoinder.checks.shape_paths import Path, Term, sh
from rejoinder.sources.files import InputFile

__all__ = ["validate_by_pyshacl"]


def validate_by_pyshacl(data: ox.Store, shapes: InputFile) -> list[Result]:
    """Return what pySHACL finds in the default graph of a store, as `compiled_shapes.run` returns it.

    A path that is no property is left out.
    """
    import pyshacl
    import rdflib

    graph = rdflib.Graph()
    lines = ox.serialize((quad.triple for quad in data), format=ox.RdfFormat.N_TRIPLES)
    graph.parse(data=lines, format="nt")
    rules = rdflib.Graph().parse(data=shapes.content, format="turtle")
    _, report, _ = pyshacl.validate(graph, shacl_graph=rules, inference="none", advanced=False)
    said: defaultdict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    found: list[Term] = []
    for quad in ox.parse(report.serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES):
        said[quad.subject][quad.predicate.value].append(quad.object)
        if quad.predicate == sh("result"):  # sh:detail has results too, which only explain these
            found.append(quad.object)
    results = [_result(said[node]) for node in found]
    return sorted(results, key=lambda one: (str(one.shape), str(one.component), str(one.focus), str(one.value)))


def _result(said: dict[str, list[Term]]) -> Result:
    def of(name: str) -> Term | None:
        return next(iter(said.get(sh(name).value, ())), None)

    path = of("resultPath")
    return Result(
        focus=of("focusNode"),  # type: ignore[arg-type]
        path=Path(str(path), path) if isinstance(path, ox.NamedNode) else None,
        value=of("value"),
        component=of("sourceConstraintComponent"),  # type: ignore[arg-type]
        shape=of("sourceShape"),  # type: ignore[arg-type]
        severity=of("resultSeverity") or sh("Violation"),
        messages=tuple(said.get(sh("resultMessage").value, ())),
        constraint=of("sourceConstraint"),  # type: ignore[arg-type]
    )
