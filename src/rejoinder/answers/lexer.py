"""SPARQL text in tokens, with its names and literals resolved (SPARQL 1.1, sections 19.2 to 19.8)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

import pyoxigraph as ox

from rejoinder.answers.patterns import Term
from rejoinder.answers.scopes import Names
from rejoinder.errors import UsageError
from rejoinder.sources.catalog import tokens
from rejoinder.vocabulary import PREFIXES, RDF_TYPE

__all__ = ["Cursor", "Token", "compared", "lex", "refused", "resolved", "unescaped"]

#: Its kind (iri, string, variable, bnode, name, language, number, word or mark) and the text.
Token = tuple[str, str]

_ESCAPED = r"%[0-9A-Fa-f]{2}|\\."
_PIECE = re.compile(
    rf"""(?P<bnode>_:\w(?:[\w.-]*[\w-])?)
      | (?P<name>(?:[^\W\d_](?:[\w.-]*[\w-])?)?:
          (?:(?:[\w:]|{_ESCAPED})(?:(?:[\w:.-]|{_ESCAPED})*(?:[\w:-]|{_ESCAPED}))?)?)
      | (?P<language>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
      | (?P<number>(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+|\d*\.\d+|\d+)
      | (?P<word>\w+)
      | (?P<mark>\^\^|&&|\|\||!=|<=|>=|<<|\S)""",
    re.VERBOSE,
)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def refused(what: str) -> UsageError:
    """Return the error for a query that cannot be cited."""
    return UsageError(
        f"answers to queries with {what} cannot be cited", "leave --cite out, or ask without it; see docs/citations.md"
    )


class Cursor:
    """Reads tokens one by one, and terms with the prefixes, the base and the blank nodes of a query."""

    def __init__(self, text: str) -> None:
        self.tokens = list(lex(text))
        self.at = 0
        self.prefixes: dict[str, str] = {}
        self.base = ""
        self.blank: dict[str, ox.Variable] = {}
        self._names = Names((token[1][1:] for token in self.tokens if token[0] == "variable"), "_b")

    # Words are compared without regard to case; all else is as it is.

    def is_(self, *wanted: str) -> bool:
        """Tell whether one of these words or marks comes next."""
        if self.at >= len(self.tokens):
            return False
        kind, piece = self.tokens[self.at]
        return kind in ("word", "mark") and piece.upper() in wanted

    def take(self, *wanted: str) -> bool:
        """Go past one of these words or marks, if it comes next, and tell whether it did."""
        found = self.is_(*wanted)
        self.at += found
        return found

    def next(self) -> tuple[str, str]:
        """Go past any token, and return it."""
        if self.at >= len(self.tokens):
            raise refused("a structure that is not known here")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, mark: str) -> None:
        """Go past a mark that must come next."""
        if not self.take(mark):
            found = self.tokens[self.at][1] if self.at < len(self.tokens) else "the end"
            raise refused(f"'{found}' where '{mark}' is expected")

    def fresh(self) -> ox.Variable:
        """Return a variable that the query does not use."""
        variable = self._names.fresh()
        return self.blank.setdefault(variable.value, variable)

    def variable(self) -> ox.Variable:
        """Go past a variable, and return it."""
        kind, piece = self.next()
        if kind != "variable":
            raise refused(f"'{piece}' where a variable is expected")
        return ox.Variable(piece[1:])

    def term(self) -> Term:
        """Go past a term, and return it; a blank node is a variable."""
        kind, piece = self.next()
        if kind == "variable":
            return ox.Variable(piece[1:])
        if kind == "iri":
            return ox.NamedNode(resolved(unescaped(piece[1:-1]), self.base))
        if kind == "name":
            prefix, _, local = piece.partition(":")
            return ox.NamedNode(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))
        if kind == "bnode":
            return self.blank[piece] if piece in self.blank else self.blank.setdefault(piece, self._names.fresh())
        if kind == "string":
            return self._literal(piece)
        if kind == "word" and piece == "a":
            return ox.NamedNode(RDF_TYPE)
        if kind == "word" and piece.lower() in ("true", "false"):
            return ox.Literal(piece.lower(), datatype=ox.NamedNode(PREFIXES["xsd"] + "boolean"))
        if piece in "+-" and self.tokens[self.at][0] == "number":
            return _number(piece + self.next()[1])
        if kind == "number":
            return _number(piece)
        raise refused("triple terms" if piece == "<<" else f"'{piece}' where a term is expected")

    def _literal(self, quoted: str) -> ox.Literal:
        size = 3 if quoted[:3] in ('"""', "'''") else 1
        value = unescaped(quoted[size:-size])
        if self.take("^^"):
            datatype = self.term()
            if not isinstance(datatype, ox.NamedNode):
                raise refused(f"'{datatype}' where a datatype is expected")
            return stored(ox.Literal(value, datatype=datatype))
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "language":
            return ox.Literal(value, language=self.next()[1][1:])
        return ox.Literal(value)


def lex(text: str) -> Iterator[Token]:
    """Yield the tokens of a query, comments left out."""
    for kind, piece in tokens(text):
        if kind == "other":
            yield from ((match.lastgroup or "", match.group()) for match in _PIECE.finditer(piece))
        elif kind != "comment":
            yield kind, piece


def compared(found: list[Token], at: int) -> list[Token]:
    """Return tokens with one that reads as an IRI as what it is behind a value: `?a<?b&&?c>1` compares twice."""
    inside = [("mark", "<"), *lex(found[at][1][1:-1])]
    joined = found[at + 1 : at + 2] == [("mark", "=")]
    return [*found[:at], *inside, ("mark", ">=" if joined else ">"), *found[at + 1 + joined :]]


def resolved(iri: str, base: str) -> str:
    """Return an IRI, made absolute with the base of the query."""
    if not base or _ABSOLUTE.match(iri):
        return iri
    # The engine's own resolution (RFC 3986, section 5.2), from the same library.
    (quad,) = ox.parse(f"<{iri}> <urn:p> <urn:o> .", format=ox.RdfFormat.TURTLE, base_iri=base)
    return quad.subject.value if isinstance(quad.subject, ox.NamedNode) else iri


def _number(text: str) -> ox.Literal:
    """Return the literal that a number is."""
    kind = "double" if "e" in text.lower() else "decimal" if "." in text else "integer"
    return stored(ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + kind)))


@lru_cache(maxsize=256)
def stored(literal: ox.Literal) -> ox.Literal:
    """Return a literal as the store writes it: it keeps the value of a number, not its spelling."""
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), literal))
    return cast(ox.Literal, next(iter(store)).object)


def unescaped(text: str) -> str:
    """Return a text with its escapes resolved (SPARQL 1.1, sections 19.2 and 19.7)."""

    def resolve(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _ESCAPES.get(code, code)

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", resolve, text) if "\\" in text else text
