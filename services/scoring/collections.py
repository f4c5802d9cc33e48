"""What scoring keeps in its store."""

from __future__ import annotations

from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.model import CardRecord, RankingRecord
from shared.messaging.aggregate import Collection
from shared.references import CAMPAIGNS

__all__ = ["CAMPAIGNS", "CARDS", "COLLECTIONS", "RANKINGS", "RULE_SETS", "TABLE", "TO_RANK"]

TABLE = "table"  # verified cards of a table
TO_RANK = "to_rank"  # those of them that the newest ranking does not have

CARDS: Collection[CardRecord] = Collection(
    "cards",
    CardRecord,
    index_names=(TABLE, TO_RANK),
    indexes=lambda card: {
        TABLE: [card.table.text] if card.status == "verified" else [],
        TO_RANK: [card.table.text] if card.to_rank else [],
    },
)
RANKINGS: Collection[RankingRecord] = Collection("rankings", RankingRecord)
RULE_SETS: Collection[KeptRuleSet] = Collection("rule_sets", KeptRuleSet, reference=True)
COLLECTIONS = (CAMPAIGNS, RULE_SETS, CARDS, RANKINGS)
