"""The stored queries: the same rows on two engines, and golden answers, which were written from the sources first."""

import csv
import io

import pytest
from conftest import ROOT

from rejoinder.sources.files import find

GOLDEN = ROOT / "tests" / "golden"
NAMES = [file.stem for file in find().queries]


def test_there_is_a_golden_answer_for_every_query_with_rows():
    assert len(NAMES) == 21
    assert {path.stem for path in GOLDEN.glob("*.csv")} == set(NAMES) - {"model-card"}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "model-card"])
def test_the_golden_answer(graph, name):
    """Written by hand from the article and the fact tables, then compared; a change is read in review."""
    expected = list(csv.reader(io.StringIO((GOLDEN / f"{name}.csv").read_text(encoding="utf-8"), newline="")))
    assert len(expected) > 1
    assert list(csv.reader(io.StringIO(graph.query(name).to_csv(), newline=""))) == expected


@pytest.mark.parametrize("name", NAMES)
def test_rdflib_gives_the_same_rows(graph, dataset, name):
    answer = graph.query(name)
    result = dataset.query(graph.bound(name, {}))
    if answer.kind == "triples":
        assert {tuple(term.n3() for term in triple) for triple in result.graph} == {
            tuple(map(str, (t.subject, t.predicate, t.object))) for t in answer.triples
        }
        return
    assert [str(variable) for variable in result.vars] == list(answer.columns)
    ours = [tuple(term and term.value for term in row.terms) for row in answer.rows]
    theirs = [tuple(None if term is None else str(term) for term in row) for row in result]
    assert theirs == ours


@pytest.mark.parametrize("name", NAMES)
def test_the_order_is_total(graph, name):
    """No two rows are the same, so nothing but the ORDER BY decides their order."""
    answer = graph.query(name)
    rows = [tuple(str(term) for term in row.terms) for row in answer.rows]
    assert len(set(rows)) == len(rows)


def test_parameters_narrow_an_answer(graph):
    every = graph.query("open-answers").rows
    for model, expected in (("GPT-2", 1), ("GPT-3", 3), ("DALL-E 2", 1), ("Whisper", 0)):
        rows = graph.query("open-answers", model=model).rows
        assert len(rows) == expected
        assert {tuple(row.values()) for row in rows} <= {tuple(row.values()) for row in every}
    late = graph.query("open-answers", since="2022-07-01").rows
    assert {row["answer"] for row in late} >= {"BLOOM published", "Stable Diffusion released to the public"}
    assert "YaLM-100B published" not in {row["answer"] for row in late}
    assert {row["releaseIri"] for row in graph.query("release-timeline", modality="rj:image").rows} < {
        row["releaseIri"] for row in graph.query("release-timeline").rows
    }


def test_a_model_card_tells_of_the_model_its_release_and_its_license(graph):
    card = {
        tuple(map(str, (t.subject, t.predicate, t.object))) for t in graph.query("model-card", model="BLOOM").triples
    }
    subjects = {subject for subject, _, _ in card}
    for name in ("model/bloom", "release/bloom", "license/bigscience-rail-1-0", "organization/bigscience"):
        assert f"<https://w3id.org/rejoinder/id/{name}>" in subjects
