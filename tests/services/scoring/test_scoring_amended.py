"""A campaign amended mid-way: who was scored under the old version does not count, whatever arrives first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from scoring_messages import (
    FIRST,
    MEMBERS,
    NOW,
    RULE_SET,
    TABLE,
    a_campaign,
    a_message,
    the_rule_set,
    verified,
    was_closed,
    was_opened,
    was_reopened,
    was_verified,
)
from scoring_service import Scoring, a_store, outcome_of

from services.scoring.collections import RANKINGS
from services.scoring.usecases.compute_ranking import close_table, recompute
from shared.contracts.common import Campaign, CampaignAmendment
from shared.contracts.intake import CampaignAmendedV1
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.errors import Conflict, Invalid
from shared.messaging.aggregate import Change
from shared.messaging.messages import Record

A, B, C = MEMBERS
SECOND = the_rule_set("2", unit_points=2)
CAMPAIGN = a_campaign()
AMENDED: Campaign = a_campaign(rule_set=SECOND).model_copy(
    update={
        "amendments": (
            CampaignAmendment(
                programme="it",
                group="province",
                before=RULE_SET.ref(),
                after=SECOND.ref(),
                reason="Điều chỉnh điểm",
                answer_until=NOW + timedelta(days=5),
                amended_by="dieu-hanh",
                amended_at=NOW,
            ),
        )
    }
)


def anew(one: VerifiedSubmission, revision: int = 2) -> VerifiedSubmission:
    """The same, verified under the new version."""
    return one.model_copy(update={"revision": revision, "rule_set": SECOND.ref()})


def was_amended() -> Record:
    return a_message(CampaignAmendedV1(campaign=AMENDED), "intake/campaigns/2021", 3)


@pytest.fixture
async def both(scoring: Scoring) -> Scoring:
    """Scoring with both versions, and the campaign closed."""
    await scoring.has(SECOND)
    await scoring.consume(was_opened(CAMPAIGN), was_closed(CAMPAIGN))
    return scoring


async def test_ranking_waits_until_all_are_verified_under_the_new_version(both: Scoring) -> None:
    await both.consume(*map(was_verified, FIRST))
    await both.reconcile()
    first = await both.ranking()
    assert first is not None
    await both.consume(was_amended())
    for one in FIRST:
        await both.reconcile()
        assert await both.ranking() == first
        await both.consume(was_verified(anew(one), 2))
    await both.reconcile()
    second = await both.ranking()
    assert second is not None
    assert (second.ranking.revision, second.ranking.rule_set) == (2, SECOND.ref())
    assert [(row.agency, row.points) for row in second.ranking.rows] == [(B, 100), (A, 75), (C, 40 + 12.5 - 5)]
    again = await recompute(both.aggregates, both.scorer, TABLE)
    assert again == second.ranking


async def test_old_cards_are_neither_ranked_nor_recomputed(both: Scoring) -> None:
    await both.consume(*map(was_verified, FIRST[:2]), was_amended(), was_verified(FIRST[2]))
    await both.reconcile()
    assert await both.ranking() is None
    with pytest.raises(Conflict) as nobody:
        await close_table(both.aggregates, both.scorer, TABLE, "dieu-hanh", "Đến hạn")
    assert nobody.value.code == "table.nobody"
    await both.consume(was_verified(anew(FIRST[0]), 2))
    with pytest.raises(Invalid):
        await close_table(both.aggregates, both.scorer, TABLE, "dieu-hanh", " ")
    ranking = await close_table(both.aggregates, both.scorer, TABLE, "dieu-hanh", "Đến hạn")
    assert [row.agency for row in ranking.rows] == [A]
    assert {(one.agency, one.reason) for one in ranking.unranked} == {(B, "not_verified"), (C, "not_verified")}


async def test_ranking_of_the_old_version_says_that_it_waits(both: Scoring) -> None:
    await both.consume(*map(was_verified, FIRST))
    await both.reconcile()
    await both.consume(was_amended())
    with pytest.raises(Conflict) as error:
        await recompute(both.aggregates, both.scorer, TABLE)
    assert error.value.code == "table.amended"


async def test_ranking_of_the_old_version_left_half_done_is_finished_as_far_as_it_holds(both: Scoring) -> None:
    await both.consume(*map(was_verified, FIRST))
    await both.reconcile()
    done = await both.ranking()
    assert done is not None
    half = done.model_copy(update={"finals_due": True})
    await both.aggregates.execute(RANKINGS, TABLE.text, lambda _: Change(half))
    await both.consume(was_amended(), was_verified(anew(FIRST[0]), 2))
    await both.reconcile()
    assert await both.ranking() == done
    for one in FIRST[1:]:
        await both.consume(was_verified(anew(one), 2))
    await both.reconcile()
    second = await both.ranking()
    assert second is not None
    assert (second.ranking.rule_set, second.finals_due) == (SECOND.ref(), False)


async def test_case_opened_again_by_the_amendment_holds_the_ranking_up(both: Scoring) -> None:
    await both.consume(*map(was_verified, FIRST), was_amended(), was_reopened(FIRST[0]))
    await both.consume(*(was_verified(anew(one), 2) for one in FIRST[1:]))
    await both.reconcile()
    assert await both.ranking() is None
    changed = anew(verified(A, apps=45, posts=10, revision=2))
    await both.consume(was_verified(changed, 3))
    await both.reconcile()
    ranking = await both.ranking()
    assert ranking is not None
    assert {row.agency: row.points for row in ranking.ranking.rows}[A] == 50 + 25


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _played(folder: Path, steps: Sequence[Sequence[Record]]) -> Any:
    async with a_store(folder) as store:
        scoring = Scoring(store)
        await scoring.has(RULE_SET, SECOND)
        for step in steps:
            await scoring.consume(*step)
            await scoring.reconcile()
        ranking, *_ = await outcome_of(scoring)
        return ranking.replace(b'"revision":2', b'"revision":1')


async def test_bytes_do_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    campaigns = [was_opened(CAMPAIGN), was_closed(CAMPAIGN), was_amended()]
    agencies = [[was_verified(one), was_verified(anew(one), 2)] for one in FIRST]
    orders = list(permutations([campaigns, *agencies]))[::4]
    outcomes = {await _played(_new(tmp_path / str(number)), order) for number, order in enumerate(orders)}
    assert len(outcomes) == 1
