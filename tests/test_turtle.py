"""Turtle read with the place of each statement."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoinder.sources.files import InputFile, find
from rejoinder.sources.turtle import Place, TurtleError, parse, places

TEXT = """\
@prefix ex: <http://example.org/> .
PREFIX rj: <https://w3id.org/rejoinder/ontology#>

# a comment; with marks . in it
ex:a a ex:Thing ;
    ex:p "é; . # no comment" , "two"@en ,
        3 ;   # behind a value
    ex:q ex:b .
ex:c
    ex:p [ ex:q 1 ] .
"""


def test_each_statement_has_its_place():
    found = {str(triple.object): place for triple, place in places(InputFile("x.ttl", TEXT.encode()))}
    assert found["<http://example.org/Thing>"] == Place("x.ttl", 5, 1)
    assert found['"é; . # no comment"'] == Place("x.ttl", 6, 5)
    assert found['"two"@en'] == Place("x.ttl", 6, 32)
    assert found['"3"^^<http://www.w3.org/2001/XMLSchema#integer>'] == Place("x.ttl", 7, 9)
    assert found["<http://example.org/b>"] == Place("x.ttl", 8, 5)


def test_places_and_parse_agree_on_all_bundled_files():
    files = [file for file in find().data if len(file.content) < 6000]
    assert len(files) > 150
    for file in files:
        placed = places(file)
        assert [triple for triple, _ in placed] == parse(file)
        lines = file.content.decode().split("\n")
        for triple, place in placed:
            # In our files each statement begins where its subject, property or a further value stands.
            assert lines[place.line - 1][place.column - 1 :].strip(), (file.name, triple, place)
        assert sorted(place for _, place in placed) == [place for _, place in placed]


@given(st.lists(st.tuples(st.text('abc #;.,é"\\', max_size=8), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_places_hold_for_any_layout(values):
    lines, expected = ["@prefix e: <http://e/> ."], []
    for text, comment in values:
        if comment:
            lines.append("  # e:x e:y e:z . ;")
        literal = text.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'e:s e:p "{literal}" .')
        expected.append(len(lines))
    found = places(InputFile("x.ttl", "\n".join(lines).encode()))
    assert [(place.line, place.column) for _, place in found] == [(line, 1) for line in expected]


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "cure"),
    [
        ('@prefix a: <http://a/> .\na:b a:c "x"\na:d a:e 1 .', 2, 11, "has no '.' behind it", "end it with '.'"),
        ("rj:b rj:c 1 .", 1, 1, "'rj:' is not declared", "@prefix rj: <https://w3id.org/rejoinder/ontology#> ."),
        ("foo:b foo:c 1 .", 1, 1, "'foo:' is not declared", "@prefix foo: <…> ."),
        ('@prefix a: <http://a/> .\na:b a:c "x ;\n', 2, 9, "ends in the middle", "close the string"),
        ("@prefix a: <http://a/> .\na:b a:c <foo> .", 2, 9, "not absolute", "write it whole"),
    ],
)
def test_what_is_no_turtle_is_told_in_plain_words(text, line, column, message, cure):
    with pytest.raises(TurtleError) as caught:
        parse(InputFile("x.ttl", text.encode()))
    assert (caught.value.place.line, caught.value.place.column) == (line, column)
    assert message in caught.value.message
    assert cure in caught.value.cure


def test_a_file_that_is_not_utf8_is_an_error_with_a_place():
    with pytest.raises(TurtleError):
        parse(InputFile("x.ttl", b'<http://a/> <http://b/> "\xff\xfe" .'))
