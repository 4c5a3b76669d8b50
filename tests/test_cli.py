"""The command line as its users meet it: exit codes, standard output for data, standard error for talk."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import CIRCLE

from rejoinder import __version__


def test_a_stored_query(run):
    done = run("query", "open-answers")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    for closed, answer, days in (
        ("GPT-2 announced, small model public", "OpenGPT-2 published", "189"),
        ("GPT-3 announced in a paper", "GPT-Neo published", "297"),
        ("DALL-E 2 announced, in closed beta", "Stable Diffusion released to the public", "138"),
    ):
        (line,) = [line for line in lines if line.startswith(closed) and answer in line]
        assert line.split(answer)[1].split().count(days) == 2


def test_an_empty_answer_is_an_answer(run):
    done = run("query", "open-answers", "-p", "model", "Whisper", "-f", "csv")
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (0, 1, "no rows\n")
    assert run("query", "open-answers", "-p", "model", "Whisper", "-f", "json").stdout == "[]\n"


def test_a_label_as_a_parameter(run):
    rows = json.loads(run("query", "open-answers", "-p", "model", "GPT-3", "-f", "json").stdout)
    assert [row["answer"] for row in rows] == ["GPT-Neo published", "YaLM-100B published", "BLOOM published"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["quary", "x"], 2, "there is no command 'quary'\n  did you mean 'query'?"),
        (["query", "open-answer"], 2, "there is no stored query 'open-answer'\n  did you mean 'open-answers'?"),
        (["query", "open-answers", "-p", "modle", "GPT-3"], 2, "unknown parameter 'modle' for query 'open-answers'"),
        (
            ["query", "open-answers", "-p", "model", "GTP-3"],
            2,
            "nothing in the graph is called 'GTP-3'\n  did you mean 'GPT-3'?",
        ),
        (["query", "open-answers", "-p", "since", "2022-13-01"], 2, "'2022-13-01' is no date"),
        (["query", "open-answers", "-p", "since", "20220101"], 2, "'20220101' is no date"),  # nor is it for an engine
        (["query", "open-answers", "-p", "since", "2022-01-01", "-p", "since", "2022-01-02"], 2, "is given twice"),
        (["query", "open-answers", "-f", "cvs"], 2, "there is no value 'cvs' for -f/--format\n  did you mean 'csv'?"),
        (["query", "open-answers", "--formt", "csv"], 2, "unexpected option '--formt'\n  did you mean '--format'?"),
        (["query", "open-answers", "-o", "x.docx"], 2, "the ending '.docx' tells no format"),
        (["query", "open-answers", "-f", "turtle"], 2, "'turtle' is a format for graphs"),
        (["query", "model-card", "-f", "csv"], 2, "'csv' is a format for rows"),
        (["query"], 2, "the following arguments are required: NAME"),
        (["query", "open-answers", "-p", "since"], 2, "expected 2 arguments"),
        ([], 2, "the following arguments are required: COMMAND"),
        (["describe", "BLOM"], 2, "did you mean 'BLOOM'?"),
        (["why", "BLOM", "a", "rj:Model"], 2, "did you mean 'BLOOM'?"),
        (["why", "BLOOM", "rj:parameterCont", "1"], 2, "did you mean 'rj:parameterCount'?"),
        (["why", "BLOOM", "rj:parameterCount", "1"], 2, "what holds is: 176247271424"),
        (["why", "BLOOM", "a"], 2, "a statement has three parts"),
        (["why", "open-answers", "--row", "99"], 2, "there is no row 99: the answer has 7"),
        (["why", "open-answers", "--row", "0"], 2, "there is no row 0"),
        (["why", "open-answrs", "--row", "1"], 2, "did you mean 'open-answers'?"),
        (["why", "open-answers", "a", "b", "--row", "1"], 2, "only the name of a query is given"),
        (["why", "BLOOM", "a", "rj:Model", "-p", "model", "x"], 2, "parameters are for queries"),
        (["query", "datasets", "--cite", "--without", "article"], 2, "--cite and --without are two questions"),
        (["query", "model-card", "--cite", "-f", "csv"], 2, "'csv' is a format for rows"),
        (["sparql", "no-such-file.rq"], 3, "no-such-file.rq: cannot be read: No such file"),
        (["query", "open-answers", "--data", "no-such-file.ttl"], 3, "no-such-file.ttl: no such file or folder"),
        (["query", "open-answers", "--endpoint", "http://127.0.0.1:9/query"], 4, "cannot be reached"),
        (["load", "http://127.0.0.1:9/store"], 4, "cannot be reached"),
        (["export", "-o", "/no/such/folder/x.ttl"], 4, "/no/such/folder/x.ttl: cannot be written"),
        (["export", "--include", "infered"], 2, "there is no 'infered' to export"),
        (["export", "--check"], 2, "--check needs a file"),
        (["sources", "verify", "--text", "no.txt", "article"], 3, "no.txt: cannot be read"),
        (["queries", "--tag", "respons"], 2, "no query has the tag 'respons'"),
    ],
)
def test_wrong_usage_is_told_in_at_most_three_lines(run, arguments, code, said):
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") <= 3
    assert "Traceback" not in done.stderr


def test_a_query_that_is_no_sparql(run):
    done = run("sparql", input="SELECT ?x WHERE { ?x a }")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the query is not SPARQL" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent ?where { ?s ?p ?o } }",
        "PREFIX e: <http://e/> SELECT * { SERVICE e:x { ?s ?p ?o } }",
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "SELECT * FROM\nNAMED <http://x> { ?s ?p ?o }",
    ],
)
def test_a_query_fetches_nothing(run, text):
    done = run("sparql", input=text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a query cannot say" in done.stderr


def test_names_that_look_like_keywords_are_names(run):
    text = 'PREFIX from: <http://f/> SELECT * { ?service from:service "FROM <x> SERVICE <y>" } # FROM <x>'
    assert run("sparql", input=text).returncode == 0


def test_a_byte_order_mark_is_no_mistake(run, tmp_path):
    file = tmp_path / "bom.ttl"
    file.write_bytes(b"\xef\xbb\xbf<http://a> <http://www.w3.org/2000/01/rdf-schema#label> 'B' .\r\n")
    assert run("describe", "B", "--data", file).returncode == 0
    (tmp_path / "bom.rq").write_bytes(b"\xef\xbb\xbfASK {}")
    assert run("sparql", tmp_path / "bom.rq").stdout == "true\n"
    assert run("sparql", "-", input="\ufeffASK {}").stdout == "true\n"


def test_what_cannot_be_read_from_standard_input_is_told():
    for before, arguments, said in (
        ("printf 'ASK { ?s ?p \"\\xff\" }' |", "sparql -", "standard input: cannot be read: it is not UTF-8"),
        ("", "sparql - <&-", "standard input is closed"),
        ("", "check-citations - <&-", "standard input is closed"),
    ):
        line = f"{before} {sys.executable} -m rejoinder {arguments}"
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr.splitlines()[0]) == (3, f"error: {said}")


def test_a_breakdown_of_the_engine_is_told(run, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nimport rejoinder.doors.python as p\np.Graph.sparql = lambda *_: os.abort()\n"
    )
    answer = tmp_path / "answer.csv"
    for command in (
        ["query", "open-answers"],
        ["query", "open-answers", "--cite"],
        ["why", "open-answers", "--row", "1"],
    ):
        before = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        done = run(*command, "-f", "json", "-o", answer, PYTHONPATH=before)
        assert (done.returncode, done.stdout, answer.exists()) == (4, "", False)
        assert done.stderr.startswith("error: the engine broke down over this query (SIGABRT); there is no answer\n")
        assert done.stderr.count("\n") == 2


@pytest.mark.parametrize("query", [CIRCLE, f"SELECT * {'{' * 3000} ?s ?p ?o {'}' * 3000}"], ids=["order", "nesting"])
def test_what_oxigraph_does_not_survive_is_told(run, query):
    """As long as it does not: 0.5.13 ends its process over both."""
    done = run("sparql", "-", input=query)
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert (done.returncode, done.stdout) == (4, "")
        assert "error: the engine broke down over this query (SIG" in done.stderr and "order by STR()" in done.stderr
    elif query == CIRCLE:
        assert done.stdout.count("\n") == 1002
    ordered = run("sparql", "-", input=CIRCLE.replace("ORDER BY ?v", "ORDER BY STR(?v)"))
    assert ordered.stdout.count("\n") == 1002


def test_a_function_that_is_not_known_is_told(run):
    done = run("sparql", "-", input="SELECT (<urn:f>(1) AS ?x) {}")
    assert done.returncode == 2 and "The custom function <urn:f> is not supported" in done.stderr


def test_closed_output_is_no_bug():
    done = subprocess.run(["bash", "-c", f"{sys.executable} -m rejoinder query critiques >&- 2>&-"], timeout=60)
    assert done.returncode == 0


def test_any_query(run, tmp_path):
    file = tmp_path / "q.rq"
    file.write_text("PREFIX rj: <https://w3id.org/rejoinder/ontology#>\nASK { ?x a rj:OpenAnswer }")
    assert run("sparql", file).stdout == "true\n"
    assert run("sparql", "-", input=file.read_text()).stdout == "true\n"
    constructed = run(
        "sparql",
        input="CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5",
    ).stdout
    assert len(list(ox.parse(constructed, format=ox.RdfFormat.TURTLE))) == 5


def test_show_prints_the_bound_text(run):
    shown = run("query", "open-answers", "-p", "model", "GPT-3", "--show").stdout
    assert "<https://w3id.org/rejoinder/id/model/gpt-3>" in shown and "?__model_iri" not in shown
    assert (
        run("sparql", "-f", "csv", input=shown).stdout
        == run("query", "open-answers", "-p", "model", "GPT-3", "-f", "csv").stdout
    )


def test_an_output_file_is_whole_or_not_there(run, tmp_path):
    file = tmp_path / "answers.csv"
    assert run("query", "open-answers", "-o", file).returncode == 0
    assert file.read_text() == run("query", "open-answers", "-f", "csv").stdout
    before = file.read_text()
    assert run("query", "no-such-query", "-o", file).returncode == 2
    assert file.read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["answers.csv"]


def test_export_check_tells_whether_a_file_is_the_graph(run, tmp_path):
    file = tmp_path / "graph.nt"
    assert run("export", "-o", file, "--check").returncode == 1
    assert not file.exists()
    run("export", "-o", file)
    assert run("export", "-o", file, "--check").returncode == 0
    file.write_text(file.read_text() + "<http://a> <http://b> <http://c> .\n")
    assert run("export", "-o", file, "--check").returncode == 1


def test_describe_shows_who_says_what(run):
    rows = json.loads(run("describe", "BLOOM", "-f", "json").stdout)
    said = {
        (int(row["value"]), row["status"], row["passage"].split("/")[-2])
        for row in rows
        if row["property"].endswith("parameterCount")
    }
    assert said == {
        (176000000, "rejected", "article"),
        (176000000000, "less exact", "primary-source"),
        (176247271424, "accepted", "verified-facts"),
    }
    # Dates that narrow each other, and a weak claim, which does not.
    rows = json.loads(run("describe", "release:dall-e-2-no-waitlist", "-f", "json").stdout)
    said = {(row["value"], row["status"]) for row in rows if row["property"].endswith("#date")}
    assert said == {("2022-09", "accepted"), ("2022-09-28", "weak"), ("[2022-08-01..2022-10-14]", "less exact")}


@pytest.mark.parametrize("name", ["article:06-gpt-2-announced", "ruling:bloom-date", "editor:gpt-neo-answers-gpt-3"])
def test_describe_shows_what_a_passage_says(run, name):
    rows = json.loads(run("describe", name, "-f", "json").stdout)
    assert rows[0]["property"].endswith("#type")
    assert any(row["property"].endswith(("#reason", "#textDigest")) for row in rows)


def test_infer_prints_what_follows(run):
    text = run("infer").stdout
    triples = {str(quad) for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)}
    assert any("release/opengpt-2" in t and "OpenAnswer" in t for t in triples)


def test_queries_lists_and_explains(run):
    listed = run("queries").stdout.splitlines()
    assert len(listed) >= 21
    explained = run("queries", "open-answers").stdout
    assert "lagFrom" in explained and "since  xsd_date, optional" in explained
    assert {one["name"] for one in json.loads(run("queries", "-f", "json").stdout)} == {
        line.split()[0] for line in listed
    }


def test_info(run, tmp_path):
    text = run("info").stdout
    assert text.startswith(f"rejoinder {__version__}\n")
    assert "15, 0 without a ruling" in text
    assert os.environ["REJOINDER_CACHE_DIR"] in text


def test_no_bundled_data(run, mine):
    path = mine('model:x a rj:Model ; rdfs:label "X"@en .')
    rows = json.loads(run("describe", "X", "--data", path, "--no-bundled-data", "-f", "json").stdout)
    assert {row["value"] for row in rows} >= {"X"}
    empty = run("query", "open-answers", "--no-bundled-data")
    assert (empty.returncode, empty.stderr) == (0, "no rows\n")


def test_a_dispute_of_the_users_own_is_said_and_left_out(run, mine):
    path = mine("model:gpt-3 rj:parameterCount 175000000001 .")
    done = run("query", "parameter-growth", "--data", path, "-f", "csv")
    assert done.returncode == 0
    assert "no ruling on 1 dispute" in done.stderr
    assert "GPT-3," not in done.stdout


def test_an_inconsistent_graph_is_refused(run, mine):
    path = mine("model:gpt-3 a rj:License .")
    done = run("query", "open-answers", "--data", path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "the graph contradicts itself: model:gpt-3 is both of rj:" in done.stderr
    assert "rejoinder validate" in done.stderr


def test_a_broken_file_of_the_users_own_is_told_with_its_place(run, mine):
    done = run("query", "open-answers", "--data", mine("model:x a rj:Model\nmodel:y a rj:Model ."))
    assert done.returncode == 3
    assert ".ttl:15:18: the statement that ends here has no '.' behind it" in done.stderr


def test_sources_verify_and_locate(run, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("One two three four five. Six seven.", encoding="utf-8")
    located = run("sources", "locate", "--text", text, "Six", "seven.").stdout
    assert "rj:startCharacter 25" in located and 'rj:firstWords "Six seven."' in located
    done = run("sources", "verify", "--text", text, "article")
    assert done.returncode == 1
    assert "text.txt: characters 0 to" in done.stdout
    assert "29 of 29 passages differ" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error():
    """As in `rejoinder export | head -1`."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "rejoinder", "export", "-f", "ntriples"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    writer.stdout.readline()
    writer.stdout.close()
    assert writer.wait(60) == 0
    assert writer.stderr.read() == b""
    writer.stderr.close()


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    environment = {**os.environ, "REJOINDER_CACHE_DIR": str(tmp_path / "cache")}
    running = subprocess.Popen(
        [sys.executable, "-m", "rejoinder", "export", "-o", str(tmp_path / "x.ttl")],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    time.sleep(0.4)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    if running.returncode != 0:  # it may have been faster than we
        assert running.returncode == 130, said
        assert "Traceback" not in said
        assert not (tmp_path / "x.ttl").exists()
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_query_that_takes_too_long_can_be_stopped(tmp_path, number, code):
    (tmp_path / "slow.rq").write_text("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    asking = subprocess.Popen(
        [sys.executable, "-m", "rejoinder", "sparql", tmp_path / "slow.rq"], stderr=subprocess.PIPE
    )
    children = Path(f"/proc/{asking.pid}/task/{asking.pid}/children")
    end = time.monotonic() + 30
    try:
        while not children.read_text():
            assert time.monotonic() < end, "it asks in its own process"
            time.sleep(0.05)
        (child,) = children.read_text().split()
        time.sleep(0.5)  # in which it comes to the engine, which hears nothing
        asking.send_signal(number)
        _, said = asking.communicate(timeout=30)  # until the child has closed it too
    finally:
        asking.kill()
    assert asking.returncode == code
    assert (b"interrupted" in said) == (code == 130)
    with suppress(FileNotFoundError, ProcessLookupError):
        assert "\nState:\tZ" in Path(f"/proc/{child}/status").read_text()


def test_a_bug_says_so(run, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import rejoinder.doors.python as p\np.Graph.sparql = None\n")
    done = run("query", "open-answers", PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert done.returncode == 70
    assert "this is a bug in rejoinder" in done.stderr
    assert done.stderr.count("\n") <= 3


def test_every_command_has_help(run):
    for command in (
        "queries",
        "query",
        "sparql",
        "describe",
        "why",
        "check-citations",
        "validate",
        "sources",
        "infer",
        "export",
        "load",
        "info",
    ):
        done = run(command, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"usage: rejoinder {command}")
    assert run("--version").stdout == f"rejoinder {__version__}\n"
