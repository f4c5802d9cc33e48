"""Dead letters: messages that could not be handled, kept in the service's store and sent to a dead-letter topic.

The store's copy is what `list`, `show` and `retry` work on: it outlives a broker that lost its data.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.delivery import MessageDeadLetteredV1
from shared.contracts.registry import topic
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Conflict, NotFound
from shared.messaging.aggregate import Change, Collection, Outgoing
from shared.messaging.commands import Aggregates
from shared.messaging.messages import Record

__all__ = ["DEAD_LETTERS", "DeadLetter", "DeadLetters", "Failure", "check_waiting", "letter_id"]

# A dead letter travels as Base64 in an event that first stands in the same document: larger values stay in the store.
_SENT_MAX = 3 * 2**20


class DeadLetter(BaseModel):
    """A dead letter and what became of it."""

    model_config = ConfigDict(frozen=True)

    message: MessageDeadLetteredV1
    status: Literal["waiting", "retried", "discarded"] = "waiting"
    note: str = ""

    def record(self) -> Record:
        """The message as it was consumed."""
        m = self.message
        value = base64.b64decode(m.value_base64)
        return Record(m.topic_name, m.partition, m.offset, m.key, m.headers, value)


DEAD_LETTERS: Collection[DeadLetter] = Collection(
    "dead_letters", DeadLetter, index_names=("status",), indexes=lambda letter: {"status": [letter.status]}
)


@dataclass(frozen=True)
class Failure:
    """A message that cannot be handled: where it failed, why, and how often that was tried."""

    record: Record
    handler: str
    reason: str
    attempts: int
    first_failed_at: datetime
    last_failed_at: datetime


class DeadLetters:
    """Keeps a service's dead letters."""

    def __init__(self, aggregates: Aggregates) -> None:
        self._aggregates = aggregates

    async def record(self, failure: Failure, id_: str = "") -> str:
        """Set a message aside, or count up if it was already (as `id_`, if that is known). Returns the id."""
        record = failure.record
        told = record.headers.get("ce_id") or f"without an id, key {record.key}"
        id_ = id_ or letter_id(record.topic, record.headers.get("ce_source", ""), told, record.value)
        target = topic(record.topic).dlq
        assert target is not None, f"{record.topic} is handled by an inbox, so it needs a dead-letter topic"

        def decide(letter: DeadLetter | None) -> Change[DeadLetter]:
            if letter is not None:
                return Change(_failed_again(letter, failure))
            message = self._message(id_, failure)
            sent = message
            if len(record.value) > _SENT_MAX:
                kept = f" [the value, {len(record.value)} bytes, is kept by {message.consumer} only]"
                sent = message.model_copy(update={"value_base64": "", "reason": message.reason + kept})
            return Change(DeadLetter(message=message), (Outgoing(sent, record.key, topic=target),))

        await self._aggregates.execute(DEAD_LETTERS, id_, decide)
        return id_

    async def list(self, status: str = "waiting") -> Sequence[DeadLetter]:
        """Dead letters in a status, by id."""
        return list((await self._aggregates.find(DEAD_LETTERS, "status", status)).values())

    async def get(self, id_: str) -> DeadLetter:
        """One dead letter. Raises `NotFound`."""
        letter = await self._aggregates.get(DEAD_LETTERS, id_)
        if letter is None:
            raise NotFound(f"Không có thư chết {id_}", f"there is no dead letter {id_}")
        return letter

    async def settle(
        self, id_: str, status: Literal["retried", "discarded"], note: str, actor: str
    ) -> DeadLetter | None:
        """Say what became of a dead letter, and who decided it; saying the same again changes nothing.

        Raises `NotFound`, or `Conflict` if something else became of it before.
        """

        def decide(letter: DeadLetter | None) -> Change[DeadLetter]:
            if letter is None:
                raise NotFound(f"Không có thư chết {id_}", f"there is no dead letter {id_}")
            if letter.status == status:
                return Change(letter)
            check_waiting(letter)
            return Change(letter.model_copy(update={"status": status, "note": f"{actor}: {note}"}))

        return await self._aggregates.execute(DEAD_LETTERS, id_, decide, actor=actor)

    def _message(self, id_: str, failure: Failure) -> MessageDeadLetteredV1:
        record = failure.record
        return MessageDeadLetteredV1(
            id=id_,
            consumer=self._aggregates.service,
            handler=failure.handler,
            reason=_plain(failure.reason),
            topic_name=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            headers=dict(record.headers),
            value_base64=base64.b64encode(record.value).decode("ascii"),
            attempts=failure.attempts,
            first_failed_at=failure.first_failed_at,
            last_failed_at=failure.last_failed_at,
        )


def check_waiting(letter: DeadLetter) -> None:
    """Raises `Conflict` if something became of the dead letter already."""
    if letter.status != "waiting":
        raise Conflict(
            f"Thư chết {letter.message.id} đã được giải quyết ({letter.status})",
            f"the dead letter {letter.message.id} was settled before: {letter.status} ({letter.note})",
        )


def letter_id(topic_name: str, source: str, event_id: str, value: bytes) -> str:
    """The same message, delivered again at another offset, is the same dead letter."""
    identity = {"topic": topic_name, "id": event_id, "source": source, "value": sha256_hex(value)}
    return sha256_hex(canonical_json(identity))[:20]


def _failed_again(letter: DeadLetter, failure: Failure) -> DeadLetter:
    """What an operator discarded stays so. What was taken for retried (it was parked) waits again."""
    message = letter.message.model_copy(
        update={
            "handler": failure.handler,
            "reason": _plain(failure.reason),
            "attempts": letter.message.attempts + failure.attempts,
            "last_failed_at": failure.last_failed_at,
        }
    )
    status: Literal["waiting", "discarded"] = "discarded" if letter.status == "discarded" else "waiting"
    return letter.model_copy(update={"message": message, "status": status})


def _plain(reason: str) -> str:
    """Errors quote what they refuse, which may be text that no store takes."""
    return reason[:2000].encode("utf-8", "replace").decode("utf-8")
