"""EDTF dates as spans of days."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoinder.graph.dates import Span, narrow, span


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2019-02-14", "2019-02-14", "2019-02-14"),
        ("2019-02", "2019-02-01", "2019-02-28"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2021", "2021-01-01", "2021-12-31"),
        ("2019-22", "2019-06-01", "2019-08-31"),  # that same summer
        ("2020~", "2019-01-01", "2021-12-31"),  # shortly thereafter
        ("[2019-02..2019-08]", "2019-02-01", "2019-08-31"),  # one of a set
        ("2022-08/2022-10-14", "2022-08-01", "2022-10-14"),
    ],
)
def test_span(text, earliest, latest):
    assert span(text) == Span(day(earliest), day(latest))


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("[..2019-11]", None, "2019-11-30"),
        ("/2019", None, "2019-12-31"),
        ("2020-06/..", "2020-06-01", None),
        ("2020-06/", "2020-06-01", None),
    ],
)
def test_an_open_or_unknown_end_is_no_day(text, earliest, latest):
    assert span(text) == Span(earliest and day(earliest), latest and day(latest))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2022-13", "no month '13'"),
        ("20222", "four digits"),
        ("2022-02-30", "no such day"),
        ("last June", "write 2019, 2019-02"),
        ("", "is no EDTF date"),
        ("2019-24", "winter lies in two years"),
    ],
)
def test_what_is_no_date_is_told(text, reason):
    with pytest.raises(ValueError, match=reason):
        span(text)


def test_compatible_dates_narrow():
    assert narrow(["2019-02", "2019-02-14"]) == "2019-02-14"
    assert narrow(["[2019-02..2019-08]", "2019-05-02"]) == "2019-05-02"
    assert narrow(["2019-22", "[..2019-08]", "2019-08-22"]) == "2019-08-22"
    assert narrow(["[2022-08-01..2022-10-14]", "2022-09"]) == "2022-09"
    # Neither says exactly what both allow together, so the span is written anew.
    assert narrow(["[2022-01-01..2022-08-15]", "2022-08"]) == "[2022-08-01..2022-08-15]"


def test_contradicting_dates_do_not():
    assert narrow(["2022-06", "2022-07-12"]) is None  # BLOOM: the article's June, the makers' July
    assert narrow(["2022-10-13", "2022-10-09", "2022-10"]) is None


days = st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31))
dates = st.one_of(
    days.map(dt.date.isoformat),
    days.map(lambda d: d.isoformat()[:7]),
    days.map(lambda d: d.isoformat()[:4]),
    st.tuples(days, days).map(lambda pair: f"[{min(pair)}..{max(pair)}]"),
)


@given(st.lists(dates, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_narrowing_is_the_meeting_of_the_spans(texts):
    spans = [span(text) for text in texts]
    earliest, latest = max(s.earliest for s in spans), min(s.latest for s in spans)
    found = narrow(texts)
    if earliest > latest:
        assert found is None
    else:
        assert span(found) == Span(earliest, latest)
        assert narrow(list(reversed(texts))) == found
        assert narrow([*texts, found]) == found
