"""The input files of a graph, found in the checkout, in the installed package or where the user says."""

import hashlib
import os
from functools import cache
from typing import NamedTuple

from rejoinder.errors import InputError

__all__ = ["InputFile", "Inputs", "bundle_root", "find"]


# Values that a stored query from the shell passes through are named tuples: importing dataclasses would cost it more
# than its answer does.


class InputFile(NamedTuple):
    """A file that was read: the name to show (relative where that is shorter) and its bytes."""

    name: str
    content: bytes

    @property
    def stem(self) -> str:
        """The file's name without folders and ending."""
        return os.path.splitext(os.path.basename(self.name))[0]


class Inputs(NamedTuple):
    """All files that a graph is made from, each list sorted by name."""

    ontology: tuple[InputFile, ...]
    data: tuple[InputFile, ...]
    queries: tuple[InputFile, ...]

    def digest(self) -> str:
        """Return the SHA-256 (hexadecimal) of every input's name and bytes, and of this package's own code.

        The code counts because the store that is compiled from the inputs depends on it as much as on them.
        """
        sha = hashlib.sha256()
        for part, files in (("ontology", self.ontology), ("data", self.data), ("queries", self.queries)):
            for file in files:
                sha.update(f"{part}\0{file.name}\0{len(file.content)}\0".encode())
                sha.update(file.content)
        sha.update(_code_digest())
        return sha.hexdigest()

    def ontology_file(self, name: str) -> InputFile:
        """Return the file of ontology/ with this base name."""
        for file in self.ontology:
            if os.path.basename(file.name) == name:
                return file
        raise InputError(f"ontology/{name} is missing", "install rejoinder again")


def bundle_root() -> str:
    """Return the folder that holds ontology/, data/ and queries/: in the wheel, else in the checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "_files")
    if os.path.isdir(installed):
        return installed
    checkout = os.path.dirname(os.path.dirname(package))
    if os.path.isdir(os.path.join(checkout, "ontology")):
        return checkout
    raise InputError(
        f"the ontology, the facts and the queries of rejoinder are missing beside {package}",
        "install rejoinder again: python -m pip install --force-reinstall rejoinder",
    )


def find(data: tuple[str, ...] = (), *, bundled_data: bool = True) -> Inputs:
    """Read the inputs: the bundled ontology, queries and (unless refused) facts, and the user's own files.

    `data` names Turtle files, or folders whose .ttl files are taken, at any depth. Raises InputError for a
    path that does not exist, cannot be read, or is a folder without any Turtle file.
    """
    root = bundle_root()
    facts = list(_read_folder(os.path.join(root, "data"), (".ttl",), root)) if bundled_data else []
    for path in data:
        facts.extend(_read_user_path(path))
    return Inputs(
        ontology=tuple(_read_folder(os.path.join(root, "ontology"), (".ttl", ".jsonld"), root)),
        data=tuple(facts),
        queries=tuple(_read_folder(os.path.join(root, "queries"), (".rq",), root)),
    )


def _read_user_path(path: str) -> list[InputFile]:
    if os.path.isdir(path):
        files = list(_read_folder(path, (".ttl",), ""))
        if not files:
            raise InputError(f"{path}: the folder has no Turtle file", "give a folder with .ttl files, or one file")
        return files
    if not os.path.exists(path):
        raise InputError(f"{path}: no such file or folder", "check the path")
    return [_read(path, path)]


def _read_folder(folder: str, endings: tuple[str, ...], root: str) -> list[InputFile]:
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(endings) and not name.startswith("."):
                path = os.path.join(where, name)
                shown = os.path.relpath(path, root).replace(os.sep, "/") if root else path
                found.append(_read(path, shown))
    return found


def _read(path: str, shown: str) -> InputFile:
    try:
        with open(path, "rb") as file:
            # Some editors begin UTF-8 with a byte order mark, which is no part of the text (Unicode 16, section 23.8).
            return InputFile(shown, file.read().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", "check the file and its permissions") from error


@cache
def _code_digest() -> bytes:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sha = hashlib.sha256()
    for stage in ("", "sources", "graph"):
        folder = os.path.join(package, stage)
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    sha.update(name.encode() + file.read())
    return sha.digest()
