"""The small year on real Kafka and a MongoDB-wire server, by four processes, gives the bytes of the embedded one.

The processes go by a clock that shows the day of the Decision and runs on (`past.py`): all answers have been given by
then, as the platform attests, and not one byte of rankings and scorecards depends on when they arrived.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient
from past import PastClock, days_since
from processes import Processes, four_processes
from small_year import SMALL, YEAR, files_in, small_year

from deploy.xephang.year import play
from deploy.xephang.year.answering import RuleSets
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.play import YearPlay
from deploy.xephang.year.run import collect_year, recomputed
from deploy.xephang.year.stage import OPERATOR, Stage
from deploy.xephang.year.subscriber import Subscriber
from shared.contracts.registry import SERVICES

pytestmark = pytest.mark.connected


@dataclass
class RealYear:
    """The small year on four processes."""

    processes: Processes
    stage: Stage
    steps: dict[str, Callable[[], Awaitable[None]]]
    collect: Callable[[Path], Awaitable[None]]


@asynccontextmanager
async def real_year(folder: Path) -> AsyncIterator[RealYear]:
    plan, rule_sets = small_year(), RuleSets()
    behind = days_since(plan.decision_date)
    async with four_processes(folder, behind) as processes, Office(processes.urls, processes.issuer) as office:
        stage = Stage(office, processes.kafka, PastClock(behind), lambda _: None)
        steps = {step.__name__.strip("_"): step for step in YearPlay(stage, plan, rule_sets).steps()}

        async def collect(out: Path) -> None:
            async with Subscriber(processes.kafka) as subscriber:
                result = await collect_year(stage, subscriber, plan, rule_sets, out, proofs=False)
            await recomputed(office, result)
            for name in SERVICES:
                status = await office.get(f"/{name}/status", OPERATOR)
                assert (status["dead_letters"], status["parked"]) == (0, {}), name

        yield RealYear(processes, stage, steps, collect)


def but_for_the_time_of_day(folder: Path) -> dict[str, bytes]:
    """A year's files without the Decision's own pages, which say to the second when it was signed."""
    return {name: content for name, content in files_in(folder).items() if not name.startswith("decision.")}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the year leaves on the embedded parts."""
    folder = tmp_path_factory.mktemp("embedded")
    arguments = {"fresh": True, "years": (YEAR,), "as_json": False, "agencies": SMALL, "proofs": False}
    assert asyncio.run(play(folder / "out", folder / "data", **arguments)) == 0
    return but_for_the_time_of_day(folder / "out" / str(YEAR))


def assert_same(folder: Path, embedded: dict[str, bytes]) -> None:
    real = but_for_the_time_of_day(folder)
    assert sorted(real) == sorted(embedded)
    assert [name for name in embedded if real[name] != embedded[name]] == []


async def test_year_by_four_processes_on_real_servers_is_the_embedded_one(
    tmp_path: Path, embedded: dict[str, bytes]
) -> None:
    async with real_year(tmp_path) as year:
        for step in year.steps.values():
            await step()
        await year.collect(tmp_path / "out")
        for name in SERVICES:
            assert year.processes.end(name, signal.SIGTERM) == 0, name
    assert_same(tmp_path / "out", embedded)


async def test_year_is_the_same_when_each_service_is_killed_and_started_again(
    tmp_path: Path, embedded: dict[str, bytes]
) -> None:
    """Two are killed after every step; what is meant for them waits on the broker."""
    async with real_year(tmp_path) as year:
        for number, step in enumerate(year.steps.values()):
            await step()
            killed = [SERVICES[number % 4], SERVICES[(number + 2) % 4]]
            for name in killed:
                assert year.processes.end(name, signal.SIGKILL) == -signal.SIGKILL
            await year.processes.start(*killed)
        await year.collect(tmp_path / "out")
    assert_same(tmp_path / "out", embedded)


async def test_year_is_the_same_when_kafka_deleted_what_a_stopped_service_had_not_read(
    tmp_path: Path, embedded: dict[str, bytes]
) -> None:
    """Retention passed while scoring was down: what is gone is published again from verification's journal."""
    async with real_year(tmp_path) as year:
        for name in ("criteria", "open", "take_answers", "close"):
            await year.steps[name]()
        assert year.processes.end("scoring", signal.SIGTERM) == 0
        await year.steps["verify"]()
        await published(year.stage.office, "verification", "verifications")
        gone = delete_all(year.processes.kafka, "verifications")
        assert sum(gone.values()) >= 16
        await year.processes.start("scoring")
        for name in ("rankings", "decide"):
            await year.steps[name]()
        await year.collect(tmp_path / "out")
    assert_same(tmp_path / "out", embedded)


async def published(office: Office, service: str, topic: str) -> None:
    """Wait until nothing waits to be published on a topic."""

    async def all_of_it() -> bool:
        return topic not in (await office.get(f"/{service}/status", OPERATOR))["unpublished"]

    await wait_for(f"{service} has published everything on {topic}", all_of_it)


def delete_all(kafka: str, topic: str) -> dict[int, int]:
    """Delete every record of a topic; the offset at which each partition now begins."""
    admin = AdminClient({"bootstrap.servers": kafka})
    partitions = admin.list_topics(topic, timeout=10).topics[topic].partitions
    deleted = admin.delete_records([Place(topic, number, -1) for number in partitions])
    return {place.partition: future.result(timeout=20).low_watermark for place, future in deleted.items()}
