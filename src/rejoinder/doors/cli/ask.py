"""The commands that ask: queries, query, sparql, describe, why."""

import argparse
import json
import os
import sys
from collections.abc import Iterable

import pyoxigraph as ox

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
    return _answer(options, graph, graph.bound(options.name, _parameters(options)))


def _parameters(options: argparse.Namespace) -> dict[str, object]:
    parameters: dict[str, object] = {}
    for name, value in options.parameter:
        if name in parameters:
            raise UsageError(f"parameter '{name}' is given twice", "give each parameter once")
        parameters[name] = value
    return parameters


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
    """Prove a statement, or a row of an answer."""
    from rejoinder.outputs import explanations

    format = format_of(options, explanations.FORMATS, "text")
    if options.row is not None:
        return _why_row(options, format)
    if options.predicate is None or options.value is None:
        raise UsageError(
            "a statement has three parts", "give SUBJECT PROPERTY VALUE; or a query's NAME with --row N for a row"
        )
    if options.parameter:
        raise UsageError("parameters are for queries, and this is a statement", "add --row N, or leave them out")
    graph = opened(options)
    explanation = graph.why(options.subject, options.predicate, options.value)
    emit(explanations.write(explanation, format, graph.citations), options.output)
    return 0


def _why_row(options: argparse.Namespace, format: str) -> int:
    from rejoinder.outputs import cited

    if options.predicate is not None:
        raise UsageError("with --row only the name of a query is given", "leave the rest out; parameters go with -p")
    graph = opened(options)
    asked = "sparql" if options.subject == "-" or options.subject.endswith(".rq") else "query"
    if asked == "sparql":
        text = read_text(options.subject, "give a file with a SPARQL query")
    else:
        text = graph.bound(options.subject, _parameters(options))
    answer = graph.sparql(text)
    if not 1 <= options.row <= answer.size:
        raise UsageError(
            f"there is no row {options.row}: the answer has {answer.size}",
            f"the first is 1; see their numbers with: rejoinder {asked} {options.subject} --cite",
        )
    number = options.row - 1
    emit(cited.why(answer, graph.cite(answer, number), graph.citations, number, format), options.output)
    return 0


def _answer(options: argparse.Namespace, graph: Graph, text: str) -> int:
    if options.show:
        emit(text if text.endswith("\n") else text + "\n", options.output)
        return 0
    if options.cite and options.without:
        raise UsageError("--cite and --without are two questions", "ask them one after the other")
    if options.cite:
        _write_cited(options, graph, text)
        return 0
    _write(options, graph, _compared(options, graph, text) if options.without else graph.sparql(text))
    return 0


def _write_cited(options: argparse.Namespace, graph: Graph, text: str) -> None:
    from rejoinder.outputs import cited

    format = format_of(options, ROW_FORMATS, "table")
    answer = graph.sparql(text)
    rows = graph.cite(answer)
    if format in tables.GRAPH_FORMATS:
        from rejoinder.outputs.provenance import provenance

        emit(_graph_text(graph, provenance(answer, rows, graph.citations), format), options.output)
        return
    emit(cited.pieces(answer, rows, graph.citations, format, width=_width(options)), options.output)
    _say_empty(answer)


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
    if answer.kind == "triples" and format == "json-ld":
        emit(_graph_text(graph, answer.triples, format), options.output)
        return
    emit(tables.write(answer, format, width=_width(options)), options.output)
    _say_empty(answer)


def _graph_text(graph: Graph, triples: Iterable[ox.Triple], format: str) -> str:
    from rejoinder.outputs.rdf import write_triples

    return write_triples(triples, format, graph.inputs.ontology_file("context.jsonld").content)


def _width(options: argparse.Namespace) -> int | None:
    """Return the width of a terminal, which a table should fit; a pipe or a file gets every letter."""
    return os.get_terminal_size().columns if sys.stdout.isatty() and not options.output else None


def _say_empty(answer: Answer) -> None:
    if not answer.size:
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
