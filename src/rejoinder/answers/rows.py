"""What each row of an answer rests on, down to what passages say."""

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any as Anything
from typing import NamedTuple

import pyoxigraph as ox

from rejoinder.answers.answer import Answer
from rejoinder.answers.citations import Citation, Citations
from rejoinder.answers.levels import Level, box, prepare
from rejoinder.answers.necessity import Reached, Region, Turns, regions
from rejoinder.answers.parser import parse
from rejoinder.answers.paths import Paths
from rejoinder.answers.patterns import Group, Select, mentioned, select, visible
from rejoinder.answers.scopes import Names, loose, monotone, pinnable, put_in
from rejoinder.answers.spelled import briefly
from rejoinder.answers.support import (
    Absent,
    All,
    Any,
    Context,
    Fact,
    Solution,
    Support,
    in_order,
    needed,
    witness,
)
from rejoinder.answers.why import Node, asserted, cited_by, explain, quoted
from rejoinder.answers.witnesses import Witnesses
from rejoinder.graph.compiled import Compiled
from rejoinder.graph.proofs import Proofs
from rejoinder.vocabulary import INFERRED, PREFIXES

__all__ = ["Because", "Cited", "Rows"]

# Where all rows are found, no more ways to them are looked for than these: a cross product has no end.
_BOUND = 10_000


class Cited(NamedTuple):
    """What a row rests on.

    `status` is "cited" (by passages), "derived" (some statements are inferred), "aggregate" (of several solutions),
    "absence" (nothing is on record), "no-source" (the query alone gives it) or "unexplained". `facts` are the
    statements of one way to the row, `ways` counts all; `context` holds statements that support nothing, but keep
    others out of the row; `absent` are patterns that nothing matches.
    """

    status: str
    facts: tuple[Fact, ...] = ()
    context: tuple[Fact, ...] = ()
    absent: tuple[Absent, ...] = ()
    ways: int = 0


class Because(NamedTuple):
    """Why a row is there: as `Cited`, with the proofs and the passages of its statements.

    Of a single row that was asked for, `necessary` tells of each asserted statement whether the row goes without it,
    None where that was not decided.
    """

    status: str
    facts: tuple[Node, ...] = ()
    context: tuple[Node, ...] = ()
    absent: tuple[Absent, ...] = ()
    ways: int = 0
    complete: bool = True
    necessary: Mapping[Fact, bool | None] | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The passages that the row rests on, each once, in the order of its statements."""
        return cited_by(self.facts)


class Rows:
    """The rows of an answer, explained when they are asked for. With `only`, the work is that for this one row."""

    def __init__(
        self,
        query: str,
        answer: Answer,
        compiled: Compiled,
        proofs: Proofs,
        citations: Citations,
        only: int | None = None,
    ) -> None:
        self._query = parse(query)
        self._answer = answer
        self._compiled = compiled
        self._proofs = proofs
        self._names = citations
        self._only = only
        self._rested: dict[Fact, tuple[tuple[Fact, ...], frozenset[Fact], bool]] = {}
        # Rows rest on the same statements again and again, but an answer may rest on any number of them.
        self.node = lru_cache(maxsize=10_000)(self._node)
        self._cut_off: set[Fact] = set()
        self._cut_short = False
        self._cite = lru_cache(maxsize=1)(self._found)  # what is written of a row is asked for piece by piece
        self._firm_columns: list[str] | None = None
        paths = Paths(compiled.dataset)
        self._fresh = Names((variable.value for variable in mentioned(self._query)), "_w")
        self._level = self._top()
        where = self._level.where
        self._witnesses = Witnesses(self._query, where, self._fresh, self._run, paths, pinned=only is not None)

    def _top(self) -> Level:
        """Return the level of the query, in which one that groups is a part of its own, and slices are left out."""
        query = self._query._replace(limit=None, offset=0)
        if not query.aggregates:
            return prepare(query, self._fresh)
        made = box(query._replace(order=()), self._fresh)
        where = Group((made.select._replace(box=made),))
        return Level(where, tuple(visible(where)))

    def _run(self, query: str, values: Solution) -> Iterator[Solution]:
        found = self._compiled.query(query, values)
        names = [variable.value for variable in found.variables]  # type: ignore[union-attr]
        for one in found:  # type: ignore[union-attr]
            yield {name: term for name, term in zip(names, one, strict=True) if term is not None}

    @cached_property
    def _solutions(self) -> Mapping[object, list[Solution]]:
        """The solutions behind each row, by what makes the row."""
        query, level = self._query, self._level
        columns = tuple(self._answer.columns)
        plain = {variable.value for item, variable in query.items if item is None} if query.items else set(columns)
        pins: dict[str, Anything] = {}
        if self._only is not None and self._answer.kind == "rows":
            row = dict(zip(columns, self._answer.rows[self._only].terms, strict=True))
            sure = {variable.value for variable in pinnable(level.where)} & plain
            pins = {name: row[name] for name in sure if isinstance(row.get(name), ox.NamedNode | ox.Literal)}
        items = () if query.aggregates else query.items
        known = {variable for _, variable in items}
        where, left = put_in(level.where, {ox.Variable(name): term for name, term in pins.items()})
        pins = {variable.value: term for variable, term in left.items()}
        asked = Select("SELECT", where, items, order=() if query.aggregates else query.order)
        more = [variable for variable in level.variables if variable not in known]
        found: dict[object, list[Solution]] = {}
        missing = {self._key(number) for number in range(len(self))}
        for count, one in enumerate(self._run(select(asked, more), pins)):
            for key in self._keys(one):
                found.setdefault(key, []).append(one)
                missing.discard(key)
            if count >= _BOUND and not missing:
                self._cut_short = True
                break
        self._witnesses.want(level.where, (one for group in found.values() for one in group))
        return found

    def _keys(self, solution: Solution) -> Iterator[object]:
        """Yield what a solution makes: a row, a yes, or some triples."""
        if self._query.form == "SELECT":
            yield tuple(solution.get(column) for column in self._answer.columns)
        elif self._query.form == "ASK":
            yield True
        else:
            for one in self._query.template:
                ends = [solution.get(t.value) if isinstance(t, ox.Variable) else t for t in one]
                if isinstance(ends[0], ox.NamedNode | ox.BlankNode) and isinstance(ends[1], ox.NamedNode) and ends[2]:
                    yield ox.Triple(*ends)  # type: ignore[arg-type]

    def _key(self, number: int) -> object:
        if self._query.form == "ASK":
            return True
        return self._answer.rows[number].terms if self._query.form == "SELECT" else self._answer.triples[number]

    def __len__(self) -> int:
        """Count the rows; a yes or no is one."""
        return self._answer.size

    def __getitem__(self, number: int) -> Cited:
        """Return what a row rests on."""
        return self._cite(number)

    def _found(self, number: int) -> Cited:
        support, ways = self.support(number)
        if support is None:
            return Cited("unexplained")
        found = witness(support)
        derived = any(self._is_inferred(fact) for fact in found.facts)
        if found.facts:
            status = "aggregate" if self._query.aggregates else "derived" if derived else "cited"
        else:
            status = "absence" if found.absent or found.context or self._query.aggregates else "no-source"
        return Cited(status, found.facts, found.context, found.absent, ways)

    def because(self, number: int) -> Because:
        """Return why a row is there, down to the passages."""
        cited = self[number]
        facts, context = (tuple(map(self.node, facts)) for facts in (cited.facts, cited.context))
        found = Because(cited.status, facts, context, cited.absent, cited.ways, self.is_complete(cited))
        if not self.is_single:
            return found
        necessary = self.necessary(number)
        return found._replace(facts=tuple(_marked(fact, necessary) for fact in facts), necessary=necessary)

    def citations(self, cited: Cited) -> tuple[Citation, ...]:
        """Return the passages that a row rests on, each once, in the order of its statements."""
        return cited_by(map(self.node, cited.facts))

    def is_complete(self, cited: Cited) -> bool:
        """Tell whether all ways to a row and all proofs were looked at, once `node` has looked for them."""
        return not self._cut_short and not any(fact in self._cut_off for fact in (*cited.facts, *cited.context))

    @property
    def is_single(self) -> bool:
        """Whether one row was asked for, of which it is also told what is necessary."""
        return self._only is not None

    def _node(self, fact: Fact) -> Node:
        """Return why a statement holds, or that a passage makes it."""
        if fact.passage is not None:
            return quoted(fact.statement, fact.passage.value, self._names)
        if not self._is_inferred(fact):
            return asserted(fact.statement, self._names)
        found = explain(fact.statement, self._proofs, self._names, thorough=self.is_single)
        if not found.complete:
            self._cut_off.add(fact)
        return found.root

    def support(self, number: int) -> tuple[Support | None, int]:
        """Return what supports a row, None where it cannot be told, and in how many ways."""
        query, where = self._query, self._level.where
        if query.form == "ASK" and not self._answer.boolean:
            empty = Absent(briefly(where, self._fresh))
            if monotone(where, ()):
                return empty, 1
            return All((empty, Context(self._witnesses.whole(where)))), 1
        found = self._solutions.get(self._key(number), [])
        if not found:
            return None, 0
        if not query.sliced:  # of a slice the first is the one that ranks first
            found = in_order(found)
        support: Support = Any(found, lambda one: self._witnesses.support(where, one))  # type: ignore[arg-type]
        if query.sliced and (query.offset or query.aggregates or self._may_rank_otherwise):
            support = All((support, Context(self._witnesses.whole(where))))
        return support, len(found)

    @cached_property
    def _may_rank_otherwise(self) -> bool:
        """Tell whether rows that rank behind one may, where there is less, rank before it."""
        where = self._level.where
        return bool(self._made_of(self._query.order) & loose(where)) or not monotone(where, ())

    def _made_of(self, expression: tuple[object, ...]) -> set[ox.Variable]:
        """Return the variables of the pattern that an expression rests on, through what SELECT computes."""
        made: dict[ox.Variable, set[ox.Variable]] = {}
        for item, variable in (*self._query.items, (expression, ox.Variable("_"))):
            if item is not None:
                made[variable] = set().union(*(made.get(one, {one}) for one in mentioned(item)))
        return made[ox.Variable("_")]

    def _is_inferred(self, fact: Fact) -> bool:
        return fact.passage is None and INFERRED in self._compiled.graphs_of(fact.statement)

    # Statements that others rest on.

    def leaves(self, cited: Cited) -> tuple[Fact, ...]:
        """Return the asserted statements that the facts and the context of a row rest on, each once."""
        return tuple(dict.fromkeys(leaf for fact in (*cited.facts, *cited.context) for leaf in self._rests_on(fact)[0]))

    def necessary(self, number: int) -> dict[Fact, bool | None]:
        """Tell of each asserted statement that a row rests on whether the row goes without it; None: not decided.

        That is decided over all ways to the row and all proofs. Left open is what could make the row anew where the
        statement is gone, since something is optional, negated or counted, and what could change an order.
        """
        support, _ = self.support(number)
        if support is None:
            return {}
        sure = needed(support, lambda fact: self._rests_on(fact)[1], strictly=True)
        maybe = needed(support, lambda fact: self._needs_at_most(fact), strictly=False)
        turns = self._turns(number)
        found: dict[Fact, bool | None] = {}
        for leaf in self.leaves(self[number]):
            if leaf in sure:
                found[leaf] = (
                    None
                    if self._cut_short or any(turns.may(one, leaf, self._reached) for one in self._regions)
                    else True
                )
            else:
                found[leaf] = None if leaf in maybe or self._query.sliced else False
        return found

    def _turns(self, number: int) -> Turns:
        found = self._solutions.get(self._key(number), [])
        kin, same = found, True  # all solutions make a yes
        if self._query.form == "SELECT":
            kin = self._kin[self._firm(found[0])]
            same = len(kin) == len(found)
        elif self._query.form == "CONSTRUCT":
            kin, same = [one for others in self._solutions.values() for one in others], False
        return Turns(kin, same, self._witnesses.values, self._witnesses.texts, found[0] if found else {})

    @cached_property
    def _kin(self) -> dict[tuple[object, ...], list[Solution]]:
        """All solutions, by the columns that no optional or grouping part decides."""
        kin: dict[tuple[object, ...], list[Solution]] = {}
        for found in self._solutions.values():
            for one in found:
                kin.setdefault(self._firm(one), []).append(one)
        return kin

    def _firm(self, solution: Solution) -> tuple[object, ...]:
        if self._firm_columns is None:
            decided = loose(self._level.where)
            columns = {column: {ox.Variable(column)} for column in self._answer.columns}
            if not self._query.aggregates:
                columns = {column: self._made_of(tuple(made)) for column, made in columns.items()}
            self._firm_columns = [column for column, made in columns.items() if not made & decided]
        return tuple(solution.get(column) for column in self._firm_columns)

    @cached_property
    def _regions(self) -> tuple[Region, ...]:
        return tuple(dict.fromkeys(regions(self._level.where)))

    @cached_property
    def _reached(self) -> Reached:
        same = self._compiled.store.quads_for_pattern(None, ox.NamedNode(PREFIXES["owl"] + "sameAs"), None)
        return Reached(self._proofs.rules, equality=any(same))

    def _needs_at_most(self, fact: Fact) -> frozenset[Fact]:
        leaves, necessary, complete = self._rests_on(fact)
        return necessary if complete else frozenset(leaves)

    def _rests_on(self, fact: Fact) -> tuple[tuple[Fact, ...], frozenset[Fact], bool]:
        """Return what a statement rests on, what of that is needed in every proof, and whether all proofs were seen."""
        if fact not in self._rested:
            self._rested[fact] = self._prove(fact)
        return self._rested[fact]

    def _prove(self, fact: Fact) -> tuple[tuple[Fact, ...], frozenset[Fact], bool]:
        if fact.passage is not None:
            return (fact,), frozenset((fact,)), True
        proof = self._proofs.prove(fact.statement)
        if proof is None:
            return (), frozenset(), False
        leaves = tuple(Fact(leaf) for leaf in proof.leaves)
        return leaves, frozenset(map(Fact, proof.necessary)), proof.complete


def _marked(node: Node, necessary: Mapping[Fact, bool | None]) -> Node:
    """Return a node with what is necessary for a row, in place of what is so for a proof."""
    if node.premises:
        premises = tuple(_marked(premise, necessary) for premise in node.premises)
        node = node._replace(premises=premises) if node.kind == "inferred" else node
    passage = ox.NamedNode(node.citations[0].passage) if node.kind == "quoted" else None
    return node._replace(necessary=necessary.get(Fact(node.statement, passage)))
