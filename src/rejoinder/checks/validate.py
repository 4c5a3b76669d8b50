"""All checks in one report."""

import re
from collections.abc import Iterator

import pyoxigraph as ox

from rejoinder.checks.compiled_shapes import Ask
from rejoinder.checks.evidence import Evidence
from rejoinder.checks.findings import Finding, Report
from rejoinder.checks.lint import lint
from rejoinder.checks.shapes import validate_data, validate_shapes
from rejoinder.errors import InputError
from rejoinder.graph import cache
from rejoinder.graph.compiled import Compiled
from rejoinder.graph.passages import Passage, wrongly_named
from rejoinder.graph.passages import read as read_passage
from rejoinder.sources import catalog
from rejoinder.sources.files import Inputs
from rejoinder.sources.turtle import Place, TurtleError, parse
from rejoinder.vocabulary import LABEL, compress, rj

__all__ = ["explain", "validate", "validate_there"]


def validate(inputs: Inputs, *, by_reference: bool = False) -> Report:
    """Check files and graph: syntax, terms, references, dates, disputes, rulings, consistency and shapes.

    Where a file is not Turtle, or not one passage, only that is reported: every other check needs all files.
    `by_reference` checks the shapes by pySHACL.
    """
    checked = f"{len(inputs.data)} data files, {len(inputs.queries)} queries, {len(inputs.ontology)} ontology files"
    passages: list[Passage] = []
    broken: list[Finding] = []
    for file in inputs.data:
        try:
            passages.append(read_passage(file))
        except TurtleError as error:
            broken.append(Finding("violation", "syntax", error.place, error.reason, error.cure))
    for file in inputs.queries:
        try:
            catalog.read(file)
        except InputError as error:
            broken.append(Finding("violation", "query-header", Place(file.name, 1, 1), error.message, error.cure))
    broken += [Finding("violation", "passage", e.place, e.reason, e.cure) for e in wrongly_named(passages)]
    if broken:
        return Report(
            tuple(sorted(broken, key=lambda one: one.order)), f"{checked}; the other checks need these mended first"
        )
    compiled = cache.open_graph(inputs)
    evidence = Evidence(passages)
    ontology = parse(inputs.ontology_file("rejoinder.ttl"))
    shaped, shacl = validate_shapes(compiled, inputs.ontology_file("shapes.ttl"), evidence, by_reference=by_reference)
    findings = [
        *lint(evidence, ontology),
        *_disputes(compiled, evidence),
        *_rulings(evidence),
        *_inconsistencies(compiled, evidence),
    ]
    # Where a statement is wrong in itself, that it breaks a shape too is no news.
    known = {finding.place for finding in findings}
    findings += [finding for finding in shaped if finding.place not in known]
    return Report(tuple(sorted(dict.fromkeys(findings), key=lambda one: one.order)), checked, shacl)


def validate_there(inputs: Inputs, ask: Ask, where: str) -> Report:
    """Check the shapes on what a store holds, which does the work (SHACL, section 3).

    `ask` runs a SELECT query there, whose default graph is `VALIDATED`. The findings point into the files of `inputs`
    that say so, where there are any.
    """
    evidence = Evidence([read_passage(file) for file in inputs.data])
    shaped, shacl = validate_data(ask, inputs.ontology_file("shapes.ttl"), evidence)
    return Report(tuple(sorted(dict.fromkeys(shaped), key=lambda one: one.order)), f"the shapes, in {where}", shacl)


def _disputes(compiled: Compiled, evidence: Evidence) -> Iterator[Finding]:
    for conflict in compiled.manifest.unruled:
        claims = [
            (value, place)
            for value in conflict.values
            for place in evidence.find(conflict.subject, conflict.property, value)
        ]
        # The newest claim is most likely in the user's own file, so that is where the finding points.
        claims.sort(key=lambda claim: (claim[1].file.startswith("data/"), claim[1]))
        ruling = next(
            (
                compress(passage.graph.value)
                for passage in evidence.passages
                for triple in passage.triples
                if triple.subject == passage.graph
                and triple.predicate.value == rj("onSubject")
                and str(triple.object) == f"<{conflict.subject}>"
                and any(other.object == ox.NamedNode(conflict.property) for other in passage.triples)
            ),
            "",
        )
        said = "; ".join(f"{_value(value)} ({place})" for value, place in claims)
        yield Finding(
            "violation",
            "dispute",
            claims[0][1] if claims else Place("the graph", 1, 1),
            f"{_called(compiled, conflict.subject)}: sources contradict each other on "
            f"{compress(conflict.property)}: {said}",
            f"correct the one that is a slip, or let {ruling} rule on all of these values; until then none is accepted"
            if ruling
            else "correct the one that is a slip, or write a ruling: a rj:Ruling with rj:onSubject, rj:onProperty, "
            "rj:accepts, rj:rejects, rj:reason and rj:evidence; until then no value is accepted",
            tuple(place for _, place in claims[1:]),
            conflict.subject,
        )


def _rulings(evidence: Evidence) -> Iterator[Finding]:
    """Find rulings that accept or reject what nobody claims."""
    claimed = {
        (triple.subject, triple.predicate, triple.object) for passage in evidence.passages for triple in passage.triples
    }
    decided: dict[tuple[str, str], Passage] = {}
    verbs = {rj(verb): verb for verb in ("accepts", "rejects", "lessExact")}
    for passage in evidence.passages:
        own = [triple for triple in passage.triples if triple.subject == passage.graph]
        about = {triple.predicate.value: triple.object for triple in own}
        subject, predicate = about.get(rj("onSubject")), about.get(rj("onProperty"))
        first = decided.setdefault((str(subject), str(predicate)), passage)
        if subject and predicate and first is not passage:
            yield Finding(
                "violation",
                "two-rulings",
                evidence.first(passage.graph.value),
                f"{compress(first.graph.value)} rules on {_value(str(subject))} {_value(str(predicate))} already",
                "make one ruling of the two",
                (evidence.first(first.graph.value),),
                passage.graph.value,
            )
        for triple in own:
            verb = verbs.get(triple.predicate.value)
            if verb and subject and predicate and (subject, predicate, triple.object) not in claimed:
                yield Finding(
                    "violation",
                    "ruling",
                    evidence.first(passage.graph.value, rj(verb), str(triple.object), passage.file.name),
                    f"the ruling {verb} {_value(str(triple.object))}, which no passage claims of "
                    f"{_value(str(subject))} {_value(str(predicate))}",
                    "write the value exactly as a passage has it",
                    subject=passage.graph.value,
                )


def _inconsistencies(compiled: Compiled, evidence: Evidence) -> Iterator[Finding]:
    for conflict in compiled.manifest.inconsistencies:
        # What is said of it and what refers to it; a user's own statement is the likelier slip.
        places = sorted(
            {*evidence.find(conflict.subject), *evidence.mentions(conflict.subject)},
            key=lambda place: (place.file.startswith("data/"), place),
        )
        yield Finding(
            "violation",
            "inconsistency",
            places[0] if places else Place("the graph", 1, 1),
            explain(conflict.says),
            f"take back one of the statements; OWL 2 RL, rule {conflict.kind}",
            tuple(places[1:6]),
            conflict.subject,
        )


def explain(says: str) -> str:
    """Say an inconsistency with short names."""
    return re.sub(r"<?(https?://[^\s<>,]+)>?", lambda match: compress(match[1]), says)


def _called(compiled: Compiled, iri: str) -> str:
    for quad in compiled.store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(LABEL), None):
        return quad.object.value if isinstance(quad.object, ox.Literal) else compress(iri)
    return compress(iri)


def _value(text: str) -> str:
    return compress(text[1:-1]) if text.startswith("<") else text.split("^^")[0].strip('"')
