"""Two answers to one question, row by row."""

import pyoxigraph as ox

from rejoinder.answers.answer import Answer, Row, Term
from rejoinder.errors import UsageError

__all__ = ["CHANGE", "compare"]

#: The column that `compare` adds: same, lost, new, or before and after where a row changed.
CHANGE = "change"


def compare(before: Answer, after: Answer) -> Answer:
    """Return the rows of both answers, each with its `change` as first column, in the order of the first.

    Rows are told to be about the same by their columns of IRIs (those whose names end in "Iri"), if these tell the
    rows of each answer apart; a row that differs elsewhere is "before" and "after". Otherwise rows are only lost or
    new. Raises UsageError for answers that are no rows.
    """
    if before.kind != "rows" or after.kind != "rows":
        raise UsageError("only rows can be compared, and this query answers otherwise", "leave --without out")
    keys = [i for i, column in enumerate(before.columns) if column.endswith("Iri")]
    if not keys or not (_are_told_apart(before, keys) and _are_told_apart(after, keys)):
        keys = list(range(len(before.columns)))
    there: dict[tuple[Term, ...], list[Row]] = {}
    for row in after.rows:
        there.setdefault(_key(row, keys), []).append(row)
    rows: list[tuple[str, Row]] = []
    for row in before.rows:
        match = there.get(_key(row, keys))
        if not match:
            rows.append(("lost", row))
            continue
        other = match.pop(0)
        rows += [("same", row)] if other.terms == row.terms else [("before", row), ("after", other)]
    left = {id(row) for found in there.values() for row in found}
    rows += [("new", row) for row in after.rows if id(row) in left]
    columns = (CHANGE, *before.columns)
    return after._replace(
        columns=columns, rows=tuple(Row(columns, (ox.Literal(change), *row.terms)) for change, row in rows)
    )


def _key(row: Row, keys: list[int]) -> tuple[Term, ...]:
    return tuple(row.terms[i] for i in keys)


def _are_told_apart(answer: Answer, keys: list[int]) -> bool:
    return len({_key(row, keys) for row in answer.rows}) == len(answer.rows)
