"""Consumers never stop silently: a partition that has messages, and of which nothing is consumed, is noticed here.

It is reported, and the consumer is started again; if that does not help, it is reported and tried again, ever less
often. A store or broker that does not answer looks the same from here, and starting again does no harm then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from shared.messaging.messages import BrokerProgress, PublisherUnavailable

__all__ = ["Watchdog"]

log = logging.getLogger(__name__)

Place = tuple[str, int]  # topic, partition
_FINENESS = 100  # ages are told too high by this part of the whole at most; a backlog of a day has 700 moments
_LONGEST = 16  # times the patience, between two restarts


class Watchdog:
    """Watches what one consumer group has committed. `restart` starts its consumer again.

    `patience`: seconds without progress until a partition counts as stuck. `now`: a clock that never goes back.
    """

    def __init__(
        self,
        group: str,
        topics: Sequence[str],
        progress: BrokerProgress,
        restart: Callable[[], Awaitable[None]],
        *,
        patience: float = 60.0,
        every: float = 5.0,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._group = group
        self._topics = topics
        self._progress = progress
        self._restart = restart
        self._patience = patience
        self._every = every
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._seen: dict[Place, tuple[int, float]] = {}  # what was committed, and since when
        self._waiting: dict[Place, float] = {}  # since when messages wait
        self._arrived: dict[Place, list[tuple[int, float]]] = {}  # ends of a log beyond the commit, and since when
        self._again_at = 0.0
        self._pause = patience

    def waiting(self, topic: str) -> float:
        """For how many seconds something waits in the topic of which nothing is consumed; 0 if nothing does."""
        since = [start for (name, _), start in self._waiting.items() if name == topic]
        return max(self._now() - min(since), 0.0) if since else 0.0

    def oldest(self, topic: str = "") -> float:
        """For how many seconds the oldest message that is not consumed has been seen; without a topic, of all."""
        since = [seen[0][1] for (name, _), seen in self._arrived.items() if seen and topic in ("", name)]
        return max(self._now() - min(since), 0.0) if since else 0.0

    def lag(self) -> int:
        """How many messages wait in all topics, as of the last look."""
        return sum(seen[-1][0] - self._seen[place][0] for place, seen in self._arrived.items() if seen)

    def stuck(self) -> list[Place]:
        """Partitions that have been waiting for longer than is to be expected."""
        return sorted(place for place, since in self._waiting.items() if self._now() - since >= self._patience)

    async def run(self) -> None:
        """Look now and then, for ever."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except PublisherUnavailable as error:
                log.warning("%s watchdog: %s; trying again", self._group, error)
            except Exception:
                log.exception("%s watchdog failed; trying again", self._group)

    async def look(self) -> None:
        """Compare what is there with what was committed, and start the consumer again if it stands still."""
        for topic, (ends, committed) in zip(
            self._topics, await asyncio.gather(*map(self._ask, self._topics)), strict=True
        ):
            for partition in ends.keys() & committed.keys():
                self._note((topic, partition), committed[partition], ends[partition])
        stuck = self.stuck()
        if not stuck:
            self._pause, self._again_at = self._patience, 0.0
            return
        if self._now() < self._again_at:
            return
        log.error("%s consumes nothing of %s; its consumer is started again", self._group, _named(stuck))
        self._again_at = self._now() + self._pause
        self._pause = min(self._pause * 2, self._patience * _LONGEST)
        await self._restart()

    async def _ask(self, topic: str) -> tuple[dict[int, int], dict[int, int]]:
        return await self._progress.ends(topic), await self._progress.committed(self._group, topic)

    def _note(self, place: Place, committed: int, end: int) -> None:
        before, since = self._seen.get(place, (-1, 0.0))
        if committed != before:
            since = self._now()
            self._seen[place] = (committed, since)
        if committed < end:
            # What came after a pause waits since it was first seen here, not since the last commit.
            self._waiting[place] = self._waiting.get(place, self._now()) if committed == before else self._now()
        else:
            self._waiting.pop(place, None)
        self._note_arrivals(self._arrived.setdefault(place, []), committed, end)

    def _note_arrivals(self, seen: list[tuple[int, float]], committed: int, end: int) -> None:
        """Forget what is consumed, remember what has come: the further back all that waits goes, the more coarsely."""
        if seen and end < seen[-1][0]:
            seen.clear()  # the log was lost
        while seen and seen[0][0] <= committed:
            seen.pop(0)
        if end <= (seen[-1][0] if seen else committed):
            return
        if seen and self._now() - seen[-1][1] < (self._now() - seen[0][1]) / _FINENESS:
            seen[-1] = (end, seen[-1][1])
        else:
            seen.append((end, self._now()))


def _named(places: Sequence[Place]) -> str:
    return ", ".join(f"{topic}[{partition}]" for topic, partition in places)
