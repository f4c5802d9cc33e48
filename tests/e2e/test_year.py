"""A whole year gives the same bytes whatever the order of arrival, and whatever is amended while it goes on."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from small_year import SMALL, YEAR, assert_same_files, small_year_on_a_platform

from deploy.xephang.year.answering import Posting
from deploy.xephang.year.example import example_year
from deploy.xephang.year.office import Refused
from deploy.xephang.year.play import YearPlay, put_in_force
from deploy.xephang.year.run import recomputed
from deploy.xephang.year.stage import RULES_ADMIN


def shuffled(seed: int):
    """Another order of arrival; the later of two answers may well come first."""

    def arriving(postings: Sequence[Posting]) -> Sequence[Posting]:
        return random.Random(seed).sample(postings, len(postings))

    return arriving


@pytest.mark.slow
async def test_year_gives_the_same_bytes_when_answers_arrive_in_another_order(tmp_path: Path, undisturbed: Path):
    async with small_year_on_a_platform(tmp_path / "data", shuffled(2294)) as year:
        for step in year.steps.values():
            await step()
        await year.collected(tmp_path / "out")
    assert_same_files(tmp_path / "out", undisturbed)


@pytest.mark.slow
async def test_campaign_keeps_its_rule_sets_when_they_are_amended_while_it_goes_on(tmp_path: Path, undisturbed: Path):
    """No restart, nothing lost: what is in flight is scored by the version it was opened with, to the byte; and so it
    is when it is asked for again after the next year."""
    first, second = example_year(2022).rule_sets
    async with small_year_on_a_platform(tmp_path / "data") as year:
        steps = list(year.steps.values())
        running = dict(year.platform.services)
        for step in steps[:2]:  # the criteria of 2021 are in force, the campaign is open
            await step()
        await put_in_force(year.stage, first, 2022)
        with pytest.raises(Refused, match=r"ruleset\.refused"):
            await year.stage.office.send("POST", "/scoring/rulesets", RULES_ADMIN, b"id: broken\n", "application/yaml")
        for step in steps[2:4]:  # answers are in, the campaign is closed
            await step()
        await put_in_force(year.stage, second, 2022)
        for step in steps[4:]:
            await step()
        result = await year.collected(tmp_path / "out")
        await YearPlay(year.stage, example_year(2022).among(SMALL), dict(year.rule_sets)).play()
        await recomputed(year.stage.office, result)  # 2021, after 2022 was published under the amended sets
        await year.collected(tmp_path / "again")
        active = {
            rule_set["ref"]["id"] + "@" + rule_set["ref"]["version"]: rule_set["active_from_year"]
            for rule_set in await year.stage.office.get("/scoring/rulesets")
        }
        assert year.platform.services == running
    assert active == {
        "bac-giang-it-province@2021.1": YEAR,
        "bac-giang-it-province@2022.1": 2022,
        "bac-giang-it-district@2021.1": YEAR,
        "bac-giang-it-district@2022.1": 2022,
        "bac-giang-portal-province@2021.1": YEAR,
        "bac-giang-portal-district@2021.1": YEAR,
    }
    assert_same_files(tmp_path / "out", undisturbed)
    assert_same_files(tmp_path / "again", undisturbed)
