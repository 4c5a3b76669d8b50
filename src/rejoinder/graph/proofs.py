"""Why an inferred statement follows: the rule instances that derive it, found backwards over the closed graph."""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple, cast

import pyoxigraph as ox

from rejoinder.graph.compiled import Compiled
from rejoinder.graph.rules import TYPE, Pattern, Rule, Rules, Term, is_expression
from rejoinder.vocabulary import ACCEPTED, ONTOLOGY

__all__ = ["Proof", "Proofs", "Statement", "Step"]

#: Subject, predicate and object; an object may be a class expression by the name that `rules.skolemize` gave it.
Statement = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]

# How many rule instances are looked at for one statement. Beyond, a proof may still be found, but not all others.
BOUND = 5_000


_ASSERTED = (ox.NamedNode(ACCEPTED), ox.NamedNode(ONTOLOGY))


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
    then there may be more proofs. What is necessary is `decided` in a complete search that was thorough.
    """

    goal: Statement
    steps: dict[Statement, Step]
    others: dict[Statement, int]
    leaves: tuple[Statement, ...]
    necessary: frozenset[Statement]
    complete: bool
    decided: bool = True


class Proofs:
    """Proofs over a compiled graph, whose inferred layer was closed by these rules."""

    def __init__(self, compiled: Compiled, rules: Rules) -> None:
        self._store = compiled.store
        self._dataset = compiled.dataset  # all layers in one graph
        self.rules = rules
        # What can conclude a statement is looked up by its predicate, that of a type by its class too; "" is any.
        self._by_head: dict[tuple[Term, Term], list[Rule]] = {}
        for rule in rules.rules:
            _, predicate, value = rule.head
            known = predicate if not isinstance(predicate, str) else ""
            kind = value if known == TYPE and not isinstance(value, str) else ""
            self._by_head.setdefault((known, kind), []).append(rule)

    def prove(self, goal: Statement, bound: int = BOUND, *, thorough: bool = True) -> Proof | None:
        """Return why a statement of the default graph holds, or None for one that does not.

        All rule instances that can bear on it are collected backwards; then the proofs are built forwards from what
        is asserted, so none rests on itself. The smallest is the one with the least number of steps, counted as a
        tree. Deciding what is necessary takes each asserted statement away in turn, and counting other ways each step;
        without `thorough` neither is done.
        """
        if not thorough and not self._is_asserted(goal):
            # Nothing is shorter than a step from what is asserted.
            direct = [one for one in self._steps(goal) if all(map(self._is_asserted, one.premises))]
            if direct:
                step = min(direct, key=_order)
                leaves_of = tuple(dict.fromkeys(step.premises))
                return Proof(goal, {goal: step}, {}, leaves_of, frozenset(), complete=True, decided=False)
        steps, complete = self._reachable(goal, bound)
        concerned = {goal, *(premise for step in steps for premise in step.premises)}
        asserted = {statement for statement in concerned if self._is_asserted(statement)}
        instances = _Instances(steps)
        costs = instances.costs(asserted)
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
                    (step for step in instances.concluding(statement) if _cost(step, costs) is not None),
                    key=lambda step: (_cost(step, costs), _order(step)),
                )
                pending += reversed(chosen[statement].premises)
        if not thorough:
            return Proof(goal, chosen, {}, tuple(leaves), frozenset(), complete, decided=False)
        necessary = frozenset(leaf for leaf in leaves if complete and goal not in instances.costs(asserted - {leaf}))
        others = {}
        for statement, step in chosen.items():
            ways = [one for one in instances.concluding(statement) if one != step]
            costs = instances.costs(asserted, never=statement) if ways else {}
            others[statement] = sum(_cost(one, costs) is not None for one in ways)
        return Proof(goal, chosen, others, tuple(leaves), necessary, complete, decided=complete)

    def _is_asserted(self, statement: Statement) -> bool:
        """Tell whether a statement is accepted or stands in the ontology."""
        return any(ox.Quad(*statement, graph) in self._store for graph in _ASSERTED)

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
        heads: dict[tuple[Term, Term], None] = dict.fromkeys([(goal[1], goal[2]), (goal[1], ""), ("", "")])
        for rule in (rule for head in heads for rule in self._by_head.get(head, ())):
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
        for quad in self._dataset.quads_for_pattern(subject, predicate, value, ox.DefaultGraph()):
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


class _Instances:
    """Rule instances, as a graph whose edges lead from all premises of one to its conclusion."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._by_conclusion: dict[Statement, list[Step]] = {}
        self._by_premise: dict[Statement, list[int]] = {}
        self._sizes = []
        for number, step in enumerate(steps):
            self._by_conclusion.setdefault(step.conclusion, []).append(step)
            premises = dict.fromkeys(step.premises)
            self._sizes.append(len(premises))
            for premise in premises:
                self._by_premise.setdefault(premise, []).append(number)

    def concluding(self, statement: Statement) -> list[Step]:
        """Return the instances that conclude a statement."""
        return self._by_conclusion.get(statement, [])

    def costs(self, asserted: Iterable[Statement], never: Statement | None = None) -> dict[Statement, int]:
        """Return the least number of steps of each statement that can be proved, `never` itself being derived by none.

        The cheapest is settled first, as in Dijkstra's algorithm (Knuth 1977).
        """
        settled: dict[Statement, int] = {}
        left = list(self._sizes)
        order = count()
        pending: list[tuple[int, int, Statement]] = [(0, next(order), one) for one in asserted]
        # A rule without a body says that something holds in any case, such as what a class of one thing contains.
        free = (step.conclusion for step in self._steps if not step.premises and step.conclusion != never)
        pending += [(1, next(order), one) for one in free]
        heapify(pending)
        while pending:
            cost, _, statement = heappop(pending)
            if statement in settled:
                continue
            settled[statement] = cost
            for number in self._by_premise.get(statement, ()):
                left[number] -= 1
                conclusion = self._steps[number].conclusion
                if not left[number] and conclusion != never and conclusion not in settled:
                    heappush(pending, (_cost(self._steps[number], settled) or 0, next(order), conclusion))
        return settled


def _cost(step: Step, costs: dict[Statement, int]) -> int | None:
    if any(premise not in costs for premise in step.premises):
        return None
    return 1 + sum(costs[premise] for premise in step.premises)


def _order(step: Step) -> str:
    return " ".join([step.rule.name, *(str(term) for premise in step.premises for term in premise)])
