"""Submissions a second from HTTP to provisional scorecards on the embedded parts."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from deploy.xephang.platform import Platform
from deploy.xephang.year.answering import Answering, Posting, answer_event
from deploy.xephang.year.example import ExampleYear, example_year
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.play import put_in_force
from deploy.xephang.year.stage import OPERATOR, PLATFORM, VERIFIER, Stage, local
from shared.contracts.common import Agency
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import SettableClock
from shared.ruleset.document import Group, Programme, RuleSet

__all__ = ["pipeline_rates"]

AGENCIES = 500
_WORKERS = 16


async def pipeline_rates() -> dict[str, float]:
    """Submissions a second: taken in over HTTP; and from the first post to the last provisional scorecard."""
    agencies = tuple(Agency(id=f"co-quan-{n}", name=f"Cơ quan {n}", group="province") for n in range(AGENCIES))
    plan = replace(example_year(2021), agencies=agencies, late={}, missing=frozenset())
    clock = SettableClock(local(plan.dispatch.issued_on))
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(Path(folder), clock=clock)
        await platform.start()
        try:
            async with Office(platform.url, platform.issuer) as office:
                bodies = await _opened(Stage(office, platform.kafka, clock, lambda _: None), plan)
                return await _measured(office, bodies)
        finally:
            await platform.stop()


async def _opened(stage: Stage, plan: ExampleYear) -> list[bytes]:
    """The campaign is open; an answer of each agency, ready to post."""
    rule_sets: dict[tuple[Programme, Group], RuleSet] = {}
    for name in ("it-province/2021.1.yaml", "portal-province/2021.1.yaml"):
        rule_set = await put_in_force(stage, name, plan.year)
        rule_sets[(rule_set.programme, rule_set.group)] = rule_set
    await Answering(stage, plan, rule_sets).open()
    now = stage.clock.now()
    return [canonical_json(answer_event(plan, rule_sets, Posting(each, "it", 1, now))) for each in plan.agencies]


async def _measured(office: Office, bodies: list[bytes]) -> dict[str, float]:
    start = time.perf_counter()
    waiting = list(bodies)

    async def post() -> None:
        while waiting:
            await office.send("POST", "/intake/submissions", PLATFORM, waiting.pop(), "application/cloudevents+json")

    await asyncio.gather(*(post() for _ in range(_WORKERS)))
    stored = time.perf_counter() - start

    async def all_open() -> bool:
        return len(await office.get("/verification/cases?campaign=2021&status=open", VERIFIER)) == AGENCIES

    await wait_for("every case is open", all_open)
    await office.post("/verification/cases/accept-all", VERIFIER, {"campaign": "2021"})

    async def all_scored() -> bool:
        status = await office.get("/scoring/status", OPERATOR)
        return bool(status["consumed"]["verifications"]["consumed"] >= AGENCIES)

    await wait_for("every agency has its provisional scorecard", all_scored)
    return {"taken in over HTTP": AGENCIES / stored, "HTTP to scorecard": AGENCIES / (time.perf_counter() - start)}
