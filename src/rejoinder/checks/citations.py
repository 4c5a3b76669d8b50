"""Explanations checked against the data files, by code that shares nothing with what explains."""

import json
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from rejoinder.errors import InputError
from rejoinder.sources.files import Inputs
from rejoinder.sources.turtle import parse
from rejoinder.vocabulary import EDTF, PREFIXES, RDF_TYPE, SOURCE, rj

__all__ = ["check"]

Triple = tuple[str, str, str]

_SCHEMA = {
    "type": f"<{RDF_TYPE}>",
    "same": f"<{PREFIXES['owl']}sameAs>",
    "first": f"<{PREFIXES['rdf']}first>",
    "rest": f"<{PREFIXES['rdf']}rest>",
    **{name: f"<{PREFIXES['rdfs']}{name}>" for name in ("domain", "range", "subClassOf", "subPropertyOf")},
    **{
        name: f"<{PREFIXES['owl']}{name}>"
        for name in (
            "equivalentClass equivalentProperty inverseOf intersectionOf unionOf onProperty someValuesFrom "
            "allValuesFrom hasValue propertyChainAxiom FunctionalProperty SymmetricProperty TransitiveProperty"
        ).split()
    },
}
_UNCITED = SOURCE + "uncited/"
_LABEL = f"<{PREFIXES['rdfs']}label>"
# OWL 2 Profiles, section 4.3: the axioms of a rule (the first is the one that an explanation names), what it needs, and
# what follows. A word with a question mark is a variable.
_RULES: dict[str, tuple[str, str, str]] = {
    "eq-sym": ("", "?x same ?y", "?y same ?x"),
    "eq-trans": ("", "?x same ?y . ?y same ?z", "?x same ?z"),
    "eq-rep-s": ("", "?x same ?y . ?x ?p ?o", "?y ?p ?o"),
    "eq-rep-o": ("", "?x same ?y . ?s ?p ?x", "?s ?p ?y"),
    "prp-dom": ("?p domain ?c", "?x ?p ?y", "?x type ?c"),
    "prp-rng": ("?p range ?c", "?x ?p ?y", "?y type ?c"),
    "prp-symp": ("?p type SymmetricProperty", "?x ?p ?y", "?y ?p ?x"),
    "prp-trp": ("?p type TransitiveProperty", "?x ?p ?y . ?y ?p ?z", "?x ?p ?z"),
    "prp-spo1": ("?p subPropertyOf ?q", "?x ?p ?y", "?x ?q ?y"),
    "prp-eqp1": ("?p equivalentProperty ?q", "?x ?p ?y", "?x ?q ?y"),
    "prp-eqp2": ("?p equivalentProperty ?q", "?x ?q ?y", "?x ?p ?y"),
    "prp-inv1": ("?p inverseOf ?q", "?x ?p ?y", "?y ?q ?x"),
    "prp-inv2": ("?p inverseOf ?q", "?x ?q ?y", "?y ?p ?x"),
    "cax-sco": ("?c subClassOf ?d", "?x type ?c", "?x type ?d"),
    "cax-eqc1": ("?c equivalentClass ?d", "?x type ?c", "?x type ?d"),
    "cax-eqc2": ("?c equivalentClass ?d", "?x type ?d", "?x type ?c"),
    "cls-svf1": ("?c someValuesFrom ?d . ?c onProperty ?p", "?x ?p ?y . ?y type ?d", "?x type ?c"),
    "cls-svf2": ("?c someValuesFrom ?d . ?c onProperty ?p", "?x ?p ?y", "?x type ?c"),
    "cls-avf": ("?c allValuesFrom ?d . ?c onProperty ?p", "?x type ?c . ?x ?p ?y", "?y type ?d"),
    "cls-hv1": ("?c hasValue ?v . ?c onProperty ?p", "?x type ?c", "?x ?p ?v"),
    "cls-hv2": ("?c hasValue ?v . ?c onProperty ?p", "?x ?p ?v", "?x type ?c"),
}


def check(text: str, inputs: Inputs) -> list[str]:
    """Return what is wrong with an explanation (the JSON of `rejoinder why`), nothing where all of it holds.

    Each statement that a passage is cited for must stand in the file of that passage; each step must be an instance of
    its rule (OWL 2 Profiles, section 4.3), with an axiom of the ontology; what is computed is computed again. Rules
    that are not known here are reported as not checked. What is claimed must also be what holds: no ruling sets it
    aside, no firmer passage speaks instead, and sources do not contradict it. Raises InputError for a text that is no
    explanation, or a data file that cannot be read.
    """
    known = _Check(inputs)
    try:
        return list(dict.fromkeys(known.node(json.loads(text)["proof"])))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, SyntaxError) as error:
        raise InputError(
            f"this is no explanation: {type(error).__name__}: {error}", "write one with: rejoinder why … -f json"
        ) from None


class _Check:
    def __init__(self, inputs: Inputs) -> None:
        self._ontology = _ontology(inputs)
        self._subsumed = _closed(self._ontology)
        # What each file says, by the thing that the file describes as its passage or ruling.
        self._says: dict[str, set[Triple]] = {}
        kinds = {f"<{rj(name)}>" for name in ("Passage", "EditorsNote", "Ruling")}
        for file in inputs.data:
            triples = {(str(one.subject), str(one.predicate), str(one.object)) for one in parse(file)}
            described = {s for s, predicate, value in triples if predicate == _SCHEMA["type"] and value in kinds}
            # All files that describe no passage count as one here: that nobody is named is all there is to check.
            for name in described or {_UNCITED}:
                self._says[name] = self._says.get(name, set()) | triples

    def node(self, node: dict[str, Any], narrowing: bool = False) -> Iterator[str]:
        """Yield the faults of a node and of all below it; `narrowing` where it is a date that narrows another."""
        statement: Triple = tuple(node["statement"])
        premises: list[Triple] = [tuple(one["statement"]) for one in node.get("premises", [])]
        kind, where = node["kind"], " ".join(statement)
        if kind == "inferred":
            fault = self._step(node["rule"], node["axiom"], premises, statement)
        elif kind in ("claimed", "recorded"):
            fault = "" if node.get("citations") else "no passage is cited"
        elif kind == "ontology":
            fault = "" if statement in self._ontology else "this does not stand in the ontology"
        else:
            fault = self._date(kind, statement, premises)
        if kind == "claimed":
            fault = fault or self._set_aside(statement, narrowing)
        if fault:
            yield f"{where}: {fault}"
        for citation in node.get("citations", []):
            yield from (f"{where}: {one}" for one in self._citation(kind, statement, citation))
        if node.get("dispute"):
            yield from (f"{where}: {one}" for one in self._dispute(statement, node["dispute"]))
        for premise in node.get("premises", []):
            yield from self.node(premise, kind == "narrowed")

    def _citation(self, kind: str, statement: Triple, citation: dict[str, Any]) -> Iterator[str]:
        passage = f"<{citation['passage']}>"
        if citation["passage"].startswith(_UNCITED):
            if citation["source"] or statement not in self._says.get(_UNCITED, set()):
                yield f"no file without a passage says so: {passage}"
            return
        says = self._says.get(passage)
        if says is None:
            yield f"there is no passage {passage}"
            return
        if kind == "claimed" and statement not in says:
            yield f"{passage} does not say so"
        if kind == "recorded" and not self._is_recorded(statement, passage, says):
            yield f"{passage} is no ruling that records this"
        own = {(predicate, value) for subject, predicate, value in says if subject == passage}
        if (f"<{rj('source')}>", f"<{citation['source']}>") not in own:
            yield f"{passage} is not of {citation['source']}"
        if citation["reason"] and not any(_lexical(value) == citation["reason"] for _, value in own):
            yield f"{passage} gives another reason"
        if not all((f"<{rj('citedDocument')}>", f"<{one}>") in own for one in citation["documents"]):
            yield f"{passage} cites other documents"
        told = {_lexical(value).rsplit("#", 1)[-1] for predicate, value in own if predicate == f"<{rj('sureness')}>"}
        if citation["sureness"].replace(" ", "-") not in (told or {""}):
            yield f"{passage} is of another sureness"
        source = f"<{citation['source']}>"
        for key, predicate in (("source_name", _LABEL), ("date", f"<{rj('date')}>")):
            if citation[key] and citation[key] not in self._values(source, predicate):
                yield f"no passage gives {source} this {key}: {citation[key]}"
        page, _, fragment = citation["link"].partition("#:~:text=")
        if page and page not in self._values(source, f"<{rj('page')}>"):
            yield f"{page} is no page of {source}"
        if fragment:
            from urllib.parse import unquote

            words = {_lexical(value) for predicate, value in own if "Words>" in predicate}
            if not all(unquote(part) in words for part in fragment.split(",")):
                yield f"{passage} does not begin and end with the words of the link"

    def _set_aside(self, claim: Triple, narrowing: bool) -> str:
        """Tell why a claim is not accepted, as the editors' rules have it (README, "What is in it"); "" if it is."""
        subject, predicate, value = claim
        on = {(f"<{rj('onSubject')}>", subject), (f"<{rj('onProperty')}>", predicate)}
        out: set[str] = set()
        firm: set[str] = set()
        for name, says in self._says.items():
            own = {(p, v) for s, p, v in says if s == name}
            if on <= own:
                out |= {v for p, v in own if p in (f"<{rj('rejects')}>", f"<{rj('lessExact')}>")}
            if not own & {(f"<{rj('sureness')}>", f"<{rj(level)}>") for level in ("weak", "not-verified")}:
                firm |= {v for s, p, v in says if (s, p) == (subject, predicate) and s != name}
        if value in out:
            return "a ruling sets this value aside"
        if firm and value not in firm:
            return "firmer passages say something else"
        rivals = firm - out
        if (
            narrowing
            or len(rivals) < 2
            or (predicate, _SCHEMA["type"], _SCHEMA["FunctionalProperty"]) not in self._ontology
        ):
            return ""
        if value.endswith(f"^^<{EDTF}>"):
            return self._date("narrowed", claim, [(subject, predicate, rival) for rival in rivals])
        return "sources contradict each other on this, and no ruling decides"

    def _is_recorded(self, statement: Triple, ruling: str, says: set[Triple]) -> bool:
        """Tell whether a ruling makes a dispute of this name and description."""
        dispute, predicate, value = statement
        on = {p: v for s, p, v in says if s == ruling and p in (f"<{rj('onSubject')}>", f"<{rj('onProperty')}>")}
        subject, prop = (on.get(f"<{rj(name)}>", "") for name in ("onSubject", "onProperty"))
        if not prop or not dispute.endswith("-" + prop.rpartition("#")[2]):
            return False
        if predicate == _LABEL:
            names = {_lexical(v) for s, p, v in self._ontology if (s, p) == (prop, _LABEL)}
            return any(_lexical(value).startswith(f"{one}: ") for one in self._values(subject, _LABEL)) and any(
                _lexical(value).endswith(f": {one}") for one in names
            )
        fixed = {_SCHEMA["type"]: f"<{rj('Dispute')}>", f"<{rj('ruledBy')}>": ruling}
        return value == fixed.get(predicate, on.get(predicate))

    def _values(self, subject: str, predicate: str) -> set[str]:
        """Return the text of all values that any passage gives."""
        found = {v for said in self._says.values() for s, p, v in said if (s, p) == (subject, predicate)}
        return {_lexical(value) for value in found}

    def _dispute(self, statement: Triple, dispute: dict[str, Any]) -> Iterator[str]:
        ruling = f"<{dispute['ruling']}>"
        says = self._says.get(ruling, set())
        if (
            dispute["ruling"]
            and not {
                (ruling, f"<{rj('onSubject')}>", statement[0]),
                (ruling, f"<{rj('onProperty')}>", statement[1]),
            }
            <= says
        ):
            yield f"{ruling} is no ruling on this"
        if dispute["reason"] and dispute["reason"] not in self._values(ruling, f"<{rj('reason')}>"):
            yield f"{ruling} gives another reason"
        for one in dispute["setAside"]:
            claim = (statement[0], statement[1], one["value"])
            for citation in one["citations"]:
                yield from self._citation("claimed", claim, citation)

    def _step(self, rule: str, axiom: list[str] | None, premises: list[Triple], conclusion: Triple) -> str:
        about: Triple | None = (axiom[0], axiom[1], axiom[2]) if axiom else None
        if about and about not in self._ontology and about not in self._subsumed:
            return f"the ontology has no axiom {' '.join(about)}"
        if rule in ("cls-int1", "cls-int2", "cls-uni", "prp-spo2"):
            return "" if about and self._list_rule(rule, about, premises, conclusion) else f"this is no step by {rule}"
        if rule not in _RULES:
            return f"steps by {rule} are not checked"
        axioms, body, head = ([_pattern(part) for part in text.split(" . ") if part] for text in _RULES[rule])
        if len(body) != len(premises) or bool(axioms) != bool(about):
            return f"a step by {rule} has other premises"
        binding: dict[str, str] = {}
        pairs = [*zip(body, premises, strict=True), (head[0], conclusion)]
        if about:
            pairs.insert(0, (axioms[0], about))
        if not all(_unify(pattern, one, binding) for pattern, one in pairs):
            return f"this is no step by {rule}"
        further = [tuple(binding.get(term, term) for term in pattern) for pattern in axioms[1:]]
        return "" if all(one in self._ontology for one in further) else f"the ontology lacks an axiom for {rule}"

    def _list_rule(self, rule: str, axiom: Triple, premises: list[Triple], conclusion: Triple) -> bool:
        items, kind = self._items(axiom[2]), _SCHEMA["type"]
        names = {"cls-uni": "unionOf", "prp-spo2": "propertyChainAxiom"}
        if axiom[1] != _SCHEMA[names.get(rule, "intersectionOf")]:
            return False
        if rule == "cls-int1":
            wanted = [(conclusion[0], kind, item) for item in items]
            return premises == wanted and conclusion[1:] == (kind, axiom[0])
        if rule == "cls-int2":
            return premises == [(conclusion[0], kind, axiom[0])] and conclusion[1] == kind and conclusion[2] in items
        if rule == "cls-uni":
            member = any(premises == [(conclusion[0], kind, item)] for item in items)
            return member and conclusion[1:] == (kind, axiom[0])
        ends = [conclusion[0], *(premise[2] for premise in premises)]
        wanted = [(ends[i], item, ends[i + 1]) for i, item in enumerate(items)] if len(ends) > len(items) else []
        return premises == wanted and conclusion == (conclusion[0], axiom[0], ends[-1])

    def _items(self, head: str) -> list[str]:
        next_of = {(s, p): o for s, p, o in self._ontology if p in (_SCHEMA["first"], _SCHEMA["rest"])}
        found = []
        while (head, _SCHEMA["first"]) in next_of:
            found.append(next_of[head, _SCHEMA["first"]])
            head = next_of[head, _SCHEMA["rest"]]
        return found

    def _date(self, kind: str, statement: Triple, premises: list[Triple]) -> str:
        from edtf import parse_edtf
        from edtf.parser.edtf_exceptions import EDTFParseException

        try:
            spans = [parse_edtf(_lexical(value)) for _, _, value in premises]
        except EDTFParseException:
            return "it rests on what is no date"
        if not spans or any(subject != statement[0] for subject, _, _ in premises):
            return "no date of the same thing is given for it"
        first = max((span.lower_fuzzy() for span in spans if not isinstance(span.lower_fuzzy(), float)), default=None)
        last = min((span.upper_fuzzy() for span in spans if not isinstance(span.upper_fuzzy(), float)), default=None)
        if kind == "computed":
            import datetime as dt

            day = first if "earliest" in statement[1] else last
            if day is None:
                return "the date allows no such day"
            date = dt.date(*day[:3])
            number = (date - dt.date(1970, 1, 1)).days
            xsd = PREFIXES["xsd"]
            right = {f'"{date}"^^<{xsd}date>', f'"{number}"^^<{xsd}integer>'}
            return "" if statement[2] in right else "the date allows another day"
        if kind != "narrowed":
            return f"'{kind}' is no kind of statement"
        own = parse_edtf(_lexical(statement[2]))
        return (
            "" if (own.lower_fuzzy(), own.upper_fuzzy()) == (first, last) else "the dates have another span in common"
        )


def _ontology(inputs: Inputs) -> set[Triple]:
    """Read the ontology; what has no name is numbered in the order of the file, as in the compiled graph."""
    names: dict[str, str] = {}

    def name(term: object) -> str:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term.value, f"<{rj('')[:-1]}/.well-known/genid/{len(names)}>")
        return str(term)

    parsed = parse(inputs.ontology_file("rejoinder.ttl"))
    return {(name(one.subject), str(one.predicate), name(one.object)) for one in parsed}


def _closed(ontology: set[Triple]) -> set[Triple]:
    """Return the subsumptions that follow from told ones by transitivity (scm-sco, scm-spo, scm-eqc1)."""
    found = set()
    for name, same in (("subClassOf", "equivalentClass"), ("subPropertyOf", "equivalentProperty")):
        edges = {(low, high) for low, predicate, high in ontology if predicate in (_SCHEMA[name], _SCHEMA[same])}
        edges |= {(high, low) for low, predicate, high in ontology if predicate == _SCHEMA[same]}
        while more := {(a, d) for a, b in edges for c, d in edges if b == c} - edges:
            edges |= more
        found |= {(low, _SCHEMA[name], high) for low, high in edges}
    return found


def _lexical(term: str) -> str:
    (quad,) = ox.parse(f"<urn:s> <urn:p> {term} .", format=ox.RdfFormat.N_TRIPLES)
    return quad.object.value if isinstance(quad.object, ox.Literal | ox.NamedNode) else term


def _pattern(text: str) -> tuple[str, ...]:
    return tuple(word if word.startswith("?") else _SCHEMA[word] for word in text.split())


def _unify(pattern: tuple[str, ...], statement: Triple, binding: dict[str, str]) -> bool:
    return all(
        binding.setdefault(term, value) == value if term.startswith("?") else term == value
        for term, value in zip(pattern, statement, strict=True)
    )
