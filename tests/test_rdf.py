"""Exports: the same graph in every format, the same bytes under every hash seed."""

import json
import os
import subprocess
import sys

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic

from rejoinder.errors import UsageError
from rejoinder.outputs.rdf import FORMATS, LAYER_NAMES, QUAD_FORMATS, TRIPLE_FORMATS, quads
from rejoinder.vocabulary import PREFIXES

OX = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdf-xml": ox.RdfFormat.RDF_XML,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "json-ld": ox.RdfFormat.JSON_LD,
}
RDFLIB = {
    "turtle": "turtle",
    "ntriples": "nt",
    "rdf-xml": "xml",
    "nquads": "nquads",
    "trig": "trig",
    "json-ld": "json-ld",
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("layers", [None, LAYER_NAMES], ids=["default", "all"])
def test_an_export_read_back_is_the_same_graph(graph, format, layers):
    text = graph.export(format, layers)
    expected = set(quads(graph.compiled, layers or ("accepted", "inferred", "passages"), named=format in QUAD_FORMATS))
    assert len(expected) > 2000
    assert set(ox.parse(text.encode(), format=OX[format])) == expected


@pytest.mark.parametrize("format", TRIPLE_FORMATS)
def test_rdflib_reads_the_same_graph(graph, format):
    read = rdflib.Graph().parse(data=graph.export(format), format=RDFLIB[format])
    plain = rdflib.Graph().parse(data=graph.export("ntriples"), format="nt")
    assert isomorphic(read, plain)


@pytest.mark.parametrize("format", QUAD_FORMATS)
def test_rdflib_reads_the_same_named_graphs(graph, format):
    def named(text: str, format: str):
        data = rdflib.Dataset().parse(data=text, format=format)
        return {(s, p, o, g) for s, p, o, g in data.quads()}

    assert named(graph.export(format), RDFLIB[format]) == named(graph.export("nquads"), "nquads")


def test_json_ld_opens_without_network(graph):
    """PyLD, the reference processor, with every document loader forbidden."""
    from pyld import jsonld

    def forbidden(url, options=None):
        raise AssertionError(f"the network was asked for {url}")

    document = json.loads(graph.export("json-ld"))
    text = jsonld.to_rdf(document, {"format": "application/n-quads", "documentLoader": forbidden})
    assert set(ox.parse(text.encode(), format=ox.RdfFormat.N_QUADS)) == set(quads(graph.compiled, named=True))


def test_json_ld_is_compact(graph):
    text = graph.export("json-ld", ["accepted"])
    document = json.loads(text)
    (layer,) = document["@graph"]
    release = next(node for node in layer["@graph"] if node.get("@id") == "release:gpt-neo")
    assert release["date"] == "2021-03-21"
    assert release["releasedBy"] == "organization:eleutherai"
    # A prefix and a property cannot share a name in a context, so this one stays whole.
    assert release["license"] == "https://w3id.org/rejoinder/id/license/mit"
    assert "https://w3id.org/rejoinder/ontology#" not in json.dumps(layer["@graph"])


def test_turtle_keeps_who_said_what(graph):
    """BLOOM's 176 million parameters: a claim of the article's passage, and no statement of the graph."""
    read = rdflib.Graph().parse(data=graph.export("turtle"), format="turtle")
    rows = list(
        read.query(
            """PREFIX prov: <http://www.w3.org/ns/prov#> PREFIX rj: <https://w3id.org/rejoinder/ontology#>
            PREFIX model: <https://w3id.org/rejoinder/id/model/>
            SELECT ?passage { ?claim a rdf:Statement ; rdf:subject model:bloom ; rdf:predicate rj:parameterCount ;
              rdf:object 176000000 ; prov:wasDerivedFrom ?passage . ?passage rj:startCharacter ?start }"""
        )
    )
    assert [str(row.passage) for row in rows] == ["https://w3id.org/rejoinder/source/article/18-bloom"]
    bloom = rdflib.URIRef(PREFIXES["model"] + "bloom")
    counts = [int(value) for value in read.objects(bloom, rdflib.URIRef(PREFIXES["rj"] + "parameterCount"))]
    assert counts == [176247271424]


def test_no_export_has_a_blank_node(graph):
    for line in graph.export("nquads", LAYER_NAMES).splitlines():
        assert not line.startswith("_:") and " _:" not in line.split('"')[0]


def test_the_same_bytes_under_every_hash_seed():
    script = (
        "import hashlib, rejoinder\n"
        f"g = rejoinder.open()\nfor f in {FORMATS!r}: print(f, hashlib.sha256(g.export(f).encode()).hexdigest())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "42", "1234")
    }
    assert len(outputs) == 1


def test_what_cannot_be_exported_is_refused(graph):
    with pytest.raises(UsageError, match="there is no 'ttl'"):
        graph.export("ttl")
    with pytest.raises(UsageError, match="there is no 'infered'"):
        graph.export("turtle", ["infered"])


def test_the_catalog_as_rdf(graph):
    from rejoinder.outputs.executables import write

    read = rdflib.Graph().parse(data=write(list(graph.queries.values())), format="turtle")
    sh = rdflib.Namespace(PREFIXES["sh"])
    texts = [str(text) for name in ("select", "construct") for text in read.objects(None, sh[name])]
    assert sorted(texts) == sorted(query.text for query in graph.queries.values())


@pytest.mark.parametrize("value", ["<<( <urn:c> <urn:d> 1 )>>", '"x"@en--ltr'])
def test_what_json_ld_cannot_hold_is_refused(mine, value):
    import rejoinder

    ours = rejoinder.open(str(mine(f"<urn:a> <urn:b> {value} .")), bundled_data=False)
    with pytest.raises(UsageError, match=r"what RDF 1\.2 has added"):
        ours.export("json-ld")


def test_what_xml_cannot_hold_is_refused(mine):
    import rejoinder

    ours = rejoinder.open(str(mine('model:x a rj:Model ; rdfs:label "a\\u0001b"@en .')))
    with pytest.raises(UsageError, match="holds a control character"):
        ours.export("rdf-xml")
    assert "\\u0001" in ours.export("ntriples") or "\x01" in ours.export("ntriples")
