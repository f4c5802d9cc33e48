"""Open a campaign with its dispatch."""

from __future__ import annotations

from services.intake.collections import AGENCIES, CAMPAIGNS, RULE_SETS
from services.intake.core import campaign as core
from services.intake.core.model import CampaignPlan, CampaignRecord
from shared.messaging.commands import Aggregates

__all__ = ["open_campaign"]


async def open_campaign(aggregates: Aggregates, plan: CampaignPlan, by: str) -> CampaignRecord:
    """Open it for the registered agencies. Raises `Invalid` or `Conflict`."""
    register = {key: record.agency for key, record in (await aggregates.all(AGENCIES)).items()}
    rule_sets = list((await aggregates.all(RULE_SETS)).values())
    now = aggregates.clock.now()
    opened = await aggregates.execute(
        CAMPAIGNS, plan.id, lambda old: core.open_campaign(old, plan, register, rule_sets, by, now), actor=by
    )
    assert opened is not None
    return opened
