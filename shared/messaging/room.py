"""How far a relay goes: its limits, and the room that a topic's slowest consumers leave it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from shared.contracts.registry import Topic
from shared.messaging.ahead import Ahead
from shared.messaging.messages import BrokerProgress
from shared.storage.port import JournalEntry

__all__ = ["RelayLimits", "Room", "size_of"]

_OVERHEAD = 700  # bytes on the broker for headers and framing, rather more than less


@dataclass(frozen=True)
class RelayLimits:
    """How the relay goes about it. `max_ahead` in bytes a partition, times in seconds.

    Unless something is written here, the store is asked every `idle` seconds for what other processes left. What
    another process wrote is left to it for `leave` seconds, or up to twice as long.
    """

    max_ahead: int = 64 * 2**20
    volatile: bool = False  # the broker keeps nothing between starts: an empty log then is no news
    batch: int = 500
    idle: float = 5.0
    leave: float = 2.0
    mark_every: float = 1.0
    retry_after: float = 0.5
    look_for_room: float = 0.05


class Room:
    """What was published to one topic and not yet consumed by its slowest group, against what may be."""

    def __init__(self, topic: Topic, progress: BrokerProgress, limits: RelayLimits) -> None:
        self.ahead = Ahead()
        self._topic = topic
        self._progress = progress
        self._limits = limits

    async def count_backlog(self, journal: AsyncIterator[JournalEntry]) -> None:
        """What an earlier process published counts as unconsumed until all groups have passed the logs' ends."""
        slowest = await self._slowest(self.ahead.ends)
        behind = [p for p, end in self.ahead.ends.items() if self._topic.consumers and slowest.get(p, 0) < end]
        if not behind:
            return
        size = 0
        async for entry in journal:
            size += size_of(entry)
            if size >= self._limits.max_ahead:
                break
        for partition in behind:
            self.ahead.backlog(partition, size)

    async def refresh(self) -> None:
        """Ask how far the consumers have come, if anything waits for them."""
        if self._topic.consumers and self.ahead.waiting:
            self.ahead.consumed(await self._slowest(self.ahead.ends))

    async def is_worth_reading(self) -> bool:
        """Whether consumers that were waited for made so much room that the store should be asked for more."""
        await self.refresh()
        return self.ahead.most_bytes <= self._limits.max_ahead * 3 // 4

    async def fitting(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """The first of the entries for which there is room, even if all of them go to the fullest partition."""
        if not self._topic.consumers:
            return list(entries[: self._limits.batch])
        free = self._limits.max_ahead - self.ahead.most_bytes
        if free < self._limits.max_ahead // 2:
            await self.refresh()
            free = self._limits.max_ahead - self.ahead.most_bytes
        fitting: list[JournalEntry] = []
        for entry in entries[: self._limits.batch]:
            free -= size_of(entry)
            alone = not fitting and not self.ahead.most_bytes  # larger than the bound, but in nobody's way
            if free < 0 and not alone:
                break
            fitting.append(entry)
        return fitting

    async def _slowest(self, ends: dict[int, int]) -> dict[int, int]:
        """What all groups have consumed, by partition. A commit beyond the log's end is of a log that is gone."""
        commits = await asyncio.gather(*(self._progress.committed(g, self._topic.name) for g in self._topic.consumers))
        slowest = {p: min((each.get(p, 0) for each in commits), default=0) for p in ends}
        if any(offset > ends[p] for p, offset in slowest.items()):  # or of what another process has published since
            told = await self._progress.ends(self._topic.name)
            ends = {p: max(end, told.get(p, 0)) for p, end in ends.items()}
        return {p: offset if offset <= ends[p] else 0 for p, offset in slowest.items()}


def size_of(entry: JournalEntry) -> int:
    """About what it takes on the broker, in bytes."""
    return len(entry.value) + len(entry.key) + _OVERHEAD
