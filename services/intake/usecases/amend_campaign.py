"""Amend the rule set of a table while its campaign runs."""

from __future__ import annotations

from services.intake.collections import CAMPAIGNS, RULE_SETS
from services.intake.core import amending as core
from services.intake.core.amending import AmendOrder
from services.intake.core.model import CampaignRecord
from shared.messaging.commands import Aggregates

__all__ = ["amend_campaign"]


async def amend_campaign(aggregates: Aggregates, campaign: str, order: AmendOrder, by: str) -> CampaignRecord:
    """Submissions are carried right after, by the reconciler. Raises `NotFound`, `Invalid` or `Conflict`."""
    found = await aggregates.get(RULE_SETS, order.rule_set)
    now = aggregates.clock.now()
    amended = await aggregates.execute(
        CAMPAIGNS, campaign, lambda record: core.amend_campaign(record, campaign, order, found, by, now), actor=by
    )
    assert amended is not None
    return amended
