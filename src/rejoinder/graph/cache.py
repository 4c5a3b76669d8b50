"""Compiled graphs kept on disk, so that a query need not compile again."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import pyoxigraph as ox

from rejoinder.graph.compiled import DATASET, STORE, Compiled, Manifest, compile_graph, ontology_of
from rejoinder.sources.files import Inputs

if TYPE_CHECKING:
    from rejoinder.graph.rules import Rules

__all__ = ["folder", "open_graph", "rules_of"]

_MANIFEST = "manifest.json"
_RULES = "rules.json"
_STORES = (STORE, DATASET)
# How many compiled graphs are kept; a graph of a user's own files makes one each time that a file changes. More are
# kept of those that were used within so many seconds: a process that has opened one may not have read all of it yet.
_KEPT, _AT_MOST = 8, 64
_IN_USE = 3600.0
# Up to this size a store is read whole when it is opened, to compare its digest: a few milliseconds. Beyond, the sizes
# of its files are compared, and RocksDB checks each block that a query reads.
_DIGESTED_BYTES = 16 * 1024 * 1024


def folder() -> str:
    """Return the folder of the cache: REJOINDER_CACHE_DIR, else the user's cache folder of this system."""
    named = os.environ.get("REJOINDER_CACHE_DIR")
    if named:
        return named
    from platformdirs import user_cache_dir

    return user_cache_dir("rejoinder", appauthor=False)


def open_graph(inputs: Inputs, notify: Callable[[str], None] | None = None) -> Compiled:
    """Return the compiled graph of these inputs, from the cache where it is there and whole.

    Nothing that is wrong with the cache is an error: the graph is compiled anew, and where it cannot be kept it is
    used from memory, which the returned `notes` say. Processes that compile the same graph at once do not wait for
    each other: each builds in a folder of its own, and the first to finish gives it its name. `notify` is told when
    work begins that takes a while.
    """
    place = os.path.join(folder(), inputs.digest())
    found = _open(place)
    if found:
        return found
    if notify:
        notify(f"compiling {len(inputs.data)} data files …")
    compiled = compile_graph(inputs)
    try:
        _keep(compiled, place)
    except (OSError, RuntimeError) as error:  # RocksDB reports a full disk as either
        note = f"the compiled graph cannot be kept in {folder()} ({_short(error)}); each call compiles it anew"
        compiled.notes = (note,)
        return compiled
    return _open(place) or compiled


def rules_of(compiled: Compiled) -> "Rules":
    """Return the rules that a graph was closed with, as they were kept, since compiling them takes far longer."""
    from rejoinder.graph.rules import Rules, compile_rules

    if compiled.rules:
        return compiled.rules
    try:
        with open(os.path.join(compiled.folder, _RULES), encoding="utf-8") as file:
            digest, _, text = file.read().partition("\n")
        if digest == _digest(text):  # a damaged file may still be JSON
            return Rules.from_record(json.loads(text))
    except (OSError, ValueError):
        pass
    return compile_rules(ontology_of(compiled.store))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _open(place: str) -> Compiled | None:
    try:
        with open(os.path.join(place, _MANIFEST), encoding="utf-8") as file:
            record = json.load(file)
        # A truncated RocksDB manifest opens as an empty store without any error, hence the look at every file.
        if [_fingerprint(os.path.join(place, name)) for name in _STORES] != record["fingerprints"]:
            return None
        dataset = ox.Store.read_only(os.path.join(place, DATASET))
        with suppress(OSError):  # a cache that cannot be written is as good
            os.utime(place)
        return Compiled(None, Manifest.from_record(record), folder=place, dataset=dataset)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
        return None


def _keep(compiled: Compiled, place: str) -> None:
    import shutil
    import tempfile

    parent = os.path.dirname(place)
    os.makedirs(parent, exist_ok=True)
    building = tempfile.mkdtemp(prefix=".building-", dir=parent)
    try:
        for name, from_memory in zip(_STORES, (compiled.store, compiled.dataset), strict=True):
            store = ox.Store(os.path.join(building, name))
            store.bulk_extend(from_memory)
            store.flush()
            kept = len(store)
            del store  # closes it; RocksDB holds a lock until then
            if kept != len(from_memory):
                raise OSError(f"only {kept} of {len(from_memory)} statements were written")
        fingerprints = [_fingerprint(os.path.join(building, name)) for name in _STORES]
        record = {"fingerprints": fingerprints, **compiled.manifest.to_record()}
        with open(os.path.join(building, _MANIFEST), "w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        with open(os.path.join(building, _RULES), "w", encoding="utf-8") as file:
            rules = json.dumps(rules_of(compiled).to_record())
            file.write(f"{_digest(rules)}\n{rules}")
        _publish(building, place)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    _forget_old(parent, keep=place)


def _publish(building: str, place: str) -> None:
    """Give a finished folder its name, unless a whole one has it already."""
    import shutil
    import tempfile

    with suppress(OSError):
        os.rename(building, place)
        return
    if _open(place) is None:  # a damaged one stands there: move it away, whole or not at all
        away = tempfile.mkdtemp(prefix=".damaged-", dir=os.path.dirname(place))
        with suppress(FileNotFoundError):
            os.rename(place, os.path.join(away, "it"))
        shutil.rmtree(away, ignore_errors=True)
        with suppress(OSError):  # another process was faster, which is as good
            os.rename(building, place)


def _forget_old(parent: str, keep: str) -> None:
    import shutil

    with suppress(OSError):
        entries = [entry for entry in os.scandir(parent) if entry.is_dir() and entry.path != keep]
        graphs = sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.stat().st_mtime)
        recent = time.time() - _IN_USE
        for number, entry in enumerate(reversed(graphs), start=1):
            if number >= _AT_MOST or (number >= _KEPT and entry.stat().st_mtime < recent):
                shutil.rmtree(entry.path, ignore_errors=True)


def _fingerprint(store_folder: str) -> str:
    sha = hashlib.sha256()
    names = sorted(name for name in os.listdir(store_folder) if name not in ("LOCK", "LOG"))
    sizes = {name: os.path.getsize(os.path.join(store_folder, name)) for name in names}
    sha.update(repr(sizes).encode())
    if sum(sizes.values()) <= _DIGESTED_BYTES:
        for name in names:
            with open(os.path.join(store_folder, name), "rb") as file:
                sha.update(file.read())
    return sha.hexdigest()


def _short(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).split("\n")[0][:120]
