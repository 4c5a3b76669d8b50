"""The names, kinds and addresses of all that has a page."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.asking import KINDS, NAMES, THINGS, ask
from rejoinder.doors.web.pages.texts import clean, short, web_address
from rejoinder.vocabulary import BASE, ID, LABEL, ONTOLOGY, PREFIXES, RDF_TYPE, SOURCE, compress

__all__ = ["Names", "Shown", "Thing", "anchor"]

# A path that a server and a folder of files both take for what it is.
_PLAIN = re.compile(r"(?:[a-z0-9][\w.~-]*/)*[\w~-][\w.~-]*", re.ASCII)
# What the labels of properties of others are too technical for, or are not on record.
_USUAL = {
    RDF_TYPE: "kind",
    LABEL: "name",
    PREFIXES["rdfs"] + "comment": "comment",
    PREFIXES["rdfs"] + "seeAlso": "see also",
    PREFIXES["skos"] + "altLabel": "also called",
}
# Where the pages of things stand whose IRIs are no path of ours.
_OTHER = "id/other/"
# More than this of a literal is shown only to who asks for it.
_LONG = 600


class Thing(NamedTuple):
    """Something that has a page: its path is without the root, its kinds are classes."""

    iri: str
    path: str
    label: str
    others: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def has_twins(self) -> bool:
        """True where the same is there for programs, at the path of its IRI."""
        return not self.path.startswith(_OTHER)


class Shown(NamedTuple):
    """A term as a page shows it: its text, the rest of one that is long, and where it leads to, if anywhere."""

    text: str
    rest: str = ""
    href: str = ""
    is_outside: bool = False
    language: str = ""


class Names:
    """What things are called, and where their pages are."""

    def __init__(self, graph: Graph, root: str) -> None:
        self._graph = graph
        self._root = root

    def at(self, path: str, parameters: Mapping[str, object] | None = None) -> str:
        """Return the link to a path of this site."""
        query = f"?{urlencode({name: str(value) for name, value in parameters.items()})}" if parameters else ""
        return self._root + quote(path.lstrip("/"), safe="/#~") + query

    @cached_property
    def things(self) -> Mapping[str, Thing]:
        """All that has a page of its own, by IRI: what passages speak of, and the passages."""
        kinds: dict[str, list[str]] = {}
        for kind, members in self.members.items():
            for member in members:
                kinds.setdefault(member, []).append(kind)
        found = {}
        for (term,) in ask(self._graph, THINGS):
            iri = term.value
            path = _path(iri)
            if path and iri not in self.terms:
                label, *others = self._labels.get(iri, [compress(iri)])
                found[iri] = Thing(iri, path, short(label), tuple(map(short, others)), tuple(kinds.get(iri, ())))
        return found

    @cached_property
    def by_path(self) -> Mapping[str, Thing]:
        """All that has a page of its own, by path."""
        return {thing.path: thing for thing in self.things.values()}

    @cached_property
    def _labels(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for thing, name, _ in ask(self._graph, NAMES):
            found.setdefault(thing.value, []).append(name.value)
        return found

    @cached_property
    def terms(self) -> set[str]:
        """What the ontology itself describes: it is explained on one page."""
        named = ox.NamedNode(PREFIXES["rdfs"] + "isDefinedBy")
        quads = self._graph.compiled.store.quads_for_pattern(None, named, None, ox.NamedNode(ONTOLOGY))
        return {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}

    @cached_property
    def members(self) -> Mapping[str, list[str]]:
        """What is of each class of the ontology, and of none that is narrower."""
        found: dict[str, list[str]] = {}
        for thing, kind in ask(self._graph, KINDS):
            found.setdefault(kind.value, []).append(thing.value)
        return found

    def label(self, iri: str) -> str:
        """Return the name of a thing, else its IRI in short."""
        return _USUAL.get(iri) or short(self._labels.get(iri, [compress(iri)])[0])

    def passage(self, iri: str) -> str:
        """Return what a passage is about, by the last part of its name, without its number there."""
        return short(re.sub(r"^\d+-", "", iri.rsplit("/", 1)[-1]).replace("-", " "), 60)

    def listed(self, iris: Iterable[str]) -> list[str]:
        """Return the names of things."""
        return [self.label(iri) for iri in iris]

    def kind(self, thing: Thing) -> str:
        """Return in words what a thing is."""
        return ", ".join(self.label(kind) for kind in thing.kinds) or "thing"

    def href(self, iri: str) -> str:
        """Return where the name of a thing leads to: to its page here, or into the web; empty for anywhere else."""
        if iri in self.things:
            return self.at(self.things[iri].path)
        if iri in self.terms:
            return f"{self.at('ontology')}#{quote(anchor(iri))}"
        return web_address(iri)

    def is_outside(self, iri: str) -> bool:
        """Tell whether a name leads into the web."""
        return iri not in self.things and iri not in self.terms

    def show(self, term: Any) -> Shown:
        """Return a term as a page shows it."""
        if isinstance(term, ox.NamedNode):
            return Shown(self.label(term.value), "", self.href(term.value), self.is_outside(term.value))
        if isinstance(term, ox.Literal):
            text = _grouped(term)
            return Shown(clean(text[:_LONG]), clean(text[_LONG:]), language=_language(term.language))
        return Shown("" if term is None else clean(str(term)))

    def article(self, kind: Any) -> str:
        """Return the word that stands before the name of a kind."""
        return "an" if self.show(kind).text[:1].lower() in "aeiou" else "a"

    def proof(self, subject: Any, predicate: Any, value: Any) -> str:
        """Return the link to the proof of a statement; empty where an address cannot name it."""
        if not web_address(subject.value) or (isinstance(value, ox.NamedNode) and not web_address(value.value)):
            return ""
        if len(value.value) > _LONG:
            return ""
        return self.at("why", {"s": subject.value, "p": predicate.value, "o": value.value})


def anchor(iri: str) -> str:
    """Return the place of a term on the page of the ontology.

    >>> anchor("https://w3id.org/rejoinder/ontology#respondsTo"), anchor("http://www.w3.org/ns/odrl/2/use")
    ('respondsTo', 'odrl-use')
    """
    return iri.removeprefix(PREFIXES["rj"]) if iri.startswith(PREFIXES["rj"]) else compress(iri).replace(":", "-")


def _path(iri: str) -> str:
    """Return the path of the page of a thing: that of its IRI where it is one of ours, else made from all of it."""
    if iri.startswith(ID) or iri.startswith(SOURCE):
        path = iri.removeprefix(BASE)
        if _PLAIN.fullmatch(path) and path.count("/") > (1 if iri.startswith(ID) else 0):
            return path
    return f"{_OTHER}{hashlib.sha256(iri.encode()).hexdigest()[:16]}" if web_address(iri) else ""


def _grouped(literal: ox.Literal) -> str:
    """Return the text of a literal, with a large count in groups of three digits."""
    text = literal.value
    is_count = literal.datatype.value == PREFIXES["xsd"] + "integer" and text.isascii() and text.isdigit()
    return f"{int(text):,}" if is_count and 5 <= len(text) < 40 else text


def _language(tag: str | None) -> str:
    return tag if tag and re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag) else ""
