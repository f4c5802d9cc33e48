"""Dead letters: messages that could not be handled, kept in the service's store and sent to a dead-letter topic.

The store's copy is what `list`, `show` and `retry` work on: it outlives a broker that lost its data.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.delivery import MessageDeadLetteredV1
from shared.contracts.envelope import ATTRIBUTE_MAX, ATTRIBUTES
from shared.contracts.registry import largest_value, topic
from shared.kernel.canonical import canonical_json, compact_json, sha256_hex
from shared.kernel.errors import Conflict, DomainError, Fault, NotFound
from shared.messaging.aggregate import AggregateDocument, Change, Collection, Outgoing
from shared.messaging.commands import Aggregates
from shared.messaging.messages import Record

__all__ = [
    "DEAD_LETTERS",
    "DeadLetter",
    "DeadLetters",
    "Failure",
    "LetterSummary",
    "Status",
    "check_waiting",
    "check_whole",
    "letter_id",
    "still_fails",
]

# What a document can hold in Base64, with all the rest. A broker may bring more: it looks at what is compressed.
_KEPT_MAX = 8 * 2**20
_BEGINNING = 64 * 2**10  # of a value that is larger
# A dead letter travels as Base64 in an event that first stands in the same document: larger values stay in the store.
_SENT_MAX = 3 * 2**20
# Of headers. What CloudEvents need comes first: cut to this, a message is as readable or unreadable as it was.
_HEADERS_MAX = 64
_HEADER_NAME_MAX = 128
_HEADER_MAX = 4 * 2**10
_KEY_MAX = ATTRIBUTE_MAX  # it becomes an attribute of the event that tells of the dead letter
_REASON_MAX = 2000
_ENVELOPE = 16 * 2**10  # attributes and key of the event that tells of a dead letter
_FIRST = ("content-type", *(f"{prefix}{name}" for prefix in ("ce_", "ce-") for name in ("specversion", *ATTRIBUTES)))

# So many documents are read at once: each may be as large as any.
_PAGE = 20

Status = Literal["waiting", "retried", "discarded"]


class DeadLetter(BaseModel):
    """A dead letter and what became of it.

    `noted`: the aggregate notes that it passed over the message; where it does not, that came again and was taken.
    """

    model_config = ConfigDict(frozen=True)

    message: MessageDeadLetteredV1
    status: Status = "waiting"
    note: str = ""
    noted: bool = False

    def record(self) -> Record:
        """The message as it was consumed, as far as it was kept (`check_whole`)."""
        m = self.message
        value = base64.b64decode(m.value_base64)
        return Record(m.topic_name, m.partition, m.offset, m.key, m.headers, value)


class MessageSummary(BaseModel):
    """What a list tells of a message: without what somebody else decides the size of (value, headers)."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    consumer: str
    handler: str
    reason: str
    origin: str
    topic_name: str
    partition: int
    offset: int
    key: str
    value_size: int
    value_sha256: str
    truncated: bool
    attempts: int
    first_failed_at: AwareDatetime
    last_failed_at: AwareDatetime


class LetterSummary(BaseModel):
    """A dead letter in a list."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    message: MessageSummary
    status: Status
    note: str


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

    async def record(self, failure: Failure, id_: str = "", *, noted: bool = False, actor: str = "") -> str:
        """Set a message aside, or count up if it was already (as `id_`, if that is known). Returns the id.

        `noted`: the aggregate that it concerns will note that it was passed over. `actor`: who wants it set aside.

        Whatever the message is: raises `StoreUnavailable` only, for what cannot be set aside stops its partition.
        """
        record = failure.record
        told = record.headers.get("ce_id") or f"without an id, key {record.key}"
        source = record.headers.get("ce_source", "")
        id_ = id_ or letter_id(record.topic, _plain(source), _plain(told), record.value)
        target = topic(record.topic).dlq
        assert target is not None, f"{record.topic} is handled by an inbox, so it needs a dead-letter topic"

        def decide(letter: DeadLetter | None) -> Change[DeadLetter]:
            if letter is not None:
                return Change(_failed_again(letter, failure, noted))
            message = self._message(id_, failure)
            told = Outgoing(_sent(message, target), message.key, topic=target)
            return Change(DeadLetter(message=message, noted=noted), (told,))

        await self._aggregates.execute(DEAD_LETTERS, id_, decide, actor=actor)
        return id_

    async def list(self, status: Status = "waiting", *, after: str = "", limit: int = 100) -> Sequence[LetterSummary]:
        """Dead letters in a status, by id: those with ids greater than `after`, no more than `limit`."""
        found: list[LetterSummary] = []
        while len(found) < limit:
            wanted = min(_PAGE, limit - len(found))
            page = await self._aggregates.store.find(
                DEAD_LETTERS.name, "status", status, after=after or None, limit=wanted
            )
            letters = [AggregateDocument.load(DEAD_LETTERS, document.key, document).state for document in page]
            found += [LetterSummary.model_validate(letter) for letter in letters]
            if len(page) < wanted:
                break
            after = page[-1].key
        return found

    async def get(self, id_: str) -> DeadLetter:
        """One dead letter. Raises `NotFound`."""
        letter = await self.find(id_)
        if letter is None:
            raise NotFound(f"Không có thư chết {id_}", f"there is no dead letter {id_}")
        return letter

    async def find(self, id_: str) -> DeadLetter | None:
        """One dead letter, if there is one."""
        return await self._aggregates.get(DEAD_LETTERS, id_)

    async def settle(
        self, id_: str, status: Literal["retried", "discarded"], note: str, actor: str, *, attempts: int | None = None
    ) -> DeadLetter | None:
        """Say what became of a dead letter, and who decided it; saying the same again changes nothing.

        Raises `NotFound`, or `Conflict` if something else became of it before, or with `attempts` if it was set aside
        again since it had so many.
        """

        def decide(letter: DeadLetter | None) -> Change[DeadLetter]:
            if letter is None:
                raise NotFound(f"Không có thư chết {id_}", f"there is no dead letter {id_}")
            if letter.status == status:
                return Change(letter)
            check_waiting(letter)
            if attempts is not None and letter.message.attempts != attempts:
                raise Conflict(
                    f"Thư chết {id_} vừa bị để riêng lần nữa",
                    f"the dead letter {id_} was set aside again meanwhile: {letter.message.reason}",
                    code="dead_letter.again",
                )
            return Change(letter.model_copy(update={"status": status, "note": f"{actor}: {note}"}))

        return await self._aggregates.execute(DEAD_LETTERS, id_, decide, actor=actor)

    async def wait_again(self, id_: str) -> DeadLetter:
        """A message was passed over as this dead letter: it waits for somebody, also if a retry has just settled it.

        What was discarded stays so. Raises `NotFound`.
        """
        await self.get(id_)

        def decide(letter: DeadLetter | None) -> Change[DeadLetter]:
            if letter is None or letter.status != "retried":
                return Change(letter)
            return Change(letter.model_copy(update={"status": "waiting"}))

        letter = await self._aggregates.execute(DEAD_LETTERS, id_, decide)
        assert letter is not None, "dead letters are never deleted"
        return letter

    def _message(self, id_: str, failure: Failure) -> MessageDeadLetteredV1:
        record = failure.record
        truncated = len(record.value) > _KEPT_MAX
        return MessageDeadLetteredV1(
            id=id_,
            consumer=self._aggregates.service,
            handler=failure.handler,
            reason=_plain(failure.reason, _REASON_MAX),
            topic_name=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=_plain(record.key, _KEY_MAX),
            headers=_told_headers(record.headers),
            value_base64=base64.b64encode(record.value[:_BEGINNING] if truncated else record.value).decode("ascii"),
            value_size=len(record.value),
            value_sha256=sha256_hex(record.value),
            truncated=truncated,
            attempts=failure.attempts,
            first_failed_at=failure.first_failed_at,
            last_failed_at=failure.last_failed_at,
        )


def check_waiting(letter: DeadLetter) -> None:
    """Raises `Conflict` if something became of the dead letter already."""
    if letter.status != "waiting":
        raise Conflict(
            f"Thư chết {letter.message.id} {_SETTLED.get(letter.status, letter.status)} từ trước",
            f"the dead letter {letter.message.id} was settled before: {letter.status} ({letter.note})",
        )


def check_whole(letter: DeadLetter) -> None:
    """Raises `Conflict` if only the beginning of the message was kept: it can be discarded, but not handled."""
    message = letter.message
    if message.truncated:
        raise Conflict(
            f"Thư chết {message.id} quá lớn ({message.value_size} byte), chỉ giữ phần đầu: không xử lý lại được,"
            " hãy đề nghị bên gửi gửi lại nhỏ hơn",
            f"the dead letter {message.id} was too large to be kept ({message.value_size} bytes, of which the beginning"
            " is there): it cannot be handled again, have it sent anew and smaller",
            code="dead_letter.truncated",
        )


_SETTLED = {"retried": "đã được xử lý lại", "discarded": "đã được bỏ"}


def still_fails(id_: str, vi: str, en: str) -> DomainError:
    """The refusal of a retry: the letter waits on."""
    fault = Fault(
        "dead_letter.failed_again",
        id_,
        f"Thông điệp {vi}",
        f"the message {en}",
        "loại bỏ nguyên nhân rồi thử lại, hoặc bỏ thư (`xephang dlq discard`)",
        "remove the cause and retry, or let it go (`xephang dlq discard`)",
    )
    return DomainError.of(fault)


def letter_id(topic_name: str, source: str, event_id: str, value: bytes) -> str:
    """The same message, delivered again at another offset, is the same dead letter."""
    identity = {"topic": topic_name, "id": event_id, "source": source, "value": sha256_hex(value)}
    return sha256_hex(canonical_json(identity))[:20]


def _failed_again(letter: DeadLetter, failure: Failure, noted: bool) -> DeadLetter:
    """What an operator discarded stays so. What was taken for retried (it was parked) waits again."""
    message = letter.message.model_copy(
        update={
            "handler": failure.handler,
            "reason": _plain(failure.reason, _REASON_MAX),
            "attempts": letter.message.attempts + failure.attempts,
            "last_failed_at": failure.last_failed_at,
        }
    )
    status: Literal["waiting", "discarded"] = "discarded" if letter.status == "discarded" else "waiting"
    return letter.model_copy(update={"message": message, "status": status, "noted": letter.noted or noted})


def _sent(message: MessageDeadLetteredV1, target: str) -> MessageDeadLetteredV1:
    """What goes to the dead-letter topic: without the value where that is more than the topic takes."""
    if len(message.value_base64) <= _SENT_MAX * 4 / 3 and _size(message) <= largest_value(target) - _ENVELOPE:
        return message
    kept = f" [the value, {message.value_size} bytes, is kept by {message.consumer} only]"
    return message.model_copy(update={"value_base64": "", "truncated": True, "reason": message.reason + kept})


def _size(message: MessageDeadLetteredV1) -> int:
    return len(compact_json(message.model_dump(mode="json")))


def _told_headers(headers: Mapping[str, str]) -> dict[str, str]:
    known = [name for name in _FIRST if name in headers]
    names = [*known, *(name for name in headers if name not in _FIRST)][:_HEADERS_MAX]
    return {_plain(name, _HEADER_NAME_MAX): _plain(headers[name], _HEADER_MAX) for name in names}


def _plain(text: str, most: int | None = None) -> str:
    """Messages, and errors that quote what they refuse, may hold text that no store takes."""
    return text[:most].encode("utf-8", "replace").decode("utf-8")
