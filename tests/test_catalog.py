"""Headers of stored queries, and the pieces of a SPARQL text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.errors import InputError, UsageError
from rejoinder.sources.catalog import Parameter, from_record, lookup, read, to_record, tokens
from rejoinder.sources.files import InputFile, find

QUERY = """\
#+ summary: A summary
#+ question: "Why: because?"
#+ tags:
#+   - one
#+ defaults:
#+   - model: https://w3id.org/rejoinder/id/model/gpt-3
#+ columns:
#+   - a: the a
SELECT ?a WHERE { ?a ?p ?_model_iri FILTER(COALESCE(?d > ?__since_xsd_date, true)) } # ?_no_iri "?_no_iri"
"""


def query(text: str = QUERY) -> InputFile:
    return InputFile("queries/some-name.rq", text.encode())


def test_a_header_is_read():
    one = read(query())
    assert (one.name, one.summary, one.question, one.tags) == ("some-name", "A summary", "Why: because?", ("one",))
    assert one.columns == (("a", "the a"),)
    assert one.parameters == (
        Parameter("model", "iri", "?_model_iri", True, "https://w3id.org/rejoinder/id/model/gpt-3"),
        Parameter("since", "xsd_date", "?__since_xsd_date", False, None),
    )
    assert from_record(to_record(one)) == one


@pytest.mark.parametrize(
    ("change", "message", "cure"),
    [
        (
            ("#+ tags:\n#+   - one\n", "#+ tagz:\n#+   - one\n"),
            "queries/some-name.rq:3:1: unknown header key 'tagz'",
            "tags",
        ),
        (("#+ summary: A summary\n", ""), "has no 'summary'", "add a line: #+ summary: …"),
        (("A summary", "A: summary: b"), "queries/some-name.rq:1:1: the header is not YAML", "put values with ':'"),
        (("#+ tags:\n#+   - one\n", "#+ tags: one\n"), "'tags' must be a list", "#+   - …"),
        (("#+   - a: the a\n", "#+   - a\n"), "an entry of 'columns' is not 'name: text'", "#+   - name: text"),
        (
            ("#+   - a: the a\n", "#+   - a: the a\n#+ chart:\n#+   - bars: b\n"),
            "the chart has 'bars: b'",
            "'bars' is one of: a",
        ),
        (
            ("#+   - a: the a\n", "#+   - a: the a\n#+ chart:\n#+   - pie: a\n"),
            "the chart has 'pie: a'",
            "known: bars, scale, timeline, from, to",
        ),
        (
            ("#+   - a: the a\n", "#+   - a: the a\n#+ chart:\n#+   - scale: root\n"),
            "the chart has 'scale: root'",
            "'scale' is one of: linear, log",
        ),
    ],
)
def test_a_broken_header_is_an_error_with_its_line(change, message, cure):
    with pytest.raises(InputError) as caught:
        read(query(QUERY.replace(*change)))
    assert message in caught.value.message
    assert cure in caught.value.cure


def test_an_unknown_query_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'some-name'"):
        lookup({"some-name": read(query())}, "some-nam")


@given(st.text("?_a<>\"'#\\\n {}x", max_size=40))
def test_tokens_lose_nothing(text):
    assert "".join(piece for _, piece in tokens(text)) == text


def test_all_bundled_queries_are_read():
    names = [read(file).name for file in find().queries]
    assert len(names) >= 20
    assert names == sorted(names)
