"""A nation's assessment, from the first submission to published rankings: four services as four processes.

They stand on a real Kafka, and on SQLite or a MongoDB-wire server, on this machine. Looked at after each stage: seconds
on the clock, and of each process its processor time and what of it is resident. The agencies post from a process of
their own; how far the services are is seen in their stores, so that nobody who works is asked.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from deploy.bench.hops_platform import open_campaign, plan_of
from deploy.bench.nation_agencies import Agencies
from deploy.bench.processes import highest_mb, processor_seconds, resident_mb
from deploy.servers import KafkaServer, MongoServer
from deploy.servers.archive import provision_for_quick_starts
from deploy.xephang.collector import collect_seldom
from deploy.xephang.platform import DEFINITIONS, Platform
from deploy.xephang.real import RealPlatform
from deploy.xephang.year.example import ExampleYear
from deploy.xephang.year.office import Office
from deploy.xephang.year.stage import CHAIRMAN, OPERATOR, VERIFIER, Stage
from shared.contracts.registry import SERVICES
from shared.kernel.clock import SystemClock
from shared.service import store_indexes
from shared.storage.opening import open_store
from shared.storage.port import DocumentStore

__all__ = ["AGENCIES", "BEHIND", "STAGES", "STORES", "TOGETHER", "Look", "Nation", "nation", "nation_in_one_process"]

AGENCIES = 300
STORES = ("sqlite", "mongo")
STAGES = (
    "posted",
    "taken in, cases open",
    "verified",
    "provisional scorecards",
    "final scorecards, rankings",
    "decided, signed, published",
)
BEHIND = "what followed (publishing's copies)"
TOGETHER = "the services in one process, with the verifier's calls"
_PROGRAMMES = ("it", "portal")
_ACCEPTED_AT_ONCE = 500  # agencies a request
_IDLE_SECONDS = 5.0
_LOOK_EVERY = 0.2
_PATIENCE = 3600.0
_REQUEST_SECONDS = 600
_MONGO_HEAP = "-Xmx10g"  # all that is stored lies in its memory


@dataclass(frozen=True)
class Look:
    """At one moment: seconds since the first post; of each process, processor seconds so far and megabytes resident."""

    seconds: float
    processor: Mapping[str, float]
    resident: Mapping[str, float]


@dataclass
class Nation:
    """What was seen, by stage ("start" is first). `idle`: processor milliseconds a second of whoever has nothing to do.

    `highest`: megabytes that each service ever had resident. `making`: processor seconds for the answers, beforehand.
    """

    agencies: int
    store: str
    services: tuple[str, ...]
    looks: dict[str, Look] = field(default_factory=dict)
    highest: dict[str, float] = field(default_factory=dict)
    idle: dict[str, float] = field(default_factory=dict)
    making: float = 0.0

    @property
    def submissions(self) -> int:
        """One of each agency for each programme."""
        return self.agencies * len(_PROGRAMMES)

    @property
    def seconds(self) -> float:
        """From the first post to published rankings."""
        return self.looks[STAGES[-1]].seconds

    def stage_seconds(self, stage: str) -> float:
        """That a stage took on the clock."""
        return self.looks[stage].seconds - self._before(stage).seconds

    def stage_ms(self, stage: str) -> float:
        """Processor milliseconds a submission that all services took in a stage."""
        return sum(self._ms(self._before(stage), self.looks[stage], name) for name in self.services)

    def ms(self, who: str) -> float:
        """Processor milliseconds a submission that somebody took from the first post until nothing was left to do."""
        return self._ms(self.looks["start"], self.looks[BEHIND], who)

    def ms_without_idling(self, who: str) -> float:
        """The same without what it takes when it has nothing to do."""
        return self.ms(who) - self.idle[who] * self.looks[BEHIND].seconds / self.submissions

    def _before(self, stage: str) -> Look:
        names = list(self.looks)
        return self.looks[names[names.index(stage) - 1]]

    def _ms(self, before: Look, after: Look, who: str) -> float:
        return (after.processor[who] - before.processor[who]) * 1000 / self.submissions


@dataclass(frozen=True)
class _Ground:
    """Where a nation is played: `processes` are those looked at, by name, and which of them are `services`."""

    office: Office
    kafka: str
    store: str
    stores: Mapping[str, DocumentStore]
    services: Mapping[str, int]
    others: Mapping[str, int]


async def nation(agencies: int, store: str = STORES[0]) -> Nation:
    """Four services as four processes."""
    provision_for_quick_starts()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xephang-nation-")))
        kafka = await stack.enter_async_context(KafkaServer())
        others = {"Kafka": kafka.pid or 0}
        address = f"sqlite:///{folder}/stores"
        if store == "mongo":
            mongo = await stack.enter_async_context(MongoServer(java_options=[_MONGO_HEAP]))
            address, others["the store"] = mongo.address, mongo.pid or 0
        platform = RealPlatform(folder, kafka=kafka.address, store=address)
        stack.push_async_callback(platform.stop)
        await platform.start()
        urls = {name: service.url for name, service in platform.services.items()}
        office = await stack.enter_async_context(Office(urls, platform.issuer, _REQUEST_SECONDS))
        stores = await stack.enter_async_context(_stores(address))
        services = {name: service.pid or 0 for name, service in platform.services.items()}
        others["the bench (a verifier, an operator, looking)"] = os.getpid()
        return await _played(_Ground(office, kafka.address, store, stores, services, others), agencies, folder)


async def nation_in_one_process(
    agencies: int, watching: Callable[[], AbstractContextManager[object]] = nullcontext
) -> Nation:
    """Four services in this process, SQLite, for a profiler: `watching` is entered around the work."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xephang-nation-")))
        kafka = await stack.enter_async_context(KafkaServer())
        platform = Platform(folder, kafka=kafka.address)
        stack.push_async_callback(platform.stop)
        await platform.start()
        office = await stack.enter_async_context(Office(platform.url, platform.issuer, _REQUEST_SECONDS))
        stores = {name: service.aggregates.store for name, service in platform.services.items()}
        ground = _Ground(office, kafka.address, STORES[0], stores, {TOGETHER: os.getpid()}, {"Kafka": kafka.pid or 0})
        collect_seldom()  # as `xephang up` and `xephang serve` do
        return await _played(ground, agencies, folder, watching)


@asynccontextmanager
async def _stores(address: str) -> AsyncIterator[dict[str, DocumentStore]]:
    """The services' stores, to look into."""
    stores: dict[str, DocumentStore] = {}
    try:
        for name in SERVICES:
            stores[name] = await open_store(address, name, store_indexes(DEFINITIONS[name]().collections))
        yield stores
    finally:
        for each in stores.values():
            await each.close()


async def _played(
    ground: _Ground,
    agencies: int,
    folder: Path,
    watching: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Nation:
    plan = plan_of(agencies)
    async with Agencies(agencies, ground.kafka, folder) as posting:
        await open_campaign(Stage(ground.office, ground.kafka, SystemClock(), lambda _: None), plan)
        play = _Play(ground, plan, posting)
        await play.until_settled()
        with watching():
            await play.play()
        return await play.found()


class _Play:
    """The stages one after the other, and a look after each."""

    def __init__(self, ground: _Ground, plan: ExampleYear, posting: Agencies) -> None:
        self._ground = ground
        self._plan = plan
        self._posting = posting
        self._tables = [f"{plan.campaign}/{programme}/province" for programme in _PROGRAMMES]
        self._processes = {**ground.services, **ground.others, "the agencies, posting": posting.pid}
        self._nation = Nation(len(plan.agencies), ground.store, tuple(ground.services), making=posting.making)
        self._began = 0.0

    async def play(self) -> None:
        """From the first post until nothing is left to do."""
        self._began = time.perf_counter()
        self._look("start")
        await self._posting.post()
        self._look(STAGES[0])
        await self._until(self._cases_open)
        self._look(STAGES[1])
        await self._accept()
        self._look(STAGES[2])
        await self._until(self._scored)
        self._look(STAGES[3])
        await self._ground.office.post(f"/intake/campaigns/{self._plan.campaign}/close", OPERATOR, {})
        await self._until(self._ranked)
        self._look(STAGES[4])
        await self._publish()
        self._look(STAGES[5])
        await self.until_settled()
        self._look(BEHIND)

    async def found(self) -> Nation:
        """What was seen, and what the services take when they have nothing to do."""
        before = self._processor()
        await asyncio.sleep(_IDLE_SECONDS)
        after, nation = self._processor(), self._nation
        nation.idle = {name: (after[name] - before[name]) * 1000 / _IDLE_SECONDS for name in after}
        nation.highest = {name: highest_mb(pid) for name, pid in self._ground.services.items()}
        return nation

    async def until_settled(self) -> None:
        """Nothing is left to be published or consumed."""
        await self._until(self._settled)

    def _look(self, stage: str) -> None:
        seconds = time.perf_counter() - self._began
        resident = {name: resident_mb(pid) for name, pid in self._processes.items()}
        self._nation.looks[stage] = Look(seconds, self._processor(), resident)
        print(f"nation of {self._nation.agencies}: {stage} after {seconds:.1f} s", file=sys.stderr)

    def _processor(self) -> dict[str, float]:
        return {name: processor_seconds(pid) for name, pid in self._processes.items()}

    async def _until(self, done: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not await done():  # noqa: ASYNC110 - nobody tells; what is looked at is what the stores hold
                await asyncio.sleep(_LOOK_EVERY)

    async def _cases_open(self) -> bool:
        cases = await self._count("verification", "cases", "campaign", self._plan.campaign)
        return cases == self._nation.submissions

    async def _accept(self) -> None:
        members = [agency.id for agency in self._plan.agencies]
        for start in range(0, len(members), _ACCEPTED_AT_ONCE):
            some = members[start : start + _ACCEPTED_AT_ONCE]
            request = {"campaign": self._plan.campaign, "agencies": some}
            await self._ground.office.post("/verification/cases/accept-all", VERIFIER, request)

    async def _scored(self) -> bool:
        cards = [await self._count("scoring", "cards", "table", table) for table in self._tables]
        return sum(cards) == self._nation.submissions

    async def _ranked(self) -> bool:
        """Every final scorecard is written, and publishing has the rankings."""
        left = [await self._count("scoring", "cards", "to_rank", table) for table in self._tables]
        known = await self._ground.stores["publishing"].versions("rankings", self._tables)
        return not any(left) and len(known) == len(self._tables)

    async def _publish(self) -> None:
        """The Decision is drafted, read, signed and told, and the public reads every table and the Decision's page."""
        office, plan = self._ground.office, self._plan
        path = f"/publishing/decisions/{plan.campaign}"
        draft = {
            "number": plan.decision_number,
            "issued_on": plan.decision_date.isoformat(),
            "title": "Công bố kết quả (thử tải)",
        }
        await office.post(f"{path}/draft", OPERATOR, draft)
        newest = (await office.get(path, OPERATOR))["documents"][-1]
        read = {"draft": newest["draft"], "content_hash": newest["content_hash"]}
        await office.post(f"{path}/sign", CHAIRMAN, read)
        await self._until(self._told)
        for table in self._tables:
            await office.raw(f"/publishing/rankings/{table}")
            await office.raw(f"/publishing/rankings/{table}/ranking.csv")
        await office.raw(f"{path}.html")

    async def _told(self) -> bool:
        """Subscribers have the published rankings."""
        return not await self._ground.stores["publishing"].count_unpublished("rankings")

    async def _settled(self) -> bool:
        for name in SERVICES:
            status = await self._ground.office.get(f"/{name}/status", OPERATOR)
            behind = any(consumed["lag"] for consumed in status["consumed"].values())
            if not status["consumed"] or behind or status["unpublished"] or status["parked"]:
                return False
        return True

    async def _count(self, service: str, collection: str, index: str, value: str) -> int:
        return await self._ground.stores[service].count(collection, index, value)
