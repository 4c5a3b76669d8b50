"""The engines that queries run on: the embedded store, or any SPARQL 1.1 endpoint."""

import re
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from rejoinder.errors import StoreError, UsageError
from rejoinder.graph.compiled import Compiled
from rejoinder.sources.catalog import tokens
from rejoinder.stores.state import STATE, holds
from rejoinder.vocabulary import INDEX, LAYERS, LOADED, rj

if TYPE_CHECKING:
    from rejoinder.stores.server import Server

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


# What the engine says of a function that is none of SPARQL's.
_NO_FUNCTION = re.compile(r"custom function <.*> is not supported", re.DOTALL)
# How many seconds to wait before looking again whether a graph is published.
_PAUSE = 0.2


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
            if _NO_FUNCTION.search(str(error)):
                raise UsageError(f"the query cannot be answered: {error}", "see SPARQL 1.1, section 17.4") from None
            raise StoreError(
                f"the compiled graph cannot be read: {error}",
                f"delete the folder {self._compiled.folder} and try again",
            ) from error


class Endpoint:
    """A SPARQL 1.1 Protocol endpoint that our graphs have been loaded into."""

    def __init__(self, url: str, timeout: float = 60.0, store: str | None = None) -> None:
        self.url = url
        self.timeout = timeout
        self._store = store
        self._state, self._passages = "", list[str]()

    @cached_property
    def server(self) -> "Server":
        """The server, connected to when it is first asked."""
        from rejoinder.stores.connect import connect

        return connect(self.url, self._store, self.timeout)

    @property
    def version(self) -> str:
        """The version of the graph that was asked last, or is there now. Raises like `run`."""
        if not self._state:
            self._find(time.monotonic() + self.timeout)
        return self._state.removeprefix("published ")

    def run(self, text: str, default: tuple[str, ...] = LAYERS) -> Any:
        """Send a query with our graphs as its dataset (SPARQL 1.1 Protocol, section 2.1.4).

        If another graph is published meanwhile, the query is asked again: an answer never has rows of both. Raises
        StoreError for an endpoint that is not there, too slow, refuses, answers something else, or holds nothing.
        """
        until = time.monotonic() + self.timeout
        while True:
            if not self._state:
                self._find(until)
            found = self.server.query(text, default, self._passages, until)
            if self.server.ask(holds(self._state)):
                return found
            self._state = ""
            if time.monotonic() > until:
                raise StoreError(
                    f"{self.url}: its graph has changed all the time, for {self.timeout:g} seconds",
                    "ask again when loading is done",
                )

    def _find(self, until: float) -> None:
        """Find out which graph is published there, and its passages; wait while another one is being published."""
        looked = False
        while True:
            rows = self.server.query(
                f"SELECT ?passage ?state {{ {{ GRAPH <{INDEX}> {{ ?passage <{rj('file')}> ?file }} }} "
                f"UNION {{ GRAPH <{LOADED}> {{ <{LOADED}> {STATE} ?state }} }} }}"
            )
            found = list(rows)
            states = [row["state"].value for row in found if row["state"]]
            state = states[0] if len(states) == 1 else ""
            if state.startswith("published"):
                self._state = state
                self._passages = sorted(row["passage"].value for row in found if row["passage"])
                return
            # In some stores the state is gone for a moment when it is put in the place of another: look twice.
            if not states and looked:
                raise StoreError(
                    f"{self.url}: no graph of rejoinder is loaded there", f"load it first: rejoinder load {self.url}"
                )
            if time.monotonic() > until:
                raise StoreError(
                    f"{self.url}: a graph is being published there, for longer than {self.timeout:g} seconds",
                    "ask again when that is done; if that load was cut off, load again: rejoinder load URL",
                )
            looked = True
            time.sleep(_PAUSE)


def _not_sparql(error: SyntaxError) -> UsageError:
    message = error.msg.removeprefix("error at ")
    return UsageError(f"the query is not SPARQL: {message}", "mend it there; see https://www.w3.org/TR/sparql11-query/")
