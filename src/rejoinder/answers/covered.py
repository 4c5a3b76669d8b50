"""What answers cannot be cited with, looked for in the structure of a query."""

from collections.abc import Iterator
from typing import Any

from rejoinder.answers.aggregates import calls_in
from rejoinder.answers.lexer import refused
from rejoinder.answers.patterns import Bind, Exists, Expression, Graph, Group, Select, Triple, Union, holds

__all__ = ["require_covered"]


def require_covered(query: Select) -> None:
    """Raise UsageError, naming it, for a structure whose rows cannot be explained."""
    if query.form == "ASK" and query.sliced:
        raise refused("LIMIT or OFFSET in ASK")
    _look(query)


def _look(node: Any) -> None:
    match node:
        case Graph() if holds(node.group, lambda part: isinstance(part, Select)):
            # Engines do not agree on whether its solutions have the name of the graph.
            raise refused("a sub-select in GRAPH")
        case Graph() if not _asks(node.group):
            raise refused("GRAPH without a triple pattern, which is there for each passage")
        case Exists() if holds(node.group, lambda part: isinstance(part, Bind)):
            raise refused("BIND in EXISTS")
        case Select() if node.sliced and holds(node.order, lambda part: isinstance(part, Exists)):
            raise refused("EXISTS in the ORDER BY of a LIMIT")
        case Select() if any(call[2:4] == ("DISTINCT", "*") for call in _calls(node)):
            # Nor on what counts apart in it.
            raise refused("COUNT(DISTINCT *)")
        case _:
            pass
    if isinstance(node, tuple):
        for part in node:
            _look(part)


def _calls(query: Select) -> Iterator[Expression]:
    for expression in (*(item for item, _ in query.items), *query.having, query.order):
        yield from calls_in(expression or ())


def _asks(group: Group) -> bool:
    """Tell whether each solution of a group rests on a statement."""
    return any(
        isinstance(one, Triple)
        or (isinstance(one, Group) and _asks(one))
        or (isinstance(one, Union) and all(map(_asks, one.groups)))
        for one in group.elements
    )
