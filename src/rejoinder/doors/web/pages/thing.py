"""What the page of a thing shows: its stages and terms, answers, statements with their passages, and disputes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.answers.citations import Citation
from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.disputes import Contradiction, contradictions
from rejoinder.doors.web.pages.names import Names, Thing
from rejoinder.doors.web.pages.releases import Answered, Release, Releases
from rejoinder.vocabulary import PREFIXES, RDF_TYPE, rj

__all__ = ["About", "Statement", "about"]


class Statement(NamedTuple):
    """A statement, whether it holds, and who says it; `is_other` where the thing stands behind the property."""

    predicate: Any
    value: Any
    is_other: bool
    status: str
    citations: tuple[Citation, ...]


class About(NamedTuple):
    """All that the page of a thing shows; `licenses` are those of its stages, with their terms."""

    thing: Thing
    comments: tuple[Any, ...]
    stages: tuple[Release, ...]
    licenses: tuple[tuple[str, Mapping[str, list[Any]]], ...]
    answers: tuple[Answered, ...]
    answered: tuple[Answered, ...]
    disputes: tuple[Contradiction, ...]
    statements: tuple[Statement, ...]
    elsewhere: tuple[Any, ...]


def about(thing: Thing, graph: Graph, names: Names, releases: Releases) -> About:
    """Return what there is to show of a thing."""
    statements = _statements(thing, graph)
    stages = releases.of(thing.iri, releases.variants)
    licenses = dict.fromkeys([thing.iri] if thing.iri in releases.terms else [])
    licenses |= dict.fromkeys(one.license for one in stages if one.license)
    mine = _parts(thing.iri, releases)
    own = [one for one in statements if not one.is_other]
    return About(
        thing,
        tuple(one.value for one in own if one.predicate.value == _COMMENT and one.status == "accepted"),
        tuple(stages),
        tuple((license, releases.terms.get(license, {})) for license in licenses),
        tuple(one for one in releases.responses if one.answer in mine),
        tuple(one for one in releases.responses if one.answered in mine),
        tuple(contradictions(graph, thing.iri)),
        statements,
        tuple(one.value for one in own if one.predicate.value in _ELSEWHERE and one.status == "accepted"),
    )


_COMMENT = PREFIXES["rdfs"] + "comment"
_ELSEWHERE = {
    *map(rj, ("wikidata", "page", "documentation")),
    PREFIXES["owl"] + "sameAs",
    PREFIXES["rdfs"] + "seeAlso",
    *(PREFIXES["skos"] + name for name in ("exactMatch", "closeMatch", "relatedMatch")),
}


def _parts(thing: str, releases: Releases) -> set[str]:
    """Return a thing and what stands for it in a response: the releases of a work or an agent, and their works."""
    mine = {thing, *releases.variants.get(thing, ())}
    for one in releases.all.values():
        if mine & {*one.announced} or thing in one.makers:
            mine.add(one.iri)
    release = releases.all.get(thing)
    return mine | {*release.announced} if release else mine


def _statements(thing: Thing, graph: Graph) -> tuple[Statement, ...]:
    """Return all statements on a thing, those that say the same as one, what it is first."""
    found: dict[tuple[bool, Any, Any, str], list[str]] = {}
    for row in graph.describe(thing.iri).rows:
        direction, name, value, status, passage = row.terms
        said_by = found.setdefault((direction.value == "<-", name, value, status.value), [])  # type: ignore[union-attr]
        said_by += [passage.value] if isinstance(passage, ox.NamedNode) else []
    made = (
        Statement(name, value, is_other, status, tuple(map(graph.citations.passage, said_by)))
        for (is_other, name, value, status), said_by in found.items()
    )
    return tuple(sorted(made, key=lambda one: (one.is_other, one.predicate.value not in _FIRST)))


_FIRST = {RDF_TYPE, PREFIXES["rdfs"] + "label"}
