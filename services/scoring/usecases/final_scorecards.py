"""The final scorecards of a ranking: worked out with the group's highest values, and written after the ranking.

A ranking says until then that they are due; so whatever happens in between, they are written by whoever looks next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from services.scoring.collections import CARDS, RANKINGS, RULE_SETS
from services.scoring.core.model import CardRecord, RankingRecord
from services.scoring.core.scorecard import basis_hash
from services.scoring.scorer import Scorer
from shared.contracts.scoring import Ranking, ScorecardComputedV1, ScorecardSummary
from shared.messaging.aggregate import Change, Outgoing
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSet, RuleSetRef

__all__ = ["final_scorecards", "pinned_rule_set", "write_finals"]

_BATCH = 100

Best = Mapping[str, Fraction]


async def pinned_rule_set(aggregates: Aggregates, ref: RuleSetRef) -> RuleSet:
    """The rule set, to the byte. Raises `Conflict` if another document stands under its name."""
    kept = await aggregates.get(RULE_SETS, ref.key)
    assert kept is not None, "a campaign pins only rule sets that scoring approved"
    return kept.rule_set(ref)


def final_scorecards(
    scorer: Scorer, rule_set: RuleSet, cards: Mapping[str, CardRecord], best: Best
) -> dict[str, ScorecardSummary]:
    """The final scorecards by key."""
    ref = rule_set.ref()
    finals: dict[str, ScorecardSummary] = {}
    keys = list(cards)
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        verified = [cards[key].scored for key in part]
        for key, one, card in zip(part, verified, scorer.score(rule_set, verified, best), strict=True):
            finals[key] = card.summary(one.key, one.group, "final", basis_hash(one, ref, best))
    return finals


async def write_finals(
    aggregates: Aggregates,
    record: RankingRecord,
    cards: Mapping[str, CardRecord],
    finals: Mapping[str, ScorecardSummary],
) -> bool:
    """Write the final scorecards of a ranking. False if some card has changed since: the table is ranked anew then.

    Where one was verified anew, they stay due: the ranking may be older than that, though it was written later.
    """
    moved = _Moved()
    keys = list(finals)
    for start in range(0, len(keys), _BATCH):
        decisions = {
            key: _finalise(cards[key].revision, finals[key], record.group_best, moved)
            for key in keys[start : start + _BATCH]
        }
        await aggregates.execute_many(CARDS, decisions, actor=record.closed_by)
    if not moved.verified_anew:
        await aggregates.execute(RANKINGS, record.ranking.key.text, _written(record.ranking), actor=record.closed_by)
    return not moved.verified_anew and not moved.reopened


@dataclass
class _Moved:
    """Cards that are no longer what was ranked."""

    verified_anew: set[str] = field(default_factory=set)
    reopened: set[str] = field(default_factory=set)


def _finalise(
    revision: int, final: ScorecardSummary, best: Best, moved: _Moved
) -> Callable[[CardRecord | None], Change[CardRecord]]:
    """Keep the final scorecard, unless the card was verified anew since it was ranked."""

    def decide(card: CardRecord | None) -> Change[CardRecord]:
        if card is None or card.revision != revision:
            moved.verified_anew.add(final.key.text)
            return Change(card)
        if card.status != "verified":
            moved.reopened.add(final.key.text)
        if card.final == final and card.final_revision == revision:
            return Change(card)
        updated = card.model_copy(update={"final": final, "final_revision": revision, "group_best": dict(best)})
        if card.final == final:
            return Change(updated)
        return Change(updated, (Outgoing(ScorecardComputedV1(scorecard=final), final.key.partition_key),))

    return decide


def _written(ranking: Ranking) -> Callable[[RankingRecord | None], Change[RankingRecord]]:
    def decide(record: RankingRecord | None) -> Change[RankingRecord]:
        if record is None or record.ranking != ranking or not record.finals_due:
            return Change(record)
        return Change(record.model_copy(update={"finals_due": False}))

    return decide
