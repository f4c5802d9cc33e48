"""Reading a message as consumed: whose event it is, which handler takes it, and which aggregate it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import ATTRIBUTE_MAX, MAX_SEQUENCE, Event, UnreadableEvent, decode
from shared.contracts.registry import SERVICES, topic
from shared.messaging.handlers import Handler
from shared.messaging.kept import Kept
from shared.messaging.messages import Record

__all__ = ["Handlers", "Incoming", "Target", "place_of", "read_incoming", "told_by_us"]

Target = tuple[str, str]  # collection name, key
Handlers = Mapping[tuple[str, str], Handler]  # by topic and event type


@dataclass(frozen=True)
class Incoming:
    """A message that was read; `kept` is the form in which aggregates keep it.

    `noted`, of a dead letter: its aggregate notes that it was passed over, or it was not.
    """

    record: Record
    event: Event[Any]
    handler: Handler
    target: Target
    kept: Kept
    noted: bool = False

    @property
    def letter(self) -> str:
        """The dead letter it was, if it is tried again."""
        return self.kept.letter


def told_by_us(topic_name: str) -> bool:
    """Whether a topic's events come from our services, so that their place in a stream can be relied on."""
    return topic(topic_name).producer in SERVICES


def read_incoming(record: Record, handlers: Handlers, letter: str = "", *, noted: bool = False) -> Incoming:
    """Raises `UnreadableEvent` for whatever can never be handled as it is."""
    ours = told_by_us(record.topic)
    envelope = decode(record.headers, record.value, foreign=not ours, ours=ours)
    handler = handlers.get((record.topic, envelope.type))
    if handler is None:
        raise UnreadableEvent(f"no handler for the event type {envelope.type!r} on {record.topic}")
    kept = Kept(record.topic, envelope, letter, len(record.value) + 300)
    event = kept.told
    if ours and not (envelope.stream and envelope.sequence >= 1):
        raise UnreadableEvent("an event of ours needs a stream, and a sequence from 1")
    try:
        key = handler.key(event.data)
        key.encode()
    except Exception as error:
        raise UnreadableEvent(f"it names no aggregate: {error!r}") from error
    return Incoming(record, event, handler, (handler.into.name, key), kept, noted)


def place_of(record: Record) -> tuple[str, int] | None:
    """Stream and sequence of a message that cannot be read, as far as its headers tell."""
    stream, sequence = record.headers.get("ce_stream", ""), record.headers.get("ce_sequence", "")
    if not told_by_us(record.topic) or not stream or len(stream) > ATTRIBUTE_MAX:
        return None
    told = sequence.isascii() and sequence.isdigit() and len(sequence) <= 16
    return (stream, int(sequence)) if told and 1 <= int(sequence) <= MAX_SEQUENCE else None
