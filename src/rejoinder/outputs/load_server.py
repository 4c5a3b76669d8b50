"""A compiled graph put into a server: staged, verified and published, or taken up where it was cut off."""

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from rejoinder.errors import StoreError, UsageError
from rejoinder.graph.compiled import Compiled
from rejoinder.outputs import ledger, verify
from rejoinder.outputs.chunks import Chunk, Spool
from rejoinder.outputs.ledger import STAGED, Ledger
from rejoinder.outputs.load import Loaded, Progress, Watch, graphs_of
from rejoinder.outputs.publish import Change, Overtaken, clean, publish, remove
from rejoinder.stores.server import Server
from rejoinder.stores.state import holds, swap
from rejoinder.vocabulary import LOADED

__all__ = ["PATIENCE", "into_server", "out_of_server"]

# How often a load starts anew because somebody else has loaded meanwhile, and how often a graph is sent again.
_ATTEMPTS = 5
#: How many seconds a load that has begun tries again while no answer comes.
PATIENCE = 60.0


@dataclass(frozen=True)
class Plan:
    """What a load is to do, from the state that the store is in.

    `sent` are graphs, each with the name that it is sent under: its own, where nobody can be reading us, else one
    below `STAGED`. `leftover` are graphs to be emptied before that, `emptied` those that are ours no more, and
    `foreign` those with names of ours that no load has recorded. `triples` is how many are to be sent, `same` how many
    graphs are there as they are.
    """

    base: str
    sent: Mapping[str, str]
    leftover: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    triples: int = 0
    same: int = 0


def plan(server: Server, spool: Spool) -> Plan:
    """Return what is to be done, from what the store says of us and what it holds, which is counted."""
    contents, version = spool.contents, ledger.version_of(spool.contents)
    record = ledger.read(server)
    begun = {graph for run in ledger.runs(server) for graph in ledger.staged(server, run)}
    ours = begun | record.graphs.keys()
    there = verify.counts(server, sorted(contents.keys() | ours))
    foreign = (there.keys() & contents.keys()) - ours
    leftover: set[str] = set()
    emptied: set[str] = set()
    if record.stage == "published":
        changed = [
            graph
            for graph, one in contents.items()
            if record.graphs.get(graph) != one or there.get(graph, 0) != one.triples
        ]
        sent = {graph: STAGED + contents[graph].digest for graph in changed}
        emptied = record.graphs.keys() - contents.keys()
    elif record.graphs:  # it was cut off between two steps of being published: any graph may be half there
        sent = {graph: STAGED + one.digest for graph, one in contents.items()}
        emptied = ours - contents.keys()
    else:  # a first load: nobody is told of a graph before it is published: send each where it belongs
        sent = {graph: graph for graph in contents}
        leftover = foreign if record.version == version else foreign | (there.keys() & ours)
    return Plan(
        record.state,
        sent,
        tuple(sorted(leftover)),
        tuple(sorted(emptied)),
        tuple(sorted(foreign)),
        sum(contents[graph].triples for graph in sent),
        len(contents) - len(sent),
    )


def into_server(
    compiled: Compiled,
    server: Server,
    *,
    replace: bool = False,
    dry_run: bool = False,
    patience: float = PATIENCE,
    progress: Watch = lambda now: None,
) -> Loaded:
    """Put all graphs into a server, where readers see the old ones until the new ones are all there and verified.

    What is there as it is is not sent again; what an earlier load has sent is not either. The graphs of others are not
    touched. Raises UsageError where graphs with our names are there that no load has recorded, unless `replace` is set;
    StoreError where the server fails, which leaves what was published before.
    """
    progress(Progress("reading the graph", 0, 0))
    with Spool(compiled.store, graphs_of(compiled)) as spool:
        server.prepare()
        for _ in range(_ATTEMPTS):
            with suppress(Overtaken):
                load = _Load(server, spool, plan(server, spool), patience, progress)
                return load.dry_run() if dry_run else load.run(replace)
    raise StoreError(
        f"{server.addresses.query}: others have loaded other graphs {_ATTEMPTS} times while this one was sent",
        "load again when they are done",
    )


def out_of_server(server: Server, *, patience: float = PATIENCE) -> Loaded:
    """Take our graphs out of a server, with all that loads have left; the graphs of others are not touched.

    If it is cut off, readers are told that nothing is published, and it can be done again. Raises StoreError.
    """
    server.prepare()
    record, runs = ledger.read(server), ledger.runs(server)
    sent = [name for run in runs for pair in ledger.staged(server, run).items() for name in pair]
    if record.state:
        server.update(swap(record.state, "loading nothing"))
    remove(server, (*dict.fromkeys((*record.graphs, *sent)), *runs, *([LOADED] if record.state else ())), patience)
    return Loaded(0, 0, len(record.graphs))


class _Load:
    """One attempt to bring a store from the state that it is in to our version of the graph."""

    def __init__(self, server: Server, spool: Spool, todo: Plan, patience: float, progress: Watch) -> None:
        self._server, self._spool, self._todo = server, spool, todo
        self._patience = patience
        self._persist: Callable[[Callable[[], Any]], Any] = partial(server.persist, patience=patience)
        self._progress = progress
        self._version = ledger.version_of(spool.contents)
        # From what state to what version; a first load has a state of its own, since it is not staged.
        self._base = todo.base if todo.base.startswith("publish") else f"loading {self._version}"
        self._ledger = Ledger(server, self._base, self._version)

    def dry_run(self) -> Loaded:
        """Return what would be done."""
        return Loaded(len(self._todo.sent), self._todo.triples, len(self._todo.emptied), self._todo.same)

    def run(self, replace: bool) -> Loaded:
        """Do what is to be done. Raises Overtaken where the state becomes another than that of the plan."""
        todo = self._todo
        if todo.foreign and not replace:
            raise UsageError(
                f"{self._server.addresses.query}: holds {len(todo.foreign)} graphs with our names that no load has "
                f"recorded, such as {todo.foreign[0]}",
                "add --replace to replace them",
            )
        resumed = 0
        if todo.sent or todo.emptied:
            self._claim()
            arrived = self._open()
            resumed = self._send(todo.sent, arrived)
            self._verify()
            self._publish()
        clean(self._server, self._patience)
        return dataclasses.replace(self.dry_run(), resumed=resumed)

    def _claim(self) -> None:
        """Say that a first load is under way, in the place of one that was cut off, and empty what that has left."""
        if self._base != self._todo.base:
            self._persist(lambda: self._server.update(swap(self._todo.base, self._base)))
        self._require_base()
        remove(self._server, self._todo.leftover, self._patience)

    def _require_base(self) -> None:
        if not self._persist(lambda: self._server.ask(holds(self._base))):
            raise Overtaken

    def _open(self) -> set[str]:
        """Write the plan into the ledger, unless it stands there; return the names of the chunks that have arrived."""
        named = {**self._todo.sent, **dict.fromkeys(self._todo.emptied, STAGED + "nothing")}
        if self._persist(lambda: ledger.staged(self._server, self._ledger.graph)) == named:
            return self._persist(self._ledger.arrived)  # type: ignore[no-any-return]
        remove(self._server, [self._ledger.graph], self._patience)
        lines = self._ledger.lines(named, self._spool.contents)
        some = self._server.profile.chunk
        for first in range(0, len(lines), some):
            self._persist(partial(self._server.add, self._ledger.graph, b"".join(lines[first : first + some])))
        return set()

    def _send(self, sent: Mapping[str, str], arrived: set[str]) -> int:
        """Send the chunks that have not arrived. Returns how many triples had."""
        done = resumed = 0
        total = sum(self._spool.contents[graph].triples for graph in sent)
        for chunk in self._spool.chunks(sent.items(), self._server.profile.chunk):
            self._progress(Progress("sending", done, total))
            if chunk.name in arrived:
                resumed += chunk.lines
            else:
                self._require_base()
                self._persist(_Sending(self._server, self._ledger, chunk))
            done += chunk.lines
        self._progress(Progress("sending", done, total))
        return resumed

    def _verify(self) -> None:
        """Compare what has arrived with what was sent, and send once more what differs. Raises StoreError."""
        sent = self._todo.sent
        wrong = self._different(sent)
        if wrong:
            self._require_base()
            remove(self._server, [sent[graph] for graph in wrong], self._patience)
            self._send({graph: sent[graph] for graph in wrong}, set())
            wrong = self._different({graph: sent[graph] for graph in wrong})
        if wrong:
            self._require_base()
            graph = wrong[0]
            said = verify.example(self._server, sent[graph], self._spool.lines(graph))
            raise StoreError(
                f"{self._server.addresses.query}: holds {len(wrong)} graphs otherwise than they were sent, "
                f"such as {graph}: {said}",
                "nothing was published; see the server's log, and its limits",
            )

    def _different(self, sent: Mapping[str, str]) -> list[str]:
        self._progress(Progress("verifying", 0, sum(self._spool.contents[graph].triples for graph in sent)))
        spool = self._spool
        return self._persist(  # type: ignore[no-any-return]
            lambda: verify.different(self._server, sent, spool.contents, spool.predicates)
        )

    def _publish(self) -> None:
        self._progress(Progress("publishing"))
        moved = {graph: graph for graph, name in self._todo.sent.items() if graph != name}
        triples = sum(self._spool.contents[graph].triples for graph in moved)
        publish(
            self._server,
            self._ledger,
            Change(self._base, self._version, triples),
            lambda: not verify.different(self._server, moved, self._spool.contents, self._spool.predicates),
            self._patience,
        )


class _Sending:
    """The sending of a chunk: called again, it first asks whether the chunk has arrived."""

    def __init__(self, server: Server, account: Ledger, chunk: Chunk) -> None:
        self._server, self._ledger, self._chunk = server, account, chunk
        self._again = False

    def __call__(self) -> None:
        if self._again and self._ledger.has(self._chunk):
            return
        self._again = True
        if self._server.addresses.quads:
            self._server.add_quads(self._chunk.quads() + self._ledger.entry(self._chunk))
            return
        # Where a request fills one graph only, the entry comes after the triples, never before.
        for graph, lines in self._chunk.parts:
            self._server.add(graph, lines)
        self._ledger.enter(self._chunk)
