"""What a request to a SPARQL endpoint asks for (SPARQL 1.1 Protocol, section 2.1), and in which format (RFC 9110)."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

import pyoxigraph as ox

from rejoinder.answers.lexer import Cursor, resolved
from rejoinder.errors import UsageError
from rejoinder.sources.catalog import tokens

__all__ = ["GRAPHS", "ROWS", "Asked", "Problem", "Shape", "acceptable", "asked", "content_type", "shape"]

#: The formats of rows and of a yes or no (SPARQL 1.1 Protocol, section 2.1.6), by what pyoxigraph calls them; the first
#: where all are welcome.
ROWS = {
    "application/sparql-results+json": "JSON",
    "application/sparql-results+xml": "XML",
    "text/csv": "CSV",
    "text/tab-separated-values": "TSV",
    "application/json": "JSON",
    "application/xml": "XML",
}
#: The formats of graphs.
GRAPHS = {
    "text/turtle": "TURTLE",
    "application/n-triples": "N_TRIPLES",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON_LD",
    "text/plain": "N_TRIPLES",
    "application/xml": "RDF_XML",
    "application/json": "JSON_LD",
}
_FORM, _QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
_UPDATES = ("update", "using-graph-uri", "using-named-graph-uri")


_KIND = re.compile(r"(?<![\w:-])(SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:-])", re.IGNORECASE)
_CHANGE = re.compile(r"(?<![\w:-])(INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD)(?![\w:-])", re.IGNORECASE)
_FROM = re.compile("FROM", re.IGNORECASE)
_REMARKABLE = re.compile(r"FROM|NOW|RAND|UUID", re.IGNORECASE)
# The engine takes "1SERVICE" and "SERVICE:x" for what they say; in "x:service" it is a part of a name.
_SERVICE = re.compile(r"([\w:.%\\-]*?)SERVICE", re.IGNORECASE)


class Problem(Exception):
    """What is wrong with a request or its answer, as RFC 9457 has it: a status, a title and what to do."""

    def __init__(self, status: int, title: str, detail: str = "", **more: object) -> None:
        super().__init__(title)
        self.status, self.title, self.detail, self.more = status, title, detail, more


class Asked(NamedTuple):
    """A query with its dataset: `default` and `named` are None where the request names no graph at all."""

    query: str
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


class Shape(NamedTuple):
    """What a query asks, as far as a server must know before it runs: its form, and the graphs of its FROM clauses."""

    form: str
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    is_steady: bool = True


def asked(method: str, parameters: str, kind: str, body: bytes) -> Asked | None:
    """Return what a request asks, or None for a GET that asks nothing; `parameters` are those of its address.

    Raises Problem: 400 for parameters that are missing, doubled or not of a query, 403 for an update, 415 for a body
    of another type.
    """
    in_address = _pairs(parameters)
    if method != "POST":
        return _asked(in_address) if in_address else None
    media = kind.partition(";")[0].strip().lower()
    if media == _FORM:
        return _asked([*in_address, *_pairs(_text(body))])
    if media == _QUERY:
        if any(name == "query" for name, _ in in_address):
            raise Problem(400, "There are two queries", "Send the query in the body or in the address.")
        return _asked([*in_address, ("query", _text(body))])
    if media == "application/sparql-update":
        raise _read_only()
    raise Problem(415, f"A body of type {media or '(none)'} is no query", f"Send {_QUERY} or {_FORM}.")


def _asked(pairs: Sequence[tuple[str, str]]) -> Asked:
    if any(name in _UPDATES for name, _ in pairs):
        raise _read_only()
    queries = [value for name, value in pairs if name == "query"]
    if len(queries) != 1:
        how_many = "no query" if not queries else f"{len(queries)} queries"
        raise Problem(400, f"The request has {how_many}", "Give one parameter named query.")
    default = tuple(value for name, value in pairs if name == "default-graph-uri")
    named = tuple(value for name, value in pairs if name == "named-graph-uri")
    return Asked(queries[0], default, named) if default or named else Asked(queries[0])


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=1000, errors="strict")
    except ValueError:
        raise Problem(400, "The parameters cannot be read", "Encode them as UTF-8, in percent-encoding.") from None


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8", "Send it in UTF-8.") from None


def _read_only() -> Problem:
    return Problem(403, "This endpoint is read only", "Nothing here can be updated; ask a query.")


@lru_cache(maxsize=256)
def shape(query: str) -> Shape:
    """Return the form of a query and its dataset clauses, by its tokens, among which strings and names hide nothing.

    Whether it is SPARQL, the engine says. Raises Problem for SERVICE, as nothing is fetched to answer a query, and for
    what is an update and no query.
    """
    code = " ".join(piece for kind, piece in tokens(query) if kind == "other")
    if any(":" not in found[1] for found in _SERVICE.finditer(code)):
        raise Problem(400, "The query has SERVICE", "Nothing is fetched from elsewhere to answer a query.")
    found = _KIND.search(code)
    if not found and _CHANGE.search(code):
        raise _read_only()
    form = found[1].upper() if found else "SELECT"
    if not _REMARKABLE.search(code):  # reading all tokens takes as long as many a query
        return Shape(form)
    cursor, steady = Cursor(query), True
    graphs: dict[bool, list[str]] = {False: [], True: []}
    try:
        while cursor.take("PREFIX", "BASE"):
            kind, piece = cursor.next()
            iri = cursor.next()[1] if kind == "name" else piece
            if kind == "name":
                cursor.prefixes[piece[:-1]] = resolved(iri[1:-1], cursor.base)
            else:
                cursor.base = resolved(iri[1:-1], cursor.base)
        while cursor.at < len(cursor.tokens):
            if cursor.take("FROM"):
                is_named = cursor.take("NAMED")
                term = cursor.term()
                graphs[is_named].append(term.value if isinstance(term, ox.NamedNode) else str(term))
            else:
                steady = steady and not cursor.is_("NOW", "RAND", "UUID", "STRUUID")
                kind, piece = cursor.next()
                prefix = piece.partition(":")[0]
                if kind == "name" and prefix.upper() in ("FROM", "NAMED") and prefix not in cursor.prefixes:
                    raise KeyError(prefix)  # the engine takes it for the word, and what is behind it for a name
    except (UsageError, KeyError, ValueError, SyntaxError):
        if not _FROM.search(code):
            return Shape(form)  # it is no SPARQL, and the engine will say where
        raise Problem(
            400, "The dataset of the query cannot be read", "Write FROM <IRI> or FROM NAMED <IRI>, with blanks between."
        ) from None
    return Shape(form, tuple(graphs[False]), tuple(graphs[True]), steady)


def acceptable(accept: str, offered: Iterable[str]) -> str | None:
    """Return which of the offered media types an Accept header likes best (RFC 9110, section 12.5.1), or None.

    >>> acceptable("text/html, text/*;q=0.5", ["application/json", "text/csv"])
    'text/csv'
    >>> acceptable("", ["application/json"])
    'application/json'
    """
    ranges = [_range(part) for part in (accept or "*/*").split(",") if part.strip()]
    best, found = 0.0, None
    for media in offered:
        # The most exact range that a type is in tells how welcome it is.
        fitting = [
            (exact, quality)
            for wanted, exact, quality in ranges
            if wanted in (media, f"{media.split('/')[0]}/*", "*/*")
        ]
        quality = max(fitting)[1] if fitting else 0.0
        if quality > best:
            best, found = quality, media
    return found


def content_type(media: str) -> str:
    """Return the Content-Type of a media type: what is text is in UTF-8."""
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


def _range(part: str) -> tuple[str, int, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    try:
        weight = min(max(float(quality), 0.0), 1.0)
    except ValueError:
        weight = 0.0
    return media, 0 if media == "*/*" else 1 if media.endswith("/*") else 2, weight
