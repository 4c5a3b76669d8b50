"""Contradictions: the values side by side, who gives each, and the ruling."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.answers.citations import Citation
from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.asking import DISPUTES, ask
from rejoinder.vocabulary import ACCEPTED, rj

__all__ = ["Contradiction", "Side", "contradictions"]


class Side(NamedTuple):
    """A value in dispute: what became of it, and the passages that give it."""

    value: Any
    verdict: str
    citations: tuple[Citation, ...]


class Contradiction(NamedTuple):
    """That sources give values of a property of a thing that contradict each other; the ruling, if there is one."""

    dispute: Any
    subject: Any
    property: Any
    sides: tuple[Side, ...]
    ruling: Any
    reason: str
    evidence: tuple[Citation, ...]


def contradictions(graph: Graph, subject: str = "") -> Iterator[Contradiction]:
    """Yield the contradictions of a graph, or those on one thing (or of one dispute or ruling)."""
    for dispute, thing, name, ruling in ask(graph, DISPUTES):
        if not subject or subject in (dispute.value, thing.value, ruling.value if ruling else ""):
            yield _contradiction(graph, dispute, thing, name, ruling)


def _contradiction(graph: Graph, dispute: Any, thing: Any, name: Any, ruling: Any) -> Contradiction:
    citations, store = graph.citations, graph.compiled.store

    def ruled(word: str) -> list[Any]:
        pattern = (ruling, ox.NamedNode(rj(word)), None, ruling)
        return [quad.object for quad in store.quads_for_pattern(*pattern)] if ruling else []

    verdicts = {value: verdict for word, verdict in _VERDICTS.items() for value in ruled(word)}
    accepted = ox.NamedNode(ACCEPTED)
    sides = []
    for value in citations.claims(thing, name):
        held = ox.Quad(thing, name, value, accepted) in store
        verdict = verdicts.get(value) or ("accepted" if held else "set aside" if ruling else "no ruling")
        sides.append(Side(value, verdict, citations.of((thing, name, value))))
    evidence = sorted(value.value for value in ruled("evidence") if isinstance(value, ox.NamedNode))
    return Contradiction(
        dispute,
        thing,
        name,
        tuple(sorted(sides, key=lambda side: (side.verdict != "accepted", str(side.value)))),
        ruling,
        next((value.value for value in ruled("reason")), ""),
        tuple(map(citations.passage, evidence)),
    )


_VERDICTS = {"accepts": "accepted", "rejects": "rejected", "lessExact": "less exact"}
