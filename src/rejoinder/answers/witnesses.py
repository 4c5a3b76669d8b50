"""The statements that each row of an answer was made from, found by asking the same store for more."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import cast

import pyoxigraph as ox

from rejoinder.answers.aggregates import Aggregate
from rejoinder.answers.levels import Box, Level, boxes_in, prepare
from rejoinder.answers.necessity import told
from rejoinder.answers.paths import Paths
from rejoinder.answers.patterns import (
    Bind,
    Exists,
    Filter,
    Graph,
    Group,
    Minus,
    Optional,
    Path,
    Select,
    Term,
    Triple,
    Union,
    Values,
    filled_in,
    mentioned,
    mentions,
    text,
    visible,
)
from rejoinder.answers.scopes import Names, exists_in, monotone, pinnable, put_in
from rejoinder.answers.support import Absent, All, Any, Context, Fact, Solution, Support, in_order
from rejoinder.graph.proofs import Statement

__all__ = ["Witnesses"]

Run = Callable[[str, Solution], Iterator[Solution]]
Maker = Callable[[Solution, ox.NamedNode | None], Support]

_NOTHING = All()
# How many matches of an EXISTS are looked at.
_BOUND = 1_000


class Witnesses:
    """What supports the solutions of one query. `run` asks the store, with values for some variables."""

    def __init__(
        self, query: Select, where: Group, names: Names, run: Run, paths: Paths, *, pinned: bool = False
    ) -> None:
        self._where = where
        #: The variables whose values, and those of which at least the text, each row shows.
        self.values, self.texts = told(query, where)
        self._names = names
        self._run = run
        self._paths = paths
        self._pinned = pinned
        self._groups: dict[tuple[int, object], dict[tuple[object, ...], list[Solution]]] = {}
        self._makers: dict[int, Maker] = {}
        self._uses: dict[int, list[str]] = {}
        self._absences: dict[object, Support] = {}
        self._taken: set[int] = set()  # groups of MINUS, which may be asked without a value that the row has
        self._kins: dict[int, dict[tuple[object, ...], list[Solution]]] = {}
        self._wanted: dict[int, dict[tuple[object, ...], None]] = {}
        self._asked: dict[int, Level] = {}
        self._never: dict[int, bool] = {}

    def support(self, node: object, solution: Solution, graph: ox.NamedNode | None = None) -> Support:
        """Return what supports that a pattern has a solution."""
        return self._maker(node)(solution, graph)

    def _maker(self, node: object) -> Maker:
        """Return the function that makes the support of a solution: the structure is looked at once for all."""
        if id(node) not in self._makers:
            self._makers[id(node)] = self._make(node)
        return self._makers[id(node)]

    def _make(self, node: object) -> Maker:
        match node:
            case Group():
                makers = [self._maker(one) for one in node.elements if not _says_nothing(one)]
                return lambda solution, graph: _all([make(solution, graph) for make in makers])
            case Triple():
                return self._triple(node)
            case Graph():
                inner, name = self._maker(node.group), node.name
                return lambda solution, graph: inner(solution, cast(ox.NamedNode, _value(name, solution)))
            case Optional():
                inner, mark = self._maker(node.group), node.mark.value if node.mark else ""
                return lambda solution, graph: (
                    inner(solution, graph) if mark in solution else self._absent(node.group, solution, graph)
                )
            case Union():
                branches = [
                    (mark.value, self._maker(group)) for group, mark in zip(node.groups, node.marks, strict=True)
                ]
                return lambda solution, graph: next(
                    (make(solution, graph) for mark, make in branches if mark in solution), _NOTHING
                )
            case Minus():
                # Where no variable that is bound before it is shared, MINUS takes nothing away, whatever matches it.
                shared = [variable.value for variable in visible(node.group) if variable in node.scope]
                self._taken.add(id(node.group))
                return lambda solution, graph: (
                    self._absent(node.group, solution, graph) if any(one in solution for one in shared) else _NOTHING
                )
            case Filter() | Bind():
                return lambda solution, graph: self._condition(node, solution, graph)
            case Select() if node.box:
                return lambda solution, _: self.group(node.box, solution)
        return lambda solution, graph: _NOTHING

    def _triple(self, node: Triple) -> Maker:
        path = node.path
        if isinstance(path, Path):
            return lambda solution, graph: (
                self._paths.support(_value(node.subject, solution), path, _value(node.object, solution), graph)
                or _NOTHING
            )
        subject, predicate, value = (one.value if isinstance(one, ox.Variable) else one for one in node)
        names = [isinstance(one, ox.Variable) for one in node]

        def make(solution: Solution, graph: ox.NamedNode | None) -> Support:
            statement = (
                solution[subject] if names[0] else subject,
                solution[predicate] if names[1] else predicate,
                solution[value] if names[2] else value,
            )
            return Fact(cast(Statement, statement), graph)

        return make

    def _condition(self, node: Filter | Bind, solution: Solution, graph: ox.NamedNode | None) -> Support:
        """Return what supports that the patterns in an expression have a match, or have none."""
        asked = exists_in(node.expression)
        if not asked:
            return _NOTHING
        if len(node.expression) > 1:
            return _unsure(
                All(tuple(self._exists(one, _is_true(one.mark, solution), solution, graph) for one in asked))
            )
        if isinstance(node, Filter):
            return self._exists(asked[0], not asked[0].negated, solution, graph)
        if asked[0].mark == node.variable:  # this only tells what the expression behind it needs
            return _NOTHING
        shown = self._exists(asked[0], _is_true(node.variable, solution) != asked[0].negated, solution, graph)
        return shown if node.variable in self.values else _unsure(shown)

    def _exists(self, asked: Exists, holds: bool, solution: Solution, graph: ox.NamedNode | None) -> Support:
        if not holds:
            return self._absent(asked.group, solution, graph)
        if asked.unclear:
            return Context(self.whole(asked.group, graph))
        level = self._level(asked)
        where = Group((Graph(graph, level.where),)) if graph else level.where
        used = asked.scope & mentioned(level.where)
        values = {name: term for name, term in solution.items() if ox.Variable(name) in used}
        # Some may stand in conditions only.
        more = [variable for name in values if (variable := ox.Variable(name)) not in level.variables]
        found = in_order(islice(self._run(_select(where, (*level.variables, *more)), values), _BOUND))
        if not found:
            return Context(self.whole(asked.group, graph))
        some = Any(found, lambda one: self.support(level.where, {**solution, **cast(Solution, one)}, graph))
        return some if len(found) < _BOUND else _unsure(some)

    def _level(self, asked: Exists) -> Level:
        if id(asked.group) not in self._asked:
            self._asked[id(asked.group)] = prepare(Select("SELECT", asked.group), self._names, asked.scope)
        return self._asked[id(asked.group)]

    def _absent(self, group: Group, solution: Solution, graph: ox.NamedNode | None) -> Support:
        """Return that nothing matches a group; where parts of the store may match it, what keeps them from that."""
        if id(group) not in self._uses:
            self._uses[id(group)] = sorted(one.value for one in mentioned(group))
        known = ((name, solution.get(name)) for name in self._uses[id(group)])
        used = {name: term for name, term in known if isinstance(term, ox.NamedNode | ox.Literal)}
        key = (id(group), graph, *used.items())
        if key not in self._absences:
            filled = filled_in(group, {ox.Variable(name): term for name, term in used.items()})
            pattern = Graph(graph, filled) if graph else filled
            meant = _is_plain(pattern) and id(group) not in self._taken
            self._absences[key] = Absent(pattern) if meant or self._is_absent(pattern) else _NOTHING
        here = self._absences[key]
        if self._stays_away(group):
            return here
        only = group.elements[0] if len(group.elements) == 1 else None
        if (
            isinstance(only, Select)
            and only.box
            and only.box.grouped
            and all(key.value in solution for key in only.box.keys)
        ):
            return All((here, Context(self.group(only.box, solution))))
        return All((here, Context(self.whole(group, graph))))

    def _is_absent(self, pattern: Group | Graph) -> bool:
        """Ask whether a pattern with values filled in says what is meant: that it has no match."""
        try:
            return not any(True for _ in self._run(f"SELECT (1 AS ?found) {{ {text(pattern)} }} LIMIT 1", {}))
        except SyntaxError:  # some places can hold no value
            return False

    def _stays_away(self, group: Group) -> bool:
        if id(group) not in self._never:
            outside = mentions(self._where)
            inside = mentions(group)
            self._never[id(group)] = monotone(group, {one for one, n in outside.items() if n > inside.get(one, 0)})
        return self._never[id(group)]

    # Groups of solutions.

    def group(self, box: Box, solution: Solution) -> Support:
        """Return what supports the solution of a query that groups: its members, and what keeps others out."""
        key = tuple(solution.get(variable.value) for variable in box.keys)
        level, found = box.inner, self._solutions(box, key)
        mine = found.get(key, [])
        if not mine and box.inner_keys:  # with values from around an EXISTS there may be more
            return Context(self.whole(level.where))
        if not box.grouped:
            return self._any(mine, level)
        mine = in_order(mine)
        members = [one for one in mine if self._is_member(level, one)]
        parts: list[Support] = []
        for aggregate, argument in zip(box.aggregates, level.arguments, strict=True):
            parts.append(self._aggregate(box, aggregate, argument, solution, members))
        # That there is a group needs one of them.
        if members and (box.inner_keys or box.select.having) and all(part == _NOTHING for part in parts):
            parts.append(self._any(members, level))
        if level.whole:
            parts.append(Context(self.whole(level.where)))
        else:
            scope = {id(one) for one in mine}
            aside = [self._optional_parts(level.where, one, None) for one in mine]
            for variable in level.varying:
                # What is in another group by what is optional in it would be in this one without.
                kin = self._kin(box, found).get(self._firm(box, key), ())
                aside += [self._optional_parts(level.where, one, None, variable) for one in kin if id(one) not in scope]
            parts.append(Context(All(tuple(part for part in aside if part != _NOTHING))))
        return All(tuple(part for part in parts if part not in (_NOTHING, Context(_NOTHING))))

    def _kin(
        self, box: Box, found: Mapping[tuple[object, ...], list[Solution]]
    ) -> Mapping[tuple[object, ...], list[Solution]]:
        """Return solutions by those keys of their groups that do not vary with what is optional."""
        if id(found) not in self._kins:
            kin: dict[tuple[object, ...], list[Solution]] = {}
            for key, group in found.items():
                kin.setdefault(self._firm(box, key), []).extend(group)
            self._kins[id(found)] = kin
        return self._kins[id(found)]

    @staticmethod
    def _firm(box: Box, key: tuple[object, ...]) -> tuple[object, ...]:
        pairs = zip(box.inner_keys, key, strict=True)
        return tuple(term for variable, term in pairs if variable not in box.inner.varying)

    def want(self, node: object, solutions: Iterable[Solution]) -> None:
        """Take note of the keys by which the solutions of a pattern need those of sub-selects in it."""
        solutions = list(solutions)
        for box in boxes_in(node):
            keys = self._wanted.setdefault(id(box.inner.where), {})
            keys |= dict.fromkeys(tuple(one.get(key.value) for key in box.keys) for one in solutions)

    def _solutions(self, box: Box, key: tuple[object, ...]) -> dict[tuple[object, ...], list[Solution]]:
        """Return the solutions inside of a box by key: at once for all keys that are wanted, unless that is one."""
        wanted = self._wanted.get(id(box.inner.where), {})
        pins: dict[ox.Variable, object] = {}
        if self._pinned or key not in wanted or len(wanted) == 1:
            sure = pinnable(box.inner.where) - box.inner.varying
            named = [(one, term) for one, term in zip(box.inner_keys, key, strict=True) if one in sure]
            pins = {one: term for one, term in named if isinstance(term, ox.NamedNode | ox.Literal)}
            kept: tuple[int, object] = (id(box.inner.where), tuple(pins.values()))
        else:
            kept = (id(box.inner.where), None)
        if kept not in self._groups:
            firm = {self._firm(box, one) for one in wanted} if kept[1] is None else None
            self._groups[kept] = self._ask(box, pins, firm)
        return self._groups[kept]

    def _ask(
        self, box: Box, pins: Mapping[ox.Variable, object], wanted: set[tuple[object, ...]] | None
    ) -> dict[tuple[object, ...], list[Solution]]:
        level = box.inner
        found: dict[tuple[object, ...], list[Solution]] = {}
        where, left = put_in(level.where, pins)
        for one in self._run(_select(where, level.variables), {name.value: term for name, term in left.items()}):
            key = tuple(one.get(inner.value) for inner in box.inner_keys)
            if wanted is None or self._firm(box, key) in wanted:
                found.setdefault(key, []).append(one)
        self.want(level.where, (one for group in found.values() for one in group))
        return found

    @staticmethod
    def _is_member(level: Level, solution: Solution) -> bool:
        return not any(mark.value in solution for mark in level.left_out) and not any(
            mark.value in solution and solution[mark.value].value == "false" for mark in level.passed
        )

    def _aggregate(
        self, box: Box, aggregate: Aggregate, argument: Aggregate, solution: Solution, members: list[Solution]
    ) -> Support:
        name, variable, level = aggregate.name, argument.variable.value, box.inner
        value = solution.get(aggregate.variable.value)
        if name in ("MIN", "MAX") and value is not None:
            best = self._any([member for member in members if member.get(variable) == value], level)
            return best if aggregate.variable in self.values else _unsure(best)
        counted = members
        if name == "COUNT" and argument.argument is not None:
            counted = [member for member in members if variable in member]
        by = tuple(one.value for one in argument.apart)
        alike: dict[tuple[object, ...], list[Solution]] = {}
        for member in counted:
            alike.setdefault(tuple(member.get(one) for one in by), []).append(member)
        parts = tuple(self._ways(group, level) for group in alike.values())
        if not parts:
            return _NOTHING
        if name in ("COUNT", "GROUP_CONCAT") and aggregate.variable in self.texts and value and value.value:
            return All(parts)
        # Without one of its members a sum may be what it was, but a group is not there without all of them.
        is_group = box.inner_keys and len(counted) == len(members)
        return All(parts, strict=False) if is_group else _unsure(All(parts))

    def _ways(self, solutions: list[Solution], level: Level) -> Support:
        """Return what supports that there is a solution, by all ways of its paths: they may count as one, or apart."""
        by_way: dict[tuple[object, ...], list[Solution]] = {}
        for one in solutions:
            by_way.setdefault(tuple(one.get(way.value) for way in level.ways), []).append(one)
        parts = tuple(self._any(group, level) for group in by_way.values())
        return parts[0] if len(parts) == 1 else All(parts, strict=False)

    def _any(self, solutions: list[Solution], level: Level) -> Support:
        if not solutions:
            return _NOTHING
        return Any(in_order(solutions), lambda one: self.support(level.where, cast(Solution, one)))

    def _optional_parts(
        self, node: object, solution: Solution, graph: ox.NamedNode | None, binding: ox.Variable | None = None
    ) -> Support:
        """Return what supports the optional parts of a solution, among them what leaves it out.

        With `binding`, only of those parts that bind this variable.
        """
        match node:
            case Optional():
                matched = node.mark and node.mark.value in solution
                meant = matched and (binding is None or binding in visible(node.group))
                return self.support(node.group, solution, graph) if meant else _NOTHING
            case Group():
                parts = [self._optional_parts(one, solution, graph, binding) for one in node.elements]
                return All(tuple(part for part in parts if part != _NOTHING))
            case Graph():
                name = cast(ox.NamedNode, _value(node.name, solution))
                return self._optional_parts(node.group, solution, name, binding)
            case Union():
                for group, mark in zip(node.groups, node.marks, strict=True):
                    if mark.value in solution:
                        return self._optional_parts(group, solution, graph, binding)
        return _NOTHING

    def whole(self, node: object, graph: ox.NamedNode | None = None) -> Support:
        """Return all statements that any triple pattern within a pattern matches by its constants."""
        return All(tuple(self._paths.whole(node, in_graphs=graph is not None)))


def _all(parts: list[Support]) -> Support:
    kept = tuple(part for part in parts if part != _NOTHING)
    return All(kept) if len(kept) > 1 else kept[0] if kept else _NOTHING


def _says_nothing(node: object) -> bool:
    """Tell whether a pattern is there only to bind or to test values."""
    return isinstance(node, Values) or (isinstance(node, Filter | Bind) and not exists_in(node.expression))


def _is_plain(node: object) -> bool:
    """Tell whether a pattern only joins statements, so that more values leave it no more matches."""
    if isinstance(node, Group):
        return all(map(_is_plain, node.elements))
    return isinstance(node, Triple) or (isinstance(node, Graph) and _is_plain(node.group))


def _unsure(support: Support) -> Support:
    """Return a support without which an answer may hold all the same."""
    return All((support, _NOTHING), strict=False)


def _is_true(variable: ox.Variable | None, solution: Solution) -> bool:
    return variable is not None and getattr(solution.get(variable.value), "value", "") == "true"


def _value(term: Term, solution: Solution) -> object:
    return solution.get(term.value) if isinstance(term, ox.Variable) else term


def _select(where: Group, variables: tuple[ox.Variable, ...]) -> str:
    return f"SELECT {' '.join(map(str, variables)) or '*'} WHERE {text(where)}"
