"""Explanations checked against the data files, by code that shares nothing with what explains."""

import json
from collections.abc import Iterator
from typing import Any

from rejoinder.checks.cited_rows import CitedRows
from rejoinder.checks.nodes import Nodes
from rejoinder.checks.whole import Whole
from rejoinder.errors import InputError
from rejoinder.sources.files import Inputs

__all__ = ["Checker", "check"]


_WRITE = "write them with: rejoinder why … -f json, or rejoinder query … --cite -f json; other formats are not checked"


def check(text: str, inputs: Inputs) -> list[str]:
    """Return what is wrong with an explanation or a cited answer, nothing where all of it holds: see `Checker`.

    Raises InputError for a text that is neither, or a data file that cannot be read.
    """
    return Checker(inputs).check(text)


class Checker:
    """Checks the JSON of `rejoinder why`, of a statement or a row, and of `rejoinder query --cite`.

    Each statement that a passage is cited for must stand in the file of that passage; each step must be an instance of
    its rule (OWL 2 Profiles, section 4.3), with an axiom of the ontology; what is computed is computed again. Rules
    that are not known here are reported as not checked. What is claimed must also be what holds: no ruling sets it
    aside, no firmer passage speaks instead, and sources do not contradict it. Where there is a ruling it must be told,
    with all that other passages say instead.

    The statements of a row must give it where nothing else is known, its citations must be those that they rest on,
    what is called absent must not be on record, and the rows must be those that the query gives. What is said of a
    single row or statement that was asked for, that it needs another, is found out by taking that other away.

    Several texts can be checked, one after the other: what the files say is read once.
    """

    def __init__(self, inputs: Inputs) -> None:
        self._nodes = Nodes(inputs)
        self._rows = CitedRows(self._nodes, Whole(inputs))

    def check(self, text: str) -> list[str]:
        """Return what is wrong with a text. Raises InputError for one that is no explanation and no cited answer."""
        try:
            record = json.loads(text)
            if not isinstance(record, dict) or not {"rows", "proof"} & record.keys():
                raise InputError("this is no explanation and no cited answer: it tells no citations", _WRITE)
            return list(dict.fromkeys(self._rows.faults(record) if "rows" in record else self._proof(record["proof"])))
        except InputError:
            raise
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            SyntaxError,
            ArithmeticError,
            RecursionError,
        ) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise InputError(
                f"this is no explanation and no cited answer: {type(error).__name__}: {reason}", _WRITE
            ) from None

    def _proof(self, root: dict[str, Any]) -> Iterator[str]:
        yield from self._nodes.node(root)
        yield from self._rows.needs(root)
