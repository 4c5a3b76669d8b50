"""The inputs of a graph as if a source did not exist."""

import pyoxigraph as ox

from rejoinder.errors import UsageError, did_you_mean
from rejoinder.graph.compiled import Compiled, passage_graphs
from rejoinder.sources.files import Inputs
from rejoinder.vocabulary import INDEX, SOURCE, rj

__all__ = ["leave_out"]


def leave_out(inputs: Inputs, compiled: Compiled, source: str) -> Inputs:
    """Return the inputs less the passages of a source, and less what rests on them alone.

    `source` is an IRI, or its last part, e.g. "article". An editor's note or a ruling that names what it is based on
    goes when all of that is gone; one that names nothing stays. Raises UsageError for a source that no passage has.
    """
    store = compiled.store
    graphs = passage_graphs(store)
    owners = {graph: _objects(store, graph, "source") for graph in graphs}
    known = {owner for found in owners.values() for owner in found}
    wanted = ox.NamedNode(source if source.startswith(SOURCE) else SOURCE + source)
    if wanted not in known:
        names = sorted(one.value.removeprefix(SOURCE) for one in known)
        raise UsageError(f"there is no source '{source}'", did_you_mean(source, names, f"known: {', '.join(names)}"))
    gone = {graph for graph, found in owners.items() if wanted in found}
    bases = {graph: _objects(store, graph, "basedOn") | _objects(store, graph, "evidence") for graph in graphs}
    fallen = gone
    while fallen:  # a note can be based on a note
        fallen = {graph for graph, basis in bases.items() if basis and basis <= gone and graph not in gone}
        gone |= fallen
    files = {
        quad.object.value
        for quad in store.quads_for_pattern(None, ox.NamedNode(rj("file")), None, ox.NamedNode(INDEX))
        if quad.subject in gone and isinstance(quad.object, ox.Literal)
    }
    return inputs._replace(data=tuple(file for file in inputs.data if file.name not in files))


def _objects(store: ox.Store, passage: ox.NamedNode, name: str) -> set[ox.NamedNode]:
    """Return what a passage says of itself by a property of ours."""
    found = store.quads_for_pattern(passage, ox.NamedNode(rj(name)), None, passage)
    return {quad.object for quad in found if isinstance(quad.object, ox.NamedNode)}
