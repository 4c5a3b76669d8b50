"""Triple stores that others keep: what differs between them, and how they are spoken to."""

__all__ = ["is_address"]


def is_address(target: str) -> bool:
    """Tell whether a target is a server's address and not a folder."""
    return target.startswith(("http://", "https://"))
