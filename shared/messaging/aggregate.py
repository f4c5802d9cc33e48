"""The aggregate: one document that holds its state, its unpublished events and what it has consumed of each source.

Because all three are replaced together and only if unchanged, an event is handled exactly once in effect: a crash
before the write leaves everything to be done again, a crash after it leaves the outgoing events in the document for
the relay, and a repeated delivery is seen by its sequence (docs/architecture.md, "Delivery").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from shared.contracts.envelope import CloudEvent, EventData
from shared.storage.port import Document, Write

__all__ = [
    "ANY",
    "OUTBOX",
    "WAITS_FOR",
    "WITH_HELD",
    "AggregateDocument",
    "Change",
    "Collection",
    "Outgoing",
    "Pending",
]

S = TypeVar("S", bound=BaseModel)

# Indexes that every aggregate has: topics with unpublished events; what parked events wait for; streams with a gap.
OUTBOX = "outbox"
WAITS_FOR = "waits_for"
WITH_HELD = "held"
ANY = "*"  # every document that waits for something, whatever it is
_HELD_MAX = 100  # of one aggregate; what is beyond is dropped and published again from the source's journal


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
class Change(Generic[S]):
    """What a core decided: the new state (the same object for "unchanged") and the events that tell of it."""

    state: S | None
    events: tuple[Outgoing, ...] = ()


@dataclass(frozen=True)
class Pending:
    """An event written with the state and not yet known to be published."""

    topic: str
    key: str
    event: CloudEvent

    def to_json(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "key": self.key,
            "event": self.event.model_dump(mode="json", exclude_defaults=True),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Pending:
        return cls(raw["topic"], raw["key"], CloudEvent.model_validate(raw["event"]))


@dataclass
class AggregateDocument(Generic[S]):
    """An aggregate in memory, between reading its document and writing it back."""

    collection: Collection[S]
    key: str
    version: int = 0
    state: S | None = None
    emitted: dict[str, int] = field(default_factory=dict)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    consumed: dict[str, int] = field(default_factory=dict)
    held: list[dict[str, Any]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    waits_for: str = ""
    changed: bool = False

    @classmethod
    def load(cls, collection: Collection[S], key: str, document: Document | None) -> AggregateDocument[S]:
        """From the stored document, or fresh if there is none."""
        if document is None:
            return cls(collection, key)
        body = document.body
        raw = body.get("state")
        return cls(
            collection,
            key,
            document.version,
            collection.state.model_validate(raw) if raw is not None else None,
            dict(body.get("emitted", {})),
            list(body.get("outbox", ())),
            dict(body.get("consumed", {})),
            list(body.get("held", ())),
            list(body.get("parked", ())),
            body.get("waits_for", ""),
        )

    def write(self) -> Write:
        """The write that puts this aggregate in place of the version it was loaded from."""
        state = self.state
        body = {
            "state": None if state is None else state.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            "emitted": self.emitted,
            "outbox": self.outbox,
            "consumed": self.consumed,
            "held": self.held,
            "parked": self.parked,
            "waits_for": self.waits_for,
        }
        indexes: dict[str, Sequence[str]] = {} if state is None else dict(self.collection.indexes(state))
        indexes[OUTBOX] = sorted({pending["topic"] for pending in self.outbox})
        indexes[WAITS_FOR] = [self.waits_for, ANY] if self.waits_for else []
        indexes[WITH_HELD] = ["1"] if self.held else []
        return Write(self.collection.name, self.key, body, self.version, indexes)

    def apply(
        self, service: str, change: Change[S], now: datetime, *, cause: CloudEvent | None = None, actor: str = ""
    ) -> None:
        """Take over a core's decision: the state, and its events with their place in the stream."""
        if change.state is not self.state:
            self.state, self.changed = change.state, True
        for outgoing in change.events:
            self._emit(service, outgoing, now, cause, actor)

    def _emit(self, service: str, outgoing: Outgoing, now: datetime, cause: CloudEvent | None, actor: str) -> None:
        topic = outgoing.topic or outgoing.data.topic
        sequence = self.emitted.get(topic, 0) + 1
        stream = f"{service}/{self.collection.name}/{self.key}"
        event = CloudEvent(
            id=f"{stream}#{topic}.{sequence}",
            source=f"/xephang/{service}",
            type=outgoing.data.type_,
            time=now,
            subject=self.key,
            stream=stream,
            sequence=sequence,
            partitionkey=outgoing.key,
            correlationid=(cause.correlationid or cause.id) if cause else f"{stream}#{topic}.{sequence}",
            causationid=cause.id if cause else "",
            actor=actor or (cause.actor if cause else ""),
            traceparent=cause.traceparent if cause else "",
            data=outgoing.data.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        )
        self.emitted[topic] = sequence
        self.outbox.append(Pending(topic, outgoing.key, event).to_json())
        self.changed = True

    def hold(self, cursor: str, topic: str, event: CloudEvent) -> None:
        """Keep an event that came before its predecessors."""
        if any(h["cursor"] == cursor and h["event"]["sequence"] == event.sequence for h in self.held):
            return
        raw = event.model_dump(mode="json", exclude_defaults=True)
        self.held.append({"cursor": cursor, "topic": topic, "event": raw})
        self.changed = True
        if len(self.held) > _HELD_MAX:
            # The last of the stream is kept in any case: without it, nothing would tell that others were let go.
            self.held.sort(key=lambda held: held["event"]["sequence"])
            own = [held for held in self.held if held["cursor"] == cursor]
            if len(own) > 1:
                self.held.remove(own[-2])

    def take_held(self, cursor: str) -> tuple[str, CloudEvent] | None:
        """The held event that is next in its stream, removed; outdated ones are dropped on the way."""
        expected = self.consumed.get(cursor, 0) + 1
        found = None
        rest = []
        for held in self.held:
            sequence = held["event"]["sequence"]
            if held["cursor"] == cursor and sequence == expected and found is None:
                found = held
            elif held["cursor"] != cursor or sequence > expected:
                rest.append(held)
        if len(rest) != len(self.held):
            self.held, self.changed = rest, True
        return (found["topic"], CloudEvent.model_validate(found["event"])) if found else None

    def gaps(self) -> list[tuple[str, str, int, int]]:
        """What is missing before held events: (topic, stream, first sequence, last sequence)."""
        lowest: dict[str, dict[str, Any]] = {}
        for held in self.held:
            if held["event"]["sequence"] < lowest.get(held["cursor"], held)["event"]["sequence"] or (
                held["cursor"] not in lowest
            ):
                lowest[held["cursor"]] = held
        return [
            (h["topic"], h["event"]["stream"], self.consumed.get(cursor, 0) + 1, h["event"]["sequence"] - 1)
            for cursor, h in lowest.items()
        ]
