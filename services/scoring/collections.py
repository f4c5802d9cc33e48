"""What scoring keeps in its store."""

from __future__ import annotations

from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.model import CardRecord, RankingRecord
from shared.messaging.aggregate import Collection
from shared.references import CAMPAIGNS

__all__ = ["CAMPAIGNS", "CARDS", "COLLECTIONS", "FINALS_DUE", "RANKINGS", "RULE_SETS", "TABLE", "TO_RANK"]

TABLE = "table"  # verified cards of a table
TO_RANK = "to_rank"  # those of them that the newest ranking does not have
FINALS_DUE = "finals_due"  # rankings whose final scorecards are not all written

CARDS: Collection[CardRecord] = Collection(
    "cards",
    CardRecord,
    index_names=(TABLE, TO_RANK),
    indexes=lambda card: {
        TABLE: [card.table.text] if card.status == "verified" else [],
        TO_RANK: [card.table.text] if card.to_rank else [],
    },
)
RANKINGS: Collection[RankingRecord] = Collection(
    "rankings",
    RankingRecord,
    index_names=(FINALS_DUE,),
    indexes=lambda record: {FINALS_DUE: ["1"] if record.finals_due else []},
)
RULE_SETS: Collection[KeptRuleSet] = Collection("rule_sets", KeptRuleSet, reference=True)
COLLECTIONS = (CAMPAIGNS, RULE_SETS, CARDS, RANKINGS)
