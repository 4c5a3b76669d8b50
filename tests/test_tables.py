"""Answers as text."""

import csv
import io
import json

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoinder.answers.answer import Answer, Row
from rejoinder.errors import UsageError
from rejoinder.outputs.tables import FORMATS, write
from rejoinder.vocabulary import PREFIXES, rj

XSD = PREFIXES["xsd"]


def answer(*rows: tuple, columns: tuple[str, ...] = ("name", "n")) -> Answer:
    return Answer("rows", columns, tuple(Row(columns, row) for row in rows))


def integer(value: int) -> ox.Literal:
    return ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))


SOME = answer(
    (ox.Literal("GPT-3"), integer(175)),
    (ox.NamedNode(rj("Model")), None),
    (ox.Literal('a "b", c', language="en"), integer(-1)),
)


def test_a_table():
    assert write(SOME, "table").splitlines() == [
        "name        n",
        "--------  ---",
        "GPT-3     175",
        "rj:Model",
        'a "b", c   -1',
    ]


def test_a_table_fits_a_terminal_and_says_where_it_was_cut():
    lines = write(answer((ox.Literal("x" * 50), integer(1))), "table", width=30).splitlines()
    assert all(len(line) <= 30 for line in lines)
    assert "…" in lines[2]


def test_a_table_that_no_terminal_holds_becomes_lines_for_each_row():
    wide = answer(
        (ox.Literal("a" * 20), None, ox.Literal("b" * 20)),
        (ox.Literal("c"), integer(7), ox.Literal("d")),
        columns=("one", "second", "three"),
    )
    assert max(map(len, write(wide, "table", width=40).splitlines())) == 40
    assert write(wide, "table", width=33) == (
        f"one     {'a' * 20}\nthree   {'b' * 20}\n\none     c\nsecond  7\nthree   d\n"
    )
    nothing = answer(columns=("one" * 9, "second" * 9))
    assert write(nothing, "table", width=20).splitlines()[0].startswith("oneone")


def test_what_json_has_no_number_for_is_text():
    infinite = ox.Literal("INF", datatype=ox.NamedNode(XSD + "double"))
    assert json.loads(write(answer((infinite, integer(1))), "json")) == [{"name": "INF", "n": 1}]
    assert json.loads(write(answer((infinite, None)), "jsonl")) == {"name": "INF", "n": None}


def test_a_triple_as_a_value():
    """RDF 1.2: SPARQL 1.2 Query Results JSON, as the engine itself writes it."""
    query = "SELECT (<<( <urn:a> <urn:b> 1 )>> AS ?t) {}"
    engine = ox.Store().query(query).serialize(format=ox.QueryResultsFormat.JSON)
    (found,) = ox.Store().query(query)
    ours = write(Answer("rows", ("t",), (Row(("t",), (found["t"],)),)), "srj")
    assert json.loads(ours) == json.loads(engine)


def test_a_table_counts_the_cells_of_wide_letters():
    lines = write(answer((ox.Literal("智谱"), integer(1)), (ox.Literal("abcd"), integer(2))), "table").splitlines()
    assert lines[2:] == ["智谱  1", "abcd  2"]


def test_control_characters_do_not_reach_the_terminal():
    assert "\x1b" not in write(answer((ox.Literal("a\x1b[31mb\nc"), None)), "table")


def test_markdown_escapes_what_would_end_a_cell():
    text = write(answer((ox.Literal("a|b<script>"), integer(1))), "markdown")
    assert text.splitlines()[2] == "| a\\|b&lt;script> | 1 |"


def test_json_has_values_and_srj_has_terms():
    assert json.loads(write(SOME, "json")) == [
        {"name": "GPT-3", "n": 175},
        {"name": rj("Model"), "n": None},
        {"name": 'a "b", c', "n": -1},
    ]
    assert [json.loads(line)["n"] for line in write(SOME, "jsonl").splitlines()] == [175, None, -1]
    bindings = json.loads(write(SOME, "srj"))["results"]["bindings"]
    assert bindings[2]["name"] == {"type": "literal", "value": 'a "b", c', "xml:lang": "en"}
    assert bindings[1] == {"name": {"type": "uri", "value": rj("Model")}}


def test_tsv_has_terms_as_sparql_writes_them():
    assert write(SOME, "tsv").splitlines()[1] == f'"GPT-3"\t"175"^^<{XSD}integer>'


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_answer_is_an_answer(format):
    text = write(answer(), format)
    if format in ("json", "jsonl"):
        assert text == {"json": "[]\n", "jsonl": ""}[format]
    else:
        assert "name" in text
    assert text == "" or text.endswith("\n")


def test_a_format_that_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="a format for graphs"):
        write(SOME, "turtle")
    with pytest.raises(UsageError, match="a format for rows"):
        write(Answer("triples"), "csv")


def test_yes_or_no():
    assert write(Answer("boolean", boolean=True), "table") == "true\n"
    assert json.loads(write(Answer("boolean", boolean=False), "srj")) == {"head": {}, "boolean": False}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(texts, st.integers()), max_size=5))
@settings(max_examples=100, deadline=None)
def test_csv_srj_and_tsv_read_back(rows):
    ours = answer(*((ox.Literal(name), integer(n)) for name, n in rows))
    read = list(csv.reader(io.StringIO(write(ours, "csv"), newline="")))
    assert read[1:] == [[name, str(n)] for name, n in rows]
    for format, result in (("srj", ox.QueryResultsFormat.JSON), ("tsv", ox.QueryResultsFormat.TSV)):
        back = [tuple(solution) for solution in ox.parse_query_results(write(ours, format).encode(), result)]
        assert back == [row.terms for row in ours.rows], format
