"""A proxy before a real server that now and then does what proxies and servers do when they fail."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from servers import serving

#: What it does with a request: "" passes it on. "drop" hangs up before it is passed on, "cut" after, before the answer;
#: "half" in the middle of the answer. "late" answers too late. "lie" says 204 and passes nothing on. A number is a
#: status that it answers: 503 before the request is passed on, 504 after.
FAULTS = ("drop", "cut", "half", "late", "503", "504")
LATE = 2.0
# What is about the connection, or about how the body came (RFC 9110, section 7.6.1).
_OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length"}


@contextmanager
def failing(target: str, fault: Callable[[str, str, bytes], str]) -> Iterator[str]:
    """Stand before the server at an address; `fault` is asked what to do with each request, by method, path, body."""
    session = requests.Session()
    session.trust_env = False

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            what = fault(self.command, self.path, body)
            if what == "drop":
                self.close_connection = True
                return
            if what == "late":
                time.sleep(LATE)
            if what in ("503", "lie"):
                self.answer(503 if what == "503" else 204, {}, b"")
                return
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
            }
            there = session.request(self.command, target + self.path, headers=headers, data=body, timeout=60)
            if what == "cut":
                self.close_connection = True
            elif what == "504":
                self.answer(504, {}, b"")
            else:
                kept = {name: value for name, value in there.headers.items() if name.lower() not in _OF_THE_HOP}
                self.answer(there.status_code, kept, there.content, half=what == "half")

        def answer(self, status: int, headers: dict[str, str], body: bytes, *, half: bool = False) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if half else body)
            self.close_connection = self.close_connection or half

        do_GET = do_POST = do_PUT = do_DELETE = do

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with session, serving(server) as url:
        yield url
