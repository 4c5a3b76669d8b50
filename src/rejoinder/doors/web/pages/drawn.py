"""Drawings of what leads to what: a proof as a tree, and the pairs of an answer as arrows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rejoinder.answers.answer import Row
from rejoinder.answers.citations import Citation
from rejoinder.doors.web.pages.proofs import Step
from rejoinder.sources.catalog import StoredQuery

__all__ = ["Box", "Drawing", "arrows", "tree"]


class Box(NamedTuple):
    """A statement, a passage or the name of a thing, with its left upper corner."""

    shown: Step | Citation | Any
    kind: str
    x: float
    y: float


class Drawing(NamedTuple):
    """Boxes of one size, and the paths of the lines between them (SVG 2, section 9.3)."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: float
    height: float
    box: tuple[float, float]


# In units of the drawing: how large boxes are, and how far apart.
_BOX, _NAME = (290.0, 62.0), (330.0, 30.0)
_ACROSS, _DOWN = 60.0, 12.0


def tree(steps: Iterable[Step]) -> Drawing:
    """Return statements at the left, what they follow from to their right, and at the ends the passages."""
    boxes: list[Box] = []
    lines: list[str] = []
    height = 0.0
    for step in steps:
        height = _grow(step, 0, height, boxes, lines)
    wide = max((box.x for box in boxes), default=0.0) + _BOX[0]
    return Drawing(tuple(boxes), tuple(lines), wide + 2, max(height - _DOWN, 0.0) + 2, _BOX)


def _grow(step: Step, depth: int, top: float, boxes: list[Box], lines: list[str]) -> float:
    """Place a step beside the middle of all that it rests on; returns where the next one may begin."""
    x, bottom, ends = depth * (_BOX[0] + _ACROSS), top, []
    for below in step.steps:
        bottom = _grow(below, depth + 1, bottom, boxes, lines)
        ends.append(boxes[-1].y)
    for citation in step.citations:
        boxes.append(Box(citation, "passage", x + _BOX[0] + _ACROSS, bottom))
        ends.append(bottom)
        bottom += _BOX[1] + _DOWN
    y = (ends[0] + ends[-1]) / 2 if ends else top
    lines += [_line((x + _BOX[0], y), (x + _BOX[0] + _ACROSS, end), _BOX[1]) for end in ends]
    boxes.append(Box(step, "statement", x, y))
    return max(bottom, top + _BOX[1] + _DOWN)


def arrows(query: StoredQuery, rows: Sequence[Row], most: int = 60) -> Drawing | None:
    """Return the first rows as arrows from what one column names to what another does; None where none are asked for.

    What is in both columns stands on both sides.
    """
    chart = dict(query.chart)
    if "from" not in chart or "to" not in chart:
        return None
    pairs = [(row.terms[row.columns.index(chart["from"])], row.terms[row.columns.index(chart["to"])]) for row in rows]
    drawn = [(one, other) for one, other in pairs if one is not None and other is not None][:most]
    if not drawn:
        return None
    left, right = list(dict.fromkeys(one for one, _ in drawn)), list(dict.fromkeys(other for _, other in drawn))
    step = _NAME[1] + _DOWN
    height = step * max(len(left), len(right)) - _DOWN
    far = _NAME[0] + 3 * _ACROSS
    at = dict(_column(left, "left", 0.0, height)) | dict(_column(right, "right", far, height))
    lines = [
        _line((_NAME[0], at["left", one].y), (far, at["right", other].y), _NAME[1])
        for one, other in dict.fromkeys(drawn)
    ]
    return Drawing(tuple(at.values()), tuple(lines), far + _NAME[0] + 2, height + 2, _NAME)


def _column(names: Sequence[Any], side: str, x: float, height: float) -> Iterator[tuple[tuple[str, Any], Box]]:
    step = height / len(names)
    for number, name in enumerate(names):
        yield (side, name), Box(name, side, x, step * (number + 0.5) - _NAME[1] / 2)


def _line(begin: tuple[float, float], end: tuple[float, float], height: float) -> str:
    """Return the path from the middle of one side of a box to that of another."""
    (x, y), (to_x, to_y) = begin, end
    y, to_y, middle = y + height / 2, to_y + height / 2, (x + to_x) / 2
    return f"M{x:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
