"""What a load costs: python -m pytest tests/benchmarks/test_loading.py -s

On each store: the sending of a load beside a bare client that posts the same bytes to the same door and does nothing
else, in one run; and the peak memory of the loader, which must not depend on the size. REJOINDER_QUADS is how many
quads, a million unless it says otherwise. The suite of tests does not run this.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyoxigraph as ox
import pytest
from servers import STARTERS, Server, rdf4j

from rejoinder.vocabulary import ACCEPTED, ID, INDEX, ONTOLOGY, PREFIXES

QUADS = int(os.environ.get("REJOINDER_QUADS", "1000000"))
PASSAGES = 2_000

#: Both clients in processes of their own, so that the memory of one is not that of the other.
LOADER = """
import json, sys, time
from rejoinder.graph.compiled import Compiled, Manifest
from rejoinder.outputs.load import graphs_of
from rejoinder.outputs.chunks import Spool
from rejoinder.outputs.load_server import into_server
from rejoinder.stores.connect import connect

job, folder, url = sys.argv[1:]
compiled = Compiled(None, Manifest(tuple(json.loads(sys.stdin.read())), {}), folder)
server = connect(url, timeout=600)
took = {}
if job == "bare":
    server.prepare()
    with Spool(compiled.store, graphs_of(compiled)) as spool:
        for chunk in spool.chunks(((one, one) for one in spool.contents), server.profile.chunk):
            started = time.perf_counter()
            if server.addresses.quads:
                server.add_quads(chunk.quads())
            else:
                for graph, lines in chunk.parts:
                    server.add(graph, lines)
            took["sending"] = took.get("sending", 0) + time.perf_counter() - started
else:
    stage = ["connecting", time.perf_counter()]
    def watch(now):
        if now.doing != stage[0]:
            took[stage[0]] = time.perf_counter() - stage[1]
            stage[:] = now.doing, time.perf_counter()
    into_server(compiled, server, progress=watch, patience=600)
    took[stage[0]] = time.perf_counter() - stage[1]
# Not ru_maxrss, which begins with that of the process that started this one.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"seconds": took, "peak": peak // 1024}))
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory) -> tuple[Path, list[str]]:
    """A graph of about so many quads: a third of them in passages, the rest accepted."""
    folder = tmp_path_factory.mktemp("graph")
    passages = [f"{ID}passage/{number}" for number in range(PASSAGES)]
    each = QUADS // 3 // PASSAGES
    accepted, index, label = ox.NamedNode(ACCEPTED), ox.NamedNode(INDEX), ox.NamedNode(f"{PREFIXES['rdfs']}label")
    integer = ox.NamedNode(f"{PREFIXES['xsd']}integer")
    source = ox.NamedNode(f"{PREFIXES['rj']}source")

    def quads() -> Iterator[ox.Quad]:
        for passage in map(ox.NamedNode, passages):
            yield ox.Quad(passage, source, ox.NamedNode(f"{ID}source/one"), index)
        for number in range(QUADS - PASSAGES):
            subject = ox.NamedNode(f"{ID}model/number-{number // 4}")
            predicate = (label, ox.NamedNode(f"{PREFIXES['rj']}parameterCount"))[number % 2]
            value = (
                ox.Literal(f"The model “{number}”", language="en")
                if number % 2
                else ox.Literal(str(number), datatype=integer)
            )
            where = ox.NamedNode(passages[number // each]) if number // each < PASSAGES else accepted
            yield ox.Quad(subject, predicate, value, where)

    store = ox.Store(str(folder / "store"))
    store.bulk_extend(quads())
    store.flush()
    assert len(store) == QUADS and not any(store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY)))
    return folder, passages


def run(job: str, graph: tuple[Path, list[str]], server: Server) -> dict[str, float]:
    folder, passages = graph
    environment = dict(os.environ)
    if server.credentials:
        environment |= dict(zip(("REJOINDER_USER", "REJOINDER_PASSWORD"), server.credentials, strict=True))
    done = subprocess.run(
        [sys.executable, "-c", LOADER, job, str(folder), server.url],
        input=json.dumps(passages), capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


#: RDF4J with an index by graph, as docs/stores.md advises.
STORES = {**STARTERS, "rdf4j": partial(rdf4j, indexes="spoc,posc,cspo")}


@pytest.mark.parametrize("name", STORES)
def test_a_load(name, graph, tmp_path):
    with STORES[name](tmp_path / "bare") as server:
        bare = run("bare", graph, server)
    with STORES[name](tmp_path / "load") as server:
        load = run("load", graph, server)
        again = run("load", graph, server)
    seconds = load["seconds"]
    ratio = bare["seconds"]["sending"] / seconds["sending"]
    print(
        f"\n{name}: {QUADS:,} quads; a bare client sends in {bare['seconds']['sending']:.1f} s, the load in "
        f"{seconds['sending']:.1f} s = {ratio:.0%}; "
        + ", ".join(f"{stage} {took:.1f} s" for stage, took in seconds.items())
        + f"; peak {load['peak']} MB; again {sum(again['seconds'].values()):.1f} s, peak {again['peak']} MB"
    )
    assert "sending" not in again["seconds"]
    assert load["peak"] < 200
    assert ratio >= 0.8
