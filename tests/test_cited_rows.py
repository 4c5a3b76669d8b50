"""The checker of cited answers: silent on what holds, loud on planted faults, each planted wherever it fits."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pyoxigraph as ox
import pytest
from conftest import HEAD

import rejoinder
from rejoinder.checks.citations import Checker, check
from rejoinder.errors import InputError
from rejoinder.outputs import cited
from rejoinder.vocabulary import ACCEPTED, LAYERS, ONTOLOGY, PREFIXES, rj

Record = dict[str, Any]
# Queries of which one row is explained on its own; each statement that it rests on is taken away in turn.
REASONS = [
    "data-gaps", "disputes", "model-card", "open-in-name-only", "organizations", "restrictions-lifted",
    "sources-compared", "who-answers-whom",
]  # fmt: skip
INVENTED = "<https://w3id.org/rejoinder/id/release/invented>"
RJ = f"PREFIX rj: <{PREFIXES['rj']}> "


@pytest.fixture(scope="module")
def checker(inputs) -> Checker:
    return Checker(inputs)


@pytest.fixture(scope="module")
def answers(graph) -> list[str]:
    """The cited answers to all stored queries."""
    return [written(graph, graph.query(name)) for name in graph.queries]


@pytest.fixture(scope="module")
def passages(answers) -> list[Record]:
    """All passages that the answers cite."""
    records = [root for text in answers for root in json.loads(text)["statements"]]
    found = {json.dumps(one): one for root in records for node in nodes(root) for one in node.get("citations", [])}
    return list(found.values())


@pytest.fixture(scope="module")
def reasons(graph) -> list[str]:
    """Single rows, as `why` explains them, with what each needs."""
    found = []
    for name in REASONS:
        answer = graph.query(name)
        number = random.Random(name).randrange(len(answer.rows) or len(answer.triples))
        found.append(cited.why(answer, graph.cite(answer, only=number), graph.citations, number, "json"))
    return found


def written(graph, answer) -> str:
    return cited.write(answer, graph.cite(answer), graph.citations, "json")


def wrong(checker: Checker, text: str) -> list[str]:
    """Return what is found."""
    return checker.check(text)


@pytest.fixture(scope="module")
def slices(graph) -> list[str]:
    """Answers whose rows others would take the place of, if it were not for the context of the rows."""
    return [written(graph, graph.sparql(RJ + query)) for query in SLICES]


SLICES = [
    "SELECT ?model ?n { ?model rj:parameterCount ?n } ORDER BY DESC(?n) ?model LIMIT 3 OFFSET 2",
    "SELECT ?r ?day { ?r a rj:Release . OPTIONAL { ?r rj:earliestDay ?day } } ORDER BY ?day ?r LIMIT 3 OFFSET 4",
    """SELECT ?model ?n {
         ?model rj:parameterCount ?n MINUS { ?model rj:variantOf ?other MINUS { ?other rj:modality rj:text } } }""",
    """SELECT ?by {
         ?by a rj:Organization
         FILTER NOT EXISTS { ?release rj:releasedBy ?by FILTER NOT EXISTS { ?release rj:date ?day } } }""",
]


def test_what_holds_is_not_called_wrong(answers, slices, checker):
    assert len(answers) >= 21
    for text in answers + slices:
        assert wrong(checker, text) == []


def test_a_single_row_that_holds_is_not_called_wrong(reasons, checker):
    flags = Counter(one["necessary"] for text in reasons for one in json.loads(text)["rows"][0]["necessary"])
    assert flags[True] > 10 and flags[False] > 0
    for text in reasons:
        assert wrong(checker, text) == []


OTHER_FORMS = [
    f"{RJ} ASK {{ ?model rj:parameterCount 175000000000 }}",
    f"{RJ} ASK {{ ?model rj:parameterCount 3 }}",
    f"{RJ} SELECT (AVG(?n) AS ?mean) (MAX(?n) AS ?most) {{ ?model rj:parameterCount ?n }}",
    f"{RJ} SELECT ?model ?n {{ ?model rj:parameterCount ?n }} ORDER BY DESC(?n) ?model LIMIT 2 OFFSET 1",
    f"{RJ} SELECT * {{ ?dispute a rj:Dispute ; ?property ?value }}",
    f"{RJ} SELECT ?thing ?name {{ GRAPH ?passage {{ ?thing rj:modality/rj:note ?name }} }}",
    f"{RJ} SELECT ?thing {{ ?thing rj:earliestDay ?day }}",
    "SELECT (COUNT(*) AS ?n) { ?thing a <https://example.org/Nothing> }",
    'SELECT (1.50 AS ?n) (1e3 AS ?m) (true AS ?yes) ("2020-01-01T00:00:00"^^xsd:dateTime AS ?t) {}'.replace(
        "xsd:dateTime", f"<{PREFIXES['xsd']}dateTime>"
    ),
]


def test_other_forms_of_queries_and_data_of_ones_own(mine):
    """Disputes that no ruling decides, nodes without names, and files that name no source are told as they are."""
    theirs = mine('model:gpt-3 rj:parameterCount 5000 . release:x rj:date "2020"^^edtf:EDTF , "2020-02"^^edtf:EDTF .')
    nobody = mine("model:x rj:modality [ rj:note 'y' ] .", "nobody.ttl", HEAD.split("source:mine-01")[0])
    graph = rejoinder.open(str(theirs), str(nobody))
    checker = Checker(graph.inputs)
    seen = set()
    for query in OTHER_FORMS:
        answer = graph.sparql(query)
        text = written(graph, answer)
        assert wrong(checker, text) == []
        seen |= {row["status"] for row in json.loads(text)["rows"]}
        for row in json.loads(text)["rows"][:1]:
            assert checker.check(cited.why(answer, graph.cite(answer, only=0), graph.citations, 0, "json")) == [], row
    assert seen >= {"cited", "aggregate", "absence", "no-source"}


# Faults ##############################################################################################################


class Place:
    """A copy of a cited answer to plant a fault in, and what the bundled graph says."""

    def __init__(self, record: Record, draw: random.Random, store: ox.Store, others: list[Record]) -> None:
        self.record = record
        self.rows: list[Record] = draw.sample(record["rows"], len(record["rows"]))
        used = sorted({number for row in self.rows for number in (*row["statements"], *row["context"])})
        found = [node for number in used for node in nodes(record["statements"][number])]
        self.nodes: list[Record] = draw.sample(found, len(found))
        self.draw = draw
        self.store = store
        self.others = others

    def said(self, statement: list[str], passage: str) -> bool:
        return quad(tuple(statement), passage) in self.store

    def holds(self, statement: list[str]) -> bool:
        return any(self.said(statement, layer) for layer in LAYERS)

    def other(self, node: Record) -> Record:
        """Return a passage, as it is cited elsewhere, that does not say what a node says."""
        return next(
            one
            for one in self.draw.sample(self.others, len(self.others))
            if not self.said(node["statement"], one["passage"])
        )

    def cite_anew(self, row: Record) -> None:
        """Set the citations and the status of a row to what its statements say, so that only these are at fault."""
        roots = [self.record["statements"][number] for number in row["statements"]]
        leaves = [node for root in roots for node in nodes(root) if not node.get("premises")]
        row["citations"] = sorted({one["passage"] for leaf in leaves for one in leaf.get("citations", [])})
        if row["status"] in ("cited", "derived") and roots:
            row["status"] = "derived" if any(root["kind"] == "inferred" for root in roots) else "cited"

    def settle(self) -> bool:
        """Cite all rows anew, so that only a statement itself is at fault."""
        for row in self.rows:
            self.cite_anew(row)
        return True

    def follows(self, row: Record) -> bool:
        """Tell whether a row follows from what it names, by a store of just that."""
        store = ox.Store()
        store.extend(self.store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY)))
        named = set()
        for number in (*row["statements"], *row["context"]):
            node = self.record["statements"][number]
            quoted = node["kind"] == "quoted"
            named |= {node["citations"][0]["passage"]} if quoted else set()
            if quoted or quad(tuple(node["statement"]), ONTOLOGY) not in store:
                store.add(quad(tuple(node["statement"]), node["citations"][0]["passage"] if quoted else ACCEPTED))
        layers = [ox.NamedNode(name) for name in (ONTOLOGY, ACCEPTED)]
        found = store.query(
            self.record["query"], default_graph=layers, named_graphs=[ox.NamedNode(one) for one in named]
        )
        if "terms" not in row:
            return any([str(t.subject), str(t.predicate), str(t.object)] == row["statement"] for t in found)
        names = [variable.value for variable in found.variables]
        return any(
            {name: str(term) for name, term in zip(names, one, strict=True) if term is not None} == row["terms"]
            for one in found
        )


@cache
def quad(statement: tuple[str, ...], graph: str) -> ox.Quad:
    (found,) = ox.parse(" ".join(statement) + " .", format=ox.RdfFormat.N_TRIPLES)
    return ox.Quad(found.subject, found.predicate, found.object, ox.NamedNode(graph))


def nodes(root: Record) -> Iterator[Record]:
    yield root
    for premise in root.get("premises", []):
        yield from nodes(premise)


def cited_nodes(place: Place, *kinds: str) -> Iterator[Record]:
    return (node for node in place.nodes if node.get("citations") and (not kinds or node["kind"] in kinds))


def wrong_passage(place: Place) -> bool:
    for node in cited_nodes(place, "claimed", "recorded"):
        node["citations"][0] = place.other(node)
        return place.settle()
    return False


def quoted_elsewhere(place: Place) -> bool:
    """A passage is quoted with what another one says; the row is told as if it were so."""
    for node in cited_nodes(place, "quoted"):
        node["citations"] = [place.other(node)]
        return place.settle()
    return False


def quoted_as_fact(place: Place) -> bool:
    """What a passage says, and is not accepted, is told as what holds."""
    for node in cited_nodes(place, "quoted"):
        if not place.holds(node["statement"]):
            node["kind"] = "claimed"
            return place.settle()
    return False


def other_source(place: Place) -> bool:
    for node in cited_nodes(place):
        node["citations"][0]["source"] = "https://w3id.org/rejoinder/source/nobody"
        return True
    return False


def other_name(place: Place) -> bool:
    for node in cited_nodes(place):
        node["citations"][0]["source_name"] += " (a friend)"
        return True
    return False


def other_day(place: Place) -> bool:
    for node in cited_nodes(place):
        if node["citations"][0]["date"]:
            node["citations"][0]["date"] = "1999-12-31"
            return True
    return False


def other_words(place: Place) -> bool:
    for node in cited_nodes(place):
        if "#:~:text=" in node["citations"][0]["link"]:
            link = node["citations"][0]["link"]
            node["citations"][0]["link"] = link.replace("#:~:text=", "#:~:text=Not%20")
            return True
    return False


def other_object(place: Place) -> bool:
    """The object is that of another statement of the property; false where nobody says so and it does not hold."""
    for node in place.nodes:
        for other in place.nodes:
            subject, predicate, value = node["statement"]
            swapped = [subject, predicate, other["statement"][2]]
            if other["statement"][1] == predicate and other["statement"][2] != value and not place.holds(swapped):
                if any(place.said(swapped, one["passage"]) for one in node.get("citations", [])):
                    continue
                node["statement"] = swapped
                return place.settle()
    return False


def missing_premise(place: Place) -> bool:
    for node in place.nodes:
        if node["kind"] == "inferred" and node["premises"]:
            node["premises"].pop(place.draw.randrange(len(node["premises"])))
            return place.settle()
    return False


def invented_step(place: Place) -> bool:
    for node in cited_nodes(place, "claimed"):
        premise = {key: value for key, value in place.draw.choice(place.nodes).items() if key != "premises"}
        predicate = f"<{PREFIXES['rdfs']}subPropertyOf>"
        axiom = [premise["statement"][1], predicate, node["statement"][1]]
        if place.holds(axiom):
            continue
        node.update(kind="inferred", rule="prp-spo1", axiom=axiom, premises=[premise], citations=[])
        return place.settle()
    return False


def invented_statement(place: Place) -> bool:
    """A statement about something that does not exist is added to a row, with the passages of another one."""
    for row in place.rows:
        for number in row["statements"]:
            node = json.loads(json.dumps(place.record["statements"][number]))
            node["statement"][0] = INVENTED
            row["statements"].append(len(place.record["statements"]))
            place.record["statements"].append(node)
            return place.settle()
    return False


def other_axiom(place: Place) -> bool:
    for node in place.nodes:
        if node.get("axiom"):
            node["axiom"][place.draw.choice((0, 2))] = f"<{rj('languageCount')}>"
            return True
    return False


def other_rule(place: Place) -> bool:
    for node in place.nodes:
        if node["kind"] == "inferred":
            node["rule"] = "prp-symp" if node["rule"] != "prp-symp" else "prp-trp"
            return True
    return False


def by_definition(place: Place) -> bool:
    for node in place.nodes:
        if not place.said(node["statement"], ONTOLOGY):
            node.update(kind="ontology", citations=[], premises=[])
            node.pop("dispute", None)
            return place.settle()
    return False


def missing_statement(place: Place) -> bool:
    """A statement is taken out of a row that does not follow from the rest (see `follows`), with its citations."""
    return _missing(place, "statements")


def missing_context(place: Place) -> bool:
    """A statement that keeps others out of a row is taken out, where another row follows then (see `follows`)."""
    return _missing(place, "context")


def _missing(place: Place, key: str) -> bool:
    for row in place.rows:
        before = dict(row)
        numbers = row[key]
        for number in place.draw.sample(numbers, min(len(numbers), 4)):
            row[key] = [one for one in numbers if one != number]
            place.cite_anew(row)
            if not place.follows(row):
                return True
            row.update(before)
    return False


def other_term(place: Place) -> bool:
    """A term and its value are changed together, so that the answer has no such row."""
    everything = [row.get("terms") or row["statement"] for row in place.record["rows"]]
    for row in place.rows:
        if "terms" not in row:
            row["statement"] = [row["statement"][0], row["statement"][1], INVENTED]
            return True
        column = place.draw.choice(sorted(row["values"]))
        changed, value = row["terms"] | {column: '"invented"'}, "invented"
        for other in place.rows:
            if column in other["terms"] and other["terms"] | row["terms"] not in everything:
                changed, value = row["terms"] | {column: other["terms"][column]}, other["values"][column]
        if changed not in everything:
            row["terms"] = changed
            row["values"][column] = value
            return True
    return False


def other_value(place: Place) -> bool:
    for row in place.rows:
        if "values" in row:
            row["values"][place.draw.choice(sorted(row["values"]))] = "invented"
            return True
    return False


def lost_term(place: Place) -> bool:
    for row in place.rows:
        if row.get("terms"):
            column = place.draw.choice(sorted(row["terms"]))
            del row["terms"][column]
            row["values"][column] = None
            return True
    return False


def invented_row(place: Place) -> bool:
    place.record["rows"].append(json.loads(json.dumps(place.rows[0])))
    return place.draw.random() < 0.5 or other_term(
        Place(place.record | {"rows": place.record["rows"][-1:]}, *rest(place))
    )


def rest(place: Place) -> tuple[random.Random, ox.Store, list[Record]]:
    return place.draw, place.store, place.others


def missing_row(place: Place) -> bool:
    del place.record["rows"][place.draw.randrange(len(place.record["rows"]))]
    return True


def missing_citation(place: Place) -> bool:
    for row in place.rows:
        if row["citations"]:
            row["citations"].pop(place.draw.randrange(len(row["citations"])))
            return True
    return False


def added_citation(place: Place) -> bool:
    for row in place.rows:
        known = [one["passage"] for one in place.others if one["passage"] not in row["citations"]]
        row["citations"].append(place.draw.choice(known))
        return True
    return False


def wrongly_absent(place: Place) -> bool:
    """What is called absent is one of the statements of the file, a part of it left open."""
    for row in place.rows:
        node = place.draw.choice(place.nodes)
        subject, predicate, value = node["statement"]
        pattern = f"{{ {subject} {predicate} {place.draw.choice((value, '?any'))} . }}"
        if node["kind"] == "quoted":
            pattern = f"GRAPH <{node['citations'][0]['passage']}> {pattern}"
        elif not place.holds(node["statement"]):  # a class without a name, which no query finds
            continue
        row["absent"].append(pattern)
        return True
    return False


def other_status(place: Place) -> bool:
    row = place.rows[0]
    kinds = ("cited", "derived", "aggregate", "absence", "no-source", "unexplained")
    row["status"] = place.draw.choice([kind for kind in kinds if kind != row["status"]])
    return True


def disputed(place: Place) -> Iterator[Record]:
    return (node for node in place.nodes if node.get("dispute"))


def untold_dispute(place: Place) -> bool:
    for node in disputed(place):
        del node["dispute"]
        return True
    return False


def untold_claim(place: Place) -> bool:
    """One value that another passage gives is left out of the dispute."""
    for node in disputed(place):
        told = node["dispute"]["setAside"]
        del told[place.draw.randrange(len(told))]
        return True
    return False


def other_reason(place: Place) -> bool:
    for node in disputed(place):
        node["dispute"]["reason"] = place.draw.choice(("", "It was so decided."))
        return True
    return False


def other_grounds(place: Place) -> bool:
    for node in cited_nodes(place):
        for citation in node["citations"]:
            if citation["based_on"]:
                citation["based_on"] = [*citation["based_on"][1:], *place.draw.choice(([], [citation["passage"]]))]
                return True
    return False


def other_ruling(place: Place) -> bool:
    for node in disputed(place):
        wrong = "https://w3id.org/rejoinder/id/ruling/bloom-maker"
        wrong = wrong if node["dispute"]["ruling"] != wrong else wrong.replace("maker", "date")
        node["dispute"]["ruling"] = place.draw.choice((None, wrong))
        return True
    return False


def invented_dispute(place: Place) -> bool:
    model = next(disputed(place), None)
    for node in cited_nodes(place, "claimed"):
        if not node.get("dispute"):
            other = {"value": INVENTED, "citations": node["citations"]}
            told = {"ruling": None, "reason": "", "setAside": [other]}
            node["dispute"] = model["dispute"] if model else told
            return True
    return False


FAULTS: list[Callable[[Place], bool]] = [
    wrong_passage, quoted_elsewhere, quoted_as_fact, other_source, other_name, other_day, other_words, other_object,
    missing_premise, invented_step, invented_statement, other_axiom, other_rule, by_definition, missing_statement,
    missing_context, other_term, other_value, lost_term, invented_row, missing_row, missing_citation, added_citation,
    wrongly_absent, other_status, untold_dispute, untold_claim, other_reason, other_grounds, other_ruling,
    invented_dispute,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_planted_faults_are_found(fault, answers, slices, passages, checker, compiled):
    """Each fault in answers that it fits, at places drawn anew, up to 25 times; at least 95 of 100 must be found."""
    draw = random.Random(fault.__name__)
    planted = found = 0
    for text in draw.sample(answers, len(answers)) * 3 if fault is not missing_context else slices * 3:
        if planted == 25:
            break
        place = Place(json.loads(text), draw, compiled.store, passages)
        if fault(place):
            planted += 1
            found += bool(wrong(checker, json.dumps(place.record)))
    print(f"{fault.__name__}: {found} of {planted}")
    assert planted >= 8
    assert found >= 0.95 * planted, f"{found} of {planted}"


def test_what_a_row_is_said_to_need_is_tried(reasons, checker):
    """Each flag of single rows turned round: the row is asked for again without the statement."""
    draw = random.Random(1)
    planted = found = 0
    for text in reasons:
        flags = [i for i, one in enumerate(json.loads(text)["rows"][0]["necessary"]) if one["necessary"] is not None]
        for number in draw.sample(flags, min(len(flags), 8)):
            record = json.loads(text)
            one = record["rows"][0]["necessary"][number]
            one["necessary"] = not one["necessary"]
            planted += 1
            found += bool(wrong(checker, json.dumps(record)))
        record = json.loads(text)
        if record["rows"][0]["necessary"]:
            del record["rows"][0]["necessary"][0]
            planted += 1
            found += bool(wrong(checker, json.dumps(record)))
    print(f"turned or left out: {found} of {planted}")
    assert planted > 20
    assert found >= 0.95 * planted, f"{found} of {planted}"


def test_a_query_that_cannot_be_asked_is_said_so(checker):
    for query, words in [
        ("SELECT", "cannot be asked"),
        ("SELECT * { SERVICE <http://localhost:1/> { ?s ?p ?o } }", "data of others"),
        (f"SELECT * FROM <{ACCEPTED}> {{ ?s ?p ?o }}", "data of others"),
        ("ASK " + "{" * 3_000 + "}" * 3_000, "deeply nested"),
        ("ASK { FILTER(" + "!" * 16_000 + "true) }", "too long"),
    ]:
        (fault,) = checker.check(json.dumps({"query": query, "rows": [], "statements": []}))
        assert words in fault
    row = {"terms": {"n": "1"}, "values": {"n": 1}, "status": "absence", "ways": 1, "statements": [], "context": []}
    integer = f'"1"^^<{PREFIXES["xsd"]}integer>'
    row |= {"terms": {"n": integer}, "absent": ["{ nonsense }", "SERVICE <http://localhost:1/> {}"], "citations": []}
    faults = checker.check(json.dumps({"query": "SELECT (1 AS ?n) {}", "rows": [row], "statements": []}))
    assert len(faults) == 2 and all("not checked" in fault for fault in faults)


def broken() -> Iterator[str]:
    row = {"values": {}, "terms": {}, "status": "cited", "ways": 1, "statements": [], "context": [], "absent": []}
    row["citations"] = []
    node = {"statement": ["<a:b>", "<a:b>", "<a:b>"], "kind": "claimed"}
    for change in [
        {"statements": [5]}, {"statements": [-1]}, {"statements": ["0"]}, {"statements": [True]}, {"statements": [[0]]},
        {"statements": 0}, {"context": {}}, {"absent": [3]}, {"absent": "x"}, {"citations": [["a"]]}, {"terms": []},
        {"citations": "a"}, {"terms": {"a": 1}}, {"values": [], "terms": None}, {"status": None, "ways": []},
        {"necessary": 3}, {"necessary": [{"statement": 3}]},
    ]:  # fmt: skip
        yield json.dumps({"query": "SELECT ?s { ?s a ?s }", "rows": [row | change], "statements": [node]})
    whole = {"query": "ASK {}", "rows": [], "statements": []}
    for change in [
        {"query": 3}, {"query": None}, {"rows": {}}, {"rows": [3]}, {"rows": [[]]}, {"statements": None},
        {"statements": [3]}, {"statements": [{}]}, {"statements": [node | {"statement": "abc"}]},
        {"statements": [node | {"statement": [1, 2, 3]}]}, {"statements": [node | {"statement": [[], [], []]}]},
        {"statements": [node | {"citations": [1]}]}, {"statements": [node | {"citations": {"passage": 1}}]},
        {"statements": [node | {"citations": [{"passage": 1}]}]}, {"statements": [node | {"premises": [1]}]},
        {"statements": [node | {"dispute": 7}]}, {"rows": [{"boolean": 1}]}, {"rows": [{}]},
    ]:  # fmt: skip
        yield json.dumps(whole | change)
    yield '{"rows": ' + "[" * 100_000
    yield '{"query": "ASK {}", "rows": [], "statements": [' + '{"premises": [' * 3_000 + "]}" * 3_000 + "]}"
    deep: Record = node
    for _ in range(400):
        deep = node | {"premises": [deep]}
    yield json.dumps(whole | {"statements": [json.loads(json.dumps(deep)), 3]})
    yield '{"rows": NaN}'
    yield "\ud800"


@pytest.mark.parametrize("text", list(broken()), ids=lambda text: text[:40].encode("ascii", "replace").decode())
def test_what_is_no_cited_answer_is_refused(text, checker):
    with pytest.raises(InputError, match="no explanation and no cited answer"):
        checker.check(text)


def test_the_function_does_the_same(answers, inputs):
    record = json.loads(answers[0])
    record["rows"].pop()
    (fault,) = check(json.dumps(record), inputs)
    assert fault.startswith("a row of the answer is left out: ")
