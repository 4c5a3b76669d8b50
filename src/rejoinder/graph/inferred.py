"""What follows from the accepted statements: the third layer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import pyoxigraph as ox

from rejoinder.graph.rules import EXPRESSION, SAME_AS, TYPE, Constraint, Pattern, Rule, Rules, Term, is_expression
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY, PREFIXES

__all__ = ["Inconsistency", "Key", "Reasoning", "Scene", "Update", "close", "infer", "updates"]


@dataclass(frozen=True)
class Inconsistency:
    """Statements that cannot hold together: the OWL 2 RL rule, the sentence, and what it is about."""

    rule: str
    says: str
    subject: str


#: What tells whether one pattern can match another: the predicate, and the class of a type.
Key = tuple[Term, Term]


class Reasoning(Protocol):
    """A store that rules run in: one in this process, or one that is asked over HTTP."""

    def run(self, updates: "list[Update]") -> set[Key]:
        """Run the updates of rules, in their order, and return what kinds of statements there are more of."""

    def query(self, text: str) -> Any:
        """Return the solutions of a query."""


class Scene(NamedTuple):
    """The named graphs that rules run over: what is held true, what follows, and where they work.

    Memberships of class expressions, which have no name, are in the working graph while the rules run.
    """

    accepted: str = ACCEPTED
    inferred: str = INFERRED
    ontology: str = ONTOLOGY
    working: str = PREFIXES["graph"] + "working"

    def dataset(self, keyword: str) -> str:
        """Return the graphs as the default graph of a query (FROM) or of an update (USING)."""
        return "".join(f"{keyword} <{graph}> " for graph in self)


class Update(NamedTuple):
    """A rule as a SPARQL 1.1 update that adds what follows by it, where that is not there yet."""

    rule: Rule
    insert: str
    where: str
    scene: Scene

    @property
    def text(self) -> str:
        """The update."""
        return f"INSERT {{ {self.insert} }} {self.scene.dataset('USING')}WHERE {{ {self.where} }}"

    @property
    def adds(self) -> str:
        """The query that asks whether the update adds anything."""
        return f"ASK {self.scene.dataset('FROM')}{{ {self.where} }}"


def infer(store: ox.Store, rules: Rules) -> list[Inconsistency]:
    """Fill the inferred graph with what follows from the accepted graph and the ontology. See `close`."""
    found = close(_Embedded(store), rules, Scene())
    store.remove_graph(ox.NamedNode(Scene().working))
    return found


class _Embedded:
    """A store in this process."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self.query = store.query

    def run(self, updates: list[Update]) -> set[Key]:
        added: set[Key] = set()
        for update in updates:
            # An update does not tell whether it did something, and to count a store takes longer than most of them.
            if self._store.query(update.adds):
                self._store.update(update.text)
                added.add(key(update.rule.head))
        return added


def close(store: Reasoning, rules: Rules, scene: Scene) -> list[Inconsistency]:
    """Run the rules over the accepted graph and the ontology to their fixpoint, filling the inferred graph.

    Returns what contradicts the axioms, sorted.

    Each rule is one SPARQL 1.1 update, so that any store can run it. A rule runs again only when the round before has
    added something that its body can match. Left out is what nobody wants to read: types that are class expressions,
    owl:Thing, statements that are there already.
    """
    pending = list(updates(rules, scene))
    grown = store.run(pending)
    while grown:
        grown = store.run([update for update in pending if _may_match(update.rule, grown)])
    return _inconsistencies(store, rules, scene)


def updates(rules: Rules, scene: Scene) -> Iterator[Update]:
    """Yield the update of each rule."""
    for rule in rules.rules:
        if _is_trivial(rule.head):
            continue
        graph = f"<{scene.working if is_expression(rule.head) else scene.inferred}>"
        conditions = [f"FILTER NOT EXISTS {{ {_triple(rule.head)} }}"]
        subject, predicate, value = rule.head
        if isinstance(subject, str):
            conditions.append(f"FILTER(isIRI({subject}) || isBlank({subject}))")  # no literal, no triple term
        if rule.distinct:
            conditions.append(f"FILTER({rule.distinct[0]} != {rule.distinct[1]})")
        if predicate == SAME_AS and isinstance(value, str):
            # A value that is a literal cannot be the same thing as another; two of them are an inconsistency.
            conditions.append(f"FILTER(!isLiteral({value}))")
        if isinstance(predicate, str):
            # Equality copies statements: none that makes a thing the same as itself, nor on parts of an axiom.
            conditions.append(f"FILTER(!({predicate} = {SAME_AS} && {subject} = {value}))")
            conditions.append(f'FILTER(!STRSTARTS(STR({subject}), "{EXPRESSION}"))')
            of_expression = f'isIRI({value}) && STRSTARTS(STR({value}), "{EXPRESSION}")'
            conditions.append(f"BIND(IF({of_expression}, <{scene.working}>, <{scene.inferred}>) AS ?graph)")
            graph = "?graph"
        insert = f"GRAPH {graph} {{ {_triple(rule.head)} }}"
        yield Update(rule, insert, f"{_where(rule.body)} {' '.join(conditions)}", scene)


def _inconsistencies(store: Reasoning, rules: Rules, scene: Scene) -> list[Inconsistency]:
    found = set()
    for constraint in rules.constraints:
        for row in cast(ox.QuerySolutions, store.query(_select(constraint, scene))):
            bound = {name: _name(row[name]) for name in ("x", "y", "z") if f"?{name}" in _variables(constraint)}
            subject = _iri(row["x"]) if "x" in bound else ""
            found.add(Inconsistency(constraint.name, constraint.says.format_map(bound), subject))
    return sorted(found, key=lambda one: (one.subject, one.rule, one.says))


def _select(constraint: Constraint, scene: Scene) -> str:
    conditions = []
    if constraint.distinct:
        first, second = constraint.distinct
        # Each pair once; two literals may be the same text in two languages or datatypes.
        conditions.append(f"FILTER({_sort_key(first)} < {_sort_key(second)})")
        if constraint.literals:
            conditions.append(
                f"FILTER(isLiteral({first}) && isLiteral({second}) && !COALESCE({first} = {second}, false))"
            )
    projected = " ".join(sorted(_variables(constraint))) or "(1 AS ?found)"
    where = f"WHERE {{ {_where(constraint.body)} {' '.join(conditions)} }}"
    return f"SELECT DISTINCT {projected} {scene.dataset('FROM')}{where}"


def _sort_key(variable: str) -> str:
    of_literal = f'CONCAT("@", LANG({variable}), "^", STR(DATATYPE({variable})))'
    return f'CONCAT(STR({variable}), IF(isLiteral({variable}), {of_literal}, ""))'


def _variables(constraint: Constraint) -> set[str]:
    return {term for pattern in constraint.body for term in pattern if isinstance(term, str)}


def _where(body: tuple[Pattern, ...]) -> str:
    return " ".join(_triple(pattern) + " ." for pattern in body)


def _triple(pattern: Pattern) -> str:
    return " ".join(str(term) for term in pattern)


def key(pattern: Pattern) -> Key:
    """Return the kind of statement that a pattern is."""
    return (pattern[1], pattern[2] if pattern[1] == TYPE else "?")


def _may_match(rule: Rule, added: set[Key]) -> bool:
    for pattern in rule.body:
        predicate, kind = key(pattern)
        for other, other_kind in added:
            if isinstance(predicate, str) or isinstance(other, str):
                return True
            if predicate == other and (isinstance(kind, str) or isinstance(other_kind, str) or kind == other_kind):
                return True
    return False


def _is_trivial(head: Pattern) -> bool:
    return head[1] == TYPE and isinstance(head[2], ox.NamedNode) and head[2].value == PREFIXES["owl"] + "Thing"


def _name(term: ox.NamedNode | ox.Literal) -> str:
    return str(term)


def _iri(term: ox.NamedNode | ox.Literal) -> str:
    return term.value
