"""The wheel holds everything: installed outside the checkout, it answers."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, lacking


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_ontology_data_and_queries(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, ending in (("ontology", ".ttl"), ("data", ".ttl"), ("queries", ".rq")):
        ours = {f"rejoinder/_files/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob(f"*{ending}")}
        assert ours and ours <= names
    assert "rejoinder/py.typed" in names
    assert "rejoinder/_files/ontology/context.jsonld" in names


def test_it_holds_what_pages_are_made_of(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    web = ROOT / "src" / "rejoinder" / "doors" / "web"
    for folder in ("templates", "static"):
        ours = {f"rejoinder/doors/web/{path.relative_to(web)}" for path in (web / folder).glob("*.*")}
        assert ours and ours <= names
    if not shutil.which("npm"):
        lacking("npm is not installed, which builds the editor's script; get it: apt-get install npm")
    built = (
        "editor.js",
        "static-editor.js",
        "static-site.js",
        "one-file.js",
        "sparql.js",
        "oxigraph.wasm",
        "LICENSES.txt",
    )
    assert {f"rejoinder/doors/web/static/built/{name}" for name in built} <= names
    assert not any("/scripts/" in name or "node_modules" in name for name in names)


def test_it_works_outside_the_checkout(wheel, tmp_path, inputs):
    """In a new environment that borrows only the dependencies, so that no registry is asked."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        timeout=120,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    environment = {**os.environ, "REJOINDER_CACHE_DIR": str(tmp_path / "cache")}
    environment.pop("PYTHONPATH", None)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [tmp_path / "venv" / "bin" / "rejoinder", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [python, "-c", "import rejoinder; print(rejoinder.__file__)"], capture_output=True, text=True, cwd=tmp_path
    ).stdout
    assert str(tmp_path) in where
    assert "OpenGPT-2 published" in run("query", "open-answers")
    assert len(run("queries").splitlines()) == len(inputs.queries)
    assert run("validate", "--fail-on", "violation").count("violation") == 0
    assert run("export", "-f", "json-ld").startswith("{")
