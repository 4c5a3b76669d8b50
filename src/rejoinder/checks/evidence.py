"""Where in the data files a statement stands."""

from collections import defaultdict

import pyoxigraph as ox

from rejoinder.graph.passages import Passage
from rejoinder.sources.turtle import Place, places

__all__ = ["Evidence"]


class Evidence:
    """The data files that were read, asked by subject, property and value."""

    def __init__(self, passages: list[Passage]) -> None:
        self.passages = passages
        self._speaking: dict[str, list[Passage]] = defaultdict(list)
        self._mentioning: dict[str, list[Passage]] = defaultdict(list)
        self._places: dict[str, list[tuple[ox.Triple, Place]]] = {}
        for passage in passages:
            for subject in dict.fromkeys(str(triple.subject) for triple in passage.triples):
                self._speaking[subject].append(passage)
            for value in dict.fromkeys(str(triple.object) for triple in passage.triples):
                self._mentioning[value].append(passage)

    def find(self, subject: str, predicate: str = "", value: str = "") -> list[Place]:
        """Return the places of statements, most exact first: with the value, else the property, else the subject.

        All terms are IRIs; `value` is a term in N-Triples. A user's own files come before bundled ones, since that is
        where a new mistake is.
        """
        found = []
        for passage in self._speaking.get(f"<{subject}>", ()):
            for triple, place in self.statements(passage):
                if isinstance(triple.subject, ox.NamedNode) and triple.subject.value == subject:
                    same_predicate = bool(predicate) and triple.predicate.value == predicate
                    same_value = same_predicate and bool(value) and _text(triple.object) == value
                    bundled = place.file.startswith("data/")
                    found.append((-same_value - same_predicate, bundled, place))
        best = min((exactness for exactness, _, _ in found), default=0)
        return [place for exactness, _, place in sorted(found) if exactness == best]

    def mentions(self, iri: str) -> list[Place]:
        """Return the places of statements whose value is an IRI."""
        return [
            place
            for passage in self._mentioning.get(f"<{iri}>", ())
            for triple, place in self.statements(passage)
            if str(triple.object) == f"<{iri}>"
        ]

    def statements(self, passage: Passage) -> list[tuple[ox.Triple, Place]]:
        """Return the triples of a file with their places, as `sources.turtle.places` does, but only once."""
        if passage.file.name not in self._places:
            self._places[passage.file.name] = places(passage.file)
        return self._places[passage.file.name]

    def first(self, subject: str, predicate: str = "", value: str = "", otherwise: str = "") -> Place:
        """Return the best place, or the beginning of the file `otherwise`."""
        found = self.find(subject, predicate, value)
        return found[0] if found else Place(otherwise or "the graph", 1, 1)


def _text(term: object) -> str:
    return str(term)
