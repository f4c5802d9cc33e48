"""What was worked out before, kept within a bound: what nobody asked for lately goes first."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Remembered"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most twice `size` answers by key, in two generations.

    When the young generation is full it becomes the old one, and the old one is forgotten: whatever was asked for
    since the last change stays. Reading costs one look-up, which an order by last use would not.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: K) -> V | None:
        """The answer, or None where it is not known (any more)."""
        found = self._young.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: K, value: V) -> None:
        """Remember an answer."""
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = value
