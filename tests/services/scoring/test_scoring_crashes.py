"""What a crash, another process or a store that is away does to a ranking: nothing that lasts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scoring_messages import (
    FIRST,
    MEMBERS,
    RULE_SET,
    TABLE,
    a_campaign,
    the_rule_set,
    verified,
    was_closed,
    was_opened,
    was_reopened,
    was_verified,
)
from scoring_service import Scoring, a_store, outcome_of

from services.scoring.collections import FINALS_DUE, RANKINGS
from services.scoring.usecases.compute_ranking import close_table
from services.scoring.usecases.reconcile_rankings import finish_rankings
from shared.contracts.common import Agency, PinnedRuleSet
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet
from shared.storage.port import StoreUnavailable, Write

A, B, C = MEMBERS
CAMPAIGN = a_campaign()


class Killed(Exception):
    """The process ends here."""


class DyingStore:
    """A store whose process is killed after so many documents were written; one call may be cut in the middle."""

    def __init__(self, store: Any, writes: int) -> None:
        self._store = store
        self.left = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def put(self, write: Write) -> int:
        self._count()
        return await self._store.put(write)

    async def put_many(self, writes: Sequence[Write]) -> list[bool]:
        outcomes: list[bool] = []
        for write in writes:
            self._count()
            outcomes += await self._store.put_many([write])
        return outcomes

    def _count(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


async def test_a_crash_between_any_two_writes_of_a_ranking_costs_nothing(tmp_path: Path) -> None:
    outcomes = []
    for writes in range(7):
        folder = tmp_path / str(writes)
        folder.mkdir()
        async with a_store(folder) as store:
            scoring = Scoring(store)
            await scoring.has(RULE_SET)
            await scoring.consume(was_opened(CAMPAIGN), was_closed(CAMPAIGN), *map(was_verified, FIRST))
            dying = DyingStore(store, writes)
            scoring.aggregates.store = dying
            if writes < 5:  # ranking, three cards, and that they are written
                with pytest.raises(Killed):
                    await scoring.reconcile()
            else:
                await scoring.reconcile()
                assert dying.left == writes - 5
            restarted = Scoring(store)
            await restarted.reconcile()
            assert await store.count(RANKINGS.name, FINALS_DUE, "1") == 0
            outcomes.append(await outcome_of(restarted))
    assert all(outcome == outcomes[-1] for outcome in outcomes)
    _, _, told, rankings = outcomes[0]
    assert told == [("scoring.scorecard.computed.v1", stage) for _ in MEMBERS for stage in ("provisional", "final")]
    assert rankings == [1]


async def test_what_a_crash_left_due_is_written_though_a_case_was_opened_again_meanwhile(scoring: Scoring) -> None:
    await scoring.consume(was_opened(CAMPAIGN), was_closed(CAMPAIGN), *map(was_verified, FIRST))
    scoring.aggregates.store = DyingStore(scoring.store, 2)
    with pytest.raises(Killed):
        await scoring.reconcile()
    scoring.aggregates.store = scoring.store
    await scoring.consume(was_reopened(FIRST[1]))
    await finish_rankings(scoring.aggregates, scoring.scorer)
    record = await scoring.ranking()
    assert record is not None
    assert not record.finals_due
    for row in record.ranking.rows:
        card = await scoring.card(row.agency)
        assert card is not None
        assert card.final is not None
        assert card.final.basis_hash == row.basis_hash


async def test_a_card_that_changes_while_its_table_is_ranked_is_ranked_anew(scoring: Scoring) -> None:
    await scoring.consume(was_opened(CAMPAIGN), was_closed(CAMPAIGN), *map(was_verified, FIRST))
    newer = FIRST[0].model_copy(update={"revision": 2, "answers": verified(A, apps=7).answers})

    class Overtaken(DyingStore):
        """Before the ranking is written, another process takes a newer verification."""

        async def put(self, write: Write) -> int:
            if write.collection == RANKINGS.name and self.left:
                self.left = 0
                await Scoring(scoring.store).consume(was_reopened(FIRST[0]), was_verified(newer, 3))
            return await scoring.store.put(write)

        async def put_many(self, writes: Sequence[Write]) -> list[bool]:
            return await scoring.store.put_many(writes)

    scoring.aggregates.store = Overtaken(scoring.store, 1)
    await scoring.reconcile()
    record = await scoring.ranking()
    assert record is not None
    assert [(row.agency, row.points) for row in record.ranking.rows] == [(B, 80), (A, 32), (C, 27.5)]
    assert (record.ranking.revision, record.finals_due) == (2, False)


@pytest.mark.parametrize("closed_early", [False, True])
@pytest.mark.parametrize("writes", range(1, 3))
async def test_an_older_ranking_written_last_does_not_stay(scoring: Scoring, writes: int, closed_early: bool) -> None:
    """Another process ranks newer cards first; ours then writes what it had worked out, and is killed."""
    ours = FIRST[:2] if closed_early else FIRST
    await scoring.consume(was_opened(CAMPAIGN), was_closed(CAMPAIGN), *map(was_verified, ours))
    newer = FIRST[0].model_copy(update={"revision": 2, "answers": verified(A, apps=7).answers})

    async def rank(one: Scoring) -> None:
        if closed_early:
            await close_table(one.aggregates, one.scorer, TABLE, "dieu-hanh", "Đến hạn")
        else:
            await one.reconcile()

    class Overtaken(DyingStore):
        """Before the ranking is written, another process takes a newer verification and ranks it."""

        overtaken = False

        async def put(self, write: Write) -> int:
            if write.collection == RANKINGS.name and not self.overtaken:
                self.overtaken = True
                other = Scoring(scoring.store)
                await other.consume(was_reopened(FIRST[0]), was_verified(newer, 3))
                await rank(other)
                return await self._store.put(write)  # refused: there is one by now
            return await super().put(write)

    scoring.aggregates.store = Overtaken(scoring.store, writes)
    with pytest.raises(Killed):
        await rank(scoring)
    restarted = Scoring(scoring.store)
    await restarted.reconcile()
    record = await restarted.ranking()
    assert record is not None
    late = [] if closed_early else [(C, Fraction("27.5"))]
    assert [(row.agency, row.points) for row in record.ranking.rows] == [(B, 80), (A, 32), *late]
    assert (record.ranking.revision, record.finals_due, record.closed_by) == (3, False, "dieu-hanh" * closed_early)
    for row in record.ranking.rows:
        card = await restarted.card(row.agency)
        assert card is not None
        assert card.shown.basis_hash == row.basis_hash


async def test_a_table_that_cannot_be_ranked_stops_no_other(scoring: Scoring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither when it is ranked nor when its final scorecards are due; and it is tried again."""
    district = the_rule_set(id="huyen", group="district")
    await scoring.has(district)
    campaign = a_campaign(A)
    members = (*campaign.members, Agency(id="huyen-yen-the", name="Huyện Yên Thế", group="district"))
    pinned = (
        *campaign.rule_sets,
        PinnedRuleSet(programme="it", group="district", rule_set=district.ref()),
    )
    campaign = campaign.model_copy(update={"members": members, "rule_sets": pinned})
    other = verified("huyen-yen-the", rule_set=district)
    await scoring.consume(was_opened(campaign), was_closed(campaign), *map(was_verified, (FIRST[0], other)))
    works = scoring.scorer.group_best

    def fails(rule_set: RuleSet, cards: Sequence[VerifiedSubmission]) -> dict[str, Fraction]:
        if rule_set.group == "province":
            raise OverflowError("too long a number")
        return works(rule_set, cards)

    class NoCards(DyingStore):
        async def put_many(self, writes: Sequence[Write]) -> list[bool]:
            raise Killed

    monkeypatch.setattr(scoring.scorer, "group_best", fails)
    with pytest.raises((OverflowError, ExceptionGroup)):
        await scoring.reconcile()
    assert await ranked(scoring) == {"district": False}
    monkeypatch.setattr(scoring.scorer, "group_best", works)
    await scoring.consume(
        was_reopened(other), was_verified(verified("huyen-yen-the", apps=3, revision=2, rule_set=district), 3)
    )
    scoring.aggregates.store = NoCards(scoring.store, 9)
    with pytest.raises(ExceptionGroup):
        await scoring.reconcile()
    assert await ranked(scoring) == {"province": True, "district": True}
    scoring.aggregates.store = scoring.store
    monkeypatch.setattr(scoring.scorer, "group_best", fails)
    with pytest.raises((OverflowError, ExceptionGroup)):
        await scoring.reconcile()
    assert await ranked(scoring) == {"province": True, "district": False}
    monkeypatch.setattr(scoring.scorer, "group_best", works)
    await scoring.reconcile()
    assert await ranked(scoring) == {"province": False, "district": False}


async def ranked(scoring: Scoring) -> dict[str, bool]:
    """The tables that are ranked, and whether their final scorecards are still due."""
    found = await scoring.aggregates.all(RANKINGS)
    return {record.ranking.key.group: record.finals_due for record in found.values()}


async def test_a_store_that_does_not_answer_is_no_ranking(scoring: Scoring) -> None:
    await scoring.consume(was_opened(CAMPAIGN), was_closed(CAMPAIGN), *map(was_verified, FIRST))

    class Gone(DyingStore):
        def _count(self) -> None:
            raise StoreUnavailable("gone")

    scoring.aggregates.store = Gone(scoring.store, 0)
    with pytest.raises(StoreUnavailable):
        await scoring.reconcile()
    scoring.aggregates.store = scoring.store
    await scoring.reconcile()
    assert await scoring.ranking() is not None
