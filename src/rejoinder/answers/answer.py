"""What a query answers: rows, a yes or no, or a graph."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

import pyoxigraph as ox

from rejoinder.errors import UsageError
from rejoinder.vocabulary import PREFIXES

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from rejoinder.answers.citations import Citation
    from rejoinder.answers.rows import Because

__all__ = ["Answer", "Row", "Value", "python_value"]

#: A value of Python: what an RDF term becomes. IRIs are strings; what has no counterpart keeps its lexical form.
Value: TypeAlias = "str | int | float | Decimal | bool | dt.date | dt.datetime | None"
Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None

_XSD = PREFIXES["xsd"]


class Row(Mapping[str, "Value"]):
    """One solution, as a mapping from column to value of Python; `terms` holds the RDF terms, None where unbound.

    `explain` tells what the row rests on, where the row is of a graph.
    """

    __slots__ = ("columns", "explain", "terms")

    def __init__(self, columns: tuple[str, ...], terms: tuple[Term, ...]) -> None:
        self.columns = columns
        self.terms = terms
        self.explain: Callable[[], Because] | None = None

    @property
    def because(self) -> "Because":
        """Why the row is there: its statements with their proofs, and what is not on record.

        Raises UsageError for a row that no graph gave, or a query that answers cannot be cited with.
        """
        if self.explain is None:
            raise UsageError("this row is of no graph, so nothing can be cited for it", "ask one: rejoinder.open()")
        return self.explain()

    @property
    def citations(self) -> "tuple[Citation, ...]":
        """The passages that the row rests on, each once."""
        return self.because.citations

    def __repr__(self) -> str:
        """Show the row as a dictionary."""
        return f"Row({dict(self)})"

    def __getitem__(self, column: str) -> "Value":
        """Return the value of a column. Raises KeyError for a column that the answer does not have."""
        if column not in self.columns:
            raise KeyError(column)
        return python_value(self.terms[self.columns.index(column)])

    def __iter__(self) -> Iterator[str]:
        """Iterate over the columns."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Count the columns."""
        return len(self.columns)


class Answer(NamedTuple):
    """The answer to a query: `rows` for SELECT, `boolean` for ASK, `triples` for CONSTRUCT and DESCRIBE."""

    kind: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    boolean: bool = False
    triples: tuple[ox.Triple, ...] = ()
    text: str = ""

    @property
    def size(self) -> int:
        """How many rows, or statements of a graph, there are; a yes or no is one."""
        return {"rows": len(self.rows), "triples": len(self.triples)}.get(self.kind, 1)

    @classmethod
    def of(cls, result: Any, text: str = "") -> Self:
        """Take all of an engine's result; CONSTRUCTed triples are sorted and unique, since they are a set."""
        if isinstance(result, ox.QuerySolutions):
            columns = tuple(variable.value for variable in result.variables)
            rows = tuple(Row(columns, tuple(solution)) for solution in result)
            return cls("rows", columns, rows, text=text)
        if isinstance(result, ox.QueryBoolean):
            return cls("boolean", boolean=bool(result), text=text)
        return cls("triples", triples=tuple(sorted(set(result), key=str)), text=text)


def python_value(term: Term) -> "Value":
    """Return what an RDF term is in Python.

    >>> python_value(ox.Literal("2022-08-22", datatype=ox.NamedNode(_XSD + "date")))
    datetime.date(2022, 8, 22)
    """
    if term is None:
        return None
    if isinstance(term, ox.Literal):
        try:
            return _convert(term.datatype.value.removeprefix(_XSD), term.value)
        except (ValueError, ArithmeticError):
            return term.value
    return term.value if isinstance(term, ox.NamedNode) else str(term)


# How values of types of XSD are written (XML Schema 1.1, part 2, section 3.3): Python takes more for numbers and days.
_WRITTEN = {
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?(\d+\.?\d*|\.\d+)",
    "double": (_DOUBLE := r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN"),
    "float": _DOUBLE,
    "date": r"\d{4}-\d\d-\d\d",
    "dateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?",
}


def _convert(datatype: str, text: str) -> "Value":
    if datatype in _WRITTEN and not re.fullmatch(_WRITTEN[datatype], text, re.ASCII):
        return text
    match datatype:
        case "integer":
            return int(text)
        case "double" | "float":
            return float(text)
        case "boolean":
            return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
        case "decimal":
            from decimal import Decimal

            return Decimal(text)
        case "date" | "dateTime":
            import datetime as dt

            return dt.date.fromisoformat(text) if datatype == "date" else dt.datetime.fromisoformat(text)
    return text
