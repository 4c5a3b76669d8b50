"""Answers drawn as bars, as the header of a stored query asks for."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from rejoinder.answers.answer import Row
from rejoinder.sources.catalog import StoredQuery

__all__ = ["Bar", "Bars", "bars"]

# More bars than these no drawing has; the table below it has all rows.
_MOST = 40
# In units of the drawing: where bars begin, how long the longest is, and how far apart they are.
_LEFT, _LONGEST, _STEP = 290.0, 520.0, 30.0


class Bar(NamedTuple):
    """A row: what it is about, its number, and its bar in units of the drawing."""

    label: Any
    number: str
    y: float
    length: float


class Bars(NamedTuple):
    """The drawing: the name of the column, whether lengths are logarithms, and how high it is."""

    column: str
    is_log: bool
    all: tuple[Bar, ...]
    left: float
    width: float
    height: float


def bars(query: StoredQuery, rows: Sequence[Row]) -> Bars | None:
    """Return the bars of the first rows, or None where the query asks for none or no row has a number above 0.

    A logarithmic scale begins one power of ten below the least number, so that its bar can be seen.
    """
    chart = dict(query.chart)
    if "bars" not in chart:
        return None
    column, is_log = chart["bars"], chart.get("scale") == "log"
    numbers = [(row.terms[0], row[column]) for row in rows[:_MOST]]
    drawn = [(label, float(number)) for label, number in numbers if isinstance(number, int | float) and number > 0]
    if not drawn:
        return None
    most, least = (extreme(number for _, number in drawn) for extreme in (max, min))

    def length(number: float) -> float:
        if not is_log:
            return _LONGEST * number / most
        begin = math.floor(math.log10(least)) - 1
        return _LONGEST * (math.log10(number) - begin) / (math.log10(most) - begin)

    found = tuple(
        Bar(label, f"{number:,.0f}", _STEP * place, round(length(number), 1))
        for place, (label, number) in enumerate(drawn)
    )
    return Bars(column, is_log, found, _LEFT, _LEFT + _LONGEST + 170, _STEP * len(found))
