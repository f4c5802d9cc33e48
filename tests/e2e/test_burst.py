"""More answers than the embedded broker keeps, while scoring is stopped: every one is scored in the end."""

from pathlib import Path

import pytest
from burst import KEPT_BY_THE_BROKER, Burst, burst

from deploy.xephang.year.stage import OPERATOR


async def check_all_scored(running: Burst) -> None:
    ranking = await running.ranked()
    assert sorted(row["agency"] for row in ranking["rows"]) == sorted(running.agencies)
    for name, status in (await running.office.get("/status", OPERATOR)).items():
        assert status["dead_letters"] == 0, name


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
async def test_every_agency_is_scored_after_fifty_megabytes(tmp_path: Path):
    async with burst(tmp_path, agencies=2_000, size=26_500) as running:
        await running.service("scoring", "stop")
        assert await running.answer() > 50_000_000
        await running.verify()
        await running.service("scoring", "start")
        await check_all_scored(running)
