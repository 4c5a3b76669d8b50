"""Property paths as the patterns that they stand for (SPARQL 1.1, section 18.2.2.4): solutions tell each step."""

from collections.abc import Iterator
from typing import Any, cast

import pyoxigraph as ox

from rejoinder.answers.patterns import Filter, Group, Node, Path, Term, Triple, Union, mentions
from rejoinder.answers.scopes import Names, needed_to_match

__all__ = ["briefly", "in_steps", "spelled"]


def in_steps(triple: Triple, names: Names) -> list[Node]:
    """Return a sequence as its steps, which is how engines ask for it. Other paths stay as they are."""
    path = triple.path
    if not isinstance(path, Path) or path.operator != "/":
        return [triple]
    steps, _ = _sequence(triple, path, names)
    return [one for step in steps for one in in_steps(step, names)]


def briefly(pattern: Group, names: Names) -> Group:
    """Return a pattern with a match where this one has one: without its OPTIONALs, and with steps as a sequence."""
    needed = needed_to_match(pattern)
    between = {one for one, number in mentions(needed).items() if number == 2 and names.gave(one)}
    return cast(Group, _with_sequences(needed, between))


def _with_sequences(node: Any, between: set[ox.Variable]) -> Any:
    if not isinstance(node, tuple):
        return node
    parts = [_with_sequences(part, between) for part in node]
    node = type(node)(*parts) if hasattr(node, "_fields") else tuple(parts)
    return Group(tuple(_joined(node.elements, between))) if isinstance(node, Group) else node


def _joined(elements: tuple[Node, ...], between: set[ox.Variable]) -> Iterator[Node]:
    last: Node | None = None
    for one in elements:
        if (
            isinstance(last, Triple)
            and isinstance(one, Triple)
            and last.object == one.subject in between
            and not isinstance(last.path, ox.Variable)
            and not isinstance(one.path, ox.Variable)
        ):
            last = Triple(last.subject, Path("/", (*_parts(last.path), *_parts(one.path))), one.object)
        else:
            yield from [last] if last else []
            last = one
    yield from [last] if last else []


def _parts(path: Any) -> tuple[Any, ...]:
    return path.parts if isinstance(path, Path) and path.operator == "/" else (path,)


def spelled(triple: Triple, names: Names, telling: list[ox.Variable], ways: list[ox.Variable]) -> list[Node]:
    """Return a path, unless it may be of any length, as patterns of which each way is a solution.

    The variables between its steps are added to `telling`. Engines do not agree on how often alternatives count that
    lead to the same thing, so what tells these apart is added to `ways`.
    """
    path = triple.path
    if not isinstance(path, Path) or path.operator in "?*+":
        return [triple]
    if path.operator == "^":
        return spelled(_turned(triple, path), names, telling, ways)
    if path.operator == "!":
        return _excluded(triple, path, names, ways)
    if path.operator == "|":
        each = [tuple(spelled(triple._replace(path=part), names, ways, ways)) for part in path.parts]
        return [_alternatives(each, names, ways)]
    steps, between = _sequence(triple, path, names)
    telling += between
    return [one for step in steps for one in spelled(step, names, telling, ways)]


def _turned(triple: Triple, path: Path) -> Triple:
    return Triple(triple.object, path.parts[0], triple.subject)


def _sequence(triple: Triple, path: Path, names: Names) -> tuple[list[Triple], list[ox.Variable]]:
    between = [names.fresh() for _ in path.parts[1:]]
    ends = [triple.subject, *between, triple.object]
    return [Triple(ends[place], part, ends[place + 1]) for place, part in enumerate(path.parts)], between


def _excluded(triple: Triple, path: Path, names: Names, ways: list[ox.Variable]) -> list[Node]:
    """Return a negated property set as patterns."""
    forward = tuple(part for part in path.parts if not isinstance(part, Path))
    backward = tuple(part.parts[0] for part in path.parts if isinstance(part, Path))
    each: list[tuple[Node, ...]] = []
    if forward or not backward:
        each.append(_other(triple.subject, forward, triple.object, names, ways))
    if backward:
        each.append(_other(triple.object, backward, triple.subject, names, ways))
    return [Group(each[0])] if len(each) == 1 else [_alternatives(each, names, ways)]


def _other(
    subject: Term, excluded: tuple[object, ...], value: Term, names: Names, ways: list[ox.Variable]
) -> tuple[Node, ...]:
    predicate = names.fresh()
    ways.append(predicate)
    listed = [piece for part in excluded for piece in (",", str(part))][1:]
    return Triple(subject, predicate, value), Filter((predicate, "NOT", "IN", "(", *listed, ")"))


def _alternatives(each: list[tuple[Node, ...]], names: Names, ways: list[ox.Variable]) -> Union:
    marks = tuple(names.fresh() for _ in each)
    ways += marks
    return Union(tuple(map(Group, each)), marks)
