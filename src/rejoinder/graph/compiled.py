"""A graph in two Oxigraph stores, its layers and the dataset of queries, with what the doors need to know of it."""

import os
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from rejoinder.errors import InputError
from rejoinder.sources import catalog
from rejoinder.sources.catalog import StoredQuery
from rejoinder.sources.files import Inputs
from rejoinder.vocabulary import ALIGNMENTS, INDEX, LAYERS, ONTOLOGY

if TYPE_CHECKING:
    from rejoinder.graph.proofs import Statement
    from rejoinder.graph.rules import Rules

__all__ = ["DATASET", "STORE", "Compiled", "Conflict", "Manifest", "compile_graph", "ontology_of", "passage_graphs"]

#: The folders of the two stores of a cached graph.
STORE, DATASET = "store", "dataset"
# Of how many statements it is remembered which graphs hold them.
_REMEMBERED = 50_000


class Conflict(NamedTuple):
    """What keeps a graph from being trusted: a dispute without ruling, or an inconsistency; all terms as text."""

    kind: str
    subject: str
    says: str
    property: str = ""
    values: tuple[str, ...] = ()


class Manifest(NamedTuple):
    """What is known of a compiled graph without asking its store."""

    passages: tuple[str, ...]
    queries: dict[str, StoredQuery]
    unruled: tuple[Conflict, ...] = ()
    inconsistencies: tuple[Conflict, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return the manifest as what JSON can hold."""
        return {
            "passages": self.passages,
            "queries": [catalog.to_record(query) for query in self.queries.values()],
            "unruled": [conflict._asdict() for conflict in self.unruled],
            "inconsistencies": [conflict._asdict() for conflict in self.inconsistencies],
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Manifest":
        """Return the manifest that `to_record` wrote."""
        queries = [catalog.from_record(query) for query in record["queries"]]
        conflicts = {
            key: tuple(Conflict(**{**conflict, "values": tuple(conflict["values"])}) for conflict in record[key])
            for key in ("unruled", "inconsistencies")
        }
        return cls(tuple(record["passages"]), {query.name: query for query in queries}, **conflicts)


class Compiled:
    """A compiled graph and its manifest. `folder` is where it is cached, empty while it is in memory only.

    `rules` are those that it was closed with, while they are in memory too; `notes` are for the user.
    """

    def __init__(
        self,
        store: ox.Store | None,
        manifest: Manifest,
        folder: str = "",
        notes: tuple[str, ...] = (),
        rules: "Rules | None" = None,
        dataset: ox.Store | None = None,
    ) -> None:
        self._store = store
        self.manifest = manifest
        self.folder = folder
        self.notes = notes
        self.rules = rules
        self._dataset = dataset

    @cached_property
    def store(self) -> ox.Store:
        """All layers, one named graph each. A plain query needs the dataset only, so this is opened when it is used."""
        return self._store if self._store is not None else ox.Store.read_only(os.path.join(self.folder, STORE))

    @cached_property
    def dataset(self) -> ox.Store:
        """What queries see: default graph = accepted, inferred and ontology; named graphs = the passages.

        It is a store of its own, since one that is told its dataset query by query looks at each graph in turn.
        """
        return self._dataset if self._dataset is not None else _dataset(self.store, self.manifest.passages)

    @cached_property
    def graphs_of(self) -> "Callable[[Statement], tuple[str, ...]]":
        """The names of the layers and passages that hold a statement, sorted; those asked for last are remembered."""
        return lru_cache(maxsize=_REMEMBERED)(
            lambda statement: tuple(
                sorted(
                    quad.graph_name.value
                    for quad in self.store.quads_for_pattern(statement[0], statement[1], statement[2], None)
                    if isinstance(quad.graph_name, ox.NamedNode)
                )
            )
        )

    def query(
        self, text: str, values: Mapping[str, Any] | None = None
    ) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """Run a SPARQL query on the dataset. `values` are terms that take the place of variables."""
        substitutions = {ox.Variable(name): term for name, term in (values or {}).items()}
        return self.dataset.query(text, substitutions=substitutions)


def _dataset(store: ox.Store, passages: tuple[str, ...]) -> ox.Store:
    names = {ox.NamedNode(name) for name in passages}
    layers = {ox.NamedNode(name) for name in LAYERS}
    found = ox.Store()
    found.extend(
        ox.Quad(quad.subject, quad.predicate, quad.object) if quad.graph_name in layers else quad
        for quad in store
        if quad.graph_name in layers or quad.graph_name in names
    )
    return found


def compile_graph(inputs: Inputs) -> Compiled:
    """Read all inputs, accept, infer, and look for conflicts: everything from the files to the store, in memory.

    Raises InputError (TurtleError for Turtle) for a file that cannot be used. Conflicts do not raise: they are in the
    manifest.
    """
    # Imported here, since whoever opens a cached graph needs none of it.
    from rejoinder.graph import accepted, inferred, passages, rules
    from rejoinder.sources.turtle import parse

    store = ox.Store()
    queries = [catalog.read(file) for file in inputs.queries]
    for query in queries:
        _check_columns(query)
    read = [passages.read(file) for file in inputs.data]
    for error in passages.wrongly_named(read):
        raise error
    passages.add(store, read)
    ontology = rules.skolemize(parse(inputs.ontology_file("rejoinder.ttl")))
    alignments = parse(inputs.ontology_file("alignments.ttl"))
    for name, triples in ((ONTOLOGY, ontology), (ALIGNMENTS, alignments)):
        graph = ox.NamedNode(name)
        store.extend(ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples)
    contradictions = accepted.accept(store)
    compiled_rules = rules.compile_rules(ontology)
    inconsistencies = inferred.infer(store, compiled_rules)
    manifest = Manifest(
        passages=tuple(dict.fromkeys(passage.graph.value for passage in read)),
        queries={query.name: query for query in queries},
        unruled=tuple(
            Conflict("dispute", one.subject, "", one.property, tuple(str(value) for value in one.values))
            for one in contradictions
        ),
        inconsistencies=tuple(Conflict(one.rule, one.subject, one.says) for one in inconsistencies),
    )
    return Compiled(store, manifest, rules=compiled_rules)


def ontology_of(store: ox.Store) -> list[ox.Triple]:
    """Return the statements of the ontology in a store."""
    return [quad.triple for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY))]


def passage_graphs(store: ox.Store) -> list[ox.NamedNode]:
    """Return the names of the passages of a store, sorted."""
    index = store.quads_for_pattern(None, None, None, ox.NamedNode(INDEX))
    return sorted((quad.subject for quad in index if isinstance(quad.subject, ox.NamedNode)), key=str)


def _check_columns(query: StoredQuery) -> None:
    """Compare the header with the projection, which the engine's own parser tells. Raises InputError."""
    where = f"queries/{query.name}.rq"
    try:
        result = ox.Store().query(query.text)
    except SyntaxError as error:
        raise InputError(f"{where}:{error.lineno}:{error.offset}: not SPARQL: {error.msg}", "mend the query") from None
    if isinstance(result, ox.QuerySolutions):
        projected = [variable.value for variable in result.variables]
        if projected != [name for name, _ in query.columns]:
            raise InputError(
                f"{where}: the header's columns differ from the projection",
                f"list under 'columns', in this order: {', '.join(projected)}",
            )
