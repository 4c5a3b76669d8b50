"""What was staged in a store, put in its place there."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from secrets import token_hex
from typing import NamedTuple

from rejoinder.errors import StoreError
from rejoinder.outputs import ledger
from rejoinder.outputs.ledger import Ledger
from rejoinder.stores.server import Server
from rejoinder.stores.state import holds
from rejoinder.vocabulary import LOAD, LOADED

__all__ = ["Change", "Overtaken", "claimed", "clean", "publish", "remove"]

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
    during, after = f"publishing {change.version} {token_hex(4)}", f"published {change.version}"
    atomic = server.persist(lambda: ledger.is_atomic(server), patience)

    def once() -> None:
        if ledger.read(server).state not in (change.base, during, after):
            raise Overtaken
        if atomic:
            server.update(" ;\n".join(account.steps(change.base, during, after)))
            return
        # In parts, as such a store has a limit on what one step may change.
        *steps, last = account.steps(change.base, during, after, _PARTS if change.triples > _MANY else ("",))
        for number, step in enumerate(steps):
            server.update(step)
            if number == 0 and not server.ask(holds(during)):
                raise Overtaken
        if not is_right():
            raise StoreError(f"{server.addresses.update}: did not put in place what it was told to", "load again")
        server.update(last)

    with claimed(server, patience):
        server.persist(once, patience)
        if not server.persist(lambda: server.ask(holds(after)), patience):
            raise Overtaken


@contextmanager
def claimed(server: Server, patience: float) -> Iterator[None]:
    """Be the only one who changes the state of a store: no store can be relied on to compare and swap.

    Whoever finds another claim beside his own takes his own back, and tries again later; so of two, never both go on.
    A claim that stays for longer than our patience is taken for that of somebody who was cut off.
    """
    mine, until = token_hex(8), time.monotonic() + patience
    while True:
        server.persist(partial(server.update, f"INSERT DATA {{ {_claim(mine)} }}"), patience)
        found = server.persist(lambda: list(server.rows(f"SELECT ?who {{ {_claim()} }}")), patience)
        others = {row["who"].value for row in found} - {mine}
        if not others:
            break
        late = time.monotonic() > until
        for claim in [mine, *(others if late else ())]:
            server.persist(partial(server.update, f"DELETE DATA {{ {_claim(claim)} }}"), patience)
        time.sleep(random.uniform(0.1, 0.5))
    try:
        yield
    finally:
        with suppress(StoreError):  # the next one waits then, which is better than to hide what has gone wrong
            server.persist(partial(server.update, f"DELETE DATA {{ {_claim(mine)} }}"), patience)


def _claim(who: str = "") -> str:
    value = f'"{who}"' if who else "?who"
    return f"GRAPH <{LOADED}> {{ <{LOADED}> <{LOAD}claim> {value} }}"


def clean(server: Server, patience: float) -> None:
    """Take away ledgers from which nothing can be published any more, with what was staged; others may be at work."""
    state = server.persist(lambda: ledger.read(server), patience).state
    for run in server.persist(lambda: ledger.runs(server), patience):
        if ledger.is_void(run, state):
            remove(server, server.persist(partial(ledger.left_by, server, run), patience), patience)
            remove(server, [run], patience)


def remove(server: Server, graphs: Iterable[str], patience: float) -> None:
    """Take graphs away, some with each request, in their order."""
    names = list(graphs)
    for first in range(0, len(names), _REMOVED):
        server.persist(partial(server.remove, *names[first : first + _REMOVED]), patience)
