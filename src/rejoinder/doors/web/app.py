"""The explorer as a web application: which address is answered by what."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rejoinder.doors.web.answers import Answers
from rejoinder.doors.web.endpoint import EDITOR, Endpoint, problem
from rejoinder.doors.web.pages import Pages
from rejoinder.doors.web.pages.editor import EXAMPLE, Editor, Mistake, answered
from rejoinder.doors.web.protocol import Problem, acceptable, content_type, shape
from rejoinder.doors.web.twins import TWINS, twin, twins_of, vocabulary
from rejoinder.doors.web.workers import Limits, Workers
from rejoinder.errors import UsageError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from rejoinder.doors.python import Graph

__all__ = ["application"]

_STATIC = Path(__file__).parent / "static"
# How many rows the editor shows.
_ROWS = 1000

#: Nothing but our own files, no script or style in a page: what a hostile value may smuggle in does nothing.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def application(graph: "Graph", folder: str, limits: Limits, hosts: list[str]) -> Starlette:
    """Return the application for a graph whose compiled stores are in a folder.

    `hosts` are the names that it may be called by: a page elsewhere that has its own name lead here is refused. Its
    `state.close` stops all queries.
    """
    workers = Workers(folder, limits)
    endpoint = Endpoint(graph.compiled, workers, graph.inputs.digest())
    pages, answers = Pages(graph), Answers()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await workers.start()
        yield
        await workers.stop()

    async def editor(request: Request) -> Response:
        query = request.query_params.get("query", "")
        if not query.strip():
            return HTMLResponse(await asyncio.to_thread(pages.editor, Editor(EXAMPLE)))
        started, status = time.perf_counter(), 200
        try:
            outcome = await endpoint.first_rows(request, query, _ROWS)
            seconds = time.perf_counter() - started
            formats = ("csv", "tsv", "srj") if shape(query).form in ("SELECT", "ASK") else ("ttl", "nt", "jsonld")
            shown = answered(query, outcome.body, is_cut=outcome.is_cut, seconds=seconds, formats=formats)
        except Problem as error:
            place = {key: int(str(error.more[key])) for key in ("line", "column") if key in error.more}
            status, shown = error.status, Editor(query, mistake=Mistake(error.title, error.detail, **place))
        return HTMLResponse(await asyncio.to_thread(pages.editor, shown), status)

    async def page(request: Request) -> Response:
        path, given = request.url.path, dict(request.query_params)
        base, ending = _split(path)
        if base == EDITOR:
            return await endpoint.download(request, given.get("query", ""), TWINS[ending])
        name = f"{path}?{request.url.query}"  # the graph does not change while it is served, so neither does a page
        body = answers.get(name)
        if ending:
            if body is None:
                body = (await asyncio.to_thread(twin, graph, base, ending, given)).encode()
                answers.keep(name, body)
            return Response(body, headers={"Content-Type": content_type(TWINS[ending])})
        offered = twins_of(path)
        wanted = acceptable(request.headers.get("accept", ""), ["text/html", *offered.values()])
        ending = next((one for one, media in offered.items() if media == wanted), "")
        if ending:
            return RedirectResponse(str(request.url.replace(path=path + ending)), 303, {"Vary": "Accept"})
        if body is None:
            found = await asyncio.to_thread(pages.render, path, given)
            if found.status != 200:
                return HTMLResponse(found.html, found.status)
            body = found.html.encode()
            answers.keep(name, body)
        return HTMLResponse(body, headers={"Vary": "Accept"})

    made = Starlette(
        routes=[
            Route("/sparql", endpoint.sparql, methods=["GET", "POST"]),
            Route("/graph-store", endpoint.graph),
            Route("/.well-known/void", lambda _: RedirectResponse("/sparql", 303)),
            Route(EDITOR, editor),
            Route("/vocabulary.json", lambda _: JSONResponse(vocabulary(graph))),
            Route("/static/{path:path}", _static),
            Route("/{path:path}", page),
        ],
        exception_handlers={
            Problem: _told,
            HTTPException: _told,
            UsageError: _told,
            ClientDisconnect: lambda *_: Response(status_code=499),
        },
        middleware=[
            Middleware(_Headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        ],
        lifespan=lifespan,
    )
    made.state.close = workers.close
    return made


def _split(path: str) -> tuple[str, str]:
    """Return a path without the ending of a twin, and that ending; both "" where it has none."""
    ending = next((one for one in TWINS if path.endswith(one)), "")
    return path.removesuffix(ending) if ending else "", ending


class _Headers:
    """Adds what every answer says."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        async def sending(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


async def _static(request: Request) -> Response:
    path = request.path_params["path"]
    file = _STATIC / path
    if not file.resolve().is_relative_to(_STATIC.resolve()) or not file.is_file():
        raise Problem(404, f"There is no file {path}")
    return FileResponse(file, headers={"Cache-Control": "max-age=300"})


async def _told(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        told = problem(Problem(error.status_code, error.detail))
        told.headers.update(error.headers or {})
        return told
    if isinstance(error, UsageError):
        return problem(Problem(400, error.message, error.cure))
    assert isinstance(error, Problem)
    return problem(error)
