"""Answers and what they rest on as a graph in PROV-O."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from rejoinder.answers.answer import Answer
from rejoinder.answers.citations import Citations
from rejoinder.answers.rows import Rows
from rejoinder.answers.why import Node
from rejoinder.outputs.cited import in_words
from rejoinder.outputs.explanations import because, sentence
from rejoinder.vocabulary import BASE, ONTOLOGY, PREFIXES, RDF_TYPE, rj

__all__ = ["provenance"]

_PROV, _RDF, _RDFS, _SH = (PREFIXES[name] for name in ("prov", "rdf", "rdfs", "sh"))
# The vocabulary in which W3C's own tests write the solutions of a query.
_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"


def provenance(answer: Answer, rows: Rows, names: Citations) -> list[ox.Triple]:
    """Return an answer and what it rests on as a graph in PROV-O.

    Each row is an entity that was derived from statements, these from others by the rules, and at last from passages.
    A graph that a query constructs is in it as it is, besides the entities of its statements.
    """
    return list(_Provenance(answer, rows, names).triples())


class _Provenance:
    def __init__(self, answer: Answer, rows: Rows, names: Citations) -> None:
        self._answer = answer
        self._rows = rows
        self._names = names
        digest = hashlib.sha256(repr((answer.text, answer.rows, answer.triples, answer.boolean)).encode()).hexdigest()
        self._base = f"{BASE}answer/{digest[:16]}"
        self._known: dict[object, ox.NamedNode] = {}

    def triples(self) -> Iterator[ox.Triple]:
        """Yield all statements, each once."""
        yield from dict.fromkeys(self._all())

    def _all(self) -> Iterator[ox.Triple]:
        answer = ox.NamedNode(self._base)
        query = ox.NamedNode(f"{self._base}/query")
        yield from self._say(answer, (RDF_TYPE, _PROV + "Collection"), (_PROV + "wasDerivedFrom", query.value))
        yield from self._say(query, (RDF_TYPE, _PROV + "Plan"), (_SH + self._form(), ox.Literal(self._answer.text)))
        if self._answer.kind == "rows":
            columns = ((_RS + "resultVariable", ox.Literal(column)) for column in self._answer.columns)
            yield from self._say(answer, (RDF_TYPE, _RS + "ResultSet"), *columns)
        for number in range(len(self._rows)):
            reason = self._rows.because(number)
            row = ox.NamedNode(f"{self._base}/row/{number + 1}")
            yield from self._say(answer, (_PROV + "hadMember", row.value))
            yield from self._say(row, (RDF_TYPE, _PROV + "Entity"))
            yield from self._content(answer, row, number)
            for node in reason.facts:
                statement = yield from self._statement(node)
                yield from self._say(row, (_PROV + "wasDerivedFrom", statement.value))
            for citation in reason.citations:
                yield from self._say(row, (_PROV + "hadPrimarySource", citation.passage))
            for absent in reason.absent:
                words = f"not on record: {in_words(absent, self._names)}"
                yield from self._say(row, (_RDFS + "comment", ox.Literal(words, language="en")))

    def _form(self) -> str:
        return {"rows": "select", "triples": "construct"}.get(self._answer.kind, "ask")

    def _content(self, answer: ox.NamedNode, row: ox.NamedNode, number: int) -> Iterator[ox.Triple]:
        if self._answer.kind == "triples":
            triple = self._answer.triples[number]
            yield triple
            yield from self._reified(row, (triple.subject, triple.predicate, triple.object))
        elif self._answer.kind == "boolean":
            yield from self._say(answer, (_RS + "boolean", ox.Literal(self._answer.boolean)))
        else:
            yield from self._say(answer, (_RS + "solution", row.value))
            for column, term in zip(self._answer.columns, self._answer.rows[number].terms, strict=True):
                if term is not None:
                    binding = ox.NamedNode(f"{row.value}/{column}")
                    yield from self._say(row, (_RS + "binding", binding.value))
                    yield from self._say(binding, (_RS + "variable", ox.Literal(column)))
                    yield ox.Triple(binding, ox.NamedNode(_RS + "value"), term)

    def _statement(self, node: Node) -> Any:
        """Yield what a statement is and was derived from; return its name."""
        key = (node.statement, node.kind == "quoted" and node.citations)
        if key in self._known:
            return self._known[key]
        name = self._known[key] = ox.NamedNode(f"{self._base}/statement/{len(self._known) + 1}")
        yield from self._reified(name, node.statement)
        words = sentence(node.statement, self._names)
        yield from self._say(name, (RDF_TYPE, _PROV + "Entity"), (_RDFS + "label", ox.Literal(words, language="en")))
        if node.kind == "ontology":
            yield from self._say(name, (_PROV + "wasQuotedFrom", ONTOLOGY))
        if node.kind == "inferred":
            why = f"by {node.rule}, because {because(node.axiom, self._names)}"
            yield from self._say(name, (_RDFS + "comment", ox.Literal(why, language="en")))
        for premise in node.premises:
            below = yield from self._statement(premise)
            yield from self._say(name, (_PROV + "wasDerivedFrom", below.value))
        for citation in node.citations:
            passage = ox.NamedNode(citation.passage)
            yield from self._say(name, (_PROV + "wasQuotedFrom", passage.value))
            yield from self._say(passage, (RDF_TYPE, _PROV + "Entity"))
            if citation.source:
                yield from self._say(passage, (rj("source"), citation.source))
            if citation.link:
                yield from self._say(passage, (_RDFS + "seeAlso", citation.link))
            yield from self._say(passage, *((_PROV + "wasDerivedFrom", one) for one in citation.based_on))
        return name

    def _reified(self, name: ox.NamedNode, statement: Any) -> Iterator[ox.Triple]:
        yield from self._say(name, (RDF_TYPE, _RDF + "Statement"))
        for part, term in zip(("subject", "predicate", "object"), statement, strict=True):
            yield ox.Triple(name, ox.NamedNode(_RDF + part), term)

    @staticmethod
    def _say(subject: ox.NamedNode, *pairs: tuple[str, Any]) -> Iterator[ox.Triple]:
        for predicate, value in pairs:
            yield ox.Triple(subject, ox.NamedNode(predicate), ox.NamedNode(value) if isinstance(value, str) else value)
