"""A process that runs queries on a compiled graph, and may be killed at any time."""

import csv
import os
import re
import resource
import signal
from contextlib import suppress
from io import BytesIO, StringIO
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import pyoxigraph as ox

from rejoinder.answers.answer import Answer, Row
from rejoinder.graph.compiled import DATASET, STORE
from rejoinder.outputs.tables import write
from rejoinder.sources.catalog import tokens

__all__ = ["Job", "Outcome", "work"]

# A prefix, behind the word that declares it or before a local name (SPARQL 1.1, section 19.8, PNAME_NS).
_PREFIXED = re.compile(r"(?:\b(PREFIX)\s+)?(?<![\w:.@%-])((?:[^\W\d_](?:[\w.-]*[\w-])?)?):", re.IGNORECASE)
_STATEMENT = ["subject", "property", "value"]
# Where the engine's own message says that the mistake is.
_PLACE = re.compile(r"error at (\d+):(\d+): ")


class Job(NamedTuple):
    """A query with the graphs of its dataset, None for the usual one, and the format of its answer by its name.

    With `rows`, only so many rows are wanted, in SPARQL 1.1 Query Results JSON, statements too. Instead of a query it
    may be for a `graph` as it is: its name, or "" for the default graph.
    """

    query: str
    format: str
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    graph: str | None = None
    rows: int = 0


class Outcome(NamedTuple):
    """What has come of a job: "done", "syntax" with what is wrong and where, "large" or "many" rows, or "failed".

    `is_cut` tells that there are more rows than were wanted.
    """

    status: str
    body: bytes = b""
    message: str = ""
    place: tuple[int, int] | None = None
    is_cut: bool = False


class _TooLarge(Exception):
    pass


class _Bounded(BytesIO):
    """A file in memory that refuses to become larger than so many bytes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self._most:
            raise _TooLarge
        return super().write(data)


class _Worker:
    def __init__(self, folder: str, most: int, rows: int) -> None:
        self._most, self._rows = most, rows
        self._dataset, self._layers = (ox.Store.read_only(os.path.join(folder, name)) for name in (DATASET, STORE))

    def run(self, job: Job) -> Outcome:
        try:
            return self._first(job) if job.rows else self._run(job)
        except SyntaxError as error:
            undeclared = _undeclared(job.query)
            if undeclared:
                prefix, place = undeclared
                return Outcome("syntax", b"", f"the prefix {prefix}: is not declared", place)
            found = _PLACE.match(error.msg)
            if not found:
                return Outcome("syntax", b"", error.msg, (1, 1))
            place = int(found[1]), int(found[2])
            return Outcome("syntax", b"", _at(job.query, place) + _few(error.msg[found.end() :]), place)
        except _TooLarge:
            return Outcome("large")
        except (OSError, RuntimeError, ValueError, MemoryError) as error:
            return Outcome("failed", b"", str(error) or type(error).__name__)

    def _run(self, job: Job) -> Outcome:
        if job.graph is not None:
            return Outcome("done", self._dump(job.graph, job.format))
        found = self._found(job)
        file = _Bounded(self._most)
        of_rows = not isinstance(found, ox.QueryTriples)
        found.serialize(file, getattr(ox.QueryResultsFormat if of_rows else ox.RdfFormat, job.format))
        body = file.getvalue()
        is_many = isinstance(found, ox.QuerySolutions) and _has_more_rows(body, job.format, self._rows)
        return Outcome("many") if is_many else Outcome("done", body)

    def _found(self, job: Job) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        if job.default is None and job.named is None:
            return self._dataset.query(job.query)
        default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = [*map(ox.NamedNode, job.default or ())]
        named: list[ox.NamedNode | ox.BlankNode] = [*map(ox.NamedNode, job.named or ())]
        return self._layers.query(job.query, default_graph=default, named_graphs=named)

    def _first(self, job: Job) -> Outcome:
        found = self._found(job)
        if isinstance(found, ox.QueryBoolean):
            return Outcome("done", found.serialize(format=ox.QueryResultsFormat.JSON) or b"")
        columns = [one.value for one in found.variables] if isinstance(found, ox.QuerySolutions) else _STATEMENT
        some = list(islice(found, job.rows + 1))
        rows = tuple(Row(tuple(columns), tuple(one)) for one in some[: job.rows])
        body = write(Answer("rows", tuple(columns), rows), "srj").encode()
        return Outcome("done", body, is_cut=len(some) > job.rows) if len(body) <= self._most else Outcome("large")

    def _dump(self, graph: str, format: str) -> bytes:
        file = _Bounded(self._most)
        store, name = (self._layers, ox.NamedNode(graph)) if graph else (self._dataset, ox.DefaultGraph())
        store.dump(file, getattr(ox.RdfFormat, format), from_graph=name)
        return file.getvalue()


def _shut_in() -> None:
    """Let the process open nothing more, no file and no connection, whatever a query may bring the engine to do."""
    free = os.open(os.devnull, os.O_RDONLY)  # the next number that would be given away; what is open stays open
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, free))


def _undeclared(query: str) -> tuple[str, tuple[int, int]] | None:
    """Return the first prefix that a query uses and does not declare, with line and column; the engine is silent."""
    declared: set[str] = set()
    done = ""
    for kind, piece in tokens(query):
        for found in _PREFIXED.finditer(piece) if kind == "other" else ():
            if found[1]:
                declared.add(found[2])
            elif found[2] not in declared:
                before = (done + piece)[: len(done) + found.start(2)]
                return found[2], (before.count("\n") + 1, len(before) - before.rfind("\n"))
        done += piece
    return None


def _at(query: str, place: tuple[int, int]) -> str:
    """Say what stands at a place of a query, where the engine could not go on."""
    line, column = place
    lines = query.split("\n")
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    piece = re.match(r"\s*(\w+|\S)", rest)
    return f"“{piece[1][:40]}” does not fit here" if piece else "something is missing here"


def _few(message: str) -> str:
    """Return what the engine expects, unless that is a long list, or anything at all."""
    return f": {message}" if len(message) < 60 and "[_]" not in message else ""


def _has_more_rows(body: bytes, format: str, rows: int) -> bool:
    """Tell whether an answer has more than so many rows; one of fewer bytes need not be counted."""
    if len(body) <= 2 * rows:
        return False
    if format == "CSV":
        counted = sum(1 for _ in csv.reader(StringIO(body.decode(), newline=""))) - 1
    else:
        found = ox.parse_query_results(body, getattr(ox.QueryResultsFormat, format))
        counted = sum(1 for _ in found) if isinstance(found, ox.QuerySolutions) else 1
    return counted > rows


def work(door: Connection, folder: str, most: int, rows: int, memory: int) -> None:
    """Run jobs that come through a door until it is closed; answers have at most so many bytes, and so many rows.

    `memory` is how many bytes the process may use beyond what it has at the start. One that needs more dies.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends its workers
    csv.field_size_limit(most)
    worker = _Worker(folder, most, rows)
    for job in (Job("SELECT * { ?s ?p ?o } LIMIT 1", "JSON", rows=1), Job("", "TURTLE", graph="")):
        worker.run(job)  # so that what is loaded but once is there
    _bound(memory)
    _shut_in()
    door.send(None)
    while True:
        try:
            job = door.recv()
        except EOFError:
            return
        door.send(worker.run(job))


def _bound(memory: int) -> None:
    with suppress(OSError):  # where there is no /proc, there is no such limit either
        with open("/proc/self/status", encoding="ascii") as file:
            used = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData"))
        resource.setrlimit(resource.RLIMIT_DATA, (used + memory, used + memory))
