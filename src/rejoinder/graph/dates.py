"""EDTF dates as spans of days."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

__all__ = ["Span", "narrow", "span"]


@dataclass(frozen=True)
class Span:
    """The days that a date allows, both ends included; None where an end is open."""

    earliest: dt.date | None
    latest: dt.date | None

    def meet(self, other: "Span") -> "Span | None":
        """Return the days that both spans allow, or None where there are none.

        >>> span("2019-02").meet(span("2019-02-14")) == span("2019-02-14")
        True
        >>> span("2022-06").meet(span("2022-07")) is None
        True
        """
        earliest = max((day for day in (self.earliest, other.earliest) if day), default=None)
        latest = min((day for day in (self.latest, other.latest) if day), default=None)
        if earliest and latest and earliest > latest:
            return None
        return Span(earliest, latest)

    def edtf(self) -> str:
        """Write the span as the shortest EDTF that we use for it: a day, a month, a year, or one of a set.

        >>> span("2019-02").edtf(), span("[2019-02-01..2019-08-21]").edtf()
        ('2019-02', '[2019-02-01..2019-08-21]')
        """
        first, last = self.earliest, self.latest
        if first and last:
            for text in (first.isoformat(), first.isoformat()[:7], first.isoformat()[:4]):
                if span(text) == self:
                    return text
        return f"[{first or ''}..{last or ''}]"


@cache
def span(text: str) -> Span:
    """Return the days that an EDTF string (Library of Congress EDTF, levels 0 to 2) allows.

    An approximate date is as wide as the `edtf` library makes it: "2019~" reaches from 2018 to 2020. Raises
    ValueError, saying what is wrong, for a text that is not EDTF.

    >>> span("2019-22")
    Span(earliest=datetime.date(2019, 6, 1), latest=datetime.date(2019, 8, 31))
    >>> span("[..2019-11]")
    Span(earliest=None, latest=datetime.date(2019, 11, 30))
    """
    # The library costs a tenth of a second to import, and a compiled graph needs it no more.
    from edtf import parse_edtf
    from edtf.parser.edtf_exceptions import EDTFParseException

    try:
        parsed = parse_edtf(text)
    except EDTFParseException:
        raise ValueError(_reason(text)) from None
    if re.fullmatch(r"\d{4}-24", text):
        raise ValueError(
            f"'{text}' is ambiguous: winter lies in two years; write [{text[:4]}-12..{int(text[:4]) + 1}-02]"
        )
    # The library guesses ten years for an unknown end; unknown is as wide as open.
    earliest = None if text.startswith("/") else _day(parsed.lower_fuzzy())
    latest = None if text.endswith("/") else _day(parsed.upper_fuzzy())
    return Span(earliest, latest)


def narrow(texts: list[str]) -> str | None:
    """Return the EDTF of the span that all dates have in common, or None where they contradict each other.

    One of the given texts is kept where it says exactly that.

    >>> narrow(["2019-22", "[..2019-08]", "2019-08-22"])
    '2019-08-22'
    >>> narrow(["[2019-02..2019-08]", "2019-22"])
    '2019-22'
    >>> narrow(["2022-06", "2022-07-12"]) is None
    True
    """
    common: Span | None = Span(None, None)
    for text in sorted(texts):
        common = common.meet(span(text)) if common else None
    if common is None:
        return None
    same = sorted((text for text in texts if span(text) == common), key=lambda text: (len(text), text))
    return same[0] if same else common.edtf()


def _day(time: Any) -> dt.date | None:
    # The library writes an open end as a float infinity.
    if isinstance(time, float):
        return None
    try:
        return dt.date(time.tm_year, time.tm_mon, time.tm_mday)
    except ValueError:
        return None  # a year that no calendar of Python reaches


def _reason(text: str) -> str:
    parts = text.strip("~?%").split("-")
    year, month = parts[0], parts[1] if len(parts) > 1 else ""
    if year.isdigit() and len(year) != 4:
        return f"'{text}' is no EDTF date: the year '{year}' does not have four digits"
    if month.isdigit() and len(month) == 2 and not (1 <= int(month) <= 12 or 21 <= int(month) <= 41):
        return f"'{text}' is no EDTF date: there is no month '{month}'"
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        return f"'{text}' is no EDTF date: there is no such day"
    return f"'{text}' is no EDTF date; write 2019, 2019-02, 2019-02-14, 2019-22 (summer), 2019~ or [2019-02..2019-08]"
