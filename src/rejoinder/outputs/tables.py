"""Answers as text: tables for people, and the formats that programs read."""

import json
import math
import unicodedata
from typing import Any

import pyoxigraph as ox

from rejoinder.answers.answer import Answer, Row
from rejoinder.errors import UsageError
from rejoinder.vocabulary import PREFIXES, compress

__all__ = ["FORMATS", "GRAPH_FORMATS", "plain", "shown", "values", "write"]

#: Formats for rows, and for graphs (CONSTRUCT, DESCRIBE).
FORMATS = ("table", "csv", "tsv", "json", "jsonl", "srj", "markdown")
GRAPH_FORMATS = ("turtle", "json-ld", "ntriples")

_XSD = PREFIXES["xsd"]
# With fewer cells than these a column says nothing.
_LEAST = 12


def write(answer: Answer, format: str, *, width: int | None = None) -> str:
    """Return an answer as text that ends in a line break.

    csv and tsv are SPARQL 1.1 Query Results CSV and TSV, srj is SPARQL 1.1 Query Results JSON; json is a list of
    objects with the values of Python, jsonl one object a line. A table is cut to `width` columns where that is given;
    where too little of its cells would be left, each row is written as lines of its own. Raises UsageError for a format
    that does not fit the kind of answer.
    """
    if answer.kind == "triples":
        return _write_graph(answer, format)
    if format in GRAPH_FORMATS:
        raise UsageError(
            f"'{format}' is a format for graphs, and this query answers with {answer.kind}",
            f"choose one of: {', '.join(FORMATS)}",
        )
    if answer.kind == "boolean":
        if format == "srj":
            return json.dumps({"head": {}, "boolean": answer.boolean}) + "\n"
        return json.dumps(answer.boolean) + "\n"
    return _WRITERS[format](answer, width)


def _table(answer: Answer, width: int | None) -> str:
    text = _aligned(answer, width, edge="", gap="  ", rule="-", escape=plain)
    is_wider = width is not None and any(_cells(line) > width for line in text.splitlines())
    return _records(answer) if is_wider and answer.rows else text


def _records(answer: Answer) -> str:
    """Return rows as blocks of lines, one for each value that there is."""
    margin = max(map(_cells, map(plain, answer.columns))) + 2
    blocks = [
        [
            f"{_pad(plain(column), margin, right=False)}{plain(shown(term))}\n"
            for column, term in zip(answer.columns, row.terms, strict=True)
            if term is not None
        ]
        for row in answer.rows
    ]
    return "\n".join("".join(block) for block in blocks)


def _markdown(answer: Answer, width: int | None) -> str:
    return _aligned(answer, None, edge="|", gap=" | ", rule="-", escape=_escape_markdown)


def _aligned(answer: Answer, width: int | None, edge: str, gap: str, rule: str, escape: Any) -> str:
    header = [escape(column) for column in answer.columns]
    body = [[escape(shown(term)) for term in row.terms] for row in answer.rows]
    numeric = [all(_is_number(row.terms[i]) for row in answer.rows) and bool(body) for i in range(len(header))]
    widths = [max(_cells(line[i]) for line in [header, *body]) for i in range(len(header))]
    if width:
        widths = _fit(widths, width, len(gap))
    lines = [header, [rule * size for size in widths], *body]
    left, right = (edge + " ", " " + edge) if edge else ("", "")
    text = [
        left
        + gap.join(_pad(cell, size, right=number) for cell, size, number in zip(line, widths, numeric, strict=True))
        + right
        for line in lines
    ]
    return "".join(line.rstrip() + "\n" for line in text)


def _fit(widths: list[int], width: int, gap: int) -> list[int]:
    """Take from the widest columns until the table fits, but leave each so many cells that it can be read."""
    widths = list(widths)
    excess = sum(widths) + gap * (len(widths) - 1) - width
    while excess > 0 and max(widths, default=0) > _LEAST:
        widest = widths.index(max(widths))
        widths[widest] -= 1
        excess -= 1
    return widths


def _pad(text: str, size: int, *, right: bool) -> str:
    if _cells(text) > size:
        while _cells(text) > size - 1:
            text = text[:-1]
        text += "…"
    blanks = " " * (size - _cells(text))
    return blanks + text if right else text + blanks


def _cells(text: str) -> int:
    """Count the cells that a text takes on a terminal: wide letters of East Asia take two, marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shown(term: Any) -> str:
    """Return a term as a cell shows it: an IRI in short, of a literal the text, nothing for what is unbound."""
    if term is None:
        return ""
    return compress(term.value) if isinstance(term, ox.NamedNode) else _lexical(term)


def plain(text: str) -> str:
    """Keep control characters of the data off the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _escape_markdown(text: str) -> str:
    text = plain(text).replace("\\", "\\\\").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in "|[]`*" else letter for letter in text)


def _is_number(term: Any) -> bool:
    return term is None or (
        isinstance(term, ox.Literal) and term.datatype.value in (_XSD + "integer", _XSD + "decimal", _XSD + "double")
    )


def _lexical(term: Any) -> str:
    return term.value if isinstance(term, ox.Literal | ox.NamedNode) else str(term)


def _csv(answer: Answer, width: int | None) -> str:
    lines = [answer.columns, *([_lexical(term) if term else "" for term in row.terms] for row in answer.rows)]
    return "".join(",".join(_csv_cell(cell) for cell in line) + "\n" for line in lines)


def _csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in '",\n\r') else text


def _tsv(answer: Answer, width: int | None) -> str:
    lines = ["\t".join(f"?{column}" for column in answer.columns)]
    lines += ["\t".join(str(term) if term else "" for term in row.terms) for row in answer.rows]
    return "".join(line + "\n" for line in lines)


def _json(answer: Answer, width: int | None) -> str:
    rows = [values(row) for row in answer.rows]
    if not rows:
        return "[]\n"
    return "[\n" + ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def _jsonl(answer: Answer, width: int | None) -> str:
    return "".join(json.dumps(values(row), ensure_ascii=False) + "\n" for row in answer.rows)


def values(row: Row) -> dict[str, Any]:
    """Return a row as what JSON can hold (RFC 8259): dates, decimals, and numbers that are none, as text."""
    return {column: _value(row[column], term) for column, term in zip(row, row.terms, strict=True)}


def _value(value: Any, term: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return _lexical(term)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _srj(answer: Answer, width: int | None) -> str:
    bindings = [
        {column: _srj_term(term) for column, term in zip(answer.columns, row.terms, strict=True) if term is not None}
        for row in answer.rows
    ]
    record = {"head": {"vars": list(answer.columns)}, "results": {"bindings": bindings}}
    return json.dumps(record, ensure_ascii=False) + "\n"


def _srj_term(term: Any) -> dict[str, Any]:
    if isinstance(term, ox.Triple):  # of RDF 1.2; SPARQL 1.2 Query Results JSON, section 3.2.2
        parts = (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
        return {"type": "triple", "value": {name: _srj_term(part) for name, part in parts}}
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    record = {"type": "literal", "value": term.value}
    if term.language:
        return {**record, "xml:lang": term.language}
    return record if term.datatype.value == _XSD + "string" else {**record, "datatype": term.datatype.value}


_WRITERS = {
    "table": _table,
    "markdown": _markdown,
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "jsonl": _jsonl,
    "srj": _srj,
}


def _write_graph(answer: Answer, format: str) -> str:
    from rejoinder.outputs.rdf import write_triples

    if format in FORMATS and format != "table":
        raise UsageError(
            f"'{format}' is a format for rows, and this query answers with a graph",
            f"choose one of: {', '.join(GRAPH_FORMATS)}",
        )
    return write_triples(answer.triples, "turtle" if format == "table" else format)
