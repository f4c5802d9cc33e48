"""Rankings that are due: of tables whose members are all verified, and of those that a process left half done.

Level-triggered: it looks at which cards the newest ranking does not have, so it does not matter what happened in which
order, or whether a process ended half-way: doing it again gives the same bytes. A table that fails stops no other.
"""

from __future__ import annotations

from services.scoring.collections import CAMPAIGNS, CARDS, FINALS_DUE, RANKINGS, TO_RANK
from services.scoring.core.model import CardRecord, RankingRecord
from services.scoring.scorer import Scorer
from services.scoring.usecases.compute_ranking import Table, finals_of, rank_complete, rank_table, verified_index
from services.scoring.usecases.final_scorecards import final_scorecards, write_finals
from shared.contracts.common import Campaign, GroupKey, SubmissionKey
from shared.contracts.scoring import Ranking, ScorecardSummary
from shared.messaging.apart import Apart
from shared.messaging.commands import Aggregates

__all__ = ["finish_rankings", "rank_complete_tables"]


async def rank_complete_tables(aggregates: Aggregates, scorer: Scorer, written: frozenset[str] | None) -> None:
    """Reconciler: rank every table of a closed campaign whose members are all verified and not all ranked."""
    apart = Apart()
    await _finish_rankings(aggregates, scorer, apart)
    campaigns = await aggregates.all(CAMPAIGNS)
    touched = None if written is None else {key.split("/")[0] for key in written}
    for campaign in campaigns.values():
        if campaign.status != "closed" or (touched is not None and campaign.id not in touched):
            continue
        for key in campaign.groups():
            with apart.of(f"ranking {key.text}"):
                await _rank_if_complete(aggregates, scorer, campaign, key)
    apart.raise_failures()


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
        await rank_complete(aggregates, scorer, await Table.of(aggregates, campaign, key))


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
    verified = await table.cards(aggregates)
    found = await aggregates.get_many(CARDS, [_key(ranking, agency).text for agency in _ranked(ranking)])
    ranked = {key: card for key, card in found.items() if card.verified and card.scored.rule_set == ranking.rule_set}
    now_there = {**ranked, **verified}
    finals, _ = finals_of(scorer, table, now_there)
    if table.ranking(finals, ranking.revision).basis_hash == ranking.basis_hash:
        await write_finals(aggregates, record, now_there, finals)
    elif not amended and verified and (record.closed_by or len(verified) >= len(table.names)):
        await rank_table(aggregates, scorer, table, verified, record.closed_by, record.reason)
    else:  # a case is open: the table is ranked anew when that one is verified
        await write_finals(aggregates, record, ranked, _still_fitting(scorer, table, record, ranked))


def _still_fitting(
    scorer: Scorer, table: Table, record: RankingRecord, ranked: dict[str, CardRecord]
) -> dict[str, ScorecardSummary]:
    """The final scorecards of those who are still what the ranking says they are."""
    hashes = {row.agency: row.basis_hash for row in record.ranking.rows}
    finals = final_scorecards(scorer, table.rule_set, ranked, record.group_best)
    return {
        key: final
        for key, final in finals.items()
        if hashes.get(final.key.agency, final.basis_hash) == final.basis_hash
    }


def _ranked(ranking: Ranking) -> list[str]:
    excluded = [one.agency for one in ranking.unranked if one.reason == "excluded"]
    return [*(row.agency for row in ranking.rows), *excluded]


def _key(ranking: Ranking, agency: str) -> SubmissionKey:
    return SubmissionKey(campaign=ranking.key.campaign, programme=ranking.key.programme, agency=agency)
