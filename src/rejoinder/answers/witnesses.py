"""The statements that each row of an answer was made from, found by asking the same store for more."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import cast

import pyoxigraph as ox

from rejoinder.answers.aggregates import Aggregate
from rejoinder.answers.levels import Box, Level, all_boxes_in, boxes_in, only_grouped, prepare, select_all
from rejoinder.answers.necessity import told
from rejoinder.answers.paths import Paths
from rejoinder.answers.patterns import (
    Bind,
    Exists,
    Filter,
    Graph,
    Group,
    Minus,
    Node,
    Optional,
    Path,
    Select,
    Triple,
    Union,
    filled_in,
    holds,
    mentioned,
    mentions,
    text,
    visible,
)
from rejoinder.answers.scopes import (
    Names,
    exists_in,
    is_join,
    monotone,
    pinnable,
    put_in,
    says_nothing,
)
from rejoinder.answers.spelled import briefly
from rejoinder.answers.support import (
    NOTHING,
    Absent,
    All,
    Any,
    Context,
    Fact,
    Shared,
    Solution,
    Support,
    all_of,
    in_order,
    unsure,
    value_of,
)
from rejoinder.graph.proofs import Statement

__all__ = ["Witnesses"]

Run = Callable[[str, Solution], Iterator[Solution]]
Maker = Callable[[Solution, ox.NamedNode | None], Support]

# How many matches of an EXISTS are looked at; where they are few, they are kept so many times.
_BOUND, _FEW = 1_000, 10


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
        self._shared: dict[object, Shared] = {}
        self._wholes: dict[tuple[int, bool], All] = {}
        self._matches: dict[object, list[Solution]] = {}
        self._never: dict[int, bool] = {}
        self._with_optional: dict[int, list[Node]] = {}  # elements of groups
        self._within_exists: set[int] = set()  # patterns of sub-selects

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
                makers = [self._maker(one) for one in node.elements if not says_nothing(one)]
                return lambda solution, graph: all_of([make(solution, graph) for make in makers])
            case Triple():
                return self._triple(node)
            case Graph():
                inner, name = self._maker(node.group), node.name
                return lambda solution, graph: inner(solution, cast(ox.NamedNode, value_of(name, solution)))
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
                    (make(solution, graph) for mark, make in branches if mark in solution), NOTHING
                )
            case Minus():
                # Where no variable that is bound before it is shared, MINUS takes nothing away, whatever matches it.
                shared = [variable.value for variable in visible(node.group) if variable in node.scope]
                self._taken.add(id(node.group))
                return lambda solution, graph: (
                    self._absent(node.group, solution, graph) if any(one in solution for one in shared) else NOTHING
                )
            case Filter() | Bind():
                return lambda solution, graph: self._condition(node, solution, graph)
            case Select() if node.box:
                return lambda solution, _: self._shared_group(node.box, solution)
        return lambda solution, graph: NOTHING

    def _triple(self, node: Triple) -> Maker:
        path = node.path
        if isinstance(path, Path):
            return lambda solution, graph: (
                self._paths.support(value_of(node.subject, solution), path, value_of(node.object, solution), graph)
                or NOTHING
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
            return NOTHING
        if len(node.expression) > 1:
            return unsure(All(tuple(self._exists(one, _is_true(one.mark, solution), solution, graph) for one in asked)))
        if isinstance(node, Filter):
            return self._exists(asked[0], not asked[0].negated, solution, graph)
        if asked[0].mark == node.variable:  # this only tells what the expression behind it needs
            return NOTHING
        shown = self._exists(asked[0], _is_true(node.variable, solution) != asked[0].negated, solution, graph)
        return shown if node.variable in self.values else unsure(shown)

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
        key = (id(asked.group), graph, *values.items())
        found = self._matches.get(key)  # many solutions ask for the same
        if found is None:
            found = in_order(islice(self._run(select_all(where, (*level.variables, *more)), values), _BOUND))
            if len(found) <= _FEW and len(self._matches) < _BOUND:
                self._matches[key] = found
        if not found:
            return Context(self.whole(asked.group, graph))
        some = Any(found, lambda one: self.support(level.where, {**solution, **cast(Solution, one)}, graph))
        return some if len(found) < _BOUND else unsure(some)

    def _level(self, asked: Exists) -> Level:
        if id(asked.group) not in self._asked:
            level = self._asked[id(asked.group)] = prepare(Select("SELECT", asked.group), self._names, asked.scope)
            self._within_exists |= {id(box.inner.where) for box in all_boxes_in(level.where)}
        return self._asked[id(asked.group)]

    def _absent(self, group: Group, solution: Solution, graph: ox.NamedNode | None) -> Support:
        """Return that nothing matches a group; where parts of the store may match it, what keeps them from that."""
        if id(group) not in self._uses:
            self._uses[id(group)] = sorted(one.value for one in mentioned(group))
        known = ((name, solution.get(name)) for name in self._uses[id(group)])
        used = {name: term for name, term in known if isinstance(term, ox.NamedNode | ox.Literal)}
        key = (id(group), graph, *used.items())
        if key not in self._absences:
            values = {ox.Variable(name): term for name, term in used.items()}
            filled = filled_in(group, values)
            meant = is_join(filled) and id(group) not in self._taken
            needed = briefly(filled, self._names)
            pattern = Graph(graph, needed) if graph else needed
            self._absences[key] = Absent(pattern) if meant or self._is_absent(pattern) else NOTHING
        here = self._absences[key]
        if self._stays_away(group):
            return here
        box = only_grouped(group)
        if box and all(key.value in solution for key in box.keys):
            return All((here, Context(self._group(box, solution, absent=True))))
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

    def _shared_group(self, box: Box, solution: Solution) -> Support:
        made = (*box.keys, *(one.variable for one in box.aggregates))
        key = (id(box.inner.where), *(solution.get(variable.value) for variable in made))
        if key not in self._shared:
            self._shared[key] = Shared(self._group(box, solution))
        return self._shared[key]

    def _group(self, box: Box, solution: Solution, *, absent: bool = False) -> Support:
        """Return what supports the solution of a query that groups, or its absence: members, what keeps others out."""
        key = tuple(solution.get(variable.value) for variable in box.keys)
        level, found = box.inner, self._solutions(box, key)
        mine = in_order(found.get(key, []))
        if not mine and box.inner_keys:
            # With values from around an EXISTS, or without what is optional, there may be one with this key.
            may_be = not absent or level.whole or level.varying or id(level.where) in self._within_exists
            return Context(self.whole(level.where)) if may_be else NOTHING
        if not box.grouped:
            return self._any(mine, level)
        members = [one for one in mine if level.takes(one)]
        parts: list[Support] = []
        for aggregate, argument in zip(box.aggregates, level.arguments, strict=True):
            parts.append(self._aggregate(box, aggregate, argument, solution, members))
        # That there is a group needs one of them.
        if members and (box.inner_keys or box.select.having) and all(part == NOTHING for part in parts):
            parts.append(self._any(members, level))
        if level.whole:
            parts.append(Context(self.whole(level.where)))
        else:
            scope = {id(one) for one in mine}
            aside = [self._optional_parts(level.where, one, None) for one in mine]
            for variable in level.varying:
                # What is in another group by what is optional in it would be in this one without.
                kin = self._kin(box, found).get(box.firm(key), ())
                aside += [self._optional_parts(level.where, one, None, variable) for one in kin if id(one) not in scope]
            parts.append(Context(All(tuple(part for part in aside if part != NOTHING))))
        return All(tuple(part for part in parts if part not in (NOTHING, Context(NOTHING))))

    def _kin(
        self, box: Box, found: Mapping[tuple[object, ...], list[Solution]]
    ) -> Mapping[tuple[object, ...], list[Solution]]:
        """Return solutions by those keys of their groups that do not vary with what is optional."""
        if id(found) not in self._kins:
            kin: dict[tuple[object, ...], list[Solution]] = {}
            for key, group in found.items():
                kin.setdefault(box.firm(key), []).extend(group)
            self._kins[id(found)] = kin
        return self._kins[id(found)]

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
            firm = {box.firm(one) for one in wanted} if kept[1] is None else None
            self._groups[kept] = self._ask(box, pins, firm)
        return self._groups[kept]

    def _ask(
        self, box: Box, pins: Mapping[ox.Variable, object], wanted: set[tuple[object, ...]] | None
    ) -> dict[tuple[object, ...], list[Solution]]:
        level = box.inner
        found: dict[tuple[object, ...], list[Solution]] = {}
        where, left = put_in(level.where, pins)
        for one in self._run(select_all(where, level.variables), {name.value: term for name, term in left.items()}):
            key = tuple(one.get(inner.value) for inner in box.inner_keys)
            if wanted is None or box.firm(key) in wanted:
                found.setdefault(key, []).append(one)
        self.want(level.where, (one for group in found.values() for one in group))
        return found

    def _aggregate(
        self, box: Box, aggregate: Aggregate, argument: Aggregate, solution: Solution, members: list[Solution]
    ) -> Support:
        name, variable, level = aggregate.name, argument.variable.value, box.inner
        value = solution.get(aggregate.variable.value)
        if name in ("MIN", "MAX") and value is not None:
            best = self._any([member for member in members if member.get(variable) == value], level)
            return best if aggregate.variable in self.values else unsure(best)
        counted = members
        if name == "COUNT" and argument.argument is not None:
            counted = [member for member in members if variable in member]
        by = tuple(one.value for one in argument.apart)
        alike: dict[tuple[object, ...], list[Solution]] = {}
        for member in counted:
            alike.setdefault(tuple(member.get(one) for one in by), []).append(member)
        parts = tuple(self._ways(group, level) for group in alike.values())
        if not parts:
            return NOTHING
        if name in ("COUNT", "GROUP_CONCAT") and aggregate.variable in self.texts and value and value.value:
            return All(parts)
        # Without one of its members a sum may be what it was, but a group is not there without all of them.
        is_group = box.inner_keys and len(counted) == len(members)
        return All(parts, strict=False) if is_group else unsure(All(parts))

    def _ways(self, solutions: list[Solution], level: Level) -> Support:
        """Return what supports that there is a solution, by all ways of its paths: they may count as one, or apart."""
        by_way: dict[tuple[object, ...], list[Solution]] = {}
        for one in solutions:
            by_way.setdefault(tuple(one.get(way.value) for way in level.ways), []).append(one)
        parts = tuple(self._any(group, level) for group in by_way.values())
        return parts[0] if len(parts) == 1 else All(parts, strict=False)

    def _any(self, solutions: list[Solution], level: Level) -> Support:
        if not solutions:
            return NOTHING
        return Any(solutions, lambda one: self.support(level.where, cast(Solution, one)))

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
                return self.support(node.group, solution, graph) if meant else NOTHING
            case Group():
                if id(node) not in self._with_optional:
                    kept = [one for one in node.elements if holds(one, lambda part: isinstance(part, Optional))]
                    self._with_optional[id(node)] = kept
                kept = self._with_optional[id(node)]
                return all_of([self._optional_parts(one, solution, graph, binding) for one in kept])
            case Graph():
                name = cast(ox.NamedNode, value_of(node.name, solution))
                return self._optional_parts(node.group, solution, name, binding)
            case Union():
                for group, mark in zip(node.groups, node.marks, strict=True):
                    if mark.value in solution:
                        return self._optional_parts(group, solution, graph, binding)
        return NOTHING

    def whole(self, node: object, graph: ox.NamedNode | None = None) -> Support:
        """Return all statements that any triple pattern within a pattern matches by its constants."""
        key = (id(node), graph is not None)
        if key not in self._wholes:
            self._wholes[key] = All(tuple(self._paths.whole(node, in_graphs=key[1])))
        return self._wholes[key]


def _is_true(variable: ox.Variable | None, solution: Solution) -> bool:
    return variable is not None and getattr(solution.get(variable.value), "value", "") == "true"
