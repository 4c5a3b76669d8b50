"""The checker of explanations: silent on what holds, loud on planted faults, and of no code of the explainer's."""

import ast
import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from conftest import HEAD, ROOT

from rejoinder.answers.why import explain
from rejoinder.checks.citations import Checker, check
from rejoinder.checks.steps import Steps
from rejoinder.errors import InputError
from rejoinder.graph.compiled import Compiled, Manifest
from rejoinder.graph.proofs import Proofs
from rejoinder.graph.rules import compile_rules
from rejoinder.outputs.explanations import write
from rejoinder.sources.files import InputFile, Inputs
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY, PREFIXES, rj

Record = dict[str, Any]


@pytest.fixture(scope="module")
def checker(inputs) -> Checker:
    return Checker(inputs)


@pytest.fixture(scope="module")
def explanations(graph) -> list[Record]:
    """Every 16th statement of the bundled graph, explained."""
    store = graph.compiled.store
    ontology = [q.triple for q in store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY))]
    proofs = Proofs(Compiled(store, Manifest((), {})), compile_rules(ontology))
    found = sorted(
        (
            q.triple
            for name in (ACCEPTED, INFERRED)
            for q in store.quads_for_pattern(None, None, None, ox.NamedNode(name))
        ),
        key=str,
    )[::16]
    assert len(found) > 90
    return [
        json.loads(write(explain((t.subject, t.predicate, t.object), proofs, graph.citations), "json", graph.citations))
        for t in found
    ]


def nodes(record: Record) -> Iterator[Record]:
    pending = [record["proof"]]
    while pending:
        node = pending.pop()
        yield node
        pending += node.get("premises", [])


def test_what_holds_is_not_called_wrong(explanations, checker):
    for record in explanations:
        assert checker.check(json.dumps(record)) == []


def wrong_passage(node: Record, others: list[Record]) -> bool:
    if not node.get("citations"):
        return False
    known = {citation["passage"] for citation in node["citations"]}
    node["citations"][0] = next(one for one in others if one["passage"] not in known)
    return True


def missing_premise(node: Record, others: list[Record]) -> bool:
    return bool(node.get("premises")) and bool(node["premises"].pop())


def invented_statement(node: Record, others: list[Record]) -> bool:
    node["statement"][0] = "<https://w3id.org/rejoinder/id/release/invented>"
    return True


def invented_step(node: Record, others: list[Record]) -> bool:
    if node["kind"] == "inferred":
        return False
    node.update(kind="inferred", rule="prp-spo1", axiom=None, premises=[], citations=[])
    return True


def other_axiom(node: Record, others: list[Record]) -> bool:
    if not node.get("axiom"):
        return False
    node["axiom"][0] = "<https://w3id.org/rejoinder/ontology#languageCount>"
    return True


def other_rule(node: Record, others: list[Record]) -> bool:
    if node["kind"] != "inferred":
        return False
    node["rule"] = "prp-symp" if node["rule"] != "prp-symp" else "prp-trp"
    return True


def by_definition(node: Record, others: list[Record]) -> bool:
    if node["kind"] == "ontology":
        return False
    node.update(kind="ontology", citations=[], premises=[])
    return True


def other_value(node: Record, others: list[Record]) -> bool:
    node["statement"][2] = '"1999-12-31"'
    return True


def other_source(node: Record, others: list[Record]) -> bool:
    for citation in node.get("citations", []):
        citation["source"] = "https://w3id.org/rejoinder/source/nobody"
    return bool(node.get("citations"))


def other_words(node: Record, others: list[Record]) -> bool:
    found = [one for one in node.get("citations", []) if "#:~:text=" in one["link"]]
    for citation in found:
        citation["link"] = citation["link"].replace("#:~:text=", "#:~:text=Not%20")
    return bool(found)


def no_passage(node: Record, others: list[Record]) -> bool:
    return bool(node.get("citations")) and node.pop("citations") != []


def test_a_value_that_does_not_hold_is_no_fact_whoever_says_it(inputs, graph, run, mine):
    """A claim stands in its passage, word for word, and yet a ruling, a firmer passage or a dispute keeps it out."""
    proof = json.loads(write(graph.why("BLOOM", "rj:parameterCount", "176247271424"), "json", graph.citations))
    for rejected in proof["proof"].pop("dispute")["setAside"]:
        proof["proof"]["statement"][2] = rejected["value"]
        proof["proof"]["citations"] = rejected["citations"]
        fault, *_ = check(json.dumps(proof), inputs)
        assert fault.endswith("a ruling sets this value aside")

    weak = graph.citations.passage("https://w3id.org/rejoinder/source/verified-facts/24-midjourney-open-beta-day")
    (node,) = [
        json.loads(write(graph.why("release:midjourney-open-beta", "rj:date", value.value), "json", graph.citations))
        for value in graph.citations.accepted(
            ox.NamedNode("https://w3id.org/rejoinder/id/release/midjourney-open-beta"),
            ox.NamedNode(ONTOLOGY + "#date"),
        )
    ]
    assert check(json.dumps(node), inputs) == []
    node["proof"]["statement"][2] = '"2022-07-12"^^<http://id.loc.gov/datatypes/edtf/EDTF>'
    node["proof"]["citations"] = [weak._asdict()]
    (fault,) = check(json.dumps(node), inputs)
    assert fault.endswith("firmer passages say something else")

    whole = run("why", "GPT-3", "rj:parameterCount", "175000000000", "-f", "json").stdout
    theirs = mine("model:gpt-3 rj:parameterCount 5000 .")
    assert "no ruling decides" in run("check-citations", "-", "--data", theirs, input=whole).stdout


def test_a_broken_data_file_is_named(run, mine):
    done = run("check-citations", "-", "--data", mine("model:x a"), input="{}")
    assert done.returncode == 3 and "mine.ttl:" in done.stderr and "no explanation" not in done.stderr


FAULTS: list[Callable[[Record, list[Record]], bool]] = [
    wrong_passage, missing_premise, invented_statement, invented_step, other_axiom, other_rule, by_definition,
    other_value, other_source, other_words, no_passage,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_planted_faults_are_found(fault, explanations, checker):
    """Each fault in a node drawn from each of some explanations; at least 95 of 100 must be found."""
    draw = random.Random(fault.__name__)
    others = [one for record in explanations for node in nodes(record) for one in node.get("citations", [])]
    planted = found = 0
    for record in explanations:
        broken = copy.deepcopy(record)
        candidates = list(nodes(broken))
        draw.shuffle(candidates)
        if any(fault(node, draw.sample(others, len(others))) for node in candidates):
            planted += 1
            found += bool(checker.check(json.dumps(broken)))
    assert planted >= 8
    assert found >= 0.95 * planted, f"{found} of {planted}"


def test_a_dispute_must_be_told_with_all_that_others_say(graph, checker):
    rulings = graph.sparql(
        f"SELECT ?thing ?property ?value {{ ?dispute <{rj('ruledBy')}> ?r ; <{rj('onSubject')}> ?thing ; "
        f"<{rj('onProperty')}> ?property . ?thing ?property ?value }}"
    ).rows
    assert len(rulings) >= 10
    for row in rulings:
        text = write(graph.why(row["thing"], row["property"], str(row["value"])), "json", graph.citations)
        assert checker.check(text) == []
        broken = json.loads(text)
        del broken["proof"]["dispute"]
        (fault,) = checker.check(json.dumps(broken))
        assert fault.endswith("this is in dispute, which is not told")
        for number, one in enumerate(json.loads(text)["proof"]["dispute"]["setAside"]):
            broken = json.loads(text)
            del broken["proof"]["dispute"]["setAside"][number]
            (fault,) = checker.check(json.dumps(broken))
            assert fault.endswith(f"it is not told that a passage says instead: {one['value']}")
    broken["proof"]["dispute"]["ruling"] = None
    assert any(fault.endswith("the ruling on this is not told") for fault in checker.check(json.dumps(broken)))


def test_what_stands_in_every_proof_is_tried(explanations, checker):
    """Each statement that is said to be needed is said not to be, and the other way round."""
    told = 0
    for record in explanations:
        broken = copy.deepcopy(record)
        for node in nodes(broken):
            if "necessary" in node and told < 80:
                told += 1
                node["necessary"] = not node["necessary"]
                (fault,) = checker.check(json.dumps(broken))
                assert "without this the conclusion" in fault
                node["necessary"] = not node["necessary"]
    assert told == 80


AXIOMS = b"""
@prefix : <urn:x:> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
:f a owl:FunctionalProperty . :g a owl:InverseFunctionalProperty .
:C owl:hasKey ( :k :l ) ; owl:oneOf ( :a :b ) .
:D owl:onProperty :p ; owl:maxCardinality 1 .
:E owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass :C .
:F owl:onProperty :p ; owl:maxQualifiedCardinality 1 ; owl:onClass owl:Thing .
:G owl:onProperty :p ; owl:maxCardinality 0 .
:H owl:onProperty :p ; owl:maxCardinality 2 .
"""
STEPS = {
    "prp-fp": (":f a owl:FunctionalProperty", ":x :f :y . :x :f :z", ":y owl:sameAs :z"),
    "prp-ifp": (":g a owl:InverseFunctionalProperty", ":x :g :z . :y :g :z", ":x owl:sameAs :y"),
    "prp-key": (
        ":C owl:hasKey _:0",
        ":x a :C . :y a :C . :x :k :v . :y :k :v . :x :l :w . :y :l :w",
        ":x owl:sameAs :y",
    ),
    "cls-oo": (":C owl:oneOf _:2", "", ":a a :C"),
    "cls-maxc2": (":D owl:onProperty :p", ":x a :D . :x :p :y . :x :p :z", ":y owl:sameAs :z"),
    "cls-maxqc3": (
        ":E owl:onProperty :p",
        ":x a :E . :x :p :y . :x :p :z . :y a :C . :z a :C",
        ":y owl:sameAs :z",
    ),
    "cls-maxqc4": (":F owl:onProperty :p", ":x a :F . :x :p :y . :x :p :z", ":y owl:sameAs :z"),
}


@pytest.mark.parametrize("rule", STEPS)
def test_steps_by_rules_that_the_bundled_ontology_does_not_use(rule):
    """The step is taken for right, and not one with a term, a premise, an axiom or a rule that is not the right one."""
    steps = Steps(Inputs((InputFile("rejoinder.ttl", AXIOMS),), (), ()))
    names = {":": "urn:x:", "owl:": PREFIXES["owl"], "_:": f"{rj('')[:-1]}/.well-known/genid/"}

    def statements(text: str) -> list[Any]:
        kind = f"<{PREFIXES['rdf']}type>"
        words = [part.split() for part in text.split(" . ") if part]
        return [
            tuple(kind if w == "a" else f"<{names[w[: w.index(':') + 1]]}{w.partition(':')[2]}>" for w in one)
            for one in words
        ]

    axiom, premises, (conclusion,) = (statements(part) for part in STEPS[rule])
    assert steps.fault(rule, list(axiom[0]), premises, conclusion) == ""
    for i in range(len(premises)):
        assert steps.fault(rule, list(axiom[0]), premises[:i] + premises[i + 1 :], conclusion)
        for place in range(3):
            changed = tuple("<urn:x:other>" if at == place else term for at, term in enumerate(premises[i]))
            assert steps.fault(rule, list(axiom[0]), [*premises[:i], changed, *premises[i + 1 :]], conclusion)
    for place in range(3):
        changed = tuple("<urn:x:other>" if at == place else term for at, term in enumerate(conclusion))
        assert steps.fault(rule, list(axiom[0]), premises, changed)
        changed = tuple("<urn:x:other>" if at == place else term for at, term in enumerate(axiom[0]))
        assert steps.fault(rule, list(changed), premises, conclusion)
    assert steps.fault(rule, None, premises, conclusion)
    others = set(STEPS) - {rule} | {"cls-maxc1", "cls-maxqc1", "cls-maxqc2", "eq-ref"}
    assert all(steps.fault(other, list(axiom[0]), premises, conclusion) for other in others)
    for bound in ("G", "H"):
        swapped = [tuple(t.replace(":D>", f":{bound}>") for t in one) for one in (axiom[0], *premises)]
        assert rule != "cls-maxc2" or steps.fault(rule, list(swapped[0]), swapped[1:], conclusion)


def test_it_shares_no_code_with_what_explains():
    """Only the files are read in the same way; what concerns the whole graph asks the compiled one, and the rules."""
    ours = set()
    for name in ("citations", "cited_rows", "nodes", "steps", "whole"):
        tree = ast.parse((ROOT / "src" / "rejoinder" / "checks" / f"{name}.py").read_text())
        assert not any(
            "rejoinder" in alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
        )
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        ours |= {module for module in modules if module.startswith("rejoinder")}
    assert ours == {
        "rejoinder.checks.cited_rows",
        "rejoinder.checks.nodes",
        "rejoinder.checks.steps",
        "rejoinder.checks.whole",
        "rejoinder.errors",
        "rejoinder.graph.compiled",
        "rejoinder.graph.inferred",
        "rejoinder.graph.rules",
        "rejoinder.sources.catalog",
        "rejoinder.sources.files",
        "rejoinder.sources.turtle",
        "rejoinder.vocabulary",
    }


NO_TERM = json.dumps(
    {"proof": {"statement": ["<a:b>"] * 3, "kind": "narrowed", "premises": [{"statement": ["a", "b", "c"]}]}}
)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"proof": 3}', '{"proof": {"statement": []}}', NO_TERM])
def test_what_is_no_explanation_is_refused(text, inputs):
    with pytest.raises(InputError, match="no explanation"):
        check(text, inputs)


def test_the_command_says_what_is_wrong(run, tmp_path):
    proof = tmp_path / "proof.json"
    assert run("why", "BLOOM", "rj:parameterCount", "176247271424", "-o", proof).returncode == 0
    done = run("check-citations", proof)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "each citation and each step holds\n")
    proof.write_text(proof.read_text().replace("15-bloom-parameters", "17-bloom-release"))
    done = run("check-citations", "-", input=proof.read_text())
    assert done.returncode == 1
    assert "verified-facts/17-bloom-release> does not say so\n" in done.stdout
    done = run("check-citations", tmp_path / "nothing")
    assert done.returncode == 3 and "cannot be read: No such file" in done.stderr


def test_a_file_that_names_no_source_is_cited_as_such(run, mine):
    path = mine('model:x a rj:Model ; rdfs:label "X"@en ; rj:modality rj:text .', head=HEAD.split("source:mine-01")[0])
    done = run("why", "model:x", "a", "rj:Work", "--data", path, "-f", "json")
    assert json.loads(done.stdout)["proof"]["premises"][0]["citations"][0]["source_name"] == "no source named"
    assert run("check-citations", "-", "--data", path, input=done.stdout).returncode == 0
    invented = done.stdout.replace("id/model/x", "id/model/y")
    assert "no file without a passage says so" in run("check-citations", "-", "--data", path, input=invented).stdout
