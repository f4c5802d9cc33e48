"""What intake keeps in its store."""

from __future__ import annotations

from services.intake.core.model import AgencyRecord, CampaignRecord, SubmissionRecord
from shared.messaging.aggregate import Collection
from shared.references import RULE_SETS
from shared.ruleset.document import RuleSetRef

__all__ = [
    "AGENCIES",
    "AMENDED",
    "CAMPAIGN",
    "CAMPAIGNS",
    "COLLECTIONS",
    "FORM",
    "RULE_SETS",
    "SUBMISSIONS",
    "TO_MARK",
    "form_index",
]

TO_MARK = "to_mark"  # closed campaigns whose missing submissions are not all marked
AMENDED = "amended"  # campaigns of which a rule set was amended while they ran
CAMPAIGN = "campaign"
FORM = "form"  # submissions by campaign and the form they stand in


def form_index(campaign: str, ref: RuleSetRef) -> str:
    """The index value of a campaign's submissions that stand in one form."""
    return f"{campaign}/{ref.key}/{ref.hash}"


AGENCIES: Collection[AgencyRecord] = Collection("agencies", AgencyRecord)
CAMPAIGNS: Collection[CampaignRecord] = Collection(
    "campaigns",
    CampaignRecord,
    index_names=(TO_MARK, AMENDED),
    indexes=lambda r: {
        TO_MARK: ["1"] if r.campaign.status == "closed" and not r.missing_marked else [],
        AMENDED: ["1"] if r.campaign.amendments else [],
    },
    reference=True,
)
SUBMISSIONS: Collection[SubmissionRecord] = Collection(
    "submissions",
    SubmissionRecord,
    index_names=(CAMPAIGN, FORM),
    indexes=lambda r: {CAMPAIGN: [r.key.campaign], FORM: [form_index(r.key.campaign, r.rule_set)]},
)
COLLECTIONS = (AGENCIES, CAMPAIGNS, RULE_SETS, SUBMISSIONS)
