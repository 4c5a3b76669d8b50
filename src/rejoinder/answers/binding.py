"""Values of parameters as RDF terms, put into the text of a query."""

import re
from collections.abc import Callable, Mapping

import pyoxigraph as ox

from rejoinder.answers.answer import python_value
from rejoinder.errors import UsageError, did_you_mean
from rejoinder.sources.catalog import Parameter, StoredQuery, tokens
from rejoinder.vocabulary import PREFIXES, expand

__all__ = ["bind", "to_iri"]

#: From an exact label to the IRIs that bear it; and all labels, for suggestions.
LabelIndex = Callable[[], Mapping[str, list[str]]]


def bind(query: StoredQuery, values: Mapping[str, object], labels: LabelIndex) -> str:
    """Return the query's text with each parameter replaced by a term.

    The term is written as SPARQL (section 4.1) outside strings, comments and IRIs, so the same text goes to every
    engine and no value can break out. Optional parameters without a value stay variables, which match anything.
    Raises UsageError for an unknown parameter, a missing one, or a value that does not fit.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    for name in values:
        if name not in known:
            takes = ", ".join(_signature(parameter) for parameter in query.parameters) or "no parameters"
            cure = did_you_mean(name, list(known))
            raise UsageError(
                f"unknown parameter '{name}' for query '{query.name}'",
                f"it takes: {takes}" + (f"\n  {cure}" if cure else f"\n  see: rejoinder queries {query.name}"),
            )
    terms: dict[str, str] = {}
    for parameter in query.parameters:
        value = values.get(parameter.name, parameter.default)
        if value is not None:
            terms[parameter.variable[1:]] = str(_term(parameter, value, query, labels))
        elif parameter.required:
            raise UsageError(
                f"query '{query.name}' needs a value for '{parameter.name}'", f"give it: -p {parameter.name} VALUE"
            )
    return "".join(terms.get(piece[1:], piece) if kind == "variable" else piece for kind, piece in tokens(query.text))


def to_iri(text: str, labels: LabelIndex) -> str:
    """Return the IRI that a user means: given whole (with or without <>), as a CURIE, or by the exact label.

    Raises UsageError for a label that two things bear, listing both, and for a text that means nothing.
    """
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if re.match(r"^(https?|urn):", bare):
        try:
            return ox.NamedNode(bare).value
        except ValueError:
            raise UsageError(
                f"'{text}' is not an IRI", "look for blanks or other characters that IRIs cannot hold"
            ) from None
    by_label = labels()
    curie = expand(text)
    candidates = by_label.get(text, [])
    if curie and not candidates:
        known = {iri for iris in by_label.values() for iri in iris}
        if curie not in known:
            prefix = text.split(":")[0]
            near = did_you_mean(
                text, [f"{prefix}:{iri[len(PREFIXES[prefix]) :]}" for iri in known if iri.startswith(PREFIXES[prefix])]
            )
            raise UsageError(f"nothing in the graph is called '{text}'", near or "see: rejoinder describe NAME")
        return curie
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise UsageError(f"'{text}' is the name of {len(candidates)} things", "give one of: " + ", ".join(candidates))
    raise UsageError(
        f"nothing in the graph is called '{text}'",
        did_you_mean(text, list(by_label), "give an IRI, a CURIE such as model:gpt-3, or an exact label such as GPT-3"),
    )


def _signature(parameter: Parameter) -> str:
    return f"{parameter.name} ({parameter.type}{'' if parameter.required else ', optional'})"


def _term(parameter: Parameter, value: object, query: StoredQuery, labels: LabelIndex) -> ox.NamedNode | ox.Literal:
    text = str(value)
    if parameter.type == "iri":
        # A default is an IRI that the catalog's author wrote; only what a user gives is looked up.
        return ox.NamedNode(text if text == parameter.default else to_iri(text, labels))
    if parameter.type == "literal":
        return ox.Literal(text)
    name = parameter.type.removeprefix("xsd_")
    literal = ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + name))
    # What a type of XSD takes, its conversion to Python tells: it leaves a text that does not fit as it is.
    if name in _EXAMPLES and isinstance(python_value(literal), str):
        raise UsageError(
            f"'{text}' is no {name}, which parameter '{parameter.name}' of query '{query.name}' takes",
            f"write it like {_EXAMPLES[name]}",
        )
    return literal


_EXAMPLES = {
    "integer": "42",
    "date": "2022-08-22",
    "dateTime": "2022-08-22T12:00:00",
    "decimal": "1.5",
    "boolean": "true",
}
