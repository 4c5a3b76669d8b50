"""The engines that queries run on: the embedded store, or any SPARQL 1.1 endpoint."""

import re
from collections import deque
from typing import Any, Protocol

import pyoxigraph as ox

from rejoinder.errors import StoreError, UsageError
from rejoinder.graph.compiled import Compiled
from rejoinder.sources.catalog import tokens
from rejoinder.vocabulary import INDEX, LAYERS, rj

__all__ = ["Embedded", "Endpoint", "Engine", "refuse_foreign_data"]

# What stands behind the keyword tells it from a prefixed name such as ex:service.
_FOREIGN = re.compile(
    r"(?<![\w:.?$-])(SERVICE(?:\s+SILENT)?|FROM(?:\s+NAMED)?)(?:\s*<|\s*[?$]\w|\s+[\w-]*:)", re.IGNORECASE
)


def refuse_foreign_data(text: str) -> None:
    """Raise UsageError for a query that asks for data of others: SERVICE, FROM or FROM NAMED (SPARQL 1.1).

    Nothing is fetched to answer a query, and its dataset is fixed, so that each answer rests on the passages alone.
    """
    code = "".join("<>" if kind == "iri" else " " if kind in ("comment", "string") else it for kind, it in tokens(text))
    found = _FOREIGN.search(code)
    if found:
        raise UsageError(
            f"a query cannot say {found[1].upper()} here: its data are the accepted and inferred statements and the "
            "ontology",
            "leave it out; what a passage says is in its named graph: GRAPH ?passage { … }",
        )


class Engine(Protocol):
    """Something that answers SPARQL 1.1 with our layers as the default graph and the passages as named graphs."""

    def run(self, text: str) -> Any:
        """Return what pyoxigraph returns for a query: solutions, a boolean or triples."""


class Embedded:
    """The compiled store."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled

    def run(self, text: str) -> Any:
        """Run a query. Raises UsageError for a text that is not SPARQL, StoreError for a damaged store."""
        try:
            return self._compiled.query(text)
        except SyntaxError as error:
            raise _not_sparql(error) from None
        except (OSError, RuntimeError) as error:
            raise StoreError(
                f"the compiled graph cannot be read: {error}",
                f"delete the folder {self._compiled.folder} and try again",
            ) from error


class Endpoint:
    """A SPARQL 1.1 Protocol endpoint that our graphs have been loaded into."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self.url = url
        self.timeout = timeout
        self._passages: list[str] | None = None

    def run(self, text: str) -> Any:
        """Send a query with our graphs as its dataset (SPARQL 1.1 Protocol, section 2.1.4).

        Raises StoreError for an endpoint that is not there, too slow, refuses, or answers something else.
        """
        if self._passages is None:
            listed = self._post(f"SELECT ?g {{ GRAPH <{INDEX}> {{ ?g <{rj('file')}> ?file }} }}", [], [INDEX])
            self._passages = sorted(row["g"].value for row in listed)
            if not self._passages:
                raise StoreError(
                    f"{self.url}: no graph of rejoinder is loaded there", "load it first: rejoinder load URL"
                )
        return self._post(text, list(LAYERS), self._passages)

    def _post(self, text: str, default: list[str], named: list[str]) -> Any:
        import requests

        form = [("query", text)]
        form += [("default-graph-uri", name) for name in default] + [("named-graph-uri", name) for name in named]
        accept = "application/sparql-results+json, application/n-triples;q=0.9"
        try:
            response = requests.post(self.url, data=form, headers={"Accept": accept}, timeout=self.timeout)
        except requests.Timeout:
            raise StoreError(
                f"{self.url}: no answer within {self.timeout:g} seconds", "ask for less, or wait longer"
            ) from None
        except requests.RequestException as error:
            raise StoreError(
                f"{self.url}: cannot be reached: {_cause(error)}", "check the address and that the server runs"
            ) from None
        return _result(self.url, response)


def _result(url: str, response: Any) -> Any:
    kind = response.headers.get("Content-Type", "").split(";")[0].strip()
    if response.status_code == 400:
        raise UsageError(
            f"{url} refuses the query: {response.text.strip().splitlines()[0][:200] if response.text.strip() else ''}"
        )
    if response.status_code != 200:
        raise StoreError(
            f"{url}: answered {response.status_code} {response.reason}",
            "check the address, the access rights and the server's log",
        )
    try:
        if kind == "application/sparql-results+json":
            found = ox.parse_query_results(response.content, ox.QueryResultsFormat.JSON)
            if isinstance(found, ox.QuerySolutions):
                deque(found, maxlen=0)  # rows are parsed as they are read: find out now if they break off
                return ox.parse_query_results(response.content, ox.QueryResultsFormat.JSON)
            return found
        if kind in ("application/n-triples", "text/plain"):
            parsed = ox.parse(response.content, format=ox.RdfFormat.N_TRIPLES)
            return [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in parsed]
    except (SyntaxError, ValueError) as error:
        raise StoreError(
            f"{url}: the answer breaks off or is not what it says: {error}", "ask again, or see the server's log"
        ) from None
    raise StoreError(
        f"{url}: answered {kind or 'nothing'}, which is no SPARQL result", "give the address of the query endpoint"
    )


def _not_sparql(error: SyntaxError) -> UsageError:
    message = error.msg.removeprefix("error at ")
    return UsageError(f"the query is not SPARQL: {message}", "mend it there; see https://www.w3.org/TR/sparql11-query/")


def _cause(error: Exception) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return getattr(cause, "strerror", None) or str(cause)
