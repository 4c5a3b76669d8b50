"""Answers kept in memory: the graph that is served does not change, so an answer stays what it is."""

from collections import OrderedDict

__all__ = ["Answers"]


class Answers:
    """The answers that were asked for last, by a name for each, up to so many bytes together."""

    def __init__(self, most: int = 32_000_000) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, name: str) -> bytes | None:
        """Return an answer, if it is kept."""
        if name in self._kept:
            self._kept.move_to_end(name)
        return self._kept.get(name)

    def keep(self, name: str, answer: bytes) -> None:
        """Keep an answer; those that were not asked for longest make room. One alone may not take much of it."""
        if name in self._kept or len(answer) > self._most // 16:
            return
        self._kept[name] = answer
        self._size += len(answer)
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1])
