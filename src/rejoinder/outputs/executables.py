"""The catalog of stored queries as RDF."""

import pyoxigraph as ox

from rejoinder.outputs.rdf import write_triples
from rejoinder.sources.catalog import StoredQuery
from rejoinder.vocabulary import BASE, PREFIXES, RDF_TYPE

__all__ = ["write"]

_SH, _RDFS = PREFIXES["sh"], PREFIXES["rdfs"]


def write(queries: list[StoredQuery]) -> str:
    """Return queries as Turtle: sh:SPARQLExecutable (SHACL, section 5.1) with the question as rdfs:comment."""
    triples = []
    for query in queries:
        subject = ox.NamedNode(f"{BASE}query/{query.name}")
        form = "construct" if not query.columns else "select"
        described: list[tuple[str, ox.NamedNode | ox.Literal]] = [
            (RDF_TYPE, ox.NamedNode(_SH + "SPARQLExecutable")),
            (RDF_TYPE, ox.NamedNode(f"{_SH}SPARQL{form.capitalize()}Executable")),
            (_RDFS + "label", ox.Literal(query.summary, language="en")),
            (_RDFS + "comment", ox.Literal(query.question, language="en")),
            (_SH + form, ox.Literal(query.text)),
            *(("http://schema.org/keywords", ox.Literal(tag)) for tag in query.tags),
        ]
        triples += [ox.Triple(subject, ox.NamedNode(predicate), value) for predicate, value in described]
    return write_triples(triples, "turtle")
