"""Values of parameters in the text of a query."""

import datetime as dt
import math
from decimal import Decimal

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoinder.answers.answer import python_value
from rejoinder.answers.binding import bind, to_iri
from rejoinder.errors import UsageError
from rejoinder.sources.catalog import read
from rejoinder.sources.files import InputFile
from rejoinder.vocabulary import PREFIXES

HEADER = "#+ summary: S\n#+ question: Q?\n#+ tags:\n#+   - t\n"
GPT3 = "https://w3id.org/rejoinder/id/model/gpt-3"
LABELS = {"GPT-3": [GPT3], "Twin": ["http://a/1", "http://a/2"], "D: E": ["http://a/3"]}


def labels():
    return LABELS


def stored(body: str):
    return read(InputFile("queries/q.rq", (HEADER + body).encode()))


def test_only_the_variable_itself_is_replaced():
    text = bind(
        stored("SELECT * { ?_m_iri ?p '?_m_iri' . # ?_m_iri\n <http://x/?_m_iri> ?_m_iriX ?y }"), {"m": GPT3}, labels
    )
    assert text == HEADER + f"SELECT * {{ <{GPT3}> ?p '?_m_iri' . # ?_m_iri\n <http://x/?_m_iri> ?_m_iriX ?y }}"


@pytest.mark.parametrize("given_name", [GPT3, f"<{GPT3}>", "model:gpt-3", "GPT-3"])
def test_an_iri_may_be_given_whole_as_a_curie_or_by_label(given_name):
    assert to_iri(given_name, labels) == GPT3


def test_a_label_that_looks_like_a_curie_is_a_label():
    assert to_iri("D: E", labels) == "http://a/3"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("GPT3", "did you mean 'GPT-3'"),
        ("model:gpt3", "did you mean 'model:gpt-3'"),
        ("Twin", "the name of 2 things"),
        ("http://a b", "is not an IRI"),
    ],
)
def test_a_name_that_means_nothing_or_two_things_is_refused(name, message):
    with pytest.raises(UsageError) as caught:
        to_iri(name, labels)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("xsd_date", "2022-08-22", "2022-13-01"),
        ("integer", "42", "4.2"),
        ("xsd_decimal", "1.5", "1,5"),
        ("xsd_boolean", "true", "yes"),
        ("xsd_dateTime", "2022-08-22T12:00:00", "noon"),
    ],
)
def test_a_value_must_fit_its_type(type_, good, bad):
    query = stored(f"SELECT * {{ ?s ?p ?__v_{type_} }}")
    assert f'"{good}"^^<http://www.w3.org/2001/XMLSchema#' in bind(query, {"v": good}, labels)
    with pytest.raises(UsageError, match=f"'{bad}' is no"):
        bind(query, {"v": bad}, labels)


def test_an_unbound_optional_parameter_stays_a_variable():
    assert "?__v_integer" in bind(stored("SELECT * { ?s ?p ?__v_integer }"), {}, labels)


def test_a_required_parameter_without_default_is_asked_for():
    with pytest.raises(UsageError, match="needs a value for 'v'"):
        bind(stored("SELECT * { ?s ?p ?_v_integer }"), {}, labels)


def test_an_unknown_parameter_is_refused_with_what_there_is():
    with pytest.raises(UsageError, match=r"it takes: since \(xsd_date, optional\)\n  did you mean 'since'"):
        bind(stored("SELECT * { ?s ?p ?__since_xsd_date }"), {"sinse": "2020-01-01"}, labels)


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_value_breaks_out(value):
    """Whatever the value is, the query finds exactly the statement that has it."""
    try:
        literal = ox.Literal(value)
        store = ox.Store()
        store.add(ox.Quad(ox.NamedNode("http://s"), ox.NamedNode("http://p"), literal))
    except (ValueError, UnicodeEncodeError):
        return  # not a text that RDF can hold
    text = bind(stored("SELECT ?s { ?s <http://p> ?_v_literal }"), {"v": value}, labels)
    assert len(list(store.query(text))) == 1
    assert (
        len(list(store.query(bind(stored("SELECT ?s { ?s <http://p> ?_v_literal }"), {"v": value + "x"}, labels)))) == 0
    )


@pytest.mark.parametrize(
    ("datatype", "text", "value"),
    [
        ("date", "2022-01-01", dt.date(2022, 1, 1)),
        ("date", "20220101", None),
        ("date", "2022-W01-1", None),
        ("date", "2022-02-30", None),
        ("dateTime", "2022-01-01T10:00:00Z", dt.datetime(2022, 1, 1, 10, tzinfo=dt.UTC)),
        ("dateTime", "2022-01-01", None),
        ("integer", "+042", 42),
        ("integer", "1_000", None),
        ("integer", "٤٢", None),
        ("decimal", ".5", Decimal("0.5")),
        ("decimal", "1e3", None),
        ("double", "1e3", 1000.0),
        ("double", "-INF", -math.inf),
        ("double", "1e", None),
        ("float", "1_0", None),
        ("boolean", "yes", None),
    ],
)
def test_what_a_datatype_does_not_take_stays_a_text(datatype, text, value):
    """XML Schema 1.1, part 2: Python takes more for numbers and days than the engine does."""
    literal = ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + datatype))
    assert python_value(literal) == (text if value is None else value)
    other = {"date": "2000-01-01", "dateTime": "2000-01-01T00:00:00Z"}.get(datatype, "0")
    compared = f'SELECT ((?v < "{other}"^^{literal.datatype}) AS ?is) {{ VALUES ?v {{ {literal} }} }}'
    (row,) = ox.Store().query(compared)
    assert (row["is"] is None) == (value is None)
