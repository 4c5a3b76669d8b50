"""The graph loaded into stores: a folder, and real servers on loopback."""

import pyoxigraph as ox
import pytest
from servers import answering, free_port, oxigraph

import rejoinder
from rejoinder.errors import StoreError, UsageError
from rejoinder.vocabulary import INDEX


def statements(graph) -> set[ox.Quad]:
    return set(graph.compiled.store)


FOREIGN = ox.Quad(ox.NamedNode("http://a"), ox.NamedNode("http://b"), ox.Literal("c"), ox.NamedNode("http://theirs"))


def test_a_new_folder(graph, tmp_path):
    done = graph.load(str(tmp_path / "deep" / "store"))
    loaded = ox.Store.read_only(str(tmp_path / "deep" / "store"))
    assert set(loaded) == statements(graph)
    assert done.statements == len(loaded)
    assert done.graphs == len(graph.compiled.manifest.passages) + 5
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["store"]


def test_loading_again_needs_replace_and_keeps_what_others_have(graph, tmp_path):
    path = str(tmp_path / "store")
    theirs = ox.Store(path)
    theirs.add(FOREIGN)
    del theirs
    graph.load(path)
    with pytest.raises(UsageError, match="holds a graph of rejoinder already"):
        graph.load(path)
    done = graph.load(path, replace=True)
    assert done.removed == done.graphs
    assert set(ox.Store.read_only(path)) == statements(graph) | {FOREIGN}


def test_a_passage_that_is_no_more_goes_with_replace(graph, mine, tmp_path):
    more = rejoinder.open(str(mine('model:new a rj:Model ; rdfs:label "New"@en .')))
    path = str(tmp_path / "store")
    more.load(path)
    graph.load(path, replace=True)
    assert set(ox.Store.read_only(path)) == statements(graph)


def test_a_folder_that_is_no_store_is_left_alone(graph, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="is there and is no Oxigraph store"):
        graph.load(str(tmp_path), replace=True)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_folder_that_cannot_be_written(graph, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        graph.load(str(tmp_path / "file" / "store"))


def test_a_store_that_is_in_use_is_left_alone(graph, tmp_path):
    path = str(tmp_path / "store")
    held = ox.Store(path)
    held.add(FOREIGN)
    with pytest.raises(StoreError, match="cannot be opened"):
        graph.load(path)
    assert set(held) == {FOREIGN}


def test_a_real_server(graph, mine, tmp_path):
    """Load, ask, load again, load another graph: named graphs included, counted, and those of others untouched."""
    import requests

    with oxigraph(tmp_path) as url:
        requests.put(
            f"{url}/store",
            params={"graph": "http://theirs"},
            data=b'<http://a> <http://b> "c" .',
            headers={"Content-Type": "text/turtle"},
            timeout=10,
        )
        more = rejoinder.open(str(mine('model:new a rj:Model ; rdfs:label "New"@en .')))
        seen: list[tuple[int, int, int]] = []
        from rejoinder.outputs.load import into_server

        done = into_server(more.compiled, f"{url}/store", progress=lambda *now: seen.append(now))
        assert seen[0] == (0, done.graphs, 0) and seen[-1] == (done.graphs, done.graphs, done.statements)
        with pytest.raises(UsageError, match="holds a graph of rejoinder already"):
            graph.load(f"{url}/store")
        done = graph.load(f"{url}/store", replace=True)
        assert done.removed == 1
        dump = requests.get(f"{url}/store", headers={"Accept": "application/n-quads"}, timeout=10).content
        assert set(ox.parse(dump, format=ox.RdfFormat.N_QUADS)) == statements(graph) | {FOREIGN}

        remote = rejoinder.open(endpoint=f"{url}/query")
        for name in graph.queries:
            here, there = graph.query(name), remote.query(name)
            assert (here.columns, [row.terms for row in here.rows], here.triples) == (
                there.columns,
                [row.terms for row in there.rows],
                there.triples,
            ), name
            # The server gives the rows, and the compiled graph their citations.
            assert [row.citations for row in there.rows] == [row.citations for row in here.rows], name


def test_a_server_that_is_not_there(graph):
    with pytest.raises(StoreError, match="cannot be reached"):
        graph.load(f"http://127.0.0.1:{free_port()}/store")


def test_a_server_that_says_yes_and_does_nothing(graph):
    """Some answer 2xx and load nothing: the count finds it."""

    def lie(request):
        if request.command == "GET":
            request.send(200, "application/n-triples", b"")
        else:
            request.send(204, "text/plain", b"")

    with answering(lie) as url, pytest.raises(StoreError, match="and holds 0 of its"):
        graph.load(url)


@pytest.mark.parametrize(
    ("status", "kind", "body", "message"),
    [
        (200, "text/html", b"<html>", "answered text/html where N-Triples were asked for"),
        (500, "text/plain", b"out of memory\nmore", "answered 500 to GET .*: out of memory"),
        (401, "text/plain", b"who are you", "answered 401"),
        (200, "application/n-triples", b"<a", "what it returns of .* is broken"),
    ],
)
def test_a_server_that_answers_something_else(graph, status, kind, body, message):
    with answering(lambda request: request.send(status, kind, body)) as url, pytest.raises(StoreError, match=message):
        graph.load(url)


def test_a_server_that_fails_in_the_middle_is_named_with_the_graph(graph):
    count = 0

    def fail_later(request):
        nonlocal count
        count += 1
        if request.command == "GET":
            request.send(404, "text/plain", b"")
        else:
            request.send(507, "text/plain", b"disk full")

    with answering(fail_later) as url, pytest.raises(StoreError, match="answered 507 to PUT of"):
        graph.load(url)
    assert count == 2


def test_the_index_is_written_last(graph):
    order = []

    def note(request):
        if request.command == "PUT":
            order.append(request.path)
        request.send(200 if request.command == "GET" else 204, "application/n-triples", bodies.get(request.path, b""))
        if request.command == "PUT":
            bodies[request.path] = request.body

    bodies: dict[str, bytes] = {}
    with answering(note) as url:
        graph.load(url)
    assert len(order) == len(graph.compiled.manifest.passages) + 5
    assert order[-1].endswith(INDEX.replace(":", "%3A").replace("/", "%2F"))
