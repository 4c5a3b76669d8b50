"""What rows rest on: enough to have them again, and what is called necessary is."""

from collections import Counter

import pyoxigraph as ox
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, event, given, settings
from random_cases import EX, PASSAGES, PROLOGUE, Case, Failure, ask, cases, check, made, ontology, world

from rejoinder.answers.parser import parse
from rejoinder.answers.patterns import text
from rejoinder.answers.rows import Rows
from rejoinder.answers.scopes import needed_to_match
from rejoinder.answers.support import Fact
from rejoinder.errors import UsageError
from rejoinder.graph import inferred
from rejoinder.graph.compiled import Compiled
from rejoinder.graph.proofs import Proofs
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY, PREFIXES

# Random graphs and queries ############################################################################################


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_random_rows_are_there_again_from_their_leaves_and_go_with_what_is_necessary(case: Case):
    tally: Counter[str] = Counter()
    check(case, tally, rows_at_most=4, leaves_at_most=4)
    event("refused" if tally["refused"] else "with rows" if tally["rows"] else "without rows")
    for operator in case.operators:
        event(operator)


# Cases that once were wrong ###########################################################################################


def statements(text: str) -> tuple[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal], ...]:
    prologue = f"@prefix : <{EX}> . @prefix rdfs: <{PREFIXES['rdfs']}> . @prefix rj: <{PREFIXES['rj']}> . "
    parsed = ox.parse(prologue + text, format=ox.RdfFormat.TURTLE)
    return tuple((quad.subject, quad.predicate, quad.object) for quad in parsed)


def a_case(query: str, accepted: str, *quoted: str, axioms: tuple[str, ...] = ()) -> Case:
    passages = tuple(map(statements, quoted)) + ((),) * (len(PASSAGES) - len(quoted))
    return Case(axioms, statements(accepted), passages, PROLOGUE + query)


CASES = {
    "EXISTS within a condition": a_case(
        "SELECT ?v1 { ?v1 ^:n ?v2 . ?v2 :n ?v3 . FILTER(?v2 = :t3 || NOT EXISTS { ?v3 :n ?v3 }) }", ":t3 :n 3 ."
    ),
    "what a yes does not show": a_case("ASK { ?v1 a :C OPTIONAL { ?v2 :p ?v2 } }", ":t0 :p :t0 ; a :C ."),
    "what a template does not show": a_case(
        "CONSTRUCT { ?v4 :q ?v5 . ?v1 :q ?v5 } "
        "{ ?v1 :s ?v2 . ?v3 :s ?v4 OPTIONAL { ?v1 :q ?v5 } VALUES ?v5 { :A :t3 } }",
        ":t3 :s :t4 . :t4 :s :t1 .",
        axioms=(":q owl:inverseOf :s",),
    ),
    "a slice in an order by what is optional": a_case(
        "SELECT ?v1 ?v2 { { :t1 :p ?v1 } UNION { ?v1 :q ?v3 BIND(:t1 AS ?v2) } OPTIONAL { ?v2 :r ?v2 } } "
        "ORDER BY ?v2 LIMIT 1",
        ":t1 :p :t4 . :t2 :q :t3 . :t2 :r :t2 .",
    ),
    "a slice in an order by a name for a name": a_case(
        "SELECT ?v1 (?v3 AS ?v4) (?v4 AS ?v5) { ?v1 :p ?v2 . ?v2 :p ?v1 OPTIONAL { ?v1 :q ?v3 } } ORDER BY ?v5 LIMIT 1",
        ":t1 :p :t2 . :t2 :p :t1 . :t1 :q :t3 . :t2 :q :t4 .",
    ),
    "a text of things, which has none": a_case(
        "SELECT ?v1 ?v3 { { SELECT DISTINCT ?v1 ?v3 { { SELECT ?v1 (GROUP_CONCAT(?v2) AS ?v3) "
        "{ { SELECT ?v1 ?v2 { ?v1 :p ?v2 } ORDER BY ?v2 } } GROUP BY ?v1 } } } ?v4 :q ?v3 }",
        ":t1 :p :t2 . :t3 :q :t4 .",
    ),
    "a text of what is not bound": a_case(  # which leaves it to what follows to bind it
        "SELECT ?v1 ?v3 { ?v1 :p ?v2 . { SELECT ?v1 ?v3 { { SELECT ?v1 (GROUP_CONCAT(?v5) AS ?v3) "
        "{ SELECT ?v1 (STR(?v6) AS ?v5) { ?v1 :p ?v4 } ORDER BY ?v5 } GROUP BY ?v1 } } } OPTIONAL { ?v3 :q ?v7 } }",
        ":t0 :p :t1 . :t2 :q :t3 .",
    ),
    "no group, and one that MINUS leaves nothing of": a_case(
        "SELECT ?v1 ?v5 { ?v1 :p ?v2 OPTIONAL { SELECT ?v1 (COUNT(?v3) AS ?v5) "
        "{ ?v1 :q ?v3 MINUS { ?v3 :r ?v4 } } GROUP BY ?v1 } }",
        ":t0 :p :t1 . :t2 :p :t1 ; :q :t3 . :t3 :r :t4 .",
    ),
    "steps, one of which may be none": a_case(
        "SELECT ?v1 ?v2 { ?v1 :p/:q?/^:r ?v2 OPTIONAL { ?v2 :q/:s ?v3 } }",
        ":t0 :p :t1 . :t1 :q :t2 . :t3 :r :t1 , :t2 . :t4 :r :t1 ; :q :t5 .",
    ),
    "a path of no steps": a_case("SELECT ?v1 { ?v1 :p* ?v1 }", ":t0 :p :t0 ."),
    "a path of no steps from a constant": a_case("SELECT ?v1 { :t0 (:p|:q)* ?v1 }", ":t0 :p :t0 ."),
    "all things on a path of no steps": a_case(
        "SELECT ?v1 { ?v1 :r* ?v1 } ORDER BY DESC(?v1) OFFSET 1", ":t1 :p :t2 ."
    ),
    "a value put into MINUS": a_case("SELECT ?v1 { ?v1 :q ?v2 MINUS { ?v3 :n 2 } }", ":t2 :q :t2 ; :n 2 ."),
    "an unbound key of a group": a_case(
        "SELECT ?v2 { ?v1 :n ?v2 { SELECT ?v2 { ?v1 :p ?v1 } GROUP BY ?v2 } }", ":t0 :n 1 ; :p :t0 ."
    ),
    "a number added to what is none": a_case(
        "SELECT (COUNT(DISTINCT ?v5) AS ?v7) (MIN(?v6) + 1 AS ?v8) { ?v4 :s ?v5 . ?v6 :r ?v6 . ?v5 :s ?v5 }",
        ":t4 :r :t4 . :t0 :r :t0 . :t1 :s :t1 .",
    ),
    "a condition that uses what is outside of EXISTS": a_case(
        "SELECT ?v1 { ?v1 a :A . ?v3 :s ?v4 { ?v5 :p ?v6 } UNION { ?v7 :r ?v5 } "
        "FILTER(?v7 != ?v1 || NOT EXISTS { ?v3 ?v8 :t1 FILTER(isIRI(?v7)) }) }",
        ":t3 :s :t4 . :t3 :r :t1 . :t1 :p :t3 . :t4 a :A .",
    ),
    "a sub-select that shows what it does not bind": a_case(
        "SELECT ?v1 { ?v1 :q ?v2 FILTER EXISTS { ?v5 :q ?v2 { SELECT ?v1 { ?v3 :p ?v5 } } } }",
        ":t3 :q :t1 . :t1 :p :t4 .",
    ),
    "a count of what is never bound": a_case("SELECT (COUNT(?v1) AS ?n) { :t0 :p :t0 }", ":t0 :p :t0 ."),
    "a count of none, with HAVING": a_case(
        "SELECT (COUNT(?v2) AS ?n) { :t4 rdfs:label ?v1 } HAVING (COUNT(*) > 0)", ':t4 rdfs:label "b" .'
    ),
    "a count of members that an OPTIONAL does not change": a_case(
        "SELECT (COUNT(*) AS ?n) { :t4 :q :t2 OPTIONAL { ?v1 :p ?v1 } }", ":t4 :q :t2 . :t0 :p :t0 ."
    ),
    "a sum of what is optional that is not shown": a_case(
        "SELECT ?v1 { ?v1 :q ?v2 { SELECT ?v2 (SUM(?v4) AS ?n) { ?v3 :p ?v2 OPTIONAL { ?v2 :n ?v4 } } GROUP BY ?v2 } }",
        ":t0 :q :t3 . :t4 :p :t3 . :t3 :n 1 .",
    ),
    "a group where nothing is counted": a_case(
        "ASK { ?v1 :q ?v2 "
        "{ SELECT ?v6 (COUNT(?v3) AS ?n) { ?v1 rdfs:label ?v5 GRAPH ?v6 { ?v1 :q ?v2 } } GROUP BY ?v6 } }",
        ':t3 :q :t4 ; rdfs:label "a" .',
        "",
        ":t3 :q :t4 .",
    ),
    "joins with what is optional": a_case(
        "SELECT (COUNT(*) AS ?n) { ?v1 ?v2 ?v3 { ?v5 rdfs:label* ?v6 OPTIONAL { ?v2 :p ?v6 } } "
        "UNION { ?v1 rdfs:label ?v3 } }",
        ':t2 :p :t4 ; :r :t4 . :t0 rdfs:label "a" .',
    ),
    "a graph whose condition uses what is outside": a_case(
        "SELECT ?v1 { ?v1 :q ?v3 GRAPH ?v6 { ?v6 rj:source ?v7 FILTER EXISTS { ?v1 :p ?v3 } } }",
        ":t3 :q :t0 . :t0 :r :t3 .",
        "",
        ":g1 rj:source :source1 . :t4 :p :t0 . :t3 :p :t0 .",
    ),
    "alternatives that count as one": a_case(
        "SELECT (COUNT(*) AS ?n) { ?v1 (:p|:q) ?v2 }", ":t1 :p :t2 ; :q :t2 . :t2 :p :t3 ."
    ),
    "a negated property set counts each statement": a_case(
        "SELECT ?v1 (COUNT(*) AS ?n) { ?v1 !a ?v2 . ?v2 :q ?v3 } GROUP BY ?v1",
        ":t2 :p :t3 , :t1 . :t1 :q :t2 .",
        axioms=(":q a owl:SymmetricProperty",),
    ),
    "a group that comes to have the count of another": a_case(
        "SELECT (COUNT(*) AS ?n) { ?v1 :s ?v2 . ?v3 :q ?v4 . ?v1 ^:q ?v3 } GROUP BY ?v2",
        ":t3 :r :t0 ; :p :t2 . :t0 :r :t2 ; :p :t0 .",
        axioms=(":s owl:propertyChainAxiom ( :p :q )", ":p owl:inverseOf :r", ":p rdfs:subPropertyOf :q"),
    ),
    "an OPTIONAL in GRAPH that shares what it binds": a_case(
        "SELECT * { ?v1 ?v2 ?v3 . ?v4 :p ?v5 GRAPH :g1 { ?v4 :q ?v1 OPTIONAL { ?v1 :n ?v3 } } }",
        ":t0 :n 3 . :t2 :p :t1 .",
        "",
        ":t0 :n 3 . :t2 :q :t0 .",
    ),
    "an OPTIONAL that uses the name of its graph": a_case(
        "SELECT ?v3 { ?v1 :n ?v2 GRAPH ?v3 { ?v1 :n ?v4 OPTIONAL { ?v3 rj:source ?v5 } } }",
        ":t3 :n 3 .",
        ":g0 rj:source :source1 . :t3 :n 2 .",
    ),
    "a row that an OPTIONAL without match makes again": a_case(
        "SELECT ?v4 { ?v3 :p ?v2 { ?v3 :p ?v2 OPTIONAL { ?v4 :q ?v3 } } UNION { :t3 :q ?v3 } }",
        ":t3 :q :t2 . :t2 :p :t4 .",
    ),
    "a match that does not count against OPTIONAL": a_case(
        "SELECT ?v2 { ?v1 :n ?v2 OPTIONAL { ?v1 :n ?v2 MINUS { ?v1 :n ?v2 } } }", ":t2 :n 3 ."
    ),
    "the name of a graph in a condition": a_case(
        "SELECT ?v1 { ?v1 :s ?v2 GRAPH ?v5 { ?v2 :n ?v6 FILTER EXISTS { ?v5 !(:p|^:q) ?v7 } } }",
        ":t1 :s :t2 .",
        "",
        ":g1 rj:source :source1 . :t2 :n 3 .",
    ),
    "a condition on what is optional, and a match to lose": a_case(
        "SELECT ?v4 { ?v1 :r ?v2 OPTIONAL { ?v3 :r ?v1 GRAPH ?v4 { :t4 :q* ?v2 } } FILTER(!BOUND(?v4)) }",
        ":t2 :r :t0 . :t3 :r :t2 .",
        "",
        ":t4 :q :t0 .",
    ),
    "what SELECT * does not show": a_case(
        "SELECT * { ?v1 :p ?v2 { SELECT (MIN(?v2) + 1 AS ?v5) { ?v1 a ?v4 ; :p ?v2 } } }", ":t2 a :C ; :p :t0 ."
    ),
    "a variable that MINUS does not see yet": a_case(
        "ASK { { ?v2 :n ?v3 . ?v2 :q ?v3 } UNION { ?v1 :p ?v4 } MINUS { ?v2 :n ?v3 } ?v2 a :C }",
        ":t2 :p :t2 . :t0 a :C ; :n 3 .",
    ),
    "a group that joins with what is optional": a_case(
        "SELECT ?v4 (COUNT(*) AS ?n) { ?v1 :s ?v2 OPTIONAL { ?v3 :r ?v2 } { ?v3 rdfs:label ?v4 } } GROUP BY ?v4",
        ':t1 rdfs:label "a" . :t4 rdfs:label "a" . :t3 :s :t1 . :t4 :r :t1 .',
    ),
    "a sub-select that is asked with values from around EXISTS": a_case(
        "SELECT ?v1 { :t1 a ?v1 FILTER EXISTS { ?v2 a ?v1 { SELECT ?v1 { ?v2 :q ?v4 FILTER(?v1 = :C) } } } }",
        ":t1 :q :t1 ; a :C .",
    ),
    "a value put into a BIND before it is bound": a_case(
        "SELECT * { ?v1 :p ?v3 OPTIONAL { ?v5 :s ?v3 } BIND(?v5 AS ?v6) ?v5 :p ?v5 }",
        ":t1 :p :t3 , :t2 . :t0 :p :t0 ; :s :t3 .",
    ),
    "a key of groups that is computed from what is optional": a_case(
        "SELECT ?v6 (COUNT(*) AS ?n) { ?v1 :s ?v2 OPTIONAL { ?v5 :q ?v1 } } GROUP BY (BOUND(?v5) AS ?v6)",
        ":t0 :s :t4 ; :q :t2 . :t2 :s :t4 .",
    ),
    "a sum that is the same without": a_case("SELECT (SUM(?x) AS ?n) { ?a :n ?x }", ":t0 :n 0 ."),
    "a value where VALUES names its variable": a_case("SELECT * { ?v1 :p ?v2 VALUES ?v1 { :t0 :t1 } }", ":t0 :p :t2 ."),
    "a value in BOUND": a_case("SELECT * { ?v1 :p ?v2 FILTER(bound(?v1) || ?v2 = 1) }", ":t0 :p :t2 . :t1 :p :t1 ."),
    "a value that a BIND gives": a_case("SELECT * { ?v1 :p ?v2 { ?v1 :p ?v3 BIND(?v1 AS ?v4) } }", ":t0 :p :t2 ."),
    "a group of which some members do not count": a_case(
        "SELECT ?a { ?a :p ?b OPTIONAL { ?b :q ?c } } GROUP BY ?a HAVING (COUNT(DISTINCT ?c) < 3)",
        ":t0 :p :t1 , :t2 . :t1 :q :t3 .",
    ),
    "another group that HAVING kept out": a_case(
        "SELECT (COUNT(DISTINCT ?b) AS ?n) { ?a :p ?b . ?b :q ?c } GROUP BY ?a HAVING (COUNT(*) < 2)",
        ":t0 :p :t2 . :t1 :p :t2 , :t3 . :t2 :q :t3 . :t3 :q :t4 .",
    ),
    "a count that no number is added to": a_case("SELECT (COUNT(?x) + 'a' AS ?n) { ?x a :A }", ":t0 a :A . :t1 a :A ."),
    "UNION in MINUS": a_case(
        "SELECT (COUNT(*) AS ?n) { :t0 :p ?v1 MINUS { ?v1 :p ?v2 { ?v1 ?v4 ?v3 } UNION { ?v1 :n ?v3 } } }",
        ":t0 :n 1 ; :p :t0 .",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_cases_that_once_were_wrong(name):
    tally: Counter[str] = Counter()
    for seed in range(5):  # of which rows are checked alone
        check(CASES[name]._replace(seed=seed), tally)
    assert tally["rows"] and not tally["refused"]


def test_the_check_finds_what_is_wrong(monkeypatch):
    monkeypatch.setattr(Rows, "leaves", lambda rows, cited: ())
    with pytest.raises(Failure, match="replay"):
        check(CASES["a value put into MINUS"], Counter())


def rows_of(case: Case) -> Rows:
    compiled = world(case.axioms, case.facts)
    answer = ask(compiled, case.query)
    return Rows(case.query, answer, compiled, Proofs(compiled, ontology(case.axioms)[1]), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "kept_out_by"),
    [
        # What OPTIONAL does not match is there, but for a statement that MINUS takes it away by.
        ("SELECT ?a ?c { ?a :p ?b OPTIONAL { ?b :q ?c MINUS { ?c :r ?d } } }", ":t2 :r :t3 ."),
        ("SELECT ?a { ?a :p ?b FILTER NOT EXISTS { ?b :q ?c FILTER NOT EXISTS { ?c :r ?d } } }", ":t2 :r :t3 ."),
        # What is counted is taken away by MINUS; then where that cannot be told solution by solution.
        ("SELECT (COUNT(*) AS ?n) { ?a :p|:q ?b MINUS { ?b :r ?d } }", ":t2 :r :t3 ."),
        ("SELECT (COUNT(?c) AS ?n) { ?a :p ?b OPTIONAL { ?b :q ?c MINUS { ?c :r ?d } } }", ":t2 :r :t3 ."),
        # A slice is another one where the rows before are not there.
        ("SELECT ?a { ?a ?p ?b } ORDER BY ?a LIMIT 1 OFFSET 1", ":t0 :p :t1 ."),
    ],
)
def test_what_keeps_others_out_of_a_row_is_context(query, kept_out_by):
    rows = rows_of(a_case(query, ":t0 :p :t1 . :t1 :q :t2 . :t2 :r :t3 ."))
    (one,) = [rows[number] for number in range(len(rows))]
    assert {Fact(statement) for statement in statements(kept_out_by)} <= set(one.context)


@pytest.mark.parametrize(
    ("added", "needed"), [("", True), ("+ 1", True), ("- 1", True), ("+ 'a'", None), ("* 0", None)]
)
def test_a_count_shows_its_members_where_an_integer_is_added(added, needed):
    rows = rows_of(a_case(f"SELECT (COUNT(?x) {added} AS ?n) {{ ?x a :A }}", ":t0 a :A . :t1 a :A ."))
    assert list(rows.necessary(0).values()) == [needed] * 2


def test_what_has_no_group_needs_no_context():
    rows = rows_of(CASES["no group, and one that MINUS leaves nothing of"])
    none, taken = sorted((rows[number] for number in range(len(rows))), key=lambda one: len(one.context))
    assert none.context == () and len(none.absent) == 1
    assert {Fact(one) for one in statements(":t3 :r :t4 .")} <= set(taken.context)


def test_steps_by_any_predicate_are_no_path():
    case = a_case(
        "SELECT ?v1 (COUNT(*) AS ?n) { ?v1 :p ?v2 OPTIONAL { SELECT ?v1 { ?v1 ?v3 ?v4 . ?v4 :q ?v5 } } } GROUP BY ?v1",
        ":t1 :p :t2 .",
    )
    (absent,) = rows_of(case)[0].absent
    assert not ox.Store().query(f"ASK {text(absent.pattern)}")  # which is SPARQL


def test_a_text_of_things_rests_on_them():
    row = rows_of(CASES["a text of things, which has none"])[0]
    assert {Fact(one) for one in statements(":t1 :p :t2 . :t3 :q :t4 .")} <= set(row.facts)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("?a :p ?b OPTIONAL { ?b :q ?c }", "?a :p ?b"),
        ("{ { ?a :p ?b OPTIONAL { ?b :q ?c OPTIONAL { ?c :q ?d } } } }", "?a :p ?b"),
        ("?a :p ?b OPTIONAL { ?b :q ?c } FILTER(?c > 1)", "?a :p ?b OPTIONAL { ?b :q ?c } FILTER(?c > 1)"),
        ("OPTIONAL { ?a :p ?b } ?b :q ?c", "OPTIONAL { ?a :p ?b } ?b :q ?c"),
        (
            "?a :p ?b OPTIONAL { ?a :q ?c } OPTIONAL { ?b :q ?c }",
            "?a :p ?b OPTIONAL { ?a :q ?c } OPTIONAL { ?b :q ?c }",
        ),
    ],
)
def test_an_optional_part_matters_to_a_match_where_others_use_it(pattern, needed):
    first, second = (parse(f"{PROLOGUE} SELECT * {{ {one} }}").where for one in (pattern, needed))
    assert needed_to_match(first) == second


def test_the_same_way_is_cited_each_time():
    case = a_case("SELECT ?a { ?a (:p|:q)* ?b . ?b :r* ?c }", ":t0 :p :t1 ; :q :t2 . :t1 :r :t3 , :t4 . :t2 :r :t3 .")
    first = rows_of(case)
    for _ in range(5):
        assert [first[i] for i in range(len(first))] == [rows_of(case)[i] for i in range(len(first))]


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT ?a { ?a :p ?b OPTIONAL { ?b :p ?c FILTER(?c = :t1 || EXISTS { ?c :p ?a }) } }", "OPTIONAL"),
        ("SELECT ?a { ?a :p ?b MINUS { ?c :p ?b FILTER(?c != ?a) } }", "MINUS"),
        ("SELECT ?n { GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?a :p ?b } } }", "GRAPH"),
        ("SELECT ?a { GRAPH ?g { ?a :p ?b FILTER EXISTS { SELECT ?b { ?b :p ?c } } } }", "GRAPH"),
        ("SELECT (GROUP_CONCAT(?b) AS ?all) { ?a :p ?b }", "GROUP_CONCAT"),
        ("SELECT ?a (EXISTS { ?a :q ?c } AS ?x) { ?a :p ?b }", "EXISTS in what SELECT"),
        ("SELECT ?a { ?a :p ?b } GROUP BY ?a HAVING (EXISTS { ?a :q ?c })", "HAVING"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(query, what):
    with pytest.raises(UsageError, match=what):
        rows_of(a_case(query, ":t0 :p :t1 ."))


# The stored queries ###################################################################################################


class World:
    """The bundled graph, reasoned again from some of its statements."""

    def __init__(self, compiled: Compiled, proofs: Proofs) -> None:
        self.compiled, self._rules = compiled, proofs.rules
        self.ontology = list(compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY)))
        self._found: dict[tuple[str, frozenset[Fact]], list[object]] = {}
        self._stores: dict[frozenset[Fact], Compiled] = {}

    def of(self, leaves: frozenset[Fact], query: str) -> list[object]:
        """Return the answer from these leaves alone."""
        if (query, leaves) not in self._found:
            if leaves not in self._stores:
                quads = (ox.Quad(*one.statement, one.passage or ox.NamedNode(ACCEPTED)) for one in leaves)
                mine = [one for one in quads if one in self.compiled.store]  # the others are of the ontology
                self._stores[leaves] = self._closed([*self.ontology, *mine])
            self._found[query, leaves] = made(ask(self._stores[leaves], query))
        return self._found[query, leaves]

    def without(self, leaf: Fact, query: str) -> list[object]:
        """Return the answer from all but a statement."""
        gone = ox.Quad(*leaf.statement, leaf.passage or ox.NamedNode(ACCEPTED))
        derived = ox.NamedNode(INFERRED)
        rest = [one for one in self.compiled.store if one.graph_name != derived and one != gone]
        return made(ask(self._closed(rest), query))

    def _closed(self, quads: list[ox.Quad]) -> Compiled:
        store = ox.Store()
        store.extend(quads)
        inferred.infer(store, self._rules)
        return Compiled(store, self.compiled.manifest)


STORED = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))


@pytest.fixture(scope="module")
def bundled(graph) -> World:
    return World(graph.compiled, graph._proofs)


def stored(graph, name: str) -> tuple[str, Rows, list[object]]:
    query = graph.bound(name, {})
    answer = graph.sparql(query)
    return query, Rows(query, answer, graph.compiled, graph._proofs, graph.citations), made(answer)


@pytest.mark.parametrize("name", STORED)
def test_each_row_of_a_stored_query_is_there_again_from_its_leaves(graph, bundled, name):
    query, rows, everything = stored(graph, name)
    for number, row in enumerate(everything):
        cited = rows[number]
        assert cited.status != "unexplained"
        assert row in bundled.of(frozenset(rows.leaves(cited)), query), number


@pytest.mark.parametrize("name", STORED[::4])
def test_rows_of_stored_queries_go_with_what_is_necessary(graph, bundled, name):
    query, rows, everything = stored(graph, name)
    asserted = ox.NamedNode(ACCEPTED)
    told = [
        (number, leaf, necessary)
        for number in range(0, len(everything), max(1, len(everything) // 3))
        for leaf, necessary in rows.necessary(number).items()
        if necessary is not None
        if leaf.passage or ox.Quad(*leaf.statement, asserted) in bundled.compiled.store
    ]
    for number, leaf, necessary in told[:: max(1, len(told) // 4)]:
        assert (everything[number] not in bundled.without(leaf, query)) == necessary, (number, leaf)
