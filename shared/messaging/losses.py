"""Noticing that a log lost messages before they were consumed, and having its topic published again.

Most losses show as gaps in streams. This is for those that no later event tells of: the last events of a stream, lost
by retention or by a broker. What was lost may have stood anywhere in the journal, for earlier events may have been on
their second way; so the whole topic is asked for, and what was seen before is dropped by its sequence.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from shared.contracts.registry import SERVICES, topics
from shared.messaging.messages import BrokerProgress, Record

__all__ = ["Losses"]

log = logging.getLogger(__name__)

AskTopic = Callable[[str], Awaitable[None]]
Committed = Callable[[str, int], Awaitable[int]]
Place = tuple[str, int]  # topic, partition


class Losses:
    """Watches over the logs that one consumer group reads. `ask` has a topic published again."""

    def __init__(self, group: str, ask: AskTopic) -> None:
        self._group = group
        self._ask = ask
        self._next: dict[Place, int] = {}
        self._asked: dict[Place, int] = {}

    async def notice(self, records: Sequence[Record], committed: Committed) -> None:
        """Compare a batch's offsets with what was to come. Whatever `ask` raises passes: the batch must come again."""
        following: dict[Place, int] = {}
        lost: set[str] = set()
        for record in records:
            if not _leaves_no_holes(record.topic):
                continue
            place = (record.topic, record.partition)
            expected = following.get(place, self._next.get(place))
            if expected is None:
                expected = await committed(*place)
            if record.offset > expected:
                log.warning("%s[%d]: %d to %d are gone", *place, expected, record.offset - 1)
                lost.add(record.topic)
            following[place] = record.offset + 1
        for topic in sorted(lost):
            await self._ask_owner(topic)
        self._next.update(following)

    async def look(self, consumed: Sequence[str], progress: BrokerProgress) -> None:
        """Look for logs that now start beyond what was consumed: there may be no message left to notice it by."""
        whole = [topic for topic in consumed if _leaves_no_holes(topic)]
        starts_of = await asyncio.gather(*map(progress.starts, whole))
        committed_of = await asyncio.gather(*(progress.committed(self._group, topic) for topic in whole))
        for topic, starts, committed in zip(whole, starts_of, committed_of, strict=True):
            # A partition that only one of the two answers knows was added in between: nothing is known of it.
            gone = {(topic, p): start for p, start in starts.items() if start > committed.get(p, start)}
            if any(self._asked.get(place) != start for place, start in gone.items()):
                log.warning("%s starts beyond what %s has consumed", topic, self._group)
                await self._ask_owner(topic)
                self._asked.update(gone)

    def forget(self) -> None:
        """After a rewind or a change of partitions, what comes next is known by what is committed."""
        self._next.clear()

    async def _ask_owner(self, topic: str) -> None:
        if topics()[topic].producer in SERVICES:
            await self._ask(topic)
        else:
            log.error("%s is not ours: what is gone must be sent again by its producer", topic)


def _leaves_no_holes(topic: str) -> bool:
    return topic in topics() and topics()[topic].cleanup == "delete" and topics()[topic].producer != "any"
