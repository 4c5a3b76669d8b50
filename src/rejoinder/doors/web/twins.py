"""What stands beside a page for programs: the statements of a thing, the ontology, the answer to a stored query."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyoxigraph as ox

from rejoinder.doors.web.protocol import Problem
from rejoinder.vocabulary import BASE, ONTOLOGY, PREFIXES, compress

if TYPE_CHECKING:
    from rejoinder.doors.python import Graph

__all__ = ["TWINS", "twin", "twins_of", "vocabulary"]

#: Ending -> media type.
TWINS = {
    ".ttl": "text/turtle",
    ".jsonld": "application/ld+json",
    ".nt": "application/n-triples",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".srj": "application/sparql-results+json",
    ".markdown": "text/markdown",
}
_OF_GRAPHS = {".ttl": "turtle", ".jsonld": "json-ld", ".nt": "ntriples"}

_ABOUT = """
CONSTRUCT { <{iri}> ?property ?value . ?subject ?of <{iri}> }
WHERE { { <{iri}> ?property ?value } UNION { ?subject ?of <{iri}> } }
"""
_SAID = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <{iri}> { ?s ?p ?o } }"


def twins_of(path: str) -> dict[str, str]:
    """Return the endings and media types of what stands beside the page at a path."""
    if path.startswith("/queries/"):
        return TWINS
    if path.startswith(("/id/", "/source/")) or path == "/ontology":
        return {ending: TWINS[ending] for ending in _OF_GRAPHS}
    return {}


def twin(graph: "Graph", path: str, ending: str, parameters: Mapping[str, str]) -> str:
    """Return what a page at a path says, in the format of an ending. Raises Problem (404), UsageError."""
    if path.startswith("/queries/"):
        name = path.removeprefix("/queries/")
        if name not in graph.queries:
            raise Problem(404, f"There is no stored query '{name}'", "See /queries.")
        format = _OF_GRAPHS.get(ending, ending.removeprefix("."))
        return graph.query(name, **{key: value for key, value in parameters.items() if value}).to_text(format)
    if ending not in twins_of(path):
        raise Problem(404, f"There is no {path}{ending}", "See / for what there is.")
    from rejoinder.outputs.rdf import write_triples

    context = graph.inputs.ontology_file("context.jsonld").content
    return write_triples(_triples(graph, path), _OF_GRAPHS[ending], context)


def _triples(graph: "Graph", path: str) -> list[ox.Triple]:
    if path == "/ontology":
        named = graph.compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY))
        return [quad.triple for quad in named]
    iri = BASE + path.removeprefix("/")
    template = _SAID if iri in graph.compiled.manifest.passages else _ABOUT
    found = graph.sparql(template.replace("{iri}", iri)).triples if _is_iri(iri) else ()
    if not found:
        raise Problem(404, f"Nothing is known of {iri}", "See /search.")
    return list(found)


def vocabulary(graph: "Graph") -> dict[str, object]:
    """Return what an editor may complete: prefixes, and the short names of terms and things with their labels."""
    names: dict[str, dict[str, str]] = {}
    for label, iris in graph.labels().items():
        for iri in iris:
            short = compress(iri)
            if short != iri:
                kind = "property" if iri.startswith(PREFIXES["rj"]) else "constant"
                names.setdefault(short, {"name": short, "label": label, "kind": kind})
    return {"prefixes": PREFIXES, "names": sorted(names.values(), key=lambda one: one["name"])}


def _is_iri(text: str) -> bool:
    """Tell whether a text may stand between angle brackets (SPARQL 1.1, section 19.8, IRIREF)."""
    return not any(one in '<>"{}|^`\\' or ord(one) <= 32 for one in text)
