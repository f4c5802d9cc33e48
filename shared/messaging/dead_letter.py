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
from shared.kernel.errors import NotFound
from shared.messaging.aggregate import Change, Collection, Outgoing
from shared.messaging.commands import Aggregates
from shared.messaging.messages import Record

__all__ = ["DEAD_LETTERS", "DeadLetter", "DeadLetters", "Failure"]


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

    async def record(self, failure: Failure) -> str:
        """Set a message aside; the same message again only counts up. Returns the dead letter's id."""
        id_ = letter_id(failure.record)
        target = topic(failure.record.topic).dlq
        assert target is not None, f"{failure.record.topic} is handled by an inbox, so it needs a dead-letter topic"

        def decide(letter: DeadLetter | None) -> Change[DeadLetter]:
            message = self._message(id_, failure)
            if letter is not None:
                message = message.model_copy(
                    update={
                        "attempts": letter.message.attempts + failure.attempts,
                        "first_failed_at": letter.message.first_failed_at,
                    }
                )
            events = (Outgoing(message, failure.record.key, topic=target),) if letter is None else ()
            return Change(DeadLetter(message=message), events)

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
        """Say what became of a dead letter, and who decided it."""

        def decide(letter: DeadLetter | None) -> Change[DeadLetter]:
            if letter is None:
                raise NotFound(f"Không có thư chết {id_}", f"there is no dead letter {id_}")
            return Change(letter.model_copy(update={"status": status, "note": f"{actor}: {note}"}))

        return await self._aggregates.execute(DEAD_LETTERS, id_, decide, actor=actor)

    def _message(self, id_: str, failure: Failure) -> MessageDeadLetteredV1:
        record = failure.record
        return MessageDeadLetteredV1(
            id=id_,
            consumer=self._aggregates.service,
            handler=failure.handler,
            reason=failure.reason[:2000],
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


def letter_id(record: Record) -> str:
    """The same message, delivered again at another offset, is the same dead letter."""
    identity = {
        "topic": record.topic,
        "key": record.key,
        "id": record.headers.get("ce_id", ""),
        "source": record.headers.get("ce_source", ""),
        "value": sha256_hex(record.value),
    }
    return sha256_hex(canonical_json(identity))[:20]
