"""What if a source did not exist: the rows of two answers side by side."""

import json

import pyoxigraph as ox
import pytest
from conftest import HEAD
from hypothesis import given
from hypothesis import strategies as st

import rejoinder
from rejoinder.answers.answer import Answer, Row
from rejoinder.answers.comparison import compare
from rejoinder.errors import UsageError

COLUMNS = ("name", "thingIri")


def answer(*rows: tuple[int, int]) -> Answer:
    """Rows of a name and the thing that has it."""
    terms = (
        Row(COLUMNS, (ox.Literal(str(name)), ox.NamedNode(f"https://example.org/{thing}"))) for name, thing in rows
    )
    return Answer("rows", COLUMNS, tuple(terms))


def changes(before: Answer, after: Answer) -> list[tuple[str, str, str]]:
    return [(row["change"], row["name"], row["thingIri"][-1]) for row in compare(before, after).rows]


def test_each_row_says_what_became_of_it():
    assert changes(answer((1, 1), (2, 2), (3, 3)), answer((1, 1), (5, 3), (4, 4))) == [
        ("same", "1", "1"),
        ("lost", "2", "2"),
        ("before", "3", "3"),
        ("after", "5", "3"),
        ("new", "4", "4"),
    ]


def test_rows_that_no_iri_tells_apart_are_lost_or_new():
    assert changes(answer((1, 1), (2, 1)), answer((1, 1), (3, 1))) == [
        ("same", "1", "1"),
        ("lost", "2", "1"),
        ("new", "3", "1"),
    ]


pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6)


@given(pairs, pairs)
def test_both_answers_can_be_told_from_the_comparison(before, after):
    found = changes(answer(*before), answer(*after))
    old = [(int(name), int(thing)) for change, name, thing in found if change in ("same", "lost", "before")]
    new = [(int(name), int(thing)) for change, name, thing in found if change in ("same", "new", "after")]
    assert old == before
    assert sorted(new) == sorted(after)


def test_a_graph_without_a_source_says_nothing_of_it(graph):
    for source in ("article", "primary-source", "verified-facts", "editor"):
        less = graph.without(source)
        asked = f"ASK {{ GRAPH ?p {{ ?p <https://w3id.org/rejoinder/ontology#source> source:{source} }} }}"
        asked = f"PREFIX source: <https://w3id.org/rejoinder/source/> {asked}"
        assert graph.sparql(asked).boolean and not less.sparql(asked).boolean
        assert less.without("editor" if source != "editor" else "article").queries


def test_notes_and_rulings_fall_with_all_that_they_rest_on_and_stand_on_the_rest(graph):
    passages = set(graph.compiled.manifest.passages)
    gone = passages - set(graph.without("verified-facts").compiled.manifest.passages)
    assert "https://w3id.org/rejoinder/id/ruling/the-pile-size" in gone  # its evidence is of verified facts only
    assert "https://w3id.org/rejoinder/id/ruling/bloom-parameters" not in gone  # the essay is evidence too
    assert "https://w3id.org/rejoinder/source/editor/names-of-models" not in gone  # it names nothing it is based on


def test_without_the_register_the_size_of_the_pile_is_the_one_that_the_others_give(run):
    done = run("query", "datasets", "--without", "verified-facts", "-f", "json")
    before, after = json.loads(done.stdout)
    assert (before["change"], before["bytes"]) == ("before", 885837004800)
    assert (after["change"], after["bytes"]) == ("after", 800000000000)
    assert done.stderr.startswith("without verified-facts: 0 rows lost, 1 changed, 0 new, 0 the same\n")


def test_disputes_that_lose_their_ruling_are_told(run):
    """Of the 15 rulings one is on a property that may have several values, so nothing contradicts there."""
    done = run("query", "datasets", "--without", "editor")
    assert "disputes without a ruling then, none of whose values counts: 14;" in done.stderr


def test_a_source_of_ones_own_can_be_left_out_again(run, mine):
    head = HEAD.replace("source:mine-01 a rj:EditorsNote", "source:mine-01 a rj:Passage").replace(
        "source:editor", "source:mine"
    )
    path = mine('model:x a rj:Model ; rdfs:label "X"@en ; rj:parameterCount 5000 .', head=head)
    text = 'SELECT ?thingIri { ?thingIri <http://www.w3.org/2000/01/rdf-schema#label> "X"@en }'
    done = run("sparql", "--data", path, "--without", "mine", "-f", "csv", input=text)
    assert done.stdout == "change,thingIri\nlost,https://w3id.org/rejoinder/id/model/x\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["datasets", "--without", "articel"], "did you mean 'article'?"),
        (["model-card", "--without", "article"], "only rows can be compared"),
    ],
)
def test_what_cannot_be_compared_is_refused(run, arguments, said):
    done = run("query", *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr


def test_an_endpoint_cannot_forget_a_source():
    with pytest.raises(UsageError, match="a server holds the graph"):
        rejoinder.Graph(rejoinder.open().inputs, endpoint="http://127.0.0.1:1/").without("article")
