"""Every page of the explorer, by its path."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pyoxigraph as ox

import rejoinder
from rejoinder.doors.python import Graph
from rejoinder.doors.web.pages import texts
from rejoinder.doors.web.pages.asked import asked, why_row
from rejoinder.doors.web.pages.disputes import contradictions
from rejoinder.doors.web.pages.drawn import tree
from rejoinder.doors.web.pages.editor import Editor
from rejoinder.doors.web.pages.finding import Search
from rejoinder.doors.web.pages.names import Names, Thing
from rejoinder.doors.web.pages.proofs import step
from rejoinder.doors.web.pages.releases import Releases
from rejoinder.doors.web.pages.sources import passage, passages_of
from rejoinder.doors.web.pages.start import start, work
from rejoinder.doors.web.pages.thing import about
from rejoinder.doors.web.pages.vocabulary import ontology
from rejoinder.errors import UsageError
from rejoinder.vocabulary import PREFIXES, RDF_TYPE, compress

__all__ = ["Page", "Pages"]

_TEMPLATES = Path(__file__).parent.parent / "templates"


class Page(NamedTuple):
    """A page: the status of HTTP (RFC 9110, section 15), and its HTML."""

    status: int
    html: str


_COMMENT = ox.NamedNode(PREFIXES["rdfs"] + "comment")


class _Missing(Exception):
    """There is no such page."""


# The questions of who answered whom come first.
_STORY = "response"


class Pages:
    """The pages of a graph. What they share is gathered when it is first needed, and kept."""

    def __init__(self, graph: Graph, root: str = "/") -> None:
        """Make the pages of a graph; `root` stands before every link."""
        self._graph = graph
        self._names = Names(graph, root)
        self._releases = Releases(graph)
        self._search = Search(graph, self._names)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "names": self._names,
            "texts": texts,
            "work": work,
            "RDF_TYPE": RDF_TYPE,
            "version": rejoinder.__version__,
        }
        self._templates.filters |= {
            "cited": graph.citations.passage,
            "clean": texts.clean,
            "curie": lambda iri: texts.short(compress(iri)),
            "named": ox.NamedNode,
            "short": texts.short,
            "words": texts.spaced,
        }
        self._named: dict[str, Callable[[Mapping[str, str]], str]] = {
            "": self._start,
            "queries": self._queries,
            "sources": self._sources,
            "disputes": self._disputes,
            "ontology": self._ontology,
            "health": self._health,
            "search": self._found,
            "why": self._why,
        }

    def render(self, path: str, parameters: Mapping[str, str]) -> Page:
        """Return the page of a path; 404 with near names where there is none, 400 for parameters that do not fit."""
        try:
            return Page(200, self._page(_local(path), parameters))
        except _Missing:
            return Page(404, self._write("missing", path=path, near=self._near(path)))
        except UsageError as error:
            name = path.strip("/").removeprefix("queries/").removesuffix("/why")
            back = f"queries/{name}" if name in self._graph.queries else ""
            return Page(400, self._write("mistake", message=error.message, cure=error.cure, back=back))

    def editor(self, shown: Editor, *, is_served: bool = True) -> str:
        """Return the page of the SPARQL editor, whose answers come from a server, or else from its own script."""
        name = "editor.js" if is_served else "static-editor.js"
        script = name if (_TEMPLATES.parent / "static" / "built" / name).is_file() else ""
        queries = list(self._graph.queries.values())
        return self._write("editor", shown=shown, queries=queries, script=script, is_served=is_served)

    def paths(self) -> list[str]:
        """Return the path of every page that needs no parameters."""
        fixed = [f"/{name}" for name in self._named if name != "why"]
        return [
            *fixed,
            *(f"/queries/{name}" for name in self._graph.queries),
            *(f"/{path}" for path in self._names.by_path),
        ]

    def iri(self, path: str) -> str | None:
        """Return the IRI of the thing that a path is the page of, if it is one."""
        thing = self._names.by_path.get(_local(path))
        return thing.iri if thing else None

    def _page(self, path: str, parameters: Mapping[str, str]) -> str:
        if path in self._named:
            return self._named[path](parameters)
        if path in self._names.by_path:
            return self._thing(self._names.by_path[path])
        match path.split("/"):
            case ["queries", name] if name in self._graph.queries:
                shown = asked(name, parameters, self._graph, self._names)
                return self._write("query", shown=shown)
            case ["queries", name, "why"] if name in self._graph.queries:
                shown, proof = why_row(name, parameters, self._graph)
                return self._write("row", shown=shown, proof=proof, drawn=tree(proof.steps))
        raise _Missing

    def _write(self, template: str, **shown: Any) -> str:
        return self._templates.get_template(f"{template}.html").render(shown)

    def _near(self, path: str) -> list[tuple[str, str]]:
        """Return names and links of what is called nearly as a path that there is not."""
        known = {one.removeprefix("/id/"): one for one in self.paths()}
        wanted = path.strip("/").removeprefix("id/")[:200]
        last = {one.rsplit("/", 1)[-1]: one for one in known}
        close = get_close_matches(wanted, known, n=5, cutoff=0.6)
        close += [last[one] for one in get_close_matches(wanted.rsplit("/", 1)[-1], last, n=5, cutoff=0.7)]
        things = self._names.by_path
        paths = [known[one] for one in dict.fromkeys(close)]
        return [(things[path[1:]].label if path[1:] in things else path, self._names.at(path)) for path in paths]

    def _start(self, parameters: Mapping[str, str]) -> str:
        return self._write("start", shown=start(self._graph, self._names, self._releases))

    def _queries(self, parameters: Mapping[str, str]) -> str:
        tag = parameters.get("tag", "")
        tags = sorted({one for query in self._graph.queries.values() for one in query.tags})
        if tag and tag not in tags:
            raise UsageError(f"no question has the tag '{tag[:40]}'", f"known: {', '.join(tags)}")
        chosen = [query for query in self._graph.queries.values() if not tag or tag in query.tags]
        chosen.sort(key=lambda query: _STORY not in query.tags)
        return self._write("queries", queries=chosen, tags=tags, tag=tag)

    @cached_property
    def _passages(self) -> Mapping[str, list[str]]:
        return passages_of(self._graph)

    def _sources(self, parameters: Mapping[str, str]) -> str:
        citations = {source: self._graph.citations.passage(passages[0]) for source, passages in self._passages.items()}
        comments = {source: self._graph.citations.accepted(ox.NamedNode(source), _COMMENT) for source in self._passages}
        return self._write("sources", sources=self._passages, citations=citations, comments=comments)

    def _disputes(self, parameters: Mapping[str, str]) -> str:
        return self._write("disputes", disputes=list(contradictions(self._graph)))

    def _ontology(self, parameters: Mapping[str, str]) -> str:
        return self._write("ontology", sections=self._vocabulary)

    @cached_property
    def _vocabulary(self) -> Any:
        return ontology(self._graph, self._names)

    def _health(self, parameters: Mapping[str, str]) -> str:
        return self._write("health", report=self._report)

    @cached_property
    def _report(self) -> Any:
        return self._graph.validate()

    def _found(self, parameters: Mapping[str, str]) -> str:
        text = parameters.get("q", "")[:200].strip()
        return self._write("search", text=text, found=self._search.find(text))

    def _why(self, parameters: Mapping[str, str]) -> str:
        missing = [name for name in ("s", "p", "o") if not parameters.get(name, "").strip()]
        if missing:
            raise UsageError(
                f"a statement has three parts, and '{missing[0]}' is not given",
                "follow a link to a proof from the page of a thing",
            )
        found = self._graph.why(*(parameters[name].strip() for name in ("s", "p", "o")))
        proof = step(found.root, self._graph.citations)
        return self._write(
            "why", proof=proof, drawn=tree([proof]), citations=found.citations, is_complete=found.complete
        )

    def _thing(self, thing: Thing) -> str:
        if thing.iri in self._graph.compiled.manifest.passages:
            is_ruling = tuple(contradictions(self._graph, thing.iri))
            return self._write("passage", thing=thing, shown=passage(thing.iri, self._graph), disputes=is_ruling)
        shown = about(thing, self._graph, self._names, self._releases)
        passages = [passage(one, self._graph) for one in self._passages.get(thing.iri, ())]
        return self._write("thing", thing=thing, shown=shown, passages=passages, releases=self._releases.all)


def _local(path: str) -> str:
    """Return a path without the slashes around it; sources may be asked for among the other things."""
    plain = path.strip("/")
    return plain.removeprefix("id/") if plain.startswith("id/source/") else plain
