"""SPARQL text read into patterns, by the grammar of SPARQL 1.1, section 19.8."""

from collections.abc import Iterator

import pyoxigraph as ox

from rejoinder.answers.covered import require_covered
from rejoinder.answers.lexer import Cursor, compared, refused, resolved
from rejoinder.answers.patterns import (
    AGGREGATES,
    Bind,
    Exists,
    Expression,
    Filter,
    Graph,
    Group,
    Minus,
    Node,
    Optional,
    Path,
    Select,
    Term,
    Triple,
    Union,
    Values,
)
from rejoinder.vocabulary import PREFIXES

__all__ = ["parse", "refused"]

_RDF, _XSD = PREFIXES["rdf"], PREFIXES["xsd"]
# What has another value each time it is asked, so that no row with it is sure to be found again.
_CHANGING = ("RAND", "UUID", "STRUUID", "BNODE", "NOW", "SAMPLE")
_CLAUSES = ("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")


def parse(text: str) -> Select:
    """Return the structure of a query that an engine has found to be SPARQL 1.1.

    IRIs are whole, blank nodes are variables, and paths of one property are that property. Raises UsageError, naming
    it, for what answers cannot be cited with: DESCRIBE, SERVICE, FROM, triple terms, LATERAL, functions that have
    another value each time, and what `require_covered` looks for.
    """
    query = _Parser(text).query()
    require_covered(query)
    return query


class _Parser(Cursor):
    # Queries.

    def query(self) -> Select:
        while self.is_("PREFIX", "BASE", "VERSION"):
            word = self.next()[1].upper()
            if word == "PREFIX":
                name = self.next()[1]
                self.prefixes[name[:-1]] = resolved(self.next()[1][1:-1], self.base)
            else:
                self.base = resolved(self.next()[1][1:-1], self.base)
        if self.take("SELECT"):
            found = self._select()
        elif self.take("CONSTRUCT"):
            found = self._construct()
        elif self.take("ASK"):
            self.take("WHERE")
            found = self._modifiers(Select("ASK", self._group()))
        else:
            raise refused(self.next()[1].upper())
        return self._values_behind(found)

    def _select(self) -> Select:
        distinct = self.take("DISTINCT")
        self.take("REDUCED")
        items: list[tuple[Expression | None, ox.Variable]] = []
        while not self.is_("WHERE", "{"):
            if self.take("*"):
                continue
            if self.take("("):
                expression = self._expression("AS")
                items.append((expression, self.variable()))
                self.expect(")")
            else:
                items.append((None, self.variable()))
        self.take("WHERE")
        return self._modifiers(Select("SELECT", self._group(), tuple(items), distinct))

    def _construct(self) -> Select:
        template: list[Triple] = []
        if self.take("{"):
            before = len(self.blank)
            template = [one for one in self._triples() if isinstance(one, Triple)]
            if len(self.blank) > before:
                raise refused("blank nodes in a CONSTRUCT template")
            self.take("WHERE")
            return self._modifiers(Select("CONSTRUCT", self._group(), template=tuple(template)))
        self.take("WHERE")
        before = len(self.blank)
        group = self._group()
        if len(self.blank) > before:
            raise refused("blank nodes in a CONSTRUCT template")
        short = tuple(one for one in group.elements if isinstance(one, Triple))
        return self._modifiers(Select("CONSTRUCT", group, template=short))

    def _modifiers(self, query: Select) -> Select:
        group_by: list[tuple[Expression | None, ox.Variable]] = []
        if self.take("GROUP"):
            self.expect("BY")
            while not self.is_(*_CLAUSES, "}") and self.at < len(self.tokens):
                group_by.append(self._key())
        having: list[Expression] = []
        if self.take("HAVING"):
            while not self.is_(*_CLAUSES, "}") and self.at < len(self.tokens):
                having.append(self._constraint())
        order: Expression = ()
        if self.take("ORDER"):
            self.expect("BY")
            order = self._expression(*_CLAUSES, "}", keep=True)
        limit, offset = None, 0
        while self.is_("LIMIT", "OFFSET"):
            if self.next()[1].upper() == "LIMIT":
                limit = int(self.next()[1])
            else:
                offset = int(self.next()[1])
        return query._replace(group_by=tuple(group_by), having=tuple(having), order=order, limit=limit, offset=offset)

    def _key(self) -> tuple[Expression | None, ox.Variable]:
        if self.tokens[self.at][0] == "variable":
            return None, self.variable()
        if self.take("("):
            expression = self._expression("AS", ")")
            if self.tokens[self.at - 1][1].upper() == "AS":
                variable = self.variable()
                self.expect(")")
                return expression, variable
            if len(expression) == 1 and isinstance(expression[0], ox.Variable):
                return None, expression[0]
            return expression, self.fresh()
        return self._constraint(), self.fresh()

    def _values_behind(self, query: Select) -> Select:
        if self.take("VALUES"):
            return query._replace(where=Group((*query.where.elements, self._data())))
        return query

    # Patterns.

    def _group(self) -> Group:
        self.expect("{")
        if self.take("SELECT"):
            found: list[Node] = [self._values_behind(self._select())]
            self.expect("}")
            return Group(tuple(found))
        return Group(tuple(self._elements()))

    def _elements(self) -> Iterator[Node]:
        while not self.take("}"):
            if self.take("."):
                continue
            if self.take("OPTIONAL"):
                yield Optional(self._group())
            elif self.take("MINUS"):
                yield Minus(self._group())
            elif self.take("GRAPH"):
                yield Graph(self.term(), self._group())
            elif self.take("FILTER"):
                yield Filter(self._constraint())
            elif self.take("BIND"):
                self.expect("(")
                expression = self._expression("AS")
                yield Bind(expression, self.variable())
                self.expect(")")
            elif self.take("VALUES"):
                yield self._data()
            elif self.is_("SERVICE", "LATERAL"):
                raise refused(self.next()[1].upper())
            elif self.is_("{"):
                groups = [self._group()]
                while self.take("UNION"):
                    groups.append(self._group())
                yield Union(tuple(groups)) if len(groups) > 1 else groups[0]
            else:
                yield from self._same_subject()

    def _triples(self) -> Iterator[Node]:
        while not self.take("}"):
            if not self.take("."):
                yield from self._same_subject()

    def _same_subject(self) -> Iterator[Triple]:
        more: list[Triple] = []
        subject = self._node(more)
        if not self.is_(".", "}"):
            more += self._properties(subject)
        yield from more

    def _properties(self, subject: Term) -> Iterator[Triple]:
        while not self.is_(".", "}", "]"):
            if self.take(";"):
                continue
            if self._starts_element():
                return
            path = self._path()
            while True:
                more: list[Triple] = []
                yield Triple(subject, path, self._node(more))
                yield from more
                if not self.take(","):
                    break
            if not self.is_(";", ".", "}", "]") and not self._starts_element():
                raise refused(f"'{self.tokens[self.at][1]}' behind a triple pattern")

    def _starts_element(self) -> bool:
        return self.is_("OPTIONAL", "MINUS", "GRAPH", "FILTER", "BIND", "VALUES", "SERVICE", "LATERAL", "{")

    def _node(self, more: list[Triple]) -> Term:
        """Return a term; what a collection or a list of properties in brackets says goes to `more`."""
        if self.take("["):
            subject = self.fresh()
            more += self._properties(subject)
            self.expect("]")
            return subject
        if self.take("("):
            first: Term = ox.NamedNode(_RDF + "nil")
            last: ox.Variable | None = None
            while not self.take(")"):
                cell = self.fresh()
                if last is None:
                    first = cell
                else:
                    more.append(Triple(last, ox.NamedNode(_RDF + "rest"), cell))
                more.append(Triple(cell, ox.NamedNode(_RDF + "first"), self._node(more)))
                last = cell
            if last is not None:
                more.append(Triple(last, ox.NamedNode(_RDF + "rest"), ox.NamedNode(_RDF + "nil")))
            return first
        return self.term()

    def _path(self) -> Term | Path:
        parts = [self._path_sequence()]
        while self.take("|"):
            parts.append(self._path_sequence())
        return Path("|", tuple(parts)) if len(parts) > 1 else parts[0]

    def _path_sequence(self) -> Term | Path:
        parts = [self._path_step()]
        while self.take("/"):
            parts.append(self._path_step())
        return Path("/", tuple(parts)) if len(parts) > 1 else parts[0]

    def _path_step(self) -> Term | Path:
        if self.take("^"):
            return Path("^", (self._path_step(),))
        if self.take("!"):
            return Path("!", self._negated())
        if self.take("("):
            step = self._path()
            self.expect(")")
        else:
            step = self.term()
        while self.is_("?", "*", "+"):
            step = Path(self.next()[1], (step,))
        return step

    def _negated(self) -> tuple[Term | Path, ...]:
        parts: list[Term | Path] = []
        in_brackets = self.take("(")
        while not (in_brackets and self.take(")")):
            parts.append(Path("^", (self.term(),)) if self.take("^") else self.term())
            if not in_brackets:  # what follows then is another path
                break
            self.take("|")
        return tuple(parts)

    def _data(self) -> Values:
        if self.take("("):
            variables = []
            while not self.take(")"):
                variables.append(self.variable())
            self.expect("{")
            rows = []
            while not self.take("}"):
                self.expect("(")
                row = []
                while not self.take(")"):
                    row.append(self._value())
                rows.append(tuple(row))
            return Values(tuple(variables), tuple(rows))
        variable = self.variable()
        self.expect("{")
        single = []
        while not self.take("}"):
            single.append((self._value(),))
        return Values((variable,), tuple(single))

    def _value(self) -> ox.NamedNode | ox.Literal | None:
        if self.take("UNDEF"):
            return None
        found = self.term()
        if isinstance(found, ox.Variable):
            raise refused("blank nodes in VALUES")
        return found

    # Expressions.

    def _constraint(self) -> Expression:
        """Return an expression in brackets, a call, or EXISTS with its pattern."""
        pieces: list[str | ox.Variable | Exists] = []
        while not self.is_("("):
            if self.is_("NOT", "EXISTS"):
                return (*pieces, self._exists())
            pieces.append(self._piece())
        self.expect("(")
        inside = self._expression(")")
        return (*pieces, "(", *inside, ")") if pieces else inside

    def _exists(self) -> Exists:
        negated = self.take("NOT")
        self.expect("EXISTS")
        return Exists(negated, self._group())

    def _expression(self, *ends: str, keep: bool = False) -> Expression:
        """Return the pieces up to one of the `ends` outside of brackets, which is taken unless `keep` says not to."""
        pieces: list[str | ox.Variable | Exists] = []
        depth = 0
        while depth or not self.is_(*ends):
            if self.at >= len(self.tokens):
                return tuple(pieces)
            if self.is_("EXISTS") or (self.is_("NOT") and self.tokens[self.at + 1][1].upper() == "EXISTS"):
                pieces.append(self._exists())
                continue
            depth += self.is_("(") - self.is_(")")
            pieces.append(self._piece())
        self.at += not keep
        return tuple(pieces)

    def _piece(self) -> str | ox.Variable:
        kind, piece = self.tokens[self.at]
        if kind == "variable":
            return self.variable()
        if kind == "iri" and self._is_behind_value():
            self.tokens = compared(self.tokens, self.at)
            return self._piece()
        if kind in ("name", "iri"):
            return str(self.term())
        self.at += 1
        if kind == "word" and piece.upper() in _CHANGING and self.is_("("):
            raise refused(f"{piece.upper()}()")
        if kind == "word" and piece.upper() in ("IRI", "URI") and self.base and self.is_("("):
            raise refused(f"BASE and {piece.upper()}()")
        if piece == "<<":
            raise refused("triple terms")
        return piece.upper() if kind == "word" and piece.upper() in (*AGGREGATES, "DISTINCT") else piece

    def _is_behind_value(self) -> bool:
        kind, piece = self.tokens[self.at - 1]
        return kind in ("variable", "number", "string", "name", "iri", "language") or piece == ")"
