"""Close a campaign, and mark who has not answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from services.intake.collections import CAMPAIGN, CAMPAIGNS, SUBMISSIONS, TO_MARK
from services.intake.core import campaign as core
from services.intake.core import submission
from services.intake.core.model import CampaignRecord, SubmissionRecord
from shared.contracts.common import SubmissionKey
from shared.messaging.aggregate import AggregateDocument, Change
from shared.messaging.apart import Apart
from shared.messaging.commands import Aggregates

__all__ = ["close_campaign", "mark_missing"]

_BATCH = 500


async def close_campaign(aggregates: Aggregates, campaign: str, by: str, early_reason: str = "") -> CampaignRecord:
    """Take no more answers; the missing are marked right after, by the reconciler. Raises `NotFound`, `Conflict`."""
    now = aggregates.clock.now()
    closed = await aggregates.execute(
        CAMPAIGNS,
        campaign,
        lambda record: core.close_campaign(record, campaign, by, now, early_reason=early_reason),
        actor=by,
    )
    assert closed is not None
    return closed


async def mark_missing(aggregates: Aggregates) -> None:
    """Reconciler: in every closed campaign, everybody who has not answered is marked missing. Safe to repeat.

    A campaign that fails stops no other.
    """
    apart = Apart()
    for key, record in (await aggregates.find(CAMPAIGNS, TO_MARK, "1")).items():
        with apart.of(f"marking who is missing in {key}"):
            await _mark_missing_in(aggregates, key, record)
    apart.raise_failures()


async def _mark_missing_in(aggregates: Aggregates, key: str, record: CampaignRecord) -> None:
    decisions = _decisions(record)
    # A submission is never taken away, so where there is one for each nobody is missing, and none need be read.
    if await aggregates.store.count(SUBMISSIONS.name, CAMPAIGN, key) < len(decisions):
        keys = list(decisions)
        for start in range(0, len(keys), _BATCH):
            part = keys[start : start + _BATCH]
            there = await aggregates.store.get_many(SUBMISSIONS.name, part)
            # Of some who never answered there is a document all the same: of messages about them.
            answered = {k for k, d in there.items() if AggregateDocument.load(SUBMISSIONS, k, d).raw_state is not None}
            absent = {k: decisions[k] for k in part if k not in answered}
            await aggregates.execute_many(SUBMISSIONS, absent, actor=record.closed_by, found=there)
    await aggregates.execute(CAMPAIGNS, key, _marked, actor=record.closed_by)


def _decisions(
    record: CampaignRecord,
) -> dict[str, Callable[[SubmissionRecord | None], Change[SubmissionRecord]]]:
    campaign = record.campaign
    assert record.closed_at is not None
    keys = [
        SubmissionKey(campaign=campaign.id, programme=programme, agency=member.id)
        for programme in campaign.programmes
        for member in campaign.members
    ]
    return {
        key.text: partial(submission.mark_missing, key=key, campaign=campaign, closed_at=record.closed_at)
        for key in keys
    }


def _marked(record: CampaignRecord | None) -> Change[CampaignRecord]:
    assert record is not None
    return Change(record.model_copy(update={"missing_marked": True}))
