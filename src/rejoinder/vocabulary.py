"""The prefixes and IRIs that the graph is written in."""

__all__ = [
    "ACCEPTED",
    "ALIGNMENTS",
    "DESCRIPTIONS",
    "INDEX",
    "INFERRED",
    "LAYERS",
    "ONTOLOGY",
    "PREFIXES",
    "compress",
    "expand",
    "rj",
]

BASE = "https://w3id.org/rejoinder/"
ID = BASE + "id/"
SOURCE = BASE + "source/"

KINDS = (
    "artifact critique dataset dispute group license model organization person publication release ruling story".split()
)

#: Prefix -> namespace IRI, for everything that is read from or written for people.
PREFIXES: dict[str, str] = {
    **{kind: f"{ID}{kind}/" for kind in KINDS},
    "article": SOURCE + "article/",
    "dcterms": "http://purl.org/dc/terms/",
    "editor": SOURCE + "editor/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "graph": BASE + "graph/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "primary": SOURCE + "primary-source/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "rj": BASE + "ontology#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "source": SOURCE,
    "vann": "http://purl.org/vocab/vann/",
    "verified": SOURCE + "verified-facts/",
    "wd": "http://www.wikidata.org/entity/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

#: Names of the graphs that the three layers and their companions are kept in.
ONTOLOGY = BASE + "ontology"
ACCEPTED = BASE + "graph/accepted"
INFERRED = BASE + "graph/inferred"
ALIGNMENTS = BASE + "graph/alignments"
INDEX = BASE + "graph/index"
DESCRIPTIONS = BASE + "graph/descriptions"
#: What a store says of the graphs that were loaded into it, and the namespace that it says it in.
LOADED = BASE + "graph/loaded"
LOAD = BASE + "load#"

#: What a query sees as its default graph.
LAYERS = (ACCEPTED, INFERRED, ONTOLOGY)
#: What shapes are checked against: the same, and what passages and rulings say of themselves.
VALIDATED = (*LAYERS, DESCRIPTIONS)

#: Properties of ours whose values are derived: what a file says of them does not count.
DERIVED = tuple(
    PREFIXES["rj"] + name
    for name in "answersRelease earliestDay earliestDayNumber file latestDay latestDayNumber openness ruledBy".split()
)

EDTF = PREFIXES["edtf"] + "EDTF"
RDF_TYPE = PREFIXES["rdf"] + "type"
LABEL = PREFIXES["rdfs"] + "label"

# Longest namespace first, so that a passage is written article:… and not source:article/….
_BY_LENGTH = sorted(PREFIXES.items(), key=lambda item: -len(item[1]))


def rj(name: str) -> str:
    """Return the IRI of a term of our ontology.

    >>> rj("respondsTo")
    'https://w3id.org/rejoinder/ontology#respondsTo'
    """
    return PREFIXES["rj"] + name


def compress(iri: str) -> str:
    """Write an IRI as a CURIE where a prefix of ours fits, else return it as it is.

    >>> compress("https://w3id.org/rejoinder/id/model/gpt-3")
    'model:gpt-3'
    >>> compress("https://example.org/x")
    'https://example.org/x'
    """
    for prefix, namespace in _BY_LENGTH:
        if iri.startswith(namespace):
            local = iri[len(namespace) :]
            if local and not any(mark in local for mark in "/#?:"):
                return f"{prefix}:{local}"
    return iri


def expand(curie: str) -> str | None:
    """Return the IRI that a CURIE stands for, or None where its prefix is not ours.

    >>> expand("model:gpt-3")
    'https://w3id.org/rejoinder/id/model/gpt-3'
    >>> expand("GPT-3: the model") is None
    True
    """
    prefix, colon, local = curie.partition(":")
    if not colon or prefix not in PREFIXES or " " in local or not local:
        return None
    return PREFIXES[prefix] + local
