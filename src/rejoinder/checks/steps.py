"""Steps of a proof, checked against the rules of OWL 2 RL (OWL 2 Profiles, section 4.3) as told here once more."""

from collections.abc import Iterator

import pyoxigraph as ox

from rejoinder.sources.files import Inputs
from rejoinder.sources.turtle import parse
from rejoinder.vocabulary import PREFIXES, RDF_TYPE, rj

__all__ = ["SCHEMA", "Steps", "Triple", "lexical", "named"]

Triple = tuple[str, str, str]

SCHEMA = {
    "type": f"<{RDF_TYPE}>",
    "same": f"<{PREFIXES['owl']}sameAs>",
    "first": f"<{PREFIXES['rdf']}first>",
    "rest": f"<{PREFIXES['rdf']}rest>",
    **{name: f"<{PREFIXES['rdfs']}{name}>" for name in ("domain", "range", "subClassOf", "subPropertyOf")},
    **{
        name: f"<{PREFIXES['owl']}{name}>"
        for name in (
            "equivalentClass equivalentProperty inverseOf intersectionOf unionOf oneOf onProperty onClass "
            "someValuesFrom allValuesFrom hasValue hasKey maxCardinality maxQualifiedCardinality propertyChainAxiom "
            "FunctionalProperty InverseFunctionalProperty SymmetricProperty TransitiveProperty Thing"
        ).split()
    },
}
# The axioms of a rule (the first is the one that an explanation names), what it needs, and what follows. A word with a
# question mark is a variable; ?one must be the number 1.
_RULES: dict[str, tuple[str, str, str]] = {
    "eq-sym": ("", "?x same ?y", "?y same ?x"),
    "eq-trans": ("", "?x same ?y . ?y same ?z", "?x same ?z"),
    "eq-rep-s": ("", "?x same ?y . ?x ?p ?o", "?y ?p ?o"),
    "eq-rep-o": ("", "?x same ?y . ?s ?p ?x", "?s ?p ?y"),
    "prp-dom": ("?p domain ?c", "?x ?p ?y", "?x type ?c"),
    "prp-rng": ("?p range ?c", "?x ?p ?y", "?y type ?c"),
    "prp-fp": ("?p type FunctionalProperty", "?x ?p ?y . ?x ?p ?z", "?y same ?z"),
    "prp-ifp": ("?p type InverseFunctionalProperty", "?x ?p ?z . ?y ?p ?z", "?x same ?y"),
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
    "cls-svf2": ("?c someValuesFrom Thing . ?c onProperty ?p", "?x ?p ?y", "?x type ?c"),
    "cls-avf": ("?c allValuesFrom ?d . ?c onProperty ?p", "?x type ?c . ?x ?p ?y", "?y type ?d"),
    "cls-hv1": ("?c hasValue ?v . ?c onProperty ?p", "?x type ?c", "?x ?p ?v"),
    "cls-hv2": ("?c hasValue ?v . ?c onProperty ?p", "?x ?p ?v", "?x type ?c"),
    "cls-maxc2": ("?c onProperty ?p . ?c maxCardinality ?one", "?x type ?c . ?x ?p ?y . ?x ?p ?z", "?y same ?z"),
    "cls-maxqc3": (
        "?c onProperty ?p . ?c maxQualifiedCardinality ?one . ?c onClass ?d",
        "?x type ?c . ?x ?p ?y . ?x ?p ?z . ?y type ?d . ?z type ?d",
        "?y same ?z",
    ),
    "cls-maxqc4": (
        "?c onProperty ?p . ?c maxQualifiedCardinality ?one . ?c onClass Thing",
        "?x type ?c . ?x ?p ?y . ?x ?p ?z",
        "?y same ?z",
    ),
}
_LISTS = {
    "cls-int1": "intersectionOf",
    "cls-int2": "intersectionOf",
    "cls-uni": "unionOf",
    "cls-oo": "oneOf",
    "prp-spo2": "propertyChainAxiom",
    "prp-key": "hasKey",
}
# These rules only tell that a graph contradicts itself, so no statement can follow by them.
_FALSE = ("cls-maxc1", "cls-maxqc1", "cls-maxqc2")


class Steps:
    """The ontology, and what its axioms allow to conclude."""

    def __init__(self, inputs: Inputs) -> None:
        # What has no name is numbered in the order of the file, as in the compiled graph.
        self.ontology = set(named(parse(inputs.ontology_file("rejoinder.ttl")), f"{rj('')[:-1]}/.well-known/genid/", 0))
        self._next = {(s, p): o for s, p, o in self.ontology if p in (SCHEMA["first"], SCHEMA["rest"])}
        self._subsumed = self._subsumptions()

    def fault(self, rule: str, axiom: list[str] | None, premises: list[Triple], conclusion: Triple) -> str:
        """Tell why a step is no instance of its rule; "" if it is one."""
        about: Triple | None = (axiom[0], axiom[1], axiom[2]) if axiom else None
        if about and about not in self.ontology and about not in self._subsumed:
            return f"the ontology has no axiom {' '.join(about)}"
        if rule in _LISTS:
            return "" if about and self._list_rule(rule, about, premises, conclusion) else f"this is no step by {rule}"
        if rule in _FALSE:
            return f"no statement follows by {rule}"
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
        return "" if self._holds(axioms[1:], binding) else f"the ontology lacks an axiom for {rule}"

    def _holds(self, axioms: list[tuple[str, ...]], binding: dict[str, str]) -> bool:
        for axiom in axioms:
            subject, predicate, value = (binding.get(term, term) for term in axiom)
            known = {o for s, p, o in self.ontology if (s, p) == (subject, predicate)}
            if value not in known and not (value == "?one" and any(lexical(one) == "1" for one in known)):
                return False
        return True

    def _list_rule(self, rule: str, axiom: Triple, premises: list[Triple], conclusion: Triple) -> bool:
        items, kind = self._items(axiom[2]), SCHEMA["type"]
        subject, predicate, value = conclusion
        if axiom[1] != SCHEMA[_LISTS[rule]]:
            return False
        if rule == "prp-spo2":
            ends = [subject, *(premise[2] for premise in premises)]
            wanted = [(ends[i], item, ends[i + 1]) for i, item in enumerate(items)] if len(ends) > len(items) else []
            return premises == wanted and conclusion == (subject, axiom[0], ends[-1])
        if rule == "prp-key":
            both = (subject, value)
            shared = [premise[2] for premise in premises[2::2]]
            wanted = [(one, kind, axiom[0]) for one in both]
            wanted += [(one, item, other) for item, other in zip(items, shared, strict=False) for one in both]
            return bool(items) and len(premises) == 2 + 2 * len(items) and premises == wanted and predicate == _SAME
        if rule == "cls-int2":
            return premises == [(subject, kind, axiom[0])] and predicate == kind and value in items
        wanted_of: dict[str, list[list[Triple]]] = {
            "cls-int1": [[(subject, kind, item) for item in items]],
            "cls-uni": [[(subject, kind, item)] for item in items],
            "cls-oo": [[]] if subject in items else [],
        }
        return premises in wanted_of[rule] and (predicate, value) == (kind, axiom[0])

    def _items(self, head: str) -> list[str]:
        found: list[str] = []
        while (head, SCHEMA["first"]) in self._next and len(found) < len(self._next):
            found.append(self._next[head, SCHEMA["first"]])
            head = self._next[head, SCHEMA["rest"]]
        return found

    def _subsumptions(self) -> set[Triple]:
        """Return the subsumptions that follow from the told ones (OWL 2 Profiles, Table 9)."""
        below, under = SCHEMA["subClassOf"], SCHEMA["subPropertyOf"]
        found: set[Triple] = set()
        for low, predicate, high in self.ontology:
            for name, of in (("equivalentClass", below), ("equivalentProperty", under)):  # scm-eqc1, scm-eqp1
                if predicate == SCHEMA[name]:
                    found |= {(low, of, high), (high, of, low)}
            if predicate in (below, under):
                found.add((low, predicate, high))
            elif predicate == SCHEMA["intersectionOf"]:  # scm-int
                found |= {(low, below, item) for item in self._items(high)}
            elif predicate == SCHEMA["unionOf"]:  # scm-uni
                found |= {(item, below, low) for item in self._items(high)}
        restrictions = list(self._restrictions())
        while True:
            more = {(a, p, d) for a, p, b in found for c, q, d in found if b == c and p == q}  # scm-sco, scm-spo
            for low, kind, prop, value in restrictions:
                for high, other_kind, other, wide in restrictions:
                    if kind != other_kind:
                        continue
                    narrower = prop == other or (prop, under, other) in found
                    if kind == "allValuesFrom":  # scm-avf1, scm-avf2
                        narrower = prop == other or (other, under, prop) in found
                    same = value == wide or (kind != "hasValue" and (value, below, wide) in found)
                    if narrower and same:  # scm-hv, scm-svf1, scm-svf2
                        more.add((low, below, high))
            if more <= found:
                return found
            found |= more

    def _restrictions(self) -> Iterator[tuple[str, str, str, str]]:
        for name in ("someValuesFrom", "allValuesFrom", "hasValue"):
            for low, predicate, value in self.ontology:
                if predicate == SCHEMA[name]:
                    on = [o for s, p, o in self.ontology if (s, p) == (low, SCHEMA["onProperty"])]
                    yield from ((low, name, prop, value) for prop in on)


_SAME = SCHEMA["same"]


def named(triples: list[ox.Triple], prefix: str, first: int) -> Iterator[Triple]:
    """Yield triples as text; what has no name is numbered below `prefix` in the order in which it comes."""
    names: dict[str, str] = {}
    for triple in triples:
        subject, value = (
            names.setdefault(term.value, f"<{prefix}{len(names) + first}>")
            if isinstance(term, ox.BlankNode)
            else str(term)
            for term in (triple.subject, triple.object)
        )
        yield subject, str(triple.predicate), value


def lexical(term: str) -> str:
    """Return the IRI or the text of a term that is written as in N-Triples. Raises ValueError for anything else."""
    (quad,) = ox.parse(f"<urn:s> <urn:p> {term} .", format=ox.RdfFormat.N_TRIPLES)
    return quad.object.value if isinstance(quad.object, ox.Literal | ox.NamedNode) else term


def _pattern(text: str) -> tuple[str, ...]:
    return tuple(word if word.startswith("?") else SCHEMA[word] for word in text.split())


def _unify(pattern: tuple[str, ...], statement: Triple, binding: dict[str, str]) -> bool:
    return all(
        binding.setdefault(term, value) == value if term.startswith("?") else term == value
        for term, value in zip(pattern, statement, strict=True)
    )
