"""The explorer as files: no dead link, the same rows in the browser as here, nobody else asked, whole or not at all."""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyoxigraph as ox
import pytest
from conftest import HEAD, lacking
from test_pages import HOSTILE, SCRIPT, Reader

import rejoinder
from rejoinder.answers.binding import bind
from rejoinder.doors.web import site as writing
from rejoinder.doors.web.pages import Pages
from rejoinder.doors.web.pages.finding import Search
from rejoinder.doors.web.pages.names import Names
from rejoinder.doors.web.single_file import page as single_page
from rejoinder.doors.web.site import MARKER, write
from rejoinder.errors import StoreError, UsageError

pytestmark = pytest.mark.slow

#: All that the page with the engine loads may be this large on its way (bytes, packed).
MOST = 1_800_000
#: What the editor's page loads.
EDITOR = (
    "sparql-editor.html",
    "static/style.css",
    "static/editor.css",
    "static/icon.svg",
    "static/names.json",
    "static/graph.nq.gz",
    "static/built/static-editor.js",
    "static/built/sparql.js",
    "static/built/oxigraph.wasm.gz",
)


@pytest.fixture(scope="module", autouse=True)
def _scripts() -> None:
    if not (writing.STATIC / "built" / "sparql.js").is_file():
        lacking("the scripts are not built; get them by: pip install -e '.[test]' where npm can be reached")


@pytest.fixture(scope="module")
def site(graph, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "pages"
    write(graph, str(folder))
    return folder


@pytest.fixture
def small(mine) -> rejoinder.Graph:
    """A graph of one model."""
    data = mine('model:small a rj:Model ; rdfs:label "Small" ; rj:modality rj:text .')
    return rejoinder.open(str(data), bundled_data=False)


# The files.


def read(folder: Path) -> dict[str, Reader]:
    """Return all pages of a site by their files."""
    return {
        path.relative_to(folder).as_posix(): Reader(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }


def faults(folder: Path) -> dict[str, list[str]]:
    """Return what is wrong with the pages of a site, by their files."""
    pages = read(folder)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    ids = {name: {one.get("id") for _, one in page.elements} for name, page in pages.items()}
    found: dict[str, list[str]] = {}
    for name, page in pages.items():
        wrong = list(page.faults)
        for tag, attributes in page.elements:
            wrong += [f"{key} of <{tag}>" for key in attributes if key.startswith("on") or key == "style"]
            if tag in ("style", "iframe", "object", "embed", "base") or (tag == "script" and "src" not in attributes):
                wrong.append(f"<{tag}>")
            for key in ("href", "src", "action"):
                link = attributes.get(key)
                if link is None or (tag == "a" and re.match(r"https?://\S+$", link)):
                    continue
                parts = urlsplit(link)
                if parts.scheme or parts.netloc or parts.path.startswith("/"):
                    wrong.append(f"leads out: {link}")
                    continue
                target = (folder / name).parent / unquote(parts.path) if parts.path else folder / name
                to = target.resolve().relative_to(folder.resolve()).as_posix()
                if to not in names or (parts.fragment and unquote(parts.fragment) not in ids[to]):
                    wrong.append(f"leads nowhere: {link}")
        policies = [one for tag, one in page.elements if one.get("http-equiv") == "Content-Security-Policy"]
        if len(policies) != 1 or "default-src 'none'" not in (policies[0]["content"] or ""):
            wrong.append("no policy")
        if wrong:
            found[name] = wrong
    return found


def test_every_page_is_there_and_every_link_leads_somewhere(site, graph):
    pages = {path.strip("/") or "index" for path in Pages(graph).paths()}
    files = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {f"{page}.html" for page in pages} | {"sparql-editor.html"} <= files
    # Each row of each answer has its proof, and so has each statement that follows.
    rows = sum(graph.query(name).size for name in graph.queries)
    assert sum("/why/row=" in name for name in files) == rows > 300
    assert sum(name.startswith("why/") for name in files) > 500
    assert faults(site) == {}


def test_no_page_tells_of_a_mistake(site):
    wrong = [
        name for name, page in read(site).items() if re.search("was not understood|There is no such page", page.text)
    ]
    assert wrong == []


def test_pages_say_what_the_server_says(site, graph):
    pages = Pages(graph)
    for path in ("/", "/id/model/bloom", "/ontology", "/disputes"):
        ours = Reader((site / f"{path.strip('/') or 'index'}.html").read_text(encoding="utf-8"))
        assert ours.text == Reader(pages.render(path, {}).html).text
    assert (site / "queries" / "open-answers.csv").read_text(encoding="utf-8") == graph.query("open-answers").to_csv()


def test_the_page_with_the_engine_is_small(site):
    contents = [(site / name).read_bytes() for name in EDITOR]
    size = sum(len(one if one.startswith(b"\x1f\x8b") else gzip.compress(one)) for one in contents)
    assert size < MOST, f"{size:,} bytes"


def test_hostile_data_stay_text(tmp_path):
    (tmp_path / "mine.ttl").write_text(HEAD.replace("For a test.", f"Because {SCRIPT}") + HOSTILE, encoding="utf-8")
    write(rejoinder.open(str(tmp_path / "mine.ttl"), bundled_data=False), str(tmp_path / "site"))
    assert faults(tmp_path / "site") == {}
    names = [path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*")]
    assert len({name.casefold() for name in names}) == len(names)
    assert all(re.fullmatch(r"[\w./~=-]+", name, re.ASCII) for name in names)


# Whole or not at all.


def test_a_site_is_replaced_and_nothing_else_is(small, tmp_path):
    folder = tmp_path / "site"
    written = write(small, str(folder))
    before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert written.files == len(before) and written.bytes == sum(map(len, before.values()))
    write(small, str(folder))
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    (folder / "CNAME").write_text("example.org")
    with pytest.raises(UsageError, match="holds CNAME"):
        write(small, str(folder))
    assert (folder / MARKER).is_file() and {path.name for path in tmp_path.iterdir()} == {"site", "mine.ttl"}


@pytest.mark.parametrize("there", ["file", "folder"])
def test_what_others_keep_is_refused(small, tmp_path, there):
    place = tmp_path / "site"
    if there == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is a file|holds thesis\.txt"):
        write(small, str(place))
    assert (place if there == "file" else place / "thesis.txt").read_text() == "mine"


def test_an_empty_folder_is_taken(small, tmp_path):
    (tmp_path / "site").mkdir()
    write(small, str(tmp_path / "site"))
    assert (tmp_path / "site" / "index.html").is_file()


@pytest.mark.parametrize(
    "error, raised", [(OSError(28, "No space left on device"), StoreError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
@pytest.mark.parametrize("stage", ["writing", "putting in place"])
def test_a_failure_leaves_the_old_site(small, tmp_path, monkeypatch, error, raised, stage):
    folder = tmp_path / "site"
    write(small, str(folder))
    before = (folder / "index.html").read_bytes()
    rename = writing.os.rename

    def failing(*given: object) -> None:
        if stage == "putting in place" and Path(str(given[-1])) != folder:
            return rename(*given)
        if stage == "putting in place" and "-old-" in str(given[0]):  # back again
            return rename(*given)
        raise error

    if stage == "writing":
        monkeypatch.setattr(writing._Site, "_data", failing)
    else:
        monkeypatch.setattr(writing.os, "rename", failing)
    with pytest.raises(raised):
        write(small, str(folder))
    assert (folder / "index.html").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"site", "mine.ttl"}


def test_missing_scripts_are_told_with_the_cure(small, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "STATIC", tmp_path)
    with pytest.raises(StoreError, match=r"static-site\.js: is not there") as told:
        write(small, str(tmp_path / "site"))
    assert "npm" in told.value.cure and not (tmp_path / "site").exists()


def test_the_command_says_what_it_wrote(run, mine, tmp_path):
    data = mine('model:small a rj:Model ; rdfs:label "Small" ; rj:modality rj:text .')
    done = run("site", "-o", tmp_path / "site", "--no-bundled-data", "--data", data)
    assert done.returncode == 0 and done.stdout == "" and re.search(r"wrote \d+ files", done.stderr)
    assert run("site").returncode == 2


# In a browser.


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """Serve the files, within a folder of a host, and say where."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{site.name}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(browser, address) -> Iterator[Callable]:
    """A function that opens a page; afterwards, that nothing was blocked and nobody else was asked."""
    contexts, told, asked = [], [], []

    def visit(path: str, **settings: object):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert told == []
    assert [url for url in asked if not url.startswith(address)] == []


def ask(page, query: str) -> None:
    page.goto(f"{page.url.split('?')[0]}?query={quote(query)}")
    page.wait_for_selector("#answer > *")


#: Posts queries to a worker of the site, one after the other, and returns what it answers.
ALL = """async (queries) => {
  const worker = new Worker("static/built/sparql.js"), found = {};
  const at = (name) => new URL(name, location).href;
  worker.postMessage({ code: at("static/built/oxigraph.wasm.gz"), quads: at("static/graph.nq.gz") });
  for (const [name, query] of Object.entries(queries)) {
    found[name] = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (error) => reject(new Error(error.message));
      worker.postMessage(query);
    });
  }
  return found;
}"""


def plain(term: object) -> dict[str, str]:
    """Return a term as SPARQL 1.1 Query Results JSON has it."""
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    assert isinstance(term, ox.Literal)
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    return {"type": "literal", "value": term.value, "datatype": term.datatype.value}


def test_every_stored_query_has_the_same_rows_in_the_browser(opened, graph):
    texts = {name: bind(query, {}, graph.labels) for name, query in graph.queries.items()}
    found = opened("index.html").evaluate(ALL, texts)
    assert len(found) == len(graph.queries) > 20
    for name, text in texts.items():
        here = graph.engine.run(text)
        if isinstance(here, ox.QueryTriples):
            rows = [[plain(term) for term in triple] for triple in here]
            assert sorted(map(json.dumps, found[name]["rows"])) == sorted(map(json.dumps, rows)), name
        else:
            answer = json.loads(here.serialize(format=ox.QueryResultsFormat.JSON))
            columns = answer["head"]["vars"]
            assert found[name]["columns"] == columns
            assert found[name]["rows"] == [
                [row.get(one) for one in columns] for row in answer["results"]["bindings"]
            ], name


def test_the_editor_answers_in_the_browser(opened):
    page = opened("sparql-editor.html")
    assert page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") < 1500
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#answer table")
    assert re.match(r"4 rows, in \d+\.\d{3} seconds", page.inner_text("#answer"))
    page.get_by_role("link", name="EleutherAI").click()
    page.wait_for_url("**/id/organization/eleutherai.html")
    assert page.inner_text("h1") == "EleutherAI"


def test_a_stored_question_opens_in_the_editor(opened):
    page = opened("sparql-editor.html")
    page.get_by_text("Begin with a stored question").click()
    page.get_by_role("link", name="On what do sources contradict ").click()
    page.wait_for_selector("#answer table")
    assert page.locator("#answer tbody tr").count() > 30


def test_an_error_is_told_at_its_place(opened):
    page = opened("sparql-editor.html")
    ask(page, "SELECT * {\n  ?s ?p }")
    assert "in line 2, column 10" in page.inner_text("#answer")
    assert page.locator(".cm-lintRange-error, .cm-lintPoint-error").count() == 1


def test_a_cut_off_answer_says_so(opened):
    page = opened("sparql-editor.html")
    ask(page, "SELECT * { ?s ?p ?o }")
    assert page.inner_text("#answer").startswith("Cut off: the first 1,000 of ")
    assert page.locator("#answer tbody tr").count() == 1000
    ask(page, "ASK { ?s ?p ?o }")
    assert page.inner_text("#answer").startswith("Yes")
    ask(page, "SELECT ?s { ?s <urn:none> ?o }")
    assert "No rows" in page.inner_text("#answer")
    ask(page, "SELECT * { SERVICE <https://example.org/sparql> { ?s ?p ?o } }")
    assert "Not answered" in page.inner_text("#answer")


def test_a_breakdown_of_the_engine_is_told_and_the_next_query_answered(browser, address):
    page = browser.new_page()  # not as others are opened: the engine writes into the console why it ends
    page.goto(address + "sparql-editor.html")
    everything = "SELECT DISTINCT ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } ORDER BY %s"
    ask(page, everything % "?o")
    answered = ("Not answered. The engine broke down", "Cut off: the first 1,000 of ")  # the former by Oxigraph 0.5.13
    assert page.inner_text("#answer").startswith(answered)
    ask(page, everything % "STR(?o)")
    assert page.inner_text("#answer").startswith("Cut off: the first 1,000 of ")
    page.close()


def test_a_query_is_stopped_and_the_next_one_answered(opened):
    page = opened("sparql-editor.html")
    page.goto(f"{page.url}?query={quote('SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }')}")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("#said:has-text('stopped after')")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Backspace")
    page.keyboard.insert_text("ASK {}")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#answer strong")
    assert page.inner_text("#answer").startswith("Yes")


def test_what_a_query_makes_up_stays_text(opened):
    page = opened("sparql-editor.html")
    ask(
        page,
        'SELECT * { VALUES (?a ?b ?c) { ("<img src=x onerror=alert(1)>" <javascript:alert(2)> <data:text/html,x>) '
        '("\\u202Eab" <https://example.org/%22%3E%3Cscript%3E> "<script>alert(3)</script>") } }',
    )
    links = [one.get_attribute("href") for one in page.locator("#answer a").all()]
    assert links == ["https://example.org/%22%3E%3Cscript%3E"]
    assert page.locator("#answer img, #answer script").count() == 0
    assert "⟨U+202E⟩ab" in page.inner_text("#answer")


def test_a_form_asks_with_other_values(opened, graph):
    page = opened("queries/open-answers.html")
    page.get_by_label("Model").fill("GPT-3")
    page.get_by_label("Since").fill("2021-06-01")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#answer table")
    rows = graph.query("open-answers", model="GPT-3", since="2021-06-01").rows
    shown = [line.split("\t")[2] for line in page.inner_text("#answer tbody").splitlines()]
    assert shown == [row["answer"] for row in rows] and 0 < len(rows) < 3
    assert page.locator("#answer td a").first.get_attribute("href").endswith("/id/release/gpt-3-announcement.html")
    assert not page.get_by_text("7 rows").is_visible()
    for value in ("model:gpt-3", "<https://w3id.org/rejoinder/id/model/gpt-3>"):
        page.get_by_label("Model").fill(value)
        page.get_by_role("button", name="Ask").click()
        page.wait_for_selector("#answer table")
        assert page.locator("#answer tbody tr").count() == len(rows)
    # The address keeps what was asked.
    page.goto(page.url)
    page.wait_for_selector("#answer table")
    assert page.get_by_label("Model").input_value() == "<https://w3id.org/rejoinder/id/model/gpt-3>"
    assert page.locator("#answer tbody tr").count() == len(rows)
    page.get_by_label("Model").fill("GPT-33")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#answer .against")
    assert "nothing in the graph is called GPT-33" in page.inner_text("#answer")


def test_no_page_of_the_site_has_a_barrier_that_axe_knows(opened, axe):
    """The kinds of pages that scripts make something of; the others are those of the server."""
    page = opened("queries/open-answers.html")
    page.get_by_label("Model").fill("GPT-3")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#answer table")
    home = page.url.partition("queries/")[0]
    found = {}
    for path in ("", "search.html?q=license", "sparql-editor.html?query=" + quote("SELECT * { ?s ?p ?o } LIMIT 3")):
        if path:
            page.goto(home + path)
            page.wait_for_selector("#answer table" if "editor" in path else "main li a")
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        wrong = [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in result["violations"]]
        if wrong:
            found[path or "form"] = wrong
    assert found == {}


def test_a_form_suggests_what_the_server_suggests(opened):
    page = opened("queries/open-answers.html")
    page.fill("#field-model", "GPT3")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#answer .against")
    assert "nothing in the graph is called GPT3; did you mean GPT-3?" in page.inner_text("#answer")


def test_every_form_finds_what_the_server_finds(opened, graph):
    page = opened("queries.html")
    home = page.url.removesuffix("queries.html")
    asked = 0
    for name, query in graph.queries.items():
        given = {one.name: "GPT-2" for one in query.parameters if one.name == "model"}
        given |= {one.name: "text" for one in query.parameters if one.name == "modality"}
        if not given:
            continue
        page.goto(f"{home}queries/{name}.html")
        for field, value in given.items():
            page.fill(f"#field-{field}", value)
        page.get_by_role("button", name="Ask").click()
        page.wait_for_selector("#answer table")
        size = graph.query(name, **given).size
        assert page.inner_text("#answer p").startswith(f"{size:,} row"), name
        asked += 1
    assert asked >= 8


@pytest.mark.parametrize(
    "wanted, first",
    [
        ("GPT-3", "GPT-3"),
        ("stable diff", "Stable Diffusion"),
        ("thousand times too small", ""),
        ("elutherai", "EleutherAI"),
        ("GTP 3", "GPT-3"),
        ("GPT3", "GPT-3"),
        ("open ai", "OpenAI"),
        ("licenze", ""),
    ],
)
def test_search_finds_what_the_server_finds(opened, graph, wanted, first):
    page = opened("id/model/bloom.html")
    page.get_by_label("Search names and passages").fill(wanted)
    page.get_by_role("button", name="Search").click()
    page.wait_for_selector("main li a")
    found = [one.inner_text() for one in page.locator("main li a").all()]
    served = Search(graph, Names(graph, "/")).find(wanted)
    assert found[0].startswith(first) and len(found) <= 50
    links = [unquote(one.get_attribute("href").split("/pages/")[1]) for one in page.locator("main li a").all()]
    assert links == [link(hit.href) for hit in served.hits or served.near]
    if served.hits:
        assert f"{served.size} " in page.inner_text("main .quiet >> nth=0")
    page.locator("main li a").first.click()
    page.wait_for_selector("h1")


def link(path: str) -> str:
    page, mark, fragment = path.strip("/").partition("#")
    return f"{page}.html{mark}{fragment}"


def test_pages_can_be_read_without_scripts(opened):
    page = opened("index.html", java_script_enabled=False)
    page.get_by_role("link", name="proof of row 2").click()
    assert page.inner_text("h1") == "Why row 2 is there"
    page.get_by_role("link", name="Questions").click()
    page.get_by_role("link", name="Which closed releases were answered in the open").click()
    assert page.locator("tbody tr").count() == 7
    assert not page.get_by_role("button", name="Ask").is_visible()
    assert "needs JavaScript" in page.inner_text("main")
    page.get_by_label("Search names and passages").fill("GPT-3")
    page.get_by_role("button", name="Search").click()
    assert "needs JavaScript" in page.inner_text("main")
    page.get_by_role("link", name="SPARQL").click()
    assert "needs JavaScript" in page.inner_text("main")


def test_pages_can_be_read_from_a_disk(browser, site):
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="proof of row 2").click()
    assert page.inner_text("h1") == "Why row 2 is there"
    assert page.evaluate("document.styleSheets.length") == 1
    page.close()


# One file.


def test_one_file_answers_from_a_disk(browser, graph, tmp_path):
    (tmp_path / "rejoinder.html").write_text(single_page(graph), encoding="utf-8")
    context = browser.new_context(offline=True)
    page, told, asked = context.new_page(), [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "rejoinder.html").as_uri())
    assert "EleutherAI answered with GPT-Neo" in page.inner_text("main")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#answer table")
    assert page.inner_text("#answer").startswith("4 rows")
    # A thing leads to all statements on it, and so does one in an answer.
    page.get_by_role("link", name="EleutherAI").last.click()
    page.wait_for_selector("#answer td:has-text('has in its wake')")
    assert page.evaluate("document.querySelector('#asking').getBoundingClientRect().top") < 400  # it is in view
    page.get_by_role("link", name="open answers").click()
    page.wait_for_selector("#answer td:has-text('GPT-Neo published')")
    page.get_by_role("link", name="Editors of Rejoinder: gpt neo answers gpt 3").first.click()
    page.wait_for_selector("#answer td:has-text('open alternative to')")
    assert "proof" not in page.inner_text("main").lower()  # of which there is none in this file
    page.get_by_text("Begin with a stored question").click()
    page.get_by_role("link", name="On what do sources contradict").click()
    page.wait_for_selector("#answer td:has-text('a thousand times too small')")
    assert told == [] and {urlsplit(url).scheme for url in asked} == {"file", "blob"}
    context.close()


def test_one_file_is_sound_whatever_the_data_say(tmp_path, graph):
    (tmp_path / "mine.ttl").write_text(HEAD.replace("For a test.", f"Because {SCRIPT}") + HOSTILE, encoding="utf-8")
    for one in (graph, rejoinder.open(str(tmp_path / "mine.ttl"), bundled_data=False)):
        html = single_page(one)
        page = Reader(html)
        assert page.faults == []
        assert [tag for tag, _ in page.elements if tag in ("img", "link", "iframe", "nav", "base")].count("img") == 0
        assert [one.get("id") for one in page.all("script")] == [
            "names.json",
            "sparql.js",
            "oxigraph.wasm.gz",
            "graph.nq.gz",
            "licenses.txt",
            None,
        ]
        links = [one[key] for _, one in page.elements for key in ("href", "src", "action") if key in one]
        assert [link for link in links if not re.match(r"#|https?://\S+$", link)] == []
        assert len(gzip.compress(html.encode())) < MOST
