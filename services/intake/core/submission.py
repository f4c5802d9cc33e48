"""Taking in an agency's answer: valid against the form, in time, amended, late, missing.

Which answer counts goes by the time it was given, attested by the platform (`SubmissionRecord.current`), so the result
does not depend on the order in which answers arrive. Every version is kept.
"""

from __future__ import annotations

from datetime import datetime

from services.intake.core.acceptance import check_size, is_correction
from services.intake.core.campaign import days_late
from services.intake.core.form import check_answers
from services.intake.core.model import SubmissionRecord
from services.intake.core.posted import Posted
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

__all__ = ["mark_missing", "membership", "receive", "take_return"]


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
    group, pinned = membership(campaign, posted.key)
    if rule_set.content_hash() != pinned.hash:
        raise _other_rule_set(pinned, rule_set)
    known = record.version_of(posted.event_id) if record is not None else None
    correction = known is None and is_correction(record, posted, campaign)
    answers, faults = check_answers(rule_set, posted.figures, posted.evidence)
    if answers is None:
        raise Invalid(
            "Phiếu khảo sát chưa hợp lệ", "the submission does not fit the form", faults, "submission.invalid"
        )
    if known is not None:
        if known.answers == answers:
            return Change(record)
        raise _same_name(posted)
    if record is None:
        record = SubmissionRecord(key=posted.key, group=group, rule_set=pinned, status="received")
    check_size(record, answers)
    return _add(record, posted, answers, campaign, correction)


def _add(
    record: SubmissionRecord, posted: Posted, answers: Answers, campaign: Campaign, correction: bool
) -> Change[SubmissionRecord]:
    before = record.current
    # Who corrects a returned answer is as late as he was at first.
    given = [version.submitted_at for version in record.versions] if correction else []
    version = Submission(
        key=posted.key,
        group=record.group,
        rule_set=record.rule_set,
        number=len(record.versions) + 1,
        event_id=posted.event_id,
        submitted_at=posted.submitted_at,
        received_at=posted.received_at,
        submitted_by=posted.submitted_by,
        days_late=days_late(min([posted.submitted_at, *given]), campaign.deadline),
        answers=answers,
    )
    corrections = (*record.corrections, posted.event_id) if correction else record.corrections
    after = record.model_copy(update={"versions": (*record.versions, version), "corrections": corrections})
    if after.current is not version:
        return Change(after)  # given before the one that counts: kept, and nothing to tell
    late = version.days_late > 0
    after = after.model_copy(update={"status": "late" if late else "received", "returned_until": None})
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


def take_return(record: SubmissionRecord | None, number: int, due_at: datetime) -> Change[SubmissionRecord]:
    """Verification returned the case for the answer `number` (0: none): the agency may answer again until `due_at`.

    A newer answer that counts already makes the return pointless: verification takes the case up again with it.
    """
    if record is None or (record.current is not None and record.current.number > number):
        return Change(record)
    return Change(record.model_copy(update={"returned_until": due_at}))


def _other_rule_set(pinned: RuleSetRef, rule_set: RuleSet) -> Conflict:
    return Conflict(
        f"Bộ tiêu chí {pinned.key} ở đây không phải bản mà đợt đánh giá đã chọn "
        f"({rule_set.content_hash()} ≠ {pinned.hash})",
        f"the rule set {pinned.key} here ({rule_set.content_hash()}) is not the one pinned ({pinned.hash})",
        code="submission.rule_set",
    )


def _same_name(posted: Posted) -> Conflict:
    return Conflict(
        f"Mã {posted.event_id[:80]} đã dùng cho một phiếu có nội dung khác",
        f"{posted.event_id[:80]} already names an answer with another content: give the new one a name of its own",
        code="submission.name_taken",
    )
