"""The documents publishing keeps of its own; copies of campaigns and rule sets are in `shared.references`."""

from __future__ import annotations

from services.publishing.core.model import Decision, FinalCards
from shared.contracts.scoring import Ranking
from shared.messaging.aggregate import Collection

__all__ = ["CARDS", "DECISIONS", "RANKINGS", "STAND"]

STAND = "stand"  # how a Decision stands (`Decision.stand`)

# The newest computed ranking of each table, by `GroupKey.text`.
RANKINGS: Collection[Ranking] = Collection("rankings", Ranking)
# Final scorecards of an agency in a programme, by `SubmissionKey.text`.
CARDS: Collection[FinalCards] = Collection("cards", FinalCards)
# The Decision of a campaign, by the campaign's id.
DECISIONS: Collection[Decision] = Collection(
    "decisions", Decision, index_names=(STAND,), indexes=lambda decision: {STAND: [decision.stand]}
)
