"""The SPARQL endpoint, asked over HTTP as the specifications have it, and as nobody should."""

import asyncio
import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
import rdflib
import requests
from conftest import CIRCLE, ROOT
from servers import answering, serving_graph

import rejoinder
from rejoinder.doors.web.protocol import Problem, acceptable, asked, shape
from rejoinder.doors.web.worker import Job, Outcome
from rejoinder.doors.web.workers import Limits, Workers
from rejoinder.vocabulary import ACCEPTED, INFERRED, rj

SRJ, XML = "application/sparql-results+json", "application/sparql-results+xml"
FORM, QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
#: The seconds that a query has in these tests.
LIMIT = 2.0
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
GPT_3 = "https://w3id.org/rejoinder/id/model/gpt-3"
ROWS = f"SELECT ?label {{ <{GPT_3}> <{LABEL}> ?label }}"
ASK = f"ASK {{ <{GPT_3}> ?p ?o }}"
GRAPH = f"CONSTRUCT {{ <{GPT_3}> ?p ?o }} WHERE {{ <{GPT_3}> ?p ?o }}"
#: Queries that never end, or take more than anybody has.
BAD = [
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(CONCAT(STR(?a), STR(?f)) = STR(?i)) }",
    f"SELECT (COUNT(*) AS ?n) {{ ?a (!<{LABEL}>)* ?b . ?c (!<{LABEL}>)* ?d . ?e (!<{LABEL}>)* ?f }}",
    "SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
    "SELECT DISTINCT ?a ?d ?g ?j { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    'SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(REGEX(CONCAT(STR(?c), STR(?f), STR(?i)), "(a+)+$|(.*)*x$")) }',
    "SELECT (GROUP_CONCAT(?x) AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i BIND(CONCAT(STR(?a), STR(?d)) AS ?x) }",
]


@pytest.fixture(scope="module")
def server():
    with serving_graph("--limit", str(LIMIT)) as (url, pid):
        yield url, pid


@pytest.fixture(scope="module")
def endpoint(server) -> str:
    return f"{server[0]}/sparql"


def get(endpoint: str, query: str, accept: str = "", **more) -> requests.Response:
    return requests.get(
        endpoint, params={"query": query, **more}, headers={"Accept": accept} if accept else {}, timeout=30
    )


def post(endpoint: str, body: str | bytes, kind: str | None, address: str = "", accept: str = SRJ) -> requests.Response:
    headers = {"Accept": accept, **({"Content-Type": kind} if kind else {})}
    return requests.post(endpoint + address, data=body, headers=headers, timeout=30)


def values(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [next(iter(row.values()))["value"] for row in answer.json()["results"]["bindings"]]


# SPARQL 1.1 Protocol, section 2.1: three ways to ask.


@pytest.mark.parametrize("query", [ROWS, ROWS.replace("?label", "?größe") + " # 🤖"])
def test_three_ways_to_ask(endpoint, query):
    answers = [
        get(endpoint, query),
        post(endpoint, urlencode({"query": query}), FORM),
        post(endpoint, urlencode({"query": query}), f"{FORM}; charset=UTF-8"),
        post(endpoint, query.encode(), QUERY),
        post(endpoint, query.encode(), f"{QUERY}; charset=utf-8"),
    ]
    assert [values(answer) for answer in answers] == [["GPT-3"]] * 5


def test_head_has_the_headers_and_no_body(endpoint):
    answer = requests.head(endpoint, params={"query": ASK}, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, SRJ, b"")


@pytest.mark.parametrize(
    ("status", "method", "address", "kind", "body"),
    [
        (400, "GET", "?query=" + "ASK%7B%7D&query=ASK%7B%7D", None, b""),
        (400, "GET", "?default-graph-uri=urn:x", None, b""),
        (400, "GET", "?query=", None, b""),
        (400, "GET", "?query=%FF%FE", None, b""),
        (400, "GET", "?query=SELECT+nothing", None, b""),
        (403, "GET", "?update=CLEAR+ALL", None, b""),
        (400, "POST", "", FORM, b""),
        (400, "POST", "", FORM, b"query=ASK%7B%7D&query=ASK%7B%7D"),
        (400, "POST", "?query=ASK%7B%7D", QUERY, b"ASK {}"),
        (400, "POST", "", QUERY, "ASK { ?größe ?p ?o }".encode("utf-16")),
        (403, "POST", "", QUERY, b"DELETE WHERE { ?s ?p ?o }"),
        (403, "GET", "?query=clear+all", None, b""),
        (403, "POST", "", FORM, b"update=CLEAR+ALL"),
        (403, "POST", "", "application/sparql-update", b"CLEAR ALL"),
        (415, "POST", "", "text/plain", b"ASK {}"),
        (415, "POST", "", None, b"ASK {}"),
        (413, "POST", "", QUERY, b"ASK {} #" + b"x" * 10_000_000),
        (405, "PUT", "", QUERY, b"ASK {}"),
        (405, "DELETE", "", None, b""),
        (405, "PATCH", "", QUERY, b"ASK {}"),
    ],
)
def test_what_is_no_query_is_refused(endpoint, status, method, address, kind, body):
    headers = {"Content-Type": kind} if kind else {}
    try:
        answer = requests.request(method, endpoint + address, data=body, headers=headers, timeout=30)
    except requests.ConnectionError:
        assert status == 413  # it was refused before all was sent
        return
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status and answer.json()["title"]


def test_a_mistake_is_told_with_its_place(endpoint):
    told = get(endpoint, "SELECT ?a\nWHERE } ?a ?b ?c").json()
    assert (told["title"], told["line"]) == ("The query is not SPARQL", 2)
    assert told["column"] > 1 and told["detail"].startswith("“}” does not fit here")


@pytest.mark.parametrize(
    ("query", "prefix", "line", "column"),
    [
        ("SELECT ?s {\n  ?s rj:date ?o }", "rj", 2, 6),
        ("PREFIX rj: <urn:x>\nASK { ?s rj:a 'no: b' ; # c:d\n :e ?f }", "", 3, 2),
    ],
)
def test_a_prefix_that_is_not_declared_is_named(endpoint, query, prefix, line, column):
    told = get(endpoint, query).json()
    assert told["detail"] == f"the prefix {prefix}: is not declared"
    assert (told["line"], told["column"]) == (line, column)


# Section 2.1.6 and RFC 9110, section 12: formats.


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", SRJ),
        ("*/*", SRJ),
        (SRJ, SRJ),
        (XML, XML),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("application/json", "application/json"),
        (f"{SRJ};q=0.1, {XML};q=0.9", XML),
        (f"text/html, {XML};q=0.5, */*;q=0.1", XML),
        (f"{SRJ};q=0, */*;q=0.1", XML),
        ("application/*;q=0.3, text/csv;q=0.2", SRJ),
    ],
)
def test_rows_come_in_the_format_that_is_liked_best(endpoint, accept, media):
    answer = get(endpoint, ROWS, accept)
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Vary"]) == (200, media, "Accept")
    kind = ox.QueryResultsFormat.from_media_type(media) or ox.QueryResultsFormat.JSON
    found = ox.parse_query_results(answer.content, kind) if "csv" not in media else None
    assert found is None or [row["label"].value for row in found] == ["GPT-3"]


@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]
)
def test_a_graph_comes_in_each_format(endpoint, accept):
    answer = get(endpoint, GRAPH, accept)
    assert answer.status_code == 200
    kind = {"application/ld+json": "json-ld", "application/rdf+xml": "xml"}.get(accept, "turtle")
    found = rdflib.Graph().parse(data=answer.content, format=kind)
    assert found.value(rdflib.URIRef(GPT_3), rdflib.RDFS.label) == rdflib.Literal("GPT-3", lang="en")


@pytest.mark.parametrize(("query", "accept"), [(ROWS, "text/turtle"), (GRAPH, "text/csv"), (ASK, "image/png")])
def test_a_format_that_does_not_fit_is_406(endpoint, query, accept):
    assert get(endpoint, query, accept).status_code == 406


def test_a_yes_or_no(endpoint):
    assert get(endpoint, ASK).json()["boolean"] is True
    assert get(endpoint, ASK, "text/csv").text.strip() == "true"
    assert "<boolean>true</boolean>" in get(endpoint, ASK, XML).text


# Section 2.1.4: the dataset.


def test_the_usual_dataset_is_that_of_the_command_line(endpoint, graph):
    counting = "SELECT (COUNT(*) AS ?n) { %s }"
    for pattern in ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }"):
        assert values(get(endpoint, counting % pattern)) == [str(graph.sparql(counting % pattern).rows[0]["n"])]


def test_a_breakdown_of_the_engine_is_told_and_the_next_query_answered(endpoint):
    """A query that orders numbers beside texts, over which Oxigraph 0.5.13 ends its process."""
    answer = get(endpoint, CIRCLE)
    ordered = values(get(endpoint, CIRCLE.replace("ORDER BY ?v", "ORDER BY STR(?v)")))
    assert len(ordered) == 1000
    if answer.status_code == 503:
        assert "order by STR()" in answer.json()["detail"]
    else:
        assert sorted(values(answer)) == ordered


def test_a_dataset_by_the_protocol_and_by_the_query(endpoint, graph):
    passage = graph.compiled.manifest.passages[1]
    size = sum(1 for _ in graph.compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(passage)))
    accepted = sum(1 for _ in graph.compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(ACCEPTED)))
    counting = "SELECT (COUNT(*) AS ?n) %s { %s }"
    plain, named = "?s ?p ?o", "GRAPH ?g { ?s ?p ?o }"
    for default, of_named, pattern, expected in (
        ([ACCEPTED], [], plain, accepted),
        ([ACCEPTED], [], named, 0),
        ([], [passage], plain, 0),
        ([], [passage], named, size),
        ([passage], [passage], plain, size),
    ):
        by_protocol = get(
            endpoint, counting % ("", pattern), **{"default-graph-uri": default, "named-graph-uri": of_named}
        )
        clauses = [f"FROM <{one}>" for one in default] + [f"FROM NAMED <{one}>" for one in of_named]
        by_query = get(endpoint, counting % (" ".join(clauses), pattern))
        assert values(by_protocol) == values(by_query) == [str(expected)]
    # The protocol's dataset counts where both are given.
    both = get(endpoint, counting % (f"FROM <{INFERRED}>", plain), **{"default-graph-uri": ACCEPTED})
    assert values(both) == [str(accepted)]


def test_nothing_is_fetched_and_no_file_is_read(endpoint):
    seen = []

    def note(request):
        seen.append(request.path)
        request.send(200, "text/turtle", b"<urn:a> <urn:b> <urn:c> .")

    with answering(note) as there:
        file = (ROOT / "ontology" / "rejoinder.ttl").as_uri()
        for query in (
            f"SELECT * {{ SERVICE <{there}/sparql> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERVICE SILENT <{there}/sparql> {{ ?s ?p ?o }} }}",
            f"PREFIX x: <{there}/> SELECT * {{ {{ SELECT * {{ service x:sparql {{ ?s ?p ?o }} }} }} }}",
            f"SELECT * FROM <{there}/data> {{ ?s ?p ?o }}",
            f"PREFIX x: <{there}/> SELECT * FROM NAMED x:data {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            f"BASE <{there}/> ASK FROM <data> {{ ?s ?p ?o }}",
            f"SELECT * FROM <{file}> {{ ?s ?p ?o }}",
            f"PREFIX : <{there}/> SELECT * FROM:data {{ ?s ?p ?o }}",
            f"PREFIX : <{there}/> SELECT * FROM NAMED:data {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            f"LOAD <{there}/data>",
            # What the engine takes for SERVICE, though a reader of tokens might not.
            f"PREFIX : <{there}/> SELECT * {{SERVICE:sparql{{?s ?p ?o}}}}",
            f"SELECT * {{ ?a ?b 1SERVICE<{there}/sparql>{{ ?s ?p ?o }} }}",
            f"SELECT * {{ FILTER(1<2)SERVICE<{there}/sparql>{{ ?s ?p ?o }}FILTER(2>1) }}",
            f'SELECT * {{ ?a ?b "x"SERVICE<{there}/sparql>{{ ?s ?p ?o }} }}',
        ):
            assert get(endpoint, query).status_code == (403 if "LOAD" in query else 400), query
        for name in ("default-graph-uri", "named-graph-uri"):
            for graph in (f"{there}/data", file):
                assert get(endpoint, "ASK { ?s ?p ?o }", **{name: graph}).status_code == 400
    assert seen == []
    # The words alone do no harm.
    hidden = 'SELECT ?service { BIND("SERVICE <http://x> FROM" AS ?service) } # FROM <http://x>'
    assert values(get(endpoint, hidden)) == ["SERVICE <http://x> FROM"]


def test_a_worker_can_open_neither_a_connection_nor_a_file(graph):
    """Were SERVICE to get past the look at the tokens, the process that asks could not open anything."""
    seen = []

    def note(request):
        seen.append(request.path)
        request.send(200, SRJ, b'{"head": {"vars": []}, "results": {"bindings": []}}')

    async def ask(there: str) -> list[Outcome]:
        workers = Workers(graph.compiled.folder, Limits(short=1, long=1))
        await workers.start()
        try:
            queries = (f"SELECT * {{ SERVICE <{there}/sparql> {{ ?s ?p ?o }} }}", ROWS)
            return [await workers.run(Job(query, "JSON")) for query in queries]
        finally:
            await workers.stop()

    with answering(note) as there:
        refused, whole = asyncio.run(ask(there))
    assert (refused.status, whole.status, seen) == ("failed", "done", [])


# SPARQL 1.1 Service Description, VoID, and the Graph Store HTTP Protocol.


def test_the_endpoint_describes_itself(endpoint, graph):
    answer = requests.get(endpoint, headers={"Accept": "text/turtle"}, timeout=30)
    found = rdflib.Graph().parse(data=answer.content, format="turtle")
    sd, void = (
        rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#"),
        rdflib.Namespace("http://rdfs.org/ns/void#"),
    )
    service = rdflib.URIRef(endpoint)
    assert (service, sd.supportedLanguage, sd.SPARQL11Query) in found
    assert {str(name) for name in found.objects(None, sd.name)} == set(graph.compiled.manifest.passages)
    dataset = found.value(service, sd.defaultDataset)
    total = values(get(endpoint, "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"))
    assert [str(found.value(dataset, void.triples))] == total
    void_there = requests.get(
        endpoint.replace("/sparql", "/.well-known/void"), headers={"Accept": "text/turtle"}, timeout=30
    )
    assert rdflib.Graph().parse(data=void_there.content, format="turtle").isomorphic(found)
    page = requests.get(endpoint, headers={"Accept": "text/html"}, timeout=30, allow_redirects=False)
    assert page.status_code == 303


def test_graphs_can_be_read_one_by_one(server, graph):
    store = f"{server[0]}/graph-store"
    passage = graph.compiled.manifest.passages[1]
    answer = requests.get(store, params={"graph": passage}, headers={"Accept": "application/n-triples"}, timeout=30)
    held = graph.compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(passage))
    parsed = {quad.triple for quad in ox.parse(answer.content, format=ox.RdfFormat.N_TRIPLES)}
    assert parsed == {quad.triple for quad in held}
    whole = requests.get(f"{store}?default", headers={"Accept": "application/n-triples"}, timeout=30)
    assert len(whole.content.splitlines()) == graph.sparql("SELECT * { ?s ?p ?o }").size
    for address, status in (("", 400), ("?graph=urn:none", 404), (f"?default&graph={passage}", 400)):
        assert requests.get(store + address, timeout=30).status_code == status
    for method in ("PUT", "POST", "DELETE"):
        assert requests.request(method, f"{store}?default", timeout=30).status_code == 405


def test_a_program_that_has_an_answer_need_not_get_it_again(endpoint):
    first = get(endpoint, ROWS)
    headers = {"If-None-Match": first.headers["ETag"]}
    again = requests.get(endpoint, params={"query": ROWS}, headers=headers, timeout=30)
    assert (again.status_code, again.content) == (304, b"")
    weak = requests.get(
        endpoint, params={"query": ROWS}, headers={"If-None-Match": f"W/{first.headers['ETag']}"}, timeout=30
    )
    assert weak.status_code == 304
    other = requests.get(endpoint, params={"query": ROWS}, headers={**headers, "Accept": XML}, timeout=30)
    assert other.status_code == 200
    assert "ETag" not in get(endpoint, "SELECT (NOW() AS ?now) {}").headers


# Stored queries, by this door and by others.


def test_every_stored_query_gives_the_rows_of_rdflib_s_model(endpoint, graph):
    """What the endpoint sends is read back by pyoxigraph, and is what the command line shows."""
    for name in graph.queries:
        text = graph.bound(name, {})
        here = graph.sparql(text)
        if here.kind == "triples":
            there = get(endpoint, text, "application/n-triples")
            assert {q.triple for q in ox.parse(there.content, format=ox.RdfFormat.N_TRIPLES)} == set(here.triples)
        else:
            found = ox.parse_query_results(post(endpoint, text.encode(), QUERY).content, ox.QueryResultsFormat.JSON)
            assert [tuple(row) for row in found] == [row.terms for row in here.rows], name


def test_answers_to_stored_queries_have_addresses(server, graph):
    page = requests.get(f"{server[0]}/queries/model-card", timeout=30).text
    for ending in ("ttl", "jsonld", "nt"):
        assert f'"/queries/model-card.{ending}"' in page
        assert requests.get(f"{server[0]}/queries/model-card.{ending}", timeout=30).status_code == 200
    for ending in ("csv", "tsv", "json", "jsonl", "srj", "markdown"):
        answer = requests.get(f"{server[0]}/queries/open-answers.{ending}", params={"model": "GPT-3"}, timeout=30)
        assert answer.text == graph.query("open-answers", model="GPT-3").to_text(ending)
    assert requests.get(f"{server[0]}/queries/open-answer.csv", timeout=30).status_code == 404
    assert requests.get(f"{server[0]}/queries/open-answers.csv?model=GPT-33", timeout=30).status_code == 400


def test_things_have_twins(server):
    for path in ("id/model/gpt-3", "ontology", "source/article/18-bloom"):
        turtle = requests.get(f"{server[0]}/{path}", headers={"Accept": "text/turtle"}, timeout=30)
        assert turtle.url.endswith(f"{path}.ttl")
        json_ld = requests.get(f"{server[0]}/{path}.jsonld", timeout=30)
        found = rdflib.Graph().parse(data=turtle.content, format="turtle")
        assert len(found) > 3
        assert len(rdflib.Graph().parse(data=json_ld.content, format="json-ld")) == len(found)
        for other in ("application/json", "text/csv", "image/png", "text/html,application/xhtml+xml,*/*;q=0.8"):
            page = requests.get(f"{server[0]}/{path}", headers={"Accept": other}, timeout=30)
            assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    rows = requests.get(f"{server[0]}/queries/open-answers?model=GPT-3", headers={"Accept": "text/csv"}, timeout=30)
    assert rows.url.endswith("/queries/open-answers.csv?model=GPT-3") and len(rows.text.splitlines()) == 4
    answered = rdflib.Graph().parse(f"{server[0]}/id/model/gpt-3.ttl")
    assert rdflib.URIRef("https://w3id.org/rejoinder/id/release/gpt-neo") in answered.objects(
        rdflib.URIRef(GPT_3), rdflib.URIRef(rj("answeredBy"))
    )
    for path in ("id/model/gpt-33.ttl", "id/model/%3E.ttl", "id/model/gpt-3.csv"):
        assert requests.get(f"{server[0]}/{path}", timeout=30).status_code == 404


# Limits.


@pytest.mark.parametrize("query", BAD)
def test_a_query_that_does_not_end_is_stopped(endpoint, query):
    started = time.monotonic()
    answer = get(endpoint, query)
    assert time.monotonic() - started < LIMIT + 0.5
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "was stopped" in answer.json()["title"]


def test_an_answer_with_more_bytes_than_allowed_is_no_answer(graph):
    async def ask() -> list[Outcome]:
        workers = Workers(graph.compiled.folder, Limits(answer=1_000, short=1, long=1))
        await workers.start()
        try:
            return [await workers.run(Job(f"SELECT * {{ ?s ?p ?o }} LIMIT {size}", "CSV")) for size in (3, 300)]
        finally:
            await workers.stop()

    small, large = asyncio.run(ask())
    assert (small.status, large) == ("done", Outcome("large"))


def test_an_answer_with_more_rows_than_allowed_is_no_answer():
    with serving_graph("--rows", "10") as (url, _):
        for accept in (SRJ, XML, "text/csv", "text/tab-separated-values"):
            for size, status in ((10, 200), (11, 500)):
                # A value with a line break is one row all the same.
                query = "SELECT ?s (CONCAT(STR(?p), '\\n,') AS ?text) { ?s ?p ?o } LIMIT " + str(size)
                answer = get(f"{url}/sparql", query, accept)
                assert answer.status_code == status, (accept, size, answer.text)
        assert answer.json()["title"] == "The answer has more than 10 rows"


def test_a_hundred_bad_queries_keep_no_good_one_waiting(server, endpoint):
    _, pid = server
    assert values(get(endpoint, ROWS)) == ["GPT-3"]  # its processes are there then
    before, memory = processes(pid), memory_of(pid)
    bad: list[tuple[int, float]] = []

    def ask_badly(number: int) -> None:
        started = time.monotonic()
        answer = get(endpoint, BAD[number % len(BAD)] + f" # {number}")
        bad.append((answer.status_code, time.monotonic() - started))

    threads = [threading.Thread(target=ask_badly, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    good = []
    while any(thread.is_alive() for thread in threads):
        started = time.monotonic()
        assert values(get(endpoint, ROWS + f" # {started}")) == ["GPT-3"]
        good.append(time.monotonic() - started)
    for thread in threads:
        thread.join()
    assert len(good) >= 5 and max(good) < 1.0
    assert [status for status, _ in bad] == [503] * 100
    assert max(took for _, took in bad) < LIMIT + 0.5
    end = time.monotonic() + 10
    while (processes(pid) > before or memory_of(pid) > memory + 100_000) and time.monotonic() < end:
        time.sleep(0.1)
    assert processes(pid) <= before
    assert memory_of(pid) <= memory + 100_000  # kB, of all processes together


def family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread may have ended meanwhile
            found += [one for child in task.read_text().split() for one in family(int(child))]
    return found


def processes(pid: int) -> int:
    return len(family(pid))


def memory_of(pid: int) -> int:
    """Return how many kB of memory a server and its workers have for themselves."""
    total = 0
    for one in family(pid):
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))
    return total


def test_who_hangs_up_is_not_worked_for(server, endpoint):
    with pytest.raises(requests.Timeout):
        requests.get(endpoint, params={"query": BAD[0]}, timeout=0.5)
    time.sleep(0.3)
    busy = [one for one in family(server[1]) if cpu(one)]
    assert busy == []


def cpu(pid: int) -> bool:
    """Tell whether a process works."""

    def ticks() -> int:
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))

    try:
        before = ticks()
        time.sleep(0.3)
        return ticks() - before > os.sysconf("SC_CLK_TCK") * 0.15
    except OSError:
        return False


def test_another_host_s_name_is_refused(server):
    """A page elsewhere may have its own name lead to this machine (DNS rebinding); its answers are not for it."""
    assert (
        requests.get(f"{server[0]}/sparql?query=ASK%7B%7D", headers={"Host": "evil.example"}, timeout=30).status_code
        == 400
    )
    assert (
        requests.get(f"{server[0]}/sparql?query=ASK%7B%7D", headers={"Host": "localhost"}, timeout=30).status_code
        == 200
    )


# The parts, without a server.


def test_accept_headers_that_are_nonsense_are_endured():
    assert acceptable("a;b;q=x, , ;;, text/csv;q=2", ["text/csv"]) == "text/csv"
    assert acceptable("text/csv;q=nan", ["text/csv"]) is None


def test_what_is_asked_is_read_without_a_server():
    assert asked("GET", "", "", b"") is None
    assert shape("PREFIX a: <urn:a#> ask from a:b from named <urn:c> {}").default == ("urn:a#b",)
    with pytest.raises(Problem, match="two queries"):
        asked("POST", "query=ASK%7B%7D", QUERY, b"ASK {}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_ended_leaves_nothing(number, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving_graph() as (url, pid):
        get(f"{url}/sparql", ASK)
        workers = family(pid)[1:]
        assert any(tmp_path.glob("rejoinder-*"))
        os.kill(pid, number)
        end = time.monotonic() + 20
        while any(Path(f"/proc/{one}").exists() for one in workers) and time.monotonic() < end:
            time.sleep(0.1)
    assert not any(Path(f"/proc/{one}").exists() for one in workers)
    assert not any(tmp_path.glob("rejoinder-*"))


def test_a_server_that_is_ended_waits_for_no_query(tmp_path):
    with serving_graph() as (url, pid):
        get(f"{url}/sparql", ASK)
        answers: list[requests.Response] = []
        asking = threading.Thread(target=lambda: answers.append(get(f"{url}/sparql", BAD[0])))
        asking.start()
        time.sleep(1)
        started = time.monotonic()
        os.kill(pid, signal.SIGINT)
        asking.join()
    assert time.monotonic() - started < 5  # it would have had 10
    assert (answers[0].status_code, answers[0].json()["title"]) == (503, "The server is being ended")


def test_a_port_that_is_taken_is_told(run, server):
    port = server[0].rsplit(":", 1)[1]
    done = run("serve", "--port", port)
    assert done.returncode == 4
    assert done.stderr.startswith(f"error: cannot listen at 127.0.0.1, port {port}: Address already in use")
    assert run("serve", "--port", "99999").returncode == 2


def test_the_problem_of_a_timeout_is_json(endpoint):
    told = json.loads(get(endpoint, BAD[0]).text)
    assert told["detail"].startswith("There is no answer, not even a part of one.")
    assert rejoinder.__version__
