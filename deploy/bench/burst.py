"""A burst: submissions posted over HTTP and over Kafka as fast as they can be, to four processes on a real Kafka.

What is looked at is not speed but whether anything grows or breaks: resident memory of each service while the backlog
grows and shrinks, what is refused (429, 503), and how requests of others are answered meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from deploy.bench.processes import processor_seconds, resident_mb
from deploy.servers.archive import provision_for_quick_starts
from deploy.xephang.real import RealPlatform
from deploy.xephang.year.answering import STRUCTURED
from deploy.xephang.year.example import ExampleYear, answers, example_year
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.play import put_in_force
from deploy.xephang.year.stage import OPERATOR, Stage, local
from shared.contracts.common import Agency
from shared.contracts.registry import SERVICES
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import SystemClock
from shared.messaging.kafka.broker import build_broker
from shared.messaging.kafka.publisher import FastStreamPublisher
from shared.messaging.messages import Message
from shared.ruleset.document import RuleSet

__all__ = ["SUBMISSIONS", "burst_figures", "open_campaigns", "postings"]

SUBMISSIONS = 100_000
_OVER_HTTP = 5  # one in so many
_AGENCIES = 1_000  # of a campaign
_FIGURES = 12  # answered in each submission; the others are not reported
_POSTING = 200  # at once: three times what a service takes
_POSTERS = 4  # senders, each with a token of its own
_SAMPLE_SECONDS = 1.0
_PATIENCE = 5400.0
_UNTIL_HEARD_OF = ("campaign.unknown_rule_set", "campaign.no_rule_set")
_SET = "portal-province/2021.1.yaml"


@dataclass
class _Watch:
    """What is seen while the burst is worked on."""

    refused: Counter[int] = field(default_factory=Counter)
    cut_off: int = 0  # posts whose connection ended or whose answer did not come; sent again
    accepted: list[float] = field(default_factory=list)  # seconds of requests that were answered with a receipt
    others: dict[str, list[float]] = field(default_factory=dict)  # seconds of healthy requests, by what they ask
    failed: Counter[str] = field(default_factory=Counter)  # healthy requests that were refused or timed out
    memory: dict[str, list[float]] = field(default_factory=dict)  # MB resident, by service, one a sample
    done: list[int] = field(default_factory=list)  # submissions verification had taken in, one a sample


async def burst_figures(submissions: int = SUBMISSIONS) -> dict[str, float]:
    """Megabytes, refusals and milliseconds of one burst; see docs/benchmarks.md."""
    provision_for_quick_starts()
    with tempfile.TemporaryDirectory(prefix="xephang-burst-") as folder:
        platform = RealPlatform(Path(folder), store=f"sqlite:///{folder}/stores")
        await platform.start()
        try:
            urls = {name: service.url for name, service in platform.services.items()}
            async with Office(urls, platform.issuer, 300) as office:
                plans, rule_set = await open_campaigns(office, platform.kafka, submissions)
                return _flat(await _measured(platform, office, plans, rule_set, submissions))
        finally:
            await platform.stop()


async def open_campaigns(office: Office, kafka: str, submissions: int) -> tuple[list[ExampleYear], RuleSet]:
    """Campaigns enough, open; in each of them the same agencies."""
    stage = Stage(office, kafka, SystemClock(), lambda _: None)
    rule_set = await put_in_force(stage, _SET, 2021)
    number = min(_AGENCIES, submissions)
    members = tuple(Agency(id=f"co-quan-{n}", name=f"Cơ quan {n}", group="province") for n in range(number))
    await office.put("/intake/agencies", OPERATOR, [member.model_dump() for member in members])
    year = replace(example_year(2021), agencies=members, late={}, missing=frozenset())
    plans = []
    for one in range(-(-submissions // number)):
        body = {
            "id": f"2021-{one}",
            "year": 2021,
            "title": f"Đợt thử tải {one}",
            "programmes": ["portal"],
            "dispatch": year.dispatch.model_dump(mode="json"),
            "members": [member.id for member in members],
            "rule_sets": [rule_set.key],
        }

        async def opened(body: dict[str, Any] = body) -> bool:
            return await office.taken("/intake/campaigns", OPERATOR, body, unless=_UNTIL_HEARD_OF)

        await wait_for("intake knows the rule set", opened)
        plans.append(year)
    return plans, rule_set


def postings(plans: list[ExampleYear], rule_set: RuleSet, submissions: int) -> Iterator[tuple[str, bytes]]:
    """Key and bytes of each answer, made when it is asked for."""
    year = plans[0]
    whole = answers(year, year.agencies[0].id, rule_set)
    figures = dict(list(whole["figures"].items())[:_FIGURES])
    evidence = dict(list(whole["evidence"].items())[:_FIGURES])
    made = 0
    for number, plan in enumerate(plans):
        for agency in plan.agencies:
            if made == submissions:
                return
            made += 1
            yield (
                f"2021-{number}/{agency.id}",
                canonical_json(
                    {
                        "specversion": "1.0",
                        "id": f"don-dap-{made}",
                        "source": "/nen-tang-tinh/khao-sat",
                        "type": "platform.submission.posted.v1",
                        "time": local(plan.dispatch.issued_on).isoformat(),
                        "data": {
                            "campaign": f"2021-{number}",
                            "programme": "portal",
                            "agency": agency.id,
                            "figures": figures,
                            "evidence": evidence,
                        },
                    }
                ),
            )


async def _measured(
    platform: RealPlatform, office: Office, plans: list[ExampleYear], rule_set: RuleSet, submissions: int
) -> dict[str, Any]:
    watch = _Watch()
    made = postings(plans, rule_set, submissions)
    over_http = submissions // _OVER_HTTP
    watching = [
        asyncio.create_task(_sample(platform, office, watch, submissions)),
        asyncio.create_task(_ask_as_others_do(platform, watch)),
    ]
    began, before = time.perf_counter(), _spent(platform)
    try:
        async with asyncio.timeout(_PATIENCE):
            async with asyncio.TaskGroup() as senders:
                senders.create_task(_post(platform, made, over_http, watch))
                senders.create_task(_publish(platform.kafka, made, submissions - over_http))
            posted = time.perf_counter() - began
            await watching[0]
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    letters = [(await office.get(f"/{name}/status", OPERATOR))["dead_letters"] for name in SERVICES]
    return {
        "submissions": submissions,
        "of them over HTTP": over_http,
        "seconds until all were posted": round(posted, 1),
        "seconds until all had a case": round(time.perf_counter() - began, 1),
        "ms of processor a submission, all services": round((_spent(platform) - before) / submissions * 1000, 2),
        "dead letters": sum(letters),
        "refused, to come again": {str(status): count for status, count in sorted(watch.refused.items())},
        "posts cut off": watch.cut_off,
        "accepted posts, ms": _milliseconds(watch.accepted),
        "the same, as the service saw it, ms": _milliseconds(_answered(platform.services["intake"].log)),
        "others meanwhile, ms": {name: _milliseconds(spent) for name, spent in watch.others.items()},
        "others refused or timed out": dict(watch.failed),
        "MB resident": {name: _growth(watch.done, found, submissions) for name, found in watch.memory.items()},
    }


async def _post(platform: RealPlatform, made: Iterator[tuple[str, bytes]], count: int, watch: _Watch) -> None:
    """Over HTTP, by some senders at once, none of which waits for another; who is refused comes again as told."""
    waiting = iter(range(count))
    url = f"{platform.services['intake'].url}/submissions"
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=_POSTING)
    async with httpx.AsyncClient(timeout=120, trust_env=False, limits=limits) as client:

        async def post(sender: int) -> None:
            token = platform.issuer.token(f"nen-tang-{sender % _POSTERS}", ["platform"])
            headers = {"authorization": f"Bearer {token}", "content-type": STRUCTURED}
            for _ in waiting:
                _, body = next(made)
                while True:
                    began = time.perf_counter()
                    try:
                        answer = await client.post(url, content=body, headers=headers)
                    except httpx.TransportError:
                        watch.cut_off += 1
                        await asyncio.sleep(1)
                        continue
                    if answer.status_code not in (429, 503):
                        answer.raise_for_status()
                        watch.accepted.append(time.perf_counter() - began)
                        break
                    watch.refused[answer.status_code] += 1
                    await asyncio.sleep(float(answer.headers["retry-after"]))

        await asyncio.gather(*(post(number) for number in range(_POSTING)))


async def _publish(kafka: str, made: Iterator[tuple[str, bytes]], count: int) -> None:
    """On Kafka, as fast as it takes them: nothing there tells a sender to wait."""
    broker = build_broker(kafka, "nen-tang-tinh")
    await broker.start()
    try:
        publisher = FastStreamPublisher(broker)
        left = count
        while left:
            some = [next(made) for _ in range(min(left, 500))]
            left -= len(some)
            kind = {"content-type": STRUCTURED}
            await publisher.publish([Message("platform-submissions", key, kind, body) for key, body in some])
    finally:
        await broker.stop()


async def _sample(platform: RealPlatform, office: Office, watch: _Watch, submissions: int) -> None:
    """Memory of each service once a second, until verification has taken in every submission."""
    while True:
        status = await office.get("/verification/status", OPERATOR)
        # What was consumed begins with what came before the burst: nothing on this topic.
        done = status["consumed"].get("submissions", {}).get("consumed", 0)
        watch.done.append(done)
        for name, service in platform.services.items():
            watch.memory.setdefault(name, []).append(resident_mb(service.pid))
        if len(watch.done) % 60 == 0:
            print(f"burst: {done:,} of {submissions:,} have a case", file=sys.stderr)
        if done >= submissions:
            return
        await asyncio.sleep(_SAMPLE_SECONDS)


async def _ask_as_others_do(platform: RealPlatform, watch: _Watch) -> None:
    """Four times a second: the public reads rankings, an operator the status, an orchestrator whether it lives."""
    urls = {name: service.url for name, service in platform.services.items()}
    token = {"authorization": f"Bearer {platform.issuer.token('can-bo', ['operator'])}"}
    asked: dict[str, Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]] = {
        "public rankings (publishing)": lambda client: client.get(f"{urls['publishing']}/rankings"),
        "status (intake)": lambda client: client.get(f"{urls['intake']}/status", headers=token),
        "campaign (intake)": lambda client: client.get(f"{urls['intake']}/campaigns/2021-0", headers=token),
        "live (intake)": lambda client: client.get(f"{urls['intake']}/health/live"),
    }
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        while True:
            for name, ask in asked.items():
                began = time.perf_counter()
                try:
                    answer = await ask(client)
                except httpx.HTTPError as error:
                    watch.failed[f"{name}: {type(error).__name__}"] += 1
                else:
                    if not answer.is_success:
                        watch.failed[f"{name}: {answer.status_code}"] += 1
                watch.others.setdefault(name, []).append(time.perf_counter() - began)
            await asyncio.sleep(0.25)


def _growth(done: list[int], found: list[float], submissions: int) -> dict[str, float]:
    """Resident memory at the start, after each quarter of the submissions, and at its highest."""
    at = {
        f"after {part}/4": next(
            (mb for count, mb in zip(done, found, strict=False) if count >= submissions * part // 4), found[-1]
        )
        for part in (1, 2, 3, 4)
    }
    return {name: round(mb) for name, mb in {"start": found[0], **at, "highest": max(found)}.items()}


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {
        "p50": round(cuts[49] * 1000, 1),
        "p99": round(cuts[98] * 1000, 1),
        "longest": round(max(seconds) * 1000, 1),
        "count": len(seconds),
    }


def _answered(log: Path) -> list[float]:
    """Seconds that the service took for each post it accepted: its clients, all in one busy process, take their own."""
    lines = (json.loads(line) for line in log.read_text("utf-8").splitlines() if '"/submissions"' in line)
    return [line["ms"] / 1000 for line in lines if line.get("method") == "POST" and line.get("status") == 201]


def _spent(platform: RealPlatform) -> float:
    """Seconds of processor time of the four services so far."""
    return sum(processor_seconds(service.pid) for service in platform.services.values())


def _flat(figures: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """Nested figures as one level: `MB resident, intake, start`."""
    flat: dict[str, float] = {}
    for name, value in figures.items():
        whole = f"{before}{name}"
        flat |= _flat(value, f"{whole}, ") if isinstance(value, Mapping) else {whole: float(value)}
    return flat
