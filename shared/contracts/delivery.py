"""What the delivery machinery itself says, on behalf of any service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.envelope import EventData

__all__ = ["MessageDeadLetteredV1", "RepublishRequestedV1"]


class RepublishRequestedV1(EventData):
    """A consumer misses events; the owner of the topic publishes them again from its journal.

    Either one stream's `first_sequence`..`last_sequence`, or (with `stream` empty) everything on the topic whose
    journal position lies between `after_position` and `before_position`, both excluded (None: no bound).
    """

    type_: ClassVar[str] = "delivery.republish.requested.v1"
    topic: ClassVar[str] = "republish-requests"

    requested_topic: str
    requested_by: str
    stream: str = ""
    first_sequence: int = 0
    last_sequence: int = 0
    after_position: int = 0
    before_position: int | None = None


class MessageDeadLetteredV1(EventData):
    """A message could not be handled and was set aside; sent to the dead-letter topic of the topic it came from.

    A value too large for that is only begun, or left out: then `truncated` is set. Size and SHA-256 are of the whole
    value. Of headers, key and reason no more is told than what somebody can read.
    """

    type_: ClassVar[str] = "delivery.message.deadlettered.v1"
    topic: ClassVar[str] = "dead-letters"

    id: str
    consumer: str
    handler: str
    reason: str
    topic_name: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    value_base64: str
    value_size: int = 0
    value_sha256: str = ""
    truncated: bool = False
    attempts: int
    first_failed_at: AwareDatetime
    last_failed_at: AwareDatetime

    @property
    def origin(self) -> str:
        """Who said it, as far as its headers tell."""
        return next((self.headers[name] for name in ("ce_source", "ce-source") if name in self.headers), "")[:200]
