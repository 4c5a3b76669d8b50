"""The SPARQL that pages are made from.

Rows are sorted by the text of literals: Oxigraph 0.5 ends the process where it sorts many of several types.
"""

from typing import Any

from rejoinder.doors.python import Graph

__all__ = [
    "DISPUTES",
    "KINDS",
    "NAMES",
    "RELEASES",
    "RESPONSES",
    "SOURCES",
    "TERMS",
    "THINGS",
    "VARIANTS",
    "WORDS",
    "ask",
]

_PREFIXES = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX rj: <https://w3id.org/rejoinder/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


def ask(graph: Graph, text: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query as tuples of terms."""
    return [tuple(row) for row in graph.engine.run(_PREFIXES + text)]


#: All that passages speak of, the passages themselves, and what is only spoken of under an IRI of ours.
THINGS = """
SELECT DISTINCT ?thing WHERE {
  { GRAPH ?passage { ?thing ?property ?value } }
  UNION { GRAPH ?passage { ?any ?property ?thing } FILTER(STRSTARTS(STR(?thing), "https://w3id.org/rejoinder/id/")) }
  UNION { ?thing a rj:Dispute }
  FILTER(isIRI(?thing))
} ORDER BY ?thing
"""

#: The names of all, what is meant for people first: label, then other names.
NAMES = """
SELECT DISTINCT ?thing ?name ?isOther WHERE {
  { ?thing rdfs:label ?name BIND(false AS ?isOther) } UNION { ?thing skos:altLabel ?name BIND(true AS ?isOther) }
  FILTER(isIRI(?thing))
} ORDER BY ?thing ?isOther (LANG(?name) != "en") STR(?name)
"""

#: The classes of all, without those that follow from a narrower one.
KINDS = """
SELECT DISTINCT ?thing ?class WHERE {
  { ?thing a ?class
    FILTER NOT EXISTS { ?thing a ?narrower . ?narrower rdfs:subClassOf ?class FILTER(?narrower != ?class) } }
  UNION { GRAPH ?thing { ?thing a ?class } }
  ?class rdfs:isDefinedBy <https://w3id.org/rejoinder/ontology>
} ORDER BY ?thing ?class
"""

RELEASES = """
SELECT DISTINCT ?release ?property ?value WHERE {
  ?release a rj:Release
  OPTIONAL {
    { VALUES ?property {
        rj:announces rj:releases rj:releasedBy rj:earliestDay rj:latestDay rj:accessMode rj:audience rj:openness
        rj:license rj:lagInDays rj:laterStageOf
      }
      ?release ?property ?value }
    UNION
    { BIND(rj:modality AS ?property) ?release (rj:announces|rj:releases)/rj:modality ?value }
  }
} ORDER BY ?release ?property STR(?value)
"""

#: Who answers what: what is said, and not what follows from it.
RESPONSES = """
SELECT DISTINCT ?answer ?how ?answered WHERE {
  ?how rdfs:subPropertyOf* rj:respondsTo .
  ?answer ?how ?answered
  FILTER NOT EXISTS { ?narrower rdfs:subPropertyOf ?how . ?answer ?narrower ?answered FILTER(?narrower != ?how) }
} ORDER BY ?answer ?answered ?how
"""

#: What licenses permit, require and prohibit, and what kind they are of.
TERMS = """
SELECT DISTINCT ?license ?property ?value WHERE {
  VALUES ?property { rj:permits rj:requires rj:prohibits rj:family rj:osiApproved }
  ?license a rj:License ; ?property ?value
} ORDER BY ?license ?property STR(?value)
"""

#: Each model with its variants, and theirs.
VARIANTS = """
SELECT DISTINCT ?model ?variant WHERE { ?variant rj:variantOf+ ?model } ORDER BY ?model ?variant
"""

DISPUTES = """
SELECT DISTINCT ?dispute ?subject ?property ?ruling WHERE {
  ?dispute a rj:Dispute ; rj:onSubject ?subject ; rj:onProperty ?property
  OPTIONAL { ?dispute rj:ruledBy ?ruling }
} ORDER BY ?subject ?property ?dispute
"""

#: The passages of each source, with the place of each in its text, where it has one.
SOURCES = """
SELECT DISTINCT ?source ?passage ?start WHERE {
  GRAPH ?passage {
    ?passage rj:source ?source
    OPTIONAL { ?passage rj:startCharacter ?start }
  }
} ORDER BY ?source ?passage
"""

#: The words of passages, other than names.
WORDS = """
SELECT DISTINCT ?passage ?words WHERE {
  GRAPH ?passage { ?thing ?property ?words }
  FILTER(isLiteral(?words) && ?property != rj:textDigest && ?property != rdfs:label)
} ORDER BY ?passage STR(?words)
"""
