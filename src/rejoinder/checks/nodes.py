"""Statements of an explanation, checked against the data files that are cited for them."""

import hashlib
import re
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any

from rejoinder.checks.steps import SCHEMA, Steps, Triple, lexical, named
from rejoinder.sources.files import InputFile, Inputs
from rejoinder.sources.turtle import parse
from rejoinder.vocabulary import BASE, DERIVED, EDTF, PREFIXES, SOURCE, rj

__all__ = ["Nodes", "triple"]

_UNCITED = SOURCE + "uncited/"
_LABEL = f"<{PREFIXES['rdfs']}label>"
_ON_SUBJECT, _ON_PROPERTY, _DATE = (f"<{rj(name)}>" for name in ("onSubject", "onProperty", "date"))
_DAYS = {f"<{rj(name)}>" for name in ("earliestDay", "earliestDayNumber", "latestDay", "latestDayNumber")}
_WEAK = {(f"<{rj('sureness')}>", f"<{rj(level)}>") for level in ("weak", "not-verified")}


class Nodes:
    """What each data file says, and whether the nodes of an explanation hold by that and by the ontology."""

    def __init__(self, inputs: Inputs) -> None:
        self.steps = Steps(inputs)
        # What each file says, by the thing that the file describes as its passage or ruling.
        self._says: dict[str, set[Triple]] = {}
        for file in inputs.data:
            name, triples = _read(file)
            self._says[name] = self._says.get(name, set()) | triples
        # What each passage says of itself, and what all of them say of a property of a thing.
        self._own: dict[str, set[tuple[str, str]]] = {}
        self._claims: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for name, says in self._says.items():
            self._own[name] = {(p, v) for s, p, v in says if s == name}
            for subject, predicate, value in says:
                self._claims.setdefault((subject, predicate), set()).add((name, value))

    @cached_property
    def _rulings(self) -> dict[tuple[str, str], set[str]]:
        """The rulings on a property of a thing."""
        found: dict[tuple[str, str], set[str]] = {}
        for name, own in self._own.items():
            subjects, properties = ({v for p, v in own if p == wanted} for wanted in (_ON_SUBJECT, _ON_PROPERTY))
            for subject in subjects:
                for prop in properties:
                    found.setdefault((subject, prop), set()).add(name)
        return found

    def node(self, node: dict[str, Any], above: str = "") -> Iterator[str]:
        """Yield the faults of a node and of all below it; `above` is the kind of the one that it is a premise of."""
        statement = triple(node)
        premises = [triple(one) for one in node.get("premises", [])]
        kind, where = node["kind"], " ".join(statement)
        if kind == "inferred":
            fault = self.steps.fault(node["rule"], node["axiom"], premises, statement)
        elif kind in ("claimed", "quoted"):
            fault = "" if node.get("citations") else "no passage is cited"
        elif kind == "recorded":
            fault = "" if node.get("citations") or self._is_open(statement) else "no passage is cited"
        elif kind == "ontology":
            fault = "" if statement in self.steps.ontology else "this does not stand in the ontology"
        else:
            fault = self._date(kind, statement, premises)
        if kind == "claimed":
            fault = fault or self._set_aside(statement, above == "narrowed")
        elif kind not in ("inferred", "computed", "narrowed") and premises:
            fault = fault or f"what is {kind} rests on no other statement"
        if fault:
            yield f"{where}: {fault}"
        for citation in node.get("citations", []):
            yield from (f"{where}: {one}" for one in self._citation(kind, statement, citation))
        yield from (f"{where}: {one}" for one in self._dispute(kind, statement, node.get("dispute"), above))
        for premise in node.get("premises", []):
            yield from self.node(premise, kind)

    def _citation(self, kind: str, statement: Triple, citation: dict[str, Any]) -> Iterator[str]:
        passage = f"<{citation['passage']}>"
        if citation["passage"].startswith(_UNCITED):
            if citation["source"] or statement not in self._says.get(_UNCITED, set()):
                yield f"no file without a passage says so: {passage}"
            return
        says = self._says.get(passage)
        if says is None:
            yield f"there is no passage {passage} in the data; files of your own are added with --data"
            return
        if kind in ("claimed", "quoted") and statement not in says:
            yield f"{passage} does not say so"
        if kind == "claimed" and statement[0] == passage:
            yield f"{passage} says so of itself, which is no claim"
        if kind == "recorded" and not self._is_recorded(statement, passage):
            yield f"{passage} is no ruling that records this"
        if kind not in ("claimed", "quoted", "recorded"):
            yield f"no passage can be cited for what is {kind}"
        own = self._own[passage]
        if (f"<{rj('source')}>", f"<{citation['source']}>") not in own:
            yield f"{passage} is not of {citation['source']}"
        if citation["reason"] and not any(lexical(value) == citation["reason"] for _, value in own):
            yield f"{passage} gives another reason"
        if not all((f"<{rj('citedDocument')}>", f"<{one}>") in own for one in citation["documents"]):
            yield f"{passage} cites other documents"
        based_on = {value for predicate, value in own if predicate == f"<{rj('basedOn')}>"}
        if {f"<{one}>" for one in citation["based_on"]} != based_on:
            yield f"{passage} is based on other passages"
        told = {lexical(value).rsplit("#", 1)[-1] for predicate, value in own if predicate == f"<{rj('sureness')}>"}
        if citation["sureness"].replace(" ", "-") not in (told or {""}):
            yield f"{passage} is of another sureness"
        source = f"<{citation['source']}>"
        for key, predicate in (("source_name", _LABEL), ("date", _DATE)):
            if citation[key] and citation[key] not in self._values(source, predicate):
                yield f"no passage gives {source} this {key}: {citation[key]}"
        page, _, fragment = citation["link"].partition("#:~:text=")
        if page and page not in self._values(source, f"<{rj('page')}>"):
            yield f"{page} is no page of {source}"
        if fragment:
            from urllib.parse import unquote

            words = {lexical(value) for predicate, value in own if "Words>" in predicate}
            if not all(unquote(part) in words for part in fragment.split(",")):
                yield f"{passage} does not begin and end with the words of the link"

    def _standing(self, subject: str, predicate: str) -> tuple[set[str], set[str]]:
        """Return the values that count, firm ones where there are any, and those that rulings set aside."""
        given = {(name, value) for name, value in self._claims.get((subject, predicate), set()) if name != subject}
        firm = {value for name, value in given if not self._own[name] & _WEAK}
        aside = (f"<{rj('rejects')}>", f"<{rj('lessExact')}>")
        rulings = self._rulings.get((subject, predicate), set())
        return firm or {value for _, value in given}, {v for name in rulings for p, v in self._own[name] if p in aside}

    def _set_aside(self, claim: Triple, narrowing: bool) -> str:
        """Tell why a claim is not accepted, as the editors' rules have it (README, "What is in it"); "" if it is."""
        subject, predicate, value = claim
        given, out = self._standing(subject, predicate)
        if predicate in {f"<{name}>" for name in DERIVED}:
            return "this is derived, whatever a file says of it"
        if value in out:
            return "a ruling sets this value aside"
        if value not in given:
            return "firmer passages say something else"
        rivals = given - out
        if narrowing or len(rivals) < 2 or not self._is_functional(predicate):
            return ""
        if value.endswith(f"^^<{EDTF}>"):
            return self._date("narrowed", claim, [(subject, predicate, rival) for rival in rivals])
        return "sources contradict each other on this, and no ruling decides"

    def _is_functional(self, predicate: str) -> bool:
        return (predicate, SCHEMA["type"], SCHEMA["FunctionalProperty"]) in self.steps.ontology

    def _is_recorded(self, statement: Triple, ruling: str) -> bool:
        """Tell whether a ruling makes a dispute of this name and description."""
        on = [key for key, rulings in self._rulings.items() if ruling in rulings]
        return any(self._records(statement, subject, prop, ruling) for subject, prop in on)

    def _is_open(self, statement: Triple) -> bool:
        """Tell whether a statement is of a dispute that no ruling has decided."""
        return any(
            self._records(statement, subject, prop, "") and self._set_aside((subject, prop, value), False)
            for subject, prop in self._claims
            if self._is_functional(prop) and statement[0] == _dispute_name(subject, prop)
            for given, out in [self._standing(subject, prop)]
            for value in sorted(given - out)[:1]
        )

    def _records(self, statement: Triple, subject: str, prop: str, ruling: str) -> bool:
        dispute, predicate, value = statement
        name = _dispute_name(subject, prop)
        if dispute != name:
            return False
        if predicate == _LABEL:
            of_property = {lexical(v) for s, p, v in self.steps.ontology if (s, p) == (prop, _LABEL)}
            who, what = _name_parts(subject, prop)
            first, last = self._values(subject, _LABEL) or {who}, of_property or {what}
            return lexical(value) in {f"{one}: {other}" for one in first for other in last}
        facts = {SCHEMA["type"]: f"<{rj('Dispute')}>", _ON_SUBJECT: subject, _ON_PROPERTY: prop}
        return value == {**facts, f"<{rj('ruledBy')}>": ruling}.get(predicate)

    def _values(self, subject: str, predicate: str) -> set[str]:
        """Return the text of all values that any passage gives."""
        return {lexical(value) for _, value in self._claims.get((subject, predicate), set())}

    def _dispute(self, kind: str, statement: Triple, dispute: dict[str, Any] | None, above: str) -> Iterator[str]:
        """Yield what is wrong with the dispute that a node tells, or does not tell."""
        subject, predicate, own = statement
        rulings = self._rulings.get((subject, predicate), set())
        if not dispute:
            # A date that others are narrowed to bears no mark: the one that is narrowed does.
            if rulings and kind in ("claimed", "narrowed") and above != "narrowed":
                yield "this is in dispute, which is not told"
            return
        ruling = f"<{dispute['ruling']}>" if dispute["ruling"] else ""
        if ruling not in (rulings or {""}):
            yield f"{ruling} is no ruling on this" if ruling else "the ruling on this is not told"
            return
        if not rulings and not self._is_open((_dispute_name(subject, predicate), SCHEMA["type"], f"<{rj('Dispute')}>")):
            yield "this is not in dispute"
        if dispute["reason"] not in (self._values(ruling, f"<{rj('reason')}>") or {""}):
            yield f"{ruling} gives another reason"
        told = {one["value"] for one in dispute["setAside"]}
        if self._is_functional(predicate) or own.endswith(f"^^<{EDTF}>"):
            kept = {own}
        else:
            given, out = self._standing(subject, predicate)
            kept = {own, *(given - out)}
        claims = self._claims.get((subject, predicate), set())
        for value in sorted({v for name, v in claims if name != subject} - kept - told):
            yield f"it is not told that a passage says instead: {value}"
        for value in sorted(told & kept):
            yield f"this is not set aside: {value}"
        for one in dispute["setAside"]:
            if not one["citations"]:
                yield f"no passage is cited for the value that is set aside: {one['value']}"
            for citation in one["citations"]:
                yield from self._citation("claimed", (subject, predicate, one["value"]), citation)

    def _date(self, kind: str, statement: Triple, premises: list[Triple]) -> str:
        subject, predicate, value = statement
        if kind not in ("computed", "narrowed"):
            return f"'{kind}' is no kind of statement"
        of = _DATE if kind == "computed" else predicate
        if (kind == "computed") != (predicate in _DAYS):
            return f"this cannot be {kind}"
        try:
            spans = [_span(lexical(text)) for _, _, text in premises]
        except ValueError:
            return "it rests on what is no date"
        if not spans or any(premise[:2] != (subject, of) for premise in premises):
            return "no date of the same thing is given for it"
        if kind == "narrowed":
            given, out = self._standing(subject, predicate)
            if given - out != {text for _, _, text in premises}:
                return "it rests on other dates than those that count"
        first = max((first for first, _ in spans if first), default=None)
        last = min((last for _, last in spans if last), default=None)
        if kind == "computed":
            import datetime as dt

            day = first if "earliest" in predicate else last
            if day is None:
                return "the date allows no such day"
            date = dt.date(*day)
            number = (date - dt.date(1970, 1, 1)).days
            xsd = PREFIXES["xsd"]
            right = f'"{number}"^^<{xsd}integer>' if "Number" in predicate else f'"{date}"^^<{xsd}date>'
            return "" if value == right else "the date allows another day"
        return "" if _span(lexical(value)) == (first, last) else "the dates have another span in common"


_Day = tuple[int, int, int]


@cache
def _span(date: str) -> tuple[_Day | None, _Day | None]:
    """Return the first and the last day that a date allows, None for an open end. Raises ValueError for no date."""
    from edtf import parse_edtf
    from edtf.parser.edtf_exceptions import EDTFParseException

    try:
        parsed = parse_edtf(date)
    except EDTFParseException:
        raise ValueError(f"no date: {date}") from None
    first, last = (None if isinstance(one, float) else one[:3] for one in (parsed.lower_fuzzy(), parsed.upper_fuzzy()))
    # The library takes ten years for an end that is unknown; it is as wide as an open one.
    return None if date.startswith("/") else first, None if date.endswith("/") else last


def triple(node: dict[str, Any]) -> Triple:
    """Return the statement of a node. Raises ValueError or TypeError for what is none."""
    terms = node["statement"]
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise TypeError(f"no statement: {terms!r}"[:80])
    subject, predicate, value = terms
    return subject, predicate, value


def _read(file: InputFile) -> tuple[str, set[Triple]]:
    """Return the passage or ruling that a file describes, and what it says.

    All files that describe no passage count as one: that nobody is named is all there is to check.
    """
    parsed = parse(file)
    kinds = {f"<{rj(name)}>" for name in ("Passage", "EditorsNote", "Ruling")}
    described = [
        str(one.subject) for one in parsed if str(one.predicate) == SCHEMA["type"] and str(one.object) in kinds
    ]
    stem = file.name.rsplit(".", 1)[0].casefold()
    prefix = described[0][1:-1] if described else _UNCITED + "-".join(re.findall(r"[^\W_]+", stem) or ["file"])
    return described[0] if described else _UNCITED, set(named(parsed, f"{prefix}/.well-known/genid/", 1))


def _name_parts(subject: str, prop: str) -> tuple[str, str]:
    who, what = subject[1:-1], prop[1:-1].replace("#", "/").rpartition("/")[2]
    if who.startswith(BASE):
        return who.removeprefix(BASE).removeprefix("id/").replace("/", "-"), what
    return hashlib.sha1(who.encode(), usedforsecurity=False).hexdigest(), what


def _dispute_name(subject: str, prop: str) -> str:
    return f"<{PREFIXES['dispute']}{'-'.join(_name_parts(subject, prop))}>"
