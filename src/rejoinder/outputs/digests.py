"""Digests of graphs that do not depend on order, nor on how a store writes a value."""

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
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
_DURATION = re.compile(rb"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_ALL = 1 << 128


class Content(NamedTuple):
    """What a graph holds: its number of triples, and their digest in 32 hexadecimal digits."""

    triples: int
    digest: str


class Digest:
    """The sum of the digests of a graph's triples modulo 2^128, their number, and that of each predicate's.

    A sum, so that triples may come in any order and in pieces; BLAKE2b (RFC 7693) with 128 bits for each. It finds what
    was lost, doubled or changed; it is no seal against somebody who means to deceive.
    """

    def __init__(self) -> None:
        self.count = 0
        self.predicates: Counter[bytes] = Counter()
        self._sum = 0

    def add(self, lines: Iterable[bytes]) -> None:
        """Add triples, each a line of N-Triples as pyoxigraph writes it."""
        count = total = 0
        predicates = self.predicates
        for line in lines:
            total += int.from_bytes(blake2b(canonical(line), digest_size=16).digest(), "big")
            predicates[line.split(b" ", 2)[1]] += 1
            count += 1
        self.count += count
        self._sum = (self._sum + total) % _ALL

    @property
    def content(self) -> Content:
        """What was added."""
        return Content(self.count, f"{self._sum:032x}")


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
    try:
        if kind in _INTEGERS or kind == b"decimal":
            number = Decimal(text.decode())
            return b'%s"^^number' % format(number.normalize() if number else Decimal(0), "f").encode()
        if kind == b"boolean":
            return _TRUTH[text] + b'"^^number'
        if kind in (b"double", b"float"):
            return b'%s"^^%s' % (repr(float(text)).lower().encode(), kind)
        if kind in (b"duration", b"yearMonthDuration", b"dayTimeDuration"):
            return b'%s"^^duration' % _duration(text)
        if kind in (b"dateTime", b"time"):
            return _SECONDS.sub(_second, text) + b'"^^' + kind
    except (ValueError, KeyError, InvalidOperation):
        pass  # no value of its datatype: it is what is written
    return text + b'"^^' + kind


def _duration(text: bytes) -> bytes:
    """Return months and seconds (XML Schema 1.1 Part 2, section 3.3.6), of which one store keeps either as a number."""
    parts = _DURATION.fullmatch(text)
    if parts is None:
        number = Decimal(text.decode())
        months, seconds = (Decimal(0), number) if b"." in text else (number, Decimal(0))
    else:
        years, month, day, hour, minute, second = (Decimal((part or b"0").decode()) for part in parts.groups()[1:])
        sign = -1 if parts[1] else 1
        months = sign * (12 * years + month)
        seconds = sign * (((24 * day + hour) * 60 + minute) * 60 + second)
    return f"{int(months)} {seconds.normalize() if seconds else 0:f}".encode()


def _second(match: "re.Match[bytes]") -> bytes:
    fraction = b"." + match[2] if match[2] else b""
    zone = b"Z" if match[3] in (b"+00:00", b"-00:00") else match[3] or b""
    return match[1] + fraction + zone
