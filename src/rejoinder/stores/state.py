"""What a store says of our graph: whether it is published there, and which."""

from rejoinder.vocabulary import LOAD, LOADED

__all__ = ["STATE", "held", "holds", "swap"]

#: The property of the state: "published VERSION", or "publishing VERSION WHO" and "unloading" while that is done.
STATE = f"<{LOAD}state>"

_NOTHING = f"FILTER NOT EXISTS {{ GRAPH <{LOADED}> {{ <{LOADED}> {STATE} ?any }} }}"


def held(state: str) -> str:
    """Return the pattern that matches where a state is that of the store."""
    return f'GRAPH <{LOADED}> {{ <{LOADED}> {STATE} "{state}" }}'


def holds(state: str) -> str:
    """Return a query for whether a state is that of the store; "" is that of one that says nothing."""
    return f"ASK {{ {held(state) if state else _NOTHING} }}"


def swap(before: str, after: str, condition: str = "") -> str:
    """Return an update that puts one state in the place of another, or of none, and does nothing where it is not.

    Nor where the pattern of a condition matches nothing.
    """
    added = f'INSERT {{ GRAPH <{LOADED}> {{ <{LOADED}> {STATE} "{after}" }} }}'
    if not before:
        return f"{added} WHERE {{ {condition} {_NOTHING} }}"
    return f"DELETE {{ {held(before)} }} {added} WHERE {{ {held(before)} {condition} }}"
