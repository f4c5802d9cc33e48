"""A nation's assessment: submissions over real Kafka to published rankings, four services in one process, SQLite.

Counted in milliseconds of processor time a submission, by stage: other work on the machine changes it little. The
agencies' own part (making and posting their answers) is measured apart. Beside it how much memory is resident when a
stage is done; what the agencies have yet to post, and what the client of Kafka keeps of it, is in there too.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.servers import KafkaServer
from deploy.xephang.collector import collect_seldom
from deploy.xephang.platform import Platform
from deploy.xephang.year.answering import Answering, Posting, answer_event
from deploy.xephang.year.example import ExampleYear, example_year
from deploy.xephang.year.office import Office
from deploy.xephang.year.play import put_in_force
from deploy.xephang.year.stage import CHAIRMAN, OPERATOR, VERIFIER, Stage, local
from shared.contracts.common import Agency
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import SettableClock
from shared.messaging.messages import Message
from shared.ruleset.document import Group, Programme, RuleSet

__all__ = ["nation_costs"]

AGENCIES = 300
_SETS = ("it-province/2021.1.yaml", "portal-province/2021.1.yaml")
_POSTED_AT_ONCE = 500
_ACCEPTED_AT_ONCE = 500  # agencies a request
_IDLE_SECONDS = 5.0
_PATIENCE = 1200.0


@dataclass
class _Costs:
    """What was spent since the last look, by stage."""

    submissions: int
    by_stage: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    cpu: float = field(default_factory=time.process_time)
    wall: float = field(default_factory=time.perf_counter)

    def stage(self, name: str) -> None:
        """A stage is done: its milliseconds of processor time, for each submission, and the memory resident now."""
        now = time.process_time()
        self.by_stage[name] = (now - self.cpu) * 1000 / self.submissions
        self.megabytes[name] = _resident()
        self.cpu = now


def _resident() -> float:
    """Megabytes of this process that lie in memory now; where the system does not tell, the most that ever did."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text("ascii").split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def nation_costs(
    agencies: int = AGENCIES, watching: Callable[[], AbstractContextManager[object]] = nullcontext
) -> dict[str, float]:
    """Milliseconds of processor time a submission by stage, seconds in all, and megabytes resident.

    `watching` is entered around the work of the services: a profiler.
    """
    members = tuple(Agency(id=f"co-quan-{n}", name=f"Cơ quan {n}", group="province") for n in range(agencies))
    plan = replace(example_year(2021), agencies=members, late={}, missing=frozenset())
    clock = SettableClock(local(plan.dispatch.issued_on))
    with KafkaServer() as kafka, tempfile.TemporaryDirectory() as folder:
        platform = Platform(Path(folder), clock=clock, kafka=kafka.address)
        await platform.start()
        try:
            async with Office(platform.url, platform.issuer) as office:
                stage = Stage(office, platform.kafka, clock, lambda _: None)
                answers = await _opened(stage, plan)
                collect_seldom()  # as `xephang up` and `xephang serve` do
                return await _measured(platform, stage, plan, answers, watching)
        finally:
            await platform.stop()


async def _opened(stage: Stage, plan: ExampleYear) -> list[Message]:
    """The campaign is open; an answer of each agency to each programme, ready to post."""
    rule_sets: dict[tuple[Programme, Group], RuleSet] = {}
    for name in _SETS:
        rule_set = await put_in_force(stage, name, plan.year)
        rule_sets[(rule_set.programme, rule_set.group)] = rule_set
    await Answering(stage, plan, rule_sets).open()
    now = stage.clock.now()
    postings = [Posting(member, programme, 1, now) for member in plan.agencies for programme, _ in rule_sets]
    return [
        Message(
            "platform-submissions",
            f"{plan.campaign}/{posting.agency.id}",
            {"content-type": "application/cloudevents+json"},
            canonical_json(answer_event(plan, rule_sets, posting)),
        )
        for posting in postings
    ]


async def _measured(
    platform: Platform,
    stage: Stage,
    plan: ExampleYear,
    answers: list[Message],
    watching: Callable[[], AbstractContextManager[object]],
) -> dict[str, float]:
    campaign, everybody = plan.campaign, len(answers)
    costs, at_first = _Costs(everybody), _resident()

    def there(service: str, collection: str, index: str, value: str) -> Callable[[], Awaitable[int]]:
        store = platform.services[service].aggregates.store
        return lambda: store.count(collection, index, value)

    for start in range(0, everybody, _POSTED_AT_ONCE):
        await stage.publish(answers[start : start + _POSTED_AT_ONCE])
    costs.stage("posting (the agencies' own)")
    with watching():
        await _until(there("intake", "submissions", "campaign", campaign), everybody)
        await _until(there("verification", "cases", "campaign", campaign), everybody)
        costs.stage("taken in, cases open")
        for start in range(0, len(plan.agencies), _ACCEPTED_AT_ONCE):
            some = [agency.id for agency in plan.agencies[start : start + _ACCEPTED_AT_ONCE]]
            request = {"campaign": campaign, "agencies": some}
            await stage.office.post("/verification/cases/accept-all", VERIFIER, request)
        costs.stage("verified")
        tables = [f"{campaign}/{programme}/province" for programme in ("it", "portal")]
        for table in tables:
            await _until(there("scoring", "cards", "table", table), everybody // 2)
        costs.stage("provisional scorecards")
        stage.at(local(plan.dispatch.issued_on).replace(month=12))
        await stage.office.post(f"/intake/campaigns/{campaign}/close", OPERATOR, {})
        for table in tables:
            await _until(_ranked(platform, table), everybody // 2)
        await _until(_all_told(platform), 1)
        costs.stage("final scorecards, rankings")
        await _published(platform, stage, plan, tables)
        costs.stage("decided, signed, published")
    total = sum(costs.by_stage.values())
    seconds = time.perf_counter() - costs.wall
    await asyncio.sleep(_IDLE_SECONDS)
    costs.stage("idle")
    costs.megabytes.pop("idle")
    idle = costs.by_stage.pop("idle") * everybody / _IDLE_SECONDS
    return {
        **{f"{name}, ms": spent for name, spent in costs.by_stage.items()},
        "megabytes before": at_first,
        **{f"{name}, megabytes": resident for name, resident in costs.megabytes.items()},
        "in all, ms": total,
        "in all, without what idling takes, ms": total - idle * seconds / everybody,
        "seconds": seconds,
        "idle, ms a second": idle,
        "megabytes at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def _published(platform: Platform, stage: Stage, plan: ExampleYear, tables: list[str]) -> None:
    """The Decision is drafted, read, signed and told, and the public reads every table and the Decision's page."""
    office, path = stage.office, f"/publishing/decisions/{plan.campaign}"
    store = platform.services["publishing"].aggregates.store

    async def computed() -> int:
        return len(await store.get_many("rankings", tables))

    await _until(computed, len(tables))
    stage.at(local(plan.decision_date, 9))
    draft = {
        "number": plan.decision_number,
        "issued_on": plan.decision_date.isoformat(),
        "title": "Công bố kết quả (thử tải)",
    }
    await office.post(f"{path}/draft", OPERATOR, draft)
    newest = (await office.get(path, OPERATOR))["documents"][-1]
    read = {"draft": newest["draft"], "content_hash": newest["content_hash"]}
    await office.post(f"{path}/sign", CHAIRMAN, read)
    await _until(_all_told(platform), 1)
    for table in tables:
        await office.raw(f"/publishing/rankings/{table}")
        await office.raw(f"/publishing/rankings/{table}/ranking.csv")
    await office.raw(f"{path}.html")


def _ranked(platform: Platform, table: str) -> Callable[[], Awaitable[int]]:
    """How many of a table's agencies have their final scorecard."""
    store = platform.services["scoring"].aggregates.store

    async def ranked() -> int:
        return await store.count("cards", "table", table) - await store.count("cards", "to_rank", table)

    return ranked


def _all_told(platform: Platform) -> Callable[[], Awaitable[int]]:
    """1 when no service has an event that is still to be published."""

    async def told() -> int:
        return int(not any([await service.relay.pending() for service in platform.services.values()]))

    return told


async def _until(count: Callable[[], Awaitable[int]], wanted: int) -> None:
    async with asyncio.timeout(_PATIENCE):
        while await count() < wanted:  # noqa: ASYNC110 - nobody tells; what is looked at is what the stores hold
            await asyncio.sleep(0.25)
