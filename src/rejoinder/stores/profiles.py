"""What differs between triple stores: a few lines for each, and nowhere else."""

from typing import NamedTuple

from rejoinder.errors import UsageError, did_you_mean

__all__ = ["PROFILES", "UNKNOWN", "Addresses", "Profile", "profile_of"]


class Addresses(NamedTuple):
    """Where a store takes queries, updates, single graphs, and N-Quads ("" where it takes none)."""

    query: str
    update: str
    graphs: str
    quads: str = ""


class Profile(NamedTuple):
    """A kind of store.

    `query`, `update`, `graphs` and `quads` come behind the address of the store (SPARQL 1.1 Protocol and Graph Store
    HTTP Protocol). `tested` tells whether all this was seen, or stands in its documentation only. `known_by` are words
    of its HTTP headers, in lower case, and `path` is a part of its addresses. `chunk` is how many triples one request
    carries.

    `dataset` is how a query names a default and a named graph, where it cannot be done by the protocol (SPARQL 1.1
    Protocol, section 2.1.4). `mends` tells that values come back written otherwise (see `values`), `decimals` that
    it must get these in canonical form, `validates` that it gives right answers to what shapes ask. `together`
    is how many triples one update changes before it takes for ever, 0 where no such number is known. `deadlock` is
    what it says with a 500 when it has given up one of two requests that waited for each other. `limit_header` is how
    it says that it cut an answer, at what `limit_setting` sets. `bulk` are the commands of its bulk loader.
    """

    name: str
    title: str
    query: str
    update: str
    graphs: str
    quads: str
    example: str
    tested: bool
    known_by: tuple[str, ...] = ()
    path: str = ""
    default_graph: str = "what is in no named graph"
    chunk: int = 50_000
    dataset: tuple[str, str] = ("", "")
    mends: bool = False
    decimals: bool = False
    validates: bool = True
    together: int = 0
    deadlock: str = ""
    limit_header: str = ""
    limit_setting: str = ""
    bulk: tuple[str, ...] = ()

    def addresses(self, base: str) -> Addresses:
        """Return the addresses of a store of this kind, of which any one may be given."""
        parts = (self.query, self.update, self.graphs, self.quads)
        for part in sorted(parts, key=len, reverse=True):
            if part and base.endswith(part):
                base = base.removesuffix(part)
                break
        base = base.rstrip("/")
        query, update, graphs = (base + part for part in parts[:3])
        return Addresses(query, update, graphs, base + self.quads if self.quads != NONE else "")


#: The store takes no N-Quads over HTTP.
NONE = "-"

PROFILES: dict[str, Profile] = {
    one.name: one
    for one in (
        Profile(
            "oxigraph",
            "Oxigraph",
            query="/query",
            update="/update",
            graphs="/store",
            quads="/store",
            example="http://127.0.0.1:7878",
            tested=True,
            known_by=("oxigraph",),
            bulk=("oxigraph load --location FOLDER --file {files}",),
        ),
        Profile(
            "fuseki",
            "Apache Jena Fuseki",
            query="/query",
            update="/update",
            graphs="/data",
            quads="/data",
            example="http://127.0.0.1:3030/DATASET",
            tested=True,
            known_by=("fuseki",),
            decimals=True,
            bulk=("tdb2.tdbloader --loc FOLDER {files}",),
        ),
        Profile(
            "virtuoso",
            "Virtuoso",
            query="/sparql",
            update="/sparql-auth",
            graphs="/sparql-graph-crud-auth",
            quads=NONE,
            example="http://127.0.0.1:8890",
            tested=True,
            known_by=("virtuoso",),
            default_graph="the union of all graphs, its own among them",
            dataset=("define input:default-graph-uri <{}>\n", "define input:named-graph-uri <{}>\n"),
            mends=True,
            validates=False,
            deadlock="Transaction deadlocked",
            limit_header="X-SPARQL-MaxRows",
            limit_setting="ResultSetMaxRows in virtuoso.ini",
            bulk=(
                "isql 1111 dba PASSWORD exec=\"ld_dir('{sql}', '*.nq.gz', 'urn:rejoinder:unnamed'); "
                'rdf_loader_run(); checkpoint;"',
            ),
        ),
        Profile(
            "rdf4j",
            "Eclipse RDF4J",
            query="",
            update="/statements",
            graphs="/rdf-graphs/service",
            quads="/statements",
            example="http://127.0.0.1:8080/rdf4j-server/repositories/REPOSITORY",
            tested=True,
            path="/rdf4j-server/repositories/",
            together=300_000,
            default_graph="the union of all graphs",
            bulk=(
                "for file in {files}; do curl -f --data-binary @\"$file\" -H 'Content-Type: application/n-quads' "
                "-H 'Content-Encoding: gzip' http://127.0.0.1:8080/rdf4j-server/repositories/REPOSITORY/statements; "
                "done",
            ),
        ),
        Profile(
            "graphdb",
            "GraphDB",
            query="",
            update="/statements",
            graphs="/rdf-graphs/service",
            quads="/statements",
            example="http://127.0.0.1:7200/repositories/REPOSITORY",
            tested=False,
            known_by=("graphdb",),
            path="/repositories/",
            default_graph="the union of all graphs",
            bulk=("importrdf preload -f -i REPOSITORY {files}",),
        ),
        Profile(
            "qlever",
            "QLever",
            query="",
            update="",
            graphs="",
            quads=NONE,
            example="http://127.0.0.1:7001",
            tested=False,
            default_graph="the union of all graphs",
            bulk=("zcat {files} | qlever-index -i rejoinder -F nq -f -",),
        ),
        Profile(
            "neptune",
            "Amazon Neptune",
            query="/sparql",
            update="/sparql",
            graphs="/sparql/gsp/",
            quads=NONE,
            example="https://CLUSTER.neptune.amazonaws.com:8182",
            tested=False,
            default_graph="the union of all graphs",
            bulk=(
                "aws s3 cp --recursive --exclude manifest.json {folder} s3://BUCKET/rejoinder",
                "curl -X POST -H 'Content-Type: application/json' https://CLUSTER.neptune.amazonaws.com:8182/loader "
                """-d '{{"source": "s3://BUCKET/rejoinder/", "format": "nquads", "iamRoleArn": "ROLE", """
                """"region": "REGION", "failOnError": "TRUE"}}'""",
            ),
        ),
        Profile(
            "stardog",
            "Stardog",
            query="/query",
            update="/update",
            graphs="",
            quads=NONE,
            example="https://127.0.0.1:5820/DATABASE",
            tested=False,
            known_by=("stardog",),
            bulk=("stardog-admin db create -n DATABASE {files}",),
        ),
    )
}

#: A store that can be asked, and of which nothing more is known.
UNKNOWN = Profile("", "a SPARQL endpoint", "", NONE, NONE, NONE, example="", tested=False)


def profile_of(name: str) -> Profile:
    """Return the profile with a name. Raises UsageError, with the nearest one."""
    if name not in PROFILES:
        raise UsageError(
            f"there is no store '{name}'", did_you_mean(name, list(PROFILES), f"known: {', '.join(PROFILES)}")
        )
    return PROFILES[name]
