"""Aggregates (SPARQL 1.1, section 11.3) in expressions."""

from collections.abc import Iterator
from typing import NamedTuple

import pyoxigraph as ox

from rejoinder.answers.patterns import AGGREGATES, Expression

__all__ = ["Aggregate", "calls_in", "read"]


class Aggregate(NamedTuple):
    """An aggregate (SPARQL 1.1, section 11.3): its name, what it is taken of (None for `*`), and where its value goes.

    `apart` are the variables that tell solutions apart which it counts apart.
    """

    name: str
    distinct: bool
    argument: Expression | None
    call: Expression
    variable: ox.Variable
    apart: tuple[ox.Variable, ...] = ()


def calls_in(expression: Expression) -> Iterator[Expression]:
    """Yield the calls of aggregates in an expression."""
    for start, piece in enumerate(expression):
        if isinstance(piece, str) and piece in AGGREGATES:
            depth, end = 0, start + 1
            while True:
                depth += (expression[end] == "(") - (expression[end] == ")")
                end += 1
                if not depth:
                    break
            yield expression[start:end]


def read(call: Expression, variable: ox.Variable) -> Aggregate:
    """Return what a call of an aggregate says."""
    inner = call[2:-1]
    distinct = inner[0] == "DISTINCT"
    inner = inner[distinct:]
    depth = 0
    for end, piece in enumerate(inner):
        depth += (piece == "(") - (piece == ")")
        if piece == ";" and not depth:
            inner = inner[:end]
            break
    return Aggregate(str(call[0]), distinct, None if inner == ("*",) else inner, call, variable)
