"""What makes a literal well-typed, as tests in SPARQL that mean the same on every engine."""

from rejoinder.vocabulary import PREFIXES

__all__ = ["well_typed"]

_XSD = PREFIXES["xsd"]

_DECIMAL = "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)"
_FLOAT = f"{_DECIMAL}([eE][+-]?[0-9]+)?|[+-]?INF|NaN"
_DAY = "-?[0-9]{4,}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?"
_ZONE = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_MONTH = "(0[1-9]|1[0-2])"
_YEARS, _DAYS = "([0-9]+Y([0-9]+M)?|[0-9]+M)", "([0-9]+D)"
_HOURS = "(T([0-9]+H([0-9]+M)?([0-9]+([.][0-9]+)?S)?|[0-9]+M([0-9]+([.][0-9]+)?S)?|[0-9]+([.][0-9]+)?S))"

# Lexical spaces (XSD 1.1, part 2). Casts would be shorter; but an engine's integers end somewhere, XSD's do not.
_LEXICAL = {
    "boolean": "true|false|0|1",
    "date": _DAY + _ZONE,
    "dateTime": f"{_DAY}T{_TIME}{_ZONE}",
    "dayTimeDuration": f"-?P({_DAYS}{_HOURS}?|{_HOURS})",
    "decimal": _DECIMAL,
    "double": _FLOAT,
    "duration": f"-?P({_YEARS}{_DAYS}?{_HOURS}?|{_DAYS}{_HOURS}?|{_HOURS})",
    "float": _FLOAT,
    "gYear": f"-?[0-9]{{4,}}{_ZONE}",
    "gYearMonth": f"-?[0-9]{{4,}}-{_MONTH}{_ZONE}",
    "time": _TIME + _ZONE,
    "yearMonthDuration": f"-?P{_YEARS}",
}
# That there is no 30th of February a cast knows, which for dateTime is part of SPARQL 1.1 (section 17.1).
_MOMENTS = {
    "date": 'CONCAT(REPLACE(STR({0}), "(Z|[+-][0-9]+:[0-9]+)$", ""), "T00:00:00")',
    "dateTime": "STR({0})",
    "time": 'CONCAT("2000-01-01T", STR({0}))',
}
# The integers that an integer of each type is between; those that SPARQL 1.1 has an operator for (section 17.1).
_INTEGERS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    **{
        name: (-(2**bits) // 2, 2**bits // 2 - 1)
        for name, bits in (("long", 64), ("int", 32), ("short", 16), ("byte", 8))
    },
    **{
        name: (0, 2**bits - 1)
        for name, bits in (("unsignedLong", 64), ("unsignedInt", 32), ("unsignedShort", 16), ("unsignedByte", 8))
    },
}


def well_typed(datatype: str, value: str) -> str:
    """Return the SPARQL expression that is true of a well-typed literal of a datatype, both written as SPARQL.

    Of a datatype that is not known here, every literal is well-typed (SHACL, section 4.1.2).

    >>> well_typed("<http://example.org/date>", "?value")
    'DATATYPE(?value) = <http://example.org/date>'
    """
    name = datatype[1:-1].removeprefix(_XSD)
    tests = [f"DATATYPE({value}) = {datatype}"]
    if name in _LEXICAL or name in _INTEGERS:
        tests.append(f'REGEX(STR({value}), "^({_LEXICAL.get(name, "[+-]?[0-9]+")})$")')
    if name in _MOMENTS:
        tests.append(f"DATATYPE(<{_XSD}dateTime>({_MOMENTS[name].format(value)})) = <{_XSD}dateTime>")
    least, most = _INTEGERS.get(name, (None, None))
    tests += [f"<{_XSD}decimal>(STR({value})) >= {least}"] if least is not None else []
    tests += [f"<{_XSD}decimal>(STR({value})) <= {most}.0"] if most is not None else []
    return " && ".join(tests)
