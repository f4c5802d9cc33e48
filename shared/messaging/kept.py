"""An event that an aggregate keeps for later: held before its predecessors, or parked before what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shared.contracts.envelope import CloudEvent, Event, read_event
from shared.contracts.upcast import newest

__all__ = ["LETTER_CURSOR", "Kept", "applied_cursor", "aside_cursor", "cursor_of", "letter_cursor"]

LETTER_CURSOR = "dead-letter|"
_ASIDE_CURSOR = "aside|"
_APPLIED_CURSOR = "applied|"


def cursor_of(topic: str, stream: str) -> str:
    """Under what an aggregate counts what it consumed of a stream."""
    return f"{topic}|{stream}"


def letter_cursor(letter: str) -> str:
    """Under what an aggregate notes that it took a dead letter that was tried again."""
    return f"{LETTER_CURSOR}{letter}"


def aside_cursor(letter: str) -> str:
    """Under what an aggregate notes that it passed over an event of a stream, which is a dead letter now."""
    return f"{_ASIDE_CURSOR}{letter}"


def applied_cursor(topic: str, stream: str) -> str:
    """Under what an aggregate counts the newest event of a compacted topic that changed it."""
    return f"{_APPLIED_CURSOR}{cursor_of(topic, stream)}"


@dataclass(frozen=True)
class Kept:
    """`letter` is the dead letter that the event was, if it is tried again; `size` about its bytes in the document."""

    topic: str
    event: CloudEvent
    letter: str = ""
    size: int = 0

    @cached_property
    def told(self) -> Event[Any]:
        """The event with its data read into the newest class of its kind, once. Raises `UnreadableEvent`."""
        return newest(read_event(self.event))

    @property
    def cursor(self) -> str:
        """What counts this event as consumed; empty for an event without a place in a stream."""
        if self.letter:
            return letter_cursor(self.letter)
        return cursor_of(self.topic, self.event.stream) if self.event.stream else ""

    def to_json(self) -> dict[str, Any]:
        return {"topic": self.topic, "event": self.event.to_json(), "letter": self.letter, "size": self.size}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Kept:
        return cls(raw["topic"], CloudEvent.model_validate(raw["event"]), raw["letter"], raw["size"])
