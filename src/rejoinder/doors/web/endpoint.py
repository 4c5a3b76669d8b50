"""The SPARQL endpoint: SPARQL 1.1 Protocol for queries, and the reading side of the Graph Store HTTP Protocol."""

import asyncio
from collections.abc import Coroutine
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from rejoinder.doors.web.answers import Answers
from rejoinder.doors.web.description import describe
from rejoinder.doors.web.protocol import GRAPHS, ROWS, Asked, Problem, acceptable, asked, content_type, shape
from rejoinder.doors.web.worker import Job, Outcome
from rejoinder.vocabulary import LAYERS

if TYPE_CHECKING:
    from rejoinder.doors.web.workers import Workers
    from rejoinder.graph.compiled import Compiled

__all__ = ["EDITOR", "Endpoint", "problem"]

#: Where people write queries.
EDITOR = "/sparql-editor"
# The most bytes of a request: a longer query is none that somebody wrote.
_LONGEST = 1_000_000


class Endpoint:
    """Answers queries on a compiled graph, by processes that can be stopped. `version` tells graphs apart."""

    def __init__(self, compiled: "Compiled", workers: "Workers", version: str) -> None:
        self._compiled, self._workers, self._version = compiled, workers, version
        self._answers = Answers()
        self._known = frozenset((*compiled.manifest.passages, *LAYERS))

    async def sparql(self, request: Request) -> Response:
        """Answer a query, or say what the endpoint is where nothing is asked."""
        body = await _body(request)
        wanted = asked(request.method, request.url.query, request.headers.get("content-type", ""), body)
        if wanted is None:
            return self._describe(request)
        formats = _formats(wanted.query)
        media = _media(request, formats)
        return await self._answer(request, self._job(wanted, formats[media]), media)

    async def first_rows(self, request: Request, query: str, rows: int) -> Outcome:
        """Return the first rows of an answer, for people to look at. Raises Problem like `sparql`."""
        job = self._job(Asked(query), "JSON")._replace(rows=rows)
        return self._whole(await _unless_gone(request, self._workers.run(job)))

    async def download(self, request: Request, query: str, media: str) -> Response:
        """Answer a query in a certain format, as a file. Raises Problem like `sparql`."""
        formats = _formats(query)
        if media not in formats:
            raise Problem(406, f"An answer to this query cannot be {media}", f"It can be one of: {', '.join(formats)}.")
        return await self._answer(request, self._job(Asked(query), formats[media]), media)

    def _job(self, wanted: Asked, format: str) -> Job:
        """Return what is to be done. The dataset of the request counts, then that of the query (section 2.1.4)."""
        query = shape(wanted.query)
        default, named = wanted.default, wanted.named
        if default is None and (query.default or query.named):
            default, named = query.default, query.named
        self._require_known((*(default or ()), *(named or ())))
        return Job(wanted.query, format, default, named)

    async def graph(self, request: Request) -> Response:
        """Answer with a graph as it is (SPARQL 1.1 Graph Store HTTP Protocol, section 5.2)."""
        names = request.query_params.getlist("graph")
        if ("default" in request.query_params) == bool(names) or len(names) > 1:
            raise Problem(400, "The request names no graph, or two", "Give ?default, or ?graph= and an IRI.")
        if names and names[0] not in self._known:
            raise Problem(
                404, f"There is no graph {names[0]}", "Their names: SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
            )
        media = _media(request, GRAPHS)
        return await self._answer(request, Job("", GRAPHS[media], graph=names[0] if names else ""), media)

    async def _answer(self, request: Request, job: Job, media: str) -> Response:
        headers = {"Content-Type": content_type(media), "Vary": "Accept"}
        if not shape(job.query).is_steady:
            return Response(self._whole(await _unless_gone(request, self._workers.run(job))).body, headers=headers)
        # The graph does not change while it is served, so neither does an answer.
        tag = self._tag(job, media)
        headers["ETag"] = tag
        # Weakly compared (RFC 9110, section 13.1.2): whoever packs an answer on the way makes its tag a weak one.
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = self._answers.get(tag)
        if body is None:
            body = self._whole(await _unless_gone(request, self._workers.run(job))).body
            self._answers.keep(tag, body)
        return Response(body, headers=headers)

    def _whole(self, outcome: Outcome) -> Outcome:
        if outcome.status == "syntax":
            line, column = outcome.place or (1, 1)
            raise Problem(400, "The query is not SPARQL", outcome.message, line=line, column=column)
        if outcome.status in ("large", "many"):
            limits = self._workers.limits
            most = f"{limits.rows:,} rows" if outcome.status == "many" else f"{limits.answer // 1_000_000:,} MB"
            raise Problem(
                500, f"The answer has more than {most}", "Ask for less, such as with LIMIT. Nothing was cut off."
            )
        if outcome.status == "failed":
            raise Problem(500, "The query failed", outcome.message)
        return outcome

    def _describe(self, request: Request) -> Response:
        media = acceptable(request.headers.get("accept", ""), [*GRAPHS, "text/html"])
        if media == "text/html":
            return RedirectResponse(EDITOR, 303, {"Vary": "Accept"})
        media = _media(request, GRAPHS)
        triples = ox.parse(describe(self._compiled, str(request.url.replace(query=""))), format=ox.RdfFormat.N_TRIPLES)
        body = ox.serialize(triples, format=getattr(ox.RdfFormat, GRAPHS[media]), prefixes=_PREFIXES)
        return Response(body, headers={"Content-Type": content_type(media), "Vary": "Accept"})

    def _require_known(self, graphs: tuple[str, ...]) -> None:
        for name in graphs:
            if name not in self._known:
                raise Problem(
                    400, f"There is no graph {name} here", "Nothing is fetched from elsewhere to answer a query."
                )

    def _tag(self, job: Job, media: str) -> str:
        """Return the entity tag of an answer (RFC 9110, section 8.8.3)."""
        return f'"{blake2b(repr((self._version, job, media)).encode(), digest_size=16).hexdigest()}"'


_PREFIXES = {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
    "formats": "http://www.w3.org/ns/formats/",
}


def problem(error: Problem) -> Response:
    """Return a problem as RFC 9457 has it."""
    headers = {"Retry-After": str(error.more["retry"])} if "retry" in error.more else {}
    if error.status == 406:
        headers["Vary"] = "Accept"
    content = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail}
    content |= {key: value for key, value in error.more.items() if key != "retry"}
    return JSONResponse(content, error.status, headers, media_type="application/problem+json")


def _formats(query: str) -> dict[str, str]:
    return ROWS if shape(query).form in ("SELECT", "ASK") else GRAPHS


def _media(request: Request, offered: dict[str, str]) -> str:
    media = acceptable(request.headers.get("accept", ""), offered)
    if media is None:
        raise Problem(406, "There is no answer in such a format", f"Accept one of: {', '.join(offered)}.")
    return media


async def _body(request: Request) -> bytes:
    """Return the body of a request, which is not read further than to the longest query."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > _LONGEST:
            raise Problem(413, f"The request has more than {_LONGEST:,} bytes", "Send a shorter query.")
        pieces.append(piece)
    return b"".join(pieces)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Return what some work returns, unless whoever asked hangs up: then the work is stopped."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
