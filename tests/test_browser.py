"""The explorer in a real browser: accessible by axe-core, on a phone, in light and dark, and by keyboard."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
import requests
from conftest import HEAD
from hostile import IRIS, TEXTS
from servers import serving_graph

from rejoinder.vocabulary import ID, PREFIXES, RDF_TYPE, rj

pytestmark = pytest.mark.slow

#: One page of each kind.
KINDS = [
    "/",
    "/id/model/gpt-3",
    "/id/model/bloom",
    "/id/license/mit",
    "/id/organization/openai",
    "/id/source/article",
    "/id/source/article/16-gpt-neo",
    "/id/ruling/bloom-parameters",
    "/queries",
    "/queries/open-answers?cite=1",
    "/queries/model-card",
    "/queries/release-timeline?modality=text&since=2020-01-01",
    "/queries/open-answers/why?row=2",
    "/why?s=GPT-Neo+published&p=responds+to&o=GPT-3",
    "/sources",
    "/disputes",
    "/ontology",
    "/health",
    "/search?q=gpt",
    "/search?q=elutherai",
    "/sparql-editor",
    "/sparql-editor?query=" + quote("SELECT * { ?s ?p ?o } LIMIT 3"),
    "/sparql-editor?query=" + quote("SELECT * { ?s ?p"),
    "/id/model/gpt3",
    "/queries/open-answers?since=soon",
]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Our own server, and where it is."""
    with serving_graph() as (url, _):
        yield url


@pytest.fixture
def opened(browser, site):
    """A function that opens a page; afterwards, that nothing was blocked and nobody else was asked."""
    contexts, told, asked = [], [], []

    def visit(path: str, width: int = 1280, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=False)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [text for text in told if "Failed to load resource" not in text] == []  # a page of 404 is such a one
    assert {url for url in asked if not url.startswith(site)} == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_that_axe_knows(opened, axe, scheme):
    page = opened("/", scheme=scheme)
    site = page.url.rstrip("/")
    found = {}
    for path in KINDS:
        page.goto(site + path)
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        wrong = [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in result["violations"]]
        if wrong:
            found[path] = wrong
    assert found == {}


def test_no_page_is_wider_than_a_phone(opened):
    page = opened("/", width=360)
    site = page.url.rstrip("/")
    wide = {}
    for path in KINDS:
        page.goto(site + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[path] = width
    assert wide == {}


def test_paper_holds_every_table(opened):
    """A4 with margins of 1 cm has 718 pixels of CSS in its width."""
    page = opened("/", width=718)
    page.emulate_media(media="print")
    site = page.url.rstrip("/")
    wide = {}
    for path in KINDS:
        page.goto(site + path)
        edges = page.evaluate(
            "[...document.querySelectorAll('table, svg')].map((one) => one.getBoundingClientRect().right)"
        )
        if max(edges, default=0) > 718:
            wide[path] = max(edges)
    assert wide == {}
    page.goto(site + "/queries/open-answers?model=GPT-3")
    assert "Asked for: model GPT-3." in page.inner_text("main")


def test_labels_of_the_timeline_do_not_meet(opened):
    """In the fonts that the browser has."""
    page = opened("/")
    boxes = page.evaluate(
        "[...document.querySelectorAll('.timeline text.name, .timeline text.line, .timeline text.lane')]"
        ".map(one => [one.getBoundingClientRect(), one.textContent])"
        ".map(([box, text]) => [box.left, box.top, box.right, box.bottom, text])"
    )
    right = page.evaluate("document.querySelector('.timeline').getBoundingClientRect().right")
    assert len(boxes) > 20
    meeting = [
        (one[4], other[4])
        for place, one in enumerate(boxes)
        for other in boxes[:place]
        # Boxes of text have leading above and below the letters.
        if one[0] < other[2] and other[0] < one[2] and one[1] + 3 < other[3] and other[1] + 3 < one[3]
    ]
    assert meeting == []
    assert [box[4] for box in boxes if box[2] > right] == []


def test_the_first_tab_leads_past_the_navigation(opened):
    page = opened("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_search_works_by_keyboard(opened):
    page = opened("/")
    page.focus("#search-text")
    page.keyboard.type("gpt-3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=gpt-3")
    assert page.inner_text("main li a").strip() == "GPT-3"


def test_a_mark_of_the_timeline_can_be_followed_by_keyboard(opened):
    page = opened("/")
    for _ in range(80):
        page.keyboard.press("Tab")
        if "GPT-Neo published" in (page.evaluate("document.activeElement.getAttribute('aria-label')") or ""):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement.querySelector('.target')).strokeWidth")
    assert outline == "3px"
    page.keyboard.press("Enter")
    page.wait_for_url("**/id/release/gpt-neo")
    assert page.inner_text("h1") == "GPT-Neo published"


def test_a_form_asks_and_keeps_its_values(opened):
    page = opened("/queries/open-answers")
    page.get_by_label("Model").fill("GPT-3")
    page.get_by_role("button", name="Ask").click()
    assert page.locator("tbody tr").count() == 3
    assert page.get_by_label("Model").input_value() == "GPT-3"


# The SPARQL editor, by its script.


def write(page, text: str) -> None:
    page.locator(".written .cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def said(page, words: str) -> None:
    """Wait until the editor says something."""
    page.wait_for_function("words => document.querySelector('#said').textContent.includes(words)", arg=words)


def test_a_query_is_asked_by_keyboard_and_its_address_leads_back(opened):
    page = opened("/sparql-editor")
    write(page, "SELECT (1 + 1 AS ?two) {}")
    page.keyboard.press("Control+Enter")
    said(page, "done")
    assert page.locator("#answer td").all_inner_texts() == ["2"]
    page.goto(page.url)
    assert page.locator("#answer td").all_inner_texts() == ["2"]
    assert page.locator("textarea").input_value() == "SELECT (1 + 1 AS ?two) {}"


def test_a_mistake_is_marked_where_it_is(opened):
    page = opened("/sparql-editor")
    write(page, "SELECT ?a\nWHERE } ?a ?b ?c")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector(".written .cm-lintPoint, .written .cm-lintRange-error", state="attached")
    assert "in line 2, column 7" in page.inner_text("#answer")
    assert "“}” does not fit here" in page.inner_text("#answer")


def test_a_term_is_completed_and_its_prefix_declared(opened):
    page = opened("/sparql-editor")
    write(page, "")
    page.keyboard.type("ASK { ?a rj:answeredB", delay=20)
    page.wait_for_selector(".written .cm-tooltip-autocomplete li[aria-selected]")
    page.wait_for_timeout(150)  # the editor takes no key for a moment after the list has come
    page.keyboard.press("Enter")
    page.keyboard.type(" ?b")
    page.keyboard.press("Control+Enter")
    said(page, "done")
    assert "Yes" in page.inner_text("#answer")
    assert page.url.count("PREFIX+rj") == 1


def test_a_long_query_can_be_stopped(opened):
    page = opened("/sparql-editor")
    write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("button", name="Stop").click()
    said(page, "stopped after")
    write(page, "ASK {}")
    page.keyboard.press("Control+Enter")
    said(page, "done")


def test_more_rows_than_are_shown_are_told(opened):
    page = opened("/sparql-editor")
    write(page, "SELECT * { ?s ?p ?o }")
    page.keyboard.press("Control+Enter")
    said(page, "done")
    assert "Cut off: the first 1,000 rows are shown, there are more." in page.inner_text("#answer")
    with page.expect_download() as download:
        page.get_by_role("link", name="csv").click()
    assert len(Path(download.value.path()).read_text().splitlines()) > 2_000


def test_the_editor_works_without_its_script(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/sparql-editor")
    page.get_by_label("Query").fill("SELECT ?a { BIND(<javascript:alert(1)> AS ?a) }")
    page.get_by_role("button", name="Ask").click()
    assert page.locator("#answer td").all_inner_texts() == ["javascript:alert(1)"]
    assert page.locator("#answer td a").count() == 0
    context.close()


# Hostile values.


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Iterator[str]:
    """A server of a graph in which each hostile value is the name of a model, and what is said of it."""
    label, note, other = (ox.NamedNode(PREFIXES[prefix] + name) for prefix, name in _SAID)
    quads = []
    for number, text in enumerate([*TEXTS, *IRIS]):
        model = ox.NamedNode(f"{ID}model/evil-{number}")
        quads += [ox.Triple(model, ox.NamedNode(RDF_TYPE), ox.NamedNode(rj("Model")))]
        quads += [ox.Triple(model, prop, ox.Literal(text)) for prop in (label, note)]
        quads += [ox.Triple(model, other, ox.NamedNode(iri)) for iri in IRIS]
    path = tmp_path_factory.mktemp("hostile") / "mine.ttl"
    path.write_text(HEAD + ox.serialize(quads, format=ox.RdfFormat.N_TRIPLES).decode(), encoding="utf-8")
    with serving_graph("--data", str(path)) as (url, _):
        yield url


#: The schemes of all that leads somewhere.
_LEADING = """
[...document.querySelectorAll("a, form")].map(one => one.getAttribute("href") ?? one.getAttribute("action"))
.filter(one => one !== null).map(one => new URL(one, location).protocol)
"""
_SAID = (("rdfs", "label"), ("rdfs", "comment"), ("rdfs", "seeAlso"))


def test_hostile_values_do_nothing_on_any_page(browser, hostile):
    told: list[str] = []
    asked: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    paths = [f"/id/model/evil-{number}" for number in range(len([*TEXTS, *IRIS]))]
    paths += ["/", "/queries/parameter-growth", "/sources", "/source/mine-01", "/search?q=script", "/health"]
    listing = f"SELECT ?s ?o {{ ?s <{PREFIXES['rdfs']}seeAlso>|<{PREFIXES['rdfs']}label> ?o }}"
    paths += ["/sparql-editor?query=" + quote(listing)]
    paths += [f"/search?q={quote(text[:500])}" for text in TEXTS[::4]]
    paths += ["/sparql-editor?query=" + quote(text[:500]) for text in TEXTS[::8]]
    for path in paths:
        page.goto(hostile + path)
        assert page.evaluate("typeof pwned") == "undefined", path
        leading = page.evaluate(_LEADING)
        assert set(leading) <= {"http:", "https:"}, path
        inner = page.evaluate(
            "document.querySelectorAll('main script, main iframe, main object, main embed, main style').length"
        )
        assert inner == 0, path
    context.close()
    assert [text for text in told if "Failed to load resource" not in text] == []
    assert [url for url in asked if not url.startswith(hostile)] == []


def test_hostile_values_stay_values_in_every_format(hostile):
    """What a program reads back is what was written, in each format."""
    query = f"SELECT ?text {{ ?model <{PREFIXES['rdfs']}comment> ?text FILTER(CONTAINS(STR(?model), '/evil-')) }}"
    wanted = sorted([*TEXTS, *IRIS])

    def answer(accept: str) -> requests.Response:
        return requests.get(f"{hostile}/sparql", params={"query": query}, headers={"Accept": accept}, timeout=30)

    for media, kind in (("application/sparql-results+json", "JSON"), ("text/tab-separated-values", "TSV")):
        found = ox.parse_query_results(answer(media).content, getattr(ox.QueryResultsFormat, kind))
        assert sorted(row["text"].value for row in found) == wanted
    csv.field_size_limit(1_000_000)
    rows = list(csv.reader(io.StringIO(answer("text/csv").content.decode(), newline="")))
    assert sorted(row[0] for row in rows[1:]) == wanted
    for number, text in enumerate(TEXTS):
        turtle = requests.get(f"{hostile}/id/model/evil-{number}.ttl", timeout=30)
        said = {quad.object.value for quad in ox.parse(turtle.content, format=ox.RdfFormat.TURTLE)}
        assert text in said
        assert turtle.headers["X-Content-Type-Options"] == "nosniff"
