"""Errors that a user can act on, each with its exit code."""

from typing import ClassVar

__all__ = ["InputError", "RejoinderError", "StoreError", "UsageError", "did_you_mean"]


class RejoinderError(Exception):
    """Something a user can mend: `message` says what and where, `cure` says what to do.

    Both together are at most three lines.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        """Return message and cure, the cure on a line of its own."""
        return f"{self.message}\n  {self.cure}" if self.cure else self.message


class UsageError(RejoinderError):
    """A name, parameter, option or value that was asked for does not exist or does not fit."""

    exit_code = 2


class InputError(RejoinderError):
    """A file that was to be read cannot be read, parsed or used."""

    exit_code = 3


class StoreError(RejoinderError):
    """A store, an endpoint or the disk failed."""

    exit_code = 4


def did_you_mean(name: str, known: list[str], otherwise: str = "") -> str:
    """Suggest the known name nearest to a misspelt one.

    >>> did_you_mean("open-answer", ["open-answers", "datasets"])
    "did you mean 'open-answers'?"
    >>> did_you_mean("zzz", ["datasets"], "see: rejoinder queries")
    'see: rejoinder queries'
    """
    from difflib import get_close_matches  # only where something went wrong

    folded = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f"did you mean '{folded[near[0]]}'?" if near else otherwise
