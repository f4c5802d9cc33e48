"""Event types that are no longer said, and how each is read as the type that took its place.

Journals keep every event for good, topics and dead letters for a while: what was said once is read for ever. Services
handle only the newest type; an older one becomes it here, by a pure function, when it is read (ADR 0018). The envelope
stays as it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import CloudEvent, Event, EventData, UnreadableEvent
from shared.contracts.verification import CaseReturnedV1, CaseReturnedV2, Correction

__all__ = ["UPCASTS", "Upcast", "case_returned_v1_v2", "newest", "older_types", "said_types"]


@dataclass(frozen=True)
class Upcast:
    """One step: `old` is read as `new` by `read`, which sees the data and the envelope and nothing else."""

    old: type[EventData]
    new: type[EventData]
    read: Callable[[Any, CloudEvent], EventData]


def case_returned_v1_v2(data: CaseReturnedV1, envelope: CloudEvent) -> CaseReturnedV2:
    """The one reason held for every criterion; when it was returned, the envelope tells."""
    return CaseReturnedV2(
        key=data.key,
        submission_number=data.submission_number,
        corrections=tuple(Correction(criterion=code, reason=data.reason) for code in data.criteria),
        reason=data.reason,
        returned_by=data.returned_by,
        returned_at=envelope.time,
        due_at=data.due_at,
    )


# By the older type's name. A chain (V1 to V2, V2 to V3) is followed to its end.
UPCASTS: Mapping[str, Upcast] = {
    upcast.old.type_: upcast for upcast in (Upcast(CaseReturnedV1, CaseReturnedV2, case_returned_v1_v2),)
}


def newest(event: Event[Any]) -> Event[Any]:
    """The event with its data as of the newest type; the same event where it is that already.

    Raises `UnreadableEvent` where the one cannot be made of the other.
    """
    while (upcast := UPCASTS.get(event.data.type_)) is not None:
        try:
            data = upcast.read(event.data, event.envelope)
        except Exception as error:
            raise UnreadableEvent(f"it cannot be read as {upcast.new.type_}: {error!r}") from error
        event = Event(envelope=event.envelope, data=data)
    return event


def older_types(type_: str) -> tuple[str, ...]:
    """Types that are read as this one, its immediate predecessor first."""
    before = [old for old, upcast in UPCASTS.items() if upcast.new.type_ == type_]
    return tuple(older for old in before for older in (old, *older_types(old)))


def said_types(types: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the types that are still said."""
    return tuple(type_ for type_ in types if type_ not in UPCASTS)
