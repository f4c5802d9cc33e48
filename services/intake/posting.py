"""Reading a posted submission: plain JSON, or a CloudEvent in the structured, binary or batch mode of HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.intake.core.submission import Posted
from shared.contracts.common import SubmissionKey
from shared.contracts.envelope import CloudEvent, UnreadableEvent, decode, read_event
from shared.contracts.intake import PlatformSubmissionV1
from shared.http.auth import Person
from shared.kernel.canonical import canonical_json, sha256_hex, with_exact_text
from shared.kernel.errors import Fault, Forbidden, Invalid

__all__ = ["BATCH", "posted_from_event", "posted_from_json", "read_posted"]

BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"


def read_posted(headers: dict[str, str], raw: bytes, body: Any, person: Person, now: datetime) -> Posted:
    """One submission in whichever form the headers say. Raises `Invalid`."""
    if headers.get("content-type", "").startswith(STRUCTURED) or "ce-specversion" in headers:
        try:
            return posted_from_event(decode(headers, raw), person, now)
        except UnreadableEvent as error:
            raise Invalid("CloudEvent không đọc được", f"the CloudEvent cannot be read: {error}") from error
    return posted_from_json(body, headers.get("idempotency-key", ""), person, now)


def posted_from_event(envelope: CloudEvent, person: Person, now: datetime) -> Posted:
    """From a CloudEvent of the platform; its `time` is when the agency answered."""
    data = read_event(envelope).data
    if not isinstance(data, PlatformSubmissionV1):
        raise UnreadableEvent(f"the type must be {PlatformSubmissionV1.type_}, not {envelope.type}")
    if "platform" not in person.roles:
        raise Forbidden("Chỉ nền tảng của tỉnh được gửi CloudEvent", "only the platform posts CloudEvents")
    return _posted(data, f"{envelope.source}#{envelope.id}", envelope.time, person, now)


def posted_from_json(body: Any, idempotency_key: str, person: Person, now: datetime) -> Posted:
    """From plain JSON. Without an idempotency key the content itself names the answer."""
    try:
        data = PlatformSubmissionV1.model_validate(body)
    except ValidationError as error:
        faults = [
            Fault(
                "submission.malformed",
                ".".join(map(str, item["loc"])),
                f"Giá trị không hợp lệ: {item['msg']}",
                item["msg"],
            )
            for item in error.errors()
        ]
        raise Invalid("Phiếu gửi lên không đúng cấu trúc", "the submission is malformed", faults) from error
    content = canonical_json(with_exact_text(body))
    return _posted(data, f"{person.id}#{idempotency_key or sha256_hex(content)}", now, person, now)


def _posted(data: PlatformSubmissionV1, event_id: str, submitted_at: datetime, person: Person, now: datetime) -> Posted:
    person.may_act_for(data.agency)
    return Posted(
        key=SubmissionKey(campaign=data.campaign, programme=data.programme, agency=data.agency),
        event_id=event_id,
        submitted_at=submitted_at,
        received_at=now,
        submitted_by=person.id,
        figures=data.figures,
        evidence=data.evidence,
    )
