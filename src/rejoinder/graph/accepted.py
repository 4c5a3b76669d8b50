"""From what the passages claim to what we hold true: the second layer."""

import datetime as dt
from dataclasses import dataclass
from typing import cast

import pyoxigraph as ox

from rejoinder.graph.dates import narrow, span
from rejoinder.vocabulary import ACCEPTED, DERIVED, EDTF, PREFIXES, rj

__all__ = ["Contradiction", "accept"]

_PROLOGUE = "".join(
    f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n"
    for prefix in ("dispute", "edtf", "graph", "owl", "rdf", "rdfs", "rj", "xsd")
)

# Everything here is a set operation over quads, so that a store can do it when the data outgrows one machine.
# The index graph tells passages from other graphs; what a passage says of itself is no claim.
_TAKE_FIRM_CLAIMS = """
INSERT { GRAPH graph:accepted { ?s ?p ?o } } WHERE {
  GRAPH graph:index { ?passage rj:file ?file }
  MINUS { GRAPH ?passage { ?passage rj:sureness rj:weak } }
  MINUS { GRAPH ?passage { ?passage rj:sureness rj:not-verified } }
  GRAPH ?passage { ?s ?p ?o }
  FILTER(?s != ?passage)
}"""

# A weak claim counts only where nobody firmer speaks of the same property of the same thing.
_TAKE_WEAK_CLAIMS = """
INSERT { GRAPH graph:accepted { ?s ?p ?o } } WHERE {
  GRAPH graph:index { ?passage rj:file ?file }
  GRAPH ?passage { ?passage rj:sureness ?unsure . ?s ?p ?o }
  VALUES ?unsure { rj:weak rj:not-verified }
  FILTER(?s != ?passage)
  FILTER NOT EXISTS { GRAPH graph:accepted { ?s ?p ?any } }
}"""

# What is derived is what it is derived from, whatever a file says.
_DROP_DERIVED = f"""
DELETE {{ GRAPH graph:accepted {{ ?s ?p ?o }} }} WHERE {{
  VALUES ?p {{ {" ".join(f"<{name}>" for name in DERIVED)} }}
  GRAPH graph:accepted {{ ?s ?p ?o }}
}}"""

_DROP_RULED_OUT = """
DELETE { GRAPH graph:accepted { ?s ?p ?o } } WHERE {
  GRAPH graph:index { ?ruling rj:file ?file }
  GRAPH ?ruling { ?ruling a rj:Ruling ; rj:onSubject ?s ; rj:onProperty ?p ; rj:rejects|rj:lessExact ?o }
}"""

_DATES = """
SELECT ?s ?p ?o WHERE {
  GRAPH graph:accepted { ?s ?p ?o }
  FILTER(isLiteral(?o) && datatype(?o) = edtf:EDTF)
}"""

_CONTRADICTIONS = """
SELECT ?s ?p WHERE {
  GRAPH <https://w3id.org/rejoinder/ontology> { ?p a owl:FunctionalProperty }
  GRAPH graph:accepted { ?s ?p ?o }
}
GROUP BY ?s ?p
HAVING (COUNT(DISTINCT ?o) > 1)
ORDER BY ?s ?p"""

_RECORD_DISPUTES = """
INSERT { GRAPH graph:accepted {
  ?dispute a rj:Dispute ; rdfs:label ?label ; rj:onSubject ?s ; rj:onProperty ?p ; rj:ruledBy ?ruling .
} } WHERE {
  {
    GRAPH graph:index { ?ruling rj:file ?file }
    GRAPH ?ruling { ?ruling a rj:Ruling ; rj:onSubject ?s ; rj:onProperty ?p }
  } UNION {
    GRAPH graph:contradictions { ?s ?p ?o }
  }
  BIND(IF(STRSTARTS(STR(?s), "https://w3id.org/rejoinder/"),
          REPLACE(REPLACE(STR(?s), "^https://w3id.org/rejoinder/(id/)?", ""), "/", "-"), SHA1(STR(?s))) AS ?who)
  BIND(REPLACE(STR(?p), "^.*[/#]", "") AS ?what)
  BIND(IRI(CONCAT(STR(dispute:), ?who, "-", ?what)) AS ?dispute)
  OPTIONAL { GRAPH graph:accepted { ?s rdfs:label ?sLabel } }
  OPTIONAL { GRAPH <https://w3id.org/rejoinder/ontology> { ?p rdfs:label ?pLabel } }
  BIND(STRLANG(CONCAT(STR(COALESCE(?sLabel, ?who)), ": ", STR(COALESCE(?pLabel, ?what))), "en") AS ?label)
}"""


@dataclass(frozen=True)
class Contradiction:
    """Values of a functional property (or dates) of one thing that no ruling has reduced to one."""

    subject: str
    property: str
    values: tuple[ox.Literal | ox.NamedNode, ...]


def accept(store: ox.Store) -> tuple[Contradiction, ...]:
    """Fill the accepted graph from the passages of a store that also holds the ontology.

    Values that agree merge, rulings drop what they reject, compatible dates become the span they have in common, and
    days are derived for rj:date. Where values still contradict each other none is accepted; these are returned, and
    each dispute, ruled or not, is described in the accepted graph.
    """
    for update in (_TAKE_FIRM_CLAIMS, _TAKE_WEAK_CLAIMS, _DROP_DERIVED, _DROP_RULED_OUT):
        store.update(_PROLOGUE + update)
    accepted = ox.NamedNode(ACCEPTED)
    _narrow_dates(store, accepted)
    contradictions = tuple(
        Contradiction(row["s"].value, row["p"].value, _values(store, row["s"], row["p"], accepted))
        for row in cast(ox.QuerySolutions, store.query(_PROLOGUE + _CONTRADICTIONS))
    )
    dropped = ox.NamedNode(PREFIXES["graph"] + "contradictions")
    for found in contradictions:
        subject, predicate = ox.NamedNode(found.subject), ox.NamedNode(found.property)
        store.add(ox.Quad(subject, predicate, found.values[0], dropped))
        for value in found.values:
            store.remove(ox.Quad(subject, predicate, value, accepted))
    store.update(_PROLOGUE + _RECORD_DISPUTES)
    store.remove_graph(dropped)
    _derive_days(store, accepted)
    return contradictions


def _narrow_dates(store: ox.Store, accepted: ox.NamedNode) -> None:
    # EDTF is no arithmetic that SPARQL knows, so this step reads the dates out and writes the narrowed ones back.
    claimed: dict[tuple[ox.NamedNode, ox.NamedNode], list[ox.Literal]] = {}
    for row in cast(ox.QuerySolutions, store.query(_PROLOGUE + _DATES)):
        try:
            span(row["o"].value)
        except ValueError:  # a finding of `validate`; no date at all is better than a broken one
            store.remove(ox.Quad(row["s"], row["p"], row["o"], accepted))
            continue
        claimed.setdefault((row["s"], row["p"]), []).append(row["o"])
    for (subject, predicate), dates in claimed.items():
        common = narrow([date.value for date in dates]) if len(dates) > 1 else None
        if common is None:
            continue  # one date, or a contradiction that is found with all others
        for date in dates:
            store.remove(ox.Quad(subject, predicate, date, accepted))
        store.add(ox.Quad(subject, predicate, ox.Literal(common, datatype=ox.NamedNode(EDTF)), accepted))


def _derive_days(store: ox.Store, accepted: ox.NamedNode) -> None:
    for quad in list(store.quads_for_pattern(None, ox.NamedNode(rj("date")), None, accepted)):
        if not isinstance(quad.object, ox.Literal) or quad.object.datatype.value != EDTF:
            continue
        days = span(quad.object.value)
        for name, day in (("earliestDay", days.earliest), ("latestDay", days.latest)):
            if day:
                store.add(ox.Quad(quad.subject, ox.NamedNode(rj(name)), _literal(day.isoformat(), "date"), accepted))
                # SPARQL 1.1 subtracts no dates, so that a lag can be told each day has its number too.
                number = _literal(str((day - _DAY_ZERO).days), "integer")
                store.add(ox.Quad(quad.subject, ox.NamedNode(rj(name + "Number")), number, accepted))


_DAY_ZERO = dt.date(1970, 1, 1)


def _literal(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + datatype))


def _values(
    store: ox.Store, subject: ox.NamedNode, predicate: ox.NamedNode, graph: ox.NamedNode
) -> tuple[ox.Literal | ox.NamedNode, ...]:
    found = [quad.object for quad in store.quads_for_pattern(subject, predicate, None, graph)]
    return tuple(sorted((term for term in found if isinstance(term, ox.Literal | ox.NamedNode)), key=str))
