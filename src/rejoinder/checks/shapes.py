"""SHACL validation by pySHACL, its results as findings."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from rejoinder.checks.evidence import Evidence
from rejoinder.checks.findings import Finding, Severity
from rejoinder.graph.compiled import Compiled, passage_graphs
from rejoinder.sources.files import InputFile
from rejoinder.sources.turtle import Place
from rejoinder.vocabulary import BASE, LAYERS, PREFIXES, compress

__all__ = ["validate_shapes"]

_SH = PREFIXES["sh"]
_SEVERITY: dict[str, Severity] = {_SH + "Violation": "violation", _SH + "Warning": "warning", _SH + "Info": "info"}


def validate_shapes(compiled: Compiled, shapes: InputFile, evidence: Evidence) -> tuple[list[Finding], str]:
    """Validate accepted, inferred and ontology, and what passages and rulings say of themselves (SHACL, section 3).

    Returns the findings, with one of severity info for each shape that nothing was checked against, and the SHACL
    validation report in Turtle.
    """
    import pyshacl
    import rdflib

    data = rdflib.Graph()
    data.parse(data=ox.serialize(_validated(compiled), format=ox.RdfFormat.N_TRIPLES), format="nt")
    rules = rdflib.Graph().parse(data=shapes.content, format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=rules, inference="none", advanced=False)
    # One thing can break one rule with several values, which is one mistake and not several.
    broken: dict[tuple[Any, Any], list[Any]] = defaultdict(list)
    for result in report.objects(None, _uri("result")):  # sh:detail has results too, which only explain these
        focus = report.value(result, _uri("focusNode"))
        # What no file describes, though its name is one of ours, is a dangling reference already.
        if evidence.find(str(focus)) or not str(focus).startswith(BASE):
            broken[focus, report.value(result, _uri("sourceShape"))].append(result)
    findings = [_finding(report, results, data, evidence) for results in broken.values()]
    findings += _unused(rules, data, shapes)
    return findings, str(report.serialize(format="turtle"))


def _validated(compiled: Compiled) -> Iterator[ox.Triple]:
    store = compiled.store
    for name in LAYERS:
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(name)):
            yield ox.Triple(quad.subject, quad.predicate, quad.object)
    for graph in passage_graphs(store):
        for quad in store.quads_for_pattern(graph, None, None, graph):
            yield ox.Triple(quad.subject, quad.predicate, quad.object)


def _uri(name: str) -> Any:
    import rdflib

    return rdflib.URIRef(_SH + name)


def _finding(report: Any, results: list[Any], data: Any, evidence: Evidence) -> Finding:
    from rdflib import RDFS, URIRef

    result = results[0]
    focus = report.value(result, _uri("focusNode"))
    path = report.value(result, _uri("resultPath"))
    values = sorted({report.value(one, _uri("value")) for one in results} - {None, focus})
    shape = report.value(result, _uri("sourceShape"))
    messages = sorted(str(message) for message in report.objects(result, _uri("resultMessage")))
    message, _, cure = (messages[0] if messages else "the shape is not met").partition(". ")
    label = data.value(focus, RDFS.label) or compress(str(focus))
    predicate = str(path) if isinstance(path, URIRef) else ""
    found = evidence.find(str(focus), predicate, values[0].n3() if values else "") or evidence.mentions(str(focus))
    shown = f" ({', '.join(map(_shown, values))})" if values else ""
    return Finding(
        severity=_SEVERITY.get(str(report.value(result, _uri("resultSeverity"))), "violation"),
        rule=str(shape).rsplit("#", 1)[-1] if isinstance(shape, URIRef) else "shape",
        place=found[0] if found else Place("the graph", 1, 1),
        message=f"{label}: {message.rstrip('.')}{shown}",
        cure=cure,
        subject=str(focus),
    )


def _shown(value: Any) -> str:
    """Write a value short, and a text in quotes: that a number is written as one is a usual mistake."""
    from rdflib import Literal

    if isinstance(value, Literal):
        return str(value) if value.datatype else f'"{value}"'
    return compress(str(value))


def _unused(rules: Any, data: Any, shapes: InputFile) -> Iterator[Finding]:
    """Find the shapes without a focus node: that they are met says nothing."""
    from rdflib import RDF

    targets = []
    for kind in ("targetClass", "targetSubjectsOf", "targetObjectsOf"):
        for shape, target in rules.subject_objects(_uri(kind)):
            pattern = (None, RDF.type, target) if kind == "targetClass" else (None, target, None)
            targets.append((shape, target, pattern in data))
    used = {shape for shape, _, found in targets if found}
    for shape, target, found in sorted(targets):
        if not found and shape not in used:
            name = str(shape).rsplit("#", 1)[-1]
            yield Finding(
                "info",
                "unused-shape",
                Place(shapes.name, 1, 1),
                f"nothing was checked against {name}: no {compress(str(target))}",
                "",
                (),
                str(shape),
            )
