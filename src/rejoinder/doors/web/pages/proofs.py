"""Proofs as nested steps, each with its reason in words and the passages that it rests on."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rejoinder.answers.citations import Citation, Citations, Dispute
from rejoinder.answers.rows import Because
from rejoinder.answers.support import Absent
from rejoinder.answers.why import Node
from rejoinder.outputs.cited import READ, STATUS, in_words, told
from rejoinder.outputs.explanations import premises, reason

__all__ = ["RowProof", "Step", "row_proof", "step"]


class Step(NamedTuple):
    """A statement with what it rests on; `is_told` tells that its own steps stand further up on the page."""

    subject: Any
    predicate: Any
    value: Any
    how: str
    citations: tuple[Citation, ...]
    dispute: Dispute | None
    steps: tuple["Step", ...]
    needed: bool | None = None
    is_told: bool = False


def step(node: Node, names: Citations, before: set[Node] | None = None) -> Step:
    """Return a node of a proof, and all below it, as steps; what is in `before` is not told again."""
    before = set() if before is None else before
    is_told = node in before and bool(node.premises)
    before.add(node)
    steps = () if is_told else tuple(step(premise, names, before) for premise in premises(node))
    return Step(*node.statement, reason(node, names), node.citations, node.dispute, steps, node.necessary, is_told)


class RowProof(NamedTuple):
    """Why a row is there, in words and steps."""

    status: str
    ways: int
    steps: tuple[Step, ...]
    context: tuple[Step, ...]
    absent: tuple[str, ...]
    citations: tuple[Citation, ...]
    more: int
    is_complete: bool


def row_proof(found: Because, names: Citations) -> RowProof:
    """Return why a row is there, as the command line tells it."""
    before: set[Node] = set()
    facts, status = told(found), STATUS[found.status]
    return RowProof(
        status[0].upper() + status[1:],
        found.ways,
        tuple(step(fact, names, before) for fact in facts[:READ]),
        tuple(step(fact, names, before) for fact in found.context[:READ]),
        tuple(_missing(found.absent, names)),
        found.citations,
        max(len(facts) - READ, 0),
        found.complete,
    )


def _missing(absent: Iterable[Absent], names: Citations) -> Iterator[str]:
    yield from dict.fromkeys(in_words(one, names) for one in absent)
