"""Whether a row goes when a statement goes: what is sure, in spite of patterns that match where others do not."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import pyoxigraph as ox

from rejoinder.answers.aggregates import Aggregate
from rejoinder.answers.levels import Box
from rejoinder.answers.patterns import (
    Bind,
    Filter,
    Graph,
    Group,
    Minus,
    Node,
    Optional,
    Path,
    Select,
    Triple,
    Union,
    certain,
    mentioned,
    predicates,
    visible,
)
from rejoinder.answers.scopes import exists_in
from rejoinder.answers.support import Fact
from rejoinder.graph.rules import Pattern, Rules
from rejoinder.vocabulary import PREFIXES, RDF_TYPE

__all__ = ["Reached", "Region", "Turns", "regions", "told"]

# A kind of statement: its predicate, and its class where it tells one; None stands for any.
Kind = tuple[object, object]
_TYPE = ox.NamedNode(RDF_TYPE)
_SAME = ox.NamedNode(PREFIXES["owl"] + "sameAs")
_ANY: Kind = (None, None)


class Region(NamedTuple):
    """A part of a query that may give more where statements go: OPTIONAL, MINUS, NOT EXISTS, and groups.

    `kinds` are those of the statements of the default graph that it matches, `quads` those within named graphs. An
    OPTIONAL has its `mark`, and `shown`, the variables that nothing else binds; it is `joined` where what it binds may
    keep a solution out. Groups have their `keys`, and are `joined` where a condition keeps some of them out. An
    OPTIONAL within groups has `counts`, where these change with each match that it loses.
    """

    kinds: frozenset[Kind]
    quads: frozenset[Kind]
    mark: ox.Variable | None = None
    shown: frozenset[ox.Variable] = frozenset()
    joined: bool = False
    keys: frozenset[ox.Variable] | None = None
    counts: frozenset[ox.Variable] = frozenset()


class Turns(NamedTuple):
    """What may make a row anew. `kin` are the solutions that agree with the row in what no region decides.

    `same` tells that all of these make the row; `values` and `texts` are the variables that rows show (see `told`).
    `row` is a solution that makes the row.
    """

    kin: list[Mapping[str, object]]
    same: bool
    values: frozenset[ox.Variable]
    texts: frozenset[ox.Variable]
    row: Mapping[str, object] = {}

    def may(self, region: Region, fact: Fact, reached: "Reached") -> bool:
        """Tell whether a region may make the row anew when a statement goes.

        It cannot where each row that it makes differs: in a variable that only it binds, or in the keys of a group;
        and an OPTIONAL that has no match in any solution like those of the row has none to lose, if all are known.
        """
        if region.counts and region.counts <= self.texts:
            return False
        if region.keys is not None:
            groups = {tuple(one.get(key.value) for key in region.keys) for one in self.kin}
            if region.keys <= self.values or (self.same and len(groups) == 1 and not region.joined):
                return False
        if region.mark is not None:
            if self.same and not region.joined and not any(region.mark.value in one for one in self.kin):
                return False
            if any(variable in self.texts and variable.value in self.row for variable in region.shown):
                return False
        if fact.passage is not None:
            return any(_alike(_kind_of(fact), kind) for kind in region.quads)
        return any(_alike(one, kind) for kind in region.kinds for one in reached.kinds(_kind_of(fact)))


class Reached:
    """Which kinds of statements can follow from one of a kind, by the rules."""

    def __init__(self, rules: Rules, *, equality: bool) -> None:
        """Take the rules; those of equality lead from anything to anything, and matter only where things are same."""
        steps = [([_kind(pattern) for pattern in rule.body], _kind(rule.head)) for rule in rules.rules]
        self._steps = [(body, head) for body, head in steps if equality or (_SAME, None) not in body]
        self._found: dict[Kind, frozenset[Kind]] = {}

    def kinds(self, kind: Kind) -> frozenset[Kind]:
        """Return the kinds that a kind of statement leads to, itself included."""
        if kind not in self._found:
            found = {kind}
            changed = True
            while changed:
                changed = False
                for body, head in self._steps:
                    if head not in found and any(_alike(one, need) for one in found for need in body):
                        found.add(head)
                        changed = True
            self._found[kind] = frozenset(found)
        return self._found[kind]


def _kind(pattern: Pattern) -> Kind:
    predicate, value = pattern[1], pattern[2]
    if isinstance(predicate, str):
        return _ANY
    return predicate, value if predicate == _TYPE and not isinstance(value, str) else None


def _kind_of(fact: Fact) -> Kind:
    _, predicate, value = fact.statement
    return predicate, value if predicate == _TYPE else None


def _alike(one: Kind, other: Kind) -> bool:
    return (one[0] == other[0] or None in (one[0], other[0])) and (one[1] == other[1] or None in (one[1], other[1]))


def regions(
    node: object,
    box: Box | None = None,
    outside: frozenset[ox.Variable] = frozenset(),
    used: frozenset[ox.Variable] = frozenset(),
) -> Iterator[Region]:
    """Yield the regions within a prepared pattern, that of a box where it stands in one.

    `outside` are the variables that are bound around it, and `used` those on which other patterns or conditions rest.
    """
    match node:
        case Group():
            fresh = list(_fresh(node))
            for element, own in zip(node.elements, fresh, strict=True):
                others = [one for one in node.elements if one is not element]
                elsewhere = outside.union(*map(visible, others))
                named = _used(zip(node.elements, fresh, strict=True), element, used)
                if isinstance(element, Optional):
                    yield from regions(element.group, box, elsewhere, named)
                    yield _optional(element, box, elsewhere, bool(own & named))
                else:
                    yield from regions(element, box, elsewhere, named)
        case Union():
            for group in node.groups:
                yield from regions(group, box, outside, used)
        case Graph():
            name = mentioned(node.name)
            for one in regions(node.group, box, outside | name, used | name):
                yield one._replace(kinds=frozenset(), quads=one.quads | one.kinds)
        case Minus():
            yield _region(node.group)
        case Filter() | Bind():
            for asked in exists_in(node.expression):
                yield _region(asked.group)
        case Select() if node.box and not node.box.grouped:
            # The marks of its solutions are not known outside.
            for one in regions(node.box.inner.where, box, outside, used):
                yield one._replace(mark=None, shown=frozenset())
        case Select() if node.box:
            found = _region(node.box.inner.where)
            keyed = found._replace(keys=frozenset(node.box.keys), joined=bool(node.conditions))
            yield found if box or node.sliced else keyed
            yield from regions(node.box.inner.where, node.box)


def _fresh(group: Group) -> Iterator[set[ox.Variable]]:
    """Yield of each element of a group the variables that it may bind and that are not bound before."""
    bound: set[ox.Variable] = set()
    for element in group.elements:
        yield set(visible(element)) - bound
        bound |= certain(element)


def _used(
    elements: Iterable[tuple[Node, set[ox.Variable]]], without: Node, used: frozenset[ox.Variable]
) -> frozenset[ox.Variable]:
    """Return the variables on which it rests whether other elements, or what is around a group, keep a solution out.

    OPTIONAL and BIND keep none out, but what they bind may be used.
    """
    others = [(one, own) for one, own in elements if one is not without]
    found = used.union(*(mentioned(one) for one, _ in others if not isinstance(one, Bind | Optional)))
    pending = [(one, own) for one, own in others if isinstance(one, Bind | Optional)]
    for one, own in pending * len(pending):
        if own & found:
            found |= mentioned(one)
    return found


def _optional(element: Optional, box: Box | None, elsewhere: frozenset[ox.Variable], joined: bool) -> Region:
    own = set(visible(element.group)) - elsewhere
    found = _region(Group(tuple(one for one in element.group.elements if not isinstance(one, Optional))))
    if not box:
        return found._replace(mark=element.mark, shown=frozenset(own & certain(element.group)), joined=joined)
    if box.aggregates and all(_counts(one, own) for one in box.aggregates):
        return found._replace(counts=frozenset(one.variable for one in box.aggregates))
    return found


def _counts(aggregate: Aggregate, own: set[ox.Variable]) -> bool:
    return aggregate.name == "COUNT" and bool(aggregate.argument) and set(aggregate.argument or ()) <= own


def _region(node: object) -> Region:
    kinds: set[Kind] = set()
    quads: set[Kind] = set()

    def collect(part: object, into: set[Kind]) -> None:
        if isinstance(part, Triple):
            into.update(_kinds_of(part))
        elif isinstance(part, Select) and part.box:
            collect(part.box.inner.where, into)
        elif isinstance(part, tuple) and not isinstance(part, Box):
            for one in part:
                collect(one, quads if isinstance(part, Graph) else into)

    collect(node, kinds)
    return Region(frozenset(kinds), frozenset(quads))


def _kinds_of(triple: Triple) -> Iterator[Kind]:
    if isinstance(triple.path, Path):
        yield from ((one, None) for one in predicates(triple.path))
    elif isinstance(triple.path, ox.Variable):
        yield _ANY
    else:
        is_class = triple.path == _TYPE and not isinstance(triple.object, ox.Variable)
        yield triple.path, triple.object if is_class else None


def told(query: Select, where: Group) -> tuple[frozenset[ox.Variable], frozenset[ox.Variable]]:
    """Return the variables whose values rows show, and those of which they show at least the text."""
    if query.form == "SELECT":
        plain = {variable for item, variable in query.items if item is None}
        values = plain if query.items else set(visible(query.where))
    else:  # a triple of two templates may show either variable
        values = mentioned(query.template) if len(query.template) == 1 else set()
    texts = set(values)
    made: list[tuple[tuple[object, ...], ox.Variable]] = [(item, one) for item, one in query.items if item is not None]
    if query.aggregates:  # what is made of groups stands with them, in the box
        made = []
    values |= {variable for _, variable in query.items}
    texts |= values
    made += list(_binds(where))
    changed = True
    while changed:
        changed = False
        for item, variable in made:
            source = _only_of(item)
            if source and variable in texts:
                exact = variable in values and len(item) == 1
                changed |= source not in texts or (exact and source not in values)
                texts.add(source)
                if exact:
                    values.add(source)
    return frozenset(values), frozenset(texts)


def _binds(node: object) -> Iterator[tuple[tuple[object, ...], ox.Variable]]:
    match node:
        case Bind():
            yield node.expression, node.variable
        case Group() | Union():
            for one in node[0]:
                yield from _binds(one)
        case Optional():
            yield from _binds(node.group)
        case Select() if node.box:
            for item, variable in node.items:
                if item is not None:
                    yield item, variable
                    yield from _counted(item, variable, node.box)


def _counted(
    item: tuple[object, ...], variable: ox.Variable, box: Box
) -> Iterator[tuple[tuple[object, ...], ox.Variable]]:
    """Yield that a variable shows the value of an aggregate, as it is, or that of a count with an integer added."""
    for one in box.aggregates:
        rest = item[len(one.call) :]
        added = one.name == "COUNT" and len(rest) == 2 and rest[0] in ("+", "-") and str(rest[1]).isdecimal()
        if item[: len(one.call)] == one.call and (not rest or added):
            yield (one.variable,), variable


def _only_of(item: tuple[object, ...]) -> ox.Variable | None:
    """Return the variable whose value, or whose text, an expression is."""
    if len(item) == 1 and isinstance(item[0], ox.Variable):
        return item[0]
    if len(item) == 4 and item[0] == "STR" and isinstance(item[2], ox.Variable):
        return item[2]
    return None
