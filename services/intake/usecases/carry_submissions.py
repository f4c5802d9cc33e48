"""Carry submissions into the form that holds since an amendment. Level-triggered: it looks at which still stand in an
older one, so a crash half-way, or an answer that was taken in meanwhile, costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from services.intake.collections import AMENDED, CAMPAIGN, CAMPAIGNS, FORM, RULE_SETS, SUBMISSIONS, form_index
from services.intake.core.forms import Forms, form_refs, forms_of
from services.intake.core.model import CampaignRecord, SubmissionRecord
from services.intake.core.settling import bring_forward
from shared.contracts.common import Campaign
from shared.messaging.aggregate import Change
from shared.messaging.apart import Apart
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Group, Programme

__all__ = ["carry_submissions", "load_forms"]

_BATCH = 25  # so that other requests get their turn in between


async def load_forms(aggregates: Aggregates, campaign: Campaign, programme: Programme, group: Group) -> Forms:
    """The forms of a table, oldest first; a campaign has only rule sets that intake has."""
    refs = form_refs(campaign, programme, group)
    return forms_of(campaign, programme, group, await aggregates.get_many(RULE_SETS, [ref.key for ref in refs]))


async def carry_submissions(aggregates: Aggregates) -> None:
    """Reconciler: every submission of an amended campaign that stands in an older form is carried. Safe to repeat.

    A campaign that fails stops no other.
    """
    apart = Apart()
    for key, record in (await aggregates.find(CAMPAIGNS, AMENDED, "1")).items():
        with apart.of(f"carrying the submissions of {key}"):
            if record.carried < len(record.campaign.amendments):
                await _carry(aggregates, record, CAMPAIGN, record.campaign.id)
                await aggregates.execute(CAMPAIGNS, key, _walked(len(record.campaign.amendments)))
            for amendment in record.campaign.amendments:  # those that were being written meanwhile
                await _carry(aggregates, record, FORM, form_index(record.campaign.id, amendment.before))
    apart.raise_failures()


async def _carry(aggregates: Aggregates, record: CampaignRecord, index: str, value: str) -> None:
    forms: dict[tuple[Programme, Group], Forms] = {}
    after: str | None = None
    while page := await aggregates.store.find(SUBMISSIONS.name, index, value, after=after, limit=_BATCH):
        after = page[-1].key
        for programme, group in _tables(record) - forms.keys():
            forms[programme, group] = await load_forms(aggregates, record.campaign, programme, group)
        decide = _carried(forms, record.closed_at)
        await aggregates.execute_many(
            SUBMISSIONS,
            {document.key: decide for document in page},
            actor=record.campaign.amendments[-1].amended_by,
        )


def _tables(record: CampaignRecord) -> set[tuple[Programme, Group]]:
    return {(one.programme, one.group) for one in record.campaign.amendments}


def _carried(
    forms: Mapping[tuple[Programme, Group], Forms], closed_at: datetime | None
) -> Callable[[SubmissionRecord | None], Change[SubmissionRecord]]:
    def decide(record: SubmissionRecord | None) -> Change[SubmissionRecord]:
        assert record is not None, "it was found by an index"
        return bring_forward(record, forms.get((record.key.programme, record.group), ()), closed_at)

    return decide


def _walked(amendments: int) -> Callable[[CampaignRecord | None], Change[CampaignRecord]]:
    def decide(record: CampaignRecord | None) -> Change[CampaignRecord]:
        assert record is not None
        return Change(record.model_copy(update={"carried": amendments}))

    return decide
