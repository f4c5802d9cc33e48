"""Scoring as one, two or four processes of one consumer group: the same bytes.

One process is the embedded year, which `test_year_on_real_servers` holds against four services on real servers.
"""

import asyncio
from pathlib import Path

import pytest
from test_year_on_real_servers import assert_same, embedded, real_year

from deploy.bench.scale_out import SERVICE, Shares, scale_out, shares_of
from deploy.xephang.year.office import wait_for
from shared.contracts.registry import topics

__all__ = ["embedded"]  # the fixture: what the year leaves where each service is one process

pytestmark = pytest.mark.connected


async def test_year_with_four_scoring_processes_is_that_of_one(tmp_path: Path, embedded: dict[str, bytes]) -> None:
    async with real_year(tmp_path) as year:
        await year.processes.start(*(f"{SERVICE}.{number}" for number in (2, 3, 4)))

        async def shared_out() -> bool:
            return await asyncio.to_thread(shares_of, year.processes.kafka) == [1, 1, 1, 1]

        assert topics()["verifications"].partitions == 4
        await wait_for("four processes have a partition each", shared_out, every=0.5)
        for step in year.steps.values():
            await step()
        await year.collect(tmp_path / "out")
        assert await shared_out()  # nobody left, and nobody did all of it alone
    assert_same(tmp_path / "out", embedded)


async def test_bench_finds_the_same_scorecards_whatever_the_number_of_processes() -> None:
    found: list[Shares] = await scale_out(cards=40, processes=(1, 2))
    assert [one.processes for one in found] == [1, 2]
    assert {one.scorecards for one in found} == {40}
    assert len({one.digest for one in found}) == 1
    assert all(one.processor_ms > 0 and one.a_second > 0 for one in found)
