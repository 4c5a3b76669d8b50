"""The passages that a statement rests on, with links to the very sentences."""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import quote

import pyoxigraph as ox

from rejoinder.graph.compiled import Compiled
from rejoinder.graph.proofs import Statement
from rejoinder.vocabulary import ACCEPTED, LABEL, LAYERS, ONTOLOGY, compress, rj

__all__ = ["Citation", "Citations", "Dispute", "text_fragment"]


class Citation(NamedTuple):
    """A passage, named so that a reader can find it.

    `date` is the source's, in EDTF; `link` scrolls to the passage where its source has a page; `documents` are those
    that the passage itself cites; `reason` is an editor's, where the passage is a note or a ruling, and `based_on` the
    passages that the note rests on; `sureness` is empty where the source tells none. A passage that is `registered` is
    of a register of what the source says, kept beside the graph, so that only the page of the source as a whole can be
    linked.
    """

    passage: str
    source: str
    source_name: str
    date: str = ""
    link: str = ""
    documents: tuple[str, ...] = ()
    sureness: str = ""
    reason: str = ""
    registered: bool = False
    based_on: tuple[str, ...] = ()

    @property
    def is_linked(self) -> bool:
        """True where the link leads to the very sentence, not only to the page."""
        return "#:~:text=" in self.link

    @property
    def is_firm(self) -> bool:
        """False for a weak or unverified passage, which counts only where nobody firmer speaks."""
        return self.sureness not in ("weak", "not verified")


class Dispute(NamedTuple):
    """That sources give other values of a property, what was ruled and why, and who gives the values set aside."""

    ruling: str
    reason: str
    rejected: tuple[tuple[ox.NamedNode | ox.Literal, tuple[Citation, ...]], ...]


class Citations:
    """Who says what in a compiled graph."""

    def __init__(self, compiled: Compiled) -> None:
        self._store = compiled.store
        self._graphs_of = compiled.graphs_of
        self._passages = set(compiled.manifest.passages)
        self._made: dict[str, Citation] = {}
        self._source = lru_cache(self._describe)  # few, while each passage has one

    def of(self, statement: Statement) -> tuple[Citation, ...]:
        """Return the passages that say exactly this, sorted; what a passage says of itself is no claim."""
        itself = statement[0].value
        said_by = [name for name in self._graphs_of(statement) if name in self._passages]
        return tuple([self.passage(name) for name in said_by if name != itself])

    def claims(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> list[ox.NamedNode | ox.Literal]:
        """Return all values that passages give of a property of a thing, sorted."""
        found = {
            quad.object
            for quad in self._store.quads_for_pattern(subject, predicate, None, None)
            if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in self._passages
        }
        return _sorted(found)

    def holding(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> list[ox.NamedNode | ox.Literal]:
        """Return the values of a property of a thing that hold: accepted, inferred or of the ontology; sorted."""
        return self._objects(subject, predicate, LAYERS)

    def accepted(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> list[ox.NamedNode | ox.Literal]:
        """Return the accepted values of a property of a thing, sorted."""
        return self._objects(subject, predicate, (ACCEPTED,))

    def _objects(
        self, subject: ox.NamedNode, predicate: ox.NamedNode, graphs: tuple[str, ...]
    ) -> list[ox.NamedNode | ox.Literal]:
        found = {
            quad.object
            for graph in graphs
            for quad in self._store.quads_for_pattern(subject, predicate, None, ox.NamedNode(graph))
        }
        return _sorted(found)

    def is_set_aside(self, subject: ox.NamedNode, predicate: ox.NamedNode, value: ox.NamedNode | ox.Literal) -> bool:
        """Tell whether a ruling rejects a value of a property of a thing, or takes it for less exact."""
        return any(
            ox.Quad(quad.subject, ox.NamedNode(rj("onProperty")), predicate, quad.graph_name) in self._store
            for word in ("rejects", "lessExact")
            for quad in self._store.quads_for_pattern(None, ox.NamedNode(rj(word)), value, None)
            if ox.Quad(quad.subject, ox.NamedNode(rj("onSubject")), subject, quad.graph_name) in self._store
        )

    def ruling(self, dispute: ox.NamedNode) -> str:
        """Return the ruling on a dispute, empty where there is none."""
        return self._value(dispute, "ruledBy", ox.NamedNode(ACCEPTED))

    def dispute(self, subject: ox.NamedNode, predicate: ox.NamedNode) -> Dispute | None:
        """Return the dispute on a property of a thing, if its sources contradict each other."""
        dispute = self._disputes.get((subject, predicate))
        if dispute is None:
            return None
        ruling = self.ruling(dispute)
        rejected = [
            (value, self.of((subject, predicate, value)))
            for value in self.claims(subject, predicate)
            if ACCEPTED not in self._graphs_of((subject, predicate, value))
        ]
        reason = self._value(ox.NamedNode(ruling), "reason", ox.NamedNode(ruling)) if ruling else ""
        return Dispute(ruling, reason, tuple(rejected))

    @cached_property
    def _disputes(self) -> dict[tuple[object, object], ox.NamedNode]:
        """All disputes by thing and property: few, while each statement that is cited asks for one."""
        about = {}
        for name in ("onSubject", "onProperty"):
            found = self._store.quads_for_pattern(None, ox.NamedNode(rj(name)), None, ox.NamedNode(ACCEPTED))
            about[name] = {quad.subject: quad.object for quad in found if isinstance(quad.subject, ox.NamedNode)}
        return {
            (subject, about["onProperty"][one]): one
            for one, subject in about["onSubject"].items()
            if one in about["onProperty"]
        }

    def passage(self, name: str) -> Citation:
        """Return a passage as a citation."""
        if name not in self._made:
            self._made[name] = self._cite(ox.NamedNode(name))
        return self._made[name]

    def label(self, term: object) -> str:
        """Return the English label of a thing, else its CURIE; of a literal, its text."""
        if not isinstance(term, ox.NamedNode):
            return term.value if isinstance(term, ox.Literal) else str(term)
        for graph in (ACCEPTED, ONTOLOGY):
            for quad in self._store.quads_for_pattern(term, ox.NamedNode(LABEL), None, ox.NamedNode(graph)):
                if isinstance(quad.object, ox.Literal) and quad.object.language in (None, "en"):
                    return quad.object.value
        return compress(term.value)

    def _cite(self, passage: ox.NamedNode) -> Citation:
        told: dict[str, list[ox.NamedNode | ox.Literal]] = {}
        for quad in self._store.quads_for_pattern(passage, None, None, passage):
            if isinstance(quad.object, ox.NamedNode | ox.Literal):
                told.setdefault(quad.predicate.value, []).append(quad.object)
        source, first, last, sureness, reason = (
            min((term.value for term in told.get(rj(name), ())), default="")
            for name in ("source", "firstWords", "lastWords", "sureness", "reason")
        )
        name, date, page = self._source(source or passage.value)
        return Citation(
            passage.value,
            source,
            name if source else "no source named",
            date,
            page + text_fragment(first, last) if page and first else page,
            _iris(told.get(rj("citedDocument"), ())),
            self.label(ox.NamedNode(sureness)) if sureness else "",
            reason,
            _is_registered(first, last),
            _iris(told.get(rj("basedOn"), ())),
        )

    def _describe(self, source: str) -> tuple[str, str, str]:
        """Return the name of a source, its date and its page."""
        one, accepted = ox.NamedNode(source), ox.NamedNode(ACCEPTED)
        return self.label(one), self._value(one, "date", accepted), self._value(one, "page", accepted)

    def _value(self, subject: object, name: str, graph: ox.NamedNode) -> str:
        if not isinstance(subject, ox.NamedNode):
            return ""
        found = [q.object for q in self._store.quads_for_pattern(subject, ox.NamedNode(rj(name)), None, graph)]
        return min((term.value for term in found if isinstance(term, ox.NamedNode | ox.Literal)), default="")


def _sorted(terms: Iterable[object]) -> list[ox.NamedNode | ox.Literal]:
    return sorted((term for term in terms if isinstance(term, ox.NamedNode | ox.Literal)), key=str)


def _iris(terms: Iterable[object]) -> tuple[str, ...]:
    return tuple(sorted(term.value for term in terms if isinstance(term, ox.NamedNode)))


def text_fragment(first: str, last: str) -> str:
    """Return the fragment by which a browser scrolls to a passage (WICG Text Fragments, section 3.2).

    >>> text_fragment("The last big news", "100% open-source.")
    '#:~:text=The%20last%20big%20news,100%25%20open%2Dsource.'
    """
    if _is_registered(first, last):  # which stands on no page in these words
        return ""
    words = ",".join(quote(part, safe="").replace("-", "%2D") for part in (first, last) if part)
    return f"#:~:text={words}" if words else ""


def _is_registered(first: str, last: str) -> bool:
    """Tell whether words are the row of a table, or a heading, in a register of what a source says."""
    return "|" in first + last or first.startswith("#")
