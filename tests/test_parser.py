"""Queries read into their structure: written from it, they have the same rows."""

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from random_cases import Case, cases, check_written, rows_of

from rejoinder.answers.answer import Answer
from rejoinder.answers.parser import parse
from rejoinder.answers.patterns import Filter, Path, Triple, Values, select, text
from rejoinder.errors import UsageError

DATA = """
@prefix : <https://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:a a :Thing ; rdfs:label "a", "ein A"@de-AT ; :p :b ; :n 1, 2.5, -3, 1.0e3 ; :says "x # 'y' ?z" , "\\"" ; :list (1 :b) .
:b a :Thing ; rdfs:label "b" ; :p :c ; :n 2 ; :on "2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date> ; :is true .
:c rdfs:label "c" ; :p :a ; :q [ :r :a ; :n 7 ] ; <https://example.org/odd,name> "odd" ; <https://example.org/x/y> 1 .
"""
PREFIX = "PREFIX : <https://example.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "

QUERIES = [
    "SELECT * { ?s ?p ?o }",
    "SELECT * WHERE { ?s :p ?o . }",
    "select ?s where { ?s a :Thing } order by ?s limit 1 offset 1",
    "SELECT $s { $s a :Thing }",
    "SELECT ?s { ?s a :Thing ; :p ?o ; ; :n 2 , ?n . }",
    "SELECT ?s { ?s a :Thing;:p ?o;. }",
    "SELECT ?s { # a comment with { and ?variables\n ?s a :Thing # and another\n }",
    "SELECT ?o { :c :odd\\,name ?o }",
    "SELECT ?o { :c <x/y> ?o }",
    'SELECT ?s { ?s :says """x # \'y\' ?z""" }',
    "SELECT ?s { ?s :says 'x # \\'y\\' ?z' }",
    "SELECT ?s { ?s :says '\"' }",
    'SELECT ?s { ?s :says "\\u0022" }',
    'SELECT ?s { ?s rdfs:label "ein A"@de-AT }',
    'SELECT ?s { ?s :on "2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date> }',
    'PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT ?s { ?s :on "2020-01-01"^^xsd:date }',
    "SELECT ?s { ?s :is true }",
    "SELECT ?s { ?s :n -3 }",
    "SELECT ?s { ?s :n 2.5 }",
    "SELECT ?s { ?s :n 1.0e3 }",
    "SELECT ?s { ?s :n +1 } ",
    "SELECT ?s { ?s :n ?n FILTER(?n+1 = 2 || ?n -1 > .5e1 && !(?n*2 < 3)) }",
    "SELECT ?s { ?s :n ?n FILTER(?n<2&&?n>0) }",
    "SELECT ?s { ?s :n ?n, ?m FILTER(?n<?m&&?m>=2.5) }",
    "SELECT ?s { ?s :n ?n FILTER(?n IN (1, 2, 'x'@en)) }",
    "SELECT ?s { ?s :n ?n FILTER(?n NOT IN (1)) }",
    "SELECT ?s { ?s :p ?o FILTER(?o = :b) }",
    "SELECT ?s { ?s :p ?o FILTER(?o = <https://example.org/b>) }",
    "SELECT ?s { ?s rdfs:label ?l FILTER regex(?l, '^A', 'i') }",
    "SELECT ?s { ?s rdfs:label ?l FILTER langMatches(lang(?l), '*') }",
    "SELECT ?s { ?s rdfs:label ?l FILTER(str(?l) = 'ein A' && isLiteral(?l)) . ?s :p ?o }",
    "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> SELECT ?s { ?s :n ?n FILTER(xsd:string(?n) = '2') }",
    "SELECT ?s ?n { ?s a :Thing OPTIONAL { ?s :n ?n FILTER(?n > 1) } }",
    "SELECT ?s ?n { ?s a :Thing OPTIONAL { ?s :q ?q OPTIONAL { ?q :n ?n } } }",
    "SELECT ?s { { ?s :n 1 } UNION { ?s :n 2 } UNION { { ?s :q [] } } }",
    "SELECT ?s { ?s a :Thing MINUS { ?s :n 1 } }",
    "SELECT ?s { ?s a :Thing FILTER NOT EXISTS { ?s :n 1 } FILTER EXISTS { ?s :p/:q ?x } }",
    "SELECT ?s { ?s :p ?o FILTER(?o = :c || NOT EXISTS { ?s :n 1 }) }",
    "SELECT ?s ?x { ?s :p ?o BIND(EXISTS { ?o :n 2 } AS ?x) }",
    "SELECT ?s { ?s :q [ :r :a ; :n ?n ] }",
    "SELECT ?n { [] :r :a ; :n ?n . }",
    "SELECT ?n { [ :r :a ; :n ?n ] . }",
    "SELECT ?s { ?s :q _:x . _:x :r :a . }",
    "SELECT ?s { ?s :list (1 :b) }",
    "SELECT ?s ?x { ?s :list ( ?x [] ) }",
    "SELECT ?s { ?s :list () }",
    "SELECT ?a ?b { ?a :p/:p ?b }",
    "SELECT ?a ?b { ?a ^:p ?b }",
    "SELECT ?a ?b { ?a :p|:q|^:r ?b }",
    "SELECT ?a ?b { ?a (:p/:p)?/:q* ?b }",
    "SELECT ?a ?b { ?a ^(:p/:q)+ ?b }",
    "SELECT ?a ?b { ?a (:p|(:q/:r))* ?b }",
    "SELECT ?a ?b { ?a !:p ?b }",
    "SELECT ?a ?b { ?a !(:p|^:p|a) ?b }",
    "SELECT ?a ?b { ?a !^:p ?b }",
    "SELECT ?a ?b { ?a !a ?b }",
    "SELECT ?a { :a :p/:p/:p ?a, ?b ; :n ?n }",
    "SELECT ?s ?l { VALUES ?s { :a :b } ?s rdfs:label ?l }",
    "SELECT ?s ?l { VALUES (?s ?l) { (:a 'a') (:b UNDEF) (UNDEF 'c') } ?s rdfs:label ?l }",
    "SELECT ?s ?n { ?s :n ?n } VALUES ?n { 1 -3 2.5 }",
    "SELECT ?s (?n * 2 AS ?twice) { ?s :n ?n }",
    "SELECT ?s ?twice { ?s :n ?n BIND(?n * -2 AS ?twice) }",
    "SELECT (COUNT(*) AS ?c) { ?s :n ?n }",
    "SELECT ?s (COUNT(DISTINCT ?n) AS ?c) (SUM(?n) AS ?d) { ?s :n ?n } GROUP BY ?s HAVING (COUNT(?n) > 1)",
    "SELECT ?s (MAX(?n) - MIN(?n) AS ?d) { ?s :n ?n } GROUP BY ?s HAVING (COUNT(?n) > 1) (SUM(?n) < 5000)",
    "SELECT ?k (COUNT(*) AS ?c) { ?s :n ?n } GROUP BY (?n > 1 AS ?k) ORDER BY ?k",
    "SELECT (COUNT(*) AS ?c) { ?s rdfs:label ?l } GROUP BY lang(?l)",
    "SELECT (COUNT(*) AS ?c) { ?s rdfs:label ?l } GROUP BY (lang(?l)) ?s",
    "SELECT ?s { ?s :n ?n } GROUP BY (?s) ORDER BY DESC(COUNT(?n)) LIMIT 1",
    "SELECT (GROUP_CONCAT(?l; separator=', ') AS ?all) { SELECT ?l { ?s rdfs:label ?l } ORDER BY DESC(STR(?l)) ?l }",
    "SELECT (GROUP_CONCAT(DISTINCT ?l) AS ?all) { SELECT (STR(?n) AS ?l) { ?s rdfs:label ?n } ORDER BY ?l }",
    "SELECT DISTINCT ?t { ?s a ?t }",
    "SELECT REDUCED ?t { ?s a ?t . ?s :n 1 }",
    "SELECT ?s ?c { ?s a :Thing { SELECT ?s (COUNT(*) AS ?c) { ?s :n ?n } GROUP BY ?s HAVING(COUNT(*) > 1) } }",
    "SELECT ?s { { SELECT ?s { ?s :n ?n } ORDER BY ?n LIMIT 2 VALUES ?s { :a } } }",
    "SELECT ?s { ?s :n ?n } ORDER BY ASC(?n) DESC(?s) LIMIT 3",
    "SELECT ?s ?g { ?s a :Thing GRAPH ?g { ?s :p ?o } }",
    "SELECT ?o { GRAPH <https://example.org/g> { :a :p ?o FILTER(isIRI(?o)) } }",
    "SELECT ?s { ?s :p ?_b0 . ?s :q [] }",
    "SELECT ?s { ?s :p ?o . { ?o :n 2 } { ?o a :Thing } }",
    "SELECT ?x { BIND(IF(1 < 2, COALESCE(?y, 'no'), STRLEN(\"it's\")) AS ?x) }",
]


@pytest.fixture(scope="module")
def store() -> ox.Store:
    made = ox.Store()
    made.load(DATA, format=ox.RdfFormat.TURTLE)
    made.load(DATA, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("https://example.org/g"))
    return made


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_written_from_the_structure_has_the_same_rows(store, query):
    whole = f"BASE <https://example.org/> {PREFIX}{query}"
    before, after = Answer.of(store.query(whole)), Answer.of(store.query(select(parse(whole))))
    assert set(before.columns) <= set(after.columns)  # with `*`, blank nodes are variables too
    assert rows_of(before, before.columns) == rows_of(after, before.columns)
    assert before.rows or query in EMPTY


#: What has no rows, on purpose.
EMPTY = ["SELECT ?s { ?s :n +1 } ", "SELECT ?s { ?s :list () }"]


def test_the_stored_queries(graph):
    for name in graph.queries:
        query = graph.bound(name, {})
        before, after = (graph.compiled.query(one) for one in (query, select(parse(query))))
        if isinstance(before, ox.QuerySolutions):
            before, after = Answer.of(before), Answer.of(after)
            assert rows_of(before, before.columns) == rows_of(after, before.columns), name


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_random_queries(case: Case):
    check_written(case)


def test_iris_are_whole():
    query = parse(
        "BASE <https://example.org/one/> PREFIX x: <#> PREFIX y: <https://example.org/two#> "
        "SELECT * { <a> x:b <../c> . <#d> y:e\\-f y:%20 . y: a </g> FILTER(?x = y:h) }"
    )
    *triples, asked = query.where.elements
    assert [[term.value.removeprefix("https://example.org/") for term in one] for one in triples] == [
        ["one/a", "one/#b", "c"],
        ["one/#d", "two#e-f", "two#%20"],
        ["two#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "g"],
    ]
    assert asked == Filter((ox.Variable("x"), "=", "<https://example.org/two#h>"))


def test_blank_nodes_are_variables_that_the_query_does_not_use():
    query = parse("PREFIX : <https://example.org/> SELECT ?_b0 { _:x :p [ :q _:x ] . ?_b1 :p ?_b0_2 }")
    first, second, third = query.where.elements
    assert first.subject == second.object and first.object == second.subject
    assert {first.subject, first.object}.isdisjoint({third.subject, third.object, ox.Variable("_b0")})


def test_the_structure():
    query = parse(
        "PREFIX : <https://example.org/> SELECT ?x { ?x ^:p+/:q|!(a|^:p) 1 VALUES (?x ?y) { (UNDEF 'a'@en) } }"
    )
    path, values = query.where.elements
    assert isinstance(path, Triple) and isinstance(path.path, Path)
    assert [one.operator for one in path.path.parts] == ["/", "!"]
    assert text(path) == (
        "?x (((^(<https://example.org/p>+))/<https://example.org/q>)|"
        "!(<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>|^<https://example.org/p>)) "
        '"1"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    )
    assert values == Values((ox.Variable("x"), ox.Variable("y")), ((None, ox.Literal("a", language="en")),))


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("DESCRIBE <https://example.org/a>", "DESCRIBE"),
        ("SELECT ?x { ?s ?p ?o BIND(RAND() AS ?x) }", "RAND()"),
        ("SELECT (uuid() AS ?x) { }", "UUID()"),
        ("SELECT (STRUUID() AS ?x) { }", "STRUUID()"),
        ("SELECT ?x { BIND(NOW() AS ?x) }", "NOW()"),
        ("SELECT ?x { ?s ?p ?o BIND(BNODE() AS ?x) }", "BNODE()"),
        ("SELECT (SAMPLE(?o) AS ?x) { ?s ?p ?o }", "SAMPLE()"),
        ("SELECT ?x { << ?s ?p ?o >> ?q ?x }", "triple terms"),
        ("SELECT ?x { ?x ?q <<( ?s ?p ?o )>> }", "triple terms"),
        ("SELECT ?x { BIND(<<( ?s ?p ?o )>> AS ?x) }", "triple terms"),
        ("SELECT ?x { ?s ?p ?o LATERAL { ?o ?q ?x } }", "LATERAL"),
        ("SELECT ?x { SERVICE <https://example.org/> { ?s ?p ?x } }", "SERVICE"),
        ("SELECT ?x FROM <https://example.org/> { ?s ?p ?x }", "'FROM'"),
        ("CONSTRUCT { ?s ?p [] } WHERE { ?s ?p ?o }", "blank nodes in a CONSTRUCT template"),
        ("CONSTRUCT { _:x ?p ?o } WHERE { ?s ?p ?o }", "blank nodes in a CONSTRUCT template"),
        ("CONSTRUCT WHERE { _:x ?p ?o }", "blank nodes in a CONSTRUCT template"),
    ],
)
def test_what_cannot_be_cited_is_refused_by_name(query, what):
    with pytest.raises(UsageError, match="cannot be cited") as caught:
        parse(query)
    assert what in str(caught.value)
