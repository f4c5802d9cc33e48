"""Our side of `hops`, `lone` and `scale-out`: the services in one process on a real Kafka, with a campaign open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import shared.service
from deploy.bench.hops_side import Open
from deploy.bench.hops_traffic import Post
from deploy.xephang.collector import collect_seldom
from deploy.xephang.platform import Platform
from deploy.xephang.year.answering import STRUCTURED, Answering, Posting, RuleSets, answer_event
from deploy.xephang.year.example import ExampleYear, example_year
from deploy.xephang.year.office import Office
from deploy.xephang.year.play import put_in_force
from deploy.xephang.year.stage import Stage, local
from shared.contracts.common import Agency
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import SettableClock
from shared.messaging.kafka.subscriber import subscribe
from shared.ruleset.document import Programme

__all__ = [
    "CAMPAIGN",
    "HEADERS",
    "PROGRAMME",
    "SETS",
    "OurFacts",
    "open_campaign",
    "our_services",
    "plan_of",
    "posts_of",
]

SETS = ("it-province/2021.1.yaml", "portal-province/2021.1.yaml")  # a campaign has both; only the first is answered
CAMPAIGN = "2021"
PROGRAMME: Programme = "it"
HEADERS = (("content-type", STRUCTURED.encode()),)


@dataclass(frozen=True)
class OurFacts:
    """Where the services answer, and the answer of each agency, ready to post: its key, and its bytes."""

    url: str
    posts: tuple[Post, ...]


def plan_of(agencies: int) -> ExampleYear:
    """A year in which so many made-up agencies of the province answer in time."""
    members = tuple(Agency(id=f"co-quan-{n}", name=f"Cơ quan {n}", group="province") for n in range(agencies))
    return replace(example_year(int(CAMPAIGN)), agencies=members, late={}, missing=frozenset())


@asynccontextmanager
async def our_services(
    kafka: str, store: str, folder: Path, agencies: int, without: tuple[str, ...], at_once: int = 0
) -> AsyncIterator[Open]:
    """A campaign with so many agencies is open. Services named in `without` are stopped then.

    Consumers take as many messages `at_once` as they do, unless told: only in a process of its own, for it stays so.
    """
    if at_once:
        vars(shared.service)["subscribe"] = partial(subscribe, max_records=at_once)
    plan = plan_of(agencies)
    clock = SettableClock(local(plan.dispatch.issued_on))
    platform = Platform(folder, clock=clock, kafka=kafka, store=store)
    await platform.start()
    try:
        async with Office(platform.url, platform.issuer) as office:
            rule_sets = await open_campaign(Stage(office, kafka, clock, lambda _: None), plan)
        for name in without:
            await platform.stop_service(name)
        posts = posts_of(plan, rule_sets, clock.now())
        collect_seldom()  # as `xephang up` and `xephang serve` do
        yield Open(OurFacts(platform.url, posts), lambda: _all_told(platform))
    finally:
        await platform.stop()


async def open_campaign(stage: Stage, plan: ExampleYear) -> RuleSets:
    """The rule sets are in force, and the campaign is open."""
    rule_sets: RuleSets = {}
    for name in SETS:
        rule_set = await put_in_force(stage, name, plan.year)
        rule_sets[(rule_set.programme, rule_set.group)] = rule_set
    await Answering(stage, plan, rule_sets).open()
    return rule_sets


def posts_of(plan: ExampleYear, rule_sets: RuleSets, now: datetime) -> tuple[Post, ...]:
    """The answer of each agency, ready to post."""
    return tuple(
        (f"{plan.campaign}/{each.id}", canonical_json(answer_event(plan, rule_sets, Posting(each, PROGRAMME, 1, now))))
        for each in plan.agencies
    )


async def _all_told(platform: Platform) -> None:
    """Wait until no service has an event that is still to be published."""
    while any([await service.relay.pending() for service in platform.services.values()]):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
