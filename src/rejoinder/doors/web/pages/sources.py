"""Sources with their passages, and what each passage says."""

from collections.abc import Mapping
from math import inf
from typing import Any, NamedTuple

from rejoinder.answers.answer import python_value
from rejoinder.answers.citations import Citation
from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.asking import SOURCES, ask
from rejoinder.vocabulary import PREFIXES, rj

__all__ = ["Passage", "passage", "passages_of"]


class Passage(NamedTuple):
    """A passage: how it is cited, its first and last words, what it says of others, and what is noted of itself."""

    citation: Citation
    first: str
    last: str
    claims: tuple[tuple[Any, ...], ...]
    notes: tuple[tuple[Any, ...], ...]


def passages_of(graph: Graph) -> Mapping[str, list[str]]:
    """Return the passages of each source, in the order of its text; notes without a place in a text by name."""
    found: dict[str, dict[str, float]] = {}
    for source, passage, start in ask(graph, SOURCES):
        place = python_value(start)
        found.setdefault(source.value, {})[passage.value] = place if isinstance(place, int) else inf
    return {source: sorted(places, key=lambda one: (places[one], one)) for source, places in found.items()}


def passage(iri: str, graph: Graph) -> Passage:
    """Return what a passage says."""
    said: list[Any] = [row.terms for row in graph.describe(iri).rows]
    notes = [one for one in said if one[0].value == iri]
    words = {one[1].value: one[2].value for one in notes if one[1].value in _WORDS}
    return Passage(
        graph.citations.passage(iri),
        words.get(_FIRST, ""),
        words.get(_LAST, ""),
        tuple(one for one in said if one[0].value != iri),
        tuple(one for one in notes if one[1].value not in (*_WORDS, *_TOLD)),
    )


_WORDS = _FIRST, _LAST = rj("firstWords"), rj("lastWords")
# What a page tells in words of its own.
_TOLD = (rj("source"), PREFIXES["rdf"] + "type", rj("reason"), rj("citedDocument"), rj("sureness"))
