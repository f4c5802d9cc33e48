"""What an operator's setting aside of a parked message says: why it became a dead letter, and why it could not."""

from __future__ import annotations

from datetime import datetime

from shared.kernel.errors import Conflict, Fault, NotFound
from shared.messaging.advance import record_of
from shared.messaging.dead_letter import DeadLetter, Failure
from shared.messaging.incoming import Handlers
from shared.messaging.parked import ParkedPlace

__all__ = ["TAKEN_MEANWHILE", "given_up", "not_parked", "waits_for_another", "waits_no_more"]

TAKEN_MEANWHILE = "taken up meanwhile"


def given_up(place: ParkedPlace, handlers: Handlers, reason: str, actor: str, now: datetime) -> Failure:
    """The failure of a message that an operator set aside: who, why, and what it waited for."""
    kept = place.kept
    handler = handlers.get((kept.topic, kept.event.type))
    told = f"set aside: {actor}: {reason} ({place.aggregate} chờ – waited for {place.waits_for})"
    return Failure(record_of(kept), handler.name if handler else "", told, 1, now, now)


def not_parked(id_: str) -> NotFound:
    """There is nothing by that id."""
    return NotFound.of(
        Fault(
            "parked.unknown",
            id_,
            f"Không có thông điệp {id_} đang chờ",
            f"no message {id_} is parked",
            "xem `xephang parked list`; có thể nó đã được xử lý",
            "see `xephang parked list`; it may have been taken up",
        )
    )


def waits_no_more(letter: DeadLetter) -> Conflict:
    """It is a dead letter, or was one and was handled."""
    id_, became = letter.message.id, f"{letter.status}: {letter.note or letter.message.reason}"
    return Conflict.of(
        Fault(
            "parked.no_more",
            id_,
            f"Thông điệp {id_} không còn chờ, đã là thư chết ({became})",
            f"the message {id_} is parked no more: it is a dead letter ({became})",
            f"xem `xephang dlq show {id_}`",
            f"see `xephang dlq show {id_}`",
        )
    )


def waits_for_another(place: ParkedPlace, waits_for: str) -> Conflict:
    """It is not what it was to be given up for."""
    return Conflict.of(
        Fault(
            "parked.waits_for_another",
            place.aggregate,
            f"Thông điệp {place.id} đang chờ {place.waits_for}, không phải {waits_for}",
            f"the message {place.id} waits for {place.waits_for}, not for {waits_for}",
            "xem lại `xephang parked list`",
            "look at `xephang parked list` again",
        )
    )
