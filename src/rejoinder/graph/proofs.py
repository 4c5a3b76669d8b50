"""Why an inferred statement follows: the rule instances that derive it, found backwards over the closed graph."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import pyoxigraph as ox

from rejoinder.graph.rules import Pattern, Rule, Rules, Term, is_expression
from rejoinder.vocabulary import ACCEPTED, INFERRED, ONTOLOGY

__all__ = ["Proof", "Proofs", "Statement", "Step"]

#: Subject, predicate and object; an object may be a class expression by the name that `rules.skolemize` gave it.
Statement = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]

# How many rule instances are looked at for one statement. Beyond, a proof may still be found, but not all others.
BOUND = 5_000


class Step(NamedTuple):
    """One instance of a rule: `conclusion` follows by `rule` from the statements `premises`."""

    conclusion: Statement
    rule: Rule
    premises: tuple[Statement, ...]


class Proof(NamedTuple):
    """Why a statement holds.

    `steps` maps each derived statement of the smallest proof to its step; what has none is asserted: accepted, or of
    the ontology. `others` counts further steps by which a derived statement follows without itself. A statement of
    `necessary` is asserted and stands in every proof. `complete` is False where the search was cut off at its bound:
    then there may be more proofs, and nothing is called necessary.
    """

    goal: Statement
    steps: dict[Statement, Step]
    others: dict[Statement, int]
    leaves: tuple[Statement, ...]
    necessary: frozenset[Statement]
    complete: bool


class Proofs:
    """Proofs over a store whose inferred graph was closed by these rules."""

    def __init__(self, store: ox.Store, rules: Rules) -> None:
        self._store = store
        self._graphs = tuple(ox.NamedNode(name) for name in (ACCEPTED, ONTOLOGY, INFERRED))
        self._by_predicate: dict[Term, list[Rule]] = {}
        for rule in rules.rules:
            # A rule whose predicate is a variable (equality) can conclude anything.
            key = rule.head[1] if not isinstance(rule.head[1], str) else ""
            self._by_predicate.setdefault(key, []).append(rule)

    def prove(self, goal: Statement, bound: int = BOUND) -> Proof | None:
        """Return why a statement of the default graph holds, or None for one that does not.

        All rule instances that can bear on it are collected backwards; then the proofs are built forwards from what
        is asserted, so none rests on itself. The smallest is the one with the least number of steps, counted as a
        tree. Deciding what is necessary takes each asserted statement away in turn.
        """
        steps, complete = self._reachable(goal, bound)
        concerned = {goal, *(premise for step in steps for premise in step.premises)}
        asserted = {statement for statement in concerned if self._is_asserted(statement)}
        costs = _costs(steps, asserted)
        if goal not in costs:
            return None
        chosen: dict[Statement, Step] = {}
        leaves: dict[Statement, None] = {}
        pending = [goal]
        while pending:
            statement = pending.pop()
            if statement in asserted:
                leaves[statement] = None
            elif statement not in chosen:
                chosen[statement] = min(
                    (step for step in steps if step.conclusion == statement and _cost(step, costs) is not None),
                    key=lambda step: (_cost(step, costs), _order(step)),
                )
                pending += reversed(chosen[statement].premises)
        necessary = frozenset(leaf for leaf in leaves if complete and goal not in _costs(steps, asserted - {leaf}))
        others = {}
        for statement, step in chosen.items():
            costs = _costs(steps, asserted, never=statement)
            ways = (one for one in steps if one.conclusion == statement and one != step)
            others[statement] = sum(_cost(one, costs) is not None for one in ways)
        return Proof(goal, chosen, others, tuple(leaves), necessary, complete)

    def _is_asserted(self, statement: Statement) -> bool:
        """Tell whether a statement is accepted or stands in the ontology."""
        return any(ox.Quad(*statement, graph) in self._store for graph in self._graphs[:2])

    def _reachable(self, goal: Statement, bound: int) -> tuple[list[Step], bool]:
        found: list[Step] = []
        seen, pending = {goal}, [goal]
        for statement in pending:  # breadth first, so that a bound cuts off the far ends
            for step in self._steps(statement):
                if len(found) >= bound:
                    return found, False
                found.append(step)
                fresh = [premise for premise in dict.fromkeys(step.premises) if premise not in seen]
                seen.update(fresh)
                pending += fresh
        return found, True

    def _steps(self, goal: Statement) -> Iterator[Step]:
        """Yield the instances of rules that conclude a statement from others that hold."""
        for rule in (*self._by_predicate.get(goal[1], ()), *self._by_predicate.get("", ())):
            bound: dict[str, Term] | None = _match(rule.head, goal, {})
            if bound is None:
                continue
            # Memberships of class expressions are in no graph, so the other patterns bind their variables first.
            body = sorted(rule.body, key=is_expression)
            for binding in self._solutions(body, bound):
                if rule.distinct and binding[rule.distinct[0]] == binding[rule.distinct[1]]:
                    continue
                premises = tuple(cast(Statement, _fill(pattern, binding)) for pattern in rule.body)
                if goal not in premises:
                    yield Step(goal, rule, premises)

    def _solutions(self, body: list[Pattern], bound: dict[str, Term]) -> Iterator[dict[str, Term]]:
        if not body:
            yield bound
            return
        pattern = _fill(body[0], bound)
        if is_expression(pattern):
            if not isinstance(pattern[0], str):  # proved, or not, like any other premise
                yield from self._solutions(body[1:], bound)
            return
        subject, predicate, value = (None if isinstance(term, str) else term for term in pattern)
        if isinstance(subject, ox.Literal) or isinstance(predicate, ox.Literal):
            return
        for graph in self._graphs:
            for quad in self._store.quads_for_pattern(subject, predicate, value, graph):
                more = _match(pattern, cast(Statement, (quad.subject, quad.predicate, quad.object)), bound)
                if more is not None:
                    yield from self._solutions(body[1:], more)


def _match(pattern: Pattern, statement: Statement, bound: dict[str, Term]) -> dict[str, Term] | None:
    more = dict(bound)
    for term, value in zip(pattern, statement, strict=True):
        if isinstance(term, str):
            if more.setdefault(term, value) != value:
                return None
        elif term != value:
            return None
    return more


def _fill(pattern: Pattern, bound: dict[str, Term]) -> Pattern:
    subject, predicate, value = (bound.get(term, term) if isinstance(term, str) else term for term in pattern)
    return subject, predicate, value


def _costs(steps: list[Step], asserted: set[Statement], never: Statement | None = None) -> dict[Statement, int]:
    """Return the least number of steps of each statement that can be proved, `never` itself being derived by none."""
    costs = dict.fromkeys(asserted, 0)
    changed = True
    while changed:
        changed = False
        for step in steps:
            cost = None if step.conclusion == never else _cost(step, costs)
            if cost is not None and cost < costs.get(step.conclusion, cost + 1):
                costs[step.conclusion] = cost
                changed = True
    return costs


def _cost(step: Step, costs: dict[Statement, int]) -> int | None:
    if any(premise not in costs for premise in step.premises):
        return None
    return 1 + sum(costs[premise] for premise in step.premises)


def _order(step: Step) -> str:
    return " ".join([step.rule.name, *(str(term) for premise in step.premises for term in premise)])
