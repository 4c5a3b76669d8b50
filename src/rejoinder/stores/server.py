"""A SPARQL server spoken to over HTTP, each way that it can fail told as what it is."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html import unescape
from itertools import count
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import pyoxigraph as ox

from rejoinder.errors import StoreError, UsageError
from rejoinder.sources.catalog import form_of
from rejoinder.stores.profiles import Addresses, Profile
from rejoinder.stores.values import decimals, mended, mended_triple

if TYPE_CHECKING:
    import requests

    from rejoinder.stores.login import Login

__all__ = ["Cut", "Server", "Unanswered"]

_RESULTS, _TRIPLES = "application/sparql-results+json", "application/n-triples"
# The forms of queries whose answers are graphs (SPARQL 1.1 Query, section 16).
_GRAPHS, _OTHER_FORM = ("CONSTRUCT", "DESCRIBE"), "it is of another form than the query"
# RFC 9110, section 15: what a server or a gateway before it says when the same request may do better later.
_MAY_PASS = (429, 502, 503, 504)
# What is no text in a page that tells of an error; its title says no more than its heading.
_MARKUP = re.compile(r"(?is)<head\b.*?</head>|<(script|style)\b.*?</\1>|<[^>]*>")
# What is selected by the queries of a load.
_VARIABLE = re.compile(r"\?(\w+)")
# How many bytes of an answer must come within the timeout, again and again.
_FLOW = 1 << 16
# How many triples a second the slowest store changes in one update: Oxigraph puts 15,000 in place, RDF4J less.
_SLOWEST = 2_000
_WAITS = (0.2, 0.5, 1, 2, 4, 8, 15, 30)

T = TypeVar("T")


class Unanswered(StoreError):
    """No answer came, or one that may pass. Whether the server did what it was asked is not known."""


class Cut(StoreError):
    """The store cut its answer at a limit of its own."""


class Server:
    """A store by its addresses, with one session for all requests.

    `timeout` is in seconds: for a whole query, and for each step of a load. `trace` is told of each request, without
    what it is authorized with. Whoever knows how many triples updates are to change sets `changing`, so that they are
    given the time for it.
    """

    def __init__(
        self,
        addresses: Addresses,
        profile: Profile,
        login: "Login",
        timeout: float = 60.0,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        import requests

        self.addresses, self.profile, self.timeout = addresses, profile, timeout
        self.changing = 0
        self._trace = trace
        self._login = login
        self._session = requests.Session()
        self._session.auth = login

    def query(
        self, text: str, default: Iterable[str] = (), named: Iterable[str] = (), until: float | None = None
    ) -> Any:
        """Return the solutions, the boolean or the triples of a query (SPARQL 1.1 Protocol, section 2.1), all there.

        Raises UsageError for a query that the server refuses, StoreError (Unanswered) for all else that goes wrong.
        """
        until = until or time.monotonic() + self.timeout
        form = form_of(text)
        response = self._ask(text, form, default, named)
        kind, body = _kind(response), self._read(response, until)
        try:
            if (kind == _RESULTS) == (form in _GRAPHS):
                raise ValueError(_OTHER_FORM)
            if kind == _RESULTS:
                body = mended(body) if self.profile.mends else body
                found = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
                if isinstance(found, ox.QueryBoolean) != (form == "ASK"):
                    raise ValueError(_OTHER_FORM)
                if isinstance(found, ox.QuerySolutions):
                    # Rows are parsed as they are read: find out now whether they break off, or were cut off.
                    self._require_whole(response, sum(1 for _ in found))
                    return ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
                return found
            triples = [quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]
        except (SyntaxError, ValueError) as error:
            raise self._broken(error) from None
        self._require_whole(response, len(triples))
        return list(map(mended_triple, triples)) if self.profile.mends else triples

    def rows(self, text: str) -> Iterable[Any]:
        """Yield the solutions of a query as they arrive, however many. Raises like `query`, while they are read.

        The query selects variables by name, each of which has a value in each row.
        """
        response = self._ask(text, "SELECT")
        rows = 0
        asked = _VARIABLE.findall(text.partition("{")[0])
        with self._arriving(response) as body:
            found = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
            if not isinstance(found, ox.QuerySolutions) or {one.value for one in found.variables} != set(asked):
                raise ValueError("it has other columns than were asked for")
            for row in found:
                if None in tuple(row):
                    raise ValueError("a row lacks a value")
                rows += 1
                yield row
        self._require_whole(response, rows)

    def triples(self, graph: str) -> Iterable[ox.Triple]:
        """Yield the triples of a graph as they arrive (SPARQL 1.1 Graph Store HTTP Protocol, section 5.2).

        Raises StoreError, while they are read. One store ends after so many, without a word.
        """
        response = self._request("GET", self.addresses.graphs, {"Accept": _TRIPLES}, b"", {"graph": graph})
        with self._arriving(response) as body:
            for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES):
                yield quad.triple

    @contextmanager
    def _arriving(self, response: "requests.Response") -> Iterator[IO[bytes]]:
        """Give the body of an answer to a parser while it arrives; what goes wrong meanwhile is told as what it is."""
        from urllib3.exceptions import HTTPError

        try:
            yield cast("IO[bytes]", _Body(response, self.timeout))
        except (SyntaxError, ValueError, MemoryError) as error:  # a value of many megabytes is too much for the parser
            raise self._broken(error) from None
        except (OSError, HTTPError) as error:
            raise self._unanswered(error) from None
        finally:
            response.close()

    def ask(self, text: str) -> bool:
        """Return the boolean of an ASK query."""
        return bool(self.query(text))

    def update(self, text: str) -> None:
        """Run an update (SPARQL 1.1 Protocol, section 2.2)."""
        self.send("POST", self.addresses.update, text.encode(), "application/sparql-update; charset=utf-8")

    def add(self, graph: str, triples: bytes) -> None:
        """Add N-Triples to a graph (SPARQL 1.1 Graph Store HTTP Protocol, section 5.5)."""
        self.send("POST", self.addresses.graphs, self._spelled(triples), _TRIPLES, graph=graph)

    def add_quads(self, quads: bytes) -> None:
        """Add N-Quads, where the store has a door for them."""
        self.send("POST", self.addresses.quads, self._spelled(quads), "application/n-quads")

    def _spelled(self, statements: bytes) -> bytes:
        return decimals(statements) if self.profile.decimals else statements

    def remove(self, *graphs: str) -> None:
        """Take graphs away, those that are there (SPARQL 1.1 Update, section 3.2.2)."""
        self.update(" ;\n".join(f"DROP SILENT GRAPH {ox.NamedNode(graph)}" for graph in graphs))

    def prepare(self) -> None:
        """Log in where the store asks for it: some cut off a large request that comes without a login."""
        if not self.addresses.update:
            cure = "is it read only? If not, say which kind it is: --store; see: rejoinder stores"
            raise StoreError(f"{self.addresses.query}: where this store can be changed is not known", cure)
        harmless = {"query": "ASK {}", "graph": "urn:rejoinder:nothing"}
        for address in dict.fromkeys((self.addresses.update, self.addresses.graphs)):
            response = self._get(address, harmless)
            if response.status_code == 401 and self._login.choose(response):
                response = self._get(address, harmless)
            if response.status_code in (401, 403):
                raise self._refused("GET", address, response)

    def send(self, method: str, address: str, body: bytes = b"", kind: str = "", **parameters: str) -> None:
        """Send a body in one piece: with chunked transfer, one store says yes and empties the graph."""
        headers = {"Content-Type": kind, "Content-Length": str(len(body))} if body else {}
        self._request(method, address, headers, body, parameters).close()

    def persist(self, operation: Callable[[], T], patience: float) -> T:
        """Return what an operation returns, trying again for so many seconds while no answer comes.

        Only for what may be done twice: reading, and adding or removing what was added or removed already.
        """
        until = time.monotonic() + patience
        for number in count():
            try:
                return operation()
            except Unanswered as error:
                left = until - time.monotonic()
                if left <= 0:
                    raise StoreError(
                        f"{error.message}; tried for {patience:g} seconds",
                        "call it again: it goes on where it was cut off",
                    ) from None
                if self._trace:
                    self._trace(f"{error.message}; trying again")
                time.sleep(min(left, _WAITS[min(number, len(_WAITS) - 1)]))
        raise AssertionError

    def greet(self) -> tuple[str, Exception | None]:
        """Return the headers, in lower case, of the answer to a harmless question, and what is wrong with it.

        Raises StoreError where nothing answers.
        """
        harmless = {"query": "ASK {}"}
        response = self._get(self.addresses.query, harmless, close=False)
        if response.status_code == 401 and self._login.choose(response):
            response.close()
            response = self._get(self.addresses.query, harmless, close=False)
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items()).lower()
        if response.status_code != 200:
            return headers, self._refused("GET", self.addresses.query, response)
        response.close()
        return headers, None if _kind(response) == _RESULTS else self._no_result(response)

    def _ask(self, text: str, form: str, default: Iterable[str] = (), named: Iterable[str] = ()) -> "requests.Response":
        from urllib.parse import urlencode

        of_default, of_named = self.profile.dataset
        if of_default:
            clauses = [*map(of_default.format, default), *map(of_named.format, named)]
            text, default, named = "".join(clauses) + text, (), ()
        fields = [("query", text)]
        fields += [("default-graph-uri", name) for name in default] + [("named-graph-uri", name) for name in named]
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Accept": _TRIPLES if form in _GRAPHS else _RESULTS,
        }
        response = self._request("POST", self.addresses.query, headers, urlencode(fields).encode())
        if _kind(response) not in (_RESULTS, _TRIPLES, "text/plain"):
            response.close()
            raise self._no_result(response)
        return response

    def _no_result(self, response: "requests.Response") -> StoreError:
        return StoreError(
            f"{self.addresses.query}: answered {_kind(response) or 'nothing'}, which is no SPARQL result",
            "give the address of a store, or of its query endpoint; see: rejoinder stores",
        )

    def _get(self, address: str, parameters: dict[str, str], *, close: bool = True) -> "requests.Response":
        """Return an answer, of which mostly only status and headers matter."""
        import requests

        try:
            response = self._session.get(
                address,
                params=parameters,
                headers={"Accept": _RESULTS},
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise self._unanswered(error, address) from None
        if close:
            response.close()
        return response

    def _request(
        self, method: str, address: str, headers: dict[str, str], body: bytes, parameters: dict[str, str] | None = None
    ) -> "requests.Response":
        import requests

        timeout = self.timeout
        if address == self.addresses.update and body:
            timeout += self.changing / _SLOWEST
        started = time.monotonic()
        try:
            response = self._session.request(
                method,
                address,
                params=parameters,
                headers=headers,
                data=body,
                timeout=timeout,
                stream=True,
                allow_redirects=False,  # a POST would become a GET, and a login go elsewhere
            )
        except requests.RequestException as error:
            raise self._unanswered(error, address, timeout) from None
        if self._trace:
            took = (time.monotonic() - started) * 1000
            to = f"{address}?graph={parameters['graph']}" if parameters else address
            size = f" {len(body):,} bytes of {headers['Content-Type']}" if body else ""
            self._trace(f"{method} {to}{size}: {response.status_code} in {took:.0f} ms")
        if 200 <= response.status_code < 300:
            return response
        if response.status_code == 401 and self._login.choose(response):
            response.close()
            return self._request(method, address, headers, body, parameters)
        raise self._refused(method, address, response)

    def _refused(self, method: str, address: str, response: "requests.Response") -> Exception:
        status = response.status_code
        if status in (401, 403):
            return StoreError(f"{address}: answered {status}: {self._login.failed()}", self._login.cure())
        try:
            body = self._read(response, time.monotonic() + self.timeout).decode(errors="replace")
        except StoreError:
            body = ""
        if _kind(response) == "text/html":
            body = " ".join(unescape(_MARKUP.sub(" ", body)).split())
        said = f": {body.strip().splitlines()[0][:200]}" if body.strip() else f" {response.reason}"
        if status == 400 and address == self.addresses.query:
            return UsageError(f"{address} refuses the query{said}")
        if status in (301, 302, 303, 307, 308):
            return StoreError(
                f"{address}: answered {status}: it has moved to {response.headers.get('Location', 'somewhere')}",
                "give that address, if you trust it",
            )
        where = "check the address, the access rights and the server's log"
        deadlock = self.profile.deadlock
        kind = Unanswered if status in _MAY_PASS or (deadlock and deadlock in body) else StoreError
        return kind(f"{address}: answered {status} to {method}{said}", where)

    def _read(self, response: "requests.Response", until: float) -> bytes:
        """Return the body, if it is there in time: a server may answer at once and then take for ever."""
        pieces = []
        try:
            response.raw.decode_content = True
            while piece := response.raw.read1(1 << 20, decode_content=True):
                pieces.append(piece)
                if time.monotonic() > until:
                    raise TimeoutError
        except Exception as error:
            raise self._unanswered(error, response.url.split("?")[0]) from None
        finally:
            response.close()
        return b"".join(pieces)

    def _require_whole(self, response: "requests.Response", count: int) -> None:
        """Raise StoreError for an answer that the server cut at a limit of its own, as some do with a 200."""
        limit = response.headers.get(self.profile.limit_header) if self.profile.limit_header else None
        if limit and limit.isdigit() and count >= int(limit):
            raise Cut(
                f"{self.addresses.query}: the answer was cut at the server's limit of {int(limit):,} rows",
                f"raise it ({self.profile.limit_setting}), or ask for less",
            )

    def _broken(self, error: Exception) -> StoreError:
        return Unanswered(
            f"{self.addresses.query}: the answer breaks off or is not what it says: {error}",
            "ask again, or see the server's log",
        )

    def _unanswered(self, error: BaseException, address: str = "", timeout: float = 0.0) -> StoreError:
        address = address or self.addresses.query
        causes = list(_causes(error))
        if any(isinstance(one, TimeoutError) or "timed out" in str(one).lower() for one in causes):
            return Unanswered(
                f"{address}: no answer within {timeout or self.timeout:g} seconds",
                "ask for less, or give it longer: --timeout SECONDS",
            )
        last = causes[-1]
        reason = getattr(last, "strerror", None) or str(last) or type(last).__name__
        return Unanswered(f"{address}: cannot be reached: {reason}", "check the address and that the server runs")


class _Body:
    """The body of an answer for a parser that reads while it arrives: no matter how large, but not drop by drop.

    What is waited for counts, not what is done with it meanwhile.
    """

    def __init__(self, response: "requests.Response", timeout: float) -> None:
        self._raw, self._timeout = response.raw, timeout
        self._waited, self._came = 0.0, 0

    def read(self, size: int) -> bytes:
        started = time.monotonic()
        piece = cast(bytes, self._raw.read1(size, decode_content=True))
        self._waited += time.monotonic() - started
        self._came += len(piece)
        if self._came >= _FLOW:
            self._waited, self._came = 0.0, 0
        elif piece and self._waited > self._timeout:
            raise TimeoutError
        return piece


def _kind(response: "requests.Response") -> str:
    return str(response.headers.get("Content-Type", "")).split(";")[0].strip()


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
