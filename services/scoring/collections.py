"""What scoring keeps in its store."""

from __future__ import annotations

from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.model import CardRecord, RankingRecord
from services.scoring.core.rehearsal_record import RehearsalPage, RehearsalRecord
from shared.contracts.common import GroupKey
from shared.messaging.aggregate import Collection
from shared.references import CAMPAIGNS
from shared.ruleset.document import RuleSetRef

__all__ = [
    "CAMPAIGNS",
    "CARDS",
    "COLLECTIONS",
    "FINALS_DUE",
    "OF_RULE_SET",
    "OF_SET",
    "RANKINGS",
    "REHEARSALS",
    "REHEARSALS_DUE",
    "REHEARSAL_PAGES",
    "RULE_SETS",
    "TABLE",
    "TO_RANK",
    "of_set",
]

TABLE = "table"  # verified cards of a table
TO_RANK = "to_rank"  # those of them that the newest ranking does not have
OF_SET = "of_set"  # verified cards of a table that were scored under one version of its rule set
FINALS_DUE = "finals_due"  # rankings whose final scorecards are not all written
REHEARSALS_DUE = "due"  # rehearsals that are asked for and not done
OF_RULE_SET = "rule_set"  # rehearsals of a version, of whatever document stood under its name


def of_set(table: GroupKey, ref: RuleSetRef) -> str:
    """The index value of a table's cards under one version, down to its bytes."""
    return f"{table.text}#{ref.hash}"


CARDS: Collection[CardRecord] = Collection(
    "cards",
    CardRecord,
    index_names=(TABLE, OF_SET, TO_RANK),
    indexes=lambda card: {
        OF_SET: [of_set(card.table, card.scored.rule_set)] if card.status == "verified" else [],
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
REHEARSALS: Collection[RehearsalRecord] = Collection(
    "rehearsals",
    RehearsalRecord,
    index_names=(REHEARSALS_DUE, OF_RULE_SET),
    indexes=lambda record: {
        REHEARSALS_DUE: ["1"] if record.due else [],
        OF_RULE_SET: [record.rule_set.key],
    },
)
REHEARSAL_PAGES: Collection[RehearsalPage] = Collection("rehearsal_pages", RehearsalPage)
COLLECTIONS = (CAMPAIGNS, RULE_SETS, CARDS, RANKINGS, REHEARSALS, REHEARSAL_PAGES)
