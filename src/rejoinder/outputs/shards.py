"""The graph as files that a store's own bulk loader reads."""

import gzip
import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterator
from itertools import islice

from rejoinder.errors import UsageError
from rejoinder.graph.compiled import Compiled
from rejoinder.outputs import ledger
from rejoinder.outputs.building import building
from rejoinder.outputs.chunks import Spool
from rejoinder.outputs.load import graphs_of
from rejoinder.stores.profiles import Profile

__all__ = ["MANIFEST", "commands", "write"]

MANIFEST = "manifest.json"


def write(compiled: Compiled, folder: str, number: int) -> int:
    """Write all graphs into a new folder, as so many files of N-Quads with gzip, and a manifest. Returns the quads.

    The files are UTF-8 without blank nodes, every quad is in a named graph, and the record of a load is among them: a
    store that has read them can be asked, and loaded into, as if the graph had been loaded by `load`. The manifest has
    for each file its quads and its SHA-256, for each graph its triples and its digest. Raises UsageError for a folder
    that is not empty, StoreError where it cannot be written; then nothing is there.
    """
    if number < 1:
        raise UsageError(f"{number} is no number of files", "give 1 or more")
    folder = os.path.abspath(folder)
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
        raise UsageError(f"{folder}: is there and is not empty", "give a new folder")
    with building(folder, "is the disk full? Nothing is there.") as new:
        with Spool(compiled.store, graphs_of(compiled)) as spool:
            quads = _write(spool, new, number)
        os.replace(new, folder)
    return quads


def _write(spool: Spool, folder: str, number: int) -> int:
    record = [f"{quad} .\n".encode() for quad in ledger.published(spool.contents)]
    total = sum(one.triples for one in spool.contents.values()) + len(record)
    lines = _lines(spool, record)
    shards = []
    for index in range(number):
        name = f"graph-{index + 1:04}-of-{number:04}.nq.gz"
        quads = total * (index + 1) // number - total * index // number
        path = os.path.join(folder, name)
        # The name and the time in the header would make other bytes of the same quads (RFC 1952, section 2.3).
        with open(path, "wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            packed.writelines(islice(lines, quads))
        with open(path, "rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        shards.append({"file": name, "quads": quads, "bytes": os.path.getsize(path), "sha256": digest})
    manifest = {
        "version": ledger.version_of(spool.contents),
        "quads": total,
        "shards": shards,
        "graphs": {name: one._asdict() for name, one in sorted(spool.contents.items())},
    }
    with open(os.path.join(folder, MANIFEST), "w", encoding="utf-8") as text:
        json.dump(manifest, text, indent=1)
        text.write("\n")
    return total


def _lines(spool: Spool, record: list[bytes]) -> Iterator[bytes]:
    for name in spool.contents:
        end = f"<{name}> .\n".encode()
        for line in spool.lines(name):
            yield line[:-2] + end
    yield from record


def commands(profile: Profile, folder: str) -> list[str]:
    """Return the commands with which a store reads the files of a folder. What is in capitals is to be filled in."""
    path = os.path.abspath(folder)
    place = shlex.quote(path)
    # A string of SQL within double quotes of a shell (POSIX.1-2017, Shell Command Language, section 2.2.3).
    sql = re.sub(r'([\\$`"])', r"\\\1", path.replace("'", "''"))
    return [line.format(folder=place, files=f"{place}/*.nq.gz", sql=sql) for line in profile.bulk]
