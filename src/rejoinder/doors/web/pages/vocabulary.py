"""The ontology as a page: each class, property and concept with what is said of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.names import Names, anchor
from rejoinder.vocabulary import ONTOLOGY, PREFIXES, RDF_TYPE

__all__ = ["Section", "Term", "ontology"]


class Term(NamedTuple):
    """A term, its place on the page, and what is said of it: a heading in words with its values."""

    iri: str
    anchor: str
    definition: str
    notes: tuple[Any, ...]
    facts: tuple[tuple[str, tuple[Any, ...]], ...]


class Section(NamedTuple):
    """Terms of one sort."""

    title: str
    terms: tuple[Term, ...]


_OWL, _RDFS, _SKOS = PREFIXES["owl"], PREFIXES["rdfs"], PREFIXES["skos"]
_SHOWN = {
    _RDFS + "subClassOf": "is also",
    _RDFS + "subPropertyOf": "is a kind of",
    _RDFS + "domain": "stands on",
    _RDFS + "range": "leads to",
    _OWL + "inverseOf": "the other way round",
    _OWL + "disjointWith": "is never",
    _OWL + "propertyChainAxiom": "is found by following",
    RDF_TYPE: "is of the kind",
    _SKOS + "inScheme": "in the list",
    _SKOS + "example": "example",
    PREFIXES["rj"] + "modeOpenness": "openness",
    PREFIXES["rj"] + "opennessRank": "rank of openness",
}


def ontology(graph: Graph, names: Names) -> tuple[Section, ...]:
    """Return all terms that the ontology describes, by sort."""
    said: dict[str, dict[str, list[Any]]] = {}
    for iri in names.terms:
        quads = graph.compiled.store.quads_for_pattern(ox.NamedNode(iri), None, None, ox.NamedNode(ONTOLOGY))
        for quad in sorted(quads, key=str):
            said.setdefault(iri, {}).setdefault(quad.predicate.value, []).append(quad.object)
    sections: dict[str, list[Term]] = {title: [] for title in _SORTS.values()}
    for iri, about in sorted(said.items(), key=lambda item: anchor(item[0]).casefold()):
        sections[_sort(about)].append(_term(iri, about, graph))
    return tuple(Section(title, tuple(terms)) for title, terms in sections.items() if terms)


_SORTS = {
    _OWL + "Class": "Classes",
    _OWL + "ObjectProperty": "Properties that lead to things",
    _OWL + "DatatypeProperty": "Properties that lead to values",
    PREFIXES["rdf"] + "Property": "Properties that lead to either",
    _SKOS + "ConceptScheme": "Lists of concepts",
    "": "Concepts",
}


def _sort(about: Mapping[str, list[Any]]) -> str:
    kinds = {kind.value for kind in about.get(RDF_TYPE, ())}
    return next(title for kind, title in _SORTS.items() if kind in kinds or not kind)


def _term(iri: str, about: Mapping[str, list[Any]], graph: Graph) -> Term:
    definition = next((value.value for value in about.get(_SKOS + "definition", ())), "")
    facts = []
    for name, words in _SHOWN.items():
        values: list[Any] = about.get(name, [])
        if name == _OWL + "propertyChainAxiom":
            values = [item for head in values for item in _items(head, graph)]
        named = tuple(value for value in values if not (_is_nameless(value) or _is_sort(value)))
        facts += [(words, named)] if named else []
    return Term(iri, anchor(iri), definition, tuple(about.get(_SKOS + "scopeNote", ())), tuple(facts))


def _items(head: Any, graph: Graph) -> list[Any]:
    """Return the members of a list in their order."""
    store, rdf, found = graph.compiled.store, PREFIXES["rdf"], []
    while isinstance(head, ox.NamedNode) and head.value != rdf + "nil":
        first, rest = (
            next((quad.object for quad in store.quads_for_pattern(head, ox.NamedNode(rdf + name), None, None)), None)
            for name in ("first", "rest")
        )
        found.append(first)
        head = rest
    return found


def _is_sort(value: Any) -> bool:
    """Tell whether a value is what the heading of a section says already."""
    return isinstance(value, ox.NamedNode) and value.value in _SORTS


def _is_nameless(value: Any) -> bool:
    return isinstance(value, ox.NamedNode) and "/.well-known/genid/" in value.value
