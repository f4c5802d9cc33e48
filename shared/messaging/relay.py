"""The relay: publishes the events that writes left to be published, and takes them out when they are acknowledged.

Journal first, then the broker; only then they wait no longer: whatever is cut off in between is done again, and
consumers see a repetition by its sequence. The relay never runs further ahead of a topic's slowest consumer group than
`max_ahead` bytes a partition, so a broker that keeps little (the embedded one keeps about 5 MB a partition) loses
nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence, Set
from typing import Any

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.registry import dead_letter_topics, topics
from shared.kernel.clock import SystemClock
from shared.messaging.aggregate import OUTBOX, AggregateDocument, Collection
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.marks import RELAY_COLLECTION, Process
from shared.messaging.messages import BrokerProgress, Message, Publisher, PublisherUnavailable
from shared.messaging.room import RelayLimits
from shared.messaging.topic_relay import REQUEST_KEY, TopicRelay, request_key
from shared.storage.port import DocumentStore, JournalEntry, StoreUnavailable, VersionConflict, Write

__all__ = ["RELAY_COLLECTION", "Relay", "RelayLimits"]

log = logging.getLogger(__name__)


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
        process: Process | None = None,
        published: Callable[[Sequence[Message], int], None] = lambda *_: None,
    ) -> None:
        process = process or Process.new(SystemClock())
        self._service = service
        self._store = store
        self._loaded = False
        self._limits = limits or RelayLimits()
        owned = [topic for topic in topics().values() if topic.producer == service]
        self._collections = collections
        self._owned, self._dead = (
            {
                topic.name: TopicRelay(topic, store, publisher, progress, self._limits, process, published)
                for topic in group
            }
            for group in (owned, dead_letter_topics().values())
        )
        # Dead-letter topics have no consumers to wait for, so one round serves them all.
        rounds = [*([topic] for topic in self._owned.values()), list(self._dead.values())]
        self._rounds = [_Round(service, each, self._limits) for each in rounds]

    def wake(self, topics: Set[str] = frozenset()) -> None:
        """Something was written for these topics (for any, if none is named): publish it."""
        for each in self._rounds:
            each.wake(topics)

    def wrote(self, entries: Sequence[JournalEntry]) -> None:
        """This process wrote these events: publish them. What others wrote is left to them for a while."""
        by_topic: dict[str, list[JournalEntry]] = {}
        for entry in entries:
            by_topic.setdefault(entry.topic, []).append(entry)
        for name, group in by_topic.items():
            if topic := self._owned.get(name) or self._dead.get(name):
                topic.wrote(group)
        if by_topic:
            self.wake(by_topic.keys())

    def ask_again(self, request: RepublishRequestedV1) -> None:
        """Publish a range again, as a consumer asks; a request that is already waiting is not doubled."""
        if request.requested_topic in self._owned:
            self._owned[request.requested_topic].ask_again(request)
            self.wake()

    async def take_request(self, request: RepublishRequestedV1) -> None:
        """`ask_again`, for a request that nobody repeats: it is kept until it is served.

        A gap in a stream is asked for as long as it stays open; what a log lost is asked for once.
        """
        if request.requested_topic in self._owned and not request.stream:
            body = request.model_dump(mode="json")
            with contextlib.suppress(VersionConflict):  # it is kept already
                await self._store.put(Write(RELAY_COLLECTION, request_key(request), body, 0))
        self.ask_again(request)

    async def run(self) -> None:
        """Publish until cancelled. A broker or store that does not answer is tried again, for ever."""
        while not self._loaded:
            try:
                await self._load()
            except StoreUnavailable as error:
                log.warning("%s relay: %s; trying again", self._service, error)
                await asyncio.sleep(self._limits.retry_after)
        async with asyncio.TaskGroup() as group:
            for each in self._rounds:
                group.create_task(each.run())

    async def turn(self) -> bool:
        """Once round all topics, as `run` goes for ever; True if something was published."""
        if not self._loaded:
            await self._load()
        outcomes = [await topic.turn(mark=True) for topic in self._all()]
        return any(outcomes)

    async def publish_pending(self) -> bool:
        """Publish what waits for it, as far as there is room; True if something was published."""
        outcomes = [await topic.publish_pending() for topic in self._all()]
        return any(outcomes)

    async def serve_requests(self) -> bool:
        """Publish again what consumers ask for; True if there was a request."""
        outcomes = [await topic.serve_requests() for topic in self._owned.values()]
        return any(outcomes)

    async def recover(self) -> None:
        """At start: if the broker's logs end before what was published (its data is gone), publish again."""
        for topic in self._owned.values():
            await topic.recover()

    async def replay(
        self, topic: str, *, after: int = 0, before: int | None = None, latest_per_key: bool = False
    ) -> int:
        """Publish journal entries again, at the pace of the consumers. Returns how many."""
        return await self._owned[topic].replay(after=after, before=before, latest_per_key=latest_per_key)

    async def mark(self) -> None:
        """Store how far consumers have come, where that changed."""
        for topic in self._owned.values():
            await topic.mark()

    def ahead(self) -> dict[str, int]:
        """By topic that somebody consumes: bytes in its fullest partition that the slowest group has not consumed."""
        return {name: each.ahead for name, each in self._owned.items() if each.topic.consumers}

    async def pending(self) -> dict[str, int]:
        """Documents with unpublished events, by topic; only topics that have any."""
        counts = await asyncio.gather(*(topic.pending() for topic in self._all()))
        return {topic.topic.name: count for topic, count in zip(self._all(), counts, strict=True) if count}

    async def owes(self) -> bool:
        """Whether something waits that no other process is about to publish."""
        return any([await topic.owes() for topic in self._all()])

    def _all(self) -> list[TopicRelay]:
        return [*self._owned.values(), *self._dead.values()]

    async def _load(self) -> None:
        """What an earlier process left: events, requests that it did not come to serve."""
        for collection in self._collections:
            for topic in self._dead if collection is DEAD_LETTERS else self._owned:
                await self._move_outboxes(collection, topic)
        await self._load_requests()
        self._loaded = True

    async def _move_outboxes(self, collection: Collection[Any], topic: str) -> None:
        """Version 0.1 had events wait in the body: writing a document again puts them where they wait now."""
        after: str | None = None
        while page := await self._store.find(collection.name, OUTBOX, topic, after=after):
            documents = [AggregateDocument.load(collection, document.key, document) for document in page]
            await self._store.put_many([document.write() for document in documents])  # or another did just that
            after = page[-1].key

    async def _load_requests(self) -> None:
        after: str | None = REQUEST_KEY
        while page := await self._store.scan(RELAY_COLLECTION, after=after):
            for document in page:
                if document.key.startswith(REQUEST_KEY):
                    self.ask_again(RepublishRequestedV1.model_validate(document.body))
            after = page[-1].key


class _Round:
    """Goes round some topics for ever, woken by writes."""

    def __init__(self, service: str, topics: Sequence[TopicRelay], limits: RelayLimits) -> None:
        self._service = service
        self._topics = topics
        self._limits = limits
        self._names = {topic.topic.name for topic in topics}
        self._awake = asyncio.Event()

    def wake(self, topics: Set[str]) -> None:
        if not topics or not self._names.isdisjoint(topics):
            self._awake.set()

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        look_at = mark_at = 0.0
        while True:
            look, mark = self._awake.is_set() or clock() >= look_at, clock() >= mark_at
            self._awake.clear()
            busy = await self._turn(look, mark)
            if mark:
                mark_at = self._next_mark(clock())
            if busy is None:
                look_at = 0.0
                await asyncio.sleep(self._limits.retry_after)
            elif busy:
                look_at = 0.0
            else:
                if look:
                    look_at = clock() + min(topic.look_in for topic in self._topics)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), max(min(look_at, mark_at) - clock(), 0.001))

    def _next_mark(self, now: float) -> float:
        """All rounds mark at the same moments, so that what they ask the broker goes out together."""
        every = self._limits.mark_every or self._limits.idle
        return (now // every + 1) * every

    async def _turn(self, look: bool, mark: bool) -> bool | None:
        """True if something was published, None if something failed."""
        busy = failed = False
        for topic in self._topics:
            try:
                busy = await topic.turn(mark, look) or busy
            except (PublisherUnavailable, StoreUnavailable) as error:
                log.warning("%s relay, %s: %s; trying again", self._service, topic.topic.name, error)
                failed = True
            except Exception:
                log.exception("%s relay, %s failed; trying again", self._service, topic.topic.name)
                failed = True
        return None if failed else busy
