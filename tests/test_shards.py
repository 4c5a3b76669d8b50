"""The graph as files for the bulk loaders of stores, which read them for real."""

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from servers import jena, rdf4j, virtuoso

import rejoinder
from rejoinder.errors import UsageError
from rejoinder.outputs import ledger
from rejoinder.outputs.chunks import contents_of
from rejoinder.outputs.load import graphs_of
from rejoinder.outputs.shards import MANIFEST, commands, write
from rejoinder.stores.profiles import PROFILES
from rejoinder.vocabulary import LOADED


@pytest.fixture(scope="module")
def shards(graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "shards"
    write(graph.compiled, str(folder), 3)
    return folder


def quads(folder) -> list[ox.Quad]:
    """Read the files with another parser than the one that wrote them: their lines, then N-Quads."""
    lines = [
        line for path in sorted(folder.glob("*.nq.gz")) for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    return list(ox.parse(b"\n".join(lines), format=ox.RdfFormat.N_QUADS))


def test_the_files_hold_the_graph_and_the_record_of_a_load(graph, shards):
    found = quads(shards)
    assert {quad for quad in found if quad.graph_name != ox.NamedNode(LOADED)} == set(graph.compiled.store)
    assert len(found) == len(set(found))
    store = ox.Store()
    store.extend(found)
    record = ledger.recorded(store)
    assert record.graphs == contents_of(graph.compiled.store, graphs_of(graph.compiled))
    assert record.state == f"published {ledger.version_of(record.graphs)}"


def test_no_quad_is_without_a_graph_or_has_a_blank_node(shards):
    for quad in quads(shards):
        assert isinstance(quad.graph_name, ox.NamedNode)
        assert not isinstance(quad.subject, ox.BlankNode) and not isinstance(quad.object, ox.BlankNode)


def test_the_manifest_tells_what_the_files_are(shards):
    manifest = json.loads((shards / MANIFEST).read_text())
    assert [one["file"] for one in manifest["shards"]] == sorted(path.name for path in shards.glob("*.nq.gz"))
    for one in manifest["shards"]:
        packed = (shards / one["file"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(packed).hexdigest() and one["bytes"] == len(packed)
        assert one["quads"] == len(gzip.decompress(packed).splitlines())
    sizes = [one["quads"] for one in manifest["shards"]]
    assert sum(sizes) == manifest["quads"] and max(sizes) - min(sizes) <= 1


def test_the_same_graph_gives_the_same_bytes(graph, shards, tmp_path):
    write(graph.compiled, str(tmp_path / "again"), 3)
    for path in shards.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_a_folder_that_is_not_empty_is_left_alone(graph, tmp_path):
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(UsageError, match="is there and is not empty"):
        write(graph.compiled, str(tmp_path), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]
    with pytest.raises(UsageError, match="0 is no number of files"):
        write(graph.compiled, str(tmp_path / "new"), 0)


def shell(command: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_oxigraph_reads_them(graph, shards, tmp_path):
    (command,) = commands(PROFILES["oxigraph"], str(shards))
    shell(command.replace("FOLDER", str(tmp_path / "store")))
    assert graph.load(str(tmp_path / "store")).graphs == 0  # all is there, by its digests


@pytest.mark.slow
@pytest.mark.parametrize("of", ["debian", "maven"])
def test_jena_reads_them(graph, shards, tmp_path, of):
    program = jena(tmp_path, of)
    (command,) = commands(PROFILES["fuseki"], str(shards))
    shell(f"{program} {command.replace('FOLDER', str(tmp_path / 'tdb'))}")
    counting = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    rows = shell(f"{program} tdb2.tdbquery --loc {tmp_path / 'tdb'} --results=csv '{counting}'").splitlines()[1:]
    counted = {name: int(count) for name, count in (row.rsplit(",", 1) for row in rows)}
    record = ledger.recorded(graph_with_record(shards))
    assert {name: count for name, count in counted.items() if name != LOADED} == {
        name: one.triples for name, one in record.graphs.items()
    }


def graph_with_record(shards) -> ox.Store:
    store = ox.Store()
    store.extend(quads(shards))
    return store


@pytest.mark.slow
def test_virtuoso_reads_them(graph, tmp_path, monkeypatch):
    with virtuoso(tmp_path) as server:
        # It reads only from folders that its ini allows, its own among them.
        folder = tmp_path / "virtuoso" / "it's a folder"
        write(graph.compiled, str(folder), 2)
        port = re.search(r"ServerPort = 127.0.0.1:(\d+)", (tmp_path / "virtuoso" / "virtuoso.ini").read_text())[1]
        (command,) = commands(PROFILES["virtuoso"], str(folder))
        shell(command.replace("isql 1111", f"isql-vt {port}").replace("PASSWORD", server.credentials[1]))
        monkeypatch.setenv("REJOINDER_USER", server.credentials[0])
        monkeypatch.setenv("REJOINDER_PASSWORD", server.credentials[1])
        here, there = graph.query("datasets"), rejoinder.open(endpoint=server.url).query("datasets")
        assert [row.terms for row in there.rows] == [row.terms for row in here.rows]
        assert graph.load(server.url).graphs == 0


@pytest.mark.slow
def test_rdf4j_reads_them(graph, tmp_path):
    with rdf4j(tmp_path) as server:
        folder = tmp_path / "it's a folder"
        write(graph.compiled, str(folder), 2)
        (command,) = commands(PROFILES["rdf4j"], str(folder))
        shell(command.replace(PROFILES["rdf4j"].example, server.url))
        assert graph.load(server.url).graphs == 0
