"""Taking in an agency's answer: valid against the form, in time, amended, late, missing.

Which answer counts goes by the time it was given, attested by the platform (`SubmissionRecord.current`), so the result
does not depend on the order in which answers arrive. Every version is kept.
"""

from __future__ import annotations

from datetime import datetime

from services.intake.core.acceptance import Ground, check_size, grounds, no_longer, only_asked_again
from services.intake.core.campaign import days_late
from services.intake.core.effective import Effective, effective
from services.intake.core.forms import Form, Forms, read_answers
from services.intake.core.model import SubmissionRecord
from services.intake.core.posted import Posted
from services.intake.core.settling import bring_forward, settle
from shared.contracts.common import Answers, Campaign, SubmissionKey
from shared.contracts.intake import Submission, SubmissionMissingV1
from shared.kernel.errors import Conflict, Invalid
from shared.messaging.aggregate import Change, Outgoing
from shared.ruleset.document import Group, RuleSetRef

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
    record: SubmissionRecord | None,
    posted: Posted,
    campaign: Campaign,
    forms: Forms,
    closed_at: datetime | None = None,
) -> Change[SubmissionRecord]:
    """Take in an answer. Raises `Invalid` with one fault a field, or `Conflict` when no answer is taken any more.

    `forms` are those of the agency's table; `closed_at` when the campaign was closed, if it is.
    """
    group, pinned = membership(campaign, posted.key)
    brought = bring_forward(record, forms, closed_at) if record is not None else Change(record)
    record = brought.state
    known = record.version_of(posted.event_id) if record is not None else None
    stands = effective(record, forms) if record is not None else None
    ground = _ground(record, posted, campaign, forms, stands) if known is None else "ordinary"
    form, (answers, plain) = read_answers(forms, posted, known.rule_set if known else None)
    patch = _patch(posted, answers) if form.is_open(posted.submitted_at) else None
    if record is not None and known is not None:
        if answers == known.answers or (patch is not None and patch == record.patches.get(posted.event_id)):
            return brought
        raise _same_name(posted)
    if ground == "asked" and stands is not None:
        if patch is None or form is not forms[-1]:
            raise no_longer(campaign, campaign.status == "closed")
        only_asked_again(patch, stands, form.rule_set)
    if record is None:
        record = SubmissionRecord(key=posted.key, group=group, rule_set=pinned, status="received")
    check_size(record, answers, plain)
    added = _add(record, posted, answers, patch, form, campaign, correction=ground == "correction")
    settled = settle(record, added, forms)
    return Change(settled.state, (*brought.events, *settled.events), ((answers, plain),))


def _ground(
    record: SubmissionRecord | None, posted: Posted, campaign: Campaign, forms: Forms, stands: Effective | None
) -> Ground:
    asked = stands is not None and bool(stands.asked) and forms[-1].is_open(posted.submitted_at)
    return grounds(record, posted, campaign, whole=stands.base if stands else None, asked=asked)


def _patch(posted: Posted, answers: Answers) -> Answers:
    """What the answer names: a figure that is named and empty is not reported, one that is not named stays as it is."""
    named = (code for code in posted.evidence if code in answers.evidence or not posted.evidence[code])
    return Answers(
        figures={name: answer for name, answer in answers.figures.items() if name in posted.figures},
        evidence={code: answers.evidence.get(code, ()) for code in named},
    )


def _add(
    record: SubmissionRecord,
    posted: Posted,
    answers: Answers,
    patch: Answers | None,
    form: Form,
    campaign: Campaign,
    *,
    correction: bool,
) -> SubmissionRecord:
    # Who corrects a returned answer is as late as he was at first.
    before = [version.submitted_at for version in record.versions] if correction else []
    version = Submission(
        key=posted.key,
        group=record.group,
        rule_set=form.ref,
        number=len(record.versions) + 1,
        event_id=posted.event_id,
        submitted_at=posted.submitted_at,
        received_at=posted.received_at,
        submitted_by=posted.submitted_by,
        days_late=days_late(min([posted.submitted_at, *before]), campaign.deadline),
        answers=answers,
    )
    corrections = (*record.corrections, posted.event_id) if correction else record.corrections
    patches = record.patches if patch is None else {**record.patches, posted.event_id: patch}
    return record.model_copy(
        update={"versions": (*record.versions, version), "corrections": corrections, "patches": patches}
    )


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

    A newer answer that counts already makes the return pointless: verification takes the case up again with it. One
    that was only carried over an amendment does not.
    """
    if record is None or (record.answered is not None and record.answered.number > number):
        return Change(record)
    return Change(record.model_copy(update={"returned_until": due_at}))


def _same_name(posted: Posted) -> Conflict:
    return Conflict(
        f"Mã {posted.event_id[:80]} đã dùng cho một phiếu có nội dung khác",
        f"{posted.event_id[:80]} already names an answer with another content: give the new one a name of its own",
        code="submission.name_taken",
    )
