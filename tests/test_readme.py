"""The commands of README and docs are run, and print what these say they print. REJOINDER_WRITE=1 writes that there."""

import os
import re
import subprocess
import sys
import textwrap
from contextlib import nullcontext
from pathlib import Path

import pytest
from conftest import ROOT
from servers import oxigraph

PATHS = {path.name: path for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))}
PAGES = {name: path.read_text(encoding="utf-8") for name, path in PATHS.items()}
README = PAGES["README.md"]
# A block may stand in a list, indented.
BLOCKS = [
    (page, kind, textwrap.dedent(text))
    for page, whole in PAGES.items()
    for kind, text in re.findall(r"^ *```(\w+)\n(.*?)^ *```$", whole, re.MULTILINE | re.DOTALL)
]


def sessions(text: str) -> list[tuple[str, str]]:
    """Split a console block into commands (with their here-documents) and what they print."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        lines = part.splitlines(keepends=True)
        end = 1
        document = re.search(r"<<'(\w+)'", lines[0])
        if document:
            end = next(i for i, line in enumerate(lines) if line.strip() == document[1]) + 1
        while lines[end - 1].endswith("\\\n"):
            end += 1
        found.append(("".join(lines[:end]), "".join(lines[end:])))
    return found


def test_blocks_are_found():
    assert sum(kind == "console" for _, kind, _ in BLOCKS) >= 12
    assert sum(kind == "python" for _, kind, _ in BLOCKS) >= 1
    assert {page for page, _, _ in BLOCKS} == {"README.md", "citations.md", "explorer.md", "stores.md"}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_print_what_it_says(page, tmp_path):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
    }
    with oxigraph(tmp_path) as url:
        for of, kind, text in BLOCKS:
            if kind != "console" or of != page:
                continue
            for command, expected in sessions(text):
                # The server of the README listens where everybody's does; ours on a free port.
                ours = command.replace("http://127.0.0.1:7878", url)
                done = subprocess.run(
                    ["bash", "-c", ours],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    cwd=tmp_path,
                    env=environment,
                    timeout=120,
                )
                printed = done.stdout.replace(url, "http://127.0.0.1:7878").replace(str(tmp_path), "/home/you")
                if "…" in expected.splitlines():  # the README leaves lines out
                    start, _, end = expected.partition("…\n")
                    assert printed.startswith(start) and printed.endswith(end), (command, printed)
                elif printed != expected and os.environ.get("REJOINDER_WRITE"):
                    write(page, command, expected, printed)
                else:
                    assert printed == expected, command


def write(page: str, command: str, old: str, new: str) -> None:
    """Put what a command prints in the place of what a page says, in whose lists it may be indented."""
    text = PATHS[page].read_text(encoding="utf-8")
    indent = next(line for line in text.splitlines() if line.endswith(f"$ {command.splitlines()[0]}")).partition("$")[0]
    before, after = (textwrap.indent(f"$ {command}{printed}", indent) for printed in (old, new))
    assert text.count(before) == 1, (command, new)
    PATHS[page].write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize("text", [text for _, kind, text in BLOCKS if kind == "python"])
def test_the_python_runs(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with oxigraph(tmp_path) if "7878" in text else nullcontext() as url:
        exec(compile(text.replace("http://127.0.0.1:7878", str(url)), "README.md", "exec"), {})


def test_the_two_commands_are_there_and_ci_calls_the_second():
    assert "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/rejoinder query open-answers" in README
    tests = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest"
    assert tests in README
    assert tests in (ROOT / ".ci" / "run").read_text()


def test_every_command_is_in_the_readme():
    for command in (
        "queries",
        "query",
        "sparql",
        "describe",
        "validate",
        "sources",
        "infer",
        "export",
        "load",
        "unload",
        "serve",
        "site",
        "stores",
        "info",
    ):
        assert f"rejoinder {command}" in README, command
