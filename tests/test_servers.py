"""The triple stores that other tests start: they start, keep what they acknowledge, and leave nothing behind."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from servers import STARTERS, Server, fuseki, virtuoso

pytestmark = pytest.mark.slow

GRAPH = "urn:test:graph"
TRIPLES = b'<urn:test:a> <urn:test:b> "c" .\n<urn:test:a> <urn:test:b> <urn:test:d> .\n'


def login(server: Server) -> AuthBase | None:
    if not server.credentials:
        return None
    return (HTTPDigestAuth if server.name == "virtuoso" else HTTPBasicAuth)(*server.credentials)


def put(server: Server, body: bytes, auth: AuthBase | None) -> int:
    headers = {"Content-Type": "application/n-triples"}
    return requests.put(
        server.store, params={"graph": GRAPH}, data=body, headers=headers, auth=auth, timeout=60
    ).status_code


def count(server: Server, pattern: str = f"GRAPH <{GRAPH}> {{ ?s ?p ?o }}", auth: AuthBase | None = None) -> int:
    answer = requests.post(
        server.query,
        data={"query": f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}"},
        headers={"Accept": "application/sparql-results+json"},
        auth=auth,
        timeout=60,
    )
    answer.raise_for_status()
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


def listening(server: Server) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", urlsplit(server.url).port or 0)) == 0


@pytest.mark.parametrize("start", STARTERS.values(), ids=STARTERS)
def test_it_keeps_a_graph_over_a_kill_and_is_gone_afterwards(
    start: Callable[[Path], AbstractContextManager[Server]], tmp_path: Path
) -> None:
    with start(tmp_path) as server:
        assert put(server, TRIPLES, login(server)) in (200, 201, 204)
        assert count(server) == 2
        server.kill()
        assert not listening(server)
        server.restart()
        assert count(server) == 2
        assert put(server, TRIPLES, login(server)) in (200, 201, 204), "the password outlives a kill too"
    assert not listening(server)


def test_fuseki_with_a_password_refuses_whoever_has_none(tmp_path: Path) -> None:
    with fuseki(tmp_path, password=True) as server:
        assert put(server, TRIPLES, None) == 401
        assert put(server, TRIPLES, HTTPBasicAuth("tester", "wrong")) == 401
        assert put(server, TRIPLES, login(server)) == 201
        assert count(server, auth=login(server)) == 2


def test_virtuoso_can_have_the_row_limit_of_its_debian_package(tmp_path: Path) -> None:
    many = b"".join(b'<urn:test:a> <urn:test:b> "%d" .\n' % i for i in range(10_050))
    with virtuoso(tmp_path, max_rows=10_000) as server:
        assert put(server, many, login(server)) in (200, 201)
        assert count(server) == 10_050
        headers = {"Accept": "application/n-triples"}
        got = requests.get(server.store, params={"graph": GRAPH}, headers=headers, auth=login(server), timeout=60)
        assert got.status_code == 200
        assert got.content.count(b"\n") < 10_050, "it cuts the answer without a word"
