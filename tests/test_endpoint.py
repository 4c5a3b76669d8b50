"""Endpoints that are dead, slow, lying or empty."""

import json
import time

import pytest
from servers import answering, free_port, serving_graph

import rejoinder
from rejoinder.answers.engines import Endpoint
from rejoinder.errors import StoreError, UsageError
from rejoinder.stores.connect import connect

ROWS = [
    {"passage": {"type": "uri", "value": "http://passage"}},
    {"state": {"type": "literal", "value": "published x"}},
]
INDEX_ANSWER = json.dumps({"head": {"vars": ["passage", "state"]}, "results": {"bindings": ROWS}}).encode()
JSON = "application/sparql-results+json"


def test_a_dead_endpoint():
    with pytest.raises(StoreError, match="cannot be reached: Connection refused"):
        rejoinder.open(endpoint=f"http://127.0.0.1:{free_port()}/query").sparql("ASK {}")


def test_a_slow_endpoint_is_given_up_in_time():
    def sleep(request):
        time.sleep(3)

    started = time.monotonic()
    with answering(sleep) as url:
        with pytest.raises(StoreError, match=r"no answer within 0\.5 seconds"):
            Endpoint(url, timeout=0.5).run("ASK {}")
        assert time.monotonic() - started < 2.5


@pytest.mark.parametrize(
    ("status", "kind", "body", "error", "message"),
    [
        (200, "text/html", b"<html>Welcome", StoreError, "answered text/html, which is no SPARQL result"),
        (200, JSON, b'{"head": {"vars": ["g"]}, "results": {"bindings": [', StoreError, "breaks off"),
        (
            200,
            JSON,
            b'{"head": {"vars": ["passage", "state"]}, "results": {"bindings": []}}',
            StoreError,
            "no graph of rejoinder is loaded",
        ),
        (200, JSON, b'{"head": {}, "boolean": true}', StoreError, "it is of another form than the query"),
        (503, "text/plain", b"busy", StoreError, "answered 503"),
        (403, "text/plain", b"no", StoreError, "answered 403"),
        (400, "text/plain", b"bad query", UsageError, "refuses the query: bad query"),
    ],
)
def test_an_endpoint_that_answers_something_else(status, kind, body, error, message):
    with answering(lambda request: request.send(status, kind, body)) as url, pytest.raises(error, match=message):
        # The message is raised while the rows are read, at the latest.
        list(Endpoint(url).run("SELECT * { ?s ?p ?o }"))


@pytest.mark.parametrize(
    ("query", "kind", "body"),
    [
        ("SELECT * { ?s ?p ?o }", "application/n-triples", b"<a:a> <a:b> <a:c> .\n"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", JSON, b'{"head": {"vars": ["s"]}, "results": {"bindings": []}}'),
        ("ASK {}", JSON, b'{"head": {"vars": ["s"]}, "results": {"bindings": []}}'),
    ],
)
def test_an_answer_is_of_the_form_of_its_query(query, kind, body):
    with (
        answering(lambda request: request.send(200, kind, body)) as url,
        pytest.raises(StoreError, match="it is of another form than the query"),
    ):
        connect(url, "oxigraph").query(query)


@pytest.mark.parametrize(
    "address", ["http://[::1", f"http://{'a' * 70}.com", "http://127.0.0.1:99999", "http://a b/", "http://a..b/"]
)
def test_what_is_no_address_is_told(run, address):
    for command in (["query", "datasets", "--endpoint", address], ["load", address], ["unload", address]):
        done = run(*command)
        assert done.returncode == 2 and "is no address of a server" in done.stderr


def test_an_address_that_is_empty_is_not_the_bundled_graph(run):
    for command in (["query", "datasets"], ["validate"], ["infer"]):
        done = run(*command, "--endpoint", "")
        assert done.returncode == 2 and done.stdout == "" and "the address is empty" in done.stderr


#: As Virtuoso 7.2 answers.
FAILED = b"""<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html>
  <head>
    <title>SPARQL Graph Protocol request failed</title>
  </head>
  <body>
    <h1>HTTP/1.1 500 Request Failed</h1>
    <h3>Error %s</h3>
<xmp>%s</xmp></body></html>"""


def test_what_can_only_be_asked_is_not_loaded_into(run):
    """Such as our own endpoint."""
    with serving_graph() as (url, _):
        for arguments in (
            ["load", f"{url}/sparql"],
            ["unload", f"{url}/sparql"],
            ["infer", "--endpoint", f"{url}/sparql"],
        ):
            done = run(*arguments)
            assert done.returncode == 4
            assert "where this store can be changed is not known\n  is it read only?" in done.stderr


def test_a_deadlock_may_pass_and_other_failures_do_not():
    answers = [(500, FAILED % (b"40001", b"SR172: Transaction deadlocked")), (201, b"done")]
    with answering(lambda request: request.send(answers[0][0], "text/html", answers.pop(0)[1])) as url:
        door = connect(url, "virtuoso")
        door.persist(lambda: door.add("http://example.org/g", b""), 10)
        assert not answers
        answers = [(500, FAILED % (b"42000", b"SQ074: Line 1: syntax &amp; error"))]
        with pytest.raises(StoreError, match=r"answered 500 to POST: .* Error 42000 SQ074: Line 1: syntax & error"):
            door.persist(lambda: door.add("http://example.org/g", b""), 10)


def test_the_dataset_is_asked_for_by_the_protocol():
    from urllib.parse import parse_qs

    forms = []

    def note(request):
        forms.append(parse_qs(request.body.decode()))
        asked = forms[-1].get("query", [""])[0].startswith("ASK")
        request.send(200, JSON, b'{"head": {}, "boolean": true}' if asked else INDEX_ANSWER)

    with answering(note) as url:
        Endpoint(url).run("SELECT ?g { ?g ?p ?o }")
    assert forms[2]["default-graph-uri"] == [
        "https://w3id.org/rejoinder/graph/accepted",
        "https://w3id.org/rejoinder/graph/inferred",
        "https://w3id.org/rejoinder/ontology",
    ]
    assert forms[2]["named-graph-uri"] == ["http://passage"]


def drip(request, start: bytes = b"") -> None:
    """Answer at once, and then for 5 seconds with nothing to speak of."""
    request.send_response(200)
    request.send_header("Content-Type", JSON)
    request.end_headers()
    request.wfile.write(start)
    for _ in range(100):
        request.wfile.write(b" ")
        request.wfile.flush()
        time.sleep(0.05)


def test_an_endpoint_that_answers_drop_by_drop_is_given_up_in_time():
    started = time.monotonic()
    with answering(drip) as url, pytest.raises(StoreError, match=r"no answer within 0\.5 seconds"):
        list(Endpoint(url, timeout=0.5).run("ASK {}"))
    assert time.monotonic() - started < 6


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"head": {}, "boolean": true}', "other columns than were asked for"),
        (b'{"head": {"vars": ["s"]}, "results": {"bindings": []}}', "other columns than were asked for"),
        (b'{"head": {"vars": ["s", "p", "o"]}, "results": {"bindings": [{}]}}', "a row lacks a value"),
    ],
)
def test_rows_that_were_not_asked_for(body, message):
    """A load asks for certain columns; whatever else comes is told as the answer of a store that fails."""
    with answering(lambda request: request.send(200, JSON, body)) as url, pytest.raises(StoreError, match=message):
        list(Endpoint(url).server.rows("SELECT ?s ?p ?o { ?s ?p ?o }"))


def test_rows_that_come_drop_by_drop_are_given_up():
    def rows(request):
        start = b'{"head": {"vars": ["s"]}, "results": {"bindings": ['
        if b"drip" in request.body:
            drip(request, start)
        else:
            request.send(200, JSON, start)

    started = time.monotonic()
    with answering(rows) as url, pytest.raises(StoreError, match=r"no answer within 0\.5 seconds"):
        list(Endpoint(url, timeout=0.5).server.rows("SELECT ?s { ?s <urn:drip> ?o }"))
    assert time.monotonic() - started < 6


def test_a_store_that_cuts_its_answer_says_so():
    """Virtuoso answers 200 with as many rows as it allows, and a header that nobody reads."""
    body = json.dumps(
        {
            "head": {"vars": ["s"]},
            "results": {"bindings": [{"s": {"type": "uri", "value": f"urn:{n}"}} for n in range(3)]},
        }
    ).encode()

    def cut(request):
        request.send_response(200)
        for name, value in (
            ("Server", "Virtuoso/07.20"),
            ("X-SPARQL-MaxRows", "3"),
            ("Content-Type", JSON),
            ("Content-Length", str(len(body))),
        ):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    with answering(cut) as url, pytest.raises(StoreError, match="was cut at the server's limit of 3 rows"):
        Endpoint(url).server.query("SELECT * { ?s ?p ?o }")
