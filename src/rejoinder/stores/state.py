"""What a store says of our graph: whether it is published there, and which."""

from rejoinder.vocabulary import LOAD, LOADED

__all__ = ["STATE", "holds", "swap"]

#: The property of the state: "loading VERSION", "publishing VERSION" or "published VERSION".
STATE = f"<{LOAD}state>"


def holds(state: str) -> str:
    """Return a query for whether a state is that of the store."""
    return f'ASK {{ GRAPH <{LOADED}> {{ <{LOADED}> {STATE} "{state}" }} }}'


def swap(before: str, after: str) -> str:
    """Return an update that puts one state in the place of another, or of none, and does nothing where it is not."""
    added = f'INSERT {{ GRAPH <{LOADED}> {{ <{LOADED}> {STATE} "{after}" }} }}'
    if not before:
        return f"{added} WHERE {{ FILTER NOT EXISTS {{ GRAPH <{LOADED}> {{ <{LOADED}> {STATE} ?any }} }} }}"
    held = f'GRAPH <{LOADED}> {{ <{LOADED}> {STATE} "{before}" }}'
    return f"DELETE {{ {held} }} {added} WHERE {{ {held} }}"
