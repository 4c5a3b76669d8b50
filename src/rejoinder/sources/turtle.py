"""Turtle read with the place of each statement."""

import io
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import IO, cast

import pyoxigraph as ox

from rejoinder.errors import InputError, did_you_mean
from rejoinder.sources.files import InputFile
from rejoinder.vocabulary import PREFIXES

__all__ = ["Place", "TurtleError", "parse", "places"]

# What may stand between two statements: white space, comments, and the marks that end the one before.
_BETWEEN = re.compile(rb"(?:[\s;,.\]\)]|#[^\n]*\n?)*")
_DIRECTIVE = re.compile(rb"(?:@prefix|@base|PREFIX|BASE)\s[^\n>]*>[ \t]*\.?", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: file, and line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Write the place as compilers do, file:line:column."""
        return f"{self.file}:{self.line}:{self.column}"


class TurtleError(InputError):
    """A file is not Turtle; `place` says where, `message` and `cure` what to do."""

    def __init__(self, place: Place, message: str, cure: str) -> None:
        super().__init__(f"{place}: {message}", cure)
        self.place = place
        self.reason = message


def parse(file: InputFile) -> list[ox.Triple]:
    """Return the triples of a Turtle file in their order (RDF 1.1 Turtle).

    Raises TurtleError with the place, the reason and the cure.
    """
    try:
        return [
            ox.Triple(quad.subject, quad.predicate, quad.object)
            for quad in ox.parse(file.content, format=ox.RdfFormat.TURTLE)
        ]
    except SyntaxError as error:
        raise _explain(file, error) from None


def places(file: InputFile) -> list[tuple[ox.Triple, Place]]:
    """Return the triples of a Turtle file with the place where each one begins.

    The parser is fed byte by byte: what it has consumed when it hands out a triple is where that triple ends, so the
    next one begins at the first token after that. Slow next to `parse`; for files that have something to be shown.
    """
    text = _ByteByByte(file.content)
    lines = [0, *(mark.end() for mark in re.finditer(rb"\n", file.content))]
    found: list[tuple[ox.Triple, Place]] = []
    end = 0
    for quad in ox.parse(cast("IO[bytes]", text), format=ox.RdfFormat.TURTLE):
        start = _first_token(file.content, end)
        line = bisect_right(lines, start)
        column = len(file.content[lines[line - 1] : start].decode("utf-8", "replace")) + 1
        found.append((ox.Triple(quad.subject, quad.predicate, quad.object), Place(file.name, line, column)))
        end = text.consumed - 1  # one byte beyond its end showed the parser that the token was over
    return found


class _ByteByByte(io.RawIOBase):
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.consumed = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        byte = self._content[self.consumed : self.consumed + 1]
        self.consumed += 1
        return byte


def _first_token(content: bytes, position: int) -> int:
    while True:
        between = _BETWEEN.match(content, position)
        position = between.end() if between else position
        directive = _DIRECTIVE.match(content, position)
        if not directive:
            return position
        position = directive.end()


def _explain(file: InputFile, error: SyntaxError) -> TurtleError:
    """Say in plain words what the parser met; its own words stay where we know no better ones."""
    reason = re.sub(r"^Parser error (?:at|between) .*?: ", "", error.msg)
    place = Place(file.name, error.lineno or 1, error.offset or 1)
    undeclared = re.search(r"The prefix (\S*): has not been declared", reason)
    if undeclared:
        prefix = undeclared[1]
        near = "" if prefix in PREFIXES else did_you_mean(prefix, list(PREFIXES))
        known = PREFIXES.get(prefix, "…")
        return TurtleError(
            place, f"the prefix '{prefix}:' is not declared", near or f"add at the top: @prefix {prefix}: <{known}> ."
        )
    if "A dot is expected at the end of statements" in reason:
        end = _last_token_before(file, place)
        return TurtleError(
            end, "the statement that ends here has no '.' behind it", "end it with '.', or with ';' if it goes on"
        )
    if "Unexpected end of file" in reason or "end of file" in reason.lower():
        return TurtleError(
            place,
            "the file ends in the middle of a statement or a string",
            "close the string (\") or end the last statement with '.'",
        )
    if "No scheme found" in reason:
        return TurtleError(place, "an IRI is not absolute", "write it whole, or with a prefix, or declare an @base")
    if "not a valid predicate" in reason:
        return TurtleError(
            place, "a property is expected here", "look for a ';' too many, or a missing '.' on the line before"
        )
    return TurtleError(
        place, f"this is not Turtle: {reason}", "see https://www.w3.org/TR/turtle/ for what may stand here"
    )


def _last_token_before(file: InputFile, place: Place) -> Place:
    lines = file.content.decode("utf-8", "replace").split("\n")
    for number in range(place.line - 1, 0, -1):
        line = lines[number - 1].split(" #")[0].rstrip()
        if line.strip() and not line.lstrip().startswith("#"):
            return Place(file.name, number, len(line))
    return place
