"""Compiled graphs on disk: whole or not at all, whoever else is at work, whatever happened to them."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rejoinder.graph import cache
from rejoinder.graph.compiled import compile_graph
from rejoinder.sources.files import find

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("REJOINDER_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A cached graph of a small input, to be copied and damaged."""
    home = tmp_path_factory.mktemp("built")
    before = os.environ["REJOINDER_CACHE_DIR"]
    os.environ["REJOINDER_CACHE_DIR"] = str(home)
    inputs = small(home)
    compiled = cache.open_graph(inputs)
    assert compiled.folder and not compiled.notes
    expected = count(compiled)
    os.environ["REJOINDER_CACHE_DIR"] = before
    return home, inputs, expected


def small(home: Path):
    file = home / "small.ttl"
    file.write_text(
        "<https://w3id.org/rejoinder/source/x> a <https://w3id.org/rejoinder/ontology#EditorsNote> .\n"
        "<https://w3id.org/rejoinder/id/model/x> a <https://w3id.org/rejoinder/ontology#Model> .\n"
    )
    return find((str(file),), bundled_data=False)


def count(compiled) -> int:
    (row,) = compiled.query(COUNT)
    return int(row["n"].value)


def store_files(home: Path) -> list[Path]:
    return sorted(
        path
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".ttl" and path.name not in ("LOCK", "LOG")
    )


def test_a_second_opening_reads_what_the_first_wrote(built, monkeypatch):
    home, inputs, expected = built
    monkeypatch.setenv("REJOINDER_CACHE_DIR", str(home))
    monkeypatch.setattr(cache, "compile_graph", None)  # would fail if it were called
    assert count(cache.open_graph(inputs)) == expected


HOW = ["cut", "emptied", "flipped", "gone"]


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_cache_never_gives_another_answer(built, tmp_path, monkeypatch, how):
    """Each file in turn: the answer is right, and the next opening finds a whole cache again."""
    home, inputs, expected = built
    files = [path.relative_to(home) for path in store_files(home)]
    tables = [name for name in files if name.suffix == ".sst"]  # all of one kind, so each is damaged in one way
    names = sorted({*files} - {*tables[1:]} | {*tables[HOW.index(how) :: len(HOW)]})
    assert len(names) >= 8 and len(tables) >= len(HOW)
    rules = set(compile_graph(inputs).rules.rules)
    for number, name in enumerate(names):
        copy = tmp_path / str(number)
        shutil.copytree(home, copy)
        victim = copy / name
        content = victim.read_bytes()
        if how == "gone":
            victim.unlink()
        elif how == "emptied":
            victim.write_bytes(b"")
        elif how == "cut":
            victim.write_bytes(content[: len(content) // 2])
        else:
            middle = len(content) // 2
            victim.write_bytes(
                content[:middle] + bytes(byte ^ 0x55 for byte in content[middle : middle + 8]) + content[middle + 8 :]
            )
        monkeypatch.setenv("REJOINDER_CACHE_DIR", str(copy))
        opened = cache.open_graph(inputs)
        assert count(opened) == expected, (how, name)
        assert set(cache.rules_of(opened).rules) == rules, (how, name)
        assert opened.notes == ()
        assert not [path for path in copy.iterdir() if path.name.startswith(".")], "no leftovers"


def test_rules_that_were_changed_are_compiled_again(built, tmp_path, monkeypatch):
    home, inputs, _ = built
    shutil.copytree(home, tmp_path / "cache")
    monkeypatch.setenv("REJOINDER_CACHE_DIR", str(tmp_path / "cache"))
    (kept,) = (tmp_path / "cache").rglob("rules.json")
    text = kept.read_text()
    assert text.count("ontology#OpenRelease") > 1
    kept.write_text(text.replace("ontology#OpenRelease", "ontology#OpenAnswer"))
    expected = set(compile_graph(inputs).rules.rules)
    assert set(cache.rules_of(cache.open_graph(inputs)).rules) == expected


def test_a_change_of_any_input_makes_another_graph(tmp_path):
    one, other = tmp_path / "one.ttl", tmp_path / "other.ttl"
    one.write_text("<http://a> <http://b> 1 .")
    other.write_text("<http://a> <http://b> 2 .")
    digests = {find((str(path),), bundled_data=False).digest() for path in (one, other)}
    digests.add(find().digest())
    assert len(digests) == 3
    assert find().digest() in digests


def test_a_cache_that_cannot_be_written_is_said_and_answers_from_memory(built, tmp_path, monkeypatch):
    _, inputs, expected = built
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("REJOINDER_CACHE_DIR", str(blocked))
    opened = cache.open_graph(inputs)
    assert count(opened) == expected
    assert opened.folder == ""
    assert "cannot be kept" in opened.notes[0] and str(blocked) in opened.notes[0]


def test_a_full_disk_is_said_and_answers_from_memory(built, folder):
    """A process that may write no file larger than 20 kB meets what a full disk is to RocksDB."""
    home, _, expected = built
    script = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "from rejoinder.graph import cache\n"
        "from rejoinder.sources.files import find\n"
        f"c = cache.open_graph(find(({str(home / 'small.ttl')!r},), bundled_data=False))\n"
        f"(row,) = c.query({COUNT!r})\n"
        "print(row['n'].value, len(c.notes))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [str(expected), "1"], done.stderr
    assert not folder.exists() or not list(folder.iterdir()), "nothing half written stays"


def test_processes_that_start_at_once_agree(built, folder):
    """Eight processes compile the same graph into an empty cache at the same time."""
    home, _, expected = built
    script = (
        "from rejoinder.graph import cache\n"
        "from rejoinder.sources.files import find\n"
        f"c = cache.open_graph(find(({str(home / 'small.ttl')!r},), bundled_data=False))\n"
        f"(row,) = c.query({COUNT!r})\n"
        "print(row['n'].value, len(c.notes), bool(c.folder))\n"
    )

    def one(_):
        return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(one, range(8)))
    assert {tuple(d.stdout.split()) for d in done} == {(str(expected), "0", "True")}, done[0].stderr
    assert len(list(folder.iterdir())) == 1


def test_a_process_killed_while_it_builds_leaves_no_answer(built, folder, monkeypatch):
    """Whatever a killed build left, the next opening does not take it for a graph."""
    _, inputs, expected = built
    leftover = folder / ".building-killed"
    leftover.mkdir(parents=True)
    (leftover / "manifest.json").write_text(json.dumps({"fingerprint": ""}))
    assert count(cache.open_graph(inputs)) == expected


def test_old_graphs_are_forgotten(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_KEPT", 2)
    file = tmp_path / "x.ttl"
    opened = []
    for number in range(4):
        file.write_text(f"<http://a> <http://b> {number} .")
        opened.append(cache.open_graph(find((str(file),), bundled_data=False)))
    # Each of them was used just now, and may be read any moment.
    assert len(list(folder.iterdir())) == 4
    assert len(opened[0].store) > 0
    monkeypatch.setattr(cache, "_IN_USE", -1.0)
    file.write_text("<http://a> <http://b> 4 .")
    cache.open_graph(find((str(file),), bundled_data=False))
    assert len(list(folder.iterdir())) == 2


def test_a_cached_manifest_is_what_was_compiled(compiled, inputs):
    assert compiled.manifest == compile_graph(inputs).manifest
