"""The final scorecards of a ranking: worked out with the group's highest values, and written after the ranking.

A ranking says until then that they are due; so whatever happens in between, they are written by whoever looks next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.scoring.collections import CARDS, RANKINGS, RULE_SETS
from services.scoring.core.model import CardRecord, RankingRecord
from services.scoring.core.told import Told, told
from services.scoring.scorer import Scorer
from services.scoring.usecases.table_cards import BATCH, Best, Outcome
from shared.contracts.scoring import Ranking, ScorecardComputedV1
from shared.messaging.aggregate import AggregateDocument, Change, Outgoing
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSet, RuleSetRef

__all__ = ["pinned_rule_set", "write_finals"]


async def pinned_rule_set(aggregates: Aggregates, ref: RuleSetRef) -> RuleSet:
    """The rule set, to the byte. Raises `Conflict` if another document stands under its name."""
    kept = await aggregates.get(RULE_SETS, ref.key)
    assert kept is not None, "a campaign pins only rule sets that scoring approved"
    return kept.rule_set(ref)


async def write_finals(
    aggregates: Aggregates, scorer: Scorer, rule_set: RuleSet, record: RankingRecord, outcome: Outcome
) -> bool:
    """Write the final scorecards of a ranking. False if some card has changed since: the table is ranked anew then.

    Where one was verified anew, they stay due: the ranking may be older than that, though it was written later.
    """
    moved = _Moved()
    keys = list(outcome.entries)
    for start in range(0, len(keys), BATCH):
        found = await aggregates.store.get_many(CARDS.name, keys[start : start + BATCH])
        cards = {key: AggregateDocument.load(CARDS, key, document) for key, document in found.items()}
        same = {key: card for key, card in cards.items() if _revision(card) == outcome.revisions[key]}
        moved.verified_anew.update(cards.keys() - same.keys())
        finals = _finals(scorer, rule_set, same, record.group_best, outcome)
        decisions = {
            key: _finalise(outcome.revisions[key], final, record.group_best, moved) for key, final in finals.items()
        }
        await aggregates.execute_many(CARDS, decisions, actor=record.closed_by, found=same)
    if not moved.verified_anew:
        await aggregates.execute(RANKINGS, record.ranking.key.text, _written(record.ranking), actor=record.closed_by)
    return not moved.verified_anew and not moved.reopened


def _revision(card: AggregateDocument[CardRecord]) -> int:
    return 0 if card.state is None else card.state.revision


def _finals(
    scorer: Scorer, rule_set: RuleSet, cards: Mapping[str, AggregateDocument[CardRecord]], best: Best, outcome: Outcome
) -> dict[str, Told]:
    """The final scorecards of cards that are what was ranked: so is what they rest on."""
    verified = [card.state.scored for card in cards.values() if card.state is not None]
    scored = scorer.score(rule_set, verified, best)
    return {
        key: told(card, one.key, one.group, "final", outcome.entries[key].scorecard.basis_hash)
        for key, one, card in zip(cards, verified, scored, strict=True)
    }


@dataclass
class _Moved:
    """Cards that are no longer what was ranked."""

    verified_anew: set[str] = field(default_factory=set)
    reopened: set[str] = field(default_factory=set)


def _finalise(
    revision: int, made: Told, best: Best, moved: _Moved
) -> Callable[[CardRecord | None], Change[CardRecord]]:
    """Keep the final scorecard, unless the card was verified anew since it was ranked."""
    final = made.summary

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
        event = Outgoing(ScorecardComputedV1(scorecard=final), final.key.partition_key)
        return Change(updated, (event,), (made,))

    return decide


def _written(ranking: Ranking) -> Callable[[RankingRecord | None], Change[RankingRecord]]:
    def decide(record: RankingRecord | None) -> Change[RankingRecord]:
        if record is None or record.ranking != ranking or not record.finals_due:
            return Change(record)
        return Change(record.model_copy(update={"finals_due": False}))

    return decide
