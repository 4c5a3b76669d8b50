"""ORDER BY of values of any kinds: where Oxigraph's own comparison goes in a circle, it would end this very process."""

import csv
import math
from io import StringIO

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.graph.ordering import comparable, query
from rejoinder.vocabulary import PREFIXES

XSD = PREFIXES["xsd"]
EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"

FEW = st.integers(0, 60)
NUMBERS = FEW.map(lambda n: f'"{n}"^^<{XSD}integer>') | st.sampled_from(["1.5", "2e1", f'"NaN"^^<{XSD}double>'])
LETTERS = st.one_of(
    FEW.map(lambda n: f'"{n}a"'),
    FEW.map(lambda n: f'"{n}"@en'),
    FEW.map(lambda n: f'"{2000 + n}"^^<{XSD}gYear>'),
    FEW.map(lambda n: f'"{2000 + n}-03-01"^^<{XSD}date>'),
    FEW.map(lambda n: f'"{2000 + n}-03~"^^<{EDTF}>'),
)
REST = st.one_of(
    st.sampled_from(["UNDEF", "true", "<urn:a>", "<urn:b>"]),
    st.tuples(st.sampled_from(["P{}D", "P{}M", "P1M{}D", "PT{}H"]), FEW).map(
        lambda one: f'"{one[0].format(one[1])}"^^<{XSD}duration>'
    ),
    st.tuples(FEW, st.sampled_from(["", "Z", "+14:00", "-09:00"])).map(
        lambda one: f'"2020-01-01T12:{one[0] % 60:02}:00{one[1]}"^^<{XSD}dateTime>'
    ),
    FEW.map(lambda n: f'"-{1000 + n}-03-01"^^<{XSD}date>'),
)


def in_order(values: list[str], condition: str) -> list[ox.Literal | ox.NamedNode | None]:
    text = f"SELECT ?v {{ VALUES ?v {{ {' '.join(values)} }} }} ORDER BY {condition}"
    return [row["v"] for row in query(ox.Store(), text)]


@given(
    st.lists(NUMBERS | LETTERS | REST, min_size=30, max_size=150), st.sampled_from(["?v", "DESC(?v)", "(STR(?v)) ?v"])
)
def test_any_values_have_an_order(values, condition):
    assert len(in_order(values, condition)) == len(values)


@given(st.lists(NUMBERS | LETTERS | st.just("UNDEF"), max_size=80))
def test_kinds_stand_together_and_numbers_are_in_order(values):
    found = in_order(values, "?v")
    unbound = values.count("UNDEF")
    assert found[:unbound] == [None] * unbound and None not in found[unbound:]
    literals = [one for one in found if isinstance(one, ox.Literal)]
    numeric = [one.datatype.value[len(XSD) :] in ("integer", "decimal", "double") for one in literals]
    assert numeric == sorted(numeric, reverse=True)
    numbers = [float(one.value) for one in literals[: sum(numeric)] if one.value != "NaN"]
    assert numbers == sorted(numbers)
    assert all(math.isnan(float(one.value)) for one in literals[len(numbers) : sum(numeric)])
    letters = [one.value for one in literals[sum(numeric) :]]
    assert letters == sorted(letters)


@pytest.mark.parametrize("kind", [NUMBERS, LETTERS], ids=["numbers", "letters"])
def test_values_of_one_kind_are_as_in_the_engine_itself(kind):
    @given(st.lists(kind, max_size=15))
    def check(values):
        text = f"SELECT ?v {{ VALUES ?v {{ {' '.join(values)} }} }} ORDER BY ?v"
        assert in_order(values, "?v") == [row["v"] for row in ox.Store().query(text)]

    check()


@pytest.mark.parametrize(
    "text, conditions",
    [
        ("SELECT * { ?s ?p ?o } ORDER BY ?o", 1),
        ("SELECT * { ?s ?p ?o } order by desc ( ?o ) ?p limit 3 offset 1", 2),
        ("SELECT * { ?s ?p ?o } ORDER BY?o LIMIT 3 VALUES (?s) { (<urn:a>) }", 1),
        ("SELECT * { ?s ?p ?o } ORDER # BY ?x\n BY # ?y\n ?o # ?z", 1),
        ("SELECT * { ?s ?p ?o FILTER(?o != 'ORDER BY ?x') } # ORDER BY ?s", 0),
        ("PREFIX order: <urn:> SELECT * { ?order order:by ?by }", 0),
        ("SELECT * { ?s ?p ?o { SELECT ?s { ?s ?p ?x } ORDER BY ?x ASC(?s) } } ORDER BY STR(?o) (?s)", 4),
        ("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(COUNT(DISTINCT ?s)) ?n", 2),
        (f"PREFIX x: <{XSD}> SELECT * {{ ?s ?p ?o }} ORDER BY x:integer(?o) <{XSD}date>(?o) ?s", 3),
        ("SELECT * { ?s ?p ?o } ORDER BY NOT EXISTS { ?o ?p (1 2) } EXISTS { ?s ?p ')' } ?s", 3),
        ("SELECT * { ?s ?p ?o } ORDER BY (?o = '(' || CONCAT(STR(?o), \")\") = 'ORDER BY') ?s", 2),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?o LIMIT 1", 1),
    ],
)  # fmt: skip
def test_every_condition_is_found_and_nothing_else(text, conditions):
    safe = comparable(text)
    assert safe.count("urn:rejoinder:kind") == conditions
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c")))
    store.query(text)
    store.query(safe, custom_functions={ox.NamedNode("urn:rejoinder:kind"): lambda term: term})


def test_a_mistake_is_told_of_the_text_as_it_was_written():
    text = "SELECT * { ?s ?p ?o } ORDER BY ?o DESC(?s) ?p]"
    with pytest.raises(SyntaxError) as bare:
        ox.Store().query(text)
    with pytest.raises(SyntaxError) as ours:
        query(ox.Store(), text)
    assert str(ours.value) == str(bare.value)
    assert "1:47" in str(bare.value)


def test_all_that_the_graph_says_has_an_order(run, graph, tmp_path):
    everything = "{ { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    (tmp_path / "all.rq").write_text(f"SELECT DISTINCT ?o {everything} ORDER BY ?o")
    done = run("sparql", str(tmp_path / "all.rq"), "-f", "csv")
    size = int(next(iter(graph.engine.run(f"SELECT (COUNT(DISTINCT ?o) AS ?n) {everything}")))["n"].value)
    assert len(list(csv.reader(StringIO(done.stdout)))) == size + 1
