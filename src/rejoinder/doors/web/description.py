"""What the endpoint says of itself: SPARQL 1.1 Service Description and VoID."""

from collections import Counter
from collections.abc import Iterator

import pyoxigraph as ox

from rejoinder.doors.web.protocol import GRAPHS, ROWS
from rejoinder.graph.compiled import Compiled
from rejoinder.vocabulary import PREFIXES, RDF_TYPE

__all__ = ["describe"]

_SD = "http://www.w3.org/ns/sparql-service-description#"
_VOID = "http://rdfs.org/ns/void#"
_FORMATS = "http://www.w3.org/ns/formats/"
#: The names of formats by W3C (Unique URIs for File Formats), as media types have none that a machine can follow.
_NAMES = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
}


def describe(compiled: Compiled, endpoint: str) -> bytes:
    """Return the description of an endpoint at an address, in N-Triples: languages, formats, dataset and its graphs."""
    return ox.serialize(list(_triples(compiled, endpoint)), format=ox.RdfFormat.N_TRIPLES) or b""


def _triples(compiled: Compiled, endpoint: str) -> Iterator[ox.Triple]:
    service, dataset = ox.NamedNode(endpoint), ox.NamedNode(f"{endpoint}#dataset")
    default = ox.NamedNode(f"{endpoint}#default")
    sizes = Counter(quad.graph_name for quad in compiled.dataset)

    def graph(node: ox.NamedNode, size: int) -> Iterator[ox.Triple]:
        yield ox.Triple(node, _a, _sd("Graph"))
        yield ox.Triple(node, _a, ox.NamedNode(f"{_VOID}Dataset"))
        yield ox.Triple(node, ox.NamedNode(f"{_VOID}triples"), ox.Literal(size))

    yield ox.Triple(service, _a, _sd("Service"))
    yield ox.Triple(service, _sd("endpoint"), service)
    yield ox.Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    for media in ROWS | GRAPHS:
        if media in _NAMES:
            yield ox.Triple(service, _sd("resultFormat"), ox.NamedNode(_FORMATS + _NAMES[media]))
    yield ox.Triple(service, _sd("defaultDataset"), dataset)
    yield ox.Triple(dataset, _a, _sd("Dataset"))
    yield ox.Triple(dataset, _a, ox.NamedNode(f"{_VOID}Dataset"))
    yield ox.Triple(dataset, ox.NamedNode(f"{_VOID}sparqlEndpoint"), service)
    yield ox.Triple(dataset, ox.NamedNode(f"{_VOID}triples"), ox.Literal(sum(sizes.values())))
    for prefix in ("rj", "prov", "dcterms"):
        yield ox.Triple(dataset, ox.NamedNode(f"{_VOID}vocabulary"), ox.NamedNode(PREFIXES[prefix]))
    yield ox.Triple(dataset, _sd("defaultGraph"), default)
    yield from graph(default, sizes[ox.DefaultGraph()])
    for number, name in enumerate(compiled.manifest.passages):
        named, held = ox.NamedNode(f"{endpoint}#named-{number}"), ox.NamedNode(f"{endpoint}#graph-{number}")
        yield ox.Triple(dataset, _sd("namedGraph"), named)
        yield ox.Triple(named, _a, _sd("NamedGraph"))
        yield ox.Triple(named, _sd("name"), ox.NamedNode(name))
        yield ox.Triple(named, _sd("graph"), held)
        yield from graph(held, sizes[ox.NamedNode(name)])


_a = ox.NamedNode(RDF_TYPE)


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SD + name)
