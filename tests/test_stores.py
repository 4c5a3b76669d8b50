"""Real triple stores on loopback: loaded, asked, killed, lied about, and loaded again. Run by: pytest -m slow"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from itertools import pairwise

import pyoxigraph as ox
import pytest
from conftest import FOUND, ROOT
from proxies import FAULTS, LATE, failing
from servers import STARTERS, Server, fuseki, virtuoso

import rejoinder
from rejoinder.errors import StoreError, UsageError
from rejoinder.graph.compiled import ontology_of
from rejoinder.graph.rules import compile_rules
from rejoinder.outputs import ledger
from rejoinder.outputs.chunks import contents_of
from rejoinder.outputs.digests import canonical
from rejoinder.outputs.infer_server import infer_there
from rejoinder.outputs.load import graphs_of
from rejoinder.outputs.publish import claimed, is_atomic
from rejoinder.stores.connect import connect
from rejoinder.stores.profiles import PROFILES
from rejoinder.vocabulary import ACCEPTED, ID, INFERRED, LOAD, LOADED, RDF_TYPE, rj

pytestmark = pytest.mark.slow

THEIRS = "http://example.org/theirs"
#: The requests of a load before it begins: it logs in at two addresses, and reads what there is.
_PREPARED = 4
#: How many seconds are waited for a loader that was killed while it published, before the next one goes on.
IMPATIENT = 2.0
FOREIGN = b'<http://example.org/a> <http://example.org/b> "c" .\n'
MORE = 'model:new a rj:Model ; rdfs:label "New"@en ; rdfs:comment 1.50 , 10.0 , 1000.00 .'


@pytest.fixture(scope="module", params=STARTERS)
def running(request, tmp_path_factory):
    """One server of each kind for all tests: starting some takes seconds."""
    with STARTERS[request.param](tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture
def server(running, monkeypatch):
    """A server that holds a graph of somebody else, and none of ours."""
    with logged_in(running, monkeypatch):
        door = connect(running.url)
        door.prepare()
        door.remove(THEIRS)
        door.add(THEIRS, FOREIGN)
        yield running
        rejoinder.unload(running.url, patience=IMPATIENT)


@pytest.fixture
def more(mine):
    """The bundled graph, and one passage more."""
    return rejoinder.open(str(mine(MORE)))


@contextmanager
def logged_in(server: Server, monkeypatch):
    for name in ("REJOINDER_USER", "REJOINDER_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    if server.credentials:
        monkeypatch.setenv("REJOINDER_USER", server.credentials[0])
        monkeypatch.setenv("REJOINDER_PASSWORD", server.credentials[1])
    yield


def small(url: str, **settings):
    """A door that takes few triples at a time, so that a load has many requests."""
    door = connect(url, **settings)
    door.profile = door.profile._replace(chunk=500)
    return door


def held(url: str) -> Counter[tuple[str, bytes]]:
    """Return all that a store holds, but for its own graphs: each statement once, its value in one way of writing."""
    found: Counter[tuple[str, bytes]] = Counter()
    for row in connect(url).rows("SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }"):
        if "rejoinder" in row["g"].value or row["g"].value == THEIRS:
            triple = ox.Triple(row["s"], row["p"], row["o"])
            found[row["g"].value, canonical(ox.serialize([triple], format=ox.RdfFormat.N_TRIPLES))] += 1
    return found


def wanted(graph) -> Counter[tuple[str, bytes]]:
    """Return what a store should hold once a graph is loaded, beside the record of the load."""
    found: Counter[tuple[str, bytes]] = Counter()
    for quad in graph.compiled.store:
        found[quad.graph_name.value, canonical(ox.serialize([quad.triple], format=ox.RdfFormat.N_TRIPLES))] += 1
    found[THEIRS, canonical(FOREIGN)] += 1
    return found


def holds(url: str, graph) -> bool:
    found = held(url)
    record = ledger.read(connect(url))
    ours = {key: count for key, count in found.items() if key[0] != LOADED}
    assert set(record.graphs) == {name for name, _ in wanted(graph)} - {THEIRS}
    assert record.stage == "published"
    return ours == wanted(graph)


def same_rows(graph, remote, name, parameters) -> bool:
    here, there = graph.query(name, **parameters), remote.query(name, **parameters)
    return (here.columns, [row.terms for row in here.rows], set(here.triples)) == (
        there.columns,
        [row.terms for row in there.rows],
        set(there.triples),
    )


def test_load_and_load_again(server, graph):
    done = graph.load(server.url)
    assert (done.graphs, done.triples, done.same) == (len(wanted_graphs(graph)), len(graph.compiled.store), 0)
    assert holds(server.url, graph)
    again = graph.load(server.url)
    assert (again.graphs, again.triples, again.same) == (0, 0, done.graphs)


def wanted_graphs(graph) -> set[str]:
    return {quad.graph_name.value for quad in graph.compiled.store}


def test_what_follows_is_inferred_in_the_store(server, graph):
    """The store's own inferred graph is the one that was loaded, triple by triple; and it comes back if it is lost."""
    graph.load(server.url)
    door = connect(server.url)
    rules = compile_rules(ontology_of(graph.compiled.store))
    done = infer_there(door, rules)
    assert (done.statements, done.is_new, done.inconsistencies) == (triples_of(graph, INFERRED), False, ())
    door.remove(INFERRED)
    assert infer_there(door, rules).is_new
    assert holds(server.url, graph)
    assert graph.load(server.url).graphs == 0
    # GPT-3 is a model and, suddenly, an organization: nothing is published then.
    gpt_3, organization = f"<{ID}model/gpt-3>", f"<{rj('Organization')}>"
    door.add(ACCEPTED, f"{gpt_3} <{RDF_TYPE}> {organization} .\n".encode())
    assert infer_there(door, rules).inconsistencies
    assert ledger.read(door).graphs[INFERRED].triples == done.statements


def test_shapes_are_checked_in_the_store(server, graph, mine, record_property):
    """The same findings and the same report as here, on a graph with mistakes; Virtuoso's answers would be wrong."""
    file = str(mine('model:new a rj:Model ; rdfs:label "New"@en , "Newer"@en ; rj:parameterCount "many" .'))
    wrong = rejoinder.open(file)
    wrong.load(server.url)
    there = rejoinder.open(file, endpoint=server.url)
    if server.name == "virtuoso":
        record_property("note", "refused")
        with pytest.raises(UsageError, match="gives wrong answers to what shapes ask"):
            there.validate()
        return
    report = there.validate()
    shaped = {one for one in wrong.validate().findings if one.rule in {other.rule for other in report.findings}}
    assert {(one.rule, one.subject, one.message, one.place) for one in shaped} <= {
        (one.rule, one.subject, one.message, one.place) for one in report.findings
    }
    assert report.shacl == wrong.validate().shacl
    assert any(one.severity == "violation" for one in report.findings)


def triples_of(graph, name: str) -> int:
    return sum(1 for _ in graph.compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(name)))


def test_a_changed_graph_sends_what_has_changed(server, graph, more):
    graph.load(server.url)
    sent: list[str] = []
    done = more.load(connect(server.url, trace=sent.append))
    # The new passage, what is said of it, the index, what is accepted, and what follows from it.
    assert (done.graphs, done.removed) == (5, 0)
    assert done.same == len(wanted_graphs(graph)) - 4
    assert holds(server.url, more)
    back = graph.load(server.url)
    assert (back.graphs, back.removed) == (4, 1)
    assert holds(server.url, graph)


def test_unload_leaves_what_others_have(server, graph):
    graph.load(server.url)
    assert rejoinder.unload(server.url).removed == len(wanted_graphs(graph))
    assert held(server.url) == Counter({(THEIRS, canonical(FOREIGN)): 1})
    assert rejoinder.unload(server.url).removed == 0


def test_every_stored_query_gives_the_same_rows(server, graph, record_property):
    graph.load(server.url)
    remote = rejoinder.open(endpoint=server.url)
    asked = [(name, {}) for name in graph.queries]
    asked += [("open-answers", {"model": "model:gpt-3"}), ("open-answers", {"since": "2020-01-01"})]
    different = [one for one in asked if not same_rows(graph, remote, *one)]
    record_property("note", f"{len(asked) - len(different)} of {len(asked)}")
    assert not different


def test_citations_are_the_same(server, graph, more):
    graph.load(server.url)
    here, there = graph.query("critiques"), rejoinder.open(endpoint=server.url).query("critiques")
    assert [row.citations for row in there.rows] == [row.citations for row in here.rows]
    proven = [
        one.why("GPT-Neo published", "responds to", "GPT-3") for one in (graph, rejoinder.open(endpoint=server.url))
    ]
    assert proven[0] == proven[1]
    more.load(server.url)
    with pytest.raises(UsageError, match="holds another graph than the files here"):
        rejoinder.open(endpoint=server.url).query("critiques").rows[0].citations  # noqa: B018
    with pytest.raises(UsageError, match="holds another graph than the files here"):
        rejoinder.open(endpoint=server.url).why("BLOOM", "a", "rj:Model")


def test_graphs_with_our_names_are_not_taken_for_ours(server, graph):
    door = connect(server.url)
    door.prepare()
    door.add(ACCEPTED, FOREIGN)
    with pytest.raises(UsageError, match="holds graphs with our names that no load has recorded: 1"):
        graph.load(server.url)
    graph.load(server.url, replace=True)
    assert holds(server.url, graph)


def test_a_store_that_was_changed_behind_our_back_is_mended(server, graph):
    graph.load(server.url)
    door = connect(server.url)
    door.prepare()
    door.add(INFERRED, FOREIGN)
    assert graph.load(server.url).graphs == 1
    assert holds(server.url, graph)
    # One statement for another leaves the count as it was: who has doubts has all read back.
    (gone, *_) = graph.compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(INFERRED))
    door.update(f"DELETE DATA {{ GRAPH <{INFERRED}> {{ {gone.triple} }} }}")
    door.add(INFERRED, FOREIGN)
    assert graph.load(server.url).graphs == 0
    assert graph.load(server.url, verified=True).graphs == 1
    assert holds(server.url, graph)


def test_an_update_is_one_step(server, record_property):
    """Tried out, not believed; Virtuoso's are not, so there a load is published step by step."""
    door = connect(server.url)
    door.prepare()
    with claimed(door, IMPATIENT):
        atomic = is_atomic(door, IMPATIENT)
    assert atomic == (server.name != "virtuoso")
    assert held(server.url) == Counter({(THEIRS, canonical(FOREIGN)): 1})
    record_property("note", "yes" if atomic else "no, so readers wait")


def test_readers_see_the_old_graph_or_the_new(server, graph, more):
    """What is read while a graph is published is that before or that after, and no mixture."""
    graph.load(server.url)
    text = "SELECT (COUNT(DISTINCT ?s) AS ?models) (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    allowed = {tuple(map(str, one.sparql(text).rows[0].terms)) for one in (graph, more)}
    assert len(allowed) == 2
    seen: Counter[tuple[str, ...]] = Counter()
    over = threading.Event()

    def read() -> None:
        reader = rejoinder.open(endpoint=server.url)
        while not over.is_set():
            seen[tuple(map(str, reader.sparql(text).rows[0].terms))] += 1

    reading = threading.Thread(target=read)
    reading.start()
    try:
        for one in (more, graph, more):
            one.load(small(server.url))
    finally:
        over.set()
        reading.join()
    assert seen.keys() <= allowed and sum(seen.values()) > 3
    assert holds(server.url, more)


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import rejoinder
from test_stores import small
left = int(sys.argv[3])

def count(_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

rejoinder.open(*sys.argv[4:]).load(small(sys.argv[2], trace=count))
"""


def killed_after(url: str, requests: int, *data: str) -> bool:
    """Load in a process that is killed after so many requests. Returns whether it was."""
    command = [sys.executable, "-c", KILLED, str(ROOT / "tests"), url, str(requests), *data]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def test_a_killed_loader_is_taken_up_where_it_was(server, graph, more, mine):
    """kill -9 after the 5th, 9th, 13th … request of a first load, and of a changed one; then the load is finished."""
    resumed = 0
    for number in range(6, 400, 8 if server.name != "virtuoso" else 90):
        if not killed_after(server.url, number):
            break
        done = graph.load(small(server.url), patience=IMPATIENT)
        resumed += done.resumed
        assert holds(server.url, graph)
        rejoinder.unload(server.url, patience=IMPATIENT)
    assert resumed > 1000
    graph.load(server.url, patience=IMPATIENT)
    extra = str(mine(MORE))
    for number in range(6, 100, 7):
        if not killed_after(server.url, number, extra):
            break
        reader = rejoinder.open(endpoint=server.url, timeout=0.1)
        if ledger.read(connect(server.url)).stage == "publishing":
            assert server.name == "virtuoso"  # the others publish in one step
            with pytest.raises(StoreError, match="a graph is being published there"):
                reader.query("datasets")
        else:
            assert len(reader.query("datasets").rows) == 1
        more.load(small(server.url), patience=IMPATIENT)
        assert holds(server.url, more)
        graph.load(server.url)
    else:
        pytest.fail("the load has more requests than were tried")


def test_a_killed_loader_of_another_graph_leaves_nothing(server, graph, mine):
    assert killed_after(server.url, 14, str(mine(MORE)))
    graph.load(server.url, patience=IMPATIENT)
    assert holds(server.url, graph)


def test_a_killed_server_is_waited_for(server, graph, more):
    """kill -9 of the server at many points of a load, and started again: the load goes on, and nothing is lost."""
    for one, after in ((graph, 7), (more, 14)):
        left = [after]
        starting = threading.Thread(target=server.restart)
        again = threading.Thread(target=server.restart)

        def strike(_: str, left: list[int] = left, starting=starting, again=again) -> None:
            left[0] -= 1
            if left[0] == 0:
                server.kill()
                starting.start()
            elif left[0] == -3:
                starting.join()  # the loader may go on before the one that starts the server has seen it answer
                server.kill()
                again.start()

        one.load(small(server.url, trace=strike))
        again.join()
        assert left[0] < 0
        assert holds(server.url, one)


def test_two_loaders_at_once(server, graph, more):
    """The same graph twice, then two different ones: at the end the store holds one of them, whole."""
    for pair in ((graph, graph), (graph, more), (more, graph)):
        failures: list[BaseException] = []

        def load(one, failures: list[BaseException] = failures) -> None:
            try:
                one.load(small(server.url))
            except BaseException as error:
                failures.append(error)

        loading = [threading.Thread(target=load, args=(one,)) for one in pair]
        for thread in loading:
            thread.start()
        for thread in loading:
            thread.join()
        assert not failures
        left = next(one for one in pair if ledger.version_of(ledger.read(connect(server.url)).graphs) == version(one))
        assert {key: count for key, count in held(server.url).items() if key[0] != LOADED} == wanted(left)
        assert holds(server.url, left)


@pytest.mark.parametrize("other", ["the graph that is there", "a third graph", "unload", "infer"])
def test_somebody_else_between_two_requests(server, graph, more, other, mine):
    """Whatever somebody else does between two requests of a load: at the end the graph of the last is there, whole."""
    third = rejoinder.open(str(mine('model:third a rj:Model ; rdfs:label "Third"@en .', "third.ttl")))
    rules = compile_rules(ontology_of(graph.compiled.store))
    does = {
        "the graph that is there": lambda: graph.load(server.url, patience=IMPATIENT),
        "a third graph": lambda: third.load(small(server.url), patience=IMPATIENT),
        "unload": lambda: rejoinder.unload(server.url, patience=IMPATIENT),
        "infer": lambda: infer_there(connect(server.url), rules, IMPATIENT),
    }[other]
    for place in (4, 7, 12, 17, 22) if server.name == "oxigraph" else (8,):
        graph.load(server.url)
        left = [place]

        def strike(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                does()

        more.load(small(server.url, trace=strike))
        record = ledger.read(connect(server.url))
        if record.graphs:
            (last,) = [one for one in (graph, more, third) if version(one) == ledger.version_of(record.graphs)]
            assert holds(server.url, last)
            assert last is more or place > 10  # who comes later wins
        else:
            assert other == "unload" and held(server.url) == Counter({(THEIRS, canonical(FOREIGN)): 1})


def version(graph) -> str:
    return ledger.version_of(contents_of(graph.compiled.store, graphs_of(graph.compiled)))


@pytest.mark.parametrize("start", [virtuoso, lambda folder: fuseki(folder, password=True)], ids=["digest", "basic"])
def test_a_wrong_password(graph, start, tmp_path, monkeypatch):
    with start(tmp_path) as one:
        for name in ("REJOINDER_USER", "REJOINDER_PASSWORD"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(StoreError, match="it asks for a login") as nobody:
            graph.load(one.url)
        assert "REJOINDER_USER" in nobody.value.cure
        monkeypatch.setenv("REJOINDER_USER", one.credentials[0])
        monkeypatch.setenv("REJOINDER_PASSWORD", "wrong horse")
        with pytest.raises(StoreError, match=f"user '{one.credentials[0]}' is not accepted") as wrong:
            graph.load(one.url)
        assert "horse" not in str(wrong.value)
        # netrc is as good as the environment.
        monkeypatch.delenv("REJOINDER_USER")
        (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login {one.credentials[0]} password {one.credentials[1]}\n")
        (tmp_path / "netrc").chmod(0o600)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        traced: list[str] = []
        graph.load(connect(one.url, trace=traced.append))
        assert holds_without_theirs(one.url, graph)
        assert not any(one.credentials[1] in line for line in traced)


def holds_without_theirs(url: str, graph) -> bool:
    return {key for key in held(url) if key[0] != LOADED} == {key for key in wanted(graph) if key[0] != THEIRS}


@contextmanager
def through(server: Server, fault, timeout: float):
    """Give a door to a server through a proxy, which is asked what to do with each request."""
    with failing(origin(server.url), fault) as url:
        yield small(server.url.replace(origin(server.url), url), timeout=timeout)


def lying(lies: list[int], of):
    """Return the fault of saying yes and doing nothing, for as many requests of some kind as are left."""

    def fault(*request: object) -> str:
        if not lies[0] or not of(*request):
            return ""
        lies[0] -= 1
        return "lie"

    return fault


@pytest.fixture
def unreliable(server):
    """A door to a server through a proxy, and the list of what the proxy is to do with the next requests."""
    faults: list[str] = []
    with through(server, lambda *_: pop(faults), 1.0) as door:
        yield door, faults


def origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def pop(faults: list[str]) -> str:
    return faults.pop(0) if faults else ""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_proxy_that_fails_is_endured(server, graph, more, unreliable, fault):
    """Whatever fails at whichever request after the first few: the load goes on, and nothing is lost or doubled."""
    door, faults = unreliable
    graph.load(server.url)
    places = range(1, 30, 9) if server.name == "oxigraph" and fault != "late" else (8,)
    for number, place in enumerate(places):
        # What fails before the store has answered once is an error: perhaps there is no store.
        faults[:] = [""] * (_PREPARED + place) + [fault]
        (more, graph)[number % 2].load(door, patience=20)
        if fault == "late":  # what came too late is taken away by the next load
            time.sleep(LATE)
            (more, graph)[number % 2].load(server.url)
        assert holds(server.url, (more, graph)[number % 2])


def test_a_proxy_that_lies_is_found_out(server, graph, more):
    """A store says yes and does nothing: what is lost is sent again; if that is lost too, nothing is published."""
    graph.load(server.url)
    lies = [1]

    def is_chunk(method: str, path: str, _: bytes) -> bool:
        writes = "/store" in path or "/data" in path or path.endswith("/statements") or "crud" in path
        return method == "POST" and writes and "loading" not in path

    with through(server, lying(lies, is_chunk), 10.0) as door:
        more.load(door)
        assert lies == [0] and holds(server.url, more)
        lies[0] = 1_000
        with pytest.raises(StoreError, match=r"otherwise than they were sent"):
            graph.load(door)
        assert len(rejoinder.open(endpoint=server.url).query("datasets").rows) == 1
        lies[0] = 0
        graph.load(door)
        assert holds(server.url, graph)


def test_an_inference_that_ends_early_leaves_nothing(server, graph, more):
    """Overtaken by a load it takes away its own; cut off, the next load or unload does."""
    rules = compile_rules(ontology_of(graph.compiled.store))

    class Killed(BaseException):
        pass

    def killed() -> None:
        raise Killed

    def infer(strike, left: list[int]) -> None:
        door = connect(server.url, trace=lambda _: strike() if not count(left) else None)
        infer_there(door, rules, IMPATIENT)

    for place in (6, 8):
        graph.load(server.url)
        with pytest.raises(StoreError, match="another graph was loaded meanwhile"):
            infer(lambda: more.load(server.url), [place])
        assert holds(server.url, more)
        with pytest.raises(Killed):
            infer(killed, [place])
        assert not holds(server.url, more)
        graph.load(server.url)
        assert holds(server.url, graph)
        with pytest.raises(Killed):
            infer(killed, [place])
        rejoinder.unload(server.url)
        assert held(server.url) == Counter({(THEIRS, canonical(FOREIGN)): 1})


def count(left: list[int]) -> int:
    left[0] -= 1
    return left[0]


def test_a_claim_that_was_left_behind(server, graph, run):
    """As by a dry run that was killed while it tried out whether updates are one step: a load waits, and says so."""
    claim = f'INSERT DATA {{ GRAPH <{LOADED}> {{ <{LOADED}> <{LOAD}claim> "gone" }} }}'
    connect(server.url).update(claim)
    tried = run("load", server.url, "--dry-run")
    assert tried.returncode == 0 and "somebody is at work there, so whether an update" in tried.stderr
    stages: list[str] = []
    graph.load(server.url, patience=IMPATIENT, progress=lambda now: stages.append(now.doing))
    assert list(dict.fromkeys(stages))[-2:] == ["publishing", "waiting for another load to end"]
    assert holds(server.url, graph)
    connect(server.url).update(claim)
    rejoinder.unload(server.url, patience=IMPATIENT)
    connect(server.url).update(claim)
    rejoinder.unload(server.url, patience=IMPATIENT)
    assert held(server.url) == Counter({(THEIRS, canonical(FOREIGN)): 1})


def test_those_who_claim_a_store_take_turns(server):
    """Somebody who waits for longer than his patience takes nobody's claim away who has just begun."""
    inside: list[tuple[float, float]] = []

    def work() -> None:
        with claimed(connect(server.url), 2.0):
            begun = time.monotonic()
            time.sleep(0.5)
            inside.append((begun, time.monotonic()))

    working = [threading.Thread(target=work) for _ in range(8)]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    inside.sort()
    assert len(inside) == 8
    assert all(end <= begun for (_, end), (begun, _) in pairwise(inside))
    assert held(server.url) == Counter({(THEIRS, canonical(FOREIGN)): 1})


def test_a_store_that_drops_nothing_is_found_out(server, graph, more):
    """DROP SILENT may fail without a word: it is asked again until what was staged is gone, and so is an unload."""
    graph.load(server.url)
    lies = [2]

    with through(server, lying(lies, lambda _, __, body: body.startswith(b"DROP SILENT GRAPH")), 10.0) as door:
        more.load(door)
        assert lies == [0] and holds(server.url, more)
        lies[0] = 2
        rejoinder.unload(door)
        assert lies == [0] and held(server.url) == Counter({(THEIRS, canonical(FOREIGN)): 1})
        graph.load(door)
        lies[0] = 1_000
        with pytest.raises(StoreError, match=r"still holds some of \d+ graphs that it was told to drop"):
            rejoinder.unload(door, patience=IMPATIENT)


ROWS = {
    "test_load_and_load_again": "load; the same again changes nothing",
    "test_a_changed_graph_sends_what_has_changed": "a changed graph sends what has changed",
    "test_unload_leaves_what_others_have": "unload; graphs of others stay",
    "test_every_stored_query_gives_the_same_rows": "stored queries with the same rows",
    "test_citations_are_the_same": "rows with the same citations",
    "test_what_follows_is_inferred_in_the_store": "what follows, inferred in the store",
    "test_shapes_are_checked_in_the_store": "shapes, checked in the store",
    "test_graphs_with_our_names_are_not_taken_for_ours": "graphs that no load has recorded are refused",
    "test_a_store_that_was_changed_behind_our_back_is_mended": "changes behind our back are found and mended",
    "test_readers_see_the_old_graph_or_the_new": "readers (`--endpoint`) see the old graph or the new",
    "test_an_update_is_one_step": "an update is one step",
    "test_a_killed_loader_is_taken_up_where_it_was": "kill -9 of the loader, then taken up",
    "test_a_killed_loader_of_another_graph_leaves_nothing": "kill -9 of the loader, then another graph",
    "test_a_killed_server_is_waited_for": "kill -9 of the server, and started again",
    "test_two_loaders_at_once": "two loaders at once",
    "test_somebody_else_between_two_requests": "a load, an unload or an inference between two requests",
    "test_an_inference_that_ends_early_leaves_nothing": "an inference that ends early: gone with the next change",
    "test_a_proxy_that_fails_is_endured": "a proxy that drops, cuts, delays or answers 503, 504",
    "test_a_proxy_that_lies_is_found_out": "a proxy that says yes and does nothing",
    "test_a_store_that_drops_nothing_is_found_out": "a `DROP SILENT` that says yes and drops nothing",
}


def test_the_table_in_the_documentation():
    """Last: the table is what the tests before have found. REJOINDER_WRITE=1 writes it."""
    names = list(STARTERS)
    wanted = {(row, name) for row in ROWS for name in names}
    if wanted - FOUND.keys():
        pytest.skip("the table is compared where all of these tests run: pytest -m slow, with all servers")
    titles = [PROFILES[name].title for name in names]
    table = "".join(
        f"| {' | '.join(cells)} |\n"
        for cells in (
            ["", *titles],
            ["---"] * (len(names) + 1),
            *([title, *(FOUND[row, name] for name in names)] for row, title in ROWS.items()),
        )
    )
    path = ROOT / "docs" / "stores.md"
    page = path.read_text(encoding="utf-8")
    start, _, rest = page.partition("<!-- matrix -->\n")
    _, _, end = rest.partition("<!-- /matrix -->\n")
    new = f"{start}<!-- matrix -->\n{table}<!-- /matrix -->\n{end}"
    if os.environ.get("REJOINDER_WRITE"):
        path.write_text(new, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == new
