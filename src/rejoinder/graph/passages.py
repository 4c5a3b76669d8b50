"""Data files as named graphs: the first layer."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from rejoinder.sources.files import InputFile
from rejoinder.sources.turtle import Place, TurtleError, parse
from rejoinder.vocabulary import DESCRIPTIONS, INDEX, ONTOLOGY, PREFIXES, RDF_TYPE, SOURCE, compress, rj

__all__ = ["Passage", "add", "read", "wrongly_named"]

# What a data file may describe itself as; its graph is named after the one thing of such a class.
_GRAPH_CLASSES = {rj("Passage"), rj("EditorsNote"), rj("Ruling")}


@dataclass(frozen=True)
class Passage:
    """A data file that was read: its graph's name, its triples, and what it described itself as.

    `described` holds the IRIs of all passages and rulings that the file describes: one, if the file is in order.
    """

    graph: ox.NamedNode
    file: InputFile
    triples: tuple[ox.Triple, ...]
    described: tuple[str, ...]


def read(file: InputFile) -> Passage:
    """Read a data file; a file that describes no passage gets a name of its own below source/uncited/.

    Blank nodes become IRIs below that name, since a graph that is merged, exported and loaded must not hold any
    (RDF 1.1 Concepts, section 3.5). Raises TurtleError.
    """
    triples = parse(file)
    described = tuple(
        dict.fromkeys(
            triple.subject.value
            for triple in triples
            if triple.predicate.value == RDF_TYPE
            and isinstance(triple.object, ox.NamedNode)
            and triple.object.value in _GRAPH_CLASSES
            and isinstance(triple.subject, ox.NamedNode)
        )
    )
    name = described[0] if described else SOURCE + "uncited/" + _slug(file.name)
    names: dict[str, int] = {}
    skolemized = tuple(
        ox.Triple(_skolem(triple.subject, name, names), triple.predicate, _skolem(triple.object, name, names))
        for triple in triples
    )
    return Passage(ox.NamedNode(name), file, skolemized, described)


def wrongly_named(passages: list[Passage]) -> Iterator[TurtleError]:
    """Yield an error for each file whose statements would be taken for those of something else.

    A file describes one passage, which no other file describes, and whose name is none of the graph's own.
    """
    first: dict[str, str] = {}
    for passage in passages:
        name, place = passage.graph.value, Place(passage.file.name, 1, 1)
        if len(passage.described) > 1:
            names = ", ".join(map(compress, passage.described))
            yield TurtleError(
                place,
                f"the file describes {len(passage.described)} passages: {names}",
                "make a file for each: all statements of a file count as those of one passage",
            )
        if name.startswith(PREFIXES["graph"]) or name in (ONTOLOGY, SOURCE):
            yield TurtleError(
                place, f"a passage cannot be called {name}", "that name is the graph's own; choose another"
            )
        if name in first:
            yield TurtleError(
                place, f"{compress(name)} is described in {first[name]} too", "give each file a passage of its own"
            )
        first.setdefault(name, passage.file.name)


def add(store: ox.Store, passages: list[Passage]) -> None:
    """Put each passage into its named graph, its name with its file into the index graph, and what it says of itself
    into the graph of descriptions."""
    index, descriptions = ox.NamedNode(INDEX), ox.NamedNode(DESCRIPTIONS)
    in_file = ox.NamedNode(rj("file"))
    store.extend(
        ox.Quad(triple.subject, triple.predicate, triple.object, passage.graph)
        for passage in passages
        for triple in passage.triples
    )
    store.extend(ox.Quad(passage.graph, in_file, ox.Literal(passage.file.name), index) for passage in passages)
    store.extend(
        ox.Quad(triple.subject, triple.predicate, triple.object, descriptions)
        for passage in passages
        for triple in passage.triples
        if triple.subject == passage.graph
    )


def _skolem(term: object, graph: str, names: dict[str, int]) -> ox.NamedNode:
    if isinstance(term, ox.BlankNode):
        number = names.setdefault(term.value, len(names) + 1)
        return ox.NamedNode(f"{graph}/.well-known/genid/{number}")
    return term  # type: ignore[return-value]


def _slug(name: str) -> str:
    stem = name.rsplit(".", 1)[0].casefold()
    return "-".join("".join(letter if letter.isalnum() else " " for letter in stem).split()) or "file"
