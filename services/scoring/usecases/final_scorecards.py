"""The final scorecards of a ranking: worked out with the group's highest values, and written after the ranking.

A ranking says until then that they are due; so whatever happens in between, they are written by whoever looks next.
Cards stay the plain JSON that is kept of them: of each no more is read than points depend on, and the final scorecard
is put beside the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.scoring.collections import CARDS, RANKINGS, RULE_SETS, TO_RANK
from services.scoring.core.model import CardRecord, RankingRecord, reopened_revision_of
from services.scoring.core.told import Told, told
from services.scoring.scorer import Scorer
from services.scoring.usecases.table_cards import BATCH, Best, Outcome, Stored
from shared.contracts.common import SubmissionKey
from shared.contracts.scoring import Ranking, ScorecardComputedV1, ScorecardSummary
from shared.kernel.exact import exact_text
from shared.messaging.aggregate import AggregateDocument, Change, PlainChange, PlainOutgoing
from shared.messaging.commands import Aggregates
from shared.messaging.plain import execute_plain
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
        same = {key: card for key, card in cards.items() if _revision(card.raw_state) == outcome.revisions[key]}
        moved.verified_anew.update(cards.keys() - same.keys())
        finals = _finals(scorer, rule_set, same, record.group_best, outcome)
        decisions = {
            key: _finalise(of, outcome.revisions[key], made, record.group_best, moved)
            for key, (of, made) in finals.items()
        }
        for refusal in (await execute_plain(aggregates, CARDS, decisions, same, actor=record.closed_by)).values():
            raise refusal
    if not moved.verified_anew:
        await aggregates.execute(RANKINGS, record.ranking.key.text, _written(record.ranking), actor=record.closed_by)
    return not moved.verified_anew and not moved.reopened


def _revision(state: Any) -> int:
    """The newest revision that was verified (`CardRecord.revision`)."""
    verified = (state or {}).get("verified")
    return int(verified["revision"]) if verified else 0


def _finals(
    scorer: Scorer, rule_set: RuleSet, cards: Mapping[str, AggregateDocument[CardRecord]], best: Best, outcome: Outcome
) -> dict[str, tuple[SubmissionKey, Told]]:
    """The final scorecards of cards that are what was ranked: so is what they rest on. Whose they are with them."""
    verified = [Stored(key, card.raw_state["verified"]).counted() for key, card in cards.items()]
    scored = scorer.score(rule_set, verified, best)
    return {
        key: (one.key, told(card, one.key, one.group, "final", outcome.entries[key].scorecard.basis_hash))
        for key, one, card in zip(cards, verified, scored, strict=True)
    }


@dataclass
class _Moved:
    """Cards that are no longer what was ranked."""

    verified_anew: set[str] = field(default_factory=set)
    reopened: set[str] = field(default_factory=set)


def _finalise(key: SubmissionKey, revision: int, made: Told, best: Best, moved: _Moved) -> Callable[[Any], PlainChange]:
    """Keep the final scorecard, unless the card was verified anew since it was ranked."""

    def decide(card: Any) -> PlainChange:
        if _revision(card) != revision:
            moved.verified_anew.add(key.text)
            return PlainChange(card)
        if reopened_revision_of(card) >= revision:
            moved.reopened.add(key.text)
        known = _is_kept(card.get("final"), made)
        if known and card.get("final_revision") == revision:
            return PlainChange(card)
        updated = {name: value for name, value in card.items() if name != "group_best"}
        updated |= {"final": made.plain, "final_revision": revision}
        if best:
            updated["group_best"] = {name: exact_text(value) for name, value in best.items()}
        events = () if known else (PlainOutgoing(ScorecardComputedV1, {"scorecard": made.plain}, key.partition_key),)
        return PlainChange(updated, {TO_RANK: []}, events)

    return decide


def _is_kept(kept: Any, made: Told) -> bool:
    """Whether the scorecard is the one that is kept, in whatever release's words."""
    return kept is not None and (kept == made.plain or ScorecardSummary.model_validate(kept) == made.summary)


def _written(ranking: Ranking) -> Callable[[RankingRecord | None], Change[RankingRecord]]:
    def decide(record: RankingRecord | None) -> Change[RankingRecord]:
        if record is None or record.ranking != ranking or not record.finals_due:
            return Change(record)
        return Change(record.model_copy(update={"finals_due": False}))

    return decide
