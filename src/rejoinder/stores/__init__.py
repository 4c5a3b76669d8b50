"""Triple stores that others keep: what differs between them, and how they are spoken to."""

import re

from rejoinder.errors import UsageError

__all__ = ["is_address"]

# What is meant as an address, though it is none: a scheme, or a host with a port.
_LIKE_AN_ADDRESS = re.compile(r"\s*(\w+:/|\w+//|[\w.-]+:\d+(/|$)|localhost(/|$))")


def is_address(target: str) -> bool:
    """Tell whether a target is a server's address and not a folder. Raises UsageError for what looks like a mistake."""
    if target.startswith(("http://", "https://")):
        return True
    if _LIKE_AN_ADDRESS.match(target):
        raise UsageError(
            f"'{target}' is no address of a server",
            "give one such as http://127.0.0.1:7878; for a folder of that name, begin with ./",
        )
    return False
