"""How far a relay has run ahead of a topic's consumers, and up to where in the journal all of them have come."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from shared.messaging.messages import Placed

__all__ = ["Ahead"]


class _Waiting(NamedTuple):
    offset: int
    size: int
    position: int


class Ahead:
    """What was published to one topic and not yet consumed by all groups, by partition, in the order of its offsets."""

    def __init__(self, watermark: int = 0, ends: Mapping[int, int] | None = None) -> None:
        self.ends = dict(ends or {})
        self._waiting: dict[int, deque[_Waiting]] = {}
        self._bytes: dict[int, int] = {}
        self._last = watermark

    @property
    def watermark(self) -> int:
        """The journal position up to which every group has consumed. It goes back when earlier events go out again."""
        positions = [waiting.position for partition in self._waiting.values() for waiting in partition]
        return min(positions) - 1 if positions else self._last

    @property
    def waiting(self) -> bool:
        """Whether there is anything that some group has not consumed, as far as known."""
        return any(self._waiting.values())

    @property
    def most_bytes(self) -> int:
        """What the fullest partition holds for the slowest group."""
        return max(self._bytes.values(), default=0)

    def placed(self, place: Placed, size: int, position: int) -> None:
        """A message was acknowledged."""
        self._wait(place.partition, _Waiting(place.offset, size, position))
        self.ends[place.partition] = max(self.ends.get(place.partition, 0), place.offset + 1)
        self._last = max(self._last, position)

    def backlog(self, partition: int, size: int) -> None:
        """What was there before this relay began: it may be unconsumed up to the end of the log."""
        self._wait(partition, _Waiting(self.ends[partition] - 1, size, self._last + 1))

    def consumed(self, committed: Mapping[int, int]) -> None:
        """Every group has consumed up to these offsets."""
        for partition, waiting in self._waiting.items():
            while waiting and waiting[0].offset < committed.get(partition, 0):
                self._bytes[partition] -= waiting.popleft().size

    def grown(self, ends: Mapping[int, int]) -> None:
        """The broker's logs are at least so long: others publish, too."""
        self.ends = {p: max(self.ends.get(p, 0), ends.get(p, 0)) for p in self.ends.keys() | ends.keys()}

    def idle(self, position: int) -> None:
        """If nothing is waited for, the watermark is at least here."""
        if not self.waiting:
            self._last = max(self._last, position)

    def everything_consumed(self) -> None:
        """Nobody is waited for."""
        self._waiting.clear()
        self._bytes.clear()

    def is_gone(self, ends: Mapping[int, int]) -> bool:
        """Whether the broker's logs end before what was acknowledged: it lost its data.

        Of a partition that `ends` does not know (yet), nothing is known.
        """
        return any(ends.get(partition, end) < end for partition, end in self.ends.items())

    def _wait(self, partition: int, waiting: _Waiting) -> None:
        self._waiting.setdefault(partition, deque()).append(waiting)
        self._bytes[partition] = self._bytes.get(partition, 0) + waiting.size
