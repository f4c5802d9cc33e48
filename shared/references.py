"""Read-copies of what another service owns: every service keeps campaigns and rule sets from the compacted topics."""

from __future__ import annotations

from typing import Any

from shared.contracts.common import Campaign
from shared.contracts.envelope import Event
from shared.contracts.intake import CampaignAmendedV1, CampaignClosedV1, CampaignOpenedV1
from shared.contracts.scoring import (
    RuleSetActivatedV1,
    RuleSetApprovedV1,
    RuleSetRecord,
    RuleSetRetiredV1,
    RuleSetRolledBackV1,
)
from shared.messaging.aggregate import Change, Collection
from shared.messaging.handlers import Context, Handler, Reference
from shared.ruleset.document import RuleSetRef

__all__ = [
    "CAMPAIGNS",
    "KEEP_CAMPAIGNS",
    "KEEP_RULE_SETS",
    "RULE_SETS",
    "campaign_ref",
    "rule_set_ref",
]

CAMPAIGNS: Collection[Campaign] = Collection("campaigns", Campaign, reference=True)
RULE_SETS: Collection[RuleSetRecord] = Collection("rule_sets", RuleSetRecord, reference=True)


def keep_campaign(_: Campaign | None, event: Event[Any], __: Context) -> Change[Campaign]:
    """The newest state of a campaign replaces the one before."""
    return Change(event.data.campaign)


def keep_rule_set(_: RuleSetRecord | None, event: Event[Any], __: Context) -> Change[RuleSetRecord]:
    """The newest state of a rule set replaces the one before."""
    return Change(event.data.record)


KEEP_CAMPAIGNS = tuple(
    Handler(event, CAMPAIGNS, key=lambda data: data.campaign.id, apply=keep_campaign)
    for event in (CampaignOpenedV1, CampaignAmendedV1, CampaignClosedV1)
)
KEEP_RULE_SETS = tuple(
    Handler(event, RULE_SETS, key=lambda data: data.record.ref.key, apply=keep_rule_set)
    for event in (RuleSetApprovedV1, RuleSetActivatedV1, RuleSetRolledBackV1, RuleSetRetiredV1)
)


def campaign_ref(campaign: str) -> Reference:
    """What a handler names in its `needs` to get a campaign."""
    return (CAMPAIGNS.name, campaign)


def rule_set_ref(ref: RuleSetRef) -> Reference:
    """What a handler names in its `needs` to get a rule set."""
    return (RULE_SETS.name, ref.key)
