"""More answers than the embedded broker keeps, while scoring is stopped: every one is scored in the end."""

import gc
import sys
from pathlib import Path

import pytest
from burst import KEPT_BY_THE_BROKER, POSTING, Burst, burst
from lengths import at_length

from deploy.xephang.year.stage import OPERATOR
from shared.http.admission import MOST_OF_ONE


async def check_all_scored(running: Burst) -> None:
    ranking = await running.ranked()
    assert sorted(row["agency"] for row in ranking["rows"]) == sorted(running.agencies)
    for name, status in (await running.office.get("/status", OPERATOR)).items():
        assert status["dead_letters"] == 0, name


def blocks_in_use() -> int:
    """How many pieces of memory Python holds, without what is only waiting to be collected."""
    gc.collect()
    return sys.getallocatedblocks()


@pytest.mark.slow
async def test_a_burst_is_refused_in_part_taken_in_whole_and_leaves_nothing_in_memory(tmp_path: Path):
    """After a thousand all caches are full: what the next ones leave is what every further one would."""
    further = at_length(5_000)
    async with burst(tmp_path, agencies=1_000 + further, size=6_000) as running:
        first = await running.post_each(running.agencies[:1_000])
        before = blocks_in_use()
        second = await running.post_each(running.agencies[1_000:])
        left = (blocks_in_use() - before) / further
        assert (first + second)[201] == 1_000 + further
        assert (first + second)[429] >= POSTING - 2 * MOST_OF_ONE  # of the first hundred so many found no place
        assert left < 30  # of the thousands that an answer takes on its way: caches with bounds of their own
        for name, status in (await running.office.get("/status", OPERATOR)).items():
            assert (status["dead_letters"], status["parked_aggregates"]) == (0, 0), name


@pytest.mark.slow
async def test_every_agency_is_scored_when_scoring_was_stopped_during_a_burst(tmp_path: Path):
    async with burst(tmp_path, agencies=56, size=96_000, partitions=1) as running:
        await running.service("scoring", "stop")
        posted = await running.answer()
        assert posted > KEPT_BY_THE_BROKER
        await running.verify()
        waiting = await running.status("verification")
        assert waiting["unpublished"]["verifications"] > 0  # held back, because nobody consumes
        await running.service("scoring", "start")
        await check_all_scored(running)


@pytest.mark.slow
async def test_every_agency_is_scored_after_many_megabytes(tmp_path: Path):
    """Many times what the broker keeps."""
    agencies = at_length(5_000)
    async with burst(tmp_path, agencies=agencies, size=26_500) as running:
        await running.service("scoring", "stop")
        assert await running.answer() > agencies * 25_000
        await running.verify()
        await running.service("scoring", "start")
        await check_all_scored(running)
