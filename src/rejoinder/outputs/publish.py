"""What was staged in a store, put in its place there."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from rejoinder.errors import StoreError
from rejoinder.outputs import ledger
from rejoinder.outputs.ledger import Ledger
from rejoinder.stores.server import Server
from rejoinder.stores.state import holds

__all__ = ["Change", "Overtaken", "clean", "publish", "remove"]

# How many graphs are taken away by one request.
_REMOVED = 50
# From how many triples on what is not done in one step anyway is done in parts, and in which.
_MANY, _PARTS = 100_000, tuple("0123456789abcdef")


class Overtaken(Exception):
    """Somebody else has published meanwhile, so what was planned is void."""


class Change(NamedTuple):
    """From which state of the store to which version of the graph, and how many triples that puts in place."""

    base: str
    version: str
    triples: int


def publish(server: Server, account: Ledger, change: Change, is_right: Callable[[], bool], patience: float) -> None:
    """Put what was staged in its place: in one step where an update of that store is one, which is tried out.

    Elsewhere step by step; before the last one `is_right` tells whether all is there. Whoever asks through `Endpoint`
    waits meanwhile. Raises Overtaken where the state is another than that of the change, StoreError.
    """
    during, after = f"publishing {change.version}", f"published {change.version}"
    atomic = server.persist(lambda: ledger.is_atomic(server), patience)

    def once() -> None:
        if ledger.read(server).state not in (change.base, during, after):
            raise Overtaken
        if atomic:
            server.update(" ;\n".join(account.steps(change.base, during, after)))
            return
        # In parts, as such a store has a limit on what one step may change.
        *steps, last = account.steps(change.base, during, after, _PARTS if change.triples > _MANY else ("",))
        for step in steps:
            server.update(step)
        if not is_right():
            raise StoreError(f"{server.addresses.update}: did not put in place what it was told to", "load again")
        server.update(last)

    server.persist(once, patience)
    if not server.persist(lambda: server.ask(holds(after)), patience):
        raise Overtaken


def clean(server: Server, patience: float) -> None:
    """Take away the ledgers of all loads, and what was staged: once a graph is published, what others plan is void."""
    for run in server.persist(lambda: ledger.runs(server), patience):
        staged = server.persist(partial(ledger.staged, server, run), patience)
        remove(server, {name for graph, name in staged.items() if graph != name}, patience)
        remove(server, [run], patience)


def remove(server: Server, graphs: Iterable[str], patience: float) -> None:
    """Take graphs away, some with each request, in their order."""
    names = list(graphs)
    for first in range(0, len(names), _REMOVED):
        server.persist(partial(server.remove, *names[first : first + _REMOVED]), patience)
