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
from rejoinder.checks.citations import check
from rejoinder.errors import InputError
from rejoinder.graph.proofs import Proofs
from rejoinder.graph.rules import compile_rules
from rejoinder.outputs.explanations import write
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY

Record = dict[str, Any]


@pytest.fixture(scope="module")
def explanations(graph) -> list[Record]:
    """Every 16th statement of the bundled graph, explained."""
    store = graph.compiled.store
    ontology = [q.triple for q in store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY))]
    proofs = Proofs(store, compile_rules(ontology))
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


def test_what_holds_is_not_called_wrong(explanations, inputs):
    for record in explanations:
        assert check(json.dumps(record), inputs) == []


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
        (fault,) = check(json.dumps(proof), inputs)
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
def test_planted_faults_are_found(fault, explanations, inputs):
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
            found += bool(check(json.dumps(broken), inputs))
    assert planted >= 8
    assert found >= 0.95 * planted, f"{found} of {planted}"


def test_it_shares_no_code_with_what_explains():
    tree = ast.parse((ROOT / "src" / "rejoinder" / "checks" / "citations.py").read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    ours = {module for module in modules if module.startswith("rejoinder")}
    assert ours == {
        "rejoinder.errors",
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
