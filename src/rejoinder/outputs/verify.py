"""What a store really holds of some graphs: counted, then read back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice, product

import pyoxigraph as ox

from rejoinder.outputs.digests import Content, Digest, canonical
from rejoinder.stores.server import Cut, Server

__all__ = ["content", "counts", "different", "example"]

# How many graphs are asked for at once, of how many triples together, and how many rows are looked at together.
_GRAPHS, _TRIPLES, _ROWS = 200, 50_000, 5_000
_HEX = "0123456789abcdef"


def counts(server: Server, graphs: Iterable[str]) -> dict[str, int]:
    """Return the number of triples of those graphs that hold any."""
    found: dict[str, int] = {}
    for some in _batches(list(graphs)):
        text = f"SELECT ?g (COUNT(*) AS ?n) {{ {_values(some)} GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?g"
        found.update((row["g"].value, int(row["n"].value)) for row in server.rows(text) if row["g"] is not None)
    return found


def different(
    server: Server,
    sent: Mapping[str, str],
    contents: Mapping[str, Content],
    predicates: Mapping[str, Mapping[bytes, int]],
) -> list[str]:
    """Return the graphs that the store holds otherwise than they are, sorted.

    `sent` says under which name a graph was sent. First each predicate's triples are counted, which is cheap and finds
    what was lost; then all are read back and their digests compared, which finds what was changed.
    """
    expected = {sent[graph]: graph for graph in sent}
    wrong = {
        graph
        for some in _batches(list(expected))
        for graph, counted in _counted(server, some).items()
        if counted != dict(predicates[expected[graph]])
    }
    right = [name for name in expected if name not in wrong]
    sizes = {name: contents[expected[name]].triples for name in right}
    for some in _batches(right, sizes):
        found = _digests(server, some, sum(sizes[name] for name in some))
        wrong |= {name for name in some if found[name].content != contents[expected[name]]}
    return sorted(expected[name] for name in wrong)


def content(server: Server, graph: str) -> Content:
    """Return what the store holds of a graph."""
    return _digests(server, [graph], counts(server, [graph]).get(graph, 0))[graph].content


def example(server: Server, name: str, lines: Iterable[bytes]) -> str:
    """Say how a graph in the store differs from the triples that it should hold, by an example."""
    ours = {canonical(line): line for line in lines}
    theirs = {canonical(line): line for _, some in _part(server, [name], "") for line in some}
    missing, extra = sorted(ours.keys() - theirs.keys()), sorted(theirs.keys() - ours.keys())
    said = [
        f"{len(missing)} of {len(ours)} triples are missing" if missing else "",
        f"{len(extra)} are too many" if extra else "",
    ]
    lacks = f", such as {ours[missing[0]].decode().strip()}" if missing else ""
    has = f"; it has {theirs[extra[0]].decode().strip()}" if extra else ""
    return " and ".join(filter(None, said)) + lacks + has


def _counted(server: Server, graphs: list[str]) -> dict[str, dict[bytes, int]]:
    found: dict[str, dict[bytes, int]] = {graph: {} for graph in graphs}
    text = f"SELECT ?g ?p (COUNT(*) AS ?n) {{ {_values(graphs)} GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?g ?p"
    for row in server.rows(text):
        found[row["g"].value][str(row["p"]).encode()] = int(row["n"].value)
    return found


def _digests(server: Server, graphs: list[str], expected: int) -> defaultdict[str, Digest]:
    """Return the digests of graphs as the store holds them, of which it has counted so many triples.

    Where the store cuts its answers at a limit, or does so without a word, they are asked for in 16 parts, then in
    256 …, by the MD5 of their subjects, until all that were counted have come.
    """
    for depth in range(4):
        found: defaultdict[str, Digest] = defaultdict(Digest)
        with suppress(Cut):
            for part in map("".join, product(_HEX, repeat=depth)):
                for name, lines in _part(server, graphs, part):
                    found[name].add(lines)
        if sum(one.count for one in found.values()) >= expected:
            break
    return found


def _part(server: Server, graphs: list[str], part: str) -> Iterator[tuple[str, list[bytes]]]:
    """Yield triples of graphs in lines of N-Triples, some at a time."""
    condition = f'FILTER(STRSTARTS(MD5(STR(?s)), "{part}"))' if part else ""
    rows = iter(server.rows(f"SELECT ?g ?s ?p ?o {{ {_values(graphs)} GRAPH ?g {{ ?s ?p ?o }} {condition} }}"))
    while some := list(islice(rows, _ROWS)):
        by_graph: defaultdict[str, list[ox.Triple]] = defaultdict(list)
        for row in some:
            by_graph[row["g"].value].append(ox.Triple(row["s"], row["p"], row["o"]))
        for name, triples in by_graph.items():
            yield name, (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").splitlines()


def _batches(graphs: list[str], sizes: Mapping[str, int] | None = None) -> Iterator[list[str]]:
    """Yield graphs some at a time: not too many, and where their sizes count, not too large together."""
    batch: list[str] = []
    size = 0
    for graph in graphs:
        more = sizes[graph] if sizes else 0
        if batch and (len(batch) == _GRAPHS or size + more > _TRIPLES):
            yield batch
            batch, size = [], 0
        batch.append(graph)
        size += more
    if batch:
        yield batch


def _values(graphs: list[str]) -> str:
    return f"VALUES ?g {{ {' '.join(str(ox.NamedNode(graph)) for graph in graphs)} }}"
