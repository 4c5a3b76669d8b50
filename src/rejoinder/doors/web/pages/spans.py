"""Answers drawn on an axis of time, as the header of a stored query asks for."""

import datetime as dt
from collections.abc import Sequence

from rejoinder.answers.answer import Row
from rejoinder.doors.web.pages.texts import days, short
from rejoinder.doors.web.pages.timeline import Chart, Event, layout
from rejoinder.sources.catalog import StoredQuery

__all__ = ["spans"]

# More than these no drawing has; the table below it has all rows.
_MOST = 80


def spans(query: StoredQuery, rows: Sequence[Row]) -> Chart | None:
    """Return the first rows that have a date, each in the days that it allows; None where the query asks for none.

    A row needs the columns earliest and latest, and the IRI of what it is about; `openness` and `by` are shown too.
    """
    column = dict(query.chart).get("timeline")
    if column is None:
        return None
    events = {event.key: event for row in rows[:_MOST] if (event := _event(row, column))}
    return layout(list(events.values()), [""]) if events else None


def _event(row: Row, column: str) -> Event | None:
    first, last, iri = row.get("earliest"), row.get("latest"), row.get(f"{column}Iri")
    if not isinstance(first, dt.date) or not isinstance(last, dt.date) or iri is None:
        return None
    name, who, when = str(row[column] or ""), str(row.get("by") or ""), days(first, last)
    line = f"{when}, {who}" if who else when
    is_open = row.get("openness") == "open"
    return Event(str(iri), first, last, is_open, "", short(name, 34), short(line, 44), f"{name}, {line}.")
