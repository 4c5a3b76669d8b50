"""A compiled graph put into a server: staged, verified and published, or taken up where it was cut off."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rejoinder.errors import StoreError, UsageError
from rejoinder.graph.compiled import Compiled
from rejoinder.outputs import ledger, verify
from rejoinder.outputs.chunks import Chunk, Spool
from rejoinder.outputs.ledger import Ledger, Record
from rejoinder.outputs.load import Loaded, Progress, Watch, graphs_of
from rejoinder.outputs.publish import Change, Overtaken, claimed, claims, clean, forget, publish, remove
from rejoinder.stores.server import Server
from rejoinder.stores.state import holds, swap

__all__ = ["PATIENCE", "into_server", "out_of_server"]

# How often a load starts anew because somebody else has loaded meanwhile, and how often a graph is sent again.
_ATTEMPTS = 5
#: How many seconds a load that has begun tries again while no answer comes.
PATIENCE = 60.0
# How many seconds somebody who is publishing has before that is taken for cut off, and how often that is looked at.
_GRACE, _PAUSE = 3.0, 0.2


@dataclass(frozen=True)
class Plan:
    """What a load is to do, from the state that the store is in.

    `sent` are graphs, each with the name that it is staged under; `emptied` those that are ours no more, and `foreign`
    those with names of ours that no load has recorded. `triples` is how many are to be sent, `same` how many graphs are
    there as they are.
    """

    base: str
    sent: Mapping[str, str]
    emptied: tuple[str, ...]
    foreign: tuple[str, ...]
    triples: int
    same: int


def plan(server: Server, spool: Spool, *, verified: bool = False) -> Plan:
    """Return what is to be done, from what the store says of us and what it holds, which is counted.

    `verified` has it read back, and its digests compared, too.
    """
    contents = spool.contents
    record = _settled(server)
    ours = set(record.graphs)
    if record.stage == "publishing":  # it was cut off between two steps: any graph may be half there, new ones too
        runs = ledger.runs(server)
        ours |= {graph for run in runs for graph in ledger.staged(server, run)}.difference(runs)
    there = verify.counts(server, sorted(contents.keys() | ours))
    same = {
        graph
        for graph, one in contents.items()
        if record.stage == "published" and record.graphs.get(graph) == one and there.get(graph, 0) == one.triples
    }
    if verified:
        same -= set(verify.different(server, {graph: graph for graph in same}, spool.values, spool.predicates))
    account = Ledger(server, record.state, ledger.version_of(contents))
    sent = {graph: account.name(contents[graph]) for graph in contents if graph not in same}
    return Plan(
        record.state,
        sent,
        tuple(sorted(ours - contents.keys())),
        tuple(sorted((there.keys() & contents.keys()) - ours)),
        sum(contents[graph].triples for graph in sent),
        len(same),
    )


def _settled(server: Server) -> Record:
    """Return what the store says of us, once nobody is publishing, or whoever did has had the time to be done."""
    until = time.monotonic() + _GRACE
    while True:
        record = ledger.read(server)
        # In some stores the state is gone for a moment when it is put in the place of another.
        between = record.stage == "publishing" or (record.graphs and not record.state)
        if not between or time.monotonic() > until:
            return record
        time.sleep(_PAUSE)


def into_server(
    compiled: Compiled,
    server: Server,
    *,
    replace: bool = False,
    verified: bool = False,
    dry_run: bool = False,
    patience: float = PATIENCE,
    progress: Watch = lambda now: None,
) -> Loaded:
    """Put all graphs into a server, where readers see the old ones until the new ones are all there and verified.

    What is there as it is is not sent again, which its recorded digest and its count tell, or, if it is to be
    `verified`, what comes back; what an earlier load has sent is not either. The graphs of others are not touched.
    Raises UsageError where graphs with our names are there that no load has recorded, unless `replace` is set;
    StoreError where the server fails, which leaves what was published before.
    """
    progress(Progress("reading the graph", 0, 0))
    with Spool(compiled.store, graphs_of(compiled)) as spool:
        server.prepare()
        server.changing = sum(one.triples for one in spool.contents.values())
        planned = partial(plan, server, spool, verified=verified)
        for number in range(_ATTEMPTS):
            todo = server.persist(planned, patience) if number else planned()
            load = _Load(server, spool, todo, patience, progress)
            try:
                return load.run(replace=replace, dry_run=dry_run)
            except Overtaken:
                load.withdraw()
    raise StoreError(
        f"{server.addresses.query}: {_ATTEMPTS} times the store did not hold this graph at the end",
        "does somebody else load there? Load again when they are done; else unload, and load again",
    )


def out_of_server(server: Server, *, dry_run: bool = False, patience: float = PATIENCE) -> Loaded:
    """Take our graphs out of a server, with all that loads have left; the graphs of others are not touched.

    If it is cut off, readers are told that nothing is published, and it can be done again. Raises StoreError.
    """
    server.prepare()
    record, runs = ledger.read(server), ledger.runs(server)
    if not (record.state or record.graphs or runs or claims(server)):
        return Loaded(0, 0)
    if dry_run:
        return Loaded(0, 0, len(record.graphs), resumed=len(runs))
    server.changing = sum(one.triples for one in record.graphs.values())
    with claimed(server, patience):
        record, runs = server.persist(lambda: (ledger.read(server), ledger.runs(server)), patience)
        if record.state:
            server.persist(lambda: server.update(swap(record.state, "unloading")), patience)
        sent = {name for run in runs for name in server.persist(partial(ledger.left_by, server, run), patience)}
        if record.stage in ("publishing", "unloading"):
            sent |= {graph for run in runs for graph in server.persist(partial(ledger.staged, server, run), patience)}
        remove(server, [*record.graphs, *sorted(sent), *runs], patience)
        forget(server, patience)
    return Loaded(0, 0, len(record.graphs), resumed=len(runs))


class _Load:
    """One attempt to bring a store from the state that it is in to our version of the graph."""

    def __init__(self, server: Server, spool: Spool, todo: Plan, patience: float, progress: Watch) -> None:
        self._server, self._spool, self._todo = server, spool, todo
        self._patience = patience
        self._persist: Callable[[Callable[[], Any]], Any] = partial(server.persist, patience=patience)
        self._progress = progress
        self._version = ledger.version_of(spool.contents)
        self._ledger = Ledger(server, todo.base, self._version)

    def run(self, *, replace: bool, dry_run: bool) -> Loaded:
        """Do what is to be done. Raises Overtaken where the state becomes another than that of the plan."""
        todo = self._todo
        done = Loaded(len(todo.sent), todo.triples, len(todo.emptied), todo.same)
        if todo.foreign and not replace:
            raise UsageError(
                f"{self._server.addresses.query}: holds graphs with our names that no load has recorded: "
                f"{len(todo.foreign)}, such as {todo.foreign[0]}",
                "add --replace to replace them",
            )
        if dry_run:
            return done
        if todo.sent or todo.emptied:
            done = dataclasses.replace(done, resumed=self._send(todo.sent, self._open()))
            self._verify()
            self._publish()
            self.withdraw()
        clean(self._server, self._patience)
        return done

    def withdraw(self) -> None:
        """Take away what was staged, and the ledger: it is published, or can be no more."""
        remove(self._server, [*self._todo.sent.values(), self._ledger.graph], self._patience)

    def _require_base(self) -> None:
        if not self._persist(lambda: self._server.ask(holds(self._todo.base))):
            raise Overtaken

    def _open(self) -> set[str]:
        """Write the plan into the ledger, unless it stands there; return the names of the chunks that have arrived."""
        named = {**self._todo.sent, **dict.fromkeys(self._todo.emptied, self._ledger.nothing)}
        if self._persist(self._ledger.staged) == named:
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
            lambda: verify.different(self._server, sent, spool.values, spool.predicates)
        )

    def _publish(self) -> None:
        self._progress(Progress("publishing"))
        moved = {graph: graph for graph in self._todo.sent}
        publish(
            self._server,
            self._ledger,
            Change(self._todo.base, self._version, self._todo.triples),
            lambda: not verify.different(self._server, moved, self._spool.values, self._spool.predicates),
            self._patience,
            lambda: self._progress(Progress("waiting for another load to end")),
        )
        sizes = {graph: self._spool.contents[graph].triples for graph in moved}
        if self._persist(lambda: verify.counts(self._server, moved)) != {g: n for g, n in sizes.items() if n}:
            raise Overtaken  # somebody has published right behind us, or what was there before is not all gone


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
            self._server.add_quads(self._chunk.quads(self._ledger.entry(self._chunk)))
            return
        # Where a request fills one graph only, the entry comes after the triples, never before.
        for graph, lines in self._chunk.parts:
            self._server.add(graph, lines)
        self._ledger.enter(self._chunk)
