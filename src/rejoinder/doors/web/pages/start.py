"""What the start page shows: closed releases and their open answers, as a chart, as a table, and in one sentence."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.answers.citations import Citation
from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.names import Names
from rejoinder.doors.web.pages.releases import CLOSED, OPEN, Release, Releases
from rejoinder.doors.web.pages.texts import days, lag, short
from rejoinder.doors.web.pages.timeline import Chart, Event, layout
from rejoinder.vocabulary import rj

__all__ = ["Pair", "Start", "start", "work"]


class Pair(NamedTuple):
    """A closed release and an open answer to it; with passages that tell of each, and that say that it answers."""

    closed: Release
    answer: Release
    lag: str
    row: int
    said: tuple[Citation, ...]
    of_closed: tuple[Citation, ...]
    of_answer: tuple[Citation, ...]


class Start(NamedTuple):
    """The chart with its table; `told` is the pair that is told in words, `others` are the small marks."""

    chart: Chart
    pairs: tuple[Pair, ...]
    told: Pair | None
    others: tuple[Release, ...]


def start(graph: Graph, names: Names, releases: Releases) -> Start:
    """Return what the start page shows of a graph."""
    pairs = [_pair(graph, releases, number, row) for number, row in enumerate(graph.query("open-answers").rows, 1)]
    paired = {release.iri for pair in pairs for release in (pair.closed, pair.answer)}
    others = [
        one
        for one in releases.all.values()
        if one.iri not in paired and one.modalities and one.openness in (OPEN, CLOSED) and one.earliest and one.latest
    ]
    others.sort(key=lambda one: one.order)
    events = [*_paired_events(pairs, names, releases), *(_small(one, names) for one in others)]
    lanes = sorted({event.lane for event in events if event.name}, key=lambda lane: (lane != rj("text"), lane))
    others = [one for one in others if one.modalities[0] in lanes]
    return Start(layout(events, lanes), tuple(pairs), _told(pairs), tuple(others))


def _pair(graph: Graph, releases: Releases, number: int, row: Mapping[str, Any]) -> Pair:
    closed, answer = releases.all[row["closedIri"]], releases.all[row["answerIri"]]
    citations = graph.citations
    said: dict[Citation, None] = {}
    for one in releases.responses:
        if one.answer == answer.iri and (one.answered in (closed.iri, *closed.announced)):
            said |= dict.fromkeys(citations.of((ox.NamedNode(one.answer), one.how, ox.NamedNode(one.answered))))
    took = lag(row["lagFrom"], row["lagTo"])
    return Pair(closed, answer, took, number, tuple(said), _telling(graph, closed), _telling(graph, answer))


def _telling(graph: Graph, release: Release) -> tuple[Citation, ...]:
    """Return the passages that date a release, then one that tells of it, best with a link that scrolls to it."""
    citations, thing, date = graph.citations, ox.NamedNode(release.iri), ox.NamedNode(rj("date"))
    dated = dict.fromkeys(
        one for value in citations.accepted(thing, date) for one in citations.of((thing, date, value))
    )
    said = [(ox.NamedNode(rj("announces")), ox.NamedNode(one)) for one in release.announced]
    said += [(ox.NamedNode(rj("releases")), ox.NamedNode(one)) for one in release.works]
    found = dict.fromkeys(passage for name, value in said for passage in citations.of((thing, name, value)))
    best = sorted(
        found.keys() - dated.keys(), key=lambda one: (one.registered or not one.link, not one.link, one.passage)
    )
    return (*dated, *best[:1])


def _told(pairs: list[Pair]) -> Pair | None:
    """Return the first answer to what was answered most often."""
    often = {pair.closed.iri: sum(other.closed == pair.closed for other in pairs) for pair in pairs if pair.lag}
    return max((pair for pair in pairs if pair.lag), key=lambda pair: often[pair.closed.iri], default=None)


def _paired_events(pairs: list[Pair], names: Names, releases: Releases) -> list[Event]:
    found: dict[str, Event] = {}
    for pair in pairs:
        for one, is_open in ((pair.closed, False), (pair.answer, True)):
            if one.iri not in found and (event := _event(one, pair, names, is_open)):
                found[one.iri] = event
        if pair.answer.iri in found:
            event = found[pair.answer.iri]
            found[pair.answer.iri] = event._replace(answers=(*event.answers, pair.closed.iri))
    return list(found.values())


def _event(one: Release, pair: Pair, names: Names, is_open: bool) -> Event | None:
    first, last, is_reckoned = one.earliest, one.latest, False
    if not (first and last) and one.lag is not None and pair.closed.earliest and pair.closed.latest:
        after = dt.timedelta(days=one.lag)
        first, last, is_reckoned = pair.closed.earliest + after, pair.closed.latest + after, True
    lane = next(iter((*pair.closed.modalities, *one.modalities)), "")
    if not (first and last and lane):
        return None
    who = min(names.listed(one.makers), key=len, default="") + (" and others" if one.makers[1:] else "")
    when = "days counted from its source" if is_reckoned else days(first, last)
    name = work(one, names)
    line = ", ".join(part for part in ([f"after {pair.lag}"] if is_open and pair.lag else [when])) + (
        f", {who}" if who else ""
    )
    sentence = f"{names.label(one.iri)}{f', {who}' if who else ''}, {when}"
    if is_open:
        sentence += f". It answers {work(pair.closed, names)}{f' after {pair.lag}' if pair.lag else ''}"
    return Event(one.iri, first, last, is_open, lane, short(name, 30), short(line, 48), f"{sentence}.", (), is_reckoned)


def _small(one: Release, names: Names) -> Event:
    first, last = one.earliest or dt.date.min, one.latest or dt.date.max
    sentence = f"{names.label(one.iri)}, {days(first, last)}."
    return Event(one.iri, first, last, one.openness == OPEN, one.modalities[0], sentence=sentence)


def work(release: Release, names: Names) -> str:
    """Return what a release is about in one name: of a model with its variants the shortest, which is the model's."""
    labels = names.listed((*release.announced, *release.works)) or [names.label(release.iri)]
    return min(labels, key=lambda label: (len(label), label))
