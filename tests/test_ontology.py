"""The ontology, its alignments and the JSON-LD context: complete, used, in OWL 2 RL, and the same everywhere."""

import json
import re
from collections.abc import Iterable

import pyoxigraph as ox
import pytest
import rdflib
from conftest import ROOT
from pyld import jsonld
from rdflib import OWL, RDF, RDFS, SKOS, XSD, BNode, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, ODRL2, ORG, PROV, SDO, VANN

import rejoinder
from rejoinder.graph.compiled import Compiled
from rejoinder.outputs.rdf import LAYER_NAMES, export, write_triples
from rejoinder.sources.catalog import tokens
from rejoinder.sources.files import Inputs
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY, PREFIXES, expand

RJ = rdflib.Namespace(PREFIXES["rj"])
ONTOLOGY_FILES = ("rejoinder.ttl", "shapes.ttl", "alignments.ttl")
GRAPHS = {name: Graph().parse(ROOT / "ontology" / name) for name in ONTOLOGY_FILES}
OURS, SHAPES, LINKS = GRAPHS.values()
CONTEXT = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))["@context"]
DATA = sorted((ROOT / "data").rglob("*.ttl"))
QUERIES = sorted((ROOT / "queries").glob("*.rq"))

TERMS = sorted(term for term in set(OURS.subjects()) if isinstance(term, URIRef) and term in RJ)
CLASSES = {term for term in TERMS if (term, RDF.type, OWL.Class) in OURS}
KINDS = (OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property)
PROPERTIES = {term for term in TERMS for kind in KINDS if (term, RDF.type, kind) in OURS}

#: Declared, and used by no data, query, shape or test; each with the reason why it is there all the same.
UNUSED = {
    "OpenLicense": "inferred for readers; its disjointness finds a license that is OSI-approved and forbids uses",
    "UseRestrictedLicense": "inferred for readers, from the family",
    "answersAgent": "inferred for readers: who answers whom, in one step",
    "availableUnder": "inferred for readers: the licenses of a work, in one step",
    "basisOf": "inferred for readers, the inverse of builtOn",
    "hasInWake": "inferred for readers, the inverse of inWakeOf",
    "offers": "inferred for readers: the works of an agent, in one step",
    "file": "of the index graph, which only the code reads",
}

MENTION = re.compile(r"\brj:([A-Za-z](?:[\w-]*\w)?)")


def short(term: object) -> str:
    return str(term).removeprefix(str(RJ))


# The header and the terms #############################################################################################


@pytest.mark.parametrize("name", ONTOLOGY_FILES)
def test_header_is_complete(name: str):
    graph = GRAPHS[name]
    (ontology,) = graph.subjects(RDF.type, OWL.Ontology)
    for prop in (DCTERMS.title, DCTERMS.description):
        (text,) = graph.objects(ontology, prop)
        assert text.language == "en"
    for prop in (DCTERMS.created, DCTERMS.modified):
        (day,) = graph.objects(ontology, prop)
        assert day.datatype == XSD.date and not day.ill_typed
    assert graph.value(ontology, DCTERMS.created) <= graph.value(ontology, DCTERMS.modified)
    assert list(graph.objects(ontology, DCTERMS.creator))
    assert graph.value(ontology, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert str(graph.value(ontology, OWL.versionInfo)) == rejoinder.__version__
    assert graph.value(ontology, OWL.versionIRI) == URIRef(f"{ontology}/{rejoinder.__version__}")


def test_namespace_is_announced():
    ontology = URIRef(ONTOLOGY)
    assert str(OURS.value(ontology, VANN.preferredNamespacePrefix)) == "rj"
    assert str(OURS.value(ontology, VANN.preferredNamespaceUri)) == str(RJ)


def test_terms_are_found():
    assert len(CLASSES) >= 32 and len(PROPERTIES) >= 104 and len(TERMS) >= 179


@pytest.mark.parametrize("term", TERMS, ids=short)
def test_term_is_described(term: URIRef):
    (label,) = OURS.objects(term, RDFS.label)
    (definition,) = OURS.objects(term, SKOS.definition)
    assert label.language == definition.language == "en"
    assert definition[0].isupper() and definition.endswith(".") and ". " not in definition
    assert list(OURS.objects(term, RDFS.isDefinedBy)) == [URIRef(ONTOLOGY)]
    assert all(note.language == "en" and note.endswith(".") for note in OURS.objects(term, SKOS.scopeNote))


@pytest.mark.parametrize("term", TERMS, ids=short)
def test_term_is_named_after_its_kind(term: URIRef):
    kinds = [kind for kind in (OWL.Class, *KINDS) if (term, RDF.type, kind) in OURS]
    assert len(kinds) <= 1
    form = r"([A-Z][a-z]+)+" if term in CLASSES else r"[a-z]+([A-Z][a-z]*)*" if kinds else r"[a-z]+(-[a-z0-9]+)*"
    assert re.fullmatch(form, short(term))


def test_foreign_terms_are_named_and_say_where_they_come_from():
    foreign = {term for term in OURS.subjects() if isinstance(term, URIRef) and term not in RJ} - {URIRef(ONTOLOGY)}
    assert len(foreign) > 5
    for term in foreign:
        (label,) = OURS.objects(term, RDFS.label)
        assert label.language == "en"
        (home,) = OURS.objects(term, RDFS.isDefinedBy)
        assert str(term).startswith(str(home))


def test_labels_of_one_kind_differ():
    for kind in (CLASSES, PROPERTIES, set(TERMS) - CLASSES - PROPERTIES):
        labels = [(str(OURS.value(term, RDFS.label)), frozenset(OURS.objects(term, RDF.type))) for term in kind]
        assert len(labels) == len(set(labels))


def test_concepts_are_in_the_scheme_of_their_class():
    schemes: dict[URIRef, set[URIRef]] = {}
    for kind in OURS.subjects(RDFS.subClassOf, SKOS.Concept):
        concepts = set(OURS.subjects(RDF.type, kind))
        (scheme,) = {scheme for concept in concepts for scheme in OURS.objects(concept, SKOS.inScheme)}
        assert set(OURS.subjects(SKOS.inScheme, scheme)) == concepts
        assert (scheme, RDF.type, SKOS.ConceptScheme) in OURS
        schemes[kind] = concepts
    assert len(schemes) == len(set(OURS.subjects(RDF.type, SKOS.ConceptScheme)))
    for one, other in OURS.subject_objects(SKOS.broader):
        assert any({one, other} <= concepts for concepts in schemes.values())


def test_access_modes_are_ordered():
    modes = list(OURS.subjects(RDF.type, RJ.AccessMode))
    ranks = sorted(int(OURS.value(mode, RJ.opennessRank)) for mode in modes)
    assert ranks == list(range(len(modes)))
    closed = [rank_of(mode) for mode in modes if OURS.value(mode, RJ.modeOpenness) == RJ.closed]
    assert max(closed) < min(rank_of(mode) for mode in modes if OURS.value(mode, RJ.modeOpenness) == RJ.open)


def rank_of(mode: URIRef) -> int:
    return int(OURS.value(mode, RJ.opennessRank))


def test_examples_are_real(compiled: Compiled):
    examples = list(OURS.subject_objects(SKOS.example))
    assert len(examples) > 30
    for term, example in examples:
        parts = [expand(part) for part in str(example).split(" ")]
        if len(parts) == 3 and all(parts):
            triple = ox.Triple(*(ox.NamedNode(part) for part in parts))
            assert parts[1] == str(term)
            assert any(compiled.store.quads_for_pattern(triple.subject, triple.predicate, triple.object)), example
        elif len(parts) == 1 and parts[0]:
            assert any(compiled.store.quads_for_pattern(ox.NamedNode(parts[0]), None, None)), example
            assert term not in CLASSES or is_a(compiled, parts[0], term), example


def is_a(compiled: Compiled, thing: str, kind: URIRef) -> bool:
    return any(compiled.store.quads_for_pattern(ox.NamedNode(thing), ox.NamedNode(RDF.type), ox.NamedNode(kind)))


# Declared and used ####################################################################################################


def iris(graph: Iterable[tuple[rdflib.term.Node, ...]]) -> set[str]:
    return {short(term) for triple in graph for term in triple if isinstance(term, URIRef) and term in RJ}


def used_in_data() -> set[str]:
    return {name for path in DATA for name in iris(Graph().parse(path))}


def used_in_queries() -> set[str]:
    found = set()
    for path in QUERIES:
        for kind, token in tokens(path.read_text(encoding="utf-8")):
            found |= set(MENTION.findall(token)) if kind == "other" else set()
    return found


def test_used_terms_are_declared():
    context = {str(entry.get("@id") if isinstance(entry, dict) else entry) for entry in CONTEXT.values()}
    shapes = (ROOT / "ontology" / "shapes.ttl").read_text(encoding="utf-8")
    used = {
        "data": used_in_data(),
        "queries": used_in_queries(),
        "shapes": iris(SHAPES) | set(MENTION.findall(shapes)),  # messages name terms too
        "alignments": iris(LINKS),
        "context": {name.removeprefix("rj:") for name in context if name.startswith("rj:")},
        "scope notes": {name for note in OURS.objects(None, SKOS.scopeNote) for name in MENTION.findall(note)},
    }
    declared = {short(term) for term in TERMS}
    assert {place: names - declared for place, names in used.items() if names - declared} == {}
    assert all(used.values())


def test_declared_terms_are_used():
    used = used_in_data() | used_in_queries() | iris(SHAPES)
    for path in [*(ROOT / "tests").glob("*.py"), *(ROOT / "tests").rglob("*.ttl")]:
        used |= set(MENTION.findall(path.read_text(encoding="utf-8")))
        used |= set(re.findall(r"\bRJ\.(\w+)|\brj\(\"([\w-]+)\"\)", path.read_text(encoding="utf-8")))
    # What the ontology itself needs: concepts by their scheme, and what its axioms are about.
    axioms = {RDF.first, OWL.hasValue, OWL.onProperty, OWL.someValuesFrom, SKOS.inScheme, SKOS.broader}
    used |= {short(value) for _, predicate, value in OURS if predicate in axioms}
    used |= {short(kind) for term, kind in OURS.subject_objects(RDF.type) if term in RJ}
    assert {short(term) for term in TERMS} - used == set(UNUSED), sorted({short(term) for term in TERMS} - used)


def test_data_writes_things_and_values_as_declared():
    for path in DATA:
        for _, predicate, value in Graph().parse(path):
            if (predicate, RDF.type, OWL.ObjectProperty) in OURS:
                assert isinstance(value, URIRef), f"{path}: {predicate} {value}"
            if (predicate, RDF.type, OWL.DatatypeProperty) in OURS:
                assert isinstance(value, Literal), f"{path}: {predicate} {value}"


def test_data_has_no_blank_nodes_and_no_same_things():
    assert len(DATA) > 100
    for path in DATA:
        for triple in Graph().parse(path):
            assert not any(isinstance(term, BNode) for term in triple), path
            assert triple[1] != OWL.sameAs, path


def test_what_is_derived_is_never_written_by_hand():
    derived = {
        term for term in TERMS for note in OURS.objects(term, SKOS.scopeNote) if "never written by hand" in note.lower()
    } | {term for term in TERMS if "never written by hand" in str(OURS.value(term, SKOS.definition))}
    assert len(derived) >= 6
    assert {short(term) for term in derived} & used_in_data() == set()


# OWL 2 RL #############################################################################################################


def is_subclass_expression(kind: rdflib.term.Node) -> bool:
    """OWL 2 Profiles, section 4.2.3, as far as we use it: what may stand on the left of rdfs:subClassOf."""
    if isinstance(kind, URIRef):
        return kind != OWL.Thing
    for constructor in (OWL.intersectionOf, OWL.unionOf):
        if members := OURS.value(kind, constructor):
            return all(is_subclass_expression(member) for member in OURS.items(members))
    filler = OURS.value(kind, OWL.someValuesFrom)
    if filler is not None:
        return filler == OWL.Thing or is_subclass_expression(filler)
    return (kind, OWL.hasValue, None) in OURS or (kind, OWL.oneOf, None) in OURS


def is_superclass_expression(kind: rdflib.term.Node) -> bool:
    """What may stand on the right of rdfs:subClassOf."""
    if isinstance(kind, URIRef):
        return kind != OWL.Thing
    if members := OURS.value(kind, OWL.intersectionOf):
        return all(is_superclass_expression(member) for member in OURS.items(members))
    if (filler := OURS.value(kind, OWL.allValuesFrom)) is not None:
        return is_superclass_expression(filler)
    if (other := OURS.value(kind, OWL.complementOf)) is not None:
        return is_subclass_expression(other)
    return (kind, OWL.hasValue, None) in OURS


def is_equivalent_expression(kind: rdflib.term.Node) -> bool:
    """What may stand on either side of owl:equivalentClass."""
    if isinstance(kind, URIRef):
        return kind != OWL.Thing
    if members := OURS.value(kind, OWL.intersectionOf):
        return all(is_equivalent_expression(member) for member in OURS.items(members))
    return (kind, OWL.hasValue, None) in OURS


def test_class_axioms_are_in_owl_2_rl():
    for low, high in OURS.subject_objects(RDFS.subClassOf):
        assert is_subclass_expression(low) and is_superclass_expression(high), (low, high)
    for one, other in OURS.subject_objects(OWL.equivalentClass):
        assert is_equivalent_expression(one) and is_equivalent_expression(other), (one, other)
    for one, other in OURS.subject_objects(OWL.disjointWith):
        assert is_subclass_expression(one) and is_subclass_expression(other), (one, other)
    for prop in (RDFS.domain, RDFS.range):
        for _, kind in OURS.subject_objects(prop):
            assert is_superclass_expression(kind), kind
    for axiom in OURS.subjects(RDF.type, OWL.AllDisjointClasses):
        members = list(OURS.items(OURS.value(axiom, OWL.members)))
        assert len(members) > 1 and all(is_subclass_expression(member) for member in members)


def dependencies() -> dict[URIRef, set[URIRef]]:
    """Return for each property those whose statements make statements of it."""
    found: dict[URIRef, set[URIRef]] = {prop: set() for prop in PROPERTIES}
    for low, high in OURS.subject_objects(RDFS.subPropertyOf):
        found[high].add(low)
    for prop, chain in OURS.subject_objects(OWL.propertyChainAxiom):
        found[prop] |= set(OURS.items(chain))
    return found


def reached(start: URIRef, edges: dict[URIRef, set[URIRef]]) -> set[URIRef]:
    """Return what a property depends on, inverses counted as the same property."""
    inverse = {a: b for one, other in OURS.subject_objects(OWL.inverseOf) for a, b in ((one, other), (other, one))}
    found: set[URIRef] = set()
    pending = [start]
    while pending:
        prop = pending.pop()
        for one in (prop, inverse.get(prop, prop)):
            new = edges[one] - found
            found |= new
            pending += new
    return found


def test_no_property_is_made_from_itself():
    edges = dependencies()
    chains = list(OURS.subjects(OWL.propertyChainAxiom))
    assert len(chains) >= 5
    for prop in PROPERTIES:
        assert prop not in reached(prop, edges), prop


def test_only_simple_properties_are_restricted():
    """OWL 2 Structural Specification, section 11.2: no restriction on what is transitive or made by a chain."""
    edges = dependencies()
    composite = set(OURS.subjects(RDF.type, OWL.TransitiveProperty)) | set(OURS.subjects(OWL.propertyChainAxiom))
    composite |= {prop for prop in PROPERTIES if reached(prop, edges) & composite}
    for kind in (OWL.FunctionalProperty, OWL.AsymmetricProperty, OWL.IrreflexiveProperty):
        assert not composite & set(OURS.subjects(RDF.type, kind))


def test_an_inverse_is_declared_once_and_between_object_properties():
    pairs = [frozenset(pair) for pair in OURS.subject_objects(OWL.inverseOf)]
    assert len(pairs) == len(set(pairs)) == len({prop for pair in pairs for prop in pair}) / 2
    for pair in pairs:
        assert all((prop, RDF.type, OWL.ObjectProperty) in OURS for prop in pair)


def test_ranges_fit_the_kind_of_property():
    for prop, kind in OURS.subject_objects(RDFS.range):
        assert ((prop, RDF.type, OWL.DatatypeProperty) in OURS) == (kind in XSD), prop
    for low, high in OURS.subject_objects(RDFS.subPropertyOf):
        assert set(OURS.objects(low, RDF.type)) & set(KINDS) == set(OURS.objects(high, RDF.type)) & set(KINDS)


# Alignments ###########################################################################################################

LINK_PREDICATES = {
    RDFS.subClassOf, RDFS.subPropertyOf,
    SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch,
}  # fmt: skip
VOCABULARIES = {
    "http://data.europa.eu/it6/", "http://purl.org/dc/terms/", "http://schema.org/", "http://www.w3.org/ns/dcat#",
    "http://www.w3.org/ns/oa#", "http://www.w3.org/ns/odrl/2/", "http://www.w3.org/ns/org#",
    "http://www.w3.org/ns/prov#", "https://spdx.org/rdf/3.0.1/terms/", "https://w3id.org/fair4ml#",
}  # fmt: skip
#: rdflib has DCAT 2; these came with DCAT 3.
DCAT_3 = {"hasVersion", "isVersionOf", "prev"}


def links() -> list[tuple[URIRef, URIRef, URIRef]]:
    return [triple for triple in LINKS if triple[0] in RJ]


def test_links_go_from_our_terms_to_others():
    assert set(LINKS.subjects()) - set(TERMS) == {URIRef("https://w3id.org/rejoinder/alignments")}
    for subject, predicate, value in links():
        assert predicate in LINK_PREDICATES
        assert predicate != RDFS.subClassOf or subject in CLASSES
        assert predicate != RDFS.subPropertyOf or subject in PROPERTIES
        assert isinstance(value, URIRef) and value not in RJ
    pairs = [(subject, value) for subject, _, value in links()]
    assert len(pairs) == len(set(pairs)), "two links between the same two terms"


def test_every_vocabulary_is_linked_to():
    used = {home for _, _, value in links() for home in VOCABULARIES if value.startswith(home)}
    assert used == VOCABULARIES
    assert all(any(value.startswith(home) for home in VOCABULARIES) for _, _, value in links())


def test_linked_terms_exist():
    known = {"http://www.w3.org/ns/prov#": PROV, "http://www.w3.org/ns/org#": ORG, "http://schema.org/": SDO}
    known |= {"http://www.w3.org/ns/odrl/2/": ODRL2, "http://purl.org/dc/terms/": DCTERMS}
    known["http://www.w3.org/ns/dcat#"] = DCAT
    checked = 0
    for _, _, value in links():
        for home, namespace in known.items():
            if value.startswith(home):
                local = value.removeprefix(home)
                # namespace[…] would warn of a name that it does not have.
                assert namespace._NS + local in namespace or (namespace is DCAT and local in DCAT_3), value
                checked += 1
    assert checked > 60


def test_a_link_keeps_to_the_kind_of_thing():
    """PROV-O keeps entities, activities and agents apart enough for a mix-up to show."""
    below = {prov: set() for prov in (PROV.Entity, PROV.Activity, PROV.Agent)}
    for subject, _, value in LINKS.triples((None, RDFS.subClassOf, None)):
        if value in below:
            below[value] |= set(OURS.transitive_subjects(RDFS.subClassOf, subject))
    assert not below[PROV.Entity] & below[PROV.Activity]
    ends = {
        PROV.wasAssociatedWith: (PROV.Activity, PROV.Agent),
        PROV.wasAttributedTo: (None, PROV.Agent),  # our subject is a work or a source, and has no declared domain
        PROV.wasDerivedFrom: (PROV.Entity, PROV.Entity),
        PROV.specializationOf: (PROV.Entity, PROV.Entity),
    }
    checked = 0
    for prop, _, value in LINKS.triples((None, RDFS.subPropertyOf, None)):
        for declared, wanted in zip((RDFS.domain, RDFS.range), ends.get(value, ()), strict=False):
            if wanted:
                assert set(OURS.objects(prop, declared)) <= below[wanted] and (prop, declared, None) in OURS, prop
                checked += 1
    assert checked >= 10


# The JSON-LD context ##################################################################################################


def test_context_has_every_class_and_property():
    for term in CLASSES | PROPERTIES:
        entry = CONTEXT[short(term)]
        assert (entry if isinstance(entry, str) else entry["@id"]) == f"rj:{short(term)}"


def test_context_gives_values_their_types():
    typed = {name: entry.get("@type") for name, entry in CONTEXT.items() if isinstance(entry, dict)}
    for term in PROPERTIES:
        found = typed.get(short(term))
        if (term, RDF.type, OWL.ObjectProperty) in OURS:
            assert found == "@id", term
        elif short(term) in ("date", "formed", "issued", "legalFormSince"):
            assert found == "edtf:EDTF"
        elif OURS.value(term, RDFS.range) in (XSD.date, XSD.duration):
            assert found == "xsd:" + OURS.value(term, RDFS.range).removeprefix(str(XSD))
        else:
            assert found is None, f"{term}: numbers and truth values are native in JSON, texts have a language"


def test_context_has_our_prefixes():
    """Two prefixes stand aside for the property of the same name; what they shorten is written whole."""
    aside = set(PREFIXES) & {short(term) for term in TERMS if term in PROPERTIES}
    assert aside == {"license", "source"}
    assert {prefix: CONTEXT[prefix] for prefix in PREFIXES if prefix not in aside} == {
        prefix: namespace for prefix, namespace in PREFIXES.items() if prefix not in aside
    }


def test_context_has_nothing_else():
    names = set(PREFIXES) | {short(term) for term in CLASSES | PROPERTIES} | {"@version"}
    borrowed = {name: entry for name, entry in CONTEXT.items() if name not in names}
    assert all(
        (entry if isinstance(entry, str) else entry["@id"]).partition(":")[2] == name
        for name, entry in borrowed.items()
    )


def quads_of(text: bytes, format: ox.RdfFormat) -> set[ox.Quad]:
    return set(ox.parse(text, format=format))


def test_whole_graph_survives_json_ld(compiled: Compiled, inputs: Inputs):
    context = inputs.ontology_file("context.jsonld").content
    written = export(compiled, "json-ld", LAYER_NAMES, context=context)
    wanted = quads_of(export(compiled, "nquads", LAYER_NAMES, context=context), ox.RdfFormat.N_QUADS)
    assert len(wanted) > 4000 and not any(isinstance(quad.subject, ox.BlankNode) for quad in wanted)
    assert quads_of(written, ox.RdfFormat.JSON_LD) == wanted
    by_pyld = jsonld.to_rdf(json.loads(written), {"format": "application/n-quads"})
    assert quads_of(by_pyld.encode(), ox.RdfFormat.N_QUADS) == wanted


STATEMENTS = [
    'rdfs:label "GPT-Neo"',
    'rdfs:label "GPT-Neo"@en , "GPT-Neo" , "GPT-Neo"@de , "GPT-Neo"@en-GB',
    'rj:reason "Because."',
    'rj:role "student"@de',
    'rj:date "2019-02"',
    'rj:date "2019-02-14"^^xsd:date',
    'rj:earliestDay "2019-02-14"^^edtf:EDTF',
    'rj:duration "P6M"',
    'rj:parameterCount 176247271424 , "176247271424" , 1.5 , -1',
    "rj:startCharacter 0",
    "rj:osiApproved false",
    'rj:osiApproved "true"',
    'rj:license "MIT" , license:mit , <https://example.org/license>',
    "rj:license rj:open , article:01 , source:article , <urn:x> , <license:mit>",
    'rj:accepts license:mit , 5 , "2019"^^edtf:EDTF , true , "five"@en',
    "a rj:Model , rj:License , <https://example.org/Model>",
    'skos:altLabel "swyx" , "swyx"@en',
    'rj:textDigest "0123"',
    # What a writer that guesses types would lose:
    "rj:osiApproved true , false",
    "rj:languageCount 0 , 1",
    "rj:parameterCount 1.5E9",
    'rj:parameterCount "many"^^xsd:integer',
    'rj:parameterCount "007"^^xsd:integer',
]


def triples_of(statement: str) -> set[ox.Triple]:
    prefixes = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
    quads = ox.parse(f"{prefixes} model:gpt-neo {statement} .", format=ox.RdfFormat.TURTLE)
    return {quad.triple for quad in quads}


def read_json_ld(text: str) -> set[ox.Triple]:
    """Read JSON-LD with two processors that must agree."""
    found = {quad.triple for quad in ox.parse(text, format=ox.RdfFormat.JSON_LD)}
    by_pyld = jsonld.to_rdf(json.loads(text), {"format": "application/n-quads"})
    assert {quad.triple for quad in ox.parse(by_pyld, format=ox.RdfFormat.N_QUADS)} == found
    return found


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_value_changes_in_our_export(inputs: Inputs, statement: str):
    context = inputs.ontology_file("context.jsonld").content
    assert read_json_ld(write_triples(triples_of(statement), "json-ld", context)) == triples_of(statement)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_value_changes_by_our_context(statement: str):
    lines = ox.serialize(triples_of(statement), format=ox.RdfFormat.N_TRIPLES).decode()
    compacted = jsonld.compact(jsonld.from_rdf(lines), {"@context": CONTEXT})
    assert read_json_ld(json.dumps(compacted)) == triples_of(statement)


def test_pyld_compacts_to_the_same_graph(compiled: Compiled):
    """Whoever compacts with our context need not use our export."""
    accepted = [
        ox.Triple(quad.subject, quad.predicate, quad.object)
        for name in (ACCEPTED, INFERRED)
        for quad in compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(name))
    ]
    expanded = jsonld.from_rdf(ox.serialize(accepted, format=ox.RdfFormat.N_TRIPLES).decode(), {"useNativeTypes": True})
    compacted = jsonld.compact(expanded, {"@context": CONTEXT})
    found = {
        ox.Triple(q.subject, q.predicate, q.object)
        for q in ox.parse(json.dumps(compacted), format=ox.RdfFormat.JSON_LD)
    }
    assert found == set(accepted)
    bloom = next(node for node in compacted["@graph"] if node["@id"] == "model:bloom")
    assert bloom["parameterCount"] == 176247271424 and bloom["label"] == "BLOOM"
