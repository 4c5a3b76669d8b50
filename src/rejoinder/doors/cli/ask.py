"""The commands that ask: queries, query, sparql, describe, why."""

import argparse
import json
import os
import sys

from rejoinder.answers.answer import Answer
from rejoinder.doors.cli.arguments import ROW_FORMATS
from rejoinder.doors.cli.talk import emit, format_of, opened, read_text, say
from rejoinder.doors.python import Graph
from rejoinder.errors import UsageError
from rejoinder.outputs import tables
from rejoinder.sources.catalog import StoredQuery, lookup, to_record

__all__ = ["describe", "queries", "query", "sparql", "why"]


def queries(options: argparse.Namespace) -> int:
    """List the stored queries, or explain one."""
    catalog = dict(opened(options).queries)
    chosen = [lookup(catalog, options.name)] if options.name else list(catalog.values())
    if options.tag:
        tags = sorted({tag for one in catalog.values() for tag in one.tags})
        if options.tag not in tags:
            raise UsageError(f"no query has the tag '{options.tag}'", f"known: {', '.join(tags)}")
        chosen = [one for one in chosen if options.tag in one.tags]
    if options.format == "json":
        text = json.dumps([to_record(one) for one in chosen], ensure_ascii=False, indent=1) + "\n"
    elif options.format == "turtle":
        from rejoinder.outputs.executables import write

        text = write(chosen)
    elif options.name:
        text = _explain(chosen[0])
    else:
        width = max(len(one.name) for one in chosen)
        text = "".join(f"{one.name:<{width}}  {one.summary}\n" for one in chosen)
    emit(text, options.output)
    return 0


def query(options: argparse.Namespace) -> int:
    """Run a stored query."""
    graph = opened(options)
    parameters: dict[str, object] = {}
    for name, value in options.parameter:
        if name in parameters:
            raise UsageError(f"parameter '{name}' is given twice", "give each parameter once")
        parameters[name] = value
    return _answer(options, graph, graph.bound(options.name, parameters))


def sparql(options: argparse.Namespace) -> int:
    """Run any query."""
    text = read_text(options.file, "give a file with a SPARQL query")
    return _answer(options, opened(options), text)


def describe(options: argparse.Namespace) -> int:
    """Show all that is known of one thing."""
    graph = opened(options)
    if options.show:
        emit(f"# {graph.iri(options.term)}\n", options.output)
        return 0
    _write(options, graph, graph.describe(options.term))
    return 0


def why(options: argparse.Namespace) -> int:
    """Prove a statement."""
    from rejoinder.outputs import explanations

    format = format_of(options, explanations.FORMATS, "text")
    graph = opened(options)
    explanation = graph.why(options.subject, options.predicate, options.value)
    emit(explanations.write(explanation, format, graph.citations), options.output)
    return 0


def _answer(options: argparse.Namespace, graph: Graph, text: str) -> int:
    if options.show:
        emit(text if text.endswith("\n") else text + "\n", options.output)
        return 0
    _write(options, graph, _compared(options, graph, text) if options.without else graph.sparql(text))
    return 0


def _compared(options: argparse.Namespace, graph: Graph, text: str) -> Answer:
    """Return the answer beside that of the graph without some sources, and say how many rows change."""
    from collections import Counter

    from rejoinder.answers.comparison import CHANGE, compare

    less, sources = graph, list(dict.fromkeys(options.without))
    for source in sources:
        less = less.without(source)
    less.require_consistent()
    compared = compare(graph.sparql(text), less.sparql(text))
    count = Counter(row[CHANGE] for row in compared.rows)
    say(
        f"without {' and '.join(sources)}: {count['lost']} rows lost, {count['before']} changed, "
        f"{count['new']} new, {count['same']} the same"
    )
    reopened = len(less.compiled.manifest.unruled) - len(graph.compiled.manifest.unruled)
    if reopened > 0:
        say(f"disputes without a ruling then, none of whose values counts: {reopened}; their rulings rest on it")
    return compared


def _write(options: argparse.Namespace, graph: Graph, answer: Answer) -> None:
    format = format_of(options, ROW_FORMATS, "table")
    # Only a terminal has a width that a table should fit; a pipe or a file gets every letter.
    width = os.get_terminal_size().columns if sys.stdout.isatty() and not options.output else None
    if answer.kind == "triples" and format == "json-ld":
        from rejoinder.outputs.rdf import write_triples

        context = graph.inputs.ontology_file("context.jsonld").content
        emit(write_triples(answer.triples, format, context), options.output)
        return
    emit(tables.write(answer, format, width=width), options.output)
    if not (answer.rows or answer.triples) and answer.kind != "boolean":
        say("no rows" if answer.kind == "rows" else "no statements")


def _explain(one: StoredQuery) -> str:
    lines = [one.name, f"  {one.question}"]
    if one.description:
        lines.append(f"  {one.description}")
    lines.append(f"  tags: {', '.join(one.tags)}")
    for title, rows in (
        ("parameters", [(p.name, _parameter(p)) for p in one.parameters]),
        ("columns", list(one.columns)),
    ):
        if rows:
            width = max(len(name) for name, _ in rows)
            lines += [f"  {title}:", *(f"    {name:<{width}}  {text}" for name, text in rows)]
    return "\n".join([*lines, f"  run it: rejoinder query {one.name}"]) + "\n"


def _parameter(parameter) -> str:  # type: ignore[no-untyped-def]
    if parameter.required:
        return f"{parameter.type}, default {parameter.default}"
    return f"{parameter.type}, optional"
