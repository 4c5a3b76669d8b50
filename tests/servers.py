"""Servers on loopback for the tests, ended by the process id that started them."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from conftest import lacking

#: Where `.ci/servers/install` puts the servers that are written in Java.
SERVERS = Path(os.environ.get("REJOINDER_SERVERS") or Path.home() / ".cache" / "rejoinder-servers")
INSTALL = "get it: .ci/servers/install"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Program:
    """A server program: started on its folder, asked until it answers, ended by its process id."""

    def __init__(self, command: list[str], folder: Path, probe: str, log: Path, **environment: str):
        self.command = command
        self.folder = folder
        self.probe = probe
        self.log = log
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        # After a kill in the middle of a big load a store may first have to read its log.
        end = time.monotonic() + 180
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(
                    f"{self.command[0]} does not answer:\n{self.log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.probe, timeout=10):
                return True
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass(frozen=True)
class Server:
    """A triple store that runs on loopback, with the addresses that it speaks at."""

    name: str
    #: What a user would give.
    url: str
    query: str
    update: str
    #: The Graph Store Protocol.
    store: str
    program: Program = field(repr=False)
    credentials: tuple[str, str] | None = None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.program.kill()

    def restart(self) -> None:
        """Start it again on the same folder and port, and wait until it answers."""
        self.program.stop()
        self.program.start()

    def stop(self) -> None:
        self.program.stop()


@contextmanager
def running(server: Server, prepare: Callable[[], None] = lambda: None) -> Iterator[Server]:
    try:
        server.program.start()
        prepare()
        yield server
    finally:
        server.stop()


@contextmanager
def oxigraph_server(folder: Path) -> Iterator[Server]:
    """A real `oxigraph serve`, by the PyPI package oxigraph."""
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
    if not program:
        lacking("the program `oxigraph` is not installed; get it: pip install oxigraph")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [program, "serve", "--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"]
    with running(
        Server(
            "oxigraph",
            url,
            query=f"{url}/query",
            update=f"{url}/update",
            store=f"{url}/store",
            program=Program(command, folder, f"{url}/query?query=ASK%7B%7D", folder / "oxigraph.log"),
        )
    ) as server:
        yield server


@contextmanager
def oxigraph(folder: Path) -> Iterator[str]:
    """The same, yielding only its address."""
    with oxigraph_server(folder) as server:
        yield server.url


#: All that a Virtuoso of its own needs; the Debian package's ini differs in its folders, its ports and the row limit.
VIRTUOSO = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
ErrorLogLevel = 7
FileExtend = 200
MaxCheckpointRemap = 2000
Striping = 0
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 2000
Striping = 0
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
DisableTcpSocket = 0
MaxClientConnections = 20
CheckpointInterval = 60
CaseMode = 2
DirsAllowed = .
NumberOfBuffers = 100000
MaxDirtyBuffers = 75000
MaxQueryMem = 1G
VectorSize = 1000
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 4
SchedulerInterval = 10
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}/vsp
MaxClientConnections = 20
ServerThreads = 20
EnabledGzipContent = 1
[SPARQL]
ResultSetMaxRows = {max_rows}
MaxQueryExecutionTime = 600
MaxQueryCostEstimationTime = 4000
"""


@contextmanager
def virtuoso(folder: Path, max_rows: int = 1_000_000) -> Iterator[Server]:
    """A Virtuoso 7 with a password of its own; Debian's package comes with max_rows = 10,000."""
    program, isql = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if not program or not isql:
        lacking(f"the program `virtuoso-t` is not installed; {INSTALL}, or apt-get install virtuoso-opensource-7-bin")
    data = folder / "virtuoso"
    (data / "vsp").mkdir(parents=True, exist_ok=True)
    http, sql = free_port(), free_port()
    ini = data / "virtuoso.ini"
    ini.write_text(VIRTUOSO.format(folder=data, http=http, sql=sql, max_rows=max_rows))
    url = f"http://127.0.0.1:{http}"
    password = secrets.token_hex(8)

    def prepare() -> None:
        change = f"exec=user_set_password('dba', '{password}');"
        subprocess.run([isql, f"127.0.0.1:{sql}", "dba", "dba", change], check=True, capture_output=True, timeout=60)

    command = [program, "+configfile", str(ini), "+foreground"]
    with running(
        Server(
            "virtuoso",
            url,
            query=f"{url}/sparql",
            update=f"{url}/sparql-auth",
            store=f"{url}/sparql-graph-crud-auth",
            program=Program(command, data, f"{url}/sparql?query=ASK%7B%3Fs+%3Fp+%3Fo%7D", folder / "virtuoso.log"),
            credentials=("dba", password),
        ),
        prepare,
    ) as server:
        yield server


def java(*needed: Path) -> str:
    program = shutil.which("java")
    if not program or not all(path.exists() for path in needed):
        lacking(f"{' and '.join(path.name for path in needed)} or Java is not there for {SERVERS}; {INSTALL}")
    return program


def jena(folder: Path, of: str) -> str:
    """The start of a command line of Apache Jena, as Maven has it (with Fuseki) or as Debian has it."""
    if of == "maven":
        jar = SERVERS / "fuseki" / "jena-fuseki-server-5.6.0.jar"
        return f"{java(jar)} -cp {jar}"
    shared = Path("/usr/share/java")
    core = shared / "jena-core.jar"
    program = java(core)
    # Debian moved the classes of Xerces within Jena and left their messages behind, without which no command starts.
    left, sought = "org/apache/jena/ext/xerces/", "xerces/"
    with zipfile.ZipFile(core) as jar_of_core:
        for name in jar_of_core.namelist():
            if name.startswith(left) and not name.endswith("/"):
                path = folder / "messages" / sought / name.removeprefix(left)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(jar_of_core.read(name))
    jars = [path for path in sorted(shared.glob("jena-*.jar")) if not re.search(r"-\d", path.name)]
    jars += [shared / f"{name}.jar" for name in ("thrift", "commons-io", "commons-compress", "guava")]
    return f"{program} -cp {':'.join(map(str, jars))}:{folder / 'messages'}"


@contextmanager
def fuseki(folder: Path, password: bool = False) -> Iterator[Server]:
    """An Apache Jena Fuseki on TDB2; with a password it wants Basic authentication for everything."""
    jar = SERVERS / "fuseki" / "jena-fuseki-server-5.6.0.jar"
    program = java(jar)
    port = free_port()
    url = f"http://127.0.0.1:{port}/ds"
    data = folder / "fuseki"
    (data / "tdb2").mkdir(parents=True, exist_ok=True)
    credentials = ("tester", secrets.token_hex(8)) if password else None
    command = [program, "-Xmx2g", "-jar", str(jar), "--localhost", "--port", str(port)]
    if credentials:
        (data / "passwd").write_text(f"{credentials[0]}: {credentials[1]}\n")
        command += [f"--passwd={data / 'passwd'}", "--auth=basic"]
    command += ["--tdb2", "--loc", str(data / "tdb2"), "--update", "/ds"]
    with running(
        Server(
            "fuseki",
            url,
            query=f"{url}/query",
            update=f"{url}/update",
            store=f"{url}/data",
            program=Program(
                command, data, f"{url}/query?query=ASK%7B%7D", folder / "fuseki.log", FUSEKI_BASE=str(data / "base")
            ),
            credentials=credentials,
        )
    ) as server:
        yield server


#: A native store.
RDF4J = """\
@prefix rep: <http://www.openrdf.org/config/repository#> .
@prefix sr: <http://www.openrdf.org/config/repository/sail#> .
@prefix sail: <http://www.openrdf.org/config/sail#> .
@prefix ns: <http://www.openrdf.org/config/sail/native#> .

[] a rep:Repository ;
    rep:repositoryID "tests" ;
    rep:repositoryImpl [
        rep:repositoryType "openrdf:SailRepository" ;
        sr:sailImpl [ sail:sailType "openrdf:NativeStore" ; ns:tripleIndexes "INDEXES" ]
    ] .
"""


@contextmanager
def rdf4j(folder: Path, indexes: str = "spoc,posc") -> Iterator[Server]:
    """An RDF4J Server in Tomcat with one repository, which has the indexes that RDF4J Workbench proposes."""
    home = SERVERS / "rdf4j"
    program = java(home / "Rdf4jServer.class", home / "webapp")
    port = free_port()
    base = f"http://127.0.0.1:{port}/rdf4j-server"
    url = f"{base}/repositories/tests"
    data = folder / "rdf4j"
    command = [program, "-Xmx2g", f"-Dorg.eclipse.rdf4j.appdata.basedir={data}", "-cp", f"{home}:{home}/lib/*"]
    command += ["Rdf4jServer", str(port), str(data / "tomcat"), str(home / "webapp")]

    def prepare() -> None:
        headers = {"Content-Type": "text/turtle"}
        with urllib.request.urlopen(
            urllib.request.Request(url, RDF4J.replace("INDEXES", indexes).encode(), headers, method="PUT"), timeout=60
        ):
            pass

    with running(
        Server(
            "rdf4j",
            url,
            query=url,
            update=f"{url}/statements",
            store=f"{url}/rdf-graphs/service",
            program=Program(command, data, f"{base}/protocol", folder / "rdf4j.log"),
        ),
        prepare,
    ) as server:
        yield server


#: Every triple store that the tests can start: its name, and what starts a fresh one on a folder.
STARTERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "oxigraph": oxigraph_server,
    "virtuoso": virtuoso,
    "fuseki": fuseki,
    "rdf4j": rdf4j,
}


@contextmanager
def serving_graph(*options: str) -> Iterator[tuple[str, int]]:
    """Our own `rejoinder serve`, at any free port; yields its address and its process id."""
    program = str(Path(sys.executable).parent / "rejoinder")
    with subprocess.Popen([program, "serve", "--port", "0", *options], stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline() if process.stderr else ""
            assert said.startswith("http"), said
            yield said.split("/ ")[0], process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that does whatever a test wants of it."""

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.body = self.rfile.read(length)
            with suppress(BrokenPipeError, ConnectionResetError):
                answer(self)

        do_GET = do_POST = do_PUT = do_DELETE = do

        def log_message(self, *_: object) -> None:
            pass

        def send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Serve in a thread of this process; yields the address."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
