"""Whatever the order and however often they come, the newest ranking and all final scorecards stand."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publishing_builders import KEYS, NOW, a_card, a_ranking, basis_of

from services.publishing.core.arrivals import card_behind, keep_card, newer_ranking
from services.publishing.core.model import FinalCards
from shared.contracts.scoring import Ranking
from shared.kernel.errors import Conflict

RANKINGS = {revision: a_ranking(revision=revision, points=(("so-y-te", 60 + revision),)) for revision in range(1, 9)}
CARDS = {number: a_card(points=60 + number // 2) for number in range(1, 9)}
some = st.lists(st.integers(1, 8), min_size=1, max_size=20)


def kept(numbers: list[int]) -> FinalCards | None:
    def keep(cards: FinalCards | None, number: int) -> FinalCards | None:
        return keep_card(cards, CARDS[number], NOW + timedelta(minutes=number), number)

    return reduce(keep, numbers, None)


@given(some)
def test_highest_revision_stands_whatever_the_order(revisions: list[int]) -> None:
    stands = reduce(newer_ranking, [RANKINGS[revision] for revision in revisions], None)
    assert stands == RANKINGS[max(revisions)]


@given(some)
def test_final_scorecards_stand_in_order_whatever_the_order(numbers: list[int]) -> None:
    assert kept(numbers) == kept(sorted(set(numbers)))


def test_older_or_repeated_ranking_changes_nothing() -> None:
    newest = RANKINGS[3]
    assert newer_ranking(newest, RANKINGS[2]) is newest
    assert newer_ranking(newest, RANKINGS[3].model_copy()) is newest


def test_one_revision_with_two_contents_is_refused() -> None:
    other: Ranking = RANKINGS[4].model_copy(update={"revision": 3})
    with pytest.raises(Conflict) as refused:
        newer_ranking(RANKINGS[3], other)
    assert refused.value.faults[0].place == "2021/it/province"


def test_provisional_scorecards_change_nothing() -> None:
    assert keep_card(None, a_card(stage="provisional"), NOW, 1) is None
    cards = kept([1])
    assert keep_card(cards, a_card(stage="provisional"), NOW, 2) is cards


def test_repeated_scorecard_changes_nothing() -> None:
    cards = kept([1, 2])
    assert keep_card(cards, CARDS[1], NOW + timedelta(minutes=1), 1) is cards


def test_published_row_finds_its_card_among_newer_ones() -> None:
    cards = kept([2, 4, 6])
    assert cards is not None
    found = card_behind(cards, basis_of(KEYS[0], "so-noi-vu", CARDS[4].points), NOW)
    assert found is not None
    assert found.sequence == 4


def test_unranked_agency_gets_the_newest_card_from_before_the_signature() -> None:
    cards = kept([2, 4, 6])
    assert cards is not None
    found = card_behind(cards, "", NOW + timedelta(minutes=5))
    assert found is not None
    assert found.sequence == 4
    assert card_behind(cards, "", NOW) is None
