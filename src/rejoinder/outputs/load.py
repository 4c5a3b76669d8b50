"""A compiled graph put into a store that others keep."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from rejoinder.errors import StoreError, UsageError
from rejoinder.graph.compiled import Compiled
from rejoinder.vocabulary import ACCEPTED, ALIGNMENTS, INDEX, INFERRED, ONTOLOGY

if TYPE_CHECKING:
    import requests

__all__ = ["Loaded", "into_folder", "into_server"]

#: Called with the graphs done, all graphs, and the statements done.
Progress = Callable[[int, int, int], None]

# The index names all other graphs, so it is written last: a load that broke off has none, or an old one.
_OWN = (ONTOLOGY, ALIGNMENTS, ACCEPTED, INFERRED, INDEX)


@dataclass(frozen=True)
class Loaded:
    """What a load did: graphs and statements written and counted again in the target, and old graphs removed."""

    graphs: int
    statements: int
    removed: int = 0


def plan(compiled: Compiled) -> list[tuple[ox.NamedNode, int]]:
    """Return the named graphs of a load in their order, each with its number of statements."""
    names = [*compiled.manifest.passages, *_OWN]
    return [(ox.NamedNode(name), _size(compiled.store, ox.NamedNode(name))) for name in names]


def into_folder(compiled: Compiled, path: str, *, replace: bool = False) -> Loaded:
    """Put all graphs into the Oxigraph store of a folder; what others keep there stays.

    The new store is built beside the old one, counted, and then takes its name, so a load that fails leaves what was
    there. Raises UsageError where the folder holds our graphs and `replace` is not set, or is no store; StoreError
    where the disk or the store fails.
    """
    path = os.path.abspath(path)
    others, removed = _others(path, replace)
    parent = os.path.dirname(path)
    graphs = plan(compiled)
    names = {graph for graph, _ in graphs}
    ours = [quad for quad in compiled.store if quad.graph_name in names]
    try:
        os.makedirs(parent, exist_ok=True)
        building = tempfile.mkdtemp(prefix=f".{os.path.basename(path)}-", dir=parent)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written: {error.strerror}", "choose a folder that you may write to"
        ) from None
    try:
        store = ox.Store(os.path.join(building, "store"))
        store.bulk_extend(others)
        store.bulk_extend(ours)
        store.flush()
        counted = len(store)
        del store
        if counted != len(others) + len(ours):
            raise StoreError(f"{path}: {counted} statements of {len(others) + len(ours)} arrived", "is the disk full?")
        if os.path.exists(path):
            os.rename(path, os.path.join(building, "old"))
        os.rename(os.path.join(building, "store"), path)
    except (OSError, RuntimeError) as error:
        if os.path.exists(os.path.join(building, "old")) and not os.path.exists(path):
            os.rename(os.path.join(building, "old"), path)
        raise StoreError(f"{path}: cannot be written: {error}", "is the disk full? Nothing was changed.") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Loaded(len(graphs), len(ours), removed)


def _others(path: str, replace: bool) -> tuple[list[ox.Quad], int]:
    """Return the statements of others in the store of a folder, and how many graphs of ours stand there."""
    if not os.path.exists(path) or (os.path.isdir(path) and not os.listdir(path)):
        if os.path.isdir(path):
            os.rmdir(path)
        return [], 0
    if not os.path.isfile(os.path.join(path, "CURRENT")):
        raise UsageError(f"{path}: is there and is no Oxigraph store", "give a new folder, or that of a store")
    try:
        store = ox.Store(path)  # not read-only: whoever else writes to it holds its lock, and we shall not swap it then
        ours = {quad.subject for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(INDEX))}
        if ours and not replace:
            raise UsageError(f"{path}: holds a graph of rejoinder already", "add --replace to replace it")
        ours |= {ox.NamedNode(name) for name in _OWN}
        others = [quad for quad in store if quad.graph_name not in ours]
        return others, sum(1 for graph in store.named_graphs() if graph in ours)
    except (OSError, RuntimeError) as error:
        raise StoreError(
            f"{path}: the store cannot be opened: {error}", "is a server running on it? Stop it first."
        ) from None


def into_server(
    compiled: Compiled, url: str, *, replace: bool = False, timeout: float = 60.0, progress: Progress | None = None
) -> Loaded:
    """Put each graph into a SPARQL server by the Graph Store Protocol (SPARQL 1.1, section 5.3), and count it there.

    Graphs of others are not touched. An answer of 2xx proves nothing, so each graph is fetched again and counted.
    Raises UsageError where the server holds our graphs and `replace` is not set, StoreError where it fails.
    """
    import requests

    server = _GraphStore(url, timeout, requests.Session())
    old = {quad.subject.value for quad in server.fetch(INDEX) if isinstance(quad.subject, ox.NamedNode)}
    if old and not replace:
        raise UsageError(f"{url}: holds a graph of rejoinder already", "add --replace to replace it")
    graphs = plan(compiled)
    stale = sorted(old - {graph.value for graph, _ in graphs})
    done = 0
    for number, (graph, size) in enumerate(graphs):
        if progress:
            progress(number, len(graphs), done)
        triples = [
            ox.Triple(quad.subject, quad.predicate, quad.object)
            for quad in compiled.store.quads_for_pattern(None, None, None, graph)
        ]
        if graph.value == INDEX:
            for name in stale:
                server.delete(name)
        server.put(graph.value, ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
        arrived = len(server.fetch(graph.value))
        if arrived != size:
            raise StoreError(
                f"{url}: took graph {graph.value} and holds {arrived} of its {size} statements",
                "the load is not complete; see the server's log, and load again with --replace",
            )
        done += size
    if progress:
        progress(len(graphs), len(graphs), done)
    return Loaded(len(graphs), done, len(stale))


class _GraphStore:
    """A server of the Graph Store Protocol, by the address of its graph store."""

    def __init__(self, url: str, timeout: float, session: "requests.Session") -> None:
        self._url, self._timeout, self._session = url, timeout, session

    def fetch(self, graph: str) -> list[ox.Quad]:
        response = self._send("GET", graph, headers={"Accept": "application/n-triples"}, accept=(200, 404))
        if response.status_code == 404:
            return []
        kind = response.headers.get("Content-Type", "").split(";")[0].strip()
        if kind not in ("application/n-triples", "text/plain"):
            raise StoreError(
                f"{self._url}: answered {kind or 'nothing'} where N-Triples were asked for",
                "give the address of the server's graph store, e.g. http://127.0.0.1:7878/store",
            )
        try:
            return list(ox.parse(response.content, format=ox.RdfFormat.N_TRIPLES))
        except SyntaxError as error:
            raise StoreError(f"{self._url}: what it returns of {graph} is broken: {error.msg}", "see its log") from None

    def put(self, graph: str, body: bytes) -> None:
        headers = {"Content-Type": "application/n-triples", "Content-Length": str(len(body))}
        self._send("PUT", graph, headers=headers, data=body, accept=(200, 201, 204))

    def delete(self, graph: str) -> None:
        self._send("DELETE", graph, headers={}, accept=(200, 202, 204, 404))

    def _send(
        self, method: str, graph: str, *, headers: dict[str, str], accept: tuple[int, ...], data: bytes | None = None
    ) -> "requests.Response":
        import requests

        try:
            response = self._session.request(
                method, self._url, params={"graph": graph}, headers=headers, data=data, timeout=self._timeout
            )
        except requests.Timeout:
            raise StoreError(
                f"{self._url}: no answer within {self._timeout:g} seconds", "is the server busy?"
            ) from None
        except requests.RequestException as error:
            raise StoreError(
                f"{self._url}: cannot be reached: {type(error).__name__}", "check the address and that the server runs"
            ) from None
        if response.status_code not in accept:
            first = response.text.strip().split("\n")[0][:120]
            raise StoreError(
                f"{self._url}: answered {response.status_code} to {method} of {graph}: {first}",
                "give the address of the server's graph store, e.g. http://127.0.0.1:7878/store",
            )
        return response


def _size(store: ox.Store, graph: ox.NamedNode) -> int:
    return sum(1 for _ in store.quads_for_pattern(None, None, None, graph))
