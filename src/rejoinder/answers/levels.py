"""Queries prepared so that each solution tells which statements it was made from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.answers.aggregates import Aggregate, calls_in, read
from rejoinder.answers.lexer import refused
from rejoinder.answers.patterns import (
    Bind,
    Exists,
    Expression,
    Filter,
    Graph,
    Group,
    Minus,
    Node,
    Optional,
    Select,
    Triple,
    Union,
    Values,
    certain,
    mentioned,
    renamed,
    text,
    visible,
)
from rejoinder.answers.scopes import (
    Names,
    conditioned,
    exists_in,
    is_pure,
    loose,
    scoped,
    steady,
)
from rejoinder.answers.spelled import in_steps, spelled

__all__ = ["Box", "Level", "all_boxes_in", "box", "boxes_in", "only_grouped", "prepare", "select_all"]


class Box(NamedTuple):
    """A sub-select, whose solutions are explained by a level of its own.

    `keys` are the variables by which a solution is known outside, `inner_keys` the same inside, in the same order: of
    one that is `grouped`, what it groups by; of others, all that it shows.
    """

    select: Select
    keys: tuple[ox.Variable, ...]
    inner: "Level"
    inner_keys: tuple[ox.Variable, ...]
    aggregates: tuple[Aggregate, ...] = ()
    grouped: bool = True

    def firm(self, key: tuple[object, ...]) -> tuple[object, ...]:
        """Return what of a key does not vary with what is optional."""
        pairs = zip(self.inner_keys, key, strict=True)
        return tuple(term for variable, term in pairs if variable not in self.inner.varying)


class Level(NamedTuple):
    """A pattern, and the variables that its solutions are asked for.

    `telling` are those that tell solutions apart which count apart. Where an aggregate is taken, the pattern is
    *opened*: what MINUS, NOT EXISTS and some filters leave out is a solution too, with a mark of `left_out` bound,
    or one of `passed` false. `whole` says that this cannot be done, so that all that matches any part is context.
    `varying` are keys of groups that rest on optional parts, and `ways` tell ways of a path that may count as one.
    """

    where: Group
    variables: tuple[ox.Variable, ...]
    telling: tuple[ox.Variable, ...] = ()
    arguments: tuple[Aggregate, ...] = ()
    left_out: frozenset[ox.Variable] = frozenset()
    passed: frozenset[ox.Variable] = frozenset()
    whole: bool = False
    varying: frozenset[ox.Variable] = frozenset()
    ways: tuple[ox.Variable, ...] = ()

    def takes(self, solution: Mapping[str, Any]) -> bool:
        """Tell whether a solution is one, and not a candidate that is left out."""
        return not any(mark.value in solution for mark in self.left_out) and not any(
            mark.value in solution and solution[mark.value].value == "false" for mark in self.passed
        )


class _NotOpen(Exception):
    """A pattern whose left out candidates cannot be told."""


def prepare(query: Select, names: Names, scope: frozenset[ox.Variable] = frozenset()) -> Level:
    """Return the level of a query that does not group.

    `scope` are variables that have values from around it.
    """
    _refuse_exists(*(item for item, _ in query.items))
    work = _Work(names, scope=scope)
    where = work.group(query.where, False)
    return Level(where, tuple(visible(where)))


def box(query: Select, names: Names) -> Box:
    """Return a query that groups or cuts off, prepared."""
    _refuse_exists(*(item for item, _ in query.items), *query.having, query.order)
    calls = dict.fromkeys(
        call for one in (*(item for item, _ in query.items), *query.conditions) for call in calls_in(one or ())
    )
    aggregates = tuple(read(call, names.fresh()) for call in calls)
    if any(one.name == "GROUP_CONCAT" for one in aggregates) and not _is_ordered(query.where):
        raise refused("GROUP_CONCAT of solutions that no ORDER BY in a sub-select puts in order")
    where, inner_keys = _with_keys(query)
    spell = any(one.argument is None or (not one.distinct and one.name not in ("MIN", "MAX")) for one in aggregates)
    binds = {one: names.fresh() for one in aggregates if one.argument is not None}
    work = _Work(names, opened=True, spell=spell)
    whole = query.sliced
    try:
        if whole:
            raise _NotOpen
        group = work.group(where, True)
        if not steady(group):
            raise _NotOpen
    except _NotOpen:
        whole = True
        work = _Work(names, spell=spell)
        group = work.group(where, True)
    varying = loose(group)
    telling = tuple(dict.fromkeys([*visible(where), *work.telling]))
    elements = [*group.elements]
    for one, variable in binds.items():
        if len(one.argument or ()) == 1 and isinstance(one.argument[0], ox.Variable):  # type: ignore[index]
            binds[one] = one.argument[0]  # type: ignore[index]
        else:
            elements.append(Bind(one.argument or (), variable))
    arguments = tuple(
        one._replace(
            variable=binds.get(one, one.variable), apart=(binds[one],) if one.distinct and one.argument else telling
        )
        for one in aggregates
    )
    opened = Group(tuple(elements))
    level = Level(
        opened,
        tuple(visible(opened)),
        telling,
        arguments,
        frozenset(work.left_out),
        frozenset(work.passed),
        whole,
        frozenset(_sources(group, varying & set(inner_keys), varying)),
        tuple(work.ways),
    )
    plain = {variable for item, variable in query.items if item is None}
    # What is joined with a group may bind a key that is not bound in it.
    keys = tuple(key if key in plain & certain(where) else names.fresh() for key in inner_keys)
    more: list[tuple[Expression | None, ox.Variable]] = [
        ((key,), alias) for key, alias in zip(inner_keys, keys, strict=True) if alias != key
    ]
    more += [(one.call, one.variable) for one in aggregates]
    # A slice has been chosen before its items are known, and without groups there are no aggregates.
    grown = query if query.sliced else query._replace(items=(*query.items, *more), distinct=False)
    return Box(grown, () if query.sliced else keys, level, () if query.sliced else inner_keys, aggregates)


def _sources(node: object, keys: set[ox.Variable], varying: set[ox.Variable]) -> set[ox.Variable]:
    """Return keys with the varying variables that their values are computed from."""
    if isinstance(node, Bind) and node.variable in keys:
        return keys | mentioned(node.expression) & varying
    if isinstance(node, tuple):
        for part in reversed(node):
            keys = _sources(part, keys, varying)
    return keys


def _refuse_exists(*expressions: Expression | None) -> None:
    if any(exists_in(one or ()) for one in expressions):
        raise refused("EXISTS in what SELECT, HAVING or the ORDER BY of groups computes")


def _is_ordered(where: Group) -> bool:
    only = where.elements[0] if len(where.elements) == 1 else None
    return _is_ordered(only) if isinstance(only, Group) else isinstance(only, Select) and bool(only.order)


def _plain(query: Select, names: Names, scope: frozenset[ox.Variable]) -> Box:
    """Return a sub-select that does not group, which stays one, as its author may have meant it to be asked alone."""
    binds = tuple(Bind(item, variable) for item, variable in query.items if item is not None)
    level = prepare(Select("SELECT", Group((*query.where.elements, *binds))), names, scope)
    shown = tuple(visible(query))
    sure = certain(query.where)
    keys = tuple(one if one in sure else names.fresh() for one in shown)
    made = {variable: item for item, variable in query.items}
    items = [(made.get(one), one) for one in shown]
    items += [((one,), alias) for one, alias in zip(shown, keys, strict=True) if one != alias]
    return Box(query._replace(items=tuple(items), order=()), keys, level, shown, grouped=False)


def _with_keys(query: Select) -> tuple[Group, tuple[ox.Variable, ...]]:
    """Return the pattern of a query with the expressions that it groups by bound in it, and the keys."""
    binds = tuple(Bind(expression, variable) for expression, variable in query.group_by if expression is not None)
    where = Group((query.where, *binds)) if binds else query.where
    return where, tuple(variable for _, variable in query.group_by)


class _Work:
    """Preparing one level. `opened` makes candidates that are left out solutions too; `spell` spells paths out."""

    def __init__(
        self, names: Names, *, opened: bool = False, spell: bool = False, scope: frozenset[ox.Variable] = frozenset()
    ) -> None:
        self._names = names
        self._scope = scope
        self._opened = opened
        self._spell = spell
        self.telling: list[ox.Variable] = []
        self.ways: list[ox.Variable] = []
        self.left_out: list[ox.Variable] = []
        self.passed: list[ox.Variable] = []

    def group(
        self,
        group: Group,
        counted: bool,
        *,
        optional: bool = False,
        left: frozenset[ox.Variable] = frozenset(),
        outside: frozenset[ox.Variable] = frozenset(),
    ) -> Group:
        """Prepare a group; `counted` where each solution of it counts, `optional` where it is within an OPTIONAL.

        `left` are the variables of what stands before that OPTIONAL, which its conditions see too, and `outside` all
        that are used around the group.
        """
        elements: list[Node] = []
        scope = self._scope | left | frozenset(visible(group))
        last: list[Node] = []  # what filters ask of a whole group comes behind its other elements
        varying = loose(group) if self._opened else set()
        for element in group.elements:
            around = outside.union(*(mentioned(one) for one in group.elements if one is not element))
            match element:
                case Triple():
                    elements += (
                        spelled(element, self._names, self.telling, self.ways)
                        if self._spell and counted
                        else in_steps(element, self._names)
                    )
                case Group():
                    elements.append(self.group(element, counted, optional=optional, outside=around))
                case Graph():
                    around |= mentioned(element.name)
                    inner = self.group(element.group, counted, optional=optional, outside=around)
                    elements.append(Graph(element.name, inner))
                case Optional():
                    before = frozenset(visible(Group(tuple(elements))))
                    inner = self.group(element.group, counted, optional=True, left=before, outside=around)
                    elements.append(Optional(inner, self._names.fresh()))
                case Union():
                    marks = tuple(self._names.fresh() for _ in element.groups)
                    self.telling += marks if counted else ()
                    groups = tuple(
                        self.group(one, counted, optional=optional, outside=around) for one in element.groups
                    )
                    elements.append(Union(groups, marks))
                case Select():
                    elements.append(self._select(element, counted, optional, around))
                case Minus() if conditioned(element.group) - visible(element.group).keys() & around:
                    raise refused("a condition in MINUS on what is outside of it")
                case Minus() if self._opened:
                    elements.append(self._candidate(element.group, Group(tuple(elements)), optional))
                case Minus():
                    elements.append(Minus(element.group, frozenset(visible(Group(tuple(elements))))))
                case Filter() if self._opened:
                    asked = Filter(scoped(element.expression, scope, around))
                    last.append(self._filter(asked, group, varying, optional))
                case Bind() if self._opened and exists_in(element.expression):
                    raise _NotOpen
                case Filter() | Bind():
                    marked, binds = self._asked(
                        element._replace(expression=scoped(element.expression, scope, around)), optional
                    )
                    last += binds if isinstance(element, Filter) else []
                    elements += binds if isinstance(element, Bind) else []
                    (last if isinstance(element, Filter) else elements).append(marked)
                case _:
                    elements.append(element)
        return Group((*elements, *last))

    def _select(self, query: Select, counted: bool, optional: bool, outside: frozenset[ox.Variable]) -> Node:
        if query.aggregates or query.sliced:
            if self._opened:
                raise _NotOpen
            made = box(query, self._names)
            return made.select._replace(box=made)
        # Where it only joins, a part of the statements gives it no more, so how it came about is its own matter.
        if (is_pure(query.where) or not self._opened) and (query.distinct or not counted):
            made = _plain(query, self._names, self._scope)
            return made.select._replace(box=made)
        shown = set(visible(query)) - {variable for expression, variable in query.items if expression is not None}
        hidden = {variable: self._names.fresh() for variable in sorted(mentioned(query.where) - shown, key=str)}
        inner = renamed(query.where, hidden)
        binds = [Bind(renamed(item, hidden), variable) for item, variable in query.items if item is not None]
        counted = counted and not query.distinct
        if counted:
            self.telling += [variable for variable in visible(inner) if variable in hidden.values()]
        return self.group(Group((*inner.elements, *binds)), counted, optional=optional, outside=outside)

    def _asked(self, element: Filter | Bind, optional: bool) -> tuple[Node, list[Node]]:
        """Mark the patterns that an expression asks for, unless that is all it asks for."""
        if len(element.expression) == 1 or not exists_in(element.expression):
            return element, []
        if optional and isinstance(element, Filter):
            raise refused("EXISTS as part of a condition in OPTIONAL")
        pieces: list[object] = []
        binds: list[Node] = []
        for piece in element.expression:
            if isinstance(piece, Exists):
                mark = self._names.fresh()
                piece = piece._replace(mark=mark)
                binds.append(Bind((piece._replace(negated=False),), mark))
            pieces.append(piece)
        return element._replace(expression=tuple(pieces)), binds  # type: ignore[arg-type]

    def _filter(self, element: Filter, group: Group, varying: set[ox.Variable], optional: bool) -> Node:
        asked = list(exists_in(element.expression))
        uses = mentioned(element) & varying
        if not asked and not uses:
            return element
        if optional or (asked and (len(element.expression) > 1 or asked[0].unclear)):
            raise _NotOpen
        if not asked:
            mark = self._names.fresh()
            self.passed.append(mark)
            kept = ("IF", "(", "COALESCE", "(", "(", *element.expression, ")", ",", "false", ")", ",")
            return Bind((*kept, "true", ",", "false", ")"), mark)
        if not all(isinstance(one, Triple | Filter | Values) for one in asked[0].group.elements) or any(
            isinstance(one, Filter) and exists_in(one.expression) for one in asked[0].group.elements
        ):
            raise _NotOpen
        if not asked[0].negated:
            if uses:
                raise _NotOpen
            return element
        mark = self._names.fresh()
        self.left_out.append(mark)
        own = mentioned(asked[0].group) - set(visible(group))
        return Optional(renamed(asked[0].group, self._fresh(own)), mark)

    def _candidate(self, group: Group, before: Group, optional: bool) -> Node:
        """Return MINUS as an OPTIONAL whose mark is bound where it takes a solution away."""
        if optional or not is_pure(group) or not certain(group) & certain(before):
            raise _NotOpen
        mark = self._names.fresh()
        self.left_out.append(mark)
        own = mentioned(group) - (visible(group).keys() & visible(before).keys())
        return Optional(Group((self.group(renamed(group, self._fresh(own)), False),)), mark)

    def _fresh(self, variables: set[ox.Variable]) -> dict[ox.Variable, ox.Variable]:
        return {one: self._names.fresh() for one in sorted(variables, key=str)}


def boxes_in(node: object) -> Iterator[Box]:
    """Yield the sub-selects in a pattern, but not those in them."""
    if isinstance(node, Select) and node.box:
        yield node.box
    elif isinstance(node, tuple) and not isinstance(node, Box):
        for part in node:
            yield from boxes_in(part)


def all_boxes_in(node: object) -> Iterator[Box]:
    """Yield the sub-selects in a pattern, and those in them."""
    for one in boxes_in(node):
        yield one
        yield from all_boxes_in(one.inner.where)


def only_grouped(group: Group) -> Box | None:
    """Return the sub-select that groups, where a group consists of this alone."""
    only = group.elements[0] if len(group.elements) == 1 else None
    return only.box if isinstance(only, Select) and only.box and only.box.grouped else None


def select_all(where: Group, variables: Iterable[ox.Variable]) -> str:
    """Write the query for the solutions of a pattern."""
    return f"SELECT {' '.join(map(str, variables)) or '*'} WHERE {text(where)}"
