"""Stored queries read from their files: grlc headers, parameters and text."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from rejoinder.errors import InputError, UsageError, did_you_mean
from rejoinder.sources.files import InputFile

__all__ = ["Parameter", "StoredQuery", "form_of", "from_record", "lookup", "read", "to_record", "tokens"]

_KEYS = {"summary", "question", "description", "tags", "defaults", "columns", "chart"}
# How an answer is drawn: bars as long as the numbers of a column, on a linear scale or a logarithmic one; what a column
# names on an axis of time, by the columns earliest and latest; or arrows from what one column names to what another
# does.
_CHART = {"bars": None, "scale": ("linear", "log"), "timeline": None, "from": None, "to": None}
_REQUIRED = ("summary", "question", "tags")

# SPARQL 1.1, section 19.8: what a variable can hide in is an IRI, a comment or a string, so these are matched first.
_TOKEN = re.compile(
    r"""(?P<iri><(?:[^<>"{}|^`\\\s]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
      | (?P<comment>\#[^\n]*)
      | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"
                 |'''(?:[^'\\]|\\.|'(?!''))*'''
                 |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<variable>[?$]\w+)""",
    re.VERBOSE | re.DOTALL,
)
# grlc's form: ?_name_type, ?__name_type where the parameter is optional; a type of XSD is written xsd_date.
_PARAMETER = re.compile(r"^[?$](_{1,2})([A-Za-z0-9]+)_(iri|literal|integer|xsd_[a-zA-Z]+)$")


class Parameter(NamedTuple):
    """A value that a query takes: its name, its type (iri, literal, integer or xsd_…), and its default, if any."""

    name: str
    type: str
    variable: str
    required: bool
    default: str | None = None


class StoredQuery(NamedTuple):
    """A query of the catalog: the header's words and the SPARQL text, header included."""

    name: str
    summary: str
    question: str
    text: str
    description: str = ""
    tags: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    chart: tuple[tuple[str, str], ...] = ()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of their first use."""
        defaults = dict(self.defaults)
        found: dict[str, Parameter] = {}
        for kind, token in tokens(self.text):
            match = _PARAMETER.match(token) if kind == "variable" else None
            if match:
                marks, name, type_ = match.groups()
                found.setdefault(name, Parameter(name, type_, token, len(marks) == 1, defaults.get(name)))
        return tuple(found.values())


_FORM = re.compile(r"(?<![\w:.-])(SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w:.-])", re.IGNORECASE)


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield a SPARQL text in pieces: iri, comment, string, variable, and other for what lies between them.

    >>> [piece for kind, piece in tokens('# ?a\\n<x?b> "?c" ?d') if kind == "variable"]
    ['?d']
    """
    position = 0
    for match in _TOKEN.finditer(text):
        if match.start() > position:
            yield "other", text[position : match.start()]
        yield match.lastgroup or "other", match.group()
        position = match.end()
    if position < len(text):
        yield "other", text[position:]


def form_of(text: str) -> str:
    """Return the form of a query, in capitals (SPARQL 1.1 Query, section 16); "" for what has none.

    >>> form_of("PREFIX select: <urn:x> # SELECT\\nconstruct WHERE { ?s ?p ?o }")
    'CONSTRUCT'
    """
    for kind, piece in tokens(text):
        found = _FORM.search(piece) if kind == "other" else None
        if found:
            return found[1].upper()
    return ""


def read(file: InputFile) -> StoredQuery:
    """Read a stored query. Raises InputError, with the line, for a header that is broken or has an unknown key."""
    import yaml  # only where a catalog is read from its files; a compiled one holds the parsed headers

    text = file.content.decode("utf-8")
    lines = text.split("\n")
    count = next((number for number, line in enumerate(lines) if not line.startswith("#+")), len(lines))
    try:
        header = yaml.load("\n".join(line[2:] for line in lines[:count]), Loader=yaml.BaseLoader) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise InputError(
            f"{file.name}:{line}:1: the header is not YAML: {getattr(error, 'problem', error)}",
            "put values with ':' or '#' in quotes, and indent lists with ' - '",
        ) from None
    _check_header(file, header, lines[:count])
    return StoredQuery(
        name=file.stem,
        summary=header["summary"],
        question=header["question"],
        description=header.get("description", ""),
        tags=tuple(header["tags"]),
        columns=_pairs(header.get("columns")),
        defaults=_pairs(header.get("defaults")),
        chart=_pairs(header.get("chart")),
        text=text,
    )


def _check_header(file: InputFile, header: Any, lines: list[str]) -> None:
    if not isinstance(header, dict):
        raise InputError(f"{file.name}:1:1: the header has no keys", "begin it with: #+ summary: …")
    for key in header:
        if key not in _KEYS:
            line = next(number for number, line in enumerate(lines, 1) if line[2:].strip().startswith(f"{key}"))
            cure = did_you_mean(key, sorted(_KEYS), f"known keys: {', '.join(sorted(_KEYS))}")
            raise InputError(f"{file.name}:{line}:1: unknown header key '{key}'", cure)
    for key in _REQUIRED:
        if not header.get(key):
            raise InputError(f"{file.name}:1:1: the header has no '{key}'", f"add a line: #+ {key}: …")
    for key in ("tags", "columns", "defaults", "chart"):
        if not isinstance(header.get(key, []), list):
            raise InputError(f"{file.name}:1:1: '{key}' must be a list", "write each entry on its own line: #+   - …")
    for key in ("columns", "defaults", "chart"):
        if not all(isinstance(item, dict) and len(item) == 1 for item in header.get(key, [])):
            raise InputError(f"{file.name}:1:1: an entry of '{key}' is not 'name: text'", "write: #+   - name: text")
    columns = [name for name, _ in _pairs(header.get("columns"))]
    for key, value in _pairs(header.get("chart")):
        known = _CHART.get(key, ()) or columns
        if key not in _CHART or value not in known:
            raise InputError(
                f"{file.name}:1:1: the chart has '{key}: {value}'",
                f"known: {', '.join(_CHART)}" if key not in _CHART else f"'{key}' is one of: {', '.join(known)}",
            )


def _pairs(items: list[dict[str, str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple(pair for item in items or [] for pair in item.items())


def lookup(catalog: dict[str, StoredQuery], name: str) -> StoredQuery:
    """Return the query of a name. Raises UsageError with the nearest name where there is none."""
    if name not in catalog:
        cure = did_you_mean(name, list(catalog), "see: rejoinder queries")
        raise UsageError(f"there is no stored query '{name}'", cure)
    return catalog[name]


def to_record(query: StoredQuery) -> dict[str, Any]:
    """Return a query as what JSON can hold; `from_record` reads it back."""
    return {key: value for key, value in query._asdict().items() if value}


def from_record(record: dict[str, Any]) -> StoredQuery:
    """Return the query that `to_record` wrote."""
    nested = {key: tuple(tuple(pair) for pair in record.get(key, ())) for key in ("columns", "defaults", "chart")}
    return StoredQuery(**{**record, **nested, "tags": tuple(record.get("tags", ()))})
