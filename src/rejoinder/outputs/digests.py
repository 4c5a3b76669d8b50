"""Digests of graphs that do not depend on order, nor on how a store writes a value."""

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

__all__ = ["Content", "Digest", "canonical"]

_XSD = b"http://www.w3.org/2001/XMLSchema#"
_TYPED = b'"^^<' + _XSD
_INTEGERS = {
    b"integer", b"int", b"long", b"short", b"byte", b"nonNegativeInteger", b"positiveInteger", b"nonPositiveInteger",
    b"negativeInteger", b"unsignedLong", b"unsignedInt", b"unsignedShort", b"unsignedByte",
}  # fmt: skip
_TRUTH = {b"true": b"1", b"1": b"1", b"false": b"0", b"0": b"0"}
_SECONDS = re.compile(rb"(:\d\d)(?:\.(\d*?)0*)?(Z|[+-]\d\d:\d\d)?$")
_INTEGER, _DECIMAL = re.compile(rb"[+-]?[0-9]+"), re.compile(rb"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(rb"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DURATION = re.compile(
    rb"(-)?P(?=.)(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?"
    rb"(?:T(?=.)(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.([0-9]+))?S)?)?"
)
_DURATIONS = (b"duration", b"yearMonthDuration", b"dayTimeDuration")
_ALL = 1 << 128


class Content(NamedTuple):
    """What a graph holds: its number of triples, and their digest in 32 hexadecimal digits."""

    triples: int
    digest: str


class Digest:
    """The sum of the digests of a graph's triples modulo 2^128, their number, and that of each predicate's.

    A sum, so that triples may come in any order and in pieces; BLAKE2b (RFC 7693) with 128 bits for each. It finds what
    was lost, doubled or changed; it is no seal against somebody who means to deceive. It is made twice: of what is
    written, to tell whether a graph has changed; and of the values, to compare with a store that writes them otherwise.
    """

    def __init__(self) -> None:
        self.count = 0
        self.predicates: Counter[bytes] = Counter()
        self._written = self._valued = 0

    def add(self, lines: Iterable[bytes]) -> None:
        """Add triples, each a line of N-Triples as pyoxigraph writes it."""
        count = written = valued = 0
        predicates = self.predicates
        for line in lines:
            line = line.rstrip(b" .\n")
            by_value = canonical(line)
            number = int.from_bytes(blake2b(line, digest_size=16).digest(), "big")
            written += number
            same = by_value == line
            valued += number if same else int.from_bytes(blake2b(by_value, digest_size=16).digest(), "big")
            predicates[line.split(b" ", 2)[1]] += 1
            count += 1
        self.count += count
        self._written = (self._written + written) % _ALL
        self._valued = (self._valued + valued) % _ALL

    @property
    def content(self) -> Content:
        """What was added, as it is written."""
        return Content(self.count, f"{self._written:032x}")

    @property
    def values(self) -> Content:
        """What was added, by its values."""
        return Content(self.count, f"{self._valued:032x}")


def canonical(line: bytes) -> bytes:
    r"""Return a triple with its value written in one way, so that two stores that write it differently agree.

    Integers, decimals and booleans are numbers (XML Schema 1.1 Part 2, section 3.3), as one store keeps them, and
    durations are months and seconds; floats and times lose what does not count; language tags are in lower case (RDF
    1.1 Concepts, section 3.3).

    >>> canonical(b'<urn:s> <urn:p> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .\n')
    b'<urn:s> <urn:p> "1"^^number'
    >>> canonical(b'<urn:s> <urn:p> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n')
    b'<urn:s> <urn:p> "1"^^number'
    >>> canonical(b'<urn:s> <urn:p> "Rejoinder"@en-US .\n')
    b'<urn:s> <urn:p> "Rejoinder"@en-us'
    """
    line = line.rstrip(b" .\n")
    last = line[-1:]
    if last == b'"':
        return line
    if last != b">":
        tag = line.rindex(b'"@')
        return line[:tag] + line[tag:].lower()
    at = line.rfind(_TYPED)
    if at < 0:
        return line
    start = line.index(b'"', line.index(b" ", line.index(b" ") + 1))  # the object stands behind the second space
    return line[: start + 1] + _value(line[start + 1 : at], line[at + len(_TYPED) : -1])


def _value(text: bytes, kind: bytes) -> bytes:
    if (kind in _INTEGERS and _INTEGER.fullmatch(text)) or (kind == b"decimal" and _DECIMAL.fullmatch(text)):
        return _number(text) + b'"^^number'
    if kind == b"boolean" and text in _TRUTH:
        return _TRUTH[text] + b'"^^number'
    if kind in (b"double", b"float") and _DOUBLE.fullmatch(text):
        return b'%s"^^%s' % (repr(float(text)).encode(), kind)
    if kind in _DURATIONS and (_DURATION.fullmatch(text) or _DECIMAL.fullmatch(text)):
        return b'%s"^^duration' % _duration(text)
    if kind in (b"dateTime", b"time"):
        return _SECONDS.sub(_second, text) + b'"^^' + kind
    return text + b'"^^' + kind  # no value of its datatype, or of one that all stores keep: it is what is written


def _number(text: bytes) -> bytes:
    """Return an integer or a decimal without sign, zeros and point where they say nothing, however long it is."""
    digits = text.lstrip(b"+-")
    whole, _, fraction = digits.partition(b".")
    whole, fraction = whole.lstrip(b"0") or b"0", fraction.rstrip(b"0")
    number = whole + b"." + fraction if fraction else whole
    return b"-" + number if text.startswith(b"-") and number != b"0" else number


def _duration(text: bytes) -> bytes:
    """Return months and seconds (XML Schema 1.1 Part 2, section 3.3.6), of which one store keeps either as a number."""
    parts = _DURATION.fullmatch(text)
    if parts is None:
        number = _number(text)
        return b"0 " + number if b"." in text else number + b" 0"
    years, month, day, hour, minute, second = (int(part or 0) for part in parts.groups()[1:7])
    sign = b"-" if parts[1] else b""
    months, seconds = 12 * years + month, ((24 * day + hour) * 60 + minute) * 60 + second
    return _number(b"%s%d" % (sign, months)) + b" " + _number(b"%s%d.%s" % (sign, seconds, parts[8] or b"0"))


def _second(match: "re.Match[bytes]") -> bytes:
    fraction = b"." + match[2] if match[2] else b""
    zone = b"Z" if match[3] in (b"+00:00", b"-00:00") else match[3] or b""
    return match[1] + fraction + zone
