"""What verification keeps: its cases, and read-copies of campaigns and rule sets (shared/references.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.verification.core.model import Case
from shared.messaging.aggregate import Collection
from shared.references import CAMPAIGNS, RULE_SETS

__all__ = ["BY_CAMPAIGN", "BY_CAMPAIGN_STATUS", "CAMPAIGNS", "CASES", "COLLECTIONS", "RULE_SETS", "campaign_status"]

BY_CAMPAIGN = "campaign"
BY_CAMPAIGN_STATUS = "campaign_status"


def campaign_status(campaign: str, status: str) -> str:
    """The index value of a campaign's cases in one status."""
    return f"{campaign}/{status}"


def _indexes(case: Case) -> Mapping[str, Sequence[str]]:
    campaign = case.key.campaign
    return {BY_CAMPAIGN: [campaign], BY_CAMPAIGN_STATUS: [campaign_status(campaign, case.status)]}


# Keyed by SubmissionKey.text: one agency's answer to one programme of a campaign.
CASES: Collection[Case] = Collection("cases", Case, index_names=(BY_CAMPAIGN, BY_CAMPAIGN_STATUS), indexes=_indexes)

COLLECTIONS = (CASES, CAMPAIGNS, RULE_SETS)
