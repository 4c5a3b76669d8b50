"""The mistakes that an editor really makes: each is found, at its place, with a cure."""

import json
import re

import pytest
from conftest import HEAD

import rejoinder
from rejoinder.checks.findings import Report
from rejoinder.sources.files import find

LINE = HEAD.count("\n") + 1  # where a mistake begins
THING = 'model:x a rj:Model ; rdfs:label "X"@en ; rj:modality rj:text'
RELEASE = 'release:x a rj:Release ; rdfs:label "X out"@en ; rj:releases model:gpt-3 ; rj:releasedBy organization:openai'

#: Name: statements, rule, line and column of the finding, what it says, what it advises.
MISTAKES = {
    "a missing dot": (f"{THING}\nmodel:y a rj:Model .", "syntax", LINE, 60, "has no '.' behind it", "end it with '.'"),
    "a misspelt prefix": ("modell:x a rj:Model .", "syntax", LINE, 1, "the prefix 'modell:' is not declared", "did you mean 'model'?"),
    "an undeclared prefix": ("skos:x a rj:Model .", "syntax", LINE, 1, "'skos:' is not declared", "add at the top: @prefix skos: <http"),
    "a misspelt property": (f"{THING} ;\n    rj:parametrCount 5 .", "undeclared-term", LINE + 1, 5, "no property rj:parametrCount", "did you mean 'rj:parameterCount'?"),
    "a misspelt class": ('model:x a rj:Modle .', "undeclared-term", LINE, 1, "no class rj:Modle", "did you mean 'rj:Model'?"),
    "a misspelt access mode": (f'{RELEASE} ; rj:date "2022"^^edtf:EDTF ;\n    rj:accessMode rj:open-downlod .', "undeclared-term", LINE + 1, 5, "no term rj:open-downlod", "did you mean 'rj:open-download'?"),
    "a text for a number": (f'{THING} ;\n    rj:parameterCount "1500000000" .', "model-parameters", LINE + 1, 5, 'not one whole number of at least 1000 ("1500000000")', "Write the plain count"),
    "a year of five digits": (f'{RELEASE} ;\n    rj:date "20222"^^edtf:EDTF .', "date", LINE + 1, 5, "the year '20222' does not have four digits", "did you mean '2022'?"),
    "a month that is none": (f'{RELEASE} ;\n    rj:date "2022-13"^^edtf:EDTF .', "date", LINE + 1, 5, "there is no month '13'", "months are 01 to 12"),
    "a date without its datatype": (f'{RELEASE} ;\n    rj:date "2022-12-01" .', "date", LINE + 1, 5, "is not of datatype edtf:EDTF", 'write: "2022-12-01"^^edtf:EDTF'),
    "a release without a model": ('release:x a rj:Release ; rdfs:label "X out"@en ; rj:date "2022"^^edtf:EDTF ; rj:releasedBy organization:openai .', "release-work-known", LINE, 1, "X out: it releases and announces nothing", "add rj:releases or rj:announces"),
    "an unknown license": (f'{RELEASE} ; rj:date "2022"^^edtf:EDTF ;\n    rj:license license:mitt .', "dangling-reference", LINE + 1, 5, "nothing is said of license:mitt", "did you mean 'license:mit'?"),
    "a thing without a name": ("model:x a rj:Model ; rj:modality rj:text .", "label", LINE, 1, "does not have exactly one English name", 'Give it one rdfs:label "…"@en'),
    "a fact with another value": ("model:gpt-3\n    rj:parameterCount 17500000 .", "dispute", LINE, 1, r"17500000 (", "write a ruling"),
    "an answer before its question": ("release:gpt-neo rj:respondsTo release:stable-diffusion-public .", "answer-order", LINE, 1, "dated before what it answers", "Correct one of the two dates"),
    "a stage before the one it follows": (f'{RELEASE} ; rj:date "2018"^^edtf:EDTF ;\n    rj:follows release:gpt-2-xl .', "release-stage-order", LINE, 1, "dated before", "Correct one of the two dates"),
    "a derived value written by hand": ('release:whisper\n    rj:earliestDay "1999-01-01"^^xsd:date .', "derived-value", LINE, 1, "rj:earliestDay is derived", "leave it out"),
    "a scheme without its s": ("model:gpt-3 rj:variantOf <http://w3id.org/rejoinder/id/model/gpt-2> .", "misspelt-iri", LINE, 1, "is not one of our names", "write https://"),
    "a name that is taken": ('model:gpt-three a rj:Model ; rj:modality rj:text ;\n    rdfs:label "GPT-3"@en .', "same-name", LINE + 1, 5, "is the name of 2 things: ", "give them names that differ"),
    "a date in words": (f'{RELEASE} ;\n    rj:date "5 April 2023" .', "date", LINE + 1, 5, "is not of datatype edtf:EDTF", 'write: "2023-04-05"^^edtf:EDTF'),
    "a thing of the wrong kind": ("release:gpt-neo rj:follows model:gpt-3 .", "inconsistency", LINE, 1, "model:gpt-3 is both of rj:", "take back one of the statements"),
    "a thing elsewhere that nobody describes": ('release:gpt-neo rj:releasedBy <http://example.org/acme> .', "label", LINE, 1, "http://example.org/acme: it does not have exactly one English name", "Give it one rdfs:label"),
    "a thing of two kinds": ("model:gpt-3 a rj:License .", "inconsistency", LINE, 1, "is both of rj:Work and of rj:License", "take back one of the statements"),
    "two licensees of an exclusive license": ("license:gpt-3-exclusive rj:licensee organization:nvidia .", "exclusive-licensee", LINE, 1, "", "who alone holds it"),
}  # fmt: skip


def report(path) -> Report:
    return rejoinder.Graph(find((str(path),))).validate().about({str(path)})


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_where_it_is_with_its_cure(mine, name):
    statements, rule, line, column, message, cure = MISTAKES[name]
    path = mine(statements)
    found = [one for one in report(path).findings if one.rule == rule and one.place.file == str(path)]
    assert found, [str(one) for one in report(path).findings]
    (one,) = found
    assert one.severity == "violation"
    assert (one.place.line, one.place.column) == (line, column)
    assert message in one.message
    assert cure in one.cure
    assert one.message and "Traceback" not in one.message and "http://www.w3.org/ns/shacl" not in one.message


def test_an_unruled_dispute_names_both_files_and_lines(mine):
    path = mine("model:gpt-3 rj:parameterCount 17500000 .")
    (one,) = [one for one in report(path).findings if one.rule == "dispute"]
    assert f"17500000 ({path}:{LINE}:1)" in one.message
    assert re.search(r"175000000000 \(data/verified-facts/08-gpt-3-paper\.ttl:\d+:\d+\)", one.message)
    assert [place.file for place in one.also] == ["data/verified-facts/08-gpt-3-paper.ttl"]


def test_a_ruling_must_accept_what_somebody_claims(mine):
    path = mine(
        "ruling:r a rj:Ruling ; rj:source source:editor ; rj:onSubject model:gpt-3 ; rj:onProperty rj:parameterCount ;\n"
        '    rj:accepts 1 ; rj:rejects 175000000000 ; rj:reason "Because."@en ; rj:evidence source:mine-01 .',
        head=HEAD.split("source:mine-01")[0] + "@prefix ruling: <https://w3id.org/rejoinder/id/ruling/> .\n",
    )
    assert "the ruling accepts 1, which no passage claims of model:gpt-3 rj:parameterCount" in [
        one.message for one in report(path).findings
    ]


def test_one_dispute_has_one_ruling(mine):
    ruling = """ruling:r a rj:Ruling ; rj:source source:editor ; rj:onSubject model:bloom ; rj:onProperty rj:parameterCount ;
    rj:accepts 176000000 ; rj:rejects 176247271424 ; rj:reason "No."@en ; rj:evidence source:article\\/18-bloom ."""
    path = mine(
        ruling.replace("source:article\\/18-bloom", "<https://w3id.org/rejoinder/source/article/18-bloom>"),
        head=HEAD.split("source:mine-01")[0] + "@prefix ruling: <https://w3id.org/rejoinder/id/ruling/> .\n",
    )
    (one,) = [one for one in report(path).findings if one.rule == "two-rulings"]
    assert "ruling:bloom-parameters rules on model:bloom rj:parameterCount already" in one.message
    assert one.place.file == str(path) or str(path) in {place.file for place in one.also}


def test_a_value_that_a_ruling_does_not_know_names_the_ruling(mine):
    (one,) = [
        one for one in report(mine("model:bloom rj:parameterCount 178000000000 .")).findings if one.rule == "dispute"
    ]
    assert "let ruling:bloom-parameters rule on all of these values" in one.cure


def test_a_derived_value_does_not_count(mine, graph):
    ours = rejoinder.Graph(find((str(mine('release:whisper rj:earliestDay "1999-01-01"^^xsd:date .')),)))
    for name in ("release-timeline", "open-answers"):
        assert ours.query(name).to_csv() == graph.query(name).to_csv()


def test_derived_properties_say_so_in_the_ontology(inputs):
    from rejoinder.sources.turtle import parse
    from rejoinder.vocabulary import DERIVED

    said = {
        triple.subject.value
        for triple in parse(inputs.ontology_file("rejoinder.ttl"))
        if "never written by hand" in str(triple.object) and triple.subject.value.rsplit("#")[-1][0].islower()
    }
    assert said == set(DERIVED)


def test_a_file_that_cites_nothing_is_a_warning(mine):
    path = mine(THING + " .", head=HEAD.split("source:mine-01")[0])
    (one,) = report(path).findings
    assert (one.severity, one.rule) == ("warning", "uncited-file")


def test_two_files_with_one_passage(mine, tmp_path):
    (tmp_path / "d").mkdir()
    for name in ("d/a.ttl", "d/b.ttl"):
        mine(THING + " .", name)
    (one,) = rejoinder.Graph(find((str(tmp_path / "d"),))).validate().findings
    assert (one.rule, one.place.file) == ("passage", str(tmp_path / "d" / "b.ttl"))
    with pytest.raises(rejoinder.InputError, match=r"is described in .*a\.ttl too"):
        rejoinder.open(str(tmp_path / "d"))


@pytest.mark.parametrize("name", ["graph/accepted", "ontology", "graph/anything"])
def test_a_passage_cannot_take_the_name_of_a_layer(mine, name):
    path = mine(THING + " .", head=HEAD.replace("source:mine-01", f"<https://w3id.org/rejoinder/{name}>"))
    with pytest.raises(rejoinder.InputError, match="a passage cannot be called"):
        rejoinder.open(str(path))


def test_a_passage_of_ours_cannot_be_taken_over(mine):
    path = mine(
        "model:bloom rj:modality rj:image .",
        head=HEAD.replace("source:mine-01", "<https://w3id.org/rejoinder/source/article/18-bloom>"),
    )
    with pytest.raises(rejoinder.InputError, match=r"article:18-bloom is described in data/article/18-bloom.ttl too"):
        rejoinder.open(str(path))


def test_a_file_with_two_passages_is_refused(mine):
    path = mine(THING + " . source:mine-02 a rj:Passage .")
    with pytest.raises(rejoinder.InputError, match="describes 2 passages"):
        rejoinder.open(str(path))


def test_the_bundled_graph_has_no_violation(graph):
    found = graph.validate()
    assert found.conforms, [str(one) for one in found.at_least("violation")]
    assert {one.rule for one in found.findings} <= {"release-maker-known", "release-date-known", "model-modality-known"}


def test_every_shape_was_checked_against_something(graph):
    assert "unused-shape" not in {one.rule for one in graph.validate().findings}


def test_unused_shapes_are_told(mine):
    found = rejoinder.Graph(find((str(mine(THING + " .")),), bundled_data=False)).validate()
    assert {one.rule for one in found.findings if one.severity == "info"} == {"unused-shape"}


@pytest.mark.parametrize("format", ["text", "json", "github", "turtle"])
def test_the_formats_of_validate(run, mine, format):
    path = mine(f"{THING} ;\n    rj:parametrCount 5 .")
    done = run("validate", path, "-f", format)
    assert done.returncode == 1
    assert "1 violation" in done.stderr
    if format == "json":
        (one,) = json.loads(done.stdout)
        assert (one["file"], one["line"], one["column"], one["severity"]) == (str(path), LINE + 1, 5, "violation")
    elif format == "github":
        assert done.stdout.startswith(f"::error file={path},line={LINE + 1},col=5,title=undeclared-term::")
        assert "%0Adid you mean" in done.stdout
    elif format == "turtle":
        assert "sh:ValidationReport" in done.stdout
    else:
        assert done.stdout.startswith(f"{path}:{LINE + 1}:5: violation: ")


def test_fail_on(run, mine):
    path = mine(THING + " .", head=HEAD.split("source:mine-01")[0])
    assert [
        run("validate", path, "--fail-on", level).returncode for level in ("violation", "warning", "info", "never")
    ] == [0, 1, 1, 0]
