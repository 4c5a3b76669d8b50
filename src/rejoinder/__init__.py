"""Rejoinder: who released which AI model, on which terms, and who answered."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rejoinder.answers.answer import Row
    from rejoinder.checks.findings import Finding, Report
    from rejoinder.doors.python import Answer, Graph, open
    from rejoinder.errors import InputError, RejoinderError, StoreError, UsageError

__all__ = [
    "Answer",
    "Finding",
    "Graph",
    "InputError",
    "RejoinderError",
    "Report",
    "Row",
    "StoreError",
    "UsageError",
    "open",
    "unload",
]

# The one place where the version stands. pyproject.toml reads it here: asking the installed package's metadata would
# make each call of the command line half as slow again.
__version__ = "0.1.0"

_HOMES = {
    "Answer": "rejoinder.doors.python",
    "Finding": "rejoinder.checks.findings",
    "Graph": "rejoinder.doors.python",
    "InputError": "rejoinder.errors",
    "RejoinderError": "rejoinder.errors",
    "Report": "rejoinder.checks.findings",
    "Row": "rejoinder.answers.answer",
    "StoreError": "rejoinder.errors",
    "UsageError": "rejoinder.errors",
    "open": "rejoinder.doors.python",
    "unload": "rejoinder.doors.python",
}


def __getattr__(name: str) -> Any:
    # Nothing is imported before it is needed: a stored query from the shell pays for every import.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'rejoinder' has no attribute '{name}'")
