"""The rules run in a server, over what is accepted there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

from rejoinder.errors import StoreError
from rejoinder.graph.inferred import Inconsistency, Key, Scene, Update, close
from rejoinder.graph.rules import Rules
from rejoinder.outputs import ledger, verify
from rejoinder.outputs.digests import Content
from rejoinder.outputs.ledger import Ledger
from rejoinder.outputs.publish import Change, Overtaken, clean, publish, remove
from rejoinder.stores.server import Server
from rejoinder.vocabulary import INFERRED, RDF_TYPE

__all__ = ["Inferred", "infer_there"]

# How many rules run with one request.
_TOGETHER = 40


@dataclass(frozen=True)
class Inferred:
    """What follows in a store: how many statements, whether that is new there, and what contradicts the axioms."""

    statements: int
    is_new: bool
    inconsistencies: tuple[Inconsistency, ...] = ()


def infer_there(server: Server, rules: Rules, patience: float = 60.0) -> Inferred:
    """Run rules over the accepted graph and the ontology of a store to their fixpoint, and publish what follows.

    The store does the work; no graph is fetched but what follows, whose digest is recorded. Readers see the old
    inferred graph until the new one is there. Nothing is published where statements contradict the axioms. Raises
    StoreError where no graph is published there, or the store fails.
    """
    server.prepare()
    record = ledger.read(server)
    if record.stage != "published":
        url = server.addresses.query
        raise StoreError(f"{url}: no graph of rejoinder is loaded there", f"load it first: rejoinder load {url}")
    account = Ledger(server, record.state, f"inferred-{token_hex(4)}")
    name, working = account.name(Content(0, "inferred")), account.name(Content(0, "working"))
    # So that whoever loads or unloads next takes away what is left, if this is cut off.
    plan = account.lines({INFERRED: name, working: account.nothing}, {})
    server.persist(partial(server.add, account.graph, b"".join(plan)), patience)
    scene = Scene(inferred=name, working=working)
    try:
        found = close(_There(server, scene, patience), rules, scene)
        content, old = (server.persist(partial(verify.content, server, graph), patience) for graph in (name, INFERRED))
        is_new = not found and content != old
        if is_new:
            contents = {**record.graphs, INFERRED: content}
            change = Change(record.state, ledger.version_of(contents), content.triples)
            _publish(server, account, change, contents, patience)
    except Overtaken:
        remove(server, [name, working, account.graph], patience)
        raise StoreError(
            f"{server.addresses.query}: another graph was loaded meanwhile, so what followed is void", "do it again"
        ) from None
    remove(server, [name, working, account.graph], patience)
    clean(server, patience)
    return Inferred(content.triples, is_new, tuple(found))


def _publish(server: Server, account: Ledger, change: Change, contents: Mapping[str, Content], patience: float) -> None:
    def is_right() -> bool:
        return verify.content(server, INFERRED) == contents[INFERRED]

    # Beside the graph that has changed, the others stay on record.
    server.persist(partial(server.add, account.graph, b"".join(account.lines({}, contents))), patience)
    publish(server, account, change, is_right, patience)


class _There:
    """A server as a store that rules run in. Adding what follows may be done twice."""

    def __init__(self, server: Server, scene: Scene, patience: float) -> None:
        self._server, self._patience = server, patience
        graphs = f"VALUES ?g {{ <{scene.inferred}> <{scene.working}> }}"
        self._counting = (
            f"SELECT ?p (?p AS ?kind) (COUNT(*) AS ?n) {{ {graphs} GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?p",
            f"SELECT (<{RDF_TYPE}> AS ?p) ?kind (COUNT(*) AS ?n) {{ {graphs} GRAPH ?g {{ ?s <{RDF_TYPE}> ?kind }} }} "
            "GROUP BY ?kind",
        )
        self._counted: dict[Key, int] = {}

    def run(self, updates: list[Update]) -> set[Key]:
        for first in range(0, len(updates), _TOGETHER):
            together = " ;\n".join(update.text for update in updates[first : first + _TOGETHER])
            self._server.persist(partial(self._server.update, together), self._patience)
        counted = {
            (row["p"], row["kind"] if row["p"].value == RDF_TYPE else "?"): int(row["n"].value)
            for text in self._counting
            for row in self.query(text)
        }
        grown = {kind for kind, count in counted.items() if count != self._counted.get(kind, 0)}
        self._counted = counted
        return grown

    def query(self, text: str) -> Any:
        return self._server.persist(partial(self._server.query, text), self._patience)
