"""Answers with their citations: the same rows, in every format, with what a reader must be told."""

import csv
import io
import json

import pyoxigraph as ox
import pytest
from conftest import ROOT

import rejoinder
from rejoinder.errors import UsageError
from rejoinder.outputs import cited
from rejoinder.outputs.provenance import provenance
from rejoinder.vocabulary import PREFIXES

QUERIES = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))
HEAD = "PREFIX rj: <https://w3id.org/rejoinder/ontology#>\nPREFIX release: <https://w3id.org/rejoinder/id/release/>\n"
OPEN = HEAD + "SELECT ?by WHERE { release:gpt-neo a rj:OpenRelease ; rj:releasedBy ?by }"
PROV = PREFIXES["prov"]


def written(graph, text: str, format: str = "table") -> str:
    answer = graph.sparql(text)
    return cited.write(answer, graph.cite(answer), graph.citations, format)


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_the_same_as_without_citations(graph, name):
    answer = graph.query(name)
    record = json.loads(cited.write(answer, graph.cite(answer), graph.citations, "json"))
    if answer.kind == "triples":
        assert [tuple(row["statement"]) for row in record["rows"]] == [tuple(map(str, one)) for one in answer.triples]
    else:
        assert [row["values"] for row in record["rows"]] == json.loads(answer.to_text("json"))
        plain = list(csv.reader(io.StringIO(answer.to_csv())))
        more = list(csv.reader(io.StringIO(cited.write(answer, graph.cite(answer), graph.citations, "csv"))))
        assert [row[:-1] for row in more] == plain
    assert record["rows"]
    for row in record["rows"]:
        assert row["status"] in ("cited", "derived", "aggregate") and row["statements"] and row["citations"]


def test_the_table_names_passages_links_and_steps(graph):
    text = written(graph, OPEN)
    first, rule, row, *_ = text.splitlines()
    assert first.split() == ["row", "by", "citations"] and set(rule) == {"-", " "}
    assert row.split() == ["1", "organization:eleutherai", "1-4", "a"]
    assert "article:16-gpt-neo\n" in text
    assert "#:~:text=EleutherAI%2C%20which%20published%20its,with%202%2C700%20million%20parameters.\n" in text
    assert "[a] “GPT-Neo published” is an open release\n" in text
    assert "because 'openness' is found by following 'access mode', then 'openness of an access mode':\n" in text


def test_a_contradicted_fact_is_marked_with_its_ruling(graph):
    text = written(graph, HEAD + "SELECT ?n { <https://w3id.org/rejoinder/id/model/bloom> rj:parameterCount ?n }")
    assert text.splitlines()[2].split() == ["1", "176247271424", "1", "a!"]
    assert "! instead 176000000000: How Open Source is eating AI (primary:15-bloom)" in text
    assert "! ruling of the editors: The makers count" in text


def test_absence_is_cited_as_absence(graph):
    license = HEAD + "SELECT ?x { release:opengpt-2 a rj:Release . OPTIONAL { release:opengpt-2 rj:license ?x } }"
    assert "Not on record:\n  row 1: “OpenGPT-2 published” – license – something\n" in written(graph, license)
    record = json.loads(written(graph, license, "json"))
    assert len(record["rows"][0]["absent"]) == 1 and "ontology#license>" in record["rows"][0]["absent"][0]
    no = written(graph, HEAD + "ASK { release:opengpt-2 rj:license ?x }")
    assert no.startswith("no  (nothing on record)\n") and "“OpenGPT-2 published” – license – something" in no
    none = json.loads(written(graph, "SELECT (COUNT(*) AS ?n) { ?x <https://example.org/p> ?y }", "json"))
    assert (none["rows"][0]["status"], none["rows"][0]["statements"]) == ("absence", [])


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("SELECT ?x { VALUES ?x { 1 } }", "no-source"),
        (OPEN, "derived"),
        (HEAD + "SELECT ?by { release:gpt-neo rj:releasedBy ?by }", "cited"),
        (HEAD + "SELECT (COUNT(*) AS ?n) { ?x a rj:OpenRelease }", "aggregate"),
        (HEAD + "ASK { release:gpt-neo a rj:OpenRelease }", "derived"),
        (HEAD + "SELECT ?by { GRAPH ?g { release:gpt-neo rj:releasedBy ?by } }", "cited"),
    ],
)
def test_the_status_of_rows(graph, text, status):
    assert {row["status"] for row in json.loads(written(graph, text, "json"))["rows"]} == {status}


def test_a_no_is_told_in_the_words_of_the_query(graph):
    """A path is asked for as its steps, but what is absent is the path."""
    said = written(graph, HEAD + "ASK { release:gpt-neo rj:announces/rj:license ?license }")
    assert "Not on record:\n  “GPT-Neo published” – announces, then license – something\n" in said


def test_a_row_that_the_graph_does_not_give_is_not_explained(graph):
    answer = graph.sparql(OPEN)
    row = type(answer.rows[0])(answer.columns, (ox.Literal("somebody"),))
    told = cited.write(answer._replace(rows=(row,)), graph.cite(answer._replace(rows=(row,))), graph.citations, "table")
    assert told.splitlines()[2].split() == ["1", "somebody", "(unexplained)"]


def test_an_overrule_of_a_passage_is_cited_from_its_own_graph(graph):
    """What a query takes from a passage is the passage's, also where it is not accepted."""
    text = HEAD + (
        "SELECT ?passage ?n { GRAPH ?passage { <https://w3id.org/rejoinder/id/model/bloom> rj:parameterCount ?n } }"
    )
    answer = graph.sparql(text)
    assert len(answer.rows) == 3
    for row in answer.rows:
        assert [one.passage for one in row.citations] == [row["passage"]]


def test_graphs_say_in_prov_o_what_rows_were_derived_from(graph):
    answer = graph.query("open-answers")
    rows = graph.cite(answer)
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in provenance(answer, rows, graph.citations))
    ask = f"PREFIX prov: <{PROV}> SELECT DISTINCT ?p {{ ?a prov:hadMember <%s> . <%s> %s ?p }}"
    (collection,) = {q.subject for q in store.quads_for_pattern(None, ox.NamedNode(PROV + "hadMember"), None)}
    for number in range(len(rows)):
        name = f"{collection.value}/row/{number + 1}"
        direct = {one["p"].value for one in store.query(ask % (name, name, "prov:hadPrimarySource"))}
        by_steps = {
            one["p"].value for one in store.query(ask % (name, name, "prov:wasDerivedFrom+/prov:wasQuotedFrom"))
        }
        passages = {one.passage for one in rows.citations(rows[number])}
        assert direct == passages == by_steps - {"https://w3id.org/rejoinder/ontology"}


def test_srj_is_what_it_was_with_citations_beside(graph):
    text = written(graph, OPEN, "srj")
    plain = json.loads(graph.sparql(OPEN).to_text("srj"))
    told = json.loads(text)
    assert {key: told[key] for key in plain} == plain
    assert told["citations"]["rows"][0]["status"] == "derived"
    assert [row["by"].value for row in ox.parse_query_results(text.encode(), ox.QueryResultsFormat.JSON)]


def test_one_row_as_a_tree_and_as_a_drawing(graph):
    answer = graph.query("open-answers")
    number = next(i for i, row in enumerate(answer.rows) if row["answer"] == "GPT-Neo published")
    rows = graph.cite(answer, only=number)
    tree = cited.why(answer, rows, graph.citations, number, "text")
    assert tree.startswith("closed: GPT-3 announced in a paper\nclosedBy: OpenAI\nanswer: GPT-Neo published\n")
    assert "  “GPT-Neo published” is an open answer\n" in tree
    assert "“GPT-Neo published” – open alternative to – “GPT-3” [3, editors] *\n" in tree
    assert "\n* without this, the row would go\n" in tree
    assert "not on record:\n  “GPT-Neo published” – lifts a restriction in the wake of – “GPT-3”\n" in tree
    drawing = cited.why(answer, rows, graph.citations, number, "mermaid")
    assert drawing.startswith('flowchart BT\n  n0[["closed: GPT-3 announced in a paper')
    assert drawing.count(" --> n0\n") >= 10
    assert cited.why(answer, rows, graph.citations, number, "json").count('"necessary": true') > 5


def test_python_gives_the_citations_of_a_row(graph):
    row = graph.query("datasets").rows[0]
    assert {one.source_name for one in row.citations} >= {"How Open Source is eating AI", "Verified facts"}
    assert row.because.status == "cited" and row.because.facts
    other = type(row)(row.columns, row.terms)
    with pytest.raises(UsageError, match="no graph"):
        _ = other.citations


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SELECT (RAND() AS ?x) {}", "RAND()"),
        ("SELECT ?x { BIND(BNODE() AS ?x) }", "BNODE()"),
        ("DESCRIBE <https://example.org/a>", "DESCRIBE"),
        ("CONSTRUCT { _:b ?p ?o } WHERE { ?s ?p ?o }", "blank nodes in a CONSTRUCT template"),
    ],
)
def test_what_cannot_be_cited_is_refused_by_name(graph, text, what):
    with pytest.raises(UsageError) as error:
        written(graph, text)
    assert error.value.message == f"answers to queries with {what} cannot be cited"


def test_what_is_cited_is_the_same_in_each_process(run):
    first, second = (run("query", "staged-releases", "--cite", "-f", "jsonl").stdout for _ in range(2))
    assert first == second and first.count("\n") == 25


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SELECT ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } }", "a sub-select in GRAPH"),
        ("ASK { ?s ?p ?o } LIMIT 0", "LIMIT or OFFSET in ASK"),
        ("SELECT * { GRAPH ?g { } }", "GRAPH without a triple pattern, which is there for each passage"),
        ("SELECT ?s { ?s ?p ?o FILTER EXISTS { BIND(?s AS ?z) ?z ?q ?y } }", "BIND in EXISTS"),
        ("SELECT ?s { ?s ?p ?o } ORDER BY EXISTS { ?s ?q 1 } ?s LIMIT 2", "EXISTS in the ORDER BY of a LIMIT"),
        ("SELECT (1 + COUNT(DISTINCT *) AS ?n) { ?s ?p ?o }", "COUNT(DISTINCT *)"),
        ("BASE <urn:a:> SELECT (IRI('b') AS ?x) {}", "BASE and IRI()"),
    ],
)
def test_structures_that_are_not_covered_are_refused_by_name(graph, text, what):
    with pytest.raises(UsageError) as error:
        written(graph, text)
    assert error.value.message == f"answers to queries with {what} cannot be cited"


def test_a_number_is_cited_as_the_passage_writes_it(graph):
    (row,) = graph.sparql(HEAD + "SELECT ?m { ?m rj:parameterCount 02700000000 }").rows
    (fact,) = row.because.facts
    assert fact.statement[2].value == "2700000000" and len(fact.citations) == 2


def test_a_cross_product_is_cut_short_and_says_so(graph):
    answer = graph.sparql("ASK { ?a ?b ?c . ?d ?e ?f }")
    rows = graph.cite(answer, only=0)
    because = rows.because(0)
    assert because.facts and not because.complete and True not in because.necessary.values()


def test_hostile_words_of_ones_own_data_stay_words(graph, tmp_path):
    file = tmp_path / "mine.ttl"
    file.write_text(
        "@prefix rj: <https://w3id.org/rejoinder/ontology#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix source: <https://w3id.org/rejoinder/source/> . @prefix m: <https://w3id.org/rejoinder/id/model/> .\n"
        "source:acme-1 a rj:EditorsNote ; rj:source source:editor ;\n"
        '  rj:reason "<b>[x](javascript:1)`\\u001B[31m|"@en .\n'
        'm:evil a rj:Model ; rdfs:label "Ev|il\\n<script>[x](y)\\u0085"@en .\n'
    )
    mine = rejoinder.open(str(file))
    answer = mine.sparql(
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "SELECT ?l { <https://w3id.org/rejoinder/id/model/evil> rdfs:label ?l }"
    )
    rows = mine.cite(answer)
    markdown = cited.write(answer, rows, mine.citations, "markdown")
    assert "\x1b" not in markdown and "<script>" not in markdown and "\n<b>" not in markdown
    assert "\\[x\\](javascript:1)\\`" in markdown
    json.loads(cited.write(answer, rows, mine.citations, "json"))
    from rejoinder.outputs.rdf import write_triples

    triples = provenance(answer, rows, mine.citations)
    context = mine.inputs.ontology_file("context.jsonld").content
    assert len(json.loads(write_triples(triples, "json-ld", context))["@graph"]) > 3
