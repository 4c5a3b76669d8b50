"""The patterns of a SPARQL query as a tree, its expressions as the text that the user wrote."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import pyoxigraph as ox

__all__ = [
    "Bind",
    "Exists",
    "Expression",
    "Filter",
    "Graph",
    "Group",
    "Minus",
    "Node",
    "Optional",
    "Path",
    "Select",
    "Term",
    "Triple",
    "Union",
    "Values",
    "certain",
    "filled_in",
    "holds",
    "mentioned",
    "mentions",
    "predicates",
    "renamed",
    "select",
    "text",
    "visible",
]

Term: TypeAlias = ox.Variable | ox.NamedNode | ox.Literal


class Path(NamedTuple):
    """A property path (SPARQL 1.1, section 9.1): `operator` is one of / | ^ ? * + !, and `parts` what it is put on."""

    operator: str
    parts: "tuple[Term | Path, ...]"


class Triple(NamedTuple):
    """A triple pattern, or a path pattern."""

    subject: Term
    path: Term | Path
    object: Term


class Group(NamedTuple):
    """A group graph pattern: its elements in the order of the text."""

    elements: "tuple[Node, ...]"


class Optional(NamedTuple):
    """OPTIONAL. A `mark` is a variable that is bound where the group matched."""

    group: Group
    mark: ox.Variable | None = None


class Union(NamedTuple):
    """Groups of which each gives solutions of its own; `marks` tells which group gave one."""

    groups: tuple[Group, ...]
    marks: tuple[ox.Variable, ...] = ()


class Minus(NamedTuple):
    """MINUS; `scope` are the variables that may be bound before it."""

    group: Group
    scope: frozenset[ox.Variable] = frozenset()


class Graph(NamedTuple):
    """GRAPH."""

    name: Term
    group: Group


class Exists(NamedTuple):
    """EXISTS or NOT EXISTS inside of an expression; a `mark` tells whether the group has a match.

    `scope` are the variables whose values the group is asked with. It is `unclear` where the group uses others that
    are bound outside of where the expression stands: SPARQL 1.1 keeps these apart, but engines may not.
    """

    negated: bool
    group: Group
    mark: ox.Variable | None = None
    scope: frozenset[ox.Variable] = frozenset()
    unclear: bool = False


#: The pieces of an expression: text, variables, and patterns that are asked for in it.
Expression: TypeAlias = tuple[str | ox.Variable | Exists, ...]


class Filter(NamedTuple):
    """FILTER."""

    expression: Expression


class Bind(NamedTuple):
    """BIND."""

    expression: Expression
    variable: ox.Variable


class Values(NamedTuple):
    """VALUES: rows of terms, None for UNDEF."""

    variables: tuple[ox.Variable, ...]
    rows: tuple[tuple[ox.NamedNode | ox.Literal | None, ...], ...]


class Select(NamedTuple):
    """A query, or a sub-select: `form` is SELECT, CONSTRUCT or ASK; an item is a variable with its expression, if any.

    Without items the query says `*`. `order` is the text behind ORDER BY; the template is that of CONSTRUCT;
    a `box` is how a sub-select is explained.
    """

    form: str
    where: Group
    items: tuple[tuple[Expression | None, ox.Variable], ...] = ()
    distinct: bool = False
    group_by: tuple[tuple[Expression | None, ox.Variable], ...] = ()
    having: tuple[Expression, ...] = ()
    order: Expression = ()
    limit: int | None = None
    offset: int = 0
    template: tuple[Triple, ...] = ()
    box: Any = None

    @property
    def aggregates(self) -> bool:
        """Whether solutions are grouped (SPARQL 1.1, section 11.1)."""
        expressions = (*(expression for expression, _ in self.items), *self.having, self.order)
        return bool(self.group_by) or any(
            isinstance(piece, str) and piece in AGGREGATES for one in expressions for piece in one or ()
        )

    @property
    def conditions(self) -> tuple[Expression, ...]:
        """The conditions on groups that say more than that there is one."""
        trivial = ["COUNT", "*", ">", "0"]
        return tuple(one for one in self.having if [piece for piece in one if piece not in ("(", ")")] != trivial)

    @property
    def sliced(self) -> bool:
        """Whether only some of the solutions are given."""
        return self.limit is not None or self.offset > 0


Node: TypeAlias = Triple | Group | Optional | Union | Minus | Graph | Filter | Bind | Values | Select

AGGREGATES = ("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT")


def text(node: Any) -> str:
    """Return a pattern, a path, an expression or a query as SPARQL; marks become variables that tell what matched."""
    match node:
        case Triple():
            return f"{node.subject} {_path(node.path)} {node.object} ."
        case Group():
            return "{ " + " ".join(text(element) for element in node.elements) + " }"
        case Optional():
            return f"OPTIONAL {_marked(node.group, node.mark)}"
        case Union():
            marks = node.marks or (None,) * len(node.groups)
            return " UNION ".join(_marked(group, mark) for group, mark in zip(node.groups, marks, strict=True))
        case Minus():
            return f"MINUS {text(node.group)}"
        case Graph():
            return f"GRAPH {node.name} {text(node.group)}"
        case Filter():
            return f"FILTER({_expression(node.expression)})"
        case Bind():
            return f"BIND({_expression(node.expression)} AS {node.variable})"
        case Values():
            rows = " ".join(f"({' '.join('UNDEF' if one is None else str(one) for one in row)})" for row in node.rows)
            return f"VALUES ({' '.join(map(str, node.variables))}) {{ {rows} }}"
        case Select():
            return f"{{ {select(node)} }}"
    raise TypeError(f"no pattern: {node!r}")


def select(query: Select, marks: Iterable[ox.Variable] = ()) -> str:
    """Return a query as the text of a SELECT, whatever its form, that gives `marks` besides its items."""
    items = [str(variable) if one is None else f"({_expression(one)} AS {variable})" for one, variable in query.items]
    parts = ["SELECT", *(["DISTINCT"] if query.distinct else []), *items, *map(str, marks)]
    parts += [] if len(parts) > 1 + query.distinct else ["*"]
    parts.append(text(query.where))
    keys = [str(variable) if one is None else f"({_expression(one)} AS {variable})" for one, variable in query.group_by]
    parts += ["GROUP BY", *keys] if keys else []
    parts += ["HAVING", *(f"({_expression(one)})" for one in query.having)] if query.having else []
    parts += ["ORDER BY", _expression(query.order)] if query.order else []
    parts += [f"LIMIT {query.limit}"] if query.limit is not None else []
    parts += [f"OFFSET {query.offset}"] if query.offset else []
    return " ".join(parts)


def _marked(group: Group, mark: ox.Variable | None) -> str:
    return text(group) if mark is None else f"{text(group)[:-1]}BIND(1 AS {mark}) }}"


def _expression(pieces: Expression) -> str:
    written = ""
    for piece in pieces:
        shown = (
            f"{'NOT ' if piece.negated else ''}EXISTS {text(piece.group)}" if isinstance(piece, Exists) else str(piece)
        )
        # A language or a datatype stands right behind its string, and brackets right behind a function.
        close = shown in ("(", ")", ",", "^^") or shown.startswith("@") or written.endswith(("(", "^^"))
        written += shown if close else f" {shown}"
    return written.strip()


def _path(path: Any) -> str:
    if not isinstance(path, Path):
        return str(path)
    if path.operator in "/|":
        return "(" + path.operator.join(map(_path, path.parts)) + ")"
    if path.operator in "^":
        return f"(^{_path(path.parts[0])})"
    if path.operator == "!":
        return "!(" + "|".join(_path(part).strip("()") for part in path.parts) + ")"
    return f"({_path(path.parts[0])}{path.operator})"


def renamed(node: Any, names: Mapping[ox.Variable, ox.Variable]) -> Any:
    """Return a node with its variables renamed."""
    if isinstance(node, ox.Variable):
        return names.get(node, node)
    if isinstance(node, tuple):
        parts = [renamed(part, names) for part in node]
        return type(node)(*parts) if hasattr(node, "_fields") else tuple(parts)
    return node


def filled_in(node: Any, values: Mapping[ox.Variable, Any]) -> Any:
    """Return a pattern with terms in the place of variables, without marks; it has a match where one has these values.

    A sub-select without slice stands for its pattern, as there is a solution or a group just where that has a match.
    """
    match node:
        case Group():
            return Group(tuple(part for one in node.elements if (part := filled_in(one, values)) is not None))
        case Optional():
            return Optional(filled_in(node.group, values))
        case Union():
            return Union(tuple(filled_in(group, values) for group in node.groups))
        case Graph():
            return Graph(renamed(node.name, values), filled_in(node.group, values))
        case Bind() if node.variable in values:
            return Filter(("(", *renamed(node.expression, values), ")", "=", str(values[node.variable])))
        case Values():
            left = [place for place, variable in enumerate(node.variables) if variable not in values]
            rows = [
                row
                for row in node.rows
                if all(term in (None, values.get(one, term)) for one, term in zip(node.variables, row, strict=True))
            ]
            if rows and not left:
                return None
            rows = [tuple(row[place] for place in left or range(len(row))) for row in rows]
            return Values(tuple(node.variables[place] for place in left) or node.variables, tuple(rows))
        case Select() if node.sliced or node.conditions:
            return node._replace(box=None)
        case Select():
            shown = {variable for item, variable in node.items if item is None} if node.items else set(visible(node))
            return filled_in(node.where, {one: term for one, term in values.items() if one in shown})
    return renamed(node, values)


def mentioned(node: Any) -> set[ox.Variable]:
    """Return all variables that stand anywhere in a node."""
    if isinstance(node, ox.Variable):
        return {node}
    return set().union(*map(mentioned, node)) if isinstance(node, tuple) else set()


def visible(node: Any) -> dict[ox.Variable, None]:
    """Return the variables that are in scope after a pattern (SPARQL 1.1, section 18.2.1), in the order of the text."""
    match node:
        case Triple():
            ends = (node.subject, node.path, node.object)
            return dict.fromkeys(one for one in ends if isinstance(one, ox.Variable))
        case Graph():
            return {**dict.fromkeys([node.name] if isinstance(node.name, ox.Variable) else []), **visible(node.group)}
        case Optional():
            return {**visible(node.group), **({node.mark: None} if node.mark else {})}
        case Group() | Union():
            found: dict[ox.Variable, None] = {}
            for part in node[0]:
                found |= visible(part)
            return found | dict.fromkeys(node.marks if isinstance(node, Union) else ())
        case Bind():
            return {node.variable: None}
        case Values():
            return dict.fromkeys(node.variables)
        case Select():
            return dict.fromkeys(variable for _, variable in node.items) if node.items else visible(node.where)
    return {}


def certain(node: Any) -> set[ox.Variable]:
    """Return the variables that each solution of a pattern binds."""
    match node:
        case Triple():
            return set(visible(node))
        case Graph():
            return certain(node.group) | ({node.name} if isinstance(node.name, ox.Variable) else set())
        case Group():
            return set().union(*map(certain, node.elements))
        case Union():
            return set.intersection(*map(certain, node.groups))
        case Values():
            columns = zip(node.variables, zip(*node.rows, strict=True), strict=True) if node.rows else ()
            return {variable for variable, column in columns if None not in column}
        case Select():
            inner = certain(node.where)
            grouped = {variable for expression, variable in node.group_by if expression is None}
            kept = inner & grouped if node.aggregates else inner
            plain = {variable for expression, variable in node.items if expression is None}
            made = {
                variable
                for expression, variable in node.items
                if expression and _never_fails(expression, node.where, inner)
            }
            return (kept & plain if node.items else kept) | made
    return set()


def _never_fails(expression: tuple[Any, ...], where: Group, bound: set[ox.Variable]) -> bool:
    """Tell whether an expression has a value where these variables have one: a count, or a text."""
    end = expression.index(")") if ")" in expression else 0
    inside = [one for one in expression[2:end] if one != "DISTINCT"]
    match expression[0], expression[end + 1 :]:
        case "COUNT", () | ("+" | "-", "1"):
            return len(inside) == 1  # not what is computed
        case "STR", ():
            return len(inside) == 1 and inside[0] in bound
        case "GROUP_CONCAT", ():
            return inside[0] in bound & _texts(where) and inside[1:2] in ([], [";"])
    return False


def _texts(node: Any) -> set[ox.Variable]:
    """Return variables that have a text, where they have a value."""
    if isinstance(node, Group):
        return set().union(*map(_texts, node.elements))
    made = node.items if isinstance(node, Select) else ()
    if isinstance(node, Bind):
        made = ((node.expression, node.variable),)
    return {one for item, one in made if item and item[0] == "STR" and item.index(")") == len(item) - 1}


def holds(node: Any, wanted: Callable[[Any], bool]) -> bool:
    """Tell whether a node, or anything in it, is what is wanted."""
    return wanted(node) or (isinstance(node, tuple) and any(holds(part, wanted) for part in node))


def predicates(path: Path) -> Iterator[Any]:
    """Yield the predicates that a path names; None, which is any, for a negated property set."""
    if path.operator == "!":
        yield None
        return
    for part in path.parts:
        yield from predicates(part) if isinstance(part, Path) else [part]


def mentions(node: object) -> dict[ox.Variable, int]:
    """Return how often each variable stands in a node."""
    counts: dict[ox.Variable, int] = {}

    def count(part: object) -> None:
        if isinstance(part, ox.Variable):
            counts[part] = counts.get(part, 0) + 1
        elif isinstance(part, tuple):
            for one in part[:-1] if isinstance(part, Select) else part:  # a box tells again what the select says
                count(one)

    count(node)
    return counts
