"""Texts of data made safe to read, and days and lags in words."""

import datetime as dt
from collections.abc import Iterable

__all__ = ["clean", "days", "lag", "listed", "short", "spaced", "web_address"]

# Marks that change the direction of what follows, split lines, or cannot be seen: (Unicode TR 9 and TR 36).
_HIDDEN = {*range(0x80, 0xA0), 0x061C, 0x200B, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF}
_VISIBLE = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: "␡",
    **{code: f"⟨U+{code:04X}⟩" for code in _HIDDEN},
    **{code: f"⟨U+{code:04X}⟩" for code in (*range(0xD800, 0xE000), 0xFFFE, 0xFFFF)},
}


def clean(text: str) -> str:
    """Return a text in which control characters can be seen, and do nothing.

    >>> clean("a\\x00b\\u202ec")
    'a␀b⟨U+202E⟩c'
    """
    return text.translate(_VISIBLE)


def short(text: str, most: int = 120) -> str:
    """Return a text on one line, cut where it is longer than `most` characters.

    >>> short("one  two three", 8)
    'one two…'
    """
    line = " ".join(clean(text[: 4 * most]).split())
    return line if len(line) <= most else line[:most].rstrip()[: most - 1].rstrip() + "…"


def web_address(text: str) -> str:
    """Return an address that a link may lead to, empty for what is none of the web (javascript:, data: and others).

    >>> web_address("https://example.org/"), web_address("javascript:alert(1)")
    ('https://example.org/', '')
    """
    is_plain = not any(mark.isspace() or ord(mark) in _VISIBLE for mark in text)
    return text if text.lower().startswith(("https://", "http://")) and is_plain else ""


def spaced(name: str) -> str:
    """Return the name of a column or a class in words.

    >>> spaced("closedBy")
    'closed by'
    """
    return "".join(f" {mark.lower()}" if mark.isupper() and place else mark for place, mark in enumerate(name)).lower()


def listed(names: Iterable[str]) -> str:
    """Return names as a list in words.

    >>> listed(["CompVis", "Runway", "Stability AI"])
    'CompVis, Runway and Stability AI'
    """
    *others, last = [*names] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def days(earliest: dt.date | None, latest: dt.date | None) -> str:
    """Return the days that a date allows, in words; what is not known stays empty.

    >>> days(dt.date(2022, 5, 1), dt.date(2022, 5, 31))
    'May 2022'
    """
    if earliest is None or latest is None:
        known = earliest or latest
        return f"{'from' if earliest else 'until'} {_day(known)}" if known else ""
    if earliest == latest:
        return _day(earliest)
    after = latest + dt.timedelta(days=1) if latest < dt.date.max else latest
    if earliest.day == 1 and after.day == 1:
        if earliest.month == 1 and (after.year, after.month) == (earliest.year + 1, 1):
            return str(earliest.year)
        if (latest.year, latest.month) == (earliest.year, earliest.month):
            return f"{_MONTHS[earliest.month - 1]} {earliest.year}"
    return f"{_day(earliest)} to {_day(latest)}"


def _day(day: dt.date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


# Not by strftime, which speaks the language of the machine.
_MONTHS = "January February March April May June July August September October November December".split()


def lag(least: int | None, most: int | None) -> str:
    """Return a span of days in words.

    >>> lag(297, 297), lag(734, 763), lag(1, 1)
    ('297 days', '734 to 763 days', '1 day')
    """
    if least is None or most is None:
        return ""
    return f"{most} day{'' if most == 1 else 's'}" if least == most else f"{least} to {most} days"
