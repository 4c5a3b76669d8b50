"""Random graphs, ontologies and queries, and what must hold of the rows that the queries give."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import pyoxigraph as ox
from hypothesis import strategies as st

from rejoinder.answers.answer import Answer
from rejoinder.answers.parser import parse
from rejoinder.answers.patterns import select, text
from rejoinder.answers.rows import Rows
from rejoinder.answers.support import Fact
from rejoinder.errors import UsageError
from rejoinder.graph import inferred
from rejoinder.graph.compiled import Compiled, Manifest
from rejoinder.graph.proofs import Proofs
from rejoinder.graph.rules import Rules, compile_rules, skolemize
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY, PREFIXES, RDF_TYPE, rj

EX = "https://example.org/"
PROLOGUE = f"PREFIX : <{EX}> PREFIX rdfs: <{PREFIXES['rdfs']}> PREFIX rj: <{PREFIXES['rj']}> "
TYPE, LABEL, SOURCE = ox.NamedNode(RDF_TYPE), ox.NamedNode(PREFIXES["rdfs"] + "label"), ox.NamedNode(rj("source"))
NUMBER = ox.NamedNode(EX + "n")
THINGS = [ox.NamedNode(EX + f"t{i}") for i in range(5)]
PROPERTIES = [ox.NamedNode(EX + name) for name in "pqrs"]
CLASSES = [ox.NamedNode(EX + name) for name in "ABC"]
LABELS = [ox.Literal(text) for text in "ab"]
NUMBERS = [ox.Literal(str(i), datatype=ox.NamedNode(PREFIXES["xsd"] + "integer")) for i in (1, 2, 3)]
PASSAGES = [ox.NamedNode(EX + f"g{i}") for i in range(2)]
SOURCES = [ox.NamedNode(EX + f"source{i}") for i in range(2)]

Statement = tuple[Any, Any, Any]
#: Chooses a number between two, both included.
Number = Callable[[int, int], int]

LINKS: list[Statement] = [(s, p, o) for s in THINGS for p in PROPERTIES for o in THINGS]
TYPES: list[Statement] = [(s, TYPE, o) for s in THINGS for o in CLASSES]
VALUES: list[Statement] = [(s, LABEL, o) for s in THINGS for o in LABELS]
VALUES += [(s, NUMBER, o) for s in THINGS for o in NUMBERS]

AXIOMS = [
    ":A rdfs:subClassOf :B",
    ":B rdfs:subClassOf :C",
    ":p rdfs:subPropertyOf :q",
    ":q rdfs:subPropertyOf :r",
    ":s rdfs:subPropertyOf :p",
    ":p rdfs:domain :A",
    ":q rdfs:domain :C",
    ":r rdfs:range :B",
    ":s rdfs:range :A",
    ":p owl:inverseOf :r",
    ":q owl:inverseOf :s",
    ":p a owl:TransitiveProperty",
    ":r a owl:TransitiveProperty",
    ":q a owl:SymmetricProperty",
    ":s a owl:SymmetricProperty",
    ":s owl:propertyChainAxiom ( :p :q )",
    ":r owl:propertyChainAxiom ( :s :s )",
    ":A owl:equivalentClass [ owl:onProperty :p ; owl:hasValue :t0 ]",
    ":B owl:equivalentClass [ owl:onProperty :n ; owl:hasValue 1 ]",
    ":C owl:equivalentClass [ owl:onProperty :q ; owl:someValuesFrom :A ]",
    ":B owl:equivalentClass [ owl:onProperty :s ; owl:someValuesFrom owl:Thing ]",
]


class Case(NamedTuple):
    """A graph and a query: the axioms of its ontology, accepted statements, those of passages, and the query.

    `seed` chooses what is checked where there is more than is checked; `operators` names what the query uses.
    """

    axioms: tuple[str, ...]
    accepted: tuple[Statement, ...]
    quoted: tuple[tuple[Statement, ...], ...]
    query: str
    seed: int = 0
    operators: frozenset[str] = frozenset()

    @property
    def facts(self) -> frozenset[Fact]:
        """All asserted statements but those of the ontology."""
        said = {Fact(one, PASSAGES[i]) for i, statements in enumerate(self.quoted) for one in statements}
        return frozenset({Fact(one) for one in self.accepted} | said)

    def __repr__(self) -> str:
        """Write the case so that people can read it."""
        lines = ["ontology: " + " . ".join(self.axioms), "accepted: " + " . ".join(map(short, self.accepted))]
        lines += [f"g{i}: " + " . ".join(map(short, one)) for i, one in enumerate(self.quoted)]
        return "\n".join(["Case", *lines, self.query])


def short(statement: Statement) -> str:
    return " ".join(str(term).replace(f"<{EX}", ":").replace(">", "").replace("<http", "http") for term in statement)


def axioms_of(number: int) -> tuple[str, ...]:
    """Return some axioms by a number; 0 has none."""
    chance = random.Random(number)
    return tuple(chance.sample(AXIOMS, min(number, chance.randint(0, 5))))


@lru_cache(maxsize=1000)
def ontology(axioms: tuple[str, ...]) -> tuple[tuple[ox.Quad, ...], Rules]:
    """Return an ontology with its rules."""
    prefixes = "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in ("owl", "rdf", "rdfs", "xsd"))
    text = prefixes + f"@prefix : <{EX}> .\n" + "".join(f"{axiom} .\n" for axiom in axioms)
    triples = [ox.Triple(q.subject, q.predicate, q.object) for q in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    named = skolemize(triples)
    quads = tuple(ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(ONTOLOGY)) for t in named)
    return quads, compile_rules(named)


def world(axioms: tuple[str, ...], facts: Iterable[Fact]) -> Compiled:
    """Return a compiled graph of an ontology and asserted statements."""
    quads, rules = ontology(axioms)
    store = ox.Store()
    store.extend(quads)
    store.extend(ox.Quad(*fact.statement, fact.passage or ox.NamedNode(ACCEPTED)) for fact in sorted(facts, key=str))
    inferred.infer(store, rules)
    return Compiled(store, Manifest(passages=tuple(one.value for one in PASSAGES), queries={}))


def ask(compiled: Compiled, query: str) -> Answer:
    return Answer.of(compiled.query(query), query)


def made(answer: Answer) -> list[object]:
    """Return what an answer consists of: rows, triples, or a yes or no."""
    if answer.kind == "rows":
        return [row.terms for row in answer.rows]
    return list(answer.triples) if answer.kind == "triples" else [answer.boolean]


# Queries #############################################################################################################


class Writer:
    """Writes one query along a solution that it has: statements of the graph become patterns by putting variables."""

    def __init__(self, number: Number, default: list[Statement], quoted: tuple[tuple[Statement, ...], ...]) -> None:
        self.number = number
        self.default = default
        self.quoted = quoted
        self.facts = default
        self.operators: set[str] = set()
        #: What variables in scope stand for in that solution; None where that is not known.
        self.values: dict[str, Any] = {}
        self._count = 0

    def pick(self, options: Iterable[Any]) -> Any:
        return pick(self.number, options)

    def chance(self, percent: int) -> bool:
        """Decide; shrinking leads to no."""
        return self.number(0, 99) >= 100 - percent

    def some(self, options: list[str], low: int, high: int) -> list[str]:
        """Choose a few, each once."""
        return sorted({self.pick(options) for _ in range(self.number(low, high))}) if options else []

    def uses(self, operator: str) -> None:
        self.operators.add(operator)

    def fresh(self) -> str:
        self._count += 1
        return f"?v{self._count}"

    # Triple patterns.

    def end(self, term: Any, new: int = 60) -> str:
        known = [name for name, value in self.values.items() if value == term]
        if known and not self.chance(20):
            return self.pick(known)
        if not self.chance(new):
            return str(term)
        name = self.fresh()
        self.values[name] = term
        return name

    def triple(self) -> str:
        """Return a pattern of a statement, near what is known if there is one, and what is behind it on a path."""
        if not self.facts:
            return f"{self.fresh()} :p {self.fresh()} ."
        values = set(self.values.values())
        near = [one for one in self.facts if one[0] in values or one[2] in values]
        s, p, o = self.pick(near if near and not self.chance(15) else self.facts)
        if self.chance(25):
            return self.path(s, p, o)
        subject = self.end(s, 90)
        if self.chance(8):
            self.uses("variable predicate")
            name = self.fresh()
            self.values[name] = p
            return f"{subject} {name} {self.end(o, 70)} ."
        return f"{subject} {p} {self.end(o, 70)} ."

    def path(self, s: Any, p: Any, o: Any) -> str:
        other = self.pick([*PROPERTIES, TYPE, LABEL])
        kind = self.pick(["^", "|", "/", "?", "+", "*", "!", "!^", "(/)+", "(|)*", "(^|)+", "/*", "^/", "|^", "(?)/"])
        self.uses("path " + kind)
        simple = {
            "^": ("o", f"^{p}"), "|": ("s", f"{p}|{other}"), "?": ("s", f"{p}?"), "+": ("s", f"{p}+"),
            "*": ("s", f"{p}*"), "!": ("s", f"!{other}" if other != p else f"!{NUMBER}"),
            "!^": ("s", f"!({other if other != p else NUMBER}|^{self.pick(PROPERTIES)})"),
            "(|)*": ("s", f"({p}|{other})*"), "(^|)+": ("s", f"(^{p}|{other})+"),
            "|^": ("s", f"({other}|^{other}|{p})"), "^/": ("o", f"^{p}/{other}?"),
        }  # fmt: skip
        if kind in simple:
            way, path = simple[kind]
            ends = (s, o) if way == "s" else (o, s)
            return f"{self.end(ends[0], 85)} {path} {self.end(ends[1], 70)} ."
        onward = [one for one in self.facts if one[0] == o]
        _, q, last = self.pick(onward) if onward else (o, other, None)
        path = {"/": f"{p}/{q}", "(/)+": f"({p}/{q})+", "/*": f"{p}/{q}*", "(?)/": f"({p}?)/{q}"}[kind]
        return f"{self.end(s, 85)} {path} {self.fresh() if last is None else self.end(last, 70)} ."

    # Groups.

    def within(self, write: Callable[[], str]) -> tuple[str, dict[str, Any]]:
        """Write something in a scope of its own; return it with the variables that it has besides."""
        before = dict(self.values)
        text = write()
        found, self.values = self.values, before
        return text, {name: value for name, value in found.items() if name not in before}

    def group(self, depth: int) -> str:
        parts = [self.triple() for _ in range(self.number(1, 2))]
        for _ in range(self.number(0, 3 if depth > 1 else 1)):
            parts.append(self.element(depth))
        if self.chance(15):
            parts.append(self.triple())
        return " ".join(parts)

    def element(self, depth: int) -> str:
        kinds = ["optional", "filter", "filter", "not exists", "exists", "minus", "bind", "values", "graph", "optional"]
        if depth > 0:
            kinds += ["union", "union", "sub-select", "sub-select", "nested", "optional"]
        kind = self.pick(kinds)
        return getattr(self, "_" + kind.replace(" ", "_").replace("-", "_"))(depth)

    def inner(self, depth: int) -> str:
        return self.group(depth - 1) if depth > 0 and self.chance(50) else self.triple()

    def _optional(self, depth: int) -> str:
        self.uses("OPTIONAL")
        if self.chance(35):
            text = self.loose_pattern()
        else:
            text, more = self.within(lambda: self.inner(depth))
            if "OPTIONAL" in text:
                self.uses("OPTIONAL nested")
            self.values |= more
        if self.chance(15):
            self.uses("FILTER in OPTIONAL")
            text += f" FILTER({self.condition(depth)})"
        return f"OPTIONAL {{ {text} }}"

    def loose_pattern(self) -> str:
        """Return a pattern that may match or not."""
        known = list(self.values) or [self.fresh()]
        predicate = self.pick([*PROPERTIES, TYPE, LABEL, NUMBER])
        other = self.pick([self.fresh(), self.pick(known), str(self.pick([*THINGS, *CLASSES]))])
        ends = [self.pick(known), other]
        if other.startswith("?"):
            self.values.setdefault(other, None)
        return (
            f"{ends[0]} {predicate} {ends[1]} ."
            if self.chance(70)
            else f"{ends[1]} {predicate} {ends[0]} ."
            if ends[1][0] == "?"
            else f"{ends[0]} {predicate} {ends[1]} ."
        )

    def either(self, depth: int) -> str:
        """Return a pattern within MINUS or EXISTS, whose own variables are not seen outside."""
        write = self.loose_pattern if self.chance(60) else (lambda: self.inner(depth))
        text, _ = self.within(write)
        if self.chance(20):
            text += f" FILTER({self.comparison()})"
        return text

    def _filter(self, depth: int) -> str:
        self.uses("FILTER")
        return f"FILTER({self.condition(depth)})"

    def _not_exists(self, depth: int) -> str:
        self.uses("NOT EXISTS")
        return f"FILTER NOT EXISTS {{ {self.either(depth)} }}"

    def _exists(self, depth: int) -> str:
        self.uses("EXISTS")
        return f"FILTER EXISTS {{ {self.within(lambda: self.inner(depth))[0]} }}"

    def _minus(self, depth: int) -> str:
        self.uses("MINUS")
        return f"MINUS {{ {self.either(depth)} }}"

    def _bind(self, depth: int) -> str:
        self.uses("BIND")
        text = self.value(depth)
        name = self.fresh()
        self.values[name] = None
        return f"BIND({text} AS {name})"

    def _values(self, depth: int) -> str:
        self.uses("VALUES")
        name = self.pick(self.values) if self.values and self.chance(70) else self.fresh()
        terms = [str(self.pick([*THINGS, *CLASSES, *LABELS])) for _ in range(2)]
        if self.values.get(name) is not None:
            terms.append(str(self.values[name]))
        self.values.setdefault(name, None)
        if self.chance(25):
            self.uses("VALUES with UNDEF")
            terms.append("UNDEF")
        return f"VALUES {name} {{ {' '.join(terms)} }}"

    def _graph(self, depth: int) -> str:
        index = self.number(0, len(self.quoted) - 1)
        name: str = str(PASSAGES[index])
        if self.chance(65):
            self.uses("GRAPH ?g")
            name = self.fresh()
            self.values[name] = PASSAGES[index]
        else:
            self.uses("GRAPH <g>")
        around, self.facts = self.facts, list(self.quoted[index])
        text = self.inner(depth if self.chance(25) else min(depth, 1))
        self.facts = around
        return f"GRAPH {name} {{ {text} }}"

    def _union(self, depth: int) -> str:
        self.uses("UNION")
        texts, found = [], {}
        for _ in range(self.pick([2, 2, 3])):
            text, more = self.within(lambda: self.inner(depth))
            texts.append(f"{{ {text} }}")
            found |= more
            if more and self.chance(50):  # a variable that several branches bind
                name = self.pick(more)
                self.values[name] = more[name]
        self.values |= found
        return " UNION ".join(texts)

    def _nested(self, depth: int) -> str:
        self.uses("nested group")
        return f"{{ {self.inner(depth)} }}"

    def _sub_select(self, depth: int) -> str:
        text, more = self.within(lambda: self.select(depth - 1, "sub-"))
        self.values |= {name: value for name, value in more.items() if name in self._shown}
        return f"{{ {text} }}"

    # Expressions.

    def variable(self) -> str:
        return self.pick(self.values) if self.values else self.fresh()

    def comparison(self) -> str:
        name = self.variable()
        value = self.values.get(name)
        constant = str(value if value is not None and not self.chance(30) else self.pick([*THINGS, *NUMBERS, *LABELS]))
        other = self.variable()
        return self.pick(
            [f"{name} = {constant}", f"{name} != {self.pick(THINGS)}", f"{name} < 3", f"{name} >= 2",
             f"{name} != {other}", f"{name} = {other}", f"isIRI({name})", f"STR({name}) < STR({other})"]
        )  # fmt: skip

    def condition(self, depth: int) -> str:
        name, other = self.variable(), self.variable()
        kind = self.pick(["compare", "compare", "bound", "coalesce", "in", "or", "and", "exists", "if"])
        self.uses("condition " + kind)
        match kind:
            case "bound":
                return self.pick([f"BOUND({name})", f"!BOUND({name})"])
            case "coalesce":
                either = f"COALESCE({name}, {other}) != {self.pick(THINGS)}"
                return self.pick([either, f"COALESCE({self.comparison()}, true)"])
            case "in":
                terms = ", ".join(str(self.pick([*THINGS, *LABELS, *NUMBERS])) for _ in range(2))
                return f"{name} {self.pick(['IN', 'NOT IN'])} ({terms})"
            case "or":
                second = f"NOT EXISTS {{ {self.either(depth)} }}" if self.chance(50) else self.comparison()
                if "EXISTS" in second:
                    self.uses("NOT EXISTS within ||")
                return f"{self.comparison()} || {second}"
            case "and":
                return f"{self.comparison()} && {self.pick(['', '!'])}BOUND({other})"
            case "exists":
                self.uses("EXISTS within ||")
                return f"!({self.comparison()}) || EXISTS {{ {self.either(depth)} }}"
            case "if":
                return f"IF(BOUND({name}), {self.comparison()}, {self.pick(['true', 'false'])})"
        return self.comparison()

    def value(self, depth: int) -> str:
        name, other = self.variable(), self.variable()
        return self.pick(
            [name, f"STR({name})", f"COALESCE({name}, {other})", f"IF({self.comparison()}, {name}, {other})",
             f"({name} + 1)", f"CONCAT(STR({name}), STR({other}))", f"BOUND({name})", f"COALESCE({name}, 'none')",
             f"EXISTS {{ {self.either(depth)} }}" if self.chance(20) else name]
        )  # fmt: skip

    # Queries.

    def select(self, depth: int, level: str = "") -> str:
        """Return a SELECT of any kind; what it shows is in `_shown`."""
        kinds = ["plain", "plain", "DISTINCT", "grouped", "grouped", "concatenated"] + (
            [] if level else ["expressions"]
        )
        kind = self.pick(kinds)
        if kind == "concatenated" and depth >= 0:
            return self.concatenated(depth, level)
        if kind == "grouped":
            return self.grouped(depth, level)
        where = self.group(depth)
        names = list(self.values)
        shown = self.some(names, 1, 4) if names else ["*"]
        if shown == ["*"] or self.chance(10):
            shown, items = names, ["*"]
        else:
            items = list(shown)
        if kind == "expressions" or (kind == "DISTINCT" and self.chance(20)):
            self.uses(level + "select expression")
            name, text = self.fresh(), self.value(depth)
            items = [*(items if items != ["*"] else shown), f"({text} AS {name})"]
            shown = [*shown, name]
        self._shown = shown
        if kind == "DISTINCT":
            self.uses(level + "DISTINCT")
        text = f"SELECT {'DISTINCT ' if kind == 'DISTINCT' else ''}{' '.join(items)} WHERE {{ {where} }}"
        return text + self.order(shown, level)

    def order(self, shown: list[str], level: str, *, often: int = 25) -> str:
        if not shown or not self.chance(often):
            return ""
        self.uses(level + "ORDER BY")
        text = " ORDER BY " + " ".join(f"{self.pick(['', 'DESC'])}({name})" for name in shown)
        if self.chance(50):
            self.uses(level + "LIMIT")
            text += f" LIMIT {self.number(1, 4)}"
        if self.chance(15):
            self.uses(level + "OFFSET")
            text += " OFFSET 1"
        return text

    def grouped(self, depth: int, level: str) -> str:
        self.uses(level + "GROUP BY")
        where = self.group(depth)
        names = list(self.values)
        keys = self.some(names, 0, 2)
        written = list(keys)
        shown = [key for key in keys if not self.chance(15)]
        if self.chance(20):
            self.uses(level + "GROUP BY expression")
            text, name = self.value(depth), self.fresh()
            if text in self.values:  # (?x AS ?y) is a key that the engine does not show
                text = f"STR({text})"
            written.append(f"({text} AS {name})")
            keys = [*keys, name]
            shown.append(name)
        items, calls = list(shown), []
        for _ in range(self.number(0 if shown else 1, 2)):
            call = self.aggregate()
            name = self.fresh()
            calls.append(call)
            items.append(f"({call}{self.pick(['', '', '', ' + 1'])} AS {name})")
            shown.append(name)
        text = f"SELECT {' '.join(items)} WHERE {{ {where} }}"
        if written:
            text += " GROUP BY " + " ".join(written)
        if not keys:
            self.uses(level + "aggregate of all")
        if self.chance(25):
            self.uses(level + "HAVING")
            text += self.pick(
                [" HAVING (COUNT(*) > 0)", " HAVING (COUNT(*) > 1)", f" HAVING ({self.aggregate()} <= 2)"]
            )
        self._shown = shown
        self.values |= dict.fromkeys(shown)
        for key in keys:
            self.values.setdefault(key, None)
        return text + self.order(shown, level, often=15)

    def aggregate(self) -> str:
        name = self.variable()
        numbers = [one for one, value in self.values.items() if value in NUMBERS]
        number = self.pick(numbers) if numbers and not self.chance(20) else name
        kind = self.pick(["COUNT(*)", "COUNT", "COUNT DISTINCT", "SUM", "MIN", "MAX", "AVG", "COUNT(DISTINCT *)"])
        self.uses(kind)
        if "*" in kind:
            return kind
        if kind in ("COUNT", "COUNT DISTINCT"):
            return f"COUNT({'DISTINCT ' if 'D' in kind else ''}{name})"
        return f"{kind}({self.pick(['', '', 'DISTINCT '])}{number})"

    def concatenated(self, depth: int, level: str) -> str:
        self.uses(level + "GROUP_CONCAT")
        where = self.group(depth)
        names = list(self.values)
        key, name = (self.pick(names), self.pick(names)) if names else (self.fresh(), self.fresh())
        text, joined = self.fresh(), self.fresh()
        self._shown = [key, joined]
        self.values[joined] = None
        distinct = self.pick(["DISTINCT ", ""])
        having = self.pick(["", " HAVING (COUNT(*) > 0)"])
        return (
            f"SELECT {key} (GROUP_CONCAT({text}; SEPARATOR=',') AS {joined}) WHERE {{ SELECT {distinct}{key} "
            f"(STR({name}) AS {text}) WHERE {{ {where} }} ORDER BY {text} }} GROUP BY {key}{having}"
        )

    def query(self, depth: int) -> str:
        form = self.pick(["SELECT"] * 8 + ["ASK", "CONSTRUCT"])
        self.uses(form)
        if form == "SELECT":
            return self.select(depth)
        where = self.group(depth)
        if form == "ASK":
            return f"ASK {{ {where} }}"
        names = list(self.values) or ["?v1"]
        template = " ".join(f"{self.pick(names)} {self.pick(PROPERTIES)} {self.pick(names)} ." for _ in range(2))
        return f"CONSTRUCT {{ {template} }} WHERE {{ {where} }}"


def build(number: Number, depth: int = 2) -> Case:
    """Return a case whose query mostly has rows, made of numbers; its groups are nested up to a depth."""
    axioms = axioms_of(number(0, 79))
    pool = LINKS + TYPES * 2 + VALUES * 2
    accepted = tuple(dict.fromkeys(pick(number, pool) for _ in range(number(3, 14))))
    places = [number(0, 3) for _ in accepted]
    quoted = []
    for i, passage in enumerate(PASSAGES):
        said = [one for one, place in zip(accepted, places, strict=True) if place >> i & 1]
        extra = [pick(number, LINKS) for _ in range(number(0, 1))]
        quoted.append(tuple(dict.fromkeys([(passage, SOURCE, pick(number, SOURCES)), *said, *extra])))
    case = Case(axioms, accepted, tuple(quoted), "")
    store = world(axioms, case.facts).store
    derived = [
        (q.subject, q.predicate, q.object) for q in store.quads_for_pattern(None, None, None, ox.NamedNode(INFERRED))
    ]
    writer = Writer(number, [*sorted(accepted, key=str), *sorted(derived, key=str)], case.quoted)
    query = PROLOGUE + writer.query(depth)
    return case._replace(query=query, seed=number(0, 2**30), operators=frozenset(writer.operators))


def pick(number: Number, options: Iterable[Any]) -> Any:
    choice = list(options)
    return choice[number(0, len(choice) - 1)]


@st.composite
def cases(draw: Callable[[Any], Any]) -> Case:
    """Draw a case."""
    return build(lambda low, high: draw(st.integers(low, high)))


# Checks ##############################################################################################################


def check_written(case: Case) -> None:
    """Check that a SELECT that is written from its structure has the same rows, unless it is refused by name."""
    compiled = world(case.axioms, case.facts)
    answer = ask(compiled, case.query)
    try:
        structure = parse(case.query)
    except UsageError:
        return
    if answer.kind == "rows":
        again = ask(compiled, select(structure))
        assert set(answer.columns) == set(again.columns)
        assert rows_of(answer, answer.columns) == rows_of(again, answer.columns), case


def rows_of(answer: Answer, columns: tuple[str, ...]) -> list[str]:
    """Return the rows of an answer in an order that does not depend on the engine's."""
    places = [answer.columns.index(column) for column in columns]
    return sorted(str([row.terms[place] for place in places]) for row in answer.rows)


class Failure(AssertionError):
    """A row of which something does not hold that must."""


def check(case: Case, tally: Counter[str], *, rows_at_most: int = 6, leaves_at_most: int = 8) -> None:
    """Check rows of a case. Raises Failure.

    Each is explained. It is there again where its leaves alone are asserted, and where any others are besides. Where a
    leaf is called necessary it goes with it, and where it is called unnecessary it stays.
    """
    whole = world(case.axioms, case.facts)
    rules = ontology(case.axioms)[1]
    answer = ask(whole, case.query)
    chance = random.Random(case.seed)
    try:
        rows = Rows(case.query, answer, whole, Proofs(whole, rules), None)  # type: ignore[arg-type]
        everything = made(answer)
        numbers = list(range(len(everything)))
        if len(numbers) > rows_at_most:
            numbers = sorted(chance.sample(numbers, rows_at_most))
        worlds: dict[frozenset[Fact], list[object]] = {}

        def again(facts: frozenset[Fact]) -> list[object]:
            if facts not in worlds:
                worlds[facts] = made(ask(world(case.axioms, facts), case.query))
            return worlds[facts]

        tally["cases"] += 1
        tally["cases with rows"] += bool(numbers)
        for number in numbers:
            alone = rows
            if chance.random() < 0.3:  # as where one row is asked for
                alone = Rows(case.query, answer, whole, Proofs(whole, rules), None, number)  # type: ignore[arg-type]
            _check_row(case, alone, number, everything[number], again, chance, tally, leaves_at_most)
    except UsageError as error:
        tally["refused"] += 1
        tally[f"refused: {error}"] += 1


def _check_row(
    case: Case,
    rows: Rows,
    number: int,
    row: object,
    again: Callable[[frozenset[Fact]], list[object]],
    chance: random.Random,
    tally: Counter[str],
    leaves_at_most: int,
) -> None:
    cited = rows[number]
    tally["rows"] += 1
    tally[f"status {cited.status}"] += 1
    if cited.status == "unexplained":
        raise Failure(f"unexplained: {row}")
    rested = rows.leaves(cited)
    leaves = frozenset(rested) & case.facts
    axioms = {fact for fact in rested if fact not in case.facts}
    quads = set(ontology(case.axioms)[0])
    if not all(ox.Quad(*one.statement, ox.NamedNode(ONTOLOGY)) in quads and not one.passage for one in axioms):
        raise Failure(f"leaves that are not asserted: {axioms}")
    tally["context"] += bool(cited.context)
    tally["replayed"] += 1
    if row not in again(leaves):
        raise Failure(f"replay: {row} is not among {again(leaves)}, from {shown(leaves)}\n{cited}")
    for absent in cited.absent:
        tally["absent"] += 1
        if made(ask(world(case.axioms, case.facts), f"ASK {{ {text(absent.pattern)} }}"))[0]:
            raise Failure(f"absent: {text(absent.pattern)} has a match")
    others, share = sorted(case.facts - leaves, key=str), chance.choice((0.2, 0.5, 0.85))
    some = frozenset(one for one in others if chance.random() < share)
    tally["replayed with others"] += 1
    if row not in again(leaves | some):
        raise Failure(f"with others: {row} is not among {again(leaves | some)}, from {shown(leaves)} + {shown(some)}")
    told = sorted(((fact, it) for fact, it in rows.necessary(number).items() if fact in leaves), key=str)
    if {fact for fact, _ in told} != leaves:
        raise Failure("necessity: it is not told of each leaf")
    for fact, necessary in chance.sample(told, min(len(told), leaves_at_most)):
        tally[f"necessary {necessary}"] += 1
        if necessary is not None and (row in again(case.facts - {fact})) == necessary:
            raise Failure(f"{shown([fact])} is called {'' if necessary else 'not '}necessary for {row}")


def shown(facts: Iterable[Fact]) -> str:
    return " . ".join(sorted(short(f.statement) + (f" @{f.passage.value[-2:]}" if f.passage else "") for f in facts))
