"""What a load is, whatever it goes into."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from rejoinder.graph.compiled import Compiled
from rejoinder.vocabulary import ACCEPTED, ALIGNMENTS, DESCRIPTIONS, INDEX, INFERRED, ONTOLOGY

__all__ = ["Loaded", "Progress", "Watch", "graphs_of"]


class Progress(NamedTuple):
    """How far a load is: what is being done, and how many triples of how many that is done with."""

    doing: str
    done: int = 0
    of: int = 0


#: Called as a load goes on.
Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class Loaded:
    """What a load did, or would do: graphs and triples that it puts there and verifies, graphs that it removes.

    `same` is how many graphs are there as they are, `resumed` how many triples an earlier load had sent.
    """

    graphs: int
    triples: int
    removed: int = 0
    same: int = 0
    resumed: int = 0


def graphs_of(compiled: Compiled) -> list[str]:
    """Return the names of the graphs of a load. The index tells which are passages, and comes last."""
    return [*compiled.manifest.passages, DESCRIPTIONS, ONTOLOGY, ALIGNMENTS, ACCEPTED, INFERRED, INDEX]
