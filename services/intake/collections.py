"""What intake keeps in its store."""

from __future__ import annotations

from services.intake.core.model import AgencyRecord, CampaignRecord, SubmissionRecord
from shared.messaging.aggregate import Collection
from shared.references import RULE_SETS

__all__ = ["AGENCIES", "CAMPAIGNS", "COLLECTIONS", "RULE_SETS", "SUBMISSIONS", "TO_MARK"]

TO_MARK = "to_mark"  # closed campaigns whose missing submissions are not all marked

AGENCIES: Collection[AgencyRecord] = Collection("agencies", AgencyRecord)
CAMPAIGNS: Collection[CampaignRecord] = Collection(
    "campaigns",
    CampaignRecord,
    index_names=(TO_MARK,),
    indexes=lambda r: {TO_MARK: ["1"] if r.campaign.status == "closed" and not r.missing_marked else []},
    reference=True,
)
SUBMISSIONS: Collection[SubmissionRecord] = Collection(
    "submissions",
    SubmissionRecord,
    index_names=("campaign",),
    indexes=lambda r: {"campaign": [r.key.campaign]},
)
COLLECTIONS = (AGENCIES, CAMPAIGNS, RULE_SETS, SUBMISSIONS)
