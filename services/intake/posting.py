"""Reading a posted submission: plain JSON, or a CloudEvent in the structured, binary or batch mode of HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from services.intake.core.forms import named_form
from services.intake.core.posted import Posted
from shared.contracts.common import SubmissionKey
from shared.contracts.envelope import CloudEvent, UnreadableEvent, decode, read_event
from shared.contracts.intake import PlatformSubmissionV1
from shared.http.auth import Person
from shared.http.problems import parse_body
from shared.kernel.canonical import canonical_json, sha256_hex, with_exact_text
from shared.kernel.complaints import complaint_vi
from shared.kernel.errors import Fault, Forbidden, Invalid

__all__ = ["BATCH", "STRUCTURED", "cloud_headers", "read_batch", "read_posted"]

BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"
_SPACE = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")
_MAX_FAULTS = 100
_NAME_MAX = 200  # of an answer, as its sender calls it


def cloud_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """HTTP headers by lower-case name; those of a CloudEvent percent-decoded, as its HTTP binding writes them."""
    named = {name.lower(): value for name, value in headers.items()}
    named["content-type"] = named.get("content-type", "").lower()
    return {name: unquote(value) if name.startswith("ce-") else value for name, value in named.items()}


def read_posted(headers: Mapping[str, str], raw: bytes, person: Person, now: datetime, form: str = "") -> Posted:
    """One submission in whichever form the headers say. Raises `Unreadable`, `Invalid` or `Forbidden`.

    `form` names the survey form that plain JSON answers (`id@version`); a CloudEvent names it itself.
    """
    if headers["content-type"].startswith(STRUCTURED) or "ce-specversion" in headers:
        try:
            return _from_event(decode(headers, raw, foreign=True), person, now)
        except UnreadableEvent as error:
            parse_body(raw)  # what is no JSON at all is refused as that
            raise Invalid(
                "CloudEvent không đọc được", f"the CloudEvent cannot be read: {error}", code="submission.unreadable"
            ) from error
    return _from_json(raw, headers.get("idempotency-key", ""), person, now, form)


def read_batch(raw: bytes) -> list[bytes]:
    """The events of a batch, each in the very text it was sent in. Raises `Unreadable` or `Invalid`."""
    if not isinstance(parse_body(raw), list):
        raise Invalid(
            "Lô CloudEvents phải là một mảng", "a batch of CloudEvents is an array", code="submission.unreadable"
        )
    text = raw.decode("utf-8").strip(" \t\r\n")
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)
    events: list[bytes] = []
    start = _after_space(text, 1)
    while text[start] != "]":
        _, end = decoder.raw_decode(text, start)
        events.append(text[start:end].encode())
        start = _after_space(text, end)
    return events


def _after_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _from_event(envelope: CloudEvent, person: Person, now: datetime) -> Posted:
    """From a CloudEvent of the platform; its `time` is when the agency answered."""
    data = read_event(envelope).data
    if not isinstance(data, PlatformSubmissionV1):
        raise UnreadableEvent(f"the type must be {PlatformSubmissionV1.type_}, not {envelope.type}")
    if "platform" not in person.roles:
        raise Forbidden("Chỉ nền tảng của tỉnh được gửi CloudEvent", "only the platform posts CloudEvents")
    return Posted(
        key=SubmissionKey(campaign=data.campaign, programme=data.programme, agency=data.agency),
        event_id=f"{envelope.source}#{envelope.id}",
        submitted_at=envelope.time,
        received_at=now,
        submitted_by=envelope.foreign_actor if envelope.actor else person.id,
        figures=data.figures,
        evidence=data.evidence,
        form=named_form(envelope.dataschema),
    )


def _from_json(raw: bytes, idempotency_key: str, person: Person, now: datetime, form: str) -> Posted:
    """From plain JSON. Without an idempotency key the content itself names the answer."""
    if len(idempotency_key) > _NAME_MAX:
        raise Invalid(
            f"Idempotency-Key dài hơn {_NAME_MAX} ký tự",
            f"the Idempotency-Key is longer than {_NAME_MAX} characters",
            code="submission.idempotency_key",
        )
    body = parse_body(raw)
    try:
        data = PlatformSubmissionV1.model_validate(body)
    except ValidationError as error:
        raise _malformed(error) from error
    person.may_act_for(data.agency)
    return Posted(
        key=SubmissionKey(campaign=data.campaign, programme=data.programme, agency=data.agency),
        event_id=f"{person.id}#{idempotency_key or _content_name(body, raw)}",
        submitted_at=now,
        received_at=now,
        submitted_by=person.id,
        figures=data.figures,
        evidence=data.evidence,
        form=form,
        named_by_content=not idempotency_key,
    )


def _content_name(body: Any, raw: bytes) -> str:
    try:
        return sha256_hex(canonical_json(with_exact_text(body)))
    except (TypeError, ValueError, RecursionError):  # no figure is so large or so deep: the form will refuse it
        return sha256_hex(raw)


def _malformed(error: ValidationError) -> Invalid:
    faults = [
        Fault(
            "submission.malformed",
            ascii(".".join(map(str, item["loc"])))[1:-1][:200],
            complaint_vi(item),
            item["msg"],
            "Xem lược đồ JSON của nội dung gửi (POST /submissions) trong tài liệu API",
            "see the JSON Schema of the body (POST /submissions) in the API's documentation",
        )
        for item in error.errors(include_url=False, include_input=False)[:_MAX_FAULTS]
    ]
    return Invalid(
        "Phiếu gửi lên không đúng cấu trúc", "the submission is malformed", faults, code="submission.malformed"
    )
