"""The arguments that each command takes."""

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn

from rejoinder import __version__
from rejoinder.errors import UsageError, did_you_mean

__all__ = ["parse"]

ROW_FORMATS = ("table", "csv", "tsv", "json", "jsonl", "srj", "markdown", "turtle", "json-ld", "ntriples")
RDF_FORMATS = ("turtle", "json-ld", "ntriples", "nquads", "trig", "rdf-xml")


def _address(text: str) -> str:
    if not text:  # as where a variable of the shell is not set: the bundled graph is not what was meant
        raise argparse.ArgumentTypeError("the address is empty")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds above 0")
    return seconds


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a number from 0 to 65535")
    return int(text)


def _rows(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of rows above 0")
    return int(text)


def _formatter(prog: str) -> argparse.HelpFormatter:
    # argparse makes one for each argument that is added, and without a width each asks the terminal for it.
    return argparse.HelpFormatter(prog, width=100)


class _Parser(argparse.ArgumentParser):
    """argparse with errors of ours: what is wrong and the nearest name."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("formatter_class", _formatter)
        super().__init__(allow_abbrev=False, **settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see: {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            what = "command" if isinstance(action, argparse._SubParsersAction) else "value"
            for_what = "" if what == "command" else f" for {'/'.join(action.option_strings)}"
            cure = did_you_mean(str(value), known, f"known: {', '.join(known)}")
            raise UsageError(f"there is no {what} '{value}'{for_what}", cure)

    def parse_all(self, arguments: list[str]) -> argparse.Namespace:
        """Parse, and refuse what is not known with the nearest flag of the command it was given to."""
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            known = [flag for action in options.parser._actions for flag in action.option_strings]
            name = unknown[0]
            raise UsageError(
                f"unexpected {'option' if name.startswith('-') else 'argument'} '{name}'",
                did_you_mean(name.split("=")[0], known, f"see: {options.parser.prog} --help"),
            )
        return options


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command line; `options.run` is the command to call with them. Raises UsageError."""
    parser = _Parser(
        prog="rejoinder",
        description="Who released which AI model, on which terms, and who answered: each fact with its source.",
        epilog="Exit codes: 0 done, 1 a check found something, 2 wrong usage, 3 an input cannot be read, "
        "4 a store, an endpoint or the disk failed, 70 a bug.",
    )
    parser.add_argument("--version", action="version", version=f"rejoinder {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (help, run, add_arguments) in _COMMANDS.items():
        made = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
        made.set_defaults(run=_later(run), parser=made)
        if name in arguments:  # each argument costs time, so only those of the command that is meant are made
            made.add_argument("--debug", action="store_true", help="show a stack trace on errors")
            add_arguments(made)
    return parser.parse_all(list(arguments))


def _later(path: str) -> Callable[[argparse.Namespace], int]:
    """Return a command that is imported when it runs."""

    def run(options: argparse.Namespace) -> int:
        from importlib import import_module

        module, name = path.split(".")
        return getattr(import_module(f"rejoinder.doors.cli.{module}"), name)(options)  # type: ignore[no-any-return]

    return run


def _queries(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("--tag", help="only queries with this tag")
    parser.add_argument("-f", "--format", choices=("table", "json", "turtle"), default="table")
    _add_data(parser)
    _add_output(parser)


def _query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    _add_parameters(parser)
    _add_cite(parser)
    _add_answer(parser)


def _sparql(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", default="-", metavar="FILE|-")
    _add_cite(parser)
    _add_answer(parser)


def _describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("term", metavar="TERM", help="an IRI, a CURIE such as model:gpt-3, or an exact label")
    _add_answer(parser)


def _why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "subject", metavar="SUBJECT|NAME", help="an IRI, a CURIE such as release:bloom, or an exact label; or a query"
    )
    parser.add_argument(
        "predicate", nargs="?", metavar="PROPERTY", help="likewise, such as rj:respondsTo, or 'a' for its class"
    )
    parser.add_argument("value", nargs="?", metavar="VALUE", help="likewise, or the text of a literal")
    parser.add_argument(
        "--row", type=int, metavar="N", help="why the query NAME has its row N, the first being 1; or FILE.rq, or -"
    )
    _add_parameters(parser)
    parser.add_argument(
        "-f", "--format", choices=("text", "json", "mermaid"), help="default: by the ending of -o, else text"
    )
    _add_endpoint(parser)
    _add_data(parser)
    _add_output(parser)


def _check_citations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE|-", help="what `why … -f json` or `query … --cite -f json` wrote")
    _add_data(parser)
    _add_output(parser)


def _validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of yours, checked with the graph")
    parser.add_argument("-f", "--format", choices=("text", "json", "turtle", "github"), default="text")
    parser.add_argument(
        "--fail-on",
        choices=("violation", "warning", "info", "never"),
        default="violation",
        help="exit with 1 if there is a finding this severe (default: violation)",
    )
    parser.add_argument("--reference", action="store_true", help="check the shapes by pySHACL, which takes longer")
    parser.add_argument(
        "--endpoint", type=_address, metavar="URL", help="check the shapes on what this store holds, and in it"
    )
    _add_store(parser)
    parser.add_argument("--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="for the store (default: 60)")
    _add_data(parser)
    _add_output(parser)


def _sources(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    steps = parser.add_subparsers(metavar="STEP", parser_class=_Parser)
    verify = steps.add_parser("verify", help="check the ranges and hashes of a source's passages against its text")
    verify.set_defaults(run=_later("check.verify_source"), parser=verify)
    locate = steps.add_parser("locate", help="print range, hash and locators of a passage, as Turtle to paste")
    locate.set_defaults(run=_later("check.locate_passage"), parser=locate)
    _add_data(verify, argparse.SUPPRESS)  # a default here would forget what was given before the step
    for step in (verify, locate):
        step.add_argument("--debug", action="store_true", help="show a stack trace on errors")
        step.add_argument("--text", required=True, metavar="FILE", help="the text of the source (UTF-8)")
    verify.add_argument("source", metavar="SOURCE", help="the source's name, e.g. article")
    locate.add_argument("first", metavar="FIRST-WORDS", help="words that the passage begins with")
    locate.add_argument("last", metavar="LAST-WORDS", help="words that it ends with")


def _infer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--format", choices=("turtle", "ntriples", "json-ld"), default="turtle")
    parser.add_argument(
        "--endpoint", type=_address, metavar="URL", help="print nothing: let this store infer, and publish it there"
    )
    _add_store(parser)
    _add_requests(parser)
    _add_data(parser)
    _add_output(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--format", choices=RDF_FORMATS, help="default: by the ending of -o, else turtle")
    parser.add_argument(
        "--include",
        metavar="LAYERS",
        help="comma-separated: accepted, inferred, passages, ontology, alignments "
        "(default: accepted,inferred,passages)",
    )
    parser.add_argument(
        "--shards",
        type=int,
        metavar="N",
        help="write all layers as N files of N-Quads into the folder of -o, for the bulk loader of a store",
    )
    _add_store(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file of -o differs")
    _add_data(parser)
    _add_output(parser)


def _load(parser: argparse.ArgumentParser) -> None:
    _add_target(parser)
    parser.add_argument(
        "--replace", action="store_true", help="replace graphs with our names that no load has recorded"
    )
    parser.add_argument(
        "--verify", action="store_true", help="read back what is there already too, instead of only counting it"
    )
    _add_data(parser)


def _unload(parser: argparse.ArgumentParser) -> None:
    _add_target(parser)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="a folder, or the address of a store, http://127.0.0.1:7878")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing but try the store"
    )
    _add_store(parser)
    _add_requests(parser)


def _add_requests(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show", action="store_true", help="print each request to a server")
    parser.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="for each request (default: 60)"
    )
    parser.add_argument(
        "--retry-for",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="try again for so long while a server that has answered once gives no answer (default: 60)",
    )


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="listen there (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, metavar="NUMBER", help="0 for any (default: 8000)")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a name that the server may be called by, beside its address (repeatable; default on this machine: "
        "localhost)",
    )
    parser.add_argument(
        "--limit", type=_seconds, default=10.0, metavar="SECONDS", help="stop a query after so long (default: 10)"
    )
    parser.add_argument(
        "--rows", type=_rows, default=100_000, metavar="NUMBER", help="the most rows of an answer (default: 100000)"
    )
    _add_data(parser)


def _site(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="PATH", required=True, help="a new folder, or a site to be replaced")
    parser.add_argument(
        "--single-file", action="store_true", help="write start page and SPARQL into a file, to be opened from a disk"
    )
    _add_data(parser)


def _stores(parser: argparse.ArgumentParser) -> None:
    pass


def _add_endpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--endpoint", type=_address, metavar="URL", help="ask this store, which the graph was loaded into"
    )
    _add_store(parser)
    parser.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="for the endpoint (default: 60)"
    )


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="KIND", help="what kind of store it is; see: rejoinder stores")


def _add_data(parser: argparse.ArgumentParser, default: object = None) -> None:
    usual = default is None
    parser.add_argument(
        "--data",
        action="append",
        default=[] if usual else default,
        metavar="PATH",
        help="add a Turtle file or folder of yours (repeatable)",
    )
    parser.add_argument(
        "--no-bundled-data",
        action="store_true",
        default=False if usual else default,
        help="leave the bundled facts out",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="write there, whole or not at all")


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a value for a parameter; an IRI may be given whole, as a CURIE, or by exact label",
    )


def _add_cite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cite",
        action="store_true",
        help="add to each row the passages that it rests on, and the steps to what is inferred",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="SOURCE",
        help="answer as if this source did not exist, and show which rows are lost, new or changed (repeatable)",
    )


def _add_answer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--format", choices=ROW_FORMATS, help="default: by the ending of -o, else table")
    _add_endpoint(parser)
    parser.add_argument("--show", action="store_true", help="print the SPARQL text, and ask nothing")
    _add_data(parser)
    _add_output(parser)


_COMMANDS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "queries": ("list the stored queries, or explain one", "ask.queries", _queries),
    "query": ("run a stored query", "ask.query", _query),
    "sparql": ("run any SPARQL query, from a file or standard input", "ask.sparql", _sparql),
    "describe": ("show all that is known of one thing, with its passages", "ask.describe", _describe),
    "why": ("prove a statement or a row, down to the passages that it rests on", "ask.why", _why),
    "check-citations": (
        "check a proof or a cited answer that was written as JSON against the data files",
        "check.check_citations",
        _check_citations,
    ),
    "validate": ("check files and graph, and report all findings", "check.validate", _validate),
    "sources": ("list the sources, or compare their passages with a text", "check.list_sources", _sources),
    "infer": ("print the statements that follow from the accepted ones", "publish.infer", _infer),
    "export": ("write the graph in a format of RDF", "publish.export", _export),
    "load": ("load the graph into the folder of an Oxigraph store, or into a server", "publish.load", _load),
    "unload": ("take the graph out of a store again", "publish.unload", _unload),
    "stores": (
        "list the kinds of stores that are known, with what their addresses look like",
        "publish.stores",
        _stores,
    ),
    "serve": ("serve the pages of the explorer and a SPARQL endpoint", "serve.serve", _serve),
    "site": ("write the explorer as files, with a SPARQL engine for the browser", "site.site", _site),
    "info": ("show version, counts, sources and where the cache is", "publish.info", _add_data),
}
