"""Ask the embedded engine so that it can put any values in order.

SPARQL 1.1, section 15.1, leaves it open how values compare that `<` does not, such as a number and a text. Oxigraph
compares numbers by value and a number with a text by letters, so that 9 < 10, 10 < "10a" and "10a" < 9; where its
sorting meets such a circle, it ends the whole process. Here each ORDER BY first compares what kind its values are of:
unbound, blank nodes and IRIs, numbers, what letters put in order, and each kind of value that they do not.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from rejoinder.sources.catalog import tokens
from rejoinder.vocabulary import PREFIXES

__all__ = ["comparable", "query"]

# Behind a prefix or in a name these are no keywords.
_ORDER = re.compile(r"(?<![\w:?$.-])ORDER\s+BY(?![\w:.-])", re.IGNORECASE)
# A condition up to its variable or its opening bracket, where "_" stands for each letter of an IRI.
_CONDITION = re.compile(
    r"""\s*(?P<way>ASC\b|DESC\b|)
        \s*(?P<key>[?$]\w+|(?!VALUES\b)(?:[\w.-]*:?[\w.:%-]+\s*)?\(|(?:NOT\s+)?EXISTS\s*\{)""",
    re.IGNORECASE | re.VERBOSE,
)

_XSD = PREFIXES["xsd"]
_FUNCTION = ox.NamedNode("urn:rejoinder:kind")
# Kinds are texts, and what is not bound has none, and comes first. The engine tells the frequent ones fastest.
_KIND = (
    'IF(isNumeric({key}), "0", IF(!isLiteral({key}), "", '
    f'IF(DATATYPE({{key}}) = <{_XSD}string>, "1", {_FUNCTION}({{key}}))))'
)
# Dates of four-digit years, without a time zone.
_DATE = re.compile(r"\d{4}(-\d\d){0,2}(T[\d:.]+)?")
_ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)$")
_MONTHS, _DAYS = re.compile(r"-?P[^DT]*"), re.compile(r"-?P[^YM]*(T.*)?")


def query(store: ox.Store, text: str, **options: Any) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """Run a query as `pyoxigraph.Store.query` does, which takes the options, whatever its ORDER BY has to compare."""
    safe = comparable(text)
    if safe != text:
        try:
            return store.query(safe, custom_functions={_FUNCTION: _kind}, **options)
        except SyntaxError:
            pass  # it is told of the text as it was written
    return store.query(text, **options)


@lru_cache(maxsize=256)
def comparable(text: str) -> str:
    """Return a query whose every ORDER BY compares the kinds of values before the values.

    >>> comparable("SELECT * { ?s ?p ?o }")
    'SELECT * { ?s ?p ?o }'
    >>> comparable("SELECT * { ?s ?p ?o } ORDER BY DESC(?o) LIMIT 3").count("DESC(")
    2
    """
    pieces, done = [], 0
    for start, way, key in _conditions(text):
        pieces += [text[done:start], f" {way}({_KIND.format(key=key)}) "]
        done = start
    return "".join([*pieces, text[done:]])


def _conditions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield where each condition of an ORDER BY begins, its direction and its key (SPARQL 1.1, section 19.8)."""
    if "order" not in text.lower():
        return
    # Of the same length, with nothing in it that is no code.
    code = "".join(
        piece if kind in ("other", "variable") else ("_" if kind == "iri" else " ") * len(piece)
        for kind, piece in tokens(text)
    )
    for order in _ORDER.finditer(code):
        end = order.end()
        while found := _CONDITION.match(code, end):
            start, end = end, found.end()
            if code[end - 1] in "({":
                end = _closed(code, end)
            yield start, found["way"] or "ASC", text[found.start("key") : end]


def _closed(code: str, at: int) -> int:
    """Return where the bracket ends that is opened before this place."""
    depth = 1
    while depth and at < len(code):
        depth += (code[at] in "({") - (code[at] in ")}")
        at += 1
    return at


def _kind(literal: ox.Literal) -> ox.Literal:
    """Return the kind of a literal that is no number: all of a kind have one order, by value or by their letters."""
    datatype, value = literal.datatype.value, literal.value
    # By letters: what the engine knows no values of, and what has the same order by value.
    if not datatype.startswith(_XSD) or _DATE.fullmatch(value):
        return ox.Literal("1")
    if datatype == f"{_XSD}duration":
        # Months do not compare with days.
        return ox.Literal("months" if _MONTHS.fullmatch(value) else "days" if _DAYS.fullmatch(value) else f"P {value}")
    return ox.Literal(f"{datatype} with a zone" if _ZONE.search(value) else datatype)
