"""What was staged in a store, put in its place there."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from secrets import token_hex
from typing import NamedTuple

from rejoinder.errors import StoreError, UsageError
from rejoinder.outputs import ledger
from rejoinder.outputs.ledger import Ledger
from rejoinder.stores.server import Server, Unanswered
from rejoinder.stores.state import STATE, holds
from rejoinder.vocabulary import LOAD, LOADED, PREFIXES

__all__ = ["Change", "Overtaken", "claimed", "claims", "clean", "forget", "is_atomic", "publish", "remove"]

_PROBE = PREFIXES["graph"] + "probe"
_CLAIM = f"<{LOAD}claim>"
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


def publish(
    server: Server,
    account: Ledger,
    change: Change,
    is_right: Callable[[], bool],
    patience: float,
    waiting: Callable[[], None] = lambda: None,
) -> None:
    """Put what was staged in its place: in one step where an update of that store is one, and can do so much.

    The first is tried out. Elsewhere step by step; before the last one `is_right` tells whether all is there. Whoever
    asks through `Endpoint` waits meanwhile. Raises Overtaken where the state is another than that of the change,
    StoreError.
    """
    during, after = f"publishing {change.version} {token_hex(4)}", f"published {change.version}"
    few = not server.profile.together or change.triples <= server.profile.together

    def once(atomic: bool) -> None:
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

    with claimed(server, patience, waiting):
        server.persist(partial(once, few and is_atomic(server, patience)), patience)
        if not server.persist(lambda: server.ask(holds(after)), patience):
            raise Overtaken


def is_atomic(server: Server, patience: float) -> bool:
    """Find out whether an update that fails in its second operation undoes its first (SPARQL 1.1 Update, section 3).

    Only for whoever has claimed the store: two who try it at once mislead each other.
    """
    statement = f"GRAPH <{_PROBE}> {{ <{_PROBE}> {STATE} 1 }}"

    def is_refused() -> bool:
        try:
            # No store can read from such an address, nor tries to over a network; one says that it has, all the same.
            server.update(f"INSERT DATA {{ {statement} }} ; LOAD <urn:rejoinder:nowhere>")
        except Unanswered:
            raise
        except (StoreError, UsageError):
            return True
        return False

    refused = server.persist(is_refused, patience)
    kept = server.persist(lambda: server.ask(f"ASK {{ {statement} }}"), patience)
    if kept:
        remove(server, [_PROBE], patience)
    return refused and not kept


@contextmanager
def claimed(server: Server, patience: float, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Be the only one who changes the state of a store: no store can be relied on to compare and swap.

    Whoever finds another claim beside his own takes his own back, and tries again later; so of two, never both go on.
    A claim that is seen all the time for longer than our patience is taken for that of somebody who was cut off: those
    who work take turns, and those who wait take theirs back. `waiting` is called when there is another.
    """
    mine, since = token_hex(8), dict[str, float]()

    def take_back(claim: str) -> None:
        server.persist(partial(server.update, f"DELETE DATA {{ {_claim(claim)} }}"), patience)

    try:
        while True:
            server.persist(partial(server.update, f"INSERT DATA {{ {_claim(mine)} }}"), patience)
            others = server.persist(partial(claims, server), patience) - {mine}
            if not others:
                break
            waiting()
            now = time.monotonic()
            since = {claim: since.get(claim, now) for claim in others}
            for claim in [mine, *(claim for claim in others if now - since[claim] > patience)]:
                take_back(claim)
            time.sleep(random.uniform(0.1, 0.5))
        yield
    finally:
        with suppress(StoreError):  # the next one waits then, which is better than to hide what has gone wrong
            take_back(mine)


def claims(server: Server) -> set[str]:
    """Return the claims on a store: of those who are at work, wait, or were cut off."""
    return {row["who"].value for row in server.rows(f"SELECT ?who {{ {_claim()} }}")}


def _claim(who: str = "") -> str:
    value = f'"{who}"' if who else "?who"
    return f"GRAPH <{LOADED}> {{ <{LOADED}> {_CLAIM} {value} }}"


def clean(server: Server, patience: float) -> None:
    """Take away ledgers from which nothing can be published any more, with what was staged; others may be at work."""
    state = server.persist(lambda: ledger.read(server), patience).state
    for run in server.persist(lambda: ledger.runs(server), patience):
        if ledger.is_void(run, state):
            remove(server, server.persist(partial(ledger.left_by, server, run), patience), patience)
            remove(server, [run], patience)


def remove(server: Server, graphs: Iterable[str], patience: float) -> None:
    """Take graphs away, some with each request, in their order, until they are gone: a DROP SILENT may fail so."""

    def once(some: list[str]) -> None:
        server.remove(*some)
        named = " ".join(f"<{graph}>" for graph in some)
        if server.ask(f"ASK {{ VALUES ?g {{ {named} }} GRAPH ?g {{ ?s ?p ?o }} }}"):
            raise Unanswered(
                f"{server.addresses.update}: still holds some of {len(some)} graphs that it was told to drop, "
                f"from {some[0]} on",
                "does somebody else write there?",
            )

    names = list(graphs)
    for first in range(0, len(names), _REMOVED):
        server.persist(partial(once, names[first : first + _REMOVED]), patience)


def forget(server: Server, patience: float) -> None:
    """Take away what a store says of us, but for the claims of those who wait until we are done."""
    said = f"GRAPH <{LOADED}> {{ ?s ?p ?o }}"
    pattern = f"{{ {said} FILTER(?p != {_CLAIM}) }}"

    def once() -> None:
        server.update(f"DELETE {{ {said} }} WHERE {pattern}")
        if server.ask(f"ASK {pattern}"):
            raise Unanswered(f"{server.addresses.update}: still says what it holds of us", "see the server's log")

    server.persist(once, patience)
