"""Why an inferred statement follows: the rule instances that derive it, found backwards over the closed graph."""

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from threading import Lock
from typing import NamedTuple, cast

import pyoxigraph as ox

from rejoinder.graph.compiled import Compiled
from rejoinder.graph.rules import TYPE, Pattern, Rule, Rules, Term, is_expression
from rejoinder.vocabulary import ACCEPTED, LAYERS, ONTOLOGY

__all__ = ["Proof", "Proofs", "Statement", "Step"]

#: Subject, predicate and object; an object may be a class expression by the name that `rules.skolemize` gave it.
Statement = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]

# How many rule instances are looked at for one statement. Beyond, a proof may still be found, but not all others.
BOUND = 5_000
# How many steps a proof may have that is looked for by itself, one after the other; so much of what is found out about
# statements is kept.
_DEPTHS, _KEPT = (1, 2, 3, 5, 8, 13, 21, 34), 50_000
# How deep, and among how many rule instances, any proof at all is looked for where those are not enough.
_DEEPEST, _DEEP_BOUND = 200, 100_000

_ASSERTED = (ACCEPTED, ONTOLOGY)


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
        self._graphs_of = compiled.graphs_of
        self._dataset = compiled.dataset  # all layers in one graph
        self.rules = rules
        # Of statements: the least number of steps, with the last; what it is more than; the steps that conclude them.
        self._least: dict[Statement, tuple[int, Step]] = {}
        self._more: dict[Statement, int] = {}
        self._instances: dict[Statement, tuple[Step, ...]] = {}
        self._size = self._left = 0
        self._counted: set[Statement] = set()
        self._alone = Lock()  # pages of the explorer are made in several threads
        self._idle: dict[int, bool] = {}
        # What can conclude a statement is looked up by its predicate, that of a type by its class too; "" is any.
        self._by_head: dict[tuple[Term, Term], list[Rule]] = {}
        for rule in rules.rules:
            _, predicate, value = rule.head
            known = predicate if not isinstance(predicate, str) else ""
            kind = value if known == TYPE and not isinstance(value, str) else ""
            self._by_head.setdefault((known, kind), []).append(rule)

    def prove(self, goal: Statement, bound: int = BOUND, *, thorough: bool = True) -> Proof | None:
        """Return why a statement of the default graph holds, or None for one that does not, or by too many steps.

        All rule instances that can bear on it are collected backwards; then the proofs are built forwards from what
        is asserted, so none rests on itself. The smallest is the one with the least number of steps, counted as a
        tree. Deciding what is necessary takes each asserted statement away in turn, and counting other ways each step;
        without `thorough` neither is done.
        """
        if not thorough:
            with self._alone:
                if self._is_small(goal, bound):
                    small, rests_on = _tree(goal, self._is_asserted, lambda one: self._least[one][1])
                    return Proof(goal, small, {}, rests_on, frozenset(), complete=True, decided=False)
        steps, complete = self._reachable(goal, bound)
        asserted, instances, costs = self._forwards(goal, steps)
        if goal not in costs and not complete:
            asserted, instances, costs = self._forwards(goal, list(dict.fromkeys([*steps, *self._deep(goal)])))
        if goal not in costs:
            return None
        chosen, leaves = _tree(
            goal,
            asserted.__contains__,
            lambda one: min(
                (step for step in instances.concluding(one) if _cost(step, costs) is not None),
                key=lambda step: (_cost(step, costs), _order(step)),
            ),
        )
        if not thorough:
            return Proof(goal, chosen, {}, leaves, frozenset(), complete, decided=False)
        necessary = frozenset(leaf for leaf in leaves if complete and goal not in instances.costs(asserted - {leaf}))
        others = {}
        for statement, step in chosen.items():
            ways = [one for one in instances.concluding(statement) if one != step]
            costs = instances.costs(asserted, never=statement) if ways else {}
            others[statement] = sum(_cost(one, costs) is not None for one in ways)
        return Proof(goal, chosen, others, leaves, necessary, complete, decided=complete)

    # The smallest proof alone, which is found without looking at all that could bear on a statement.

    def _is_small(self, goal: Statement, bound: int) -> bool:
        """Look for the smallest proof by iterative deepening (Korf 1985); False where it is deep, or the bound is met.

        What is found out about a statement on the way holds for other goals too.
        """
        if self._is_asserted(goal):  # which takes no step
            return True
        if len(self._least) + len(self._more) + self._size > _KEPT:
            for memory in (self._least, self._more, self._instances):
                memory.clear()
            self._size = 0
        self._left = bound + len(self._instances_of(goal))  # those of the goal itself are looked at in any case
        self._counted.clear()
        return any(self._cost(goal, most) is not None for most in _DEPTHS)

    def _cost(self, statement: Statement, most: int) -> int | None:
        """Return the number of steps of the smallest proof, counted as a tree; None where there are more."""
        if self._is_asserted(statement):
            return 0
        if statement in self._least:
            cost, _ = self._least[statement]
            return cost if cost <= most else None
        if self._more.get(statement, 0) >= most or self._left < 0:
            return None
        found: list[tuple[int, Step]] = []
        instances = self._instances_of(statement)
        self._left -= 0 if statement in self._counted else len(instances)
        self._counted.add(statement)
        for step in instances:
            cost = 1
            for premise in step.premises:
                more = self._cost(premise, most - cost)
                if more is None:
                    break
                cost += more
            else:
                found.append((cost, step))
        if self._left < 0:
            return None
        if not found:
            self._more[statement] = most
            return None
        least = min(cost for cost, _ in found)
        steps = [step for cost, step in found if cost == least]
        self._least[statement] = (least, min(steps, key=_order) if len(steps) > 1 else steps[0])
        return least

    def _instances_of(self, statement: Statement) -> tuple[Step, ...]:
        if statement not in self._instances:
            self._instances[statement] = tuple(self._steps(statement))
            self._size += len(self._instances[statement])
        return self._instances[statement]

    def _is_asserted(self, statement: Statement) -> bool:
        """Tell whether a statement is accepted or stands in the ontology."""
        return any(name in _ASSERTED for name in self._graphs_of(statement))

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

    def _deep(self, goal: Statement) -> list[Step]:
        """Return the steps of some proof that is too deep to be found breadth first, or nothing.

        Depth first, of each statement the instance first that has the fewest premises to be proved. A statement that
        was given up once is not tried again, so a proof may be missed.
        """
        found: dict[Statement, Step] = {}
        given_up: set[Statement] = set()
        left = _DEEP_BOUND

        def is_proved(statement: Statement, depth: int) -> bool:
            nonlocal left
            if statement in found or self._is_asserted(statement):
                return True
            if statement in given_up or depth > _DEEPEST or left < 0:
                return False
            given_up.add(statement)  # on the way to itself, it proves nothing
            steps = [
                ([premise for premise in step.premises if not self._is_asserted(premise)], step)
                for step in self._steps(statement)
            ]
            left -= len(steps)
            for open_ones, step in sorted(steps, key=lambda one: len(one[0])):
                if all(is_proved(premise, depth + 1) for premise in open_ones):
                    found[statement] = step
                    return True
            return False

        is_proved(goal, 0)
        return list(found.values())

    def holds(self, statement: Statement) -> bool:
        """Tell whether a statement stands in the default graph, by however many steps."""
        return any(name in LAYERS for name in self._graphs_of(statement))

    def _forwards(
        self, goal: Statement, steps: list[Step]
    ) -> tuple[set[Statement], "_Instances", dict[Statement, int]]:
        """Return what is asserted among what bears on a goal, and what each statement costs that follows from that."""
        concerned = {goal, *(premise for step in steps for premise in step.premises)}
        asserted = {statement for statement in concerned if self._is_asserted(statement)}
        instances = _Instances(steps)
        return asserted, instances, instances.costs(asserted)

    def _steps(self, goal: Statement) -> Iterator[Step]:
        """Yield the instances of rules that conclude a statement from others that hold."""
        heads: dict[tuple[Term, Term], None] = dict.fromkeys([(goal[1], goal[2]), (goal[1], ""), ("", "")])
        for rule in (rule for head in heads for rule in self._by_head.get(head, ())):
            bound: dict[str, Term] | None = _match(rule.head, goal, {})
            if bound is None or self._is_idle(rule):
                continue
            # Memberships of class expressions are in no graph, so the other patterns bind their variables first.
            body = sorted(rule.body, key=is_expression)
            for binding in self._solutions(body, bound):
                if rule.distinct and binding[rule.distinct[0]] == binding[rule.distinct[1]]:
                    continue
                premises = tuple(cast(Statement, _fill(pattern, binding)) for pattern in rule.body)
                if goal not in premises:
                    yield Step(goal, rule, premises)

    def _is_idle(self, rule: Rule) -> bool:
        """Tell whether nothing at all in the graph matches a pattern of a rule, as where no two things are the same."""
        if id(rule) not in self._idle:
            bodies = [pattern for pattern in rule.body if not is_expression(pattern)]
            self._idle[id(rule)] = not all(any(self._matching(pattern)) for pattern in bodies)
        return self._idle[id(rule)]

    def _matching(self, pattern: Pattern) -> Iterator[ox.Quad]:
        subject, predicate, value = (None if isinstance(term, str) else term for term in pattern)
        if isinstance(subject, ox.Literal) or isinstance(predicate, ox.Literal):
            return iter(())
        return self._dataset.quads_for_pattern(subject, predicate, value, ox.DefaultGraph())

    def _solutions(self, body: list[Pattern], bound: dict[str, Term]) -> Iterator[dict[str, Term]]:
        if not body:
            yield bound
            return
        pattern = _fill(body[0], bound)
        if is_expression(pattern):
            if not isinstance(pattern[0], str):  # proved, or not, like any other premise
                yield from self._solutions(body[1:], bound)
            return
        for quad in self._matching(pattern):
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


def _tree(
    goal: Statement, is_asserted: Callable[[Statement], bool], step_of: Callable[[Statement], Step]
) -> tuple[dict[Statement, Step], tuple[Statement, ...]]:
    """Return the steps of a proof, by what they conclude, and the asserted statements that it rests on."""
    steps: dict[Statement, Step] = {}
    leaves: dict[Statement, None] = {}
    pending = [goal]
    while pending:
        statement = pending.pop()
        if is_asserted(statement):
            leaves[statement] = None
        elif statement not in steps:
            steps[statement] = step_of(statement)
            pending += reversed(steps[statement].premises)
    return steps, tuple(leaves)


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
