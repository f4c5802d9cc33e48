"""Rankings that are due: of tables whose members are all verified, and of those that a process left half done.

Level-triggered: it looks at which cards the newest ranking does not have, so it does not matter what happened in which
order, or whether a process ended half-way: doing it again gives the same bytes. A table that fails stops no other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Set
from functools import partial

from services.scoring.collections import CAMPAIGNS, CARDS, FINALS_DUE, RANKINGS, TO_RANK
from services.scoring.core.model import RankingRecord
from services.scoring.scorer import Scorer
from services.scoring.usecases.compute_ranking import Table, rank_complete, rank_table, verified_index
from services.scoring.usecases.final_scorecards import write_finals
from services.scoring.usecases.table_cards import Outcome, Page, by_key, through_with
from shared.contracts.common import Campaign, GroupKey, SubmissionKey
from shared.contracts.scoring import Ranking
from shared.messaging.apart import Apart
from shared.messaging.commands import Aggregates

__all__ = ["RankingsDue", "finish_rankings", "rank_complete_tables"]


class RankingsDue:
    """Reconcilers over one memory of campaigns: these are large and hardly change, and cards are written all the time.

    What other processes write to a campaign is noticed when all is looked at; a table that seems to be due is ranked
    as its campaign stands now.
    """

    def __init__(self, aggregates: Aggregates, scorer: Scorer) -> None:
        self._aggregates = aggregates
        self._scorer = scorer
        self._campaigns: dict[str, Campaign] | None = None

    async def after_campaigns(self, written: frozenset[str] | None) -> None:
        """Rank what is due, once campaigns were written, or anything may have been."""
        self._campaigns = await self._aggregates.all(CAMPAIGNS)
        await self._rank(self._campaigns, written)

    async def after_cards(self, written: frozenset[str] | None) -> None:
        """Rank what is due, once cards were written."""
        if self._campaigns is None or written is None:
            await self.after_campaigns(written)
        else:
            await self._rank(self._campaigns, written)

    async def _rank(self, campaigns: Mapping[str, Campaign], written: frozenset[str] | None) -> None:
        apart = Apart()
        await _finish_rankings(self._aggregates, self._scorer, apart)
        touched = None if written is None else {key.split("/")[0] for key in written}
        for campaign in campaigns.values():
            if campaign.status == "closed" and (touched is None or campaign.id in touched):
                for key in campaign.groups():
                    with apart.of(f"ranking {key.text}"):
                        await _rank_if_complete(self._aggregates, self._scorer, campaign, key)
        apart.raise_failures()


async def rank_complete_tables(aggregates: Aggregates, scorer: Scorer) -> None:
    """Rank every table of a closed campaign whose members are all verified and not all ranked."""
    await RankingsDue(aggregates, scorer).after_campaigns(None)


async def finish_rankings(aggregates: Aggregates, scorer: Scorer) -> None:
    """Write the final scorecards of rankings that a process left behind without them."""
    apart = Apart()
    await _finish_rankings(aggregates, scorer, apart)
    apart.raise_failures()


async def _rank_if_complete(aggregates: Aggregates, scorer: Scorer, campaign: Campaign, key: GroupKey) -> None:
    members = len(campaign.members_of(key.group))
    ref = campaign.pinned(key.programme, key.group)
    assert ref is not None, "a campaign's table has its rule set"
    verified = await aggregates.store.count(CARDS.name, *verified_index(campaign, key, ref))
    if members and verified >= members and await aggregates.store.count(CARDS.name, TO_RANK, key.text):
        now = await aggregates.get(CAMPAIGNS, campaign.id)
        if now is not None and now.pinned(key.programme, key.group) is not None:
            await rank_complete(aggregates, scorer, await Table.of(aggregates, now, key))


async def _finish_rankings(aggregates: Aggregates, scorer: Scorer, apart: Apart) -> None:
    for record in (await aggregates.find(RANKINGS, FINALS_DUE, "1")).values():
        with apart.of(f"finishing the ranking {record.ranking.key.text}"):
            await _finish(aggregates, scorer, record)


async def _finish(aggregates: Aggregates, scorer: Scorer, record: RankingRecord) -> None:
    """Write what is due; or rank anew if the cards say otherwise by now.

    Of two that rank at once, the one that looked first may write last, and end before it notices. The cards are then
    all marked as ranked, by the other one, so that nothing but this look would find the older ranking on top. One under
    a version that was amended since is finished for those who still are what it says, and never ranked anew.
    """
    ranking = record.ranking
    campaign = await aggregates.get(CAMPAIGNS, ranking.key.campaign)
    assert campaign is not None, "a ranking is made of a campaign's table"
    amended = ranking.rule_set != campaign.pinned(ranking.key.programme, ranking.key.group)
    table = await Table.of(aggregates, campaign, ranking.key, ranking.rule_set)
    now_there = await table.outcome(scorer, partial(_now_there, aggregates, table, ranking))
    if table.ranking(now_there, ranking.revision).basis_hash == ranking.basis_hash:
        await write_finals(aggregates, scorer, table.rule_set, record, now_there)
        return
    verified = await table.outcome(scorer, partial(table.cards, aggregates))
    if not amended and verified.entries and (record.closed_by or len(verified.entries) >= len(table.names)):
        await rank_table(aggregates, scorer, table, verified, record.closed_by, record.reason)
    else:  # a case is open: the table is ranked anew when that one is verified
        fitting = await _still_fitting(aggregates, scorer, table, record)
        await write_finals(aggregates, scorer, table.rule_set, record, fitting)


async def _now_there(aggregates: Aggregates, table: Table, ranking: Ranking) -> AsyncIterator[Page]:
    """The verified cards of a table, and those of the ranking whose case was opened again."""
    seen: set[str] = set()
    async for page in table.cards(aggregates):
        seen.update(card.key for card in page)
        yield page
    async for page in _ranked_cards(aggregates, ranking, seen):
        yield page


async def _ranked_cards(aggregates: Aggregates, ranking: Ranking, without: Set[str]) -> AsyncIterator[Page]:
    """The cards of those who stand in a ranking, where they are still scored under its rule set."""
    keys = [_key(ranking, agency).text for agency in _ranked(ranking)]
    ref = ranking.rule_set.model_dump(mode="json")
    async for page in by_key(aggregates, [key for key in keys if key not in without]):
        yield [card for card in page if card.under(ref)]


async def _still_fitting(aggregates: Aggregates, scorer: Scorer, table: Table, record: RankingRecord) -> Outcome:
    """Those who are still what the ranking says they are."""
    hashes = {row.agency: row.basis_hash for row in record.ranking.rows}
    pages = partial(_ranked_cards, aggregates, record.ranking, frozenset())
    ranked = await through_with(scorer, table.rule_set, table.names, pages, record.group_best)
    entries = ranked.entries.items()
    return ranked.only(
        [key for key, one in entries if hashes.get(one.agency, one.scorecard.basis_hash) == one.scorecard.basis_hash]
    )


def _ranked(ranking: Ranking) -> list[str]:
    excluded = [one.agency for one in ranking.unranked if one.reason == "excluded"]
    return [*(row.agency for row in ranking.rows), *excluded]


def _key(ranking: Ranking, agency: str) -> SubmissionKey:
    return SubmissionKey(campaign=ranking.key.campaign, programme=ranking.key.programme, agency=agency)
