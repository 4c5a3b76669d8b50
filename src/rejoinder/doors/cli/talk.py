"""What the commands share: the graph that is meant, where output goes, and words on standard error."""

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rejoinder.doors.python import Graph
from rejoinder.errors import InputError, StoreError, UsageError
from rejoinder.sources import files

if TYPE_CHECKING:
    from rejoinder.outputs.load import Progress

__all__ = ["Meter", "counted", "emit", "format_of", "opened", "read_text", "say"]

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".srj": "srj",
    ".md": "markdown",
    ".mmd": "mermaid",
    ".txt": "table",
    ".ttl": "turtle",
    ".jsonld": "json-ld",
    ".nt": "ntriples",
    ".nq": "nquads",
    ".trig": "trig",
    ".rdf": "rdf-xml",
}


def opened(options: argparse.Namespace, *, consistent: bool = True) -> Graph:
    """Return the graph that --data, --no-bundled-data and --endpoint name; say what its user should know."""
    paths = tuple(options.data) + tuple(getattr(options, "paths", ()))
    inputs = files.find(paths, bundled_data=not options.no_bundled_data)
    endpoint = getattr(options, "endpoint", None)
    graph = Graph(inputs, endpoint, getattr(options, "timeout", 60.0), _busy, getattr(options, "store", None))
    if not consistent:
        return graph
    for note in graph.compiled.notes:
        say(f"warning: {note}")
    graph.require_consistent()
    unruled = graph.compiled.manifest.unruled
    if unruled:
        say(
            f"warning: there is no ruling on {counted(len(unruled), 'dispute')}, so none of the values counts; "
            "see: rejoinder validate"
        )
    return graph


def format_of(options: argparse.Namespace, known: tuple[str, ...], otherwise: str) -> str:
    """Return the format of -f, else that of the ending of -o, else the usual one. Raises UsageError."""
    if options.format:
        return str(options.format)
    if not options.output:
        return otherwise
    ending = os.path.splitext(options.output)[1]
    format = "text" if ending == ".txt" and "text" in known else _ENDINGS.get(ending)
    if format not in known:
        raise UsageError(
            f"{options.output}: the ending '{ending}' tells no format", f"add -f, one of: {', '.join(known)}"
        )
    return str(format)


def read_text(path: str, cure: str) -> str:
    """Return the text of a file, or of standard input for "-". Raises InputError, with the cure of the caller."""
    if path == "-" and sys.stdin is None:
        raise InputError("standard input is closed", cure)
    try:
        with open(sys.stdin.fileno() if path == "-" else path, encoding="utf-8-sig", closefd=path != "-") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"{'standard input' if path == '-' else path}: cannot be read: {reason}", cure) from None


def emit(text: str | Iterable[str], output: str | None) -> None:
    """Write a text, or its pieces, to standard output, or to a file that is there whole or not at all.

    Raises StoreError.
    """
    _done()
    pieces = [text] if isinstance(text, str) else text
    if output is None:
        sys.stdout.writelines(pieces)
        return
    import tempfile

    folder = os.path.dirname(os.path.abspath(output))
    partial = None
    try:
        handle, partial = tempfile.mkstemp(prefix=f".{os.path.basename(output)}-", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, output)
    except OSError as error:
        raise StoreError(f"{output}: cannot be written: {error.strerror}", "nothing was changed there") from None
    finally:
        if partial and os.path.exists(partial):
            os.unlink(partial)


def say(text: str) -> None:
    """Talk on standard error: standard output is for data. What others have said cannot steer the terminal."""
    _done()
    print("".join(one if one.isprintable() or one == "\n" else f"\\x{ord(one):02x}" for one in text), file=sys.stderr)


def counted(number: int, what: str) -> str:
    """Return a number of things in words.

    >>> counted(1, "graph"), counted(6467, "triple")
    ('1 graph', '6,467 triples')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _busy(text: str) -> None:
    """Say what takes a while, on a terminal only; what is printed next takes its place."""
    if sys.stderr.isatty():
        print(f"\r{text}{_ERASE}", end="", file=sys.stderr, flush=True)


def _done() -> None:
    if sys.stderr.isatty():
        print(f"\r{_ERASE}", end="", file=sys.stderr, flush=True)


_ERASE = "\x1b[K"  # ECMA-48: erase to the end of the line


class Meter:
    """Show how far a load is, how fast it is and when it will be done, on a terminal only."""

    def __init__(self) -> None:
        self._since = (0.0, 0)
        self._doing = ""

    def __call__(self, now: "Progress") -> None:
        """Show it."""
        import time

        if now.doing != self._doing:
            self._doing, self._since = now.doing, (time.monotonic(), now.done)
        text = f"{now.doing} …"
        if now.of:
            text = f"{now.doing}: {now.done:,} of {now.of:,} triples"
        took, done = time.monotonic() - self._since[0], now.done - self._since[1]
        if took > 1 and done:
            text += f", {done / took:,.0f} a second, {(now.of - now.done) * took / done:.0f} s left"
        _busy(text)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
