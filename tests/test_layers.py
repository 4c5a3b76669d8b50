"""The order of the stages, and the house rules that a machine can check."""

import ast
import re
from pathlib import Path

from conftest import ROOT

SOURCE = ROOT / "src" / "rejoinder"
STAGES = ["sources", "stores", "graph", "checks", "answers", "outputs", "doors"]
MODULES = sorted(SOURCE.rglob("*.py"))


def stage(path: Path) -> int:
    """Modules at the top (errors, vocabulary) come before all stages; __init__ and __main__ are doors."""
    part = path.relative_to(SOURCE).parts[0]
    if part in ("__init__.py", "__main__.py"):
        return len(STAGES)
    return STAGES.index(part) if part in STAGES else -1


def imported_stages(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rejoinder"):
            names = [node.module] if node.module != "rejoinder" else [f"rejoinder.{alias.name}" for alias in node.names]
            found |= {name.split(".")[1] for name in names if "." in name}
    return found


def test_modules_are_found():
    assert 25 <= len(MODULES) <= 125


def test_a_module_imports_only_from_earlier_stages():
    for path in MODULES:
        for name in imported_stages(path):
            if name in STAGES:
                assert STAGES.index(name) <= stage(path), f"{path} imports from the later stage {name}"


def test_no_module_is_longer_than_400_lines():
    assert {path.name: n for path in MODULES if (n := len(path.read_text().splitlines())) > 400} == {}


def test_only_doors_print_or_exit():
    for path in MODULES:
        if stage(path) < STAGES.index("doors"):
            called = {
                n.func.id
                for n in ast.walk(ast.parse(path.read_text()))
                if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
            }
            assert not called & {"print", "exit", "input"}, path


def test_a_module_says_in_one_sentence_what_it_is():
    for path in MODULES:
        first = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
        assert first.endswith("."), path


def test_everything_public_is_listed_and_there():
    for path in MODULES:
        tree = ast.parse(path.read_text())
        listed = [
            {element.value for element in node.value.elts if isinstance(element, ast.Constant)}
            for node in tree.body
            if isinstance(node, ast.Assign)
            and getattr(node.targets[0], "id", "") == "__all__"
            and isinstance(node.value, ast.List)
        ]
        for names in listed:
            text = path.read_text()
            assert all(
                re.search(rf"\b{name}\b", text.split("__all__", 1)[1].split("]", 1)[1]) or path.name == "__init__.py"
                for name in names
            ), path
