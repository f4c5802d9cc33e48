"""Messages as the broker knows them, and the two small ports through which the delivery machinery talks to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.envelope import EVENT_TYPES
from shared.telemetry.trace_context import parse

__all__ = [
    "REPUBLISH_REQUESTS",
    "BrokerProgress",
    "Message",
    "Placed",
    "Publisher",
    "PublisherUnavailable",
    "Record",
    "described",
]

REPUBLISH_REQUESTS = "republish-requests"  # the topic on which consumers ask owners for what is missing
# Carried by every message of ours: where it stands in its owner's journal, for operators and `replay`.
POSITION_HEADER = "x-journal-position"


class PublisherUnavailable(Exception):
    """The broker did not acknowledge in time; whether it has the messages is not known. Publish them again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish."""

    topic: str
    key: str
    headers: Mapping[str, str]
    value: bytes

    @property
    def size(self) -> int:
        """About what it takes on the broker, in bytes."""
        return len(self.value) + len(self.key) + sum(len(k) + len(v) for k, v in self.headers.items()) + 70


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the broker put a message."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """A message as consumed."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    value: bytes


def described(*records: Record) -> dict[str, str | int]:
    """What logs say of messages: where they stand and, of one alone, whose it is; nothing of what is in them."""
    topics = dict.fromkeys(record.topic for record in records)
    said: dict[str, str | int] = {"topic": ", ".join(topics)}
    if len(topics) == 1 and len({record.partition for record in records}) == 1:
        offsets = [record.offset for record in records]
        said |= {"partition": records[0].partition, "offset": offsets[0]}
        if len(records) > 1:
            said["offset"] = f"{min(offsets)}-{max(offsets)}"
    if len(records) > 1:
        return {**said, "messages": len(records)}
    headers = records[0].headers
    place = parse(headers.get("ce_traceparent", ""))
    whose, kind = headers.get("ce_correlationid") or headers.get("ce_id", ""), headers.get("ce_type", "")
    known = kind if kind in EVENT_TYPES else "unknown"  # what others call it may be anything
    return {**said, "type": known, "correlation": whose, "trace": place.trace, "span": place.span}


class Publisher(Protocol):
    """Publishes with acks=all and an idempotent producer."""

    async def publish(self, messages: Sequence[Message]) -> list[Placed]:
        """Publish in the given order; returns when all are acknowledged. Raises `PublisherUnavailable`."""
        ...


class BrokerProgress(Protocol):
    """How far consumer groups have come. All answers are by the partitions that the broker has, as far as known."""

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        """Next offset to consume by partition; 0 where the group has not committed."""
        ...

    async def starts(self, topic: str) -> dict[int, int]:
        """First offset that is still there, by partition."""
        ...

    async def ends(self, topic: str) -> dict[int, int]:
        """Next offset to be written, by partition."""
        ...
