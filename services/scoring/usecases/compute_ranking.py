"""The second pass: when a group is complete, final scorecards and its ranking.

Level-triggered: it looks at which cards the newest ranking does not have, so it does not matter what happened in which
order, or whether a process ended half-way. The ranking is written before the final scorecards; until the last of those
is written the group counts as not done, and doing it again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from services.scoring.collections import CAMPAIGNS, CARDS, RANKINGS, RULE_SETS, TABLE, TO_RANK
from services.scoring.core.model import CardRecord, RankingRecord
from services.scoring.core.ranking import Entry, rank
from services.scoring.core.scorecard import basis_hash
from services.scoring.scorer import Scorer
from shared.contracts.common import Campaign, GroupKey
from shared.contracts.scoring import (
    Ranking,
    RankingComputedV1,
    ScorecardComputedV1,
    ScorecardSummary,
    UnrankedAgency,
)
from shared.kernel.errors import Conflict, NotFound
from shared.messaging.aggregate import Change, Outgoing
from shared.messaging.commands import Aggregates
from shared.references import parsed_rule_set
from shared.ruleset.document import RuleSet

__all__ = ["close_table", "rank_complete_tables", "recompute"]

_BATCH = 100


async def rank_complete_tables(aggregates: Aggregates, scorer: Scorer, written: frozenset[str] | None) -> None:
    """Reconciler: rank every table of a closed campaign whose members are all verified and not all ranked."""
    campaigns = await aggregates.all(CAMPAIGNS)
    touched = None if written is None else {key.split("/")[0] for key in written}
    for campaign in campaigns.values():
        if campaign.status != "closed" or (touched is not None and campaign.id not in touched):
            continue
        for table in campaign.groups():
            members = len(campaign.members_of(table.group))
            verified = await aggregates.store.count(CARDS.name, TABLE, table.text)
            waiting = await aggregates.store.count(CARDS.name, TO_RANK, table.text)
            if members and verified == members and waiting:
                await _rank_table(aggregates, scorer, campaign, table)


async def close_table(aggregates: Aggregates, scorer: Scorer, table: GroupKey, by: str, reason: str) -> Ranking:
    """Rank a table now, leaving out (and naming) who is not verified. Raises `NotFound` or `Conflict`."""
    campaign = await _campaign(aggregates, table)
    if campaign.status != "closed":
        raise Conflict(f"Đợt đánh giá {campaign.id} chưa đóng nhận phiếu", f"the campaign {campaign.id} is still open")
    return await _rank_table(aggregates, scorer, campaign, table, by, reason)


async def recompute(aggregates: Aggregates, scorer: Scorer, table: GroupKey) -> Ranking:
    """Work a ranking out anew from the verified submissions and the pinned rule set, writing nothing."""
    campaign = await _campaign(aggregates, table)
    kept = await aggregates.get(RANKINGS, table.text)
    if kept is None:
        raise NotFound(f"Chưa có bảng xếp hạng {table.text}", f"there is no ranking {table.text}")
    cards = await aggregates.find(CARDS, TABLE, table.text)
    rule_set = await _rule_set(aggregates, campaign, table)
    finals, _ = _finals(scorer, rule_set, cards)
    return _ranking(campaign, table, rule_set, finals, kept.ranking.revision)


async def _rank_table(
    aggregates: Aggregates, scorer: Scorer, campaign: Campaign, table: GroupKey, by: str = "", reason: str = ""
) -> Ranking:
    cards = await aggregates.find(CARDS, TABLE, table.text)
    rule_set = await _rule_set(aggregates, campaign, table)
    finals, best = _finals(scorer, rule_set, cards)

    def keep(old: RankingRecord | None) -> Change[RankingRecord]:
        """The ranking as a new revision, unless it says the same as the newest one."""
        ranking = _ranking(campaign, table, rule_set, finals, old.ranking.revision + 1 if old else 1)
        if old is not None and old.ranking.basis_hash == ranking.basis_hash:
            return Change(old)
        new = RankingRecord(ranking=ranking, group_best=best, closed_by=by, reason=reason)
        return Change(new, (Outgoing(RankingComputedV1(ranking=ranking), table.text),))

    record = await aggregates.execute(RANKINGS, table.text, keep, actor=by)
    keys = list(finals)
    for start in range(0, len(keys), _BATCH):
        decisions = {key: _finalise(cards[key], finals[key]) for key in keys[start : start + _BATCH]}
        await aggregates.execute_many(CARDS, decisions, actor=by)
    assert record is not None
    return record.ranking


def _finals(
    scorer: Scorer, rule_set: RuleSet, cards: dict[str, CardRecord]
) -> tuple[dict[str, ScorecardSummary], dict[str, Fraction]]:
    """Final scorecards by key, and the group's highest values they were compared with."""
    best = scorer.group_best(rule_set, [card.verified for card in cards.values()])
    ref = rule_set.ref()
    finals: dict[str, ScorecardSummary] = {}
    keys = list(cards)
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        verified = [cards[key].verified for key in part]
        for key, one, card in zip(part, verified, scorer.score(rule_set, verified, best), strict=True):
            finals[key] = card.summary(one.key, one.group, "final", basis_hash(one, ref, best))
    return finals, best


def _ranking(
    campaign: Campaign, table: GroupKey, rule_set: RuleSet, finals: dict[str, ScorecardSummary], revision: int
) -> Ranking:
    names = {member.id: member.name for member in campaign.members_of(table.group)}
    entries = [Entry(card.key.agency, names[card.key.agency], card) for card in finals.values()]
    present = {card.key.agency for card in finals.values()}
    absent = [
        UnrankedAgency(agency=agency, name=name, reason="not_verified")
        for agency, name in names.items()
        if agency not in present
    ]
    return rank(table, campaign.year, rule_set, revision, entries, absent)


def _finalise(ranked: CardRecord, final: ScorecardSummary) -> Callable[[CardRecord | None], Change[CardRecord]]:
    """Keep the final scorecard; a card that changed since the group was read waits for the next ranking."""

    def decide(card: CardRecord | None) -> Change[CardRecord]:
        if card is None or card.verified.revision != ranked.verified.revision or card.status != "verified":
            return Change(card)
        if card.final == final and not card.to_rank:
            return Change(card)
        updated = card.model_copy(update={"final": final, "final_revision": card.verified.revision})
        if card.final == final:
            return Change(updated)
        event = Outgoing(ScorecardComputedV1(scorecard=final), final.key.partition_key)
        return Change(updated, (event,))

    return decide


async def _campaign(aggregates: Aggregates, table: GroupKey) -> Campaign:
    campaign = await aggregates.get(CAMPAIGNS, table.campaign)
    if campaign is None or campaign.pinned(table.programme, table.group) is None:
        raise NotFound(f"Không có bảng {table.text}", f"there is no table {table.text}")
    return campaign


async def _rule_set(aggregates: Aggregates, campaign: Campaign, table: GroupKey) -> RuleSet:
    ref = campaign.pinned(table.programme, table.group)
    assert ref is not None
    kept = await aggregates.get(RULE_SETS, ref.key)
    assert kept is not None, "a campaign pins only rule sets that scoring approved"
    return parsed_rule_set(ref.hash, kept.document)
