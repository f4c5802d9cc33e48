"""Rankings: when they are made, of whom, the same bytes in whatever order and after whatever crash."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_messages import (
    FIRST,
    MEMBERS,
    RULE_SET,
    TABLE,
    a_campaign,
    verified,
    was_closed,
    was_opened,
    was_reopened,
    was_verified,
)
from scoring_service import Scoring, a_store, outcome_of

from services.scoring.usecases.compute_ranking import close_table, recompute
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Conflict, Invalid, NotFound
from shared.messaging.messages import Record

A, B, C = MEMBERS
CAMPAIGN = a_campaign()


# --- when --------------------------------------------------------------------------------------------------------


async def test_a_table_is_ranked_when_its_campaign_is_closed_and_everybody_verified(scoring: Scoring) -> None:
    campaign = a_campaign()
    for step in (was_opened(campaign), *map(was_verified, FIRST[:2]), was_closed(campaign)):
        await scoring.consume(step)
        await scoring.reconcile()
        assert await scoring.ranking() is None
    await scoring.consume(was_verified(FIRST[2]))
    await scoring.reconcile()
    record = await scoring.ranking()
    assert record is not None
    # posts: 10/20, 20/20 and 5/20 of 50; who was late loses 5
    assert [(row.rank, row.agency, row.points) for row in record.ranking.rows] == [
        (1, B, 80),
        (2, A, 65),
        (3, C, 20 + 12.5 - 5),
    ]
    assert (record.ranking.revision, record.finals_due, record.group_best) == (1, False, {"posts": 20})
    for agency in MEMBERS:
        card = await scoring.card(agency)
        assert card is not None
        assert (card.shown.stage, card.to_rank) == ("final", False)


async def test_a_table_is_not_ranked_before_its_campaign_is_closed(scoring: Scoring) -> None:
    await scoring.consume(was_opened(a_campaign()), *map(was_verified, FIRST))
    await scoring.reconcile()
    assert await scoring.ranking() is None


async def test_a_reopened_case_holds_the_next_ranking_up_until_it_is_verified(scoring: Scoring) -> None:
    before = await scoring.ranked(*FIRST)
    await scoring.consume(was_reopened(FIRST[1]))
    await scoring.reconcile()
    assert await scoring.ranking() == before
    await scoring.consume(was_verified(verified(B, apps=30, posts=5, revision=2), 3))
    await scoring.reconcile()
    after = await scoring.ranking()
    assert after is not None
    assert [(row.agency, row.points) for row in after.ranking.rows] == [(A, 90), (B, 55), (C, 40)]
    assert after.ranking.revision == 2


async def test_a_case_verified_anew_with_the_same_outcome_changes_no_ranking(scoring: Scoring) -> None:
    before = await scoring.ranked(*FIRST)
    again = FIRST[1].model_copy(update={"revision": 2})
    await scoring.consume(was_reopened(FIRST[1]), was_verified(again, 3))
    await scoring.reconcile()
    assert await scoring.ranking() == before
    card = await scoring.card(B)
    assert card is not None
    assert (card.to_rank, card.final_revision) == (False, 2)


async def test_ties_share_a_rank_and_who_was_much_too_late_has_none(scoring: Scoring) -> None:
    record = await scoring.ranked(
        verified("so-a", apps=30), verified("so-b", apps=30), verified("so-c", apps=10), verified("so-d", days_late=10)
    )
    assert [(row.rank, row.agency) for row in record.ranking.rows] == [(1, "so-a"), (1, "so-b"), (3, "so-c")]
    assert [(one.agency, one.reason, one.rules) for one in record.ranking.unranked] == [
        ("so-d", "excluded", ("qua-muon",))
    ]


async def test_who_has_not_answered_is_ranked_with_nothing(scoring: Scoring) -> None:
    record = await scoring.ranked(FIRST[0], verified(B, missing=True))
    assert [(row.rank, row.agency, row.points) for row in record.ranking.rows] == [(1, A, 90), (2, B, 0)]


# --- any order ---------------------------------------------------------------------------------------------------

EVENTS = [
    was_opened(CAMPAIGN),
    was_closed(CAMPAIGN),
    was_verified(verified(A, apps=1, posts=90)),
    was_reopened(verified(A)),
    was_verified(FIRST[0].model_copy(update={"revision": 2}), 3),
    was_verified(FIRST[1]),
    was_verified(FIRST[2]),
]


async def after(batches: Sequence[Sequence[Record]], *, rules_after: int, each: bool) -> tuple[Any, ...]:
    with tempfile.TemporaryDirectory() as folder:
        async with a_store(Path(folder)) as store:
            scoring = Scoring(store)
            for number, batch in enumerate(batches):
                if number == rules_after:
                    await scoring.has(RULE_SET)
                await scoring.consume(*batch)
                if each:
                    await scoring.reconcile()
            await scoring.reconcile()
            ranking, cards, _, _ = await outcome_of(scoring)
            return ranking, cards


@cache
def in_order() -> tuple[Any, ...]:
    return asyncio.run(after([EVENTS], rules_after=0, each=False))


@settings(max_examples=15, deadline=None)
@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=4), st.integers(0, 11), st.booleans())
def test_any_order_and_repetition_gives_the_same_bytes(
    order: list[Record], again: list[Record], cut: int, late_rules: bool
) -> None:
    mixed = [*order, *again]
    batches = [mixed[:cut], mixed[cut:]]
    assert asyncio.run(after(batches, rules_after=int(late_rules), each=False)) == in_order()


async def test_rankings_made_on_the_way_do_not_change_the_last_one() -> None:
    (expected, cards) = await after([EVENTS], rules_after=0, each=False)
    closed_early = [EVENTS[1], EVENTS[0], EVENTS[6], EVENTS[5], *EVENTS[2:5]]
    ranking, same_cards = await after([[event] for event in closed_early], rules_after=0, each=True)
    assert ranking == expected.replace(b'"revision":1', b'"revision":2')
    assert same_cards == cards


# --- closed by the operator, recomputed --------------------------------------------------------------------------


async def test_recomputing_gives_the_bytes_that_are_kept(scoring: Scoring) -> None:
    record = await scoring.ranked(*FIRST)
    again = await recompute(scoring.aggregates, scoring.scorer, TABLE)
    assert canonical_json(again.model_dump(mode="json")) == canonical_json(record.ranking.model_dump(mode="json"))
    assert await scoring.ranking() == record


async def test_a_table_closed_by_the_operator_names_who_is_not_verified(scoring: Scoring) -> None:
    await scoring.consume(was_opened(CAMPAIGN), was_closed(CAMPAIGN), *map(was_verified, FIRST[:2]))
    ranking = await close_table(scoring.aggregates, scoring.scorer, TABLE, "dieu-hanh", "Đến hạn công bố")
    assert [row.agency for row in ranking.rows] == [B, A]
    assert [(one.agency, one.reason) for one in ranking.unranked] == [(C, "not_verified")]
    record = await scoring.ranking()
    assert record is not None
    assert (record.closed_by, record.reason, record.finals_due) == ("dieu-hanh", "Đến hạn công bố", False)
    assert await close_table(scoring.aggregates, scoring.scorer, TABLE, "dieu-hanh", "Lần nữa") == ranking
    await scoring.consume(was_verified(FIRST[2]))
    await scoring.reconcile()
    complete = await scoring.ranking()
    assert complete is not None
    assert (complete.ranking.revision, complete.closed_by, complete.ranking.unranked) == (2, "", ())


async def test_a_reopened_card_keeps_the_final_scorecard_that_its_proof_fits(scoring: Scoring) -> None:
    await scoring.ranked(*FIRST)
    await scoring.consume(was_reopened(FIRST[1]))
    await close_table(scoring.aggregates, scoring.scorer, TABLE, "dieu-hanh", "Đến hạn")
    left_out, ranked = await scoring.card(B), await scoring.card(A)
    assert left_out is not None
    assert ranked is not None
    assert (left_out.group_best, left_out.shown.points) == ({"posts": 20}, 80)
    assert (ranked.group_best, ranked.shown.points) == ({"posts": 10}, 90)


async def test_a_table_is_not_closed_without_a_campaign_people_or_a_reason(scoring: Scoring) -> None:
    async def code(reason: str = "Đến hạn") -> str:
        with pytest.raises((NotFound, Conflict, Invalid)) as refused:
            await close_table(scoring.aggregates, scoring.scorer, TABLE, "dieu-hanh", reason)
        return refused.value.code

    assert await code() == "refused"
    await scoring.consume(was_opened(CAMPAIGN))
    assert await code() == "table.campaign_open"
    await scoring.consume(was_closed(CAMPAIGN))
    assert await code() == "table.nobody"
    await scoring.consume(was_verified(FIRST[0]))
    assert await code(" ") == "table.reason"
    assert await scoring.ranking() is None
