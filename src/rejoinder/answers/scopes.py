"""What can be told of patterns without asking a store: which variables are bound, and what fewer statements give."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import pyoxigraph as ox

from rejoinder.answers.patterns import (
    Bind,
    Exists,
    Expression,
    Filter,
    Graph,
    Group,
    Minus,
    Optional,
    Path,
    Select,
    Triple,
    Union,
    Values,
    certain,
    holds,
    mentioned,
    renamed,
    visible,
)

__all__ = [
    "Names",
    "conditioned",
    "exists_in",
    "is_join",
    "is_pure",
    "loose",
    "monotone",
    "needed_to_match",
    "pinnable",
    "put_in",
    "says_nothing",
    "scoped",
    "steady",
]


class Names:
    """Names of variables that are not used, the first part of which is `stem`, with a number where that is used."""

    def __init__(self, used: Iterable[str], stem: str) -> None:
        taken = tuple(used)
        stems = (f"{stem}{number or ''}x" for number in count())
        self._stem = next(one for one in stems if not any(name.startswith(one) for name in taken))
        self._count = 0

    def fresh(self) -> ox.Variable:
        """Return a name that was not given before."""
        self._count += 1
        return ox.Variable(f"{self._stem}{self._count}")

    def gave(self, term: object) -> bool:
        """Tell whether a term is a variable with a name that was given here."""
        return isinstance(term, ox.Variable) and term.value.startswith(self._stem)


def exists_in(expression: Expression) -> tuple[Exists, ...]:
    """Return the patterns that an expression asks for."""
    return tuple(piece for piece in expression if isinstance(piece, Exists))


def is_pure(group: Group) -> bool:
    """Tell whether a group joins, unites, binds and filters only."""
    return all(
        (isinstance(one, Triple | Values))
        or (isinstance(one, Bind | Filter) and not exists_in(one.expression))
        or (isinstance(one, Group) and is_pure(one))
        or (isinstance(one, Graph) and is_pure(one.group))
        or (isinstance(one, Union) and all(map(is_pure, one.groups)))
        for one in group.elements
    )


def loose(group: Group) -> set[ox.Variable]:
    """Return the variables whose value or absence rests on an OPTIONAL, or on a group of solutions."""
    found: set[ox.Variable] = set()
    bound: set[ox.Variable] = set()
    for element in group.elements:
        match element:
            case Optional():  # which cannot change what is bound before
                found |= set(visible(element)) - bound
            case Group():
                found |= loose(element)
            case Graph():
                found |= loose(element.group)
            case Union():
                found |= set[ox.Variable]().union(*map(loose, element.groups))
            case Select():
                inner = loose(element.where)
                found |= inner & set(visible(element)) | {
                    variable
                    for expression, variable in element.items
                    if expression is not None and (element.aggregates or mentioned(expression) & inner)
                }
            case _:
                pass
        bound |= certain(element)
    for element in group.elements:
        if isinstance(element, Bind) and (mentioned(element.expression) & found or exists_in(element.expression)):
            found.add(element.variable)
    return found


def monotone(group: Group, outside: Iterable[ox.Variable]) -> bool:
    """Tell whether a group can have no match in a part of the statements if it has none in all of them.

    `outside` are the variables that what is around the group uses.
    """
    restrict = set(outside)
    for element in group.elements:
        others = restrict.union(*(mentioned(one) for one in group.elements if one is not element))
        match element:
            case Minus():
                return False
            case Filter() | Bind() if exists_in(element.expression):
                return False
            case Group() if not monotone(element, others):
                return False
            case Graph() if not monotone(element.group, others):
                return False
            case Union() if not all(monotone(one, others) for one in element.groups):
                return False
            case Select() if not _keeps(element, others):
                return False
            case _:
                pass
    return not _joins(group, restrict, Triple | Values | Filter)


def steady(group: Group, outside: Iterable[ox.Variable] = ()) -> bool:
    """Tell whether a part of the statements gives no solutions that all do not, but for what is optional in them.

    Conditions on what is optional are not looked at.
    """
    restrict = set(outside)
    for element in group.elements:
        others = restrict.union(
            *(mentioned(one) for one in group.elements if one is not element and not isinstance(one, Filter | Bind))
        )
        match element:
            case Optional() if not monotone(element.group, others):
                return False
            case Group() if not steady(element, others):
                return False
            case Graph() | Optional() if not steady(element.group, others):
                return False
            case Union() if not all(steady(one, others) for one in element.groups):
                return False
            case _:
                pass
    return not _joins(group, restrict, Triple | Values)


def _joins(group: Group, outside: set[ox.Variable], kinds: Any) -> bool:
    """Tell whether a group joins with anything what rests on an OPTIONAL, or on a group of solutions."""
    restrict = outside.union(*(mentioned(one) for one in group.elements if isinstance(one, kinds)))
    restrict |= {one.name for one in group.elements if isinstance(one, Graph) and isinstance(one.name, ox.Variable)}
    twice: set[ox.Variable] = set()
    before: set[ox.Variable] = set()
    for one in group.elements:
        if isinstance(one, Group | Graph | Union | Select):
            twice |= visible(one).keys() & before
        if isinstance(one, Group | Graph | Union | Select | Optional):
            before |= visible(one).keys()
    return bool(loose(group) & (restrict | twice))


def _keeps(query: Select, outside: set[ox.Variable]) -> bool:
    """Tell whether a sub-select has no solution in a part of the statements that it has not in all of them."""
    if query.sliced or query.conditions:
        return False
    keys = {variable for _, variable in query.group_by}
    return monotone(query.where, keys if query.aggregates else outside & set(visible(query)))


def says_nothing(node: object) -> bool:
    """Tell whether a pattern is there only to bind or to test values."""
    return isinstance(node, Values) or (isinstance(node, Filter | Bind) and not exists_in(node.expression))


def is_join(node: object) -> bool:
    """Tell whether a pattern only joins statements, so that more values leave it no more matches."""
    if isinstance(node, Group):
        return all(map(is_join, node.elements))
    return isinstance(node, Triple) or (isinstance(node, Graph) and is_join(node.group))


def needed_to_match(group: Group) -> Group:
    """Return a group without the OPTIONALs on which it does not rest whether it has a match."""
    if len(group.elements) == 1 and isinstance(group.elements[0], Group):
        return needed_to_match(group.elements[0])
    kept = []
    for place, element in enumerate(group.elements):
        others = set[ox.Variable]().union(*(mentioned(one) for one in group.elements if one is not element))
        others -= certain(Group(group.elements[:place]))  # which it cannot bind otherwise
        if not isinstance(element, Optional) or visible(element).keys() & others:
            kept.append(element)
    return Group(tuple(kept))


def pinnable(where: Group) -> set[ox.Variable]:
    """Return the variables for which a value can be put everywhere, giving the solutions that have this value.

    A value that is put into a slice may make it another one; into MINUS, is a variable that both its sides share, which
    matters where they share no other; and the engine counts what a negated property set matches once or more, depending
    on which of its ends are known.
    """
    if holds(where, _is_touchy) or not all(_shared_by_minus(where)):
        return set()
    return {variable for variable in certain(where) if _is_throughout(variable, where)}


def _shared_by_minus(node: object) -> Iterator[set[ox.Variable]]:
    """Yield the variables that each MINUS surely shares with what it is taken from."""
    if isinstance(node, Group):
        for place, element in enumerate(node.elements):
            if isinstance(element, Minus):
                yield certain(element.group) & certain(Group(node.elements[:place]))
    for part in node if isinstance(node, tuple) else ():
        yield from _shared_by_minus(part)


def put_in(where: Group, values: Mapping[ox.Variable, Any]) -> tuple[Group, dict[ox.Variable, Any]]:
    """Return a pattern with values for `pinnable` variables written into it, and the values that are left.

    An engine plans for a variable, even if it is given a value for it, and asks sub-selects in full. What a sub-select
    shows is put into that one, and is left to the engine where it is joined. Left to it is also what VALUES, BIND or
    BOUND name, as no term can stand there, and all where there is a MINUS, since its sides must share a variable.
    """
    if holds(where, lambda part: isinstance(part, Minus)):
        return where, dict(values)
    asked = {id(one): visible(one) for one in where.elements if holds(one, _is_select)}
    left = set(_named(where)).union(*asked.values())
    put = {one: term for one, term in values.items() if one not in left}
    elements = [_narrowed(one, values) if id(one) in asked else renamed(one, put) for one in where.elements]
    binds = [Bind((str(term),), one) for one, term in put.items()]
    return Group((*elements, *binds)), {one: term for one, term in values.items() if one not in put}


def _named(node: object) -> Iterator[ox.Variable]:
    """Yield the variables that stand where no term can."""
    if isinstance(node, Values):
        yield from node.variables
    elif isinstance(node, Bind):
        yield node.variable
    before: object = ""
    for part in node if isinstance(node, tuple) else ():
        if isinstance(part, ox.Variable) and str(before).upper() == "BOUND":
            yield part
        before = before if part == "(" else part
        yield from _named(part)


def _narrowed(node: Any, values: Mapping[ox.Variable, Any]) -> Any:
    """Return a pattern with values put into those of its sub-selects that show the variables."""
    match node:
        case Group():
            return Group(tuple(_narrowed(one, values) for one in node.elements))
        case Optional():
            return node._replace(group=_narrowed(node.group, values))
        case Union():
            return node._replace(groups=tuple(_narrowed(one, values) for one in node.groups))
        case Select() if not node.sliced:
            shown = visible(node).keys() & pinnable(node.where)
            where, left = put_in(node.where, {one: term for one, term in values.items() if one in shown})
            return node if left and not holds(where, _is_select) else node._replace(where=where)
    return node


def _is_select(node: object) -> bool:
    return isinstance(node, Select)


def _is_throughout(variable: ox.Variable, node: object) -> bool:
    """Tell whether each part that mentions a variable has it bound by itself."""
    match node:
        case Group():
            bound = False
            for one in node.elements:
                if variable in mentioned(one):
                    # A condition sees what is bound anywhere in the group, these only what is bound before.
                    if not _is_throughout(variable, one) or (isinstance(one, Optional | Bind) and not bound):
                        return False
                    bound = bound or variable in certain(one)
            return bound
        case Union():
            return all(_is_throughout(variable, one) for one in node.groups if variable in mentioned(one))
        case Optional():
            return _is_throughout(variable, node.group)
        case Graph():
            return variable not in mentioned(node.group) or _is_throughout(variable, node.group)
        case Select():
            return variable not in visible(node) or _is_throughout(variable, node.where)
    return True


def _is_touchy(node: object) -> bool:
    if isinstance(node, Select):
        return node.sliced
    return isinstance(node, Path) and node.operator == "!"


def conditioned(node: object) -> set[ox.Variable]:
    """Return the variables of the conditions in a pattern, but for those in sub-selects."""
    if isinstance(node, Filter | Bind):
        return mentioned(node.expression)
    if isinstance(node, Select) or not isinstance(node, tuple):
        return set()
    return set[ox.Variable]().union(*map(conditioned, node))


def scoped(expression: Expression, scope: frozenset[ox.Variable], outside: frozenset[ox.Variable]) -> Expression:
    """Return an expression whose patterns know with which variables they are asked."""
    made = []
    for one in expression:
        if isinstance(one, Exists):
            one = one._replace(scope=scope, unclear=bool(mentioned(one.group) - scope & outside))
        made.append(one)
    return tuple(made)
