"""Graphs written in the formats of RDF, with the same bytes for the same graph."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, cast

import pyoxigraph as ox

from rejoinder.errors import UsageError
from rejoinder.graph.compiled import Compiled, passage_graphs
from rejoinder.vocabulary import ACCEPTED, ALIGNMENTS, BASE, INFERRED, ONTOLOGY, PREFIXES, RDF_TYPE

__all__ = ["DEFAULT_LAYERS", "FORMATS", "LAYER_NAMES", "export", "quads", "write_triples"]

#: The formats of `export`; those of the second line keep named graphs.
TRIPLE_FORMATS = ("turtle", "ntriples", "rdf-xml")
QUAD_FORMATS = ("json-ld", "nquads", "trig")
FORMATS = TRIPLE_FORMATS + QUAD_FORMATS

LAYER_NAMES = ("accepted", "inferred", "passages", "ontology", "alignments")
DEFAULT_LAYERS = ("accepted", "inferred", "passages")

_OX = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdf-xml": ox.RdfFormat.RDF_XML,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
}
_GRAPHS = {"accepted": ACCEPTED, "inferred": INFERRED, "ontology": ONTOLOGY, "alignments": ALIGNMENTS}
_CLAIM = BASE + "id/claim/"
_TYPE = ox.NamedNode(RDF_TYPE)


def export(compiled: Compiled, format: str, layers: Iterable[str] = DEFAULT_LAYERS, *, context: bytes) -> bytes:
    """Return layers of a graph as UTF-8 bytes that depend on nothing but the graph.

    The formats with named graphs (json-ld, nquads, trig) keep each layer and each passage as a graph of its own. The
    others hold one graph, where who said what is kept as claims: see `quads`. JSON-LD is compacted with `context`
    (the bytes of ontology/context.jsonld), which it contains, so that no processor needs the network.
    """
    chosen = quads(compiled, layers, named=format in QUAD_FORMATS)
    if format == "json-ld":
        return _json_ld(chosen, context)
    if format == "rdf-xml":
        _require_xml(chosen)
    if format in TRIPLE_FORMATS:
        triples = [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in chosen]
        return _serialize(triples, _OX[format])
    return _serialize(chosen, _OX[format])


def quads(compiled: Compiled, layers: Iterable[str] = DEFAULT_LAYERS, *, named: bool) -> list[ox.Quad]:
    """Return the statements of layers, sorted.

    With `named` they are in their named graphs. Without, all are in the default graph, and each statement of a passage
    is described as an rdf:Statement (RDF Schema 1.1, section 5.3) with prov:wasDerivedFrom the passages that make it:
    so a claim that was ruled out is on record without being asserted. A claim's IRI is made from the SHA-256 of its
    triple in N-Triples.
    """
    store = compiled.store
    chosen: list[ox.Quad] = []
    for layer in layers:
        if layer == "passages":
            for graph in passage_graphs(store):
                chosen += store.quads_for_pattern(None, None, None, graph)
        else:
            chosen += store.quads_for_pattern(None, None, None, ox.NamedNode(_GRAPHS[layer]))
    if named:
        return sorted(chosen, key=_order)
    passages = set(passage_graphs(store)) if "passages" in layers else set()
    flat: set[ox.Quad] = set()
    for quad in chosen:
        if quad.graph_name in passages and quad.subject != quad.graph_name:
            flat.update(_claim(quad))
        else:
            flat.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    return sorted(flat, key=_order)


def write_triples(triples: Iterable[ox.Triple], format: str, context: bytes | None = None) -> str:
    """Return a graph as text in turtle, ntriples or json-ld (expanded where no context is given)."""
    ordered = sorted((ox.Quad(triple.subject, triple.predicate, triple.object) for triple in set(triples)), key=_order)
    if format == "json-ld":
        return _json_ld(ordered, context or b'{"@context": {}}').decode()
    return _serialize([ox.Triple(quad.subject, quad.predicate, quad.object) for quad in ordered], _OX[format]).decode()


def _claim(quad: ox.Quad) -> list[ox.Quad]:
    triple = ox.Triple(quad.subject, quad.predicate, quad.object)
    claim = ox.NamedNode(_CLAIM + hashlib.sha256(str(triple).encode()).hexdigest()[:20])
    rdf, prov = PREFIXES["rdf"], PREFIXES["prov"]
    return [
        ox.Quad(claim, _TYPE, ox.NamedNode(rdf + "Statement")),
        ox.Quad(claim, ox.NamedNode(rdf + "subject"), quad.subject),
        ox.Quad(claim, ox.NamedNode(rdf + "predicate"), quad.predicate),
        ox.Quad(claim, ox.NamedNode(rdf + "object"), quad.object),
        ox.Quad(claim, ox.NamedNode(prov + "wasDerivedFrom"), cast(ox.NamedNode, quad.graph_name)),
    ]


def _order(quad: ox.Quad) -> tuple[str, str, bool, str, str]:
    """Sort by graph, subject and predicate, with rdf:type first as people write it."""
    return (str(quad.graph_name), str(quad.subject), quad.predicate != _TYPE, str(quad.predicate), str(quad.object))


def _serialize(statements: list[Any], format: ox.RdfFormat) -> bytes:
    text = ox.serialize(statements, format=format, prefixes=_used_prefixes(statements))
    assert text is not None  # it is None only where a file is given to write to
    return text


def _used_prefixes(statements: list[Any]) -> dict[str, str]:
    used: dict[str, str] = {}
    iris = {
        term.value if isinstance(term, ox.NamedNode) else term.datatype.value
        for statement in statements
        for term in (statement.subject, statement.predicate, statement.object)
        if isinstance(term, ox.NamedNode | ox.Literal)
    }
    if statements and isinstance(statements[0], ox.Quad):
        iris |= {quad.graph_name.value for quad in statements if isinstance(quad.graph_name, ox.NamedNode)}
    for prefix, namespace in PREFIXES.items():
        if any(iri.startswith(namespace) for iri in iris):
            used[prefix] = namespace
    return used


def _require_xml(chosen: list[ox.Quad]) -> None:
    """Raise UsageError where a value holds a character that XML cannot (XML 1.0, section 2.2)."""
    for quad in chosen:
        if isinstance(quad.object, ox.Literal) and re.search(
            "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", quad.object.value
        ):
            raise UsageError(
                f"a value of {quad.subject} {quad.predicate} holds a control character, which XML cannot",
                "choose another format, or take the character out",
            )


def _json_ld(chosen: list[ox.Quad], context: bytes) -> bytes:
    # PyLD is the processor that W3C's own tests were made with; rdflib's loses a false, a 0 and some datatypes.
    from pyld import jsonld

    lines = ox.serialize(chosen, format=ox.RdfFormat.N_QUADS)
    assert lines is not None
    # It would write an RDF list as @list, although ours have IRIs as their cells, which that form cannot keep.
    nil, other = PREFIXES["rdf"] + "nil", "urn:rejoinder:nil"
    # What Unicode breaks lines at and N-Quads does not is escaped, since PyLD reads line by line.
    quads = lines.decode().translate(
        {code: f"\\u{code:04X}" for code in (0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029)}
    )
    try:
        expanded = _native(jsonld.from_rdf(quads.replace(f"<{nil}>", f"<{other}>")))
    except jsonld.JsonLdError:
        raise UsageError(
            "a value is a triple, or has a direction of its text: JSON-LD 1.1 cannot hold what RDF 1.2 has added",
            "choose another format",
        ) from None
    document = jsonld.compact(expanded, json.loads(context), {"graph": True})
    text = json.dumps(_sorted(document), ensure_ascii=False, indent=1).replace(f'"{other}"', f'"{nil}"')
    return (text + "\n").encode()


def _native(value: Any) -> Any:
    """Write integers and booleans as JSON does, where their text is the one that JSON-LD reads back."""
    if isinstance(value, list):
        return [_native(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind, text = value.get("@type"), value.get("@value")
    if kind == PREFIXES["xsd"] + "boolean" and text in ("true", "false"):
        return {"@value": text == "true"}
    if kind == PREFIXES["xsd"] + "integer" and isinstance(text, str) and re.fullmatch(r"0|-?[1-9]\d{0,14}", text):
        return {"@value": int(text)}
    return {key: _native(item) for key, item in value.items()}


def _sorted(value: Any) -> Any:
    """Sort keys and the members of arrays, which are sets as there are no lists; leave the context as it is."""
    if isinstance(value, dict):
        return {key: value[key] if key == "@context" else _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
