"""The OWL 2 RL rules, instantiated with the axioms of an ontology."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pyoxigraph as ox

from rejoinder.errors import InputError
from rejoinder.vocabulary import ONTOLOGY, PREFIXES

__all__ = ["EXPRESSION", "Constraint", "Pattern", "Rule", "Rules", "compile_rules", "is_expression", "skolemize"]

#: A term of a pattern: a variable ("?x") or a term of RDF.
Term = str | ox.NamedNode | ox.Literal
Pattern = tuple[Term, Term, Term]

#: Class expressions have no name; below this IRI they get one (RDF 1.1 Concepts, section 3.5).
EXPRESSION = ONTOLOGY + "/.well-known/genid/"


def _owl(name: str) -> ox.NamedNode:
    return ox.NamedNode(PREFIXES["owl"] + name)


def _rdfs(name: str) -> ox.NamedNode:
    return ox.NamedNode(PREFIXES["rdfs"] + name)


_RDF = PREFIXES["rdf"]
TYPE = ox.NamedNode(_RDF + "type")
SAME_AS = _owl("sameAs")
_THING, _NOTHING = _owl("Thing"), _owl("Nothing")
# The axioms that the schema rules (OWL 2 Profiles, Table 9) draw subsumptions from; then all others.
_SUBSUMING = {
    *(_rdfs(name).value for name in ("subClassOf", "subPropertyOf")),
    *(
        _owl(name).value
        for name in (
            "equivalentClass equivalentProperty intersectionOf unionOf onProperty someValuesFrom allValuesFrom hasValue"
        ).split()
    ),
    *(_RDF + name for name in ("first", "rest")),
}
_SCHEMA_PREDICATES = {
    *_SUBSUMING,
    *(_rdfs(name).value for name in ("domain", "range")),
    *(
        _owl(name).value
        for name in (
            "inverseOf propertyChainAxiom complementOf oneOf onClass maxCardinality maxQualifiedCardinality hasKey "
            "disjointWith propertyDisjointWith members distinctMembers"
        ).split()
    ),
}


@dataclass(frozen=True)
class Rule:
    """If `body` holds and the two variables of `distinct` differ, `head` follows; `name` as in OWL 2 Profiles, 4.3.

    `axiom` is what the rule was instantiated with; two axioms that make the same rule are one rule.
    """

    name: str
    body: tuple[Pattern, ...]
    head: Pattern
    distinct: tuple[str, str] | None = None
    axiom: Pattern | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Constraint:
    """If `body` holds (and `distinct` differ) the graph is inconsistent; `name` as in OWL 2 Profiles, section 4.3.

    `says` tells it in plain words; {x}, {y} … stand for what the variables are bound to.
    """

    name: str
    body: tuple[Pattern, ...]
    says: str
    distinct: tuple[str, str] | None = None
    literals: bool = False


@dataclass(frozen=True)
class Rules:
    """What an ontology makes of the OWL 2 RL rules."""

    rules: tuple[Rule, ...]
    constraints: tuple[Constraint, ...] = ()

    def to_record(self) -> list[Any]:
        """Return the rules, without the constraints, as what JSON can hold."""
        written = [
            (rule.name, [*rule.body, rule.head, *([rule.axiom] if rule.axiom else [])], rule.distinct, bool(rule.axiom))
            for rule in self.rules
        ]
        return [(name, [[str(t) for t in one] for one in patterns], *rest) for name, patterns, *rest in written]

    @classmethod
    def from_record(cls, record: list[Any]) -> "Rules":
        """Return the rules that `to_record` wrote."""
        terms: dict[str, Term] = {}
        rules = []
        for name, patterns, distinct, has_axiom in record:
            read = [tuple(terms.get(text) or terms.setdefault(text, _term(text)) for text in one) for one in patterns]
            axiom = cast(Pattern, read.pop()) if has_axiom else None
            *body, head = cast("list[Pattern]", read)
            rules.append(Rule(name, tuple(body), head, tuple(distinct) if distinct else None, axiom))
        return cls(tuple(rules))


def _term(text: str) -> Term:
    if text.startswith("?"):
        return text
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1])
    (quad,) = ox.parse(f"<urn:s> <urn:p> {text} .", format=ox.RdfFormat.N_TRIPLES)
    return cast(ox.Literal, quad.object)


def skolemize(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Name the blank nodes of an ontology below EXPRESSION, in the order in which they come."""
    names: dict[str, ox.NamedNode] = {}

    def name(term: object) -> ox.NamedNode:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term.value, ox.NamedNode(f"{EXPRESSION}{len(names)}"))
        return term  # type: ignore[return-value]

    return [ox.Triple(name(triple.subject), triple.predicate, name(triple.object)) for triple in triples]


def is_expression(pattern: Pattern) -> bool:
    """Tell whether a pattern is a membership of a class expression, which no layer of the graph holds."""
    return pattern[1] == TYPE and isinstance(pattern[2], ox.NamedNode) and pattern[2].value.startswith(EXPRESSION)


def compile_rules(ontology: list[ox.Triple]) -> Rules:
    """Instantiate the rules of OWL 2 RL/RDF (OWL 2 Profiles, section 4.3) with the axioms of an ontology.

    `ontology` must hold no blank node (see `skolemize`). owlrl closes the schema first, so that what only the schema
    rules (Table 9) entail, such as a restriction below another, is among the axioms. Left out is eq-rep-p: we have no
    property that is the same as another. Raises InputError where the ontology contradicts itself.
    """
    schema = _Schema(triple for triple in ontology if _is_schema(triple))
    schema.add_subsumptions(_closed([triple for triple in schema.triples if triple.predicate.value in _SUBSUMING]))
    rules = dict.fromkeys(rule for rule in _rules(schema) if rule.head not in rule.body)
    return Rules(tuple(rules), tuple(dict.fromkeys(_constraints(schema))))


def _is_schema(triple: ox.Triple) -> bool:
    if triple.predicate == TYPE:
        namespaces = (PREFIXES["owl"], PREFIXES["rdfs"], PREFIXES["rdf"])
        return isinstance(triple.object, ox.NamedNode) and triple.object.value.startswith(namespaces)
    return triple.predicate.value in _SCHEMA_PREDICATES


class _Schema:
    """The axioms of an ontology, by predicate."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = list(triples)
        self._by_predicate: dict[str, list[tuple[ox.NamedNode, Term]]] = defaultdict(list)
        for triple in self.triples:
            self._by_predicate[triple.predicate.value].append(_pair(triple))
        self._first = dict(self._by_predicate[_RDF + "first"])
        self._rest = dict(self._by_predicate[_RDF + "rest"])

    def add_subsumptions(self, triples: Iterable[ox.Triple]) -> None:
        for triple in triples:
            pair = _pair(triple)
            if pair not in self._by_predicate[triple.predicate.value]:
                self._by_predicate[triple.predicate.value].append(pair)

    def pairs(self, predicate: ox.NamedNode) -> list[tuple[ox.NamedNode, Term]]:
        """Return subject and object of all axioms with a predicate."""
        return self._by_predicate[predicate.value]

    def values(self, subject: Term, predicate: ox.NamedNode) -> list[Term]:
        return [value for one, value in self.pairs(predicate) if one == subject]

    def instances(self, name: str) -> list[ox.NamedNode]:
        """Return what is declared to be of a class of OWL."""
        return [one for one, kind in self.pairs(TYPE) if kind == _owl(name)]

    def items(self, head: Term) -> list[Term]:
        """Return the members of an RDF list."""
        found: list[Term] = []
        while isinstance(head, ox.NamedNode) and head in self._first:
            found.append(self._first[head])
            head = self._rest[head]
        return found


def _pair(triple: ox.Triple) -> tuple[ox.NamedNode, Term]:
    return cast(ox.NamedNode, triple.subject), cast(Term, triple.object)  # `skolemize` left no blank node


def _rules(schema: _Schema) -> Iterator[Rule]:
    yield from _EQUALITY
    yield from _property_rules(schema)
    yield from _class_rules(schema)


_EQUALITY = (
    Rule("eq-sym", (("?x", SAME_AS, "?y"),), ("?y", SAME_AS, "?x")),
    Rule("eq-trans", (("?x", SAME_AS, "?y"), ("?y", SAME_AS, "?z")), ("?x", SAME_AS, "?z"), ("?x", "?z")),
    Rule("eq-rep-s", (("?x", SAME_AS, "?y"), ("?x", "?p", "?o")), ("?y", "?p", "?o")),
    Rule("eq-rep-o", (("?x", SAME_AS, "?y"), ("?s", "?p", "?x")), ("?s", "?p", "?y")),
)


def _property_rules(schema: _Schema) -> Iterator[Rule]:
    for p, c in schema.pairs(_rdfs("domain")):
        yield Rule("prp-dom", (("?x", p, "?y"),), ("?x", TYPE, c), axiom=(p, _rdfs("domain"), c))
    for p, c in schema.pairs(_rdfs("range")):
        yield Rule("prp-rng", (("?x", p, "?y"),), ("?y", TYPE, c), axiom=(p, _rdfs("range"), c))
    for p in schema.instances("FunctionalProperty"):
        body: tuple[Pattern, ...] = (("?x", p, "?y"), ("?x", p, "?z"))
        yield Rule("prp-fp", body, ("?y", SAME_AS, "?z"), ("?y", "?z"), (p, TYPE, _owl("FunctionalProperty")))
    for p in schema.instances("InverseFunctionalProperty"):
        body = (("?x", p, "?z"), ("?y", p, "?z"))
        axiom: Pattern = (p, TYPE, _owl("InverseFunctionalProperty"))
        yield Rule("prp-ifp", body, ("?x", SAME_AS, "?y"), ("?x", "?y"), axiom)
    for p in schema.instances("SymmetricProperty"):
        yield Rule("prp-symp", (("?x", p, "?y"),), ("?y", p, "?x"), axiom=(p, TYPE, _owl("SymmetricProperty")))
    for p in schema.instances("TransitiveProperty"):
        body = (("?x", p, "?y"), ("?y", p, "?z"))
        yield Rule("prp-trp", body, ("?x", p, "?z"), axiom=(p, TYPE, _owl("TransitiveProperty")))
    for p, q in schema.pairs(_rdfs("subPropertyOf")):
        yield Rule("prp-spo1", (("?x", p, "?y"),), ("?x", q, "?y"), axiom=(p, _rdfs("subPropertyOf"), q))
    for p, chain in schema.pairs(_owl("propertyChainAxiom")):
        steps = schema.items(chain)
        body = tuple((f"?v{i}", step, f"?v{i + 1}") for i, step in enumerate(steps))
        yield Rule("prp-spo2", body, ("?v0", p, f"?v{len(steps)}"), axiom=(p, _owl("propertyChainAxiom"), chain))
    for p, q in schema.pairs(_owl("equivalentProperty")):
        axiom = (p, _owl("equivalentProperty"), q)
        yield Rule("prp-eqp1", (("?x", p, "?y"),), ("?x", q, "?y"), axiom=axiom)
        yield Rule("prp-eqp2", (("?x", q, "?y"),), ("?x", p, "?y"), axiom=axiom)
    for p, q in schema.pairs(_owl("inverseOf")):
        yield Rule("prp-inv1", (("?x", p, "?y"),), ("?y", q, "?x"), axiom=(p, _owl("inverseOf"), q))
        yield Rule("prp-inv2", (("?x", q, "?y"),), ("?y", p, "?x"), axiom=(p, _owl("inverseOf"), q))
    for c, keys in schema.pairs(_owl("hasKey")):
        body = tuple((one, key, f"?z{i}") for i, key in enumerate(schema.items(keys)) for one in ("?x", "?y"))
        body = (("?x", TYPE, c), ("?y", TYPE, c), *body)
        yield Rule("prp-key", body, ("?x", SAME_AS, "?y"), ("?x", "?y"), (c, _owl("hasKey"), keys))


def _class_rules(schema: _Schema) -> Iterator[Rule]:
    for c, d in schema.pairs(_rdfs("subClassOf")):
        yield Rule("cax-sco", (("?x", TYPE, c),), ("?x", TYPE, d), axiom=(c, _rdfs("subClassOf"), d))
    for c, d in schema.pairs(_owl("equivalentClass")):
        axiom: Pattern = (c, _owl("equivalentClass"), d)
        yield Rule("cax-eqc1", (("?x", TYPE, c),), ("?x", TYPE, d), axiom=axiom)
        yield Rule("cax-eqc2", (("?x", TYPE, d),), ("?x", TYPE, c), axiom=axiom)
    for c, members in schema.pairs(_owl("intersectionOf")):
        axiom, parts = (c, _owl("intersectionOf"), members), schema.items(members)
        yield Rule("cls-int1", tuple(("?x", TYPE, d) for d in parts), ("?x", TYPE, c), axiom=axiom)
        for d in parts:
            yield Rule("cls-int2", (("?x", TYPE, c),), ("?x", TYPE, d), axiom=axiom)
    for c, members in schema.pairs(_owl("unionOf")):
        for d in schema.items(members):
            yield Rule("cls-uni", (("?x", TYPE, d),), ("?x", TYPE, c), axiom=(c, _owl("unionOf"), members))
    for c, members in schema.pairs(_owl("oneOf")):
        for one in schema.items(members):
            yield Rule("cls-oo", (), (one, TYPE, c), axiom=(c, _owl("oneOf"), members))
    for c, p in schema.pairs(_owl("onProperty")):
        for d in schema.values(c, _owl("someValuesFrom")):
            filler: tuple[Pattern, ...] = () if d == _THING else (("?y", TYPE, d),)
            name = "cls-svf2" if d == _THING else "cls-svf1"
            axiom = (c, _owl("someValuesFrom"), d)
            yield Rule(name, (("?x", p, "?y"), *filler), ("?x", TYPE, c), axiom=axiom)
        for d in schema.values(c, _owl("allValuesFrom")):
            body: tuple[Pattern, ...] = (("?x", TYPE, c), ("?x", p, "?y"))
            yield Rule("cls-avf", body, ("?y", TYPE, d), axiom=(c, _owl("allValuesFrom"), d))
        for value in schema.values(c, _owl("hasValue")):
            axiom = (c, _owl("hasValue"), value)
            yield Rule("cls-hv1", (("?x", TYPE, c),), ("?x", p, value), axiom=axiom)
            yield Rule("cls-hv2", (("?x", p, value),), ("?x", TYPE, c), axiom=axiom)
        for name, body in _at_most(schema, c, p, 1):
            yield Rule(name, body, ("?y", SAME_AS, "?z"), ("?y", "?z"), (c, _owl("onProperty"), p))


def _at_most(schema: _Schema, c: Term, p: Term, bound: int) -> Iterator[tuple[str, tuple[Pattern, ...]]]:
    """Yield name and body of the rules on a maximal cardinality of 0 or 1, with and without a class."""
    others = ("?y", "?z")[: bound + 1]
    plain: tuple[Pattern, ...] = (("?x", TYPE, c), *(("?x", p, other) for other in others))
    if any(_number(value) == bound for value in schema.values(c, _owl("maxCardinality"))):
        yield ("cls-maxc2" if bound else "cls-maxc1"), plain
    if any(_number(value) == bound for value in schema.values(c, _owl("maxQualifiedCardinality"))):
        for d in schema.values(c, _owl("onClass")):
            filler = () if d == _THING else tuple((other, TYPE, d) for other in others)
            number = {(1, False): 3, (1, True): 4, (0, False): 1, (0, True): 2}[bound, d == _THING]
            yield f"cls-maxqc{number}", (*plain, *filler)


def _number(value: Term) -> int:
    return int(value.value) if isinstance(value, ox.Literal) and value.value.isdigit() else -1


def _constraints(schema: _Schema) -> Iterator[Constraint]:
    different = _owl("differentFrom")
    same: Pattern = ("?x", SAME_AS, "?y")
    yield Constraint("eq-diff1", (same, ("?x", different, "?y")), "{x} is said to be the same as {y} and different")
    # We leave out that everything is the same as itself (eq-ref), so this case needs a rule of its own.
    yield Constraint("eq-diff1", (("?x", different, "?x"),), "{x} is said to be different from itself")
    yield Constraint("cls-nothing2", (("?x", TYPE, _NOTHING),), "{x} is of a class that can have no members")
    for p in schema.instances("FunctionalProperty"):
        # Two literals that differ are two values (dt-diff), so a functional property cannot have both.
        both: tuple[Pattern, ...] = (("?x", p, "?y"), ("?x", p, "?z"))
        says = f"{{x}} has two values of {p.value}, which can have one: {{y}} and {{z}}"
        yield Constraint("prp-fp", both, says, ("?y", "?z"), literals=True)
    for p in schema.instances("IrreflexiveProperty"):
        yield Constraint("prp-irp", (("?x", p, "?x"),), f"{{x}} stands in {p.value} to itself")
    for p in schema.instances("AsymmetricProperty"):
        says = f"{{x}} and {{y}} stand in {p.value} to each other"
        yield Constraint("prp-asyp", (("?x", p, "?y"), ("?y", p, "?x")), says)
    disjoint_properties = schema.pairs(_owl("propertyDisjointWith"))
    for one, other in [*disjoint_properties, *_member_pairs(schema, "AllDisjointProperties")]:
        says = f"{{x}} stands to {{y}} both in {_text(one)} and in {_text(other)}, which are disjoint"
        yield Constraint("prp-pdw", (("?x", one, "?y"), ("?x", other, "?y")), says)
    for one, other in [*schema.pairs(_owl("disjointWith")), *_member_pairs(schema, "AllDisjointClasses")]:
        says = f"{{x}} is both of {_text(one)} and of {_text(other)}, which have no member in common"
        yield Constraint("cax-dw", (("?x", TYPE, one), ("?x", TYPE, other)), says)
    for one, other in schema.pairs(_owl("complementOf")):
        says = f"{{x}} is both of {_text(one)} and of its complement {_text(other)}"
        yield Constraint("cls-com", (("?x", TYPE, one), ("?x", TYPE, other)), says)
    for one, other in _member_pairs(schema, "AllDifferent"):
        says = f"{_text(one)} is said to be the same as {_text(other)}"
        yield Constraint("eq-diff2", ((one, SAME_AS, other),), says)
    for restriction, on in schema.pairs(_owl("onProperty")):
        for name, body in _at_most(schema, restriction, on, 0):
            yield Constraint(name, body, f"{{x}} has a value of {_text(on)}, of which it can have none")
        for name, body in _at_most(schema, restriction, on, 1):
            says = f"{{x}} has two values of {_text(on)}, of which it can have one: {{y}} and {{z}}"
            yield Constraint(name, body, says, ("?y", "?z"), literals=True)


def _member_pairs(schema: _Schema, kind: str) -> Iterator[tuple[Term, Term]]:
    for axiom in schema.instances(kind):
        for head in [*schema.values(axiom, _owl("members")), *schema.values(axiom, _owl("distinctMembers"))]:
            members = schema.items(head)
            for i, one in enumerate(members):
                for other in members[i + 1 :]:
                    yield one, other


def _text(term: Term) -> str:
    return term if isinstance(term, str) else term.value


def _closed(schema: list[ox.Triple]) -> list[ox.Triple]:
    """Return what owlrl adds to the subsumptions of a schema, without the trivial ones."""
    # Both cost a tenth of a second to import, and a compiled graph needs them no more.
    import owlrl
    import rdflib

    graph = rdflib.Graph()
    graph.parse(data=ox.serialize(schema, format=ox.RdfFormat.N_TRIPLES), format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    errors = [str(text) for text in graph.objects(None, rdflib.URIRef(_OWLRL_ERROR))]
    if errors:
        raise InputError(f"the ontology contradicts itself: {sorted(errors)[0]}", "mend the axioms in ontology/")
    found = []
    for name in ("subClassOf", "subPropertyOf"):
        for low, high in graph.subject_objects(rdflib.RDFS[name]):
            ours = all(isinstance(term, rdflib.URIRef) and not str(term).startswith(_BUILT_IN) for term in (low, high))
            if ours and low != high:
                found.append(ox.Triple(ox.NamedNode(str(low)), _rdfs(name), ox.NamedNode(str(high))))
    return sorted(found, key=str)


_OWLRL_ERROR = "http://www.daml.org/2002/03/agents/agent-ont#error"
_BUILT_IN = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs", "xsd"))
