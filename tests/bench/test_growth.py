"""The calculation of how it grows: keys go where Kafka puts them, and what is done alone is not divided."""

from __future__ import annotations

import pytest

from deploy.bench.scale_out_model import NATION, PROVINCE, PROVINCES, Costs, busiest, growth, times

COSTS = Costs(intake=3, opening=2, accepting=2.5, scoring=4, ranking=6, publishing=1.5)


def test_one_process_does_everything() -> None:
    found = times(PROVINCE, COSTS, partitions=4, processes=1)
    assert PROVINCE.submissions == 60
    assert found.fullest == 1
    assert (found.taken_in, found.accepted, found.scored, found.ranked) == pytest.approx((0.18, 0.15, 0.24, 0.36))
    assert found.whole == pytest.approx(0.93)


def test_few_keys_are_shared_out_unevenly_and_many_nearly_evenly() -> None:
    assert busiest(PROVINCE.keys, 4, 4) > 1.2 / 4
    assert 1 / 4 <= busiest(NATION.keys, 4, 4) < 1.05 / 4


def test_all_events_of_an_agency_stay_together() -> None:
    assert busiest(["2021/co-quan-0"] * 5, 4, 4) == 1


def test_processes_beyond_the_partitions_have_nothing_to_do() -> None:
    assert times(NATION, COSTS, 4, 4).scored == times(NATION, COSTS, 4, 9).scored


def test_more_processes_make_no_ranking_faster_and_accept_one_campaign_no_faster() -> None:
    one, many = times(NATION, COSTS, 12, 1), times(NATION, COSTS, 12, 12)
    assert many.scored < one.scored / 10
    assert many.accepted == one.accepted
    assert many.ranked == one.ranked
    assert times(PROVINCES, COSTS, 12, 12).accepted < times(PROVINCES, COSTS, 12, 1).accepted


def test_the_same_costs_give_the_same_figures() -> None:
    assert growth(COSTS) == growth(COSTS)
