"""The queries of SHACL-SPARQL, rewritten so that one query asks for all focus nodes."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import cast

import pyoxigraph as ox

from rejoinder.checks.shape_paths import Node, Path, ShapesGraph
from rejoinder.sources.catalog import tokens
from rejoinder.vocabulary import PREFIXES

__all__ = ["for_all"]

_PIECE = re.compile(r"\s+|[{}()]|(?P<name>(?:\w[\w.-]*)?:(?:[\w:-]|%|\\.|\.(?=[\w:%\\-]))*)|\w+|.", re.DOTALL)
_AGGREGATES = {"AVG", "COUNT", "GROUP_CONCAT", "MAX", "MIN", "SAMPLE", "SUM"}
#: The first three are forbidden (section 5.2.1); the data are one graph, and a default graph.
_FORBIDDEN = {"MINUS", "VALUES", "SERVICE", "FROM", "GRAPH"}
_UNUSABLE = re.compile(r"[?$](shapesGraph|currentShape|failure|focus|node\d+)")


def for_all(
    graph: ShapesGraph, shape: Node, constraint: Node, path: Path | None, focus: str, node: str
) -> tuple[str, list[str]]:
    """Return a sub-select for the focus nodes that the pattern `focus` binds to `node`, and what else it selects.

    SHACL evaluates the query for one focus node after the other, as if $this stood in each group with its value
    (section 5.3.1). Here the pattern of all focus nodes is joined with each group instead: since no two of them ever
    meet in one solution, that gives the solutions of all at once. Raises InputError where they would meet (an aggregate
    over all, a limit), and for what section 5.2.1 forbids.
    """
    graph.examine(shape, constraint)
    select = graph.value(constraint, "select")
    if not isinstance(select, ox.Literal):
        graph.refuse(shape, "sparql", "has no sh:select")
    prefixes = _prefixes(graph, constraint)
    pieces = list(_pieces(select.value))
    rewritten: list[str] = []
    groups: list[list[str]] = [[]]
    for number, (kind, piece) in enumerate(pieces):
        word = piece.upper()
        if kind == "variable" and _UNUSABLE.fullmatch(piece):
            graph.refuse(shape, "sparql", f"uses the variable {piece}, which is not covered")
        if kind == "variable" and piece[1:] == "this":
            piece, word = node, "$THIS"
        elif piece == "$PATH":
            piece = path.sparql if path else graph.refuse(shape, "sparql", "uses $PATH, and the shape has no sh:path")
        elif kind == "name":
            prefix, _, local = piece.partition(":")
            if prefix not in prefixes:
                graph.refuse(shape, "sparql", f"has an undeclared prefix in {piece}: declare it, and name sh:prefixes")
            piece = str(ox.NamedNode(prefixes[prefix] + local.replace("\\", "")))
        elif piece == "{":
            after = next((other.upper() for what, other in pieces[number + 1 :] if not other.isspace()), "")
            if after != "SELECT" and groups[-1][-1:] != ["EXISTS"]:  # EXISTS has $this from around it
                piece = f"{{ {focus} "
            groups[-1].append("{")
            groups.append([])
        elif piece == "}" and len(groups) > 1:
            _examine(graph, shape, groups.pop())
        elif kind == "other" and not piece.isspace():
            groups[-1].append(word)
        rewritten.append(piece)
        if kind == "variable":
            groups[-1].append(word)
    if groups[0][:1] != ["SELECT"]:
        graph.refuse(shape, "sparql", "does not begin with SELECT")
    _examine(graph, shape, groups[0])
    text = "".join(rewritten)
    try:
        found = ox.Store().query(text)
    except SyntaxError as error:
        graph.refuse(shape, "sparql", f"is no query: {error.msg}")
    names = [variable.value for variable in cast(ox.QuerySolutions, found).variables]
    return f"{{ {text} }}", [name for name in names if f"?{name}" != node]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    for kind, token in tokens(text):
        if kind == "other":
            yield from ((found.lastgroup or kind, found.group()) for found in _PIECE.finditer(token))
        elif kind != "comment":
            yield kind, token


def _examine(graph: ShapesGraph, shape: Node, words: list[str]) -> None:
    """Refuse a group in which two focus nodes would meet, or which SHACL forbids (section 5.2.1)."""
    forbidden = _FORBIDDEN & set(words)
    if forbidden:
        graph.refuse(shape, "sparql", f"uses {min(forbidden)}, which is not covered")
    if any(pair == ("AS", "$THIS") for pair in pairwise(words)):
        graph.refuse(shape, "sparql", "binds $this anew, which SHACL forbids (section 5.2.1)")
    if "SELECT" not in words:
        return
    head = words[words.index("SELECT") : words.index("{") + 1]
    if not any(
        word == "$THIS" and (before in ("SELECT", "DISTINCT", "REDUCED", ")") or before[0] in "?$")
        for before, word in pairwise(head)
    ):
        graph.refuse(shape, "sparql", "has a SELECT without $this (sections 5.2.1 and 5.3.2)")
    grouped = words[words.index("GROUP") :] if "GROUP" in words else []
    if (_AGGREGATES & set(words) or grouped) and "$THIS" not in grouped:
        graph.refuse(shape, "sparql", "has an aggregate without GROUP BY $this, which is not covered")
    if {"LIMIT", "OFFSET"} & set(words):
        graph.refuse(shape, "sparql", "has a LIMIT or an OFFSET, which is not covered")


def _prefixes(graph: ShapesGraph, constraint: Node) -> dict[str, str]:
    """Return the declared prefixes (SHACL, section 5.2.1): sh:prefixes/owl:imports*/sh:declare."""
    places = list(graph.values(constraint, "prefixes"))
    for place in places:
        places += [other for other in graph.values(place, PREFIXES["owl"] + "imports") if other not in places]
    declared = [one for place in places for one in graph.values(place, "declare")]
    return {
        prefix.value: namespace.value
        for one in declared
        for prefix in graph.values(one, "prefix")
        for namespace in graph.values(one, "namespace")
    }
