"""The graph as a Python object, with the same nouns as the command line."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache as cache_once
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from rejoinder.answers import answer
from rejoinder.answers.binding import bind, to_iri
from rejoinder.answers.engines import Embedded, Endpoint, Engine, refuse_foreign_data
from rejoinder.doors.asking import DESCRIBE, LABELS, SAYS
from rejoinder.errors import InputError, UsageError
from rejoinder.graph import cache
from rejoinder.graph.compiled import Compiled
from rejoinder.sources import files
from rejoinder.sources.catalog import StoredQuery, lookup
from rejoinder.stores import is_address
from rejoinder.vocabulary import RDF_TYPE, VALIDATED, compress, expand

if TYPE_CHECKING:  # what only some calls need is imported by them
    import pandas

    from rejoinder.answers.citations import Citations
    from rejoinder.answers.rows import Rows
    from rejoinder.answers.why import Explanation
    from rejoinder.checks.findings import Report
    from rejoinder.graph.proofs import Proofs
    from rejoinder.outputs.load import Loaded, Watch
    from rejoinder.stores.server import Server

__all__ = ["Answer", "Graph", "open", "unload"]


def open(
    *data: str,
    bundled_data: bool = True,
    endpoint: str | None = None,
    timeout: float = 60.0,
    store: str | None = None,
) -> "Graph":
    """Open the bundled graph, with the user's own Turtle files or folders added to it.

    With `endpoint`, queries run on that server, which the graph must have been loaded into, each within `timeout`
    seconds; `store` names its kind, where that cannot be told. Raises InputError for a file that cannot be used, and
    for statements that contradict the ontology.
    """
    graph = Graph(files.find(tuple(data), bundled_data=bundled_data), endpoint, timeout, store=store)
    if not endpoint:
        graph.require_consistent()
    return graph


def unload(
    target: "str | os.PathLike[str] | Server",
    *,
    store: str | None = None,
    dry_run: bool = False,
    patience: float = 60.0,
) -> "Loaded":
    """Take what was loaded out of a folder or a server again; what others keep there stays. See `Graph.load`."""
    target = os.fspath(target) if isinstance(target, os.PathLike) else target
    if isinstance(target, str) and not is_address(target):
        from rejoinder.outputs.load_folder import out_of_folder

        return out_of_folder(target, dry_run=dry_run)
    from rejoinder.outputs.load_server import out_of_server

    return out_of_server(_connected(target, store, 60.0), dry_run=dry_run, patience=patience)


def _connected(target: Any, store: str | None, timeout: float) -> "Server":
    from rejoinder.stores.connect import connect

    server: Server = connect(target, store, timeout) if isinstance(target, str) else target
    return server


class Answer(answer.Answer):
    """The answer to a query, which can write itself in the formats of the command line's -f."""

    __slots__ = ()

    def to_text(self, format: str = "table") -> str:
        """Return the answer as text. Raises UsageError for a format that does not fit rows, or a graph."""
        from rejoinder.outputs.tables import write

        return write(self, format)

    def to_csv(self) -> str:
        """Return SPARQL 1.1 Query Results CSV."""
        return self.to_text("csv")

    def __str__(self) -> str:
        """Show the answer as a table, or a graph as Turtle."""
        return self.to_text()

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame with the columns of the answer. Needs pandas: pip install 'rejoinder[pandas]'."""
        try:
            import pandas
        except ImportError:
            raise UsageError("pandas is not installed", "install it: pip install 'rejoinder[pandas]'") from None
        return pandas.DataFrame([dict(row) for row in self.rows], columns=list(self.columns))


class Graph:
    """The graph of some inputs: compiled when it is first asked, and kept in the cache."""

    def __init__(
        self,
        inputs: files.Inputs,
        endpoint: str | None = None,
        timeout: float = 60.0,
        notify: Callable[[str], None] | None = None,
        store: str | None = None,
    ) -> None:
        self.inputs = inputs
        self._store = store
        self._notify = notify
        self._endpoint = endpoint
        self._timeout = timeout

    @cached_property
    def compiled(self) -> Compiled:
        """The compiled store and its manifest."""
        return cache.open_graph(self.inputs, self._notify)

    @cached_property
    def engine(self) -> Engine:
        """What queries run on."""
        return Endpoint(self._endpoint, self._timeout, self._store) if self._endpoint else Embedded(self.compiled)

    @property
    def queries(self) -> Mapping[str, StoredQuery]:
        """The stored queries by name."""
        return self.compiled.manifest.queries

    def require_consistent(self) -> None:
        """Raise InputError where the graph contradicts the ontology: then anything would follow from it."""
        conflicts = self.compiled.manifest.inconsistencies
        if conflicts:
            from rejoinder.checks.validate import explain

            more = f" (and {len(conflicts) - 1} more)" if len(conflicts) > 1 else ""
            raise InputError(
                f"the graph contradicts itself: {explain(conflicts[0].says)}{more}",
                "see all with file and line: rejoinder validate, with the same --data",
            )

    def bound(self, name: str, parameters: Mapping[str, object]) -> str:
        """Return the SPARQL text of a stored query with its parameters bound."""
        return bind(lookup(dict(self.queries), name), parameters, self.labels)

    def query(self, name: str, **parameters: object) -> Answer:
        """Run a stored query. Raises UsageError for a wrong name or value, StoreError for a failed engine."""
        return self.sparql(self.bound(name, parameters))

    def sparql(self, text: str) -> Answer:
        """Run a SPARQL 1.1 query on accepted + inferred + ontology; its named graphs are the passages.

        Oxigraph ends the whole process where an ORDER BY compares numbers with texts, or a query is nested by
        thousands; the command line and `rejoinder serve` run queries of strangers in processes of their own.
        """
        refuse_foreign_data(text)
        found = Answer.of(self.engine.run(text), text)
        cited = cache_once(lambda: self.cite(found))
        for number, row in enumerate(found.rows):
            row.explain = partial(lambda number: cited().because(number), number)
        return found

    def cite(self, answer: answer.Answer, only: int | None = None) -> "Rows":
        """Return what the rows of an answer rest on: see `rejoinder.answers.rows`; of one row only where that is given.

        The work is done on the compiled graph, wherever the answer came from. Raises UsageError for a query with
        something that answers cannot be cited with, and for an answer from a store that holds another graph.
        """
        from rejoinder.answers.rows import Rows

        self._require_same()
        return Rows(answer.text, answer, self.compiled, self._proofs, self.citations, only)

    def _require_same(self) -> None:
        """Raise UsageError where the engine holds another graph than the one that proofs are made on."""
        there = self.engine
        if not isinstance(there, Endpoint):
            return
        from rejoinder.outputs.chunks import contents_of
        from rejoinder.outputs.ledger import version_of
        from rejoinder.outputs.load import graphs_of

        if there.version != version_of(contents_of(self.compiled.store, graphs_of(self.compiled))):
            raise UsageError(
                f"{there.url}: holds another graph than the files here, from which its rows cannot be cited",
                "name the files that were loaded there, with --data; or load these: rejoinder load URL",
            )

    def without(self, source: str) -> "Graph":
        """Return the graph as if a source did not exist. See `rejoinder.graph.without`."""
        from rejoinder.graph.without import leave_out

        if self._endpoint:
            raise UsageError("a server holds the graph with all its sources", "leave the endpoint out")
        return Graph(leave_out(self.inputs, self.compiled, source), notify=self._notify)

    def describe(self, term: str) -> Answer:
        """Return all statements on one thing, with the passages that make each, or all that one passage says."""
        iri = self.iri(term)
        if iri in self.compiled.manifest.passages:
            return Answer.of(self.engine.run(SAYS.replace("?_passage_iri", str(ox.NamedNode(iri)))))
        found = Answer.of(self.engine.run(DESCRIBE.replace("?_thing_iri", str(ox.NamedNode(iri)))))
        if not found.rows:
            raise UsageError(
                f"nothing in the graph is called '{term}'", "see: rejoinder query organizations, or release-timeline"
            )
        return found

    def why(self, subject: str, predicate: str, value: str) -> "Explanation":
        """Return why a statement holds: its proof, down to the passages.

        Each term is an IRI, a CURIE or an exact label, and the predicate may be "a"; a value may also be the text of
        a literal. Raises UsageError for a statement that does not hold, saying who claims it or what holds instead,
        and where a store holds another graph than the files that proofs are made from.
        """
        from rejoinder.answers.why import explain

        self._require_same()
        about = ox.NamedNode(self.iri(subject))
        prop = ox.NamedNode(self._property(predicate))
        known = [*self.citations.holding(about, prop), *self.citations.claims(about, prop)]
        same = [term for term in known if isinstance(term, ox.Literal) and term.value == value]
        term = same[0] if same else ox.NamedNode(self.iri(value)) if self._is_name(value) else ox.Literal(value)
        return explain((about, prop, term), self._proofs, self.citations)

    @cached_property
    def _proofs(self) -> "Proofs":
        from rejoinder.graph.proofs import Proofs

        return Proofs(self.compiled, cache.rules_of(self.compiled))

    @cached_property
    def citations(self) -> "Citations":
        """The passages of the graph, asked who says what."""
        from rejoinder.answers.citations import Citations

        return Citations(self.compiled)

    def _property(self, name: str) -> str:
        if name in ("a", "rdf:type", RDF_TYPE):
            return RDF_TYPE
        # A class may bear the same label, such as modality.
        store = self.compiled.store
        named = [
            iri for iri in self.labels().get(name, []) if any(store.quads_for_pattern(None, ox.NamedNode(iri), None))
        ]
        return named[0] if len(named) == 1 else self.iri(name)

    def _is_name(self, text: str) -> bool:
        return bool(expand(text)) or text in self.labels() or "://" in text

    def iri(self, name: str) -> str:
        """Return the IRI that a name means: an IRI, a CURIE or an exact label."""
        return to_iri(name, self.labels)

    @cached_property
    def labels(self) -> Callable[[], Mapping[str, list[str]]]:
        """A function that returns label -> IRIs, asked only where a name is looked up."""
        found: dict[str, list[str]] = {}

        def index() -> Mapping[str, list[str]]:
            if not found:
                for row in self.engine.run(LABELS):
                    found.setdefault(row["label"].value, []).append(row["thing"].value)
                for passage in self.compiled.manifest.passages:  # which have no other name
                    found.setdefault(compress(passage), []).append(passage)
            return found

        return index

    def validate(self, *, by_reference: bool = False) -> "Report":
        """Run all checks, or with an endpoint those of the shapes there. See `rejoinder.checks.validate`.

        `by_reference` checks the shapes by pySHACL, which takes longer.
        """
        from rejoinder.checks.validate import validate, validate_there

        if self._endpoint:
            there = Endpoint(self._endpoint, self._timeout, self._store)
            if not there.server.profile.validates:
                raise UsageError(
                    f"{there.server.profile.title} gives wrong answers to what shapes ask",
                    "validate without --endpoint: the graph is checked here",
                )
            return validate_there(self.inputs, partial(there.run, default=VALIDATED), self._endpoint)
        if self._notify:
            self._notify(f"checking {len(self.inputs.data)} data files …")
        return validate(self.inputs, by_reference=by_reference)

    def export(self, format: str = "turtle", include: Iterable[str] | None = None) -> str:
        """Return layers of the graph as text. See `rejoinder.outputs.rdf.export` for formats and layers."""
        from rejoinder.outputs import rdf

        layers = tuple(include) if include is not None else rdf.DEFAULT_LAYERS
        for name, known in ((format, rdf.FORMATS), *((layer, rdf.LAYER_NAMES) for layer in layers)):
            if name not in known:
                raise UsageError(f"there is no '{name}' to export", f"known: {', '.join(known)}")
        context = self.inputs.ontology_file("context.jsonld").content
        return rdf.export(self.compiled, format, layers, context=context).decode()

    def load(
        self,
        target: "str | os.PathLike[str] | Server",
        *,
        store: str | None = None,
        replace: bool = False,
        verified: bool = False,
        dry_run: bool = False,
        progress: "Watch" = lambda now: None,
        patience: float = 60.0,
    ) -> "Loaded":
        """Load the graph into the folder of an Oxigraph store or, by http(s) URL, into a server.

        See `rejoinder.outputs.load_folder` and `load_server`. `store` names what kind of server it is, where that
        cannot be told (see `rejoinder.stores.profiles`). `verified` has what is in a server already read back, and not
        only counted; in a folder it always is. `patience` is for how many seconds a load that has begun tries
        again while no answer comes.
        """
        self.require_consistent()
        target = os.fspath(target) if isinstance(target, os.PathLike) else target
        if isinstance(target, str) and not is_address(target):
            from rejoinder.outputs.load_folder import into_folder

            return into_folder(self.compiled, target, replace=replace, dry_run=dry_run, progress=progress)
        from rejoinder.outputs.load_server import into_server

        server = _connected(target, store, self._timeout)
        return into_server(
            self.compiled,
            server,
            replace=replace,
            verified=verified,
            dry_run=dry_run,
            patience=patience,
            progress=progress,
        )

    def __repr__(self) -> str:
        """Show what the graph is made of."""
        return f"<rejoinder.Graph of {len(self.inputs.data)} files>"
