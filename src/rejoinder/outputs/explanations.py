"""Explanations as text: a tree in words, a drawing in Mermaid, and JSON for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyoxigraph as ox

from rejoinder.answers.citations import Citation, Citations
from rejoinder.answers.why import Explanation, Node
from rejoinder.graph.proofs import Statement
from rejoinder.graph.rules import EXPRESSION, Pattern, is_expression
from rejoinder.outputs.tables import plain
from rejoinder.vocabulary import PREFIXES, RDF_TYPE, compress

__all__ = [
    "FORMATS",
    "because",
    "drawing",
    "named_thing",
    "note",
    "premises",
    "reason",
    "record",
    "sentence",
    "tree",
    "write",
]

FORMATS = ("text", "json", "mermaid")

_OWL, _RDFS = PREFIXES["owl"], PREFIXES["rdfs"]
# What an axiom says, in words, by its predicate, or by the class of a property. {name} is what the axiom is about and
# {other} what it names, {kind} and {other_kind} are the same as classes, {steps} the members of the list that it names.
_WORDS = {
    _RDFS + "domain": "whatever has '{name}' is {other_kind}",
    _RDFS + "range": "whatever stands behind '{name}' is {other_kind}",
    _RDFS + "subPropertyOf": "'{name}' is a kind of '{other}'",
    _RDFS + "subClassOf": "{kind} is also {other_kind}",
    _OWL + "equivalentClass": "{kind} is by definition {other_kind}",
    _OWL + "equivalentProperty": "'{name}' is the same as '{other}'",
    _OWL + "inverseOf": "'{name}' is '{other}' read the other way round",
    _OWL + "propertyChainAxiom": "'{name}' is found by following {steps}",
    _OWL + "TransitiveProperty": "'{name}' reaches on through what it leads to",
    _OWL + "SymmetricProperty": "'{name}' holds in both directions",
    _OWL + "FunctionalProperty": "'{name}' has one value, so both are the same thing",
    _OWL + "InverseFunctionalProperty": "'{name}' tells one thing, so both are the same",
}
_KINDS = {
    "computed": "the days that this date allows",
    "narrowed": "the time that these dates have in common",
    "recorded": "recorded, since sources contradict each other",
    "ontology": "by definition, in this graph's vocabulary (the ontology)",
    "quoted": "as this passage says, whether it is accepted or not",
}


def write(explanation: Explanation, format: str, citations: Citations) -> str:
    """Return an explanation as an indented tree with numbered passages (text), as a Mermaid flowchart, or as JSON.

    In JSON terms are written as in N-Triples; a node has its statement, kind, rule, axiom, premises and citations.
    """
    if format == "json":
        whole = {"complete": explanation.complete, "proof": record(explanation.root, citations)}
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
    if format == "mermaid":
        return "".join(f"{line}\n" for line in drawing([explanation.root], citations))
    numbers = {citation: number for number, citation in enumerate(explanation.citations, 1)}
    lines = list(tree(explanation.root, citations, numbers, ""))
    for citation, number in numbers.items():
        lines += ["", *note(citation, number, citations)]
    if not explanation.complete:
        lines += ["", "The search for further proofs was cut off, so there may be others."]
    return "".join(plain(line).rstrip() + "\n" for line in lines)


def tree(
    node: Node,
    names: Citations,
    numbers: Mapping[Citation, int],
    indent: str,
    told: set[Node] | None = None,
    *,
    marked: bool = False,
) -> Iterator[str]:
    """Yield the lines of a proof, each statement indented below what follows from it.

    The steps to what is in `told` are not told again, and join it. Where it is `marked`, a star is at what is asserted
    and needed, and a question mark at that of which this was not decided.
    """
    marks = "".join(f" [{numbers[citation]}{', editors' if citation.reason else ''}]" for citation in node.citations)
    again = told is not None and node in told and bool(node.premises)
    is_asserted = node.kind not in ("inferred", "ontology")
    star = {True: " *", None: " ?", False: ""}[node.necessary] if marked and is_asserted else ""
    yield f"{indent}{sentence(node.statement, names)}{marks}{star}{' (see above)' if again else ''}"
    if again:
        return
    if told is not None:
        told.add(node)
    inner = indent + "  "
    words = reason(node, names)
    if words:
        yield f"{inner}{words}{':' if node.kind in ('inferred', 'computed', 'narrowed') else ''}"
    if node.dispute:
        for value, said_by in node.dispute.rejected:
            who = [f"{citation.source_name} ({compress(citation.passage)})" for citation in said_by]
            yield f"{inner}! instead {names.label(value)}: {', '.join(who)}"
        yield f"{inner}! {f'ruling of the editors: {node.dispute.reason}' if node.dispute.reason else 'no ruling yet'}"
    for premise in premises(node):
        yield from tree(premise, names, numbers, inner, told, marked=marked and not is_asserted)


def reason(node: Node, names: Citations) -> str:
    """Return in words why a statement holds beside its premises; "" where passages say it."""
    if node.kind != "inferred":
        return _KINDS.get(node.kind, "")
    others = f" ({node.others} other way{'s' if node.others > 1 else ''})" if node.others else ""
    return f"because {because(node.axiom, names)}{others}"


def premises(node: Node) -> Iterator[Node]:
    """Yield what a statement rests on, with the premises of those in their place that name a class without a name.

    The sentence of the axiom above has said the same.
    """
    for premise in node.premises:
        if premise.kind == "inferred" and is_expression(premise.statement):
            yield from premises(premise)
        else:
            yield premise


def drawing(roots: Iterable[Node], names: Citations, title: str = "") -> Iterator[str]:
    """Yield the lines of a Mermaid flowchart: passages below, each statement once, a box of the title on top."""
    boxes: dict[object, str] = {}

    def box(of: object, text: str, left: str, right: str) -> Iterator[str]:
        if of not in boxes:
            boxes[of] = f"n{len(boxes)}"
            yield f'  {boxes[of]}{left}"{_quoted(text)}"{right}'

    def draw(node: Node) -> Iterator[str]:
        if node.statement in boxes:
            return
        yield from box(node.statement, sentence(node.statement, names), "[", "]")
        here = boxes[node.statement]
        words = because(node.axiom, names) if node.kind == "inferred" else _KINDS.get(node.kind, "")
        for premise in premises(node):
            yield from draw(premise)
            yield f'  {boxes[premise.statement]} -->|"{_quoted(words)}"| {here}'
        for citation in node.citations:
            yield from box(citation, f"{citation.source_name}: {compress(citation.passage)}", "([", "])")
            yield f"  {boxes[citation]} --> {here}"
        for value, said_by in node.dispute.rejected if node.dispute else ():
            for citation in said_by:
                yield from box(citation, f"{citation.source_name}: {compress(citation.passage)}", "([", "])")
                yield f'  {boxes[citation]} -. "says instead: {_quoted(names.label(value))}" .-> {here}'

    yield "flowchart BT"
    if title:
        yield from box(None, title, "[[", "]]")
    for root in roots:
        yield from draw(root)
        if title:
            yield f"  {boxes[root.statement]} --> {boxes[None]}"


def _quoted(text: str) -> str:
    """Return a text that can stand between quotes in Mermaid, where a character may be written as an entity."""
    return "".join(f"#{ord(letter)};" if letter in '"#&<>`|[](){}\\' else letter for letter in plain(text))


def note(citation: Citation, number: int, names: Citations) -> list[str]:
    """Return the lines of a footnote: the source, its date, the passage, links, and an editor's reason and grounds."""
    about = ", ".join(part for part in (citation.date, citation.sureness) if part)
    lines = [f"[{number}] {citation.source_name}{f' ({about})' if about else ''}: {compress(citation.passage)}"]
    if citation.registered:
        lines[0] += ", from our register of what it says"
    lines += [f"    {citation.link}"] if citation.link else []
    lines += [f"    which cites {document}" for document in citation.documents]
    if not (citation.link or citation.documents or citation.reason):
        lines += ["    no page of it is on record"]
    lines += [f"    reason: {citation.reason}"] if citation.reason else []
    return [*lines, *(f"    based on {name} {link}" for name, link in grounds(citation, names))]


def grounds(citation: Citation, names: Citations) -> list[tuple[str, str]]:
    """Return the passages that the note of an editor is based on, each with its link, or that to what it cites."""
    found = [names.passage(name) for name in citation.based_on]
    return [(compress(one.passage), one.link or next(iter(one.documents), "")) for one in found]


def sentence(statement: Statement, names: Citations) -> str:
    """Return a statement in words, by the labels of its terms."""
    subject, predicate, value = statement
    if predicate.value == RDF_TYPE:
        return f"{named_thing(subject, names)} is {_kind(value, names)}"
    return f"{named_thing(subject, names)} – {names.label(predicate)} – {named_thing(value, names)}"


def named_thing(term: object, names: Citations) -> str:
    """Return the name of a thing in quotes, as many names are sentences themselves; terms of the ontology need none."""
    name = names.label(term)
    return f"“{name}”" if isinstance(term, ox.NamedNode) and not term.value.startswith(PREFIXES["rj"]) else name


def _kind(term: object, names: Citations) -> str:
    """Return a class with its article, or a class expression in words."""
    if isinstance(term, ox.NamedNode) and term.value.startswith(EXPRESSION):
        return _expression(term, names)
    name = names.label(term)
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _expression(term: ox.NamedNode, names: Citations) -> str:
    parts = {
        name: names.holding(term, ox.NamedNode(_OWL + name))
        for name in ("intersectionOf", "onProperty", "hasValue", "someValuesFrom")
    }
    if parts["intersectionOf"]:
        # "a release" reads better before "whose …" than the other way round.
        kinds = sorted((_kind(item, names) for item in _items(parts["intersectionOf"][0], names)), key=_says_whose)
        named = [kind for kind in kinds if not _says_whose(kind)]
        return " and ".join(named) + "".join(" " + kind.removeprefix(_SOMETHING) for kind in kinds if _says_whose(kind))
    if parts["onProperty"] and parts["hasValue"]:
        return f"{_SOMETHING}whose '{names.label(parts['onProperty'][0])}' is {names.label(parts['hasValue'][0])}"
    if parts["onProperty"] and parts["someValuesFrom"]:
        filler = _kind(parts["someValuesFrom"][0], names)
        return f"{_SOMETHING}whose '{names.label(parts['onProperty'][0])}' is {filler}"
    return "of a class without a name"


_SOMETHING = "something "


def _says_whose(kind: str) -> bool:
    return kind.startswith(f"{_SOMETHING}whose ")


def _items(head: object, names: Citations) -> list[object]:
    found: list[object] = []
    rdf = PREFIXES["rdf"]
    while isinstance(head, ox.NamedNode) and head.value != rdf + "nil":
        found += names.holding(head, ox.NamedNode(rdf + "first"))[:1]
        head = next(iter(names.holding(head, ox.NamedNode(rdf + "rest"))), None)
    return found


def because(axiom: Pattern | None, names: Citations) -> str:
    """Return what an axiom says, in words that need no OWL."""
    if axiom is None:
        return "what is the same shares all statements"
    about, predicate, value = axiom
    key = predicate if predicate != ox.NamedNode(RDF_TYPE) else value
    words = _WORDS.get(key.value if isinstance(key, ox.NamedNode) else "")
    if words is None:  # restrictions say it themselves
        return f"this makes {_kind(about, names)}"
    return words.format(
        name=names.label(about),
        kind=_kind(about, names),
        other=names.label(value),
        other_kind=_kind(value, names),
        steps=", then ".join(f"'{names.label(item)}'" for item in _items(value, names)),
    )


def record(node: Node, names: Citations) -> dict[str, Any]:
    """Return a node and all below it as what JSON can hold; terms are written as in N-Triples."""
    found: dict[str, Any] = {
        "statement": [str(term) for term in node.statement],
        "words": sentence(node.statement, names),
        "kind": node.kind,
    }
    if node.kind == "inferred":
        found["rule"] = node.rule
        found["axiom"] = [str(term) for term in node.axiom] if node.axiom else None
        found["because"] = because(node.axiom, names)
        if node.others is not None:
            found["otherWays"] = node.others
    elif node.necessary is not None:
        found["necessary"] = node.necessary
    if node.premises:
        found["premises"] = [record(premise, names) for premise in node.premises]
    if node.citations:
        found["citations"] = [citation._asdict() for citation in node.citations]
    if node.dispute:
        found["dispute"] = {
            "ruling": node.dispute.ruling or None,
            "reason": node.dispute.reason,
            "setAside": [
                {"value": str(value), "citations": [citation._asdict() for citation in said_by]}
                for value, said_by in node.dispute.rejected
            ],
        }
    return found
