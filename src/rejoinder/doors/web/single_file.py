"""The start page and the SPARQL editor as one file, which answers queries when it is opened from a disk."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pyoxigraph as ox

from rejoinder.doors.asking import SAYS
from rejoinder.doors.web.endpoint import EDITOR
from rejoinder.doors.web.pages import Pages
from rejoinder.doors.web.pages.editor import EXAMPLE, Editor
from rejoinder.doors.web.pages.names import Names
from rejoinder.doors.web.site import LICENSES, STATIC, known, packed, quads, require_built

if TYPE_CHECKING:
    from rejoinder.doors.python import Graph

__all__ = ["page"]

_EDITOR, _WORKER, _ENGINE = "built/one-file.js", "built/sparql.js", "built/oxigraph.wasm"
# What a single page cannot lead to, and what needs other files.
_ELSEWHERE = re.compile(r'<nav aria-label="Pages">.*?</nav>|<form class="search".*?</form>|<link [^>]*>\n?', re.DOTALL)
_PROOF = re.compile(r' ?<a class="to-proof".*?</a>\.?', re.DOTALL)
_MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
_LINK = re.compile(r' (?:href|action)="(/[^"]*)"')
_UNLINKED = "a:not([href]) { color: inherit; }\n"
_CHARSET = '<meta charset="utf-8">\n'
_ABOUT = """\
SELECT ?subject ?property ?value WHERE {
  { BIND(%s AS ?subject) ?subject ?property ?value } UNION { BIND(%s AS ?value) ?subject ?property ?value }
} ORDER BY ?subject ?property STR(?value)
"""


def page(graph: "Graph") -> str:
    """Return the page, whole with engine and graph. Raises StoreError where the scripts are lacking.

    A link to a thing asks for all statements on it, one to a passage for what that says, and one to a stored question
    asks that. Links to other pages are not there.
    """
    require_built((_EDITOR, _WORKER, _ENGINE, *LICENSES))
    names, pages = Names(graph, "/"), Pages(graph)
    about = {names.href(iri): iri for iri in (*names.things, *names.terms)}

    def asking(iri: str) -> str:
        term = ox.NamedNode(iri)
        is_passage = iri in graph.compiled.manifest.passages
        return _link(SAYS.strip().replace("?_passage_iri", str(term)) if is_passage else _ABOUT % (term, term))

    def place(found: re.Match[str]) -> str:
        target = unescape(found[1])
        if target == EDITOR:
            return ' action="#"'
        if target.startswith(f"{EDITOR}?"):
            return f' href="#{escape(target.removeprefix(EDITOR))}"'
        asked = graph.queries.get(target.removeprefix("/queries/"))
        if asked:
            return f' href="{escape(_link(asked.text))}"'
        return f' href="{escape(asking(about[target]))}"' if target in about else ""

    editor = _MAIN.search(pages.editor(Editor(EXAMPLE), is_served=False))
    assert editor
    asked = editor[1].replace("h1>", "h2>").replace(", and pages that come from a web server, not from a disk", "")
    start = _PROOF.sub("", _ELSEWHERE.sub("", pages.render("/", {}).html))
    html = _LINK.sub(place, start.replace("</main>", f"{asked}</main>"))
    style = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("style.css", "editor.css")) + _UNLINKED
    script = (STATIC / _EDITOR).read_text(encoding="utf-8")
    files = {
        "names.json": json.dumps(known(graph, names, asking), ensure_ascii=False).replace("<", "\\u003c"),
        "sparql.js": (STATIC / _WORKER).read_text(encoding="utf-8"),
        "oxigraph.wasm.gz": b64encode(packed((STATIC / _ENGINE).read_bytes())).decode(),
        "graph.nq.gz": b64encode(quads(graph)).decode(),
        "licenses.txt": "\n\n".join((STATIC / name).read_text(encoding="utf-8") for name in LICENSES),
    }
    kept = "".join(f'<script type="text/plain" id="{name}">{text}</script>\n' for name, text in files.items())
    head = f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n<style>{style}</style>\n'
    return html.replace(_CHARSET, _CHARSET + head, 1).replace(
        "</body>", f'{kept}<script type="module">{script}</script>\n</body>', 1
    )


def _link(query: str) -> str:
    return f"#?{urlencode({'query': query})}"


def _policy(style: str, script: str) -> str:
    """Return a policy by which this style and this script count, and nothing is loaded (CSP 3, section 8.3)."""
    ours, its = (f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in (script, style))
    return (
        f"default-src 'none'; script-src {ours} 'wasm-unsafe-eval'; style-src {its}; img-src data:; worker-src blob:; "
        "form-action 'none'; base-uri 'none'"
    )
