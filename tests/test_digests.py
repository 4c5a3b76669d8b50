"""Digests of graphs: of what is written, and of values."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.errors import UsageError
from rejoinder.outputs.digests import Digest, canonical
from rejoinder.stores import is_address

XSD = "http://www.w3.org/2001/XMLSchema#"


def line(text: str, kind: str) -> bytes:
    return f'<urn:s> <urn:p> "{text}"^^<{XSD}{kind}> .\n'.encode()


def digest(*lines: bytes) -> Digest:
    found = Digest()
    found.add(lines)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (line("01", "integer"), line("+1", "integer")),
        (line("1", "int"), line("1", "integer")),
        (line("true", "boolean"), line("1", "boolean")),
        (line("1.50", "decimal"), line("1.5", "decimal")),
        (line("-0.0", "decimal"), line("0", "decimal")),
        (line("1.0E3", "double"), line("1000", "double")),
        (line("2020-01-01T00:00:00.500Z", "dateTime"), line("2020-01-01T00:00:00.5+00:00", "dateTime")),
        (line("P1Y2M", "duration"), line("14", "duration")),
        (line("PT5M", "duration"), line("300.0", "duration")),
        (b'<urn:s> <urn:p> "x"@en-US .\n', b'<urn:s> <urn:p> "x"@en-us .'),
    ],
)
def test_a_value_that_is_written_otherwise_is_the_same_value(one, other):
    """Each pair was seen: what was sent to a store, and what came back. As it is written it is another triple."""
    assert canonical(one) == canonical(other)
    assert digest(one).values == digest(other).values
    assert digest(one).content != digest(other).content


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            line("12345678901234567890123456789012345", "integer"),
            line("12345678901234567890123456789012399", "integer"),
        ),
        (line("0.1", "decimal"), line("0.10000000000000000000000000000000001", "decimal")),
        (line("P1M", "duration"), line("PT1M", "duration")),
        (line("1_000", "integer"), line("1000", "integer")),
        (line("abc", "integer"), line("0", "integer")),
        (line("1", "integer"), line("1", "string")),
        (line("P", "duration"), line("P0Y", "duration")),
        (line("1e99999999", "integer"), line("1e99999998", "integer")),
        (b'<urn:s> <urn:p> "x"@en .\n', b'<urn:s> <urn:p> "x" .\n'),
        (b'<urn:s> <urn:p> "X"@en .\n', b'<urn:s> <urn:p> "x"@en .\n'),
    ],
)
def test_another_value_is_another(one, other):
    assert digest(one).values != digest(other).values


TERMS = st.builds(ox.Literal, st.text(max_size=8)) | st.integers().map(ox.Literal) | st.booleans().map(ox.Literal)
LINES = st.lists(TERMS, max_size=8, unique=True).map(
    lambda terms: [
        ox.serialize([ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), term)], format=ox.RdfFormat.N_TRIPLES)
        for term in terms
    ]
)


@given(LINES, st.randoms())
def test_the_order_does_not_count_nor_do_the_pieces(lines, random):
    found = Digest()
    for one in random.sample(lines, len(lines)):
        found.add([one])
    assert (found.content, found.values, found.predicates) == (
        digest(*lines).content,
        digest(*lines).values,
        digest(*lines).predicates,
    )


@given(LINES.filter(bool), st.randoms())
def test_what_is_lost_or_doubled_is_found(lines, random):
    one = random.choice(lines)
    assert digest(*(other for other in lines if other != one)).content != digest(*lines).content
    assert digest(*lines, one).content != digest(*lines).content


@pytest.mark.parametrize("target", ["http://127.0.0.1:7878", "https://example.org/sparql"])
def test_an_address(target):
    assert is_address(target)


@pytest.mark.parametrize("target", ["store", "./127.0.0.1:7878", "/tmp/a b", "deep/store", "C-store"])
def test_a_folder(target):
    assert not is_address(target)


@pytest.mark.parametrize(
    "target",
    ["127.0.0.1:7878", "localhost:7878", "localhost", "htp://x", "http//x", "HTTP://x", " http://x", "file:///x"],
)
def test_what_is_meant_as_an_address_makes_no_folder(target):
    with pytest.raises(UsageError, match="is no address of a server"):
        is_address(target)
