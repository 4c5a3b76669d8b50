"""The graph loaded into the folder of a store."""

import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import pyoxigraph as ox
import pytest
from servers import answering, free_port

import rejoinder
from rejoinder.errors import StoreError, UsageError
from rejoinder.outputs import ledger, load_folder
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


def test_options_that_mean_nothing_to_a_folder_are_refused(run, store):
    for option in (["--store", "fuseki"], ["--show"], ["--verify"]):
        done = run("load", str(store / "new"), *option)
        assert (done.returncode, (store / "new").exists()) == (2, False)
        assert f"is a folder, for which {option[0]} means nothing" in done.stderr


def test_a_dry_run_of_an_unload_takes_nothing_away(run, graph, store):
    graph.load(str(store))
    done = run("unload", str(store), "--dry-run")
    assert done.returncode == 0
    assert done.stderr.startswith(f"would remove {len(graph.compiled.manifest.passages) + 6} graphs from ")
    assert graph.load(str(store)).graphs == 0


def test_a_load_tells_of_violations(run, mine, store):
    done = run("load", str(store), "--data", str(mine('model:new a rj:Model ; rj:parameterCount "many" .')))
    assert done.returncode == 0
    assert re.match(r"warning: the graph has \d+ violations; see: rejoinder validate\n", done.stderr)


def test_what_a_server_says_does_not_steer_the_terminal(run):
    with answering(lambda request: request.send(500, "text/plain", b"\x1b[2J\x1b[31mred")) as url:
        done = run("load", url, "--store", "oxigraph")
    assert done.returncode == 4
    assert "\x1b" not in done.stderr and "\\x1b[31mred" in done.stderr


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


def test_files_of_others_in_the_folder_of_a_store_are_not_lost(graph, more, store):
    """The folder is replaced as a whole."""
    graph.load(str(store))
    (store / "notes.txt").write_text("mine")
    for change in (lambda: more.load(str(store)), lambda: rejoinder.unload(str(store))):
        with pytest.raises(UsageError, match=r"holds notes\.txt, which is not of the store"):
            change()
    (store / "notes.txt").unlink()
    assert held(store) == wanted(graph) | {FOREIGN}
    for name in ("OPTIONS-000006.dbtmp", ".DS_Store"):  # as RocksDB leaves when it is killed, and macOS anywhere
        (store / name).write_text("")
    assert more.load(str(store)).graphs


@pytest.mark.parametrize("place", ["nothing", "an empty folder"])
def test_a_store_that_is_made_while_another_is_built_for_its_place(graph, tmp_path, place):
    """As where a server is started on the folder of a load that has not come to its end."""
    path = tmp_path / "store"
    if place == "an empty folder":
        path.mkdir()
    others: list[ox.Store] = []

    def watch(now):
        if now.doing == "building":
            others.append(ox.Store(str(path)))

    with pytest.raises(StoreError, match="somebody has begun to use it meanwhile; nothing was changed"):
        graph.load(str(path), progress=watch)
    others[0].add(FOREIGN)
    del others[:]
    assert held(path) == {FOREIGN} and [one.name for one in tmp_path.iterdir()] == ["store"]
    graph.load(str(path))
    assert held(path) == wanted(graph) | {FOREIGN}


def test_a_store_that_is_opened_before_it_is_replaced(graph, more, store, monkeypatch):
    """It has its name when it is opened, and loses it then: whoever has it open would write into a deleted folder."""
    graph.load(str(store))
    code = "import pyoxigraph, sys; store = pyoxigraph.Store(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with ExitStack() as stack:

        def opened(*_: object) -> None:
            command = [sys.executable, "-c", code, str(store)]
            other = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            assert other.stdout and other.stdout.readline() == b"open\n"

        monkeypatch.setattr(load_folder, "_give_to_owner", opened)
        with pytest.raises(StoreError, match="somebody has begun to use it meanwhile; nothing was changed"):
            more.load(str(store))
        assert held(store) == wanted(graph) | {FOREIGN}
    assert [one.name for one in store.parent.iterdir() if "store" in one.name] == ["store"]


def test_a_store_stays_its_owners(graph, more, store):
    graph.load(str(store))
    store.chmod(0o750)
    if os.geteuid() == 0:
        for path in (store, *store.iterdir()):
            os.chown(path, 12345, 54321)
    before = store.stat()
    more.load(str(store))
    for path in (store, *store.iterdir()):
        assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)
    assert store.stat().st_mode == before.st_mode


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


class Killed(BaseException):
    pass


def test_a_load_that_was_killed_between_any_two_steps(graph, more, store, monkeypatch):
    """Before each change of a name, and before and in the midst of each removal; the next load does its work."""
    graph.load(str(store))
    left = [sys.maxsize]

    def strike() -> None:
        left[0] -= 1
        if left[0] <= 0:  # and nothing is done after that either
            raise Killed

    def struck(does):
        def step(path, *more, **options):
            strike()
            if does is rmtree and os.path.isdir(path):
                file = next((one for one in Path(path).rglob("*") if one.is_file()), None)
                if file:
                    file.unlink()
                strike()
            return does(path, *more, **options)

        return step

    rmtree = shutil.rmtree
    monkeypatch.setattr(os, "rename", struck(os.rename))
    monkeypatch.setattr(shutil, "rmtree", struck(rmtree))
    found = []
    for number in count(1):
        left[0] = number
        with suppress(Killed):
            more.load(str(store))
        if left[0] > 0:  # it has come to its end
            break
        left[0] = sys.maxsize
        found.append("nothing" if not store.exists() else "new" if held(store) == wanted(more) | {FOREIGN} else "old")
        graph.load(str(store))
        assert held(store) == wanted(graph) | {FOREIGN}
        assert [one.name for one in store.parent.iterdir() if "store" in one.name] == ["store"]
    assert found == ["old", "old", "nothing", "new", "new", "new"]  # a removal, three names, and a removal in two steps


def test_a_name_that_is_taken_in_the_midst_is_left_to_whoever_took_it(graph, more, store, monkeypatch):
    """As by a server that is started between the two renames; what was there before is told."""
    graph.load(str(store))
    rename = os.rename

    def taken(one, other):
        if str(other) == str(store):
            ox.Store(str(store))
        rename(one, other)

    monkeypatch.setattr(os, "rename", taken)
    with pytest.raises(StoreError, match=r"was made anew by somebody else; what was there before is .*/old"):
        more.load(str(store))
    assert held(store) == set()
    assert held(store.parent / ".store.loading" / "old") == wanted(graph) | {FOREIGN}


def test_a_store_made_anew_between_two_renames_is_left_alone(graph, store):
    """Somebody has given the name to another store before the next load could give it back: nobody loses anything."""
    graph.load(str(store))
    beside = store.parent / ".store.loading"
    beside.mkdir()
    shutil.copytree(store, beside / "new")
    os.rename(store, beside / "old")
    ox.Store(str(store))
    with pytest.raises(StoreError, match=r"was made anew by somebody else; what was there before is .*/old"):
        graph.load(str(store))
    assert held(store) == set()
    assert held(beside / "old") == wanted(graph) | {FOREIGN}


def test_a_dry_run_keeps_out_of_the_way_of_a_load(graph, store):
    graph.load(str(store))
    handle = os.open(store.parent, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(StoreError, match="another load is under way"):
            graph.load(str(store), dry_run=True)
    finally:
        os.close(handle)
    assert graph.load(str(store), dry_run=True).graphs == 0


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
