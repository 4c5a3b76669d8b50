"""Passages compared with the texts that they are taken from."""

import hashlib
from dataclasses import dataclass

import pyoxigraph as ox

from rejoinder.errors import InputError, UsageError, did_you_mean
from rejoinder.sources.files import InputFile, Inputs
from rejoinder.sources.turtle import parse
from rejoinder.vocabulary import RDF_TYPE, SOURCE, rj

__all__ = ["Difference", "Range", "locate", "ranges", "verify", "whole"]


@dataclass(frozen=True, order=True)
class Range:
    """The characters of a passage, counted in Unicode code points from 0, the end excluded; digest: SHA-256, hex."""

    start: int
    end: int
    digest: str
    first_words: str
    last_words: str
    passage: str = ""
    file: str = ""


@dataclass(frozen=True)
class Difference:
    """A passage that is not in the text as it says, and what was found instead."""

    range: Range
    says: str


def ranges(inputs: Inputs, source: str) -> list[Range]:
    """Return the ranges of all passages of a source, in the order of the text.

    `source` is the last part of its IRI, e.g. "article". Raises UsageError for a source that no passage belongs to.
    """
    wanted = ox.NamedNode(SOURCE + source)
    found, sources = [], set()
    for file in inputs.data:
        triples = parse(file)
        owners = {t.subject: t.object for t in triples if t.predicate.value == rj("source")}
        sources |= {owner.value.removeprefix(SOURCE) for owner in owners.values() if isinstance(owner, ox.NamedNode)}
        found += [_range(file, triples, passage) for passage, owner in owners.items() if owner == wanted]
    if source not in sources:
        raise UsageError(
            f"there is no source '{source}'",
            did_you_mean(source, sorted(sources), f"known: {', '.join(sorted(sources))}"),
        )
    return sorted(one for one in found if one is not None)


def verify(text: str, passages: list[Range]) -> list[Difference]:
    """Return the passages whose characters in the text have another digest, in the order of the text."""
    found = []
    for passage in passages:
        if passage.end > len(text):
            says = f"the text has {len(text)} characters, and the passage reaches to {passage.end}"
            found.append(Difference(passage, says))
        elif _digest(text[passage.start : passage.end]) != passage.digest:
            found.append(Difference(passage, _diagnose(text, passage)))
    return found


def locate(text: str, first: str, last: str) -> Range:
    """Return the range from the first occurrence of some words to the next occurrence of others.

    Raises InputError where the words do not stand in the text, or stand there more than once.
    """
    if text.count(first) != 1:
        raise InputError(
            f"'{first}' stands {text.count(first)} times in the text", "give more or other words to begin with"
        )
    start = text.index(first)
    at = text.find(last, start)
    if at < 0:
        raise InputError(f"'{last}' does not stand behind '{first}'", "give other words to end with")
    return _cut(text, start, at + len(last))


def whole(text: str) -> Range:
    """Return the range of a whole text, for the description of its source."""
    return _cut(text, 0, len(text))


def _cut(text: str, start: int, end: int) -> Range:
    words = text[start:end].split()
    return Range(start, end, _digest(text[start:end]), " ".join(words[:4]), " ".join(words[-4:]))


def _range(file: InputFile, triples: list[ox.Triple], passage: object) -> Range | None:
    own = {
        t.predicate.value: t.object.value
        for t in triples
        if t.subject == passage and isinstance(t.object, ox.NamedNode | ox.Literal)
    }
    if own.get(RDF_TYPE) == rj("EditorsNote") or rj("startCharacter") not in own:
        return None
    return Range(
        int(own[rj("startCharacter")]),
        int(own[rj("endCharacter")]),
        own[rj("textDigest")],
        own.get(rj("firstWords"), ""),
        own.get(rj("lastWords"), ""),
        passage.value if isinstance(passage, ox.NamedNode) else "",
        file.name,
    )


def _diagnose(text: str, passage: Range) -> str:
    here = " ".join(text[passage.start : passage.end].split()[:4])
    moved = text.find(passage.first_words) if passage.first_words else -1
    if moved >= 0 and moved != passage.start:
        shift = moved - passage.start
        where = f"{abs(shift)} characters {'later' if shift > 0 else 'earlier'}"
        return f"its first words “{passage.first_words}” stand {where}, at {moved}: the text before it was changed"
    if here == passage.first_words:
        return "its first words stand where they should: the text was changed between them and its end"
    return f"it should begin with “{passage.first_words}”; there stands “{here}”"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
