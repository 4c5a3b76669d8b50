"""Values that a store writes in a way of its own, written as XML Schema does; and those that it takes in one way."""

import json
import re
from collections.abc import Callable

import pyoxigraph as ox

__all__ = ["decimals", "mended", "mended_triple"]

_XSD = "http://www.w3.org/2001/XMLSchema#"
# The object of a statement: within a literal, a quotation mark would have a backslash before it.
_DECIMAL = re.compile(
    rb' "([+-]?)(?=\.?[0-9])0*([0-9]*)\.?([0-9]*?)0*"\^\^<http://www\.w3\.org/2001/XMLSchema#decimal> '
)


def decimals(statements: bytes) -> bytes:
    """Return N-Triples or N-Quads with decimals in canonical form (XML Schema 1.0 Part 2, section 3.2.3.2).

    One store can delete no others: it keeps 1.50 apart from 1.5, and reads both as the latter.

    >>> decimals(b'<urn:s> <urn:p> "+01.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .')
    b'<urn:s> <urn:p> "1.5"^^<http://www.w3.org/2001/XMLSchema#decimal> .'
    """
    return _DECIMAL.sub(_decimal, statements)


def _decimal(found: "re.Match[bytes]") -> bytes:
    sign, whole, fraction = found.groups()
    minus = b"-" if sign == b"-" and (whole or fraction) else b""
    return b' "%s%s.%s"^^<%sdecimal> ' % (minus, whole or b"0", fraction or b"0", _XSD.encode())


def mended(results: bytes) -> bytes:
    """Return SPARQL 1.1 Query Results JSON with booleans and durations in canonical form (XML Schema 1.1 Part 2, E.2).

    A decimal without a point is an integer: that is what larger ones come back as.

    >>> mended(b'{"results": {"bindings": [{"x": {"value": "14", "datatype": "%sduration"}}]}}' % _XSD.encode())
    b'{"results": {"bindings": [{"x": {"value": "P1Y2M", "datatype": "http://www.w3.org/2001/XMLSchema#duration"}}]}}'
    """
    if not any((_XSD + kind).encode() in results for kind in (*_MENDS, "decimal")):
        return results
    document = json.loads(results)
    for row in document.get("results", {}).get("bindings", ()):
        for term in row.values():
            if "datatype" in term:
                term["value"], term["datatype"] = _mended(term["value"], term["datatype"])
    return json.dumps(document).encode()


def mended_triple(triple: ox.Triple) -> ox.Triple:
    """Return a triple with its value written likewise."""
    value = triple.object
    if not isinstance(value, ox.Literal):
        return triple
    text, kind = _mended(value.value, value.datatype.value)
    if value.language or (text, kind) == (value.value, value.datatype.value):
        return triple
    return ox.Triple(triple.subject, triple.predicate, ox.Literal(text, datatype=ox.NamedNode(kind)))


def _mended(text: str, datatype: str) -> tuple[str, str]:
    kind = datatype.removeprefix(_XSD)
    if kind == "decimal" and text.removeprefix("-").isdigit():
        return text, _XSD + "integer"
    return (_MENDS[kind](text) if kind in _MENDS else text), datatype


def _boolean(text: str) -> str:
    return {"1": "true", "0": "false"}.get(text, text)


def _duration(text: str) -> str:
    """Return a duration of which only a number is left: months if it is whole, else seconds, such as "300.0"."""
    number = text.removeprefix("-")
    sign = text[: len(text) - len(number)]
    if number.isdigit():
        years, months = divmod(int(number), 12)
        return f"{sign}P{f'{years}Y' * (years > 0)}{f'{months}M' * (months > 0 or not years)}"
    if not number.replace(".", "", 1).isdigit():
        return text
    whole, _, fraction = number.partition(".")
    days, rest = divmod(int(whole), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    second = f"{seconds}.{fraction.rstrip('0')}".rstrip(".")
    parts = [f"{hours}H" * (hours > 0), f"{minutes}M" * (minutes > 0), f"{second}S" * (second != "0")]
    time = "".join(parts) or ("0S" if not days else "")
    return f"{sign}P{f'{days}D' * (days > 0)}{f'T{time}' * bool(time)}"


_MENDS: dict[str, Callable[[str], str]] = {
    "boolean": _boolean,
    "duration": _duration,
    "yearMonthDuration": _duration,
    "dayTimeDuration": _duration,
}
