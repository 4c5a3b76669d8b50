"""A shapes graph with its lists and property paths, read as the compiler needs it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, NoReturn, TypeAlias

import pyoxigraph as ox

from rejoinder.errors import InputError
from rejoinder.vocabulary import PREFIXES, RDF_TYPE

__all__ = ["MANY", "ONE", "Node", "Path", "ShapesGraph", "Term", "sh"]

Node: TypeAlias = ox.NamedNode | ox.BlankNode
Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal

#: The parameters that tell the constraints of a shape, each with a component of its own (SHACL, section 4): those that
#: a shape may have several values of, and those with one value at most.
MANY = set(
    "class pattern equals disjoint lessThan lessThanOrEquals not and or xone node property hasValue sparql".split()
)
ONE = set(
    "datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive maxInclusive minLength maxLength "
    "languageIn uniqueLang qualifiedMinCount qualifiedMaxCount closed in".split()
)
#: What is not for node shapes (SHACL, sections 4.2, 4.4.5, 4.5.3 and 4.5.4).
_OF_PROPERTIES = {"minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals"}
_TARGETS = ["targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf"]
#: What else may be said of a shape, of a SPARQL constraint, and of both at once.
_BESIDE = (
    "path deactivated severity message flags ignoredProperties qualifiedValueShape qualifiedValueShapesDisjoint "
    "name description order group defaultValue select prefixes declare"
).split()
_KNOWN = {PREFIXES["sh"] + name for name in (*MANY, *ONE, *_TARGETS, *_BESIDE)}

_RDF, _RDFS, _XSD = PREFIXES["rdf"], PREFIXES["rdfs"], PREFIXES["xsd"]
_FIRST, _REST, _NIL = ox.NamedNode(_RDF + "first"), ox.NamedNode(_RDF + "rest"), ox.NamedNode(_RDF + "nil")
_REPEATED = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}


def sh(name: str) -> ox.NamedNode:
    """Return a term of SHACL.

    >>> sh("path")
    <NamedNode value=http://www.w3.org/ns/shacl#path>
    """
    return ox.NamedNode(PREFIXES["sh"] + name)


class Path(NamedTuple):
    """A property path: as SPARQL, as the node that stands for it in RDF, and what is said of that node.

    `empty` is true of a path that leads from each node to that node itself, too.
    """

    sparql: str
    node: Node
    triples: tuple[ox.Triple, ...] = ()
    empty: bool = False


class ShapesGraph:
    """What a shapes graph says, asked by node and name; what cannot be used is refused with the shape that has it."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._said: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self._users: dict[Term, list[Node]] = defaultdict(list)
        for subject, predicate, value in dict.fromkeys(triples):
            self._said[subject][predicate.value].append(value)
            self._users[value].append(subject)
        parameters = [node for node in self._said if isinstance(node, Node) and self.values(node, "parameter")]
        self._foreign = {
            path.value
            for node in parameters
            for parameter in self.values(node, "parameter")
            for path in self.values(parameter, "path")
        } - _KNOWN

    def values(self, node: Term, predicate: str) -> list[Term]:
        """Return the objects of a predicate, which is an IRI, or a name of SHACL."""
        name = predicate if ":" in predicate else PREFIXES["sh"] + predicate
        return self._said.get(node, {}).get(name, [])

    def value(self, shape: Node, name: str) -> Term | None:
        """Return the one value of a parameter. Raises InputError where there are several."""
        found = self.values(shape, name)
        if len(found) > 1:
            self.refuse(shape, name, "has more than one value")
        return found[0] if found else None

    def is_true(self, shape: Node, name: str) -> bool:
        """Return whether a parameter is the literal true, which "1" is not."""
        return self.value(shape, name) == ox.Literal(True)

    def shapes(self) -> Iterator[Node]:
        """Yield what is a shape by its type or its targets (SHACL, section 2.1), in the order of the graph."""
        marks = {PREFIXES["sh"] + name for name in (*_TARGETS, "target", "rule")}
        for node, said in self._said.items():
            if isinstance(node, Node):
                if self.values(node, "entailment"):
                    self.refuse(node, "entailment", "is not covered: the data are validated as they are")
                if marks & said.keys() or {sh("NodeShape"), sh("PropertyShape")} & self._types(node):
                    yield node

    def is_class(self, shape: Node) -> bool:
        """Return whether a shape is a class too, and thereby its own target (SHACL, section 2.1.3.3)."""
        # That owl:Class is a subclass of rdfs:Class is an axiom of OWL, and said in few shapes graphs.
        return bool({ox.NamedNode(_RDFS + "Class"), ox.NamedNode(PREFIXES["owl"] + "Class")} & self._types(shape))

    def _types(self, node: Node) -> set[Term]:
        found = list(self.values(node, RDF_TYPE))
        for kind in found:
            found += [above for above in self.values(kind, _RDFS + "subClassOf") if above not in found]
        return set(found)

    def constraints(self, shape: Node) -> Iterator[tuple[str, Term]]:
        """Yield the parameters of a shape that are constraints, each with each of its values.

        Raises InputError for whatever SHACL has, or may have, beyond what is covered.
        """
        self.examine(shape, shape)
        qualified, counts = self.value(shape, "qualifiedValueShape"), ("qualifiedMinCount", "qualifiedMaxCount")
        if qualified and not any(self.values(shape, name) for name in counts):
            self.refuse(shape, "qualifiedValueShape", "has neither sh:qualifiedMinCount nor sh:qualifiedMaxCount")
        for predicate, values in self._said.get(shape, {}).items():
            name = predicate.removeprefix(PREFIXES["sh"])
            if name in ONE and len(values) > 1:
                self.refuse(shape, name, "has more than one value")
            if name in _OF_PROPERTIES and not self.values(shape, "path"):
                self.refuse(shape, name, "is for property shapes, and this one has no sh:path")
            if name in MANY | ONE and (qualified or name not in counts):
                yield from ((name, value) for value in values)

    def examine(self, shape: Node, node: Node) -> None:
        """Raise InputError for what is not known and said of a shape or a node of it: it would be no constraint."""
        for predicate in self._said.get(node, ()):
            if predicate in self._foreign or (predicate.startswith(PREFIXES["sh"]) and predicate not in _KNOWN):
                self.refuse(shape, predicate.removeprefix(PREFIXES["sh"]), "is not covered")

    def shape(self, shape: Node, name: str, value: Term) -> Node:
        """Return the shape that another one refers to. Raises InputError where there is none."""
        if isinstance(value, ox.Literal) or (isinstance(value, ox.NamedNode) and value not in self._said):
            self.refuse(shape, name, f"refers to {value}, which is described nowhere")
        if name == "property" and not self.values(value, "path"):
            self.refuse(shape, name, f"refers to {value}, which has no sh:path")
        return value

    def siblings(self, shape: Node, qualified: Term) -> list[Term]:
        """Return the sibling shapes of a property shape with a qualified value shape (SHACL, section 4.7.3)."""
        if not self.is_true(shape, "qualifiedValueShapesDisjoint"):
            return []
        parents = [user for user in self._users[shape] if shape in self.values(user, "property")]
        members = [member for parent in parents for member in self.values(parent, "property")]
        found = [other for member in members for other in self.values(member, "qualifiedValueShape")]
        return [other for other in dict.fromkeys(found) if other != qualified]

    def number(self, shape: Node, name: str, value: Term) -> int:
        """Return a value as a whole number. Raises InputError where it is none, or is below 0."""
        if isinstance(value, ox.Literal) and value.datatype.value == _XSD + "integer" and value.value.isdecimal():
            return int(value.value)
        self.refuse(shape, name, f"must be a whole number of 0 or more, and is {value}")

    def items(self, shape: Node, name: str, head: Term) -> list[Term]:
        """Return the members of a list. Raises InputError for what is no list (SHACL, section 1.4)."""
        found: list[Term] = []
        seen = set()
        while head != _NIL:
            first, rest = self.values(head, _FIRST.value), self.values(head, _REST.value)
            if len(first) != 1 or len(rest) != 1 or head in seen:
                self.refuse(shape, name, "is not a well-formed list")
            seen.add(head)
            found.append(first[0])
            head = rest[0]
        return found

    def term(self, shape: Node, name: str, value: Term) -> str:
        """Return a term as SPARQL writes it. Raises InputError for a blank node, which no query can name."""
        if isinstance(value, ox.BlankNode):
            self.refuse(shape, name, "is a blank node, which no query can ask for")
        return str(value)

    def iri(self, shape: Node, name: str, value: Term) -> str:
        """Return an IRI as SPARQL writes it. Raises InputError for anything else."""
        if not isinstance(value, ox.NamedNode):
            self.refuse(shape, name, f"must be an IRI, and is {value}")
        return str(value)

    def path(self, shape: Node, node: Term, above: tuple[Term, ...] = ()) -> Path:
        """Return a property path (SHACL, section 2.3.1). Raises InputError for what is none."""
        if isinstance(node, ox.NamedNode) and node != _NIL:
            return Path(str(node), node)
        if not isinstance(node, ox.BlankNode) or node in above:
            self.refuse(shape, "path", f"is no path: {node}")
        above = (*above, node)
        if self.values(node, _FIRST.value):
            steps, triples = self._steps(shape, node, above)
            sequence = "/".join(step.sparql for step in steps)
            return Path(f"({sequence})", node, triples, all(step.empty for step in steps))
        kinds = [name for name in ("alternativePath", "inversePath", *_REPEATED) if self.values(node, name)]
        if len(kinds) != 1:
            self.refuse(shape, "path", "is no path: neither an IRI, nor a list, nor one sh:inversePath and the like")
        kind, argument = kinds[0], self.value(node, kinds[0])
        assert argument is not None
        said = ox.Triple(node, sh(kind), argument)
        if kind == "alternativePath":
            steps, triples = self._steps(shape, argument, above)
            choice = "|".join(step.sparql for step in steps)
            return Path(f"({choice})", node, (said, *triples), any(step.empty for step in steps))
        inner = self.path(shape, argument, above)
        triples = (said, *inner.triples)
        if kind == "inversePath":
            return Path(f"(^{inner.sparql})", node, triples, inner.empty)
        return Path(f"({inner.sparql}{_REPEATED[kind]})", node, triples, inner.empty or kind != "oneOrMorePath")

    def _steps(self, shape: Node, head: Term, above: tuple[Term, ...]) -> tuple[list[Path], tuple[ox.Triple, ...]]:
        items = self.items(shape, "path", head)
        if len(items) < 2:
            self.refuse(shape, "path", "has a list of fewer than two members")
        steps = [self.path(shape, item, above) for item in items]
        return steps, (*self._list(head), *(triple for step in steps for triple in step.triples))

    def _list(self, head: Term) -> Iterator[ox.Triple]:
        while isinstance(head, ox.BlankNode):
            for predicate in (_FIRST, _REST):
                yield ox.Triple(head, predicate, self.values(head, predicate.value)[0])
            head = self.values(head, _REST.value)[0]

    def refuse(self, shape: Node, name: str, why: str) -> NoReturn:
        """Raise InputError: what of which shape is not covered, or wrong. A shape without a name is part of another."""
        named: Term = shape
        while isinstance(named, ox.BlankNode) and self._users[named]:
            named = self._users[named][0]
        raise InputError(
            f"shapes: {'' if named == shape else 'a part of '}{named}: {name if ':' in name else f'sh:{name}'} {why}",
            "correct the shape; what may be said in shapes is in https://www.w3.org/TR/shacl/, sections 2 to 5",
        )
