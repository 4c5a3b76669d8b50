"""Graphs cut into pieces that a request can carry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from tempfile import TemporaryFile
from typing import IO

import pyoxigraph as ox

from rejoinder.errors import StoreError
from rejoinder.outputs.digests import Content, Digest

__all__ = ["Chunk", "Spool", "contents_of"]

# The most bytes that one request carries, whatever the store: a chunk must be done with within the timeout. Less is
# read at once, since lines of their own take more memory than the bytes they are made of.
_BYTES, _BLOCK = 8_000_000, 500_000


@dataclass(frozen=True)
class Chunk:
    """Some triples of some graphs: `parts` are graphs with lines of N-Triples. Its name is a digest of its content."""

    parts: tuple[tuple[str, bytes], ...]
    lines: int

    @property
    def name(self) -> str:
        """Tell chunks apart, so that a ledger can say which ones are done."""
        digest = blake2b(digest_size=16)
        for graph, body in self.parts:
            digest.update(graph.encode() + b"\n" + body)
        return digest.hexdigest()

    def quads(self, more: bytes = b"") -> bytes:
        """Return the chunk as N-Quads (RDF 1.1 N-Quads), and more of them behind.

        A line of N-Triples ends with the only " ." before a break.
        """
        quads = (body.replace(b" .\n", f" <{graph}> .\n".encode()) for graph, body in self.parts)
        return b"".join((*quads, more))


class Spool:
    """The graphs of a store as N-Triples in a file without a name, read from the store once, whatever their size.

    A context manager, which closes the file.
    """

    def __init__(self, store: ox.Store, graphs: Iterable[str]) -> None:
        self.contents: dict[str, Content] = {}
        self.values: dict[str, Content] = {}
        self.predicates: dict[str, dict[bytes, int]] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._named: dict[bytes, bytes] = {}
        try:
            self._file: IO[bytes] = TemporaryFile(prefix="rejoinder-")  # noqa: SIM115 - lives as long as the spool
            for graph in graphs:
                self._take(store, graph)
        except OSError as error:
            raise StoreError(
                f"the graph cannot be written to a temporary file: {error.strerror}",
                "set TMPDIR to a folder on a disk with more space",
            ) from None

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _take(self, store: ox.Store, graph: str) -> None:
        start = self._file.tell()
        store.dump(self._file, ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(graph))
        end = self._file.tell()
        self._places[graph] = (start, end)
        digest = Digest()
        for lines in self._lines(graph):
            digest.add(lines)
        self._file.seek(end)
        # There may be very many graphs, so what is the same is kept once.
        content, values = digest.content, digest.values
        self.contents[graph], self.values[graph] = content, content if content == values else values
        self.predicates[graph] = {
            self._named.setdefault(name, name): count for name, count in digest.predicates.items()
        }

    def chunks(self, graphs: Iterable[tuple[str, str]], lines: int) -> Iterator[Chunk]:
        """Yield graphs in chunks. Each graph comes with the name that it is to be sent under."""
        parts: dict[str, list[bytes]] = {}
        count = used = 0
        for graph, name in graphs:
            for batch in self._lines(graph, lines):
                body = b"".join(batch)
                if parts and (count + len(batch) > lines or used + len(body) > _BYTES):
                    yield _chunk(parts, count)
                    parts, count, used = {}, 0, 0
                parts.setdefault(name, []).append(body)
                count, used = count + len(batch), used + len(body)
        if parts:
            yield _chunk(parts, count)

    def lines(self, graph: str) -> Iterator[bytes]:
        """Yield the triples of a graph as lines."""
        for batch in self._lines(graph):
            yield from batch

    def _lines(self, graph: str, most: int = 50_000) -> Iterator[list[bytes]]:
        place, end = self._places[graph]
        while place < end:
            self._file.seek(place)
            block = self._file.read(min(_BLOCK, end - place))
            if place + len(block) < end:
                block += self._file.readline()
            place += len(block)
            batch = block.splitlines(keepends=True)
            for first in range(0, len(batch), most):
                yield batch[first : first + most]


def _chunk(parts: dict[str, list[bytes]], count: int) -> Chunk:
    return Chunk(tuple((graph, b"".join(bodies)) for graph, bodies in parts.items()), count)


def contents_of(store: ox.Store, graphs: Iterable[str]) -> dict[str, Content]:
    """Return what graphs of a store hold."""
    with Spool(store, graphs) as spool:
        return spool.contents
