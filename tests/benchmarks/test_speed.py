"""How fast, as ratios within one run: python -m pytest tests/benchmarks -s

The rival is the same job in plain rdflib: parse, owlrl, SPARQL in one script. Both sides run on this machine, in this
run, in turns; medians are compared. The suite of tests does not run this, since a shared machine is noisy.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from conftest import ROOT

PLAIN = f"""
import sys, rdflib, owlrl
data = rdflib.Dataset()
graph = data.default_graph
for path in sys.argv[2:]:
    graph.parse(path, format="turtle")
owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
if sys.argv[1] == "query":
    for row in data.query(open({str(ROOT / "queries" / "open-answers.rq")!r}).read()):
        print(*row)
else:
    # The checks that compiling does: what the ontology forbids, and functional properties with several values.
    errors = set(graph.objects(None, rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")))
    several = list(graph.query('''SELECT ?s ?p {{ ?p a owl:FunctionalProperty . ?s ?p ?o }}
        GROUP BY ?s ?p HAVING (COUNT(DISTINCT ?o) > 1)'''))
    print(len(graph), len(errors), len(several))
"""
COMPILE = """
from rejoinder.graph.compiled import compile_graph
from rejoinder.sources.files import find
c = compile_graph(find())
print(len(c.store), len(c.manifest.inconsistencies), len(c.manifest.unruled))
"""


def seconds(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def in_turns(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    # Installed packages have their bytecode; without it each run would compile our modules anew.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for command in commands.values():
        seconds(command, environment)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command, environment))
    return {name: statistics.median(values) for name, values in times.items()}


def plain(job: str, tmp_path: Path) -> list[str]:
    script = tmp_path / "plain.py"
    script.write_text(PLAIN)
    files = [ROOT / "ontology" / "rejoinder.ttl", *sorted((ROOT / "data").rglob("*.ttl"))]
    return [sys.executable, str(script), job, *map(str, files)]


def test_a_stored_query_from_the_shell(tmp_path):
    ours = [str(Path(sys.executable).parent / "rejoinder"), "query", "open-answers"]
    bare = [sys.executable, "-c", "import pyoxigraph"]
    fast = in_turns({"ours": ours, "bare": bare}, 21)
    slow = in_turns({"plain": plain("query", tmp_path)}, 3)
    print(
        f"\nstored query: {fast['ours'] * 1000:.0f} ms; import pyoxigraph: {fast['bare'] * 1000:.0f} ms; "
        f"plain rdflib: {slow['plain'] * 1000:.0f} ms = {slow['plain'] / fast['ours']:.0f} times"
    )
    assert slow["plain"] >= 20 * fast["ours"]
    assert fast["ours"] <= 2 * fast["bare"] + 0.060


def test_compiling_the_whole_graph(tmp_path):
    times = in_turns({"ours": [sys.executable, "-c", COMPILE], "plain": plain("compile", tmp_path)}, 5)
    ratio = times["plain"] / times["ours"]
    print(f"\ncompile: {times['ours']:.2f} s; plain rdflib: {times['plain']:.2f} s = {ratio:.1f} times")
    assert times["plain"] >= 5 * times["ours"]
