"""The second pass: the ranking of a table and its final scorecards. When it is due, reconcile_rankings.py sees."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial

from services.scoring.collections import CAMPAIGNS, CARDS, OF_SET, RANKINGS, TABLE, of_set
from services.scoring.core.model import RankingRecord
from services.scoring.core.ranking import rank
from services.scoring.scorer import Scorer
from services.scoring.usecases.final_scorecards import pinned_rule_set, write_finals
from services.scoring.usecases.table_cards import BATCH, Outcome, Page, Pages, look_through, stored
from shared.contracts.common import Campaign, GroupKey
from shared.contracts.scoring import Ranking, RankingComputedV1, UnrankedAgency
from shared.kernel.errors import Conflict, Fault, Invalid, NotFound
from shared.messaging.aggregate import Change, Outgoing
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSet, RuleSetRef

__all__ = ["Table", "close_table", "rank_complete", "rank_table", "recompute", "verified_index"]

# So often a table is ranked anew at once because a card changed meanwhile; after that the reconciler comes again.
_ROUNDS = 3


@dataclass(frozen=True)
class Table:
    """A table of a campaign, with the names of those who belong to it and the rule set it is worked out with.

    Where the campaign was amended, a card that was scored under another version does not count: it is verified anew.
    """

    key: GroupKey
    year: int
    names: Mapping[str, str]
    rule_set: RuleSet
    index: tuple[str, str]

    @classmethod
    async def of(
        cls, aggregates: Aggregates, campaign: Campaign, key: GroupKey, ref: RuleSetRef | None = None
    ) -> Table:
        """The table under the rule set that is pinned, or under the one that `ref` names."""
        ref = ref or campaign.pinned(key.programme, key.group)
        assert ref is not None
        names = {member.id: member.name for member in campaign.members_of(key.group)}
        rule_set = await pinned_rule_set(aggregates, ref)
        return cls(key, campaign.year, names, rule_set, verified_index(campaign, key, ref))

    async def cards(self, aggregates: Aggregates) -> AsyncIterator[Page]:
        """The verified cards of its members, page by page."""
        ref = self.rule_set.ref().model_dump(mode="json")
        after: str | None = None
        while page := await aggregates.store.find(CARDS.name, *self.index, after=after, limit=BATCH):
            after = page[-1].key
            yield [card for card in stored(page) if card.agency in self.names and card.under(ref)]

    async def outcome(self, scorer: Scorer, pages: Pages) -> Outcome:
        """All of these cards, scored. Raises `StoreUnavailable` where they change all the time."""
        return await look_through(scorer, self.rule_set, self.names, pages)

    def ranking(self, outcome: Outcome, revision: int) -> Ranking:
        """The ranking of cards that were scored; who has none is named apart."""
        entries = outcome.entries.values()
        absent = self.names.keys() - {entry.agency for entry in entries}
        unranked = [UnrankedAgency(agency=one, name=self.names[one], reason="not_verified") for one in absent]
        return rank(self.key, self.year, self.rule_set, revision, entries, unranked)


def verified_index(campaign: Campaign, key: GroupKey, ref: RuleSetRef) -> tuple[str, str]:
    """Where a table's verified cards are found; only after an amendment are there any of another version."""
    if campaign.amended(key.programme, key.group):
        return OF_SET, of_set(key, ref)
    return TABLE, key.text


async def close_table(aggregates: Aggregates, scorer: Scorer, key: GroupKey, by: str, reason: str) -> Ranking:
    """Rank a table now, leaving out (and naming) who is not verified. Raises `NotFound`, `Conflict` or `Invalid`."""
    campaign = await _campaign(aggregates, key)
    if campaign.status != "closed":
        raise Conflict(
            f"Đợt đánh giá {campaign.id} chưa đóng nhận phiếu",
            f"the campaign {campaign.id} is still open",
            code="table.campaign_open",
        )
    table = await Table.of(aggregates, campaign, key)
    for _ in range(_ROUNDS):
        outcome = await table.outcome(scorer, partial(table.cards, aggregates))
        _may_close(table, outcome, reason)
        ranking, settled = await rank_table(aggregates, scorer, table, outcome, by, reason)
        if settled:
            break
    return ranking


async def recompute(aggregates: Aggregates, scorer: Scorer, key: GroupKey) -> Ranking:
    """Work a ranking out anew from the verified submissions and the pinned rule set, writing nothing."""
    campaign = await _campaign(aggregates, key)
    kept = await aggregates.get(RANKINGS, key.text)
    if kept is None:
        raise NotFound(f"Chưa có bảng xếp hạng {key.text}", f"there is no ranking {key.text}")
    table = await Table.of(aggregates, campaign, key)
    if kept.ranking.rule_set != table.rule_set.ref():
        raise _amended(key, kept.ranking.rule_set, table.rule_set.ref())
    outcome = await table.outcome(scorer, partial(table.cards, aggregates))
    return table.ranking(outcome, kept.ranking.revision)


async def rank_complete(aggregates: Aggregates, scorer: Scorer, table: Table) -> None:
    """Rank a table, unless a case of it is open."""
    for _ in range(_ROUNDS):
        outcome = await table.outcome(scorer, partial(table.cards, aggregates))
        if len(outcome.entries) < len(table.names):
            return  # a case was opened again since they were counted
        _, settled = await rank_table(aggregates, scorer, table, outcome)
        if settled:
            return


async def rank_table(
    aggregates: Aggregates,
    scorer: Scorer,
    table: Table,
    outcome: Outcome,
    by: str = "",
    reason: str = "",
) -> tuple[Ranking, bool]:
    """The ranking of these cards, and whether they are still what there is."""

    def keep(old: RankingRecord | None) -> Change[RankingRecord]:
        """The ranking as a new revision, unless it says the same as the newest one."""
        ranking = table.ranking(outcome, old.ranking.revision + 1 if old else 1)
        if old is not None and old.ranking.basis_hash == ranking.basis_hash:
            return Change(old)
        best = dict(outcome.best)
        new = RankingRecord(ranking=ranking, group_best=best, finals_due=True, closed_by=by, reason=reason)
        return Change(new, (Outgoing(RankingComputedV1(ranking=ranking), table.key.text),))

    record = await aggregates.execute(RANKINGS, table.key.text, keep, actor=by)
    assert record is not None
    settled = await write_finals(aggregates, scorer, table.rule_set, record, outcome)
    return record.ranking, settled and await aggregates.store.count(CARDS.name, *table.index) == len(outcome.entries)


def _may_close(table: Table, outcome: Outcome, reason: str) -> None:
    if not outcome.entries:
        raise Conflict(
            f"Chưa có cơ quan nào của bảng {table.key.text} được thẩm tra xong",
            f"nobody in the table {table.key.text} is verified",
            code="table.nobody",
        )
    if len(outcome.entries) < len(table.names) and not reason.strip():
        raise Invalid(
            "Muốn xếp hạng khi chưa thẩm tra xong phải nêu lý do",
            "ranking a table that is not complete needs a reason",
            code="table.reason",
        )


def _amended(key: GroupKey, ranked: RuleSetRef, pinned: RuleSetRef) -> Conflict:
    fault = Fault(
        "table.amended",
        key.text,
        f"Bảng được xếp theo {ranked.key}, đợt đánh giá nay dùng {pinned.key}",
        f"the table was ranked under {ranked.key}; the campaign now holds to {pinned.key}",
        "Chờ thẩm tra xong theo phiên bản mới, bảng sẽ được xếp lại",
        "wait until all are verified under the new version; the table is then ranked anew",
    )
    return Conflict.of(fault)


async def _campaign(aggregates: Aggregates, key: GroupKey) -> Campaign:
    campaign = await aggregates.get(CAMPAIGNS, key.campaign)
    if campaign is None or campaign.pinned(key.programme, key.group) is None:
        raise NotFound(f"Không có bảng {key.text}", f"there is no table {key.text}")
    return campaign
