"""Releases with their terms and days, and who answers what."""

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from rejoinder.answers.answer import python_value
from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.asking import RELEASES, RESPONSES, TERMS, VARIANTS, ask
from rejoinder.vocabulary import PREFIXES, rj

__all__ = ["CLOSED", "OPEN", "Answered", "Release", "Releases"]

#: Whether everybody may have a work, as the ontology names it.
OPEN, CLOSED = rj("open"), rj("closed")


class Release(NamedTuple):
    """A release, by the IRIs of what it is about; `lag` is the number of days that a source counts to it."""

    iri: str
    works: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    earliest: dt.date | None = None
    latest: dt.date | None = None
    access: str = ""
    audience: str = ""
    openness: str = ""
    license: str = ""
    modalities: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    lag: int | None = None

    @property
    def order(self) -> tuple[dt.date, dt.date, str]:
        """By time; those without a date come last."""
        return (self.earliest or dt.date.max, self.latest or dt.date.max, self.iri)


class Answered(NamedTuple):
    """That one thing answers another: how, by the property that says so, and after how many days, if that is known."""

    answer: str
    how: Any
    answered: str
    least: int | None
    most: int | None


class Releases:
    """All releases and responses of a graph, read once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def all(self) -> Mapping[str, Release]:
        """The releases by IRI."""
        found: dict[str, dict[str, list[Any]]] = {}
        for release, name, value in ask(self._graph, RELEASES):
            about = found.setdefault(release.value, {})
            if name is not None:
                about.setdefault(name.value.removeprefix(PREFIXES["rj"]), []).append(python_value(value))
        return {iri: _release(iri, about) for iri, about in found.items()}

    def of(self, thing: str, variants: Mapping[str, tuple[str, ...]]) -> list[Release]:
        """Return the releases that have to do with a thing, in the order of time.

        They are those of a work and its variants, by an agent, under a license, or the stages of one history.
        """
        works = {thing, *variants.get(thing, ())}
        mine = self.all.get(thing)
        found = [
            one
            for one in self.all.values()
            if works & {*one.works, *one.announced}
            or thing in (*one.makers, one.license, one.iri, *one.earlier)
            or (mine and one.iri in mine.earlier)
        ]
        return sorted(found, key=lambda one: one.order)

    @cached_property
    def responses(self) -> tuple[Answered, ...]:
        """All responses, in the order of time of the answers."""
        found = []
        for answer, how, answered in ask(self._graph, RESPONSES):
            least, most = self._lag(answer.value, answered.value)
            found.append(Answered(answer.value, how, answered.value, least, most))
        return tuple(sorted(found, key=lambda one: (self._day(one.answer), one.answer, one.answered)))

    def _day(self, answer: str) -> dt.date:
        release = self.all.get(answer)
        return (release.earliest if release else None) or dt.date.max

    def _lag(self, answer: str, answered: str) -> tuple[int | None, int | None]:
        later, earlier = self.all.get(answer), self.all.get(answered) or self._announcement(answered)
        if later is None or earlier is None:
            return None, None
        if later.lag is not None:
            return later.lag, later.lag
        if not (later.earliest and later.latest and earlier.earliest and earlier.latest):
            return None, None
        return (later.earliest - earlier.latest).days, (later.latest - earlier.earliest).days

    def _announcement(self, work: str) -> Release | None:
        return min((one for one in self.all.values() if work in one.announced), key=lambda one: one.order, default=None)

    @cached_property
    def terms(self) -> Mapping[str, Mapping[str, list[Any]]]:
        """What each license permits, requires and prohibits, its family, and whether it is approved; by local name."""
        found: dict[str, dict[str, list[Any]]] = {}
        for license, name, value in ask(self._graph, TERMS):
            found.setdefault(license.value, {}).setdefault(name.value.removeprefix(PREFIXES["rj"]), []).append(value)
        return found

    @cached_property
    def variants(self) -> Mapping[str, tuple[str, ...]]:
        """The variants of each model, and theirs."""
        found: dict[str, list[str]] = {}
        for model, variant in ask(self._graph, VARIANTS):
            found.setdefault(model.value, []).append(variant.value)
        return {model: tuple(variants) for model, variants in found.items()}


def _release(iri: str, about: Mapping[str, list[Any]]) -> Release:
    def one(name: str, kind: type) -> Any:
        return next((value for value in about.get(name, ()) if isinstance(value, kind)), None)

    def some(name: str) -> tuple[str, ...]:
        return tuple(value for value in about.get(name, ()) if isinstance(value, str))

    return Release(
        iri,
        some("releases"),
        some("announces"),
        some("releasedBy"),
        one("earliestDay", dt.date),
        one("latestDay", dt.date),
        one("accessMode", str) or "",
        one("audience", str) or "",
        one("openness", str) or "",
        one("license", str) or "",
        some("modality"),
        some("laterStageOf"),
        one("lagInDays", int),
    )
