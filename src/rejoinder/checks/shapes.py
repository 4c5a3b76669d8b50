"""SHACL validation, its results as findings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, cast

import pyoxigraph as ox

from rejoinder.checks.compiled_shapes import Ask, CompiledShape, Result, compile_shapes, run
from rejoinder.checks.evidence import Evidence
from rejoinder.checks.findings import Finding, Severity
from rejoinder.checks.shape_paths import Term, sh
from rejoinder.graph.compiled import Compiled
from rejoinder.sources.files import InputFile
from rejoinder.sources.turtle import Place, parse
from rejoinder.vocabulary import BASE, LABEL, PREFIXES, RDF_TYPE, VALIDATED, compress

__all__ = ["shacl_report", "validate_data", "validate_shapes", "validated_statements"]

_SEVERITY: dict[Term, Severity] = {sh("Violation"): "violation", sh("Warning"): "warning", sh("Info"): "info"}
_PREFIXES = {**{name: PREFIXES[name] for name in ("rj", "sh", "xsd")}, "rjs": BASE + "shapes#"}
#: How many names are asked for at once: no query becomes too long for an endpoint.
_AT_ONCE = 200


def validate_shapes(
    compiled: Compiled, shapes: InputFile, evidence: Evidence, *, by_reference: bool = False
) -> tuple[list[Finding], str]:
    """Validate accepted, inferred and ontology, and what passages and rulings say of themselves (SHACL, section 3).

    Returns the findings, with one of severity info for each shape that nothing was checked against, and the SHACL
    validation report in Turtle. `by_reference` lets pySHACL find them, which takes longer.
    """
    data = ox.Store()
    data.extend(validated_statements(compiled))
    reference = None
    if by_reference:
        from rejoinder.checks.reference import validate_by_pyshacl

        reference = validate_by_pyshacl(data, shapes)
    return validate_data(lambda query: cast(ox.QuerySolutions, data.query(query)), shapes, evidence, reference)


def validate_data(
    ask: Ask, shapes: InputFile, evidence: Evidence, reference: list[Result] | None = None
) -> tuple[list[Finding], str]:
    """Validate the default graph of whatever answers SELECT queries of SPARQL 1.1; else as `validate_shapes`.

    With `reference` the results are those that another validator has found.
    """
    results: list[Result] = []
    unused: list[Finding] = []
    for shape in compile_shapes(parse(shapes)):
        if any(True for _ in ask(shape.any_focus)):
            results += run(shape.checks, ask) if reference is None else []
        else:
            unused += _unused(shape, shapes)
    results += reference or []
    # One thing can break one rule with several values, which is one mistake and not several.
    broken: dict[tuple[Term, Term], list[Result]] = defaultdict(list)
    for result in results:
        # What no file describes, though its name is one of ours, is a dangling reference already.
        if evidence.find(result.focus.value) or not result.focus.value.startswith(BASE):
            broken[result.focus, result.shape].append(result)
    labels = _labels(ask, dict.fromkeys(focus for focus, _ in broken))
    return [*(_finding(same, labels, evidence) for same in broken.values()), *unused], shacl_report(results)


def validated_statements(compiled: Compiled) -> Iterator[ox.Quad]:
    """Yield what is validated, as statements of the default graph."""
    for name in VALIDATED:
        for quad in compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(name)):
            yield ox.Quad(quad.subject, quad.predicate, quad.object)


def _labels(ask: Ask, nodes: Iterable[Term]) -> dict[Term, str]:
    """Return the labels of nodes, the first by the alphabet where there are several."""
    names = [str(node) for node in nodes if isinstance(node, ox.NamedNode)]
    found: dict[Term, str] = {}
    for start in range(0, len(names), _AT_ONCE):
        some = " ".join(names[start : start + _AT_ONCE])
        for row in ask(f"SELECT ?node ?label WHERE {{ VALUES ?node {{ {some} }} ?node <{LABEL}> ?label }}"):
            label = row["label"].value
            found[row["node"]] = min(found.get(row["node"], label), label)
    return found


def _finding(results: list[Result], labels: dict[Term, str], evidence: Evidence) -> Finding:
    result = results[0]
    focus, shape = result.focus.value, result.shape
    values = sorted({one.value for one in results if one.value is not None and one.value != result.focus}, key=str)
    messages = sorted(message.value for message in result.messages)
    message, _, cure = (messages[0] if messages else "the shape is not met").partition(". ")
    predicate = result.path.node.value if result.path and isinstance(result.path.node, ox.NamedNode) else ""
    found = evidence.find(focus, predicate, str(values[0]) if values else "") or evidence.mentions(focus)
    shown = f" ({', '.join(map(_shown, values))})" if values else ""
    return Finding(
        severity=_SEVERITY.get(result.severity, "violation"),
        rule=_name(shape) if isinstance(shape, ox.NamedNode) else "shape",
        place=found[0] if found else Place("the graph", 1, 1),
        message=f"{labels.get(result.focus) or compress(focus)}: {message.rstrip('.')}{shown}",
        cure=cure,
        subject=focus,
    )


def _shown(value: Term) -> str:
    """Write a value short, and a text in quotes: that a number is written as one is a usual mistake."""
    if isinstance(value, ox.Literal):
        text = value.datatype.value in (PREFIXES["xsd"] + "string", PREFIXES["rdf"] + "langString")
        return f'"{value.value}"' if text else value.value
    return compress(value.value)


def _name(shape: Term) -> str:
    return shape.value.rsplit("#", 1)[-1]


def _unused(shape: CompiledShape, shapes: InputFile) -> Iterator[Finding]:
    """Find that a shape has no focus node: that it is met says nothing."""
    for target in sorted(shape.targets, key=str):
        message = f"nothing was checked against {_name(shape.shape)}: no {compress(target.value)}"
        yield Finding("info", "unused-shape", Place(shapes.name, 1, 1), message, "", (), shape.shape.value)


def shacl_report(results: list[Result]) -> str:
    """Write the validation report in Turtle, always with the same bytes (SHACL, section 3.6)."""
    names: dict[Any, ox.BlankNode] = {}

    def named(term: Any) -> Any:
        # By its place in the report: the names that a parser gives are new with each run.
        return names.setdefault(term, ox.BlankNode(f"node{len(names)}")) if isinstance(term, ox.BlankNode) else term

    triples = dict.fromkeys(ox.Triple(named(s), p, named(o)) for s, p, o in _reported(results))
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=_PREFIXES) or b"").decode()


def _reported(results: list[Result]) -> Iterator[ox.Triple]:
    report, a = ox.BlankNode(), ox.NamedNode(RDF_TYPE)
    yield ox.Triple(report, a, sh("ValidationReport"))
    yield ox.Triple(report, sh("conforms"), ox.Literal(not results))
    nodes = [ox.BlankNode() for _ in results]
    yield from (ox.Triple(report, sh("result"), node) for node in nodes)
    for node, result in zip(nodes, results, strict=True):
        yield ox.Triple(node, a, sh("ValidationResult"))
        said = [
            ("focusNode", result.focus),
            ("resultPath", result.path.node if result.path else None),
            ("value", result.value),
            ("resultSeverity", result.severity),
            ("sourceConstraintComponent", result.component),
            ("sourceConstraint", result.constraint),
            ("sourceShape", result.shape),
            *(("resultMessage", message) for message in result.messages),
        ]
        yield from (ox.Triple(node, sh(name), value) for name, value in said if value is not None)
    for result in results:
        yield from result.path.triples if result.path else ()
