"""What a submission costs each service, one service at a time: the others are stopped, and what is for them waits."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from deploy.bench.hops_platform import CAMPAIGN, HEADERS, PROGRAMME, open_campaign, plan_of, posts_of
from deploy.bench.hops_traffic import Poster
from deploy.bench.scale_out_model import Costs
from deploy.servers import KafkaServer
from deploy.xephang.collector import collect_seldom
from deploy.xephang.platform import Platform
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.stage import OPERATOR, VERIFIER, Stage, local
from shared.contracts.registry import SERVICES
from shared.kernel.clock import SettableClock

__all__ = ["costs_by_service"]

_PATIENCE = 300
_TABLE = f"{CAMPAIGN}/{PROGRAMME}/province"


async def costs_by_service(agencies: int) -> Costs:
    """Measured with so many agencies on a real Kafka and SQLite, processor time of this process."""
    plan = plan_of(agencies)
    clock = SettableClock(local(plan.dispatch.issued_on))
    async with AsyncExitStack() as stack:
        kafka = (await stack.enter_async_context(KafkaServer())).address
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xephang-costs-")))
        platform = Platform(folder, clock=clock, kafka=kafka)
        await platform.start()
        stack.push_async_callback(platform.stop)
        office = await stack.enter_async_context(Office(platform.url, platform.issuer))
        rule_sets = await open_campaign(Stage(office, kafka, clock, lambda _: None), plan)
        posts = posts_of(plan, rule_sets, clock.now())
        collect_seldom()
        one = _OneAtATime(platform, agencies)

        await one.alone("intake")
        async with Poster(kafka) as poster:
            await poster.post("platform-submissions", posts, HEADERS)
        intake = await one.cost("intake", lambda: one.count("intake", "submissions", "campaign", CAMPAIGN))
        await one.alone("verification")
        opening = await one.cost("verification", lambda: one.count("verification", "cases", "campaign", CAMPAIGN))
        await office.post("/verification/cases/accept-all", VERIFIER, {"campaign": CAMPAIGN})
        accepting = await one.cost("verification", one.everybody)
        await one.alone("scoring")
        scoring = await one.cost("scoring", lambda: one.count("scoring", "cards", "table", _TABLE))
        await one.alone("intake")
        clock.set(local(plan.dispatch.issued_on.replace(month=12)))
        await office.post(f"/intake/campaigns/{CAMPAIGN}/close", OPERATOR, {})
        await one.cost("intake", one.everybody)
        await one.alone("scoring")
        ranking = await one.cost("scoring", one.ranked)
        await one.alone("publishing")
        publishing = await one.cost("publishing", one.heard)
    return Costs(intake, opening, accepting, scoring, ranking, publishing)


class _OneAtATime:
    """Lets one service run at a time, and tells what it took since the last look."""

    def __init__(self, platform: Platform, agencies: int) -> None:
        self._platform = platform
        self._agencies = agencies
        self._before = time.process_time()

    async def alone(self, name: str) -> None:
        """Stop all others; what is taken from now on is this one's."""
        for other in SERVICES:
            if other != name:
                await self._platform.stop_service(other)
        await self._platform.start_service(name)
        self._before = time.process_time()

    async def cost(self, name: str, done: Callable[[], Awaitable[int]]) -> float:
        """Milliseconds a submission until all are done and told."""

        async def all_done() -> bool:
            pending = await self._platform.services[name].relay.pending()
            return not pending and await done() >= self._agencies

        await wait_for(f"{name} is done", all_done, seconds=_PATIENCE, every=0.1)
        before, self._before = self._before, time.process_time()
        return (self._before - before) * 1000 / self._agencies

    async def everybody(self) -> int:
        """Nothing to wait for but that all is told."""
        return self._agencies

    async def count(self, service: str, collection: str, index: str, value: str) -> int:
        """How many documents the service's store holds."""
        return await self._platform.services[service].aggregates.store.count(collection, index, value)

    async def ranked(self) -> int:
        """How many have their final scorecard."""
        cards = await self.count("scoring", "cards", "table", _TABLE)
        return cards - await self.count("scoring", "cards", "to_rank", _TABLE)

    async def heard(self) -> int:
        """All, once publishing has consumed every scorecard."""
        told = (await self._platform.services["publishing"].status())["consumed"].get("scorecards")
        return self._agencies if told and told["end"] and not told["lag"] else 0
