"""Closed releases and their open answers laid out on one axis of time, so that no two labels overlap."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

__all__ = ["Arrow", "Chart", "Event", "Lane", "Mark", "layout"]


class Event(NamedTuple):
    """What is to be drawn: the days that its date allows, a name and a second line below it, and a whole sentence.

    `answers` are the keys of the events that it answers. One without a name is drawn small. `is_reckoned` tells that no
    date is on record, and that the days were counted from those of what it answers.
    """

    key: str
    earliest: dt.date
    latest: dt.date
    is_open: bool
    lane: str
    name: str = ""
    line: str = ""
    sentence: str = ""
    answers: tuple[str, ...] = ()
    is_reckoned: bool = False


class Mark(NamedTuple):
    """An event in its place: `x` to `end` are its days, `y` is its middle, `label` to `right` are its words."""

    event: Event
    x: float
    end: float
    y: float
    label: float
    right: float


class Arrow(NamedTuple):
    """A line from a closed release down and along to its answer, as a path of SVG 2 (section 9.3)."""

    path: str
    of: str
    to: str


class Lane(NamedTuple):
    """The events of one modality, from `top` to `bottom`."""

    name: str
    top: float
    bottom: float
    marks: tuple[Mark, ...]
    arrows: tuple[Arrow, ...]


class Chart(NamedTuple):
    """All lanes below each other, and where each year begins."""

    width: float
    height: float
    lanes: tuple[Lane, ...]
    years: tuple[tuple[float, int], ...]


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


# In units of the drawing, which is as many pixels wide where there is room.
_WIDTH, _LEFT, _TOP = 1120.0, 24.0, 34.0
_ROW, _SMALL_ROW, _HEAD = 44.0, 18.0, 40.0
_LETTER, _SMALL_LETTER = 9.7, 7.1
_RADIUS, _GAP = 7.0, 8.0


def layout(events: Sequence[Event], lanes: Sequence[str]) -> Chart:
    """Return the chart of some events, each lane as high as it needs to be."""
    drawn = [event for event in events if event.lane in lanes]
    first = min((event.earliest for event in drawn), default=dt.date(2020, 1, 1))
    last = max((event.latest for event in drawn), default=dt.date(2020, 12, 31))
    begin = dt.date(first.year, 1 if first.month < 7 else 7, 1)
    span = max((last - begin).days, 1)

    wide = min((_room(event, (event.latest - begin).days / span) for event in drawn), default=_WIDTH)

    def place(day: dt.date) -> float:
        return _LEFT + (day - begin).days / span * max(wide, _WIDTH / 3)

    made, top = [], _TOP
    for lane in lanes:
        rows = _Rows(top, place)
        rows.add([event for event in drawn if event.lane == lane])
        made.append(Lane(lane, top, rows.bottom, tuple(rows.marks.values()), tuple(rows.arrows)))
        top = rows.bottom + 12
    years = ((place(max(dt.date(year, 1, 1), begin)), year) for year in range(begin.year, last.year + 1))
    return Chart(_WIDTH, top + 8, tuple(made), tuple(years))


def _room(event: Event, share: float) -> float:
    """Return how wide the axis may be, so that the label of an event at a share of it still has room."""
    left = _WIDTH - _LEFT - 2 * _GAP - _RADIUS - _wide(event)
    return left / share if share > 0.01 else _WIDTH


def _wide(event: Event) -> float:
    """Return how wide a label is at most: in the widest of the fonts that systems have."""
    return max(len(event.name) * _LETTER, len(event.line) * _SMALL_LETTER)


class _Rows:
    """The rows of one lane: small marks on top, then closed releases, and below them the open answers."""

    def __init__(self, top: float, place: Callable[[dt.date], float]) -> None:
        self._top = top
        self._place = place
        self._taken: list[_Box] = []
        self.marks: dict[str, Mark] = {}
        self.arrows: list[Arrow] = []
        self.bottom = top + _HEAD

    def add(self, events: Sequence[Event]) -> None:
        """Place all events of the lane."""
        named = {event.key: event for event in events if event.name}
        for event in sorted((one for one in events if not one.name), key=_time):
            self._put(event, self._top + _HEAD, _SMALL_ROW)
        closed = sorted((one for one in named.values() if not set(one.answers) & set(named)), key=_time)
        start = self.bottom
        for event in closed:
            self._put(event, start, _ROW)
        start = self.bottom
        # The lines of those that began last are the innermost, so that none crosses a label.
        for first in reversed(closed):
            answers = (one for one in named.values() if first.key in one.answers)
            for event in sorted(answers, key=_time):
                if event.key not in self.marks:
                    self._put(event, start, _ROW)
        for event in named.values():
            for key in event.answers:
                if key in self.marks and event.key in self.marks:
                    self.arrows.append(_arrow(self.marks[key], self.marks[event.key]))

    def _put(self, event: Event, start: float, height: float) -> None:
        """Place an event in the first row in which it meets nothing."""
        x, end = self._place(event.earliest), self._place(event.latest)
        radius = _RADIUS if event.name else _RADIUS / 2
        if end - x < 2 * radius:  # a mark is a mark, however short its days
            x, end = (x + end) / 2 - radius, (x + end) / 2 + radius
        row = 0
        while True:
            mark = Mark(event, x, end, start + (row + 0.5) * height, end + _GAP, end + _GAP + _wide(event))
            boxes = [*self._boxes(mark, height)]
            is_new = start + row * height >= self.bottom  # where nothing stands but lines that lead further down
            if is_new or not any(box.meets(other) for box in boxes for other in self._taken):
                break
            row += 1
        self._taken += boxes
        self.marks[event.key] = mark
        self.bottom = max(self.bottom, start + (row + 1) * height)

    def _boxes(self, mark: Mark, height: float) -> Iterable[_Box]:
        """Yield what a mark, its label and the lines to it cover."""
        event = mark.event
        right = mark.right + _GAP if event.name else mark.end + 2
        yield _Box(mark.x, mark.y - height / 2 + 1, right, mark.y + height / 2 - 1)
        for key in event.answers:
            if key in self.marks:
                from_ = self.marks[key]
                x = _down(from_)
                if x + _GAP < mark.x:
                    yield _Box(x + 2, mark.y - 2, mark.x, mark.y + 2)
                yield _Box(x - 1, from_.y + _ROW / 2, x + 1, mark.y - height / 2)


def _time(event: Event) -> tuple[dt.date, dt.date, str]:
    return (event.earliest, event.latest, event.key)


def _down(mark: Mark) -> float:
    """Return where the line from a mark goes down: at its middle, or near the start of a long one."""
    return mark.x + _RADIUS


def _arrow(from_: Mark, to: Mark) -> Arrow:
    x, start = _down(from_), from_.y + _RADIUS
    if x + 2 * _GAP < to.x:
        turn = min(10.0, to.x - x - _GAP)
        path = f"M{x:.1f} {start:.1f}V{to.y - turn:.1f}q0 {turn:.1f} {turn:.1f} {turn:.1f}H{to.x - 2:.1f}"
    else:
        path = f"M{x:.1f} {start:.1f}V{to.y - _RADIUS - 2:.1f}"
    return Arrow(path, from_.event.key, to.event.key)
