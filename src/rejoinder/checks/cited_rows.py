"""Cited answers checked against the data files: each row must follow from what is cited for it, and from no less."""

import json
import re
from collections.abc import Hashable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.checks.nodes import Nodes, triple
from rejoinder.checks.steps import Triple
from rejoinder.checks.whole import Answer, Whole, ask, quad, refusal
from rejoinder.sources.catalog import tokens
from rejoinder.vocabulary import ONTOLOGY, PREFIXES

__all__ = ["CitedRows"]

#: A statement, and the passage that is quoted for it, None where it is accepted or follows.
Fact = tuple[Triple, str | None]

_ROW = "urn:x-rejoinder:row"
_GROUPING = re.compile(r"\b(?:COUNT|SUM|MIN|MAX|AVG|SAMPLE|GROUP_CONCAT)\s*\(|\bGROUP\s+BY\b", re.IGNORECASE)
_XSD = PREFIXES["xsd"]


class _Row(NamedTuple):
    """A row of a file, with the records of its statements."""

    record: dict[str, Any]
    key: Hashable
    statements: list[dict[str, Any]]
    context: list[dict[str, Any]]

    @property
    def nodes(self) -> list[dict[str, Any]]:
        return [*self.statements, *self.context]


class CitedRows:
    """Checks the rows of cited answers. What was asked once is kept, as many rows ask the same."""

    def __init__(self, nodes: Nodes, whole: Whole) -> None:
        self._nodes = nodes
        self._whole = whole
        self._replayed: dict[tuple[str, frozenset[Fact]], Answer] = {}
        self._store = ox.Store()
        self._store.extend(quad(one, ONTOLOGY) for one in nodes.steps.ontology)

    def faults(self, answer: dict[str, Any]) -> Iterator[str]:
        """Yield the faults of a cited answer. Raises ValueError, TypeError … for what is none."""
        query, statements = _text(answer["query"]), _list(answer["statements"])
        for node in statements:
            yield from self._nodes.node(node)
        rows = [_row(record, statements) for record in _list(answer["rows"])]
        if reason := refusal(query):
            yield f"the query cannot be asked: {reason}"
            return
        try:
            whole = self._whole.answer(query)
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            yield f"the query cannot be asked: {error}"
            return
        # What is told of one row that was asked for tells what it needs, and of other rows nothing.
        alone = len(rows) == 1 and "necessary" in rows[0].record
        left = whole.rows.copy()
        for number, row in enumerate(rows, 1):
            where = "the row" if alone else f"row {number}"
            left[row.key] -= 1
            if left[row.key] < 0:
                yield f"{where}: the query does not give this row"
            for fault in self._row(query, row, whole):
                yield f"{where}: {fault}"
        for key, count in left.items():
            if count > 0 and not alone:
                yield f"a row of the answer is left out: {_words(key)}"

    def _row(self, query: str, row: _Row, whole: Answer) -> Iterator[str]:
        record = row.record
        if "terms" in record and _written(record["values"]) != _written(_values(record["terms"], whole.columns)):
            yield "its values are not those of its terms"
        told, status = _text(record["status"]), self._status(query, row)
        if told != status:
            yield f"it is said to be '{told}', and is '{status}'"
        if record["ways"] < 1:
            yield "no way to it is told"
        facts = frozenset(fact for node in row.nodes for fact in _facts(node))
        if row.key not in self._replay(query, facts).rows:
            yield "its statements do not give it"
        cited = [_text(one) for one in _list(record["citations"])]
        behind = {passage for node in row.statements for passage in _passages(node)}
        for passage in sorted(behind - set(cited)):
            yield f"{passage} is not among its citations"
        for passage in sorted(set(cited) - behind):
            yield f"none of its statements rests on {passage}"
        if len(cited) > len(set(cited)):
            yield "a passage is cited twice"
        for pattern in _list(record["absent"]):
            yield from self._absent(query, _text(pattern))
        if "necessary" in record:
            yield from self._necessary(query, row)

    def _status(self, query: str, row: _Row) -> str:
        grouping = _groups(query)
        if row.statements:
            derived = any(node["kind"] == "inferred" for node in row.statements)
            return "aggregate" if grouping else "derived" if derived else "cited"
        return "absence" if row.record["absent"] or row.context or grouping else "no-source"

    def _replay(self, query: str, facts: frozenset[Fact]) -> Answer:
        """Return what a query gives where the ontology and some statements are all there is."""
        key = (query, facts)
        if key not in self._replayed:
            accepted = {statement for statement, passage in facts if passage is None} - self._nodes.steps.ontology
            quads = [quad(statement, _ROW) for statement in accepted]
            quads += [quad(statement, passage) for statement, passage in facts if passage is not None]
            passages = {passage for _, passage in facts if passage is not None}
            self._store.extend(quads)
            try:
                self._replayed[key] = ask(self._store, query, (ONTOLOGY, _ROW), passages)
            finally:
                for one in quads:
                    self._store.remove(one)
        return self._replayed[key]

    def _absent(self, query: str, pattern: str) -> Iterator[str]:
        if reason := refusal(pattern):
            yield f"not checked, since {reason}: {pattern}"
            return
        try:
            if self._whole.matches(pattern, query):
                yield f"this is on record: {pattern}"
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            yield f"not checked, since it cannot be asked ({error}): {pattern}"

    def _necessary(self, query: str, row: _Row) -> Iterator[str]:
        """Yield what is wrong with what a row is said to need, which is told of all that it rests on."""
        told: dict[Fact, bool | None] = {}
        for one in _list(row.record["necessary"]):
            told[triple(one), None if one["passage"] is None else _text(one["passage"])] = one["necessary"]
        asserted = {fact for node in row.nodes for fact in _asserted(node)}
        for statement, _ in sorted(asserted - set(told), key=str):
            yield f"it is not told whether it needs {' '.join(statement)}"
        for (statement, passage), needed in told.items():
            where = " ".join(statement)
            if (statement, passage) not in asserted:
                yield f"it does not rest on {where}"
            elif needed is not None:
                stays = row.key in self._whole.answer_without(query, statement, passage).rows
                if stays == bool(needed):
                    yield f"without this it {'stays' if stays else 'goes'}: {where}"
        for node in row.nodes:
            yield from self.needs(node)

    def needs(self, root: dict[str, Any]) -> Iterator[str]:
        """Yield what is wrong with what is said to stand in every proof of a statement."""
        for node in _leaves(root):
            if node.get("necessary") is None or node["kind"] == "quoted":
                continue
            goes = self._whole.goes_without(triple(root), triple(node))
            if goes != bool(node["necessary"]):
                yield f"{' '.join(triple(node))}: without this the conclusion {'goes' if goes else 'stays'}"


def _row(record: dict[str, Any], statements: list[dict[str, Any]]) -> _Row:
    if "terms" in record:
        key: Hashable = frozenset((_text(c), _alike(_text(term))) for c, term in record["terms"].items())
    elif "statement" in record:
        key = tuple(_alike(term) for term in triple(record))
    else:
        key = record["boolean"]
        if not isinstance(key, bool):
            raise TypeError("an answer is yes or no")
    pointed = []
    for name in ("statements", "context"):
        numbers = _list(record[name])
        if not all(type(number) is int and 0 <= number < len(statements) for number in numbers):
            raise ValueError(f"there are no statements {numbers}")
        pointed.append([statements[number] for number in numbers])
    return _Row(record, key, *pointed)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"no text: {value!r}"[:80])
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"no list: {value!r}"[:80])
    return value


def _alike(term: str) -> str:
    return "_:" if term.startswith("_:") else term


def _words(key: object) -> str:
    """Return a row as text."""
    if isinstance(key, frozenset):
        return ", ".join(f"{name}: {term}" for name, term in sorted(key))
    return " ".join(key) if isinstance(key, tuple) else str(key)


def _groups(query: str) -> bool:
    """Tell whether the query itself groups: what stands in braces does not count."""
    depth, outside = 0, []
    for kind, piece in tokens(query):
        if kind == "other":
            for part in re.split(r"([{}])", piece):
                depth += {"{": 1, "}": -1}.get(part, 0)
                outside += [part] if not depth else []
    return bool(_GROUPING.search(" ".join(outside)))


def _facts(node: dict[str, Any]) -> Iterator[Fact]:
    """Yield a statement as a query could have matched it."""
    if node["kind"] == "quoted":
        for citation in node["citations"]:
            yield triple(node), _text(citation["passage"])
    else:
        yield triple(node), None


def _leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the asserted statements that a node rests on; a date that others give is asserted itself."""
    if node["kind"] != "inferred":
        yield node
        return
    for premise in node.get("premises", []):
        yield from _leaves(premise)


def _asserted(node: dict[str, Any]) -> Iterator[Fact]:
    for leaf in _leaves(node):
        yield from _facts(leaf)


def _passages(node: dict[str, Any]) -> Iterator[str]:
    """Yield the passages that a node rests on in the end."""
    for premise in node.get("premises", []):
        yield from _passages(premise)
    if not node.get("premises"):
        for citation in node.get("citations", []):
            yield _text(citation["passage"])


def _written(values: object) -> str:
    return json.dumps(values, sort_keys=True)


def _values(terms: dict[str, str], columns: tuple[str, ...]) -> dict[str, Any]:
    """Return terms as what JSON can hold, as in an answer without citations."""
    return {column: _value(terms[column]) if column in terms else None for column in {*columns, *terms}}


def _value(term: str) -> Any:
    (found,) = ox.parse(f"<urn:s> <urn:p> {term} .", format=ox.RdfFormat.N_TRIPLES)
    if not isinstance(found.object, ox.Literal):
        return found.object.value if isinstance(found.object, ox.NamedNode) else term
    text = found.object.value
    try:
        match found.object.datatype.value.removeprefix(_XSD):
            case "integer":
                return int(text)
            case "double" | "float":
                return float(text)
            case "boolean":
                return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
            case "decimal":
                return str(Decimal(text))
            case "dateTime":
                import datetime as dt

                return str(dt.datetime.fromisoformat(text))
    except (ValueError, ArithmeticError):
        pass
    return text
