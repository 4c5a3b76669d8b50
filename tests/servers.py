"""Servers on loopback for the tests, ended by the process id that started them."""

import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from conftest import lacking


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def oxigraph(folder: Path) -> Iterator[str]:
    """A real `oxigraph serve`, by the PyPI package oxigraph; yields its address."""
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    if not program:
        lacking("the program `oxigraph` is not installed; get it: pip install oxigraph")
    port = free_port()
    with (folder / "oxigraph.log").open("w") as log:
        server = subprocess.Popen(
            [program, "serve", "--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(200):
                try:
                    with urllib.request.urlopen(f"{url}/query?query=ASK%7B%7D"):
                        break
                except OSError:
                    time.sleep(0.05)
            yield url
        finally:
            server.terminate()
            server.wait(20)


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that does whatever a test wants of it."""

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.body = self.rfile.read(length)
            with suppress(BrokenPipeError, ConnectionResetError):
                answer(self)

        do_GET = do_POST = do_PUT = do_DELETE = do

        def log_message(self, *_: object) -> None:
            pass

        def send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
