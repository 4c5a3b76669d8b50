"""The commands that hand the graph on: infer, export, load, info."""

import argparse
import os
from typing import TYPE_CHECKING

import pyoxigraph as ox

from rejoinder import __version__
from rejoinder.doors.cli.arguments import RDF_FORMATS
from rejoinder.doors.cli.talk import Meter, counted, emit, format_of, opened, say
from rejoinder.errors import UsageError
from rejoinder.graph import cache
from rejoinder.graph.compiled import Compiled
from rejoinder.stores import is_address
from rejoinder.vocabulary import ACCEPTED, INFERRED, rj

if TYPE_CHECKING:
    from rejoinder.outputs.load import Loaded
    from rejoinder.stores.server import Server

__all__ = ["export", "infer", "info", "load", "stores", "unload"]


def infer(options: argparse.Namespace) -> int:
    """Print the inferred statements, or let a store infer them."""
    if options.endpoint:
        if options.output or options.data or options.no_bundled_data:
            raise UsageError(
                "with --endpoint nothing is written here, and the store's own data count", "leave the rest out"
            )
        return _infer_there(options)
    emit(opened(options).export(options.format, ["inferred"]), options.output)
    return 0


def _infer_there(options: argparse.Namespace) -> int:
    from rejoinder.checks.validate import explain
    from rejoinder.graph.compiled import ontology_of
    from rejoinder.graph.rules import compile_rules
    from rejoinder.outputs.infer_server import infer_there

    rules = compile_rules(ontology_of(opened(options).compiled.store))  # those of the cache lack the constraints
    done = infer_there(_server(options.endpoint, options), rules, options.retry_for)
    if done.inconsistencies:
        emit("".join(f"{explain(one.says)}\n" for one in done.inconsistencies), None)
        say(f"statements contradict each other there, so nothing was published: {len(done.inconsistencies)}")
        return 1
    change = "published there" if done.is_new else "as it was there before"
    say(f"{done.statements:,} statements follow from what is accepted in {options.endpoint}: {change}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write layers of the graph."""
    if options.shards is not None:
        return _export_shards(options)
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


def _export_shards(options: argparse.Namespace) -> int:
    from rejoinder.outputs import shards
    from rejoinder.stores.profiles import PROFILES, profile_of

    if not options.output or options.include or options.check or options.format not in (None, "nquads"):
        raise UsageError(
            "--shards writes all layers as N-Quads into a folder", "add -o FOLDER; leave out --include, --check and -f"
        )
    chosen = [profile_of(options.store)] if options.store else list(PROFILES.values())
    quads = shards.write(opened(options).compiled, options.output, options.shards)
    say(f"{quads:,} quads in {options.shards} files, and {shards.MANIFEST}, in {options.output}. To load them:")
    for profile in chosen:
        emit("".join(f"{line}\n" for line in [f"# {profile.title}", *shards.commands(profile, options.output)]), None)
    return 0


def load(options: argparse.Namespace) -> int:
    """Load the graph into a store."""
    target = _target(options)
    graph = opened(options)
    violations = len(graph.validate().at_least("violation"))
    if violations:
        say(f"warning: the graph has {counted(violations, 'violation')}; see: rejoinder validate")
    done = graph.load(
        target,
        replace=options.replace,
        verified=options.verify,
        dry_run=options.dry_run,
        patience=options.retry_for,
        progress=Meter(),
    )
    kind = "" if isinstance(target, str) else f" ({target.profile.title})"
    compared = isinstance(target, str) or options.verify
    say(_loaded(done, f"{options.target}{kind}", options.dry_run, "read back and compared" if compared else "counted"))
    if options.dry_run and not isinstance(target, str):
        from rejoinder.outputs.publish import claimed, claims, is_atomic

        if claims(target):
            say("somebody is at work there, so whether an update of that store is one step was not tried out")
            return 0
        with claimed(target, options.retry_for):
            atomic = is_atomic(target, options.retry_for)
        say(
            "an update of that store is done whole or not at all, so that readers see the old graph or the new"
            if atomic
            else "an update of that store may be half done when it fails: readers other than rejoinder may see halves"
        )
    return 0


def _loaded(done: "Loaded", where: str, dry_run: bool, how: str) -> str:
    if not (done.graphs or done.removed):
        change = "is to be" if dry_run else "was"
        return f"{where} holds this graph already: all {done.same} graphs, {how} there. Nothing {change} changed."
    size = f"{counted(done.graphs, 'graph')} with {counted(done.triples, 'triple')}"
    words = [f"would load {size} into {where}" if dry_run else f"loaded {size} into {where}, read back and compared"]
    if done.resumed:
        words.append(f"{counted(done.resumed, 'triple')} had come with a load that was cut off")
    if done.same:
        words.append(f"as before: {counted(done.same, 'graph')}")
    if done.removed:
        words.append(f"{'would remove' if dry_run else 'removed'} {counted(done.removed, 'old graph')}")
    return "; ".join(words)


def unload(options: argparse.Namespace) -> int:
    """Take the graph out of a store."""
    from rejoinder import unload as take_out

    done = take_out(_target(options), dry_run=options.dry_run, patience=options.retry_for)
    if not (done.removed or done.resumed):
        say(f"{options.target} holds no graph of rejoinder. Nothing was changed.")
        return 0
    what = counted(done.removed, "graph") if done.removed else "what a load that was cut off has left"
    change = "would remove" if options.dry_run else "removed"
    say(f"{change} {what} from {options.target}; what others keep there stays")
    return 0


def stores(options: argparse.Namespace) -> int:
    """List the kinds of stores that are known."""
    from rejoinder.stores.profiles import PROFILES

    width = max(len(name) for name in PROFILES)
    emit(
        "".join(
            f"{one.name:<{width}}  {one.title}, {'tested' if one.tested else 'by its documentation'}\n"
            f"{'':<{width}}  {one.example}\n"
            for one in PROFILES.values()
        ),
        None,
    )
    return 0


def _target(options: argparse.Namespace) -> "str | Server":
    """Return the folder or the server that is meant. Raises UsageError for options that mean nothing to a folder."""
    if is_address(options.target):
        return _server(options.target, options)
    given = [name for name in ("store", "show", "verify") if getattr(options, name, None)]
    if given:
        raise UsageError(
            f"{options.target}: is a folder, for which --{given[0]} means nothing",
            "leave it out; a server's address begins with http:// or https://",
        )
    return str(options.target)


def _server(url: str, options: argparse.Namespace) -> "Server":
    from rejoinder.stores.connect import connect

    return connect(url, options.store, options.timeout, say if options.show else None)


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
