"""The pages of the explorer: what they say of the bundled graph, and what hostile data cannot do to them."""

import datetime as dt
import re
import time
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from conftest import HEAD

import rejoinder
from rejoinder.doors.web.pages import Pages
from rejoinder.doors.web.pages.timeline import Event, layout

VOID = set("area base br col embed hr img input link meta source track wbr".split())
#: Where the server answers, and not these pages.
SERVED = re.compile(r"^/(static/|sparql-editor$)|\.(ttl|jsonld)$|^/queries/[\w-]+\.[\w-]+$")


@pytest.fixture(scope="module")
def pages(graph) -> Pages:
    return Pages(graph)


class Reader(HTMLParser):
    """A page taken apart: its elements with their attributes, its text, and what is not nested rightly."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()
        if self.open:
            self.faults.append(f"not closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            self.faults.append(f"twice: {names}")
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("a", "bdi", "span", "strong", "em"):
            self.words.append(" ")
        begun = self.get_starttag_text() or ""
        if tag in VOID or (begun.startswith(f"<{tag}") and begun.endswith("/>")):
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def text_of(pages: Pages, path: str, **parameters: str) -> str:
    page = pages.render(path, parameters)
    assert page.status == 200
    return Reader(page.html).text


# What the pages say.


def test_the_start_page_tells_who_answered_gpt_3(pages):
    text = text_of(pages, "/")
    assert "GPT-3 was announced by OpenAI on 28 May 2020 and kept back." in text
    assert "EleutherAI answered with GPT-Neo, open to everybody, after 297 days, on 21 March 2021." in text
    assert (
        "See also all answers to GPT-3." in text
        and "gpt neo answers gpt 3 (their conclusion), based on Open source" in text
    )
    html = pages.render("/", {}).html
    # The article's own sentence, by its first words.
    assert "#:~:text=EleutherAI%2C%20which%20published%20its" in html
    assert 'href="/source/editor/gpt-neo-answers-gpt-3"' in html


def test_the_timeline_shows_the_same_pairs_as_the_query(pages, graph):
    html = pages.render("/", {}).html
    rows = graph.query("open-answers").rows
    marks = {attributes["href"] for attributes in Reader(html[: html.index("</svg>\n</div>")]).all("a")}
    for row in rows:
        for iri in (row["closedIri"], row["answerIri"]):
            assert f"/id/{iri.split('/id/')[1]}" in marks
    assert html.count('class="arrow"') == len(rows) == 7
    for words in ("189 days", "734 to 763 days", "775 days", "138 days", "12 days", "3 days"):
        assert f"after {words}" in html


def test_a_model_shows_what_sources_contradict_each_other_on(pages):
    text = text_of(pages, "/id/model/bloom")
    for value in ("176,247,271,424 accepted", "176,000,000 rejected", "176,000,000,000 less exact"):
        assert value in text
    assert "a thousand times too small" in text
    assert "GPT-3" in text


def test_a_model_shows_by_whom_and_when_it_was_answered(pages):
    text = text_of(pages, "/id/model/gpt-3")
    assert "GPT-Neo published open EleutherAI 21 March 2021 297 days who says so" in text
    assert "BLOOM published open BigScience workshop 12 July 2022 775 days who says so" in text


def test_the_questions_of_who_answered_whom_come_first(pages, graph):
    html = pages.render("/queries", {}).html
    names = re.findall(r'<li><a href="/queries/([\w-]+)">', html)
    story = ["response" in graph.queries[name].tags for name in names]
    assert sorted(names) == sorted(graph.queries) and any(story) and story == sorted(story, reverse=True)


def test_a_model_shows_its_stages_and_terms(pages):
    text = text_of(pages, "/id/model/gpt-2")
    assert "14 February 2019 GPT-2 announced, small model public OpenAI reduced version closed everybody" in text
    assert "5 November 2019 Complete GPT-2 published OpenAI open download open everybody MIT License" in text
    assert re.search(
        "MIT License permissive commercialize, distribute, modify, reproduce, use include the notice", text
    )


def test_a_derived_statement_leads_to_its_proof(pages):
    html = pages.render("/id/model/gpt-3", {}).html
    links = [one["href"] for one in Reader(html).all("a") if "/why?" in (one["href"] or "")]
    assert len(links) > 10
    for link in links:
        assert pages.render("/why", dict(parse_qsl(urlsplit(link).query))).status == 200
    answered = next(link for link in links if "answeredBy" in link and "gpt-neo" in link)
    text = text_of(pages, "/why", **dict(parse_qsl(urlsplit(answered).query)))
    assert "'open alternative to' is a kind of 'responds to'" in text
    assert "Reason: Article and essay both name EleutherAI as OpenAI's open alternative" in text


def test_a_passage_shows_what_it_says(pages):
    text = text_of(pages, "/source/article/16-gpt-neo")
    assert "“EleutherAI, which published its … with 2,700 million parameters.”" in text
    assert "number of parameters 2,700,000,000" in text


def test_a_source_tells_its_passages_in_order(pages):
    text = text_of(pages, "/source/article")
    assert text == text_of(pages, "/id/source/article")
    places = [
        text.index(f"article:{name}") for name in ("06-gpt-2-announced", "12-opengpt-2", "18-bloom", "31-m1-macs")
    ]
    assert places == sorted(places)


def test_all_disputes_are_told_with_their_rulings(pages, graph):
    page = Reader(pages.render("/disputes", {}).html)
    disputes = {row["disputeIri"] for row in graph.query("disputes").rows}
    assert len(page.all("table")) == len(disputes) == 15
    assert page.text.count("The ruling:") == 15


def test_a_query_shows_its_rows_and_where_each_comes_from(pages, graph):
    page = Reader(pages.render("/queries/open-answers", {"model": "GPT-3"}).html)
    whys = [one["href"] for one in page.all("a") if "/why?" in (one["href"] or "")]
    assert [dict(parse_qsl(urlsplit(why).query)) for why in whys] == [
        {"model": "GPT-3", "row": str(n)} for n in (1, 2, 3)
    ]
    text = text_of(pages, "/queries/open-answers/why", model="GPT-3", row="1")
    assert "EleutherAI" in text and "editor:gpt-neo-answers-gpt-3" in text
    cited = pages.render("/queries/open-answers", {"model": "GPT-3", "cite": "1"}).html
    rows = graph.query("open-answers", model="GPT-3").rows
    for number, row in enumerate(rows, 1):
        shown = cited.split(f'<tr id="row-{number}">')[1].split("</tr>")[0]
        assert shown.count('href="#note-') == len(row.citations)


def test_a_form_offers_names_and_keeps_what_was_given(pages):
    page = Reader(
        pages.render("/queries/release-timeline", {"modality": "text", "since": "2021-01-01", "until": ""}).html
    )
    values = {one["name"]: one.get("value") for one in page.all("input")}
    assert values | {"q": ""} == {"q": "", "modality": "text", "since": "2021-01-01", "until": ""}
    assert {one["value"] for one in page.all("option")} == {"image", "speech", "text"}
    labelled = {one["for"] for one in page.all("label")}
    assert {one["id"] for one in page.all("input")} <= labelled


@pytest.mark.parametrize(
    "wanted, first",
    [
        ("GPT-3", "GPT-3"),
        ("bloom", "BLOOM"),
        ("stable diff", "Stable Diffusion"),
        ("What the licenses of a model permit, prohibit and require", "What the licenses of a model permit"),
        ("thousand times too small", "ruling:bloom-parameters"),
        ("elutherai", "EleutherAI"),
        ("open ai", "OpenAI"),
        ("GPT3", "GPT-3"),
    ],
)
def test_search_finds_the_best_first(pages, wanted, first):
    html = pages.render("/search", {"q": wanted}).html
    assert re.search(r'class="gallery"><li><a[^>]*><bdi>([^<]*)', html)[1].startswith(first)


def test_the_ontology_explains_each_of_its_terms(pages):
    page = Reader(pages.render("/ontology", {}).html)
    anchors = {one.get("id") for one in page.all("article")}
    assert {"Release", "respondsTo", "open", "openness", "odrl-use"} <= anchors
    assert "open answer rj:OpenAnswer An open release that answers a closed release." in page.text
    assert "is found by following responds to, announced in" in page.text


def test_the_health_page_tells_what_the_checks_found(pages, graph):
    page = Reader(pages.render("/health", {}).html)
    assert "The graph conforms to all its checks." in page.text
    assert len(page.all("tr")) - 1 == len(graph.validate().findings) > 0


def test_an_unknown_path_names_what_is_near(pages):
    page = pages.render("/id/model/gpt3", {})
    assert page.status == 404 and 'href="/id/model/gpt-3"' in page.html
    assert pages.render("/queries/open-answer", {}).status == 404
    assert pages.render("/id/source/../../etc/passwd", {}).status == 404


@pytest.mark.parametrize(
    "path, parameters, says",
    [
        ("/queries/open-answers", {"model": "GPT-33"}, "did you mean"),
        ("/queries/open-answers", {"since": "soon"}, "no date"),
        ("/queries/open-answers", {"<b>": "1"}, "unknown parameter"),
        ("/queries/open-answers/why", {"row": "8"}, "there is no row"),
        ("/queries/open-answers/why", {"row": "-1"}, "there is no row"),
        ("/queries", {"tag": "x"}, "no question has the tag"),
        ("/why", {}, "three parts"),
        ("/why", {"s": "GPT-3", "p": "modality", "o": "image"}, "does not hold"),
    ],
)
def test_a_parameter_that_does_not_fit_is_told_with_the_cure(pages, path, parameters, says):
    page = pages.render(path, parameters)
    assert page.status == 400 and says in Reader(page.html).text and "<b>" not in page.html


def test_every_thing_of_the_graph_has_a_page(pages, graph):
    paths = set(pages.paths())
    assert len(paths) == len(pages.paths()) > 300
    spoken_of = {
        row[0].value
        for row in graph.engine.run("SELECT DISTINCT ?thing WHERE { GRAPH ?passage { ?thing ?property ?value } }")
    }
    assert spoken_of <= {pages.iri(path) for path in paths}


def test_links_begin_with_the_root(graph):
    page = Reader(Pages(graph, "/graph/").render("/id/model/gpt-3", {}).html)
    links = [one["href"] for tag in ("a", "link") for one in page.all(tag)]
    assert links and all(link.startswith(("/graph/", "https://", "http://", "#")) for link in links)


def test_pages_are_the_same_each_time(graph):
    one, other = Pages(graph), Pages(rejoinder.open())
    for path in ("/", "/ontology", "/disputes", "/id/model/bloom", "/queries/open-answers"):
        assert one.render(path, {}) == other.render(path, {})


def test_pages_are_made_fast(pages):
    slow = {}
    for path in pages.paths():
        pages.render(path, {})
        begun = time.perf_counter()
        pages.render(path, {})
        slow[path] = time.perf_counter() - begun
    # A tenth of a second on a quiet machine; the tests' machine may be busy.
    assert {path: seconds for path, seconds in slow.items() if seconds > 0.4} == {}


# What holds of every page, with any data.


def faults(pages: Pages, path: str, parameters: dict[str, str] | None = None) -> list[str]:
    """Return what is wrong with a page."""
    page = pages.render(path, parameters or {})
    read = Reader(page.html)
    found = list(read.faults)
    for tag, attributes in read.elements:
        if tag in ("script", "style", "iframe", "object", "embed", "img", "base", "foreignobject"):
            found.append(f"<{tag}>")
        found += [f"{name} of <{tag}>" for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction", "xlink:href"):
            if name in attributes and not re.match(r"(https?://[^\s]+$|/(?!/)|#)", attributes[name] or ""):
                found.append(f"{name} is {attributes[name]}")
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    found += [f"twice: {one}" for one in {one for one in ids if ids.count(one) > 1}]
    found += [
        f"leads nowhere: {one['href']}"
        for one in read.all("a")
        if one["href"][:1] == "#" and unquote(one["href"][1:]) not in ids
    ]
    named = [one["aria-labelledby"] for _, one in read.elements if "aria-labelledby" in one]
    found += [f"no such name: {one}" for one in named if one not in ids]
    if len(read.all("table")) != len(read.all("caption")):
        found.append("a table without a caption")
    found += ["a header of no scope" for one in read.all("th") if one.get("scope") not in ("col", "row")]
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]", page.html):
        found.append("a control character")
    return found


def links(pages: Pages, path: str) -> set[str]:
    return {one["href"] for one in Reader(pages.render(path, {}).html).all("a") if (one["href"] or "").startswith("/")}


def check_all(pages: Pages) -> None:
    paths = pages.paths()
    wrong = {path: found for path in paths if (found := faults(pages, path))}
    assert wrong == {}
    known, anchors = set(paths), {}
    targets = {link for path in paths for link in links(pages, path)}
    # Proofs are many, so a tenth of them has to do.
    proofs = sorted(link for link in targets if "/why?" in link)
    for link in sorted(targets.difference(proofs) | {*proofs[::10]}):
        parts = urlsplit(link)
        path = unquote(parts.path)
        if SERVED.search(path):
            continue
        if parts.query:
            assert pages.render(path, dict(parse_qsl(parts.query))).status == 200, link
        else:
            assert path in known, link
        if parts.fragment:
            if path not in anchors:
                anchors[path] = {one.get("id") for _, one in Reader(pages.render(path, {}).html).elements}
            assert unquote(parts.fragment) in anchors[path], link


def test_every_page_is_sound_and_every_link_leads_somewhere(pages):
    check_all(pages)


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\\\"'><svg/onload=alert(3)>{{ 7*7 }}"
HOSTILE = f"""
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
model:evil a rj:Model ;
    rdfs:label "{SCRIPT}"@en ;
    skos:altLabel "\\u202Egnorw\\u0007\\u0085\\u2066" ;
    rdfs:comment "{SCRIPT}"@en , "{"x" * 100_000}"@en , "</bdi></td></table><h1>out" ;
    rj:modality rj:text ;
    rj:documentation <javascript:alert(1)> , <data:text/html,x> , <https://example.org/%22onclick=alert(1)> ;
    rdfs:seeAlso <vbscript:x> , <JavaScript:alert(4)> , <http://example.org/ok> ;
    rj:builtOn <https://example.org/things/1?a=b&c='d'> .
<https://example.org/things/1?a=b&c='d'> a rj:Model ; rdfs:label "\\u0000\\u001B[31m" ; rj:modality rj:text .
<https://w3id.org/rejoinder/id/model/../../../ontology> a rj:Model ; rdfs:label "up" ; rj:modality rj:text .
<https://w3id.org/rejoinder/id/model/a%2F%3Cb%3E> a rj:Model ; rdfs:label "{"y" * 100_000}" ; rj:modality rj:text .
<https://w3id.org/rejoinder/id/main> a rj:Model ; rdfs:label "content" ; rj:modality rj:text .
organization:evil a rj:Organization ; rdfs:label "</title><script>alert(5)</script>"@en .
release:evil a rj:Release ; rdfs:label "]]></svg><script>alert(6)</script>"@en ; rj:announces model:evil ;
    rj:date "2021-05"^^edtf:EDTF ; rj:accessMode rj:announced-only ; rj:releasedBy organization:evil .
release:good a rj:Release ; rdfs:label "javascript:alert(7)"@en ; rj:releases model:evil ; rj:respondsTo model:evil ;
    rj:date "2021-06-01"^^edtf:EDTF ; rj:accessMode rj:open-download ; rj:releasedBy organization:evil .
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Pages:
    path = tmp_path_factory.mktemp("hostile") / "mine.ttl"
    path.write_text(HEAD.replace("For a test.", f"Because {SCRIPT}") + HOSTILE, encoding="utf-8")
    return Pages(rejoinder.open(str(path)))


def test_hostile_data_stay_text(hostile):
    check_all(hostile)
    assert any(path.startswith("/id/other/") for path in hostile.paths())


@pytest.mark.parametrize("path", ["/search", "/queries/open-answers", "/queries", "/why", "/id/model/x"])
def test_hostile_parameters_stay_text(hostile, path):
    for value in (SCRIPT, "javascript:alert(1)", "\u202e\x00\x1b", "%00", "a" * 100_000, "<!--", "'\"><b>"):
        for name in ("q", "model", "since", "tag", "s", "cite", value[:50]):
            assert faults(hostile, path, {name: value}) == []
    assert faults(hostile, f"/{SCRIPT}") == []


def test_every_search_of_hostile_names_is_sound(hostile):
    for text in ("<script>", "evil", "alert", "xxx", "y", "javascript"):
        assert faults(hostile, "/search", {"q": text}) == []


# Answers drawn as bars.


def test_bars_are_as_long_as_the_numbers(pages, graph):
    page = Reader(pages.render("/queries/organizations", {}).html)
    widths = [float(one["width"]) for tag, one in page.elements if tag == "rect"]
    releases = [row["releases"] for row in graph.query("organizations").rows if row["releases"]]
    assert widths == [pytest.approx(max(widths) * number / max(releases), abs=0.1) for number in releases]


def test_a_logarithmic_scale_shows_the_least_too(pages, graph):
    """GPT-2 small has 124 million: one power of ten below is 10 million, so its bar is as long as 1.09 powers."""
    page = Reader(pages.render("/queries/parameter-growth", {}).html)
    widths = [float(one["width"]) for tag, one in page.elements if tag == "rect"]
    assert len(widths) == len(graph.query("parameter-growth").rows)
    assert widths[0] / max(widths) == pytest.approx(1.0934 / 4.2461, abs=0.001)


def boxes(page: Reader) -> dict[str, int]:
    """Count the boxes of a drawing by what they show."""
    return Counter(str(one.get("class")) for tag, one in page.elements if tag == "rect")


def test_arrows_lead_from_each_to_each(pages, graph):
    page = Reader(pages.render("/queries/who-answers-whom", {}).html)
    rows = graph.query("who-answers-whom").rows
    sides = {
        side: len({row[column] for row in rows}) for side, column in (("left", "answering"), ("right", "answered"))
    }
    assert boxes(page) == sides
    assert sum(tag == "path" and one.get("class") == "line" for tag, one in page.elements) == len(rows)


def test_a_proof_is_drawn_with_each_statement_and_passage(pages):
    """That GPT-Neo responds to GPT-3 follows from one statement, which one note of the editors makes."""
    page = Reader(pages.render("/why", {"s": "GPT-Neo published", "p": "responds to", "o": "GPT-3"}).html)
    assert boxes(page) == {"statement": 2, "passage": 1}
    assert sum(tag == "path" and one.get("class") == "line" for tag, one in page.elements) == 2


def test_a_timeline_has_each_row_with_a_date(pages, graph):
    page = Reader(pages.render("/queries/release-timeline", {}).html)
    marks = [one for tag, one in page.elements if tag == "rect" and str(one.get("class", "")).startswith("mark ")]
    rows = [row for row in graph.query("release-timeline").rows if row["earliest"] and row["latest"]]
    legend = 2  # a square, and a long one
    assert len(marks) == len(rows) + legend
    assert "GPT-Neo published, 21 March 2021, EleutherAI." in page.text
    assert '<svg class="timeline"' not in pages.render("/queries/open-answers", {}).html


def test_a_query_without_numbers_has_no_bars(pages):
    assert "<rect" not in pages.render("/queries/parameter-growth", {"modality": "rj:image"}).html
    assert "<rect" not in pages.render("/queries/disputes", {}).html


# The layout of the timeline.


def event(key: str, begin: str, end: str = "", of: str = "", name: str = "A name of some length") -> Event:
    first = dt.date.fromisoformat(begin)
    last = dt.date.fromisoformat(end) if end else first
    return Event(key, first, last, bool(of), "text", name, "after 100 days, Somebody", "", (of,) if of else ())


def test_no_label_of_the_timeline_meets_another():
    closed = [event(f"c{n}", f"2022-{n % 12 + 1:02d}-{n + 1:02d}") for n in range(20)]
    opened = [event(f"o{n}", f"2022-{n % 12 + 1:02d}-25", "2022-12-31", f"c{n}") for n in range(20)]
    chart = layout([*closed, *opened], ["text"])
    marks = chart.lanes[0].marks
    assert len(marks) == 40 and len(chart.lanes[0].arrows) == 20
    for row in {mark.y for mark in marks}:
        beside = sorted((mark for mark in marks if mark.y == row), key=lambda mark: mark.x)
        for one, other in pairwise(beside):
            assert one.right < other.x
    assert all(0 <= mark.x < mark.end < chart.width and mark.y < chart.height for mark in marks)
    assert all(mark.label < mark.right <= chart.width for mark in marks)


def test_an_empty_timeline_is_no_error():
    assert layout([], []).lanes == ()
