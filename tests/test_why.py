"""Proofs: what they rest on is enough, what they call necessary is, and people can read them."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pyoxigraph as ox
import pytest
import rdflib
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rules import DECLARED, RANDOM_AXIOMS, RANDOM_FACTS, owlrl_closure, to_rdflib, turtle

import rejoinder
from rejoinder.answers.citations import text_fragment
from rejoinder.answers.why import explain
from rejoinder.errors import InputError, UsageError
from rejoinder.graph import inferred
from rejoinder.graph.compiled import Compiled, Manifest
from rejoinder.graph.proofs import Proof, Proofs, Statement
from rejoinder.graph.rules import Rules, compile_rules, skolemize
from rejoinder.outputs.explanations import write
from rejoinder.vocabulary import ACCEPTED, INFERRED, LAYERS, ONTOLOGY

RELEASE = "https://w3id.org/rejoinder/id/release/"


def closed(accepted: set[Statement], ontology: set[Statement], rules: Rules) -> ox.Store:
    """Reason from these statements alone."""
    store = ox.Store()
    for name, statements in ((ACCEPTED, accepted), (ONTOLOGY, ontology)):
        store.extend(ox.Quad(*statement, ox.NamedNode(name)) for statement in statements)
    inferred.infer(store, rules)
    return store


def statements(store: ox.Store, *graphs: str) -> set[Statement]:
    return {
        (quad.subject, quad.predicate, quad.object)
        for graph in graphs
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
    }


def check(proof: Proof, accepted: set[Statement], ontology: set[Statement], rules: Rules) -> None:
    """Replay: the leaves alone give the statement. Deletion: it goes with each necessary leaf, and with no other."""
    leaves = set(proof.leaves)
    assert leaves <= accepted | ontology
    assert proof.goal in statements(closed(leaves & accepted, leaves - accepted, rules), *LAYERS)
    for leaf in leaves:
        left = statements(closed(accepted - {leaf}, ontology - {leaf}, rules), *LAYERS)
        assert (proof.goal not in left) == (leaf in proof.necessary), leaf


@pytest.fixture(scope="module")
def layers(compiled) -> tuple[set[Statement], set[Statement], Rules]:
    ontology = statements(compiled.store, ONTOLOGY)
    triples = [q.triple for q in compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY))]
    return statements(compiled.store, ACCEPTED), ontology, compile_rules(triples)


def test_every_inferred_statement_has_a_proof_from_what_is_asserted(compiled, layers):
    accepted, ontology, rules = layers
    proofs = Proofs(compiled, rules)
    derived = statements(compiled.store, INFERRED)
    assert len(derived) > 500
    for goal in derived:
        proof = proofs.prove(goal)
        assert proof and proof.complete
        assert_the_smallest_alone(proofs, proof)
        assert set(proof.leaves) <= accepted | ontology
        for step in proof.steps.values():  # each step is an instance of its rule
            binding: dict[str, object] = {}
            for pattern, one in zip((*step.rule.body, step.rule.head), (*step.premises, step.conclusion), strict=True):
                for term, value in zip(pattern, one, strict=True):
                    assert (binding.setdefault(term, value) if isinstance(term, str) else term) == value


def test_threads_find_the_same_proofs(compiled, layers, monkeypatch):
    monkeypatch.setattr("rejoinder.graph.proofs._KEPT", 50)  # so that one forgets while others look
    goals = sorted(statements(compiled.store, INFERRED), key=str)[::10]
    alone = [Proofs(compiled, layers[2]).prove(goal, thorough=False) for goal in goals]
    shared = Proofs(compiled, layers[2])
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            found = list(threads.map(lambda goal: shared.prove(goal, thorough=False), goals))
            assert [(one.steps, one.leaves) for one in found] == [(one.steps, one.leaves) for one in alone]


def test_the_leaves_are_enough_and_the_necessary_ones_are_necessary(compiled, layers):
    accepted, ontology, rules = layers
    proofs = Proofs(compiled, rules)
    some = sorted(statements(compiled.store, INFERRED), key=str)[::60]
    assert len(some) > 8
    for goal in some:
        check(proofs.prove(goal), accepted, ontology, rules)


def test_owlrl_draws_the_same_conclusion_from_the_leaves_alone(compiled, layers):
    _, _, rules = layers
    goal = (ox.NamedNode(RELEASE + "gpt-neo"), inferred.TYPE, ox.NamedNode(ONTOLOGY + "#OpenAnswer"))
    proof = Proofs(compiled, rules).prove(goal)
    axioms = rdflib.Graph().parse(ROOT / "ontology" / "rejoinder.ttl")
    facts = to_rdflib(ox.Triple(*leaf) for leaf in proof.leaves)
    (wanted,) = to_rdflib([ox.Triple(*goal)])
    assert wanted in owlrl_closure(axioms + facts)[0]
    assert wanted not in owlrl_closure(axioms)[0]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    axioms=st.lists(RANDOM_AXIOMS, min_size=1, max_size=5, unique=True),
    facts=st.lists(RANDOM_FACTS, min_size=1, max_size=6, unique=True),
)
def test_random_proofs(axioms: list[str], facts: list[str]):
    triples = skolemize(turtle(DECLARED + "\n".join(axioms)))
    try:
        rules = compile_rules(triples)
    except InputError:  # the axioms alone contradict each other
        return
    ontology = {(t.subject, t.predicate, t.object) for t in triples}
    accepted = {(t.subject, t.predicate, t.object) for t in turtle("\n".join(facts))}
    store = closed(accepted, ontology, rules)
    proofs = Proofs(Compiled(store, Manifest((), {})), rules)
    for goal in sorted(statements(store, INFERRED), key=str)[:6]:
        proof = proofs.prove(goal)
        assert proof
        if proof.complete:
            check(proof, accepted, ontology, rules)
            assert_the_smallest_alone(proofs, proof)


def assert_the_smallest_alone(proofs: Proofs, proof: Proof) -> None:
    """Assert that the search for the smallest proof alone finds this one."""
    alone = proofs.prove(proof.goal, thorough=False)
    assert alone and alone.complete and not alone.decided
    assert (alone.steps, alone.leaves) == (proof.steps, proof.leaves)


def test_a_search_that_is_cut_off_says_so_and_calls_nothing_necessary(compiled, layers):
    goal = (ox.NamedNode(RELEASE + "gpt-neo"), inferred.TYPE, ox.NamedNode(ONTOLOGY + "#OpenAnswer"))
    proofs = Proofs(compiled, layers[2])
    whole = proofs.prove(goal)
    assert whole.complete and whole.necessary
    for bound in range(200):
        proof = proofs.prove(goal, bound)
        assert proof is None or proof.complete or not proof.necessary


def test_a_deep_proof_is_found_or_said_to_be_too_deep(monkeypatch):
    """The far end of a long transitive chain: breadth first, the bound is met long before anything asserted is."""
    axioms = skolemize(turtle(DECLARED + ":p a owl:TransitiveProperty ."))
    rules = compile_rules(axioms)
    names = [ox.NamedNode(f"http://example.org/{number}") for number in range(91)]
    p = ox.NamedNode("https://example.org/p")
    accepted = {(one, p, other) for one, other in pairwise(names)}
    ontology = {(t.subject, t.predicate, t.object) for t in axioms}
    proofs = Proofs(Compiled(closed(accepted, ontology, rules), Manifest((), {})), rules)
    goal = (names[0], p, names[-1])
    for thorough in (True, False):
        proof = proofs.prove(goal, thorough=thorough)
        assert proof and not proof.complete and not proof.necessary
        assert set(proof.leaves) >= accepted
        assert goal in statements(closed(accepted & set(proof.leaves), ontology, rules), INFERRED)
    monkeypatch.setattr("rejoinder.graph.proofs._DEEPEST", 3)
    assert proofs.prove(goal) is None and proofs.holds(goal)
    assert not proofs.holds((names[-1], p, names[0]))
    with pytest.raises(UsageError, match="this holds, by more steps than are looked at"):
        explain(goal, proofs, None)


def test_the_tree_of_an_open_answer(graph):
    text = write(graph.why("GPT-Neo published", "a", "rj:OpenAnswer"), "text", graph.citations)
    assert text.startswith(
        "“GPT-Neo published” is an open answer\n"
        "  because an open release whose 'answers release' is a closed release is also an open answer:\n"
    )
    assert "because 'open alternative to' is a kind of 'responds to':" in text
    assert "“GPT-Neo published” – open alternative to – “GPT-3” [3, editors]" in text
    assert "“GPT-3 announced in a paper” – announces – “GPT-3” [4] [5] [6]" in text
    assert "genid" not in text
    # What the editors concluded it from, with the sentence.
    (grounds,) = [line for line in text.splitlines() if line.startswith("    based on article:16-gpt-neo ")]
    assert "#:~:text=EleutherAI%2C%20which%20published%20its" in grounds
    assert "    based on primary:11-gpt-neo https://www.latent.space/p/open-source-ai" in text.splitlines()


def test_a_passage_of_a_register_has_no_link_to_a_sentence(graph):
    """Its words are a row of a table, or a heading, which stand on no page."""
    prefix = "https://w3id.org/rejoinder/source/"
    for name, registered in (("article/16-gpt-neo", False), ("primary-source/11-gpt-neo", True)):
        citation = graph.citations.passage(prefix + name)
        assert (citation.registered, "#:~:text=" in citation.link) == (registered, not registered)
    heading = graph.citations.passage(prefix + "primary-source/00-source")
    assert heading.registered and heading.link == "https://www.latent.space/p/open-source-ai"


def test_a_contradicted_fact_is_marked_with_its_ruling(graph):
    explanation = graph.why("BLOOM", "number of parameters", "176247271424")
    assert [one.passage.rsplit("/", 1)[1] for one in explanation.citations] == ["15-bloom-parameters"]
    dispute = explanation.root.dispute
    assert dispute.ruling.endswith("/ruling/bloom-parameters")
    assert {value.value for value, _ in dispute.rejected} == {"176000000", "176000000000"}
    text = write(explanation, "text", graph.citations)
    assert "! instead 176000000: Open source, a key element in the explosion of AI (article:18-bloom)\n" in text


def test_what_is_necessary_is_told_only_where_it_was_decided(graph):
    record = json.loads(write(graph.why("BLOOM published", "rj:earliestDay", "2022-07-12"), "json", graph.citations))
    assert record["proof"]["necessary"] is True
    assert "necessary" not in record["proof"]["premises"][0]  # a date below a computed day was not taken away


def test_days_rest_on_a_date_and_a_narrowed_date_on_all_that_narrow_it(graph):
    day = graph.why("BLOOM published", "rj:earliestDay", "2022-07-12")
    assert day.root.kind == "computed"
    assert [one.passage.rsplit("/", 1)[1] for one in day.citations] == ["17-bloom-release"]


def test_every_accepted_statement_rests_on_passages(compiled, graph):
    from rejoinder.answers.why import explain

    proofs = Proofs(compiled, Rules((), ()))
    for one in statements(compiled.store, ACCEPTED):
        explanation = explain(one, proofs, graph.citations)
        assert explanation.citations, one
        assert all(leaf.kind in ("claimed", "recorded") for leaf in explanation.leaves)


def test_a_drawing_joins_each_statement_to_what_it_rests_on(graph):
    """Read back: every line is a box or an arrow between boxes, and each box but the conclusion leads somewhere."""
    explanation = graph.why("GPT-Neo published", "a", "rj:OpenAnswer")
    first, *lines = write(explanation, "mermaid", graph.citations).splitlines()
    assert first == "flowchart BT"
    boxes = [re.fullmatch(r'  (n\d+)(\["[^"]+"\]|\(\["[^"]+"\]\))', line) for line in lines]
    arrows = [re.fullmatch(r'  (n\d+) -->(?:\|"[^"]+"\|)? (n\d+)', line) for line in lines]
    assert all(bool(box) != bool(arrow) for box, arrow in zip(boxes, arrows, strict=True))
    names = [box[1] for box in boxes if box]
    assert len(names) == len(set(names)) == 22
    assert {arrow[1] for arrow in arrows if arrow} == set(names) - {"n0"}
    assert sum('(["' in line for line in lines) == len(explanation.citations)


def test_a_drawing_shows_who_says_otherwise_and_keeps_hostile_labels_in_their_box(graph, mine):
    text = write(graph.why("BLOOM", "rj:parameterCount", "176247271424"), "mermaid", graph.citations)
    assert '-. "says instead: 176000000000" .-> n0' in text
    hostile = mine('model:x a rj:Model ; rdfs:label "\\"] --> evil[\\"<script>`"@en ; rj:modality rj:text .')
    theirs = rejoinder.open(str(hostile))
    drawn = write(theirs.why("model:x", "a", "rj:Work"), "mermaid", theirs.citations)
    assert "#34;#93; --#62; evil#91;#34;#60;script#62;#96;" in drawn
    assert drawn.count('"') % 2 == 0 and "evil[" not in drawn


def test_json_tells_the_same_proof(graph):
    explanation = graph.why("release:opengpt-2", "rj:respondsTo", "model:gpt-2-xl")
    record = json.loads(write(explanation, "json", graph.citations))
    assert record["complete"] is True
    assert record["proof"]["rule"] == "prp-spo1"
    (premise,) = record["proof"]["premises"]
    assert premise["kind"] == "claimed" and premise["citations"][0]["passage"].startswith("https://")


def test_what_does_not_hold_is_refused_with_what_does(graph):
    with pytest.raises(UsageError, match="does not hold") as one:
        graph.why("BLOOM", "rj:parameterCount", "176000000")
    assert one.value.cure == "article:18-bloom says so; set aside by ruling:bloom-parameters"
    with pytest.raises(UsageError, match="does not hold") as other:
        graph.why("The Pile", "rj:byteSize", "5")
    assert other.value.cure == "what holds is: 885837004800"


def test_a_link_scrolls_to_the_sentence_where_its_source_has_a_page(graph):
    citation = graph.citations.passage("https://w3id.org/rejoinder/source/article/18-bloom")
    assert citation.link.endswith(".html" + text_fragment("The last big news", "and 100% open source."))
    assert text_fragment("| 11 | 2021-03", "a") == ""
