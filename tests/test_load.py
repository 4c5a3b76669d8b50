"""The graph loaded into the folder of a store."""

import os
import resource
import signal
import subprocess
import sys

import pyoxigraph as ox
import pytest
from servers import free_port

import rejoinder
from rejoinder.errors import StoreError, UsageError
from rejoinder.outputs import ledger
from rejoinder.vocabulary import ACCEPTED, INDEX, LOADED

MORE = 'model:new a rj:Model ; rdfs:label "New"@en .'
FOREIGN = ox.Quad(ox.NamedNode("http://a"), ox.NamedNode("http://b"), ox.Literal("c"), ox.NamedNode("http://theirs"))


def held(path) -> set[ox.Quad]:
    """Return what a store holds, but for the record of the load."""
    return {quad for quad in ox.Store.read_only(str(path)) if quad.graph_name != ox.NamedNode(LOADED)}


def wanted(graph) -> set[ox.Quad]:
    return set(graph.compiled.store)


@pytest.fixture
def store(tmp_path):
    """A store with a graph of somebody else."""
    path = tmp_path / "store"
    theirs = ox.Store(str(path))
    theirs.add(FOREIGN)
    return path


@pytest.fixture
def more(mine):
    return rejoinder.open(str(mine(MORE)))


def test_a_new_folder(graph, tmp_path):
    path = tmp_path / "deep" / "store"
    done = graph.load(str(path))
    assert held(path) == wanted(graph)
    assert (done.triples, done.graphs) == (len(wanted(graph)), len(graph.compiled.manifest.passages) + 6)
    assert [one.name for one in path.parent.iterdir()] == ["store"]
    record = ledger.recorded(ox.Store.read_only(str(path)))
    assert record.stage == "published" and len(record.graphs) == done.graphs


def test_loading_again_changes_nothing(graph, store):
    graph.load(str(store))
    before = sorted((one.name, one.stat().st_mtime_ns) for one in store.iterdir() if one.suffix == ".sst")
    again = graph.load(str(store))
    assert (again.graphs, again.same) == (0, len(graph.compiled.manifest.passages) + 6)
    assert before == sorted((one.name, one.stat().st_mtime_ns) for one in store.iterdir() if one.suffix == ".sst")
    assert held(store) == wanted(graph) | {FOREIGN}


def test_a_changed_graph_and_back(graph, more, store):
    graph.load(str(store))
    assert more.load(str(store)).graphs == 5
    assert held(store) == wanted(more) | {FOREIGN}
    assert graph.load(str(store)).removed == 1
    assert held(store) == wanted(graph) | {FOREIGN}


def test_what_was_changed_behind_our_back_is_mended(graph, store):
    graph.load(str(store))
    theirs = ox.Store(str(store))
    theirs.remove_graph(ox.NamedNode(INDEX))
    del theirs
    assert graph.load(str(store)).graphs == 1
    assert held(store) == wanted(graph) | {FOREIGN}


def test_a_dry_run_changes_nothing(graph, store):
    assert graph.load(str(store), dry_run=True).graphs == len(graph.compiled.manifest.passages) + 6
    assert held(store) == {FOREIGN}


def test_unload(graph, store):
    graph.load(str(store))
    assert rejoinder.unload(str(store)).removed == len(graph.compiled.manifest.passages) + 6
    assert set(ox.Store.read_only(str(store))) == {FOREIGN}
    assert rejoinder.unload(str(store)).removed == 0
    with pytest.raises(UsageError, match="there is no such folder"):
        rejoinder.unload(str(store / "none"))


def test_graphs_with_our_names_are_not_taken_for_ours(graph, store):
    theirs = ox.Store(str(store))
    theirs.add(ox.Quad(FOREIGN.subject, FOREIGN.predicate, FOREIGN.object, ox.NamedNode(ACCEPTED)))
    del theirs
    with pytest.raises(UsageError, match="holds graphs with our names that no load has recorded: 1"):
        graph.load(str(store))
    graph.load(str(store), replace=True)
    assert held(store) == wanted(graph) | {FOREIGN}


def test_a_folder_that_is_no_store_is_left_alone(graph, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="is there and is no Oxigraph store"):
        graph.load(str(tmp_path), replace=True)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_folder_that_cannot_be_written(graph, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        graph.load(str(tmp_path / "file" / "store"))


def test_a_store_that_is_in_use_is_left_alone(graph, store):
    in_use = ox.Store(str(store))
    with pytest.raises(StoreError, match="cannot be opened"):
        graph.load(str(store))
    assert set(in_use) == {FOREIGN}


def test_two_loads_of_a_new_folder_at_once(graph, tmp_path):
    building = tmp_path / ".store.loading" / "new"
    building.mkdir(parents=True)
    other = ox.Store(str(building))
    with pytest.raises(StoreError, match="is another load under way"):
        graph.load(str(tmp_path / "store"))
    del other
    graph.load(str(tmp_path / "store"))
    assert held(tmp_path / "store") == wanted(graph)


KILLED = """
import os, signal, sys, threading, rejoinder
graph = rejoinder.open(*sys.argv[3:])
graph.compiled.store
threading.Timer(float(sys.argv[2]), lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
graph.load(sys.argv[1])
os._exit(0)
"""


def test_a_killed_load_leaves_what_was_there(graph, more, mine, store):
    """kill -9 at many moments: the old graph or the new is there, whole; and the next load does its work."""
    graph.load(str(store))
    seen = set()
    extra = str(mine(MORE))
    for number in range(9):
        command = [sys.executable, "-c", KILLED, str(store), str(0.01 + number * 0.04), extra]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        # Killed between two renames, it has no name until the next load gives it back.
        if store.exists():
            found = held(store)
            assert found in (wanted(graph) | {FOREIGN}, wanted(more) | {FOREIGN})
            seen.add(found == wanted(graph) | {FOREIGN})
        graph.load(str(store))
        assert held(store) == wanted(graph) | {FOREIGN}
        assert [one.name for one in store.parent.iterdir() if "store" in one.name] == ["store"]
    assert seen  # how many come to an end before they are killed depends on the machine


def test_a_load_that_was_killed_between_two_renames(graph, store):
    """The old store has lost its name and the new one has not got it yet."""
    graph.load(str(store))
    beside = store.parent / ".store.loading"
    beside.mkdir()
    os.rename(store, beside / "old")
    graph.load(str(store))
    assert held(store) == wanted(graph) | {FOREIGN}
    assert not beside.exists()


def test_a_full_disk_leaves_what_was_there(graph, mine, store):
    """No file may grow beyond some size, which stands for a disk that is full."""
    graph.load(str(store))
    extra = str(mine(MORE))
    rejoinder.open(extra)  # compiled, so that only the load writes

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    command = [sys.executable, "-m", "rejoinder", "load", str(store), "--data", extra]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=limit)
    assert done.returncode == 4, done.stderr
    assert "cannot be written" in done.stderr and "Traceback" not in done.stderr
    assert held(store) == wanted(graph) | {FOREIGN}


def test_a_server_that_is_not_there(graph):
    with pytest.raises(StoreError, match="cannot be reached: Connection refused"):
        graph.load(f"http://127.0.0.1:{free_port()}")
