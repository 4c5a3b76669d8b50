"""Findings about the data files themselves: what they use, cite and refer to."""

from collections.abc import Iterator
from contextlib import suppress

import pyoxigraph as ox

from rejoinder.checks.evidence import Evidence
from rejoinder.checks.findings import Finding
from rejoinder.errors import did_you_mean
from rejoinder.graph.dates import span
from rejoinder.sources.turtle import Place
from rejoinder.vocabulary import BASE, DERIVED, EDTF, ID, LABEL, PREFIXES, RDF_TYPE, SOURCE, compress, rj

__all__ = ["lint"]


def lint(evidence: Evidence, ontology: list[ox.Triple]) -> Iterator[Finding]:
    """Yield the findings on each file: its passage, the terms it uses, its dates, the things it refers to."""
    declared = {triple.subject.value for triple in ontology if isinstance(triple.subject, ox.NamedNode)}
    described = {
        triple.subject.value
        for passage in evidence.passages
        for triple in passage.triples
        if isinstance(triple.subject, ox.NamedNode)
    }
    for passage in evidence.passages:
        if not passage.described:
            yield Finding(
                "warning",
                "uncited-file",
                Place(passage.file.name, 1, 1),
                "the file describes no passage, so what it states cites nothing",
                "describe the passage of a source that it is taken from (a rj:Passage), or say why you state it "
                "(a rj:EditorsNote with rj:reason)",
            )
    yield from _same_names(evidence)
    known_ids = sorted(compress(iri) for iri in described if iri.startswith(ID))
    for passage in evidence.passages:
        if not _suspicious(passage.triples, declared, described):
            continue
        for triple, place in evidence.statements(passage):
            yield from _undeclared(triple, place, declared)
            yield from _derived(triple, place)
            yield from _misspelt_scheme(triple, place)
            yield from _dangling(triple, place, described, known_ids)
            yield from _dates(triple, place)


def _suspicious(triples: tuple[ox.Triple, ...], declared: set[str], described: set[str]) -> bool:
    """Tell whether a file has anything to be shown, before its lines are looked up, which takes longer."""
    nowhere = Place("", 0, 0)
    return any(
        True
        for triple in triples
        for _ in (
            *_undeclared(triple, nowhere, declared),
            *_derived(triple, nowhere),
            *_misspelt_scheme(triple, nowhere),
            *_dangling(triple, nowhere, described, []),
            *_dates(triple, nowhere),
        )
    )


def _undeclared(triple: ox.Triple, place: Place, declared: set[str]) -> Iterator[Finding]:
    kind_of_value = "class" if triple.predicate.value == RDF_TYPE else "term"
    for term, kind in ((triple.predicate, "property"), (triple.object, kind_of_value)):
        if isinstance(term, ox.NamedNode) and term.value.startswith(PREFIXES["rj"]) and term.value not in declared:
            near = did_you_mean(compress(term.value), sorted(compress(iri) for iri in declared))
            yield Finding(
                "violation",
                "undeclared-term",
                place,
                f"the ontology has no {kind} {compress(term.value)}",
                near or "see: rejoinder describe rj:Release, or ontology/rejoinder.ttl",
                (),
                _subject(triple),
            )


def _derived(triple: ox.Triple, place: Place) -> Iterator[Finding]:
    if triple.predicate.value in DERIVED:
        yield Finding(
            "violation",
            "derived-value",
            place,
            f"{compress(triple.predicate.value)} is derived, so what is written here does not count",
            "leave it out; give what it is derived from, such as rj:date or rj:accessMode",
            (),
            _subject(triple),
        )


def _misspelt_scheme(triple: ox.Triple, place: Place) -> Iterator[Finding]:
    for term in (triple.subject, triple.predicate, triple.object):
        if isinstance(term, ox.NamedNode) and term.value.startswith(BASE.replace("https:", "http:")):
            yield Finding(
                "violation",
                "misspelt-iri",
                place,
                f"<{term.value}> is not one of our names, which begin with https",
                "write https:// for http://, most likely in a @prefix",
                (),
                _subject(triple),
            )
            return


def _same_names(evidence: Evidence) -> Iterator[Finding]:
    """Find things that bear one name: whoever asks by the name would not get either."""
    bearers: dict[str, dict[str, None]] = {}
    for passage in evidence.passages:
        for triple in passage.triples:
            if triple.predicate.value == LABEL and _subject(triple).startswith(ID):
                bearers.setdefault(str(triple.object), {})[_subject(triple)] = None
    for name, things in bearers.items():
        if len(things) > 1:
            places = [evidence.first(thing, LABEL, name) for thing in things]
            place = min(places, key=lambda place: (place.file.startswith("data/"), place))
            yield Finding(
                "violation",
                "same-name",
                place,
                f"{name.split('@')[0]} is the name of {len(things)} things: {', '.join(map(compress, things))}",
                "give them names that differ, or use the IRI of the one that is there",
                tuple(other for other in places if other != place),
            )


def _dangling(triple: ox.Triple, place: Place, described: set[str], known: list[str]) -> Iterator[Finding]:
    term = triple.object
    if isinstance(term, ox.NamedNode) and term.value.startswith((ID, SOURCE)) and term.value not in described:
        near = did_you_mean(compress(term.value), known)
        yield Finding(
            "violation",
            "dangling-reference",
            place,
            f"nothing is said of {compress(term.value)}",
            near or "describe it (its class and rdfs:label), or correct the name",
            (),
            _subject(triple),
        )


def _dates(triple: ox.Triple, place: Place) -> Iterator[Finding]:
    term = triple.object
    dated = triple.predicate.value in (rj("date"), rj("formed"), rj("issued"), rj("legalFormSince"))
    if isinstance(term, ox.Literal) and term.datatype.value == EDTF:
        try:
            span(term.value)
        except ValueError as error:
            yield Finding("violation", "date", place, str(error), _date_cure(term.value), (), _subject(triple))
    elif dated:
        yield Finding(
            "violation",
            "date",
            place,
            f"the date {term} is not of datatype edtf:EDTF",
            f'write: "{_as_edtf(term)}"^^edtf:EDTF',
            (),
            _subject(triple),
        )


def _as_edtf(term: object) -> str:
    """Return what a date in words most likely is in EDTF, or an example."""
    from edtf import text_to_edtf

    text = term.value if isinstance(term, ox.Literal) else ""
    for candidate in (text, text_to_edtf(text) if text else None):
        with suppress(ValueError):
            if candidate and span(candidate):
                return candidate
    return "2019-02"


def _date_cure(text: str) -> str:
    year = text.split("-")[0]
    if len(year) == 5 and year.isdigit():
        return f"did you mean '{year[:4]}{text[5:]}'? Years have four digits"
    return "months are 01 to 12, seasons 21 to 24; e.g. 2022-12, 2022-21 (spring), 2022"


def _subject(triple: ox.Triple) -> str:
    return triple.subject.value if isinstance(triple.subject, ox.NamedNode) else ""
