"""Answers with their citations: footnotes for people, JSON for programs."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from rejoinder.answers.answer import Answer, Row
from rejoinder.answers.citations import Citation, Citations
from rejoinder.answers.patterns import Graph, Group, Path, Triple, text
from rejoinder.answers.rows import Because, Rows
from rejoinder.answers.support import Absent, Fact
from rejoinder.answers.why import Node, cited_by, leaves
from rejoinder.errors import UsageError
from rejoinder.outputs import tables
from rejoinder.outputs.explanations import drawing, grounds, named_thing, note, record, tree
from rejoinder.outputs.tables import GRAPH_FORMATS, plain
from rejoinder.vocabulary import LABEL, PREFIXES, RDF_TYPE, compress

__all__ = ["CITED", "READ", "STATUS", "in_words", "pieces", "told", "why", "write"]

#: The column that citations go to.
CITED = "citations"
#: More statements than these of one row nobody reads, nor looks at in a drawing.
READ = 100
#: What is said above them.
STATUS = {
    "cited": "this row is there because",
    "derived": "this row is there because",
    "aggregate": "this row is made from all of these:",
    "absence": "this row is there because nothing else is on record",
    "no-source": "the query itself gives this row; no statement is behind it",
    "unexplained": "this row could not be found again in the compiled graph, so nothing can be cited for it",
}


def write(answer: Answer, rows: Rows, names: Citations, format: str, *, width: int | None = None) -> str:
    """Return an answer with what each row rests on, as text that ends in a line break: see `pieces`."""
    return "".join(pieces(answer, rows, names, format, width=width))


def pieces(answer: Answer, rows: Rows, names: Citations, format: str, *, width: int | None = None) -> Iterator[str]:
    """Yield an answer with what each row rests on, in pieces of text.

    A table has numbered footnotes, with letters for what is inferred or disputed; csv and tsv name the passages in a
    last column; json, jsonl and srj hold statements, proofs and passages. For Turtle and JSON-LD see
    `rejoinder.outputs.provenance`. Raises UsageError for a format that does not fit.
    """
    if answer.kind == "triples" and format in ("csv", "tsv", "srj"):
        raise UsageError(
            f"'{format}' is a format for rows, and this query answers with a graph",
            f"choose one of: table, markdown, json, jsonl, {', '.join(GRAPH_FORMATS)}",
        )
    numbers = range(len(rows))
    if format in ("table", "markdown"):
        yield _footnoted(answer, rows, names, format, width)
    elif format in ("csv", "tsv"):
        named = (" ".join(compress(one.passage) for one in rows.citations(rows[number])) for number in numbers)
        yield tables.write(_with_column(answer, named) if answer.kind == "rows" else answer, format)
    elif format == "jsonl":
        for number in numbers:
            shown = _described(answer, rows, number, lambda facts: [record(rows.node(fact), names) for fact in facts])
            yield _dumped(shown) + "\n"
    elif format == "srj":
        plain = json.loads(tables.write(answer, "srj"))
        # Before the results: parsers that read as they go take nothing behind them.
        yield f'{{"head": {_dumped(plain.pop("head"))}, "{CITED}": '
        yield from _shared(answer, rows, names, numbers)
        yield f", {_dumped(plain)[1:]}\n"
    else:
        yield from _shared(answer, rows, names, numbers)
        yield "\n"


def why(answer: Answer, rows: Rows, names: Citations, number: int, format: str) -> str:
    """Return why one row is there: as a tree, as JSON, or as a drawing in Mermaid."""
    if format == "json":
        return "".join(_shared(answer, rows, names, [number])) + "\n"
    because = rows.because(number)
    shown = _shown(answer, number)
    if format == "mermaid":
        title = "; ".join(f"{name}: {value}" for name, value in shown) or answer.kind
        return "".join(f"{line}\n" for line in drawing(because.facts[:READ], names, title))
    numbers = {citation: place for place, citation in enumerate(cited_by((*because.facts, *because.context)), 1)}
    lines = [f"{name}: {value}" for name, value in shown]
    ways = f" (one of {because.ways} ways to it)" if because.ways > 1 else ""
    lines += ["", f"{STATUS[because.status]}{ways}"]
    before: set[Node] = set()
    lines += _trees(told(because), names, numbers, before)
    if because.context:
        lines += ["", "these support nothing, but keep others from being counted or found in its place:"]
        lines += _trees(because.context, names, numbers, before)
    if because.absent:
        lines += ["", "not on record:", *(f"  {in_words(one, names)}" for one in because.absent)]
    lines += ["", *_needed(because)]
    for citation, place in numbers.items():
        lines += ["", *note(citation, place, names)]
    if not because.complete:
        lines += ["", "The search for further ways and proofs was cut off, so there may be others."]
    return "".join(plain(line).rstrip() + "\n" for line in lines)


def _trees(
    facts: Sequence[Node], names: Citations, numbers: Mapping[Citation, int], before: set[Node]
) -> Iterator[str]:
    for fact in facts[:READ]:
        yield from tree(fact, names, numbers, "  ", before, marked=True)
    if len(facts) > READ:
        yield f"  … and {len(facts) - READ:,} more statements; -f json has all"


def told(because: Because) -> list[Node]:
    """Return the statements of a row in the order to tell them: names last; what is within a proof is told there."""
    below = {node for fact in because.facts for premise in fact.premises for node in _all(premise)}
    return sorted((one for one in because.facts if one not in below), key=lambda one: one.statement[1].value == LABEL)


def _needed(because: Because) -> Iterator[str]:
    told = list((because.necessary or {}).values())
    if True in told:
        yield "* without this, the row would go"
    if None in told:
        yield "? whether it would was not decided"
    if False in told:
        yield "without those that have neither mark, it would stay: there are other ways to it"


_BRIEF = {
    "absence": "(nothing on record)",
    "no-source": "(given by the query)",
    "unexplained": "(unexplained)",
}


def _all(node: Node) -> Iterator[Node]:
    yield node
    for premise in node.premises:
        yield from _all(premise)


def _footnoted(answer: Answer, rows: Rows, names: Citations, format: str, width: int | None) -> str:
    numbers: dict[Citation, int] = {}
    told: dict[Node, str] = {}
    marks, absent = [], []
    for number in range(len(rows)):
        because = rows.because(number)
        for citation in because.citations:
            numbers.setdefault(citation, len(numbers) + 1)
        for fact in because.facts:
            if _needs_note(fact):
                told.setdefault(fact, _letters(len(told)) + ("!" if _is_disputed(fact) else ""))
        absent.append(because.absent)
        marks.append(_marks(because, numbers, told))
    if answer.kind == "rows":
        lines = tables.write(_numbered(answer, marks), format, width=width).splitlines()
    else:
        shown = ["  ".join(value for _, value in _shown(answer, number)) for number in range(len(rows))]
        lines = [
            f"{one}  {mark if mark.startswith('(') else f'[{mark}]'}" for one, mark in zip(shown, marks, strict=True)
        ]
    proofs = []
    for fact, letter in told.items():
        first, *more = tree(fact, names, numbers, "    ")
        proofs.append([f"[{letter}] {first.strip()}", *more])
    proofs += [missing] if (missing := _not_on_record(answer, absent, names)) else []
    if format == "markdown":
        for citation, place in numbers.items():
            lines += ["", *_markdown_note(citation, place, names)]
        for first, *more in proofs:
            lines += [
                "",
                f"**{_escaped(first)}**",
                "",
                *(f"    {line}" for line in more),
            ]  # indented, it stays as it is
    else:
        notes = [note(citation, place, names) for citation, place in numbers.items()]
        lines += [line for one in (*notes, *proofs) for line in ["", *one]]
    return "".join(plain(line).rstrip() + "\n" for line in lines)


def _escaped(text: str) -> str:
    """Return a text in which Markdown sees no marks of its own."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in text)


def _markdown_note(citation: Citation, number: int, names: Citations) -> Iterator[str]:
    """Yield a footnote with its links as a list and its reason as text."""
    yield f"**{_escaped(note(citation, number, names)[0])}**"
    yield ""
    yield from [f"- <{citation.link}>"] if citation.link else []
    yield from (f"- which cites <{document}>" for document in citation.documents)
    yield from [_escaped(f"reason: {citation.reason}")] if citation.reason else []
    yield from [""] if citation.based_on else []
    for name, link in grounds(citation, names):
        yield f"- based on {_escaped(name)}{f' <{link}>' if link else ''}"


def _not_on_record(answer: Answer, absent: list[tuple[Absent, ...]], names: Citations) -> list[str]:
    found: dict[str, list[int]] = {}
    for number, patterns in enumerate(absent, 1):
        for one in patterns:
            found.setdefault(in_words(one, names), []).append(number)
    if not found:
        return []
    if answer.kind != "rows":
        return ["Not on record:", *(f"  {words}" for words in found)]
    of = {
        words: f"row{'s' if len(numbers) > 1 else ''} {', '.join(_ranges(numbers))}" for words, numbers in found.items()
    }
    return ["Not on record:", *(f"  {of[words]}: {words}" for words in found)]


def _needs_note(fact: Node) -> bool:
    """Tell whether a statement needs words of its own: it is inferred, or its sources contradict each other."""
    return fact.kind == "inferred" or _is_disputed(fact)


def _is_disputed(fact: Node) -> bool:
    return any(leaf.dispute for leaf in leaves(fact)) or fact.dispute is not None


def _marks(because: Because, numbers: dict[Citation, int], told: dict[Node, str]) -> str:
    """Return the footnotes of a row, such as "1-5 8 a b!", where "!" says that sources contradict each other."""
    cited = _ranges([numbers[citation] for citation in because.citations])
    notes = [told[fact] for fact in because.facts if fact in told]
    status = [] if because.facts else [_BRIEF[because.status]]
    return " ".join([*cited, *notes, *status]) or "(by definition)"


def _ranges(numbers: list[int]) -> Iterator[str]:
    """Yield numbers in order, three or more that follow each other as a range."""
    left = sorted(numbers)
    while left:
        size = next((n for n in range(1, len(left)) if left[n] != left[0] + n), len(left))
        yield from [f"{left[0]}-{left[size - 1]}"] if size > 2 else map(str, left[:size])
        left = left[size:]


def _letters(number: int) -> str:
    """Return a, b, … z, aa, ab, …"""
    return (_letters(number // 26 - 1) if number > 25 else "") + chr(ord("a") + number % 26)


def _numbered(answer: Answer, cells: Iterable[str]) -> Answer:
    """Return rows with their number, by which `why --row` knows them, and their footnotes."""
    cited = _with_column(answer, cells)
    columns = ("row", *cited.columns)
    integer = ox.NamedNode(PREFIXES["xsd"] + "integer")
    rows = (
        Row(columns, (ox.Literal(str(number), datatype=integer), *row.terms))
        for number, row in enumerate(cited.rows, 1)
    )
    return cited._replace(columns=columns, rows=tuple(rows))


def _with_column(answer: Answer, cells: Any) -> Answer:
    columns = (*answer.columns, CITED)
    rows = tuple(Row(columns, (*row.terms, ox.Literal(cell))) for row, cell in zip(answer.rows, cells, strict=True))
    return answer._replace(columns=columns, rows=rows)


def _shown(answer: Answer, number: int) -> list[tuple[str, str]]:
    if answer.kind == "boolean":
        return [("answer", "yes" if answer.boolean else "no")]
    if answer.kind == "triples":
        triple = answer.triples[number]
        return [("statement", " ".join(tables.shown(term) for term in triple))]
    row = answer.rows[number]
    return [(name, tables.shown(term)) for name, term in zip(row.columns, row.terms, strict=True) if term is not None]


# Structure for programs, in pieces, since an answer may rest on more statements than one would hold as text.


def _shared(answer: Answer, rows: Rows, names: Citations, numbers: Iterable[int]) -> Iterator[str]:
    """Yield rows that point to statements, then the statements, each of which is written once."""
    statements: dict[Fact, int] = {}

    def point(facts: tuple[Fact, ...]) -> list[int]:
        return [statements.setdefault(fact, len(statements)) for fact in facts]

    yield f'{{\n"query": {_dumped(answer.text)},\n"rows": ['
    for place, number in enumerate(numbers):
        yield f"{',' if place else ''}\n {_dumped(_described(answer, rows, number, point))}"
    yield '\n],\n"statements": ['
    for place, fact in enumerate(statements):
        yield f"{',' if place else ''}\n {_dumped(record(rows.node(fact), names))}"
    yield "\n]\n}"


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _described(
    answer: Answer, rows: Rows, number: int, show: Callable[[tuple[Fact, ...]], list[Any]]
) -> dict[str, Any]:
    """Return a row and what it rests on; `show` writes statements, or points to them."""
    found: dict[str, Any] = {}
    if answer.kind == "rows":
        row = answer.rows[number]
        found["values"] = tables.values(row)
        found["terms"] = {c: str(term) for c, term in zip(row.columns, row.terms, strict=True) if term is not None}
    elif answer.kind == "triples":
        found["statement"] = [str(term) for term in answer.triples[number]]
    else:
        found["boolean"] = answer.boolean
    cited = rows[number]
    found |= {
        "status": cited.status,
        "ways": cited.ways,
        "statements": show(cited.facts),
        "context": show(cited.context),
        "absent": [text(one.pattern) for one in cited.absent],
        "citations": [citation.passage for citation in rows.citations(cited)],
    }
    if rows.is_single:
        found["necessary"] = [
            {
                "statement": [str(t) for t in leaf.statement],
                "passage": leaf.passage and leaf.passage.value,
                "necessary": is_,
            }
            for leaf, is_ in rows.necessary(number).items()
        ]
    if not rows.is_complete(cited):
        found["complete"] = False
    return found


# Absence in words.


def in_words(absent: Absent, names: Citations) -> str:
    """Return what is not on record, by the labels of its terms."""
    words = " and ".join(_pattern_words(absent.pattern, names))
    return words or "anything that the query asks for"


def _pattern_words(node: Any, names: Citations) -> Iterator[str]:
    match node:
        case Triple():
            ends = [_term_words(term, names) for term in (node.subject, node.object)]
            if node.path == ox.NamedNode(RDF_TYPE):
                yield f"{ends[0]} as {ends[1]}"
            else:
                yield f"{ends[0]} – {_path_words(node.path, names)} – {ends[1]}"
        case Graph():
            yield from (f"in {_term_words(node.name, names)}: {words}" for words in _pattern_words(node.group, names))
        case Group():
            for element in node.elements:
                yield from _pattern_words(element, names)
        case tuple() if hasattr(node, "groups"):
            yield " or ".join(words for group in node.groups for words in _pattern_words(group, names))
        case tuple() if hasattr(node, "where"):
            yield from _pattern_words(node.where, names)


def _path_words(path: Any, names: Citations) -> str:
    if not isinstance(path, Path):
        return _term_words(path, names).strip("“”")
    parts = [_path_words(part, names) for part in path.parts]
    between = {"/": ", then ", "|": " or "}.get(path.operator, " or ")
    return between.join(parts) if path.operator != "^" else f"{parts[0]} (read the other way round)"


def _term_words(term: Any, names: Citations) -> str:
    return "something" if isinstance(term, ox.Variable) else named_thing(term, names)
