"""The SPARQL that the doors ask with, beside the stored queries.

Values are sorted by their text: the engine ends its process where it sorts many values of several datatypes.
"""

__all__ = ["DESCRIBE", "LABELS", "SAYS"]

# Two graph patterns per row keep the layers apart: what a passage says, and what is held true or follows.
DESCRIBE = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX rj: <https://w3id.org/rejoinder/ontology#>
SELECT ?direction ?property ?value ?status ?passage WHERE {
  {
    GRAPH ?passage { ?_thing_iri ?property ?value }
    FILTER(?passage != ?_thing_iri)
    BIND("->" AS ?direction)
    OPTIONAL { GRAPH ?passage { ?passage rj:sureness ?sureness } }
    BIND(IF(EXISTS { ?_thing_iri ?property ?value }, "accepted",
         IF(EXISTS { GRAPH ?ruling {
           ?ruling rj:onSubject ?_thing_iri ; rj:onProperty ?property ; rj:rejects ?value } }, "rejected",
         IF(COALESCE(?sureness = rj:weak, false), "weak",
         IF(EXISTS {
           ?dispute rj:onSubject ?_thing_iri ; rj:onProperty ?property
           MINUS { ?dispute rj:ruledBy ?any } }, "in dispute",
         IF(EXISTS { ?_thing_iri ?property ?accepted }, "less exact", "in dispute"))))) AS ?status)
  } UNION {
    ?_thing_iri ?property ?value
    FILTER NOT EXISTS { GRAPH ?any { ?_thing_iri ?property ?value } }
    BIND("->" AS ?direction)
    BIND(IF(EXISTS { ?_thing_iri rdfs:isDefinedBy ?ontology }, "ontology", "derived") AS ?status)
  } UNION {
    GRAPH ?passage { ?value ?property ?_thing_iri }
    FILTER(?passage != ?value)
    BIND("<-" AS ?direction)
    OPTIONAL { GRAPH ?passage { ?passage rj:sureness ?sureness } }
    BIND(IF(EXISTS { ?value ?property ?_thing_iri }, "accepted",
         IF(EXISTS { GRAPH ?ruling {
           ?ruling rj:onSubject ?value ; rj:onProperty ?property ; rj:rejects ?_thing_iri } }, "rejected",
         IF(COALESCE(?sureness = rj:weak, false), "weak",
         IF(EXISTS {
           ?dispute rj:onSubject ?value ; rj:onProperty ?property MINUS { ?dispute rj:ruledBy ?any } }, "in dispute",
         IF(EXISTS { ?value ?property ?accepted }, "less exact", "in dispute"))))) AS ?status)
  } UNION {
    ?value ?property ?_thing_iri
    FILTER NOT EXISTS { GRAPH ?any { ?value ?property ?_thing_iri } }
    FILTER(!STRSTARTS(STR(?value), "https://w3id.org/rejoinder/ontology/.well-known/genid/"))
    BIND("<-" AS ?direction)
    BIND(IF(EXISTS { ?value rdfs:isDefinedBy ?ontology }, "ontology", "derived") AS ?status)
  }
}
ORDER BY ?direction ?property STR(?value) ?passage
"""

SAYS = """
SELECT ?subject ?property ?value WHERE { GRAPH ?_passage_iri { ?subject ?property ?value } }
ORDER BY (?subject != ?_passage_iri) ?subject ?property STR(?value)
"""

LABELS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?label ?thing WHERE { ?thing rdfs:label|skos:altLabel ?label } ORDER BY STR(?label) ?thing
"""
