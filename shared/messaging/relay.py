"""The relay: publishes the events that aggregates hold, keeps them in the journal, and clears them when acknowledged.

Journal first, then the broker, then the document: whatever is cut off in between is done again, and consumers see a
repetition by its sequence. The relay never runs further ahead of a topic's slowest consumer group than `max_ahead`
bytes a partition, so a broker that keeps little (the embedded one keeps about 5 MB a partition) loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.registry import dead_letter_topics, topics
from shared.messaging.aggregate import OUTBOX, AggregateDocument, Collection, Pending
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.messages import (
    POSITION_HEADER,
    BrokerProgress,
    Message,
    Placed,
    Publisher,
    PublisherUnavailable,
)
from shared.storage.port import DocumentStore, JournalEntry, StoreUnavailable, VersionConflict, Write

__all__ = ["RELAY_COLLECTION", "Relay", "RelayLimits"]

log = logging.getLogger(__name__)

_ASKED_MAX = 1000  # requests waiting; who is turned away asks again
_NEWEST = 2**62  # a sequence that no stream reaches
RELAY_COLLECTION = "relay"  # one document a topic: how far consumers have come in the journal, and where the log ended


@dataclass(frozen=True)
class RelayLimits:
    """How the relay goes about it. `max_ahead` in bytes a partition, `idle`/`mark_every` in seconds."""

    max_ahead: int = 64 * 2**20
    batch: int = 500
    idle: float = 1.0
    mark_every: float = 1.0
    retry_after: float = 0.5


@dataclass
class _Ahead:
    """What was published to one topic and is not yet consumed by all groups: (offset, bytes, journal position)."""

    waiting: dict[int, deque[tuple[int, int, int]]] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    watermark: int = 0  # journal position up to which every group has consumed
    last_position: int = 0

    def placed(self, place: Placed, size: int, position: int) -> None:
        self.waiting.setdefault(place.partition, deque()).append((place.offset, size, position))
        self.ends[place.partition] = max(self.ends.get(place.partition, 0), place.offset + 1)
        self.last_position = max(self.last_position, position)

    def consumed(self, committed: dict[int, int]) -> None:
        for partition, waiting in self.waiting.items():
            while waiting and waiting[0][0] < committed.get(partition, 0):
                waiting.popleft()
        oldest = [min(entry[2] for entry in waiting) for waiting in self.waiting.values() if waiting]
        self.watermark = max(self.watermark, min(oldest) - 1 if oldest else self.last_position)

    def most_bytes(self) -> int:
        return max((sum(entry[1] for entry in waiting) for waiting in self.waiting.values()), default=0)


class Relay:
    """Publishes one service's events. `run` until cancelled; `wake` when something was written."""

    def __init__(
        self,
        service: str,
        store: DocumentStore,
        collections: Sequence[Collection[Any]],
        publisher: Publisher,
        progress: BrokerProgress,
        limits: RelayLimits | None = None,
    ) -> None:
        self._service = service
        self._store = store
        self._collections = collections
        self._publisher = publisher
        self._progress = progress
        self._limits = limits or RelayLimits()
        self._awake = asyncio.Event()
        owned = [topic for topic in topics().values() if topic.producer == service]
        self._topics = {topic.name: topic for topic in (*owned, *dead_letter_topics().values())}
        self._owned = [topic.name for topic in owned]
        self._ahead = {name: _Ahead() for name in self._topics}
        self._requests: deque[RepublishRequestedV1] = deque()
        self._asked: set[RepublishRequestedV1] = set()

    def wake(self) -> None:
        """Something was written: look for events to publish."""
        self._awake.set()

    def ask_again(self, request: RepublishRequestedV1) -> None:
        """Publish a range again, as a consumer asks; a request that is already waiting is not doubled."""
        if request.requested_topic in self._owned and request not in self._asked and len(self._asked) < _ASKED_MAX:
            self._asked.add(request)
            self._requests.append(request)
            self.wake()

    async def run(self) -> None:
        """Publish until cancelled. A broker or store that does not answer is tried again, for ever."""
        recovered = False
        last_mark = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                if not recovered:
                    await self.recover()
                    recovered = True
                self._awake.clear()
                busy = await self.publish_pending()
                busy = await self._serve_requests() or busy
                if loop.time() - last_mark >= self._limits.mark_every:
                    await self.mark()
                    last_mark = loop.time()
            except (PublisherUnavailable, StoreUnavailable) as error:
                log.warning("%s relay: %s; trying again", self._service, error)
                await asyncio.sleep(self._limits.retry_after)
            else:
                if not busy:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._awake.wait(), self._limits.idle)

    async def publish_pending(self) -> bool:
        """Publish what aggregates hold, as far as there is room; True if something was published."""
        busy = False
        for name in self._topics:
            for collection in self._saying(name):
                while documents := await self._store.find(collection.name, OUTBOX, name, limit=self._limits.batch):
                    if not await self._has_room(name):
                        break
                    await self._publish_documents(collection, name, [d.key for d in documents])
                    busy = True
        return busy

    async def recover(self) -> None:
        """At start: if the broker's logs end before what was published (its data is gone), publish again.

        Of a compacted topic the newest state of each key; of others what some consumer group had not consumed.
        """
        for name in self._owned:
            document = await self._store.get(RELAY_COLLECTION, name)
            body = document.body if document else {}
            known = {int(partition): end for partition, end in body.get("ends", {}).items()}
            ahead = self._ahead[name]
            ahead.watermark = ahead.last_position = int(body.get("watermark", 0))
            ends = await self._progress.ends(name)
            ahead.ends = ends
            lost = any(ends.get(partition, 0) < end for partition, end in known.items())
            journaled = await self._store.journal_end(name)
            if lost or (not any(ends.values()) and journaled):
                compact = self._topics[name].cleanup == "compact"
                after = 0 if compact else ahead.watermark
                log.warning("%s: the broker's log of %s is gone; publishing again from %d", self._service, name, after)
                await self.replay(name, after=after, latest_per_key=compact)

    async def replay(
        self, topic: str, *, after: int = 0, before: int | None = None, latest_per_key: bool = False
    ) -> int:
        """Publish journal entries again, at the pace of the consumers. Returns how many."""
        count = 0
        entries = self._store.read_journal(topic, after=after, before=before, latest_per_key=latest_per_key)
        async for chunk in _chunks(entries, self._limits.batch):
            while not await self._has_room(topic):  # noqa: ASYNC110 - consumers elsewhere make room, no event tells
                await asyncio.sleep(0.05)
            await self._publish(chunk)
            count += len(chunk)
        return count

    async def mark(self) -> None:
        """Store how far consumers have come, where that changed."""
        for name in self._owned:
            await self._refresh(name)
            ahead = self._ahead[name]
            body = {
                "watermark": ahead.watermark,
                "ends": {str(partition): end for partition, end in sorted(ahead.ends.items())},
            }
            document = await self._store.get(RELAY_COLLECTION, name)
            if document is None or document.body != body:
                with contextlib.suppress(VersionConflict):  # another process of this service marked: next time
                    version = document.version if document else 0
                    await self._store.put(Write(RELAY_COLLECTION, name, body, version))

    async def pending(self) -> dict[str, int]:
        """Documents with unpublished events, by topic; only topics that have any."""
        result: dict[str, int] = {}
        for name in self._topics:
            total = 0
            for collection in self._saying(name):
                total += await self._store.count(collection.name, OUTBOX, name)
            if total:
                result[name] = total
        return result

    def _saying(self, topic: str) -> list[Collection[Any]]:
        """The collections whose aggregates may say something on a topic."""
        dead = topic not in self._owned
        return [c for c in self._collections if (c is DEAD_LETTERS) == dead]

    async def _serve_requests(self) -> bool:
        busy = bool(self._requests)
        while self._requests:
            request = self._requests[0]
            await self._serve(request)
            self._requests.popleft()
            self._asked.discard(request)
        return busy

    async def _serve(self, request: RepublishRequestedV1) -> None:
        topic = request.requested_topic
        log.info("%s: publishing again on %s for %s", self._service, topic, request.requested_by)
        if request.stream:
            # On a compacted topic the newest event must come last again, or its key would be left with an older state.
            last = _NEWEST if self._topics[topic].cleanup == "compact" else request.last_sequence
            entries = await self._store.read_stream(topic, request.stream, request.first_sequence, last)
            for start in range(0, len(entries), self._limits.batch):
                await self._publish(entries[start : start + self._limits.batch])
        else:
            await self.replay(topic, after=request.after_position, before=request.before_position)

    async def _refresh(self, name: str) -> None:
        topic, ahead = self._topics[name], self._ahead[name]
        if not topic.consumers:
            ahead.waiting.clear()
            ahead.watermark = ahead.last_position
            return
        slowest: dict[int, int] = {}
        for number, group in enumerate(topic.consumers):
            committed = await self._progress.committed(group, name)
            for partition in ahead.waiting:
                own = committed.get(partition, 0)
                slowest[partition] = own if number == 0 else min(slowest[partition], own)
        ahead.consumed(slowest)

    async def _has_room(self, name: str) -> bool:
        ahead = self._ahead[name]
        if ahead.most_bytes() < self._limits.max_ahead:
            return True
        await self._refresh(name)
        return ahead.most_bytes() < self._limits.max_ahead

    async def _publish_documents(self, collection: Collection[Any], topic: str, keys: Sequence[str]) -> None:
        """Publish what these documents hold for one topic, then clear it from them."""
        while keys:
            found = await self._store.get_many(collection.name, keys)
            documents = [AggregateDocument.load(collection, key, found[key]) for key in keys if key in found]
            entries = [_entry(raw) for document in documents for raw in document.outbox if raw["topic"] == topic]
            await self._publish(await self._store.append_journal(entries))
            for document in documents:
                document.outbox = [raw for raw in document.outbox if raw["topic"] != topic]
            outcomes = await self._store.put_many([document.write() for document in documents])
            # A document written meanwhile still holds what was just published: read it again; repetition is harmless.
            keys = [document.key for document, ok in zip(documents, outcomes, strict=True) if not ok]

    async def _publish(self, entries: Sequence[JournalEntry]) -> None:
        messages = [Message(e.topic, e.key, {**e.headers, POSITION_HEADER: str(e.position)}, e.value) for e in entries]
        places = await self._publisher.publish(messages)
        for entry, message, place in zip(entries, messages, places, strict=True):
            self._ahead[entry.topic].placed(place, message.size, entry.position)


def _entry(raw: dict[str, Any]) -> JournalEntry:
    pending = Pending.from_json(raw)
    event = pending.event
    return JournalEntry(pending.topic, event.stream, event.sequence, pending.key, event.headers(), event.value())


async def _chunks(entries: AsyncIterator[JournalEntry], size: int) -> AsyncIterator[list[JournalEntry]]:
    chunk: list[JournalEntry] = []
    async for entry in entries:
        chunk.append(entry)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
