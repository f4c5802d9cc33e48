"""A year small enough to be played often, in which an agency is late, missing, amends, or has its case returned."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.xephang.platform import Platform
from deploy.xephang.year.answering import Posting, RuleSets
from deploy.xephang.year.example import ExampleYear, example_year
from deploy.xephang.year.office import Office
from deploy.xephang.year.play import YearPlay
from deploy.xephang.year.results import YearResult
from deploy.xephang.year.run import collect_year
from deploy.xephang.year.stage import OPERATOR, Stage
from deploy.xephang.year.subscriber import Subscriber
from shared.kernel.clock import SettableClock

YEAR = 2021
SMALL = (
    "so-tai-chinh",  # answers again before the deadline
    "so-xay-dung",  # has its answer returned by verification
    "so-y-te",  # answers over Kafka
    "so-ngoai-vu",  # does not answer
    "huyen-son-dong",  # answers six days late
    "huyen-tan-yen",  # answers again before the deadline
    "huyen-hiep-hoa",  # answers over Kafka
    "huyen-luc-nam",  # has its answer returned by verification
)


def small_year(agencies: Sequence[str] = SMALL) -> ExampleYear:
    """The plan of the small year."""
    return example_year(YEAR).among(agencies)


@dataclass
class SmallYear:
    """The small year on a platform that runs: its steps, and what it leaves when all are done."""

    platform: Platform
    stage: Stage
    subscriber: Subscriber
    plan: ExampleYear
    rule_sets: RuleSets
    steps: dict[str, Callable]

    async def collected(self, folder: Path) -> YearResult:
        """The published year's files, in `folder`; nothing was set aside on the way to them."""
        for name, status in (await self.stage.office.get("/status", OPERATOR)).items():
            assert status["dead_letters"] == 0, name
            assert status["parked"] == {}, name
        return await collect_year(self.stage, self.subscriber, self.plan, self.rule_sets, folder, proofs=False)


@asynccontextmanager
async def small_year_on_a_platform(
    data: Path,
    arriving: Callable[[Sequence[Posting]], Sequence[Posting]] = tuple,
    agencies: Sequence[str] = SMALL,
) -> AsyncIterator[SmallYear]:
    """A platform of its own in `data`, with the small year still to be played on it."""
    plan, rule_sets = small_year(agencies), {}
    clock = SettableClock(datetime(YEAR, 10, 1, tzinfo=UTC))
    platform = Platform(data, clock=clock)
    await platform.start()
    try:
        async with Office(platform.url, platform.issuer) as office, Subscriber(platform.kafka) as subscriber:
            stage = Stage(office, platform.kafka, clock, lambda _: None)
            steps = {step.__name__.strip("_"): step for step in YearPlay(stage, plan, rule_sets, arriving).steps()}
            yield SmallYear(platform, stage, subscriber, plan, rule_sets, steps)
    finally:
        await platform.stop()


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, by its path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_same_files(ours: Path, undisturbed: Path) -> None:
    """The same files with the same bytes; names those that differ."""
    mine, wanted = files_in(ours), files_in(undisturbed)
    assert sorted(mine) == sorted(wanted)
    assert [name for name in wanted if mine[name] != wanted[name]] == []
