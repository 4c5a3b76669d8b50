"""The SPARQL editor as a page: a form with a query, and the first rows of its answer."""

from typing import Any, NamedTuple

import pyoxigraph as ox

__all__ = ["EXAMPLE", "Editor", "Mistake", "answered"]

#: What stands in the form until somebody writes something.
EXAMPLE = """\
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX rj: <https://w3id.org/rejoinder/ontology#>

# Who answered GPT-3, in the open or not?
SELECT ?answer ?maker WHERE {
  ?gpt3 rdfs:label "GPT-3"@en ; rj:answeredBy ?answer .
  OPTIONAL { ?answer rj:releasedBy ?maker }
}
"""


class Mistake(NamedTuple):
    """Why there is no answer; `line` and `column` count from 1, and are 0 where it has no place."""

    title: str
    detail: str
    line: int = 0
    column: int = 0


class Editor(NamedTuple):
    """A query and what came of it. `rows` are terms, in the order of `columns`; `is_cut` tells that there are more."""

    query: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    yes: bool | None = None
    is_cut: bool = False
    seconds: float = 0.0
    mistake: Mistake | None = None
    is_asked: bool = False
    formats: tuple[str, ...] = ()


def answered(query: str, body: bytes, *, is_cut: bool, seconds: float, formats: tuple[str, ...]) -> Editor:
    """Return a query with its answer, which comes in SPARQL 1.1 Query Results JSON."""
    found = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
    if isinstance(found, ox.QuerySolutions):
        columns = tuple(one.value for one in found.variables)
        rows = tuple(tuple(row) for row in found)
        return Editor(query, columns, rows, None, is_cut, seconds, is_asked=True, formats=formats)
    return Editor(query, yes=bool(found), seconds=seconds, is_asked=True, formats=formats)
