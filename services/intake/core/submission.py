"""Taking in an agency's answer: valid against the form, in time, amended, late, missing.

The answer that counts is the last one given before the deadline (by the time it was given, attested by the platform),
so the result does not depend on the order in which answers arrive. Every version is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.intake.core.campaign import days_late
from services.intake.core.form import check_answers
from services.intake.core.model import SubmissionRecord
from shared.contracts.common import Answers, Campaign, SubmissionKey
from shared.contracts.intake import (
    Submission,
    SubmissionAmendedV1,
    SubmissionLateV1,
    SubmissionMissingV1,
    SubmissionReceivedV1,
)
from shared.kernel.errors import Conflict, Invalid
from shared.messaging.aggregate import Change, Outgoing
from shared.ruleset.document import Group, RuleSet, RuleSetRef

__all__ = ["Posted", "mark_missing", "membership", "receive", "take_return"]

_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Posted:
    """An answer as it arrived, by HTTP or Kafka. `event_id` names it: the same one again is the same answer."""

    key: SubmissionKey
    event_id: str
    submitted_at: datetime
    received_at: datetime
    submitted_by: str
    figures: Mapping[str, Any]
    evidence: Mapping[str, Any]


def membership(campaign: Campaign, key: SubmissionKey) -> tuple[Group, RuleSetRef]:
    """The group and pinned rule set of an agency in a campaign. Raises `Invalid` if it does not take part."""
    member = campaign.member(key.agency)
    if member is None:
        raise Invalid(
            f"Cơ quan {key.agency} không thuộc đợt đánh giá {campaign.id}",
            f"the agency {key.agency} is not a member of the campaign {campaign.id}",
            code="submission.not_a_member",
        )
    pinned = campaign.pinned(key.programme, member.group)
    if pinned is None:
        raise Invalid(
            f"Đợt đánh giá {campaign.id} không có chương trình {key.programme}",
            f"the campaign {campaign.id} has no programme {key.programme}",
            code="submission.no_programme",
        )
    return member.group, pinned


def receive(
    record: SubmissionRecord | None, posted: Posted, campaign: Campaign, rule_set: RuleSet
) -> Change[SubmissionRecord]:
    """Take in an answer. Raises `Invalid` with one fault a field, or `Conflict` when no answer is taken any more."""
    if record is not None and record.version_of(posted.event_id):
        return Change(record)
    group, pinned = membership(campaign, posted.key)
    _may_answer(record, posted, campaign)
    answers, faults = check_answers(rule_set, posted.figures, posted.evidence)
    if answers is None:
        raise Invalid(
            "Phiếu khảo sát chưa hợp lệ", "the submission does not fit the form", faults, "submission.invalid"
        )
    if record is None:
        record = SubmissionRecord(key=posted.key, group=group, rule_set=pinned, status="received")
    return _add(record, posted, answers, campaign)


def _may_answer(record: SubmissionRecord | None, posted: Posted, campaign: Campaign) -> None:
    if posted.submitted_at > posted.received_at + _CLOCK_SKEW:
        raise Invalid(
            "Thời điểm nộp nằm trong tương lai",
            f"the time of submission ({posted.submitted_at.isoformat()}) lies in the future",
            code="submission.future",
        )
    returned = record is not None and record.returned_until is not None
    if record is not None and returned and posted.submitted_at < (record.returned_until or posted.submitted_at):
        return
    if campaign.status == "closed" or (record is not None and record.status == "missing"):
        raise Conflict(
            f"Đợt đánh giá {campaign.id} đã đóng, không nhận thêm phiếu",
            f"the campaign {campaign.id} is closed",
            code="submission.closed",
        )
    if record is not None and record.versions and posted.submitted_at >= campaign.deadline:
        raise Conflict(
            "Đã hết hạn, không sửa được phiếu đã nộp (trừ khi phiếu được trả lại)",
            "the deadline has passed; a submission is amended only when verification returned it",
            code="submission.deadline",
        )


def _add(record: SubmissionRecord, posted: Posted, answers: Answers, campaign: Campaign) -> Change[SubmissionRecord]:
    before = record.current
    first_given = min((v.submitted_at for v in record.versions), default=posted.submitted_at)
    late = days_late(min(first_given, posted.submitted_at), campaign.deadline)
    version = Submission(
        key=posted.key,
        group=record.group,
        rule_set=record.rule_set,
        number=len(record.versions) + 1,
        event_id=posted.event_id,
        submitted_at=posted.submitted_at,
        received_at=posted.received_at,
        submitted_by=posted.submitted_by,
        days_late=late,
        answers=answers,
    )
    after = record.model_copy(
        update={
            "versions": (*record.versions, version),
            "status": "late" if late else "received",
            "returned_until": None,
        }
    )
    if after.current is not version:
        return Change(after)  # given before the one that counts: kept, and nothing to tell
    kind: type[SubmissionReceivedV1 | SubmissionLateV1 | SubmissionAmendedV1]
    if before is not None:
        kind = SubmissionAmendedV1
    else:
        kind = SubmissionLateV1 if late else SubmissionReceivedV1
    return Change(after, (Outgoing(kind(submission=version), posted.key.partition_key),))


def mark_missing(
    record: SubmissionRecord | None, key: SubmissionKey, campaign: Campaign, closed_at: datetime
) -> Change[SubmissionRecord]:
    """Mark an agency that has not answered a closed campaign. One that has answered is left as it is."""
    if record is not None:
        return Change(record)
    group, pinned = membership(campaign, key)
    missing = SubmissionRecord(key=key, group=group, rule_set=pinned, status="missing")
    event = SubmissionMissingV1(key=key, group=group, rule_set=pinned, closed_at=closed_at)
    return Change(missing, (Outgoing(event, key.partition_key),))


def take_return(record: SubmissionRecord | None, due_at: datetime) -> Change[SubmissionRecord]:
    """Verification returned the case: the agency may answer again until `due_at`."""
    if record is None or not record.versions:
        return Change(record)
    return Change(record.model_copy(update={"returned_until": due_at}))
