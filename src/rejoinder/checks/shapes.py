"""SHACL validation by pySHACL, its results as findings."""

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from rejoinder.checks.evidence import Evidence
from rejoinder.checks.findings import Finding, Severity
from rejoinder.graph.compiled import Compiled, passage_graphs
from rejoinder.sources.files import InputFile
from rejoinder.sources.turtle import Place
from rejoinder.vocabulary import LAYERS, PREFIXES, compress

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
    # sh:detail has results too, which explain others; and what no file describes is a dangling reference already.
    findings = [
        _finding(report, result, data, evidence)
        for result in report.objects(None, _uri("result"))
        if evidence.find(str(report.value(result, _uri("focusNode"))))
    ]
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


def _finding(report: Any, result: Any, data: Any, evidence: Evidence) -> Finding:
    from rdflib import RDFS, URIRef

    focus = report.value(result, _uri("focusNode"))
    path = report.value(result, _uri("resultPath"))
    value = report.value(result, _uri("value"))
    shape = report.value(result, _uri("sourceShape"))
    messages = sorted(str(message) for message in report.objects(result, _uri("resultMessage")))
    message, _, cure = (messages[0] if messages else "the shape is not met").partition(". ")
    label = data.value(focus, RDFS.label) or compress(str(focus))
    predicate = str(path) if isinstance(path, URIRef) else ""
    place = evidence.first(str(focus), predicate, value.n3() if value is not None else "")
    shown = f" ({_shown(value)})" if value is not None and value != focus else ""
    return Finding(
        severity=_SEVERITY.get(str(report.value(result, _uri("resultSeverity"))), "violation"),
        rule=str(shape).rsplit("#", 1)[-1] if isinstance(shape, URIRef) else "shape",
        place=place,
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

    for shape, target in sorted(rules.subject_objects(_uri("targetClass"))):
        if (None, RDF.type, target) not in data:
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
