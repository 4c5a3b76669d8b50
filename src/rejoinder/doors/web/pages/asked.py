"""Stored queries as pages: a form of the parameters, and the answer with the citations of its rows."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.answers.answer import Answer, Row
from rejoinder.answers.citations import Citation
from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages.bars import Bars, bars
from rejoinder.doors.web.pages.drawn import Drawing, arrows
from rejoinder.doors.web.pages.names import Names
from rejoinder.doors.web.pages.proofs import RowProof, row_proof
from rejoinder.doors.web.pages.spans import spans
from rejoinder.doors.web.pages.texts import spaced
from rejoinder.doors.web.pages.timeline import Chart
from rejoinder.errors import UsageError
from rejoinder.outputs.tables import FORMATS
from rejoinder.sources.catalog import Parameter, StoredQuery, lookup
from rejoinder.vocabulary import PREFIXES

__all__ = ["Asked", "AskedRow", "Column", "Field", "asked", "why_row"]


class Field(NamedTuple):
    """A field of the form; `options` are names to choose from."""

    name: str
    label: str
    type: str
    value: str
    is_required: bool
    options: tuple[str, ...]


class Column(NamedTuple):
    """A column of the table: the place of its values, and of the IRIs that these lead to."""

    label: str
    about: str
    place: int
    link: int | None
    is_number: bool


class AskedRow(NamedTuple):
    """A row: its cells, each a term and the IRI that it leads to, and the numbers of the passages that it rests on."""

    number: int
    cells: tuple[tuple[Any, Any], ...]
    cited: tuple[int, ...]
    status: str


class Asked(NamedTuple):
    """A query with its answer; `size` counts all rows, and `given` are the parameters of this answer."""

    query: StoredQuery
    fields: tuple[Field, ...]
    columns: tuple[Column, ...]
    rows: tuple[AskedRow, ...]
    notes: tuple[Citation, ...]
    size: int
    given: Mapping[str, str]
    is_cited: bool
    formats: tuple[str, ...]
    bars: Bars | None = None
    timeline: Chart | None = None
    arrows: Drawing | None = None


# More rows than these no page shows; the formats for download have all.
_MOST = 1000
_TYPES = {"xsd_date": "date", "integer": "number"}
_BRIEF = {"absence": "nothing on record", "no-source": "given by the query", "unexplained": "unexplained"}


def asked(name: str, parameters: Mapping[str, str], graph: Graph, names: Names) -> Asked:
    """Return a query and its answer; with the parameter "cite", all rows with their passages.

    Raises UsageError for a query that there is not, and for parameters that do not fit it.
    """
    query = lookup(dict(graph.queries), name)
    given = _given(parameters, "cite")
    answer = graph.query(name, **given)
    is_cited = parameters.get("cite", "") not in ("", "0")
    columns = _columns(query, answer)
    rows, notes = _rows(answer, columns, graph if is_cited else None)
    return Asked(
        query,
        tuple(_field(one, given, graph, names) for one in query.parameters),
        columns,
        rows,
        notes,
        answer.size,
        given,
        is_cited,
        ("ttl", "jsonld", "nt") if answer.kind == "triples" else tuple(one for one in FORMATS if one != "table"),
        bars(query, answer.rows),
        spans(query, answer.rows),
        arrows(query, answer.rows),
    )


def why_row(name: str, parameters: Mapping[str, str], graph: Graph) -> tuple[Asked, RowProof]:
    """Return one row of an answer and why it is there. Raises UsageError as `asked` does, and for a row too many."""
    query = lookup(dict(graph.queries), name)
    given = _given(parameters, "row")
    answer = graph.query(name, **given)
    text = parameters.get("row", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= answer.size:
        raise UsageError(f"there is no row '{text[:40]}'", f"this answer has {answer.size}, counted from 1")
    columns = _columns(query, answer)
    row = AskedRow(number, _cells(answer, number - 1, columns), (), "")
    found = graph.cite(answer, number - 1).because(number - 1)
    shown = Asked(query, (), columns, (row,), (), answer.size, given, False, ())
    return shown, row_proof(found, graph.citations)


def _given(parameters: Mapping[str, str], ours: str) -> dict[str, str]:
    """Return the parameters of the query: an empty field of a form gives none."""
    return {name: value.strip() for name, value in parameters.items() if name != ours and value.strip()}


def _columns(query: StoredQuery, answer: Answer) -> tuple[Column, ...]:
    """Return the columns; one of IRIs beside one of the names that these bear becomes their link."""
    if answer.kind != "rows":
        return tuple(Column(label, "", place, None, False) for place, label in enumerate(_STATEMENT))
    about = dict(query.columns)
    places = {name: place for place, name in enumerate(answer.columns)}
    return tuple(
        Column(spaced(name), about.get(name, ""), place, places.get(f"{name}Iri"), _is_numeric(answer, place))
        for name, place in places.items()
        if not (name.endswith("Iri") and name.removesuffix("Iri") in places)
    )


_STATEMENT = ("subject", "property", "value")


def _is_numeric(answer: Answer, place: int) -> bool:
    terms = [row.terms[place] for row in answer.rows if row.terms[place] is not None]
    return bool(terms) and all(isinstance(term, ox.Literal) and term.datatype.value in _NUMBERS for term in terms)


_NUMBERS = {PREFIXES["xsd"] + name for name in ("integer", "decimal", "double")}


def _rows(answer: Answer, columns: tuple[Column, ...], graph: Graph | None) -> tuple[Any, Any]:
    """Return the rows and the passages that these name by number; without a graph none are looked for."""
    notes: dict[Citation, int] = {}
    found = []
    cited = graph.cite(answer) if graph else None
    for number in range(min(answer.size, _MOST)):
        numbers, status = [], ""
        if cited:
            because = cited.because(number)
            numbers = [notes.setdefault(citation, len(notes) + 1) for citation in because.citations]
            status = "" if numbers else _BRIEF.get(because.status, "by definition")
        found.append(AskedRow(number + 1, _cells(answer, number, columns), tuple(sorted(numbers)), status))
    return tuple(found), tuple(notes)


def _cells(answer: Answer, number: int, columns: tuple[Column, ...]) -> tuple[tuple[Any, Any], ...]:
    terms: Any
    if answer.kind == "rows":
        row: Row = answer.rows[number]
        terms = row.terms
    elif answer.kind == "triples":
        terms = tuple(answer.triples[number])
    else:
        terms = (ox.Literal("yes" if answer.boolean else "no"), None, None)
    return tuple((terms[one.place], None if one.link is None else terms[one.link]) for one in columns)


def _field(parameter: Parameter, given: Mapping[str, str], graph: Graph, names: Names) -> Field:
    value = given.get(parameter.name) or parameter.default or ""
    options: tuple[str, ...] = ()
    if parameter.type == "iri":
        options = _options(parameter, graph, names)
        label = names.label(value)
        value = label if label in options else value
    return Field(
        parameter.name, spaced(parameter.name), _TYPES.get(parameter.type, "text"), value, parameter.required, options
    )


def _options(parameter: Parameter, graph: Graph, names: Names) -> tuple[str, ...]:
    """Return what fits a parameter: names of the class that is called like it, or of what its default is.

    A name that two things bear cannot tell which is meant.
    """
    kinds = {kind for kind in names.members if names.label(kind).casefold() == spaced(parameter.name)}
    if not kinds and parameter.default:
        kinds = {kind for kind, members in names.members.items() if parameter.default in members}
    fitting = {names.label(iri) for kind in kinds for iri in names.members[kind]}
    known = graph.labels()
    return tuple(sorted(label for label in fitting if len(known.get(label, ())) == 1))
