"""The commands that hand the graph on: infer, export, load, info."""

import argparse
import os

import pyoxigraph as ox

from rejoinder import __version__
from rejoinder.doors.cli.arguments import RDF_FORMATS
from rejoinder.doors.cli.talk import emit, format_of, opened, progress, say
from rejoinder.errors import UsageError
from rejoinder.graph import cache
from rejoinder.graph.compiled import Compiled
from rejoinder.vocabulary import ACCEPTED, INFERRED, rj

__all__ = ["export", "infer", "info", "load"]


def infer(options: argparse.Namespace) -> int:
    """Print the inferred statements."""
    emit(opened(options).export(options.format, ["inferred"]), options.output)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write layers of the graph."""
    format = format_of(options, RDF_FORMATS, "turtle")
    layers = [layer.strip() for layer in options.include.split(",")] if options.include else None
    if options.check and not options.output:
        raise UsageError("--check needs a file to compare with", "add -o FILE")
    text = opened(options).export(format, layers)
    if not options.check:
        emit(text, options.output)
        return 0
    try:
        with open(options.output, encoding="utf-8", newline="") as file:
            same = file.read() == text
    except FileNotFoundError:
        same = False
    say(f"{options.output}: {'is the graph as it is now' if same else 'differs from the graph; export it again'}")
    return 0 if same else 1


def load(options: argparse.Namespace) -> int:
    """Load the graph into a store."""
    from rejoinder.outputs import load as loading

    graph = opened(options)
    if options.dry_run:
        graphs = loading.plan(graph.compiled)
        say(
            f"would load {len(graphs)} graphs with {sum(size for _, size in graphs):,} statements into {options.target}"
        )
        return 0
    if options.target.startswith(("http://", "https://")):
        done = loading.into_server(
            graph.compiled, options.target, replace=options.replace, timeout=options.timeout, progress=progress
        )
    else:
        done = loading.into_folder(graph.compiled, options.target, replace=options.replace)
    removed = f"; {done.removed} old graphs were removed" if done.removed else ""
    say(
        f"loaded {done.graphs} graphs with {done.statements:,} statements into {options.target}, counted there{removed}"
    )
    return 0


def info(options: argparse.Namespace) -> int:
    """Show what there is."""
    graph = opened(options)
    compiled = graph.compiled
    disputes = len(_quads(compiled, ACCEPTED, rj("onProperty")))
    rulings = len({quad.object for quad in _quads(compiled, ACCEPTED, rj("ruledBy"))})
    lines = [
        f"rejoinder {__version__}",
        f"queries    {len(graph.queries)}",
        f"passages   {len(compiled.manifest.passages) - rulings}, and {rulings} rulings",
        f"accepted   {len(_quads(compiled, ACCEPTED))} statements",
        f"inferred   {len(_quads(compiled, INFERRED))} statements",
        f"disputes   {disputes}, {len(compiled.manifest.unruled)} without a ruling",
        f"cache      {cache.folder()} ({_size(cache.folder())})",
        "sources",
    ]
    for row in graph.query("claims-by-source").rows:
        name = f"{row['source']}, {row['sureness']}" if row["sureness"] else row["source"]
        lines.append(f"  {name}: {row['passages']} passages, {row['claims']} claims")
    emit("\n".join(lines) + "\n", None)
    return 0


def _quads(compiled: Compiled, graph: str, predicate: str | None = None) -> list[ox.Quad]:
    wanted = ox.NamedNode(predicate) if predicate else None
    return list(compiled.store.quads_for_pattern(None, wanted, None, ox.NamedNode(graph)))


def _size(folder: str) -> str:
    total = sum(os.path.getsize(os.path.join(where, name)) for where, _, names in os.walk(folder) for name in names)
    return f"{total / 1e6:.1f} MB"
