"""What the tests share: the bundled graph, compiled once, and the command line as a process."""

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from rejoinder.graph.compiled import Compiled
from rejoinder.sources.files import Inputs, find

ROOT = Path(__file__).parent.parent
#: The texts of the sources are not part of the project; they may be kept beside the checkout.
TEXTS = Path(os.environ.get("REJOINDER_SOURCES", ROOT.parent / "shared" / "sources"))

HEAD = """\
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix license: <https://w3id.org/rejoinder/id/license/> .
@prefix model: <https://w3id.org/rejoinder/id/model/> .
@prefix organization: <https://w3id.org/rejoinder/id/organization/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix release: <https://w3id.org/rejoinder/id/release/> .
@prefix rj: <https://w3id.org/rejoinder/ontology#> .
@prefix source: <https://w3id.org/rejoinder/source/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

source:mine-01 a rj:EditorsNote ;
    rj:reason "For a test."@en ;
    rj:source source:editor .

"""

#: Its values compare in circles (9 < 10, 10 < "10a", "10a" < 9), at which Oxigraph ends its process.
CIRCLE = "SELECT ?v {{ VALUES ?v {{ {} }} }} ORDER BY ?v".format(
    " ".join(f'{n} "{n}a"' for n in random.Random(1).sample(range(1000), 500))
)


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' compiled graphs away from the user's."""
    before = os.environ.get("REJOINDER_CACHE_DIR")
    os.environ["REJOINDER_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["REJOINDER_CACHE_DIR"]
    else:
        os.environ["REJOINDER_CACHE_DIR"] = before


@pytest.fixture(scope="session")
def inputs() -> Inputs:
    return find()


@pytest.fixture(scope="session")
def compiled(inputs: Inputs) -> Compiled:
    from rejoinder.graph.cache import open_graph

    return open_graph(inputs)


@pytest.fixture(scope="session")
def graph():
    import rejoinder

    return rejoinder.open()


@pytest.fixture(scope="session")
def dataset(compiled: Compiled):
    """The same graph in rdflib: default graph = accepted, inferred and ontology; named graphs = passages."""
    import pyoxigraph as ox
    import rdflib

    from rejoinder.vocabulary import LAYERS

    data = rdflib.Dataset(default_union=False)
    for name in (*LAYERS, *compiled.manifest.passages):
        target = data.default_graph if name in LAYERS else data.graph(rdflib.URIRef(name))
        triples = (
            ox.Triple(q.subject, q.predicate, q.object)
            for q in compiled.store.quads_for_pattern(None, None, None, ox.NamedNode(name))
        )
        target.parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    return data


@pytest.fixture
def mine(tmp_path: Path) -> Callable[..., Path]:
    """Write a data file of a user: the usual prefixes and a passage, then the given statements."""

    def write(statements: str, name: str = "mine.ttl", head: str = HEAD) -> Path:
        path = tmp_path / name
        path.write_text(head + statements, encoding="utf-8")
        return path

    return write


@pytest.fixture
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own."""

    def call(*arguments: object, input: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rejoinder", *map(str, arguments)],
            input=input,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            env={**os.environ, **environment},
        )

    return call


def lacking(what: str) -> NoReturn:
    """Skip a test for what the machine lacks, saying how to get it; in CI nothing may be lacking."""
    if os.environ.get("CI"):
        pytest.fail(f"in CI nothing may be skipped: {what}")
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser():
    """A browser without a window."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        lacking("no chromium here; get it by: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is not installed; get it by: pip install playwright axe-playwright-python")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    try:
        import axe_playwright_python
    except ImportError:
        lacking("axe-core is not here; get it by: pip install axe-playwright-python")
    (script,) = Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")
    return script.read_text(encoding="utf-8")


def source_text(name: str) -> str:
    """Return the text of a source, or skip the test where it is not kept."""
    path = TEXTS / name
    if not path.exists():
        lacking(f"{name} is not in {TEXTS}; set REJOINDER_SOURCES to the folder that holds it")
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


#: What the tests on real stores have found: test and store -> "yes", what the test noted, or "no".
FOUND: dict[tuple[str, str], str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what the table of docs/stores.md is made of."""
    name = re.search(r"test_stores\.py::(\w+)\[(\w+)", report.nodeid)
    if name and report.when == "call":
        note = dict(report.user_properties).get("note", "yes")
        before = FOUND.get((name[1], name[2]), "yes")
        FOUND[name[1], name[2]] = "no" if report.failed or before == "no" else note
