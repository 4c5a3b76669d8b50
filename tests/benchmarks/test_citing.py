"""What citing costs, as ratios within one run: python -m pytest tests/benchmarks/test_citing.py -s

From the shell on the bundled graph, and in process on the same graph 80 times over (about 300,000 statements in 12,000
named graphs), where each copy has names of its own. The suite of tests does not run this.
"""

import resource
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT
from test_speed import in_turns

import rejoinder
from rejoinder.answers.answer import Answer
from rejoinder.answers.citations import Citations
from rejoinder.answers.rows import Rows
from rejoinder.graph.cache import rules_of
from rejoinder.graph.compiled import Compiled, Manifest
from rejoinder.graph.proofs import Proofs
from rejoinder.vocabulary import ALIGNMENTS, ID, ONTOLOGY, SOURCE

COPIES = 80
QUERIES = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))
LIMIT = 60


class TooSlow(Exception):
    """A query that took longer than the benchmark waits."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: object) -> None:
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> tuple[Compiled, Proofs, Citations]:
    small = rejoinder.open().compiled
    shared = (ONTOLOGY, ALIGNMENTS)
    quads = list(small.store)

    def renamed(term: object, copy: int) -> object:
        if isinstance(term, ox.NamedNode) and term.value.startswith((ID, SOURCE)):  # passages are below their source
            return ox.NamedNode(f"{term.value}-{copy}")
        if isinstance(term, ox.Literal) and term.language == "en":
            return ox.Literal(f"{term.value} {copy}", language="en")
        return term

    def copied() -> Iterator[ox.Quad]:
        yield from (quad for quad in quads if quad.graph_name.value in shared)
        for copy in range(COPIES):
            for quad in quads:
                if quad.graph_name.value not in shared:
                    yield ox.Quad(*(renamed(term, copy) for term in list(quad)[:3]), renamed(quad.graph_name, copy))

    folder = tmp_path_factory.mktemp("large")
    store = ox.Store(str(folder / "store"))
    store.bulk_extend(copied())
    names = tuple(sorted(f"{name}-{copy}" for name in small.manifest.passages for copy in range(COPIES)))
    dataset = ox.Store(str(folder / "dataset"))  # on disk, as in the cache
    dataset.bulk_extend(Compiled(store, Manifest(names, {})).dataset)
    compiled = Compiled(store, Manifest(names, {}), rules=rules_of(small), dataset=dataset)
    print(f"\n{len(store):,} statements, {len(names):,} named graphs; the dataset has {len(compiled.dataset):,}")
    return compiled, Proofs(compiled, rules_of(small)), Citations(compiled)


def test_from_the_shell_on_the_bundled_graph():
    program = str(Path(sys.executable).parent / "rejoinder")
    ratios = {}
    for name in QUERIES:
        plain = [program, "query", name]
        times = in_turns({"plain": plain, "cited": [*plain, "--cite"]}, 5)
        ratios[name] = times["cited"] / times["plain"]
        print(
            f"{name:25} {times['plain'] * 1e3:6.0f} ms, cited {times['cited'] * 1e3:6.0f} ms = {ratios[name]:.1f} times"
        )
    print(f"median {statistics.median(ratios.values()):.1f}, greatest {max(ratios.values()):.1f}")
    assert max(ratios.values()) <= 3.5


@pytest.mark.parametrize("name", QUERIES)
def test_in_process_on_a_large_graph(name, large):
    compiled, proofs, citations = large
    text = rejoinder.open().bound(name, {})
    for one in (
        "model/gpt-neo-2-7b",
        "model/gpt-2",
        "model/stable-diffusion",
        "source/article",
        "source/primary-source",
    ):
        text = text.replace(f"/{one}>", f"/{one}-7>")
    try:
        with at_most(LIMIT):
            plain = 60.0
            for _ in range(3):
                started = time.perf_counter()
                answer = Answer.of(compiled.query(text), text)
                plain = min(plain, time.perf_counter() - started)
            started = time.perf_counter()
            rows = Rows(text, answer, compiled, proofs, citations)
            cited = [rows.because(number) for number in range(len(rows))]
            all_rows = plain + time.perf_counter() - started
    except TooSlow:
        pytest.skip(f"{name}: not within {LIMIT} seconds")
    assert all(one.status != "unexplained" for one in cited)
    one_row = 0.0
    for number in sorted({0, len(rows) // 2, len(rows) - 1}) if len(rows) else []:
        started = time.perf_counter()
        Rows(text, answer, compiled, proofs, citations, number)[number]
        one_row = max(one_row, time.perf_counter() - started)
    print(
        f"\n{name}: {len(rows)} rows in {plain * 1e3:.0f} ms, cited {all_rows * 1e3:.0f} ms = {all_rows / plain:.1f} "
        f"times; one row {one_row * 1e3:.0f} ms; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )
