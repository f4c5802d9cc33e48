"""Scoring as one, two and four processes of one consumer group: scorecards a second, and that they are the same.

What was verified is made once, by all services, and then given to scoring on a Kafka and a MongoDB-wire server that are
new each time, by real processes (`xephang serve scoring`). On two cores four processes cannot be four times as fast:
beside them the broker and the store want their share; what counts there is processor time a card.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from aiokafka import ConsumerRecord
from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient

from deploy.bench.hops import ACTIVITY, FIRST, is_case_opened
from deploy.bench.hops_platform import CAMPAIGN, HEADERS, SETS, OurFacts, our_services
from deploy.bench.hops_side import Side
from deploy.bench.hops_traffic import Poster, Watch, values_of
from deploy.bench.processes import processor_seconds
from deploy.servers import KafkaServer, MongoServer
from deploy.servers.ports import LOOPBACK, free_port
from deploy.servers.spawn import spawn
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.play import put_in_force
from deploy.xephang.year.stage import VERIFIER, Stage
from shared.contracts.registry import topics
from shared.http.auth import DemoIssuer
from shared.kernel.clock import SystemClock

__all__ = ["SERVICE", "Shares", "scale_out", "scale_out_figures", "shares_of"]

SERVICE = "scoring"
_WARM_UP = 0.2  # of the cards: rule sets are compiled, connections made
_READY_SECONDS = 90
_VERIFIED, _SCORED = "verifications", "scorecards"
Place = tuple[bytes, bytes]  # an event's stream and its sequence there
Given = Sequence[ConsumerRecord[Any, Any]]


@dataclass(frozen=True)
class Shares:
    """What so many processes did: scorecards, events told twice, processor milliseconds a card, digest of all bytes."""

    processes: int
    scorecards: int
    published_again: int
    a_second: float
    processor_ms: float
    servers_ms: float
    digest: str


@dataclass(frozen=True)
class _Ground:
    """Servers of their own, and the processes on them by name."""

    kafka: KafkaServer
    mongo: MongoServer
    processes: Mapping[str, subprocess.Popen[bytes]]
    office: Office


async def scale_out_figures(cards: int, processes: Sequence[int] = (1, 2, 4)) -> dict[str, float]:
    """`scale_out` as figures by name. Raises `AssertionError` where one of them gave other bytes."""
    found = await scale_out(cards, processes)
    if len({one.digest for one in found}) != 1:
        raise AssertionError("another number of processes gave other scorecards")
    figures: dict[str, float] = {"cards": cards, "cores": os.cpu_count() or 0}
    for one in found:
        figures[f"{one.processes} processes: scorecards a second"] = one.a_second
        figures[f"{one.processes} processes: processor ms a card"] = one.processor_ms
        figures[f"{one.processes} processes: published more than once"] = one.published_again
        figures[f"{one.processes} processes: of broker and store besides, ms"] = one.servers_ms
    return figures


async def scale_out(cards: int, processes: Sequence[int] = (1, 2, 4)) -> list[Shares]:
    """The same verified submissions to so many processes each time."""
    with tempfile.TemporaryDirectory(prefix="xephang-scale-") as folder:
        print("scale-out: what was verified", file=sys.stderr)
        campaigns, verified = await _verified(Path(folder), cards)
        found = []
        for count in processes:
            print(f"scale-out: {count} processes", file=sys.stderr)
            async with _ground(Path(tempfile.mkdtemp(dir=folder)), count) as ground:
                found.append(await _measured(ground, count, campaigns, verified))
        return found


async def _verified(folder: Path, cards: int) -> tuple[Given, Given]:
    """The campaign and a verified submission of each agency, as their services publish them."""
    async with AsyncExitStack() as stack:
        kafka = (await stack.enter_async_context(KafkaServer())).address
        ours = await stack.enter_async_context(Side(our_services, kafka, "", folder, cards, ("publishing", SERVICE)))
        facts: OurFacts = ours.facts
        poster = await stack.enter_async_context(Poster(kafka))
        watch = await stack.enter_async_context(Watch(kafka, ACTIVITY, _VERIFIED, takes=is_case_opened))
        await poster.post(FIRST, facts.posts, HEADERS)
        await watch.until(ACTIVITY, cards)
        office = await stack.enter_async_context(Office(facts.url, DemoIssuer(folder)))
        await office.post("/verification/cases/accept-all", VERIFIER, {"campaign": CAMPAIGN})
        await watch.until(_VERIFIED, cards)
        return await values_of(kafka, "campaigns"), await values_of(kafka, _VERIFIED)


@asynccontextmanager
async def _ground(folder: Path, count: int) -> AsyncIterator[_Ground]:
    """So many processes of scoring that are ready and share the partitions, with the rule sets in force."""
    issuer = DemoIssuer(folder)
    key = folder / "issuer.pem"
    key.write_bytes(issuer.public_key())
    async with KafkaServer() as kafka, MongoServer() as mongo:
        settings = {
            "XEPHANG_KAFKA": kafka.address,
            "XEPHANG_STORE": mongo.address,
            "XEPHANG_JWT_PUBLIC_KEY": str(key),
        }
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for _ in range(count):
                port = str(free_port())
                processes[f"http://{LOOPBACK}:{port}"] = _serve(folder, port, os.environ | settings)
                if len(processes) == 1:  # it makes the topics and indexes that the others find
                    await _ready(processes, folder)
            await _ready(processes, folder)
            async with Office({SERVICE: next(iter(processes))}, issuer) as office:
                stage = Stage(office, kafka.address, SystemClock(), lambda _: None)
                for name in SETS:
                    await put_in_force(stage, name, int(CAMPAIGN))
                await wait_for("the partitions are shared out", lambda: _shared_out(kafka.address, count), every=0.3)
                yield _Ground(kafka, mongo, processes, office)
        finally:
            for process in processes.values():
                process.kill()
            for process in processes.values():
                process.wait()


def _serve(folder: Path, port: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deploy.xephang", "serve", SERVICE]
    with (folder / f"{port}.log").open("ab") as output:
        return spawn(
            command, death_signal=signal.SIGKILL, output=output, environment={**environment, "XEPHANG_PORT": port}
        )


async def _ready(processes: Mapping[str, subprocess.Popen[bytes]], folder: Path) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:

        async def ready(url: str) -> bool:
            if processes[url].poll() is not None:
                said = (folder / f"{url.rpartition(':')[2]}.log").read_text("utf-8", errors="replace")
                raise RuntimeError(f"{SERVICE} ended while starting:\n{said[-2000:]}")
            try:
                return (await client.get(f"{url}/health/ready")).status_code == 200
            except httpx.HTTPError:
                return False

        for url in processes:
            await wait_for(f"{SERVICE} is ready", partial(ready, url), seconds=_READY_SECONDS, every=0.2)


async def _shared_out(kafka: str, count: int) -> bool:
    """Whether every process has its share of the partitions."""
    found = await asyncio.to_thread(shares_of, kafka)
    return len(found) == count and sum(found) == topics()[_VERIFIED].partitions and min(found) > 0


def shares_of(kafka: str) -> list[int]:
    """How many partitions of `verifications` each process of scoring has; empty while they are being shared out."""
    silent = logging.Logger("groups", level=logging.CRITICAL + 1)
    admin = AdminClient({"bootstrap.servers": kafka}, logger=silent)  # once let go of, it answers nothing
    group = admin.describe_consumer_groups([SERVICE])[SERVICE].result(20)
    if group.state != ConsumerGroupState.STABLE:
        return []
    return [sum(place.topic == _VERIFIED for place in one.assignment.topic_partitions) for one in group.members]


async def _measured(ground: _Ground, count: int, campaigns: Given, verified: Given) -> Shares:
    kafka, warm = ground.kafka.address, int(len(verified) * _WARM_UP)
    async with Poster(kafka) as poster, Watch(kafka, _SCORED, takes=_FirstTime()) as watch:
        await _again(poster, campaigns)
        # From everywhere in the log, so that the partitions are as full as they will be.
        spread = sorted(verified, key=lambda record: (record.offset, record.partition))
        await _again(poster, spread[:warm])
        await watch.until(_SCORED, warm)
        before, servers = _processor(ground.processes.values()), _servers(ground)
        start = time.perf_counter()
        await _again(poster, spread[warm:])
        await watch.until(_SCORED, len(verified))
        spent, timed = time.perf_counter() - start, len(verified) - warm
        own = _processor(ground.processes.values()) - before
        theirs = _servers(ground) - servers
    published = await values_of(kafka, _SCORED)
    cards = {_place_of(record): b"%s %s" % (record.key, record.value) for record in published}
    digest = hashlib.sha256(b"\n".join(sorted(cards.values()))).hexdigest()
    again = len(published) - len(cards)
    return Shares(count, len(cards), again, timed / spent, own * 1000 / timed, theirs * 1000 / timed, digest)


async def _again(poster: Poster, records: Given) -> None:
    """Publish what another broker held."""
    await poster.post_all([(r.topic, (r.key or b"").decode(), r.value or b"", r.headers) for r in records])


class _FirstTime:
    """Takes each event once: two processes may both publish what one of them wrote, which consumers see and drop."""

    def __init__(self) -> None:
        self._seen: set[Place] = set()

    def __call__(self, record: ConsumerRecord[Any, Any]) -> bool:
        place = _place_of(record)
        new = place not in self._seen
        self._seen.add(place)
        return new


def _place_of(record: ConsumerRecord[Any, Any]) -> Place:
    headers = dict(record.headers)
    return headers["ce_stream"], headers["ce_sequence"]


def _servers(ground: _Ground) -> float:
    return processor_seconds(ground.kafka.pid) + processor_seconds(ground.mongo.pid)


def _processor(processes: Any) -> float:
    return sum(processor_seconds(process.pid) for process in processes)
