"""Four processes are told to stop in the middle of a burst, and while the broker is away: they end in order and in
time, and after the next start nothing is missing and nothing is there twice.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest
from insistent import Insistent, until_each_has_one_case

from deploy.bench.burst import open_campaigns, postings
from deploy.servers import KafkaServer
from deploy.servers.archive import provision_for_quick_starts
from deploy.xephang.real import RealPlatform
from deploy.xephang.year.office import Office
from shared.contracts.registry import SERVICES

pytestmark = pytest.mark.connected

IN_THE_BURST, WITHOUT_BROKER = 240, 20
STOPPED_AFTER = 60


async def stop_all(platform: RealPlatform) -> list[int]:
    """Exit codes of the four, told at the same moment; below 0 where one had to be killed."""
    stopped = [platform.services.pop(name) for name in SERVICES]
    return list(await asyncio.gather(*(service.stop() for service in stopped)))


async def start_all(platform: RealPlatform) -> None:
    await asyncio.gather(*(platform.start_service(name) for name in SERVICES))


async def test_a_stop_in_a_burst_and_one_without_broker_lose_and_double_nothing(tmp_path: Path) -> None:
    await asyncio.to_thread(provision_for_quick_starts)
    async with KafkaServer() as kafka:
        platform = RealPlatform(tmp_path, kafka=kafka.address, store=f"sqlite:///{tmp_path}/stores")
        await platform.start()
        try:
            async with Office(platform.url, platform.issuer) as office:
                everybody = IN_THE_BURST + WITHOUT_BROKER
                plans, rule_set = await open_campaigns(office, kafka.address, everybody)
                made = list(postings(plans, rule_set, everybody))
                agencies = [key.partition("/")[2] for key, _ in made]
                bodies = (body for _, body in made)
                await _in_a_burst(platform, office, itertools.islice(bodies, IN_THE_BURST), agencies)
                await _without_broker(platform, office, kafka, bodies, agencies)
        finally:
            await platform.stop()


async def _in_a_burst(platform: RealPlatform, office: Office, bodies: Iterable[bytes], agencies: list[str]) -> None:
    burst = Insistent(platform.url, platform.issuer, bodies)
    posting = asyncio.create_task(burst.post_all())
    await burst.until_accepted(STOPPED_AFTER)
    assert await stop_all(platform) == [0, 0, 0, 0]
    assert not posting.done()
    await start_all(platform)
    await posting
    assert burst.answers[201] + burst.answers[200] == IN_THE_BURST
    await until_each_has_one_case(office, set(agencies[:IN_THE_BURST]))


async def _without_broker(
    platform: RealPlatform, office: Office, kafka: KafkaServer, bodies: Iterable[bytes], agencies: list[str]
) -> None:
    await asyncio.to_thread(kafka.pause)
    burst = Insistent(platform.url, platform.issuer, bodies)
    await burst.post_all()  # what HTTP accepts is on disk, whatever the broker does
    assert burst.answers[201] == WITHOUT_BROKER
    assert await stop_all(platform) == [0, 0, 0, 0]
    await asyncio.to_thread(kafka.resume)
    await start_all(platform)
    await until_each_has_one_case(office, set(agencies))
