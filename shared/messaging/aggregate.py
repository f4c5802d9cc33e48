"""The aggregate: one document that holds its state, what it has consumed of each source, and the events it says.

Because all three are written together and only if unchanged, an event is handled exactly once in effect: a crash
before the write leaves everything to be done again, a crash after it leaves the outgoing events in the store for the
relay, and a repeated delivery is seen by its sequence (docs/architecture.md, "Delivery").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from shared.contracts.envelope import ATTRIBUTE_MAX, CloudEvent, EventData, too_long
from shared.contracts.registry import largest_value
from shared.kernel.errors import Invalid
from shared.messaging.kept import Kept
from shared.messaging.messages import Message
from shared.messaging.parts import Parts
from shared.storage.port import Document, JournalEntry, Write
from shared.telemetry.trace_context import Place, current, of_event, parse

__all__ = [
    "ANY",
    "OUTBOX",
    "WAITS_FOR",
    "WITH_HELD",
    "AggregateDocument",
    "Change",
    "Collection",
    "Outgoing",
    "PlainChange",
    "PlainOutgoing",
]

S = TypeVar("S", bound=BaseModel)

# Indexes that every aggregate has: what parked events wait for; streams with a gap. The first is of documents that
# version 0.1 wrote, in which events wait in the body: their topics (`Relay`).
OUTBOX = "outbox"
WAITS_FOR = "waits_for"
WITH_HELD = "held"
ANY = "*"  # every document that waits for something, whatever it is
# What one document keeps of events that wait. Of a gap's followers the rest is published again from the journal.
_HELD_MAX = 100
_PARKED_MAX = 1000
_KEPT_BYTES = 4 * 2**20


def _no_indexes(_: Any) -> dict[str, Sequence[str]]:
    return {}


@dataclass(frozen=True)
class Collection(Generic[S]):
    """One kind of aggregate of a service: its name, its state's class and how its documents are found.

    `reference` marks read-copies of what another service owns; events that need them are parked until they arrive.
    """

    name: str
    state: type[S]
    index_names: tuple[str, ...] = ()
    indexes: Callable[[S], Mapping[str, Sequence[str]]] = _no_indexes
    reference: bool = False

    def declared_indexes(self) -> tuple[str, ...]:
        """Names to declare to the store."""
        return (OUTBOX, WAITS_FOR, WITH_HELD, *self.index_names)


@dataclass(frozen=True)
class Outgoing:
    """An event a core decided to say; `key` is the Kafka key, `topic` replaces the class's own (dead letters)."""

    data: EventData
    key: str
    topic: str = ""


@dataclass(frozen=True)
class PlainOutgoing:
    """The same where the event's data is at hand as plain JSON, in the words that its class `data` would write."""

    data: type[EventData]
    plain: dict[str, Any]
    key: str
    topic: str = ""


@dataclass(frozen=True)
class Change(Generic[S]):
    """What a core decided: the new state (the same object for "unchanged") and the events that tell of it.

    `known` are models in them whose plain JSON (by alias, without defaults) is at hand, so that it is not made again.
    """

    state: S | None
    events: tuple[Outgoing, ...] = ()
    known: tuple[tuple[BaseModel, dict[str, Any]], ...] = ()


@dataclass(frozen=True)
class PlainChange:
    """What was decided on a state as plain JSON, without reading it into its class: a new one, or the same object.

    `indexes` are those that change with it; the others stay.
    """

    state: Any
    indexes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    events: tuple[PlainOutgoing, ...] = ()


@dataclass
class AggregateDocument(Generic[S]):
    """An aggregate in memory, between reading its document and writing it back."""

    collection: Collection[S]
    key: str
    version: int = 0
    emitted: dict[str, int] = field(default_factory=dict)
    outgoing: list[JournalEntry] = field(default_factory=list)  # said since it was loaded; earlier ones are the store's
    consumed: dict[str, int] = field(default_factory=dict)
    held: list[Kept] = field(default_factory=list)
    ahead: dict[str, int] = field(default_factory=dict)  # by cursor with a gap: the highest sequence known to exist
    parked: list[Kept] = field(default_factory=list)
    waits_for: str = ""
    changed: bool = False
    # What the newest event here goes back to, and its place in a trace: what a person does about it belongs there too.
    correlation: str = ""
    traceparent: str = ""
    # The state as stored, with its indexes. It is read into its class when somebody asks for it, and written back as it
    # is when nobody replaced it: what is only parked or held needs no state.
    raw_state: Any = None
    raw_indexes: dict[str, Sequence[str]] = field(default_factory=dict)
    _state: S | None = None
    _parts: Parts = field(default_factory=Parts)

    @property
    def state(self) -> S | None:
        """The state, or None where there is none yet."""
        if self._state is None and self.raw_state is not None:
            self._state = self.collection.state.model_validate(self.raw_state)
            self._parts.learn(self._state, self.raw_state)
        return self._state

    def replace_state(self, state: S | None) -> None:
        """Put another state in place, with the indexes that follow from it."""
        self._state, self.changed = state, True
        self.raw_state, self.raw_indexes = None, {}
        if state is not None:
            self.raw_state = self._parts.plain(state)
            self._parts.learn(state, self.raw_state)
            self.raw_indexes = {name: list(values) for name, values in self.collection.indexes(state).items()}

    def replace_plain(self, state: Any, indexes: Mapping[str, Sequence[str]]) -> None:
        """Put another state in place that is plain JSON already, with those indexes that change with it."""
        self._state, self.changed = None, True
        self.raw_state, self.raw_indexes = state, {**self.raw_indexes, **indexes}

    @classmethod
    def load(cls, collection: Collection[S], key: str, document: Document | None) -> AggregateDocument[S]:
        """From the stored document, or fresh if there is none."""
        if document is None:
            return cls(collection, key)
        body = document.body
        return cls(
            collection,
            key,
            document.version,
            dict(body.get("emitted", {})),
            [_from_outbox(raw) for raw in body.get("outbox", ())],
            dict(body.get("consumed", {})),
            [Kept.from_json(raw) for raw in body.get("held", ())],
            dict(body.get("ahead", {})),
            [Kept.from_json(raw) for raw in body.get("parked", ())],
            body.get("waits_for", ""),
            correlation=body.get("correlation", ""),
            traceparent=body.get("traceparent", ""),
            raw_state=body.get("state"),
            raw_indexes=body["indexes"] if "indexes" in body else _indexes_of_old(collection, body.get("state")),
        )

    def write(self) -> Write:
        """The write that puts this aggregate in place of the version it was loaded from."""
        body = {
            "state": self.raw_state,
            "indexes": self.raw_indexes,
            "emitted": self.emitted,
            "consumed": self.consumed,
            "held": [kept.to_json() for kept in self.held],
            "ahead": self.ahead,
            "parked": [kept.to_json() for kept in self.parked],
            "waits_for": self.waits_for,
            "correlation": self.correlation,
            "traceparent": self.traceparent,
        }
        indexes = dict(self.raw_indexes)
        indexes[WAITS_FOR] = [self.waits_for, ANY] if self.waits_for else []
        indexes[WITH_HELD] = ["1"] if self.ahead else []
        return Write(self.collection.name, self.key, body, self.version, indexes, self.outgoing)

    def apply(
        self,
        service: str,
        change: Change[S] | PlainChange,
        now: datetime,
        *,
        cause: CloudEvent | None = None,
        actor: str = "",
    ) -> None:
        """Take over a core's decision: the state, and its events with their place in the stream."""
        if isinstance(change, PlainChange):
            if change.state is not self.raw_state:
                self.replace_plain(change.state, change.indexes)
        else:
            for model, plain in change.known:
                self._parts.learn(model, plain)
            if change.state is not self.state:
                self.replace_state(change.state)
        if cause is not None:
            self.correlation, self.traceparent = cause.correlationid or cause.id, cause.traceparent
        parent = parse(self.traceparent) if self.traceparent else current.get()
        for outgoing in change.events:
            self._emit(service, outgoing, now, cause, actor, parent)

    def _emit(
        self,
        service: str,
        outgoing: Outgoing | PlainOutgoing,
        now: datetime,
        cause: CloudEvent | None,
        actor: str,
        parent: Place,
    ) -> None:
        topic = outgoing.topic or outgoing.data.topic
        sequence = self.emitted.get(topic, 0) + 1
        stream = f"{service}/{self.collection.name}/{self.key}"
        id_ = f"{stream}#{topic}.{sequence}"
        self.correlation = self.correlation or id_
        self.traceparent = of_event(id_, self.correlation, parent).traceparent
        event = CloudEvent(
            id=id_,
            source=f"/xephang/{service}",
            type=outgoing.data.type_,
            time=now,
            subject=self.key,
            stream=stream,
            sequence=sequence,
            partitionkey=outgoing.key,
            correlationid=self.correlation,
            causationid=cause.id if cause else "",
            actor=actor or (cause.actor if cause else ""),
            traceparent=self.traceparent,
            data=outgoing.plain if isinstance(outgoing, PlainOutgoing) else self._parts.plain(outgoing.data),
        )
        # Refused here, because once it waits to be published it would hold up everything behind it.
        headers, value = event.headers(), event.value()
        if name := too_long(headers):
            raise Invalid(
                f"Thuộc tính {name} của sự kiện quá dài",
                f"the event's attribute {name} is longer than {ATTRIBUTE_MAX} characters: nobody would read it",
                code="event.too_large",
            )
        if Message(topic, outgoing.key, headers, value).size > largest_value(topic):
            raise Invalid(
                f"Dữ liệu của sự kiện quá lớn cho chủ đề {topic}",
                f"the event is too large for the topic {topic}: over {largest_value(topic)} bytes",
                code="event.too_large",
            )
        self.emitted[topic] = sequence
        self.outgoing.append(JournalEntry(topic, stream, sequence, outgoing.key, headers, value))
        self.changed = True

    def seen(self, cursor: str, sequence: int) -> bool:
        """Whether the event with this place was dealt with already."""
        return sequence <= self.consumed.get(cursor, 0)

    def count(self, cursor: str, sequence: int) -> None:
        """An event's place is dealt with."""
        self.consumed[cursor] = sequence
        if self.ahead.get(cursor, sequence + 1) <= sequence:
            del self.ahead[cursor]
        self.changed = True

    def forget(self, cursor: str) -> None:
        """As if nothing had been consumed of it: a dead letter whose retry came to nothing after all."""
        if self.consumed.pop(cursor, None) is not None:
            self.changed = True

    def hold(self, kept: Kept) -> None:
        """Keep an event that came before its predecessors; if there are too many, the furthest is only remembered."""
        cursor, sequence = kept.cursor, kept.event.sequence
        if self.ahead.get(cursor, 0) < sequence:
            self.ahead[cursor] = sequence
            self.changed = True
        own = [held for held in self.held if held.cursor == cursor]
        if any(held.event.sequence == sequence for held in own):
            return
        while len(own) >= _HELD_MAX or _bytes(own) + kept.size > _KEPT_BYTES:
            furthest = max(own, key=lambda held: held.event.sequence, default=None)
            if furthest is None or furthest.event.sequence < sequence:
                return
            own.remove(furthest)
            self.held.remove(furthest)
        self.held.append(kept)
        self.changed = True

    def take_held(self, cursor: str) -> Kept | None:
        """The held event that is next in its stream, removed; outdated ones are dropped on the way."""
        expected = self.consumed.get(cursor, 0) + 1
        found = next((k for k in self.held if k.cursor == cursor and k.event.sequence == expected), None)
        rest = [k for k in self.held if k.cursor != cursor or k.event.sequence > expected]
        if len(rest) != len(self.held):
            self.held, self.changed = rest, True
        return found

    def park(self, kept: Kept, waits_for: str) -> None:
        """Keep an event, and with it all that come after it, until a reference is there."""
        self.parked.append(kept)
        self.waits_for = self.waits_for or waits_for
        self.changed = True

    @property
    def full(self) -> bool:
        """Whether nothing more may be parked."""
        return len(self.parked) >= _PARKED_MAX or _bytes(self.parked) >= _KEPT_BYTES

    def gaps(self) -> list[tuple[str, str, int, int]]:
        """What is missing of streams: (topic, stream, first sequence, last sequence). None while nothing fits in."""
        if self.waits_for and self.full:
            return []
        result = []
        for cursor, highest in self.ahead.items():
            topic, _, stream = cursor.partition("|")
            held = [kept.event.sequence for kept in self.held if kept.cursor == cursor]
            first, last = self.consumed.get(cursor, 0) + 1, min(held) - 1 if held else highest
            if first <= last:
                result.append((topic, stream, first, last))
        return result


def _from_outbox(raw: Mapping[str, Any]) -> JournalEntry:
    """Version 0.1 had events wait in the body; with the next write they move to where they wait now."""
    event = CloudEvent.model_validate(raw["event"])
    return JournalEntry(raw["topic"], event.stream, event.sequence, raw["key"], event.headers(), event.value())


def _indexes_of_old(collection: Collection[Any], state: Any) -> dict[str, Sequence[str]]:
    """Version 0.1 kept none in the body: without them a state that is written back as it is would be found no more."""
    return {} if state is None else dict(collection.indexes(collection.state.model_validate(state)))


def _bytes(kept: Sequence[Kept]) -> int:
    return sum(each.size for each in kept)
