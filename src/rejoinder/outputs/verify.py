"""What a store really holds of some graphs: counted, then read back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import groupby, islice, product

import pyoxigraph as ox

from rejoinder.outputs.digests import Content, Digest, canonical
from rejoinder.stores.server import Cut, Server

__all__ = ["content", "counts", "different", "example"]

# How many graphs are asked for at once, of how many triples together, and how many rows are looked at together.
_GRAPHS, _TRIPLES, _ROWS = 200, 50_000, 5_000
# From how many triples on a graph is read as a whole.
_LARGE = 5_000
_HEX = "0123456789abcdef"


def counts(server: Server, graphs: Iterable[str]) -> dict[str, int]:
    """Return the number of triples of those graphs that hold any."""
    found: dict[str, int] = {}
    for some in _batches(list(graphs)):
        each = (
            f"SELECT ({graph} AS ?g) (COUNT(*) AS ?n) {{ GRAPH {graph} {{ ?s ?p ?o }} }}" for graph in map(_iri, some)
        )
        for row in server.rows(f"SELECT ?g ?n {{ {_union(each)} }}"):
            found[row["g"].value] = int(row["n"].value)
    return {graph: count for graph, count in found.items() if count}


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
        wrong |= {name for name in some if found[name].values != contents[expected[name]]}
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
    each = (
        f"SELECT ({graph} AS ?g) ?p (COUNT(*) AS ?n) {{ GRAPH {graph} {{ ?s ?p ?o }} }} GROUP BY ?p"
        for graph in map(_iri, graphs)
    )
    for row in server.rows(f"SELECT ?g ?p ?n {{ {_union(each)} }}"):
        found[row["g"].value][str(row["p"]).encode()] = int(row["n"].value)
    return found


def _digests(server: Server, graphs: list[str], expected: int) -> defaultdict[str, Digest]:
    """Return the digests of graphs as the store holds them, of which it has counted so many triples.

    A large graph is read as a whole. Where fewer triples come than were counted, as the store cuts its answers at a
    limit, they are asked for in 16 parts, then in 256 …, by the MD5 of their subjects, until all have come.
    """
    found: defaultdict[str, Digest] = defaultdict(Digest)
    if expected > _LARGE and len(graphs) == 1:
        for lines in _in_lines(server.triples(graphs[0])):
            found[graphs[0]].add(lines)
        if found[graphs[0]].count >= expected:
            return found
    for depth in range(4):
        found = defaultdict(Digest)
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
    each = (f"GRAPH {graph} {{ ?s ?p ?o }} {condition} BIND({graph} AS ?g)" for graph in map(_iri, graphs))
    rows = server.rows(f"SELECT ?g ?s ?p ?o {{ {_union(each)} }}")
    for name, some in groupby(rows, key=lambda row: row["g"].value):
        for lines in _in_lines(ox.Triple(row["s"], row["p"], row["o"]) for row in some):
            yield name, lines


def _in_lines(triples: Iterable[ox.Triple]) -> Iterator[list[bytes]]:
    left = iter(triples)
    while some := list(islice(left, _ROWS)):
        yield (ox.serialize(some, format=ox.RdfFormat.N_TRIPLES) or b"").splitlines()


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


def _union(each: Iterable[str]) -> str:
    """Return the union of patterns: with VALUES, one store keeps the plan that it made when the graphs were empty."""
    return " UNION ".join(f"{{ {pattern} }}" for pattern in each)


def _iri(graph: str) -> str:
    return str(ox.NamedNode(graph))
