"""Each shape against files that it lets pass and files that trip it."""

import re
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, SH, Graph, Namespace, URIRef

from rejoinder.checks.compiled_shapes import compile_shapes, run
from rejoinder.checks.evidence import Evidence
from rejoinder.checks.shapes import validate_shapes
from rejoinder.graph import inferred, passages, rules
from rejoinder.graph.compiled import Compiled
from rejoinder.sources.files import InputFile, Inputs, find
from rejoinder.sources.turtle import parse
from rejoinder.vocabulary import ACCEPTED, ONTOLOGY, rj

RJS = Namespace("https://w3id.org/rejoinder/shapes#")
FOLDER = Path(__file__).parent / "shapes"
CASES = sorted(FOLDER.glob("*/*.ttl"))
PASSING = [case for case in CASES if case.name.startswith("pass-")]
FAILING = [case for case in CASES if case.name.startswith("fail-")]
COUNT_PASSING, COUNT_FAILING = 47, 163

# What describes itself in its own file, beside the accepted statements and out of reach of the rules.
DESCRIBED = {ox.NamedNode(rj(name)) for name in ("Passage", "EditorsNote", "Ruling")}
SHAPES = Graph().parse(data=find(bundled_data=False).ontology_file("shapes.ttl").content, format="turtle")


def named(kind: URIRef) -> set[URIRef]:
    return {shape for shape in SHAPES.subjects(RDF.type, kind) if isinstance(shape, URIRef)}


def rule_shapes() -> set[URIRef]:
    """Return the shapes that a result can name: those with a constraint of their own."""
    own = {SH["class"], SH["or"], SH["not"], SH.sparql, SH.node}
    return named(SH.PropertyShape) | {
        shape for shape in named(SH.NodeShape) if own & set(SHAPES.predicates(shape, None))
    }


def short(shape: object) -> str:
    return str(shape).removeprefix(str(RJS))


class Bench:
    """The ontology and its rules, made once; and the statements of files put on top of them."""

    def __init__(self) -> None:
        self.ontology = rules.skolemize(parse(find(bundled_data=False).ontology_file("rejoinder.ttl")))
        self.quads = [ox.Quad(*triple, ox.NamedNode(ONTOLOGY)) for triple in self.ontology]
        self.rules = rules.compile_rules(self.ontology)
        self.shapes = compile_shapes(parse(find(bundled_data=False).ontology_file("shapes.ttl")))
        self._statements: dict[Path, set[ox.Triple]] = {}

    def statements(self, file: Path) -> set[ox.Triple]:
        """Return what a file states and what follows from it: accepted, inferred and descriptions."""
        if file not in self._statements:
            self._statements[file] = self._infer(file)
        return self._statements[file]

    def _infer(self, file: Path) -> set[ox.Triple]:
        triples = parse(InputFile(file.name, file.read_bytes()))
        described = {t.subject for t in triples if t.predicate.value == str(RDF.type) and t.object in DESCRIBED}
        store = ox.Store()
        store.extend(self.quads)
        store.extend(ox.Quad(*t, ox.NamedNode(ACCEPTED)) for t in triples if t.subject not in described)
        assert not inferred.infer(store, self.rules) or file.name.startswith("fail-")
        mine = {quad.triple for quad in store if quad.graph_name.value != ONTOLOGY}
        return mine | {triple for triple in triples if triple.subject in described}

    def data(self, file: Path) -> ox.Store:
        """Return what is validated: the statements of a file and the ontology."""
        store = ox.Store()
        store.extend(ox.Quad(*triple) for triple in {*self.ontology, *self.statements(file)})
        return store

    def validate(self, file: Path) -> set[str]:
        """Return the names of the shapes that are tripped."""
        data = self.data(file)
        return {short(result.shape.value) for shape in self.shapes for result in run(shape.checks, data.query)}

    def below(self, kind: object) -> set[str]:
        """Return the IRIs of a class and of its subclasses."""
        found = [str(kind)]
        for name in found:
            found += [
                t.subject.value
                for t in self.ontology
                if t.predicate.value == str(RDFS.subClassOf) and t.object.value == name and t.subject.value not in found
            ]
        return set(found)


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()


def tripped_by(file: Path) -> str:
    match = re.match(r"# trips: rjs:([\w-]+)\n", file.read_text(encoding="utf-8"))
    assert match, f"{file}: the first line must be '# trips: rjs:…'"
    return match[1]


def label(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


def test_all_files_are_found():
    assert (len(PASSING), len(FAILING)) == (COUNT_PASSING, COUNT_FAILING)
    assert len(PASSING) + len(FAILING) == len([path for path in FOLDER.rglob("*") if path.is_file()])


@pytest.mark.parametrize("file", PASSING, ids=label)
def test_file_passes(bench: Bench, file: Path):
    assert bench.validate(file) == set()


@pytest.mark.parametrize("file", PASSING, ids=label)
def test_passing_file_is_looked_at(bench: Bench, file: Path):
    shape = RJS[file.parent.name]
    classes = {low for kind in SHAPES.objects(shape, SH.targetClass) for low in bench.below(kind)}
    properties = {str(name) for name in SHAPES.objects(shape, SH.targetSubjectsOf)}
    assert classes or properties
    assert any(
        (predicate.value == str(RDF.type) and value.value in classes) or predicate.value in properties
        for _, predicate, value in bench.statements(file)
    )


@pytest.mark.parametrize("file", FAILING, ids=label)
def test_file_trips_just_its_shape(bench: Bench, file: Path):
    assert bench.validate(file) == {tripped_by(file)}


def test_every_shape_has_a_file_that_trips_it():
    assert {tripped_by(file) for file in FAILING} == {short(shape) for shape in rule_shapes()}


def test_every_node_shape_has_a_file_that_passes():
    assert {file.parent.name for file in PASSING} == {short(shape) for shape in named(SH.NodeShape)}


@pytest.mark.parametrize("file", FAILING, ids=label)
def test_failing_file_is_filed_under_a_shape_that_applies_its_rule(file: Path):
    shape, rule = RJS[file.parent.name], RJS[tripped_by(file)]
    assert shape == rule or (shape, SH.property, rule) in SHAPES


def test_shapes_are_shacl():
    conforms, _, text = pyshacl.validate(Graph(), shacl_graph=SHAPES, meta_shacl=True)
    assert conforms, text


@pytest.mark.parametrize("shape", sorted(rule_shapes()), ids=short)
def test_message_says_what_is_wrong_and_what_to_do(shape: URIRef):
    constraints = [shape, *SHAPES.objects(shape, SH.sparql)]
    messages = [str(message) for one in constraints for message in SHAPES.objects(one, SH.message)]
    assert len(messages) == 1
    wrong, stop, cure = messages[0].partition(". ")
    assert wrong[0].islower() and stop and cure[0].isupper() and cure.endswith(".")
    assert all(severity in (SH.Warning, SH.Info) for severity in SHAPES.objects(shape, SH.severity))


def test_rules_are_named_and_used():
    for shape in named(SH.PropertyShape):
        assert len(list(SHAPES.objects(shape, SH.name))) == 1, shape
        assert len(list(SHAPES.objects(shape, SH.path))) == 1, shape
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", short(shape)), shape
        assert (None, SH.property, shape) in SHAPES, shape
    for shape in named(SH.NodeShape):
        assert len(list(SHAPES.objects(shape, RDFS.label))) == 1, shape
        assert re.fullmatch(r"([A-Z][a-z]+)+", short(shape)), shape
        assert (shape, SH.targetClass, None) in SHAPES or (shape, SH.targetSubjectsOf, None) in SHAPES, shape


def test_no_name_is_misspelt():
    """A misspelt term of SHACL is silently no constraint at all."""
    for term in {term for triple in SHAPES for term in triple}:
        if isinstance(term, URIRef) and term.startswith(str(SH)):
            assert term in SH
        if isinstance(term, URIRef) and term.startswith(str(RJS)):
            assert (term, RDF.type, None) in SHAPES, f"{term} is nowhere described"


def test_versions_agree():
    ontology = Graph().parse(data=find(bundled_data=False).ontology_file("rejoinder.ttl").content, format="turtle")
    version = ontology.value(URIRef(ONTOLOGY), OWL.versionInfo)
    assert SHAPES.value(URIRef(str(RJS)[:-1]), OWL.versionInfo) == version


def test_bundled_graph_has_no_violation(compiled: Compiled, inputs: Inputs):
    evidence = Evidence([passages.read(file) for file in inputs.data])
    findings, _ = validate_shapes(compiled, inputs.ontology_file("shapes.ttl"), evidence)
    assert [finding for finding in findings if finding.severity == "violation"] == []
    assert [finding for finding in findings if finding.rule == "unused-shape"] == []
