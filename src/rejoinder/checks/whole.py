"""The graph that the files make, asked to check what is said of the whole of it: all rows, nothing, or what goes."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.checks.steps import Triple
from rejoinder.graph.compiled import Compiled, compile_graph
from rejoinder.sources.catalog import tokens
from rejoinder.sources.files import Inputs
from rejoinder.vocabulary import ACCEPTED, INFERRED, LAYERS, ONTOLOGY, PREFIXES

__all__ = ["Answer", "Whole", "ask", "quad", "refusal"]

# What stands around a keyword tells it from a prefixed name such as ex:service.
_FOREIGN = re.compile(r"(?<![\w:.?$-])(?:SERVICE|FROM)(?![\w:.-])", re.IGNORECASE)
_PROLOGUE = re.compile(r"(?:\s|#[^\n]*(?:\n|$)|(?:PREFIX\s+[^\s<]*|BASE)\s*<[^>]*>)*", re.IGNORECASE)
_BRACKET = re.compile(r"[({\[\])}]")
_LONGEST, _DEEPEST = 8_000, 50
_EMPTY: frozenset[ox.Quad] = frozenset()


class Answer(NamedTuple):
    """What a query gives: its columns, none unless it is a SELECT, and how often each row comes.

    A row is the set of its columns with their terms, a statement of a graph is a tuple, and a yes or no is itself.
    """

    columns: tuple[str, ...]
    rows: Counter[Hashable]


class Whole:
    """The compiled graph, made when it is first asked. Answers and what was taken away are kept."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._answers: dict[str, Answer] = {}
        self._answers_without: dict[tuple[str, Triple, str | None], Answer] = {}
        self._matched: dict[str, bool] = {}
        self._changes: dict[Triple, tuple[frozenset[ox.Quad], frozenset[ox.Quad]]] = {}

    @cached_property
    def _compiled(self) -> Compiled:
        return compile_graph(self._inputs)

    def answer(self, query: str) -> Answer:
        """Return what a query gives."""
        if query not in self._answers:
            self._answers[query] = self._ask(self._compiled.store, query)
        return self._answers[query]

    def matches(self, pattern: str, query: str) -> bool:
        """Tell whether anything matches a pattern that is written with the prefixes of a query."""
        prologue = _PROLOGUE.match(query)
        asked = f"{prologue[0] if prologue else ''} ASK {{ {pattern} }}"
        if asked not in self._matched:
            self._matched[asked] = bool(self._ask(self._compiled.store, asked).rows[True])
        return self._matched[asked]

    def answer_without(self, query: str, statement: Triple, passage: str | None) -> Answer:
        """Return what a query gives where a statement is not accepted, or does not stand in a passage."""
        key = (query, statement, passage)
        if key not in self._answers_without:
            self._answers_without[key] = self._ask_without(query, statement, passage)
        return self._answers_without[key]

    def _ask_without(self, query: str, statement: Triple, passage: str | None) -> Answer:
        gone, new = self._change(statement) if passage is None else ({quad(statement, passage)}, _EMPTY)
        gone = {one for one in gone if one in self._working}
        for one in gone:
            self._working.remove(one)
        self._working.extend(new)
        try:
            return self._ask(self._working, query)
        finally:
            for one in new:
                self._working.remove(one)
            self._working.extend(gone)

    def goes_without(self, statement: Triple, other: Triple) -> bool:
        """Tell whether a statement is no more among those that hold where another is not accepted."""
        gone, new = self._change(other)
        holding = {quad(statement, name) for name in LAYERS}
        return not holding & new and not any(one in self._working and one not in gone for one in holding)

    def _ask(self, store: ox.Store, query: str) -> Answer:
        return ask(store, query, LAYERS, self._compiled.manifest.passages)

    @cached_property
    def _working(self) -> ox.Store:
        store = ox.Store()
        store.extend(self._compiled.store)
        return store

    @cached_property
    def _rules(self) -> Any:
        from rejoinder.graph.rules import compile_rules

        of_ontology = self._compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY))
        return compile_rules([one.triple for one in of_ontology])

    @cached_property
    def _equality(self) -> bool:
        return any(self._compiled.store.quads_for_pattern(None, ox.NamedNode(PREFIXES["owl"] + "sameAs"), None))

    def _change(self, statement: Triple) -> tuple[frozenset[ox.Quad], frozenset[ox.Quad]]:
        """Return what goes from the layers and what comes where a statement is taken out of what is asserted."""
        if statement not in self._changes:
            self._changes[statement] = self._infer_without(statement)
        return self._changes[statement]

    def _infer_without(self, statement: Triple) -> tuple[frozenset[ox.Quad], frozenset[ox.Quad]]:
        from rejoinder.graph.inferred import infer

        gone = {one for name in (ACCEPTED, ONTOLOGY) if (one := quad(statement, name)) in self._working}
        if not gone or not self._bears(next(iter(gone))):
            return frozenset(gone), _EMPTY
        inferred = ox.NamedNode(INFERRED)
        before = frozenset(self._working.quads_for_pattern(None, None, None, inferred))
        for one in gone:
            self._working.remove(one)
        self._working.remove_graph(inferred)
        infer(self._working, self._rules)
        after = frozenset(self._working.quads_for_pattern(None, None, None, inferred))
        for one in after - before:
            self._working.remove(one)
        self._working.extend([*gone, *before])
        return frozenset(gone | (before - after)), after - before

    def _bears(self, one: ox.Quad) -> bool:
        """Tell whether a rule needs or concludes a statement, so that without it other things may follow."""
        terms = (one.subject, one.predicate, one.object)
        patterns = (part for rule in self._rules.rules for part in (*rule.body, rule.head))
        return self._equality or any(
            not isinstance(pattern[1], str)
            and all(isinstance(part, str) or part == term for part, term in zip(pattern, terms, strict=True))
            for pattern in patterns
        )


def ask(store: ox.Store, query: str, layers: Iterable[str], passages: Iterable[str]) -> Answer:
    """Return what a query gives on these graphs as the default graph, and those as the named ones."""
    found = store.query(
        query,
        default_graph=[ox.NamedNode(name) for name in layers],
        named_graphs=[ox.NamedNode(name) for name in passages],
    )
    if isinstance(found, ox.QuerySolutions):
        columns = tuple(variable.value for variable in found.variables)
        rows = Counter[Hashable](
            frozenset((name, shown(term)) for name, term in zip(columns, row, strict=True) if term is not None)
            for row in found
        )
        return Answer(columns, rows)
    if isinstance(found, ox.QueryBoolean):
        return Answer((), Counter([bool(found)]))
    return Answer((), Counter({tuple(shown(term) for term in (t.subject, t.predicate, t.object)) for t in found}))


def shown(term: object) -> str:
    """Return a term as in N-Triples, all nodes without a name being alike."""
    return "_:" if isinstance(term, ox.BlankNode) else str(term)


def refusal(text: str) -> str:
    """Tell why a query, or a pattern, is not asked; "" where it can be.

    Its data are fixed, and nothing is fetched to check an answer; the engine fails on what is nested too deeply.
    """
    code = [piece for kind, piece in tokens(text) if kind == "other"] if len(text) <= _LONGEST else []
    if any(_FOREIGN.search(piece) for piece in code):
        return "it asks for data of others"
    depth = deepest = 0
    for mark in _BRACKET.findall(" ".join(code)):
        depth += 1 if mark in "({[" else -1
        deepest = max(deepest, depth)
    return "it is too long or too deeply nested" if len(text) > _LONGEST or deepest > _DEEPEST else ""


def quad(statement: Triple, graph: str) -> ox.Quad:
    """Return a statement in a graph. Raises ValueError or SyntaxError for what is no statement."""
    (found,) = ox.parse(" ".join(statement) + " .", format=ox.RdfFormat.N_TRIPLES)
    return ox.Quad(found.subject, found.predicate, found.object, ox.NamedNode(graph))
