"""Bringing one aggregate forward in memory: order, gaps, parking, the handlers' decisions. Nothing is read or written.

Events that wait for a reference come first, then what arrived, then what was held and has its predecessors now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import UnreadableEvent
from shared.contracts.registry import topic
from shared.kernel.canonical import sha256_hex
from shared.kernel.errors import DomainError
from shared.messaging.aggregate import AggregateDocument
from shared.messaging.dead_letter import letter_id
from shared.messaging.handlers import Context, Handler
from shared.messaging.incoming import Handlers, Incoming, told_by_us
from shared.messaging.kept import LETTER_CURSOR, Kept, applied_cursor, aside_cursor, cursor_of, letter_cursor

__all__ = ["Failed", "Passed", "Step", "identity", "is_outdated", "letter_of"]


@dataclass(frozen=True)
class Passed:
    """Places of a stream whose messages were set aside unread: the stream goes on without them."""

    topic: str
    stream: str
    sequences: tuple[int, ...]


@dataclass
class Failed(Exception):
    """An event could not be taken. `final`: trying again changes nothing."""

    kept: Kept
    handler: str
    error: Exception
    final: bool

    @property
    def reason(self) -> str:
        kind = "refused" if isinstance(self.error, DomainError) else type(self.error).__name__
        return f"{kind}: {self.error}"


class Step:
    """One attempt at one aggregate. `aside` are the identities of events that were set aside: they are passed over.

    With `limit`, no more than so many events; `rest` is then what is left of those that came.
    """

    def __init__(
        self,
        service: str,
        handlers: Handlers,
        document: AggregateDocument[Any],
        context: Context,
        aside: Set[str],
        limit: int | None = None,
    ) -> None:
        self._service = service
        self._handlers = handlers
        self._document = document
        self._context = context
        self._aside = aside
        self._left = -1 if limit is None else limit
        self._letters = {cursor for cursor in document.consumed if cursor.startswith(LETTER_CURSOR)}
        self.last: Kept | None = None
        self.passed_over: set[str] = set()  # identities of those that were set aside, and are left out here
        self.rest: list[Incoming | Passed] = []

    def run(self, incoming: Sequence[Incoming | Passed]) -> None:
        """Raises `Failed` for the first event that cannot be taken; the document is then of no use any more."""
        self._take_parked()
        for number, item in enumerate(incoming):
            if self._left == 0:
                self.rest = list(incoming[number:])
                return
            if isinstance(item, Passed):
                self._pass(item)
            elif item.letter or not item.kept.cursor:
                self._take_once(item.kept, item.noted)
            else:
                self._admit(item.kept)
        for cursor in list(self._document.ahead):
            self._drain(cursor)

    def _take_parked(self) -> None:
        document = self._document
        if not document.parked or self._can_stay(document.parked):
            return
        parked, document.parked = document.parked, []
        waited_for, document.waits_for = document.waits_for, ""
        document.changed = True
        for number, kept in enumerate(parked):
            if self._left == 0:
                document.parked += parked[number:]
                document.waits_for = document.waits_for or waited_for
                return
            self._take(kept)

    def _can_stay(self, parked: Sequence[Kept]) -> bool:
        """Whether parked events can be left as they are, without another write: the first one waits as it did."""
        try:
            return not any(map(self._is_aside, parked)) and self._missing(parked[0]) == self._document.waits_for
        except Failed:
            return False

    def _take_once(self, kept: Kept, noted: bool) -> None:
        """An event without a place in a stream. Its handler knows what it has seen; a dead letter is counted here."""
        document = self._document
        if kept.letter:
            if document.seen(kept.cursor, 1) or self._is_aside(kept):
                return
            document.count(kept.cursor, 1)
            if self._is_parked_still(kept):
                return
            if noted and self._came_again(kept):
                return
            document.forget(aside_cursor(kept.letter))
        elif any(parked.event == kept.event for parked in document.parked):
            return
        self._take(kept)

    def _is_parked_still(self, kept: Kept) -> bool:
        """Whether a dead letter is parked here all the same: who set it aside was cut off, or is not done.

        Then it waits on in its place, as the letter that it is: it must not be passed over any more.
        """
        for number, parked in enumerate(self._document.parked):
            if letter_of(parked) == kept.letter:
                self._document.parked[number] = kept
                self._note(kept)
                return True
        return False

    def _admit(self, kept: Kept) -> None:
        document, sequence = self._document, kept.event.sequence
        if document.seen(kept.cursor, sequence):
            return
        if not (document.seen(kept.cursor, sequence - 1) or _is_whole(kept)) or self._no_room():
            self._note(kept)
            document.hold(kept)
            return
        document.count(kept.cursor, sequence)
        self._take(kept)
        self._drain(kept.cursor)

    def _pass(self, passed: Passed) -> None:
        cursor = cursor_of(passed.topic, passed.stream)
        for sequence in sorted(passed.sequences):
            if not self._document.seen(cursor, sequence) and self._document.seen(cursor, sequence - 1):
                self._document.count(cursor, sequence)
        self._drain(cursor)

    def _drain(self, cursor: str) -> None:
        for kept in self._next_held(cursor):
            self._document.count(cursor, kept.event.sequence)
            self._take(kept)

    def _next_held(self, cursor: str) -> Iterator[Kept]:
        while self._left != 0 and not self._no_room() and (kept := self._document.take_held(cursor)):
            yield kept

    def _no_room(self) -> bool:
        return bool(self._document.waits_for) and self._document.full

    def _take(self, kept: Kept) -> None:
        """Apply an event whose turn it is, or park it (and all behind it) until its reference is there."""
        document = self._document
        if self._is_aside(kept):
            self.passed_over.add(identity(document, kept))
            if kept.letter:
                document.forget(kept.cursor)
            if kept.event.stream:
                document.count(aside_cursor(letter_of(kept)), 1)
            return
        if self._was_retried(kept) or is_outdated(document, kept):
            return
        self._note(kept)
        missing = self._missing(kept)
        if document.waits_for or missing:
            if self._no_room():  # only an event without a stream comes here: it cannot be asked for again
                full = DomainError("Quá nhiều thông điệp đang chờ", f"too many messages wait for {document.waits_for}")
                raise Failed(kept, "", full, final=True)
            document.park(kept, missing)
            return
        handler = self._handler(kept)
        try:
            change = handler.apply(document.state, kept.told, self._context)
            actor = "" if told_by_us(kept.topic) else kept.event.foreign_actor
            document.apply(self._service, change, self._context.now, cause=kept.event, actor=actor)
            if _is_whole(kept):
                document.count(applied_cursor(kept.topic, kept.event.stream), kept.event.sequence)
        except Exception as error:
            raise Failed(kept, handler.name, error, final=isinstance(error, DomainError)) from error

    def _missing(self, kept: Kept) -> str:
        """`collection/key` of the first reference that is not there, or nothing."""
        handler = self._handler(kept)
        try:
            missing = handler.missing(kept.told.data, self._context)
        except UnreadableEvent as error:  # the code has changed since it was kept
            raise Failed(kept, handler.name, error, final=True) from error
        except Exception as error:
            raise Failed(kept, handler.name, error, final=isinstance(error, DomainError)) from error
        return f"{missing[0]}/{missing[1]}" if missing else ""

    def _handler(self, kept: Kept) -> Handler:
        handler = self._handlers.get((kept.topic, kept.event.type))
        if handler is None:
            gone = UnreadableEvent(f"no handler for the event type {kept.event.type!r} on {kept.topic} any more")
            raise Failed(kept, "", gone, final=True)
        return handler

    def _note(self, kept: Kept) -> None:
        self.last = kept
        self._left -= 1 if self._left > 0 else 0

    def _was_retried(self, kept: Kept) -> bool:
        """Whether an operator had the message handled as a dead letter, while here it was still to come."""
        if kept.letter or not self._letters:
            return False
        return (
            letter_cursor(letter_id(kept.topic, kept.event.source, kept.event.id, kept.event.value())) in self._letters
        )

    def _came_again(self, kept: Kept) -> bool:
        """Whether a dead letter was taken in its stream after all.

        It was set aside, but the aggregate was not written (a crash): the message came again, and did not fail then.
        """
        cursor = cursor_of(kept.topic, kept.event.stream)
        passed = self._document.seen(aside_cursor(kept.letter), 1)
        return bool(kept.event.stream) and self._document.seen(cursor, kept.event.sequence) and not passed

    @property
    def exhausted(self) -> bool:
        """Whether the limit was reached, so that there may be more to do."""
        return self._left == 0

    def _is_aside(self, kept: Kept) -> bool:
        return bool(self._aside) and identity(self._document, kept) in self._aside


def _is_whole(kept: Kept) -> bool:
    """Whether it tells the whole state, as events on compacted topics do: a newcomer sees nothing of earlier ones."""
    return topic(kept.topic).cleanup == "compact"


def is_outdated(document: AggregateDocument[Any], kept: Kept) -> bool:
    """Whether a newer event that told the whole state was taken: an older one must not take its place."""
    if not _is_whole(kept) or document.raw_state is None:
        return False
    cursor, sequence = applied_cursor(kept.topic, kept.event.stream), kept.event.sequence
    if cursor in document.consumed:
        return document.seen(cursor, sequence + 1)
    # Written before there was such a note: what was consumed counts as taken.
    return bool(kept.letter) and document.seen(cursor_of(kept.topic, kept.event.stream), sequence + 1)


def letter_of(kept: Kept) -> str:
    """The id of the dead letter that the event is, or would be."""
    return kept.letter or letter_id(kept.topic, kept.event.source, kept.event.id, kept.event.value())


def identity(document: AggregateDocument[Any], kept: Kept) -> str:
    """What tells an event of one aggregate from all others. Ids alone do not: those of the platform are its own."""
    event = kept.event
    parts = (document.collection.name, document.key, kept.topic, event.source, event.id, str(event.sequence))
    return "|".join((*parts, kept.letter, sha256_hex(event.value())))
