"""The explorer as a folder of files: every page that a link leads to, and a SPARQL engine for the browser."""

import gzip
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from rejoinder.doors.web.endpoint import EDITOR
from rejoinder.doors.web.pages import Pages
from rejoinder.doors.web.pages.editor import EXAMPLE, Editor
from rejoinder.doors.web.pages.finding import Search
from rejoinder.doors.web.pages.names import Names
from rejoinder.doors.web.twins import twin, vocabulary
from rejoinder.errors import StoreError, UsageError
from rejoinder.outputs.building import building
from rejoinder.sources.catalog import StoredQuery, tokens

if TYPE_CHECKING:
    from rejoinder.doors.python import Graph

__all__ = ["LICENSES", "MARKER", "STATIC", "Written", "known", "packed", "quads", "require_built", "write"]

#: The file that lists all files of a site, one a line: by it a site that may be replaced is known.
MARKER = ".rejoinder-site"

#: Where the files are that pages load.
STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("built/static-site.js", "built/static-editor.js", "built/sparql.js")
_ENGINE = "built/oxigraph.wasm"
#: The licenses of what is bundled, which ask to be kept with each copy.
LICENSES = ("built/LICENSES.txt", "built/oxigraph-license.txt")
# Nothing but our own files: no style or script in a page, and nobody else is asked. A page of files has no headers.
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'"
)
# Data cannot write such a thing: in them, quotation marks are written as references.
_LINK = re.compile(r'(?<= )(href|src|action)="(/[^"]*)"')
_CHARSET = '<meta charset="utf-8">\n'
_SEARCH, _END = "/search", "</main>"
_FORM = '<form class="parameters"'
_NEEDS_SCRIPT = (
    '<p class="quiet" id="unscripted">{} needs JavaScript, '
    "and pages that come from a web server, not from a disk.</p>\n"
)
# A path that every disk takes; only its last part may have an ending.
_PLAIN = re.compile(r"(?:[\w~-]{1,100}/)*[\w~-][\w.~=-]{0,99}", re.ASCII)
_SHORT = re.compile(r"[\w=.-]{1,60}", re.ASCII)
_PROOF = re.compile(r"/(?:queries/[^/]+/)?why")


class Written(NamedTuple):
    """How many files a site has, and their bytes together."""

    files: int
    bytes: int


def write(graph: "Graph", folder: str) -> Written:
    """Write the site of a graph into a folder, whole or not at all; a site that this has written is replaced.

    Raises UsageError for a folder that holds anything else, StoreError where it cannot be written, or where the
    scripts are lacking that answer queries in the browser.
    """
    require_built((*_SCRIPTS, _ENGINE, *LICENSES))
    folder = os.path.realpath(folder)
    _require_ours(folder)
    with building(folder, "nothing was changed there; is the disk full?") as new:
        written = _Site(graph, Path(new)).write()
        _replace(new, folder)
    return written


def require_built(names: Iterable[str]) -> None:
    """Raise StoreError where one of these files, which are built for the browser, is lacking."""
    missing = [name for name in names if not (STATIC / name).is_file()]
    if missing:
        raise StoreError(
            f"{STATIC / missing[0]}: is not there, and without it no query is answered in the browser",
            "it is built when rejoinder is installed where npm can be reached: pip install . in a checkout",
        )


def _require_ours(folder: str) -> None:
    """Raise UsageError for a folder with a file that no site of ours has."""
    if not os.path.lexists(folder):
        return
    if not os.path.isdir(folder):
        raise UsageError(f"{folder}: is a file", "give a new folder to -o")
    marker = Path(folder, MARKER)
    ours = {MARKER, *marker.read_text(encoding="utf-8", errors="replace").splitlines()} if marker.is_file() else set()
    for at, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(at, name).relative_to(folder)
            if path.as_posix() not in ours:
                raise UsageError(
                    f"{folder}: holds {path}, which is not of a site that this command wrote",
                    "give a new folder to -o, or take that file away",
                )


def _replace(building: str, folder: str) -> None:
    """Put a folder in the place of another, which comes back if that fails."""
    if not os.path.isdir(folder):
        os.rename(building, folder)
        return
    old = tempfile.mkdtemp(prefix=f".{os.path.basename(folder)}-old-", dir=os.path.dirname(folder))
    os.rename(folder, os.path.join(old, "site"))
    try:
        os.rename(building, folder)
    except BaseException:
        os.rename(os.path.join(old, "site"), folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


class _Site:
    """Writes all pages of a graph: those with a path of their own, and what these link to."""

    def __init__(self, graph: "Graph", folder: Path) -> None:
        self._graph, self._folder = graph, folder
        self._pages = Pages(graph)
        self._names = Names(graph, "/")
        self._known = {*self._pages.paths(), EDITOR}
        self._files: dict[str, str] = {}
        self._taken: set[str] = set()
        self._size: dict[str, int] = {}

    def write(self) -> Written:
        """Write everything, and last the list of it."""
        for name in (*_SCRIPTS, *LICENSES):
            self._file(f"/static/{name}")
        self._put(f"static/{_ENGINE}.gz", packed((STATIC / _ENGINE).read_bytes()))
        for link in sorted(self._known):
            self._file(link)
        done = 0
        while done < len(self._files):  # a page that is written finds more of them
            for link in list(self._files)[done:]:
                done += 1
                self._put(self._files[link], self._content(link))
        for name, content in self._data().items():
            self._put(f"static/{name}", content)
        self._put(MARKER, "".join(f"{name}\n" for name in sorted(self._size)).encode())
        return Written(len(self._size), sum(self._size.values()))

    def _put(self, name: str, content: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self._size[name] = len(content)

    def _content(self, link: str) -> bytes:
        """Return what stands at a link within the site."""
        parts = urlsplit(link)
        path, parameters = unquote(parts.path), dict(parse_qsl(parts.query))
        if path.startswith("/static/"):
            return (STATIC / path.removeprefix("/static/")).read_bytes()
        if path == EDITOR:
            text = self._placed(self._pages.editor(Editor(EXAMPLE), is_served=False), link)
        elif self._is_page(path):
            text = self._placed(self._pages.render(path, parameters).html, link)
        else:
            base, _, ending = path.rpartition(".")
            text = twin(self._graph, base, f".{ending}", parameters)
        return text.encode("utf-8", "replace")

    def _is_page(self, path: str) -> bool:
        return path in self._known or bool(_PROOF.fullmatch(path))

    def _placed(self, html: str, link: str) -> str:
        """Return a page with its links made relative, its policy, and its script where it has something to ask."""
        head = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        if _FORM in html or link == _SEARCH:
            head += '<script type="module" src="/static/built/static-site.js"></script>\n'
        if link == _SEARCH:
            html = html.replace(_END, _NEEDS_SCRIPT.format("Searching") + _END, 1)
        html = html.replace(_FORM, f"{_NEEDS_SCRIPT.format('Asking with other values')}{_FORM} hidden", 1)
        html = html.replace(_CHARSET, _CHARSET + head, 1)
        up = "../" * self._files[link].count("/")
        return _LINK.sub(lambda found: f'{found[1]}="{escape(up + self._relative(unescape(found[2])))}"', html)

    def _relative(self, link: str) -> str:
        """Return a link of the server's pages as a file of the site, which is written too, with its fragment."""
        target, mark, fragment = link.partition("#")
        if target.startswith(f"{EDITOR}?"):  # a script puts the query into the form
            return f"{self._file(EDITOR)}?{target.partition('?')[2]}"
        return quote(self._file(target), safe="/~=") + mark + fragment

    def _file(self, link: str) -> str:
        """Return the name of the file for a link, which is remembered, to be written."""
        if link not in self._files:
            name = self._name(link)
            # Some disks take upper and lower case for the same.
            if name.casefold() in self._taken:
                name = f"other/{_digest(link)}{Path(name).suffix}"
            self._taken.add(name.casefold())
            self._files[link] = name
        return self._files[link]

    def _name(self, link: str) -> str:
        path, _, query = link.partition("?")
        path = unquote(path)
        ending = ".html" if self._is_page(path) else ""
        stem = path.strip("/") or "index"
        if query:
            stem += f"/{query if _SHORT.fullmatch(query) else _digest(query)}"
        name = f"{stem}{ending}"
        return name if _PLAIN.fullmatch(name) else f"other/{_digest(link)}{Path(name).suffix}"

    def _data(self) -> dict[str, bytes]:
        """Return what the scripts read: the dataset, names, stored queries, and what is searched."""
        named, words = Search(self._graph, self._names).index
        hits = list(dict.fromkeys(hit for _, hit in (*named, *words)))
        place = {hit: number for number, hit in enumerate(hits)}
        index = {
            "hits": [[hit.name, self._link(hit.href), hit.kind, hit.words] for hit in hits],
            "names": [[name, place[hit]] for name, hit in named],
            "words": [[text, place[hit]] for text, hit in words],
        }
        return {
            "graph.nq.gz": quads(self._graph),
            "names.json": _json(known(self._graph, self._names, lambda iri: self._link(self._names.href(iri)))),
            "queries.json": _json({query.name: _asked(query) for query in self._graph.queries.values()}),
            "search.json": _json(index),
        }

    def _link(self, path: str) -> str:
        return self._relative(f"/{path.lstrip('/')}")


def quads(graph: "Graph") -> bytes:
    """Return what queries see of a graph, as sorted N-Quads (RDF 1.1 N-Quads) packed with gzip."""
    return packed("".join(sorted(f"{quad} .\n" for quad in graph.compiled.dataset)).encode())


def known(graph: "Graph", names: Names, link: Callable[[str], str]) -> dict[str, object]:
    """Return what the scripts know of a graph: prefixes, what may be completed, labels, and where IRIs lead to."""
    pages = {iri: [names.label(iri), link(iri)] for iri in (*names.things, *sorted(names.terms))}
    return {**vocabulary(graph), "labels": graph.labels(), "pages": pages}


def _asked(query: StoredQuery) -> Mapping[str, Any]:
    """Return a stored query in pieces of text and numbers of parameters, for a script that puts values into it."""
    number = {parameter.variable[1:]: place for place, parameter in enumerate(query.parameters)}
    pieces: list[str | int] = []
    for kind, piece in tokens(query.text):
        if kind == "variable" and piece[1:] in number:
            pieces.append(number[piece[1:]])
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return {"pieces": pieces, "parameters": [one._asdict() for one in query.parameters]}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def packed(content: bytes) -> bytes:
    """Return bytes packed with gzip, the same each time."""
    return gzip.compress(content, 9, mtime=0)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
