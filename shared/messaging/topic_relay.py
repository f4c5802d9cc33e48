"""The relay of one topic. Each topic has its own, so that a topic whose consumers stand still holds up no other."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.registry import Topic
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.messaging.ahead import Ahead
from shared.messaging.marks import RELAY_COLLECTION, Mark, Marks, Process
from shared.messaging.messages import POSITION_HEADER, BrokerProgress, Message, Publisher
from shared.messaging.others import Others
from shared.messaging.room import RelayLimits, Room, size_of
from shared.storage.port import DocumentStore, JournalEntry, Unpublished, VersionConflict

__all__ = ["REQUEST_KEY", "TopicRelay", "request_key"]

log = logging.getLogger(__name__)

REQUEST_KEY = "request/"
_ASKED_MAX = 1000  # requests waiting; who is turned away asks again
_NEWEST = 2**53  # a sequence that no stream reaches
_SETTLING = 100  # how often in one turn it is looked whether something newer has come


class TopicRelay:
    """Publishes one service's events on one topic."""

    def __init__(
        self,
        topic: Topic,
        store: DocumentStore,
        publisher: Publisher,
        progress: BrokerProgress,
        limits: RelayLimits,
        process: Process,
        published: Callable[[Sequence[Message], int], None] = lambda *_: None,
    ) -> None:
        self.topic = topic
        self._published = published
        self.blocked = False  # there is more to publish, but no room before the consumers have come further
        self._store = store
        self._publisher = publisher
        self._progress = progress
        self._limits = limits
        self._room = Room(topic, progress, limits)
        self._marks = Marks(topic.name, store, process)
        self._others = Others(process, limits.leave, limits.look_for_room)
        self._alone = not process.id
        self._marked = 0
        # Dead-letter topics are told on by all services; nobody answers for what is in them.
        self._answers_for_log = topic.producer != "any"
        self._recovered = not self._answers_for_log
        # What is compacted is published again as a whole, and where nobody consumes, nobody is waited for.
        self._compacted = topic.cleanup == "compact"
        self._counts_watermark = bool(topic.consumers) and not self._compacted
        self._replaying = False
        # Of a compacted topic: by stream and key the sequence that was put last, 0 if that is not known.
        self._put: dict[tuple[str, str], int] = {}
        self._requests: dict[RepublishRequestedV1, None] = {}
        self._one_at_a_time = asyncio.Lock()

    def wrote(self, entries: Sequence[JournalEntry]) -> None:
        """This process wrote them, and will publish them at once."""
        self._others.wrote(entries)

    def ask_again(self, request: RepublishRequestedV1) -> None:
        """Remember a request; one that is already waiting is not doubled."""
        if len(self._requests) < _ASKED_MAX or not request.stream:
            self._requests[request] = None

    async def turn(self, mark: bool, look: bool = True) -> bool:
        """Do what there is to do; True if something was published. Without `look` the store is not asked what waits."""
        if not self._recovered:
            await self.recover()
        if mark and self._answers_for_log:
            # Before publishing: what goes out on a log that began anew makes it look as long as it was, to the next
            # process if this one ends just then.
            await self.mark()
        busy = await self.serve_requests()
        busy = (look and await self.publish_pending()) or busy
        return busy or not self._recovered

    async def publish_pending(self) -> bool:
        """Publish what waits, unless it is left to another process, as far as there is room; True if anything was."""
        async with self._one_at_a_time:
            await self._settle()
            self.blocked = self.blocked and not await self._room.is_worth_reading()
            if self.blocked:
                return False
            self._others.begin()
            busy = False
            last: Unpublished | None = None
            while not self.blocked and (page := await self._waiting(last)):
                last = page[-1]
                page = self._others.to_publish(page)
                while page and not self.blocked:
                    count = await self._publish_page(page)
                    self.blocked = count == 0
                    page, busy = page[count:], busy or count > 0
            if not self.blocked:
                self._others.end()
        return busy

    async def _waiting(self, after: Unpublished | None) -> list[Unpublished]:
        return await self._store.unpublished(self.topic.name, after=after, limit=self._limits.batch)

    async def serve_requests(self) -> bool:
        """Publish again what consumers ask for; True if there was a request."""
        busy = bool(self._requests)
        while self._requests:
            request = next(iter(self._requests))
            log.info("publishing again on %s for %s", self.topic.name, request.requested_by)
            async with self._one_at_a_time:
                await self._serve(request)
            if not request.stream:
                await self._forget(request)
            self._requests.pop(request, None)
        return busy

    async def recover(self) -> None:
        """If the broker's log ends before what was published (its data is gone), publish again.

        Of a compacted topic the newest state of each key; of others what some consumer group had not consumed.
        """
        async with self._one_at_a_time:
            known = await self._marks.read()
            self._marked = known.watermark
            ends = await self._progress.ends(self.topic.name)
            gone = Ahead(0, known.ends).is_gone(ends) or known.unfinished
            if gone or (not any(ends.values()) and await self._store.journal_end(self.topic.name)):
                await self._publish_lost()
            else:
                self._room.ahead = Ahead(self._marked, ends)
                await self._room.count_backlog(self._store.read_journal(self.topic.name, after=self._marked))
                await self._store_mark(self._marked)  # others answer for nothing of what this process will publish
            await self._marks.forget_stale()
            self._recovered = True

    async def replay(self, *, after: int = 0, before: int | None = None, latest_per_key: bool = False) -> int:
        """Publish journal entries again, at the pace of the consumers. Returns how many."""
        async with self._one_at_a_time:
            return await self._replay(after, before, latest_per_key)

    async def mark(self) -> None:
        """Store how far consumers have come, where that changed; notice if the broker lost its data."""
        async with self._one_at_a_time:
            ends = await self._progress.ends(self.topic.name)
            if not self._recovered:
                return
            if self._room.ahead.is_gone(ends):
                await self._notice_gone()
                return
            if await self._marks.has_stale():
                self._recovered = False
                return
            self._room.ahead.grown(ends)
            await self._room.refresh()
            if not self._compacted:
                # What this process publishes later lies beyond, or the mark goes back before it does.
                self._room.ahead.idle(await self._store.journal_end(self.topic.name))
            await self._store_mark(self._room.ahead.watermark)

    @property
    def ahead(self) -> int:
        """Bytes in the fullest partition that the slowest consumer group has not consumed, as far as known."""
        return self._room.ahead.most_bytes

    async def pending(self) -> int:
        """How many documents hold events to publish."""
        return await self._store.count_unpublished(self.topic.name)

    async def owes(self) -> bool:
        """Whether something waits that no other process is about to publish."""
        return await self.pending() > 0 if self._alone else self._others.owes

    @property
    def look_in(self) -> float:
        """In how many seconds the store should be asked again, if nothing is written here."""
        if self.blocked:
            return self._limits.look_for_room
        left = self._others.again_in
        return self._limits.idle if left is None else min(left, self._limits.idle)

    async def _publish_page(self, page: Sequence[Unpublished]) -> int:
        """Publish what waits, and let it wait no longer. Returns how many there was room for."""
        fitting = await self._room.fitting([event.entry for event in page])
        if not fitting:
            return 0
        if not all(entry.position for entry in fitting):
            fitting = await self._store.append_journal(fitting)
        await self._publish(fitting)
        await self._settle()
        await self._store.published(page[: len(fitting)])
        self._others.published(page[: len(fitting)])
        return len(fitting)

    async def _serve(self, request: RepublishRequestedV1) -> None:
        if not request.stream:
            await self._replay(request.after_position, request.before_position, self._compacted)
            return
        # On a compacted topic the newest event must come last again, or its key would be left with an older state.
        last = _NEWEST if self._compacted else min(request.last_sequence, _NEWEST)
        first = max(request.first_sequence, 1)
        await self._publish_all(await self._store.read_stream(self.topic.name, request.stream, first, last))
        await self._settle()

    async def _forget(self, request: RepublishRequestedV1) -> None:
        document = await self._store.get(RELAY_COLLECTION, request_key(request))
        if document is not None:
            try:
                await self._store.delete(RELAY_COLLECTION, document.key, document.version)
            except VersionConflict:
                log.debug("%s was forgotten by another process", document.key)

    async def _replay(self, after: int, before: int | None, latest_per_key: bool) -> int:
        count = 0
        entries = self._store.read_journal(self.topic.name, after=after, before=before, latest_per_key=latest_per_key)
        async for chunk in _chunks(entries, self._limits.batch):
            await self._publish_all(chunk)
            count += len(chunk)
        await self._settle()
        return count

    async def _publish_lost(self) -> None:
        """The broker's log is gone. Until all is published again, that is what the next process has to begin with."""
        after = 0 if self._compacted else max(self._marked - self._store.position_margin, 0)
        level = logging.INFO if self._limits.volatile else logging.WARNING
        log.log(level, "the broker's log of %s is gone, or not whole; publishing again from %d", self.topic.name, after)
        self._room.ahead = Ahead(self._marked)
        self._replaying = True
        await self._store_mark(self._marked)
        await self._replay(after, None, self._compacted)
        self._replaying = False
        await self._store_mark(self._marked)

    async def _publish_all(self, entries: Sequence[JournalEntry]) -> None:
        """Publish journal entries, waiting for room where there is none."""
        while entries:
            fitting = await self._room.fitting(entries)
            if not fitting:
                await asyncio.sleep(self._limits.look_for_room)
            await self._publish(fitting)
            entries = entries[len(fitting) :]

    async def _publish(self, entries: Sequence[JournalEntry]) -> None:
        if not entries:
            return
        await self._note_before(entries)
        messages = [Message(e.topic, e.key, {**e.headers, POSITION_HEADER: str(e.position)}, e.value) for e in entries]
        began = time.time_ns()
        places = await self._publisher.publish(messages)
        self._published(messages, began)
        if any(place.offset < self._room.ahead.ends.get(place.partition, 0) for place in places):
            await self._notice_gone()
        for entry, place in zip(entries, places, strict=True):
            self._room.ahead.placed(place, size_of(entry), entry.position)
            if self._compacted:
                self._put[entry.stream, entry.key] = entry.sequence
        if not self.topic.consumers:
            self._room.ahead.everything_consumed()

    async def _notice_gone(self) -> None:
        """The broker's log began anew: what was in it is to be published again, if need be by the next process."""
        if self._answers_for_log and not self._replaying:
            self._recovered, self._replaying = False, True
            await self._store_mark(self._marked)

    async def _note_before(self, entries: Sequence[JournalEntry]) -> None:
        """What must be stored before these go out, for after a crash only the stored mark would tell."""
        if not self._answers_for_log:
            return
        first = min(entry.position for entry in entries)
        again = self._counts_watermark and first <= self._marked  # they will be unconsumed again
        if self._compacted:
            self._put.update({(entry.stream, entry.key): 0 for entry in entries})
        own = self._marks.own
        if again or own is None or (self._compacted and not own.unfinished):
            await self._store_mark(first - 1 if again else self._marked)

    async def _settle(self) -> None:
        """See to it that what was put last on a compacted topic is the newest of its key.

        Another process may have published a newer event before it. The journal tells, being written before publishing;
        and whoever writes there after we have looked will publish, and look, after us.
        """
        for _ in range(_SETTLING):
            newer = await self._newer()
            if not newer:
                self._put.clear()
                return
            await self._publish(newer)

    async def _newer(self) -> list[JournalEntry]:
        """The newest event of each key that was put, if another one was put last."""
        streams: dict[str, dict[str, int]] = {}
        for (stream, key), sequence in self._put.items():
            streams.setdefault(stream, {})[key] = sequence
        result: list[JournalEntry] = []
        for stream, keys in streams.items():
            later = await self._store.read_stream(self.topic.name, stream, min(keys.values()) + 1, _NEWEST)
            result += {e.key: e for e in later if e.sequence > keys.get(e.key, _NEWEST)}.values()
        return result

    async def _store_mark(self, watermark: int) -> None:
        await self._marks.put(Mark(watermark, dict(self._room.ahead.ends), self._replaying or bool(self._put)))
        self._marked = watermark


def request_key(request: RepublishRequestedV1) -> str:
    """Under which a request is kept until it is served."""
    return REQUEST_KEY + sha256_hex(canonical_json(request.model_dump(mode="json")))[:32]


async def _chunks(entries: AsyncIterator[JournalEntry], size: int) -> AsyncIterator[list[JournalEntry]]:
    chunk: list[JournalEntry] = []
    async for entry in entries:
        chunk.append(entry)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
