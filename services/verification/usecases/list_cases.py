"""The cases of a campaign, for whoever watches over the verification."""

from __future__ import annotations

from collections.abc import Sequence

from services.verification.collections import BY_CAMPAIGN, BY_CAMPAIGN_STATUS, CASES, campaign_status
from services.verification.core.model import Case, Status
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Programme

__all__ = ["list_cases"]


async def list_cases(
    aggregates: Aggregates, campaign: str, *, status: Status | None = None, programme: Programme | None = None
) -> Sequence[Case]:
    """In the order of their keys: programme, then agency."""
    index, value = (BY_CAMPAIGN_STATUS, campaign_status(campaign, status)) if status else (BY_CAMPAIGN, campaign)
    found = await aggregates.find(CASES, index, value)
    return [case for case in found.values() if programme in (None, case.key.programme)]
