"""What supports that a property path leads from one thing to another."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any as Anything

import pyoxigraph as ox

from rejoinder.answers.patterns import Graph, Path, Select, Triple, predicates
from rejoinder.answers.support import All, Any, Fact, Known, Reach, Support
from rejoinder.graph.proofs import Statement

__all__ = ["Paths"]


class Paths:
    """Property paths (SPARQL 1.1, section 9) walked in a dataset, in its default graph or in that of a passage."""

    def __init__(self, dataset: ox.Store) -> None:
        self._store = dataset
        # Rows that follow each other walk the same ways; a way may have any number of edges.
        self.support = lru_cache(maxsize=100)(self._support)
        self._known = lru_cache(maxsize=100)(self._all_of)

    def _support(self, start: Anything, path: Anything, end: Anything, graph: ox.NamedNode | None) -> Support | None:
        """Return what supports that a path leads from start to end, None where it does not."""
        way = self._way(start, path, end, graph)
        # A path of no steps leads from each thing in the graph to itself; the engine knows no others.
        return All((way, self._known(start, graph))) if way and start == end and _may_stay(path) else way

    def _way(self, start: Anything, path: Anything, end: Anything, graph: ox.NamedNode | None) -> Support | None:
        if not isinstance(path, Path):
            return Fact((start, path, end), graph) if self._holds(start, path, end, graph) else None
        first = path.parts[0] if path.parts else None
        match path.operator:
            case "^":
                return self._way(end, first, start, graph)
            case "|":
                ways = [self._way(start, part, end, graph) for part in path.parts]
                return _any([way for way in ways if way is not None])
            case "/":
                rest = Path("/", path.parts[1:]) if len(path.parts) > 2 else path.parts[1]
                return _any(list(self._through(start, first, rest, end, graph)))
            case "?":
                return All() if start == end else self._way(start, first, end, graph)
            case "*" if start == end:
                return All()
            case "*" | "+":
                return self._reach(start, path.parts[0], end, graph)
        return _any([Fact(statement, graph) for _, statement, _ in self._other(start, path, end, graph)])

    def _all_of(self, thing: Anything, graph: ox.NamedNode | None) -> Known:
        """Return that a thing is in the graph."""
        found = (*self._quads(thing, None, None, graph), *self._quads(None, None, thing, graph))
        return Known(tuple(Fact((one.subject, one.predicate, one.object), graph) for one in found))  # type: ignore[arg-type]

    def _through(
        self, start: Anything, first: Anything, rest: Anything, end: Anything, graph: ox.NamedNode | None
    ) -> Iterator[Support]:
        for between in self._targets(start, first, graph):
            onward = self._way(between, rest, end, graph)
            here = self._way(start, first, between, graph) if onward is not None else None
            if onward is not None and here is not None:
                yield All((here, onward))

    def _reach(self, start: Anything, step: Anything, end: Anything, graph: ox.NamedNode | None) -> Reach | None:
        """Return all edges on walks from start to end."""
        back = {end}
        pending = [end]
        ahead = self._closure(start, step, graph)
        for here in pending:
            for before in self._targets(here, Path("^", (step,)), graph):
                if before in ahead and before not in back:
                    back.add(before)
                    pending.append(before)
        if end not in {target for here in ahead for target in self._targets(here, step, graph)}:
            return None
        edges: dict[tuple[object, object], Support] = {}
        for here in ahead:
            for there in self._targets(here, step, graph):
                if there in back:
                    edges[here, there] = self._way(here, step, there, graph) or All()
        return Reach(edges, start, end)

    def _closure(self, start: Anything, step: Anything, graph: ox.NamedNode | None) -> dict[Anything, None]:
        seen = {start: None}
        pending = [start]
        for here in pending:
            for there in self._targets(here, step, graph):
                if there not in seen:
                    seen[there] = None
                    pending.append(there)
        return seen

    def _targets(self, start: Anything, path: Anything, graph: ox.NamedNode | None) -> dict[Anything, None]:
        """Return where a path leads from a thing."""
        if not isinstance(path, Path):
            if isinstance(start, ox.Literal):
                return {}
            return dict.fromkeys(one.object for one in self._quads(start, path, None, graph))
        match path.operator:
            case "|":
                return {end: None for part in path.parts for end in self._targets(start, part, graph)}
            case "/":
                ends = {start: None}
                for part in path.parts:
                    ends = {there: None for here in ends for there in self._targets(here, part, graph)}
                return ends
            case "?":
                return {start: None, **self._targets(start, path.parts[0], graph)}
            case "*":
                return self._closure(start, path.parts[0], graph)
            case "+":
                first = self._targets(start, path.parts[0], graph)
                return {end: None for one in first for end in self._closure(one, path.parts[0], graph)}
            case "!":
                return {end: None for _, _, end in self._other(start, path, None, graph)}
        return self._sources(start, path.parts[0], graph)

    def _sources(self, end: Anything, path: Anything, graph: ox.NamedNode | None) -> dict[Anything, None]:
        """Return from where a path leads to a thing: where the path turned round leads."""
        if not isinstance(path, Path):
            return dict.fromkeys(one.subject for one in self._quads(None, path, end, graph))
        if path.operator == "^":
            return self._targets(end, path.parts[0], graph)
        if path.operator == "!":
            return {start: None for start, _, _ in self._other(None, path, end, graph)}
        parts = tuple(Path("^", (part,)) for part in path.parts)
        return self._targets(end, Path(path.operator, parts[::-1] if path.operator == "/" else parts), graph)

    def _other(
        self, start: Anything, path: Path, end: Anything, graph: ox.NamedNode | None
    ) -> Iterator[tuple[Anything, Statement, Anything]]:
        """Yield from, statement and to of what a negated property set matches, either way round."""
        forward = {part for part in path.parts if not isinstance(part, Path)}
        backward = {part.parts[0] for part in path.parts if isinstance(part, Path)}
        if forward or not backward:
            for one in self._quads(start, None, end, graph):
                if one.predicate not in forward:
                    yield one.subject, (one.subject, one.predicate, one.object), one.object  # type: ignore[misc]
        if backward:
            for one in self._quads(end, None, start, graph):
                if one.predicate not in backward:
                    yield one.object, (one.subject, one.predicate, one.object), one.subject  # type: ignore[misc]

    def _quads(self, s: Anything, p: Anything, o: Anything, graph: ox.NamedNode | None) -> Iterator[ox.Quad]:
        if isinstance(s, ox.Literal):
            return
        yield from self._store.quads_for_pattern(s, p, o, graph or ox.DefaultGraph())

    def _holds(self, s: Anything, p: Anything, o: Anything, graph: ox.NamedNode | None) -> bool:
        return any(self._quads(s, p, o, graph))

    def whole(self, node: object, *, in_graphs: bool) -> Iterator[Fact]:
        """Yield all statements that any triple pattern within a pattern matches by its constants."""
        if isinstance(node, Triple):
            yield from self.matching(node, in_graphs)
        elif isinstance(node, tuple):
            for part in node[:-1] if isinstance(node, Select) else node:  # a box tells again what the select says
                yield from self.whole(part, in_graphs=in_graphs or isinstance(node, Graph))

    def matching(self, triple: Triple, in_graphs: bool) -> Iterator[Fact]:
        """Yield all statements that a pattern matches by its constants, those of all predicates that a path names."""
        if isinstance(triple.path, Path):
            # A path of no steps leads from each thing to itself, whatever is said of it.
            for predicate in (None,) if _may_stay(triple.path) else dict.fromkeys(predicates(triple.path)):
                yield from self._matching(None, predicate, None, in_graphs)
        else:
            s, p, o = (None if isinstance(one, ox.Variable) else one for one in triple)
            yield from self._matching(s, p, o, in_graphs)

    def _matching(self, s: Anything, p: Anything, o: Anything, in_graphs: bool) -> Iterator[Fact]:
        if not in_graphs:
            for quad in self._quads(s, p, o, None):
                yield Fact((quad.subject, quad.predicate, quad.object))  # type: ignore[arg-type]
            return
        if isinstance(s, ox.Literal):  # as an inverse path may have it, which matches nothing
            return
        for quad in self._store.quads_for_pattern(s, p, o, None):
            if isinstance(quad.graph_name, ox.NamedNode):
                yield Fact((quad.subject, quad.predicate, quad.object), quad.graph_name)  # type: ignore[arg-type]


def _may_stay(path: Anything) -> bool:
    """Tell whether a path may lead from a thing to itself without a step."""
    if not isinstance(path, Path) or path.operator == "!":
        return False
    if path.operator == "/":
        return all(map(_may_stay, path.parts))
    return path.operator in "?*" or any(map(_may_stay, path.parts))


def _any(ways: list[Support]) -> Support | None:
    if not ways:
        return None
    return ways[0] if len(ways) == 1 else Any(ways, lambda way: way)  # type: ignore[return-value,arg-type]
