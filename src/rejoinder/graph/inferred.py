"""What follows from the accepted statements: the third layer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pyoxigraph as ox

from rejoinder.graph.rules import EXPRESSION, SAME_AS, TYPE, Constraint, Pattern, Rule, Rules, Term, is_expression
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY, PREFIXES

__all__ = ["Inconsistency", "infer", "updates"]

# Memberships of class expressions, which have no name, live here while the rules run.
_WORKING = PREFIXES["graph"] + "working"
_USING = "".join(f"USING <{graph}> " for graph in (ACCEPTED, INFERRED, ONTOLOGY, _WORKING))
_FROM = "".join(f"FROM <{graph}> " for graph in (ACCEPTED, INFERRED, ONTOLOGY, _WORKING))


@dataclass(frozen=True)
class Inconsistency:
    """Statements that cannot hold together: the OWL 2 RL rule, the sentence, and what it is about."""

    rule: str
    says: str
    subject: str


def infer(store: ox.Store, rules: Rules) -> list[Inconsistency]:
    """Run the rules over the accepted graph and the ontology to their fixpoint, filling the inferred graph.

    Returns what contradicts the axioms, sorted.

    Each rule is one SPARQL 1.1 update, so that any store can run it. A rule runs again only when one before it has
    added something that its body can match. Left out is what nobody wants to read: types that are class expressions,
    owl:Thing, statements that are there already.
    """
    pending = [(rule, text) for rule, text in updates(rules)]
    size = len(store)
    grown: set[tuple[Term, Term]] | None = None
    while grown is None or grown:
        added: set[tuple[Term, Term]] = set()
        for rule, text in pending:
            if grown is not None and not _may_match(rule, grown | added):
                continue
            store.update(text)
            now = len(store)
            if now != size:
                added.add(_key(rule.head))
                size = now
        grown = added
    found = _inconsistencies(store, rules)
    store.remove_graph(ox.NamedNode(_WORKING))
    return found


def updates(rules: Rules) -> Iterator[tuple[Rule, str]]:
    """Yield each rule with the SPARQL 1.1 update that adds what follows by it."""
    for rule in rules.rules:
        if _is_trivial(rule.head):
            continue
        graph = f"<{_WORKING if is_expression(rule.head) else INFERRED}>"
        conditions = [f"FILTER NOT EXISTS {{ {_triple(rule.head)} }}"]
        subject, predicate, value = rule.head
        if isinstance(subject, str):
            conditions.append(f"FILTER(!isLiteral({subject}))")
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
            conditions.append(f"BIND(IF({of_expression}, <{_WORKING}>, <{INFERRED}>) AS ?graph)")
            graph = "?graph"
        yield (
            rule,
            f"INSERT {{ GRAPH {graph} {{ {_triple(rule.head)} }} }} {_USING}"
            f"WHERE {{ {_where(rule.body)} {' '.join(conditions)} }}",
        )


def _inconsistencies(store: ox.Store, rules: Rules) -> list[Inconsistency]:
    found = set()
    for constraint in rules.constraints:
        for row in cast(ox.QuerySolutions, store.query(_select(constraint))):
            bound = {name: _name(row[name]) for name in ("x", "y", "z") if f"?{name}" in _variables(constraint)}
            subject = _iri(row["x"]) if "x" in bound else ""
            found.add(Inconsistency(constraint.name, constraint.says.format_map(bound), subject))
    return sorted(found, key=lambda one: (one.subject, one.rule, one.says))


def _select(constraint: Constraint) -> str:
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
    return f"SELECT DISTINCT {projected} {_FROM}WHERE {{ {_where(constraint.body)} {' '.join(conditions)} }}"


def _sort_key(variable: str) -> str:
    of_literal = f'CONCAT("@", LANG({variable}), "^", STR(DATATYPE({variable})))'
    return f'CONCAT(STR({variable}), IF(isLiteral({variable}), {of_literal}, ""))'


def _variables(constraint: Constraint) -> set[str]:
    return {term for pattern in constraint.body for term in pattern if isinstance(term, str)}


def _where(body: tuple[Pattern, ...]) -> str:
    return " ".join(_triple(pattern) + " ." for pattern in body)


def _triple(pattern: Pattern) -> str:
    return " ".join(str(term) for term in pattern)


def _key(pattern: Pattern) -> tuple[Term, Term]:
    """What tells whether one pattern can match another: the predicate, and the class of a type."""
    return (pattern[1], pattern[2] if pattern[1] == TYPE else "?")


def _may_match(rule: Rule, added: set[tuple[Term, Term]]) -> bool:
    for pattern in rule.body:
        predicate, kind = _key(pattern)
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
