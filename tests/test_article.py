"""Every sentence of the article is answered for, and every passage stands where it says."""

import csv
import hashlib
from itertools import pairwise

import pytest
from conftest import ROOT, source_text

from rejoinder.errors import InputError, UsageError
from rejoinder.sources.texts import Range, locate, ranges, verify

with (ROOT / "data" / "article" / "sentences.csv").open(encoding="utf-8") as table:
    SENTENCES = list(csv.DictReader(table))
SOURCES = {"article": "article.txt", "primary-source": "primary-source.md", "verified-facts": "verified-facts.md"}


def test_the_table_tiles_the_article():
    assert len(SENTENCES) == 33
    assert SENTENCES[0]["start"] == "0"
    assert SENTENCES[-1]["end"] == "4445"
    for one, following in pairwise(SENTENCES):
        assert one["end"] == following["start"]


def test_each_sentence_has_its_passages_or_a_reason():
    files = {path.name for path in (ROOT / "data" / "article").glob("*.ttl")}
    for row in SENTENCES:
        assert bool(row["passage"]) != bool(row["reason"]), row
        assert set(row["passage"].split()) <= files
    assert {name for row in SENTENCES for name in row["passage"].split()} == files


def test_the_passages_of_a_sentence_lie_in_it(inputs):
    where = {one.file.rsplit("/", 1)[1]: one for one in ranges(inputs, "article")}
    for row in SENTENCES:
        for name in row["passage"].split():
            assert where[name].start < int(row["end"]) and where[name].end > int(row["start"])


def test_the_hashes_of_the_sentences_are_right():
    text = source_text("article.txt")
    assert len(text) == 4445
    for row in SENTENCES:
        characters = text[int(row["start"]) : int(row["end"])]
        assert hashlib.sha256(characters.encode()).hexdigest() == row["sha256"], row


@pytest.mark.parametrize(("source", "file"), SOURCES.items())
def test_every_passage_stands_where_it_says(inputs, source, file):
    text = source_text(file)
    passages = ranges(inputs, source)
    assert len(passages) == {"article": 29, "primary-source": 42, "verified-facts": 38}[source]
    assert verify(text, passages) == []
    for one in passages:
        words = text[one.start : one.end].split()
        assert (one.first_words, one.last_words) == (" ".join(words[:4]), " ".join(words[-4:]))


def test_no_sentence_of_the_article_is_copied():
    """No file of data/ has five words in a row from it, but for the titles of article and essay."""
    words = source_text("article.txt").split()
    runs = {" ".join(words[i : i + 5]) for i in range(len(words) - 4)}
    titles = (
        "Open source, a key element in the explosion of AI",
        "How Open Source is eating AI",
        "How open source is eating artificial intelligence",
    )
    for path in sorted((ROOT / "data").rglob("*.*")):
        ours = path.read_text(encoding="utf-8")
        for title in titles:
            ours = ours.replace(title, "")
        mine = ours.split()
        for i in range(len(mine) - 4):
            assert " ".join(mine[i : i + 5]) not in runs, (path, " ".join(mine[i : i + 5]))


TEXT = "Alpha beta gamma delta epsilon. Zeta eta theta iota kappa lambda."


def passage(first: str, last: str) -> Range:
    return locate(TEXT, first, last)


def test_a_text_that_was_changed_before_a_passage_is_diagnosed():
    (found,) = verify("New. " + TEXT, [passage("Zeta", "lambda.")])
    assert "stand 5 characters later, at 37" in found.says


def test_a_text_that_was_changed_within_a_passage_is_diagnosed():
    (found,) = verify(TEXT.replace("iota kappa", "iota  kappa"), [passage("Zeta", "lambda.")])
    assert "changed between them and its end" in found.says


def test_a_text_that_is_too_short_is_diagnosed():
    (found,) = verify(TEXT[:40], [passage("Zeta", "lambda.")])
    assert "has 40 characters" in found.says


def test_another_text_is_diagnosed():
    (found,) = verify(
        "Something else altogether, much longer than the text that was meant to be here.", [passage("Zeta", "lambda.")]
    )
    assert "should begin with" in found.says


def test_locating_words_that_are_not_there_or_twice():
    with pytest.raises(InputError, match="stands 0 times"):
        locate(TEXT, "Omega", "x")
    with pytest.raises(InputError, match="times in the text"):
        locate(TEXT, "eta", "lambda.")
    with pytest.raises(InputError, match="does not stand behind"):
        locate(TEXT, "Zeta", "Alpha")


def test_an_unknown_source_suggests_the_nearest(inputs):
    with pytest.raises(UsageError, match="did you mean 'article'"):
        ranges(inputs, "artcle")
