"""What a store holds of us, and how far a load is, kept in the store itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import pyoxigraph as ox

from rejoinder.outputs.chunks import Chunk
from rejoinder.outputs.digests import Content
from rejoinder.stores.server import Server
from rejoinder.stores.state import STATE, swap
from rejoinder.vocabulary import LOAD, LOADED, PREFIXES

__all__ = [
    "Ledger",
    "Record",
    "is_void",
    "left_by",
    "published",
    "read",
    "recorded",
    "runs",
    "staged",
    "version_of",
]

# Below this IRI stand graphs that are on their way.
_STAGED = PREFIXES["graph"] + "staged/"
_RUNS = PREFIXES["graph"] + "loading/"

_CHUNK, _STAGED_AS, _DIGEST = (f"<{LOAD}{name}>" for name in ("chunk", "stagedAs", "digest"))
_TRIPLES = "<http://rdfs.org/ns/void#triples>"
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


@dataclass(frozen=True)
class Record:
    """What the store says of us: a state, and the graphs of the last load that was finished, with their contents.

    States are "" (nothing of ours), "published VERSION", and while they are under way or where they were cut off
    "publishing VERSION WHO" (where that is not one step) and "unloading".
    """

    state: str = ""
    graphs: Mapping[str, Content] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """The first word of the state."""
        return self.state.partition(" ")[0]


def version_of(contents: Mapping[str, Content]) -> str:
    """Return a digest of a whole graph: of the names, sizes and digests of its graphs, sorted."""
    digest = blake2b(digest_size=16)
    for name in sorted(contents):
        digest.update(f"{name} {contents[name].triples} {contents[name].digest}\n".encode())
    return digest.hexdigest()


def read(server: Server) -> Record:
    """Return what a server says of us."""
    return _record(
        (row["s"].value, str(row["p"]), row["o"].value)
        for row in server.rows(f"SELECT ?s ?p ?o {{ GRAPH <{LOADED}> {{ ?s ?p ?o }} }}")
    )


def recorded(store: ox.Store) -> Record:
    """Return what a store says of us."""
    return _record(
        (str(quad.subject).strip("<>"), str(quad.predicate), getattr(quad.object, "value", ""))
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(LOADED))
    )


def _record(statements: Iterable[tuple[str, str, str]]) -> Record:
    sizes: dict[str, int] = {}
    digests: dict[str, str] = {}
    state = ""
    for subject, predicate, value in statements:
        if predicate == STATE:
            state = max(state, value)  # there is one, but for a store that two have written to at once
        elif predicate == _DIGEST:
            digests[subject] = value
        elif predicate == _TRIPLES:
            sizes[subject] = int(value) if value.isdecimal() else -1
    return Record(state, {name: Content(sizes.get(name, -1), digest) for name, digest in digests.items()})


def published(contents: Mapping[str, Content]) -> Iterable[ox.Quad]:
    """Return what a store is to say of graphs that are published there with these contents."""
    lines = [f'<{LOADED}> {STATE} "published {version_of(contents)}" .\n'.encode(), *_recorded_lines(contents)]
    for quad in ox.parse(b"".join(lines), format=ox.RdfFormat.N_TRIPLES):
        yield ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(LOADED))


def _recorded_lines(contents: Mapping[str, Content]) -> list[bytes]:
    digests = [f'<{name}> {_DIGEST} "{one.digest}" .\n' for name, one in contents.items()]
    sizes = [f'<{name}> {_TRIPLES} "{one.triples}"^^<{_INTEGER}> .\n' for name, one in contents.items()]
    return [line.encode() for line in (*digests, *sizes)]


class Ledger:
    """The account of one load: from a state that the store is in, to a version of the graph.

    It is a graph in the store, so whoever goes on with the load knows what is done, and a request without an answer
    can be looked up. Chunks are sets, and named after their content: to write one twice does no harm.
    """

    def __init__(self, server: Server, base: str, version: str) -> None:
        self._server = server
        self._id = f"{version}-{_of_base(base)}"
        self.graph = _RUNS + self._id

    def name(self, content: Content) -> str:
        """Return the name that a graph with such content is staged under. No other load takes it away."""
        return f"{_STAGED}{self._id}/{content.digest}"

    def lines(self, named: Mapping[str, str], contents: Mapping[str, Content]) -> list[bytes]:
        """Return the plan in N-Triples: each graph's name until it is published, and what will be recorded of it.

        The last line says that this is all. Without it nothing is published from this ledger.
        """
        names = [f"<{graph}> {_STAGED_AS} <{name}> .\n".encode() for graph, name in named.items()]
        return [*names, *_recorded_lines(contents), f"<{self.graph}> {_STAGED_AS} <{self.graph}> .\n".encode()]

    @property
    def nothing(self) -> str:
        """The name of a staged graph that is empty, which a graph is emptied with."""
        return f"{_STAGED}{self._id}/nothing"

    def staged(self) -> dict[str, str] | None:
        """Return which graph is sent under which name, or nothing where that is not all written down."""
        found = staged(self._server, self.graph)
        return found if found.pop(self.graph, None) else None

    def entry(self, chunk: Chunk) -> bytes:
        """Return the statement that a chunk has arrived, in N-Quads."""
        return f'<{self.graph}> {_CHUNK} "{chunk.name}" <{self.graph}> .\n'.encode()

    def enter(self, chunk: Chunk) -> None:
        """Write down that a chunk has arrived."""
        self._server.add(self.graph, f'<{self.graph}> {_CHUNK} "{chunk.name}" .\n'.encode())

    def arrived(self) -> set[str]:
        """Return the names of the chunks that have arrived."""
        found = self._server.rows(f"SELECT ?name {{ GRAPH <{self.graph}> {{ <{self.graph}> {_CHUNK} ?name }} }}")
        return {row["name"].value for row in found}

    def has(self, chunk: Chunk) -> bool:
        """Tell whether a chunk has arrived: to be asked where no answer came."""
        return self._server.ask(f'ASK {{ GRAPH <{self.graph}> {{ <{self.graph}> {_CHUNK} "{chunk.name}" }} }}')

    def steps(self, base: str, during: str, after: str, parts: Iterable[str] = ("",)) -> list[str]:
        """Return the updates that put what was staged in its place, in parts by the MD5 of subjects if they are given.

        The store does the work. All but the first do something only while the state is ours, so whoever comes too late
        changes nothing; any of them may be done twice.
        """
        ours = f'GRAPH <{LOADED}> {{ <{LOADED}> {STATE} "{during}" }}'
        moved = f"{ours} GRAPH <{self.graph}> {{ ?g {_STAGED_AS} ?staged }} FILTER(?g != ?staged)"
        subjects = [f'FILTER(STRSTARTS(MD5(STR(?s)), "{part}"))' if part else "" for part in parts]
        recorded = f"FILTER(?p IN ({_DIGEST}, {_TRIPLES}))"
        of_old, of_new = (f"GRAPH <{graph}> {{ ?g ?p ?o }}" for graph in (LOADED, self.graph))
        return [
            swap(base, during, f"GRAPH <{self.graph}> {{ <{self.graph}> {_STAGED_AS} <{self.graph}> }}"),
            *(
                f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ {moved} GRAPH ?g {{ ?s ?p ?o }} {some} }}"
                for some in subjects
            ),
            *(
                f"INSERT {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ {moved} GRAPH ?staged {{ ?s ?p ?o }} {some} }}"
                for some in subjects
            ),
            # In this order, so that at no time a graph of ours is not on record.
            f"INSERT {{ {of_old} }} WHERE {{ {ours} {of_new} {recorded} }}",
            f"DELETE {{ {of_old} }} WHERE {{ {ours} {of_old} {recorded} FILTER NOT EXISTS {{ {of_new} }} }}",
            swap(during, after),
        ]


def runs(server: Server) -> list[str]:
    """Return the ledgers in a store: those of loads that are under way or were cut off."""
    found = server.rows(f"SELECT DISTINCT ?run {{ GRAPH ?run {{ ?any {_CHUNK}|{_STAGED_AS} ?other }} }}")
    return sorted(row["run"].value for row in found if row["run"].value.startswith(_RUNS))


def is_void(run: str, state: str) -> bool:
    """Tell whether nothing can be published from a ledger any more, since its load began from another state."""
    return not run.endswith(_of_base(state))


def _of_base(state: str) -> str:
    return blake2b(state.encode(), digest_size=8).hexdigest()


def staged(server: Server, run: str) -> dict[str, str]:
    """Return which graph a load sends under which name, and of the ledger itself that this is all."""
    found = server.rows(f"SELECT ?g ?name {{ GRAPH <{run}> {{ ?g {_STAGED_AS} ?name }} }}")
    return {row["g"].value: row["name"].value for row in found}


def left_by(server: Server, run: str) -> set[str]:
    """Return the graphs that a load, or an inference, has staged: by its plan, or by their names where that is gone.

    A request that somebody on the way had held back may come in when all was taken away.
    """
    found = staged(server, run)
    if found.pop(run, None):
        return {*found.values(), *(graph for graph in found if graph.startswith(_STAGED))}
    begin = _STAGED + run.removeprefix(_RUNS) + "/"
    rows = server.rows(f'SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), "{begin}")) }}')
    return {*found.values(), *(row["g"].value for row in rows)}
