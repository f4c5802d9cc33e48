"""What intake does when it hears of something: its table of contents."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.collections import CAMPAIGNS, RULE_SETS, SUBMISSIONS
from services.intake.core import submission
from services.intake.core.forms import form_refs, forms_of, named_form
from services.intake.core.model import SubmissionRecord
from services.intake.core.posted import Posted
from shared.contracts.common import SubmissionKey
from shared.contracts.envelope import Event
from shared.contracts.intake import PlatformSubmissionV1
from shared.contracts.verification import CaseReturnedV2
from shared.messaging.aggregate import Change
from shared.messaging.handlers import Context, Handler, Reference
from shared.references import KEEP_RULE_SETS, campaign_ref, rule_set_ref

__all__ = ["HANDLERS"]


def _key(data: PlatformSubmissionV1) -> SubmissionKey:
    return SubmissionKey(campaign=data.campaign, programme=data.programme, agency=data.agency)


def _pinned(data: PlatformSubmissionV1, context: Context) -> Sequence[Reference]:
    campaign = context.get(CAMPAIGNS, data.campaign).campaign
    member = campaign.member(data.agency)
    refs = form_refs(campaign, data.programme, member.group) if member else ()
    return tuple(rule_set_ref(ref) for ref in refs)


def receive_posted(
    record: SubmissionRecord | None, event: Event[PlatformSubmissionV1], context: Context
) -> Change[SubmissionRecord]:
    """An answer that the platform posted on Kafka."""
    data, envelope = event.data, event.envelope
    opened = context.get(CAMPAIGNS, data.campaign)
    campaign, key = opened.campaign, _key(data)
    group, _ = submission.membership(campaign, key)
    records = {ref.key: context.get(RULE_SETS, ref.key) for ref in form_refs(campaign, key.programme, group)}
    posted = Posted(
        key=key,
        event_id=f"{envelope.source}#{envelope.id}",
        submitted_at=envelope.time,
        received_at=context.now,
        submitted_by=envelope.foreign_actor,
        figures=data.figures,
        evidence=data.evidence,
        form=named_form(envelope.dataschema),
    )
    forms = forms_of(campaign, key.programme, group, records)
    return submission.receive(record, posted, campaign, forms, opened.closed_at)


def take_return(record: SubmissionRecord | None, event: Event[CaseReturnedV2], _: Context) -> Change[SubmissionRecord]:
    """Verification returned a case to the agency."""
    return submission.take_return(record, event.data.submission_number, event.data.due_at)


HANDLERS = (
    *KEEP_RULE_SETS,
    Handler(
        PlatformSubmissionV1,
        SUBMISSIONS,
        key=lambda data: _key(data).text,
        apply=receive_posted,
        needs=lambda data: (campaign_ref(data.campaign),),
        needs_also=_pinned,
    ),
    Handler(CaseReturnedV2, SUBMISSIONS, key=lambda data: data.key.text, apply=take_return),
)
