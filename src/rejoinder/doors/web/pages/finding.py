"""Search: names, however spaced, then their beginnings and parts, words of passages, and what is spelt nearly so."""

import re
from difflib import get_close_matches
from functools import cached_property
from typing import NamedTuple

from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.asking import WORDS, ask
from rejoinder.doors.web.pages.names import Names
from rejoinder.doors.web.pages.texts import short

__all__ = ["Found", "Hit", "Search"]


class Hit(NamedTuple):
    """Something that was found: its name, the link to it, what it is, and the words that were found."""

    name: str
    href: str
    kind: str
    words: str = ""


class Found(NamedTuple):
    """What was found, in the order of how well it fits; `near` are other spellings, where nothing fits."""

    hits: tuple[Hit, ...]
    near: tuple[Hit, ...]
    size: int


# More than this nobody looks through.
_MOST = 50
_OTHERS = re.compile(r"[\W_]+")


class Search:
    """The names and words of a graph, gathered once."""

    def __init__(self, graph: Graph, names: Names) -> None:
        self._graph = graph
        self._names = names

    @property
    def index(self) -> tuple[list[tuple[str, Hit]], list[tuple[str, Hit]]]:
        """All names, and all words of passages, folded, each with what it finds."""
        return self._named, self._words

    def find(self, text: str) -> Found:
        """Return what a text finds."""
        wanted = _folded(text)
        if not wanted:
            return Found((), (), 0)
        ranked = [(rank, place) for place, (name, _) in enumerate(self._named) if (rank := _rank(wanted, name)) < 6]
        hits = dict.fromkeys(self._named[place][1] for _, place in sorted(ranked))
        known = {hit.href for hit in hits}
        for words, hit in self._words:
            if all(word in words for word in wanted.split()) and hit.href not in known:
                known.add(hit.href)
                hits[hit] = None
        near = {} if hits else {hit.href: hit for hit in self._near(wanted)}
        return Found(tuple(hits)[:_MOST], tuple(near.values()), len(hits))

    def _near(self, wanted: str) -> list[Hit]:
        close = get_close_matches(wanted, {name for name, _ in self._named}, n=6, cutoff=0.6)
        return [hit for near in close for name, hit in self._named if name == near]

    @cached_property
    def _named(self) -> list[tuple[str, Hit]]:
        names, found = self._names, []
        for thing in names.things.values():
            hit = Hit(thing.label, names.at(thing.path), names.kind(thing))
            found += [(_folded(name), hit) for name in (thing.label, *thing.others)]
        for query in self._graph.queries.values():
            hit = Hit(query.summary, names.at(f"queries/{query.name}"), "question", query.question)
            found += [(_folded(name), hit) for name in (query.name, query.summary, query.question)]
        for iri in sorted(names.terms):
            found.append((_folded(names.label(iri)), Hit(names.label(iri), names.href(iri), "term of the ontology")))
        return found

    @cached_property
    def _words(self) -> list[tuple[str, Hit]]:
        found = []
        for passage, words in ask(self._graph, WORDS):
            thing = self._names.things.get(passage.value)
            if thing:
                hit = Hit(thing.label, self._names.at(thing.path), self._names.kind(thing), short(words.value, 160))
                found.append((_folded(words.value[:10_000]), hit))
        return found


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _rank(wanted: str, name: str) -> int:
    """Return 0 for the name, 1 for its letters and digits, 2 for its beginning, 3 for the beginning of a word.

    And 4 for another part, 5 where all words are in it, in whichever order, else 6.
    """
    if name == wanted:
        return 0
    if (letters := _letters(wanted)) and letters == _letters(name):
        return 1
    if name.startswith(wanted):
        return 2
    if wanted in name:
        return 3 if f" {wanted}" in name else 4
    return 5 if all(word in name for word in wanted.split()) else 6


def _letters(text: str) -> str:
    """Return a text without what is no letter and no digit: GPT 3 and GPT3 are GPT-3."""
    return _OTHERS.sub("", text)
