"""What an answer rests on, as a formula over statements: all of these, any of those."""

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import pyoxigraph as ox

from rejoinder.answers.patterns import Graph, Group, Term
from rejoinder.graph.proofs import Statement

__all__ = [
    "NOTHING",
    "Absent",
    "All",
    "Any",
    "Context",
    "Fact",
    "Known",
    "Reach",
    "Shared",
    "Solution",
    "Support",
    "Witness",
    "all_of",
    "in_order",
    "needed",
    "unsure",
    "value_of",
    "witness",
]


class Fact(NamedTuple):
    """A statement that a query matched: of the default graph, or of the named graph of a passage."""

    statement: Statement
    passage: ox.NamedNode | None = None


class Absent(NamedTuple):
    """That nothing on record matches a pattern, in which the values of the row are filled in."""

    pattern: Group | Graph


class All(NamedTuple):
    """All parts are needed. Where `strict` is False, a missing part may leave the answer as it is."""

    parts: "tuple[Support, ...]" = ()
    strict: bool = True


class Any(NamedTuple):
    """One of several supports is enough; `make` builds one from what stands for it."""

    options: "Sequence[object]"
    make: "Callable[[object], Support]"


class Context(NamedTuple):
    """What does not support an answer, but keeps others out of it: leave it out, and more may be counted."""

    part: "Support"


class Known(NamedTuple):
    """That a thing is in the graph, by any of these statements, at best by one that is needed anyway."""

    facts: tuple[Fact, ...]


class Reach(NamedTuple):
    """That a walk leads from `start` to `end` (SPARQL 1.1, section 9.1): its edges, with a support each."""

    edges: "Mapping[tuple[object, object], Support]"
    start: object
    end: object


class Shared(NamedTuple):
    """A support that stands in many others, so that what is found out about it is kept."""

    part: "Support"


#: Values of variables by name.
Solution: TypeAlias = Mapping[str, typing.Any]
Support: TypeAlias = Fact | Absent | All | Any | Context | Known | Reach | Shared


#: What nothing is needed for.
NOTHING = All()


def all_of(parts: Iterable[Support]) -> Support:
    """Return that all parts are needed, as simply as it can be put."""
    kept = tuple(part for part in parts if part != NOTHING)
    return All(kept) if len(kept) > 1 else kept[0] if kept else NOTHING


def unsure(support: Support) -> Support:
    """Return a support without which an answer may hold all the same."""
    return All((support, NOTHING), strict=False)


class Witness(NamedTuple):
    """One way in which an answer is supported: statements, statements that keep others out, and what is absent."""

    facts: tuple[Fact, ...]
    context: tuple[Fact, ...]
    absent: tuple[Absent, ...]


def witness(support: Support) -> Witness:
    """Return the first way in which a support holds."""
    facts: dict[Fact, None] = {}
    context: dict[Fact, None] = {}
    absent: dict[Absent, None] = {}
    known: list[tuple[Known, dict[Fact, None]]] = []

    def collect(part: Support, into: dict[Fact, None]) -> None:
        match part:
            case Fact():
                into[part] = None
            case Absent():
                absent[part] = None
            case All():
                for one in part.parts:
                    collect(one, into)
            case Any():
                collect(part.make(part.options[0]), into)
            case Context():
                collect(part.part, context)
            case Shared():
                collect(part.part, into)
            case Known():
                known.append((part, into))
            case Reach():
                for edge in _shortest(part, set()) or ():
                    collect(part.edges[edge], into)

    collect(support, facts)
    for part, into in known:
        if part.facts and not any(fact in facts or fact in into for fact in part.facts):
            into[part.facts[0]] = None
    return Witness(tuple(facts), tuple(fact for fact in context if fact not in facts), tuple(absent))


def needed(
    support: Support,
    of_fact: Callable[[Fact], frozenset[Fact]],
    *,
    strictly: bool,
    kept: dict[int, tuple[Support, frozenset[Fact]]] | None = None,
) -> frozenset[Fact]:
    """Return the asserted statements without which a support fails, given those of each statement.

    A support that any of several parts gives needs what all of them need; one that all of its parts give needs what
    any of them needs. This decides single statements exactly, without enumerating alternatives. With `strictly`,
    what does not surely change the answer is left out; without it, only what surely does not. `kept` is what was found
    out about shared parts, by identity.
    """
    kept = {} if kept is None else kept
    match support:
        case Fact():
            return of_fact(support)
        case All():
            parts = [needed(part, of_fact, strictly=strictly, kept=kept) for part in support.parts]
            if not parts:
                return frozenset()
            return frozenset.union(*parts) if support.strict or not strictly else frozenset.intersection(*parts)
        case Any():
            found: frozenset[Fact] | None = None
            for option in support.options:
                more = needed(support.make(option), of_fact, strictly=strictly, kept=kept)
                found = more if found is None else found & more
                if not found:
                    break
            return found or frozenset()
        case Context():
            return frozenset() if strictly else needed(support.part, of_fact, strictly=False, kept=kept)
        case Shared():
            if id(support) not in kept:  # with the support, so that no other takes its identity
                kept[id(support)] = (support, needed(support.part, of_fact, strictly=strictly, kept=kept))
            return kept[id(support)][1]
        case Known():  # what binds the thing elsewhere may make it known without these
            if strictly or not support.facts:
                return frozenset()
            return frozenset.intersection(*(of_fact(fact) for fact in support.facts))
        case Reach():
            without = {
                edge: needed(part, of_fact, strictly=strictly, kept=kept) for edge, part in support.edges.items()
            }
            walk = _shortest(support, set()) or ()
            candidates = frozenset[Fact]().union(*(without[edge] for edge in walk))
            return frozenset(
                fact
                for fact in candidates
                if _shortest(support, {edge for edge, facts in without.items() if fact in facts}) is None
            )
    return frozenset()


def _shortest(reach: Reach, closed: set[tuple[object, object]]) -> list[tuple[object, object]] | None:
    """Return the edges of a shortest walk of at least one step that takes no closed edge, None where there is none."""
    onward: dict[object, list[tuple[object, object]]] = {}
    for edge in reach.edges:
        if edge not in closed:
            onward.setdefault(edge[0], []).append(edge)
    came: dict[object, tuple[object, object]] = {}
    pending = [reach.start]
    for here in pending:
        for edge in onward.get(here, ()):
            if edge[1] not in came:
                came[edge[1]] = edge
                pending.append(edge[1])
    return list(_back(reach, came)) if reach.end in came else None


def _back(reach: Reach, came: Mapping[object, tuple[object, object]]) -> Iterator[tuple[object, object]]:
    here = reach.end
    while True:
        edge = came[here]
        yield edge
        here = edge[0]
        if here == reach.start:
            return


def in_order(solutions: Iterable[Solution]) -> list[Solution]:
    """Return solutions in an order that is the same each time, so that what is cited is too."""
    solutions = list(solutions)
    if len(solutions) < 2:
        return solutions
    names = sorted(set().union(*solutions))
    return sorted(solutions, key=lambda one: [str(one[name]) if name in one else _LAST for name in names])


# Sorts behind all terms.
_LAST = "\uffff"


def value_of(term: Term, solution: Solution) -> typing.Any:
    """Return a term, of a variable its value in a solution, None where it has none."""
    return solution.get(term.value) if isinstance(term, ox.Variable) else term
