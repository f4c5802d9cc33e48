"""The inbox: takes batches of messages to the aggregates they concern, exactly once in effect, in any order of arrival.

For each message: unreadable → dead letter; seen already → dropped; before its predecessors → held in the aggregate and
the gap asked for; before what it refers to → parked in the aggregate; otherwise the handler's pure function decides.
One write for each aggregate and batch, bulk over aggregates. Only a store that does not answer raises.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import CloudEvent, Event, UnreadableEvent, decode, read_event
from shared.kernel.errors import DomainError
from shared.messaging.aggregate import ANY, WAITS_FOR, WITH_HELD, AggregateDocument, Collection
from shared.messaging.commands import Aggregates
from shared.messaging.dead_letter import DeadLetter, DeadLetters, Failure
from shared.messaging.handlers import Context, Handler, Reference
from shared.messaging.messages import Record
from shared.storage.port import Document

__all__ = ["Inbox"]

log = logging.getLogger(__name__)

Request = Callable[[RepublishRequestedV1], Awaitable[None]]
Target = tuple[str, str]  # collection name, key


@dataclass(frozen=True)
class _Incoming:
    record: Record
    event: Event[Any]
    handler: Handler
    cursor: str = ""  # replaces the stream's own cursor: a dead letter that is tried again


@dataclass
class _HandlerFailed(Exception):
    event: CloudEvent
    topic: str
    handler: Handler
    error: Exception


class Inbox:
    """Handles messages for one service. `request` asks the owner of a topic to publish missing events again."""

    def __init__(
        self,
        aggregates: Aggregates,
        handlers: Sequence[Handler],
        collections: Sequence[Collection[Any]],
        request: Request,
        *,
        attempts: int = 4,
        backoff: float = 0.05,
    ) -> None:
        self._aggregates = aggregates
        self._store = aggregates.store
        self._handlers = {(handler.event.topic, handler.event.type_): handler for handler in handlers}
        self._collections = {collection.name: collection for collection in collections}
        self._request = request
        self._attempts = attempts
        self._backoff = backoff
        self.dead_letters = DeadLetters(aggregates)

    @property
    def topics(self) -> list[str]:
        """Topics to subscribe to."""
        return sorted({topic for topic, _ in self._handlers})

    async def consume(self, records: Sequence[Record]) -> None:
        """Handle a batch; when it returns, every effect of it is stored. Raises `StoreUnavailable` only."""
        work: dict[Target, list[_Incoming]] = {}
        for record in records:
            try:
                incoming = self._read(record)
            except UnreadableEvent as error:
                await self._set_aside(record, "", f"unreadable: {error}", 1)
                continue
            target = (incoming.handler.into.name, incoming.handler.key(incoming.event.data))
            work.setdefault(target, []).append(incoming)
        await self._advance(work)

    async def retry(self, id_: str, actor: str) -> DeadLetter | None:
        """Handle a dead letter again, whatever its place in its stream; exactly once, however often it is asked.

        Raises `NotFound`, or the `DomainError` for which it cannot be handled now either.
        """
        letter = await self.dead_letters.get(id_)
        try:
            incoming = self._read(letter.record(), cursor=f"dead-letter|{id_}")
        except UnreadableEvent as error:
            raise DomainError("Thông điệp vẫn không đọc được", f"the message is still unreadable: {error}") from error
        target = (incoming.handler.into.name, incoming.handler.key(incoming.event.data))
        await self._advance({target: [incoming]})
        again = await self.dead_letters.get(id_)
        if again.message.attempts > letter.message.attempts:
            raise DomainError("Thông điệp vẫn không xử lý được", f"it failed again: {again.message.reason}")
        return await self.dead_letters.settle(id_, "retried", "handled", actor)

    async def sweep(self) -> None:
        """Take up what was left behind by a crash: parked events whose reference came, gaps not yet asked for."""
        for collection in self._collections.values():
            if collection.reference:
                continue
            for document in await self._kept(collection, WAITS_FOR, ANY):
                if await self._is_there(document.body["waits_for"]):
                    await self._advance({(collection.name, document.key): []})
            for document in await self._kept(collection, WITH_HELD, "1"):
                await self._advance({(collection.name, document.key): []})

    async def waiting(self) -> dict[str, list[str]]:
        """What is parked, by what it waits for: `campaigns/2021` → aggregates as `collection/key`."""
        result: dict[str, list[str]] = {}
        for collection in self._collections.values():
            for document in await self._kept(collection, WAITS_FOR, ANY):
                result.setdefault(document.body["waits_for"], []).append(f"{collection.name}/{document.key}")
        return result

    async def _kept(self, collection: Collection[Any], index: str, value: str) -> list[Document]:
        result: list[Document] = []
        after: str | None = None
        while page := await self._store.find(collection.name, index, value, after=after):
            result += page
            after = page[-1].key
        return result

    async def _is_there(self, reference: str) -> bool:
        """Whether a reference (`collection/key`) can be used: a document that only holds early events has no state."""
        name, _, key = reference.partition("/")
        return await self._aggregates.get(self._collections[name], key) is not None

    async def _release(self, references: Sequence[Target]) -> None:
        """Take up what waited for these references."""
        for name, key in references:
            for collection in self._collections.values():
                while waiting := await self._store.find(collection.name, WAITS_FOR, f"{name}/{key}", limit=200):
                    await self._advance({(collection.name, document.key): [] for document in waiting})

    def _read(self, record: Record, cursor: str = "") -> _Incoming:
        envelope = decode(record.headers, record.value)
        handler = self._handlers.get((record.topic, envelope.type))
        if handler is None:
            raise UnreadableEvent(f"no handler for the event type {envelope.type!r} on {record.topic}")
        event = read_event(envelope)
        if not cursor and envelope.stream and not envelope.sequence:
            raise UnreadableEvent("an event with a stream needs a sequence from 1")
        return _Incoming(record, event, handler, cursor)

    async def _advance(self, work: Mapping[Target, Sequence[_Incoming]]) -> None:
        """Bring aggregates forward until every one is written; failing events are retried, then set aside."""
        skipped: set[str] = set()
        failures: dict[str, int] = {}
        first_failed: dict[str, datetime] = {}
        pending = dict(work)
        written: list[AggregateDocument[Any]] = []
        while pending:
            documents = await self._load(pending)
            contexts = await self._contexts(documents, pending)
            done: list[AggregateDocument[Any]] = []
            again: dict[Target, Sequence[_Incoming]] = {}
            for target, incoming in pending.items():
                try:
                    self._step(documents[target], incoming, contexts, skipped)
                except _HandlerFailed as failed:
                    again[target] = incoming
                    await self._failed(failed, incoming, failures, first_failed, skipped)
                else:
                    done.append(documents[target])
            changed = [document for document in done if document.changed]
            outcomes = await self._store.put_many([document.write() for document in changed])
            for document, ok in zip(changed, outcomes, strict=True):
                target = (document.collection.name, document.key)
                if ok:
                    self._aggregates.written(*target)
                else:
                    again[target] = pending[target]
            written += [document for document in done if (document.collection.name, document.key) not in again]
            if again:
                await asyncio.sleep(random.uniform(0, self._backoff))
            pending = again
        await self._after(written)

    async def _after(self, written: Sequence[AggregateDocument[Any]]) -> None:
        """What follows a write: gaps are asked for, what waited for a reference goes on, late parks are rechecked."""
        references = [
            (d.collection.name, d.key) for d in written if d.collection.reference and d.changed and d.state is not None
        ]
        await self._release(references)
        for document in written:
            for topic, stream, first, last in document.gaps():
                await self._request(
                    RepublishRequestedV1(
                        requested_topic=topic,
                        requested_by=self._aggregates.service,
                        stream=stream,
                        first_sequence=first,
                        last_sequence=last,
                    )
                )
        # The reference may have come between our look for it and our write; whoever writes last must look again.
        parked = [document for document in written if document.waits_for]
        arrived: dict[Target, Sequence[_Incoming]] = {}
        for document in parked:
            if await self._is_there(document.waits_for):
                arrived[(document.collection.name, document.key)] = ()
        if arrived:
            await self._advance(arrived)

    async def _load(self, pending: Mapping[Target, Any]) -> dict[Target, AggregateDocument[Any]]:
        keys: dict[str, list[str]] = {}
        for name, key in pending:
            keys.setdefault(name, []).append(key)
        result: dict[Target, AggregateDocument[Any]] = {}
        for name, wanted in keys.items():
            found = await self._store.get_many(name, wanted)
            for key in wanted:
                result[(name, key)] = AggregateDocument.load(self._collections[name], key, found.get(key))
        return result

    async def _contexts(
        self, documents: Mapping[Target, AggregateDocument[Any]], pending: Mapping[Target, Sequence[_Incoming]]
    ) -> Context:
        """The references that any of the events needs, loaded in one go, and what handlers prepare for the batch."""
        events: list[tuple[Handler, Event[Any]]] = []
        for target, incoming in pending.items():
            document = documents[target]
            for kept in (*document.parked, *document.held):
                envelope = CloudEvent.model_validate(kept["event"])
                handler = self._handlers[(kept["topic"], envelope.type)]
                events.append((handler, read_event(envelope)))
            events += [(item.handler, item.event) for item in incoming]
        references: dict[Reference, BaseModel] = {}
        context = Context(self._aggregates.clock.now(), references)
        await self._refer({need for handler, event in events for need in handler.needs(event.data)}, references)
        more = {
            need
            for handler, event in events
            if all(first in references for first in handler.needs(event.data))
            for need in handler.needs_also(event.data, context)
        }
        await self._refer(more, references)
        prepared: dict[str, Any] = {}
        by_handler: dict[Handler, list[Event[Any]]] = {}
        for handler, event in events:
            if handler.prepare and handler.missing(event.data, context) is None:
                by_handler.setdefault(handler, []).append(event)
        for handler, ready in by_handler.items():
            assert handler.prepare is not None
            try:
                prepared.update(handler.prepare(ready, context))
            except Exception:
                # One bad event must not take the batch with it: each is then tried on its own, and fails on its own.
                log.warning("%s: preparing a batch of %d failed", handler.name, len(ready), exc_info=True)
        return Context(context.now, references, prepared)

    async def _refer(self, needed: set[Reference], references: dict[Reference, BaseModel]) -> None:
        """Load references that are there, a round trip for each collection."""
        keys: dict[str, list[str]] = {}
        for name, key in sorted(needed - references.keys()):
            keys.setdefault(name, []).append(key)
        for name, wanted in keys.items():
            for key, state in (await self._aggregates.get_many(self._collections[name], wanted)).items():
                references[(name, key)] = state

    def _step(
        self, document: AggregateDocument[Any], incoming: Sequence[_Incoming], context: Context, skipped: set[str]
    ) -> None:
        """Bring one aggregate forward in memory."""
        if document.parked:
            parked, document.parked, document.waits_for = document.parked, [], ""
            document.changed = True
            for kept in parked:
                self._take(document, kept["topic"], CloudEvent.model_validate(kept["event"]), context, skipped)
        for item in incoming:
            envelope = item.event.envelope
            if item.cursor:
                if not document.consumed.get(item.cursor) and envelope.id not in skipped:
                    self._count(document, item.cursor, 1)
                    self._take(document, item.record.topic, envelope, context, skipped)
            elif not envelope.stream:
                self._take(document, item.record.topic, envelope, context, skipped)
            else:
                self._admit(document, item.record.topic, envelope, context, skipped)
        for cursor in {held["cursor"] for held in document.held}:
            self._drain(document, cursor, context, skipped)

    def _admit(
        self, document: AggregateDocument[Any], topic: str, event: CloudEvent, context: Context, skipped: set[str]
    ) -> None:
        cursor = f"{topic}|{event.stream}"
        expected = document.consumed.get(cursor, 0) + 1
        if event.sequence < expected:
            return
        if event.sequence > expected:
            document.hold(cursor, topic, event)
            return
        self._count(document, cursor, event.sequence)
        self._take(document, topic, event, context, skipped)
        self._drain(document, cursor, context, skipped)

    def _drain(self, document: AggregateDocument[Any], cursor: str, context: Context, skipped: set[str]) -> None:
        while held := document.take_held(cursor):
            topic, event = held
            self._count(document, cursor, event.sequence)
            self._take(document, topic, event, context, skipped)

    def _count(self, document: AggregateDocument[Any], cursor: str, sequence: int) -> None:
        document.consumed[cursor] = sequence
        document.changed = True

    def _take(
        self, document: AggregateDocument[Any], topic: str, event: CloudEvent, context: Context, skipped: set[str]
    ) -> None:
        """Apply an event whose turn it is, or park it (and all behind it) until its reference is there."""
        if event.id in skipped:
            return
        handler = self._handlers[(topic, event.type)]
        read = read_event(event)
        missing = handler.missing(read.data, context)
        if document.waits_for or missing:
            raw = event.model_dump(mode="json", exclude_defaults=True)
            document.parked.append({"topic": topic, "event": raw})
            if not document.waits_for and missing:
                document.waits_for = f"{missing[0]}/{missing[1]}"
            document.changed = True
            return
        try:
            change = handler.apply(document.state, read, context)
        except Exception as error:
            raise _HandlerFailed(event, topic, handler, error) from error
        document.apply(self._aggregates.service, change, context.now, cause=event)

    async def _failed(
        self,
        failed: _HandlerFailed,
        incoming: Sequence[_Incoming],
        failures: dict[str, int],
        first_failed: dict[str, datetime],
        skipped: set[str],
    ) -> None:
        """Count a failure; when it is final, set the message aside so that the aggregate goes on without it."""
        id_ = failed.event.id
        now = self._aggregates.clock.now()
        failures[id_] = failures.get(id_, 0) + 1
        first_failed.setdefault(id_, now)
        refused = isinstance(failed.error, DomainError)
        if not refused and failures[id_] < self._attempts:
            await asyncio.sleep(self._backoff * 2 ** failures[id_])
            return
        if not refused:
            log.error("%s failed on %s", failed.handler.name, id_, exc_info=failed.error)
        record = next((item.record for item in incoming if item.event.envelope.id == id_), None)
        if record is None:  # it was parked or held: the message is rebuilt from what was kept
            event = failed.event
            record = Record(failed.topic, -1, -1, event.partitionkey, event.headers(), event.value())
        kind = "refused" if refused else type(failed.error).__name__
        await self._set_aside(record, failed.handler.name, f"{kind}: {failed.error}", failures[id_], first_failed[id_])
        skipped.add(id_)

    async def _set_aside(
        self, record: Record, handler: str, reason: str, attempts: int, first: datetime | None = None
    ) -> None:
        now = self._aggregates.clock.now()
        log.warning("dead letter from %s[%d]@%d: %s", record.topic, record.partition, record.offset, reason)
        await self.dead_letters.record(Failure(record, handler, reason, attempts, first or now, now))
