"""The command that serves the explorer."""

import argparse
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from rejoinder.doors.cli.talk import opened, say
from rejoinder.errors import StoreError

if TYPE_CHECKING:
    import uvicorn

    from rejoinder.doors.python import Graph

__all__ = ["serve"]

_OF_THIS_MACHINE = ("127.0.0.1", "localhost")


def serve(options: argparse.Namespace) -> int:
    """Serve pages and endpoint until Ctrl-C."""
    import uvicorn

    from rejoinder.doors.web.app import application
    from rejoinder.doors.web.workers import Limits

    graph = opened(options)
    with _listening(options.host, options.port) as door, _kept(graph) as folder:
        host, port = door.getsockname()[:2]
        # Whoever binds another address decides himself by which names it is called.
        hosts = [*_OF_THIS_MACHINE, *options.name] if host in _OF_THIS_MACHINE else options.name or ["*"]
        application_ = application(graph, folder, Limits(seconds=options.limit, rows=options.rows), hosts)
        where = f"[{host}]" if ":" in host else host
        say(f"http://{where}:{port}/ has the pages, http://{where}:{port}/sparql the endpoint. Ctrl-C ends it.")
        config = uvicorn.Config(application_, log_level="warning", access_log=False, server_header=False)
        # The server ends its work, then has the signal do what it would have done without it, which is to end us; but
        # not before our folder is taken away.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with suppress(KeyboardInterrupt):
            _ending(uvicorn.Server(config), application_.state.close).run(sockets=[door])
    return 0


def _ending(server: "uvicorn.Server", close: Callable[[], None]) -> "uvicorn.Server":
    """Return a server that stops all queries when it is told to end; it would wait for them."""
    told = server.handle_exit

    def handle_exit(sig: int, frame: FrameType | None) -> None:
        close()
        told(sig, frame)

    server.handle_exit = handle_exit  # type: ignore[method-assign]
    return server


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen at an address, before anything else is done. Raises StoreError where somebody else does, or it is none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        door = socket.socket(family, kind, protocol)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(1024)
    except OSError as error:
        raise StoreError(
            f"cannot listen at {host}, port {port}: {error.strerror}", "choose another one: --port 0 takes any"
        ) from None
    with door:
        yield door


@contextmanager
def _kept(graph: "Graph") -> Iterator[str]:
    """Yield a folder with the compiled stores that stays, whatever becomes of the cache. Raises StoreError."""
    folder = graph.compiled.folder
    if not folder:
        raise StoreError(
            "the compiled graph cannot be kept", "set REJOINDER_CACHE_DIR to a folder on a disk with space"
        )
    with TemporaryDirectory(prefix="rejoinder-") as place:
        kept = os.path.join(place, "graph")
        try:
            shutil.copytree(folder, kept, copy_function=_linked)
        except (OSError, shutil.Error) as error:
            raise StoreError(f"{place}: cannot be written: {error}", "set TMPDIR to a folder with space") from None
        yield kept


def _linked(source: str, target: str) -> None:
    """Give a file a second name, or copy it where that is another disk: the stores are only read."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
