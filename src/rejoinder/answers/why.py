"""Why a statement holds: its proof by the rules, and below it the passages that say what the proof rests on."""

from collections.abc import Iterable
from typing import NamedTuple

import pyoxigraph as ox

from rejoinder.answers.citations import Citation, Citations, Dispute
from rejoinder.errors import UsageError
from rejoinder.graph.proofs import Proof, Proofs, Statement
from rejoinder.graph.rules import Pattern
from rejoinder.vocabulary import EDTF, PREFIXES, compress, rj

__all__ = ["Explanation", "Node", "asserted", "cited_by", "explain", "leaves", "quoted"]


class Node(NamedTuple):
    """A statement and what it rests on.

    `kind` is "inferred" (by the OWL 2 RL rule `rule`, from `premises`), "claimed" (by the passages of `citations`),
    "narrowed" or "computed" (from the dates of `premises`), "recorded" (a dispute, by its ruling) or "ontology";
    "quoted" is what a query takes from the graph of a passage, whether it is accepted or not.
    `axiom` is what the rule was made from. `others` counts further steps by which an inferred statement follows;
    None where they were not counted.
    `necessary` tells of what is asserted whether it stands in every proof; None where that was not decided.
    """

    statement: Statement
    kind: str
    premises: tuple["Node", ...] = ()
    citations: tuple[Citation, ...] = ()
    rule: str = ""
    axiom: Pattern | None = None
    others: int | None = None
    necessary: bool | None = None
    dispute: Dispute | None = None


class Explanation(NamedTuple):
    """Why a statement holds. `complete` is False where the search for further proofs was cut off at its bound."""

    root: Node
    complete: bool

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that rest on no other, each statement once, in the order of the proof."""
        return leaves(self.root)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The passages that the proof rests on, each once, in its order."""
        return cited_by([self.root])


def cited_by(roots: Iterable[Node]) -> tuple[Citation, ...]:
    """Return the passages that nodes rest on, each once, in the order of the proofs."""
    return tuple(dict.fromkeys(citation for root in roots for leaf in leaves(root) for citation in leaf.citations))


def leaves(root: Node) -> tuple[Node, ...]:
    """Return the nodes below one that rest on no other, each statement once, in the order of the proof."""
    found: dict[Statement, Node] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        if node.premises:
            pending += reversed(node.premises)
        else:
            found.setdefault(node.statement, node)
    return tuple(found.values())


def explain(statement: Statement, proofs: Proofs, citations: Citations, *, thorough: bool = True) -> Explanation:
    """Return why a statement of the default graph holds; other ways are counted only where it is `thorough`.

    Raises UsageError for one that does not hold, saying who claims it, or what holds instead; and for one that holds
    by more steps than are looked at.
    """
    proof = proofs.prove(statement, thorough=thorough)
    if proof is None and proofs.holds(statement):
        said = " ".join(map(_short, statement))
        raise UsageError(f"this holds, by more steps than are looked at: {said}", "ask why each of its parts holds")
    if proof is None:
        raise UsageError(f"this does not hold: {' '.join(map(_short, statement))}", _instead(statement, citations))
    return Explanation(_node(statement, proof, citations), proof.complete)


def _node(statement: Statement, proof: Proof, citations: Citations) -> Node:
    step = proof.steps.get(statement)
    if step is None:
        return asserted(statement, citations)._replace(
            necessary=statement in proof.necessary if proof.decided else None
        )
    premises = tuple(_node(premise, proof, citations) for premise in step.premises)
    return Node(statement, "inferred", premises, (), step.rule.name, step.rule.axiom, proof.others.get(statement))


def asserted(statement: Statement, citations: Citations) -> Node:
    """Return how a statement of the accepted layer or of the ontology came to be there, with the dispute on it."""
    return _asserted(statement, citations)._replace(dispute=citations.dispute(statement[0], statement[1]))


def quoted(statement: Statement, passage: str, citations: Citations) -> Node:
    """Return a statement as a passage makes it."""
    return Node(statement, "quoted", (), (citations.passage(passage),))


def _asserted(statement: Statement, citations: Citations) -> Node:
    """Return how a statement came to be accepted (see `rejoinder.graph.accepted`), or that it is the ontology's."""
    subject, predicate, value = statement
    said_by = citations.of(statement)
    if said_by:
        return Node(statement, "claimed", (), said_by)
    if predicate.value in _DAYS:
        date = ox.NamedNode(rj("date"))
        dates = [(subject, date, value) for value in citations.accepted(subject, date)]
        return Node(statement, "computed", tuple(asserted(one, citations) for one in dates))
    if isinstance(value, ox.Literal) and value.datatype.value == EDTF:
        claims = citations.claims(subject, predicate)
        kept = [claim for claim in claims if not citations.is_set_aside(subject, predicate, claim)]
        nodes = (_asserted((subject, predicate, claim), citations) for claim in kept)
        return Node(statement, "narrowed", tuple(node for node in nodes if any(one.is_firm for one in node.citations)))
    if subject.value.startswith(PREFIXES["dispute"]):
        ruling = citations.ruling(subject)
        return Node(statement, "recorded", (), (citations.passage(ruling),) if ruling else ())
    return Node(statement, "ontology")


_DAYS = {rj(name) for name in ("earliestDay", "latestDay", "earliestDayNumber", "latestDayNumber")}


def _instead(statement: Statement, citations: Citations) -> str:
    subject, predicate, _ = statement
    said_by = citations.of(statement)
    if said_by:
        dispute = citations.dispute(subject, predicate)
        names = ", ".join(compress(citation.passage) for citation in said_by)
        ruled = f"; set aside by {compress(dispute.ruling)}" if dispute and dispute.ruling else "; not accepted"
        return f"{names} says so{ruled}"
    known = citations.holding(subject, predicate)
    if known:
        return f"what holds is: {', '.join(_short(value) for value in known[:8])}"
    return f"see: rejoinder describe {compress(subject.value)}"


def _short(term: object) -> str:
    return compress(term.value) if isinstance(term, ox.NamedNode) else getattr(term, "value", str(term))
