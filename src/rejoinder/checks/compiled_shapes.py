"""SHACL shapes compiled to SPARQL: a constraint is one query, which finds whatever breaks it all at once."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias, cast

import pyoxigraph as ox

from rejoinder.checks.datatypes import well_typed
from rejoinder.checks.shape_paths import Node, Path, ShapesGraph, Term, sh
from rejoinder.checks.sparql_constraints import for_all
from rejoinder.vocabulary import PREFIXES, RDF_TYPE

__all__ = ["Ask", "Check", "CompiledShape", "Result", "compile_shapes", "run"]

#: Something that answers a SELECT query with rows that give their terms by name: `row["focus"]`.
Ask: TypeAlias = Callable[[str], Iterable[Any]]

_INSTANCE_OF = f"<{RDF_TYPE}>/<{PREFIXES['rdfs']}subClassOf>*"
_NODE_KINDS: dict[Term, str] = {
    sh("IRI"): "isIRI({0})",
    sh("BlankNode"): "isBlank({0})",
    sh("Literal"): "isLiteral({0})",
    sh("BlankNodeOrIRI"): "!isLiteral({0})",
    sh("BlankNodeOrLiteral"): "!isIRI({0})",
    sh("IRIOrLiteral"): "!isBlank({0})",
}
_COMPARED = {
    **{"minExclusive": "<", "minInclusive": "<=", "maxExclusive": ">", "maxInclusive": ">="},
    **{"lessThan": "<", "lessThanOrEquals": "<="},
}


class Check(NamedTuple):
    """One constraint of one shape. What breaks it are the solutions of `pattern`, told apart by the variables `row`.

    `columns` are the variables of a result: focus, value, path; and in SHACL-SPARQL all others that are selected.
    """

    shape: Node
    component: ox.NamedNode
    path: Path | None
    severity: Term
    messages: tuple[Term, ...]
    constraint: Node | None
    pattern: str
    row: tuple[str, ...]
    columns: dict[str, str]

    @property
    def query(self) -> str:
        """The SPARQL 1.1 query that returns ?focus and, where SHACL has one, ?value."""
        named = (
            variable if variable == f"?{name}" else f"({variable} AS ?{name})"
            for name, variable in self.columns.items()
        )
        return f"SELECT {' '.join(named)} WHERE {_distinct(self.row, self.pattern)}"


class CompiledShape(NamedTuple):
    """A shape with targets: what these are, the query for one focus node, and the checks of all its focus nodes."""

    shape: Node
    targets: tuple[Term, ...]
    any_focus: str
    checks: tuple[Check, ...]


class Result(NamedTuple):
    """One validation result (SHACL, section 3.6.2)."""

    focus: Term
    path: Path | None
    value: Term | None
    component: ox.NamedNode
    shape: Node
    severity: Term
    messages: tuple[Term, ...]
    constraint: Node | None


class _Nodes(NamedTuple):
    """A pattern that binds nodes to the last of its variables; the others are the nodes on the way to them."""

    pattern: str
    variables: tuple[str, ...]

    @property
    def node(self) -> str:
        return self.variables[-1]

    @property
    def alone(self) -> "_Nodes":
        """The same nodes without the way to them: ways may be many, where nodes are few."""
        return self if len(self.variables) == 1 else _Nodes(_distinct([self.node], self.pattern), (self.node,))

    def that(self, found: str) -> str:
        """Those of the nodes that a sub-select has found among them: the few first, for engines that take them so."""
        return found if len(self.variables) == 1 else f"{found} {self.pattern}"

    def by(self, path: Path) -> "_Nodes":
        """The nodes that a path leads to."""
        end = f"?node{int(self.node.removeprefix('?node')) + 1}"
        pattern = f"{self.pattern} {self.node} {path.sparql} {end} ."
        if path.empty:  # SPARQL lets an empty path begin only at terms of the graph, SHACL at any focus node
            pattern = f"{{ {pattern} }} UNION {{ {self.pattern} BIND({self.node} AS {end}) }}"
        return _Nodes(pattern, (*self.variables, end))


def compile_shapes(triples: Iterable[ox.Triple]) -> tuple[CompiledShape, ...]:
    """Compile the shapes that have targets, with the shapes that these refer to (SHACL, sections 2 to 5).

    Raises InputError for whatever is not covered, with the name of the shape: nothing is left out silently.
    """
    return tuple(_Compiler(ShapesGraph(triples)).shapes())


def run(checks: Iterable[Check], ask: Ask) -> list[Result]:
    """Return the results of checks; the data are the default graph of what `ask` asks.

    The order is that of the checks, then by focus node, path and value, whatever the engine's own order is.
    """
    found: list[Result] = []
    for check in checks:
        rows = [_result(check, row) for row in ask(check.query)]
        found += sorted(rows, key=lambda one: (str(one.focus), one.path.sparql if one.path else "", str(one.value)))
    return found


def _result(check: Check, row: Any) -> Result:
    bound = {name: row[name] for name in check.columns if row[name] is not None}
    way = bound.get("path")
    return Result(
        focus=bound["focus"],
        path=Path(str(way), way) if isinstance(way, ox.NamedNode) else check.path,
        value=bound.get("value"),
        component=check.component,
        shape=check.shape,
        severity=check.severity,
        messages=tuple(_filled(message, bound) for message in check.messages) if check.constraint else check.messages,
        constraint=check.constraint,
    )


def _filled(message: Term, bound: dict[str, Term]) -> Term:
    """Put what was found where a message says {?name} (SHACL, section 5.2.1)."""

    def found(match: re.Match[str]) -> str:
        term = bound.get("focus" if match[1] == "this" else match[1])
        return match[0] if term is None else str(term.value)

    return ox.Literal(re.sub(r"\{[?$](\w+)\}", found, message.value), language=getattr(message, "language", None))


class _Compiler:
    """The checks of a shape for focus nodes that a pattern binds; of the shapes in a shape for its value nodes.

    Whether a node conforms to a shape is never asked node by node (EXISTS), which takes some engines the square of the
    time: the nodes that fail are one set, joined with the nodes or subtracted from them.
    """

    def __init__(self, graph: ShapesGraph) -> None:
        self._graph = graph
        self._inside: list[Node] = []

    def shapes(self) -> Iterator[CompiledShape]:
        for shape in self._graph.shapes():
            targets, patterns = self._targets(shape)
            focus = _Nodes(_distinct(["?node0"], _union(patterns)), ("?node0",))
            checks = tuple(self.checks(shape, focus))  # of a shape without targets too: what is wrong there is refused
            if targets and not self._graph.is_true(shape, "deactivated"):
                any_focus = f"SELECT (?node0 AS ?focus) WHERE {{ {_union(patterns)} }} LIMIT 1"
                yield CompiledShape(shape, targets, any_focus, checks)

    def _targets(self, shape: Node) -> tuple[tuple[Term, ...], list[str]]:
        """Return the targets of a shape, and for each one the pattern that binds its focus nodes (section 2.1.3)."""
        graph = self._graph
        found = {
            "targetNode": "VALUES ?node0 {{ {0} }}",
            "targetClass": f"?node0 {_INSTANCE_OF} {{0}} .",
            "targetSubjectsOf": "?node0 {0} ?any .",
            "targetObjectsOf": "?any {0} ?node0 .",
        }
        targets = [(name, target) for name in found for target in graph.values(shape, name)]
        if graph.is_class(shape):
            targets.append(("targetClass", shape))
        patterns = [
            found[name].format((graph.term if name == "targetNode" else graph.iri)(shape, name, target))
            for name, target in targets
        ]
        return tuple(target for _, target in targets), patterns

    def checks(self, shape: Node, focus: _Nodes) -> Iterator[Check]:
        """Yield the checks of a shape for some focus nodes: its own constraints, and those of its property shapes."""
        graph = self._graph
        if shape in self._inside:
            graph.refuse(shape, "node", "leads back to the shape itself, which SHACL leaves undefined (section 3.4.3)")
        constraints = list(graph.constraints(shape))
        if graph.is_true(shape, "deactivated"):
            return
        self._inside.append(shape)
        start = graph.value(shape, "path")
        path = graph.path(shape, start) if start else None
        values = focus.by(path) if path else focus
        severity, messages = graph.value(shape, "severity") or sh("Violation"), graph.values(shape, "message")
        for name, argument in constraints:
            if name == "property":
                yield from self.checks(graph.shape(shape, name, argument), values)
                continue
            constraint = graph.shape(shape, name, argument) if name == "sparql" else None
            if constraint and graph.is_true(constraint, "deactivated"):
                continue
            component = sh(("SPARQL" if constraint else name[0].upper() + name[1:]) + "ConstraintComponent")
            says = tuple((constraint and graph.values(constraint, "message")) or messages)
            for pattern, row, columns in self._broken(shape, name, argument, focus, path):
                columns = {"focus": focus.node, **columns}
                yield Check(shape, component, path, severity, says, constraint, pattern, row, columns)
        self._inside.pop()

    def _broken(
        self, shape: Node, name: str, argument: Term, focus: _Nodes, path: Path | None
    ) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
        """Yield the pattern of what breaks a constraint, the variables that tell one result from another, and columns.

        Each case is the definition of a component in SHACL, section 4.
        """
        graph = self._graph
        values = focus.by(path) if path else focus
        node, value = focus.node, values.node
        match name:
            case "minCount" | "qualifiedMinCount":
                limit = graph.number(shape, name, argument)
                if limit:
                    enough = _at_least(limit, value, self._counted(shape, name, focus, path), [node])
                    yield f"{focus.pattern} MINUS {enough}", focus.variables, {}
            case "maxCount" | "qualifiedMaxCount":
                limit = graph.number(shape, name, argument)
                many = _at_least(limit + 1, value, self._counted(shape, name, focus, path), [node])
                yield f"{many} {focus.pattern}", focus.variables, {}
            case "hasValue":
                found = f"{values.pattern} VALUES {value} {{ {graph.term(shape, name, argument)} }}"
                yield f"{focus.pattern} MINUS {{ {found} }}", focus.variables, {}
            case "uniqueLang":
                if graph.is_true(shape, name):
                    row = (*focus.variables, "?language")
                    tagged = f'{values.pattern} BIND(LCASE(LANG({value})) AS ?language) FILTER(?language != "")'
                    yield _at_least(2, value, tagged, row), row, {}
            case "closed":
                if graph.is_true(shape, name):
                    allowed = ", ".join(self._allowed(shape))
                    pattern = f"{values.pattern} {value} ?path ?object . FILTER(?path NOT IN ({allowed}))"
                    columns = {"path": "?path", "value": "?object"}
                    yield pattern, (*values.variables, "?path", "?object"), columns
            case "equals":
                other = f"{node} {graph.iri(shape, name, argument)}"
                yield f"{values.pattern} MINUS {{ {other} {value} }}", values.variables, {"value": value}
                missing = f"{focus.pattern} {other} ?other MINUS {{ {values.pattern} BIND({value} AS ?other) }}"
                yield missing, (*focus.variables, "?other"), {"value": "?other"}
            case "disjoint":
                both = f"{values.pattern} {node} {graph.iri(shape, name, argument)} {value} ."
                yield both, values.variables, {"value": value}
            case "lessThan" | "lessThanOrEquals":
                less = f"{value} {_COMPARED[name]} ?other"
                pattern = f"{values.pattern} {node} {graph.iri(shape, name, argument)} ?other . {_unless(less)}"
                yield pattern, (*values.variables, "?other"), {"value": value}
            case "sparql":
                selected, names = for_all(
                    graph, shape, graph.shape(shape, name, argument), path, focus.alone.pattern, node
                )
                columns = {} if path else {"value": node}
                columns |= {name: f"?{name}" for name in names}
                yield focus.that(selected), (*focus.variables, *(f"?{name}" for name in names)), columns
            case "node":
                failing = self._failing(shape, name, argument, values)
                yield values.that(failing), values.variables, {"value": value}
            case "and" | "or":
                members = [self._failing(shape, name, member, values) for member in graph.items(shape, name, argument)]
                failing = " ".join(members) if name == "or" else f"{{ {_union(members)} }}"
                yield values.that(failing), values.variables, {"value": value}
            case _:
                condition = self._condition(shape, name, argument, values)
                yield f"{values.pattern} {condition}", values.variables, {"value": value}

    def _condition(self, shape: Node, name: str, argument: Term, values: _Nodes) -> str:
        """Return what keeps, of value nodes, those that break a constraint on each one of them."""
        graph, value = self._graph, values.node
        match name:
            case "class":
                return f"MINUS {{ {value} {_INSTANCE_OF} {graph.iri(shape, name, argument)} }}"
            case "in":
                members = [graph.term(shape, name, member) for member in graph.items(shape, name, argument)]
                return f"MINUS {{ VALUES {value} {{ {' '.join(members)} }} }}"
            case "not":
                return f"MINUS {self._failing(shape, name, argument, values)}"
            case "xone":
                members = [self._failing(shape, name, member, values) for member in graph.items(shape, name, argument)]
                marked = _union(f"{member} BIND({number} AS ?member)" for number, member in enumerate(members))
                count = f"SELECT {value} (COUNT(DISTINCT ?member) AS ?failed) WHERE {{ {marked} }} GROUP BY {value}"
                return f"OPTIONAL {{ {count} }} FILTER(COALESCE(?failed, 0) != {len(members) - 1})"
        return _unless(self._test(shape, name, argument, value))

    def _test(self, shape: Node, name: str, argument: Term, value: str) -> str:
        """Return the SPARQL expression that is true of a good value, and false or an error of a bad one."""
        graph = self._graph
        match name:
            case "datatype":
                return well_typed(graph.iri(shape, name, argument), value)
            case "nodeKind":
                if argument not in _NODE_KINDS:
                    graph.refuse(shape, name, f"is no kind of node: {argument}")
                return _NODE_KINDS[argument].format(value)
            case "minLength":
                return f"!isBlank({value}) && STRLEN(STR({value})) >= {graph.number(shape, name, argument)}"
            case "maxLength":
                return f"!isBlank({value}) && STRLEN(STR({value})) <= {graph.number(shape, name, argument)}"
            case "pattern":
                flags = graph.value(shape, "flags") or ox.Literal("")
                pattern = f"{graph.term(shape, name, argument)}, {graph.term(shape, 'flags', flags)}"
                tried = cast(ox.QuerySolutions, ox.Store().query(f'SELECT (REGEX("", {pattern}) AS ?result) {{}}'))
                if next(tried)["result"] is None:
                    graph.refuse(shape, name, f"is no regular expression that SPARQL knows: {pattern}")
                return f"!isBlank({value}) && REGEX(STR({value}), {pattern})"
            case "languageIn":
                ranges = [graph.term(shape, name, member) for member in graph.items(shape, name, argument)]
                return " || ".join(f"LANGMATCHES(LANG({value}), {one})" for one in ranges) or "false"
        return f"{graph.term(shape, name, argument)} {_COMPARED[name]} {value}"

    def _failing(self, shape: Node, name: str, member: Term, values: _Nodes) -> str:
        """Return the pattern of those value nodes that do not conform to another shape (SHACL, section 3.4.2)."""
        alone = values.alone
        patterns = [check.pattern for check in self.checks(self._graph.shape(shape, name, member), alone)]
        return _distinct([alone.node], _union(patterns)) if patterns else f"{{ VALUES {alone.node} {{ }} }}"

    def _counted(self, shape: Node, name: str, focus: _Nodes, path: Path | None) -> str:
        """Return the pattern of the value nodes that a number of values is about, of focus nodes and maybe of others.

        The values of a predicate are counted for whatever has it, which spares a join; paths may lead from everywhere.
        """
        start = _Nodes("", (focus.node,)) if path and isinstance(path.node, ox.NamedNode) else focus.alone
        values = start.by(path) if path else start
        if name in ("minCount", "maxCount"):
            return values.pattern
        qualified = self._graph.values(shape, "qualifiedValueShape")[0]
        siblings = self._graph.siblings(shape, qualified)
        others = " ".join(self._failing(shape, "qualifiedValueShape", sibling, values) for sibling in siblings)
        return f"{values.pattern} {others} MINUS {self._failing(shape, 'qualifiedValueShape', qualified, values)}"

    def _allowed(self, shape: Node) -> Iterator[str]:
        graph = self._graph
        paths = [path for member in graph.values(shape, "property") for path in graph.values(member, "path")]
        yield from (str(path) for path in paths if isinstance(path, ox.NamedNode))
        for head in graph.values(shape, "ignoredProperties"):
            name = "ignoredProperties"
            yield from (graph.iri(shape, name, item) for item in graph.items(shape, name, head))


def _distinct(variables: Iterable[str], pattern: str) -> str:
    return f"{{ SELECT DISTINCT {' '.join(variables)} WHERE {{ {pattern} }} }}"


def _at_least(number: int, value: str, pattern: str, by: Iterable[str]) -> str:
    """Return the pattern of what has so many values."""
    if number == 1:
        return f"{{ {pattern} }}"
    group = " ".join(by)
    return f"{{ SELECT {group} WHERE {{ {pattern} }} GROUP BY {group} HAVING(COUNT(DISTINCT {value}) >= {number}) }}"


def _union(patterns: Iterable[str]) -> str:
    return " UNION ".join(f"{{ {pattern} }}" for pattern in patterns)


def _unless(test: str) -> str:
    """What cannot be compared does not meet a condition: an error counts as false."""
    return f"FILTER(!COALESCE({test}, false))"
