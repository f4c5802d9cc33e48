"""The inbox: takes batches of messages to the aggregates they concern, exactly once in effect, in any order of arrival.

For each message: unreadable → dead letter; seen already → dropped; before its predecessors → held in the aggregate and
the gap asked for; before what it refers to → parked in the aggregate; otherwise the handler's pure function decides.
One write for each aggregate and batch, bulk over aggregates. Only a store that does not answer raises.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import UnreadableEvent
from shared.contracts.registry import topic as topic_named
from shared.contracts.upcast import UPCASTS, older_types
from shared.kernel.errors import DomainError
from shared.messaging.aggregate import ANY, WAITS_FOR, WITH_HELD, AggregateDocument, Change, Collection
from shared.messaging.commands import CONFLICTS_MAX, Aggregates, wait_for_others
from shared.messaging.contexts import context_of
from shared.messaging.dead_letter import DeadLetter, DeadLetters, Failure, check_waiting, check_whole, still_fails
from shared.messaging.handlers import Context, Handler
from shared.messaging.incoming import Incoming, Target, place_of, read_incoming
from shared.messaging.kept import Kept, cursor_of
from shared.messaging.messages import Record, described
from shared.messaging.step import Failed, Passed, Step, identity, is_outdated, letter_of
from shared.storage.port import Document, StoreUnavailable, Write
from shared.telemetry.metrics import Metrics
from shared.telemetry.situation import being

__all__ = ["PASSED", "Inbox"]

log = logging.getLogger(__name__)

Request = Callable[[RepublishRequestedV1], Awaitable[None]]
Work = dict[Target, Sequence[Incoming | Passed]]
_PAGE = 200
_TOLD = 1000  # of what is parked


class PassedPlaces(BaseModel):
    """Places in a stream whose messages could not be read: nobody can tell which aggregate waits for them."""

    model_config = ConfigDict(frozen=True)

    sequences: tuple[int, ...] = ()


PASSED: Collection[PassedPlaces] = Collection("passed", PassedPlaces)


@dataclass
class _Attempts:
    """What one call of `_advance` remembers of its failures."""

    aside: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)
    first_failed: dict[str, datetime] = field(default_factory=dict)
    conflicts: Counter[Target] = field(default_factory=Counter)
    one_by_one: set[Target] = field(default_factory=set)  # aggregates whose write failed: which event is it?


class Inbox:
    """Handles messages for one service. `request` asks the owner of a topic to publish missing events again."""

    def __init__(
        self,
        aggregates: Aggregates,
        handlers: Sequence[Handler],
        collections: Sequence[Collection[Any]],
        request: Request,
        metrics: Metrics | None = None,
        *,
        attempts: int = 4,
        backoff: float = 0.05,
    ) -> None:
        self._aggregates = aggregates
        self._store = aggregates.store
        self._handlers = {
            (handler.event.topic, type_): handler
            for handler in handlers
            for type_ in (handler.event.type_, *older_types(handler.event.type_))
        }
        self._collections = {collection.name: collection for collection in collections}
        self._request = request
        self._metrics = metrics or Metrics(aggregates.service)
        self._attempts = attempts
        self._backoff = backoff
        self.dead_letters = DeadLetters(aggregates)
        self._check_topics(handlers)

    @property
    def topics(self) -> list[str]:
        """Topics to subscribe to."""
        return sorted({topic for topic, _ in self._handlers})

    async def consume(self, records: Sequence[Record]) -> None:
        """Handle a batch; when it returns, every effect of it is stored.

        Raises only what means "try again" (`StoreUnavailable`, `PublisherUnavailable`), whatever the messages are.
        """
        work: dict[Target, list[Incoming | Passed]] = {}
        for record in records:
            try:
                incoming = read_incoming(record, self._handlers)
            except Exception as error:  # reading depends on nothing but the message: it would fail again
                if not isinstance(error, UnreadableEvent):
                    with being(**described(record)):
                        log.error("%s[%d]@%d", record.topic, record.partition, record.offset, exc_info=error)
                await self._pass_over(record, error)
            else:
                work.setdefault(incoming.target, []).append(incoming)
        await self._bring({**work})

    async def retry(self, id_: str, actor: str) -> DeadLetter | None:
        """Handle a dead letter again, whatever its place in its stream; exactly once, however often it is asked.

        Raises `NotFound`, `Conflict` if it was discarded or is not there as a whole, or the `DomainError` for which it
        cannot be handled now.
        """
        letter = await self.dead_letters.get(id_)
        if letter.status == "retried":
            return letter
        check_waiting(letter)
        check_whole(letter)
        try:
            incoming = read_incoming(letter.record(), self._handlers, id_, noted=letter.noted)
        except UnreadableEvent as error:
            await self._still_unreadable(letter, error)
            raise still_fails(id_, "vẫn không đọc được", f"is still unreadable: {error}") from error
        await self._bring({incoming.target: [incoming]})
        again = await self.dead_letters.get(id_)
        if again.message.attempts > letter.message.attempts:
            self._metrics.settled("failed")
            raise still_fails(id_, "vẫn không xử lý được", f"failed again: {again.message.reason}")
        (document,) = (await self._load([incoming.target])).values()
        settled = await self.dead_letters.settle(id_, "retried", _what_became(document, incoming.kept), actor)
        self._metrics.settled("retried")
        return settled

    async def _still_unreadable(self, letter: DeadLetter, error: UnreadableEvent) -> None:
        now = self._aggregates.clock.now()
        await self.dead_letters.record(
            Failure(letter.record(), "", f"unreadable: {error}", 1, now, now), letter.message.id
        )
        self._metrics.settled("failed")

    async def discard(self, id_: str, reason: str, actor: str) -> DeadLetter | None:
        """Let a dead letter go. Raises `NotFound`, or `Conflict` if it was retried before."""
        before = await self.dead_letters.get(id_)
        settled = await self.dead_letters.settle(id_, "discarded", reason, actor)
        if before.status == "waiting":
            self._metrics.settled("discarded")
        return settled

    async def sweep(self) -> None:
        """Take up what was left behind by a crash: parked events whose reference came, gaps not yet asked for."""
        for collection in self._collections.values():
            async for page in self._pages(collection, WAITS_FOR, ANY):
                there = await self._there({document.body["waits_for"] for document in page})
                ready = [document.key for document in page if document.body["waits_for"] in there]
                await self._bring({(collection.name, key): () for key in ready})
            async for page in self._pages(collection, WITH_HELD, "1"):
                await self._bring({(collection.name, document.key): () for document in page})

    async def held(self) -> int:
        """How many aggregates hold events that came before their predecessors."""
        counts = [await self._store.count(name, WITH_HELD, "1") for name in self._collections]
        return sum(counts)

    async def waiting(self) -> dict[str, list[str]]:
        """What is parked, by what it waits for: `campaigns/2021` → aggregates as `collection/key`.

        Of very many the first ones: a burst before its campaign parks as many as there are agencies.
        """
        result: dict[str, list[str]] = {}
        told = 0
        for collection in self._collections.values():
            async for page in self._pages(collection, WAITS_FOR, ANY):
                for document in page:
                    result.setdefault(document.body["waits_for"], []).append(f"{collection.name}/{document.key}")
                told += len(page)
                if told >= _TOLD:
                    return result
        return result

    async def count_waiting(self) -> int:
        """How many aggregates are parked."""
        counts = [await self._store.count(name, WAITS_FOR, ANY) for name in self._collections]
        return sum(counts)

    def _check_topics(self, handlers: Sequence[Handler]) -> None:
        into: dict[str, str] = {}
        for handler in handlers:
            topic = handler.event.topic
            if newer := UPCASTS.get(handler.event.type_):
                raise ValueError(f"{handler.event.type_} is read as {newer.new.type_}: handle that")
            if topic_named(topic).dlq is None:
                raise ValueError(f"{topic} is handled, so it needs a dead-letter topic")
            if into.setdefault(topic, handler.into.name) != handler.into.name:
                raise ValueError(f"{topic} goes into two collections: both would see gaps in its streams")

    async def _pass_over(self, record: Record, error: Exception) -> None:
        """Set a message aside that cannot be read, and let its stream go on without it."""
        now = self._aggregates.clock.now()
        reason = str(error) if isinstance(error, UnreadableEvent) else repr(error)
        await self._set_aside(Failure(record, "", f"unreadable: {reason}", 1, now, now))
        place = place_of(record)
        if place is None:
            return
        stream, sequence = place

        def note(passed: PassedPlaces | None) -> Change[PassedPlaces]:
            before = passed or PassedPlaces()
            if sequence in before.sequences:
                return Change(passed)
            return Change(PassedPlaces(sequences=(*before.sequences, sequence)))

        await self._aggregates.execute(PASSED, cursor_of(record.topic, stream), note)

    async def _bring(self, work: Work) -> None:
        """Bring aggregates forward, and then whatever can go on because of it."""
        tried: set[tuple[Target, str]] = set()
        while work:
            written = await self._advance(work)
            await self._release([d for d in written if d.collection.reference and d.changed and d.state is not None])
            work = await self._asked_or_passed(written)
            for target in await self._arrived_meanwhile(written, tried):
                work.setdefault(target, ())

    async def _release(self, references: Sequence[AggregateDocument[Any]]) -> None:
        """Take up what waited for these references."""
        for reference in references:
            for collection in self._collections.values():
                name = f"{reference.collection.name}/{reference.key}"
                async for page in self._pages(collection, WAITS_FOR, name):
                    await self._bring({(collection.name, document.key): () for document in page})

    async def _asked_or_passed(self, written: Sequence[AggregateDocument[Any]]) -> Work:
        """Ask for what is missing of streams; where it was set aside unread, the stream goes on without it."""
        gaps = [(document, gap) for document in written for gap in document.gaps()]
        keys = list(dict.fromkeys(cursor_of(topic, stream) for _, (topic, stream, _, _) in gaps))
        passed = await self._aggregates.get_many(PASSED, keys) if keys else {}
        work: dict[Target, list[Incoming | Passed]] = {}
        for document, (topic, stream, first, last) in gaps:
            places = passed.get(cursor_of(topic, stream), PassedPlaces()).sequences
            if first in places:
                target = (document.collection.name, document.key)
                work.setdefault(target, []).append(Passed(topic, stream, places))
                continue
            last = min((place - 1 for place in places if first < place <= last), default=last)
            await self._request(
                RepublishRequestedV1(
                    requested_topic=topic,
                    requested_by=self._aggregates.service,
                    stream=stream,
                    first_sequence=first,
                    last_sequence=last,
                )
            )
        return {**work}

    async def _arrived_meanwhile(
        self, written: Sequence[AggregateDocument[Any]], tried: set[tuple[Target, str]]
    ) -> list[Target]:
        """A reference may have come between our look for it and our write; whoever writes last must look again."""
        parked = [document for document in written if document.waits_for and document.changed]
        there = await self._there({document.waits_for for document in parked})
        again = {((d.collection.name, d.key), d.waits_for) for d in parked if d.waits_for in there} - tried
        tried |= again
        return [target for target, _ in sorted(again)]

    async def _there(self, references: set[str]) -> set[str]:
        """Which of the references (`collection/key`) have a state."""
        keys: dict[str, list[str]] = {}
        for reference in sorted(references):
            name, _, key = reference.partition("/")
            keys.setdefault(name, []).append(key)
        found: set[str] = set()
        for name, wanted in keys.items():
            if name in self._collections:
                states = await self._aggregates.get_many(self._collections[name], wanted)
                found |= {f"{name}/{key}" for key in states}
        return found

    async def _pages(self, collection: Collection[Any], index: str, value: str) -> AsyncIterator[list[Document]]:
        after: str | None = None
        while page := await self._store.find(collection.name, index, value, after=after, limit=_PAGE):
            yield page
            after = page[-1].key

    async def _advance(self, work: Work) -> list[AggregateDocument[Any]]:
        """Bring aggregates forward until every one is written; failing events are retried, then set aside."""
        attempts = _Attempts()
        written: list[AggregateDocument[Any]] = []
        while work:
            documents = await self._load(list(work))
            incoming = [item for items in work.values() for item in items if isinstance(item, Incoming)]
            context = await context_of(
                self._aggregates, self._collections, self._handlers, documents.values(), incoming
            )
            again: Work = {}
            failed: list[tuple[Target, Failed]] = []
            steps: dict[Target, Step] = {}
            for target, items in work.items():
                step = self._step(documents[target], context, attempts, target)
                try:
                    step.run(items)
                except Failed as failure:
                    again[target] = items
                    failed.append((target, failure))
                else:
                    steps[target] = step
            for target, outcome in (await self._write(documents, list(steps))).items():
                if outcome is None:
                    written.append(documents[target])
                    if steps[target].exhausted:
                        again[target] = steps[target].rest
                    continue
                if isinstance(outcome, Exception) and _changes_nothing(target, steps[target], attempts):
                    log.error("%s/%s cannot be stored as it is", *target, exc_info=outcome)
                    continue
                again[target] = work[target]
                if isinstance(outcome, Exception):
                    culprit = self._unwritable(target, steps[target], outcome, attempts)
                    failed += [(target, culprit)] if culprit else []
                else:
                    attempts.conflicts[target] += 1
            await self._set_back(documents, work, failed, attempts)
            await self._wait_for_others(attempts, again)
            work = again
        return written

    def _step(self, document: AggregateDocument[Any], context: Context, attempts: _Attempts, target: Target) -> Step:
        limit = 1 if target in attempts.one_by_one else None
        return Step(self._aggregates.service, self._handlers, document, context, attempts.aside, limit)

    async def _load(self, targets: Sequence[Target]) -> dict[Target, AggregateDocument[Any]]:
        keys: dict[str, list[str]] = {}
        for name, key in targets:
            keys.setdefault(name, []).append(key)
        result: dict[Target, AggregateDocument[Any]] = {}
        for name, wanted in keys.items():
            found = await self._store.get_many(name, wanted)
            for key in wanted:
                result[(name, key)] = AggregateDocument.load(self._collections[name], key, found.get(key))
        return result

    async def _write(
        self, documents: Mapping[Target, AggregateDocument[Any]], targets: Sequence[Target]
    ) -> dict[Target, bool | Exception | None]:
        """Write what changed. By aggregate: None if it stands now, False on a conflict, or why it cannot be stored."""
        result: dict[Target, bool | Exception | None] = {}
        writes: dict[Target, Write] = {}
        for target in targets:
            result[target] = None
            if documents[target].changed:
                try:
                    writes[target] = documents[target].write()
                except Exception as error:
                    result[target] = error
        if not writes:
            return result
        try:
            outcomes: list[bool | Exception] = [*await self._store.put_many(list(writes.values()))]
        except StoreUnavailable:
            raise
        except Exception:
            log.warning("a batch of %d documents cannot be stored; trying them one by one", len(writes), exc_info=True)
            outcomes = [await self._write_one(write) for write in writes.values()]
        for target, outcome in zip(writes, outcomes, strict=True):
            result[target] = None if outcome is True else outcome
            if outcome is True:
                self._aggregates.written(documents[target])
        return result

    async def _write_one(self, write: Write) -> bool | Exception:
        try:
            return (await self._store.put_many([write]))[0]
        except StoreUnavailable:
            raise
        except Exception as error:
            return error

    def _unwritable(self, target: Target, step: Step, error: Exception, attempts: _Attempts) -> Failed | None:
        """An aggregate cannot be stored: its events are taken one by one, to set aside the one that it is due to."""
        if target not in attempts.one_by_one:
            attempts.one_by_one.add(target)
            return None
        return Failed(step.last, "storing", error, final=True) if step.last else None

    async def _set_back(
        self,
        documents: Mapping[Target, AggregateDocument[Any]],
        work: Work,
        failed: Sequence[tuple[Target, Failed]],
        attempts: _Attempts,
    ) -> None:
        """Count failures; where one is final, set the message aside so that the aggregate goes on without it."""
        longest = 0
        for target, failure in failed:
            id_ = identity(documents[target], failure.kept)
            now = self._aggregates.clock.now()
            attempts.failures[id_] += 1
            first = attempts.first_failed.setdefault(id_, now)
            count = attempts.failures[id_]
            if not failure.final and count < self._attempts:
                longest = max(longest, count)
                continue
            if not isinstance(failure.error, DomainError):
                with being(**described(_record_of(failure.kept, work[target]))):
                    log.error("%s failed on %s", failure.handler, failure.kept.event.id, exc_info=failure.error)
            record = _record_of(failure.kept, work[target])
            await self._set_aside(Failure(record, failure.handler, failure.reason, count, first, now), failure.kept)
            attempts.aside.add(id_)
        if longest:
            await asyncio.sleep(self._backoff * 2**longest)

    async def _wait_for_others(self, attempts: _Attempts, again: Work) -> None:
        conflicts = max((attempts.conflicts[target] for target in again), default=0)
        if conflicts >= CONFLICTS_MAX:
            raise StoreUnavailable(f"documents were changed by others {conflicts} times in a row: {sorted(again)[:3]}")
        if conflicts:
            await wait_for_others(conflicts)

    async def _set_aside(self, failure: Failure, kept: Kept | None = None) -> None:
        record = failure.record
        kind = failure.reason.partition(":")[0]  # the rest may quote the message: that stands in the dead letter only
        again = kept is not None and bool(kept.letter)
        # What failed in its stream is passed over there with a note. A letter that was tried again is as it was.
        noted = kept is not None and bool(kept.event.stream) and not again
        id_ = await self.dead_letters.record(failure, letter_of(kept) if kept else "", noted=noted)
        with being(**described(record), letter=id_):
            log.warning("dead letter from %s[%d]@%d: %s", record.topic, record.partition, record.offset, kind)
        if not again:  # one letter is counted once, however often it is tried
            self._metrics.set_aside(record.topic)


def _what_became(document: AggregateDocument[Any], kept: Kept) -> str:
    if any(each.letter == kept.letter for each in document.parked):
        return f"parked until {document.waits_for} is there"
    return "a newer event tells the whole state" if is_outdated(document, kept) else "handled"


def _changes_nothing(target: Target, step: Step, attempts: _Attempts) -> bool:
    """Whether an aggregate that cannot be stored took no event: it stays as it is, and the next sweep looks again."""
    return target in attempts.one_by_one and step.last is None


def _record_of(kept: Kept, items: Sequence[Incoming | Passed]) -> Record:
    """The message as it came; of a parked or held one, as it would be published, for where it was is not known."""
    for item in items:
        if isinstance(item, Incoming) and item.kept is kept:
            return item.record
    event = kept.event
    return Record(kept.topic, -1, -1, event.partitionkey, event.headers(), event.value())
