"""Endpoints that are dead, slow, lying or empty."""

import json
import time

import pytest
from servers import answering, free_port

import rejoinder
from rejoinder.answers.engines import Endpoint
from rejoinder.errors import StoreError, UsageError

INDEX_ANSWER = json.dumps(
    {"head": {"vars": ["g"]}, "results": {"bindings": [{"g": {"type": "uri", "value": "http://passage"}}]}}
).encode()
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
            b'{"head": {"vars": ["g"]}, "results": {"bindings": []}}',
            StoreError,
            "no graph of rejoinder is loaded",
        ),
        (503, "text/plain", b"busy", StoreError, "answered 503"),
        (403, "text/plain", b"no", StoreError, "answered 403"),
        (400, "text/plain", b"bad query", UsageError, "refuses the query: bad query"),
    ],
)
def test_an_endpoint_that_answers_something_else(status, kind, body, error, message):
    with answering(lambda request: request.send(status, kind, body)) as url, pytest.raises(error, match=message):
        # The message is raised while the rows are read, at the latest.
        list(Endpoint(url).run("SELECT * { ?s ?p ?o }"))


def test_the_dataset_is_asked_for_by_the_protocol():
    from urllib.parse import parse_qs

    forms = []

    def note(request):
        forms.append(parse_qs(request.body.decode()))
        request.send(200, JSON, INDEX_ANSWER)

    with answering(note) as url:
        Endpoint(url).run("SELECT ?g { ?g ?p ?o }")
    assert forms[1]["default-graph-uri"] == [
        "https://w3id.org/rejoinder/graph/accepted",
        "https://w3id.org/rejoinder/graph/inferred",
        "https://w3id.org/rejoinder/ontology",
    ]
    assert forms[1]["named-graph-uri"] == ["http://passage"]
