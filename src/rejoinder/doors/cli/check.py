"""The commands that check: validate, check-citations and sources."""

import argparse
import json
from collections.abc import Callable

from rejoinder.checks.findings import Finding, Report
from rejoinder.doors.cli.talk import emit, opened, read_text, say
from rejoinder.errors import InputError, UsageError
from rejoinder.sources import files, texts

__all__ = ["check_citations", "list_sources", "locate_passage", "validate", "verify_source"]


def validate(options: argparse.Namespace) -> int:
    """Report all findings; exit code 1 if one is as severe as --fail-on."""
    if options.endpoint and (options.paths or options.reference):
        raise UsageError(
            "with --endpoint the shapes are checked on what the store holds, in the store",
            "leave out the paths and --reference",
        )
    report = opened(options, consistent=False).validate(by_reference=options.reference)
    if options.paths:
        report = report.about({file.name for file in files.find(tuple(options.paths), bundled_data=False).data})
    emit(_FORMATS[options.format](report), options.output)
    say(f"{report.counts()} in {report.checked}")
    return 1 if options.fail_on != "never" and report.at_least(options.fail_on) else 0


def check_citations(options: argparse.Namespace) -> int:
    """Print what is wrong with a proof; exit code 1 if anything is."""
    from rejoinder.checks.citations import check

    inputs = files.find(tuple(options.data), bundled_data=not options.no_bundled_data)
    faults = check(
        read_text(options.file, "give a file that `why … -f json` or `query … --cite -f json` wrote"), inputs
    )
    emit("".join(f"{fault}\n" for fault in faults), options.output)
    say(f"faults: {len(faults)}" if faults else "each citation and each step holds")
    return 1 if faults else 0


def _text(report: Report) -> str:
    lines = []
    for one in report.findings:
        lines.append(f"{one.place}: {one.severity}: {one.message} [{one.rule}]")
        if one.cure:
            lines.append(f"  {one.cure}")
    return "".join(line + "\n" for line in lines)


def _json(report: Report) -> str:
    return json.dumps([_record(one) for one in report.findings], ensure_ascii=False, indent=1) + "\n"


def _record(one: Finding) -> dict[str, object]:
    return {
        "severity": one.severity,
        "rule": one.rule,
        "file": one.place.file,
        "line": one.place.line,
        "column": one.place.column,
        "message": one.message,
        "cure": one.cure,
        "also": [str(place) for place in one.also],
        "subject": one.subject,
    }


def _github(report: Report) -> str:
    """Write workflow commands, which GitHub shows at the lines of a change."""
    level = {"violation": "error", "warning": "warning", "info": "notice"}
    return "".join(
        f"::{level[one.severity]} file={_property(one.place.file)},line={one.place.line},col={one.place.column},"
        f"title={_property(one.rule)}::{_escape(one.message + (chr(10) + one.cure if one.cure else ''))}\n"
        for one in report.findings
    )


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


_FORMATS: dict[str, Callable[[Report], str]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "turtle": lambda report: report.shacl,
}


def list_sources(options: argparse.Namespace) -> int:
    """List the sources with their passages and claims."""
    from rejoinder.outputs.tables import write

    emit(write(opened(options).query("claims-by-source"), "table"), None)
    return 0


def verify_source(options: argparse.Namespace) -> int:
    """Compare the passages of a source with its text; exit code 1 at the first difference."""
    inputs = files.find(tuple(options.data), bundled_data=not options.no_bundled_data)
    passages = texts.ranges(inputs, options.source)
    text = _read(options.text)
    differences = texts.verify(text, passages)
    if not differences:
        say(f"all {len(passages)} passages of '{options.source}' stand in {options.text} as they say")
        return 0
    first = differences[0].range
    emit(
        f"{options.text}: characters {first.start} to {first.end}: not what {first.file} says: {differences[0].says}\n",
        None,
    )
    say(f"{len(differences)} of {len(passages)} passages differ")
    return 1


def locate_passage(options: argparse.Namespace) -> int:
    """Print what the descriptions of a passage and of its source need."""
    text = _read(options.text)
    found = texts.locate(text, options.first, options.last)
    whole = texts.whole(text)
    emit(
        "    # the passage\n"
        f"    rj:endCharacter {found.end} ;\n"
        f"    rj:firstWords {json.dumps(found.first_words, ensure_ascii=False)} ;\n"
        f"    rj:lastWords {json.dumps(found.last_words, ensure_ascii=False)} ;\n"
        f"    rj:startCharacter {found.start} ;\n"
        f'    rj:textDigest "{found.digest}" .\n'
        "    # the source\n"
        f'    rj:textDigest "{whole.digest}" ;\n'
        f"    rj:textLength {whole.end} .\n",
        None,
    )
    return 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:  # a digest counts line breaks as they are
            return file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", "give the text of the source") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 at byte {error.start}", "save the text as UTF-8") from None
