"""The inbox: takes batches of messages to the aggregates they concern, exactly once in effect, in any order of arrival.

For each message: unreadable → dead letter; seen already → dropped; before its predecessors → held in the aggregate and
the gap asked for; before what it refers to → parked in the aggregate; otherwise the handler's pure function decides.
One write for each aggregate and batch, bulk over aggregates. Only a store that does not answer raises.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import UnreadableEvent
from shared.contracts.registry import topic as topic_named
from shared.contracts.upcast import UPCASTS, older_types
from shared.messaging.advance import Advance, Work
from shared.messaging.aggregate import AggregateDocument, Change, Collection
from shared.messaging.commands import Aggregates
from shared.messaging.dead_letter import DeadLetter, DeadLetters, Failure, check_waiting, check_whole, still_fails
from shared.messaging.handlers import Handler
from shared.messaging.incoming import Incoming, Target, place_of, read_incoming
from shared.messaging.kept import Kept, cursor_of
from shared.messaging.messages import Record, described
from shared.messaging.parked import Parked, ParkedPlace
from shared.messaging.set_aside import TAKEN_MEANWHILE, given_up, not_parked, waits_for_another, waits_no_more
from shared.messaging.step import Passed, is_outdated
from shared.telemetry.metrics import Metrics
from shared.telemetry.situation import being

__all__ = ["PASSED", "Inbox"]

log = logging.getLogger(__name__)

Request = Callable[[RepublishRequestedV1], Awaitable[None]]


class PassedPlaces(BaseModel):
    """Places in a stream whose messages could not be read: nobody can tell which aggregate waits for them."""

    model_config = ConfigDict(frozen=True)

    sequences: tuple[int, ...] = ()


PASSED: Collection[PassedPlaces] = Collection("passed", PassedPlaces)


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
        self._handlers = {
            (handler.event.topic, type_): handler
            for handler in handlers
            for type_ in (handler.event.type_, *older_types(handler.event.type_))
        }
        self._request = request
        self._metrics = metrics or Metrics(aggregates.service)
        self.dead_letters = DeadLetters(aggregates)
        named = {collection.name: collection for collection in collections}
        self.parked = Parked(aggregates, named)
        self._advance = Advance(
            aggregates, self._handlers, named, self.dead_letters, self._metrics, attempts=attempts, backoff=backoff
        )
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
            raise still_fails(id_, f"vẫn không đọc được: {error}", f"is still unreadable: {error}") from error
        await self._bring({incoming.target: [incoming]})
        again = await self.dead_letters.get(id_)
        if again.message.attempts > letter.message.attempts:
            self._metrics.settled("failed")
            raise still_fails(
                id_, f"vẫn không xử lý được: {again.message.reason}", f"failed again: {again.message.reason}"
            )
        (document,) = (await self._advance.load([incoming.target])).values()
        became, attempts = _what_became(document, incoming.kept), again.message.attempts
        settled = await self.dead_letters.settle(id_, "retried", became, actor, attempts=attempts)
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

    async def set_aside(
        self, id_: str, reason: str, actor: str, *, aggregate: str = "", waits_for: str = ""
    ) -> DeadLetter:
        """Make a dead letter of a parked message whose reference will not come; what is behind it goes on.

        The letter is written first, then the aggregate without the message: cut off in between, both have it, and the
        same may be asked again. `aggregate` is where it is, if that is known; with `waits_for` it is set aside only if
        that is what is waited for. Raises `NotFound`, or `Conflict` if it waits no more (in the way that was said).
        """
        place = await self.parked_as(id_, aggregate)
        await self._bring({place.target: ()})  # what it waits for may have come just now
        place = await self.parked_as(id_, place.aggregate)
        if waits_for not in ("", place.waits_for):
            raise waits_for_another(place, waits_for)
        before = await self.dead_letters.find(id_)
        written, passed = await self._advance.pass_over(
            place.target,
            place.kept,
            given_up(place, self._handlers, reason, actor, self._aggregates.clock.now()),
            actor,
        )
        await self._go_on(written)
        if passed:
            return await self.dead_letters.wait_again(id_)
        if before is None or before.status == "retried":  # so nobody but us set it aside: it was taken
            attempts = 1 + (before.message.attempts if before else 0)
            await self.dead_letters.settle(id_, "retried", TAKEN_MEANWHILE, actor, attempts=attempts)
        raise waits_no_more(await self.dead_letters.get(id_))

    async def parked_as(self, id_: str, aggregate: str = "") -> ParkedPlace:
        """Where a message is parked: in `aggregate`, or anywhere. Raises `NotFound`; `Conflict` if it waits no more."""
        if place := await self.parked.find(id_, aggregate):
            return place
        letter = await self.dead_letters.find(id_)
        raise waits_no_more(letter) if letter else not_parked(id_)

    async def sweep(self) -> None:
        """Take up what was left behind by a crash: parked events whose reference came, gaps not yet asked for."""
        async for targets in self.parked.that_can_go_on():
            await self._bring(dict.fromkeys(targets, ()))

    async def held(self) -> int:
        """How many aggregates hold events that came before their predecessors."""
        return await self.parked.count_held()

    async def waiting(self) -> dict[str, list[str]]:
        """What is parked, by what it waits for; of very many the first ones."""
        return await self.parked.waiting()

    async def count_waiting(self) -> int:
        """How many aggregates are parked."""
        return await self.parked.count()

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
        await self._advance.set_aside(Failure(record, "", f"unreadable: {reason}", 1, now, now))
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
        if work:
            await self._go_on(await self._advance(work))

    async def _go_on(self, written: Sequence[AggregateDocument[Any]]) -> None:
        """Bring forward whatever can go on because these were written."""
        tried: set[tuple[Target, str]] = set()
        while True:
            await self._release([d for d in written if d.collection.reference and d.changed and d.state is not None])
            work = await self._asked_or_passed(written)
            for target in await self._arrived_meanwhile(written, tried):
                work.setdefault(target, ())
            if not work:
                return
            written = await self._advance(work)

    async def _release(self, references: Sequence[AggregateDocument[Any]]) -> None:
        """Take up what waited for these references."""
        for reference in references:
            async for targets in self.parked.for_reference(f"{reference.collection.name}/{reference.key}"):
                await self._bring(dict.fromkeys(targets, ()))

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
        there = await self.parked.there({document.waits_for for document in parked})
        again = {((d.collection.name, d.key), d.waits_for) for d in parked if d.waits_for in there} - tried
        tried |= again
        return [target for target, _ in sorted(again)]


def _what_became(document: AggregateDocument[Any], kept: Kept) -> str:
    if any(each.letter == kept.letter for each in document.parked):
        return f"parked until {document.waits_for} is there"
    return "a newer event tells the whole state" if is_outdated(document, kept) else "handled"
