"""From a submission to its provisional scorecard, against the same messages through bare FastStream hops.

Three hops consume and publish: intake (platform-submissions → submissions), verification (→ verifications) and scoring
(→ scorecards). Between the second's consuming and publishing stands a command, for a verifier decides: we time from
the first post until every case is open, and from the command until the last scorecard, and add the two.

The bare ways publish the same bytes at each hop, three hops in one process as our services are in one, and have no
pause in between. Ours publishes two events more for each submission, which only watchers read (verification-activity).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from aiokafka import ConsumerRecord

from deploy.bench.hops_bare import bare_hops
from deploy.bench.hops_platform import CAMPAIGN, HEADERS, OurFacts, our_services
from deploy.bench.hops_side import Side
from deploy.bench.hops_traffic import Post, Poster, Watch, values_of
from deploy.servers import KafkaServer, MongoServer
from deploy.xephang.year.office import Office
from deploy.xephang.year.stage import VERIFIER
from shared.contracts.verification import CaseOpenedV1
from shared.http.auth import DemoIssuer

__all__ = ["HOPS", "STORES", "hop_costs", "is_case_opened"]

HOPS = ("submissions", "verifications", "scorecards")  # what each of them publishes on
ACTIVITY, FIRST, LAST = "verification-activity", "platform-submissions", HOPS[-1]
STORES = ("SQLite", "MongoDB-wire")
_OURS, _BARE, _SINGLE = "xephang", "bare batch hops", "bare hops, message by message"


@dataclass
class _Rounds:
    """Seconds of every round that counts, on the clock and of processor time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Stage:
    """What a round of any way needs."""

    poster: Poster
    watch: Watch
    office: Office


async def hop_costs(submissions: int, rounds: int, stores: Sequence[str] = STORES) -> dict[str, float]:
    """Medians of the rounds: milliseconds a submission of each way, and ours against the bare ones, by store."""
    found: dict[str, float] = {}
    for store in stores:
        ways = await _on_store(store, submissions, rounds)
        for name, one in ways.items():
            found[f"{store}: {name}, ms"] = statistics.median(one.wall) * 1000 / submissions
            found[f"{store}: {name}, processor ms"] = statistics.median(one.cpu) * 1000 / submissions
        for kind in ("wall", "cpu"):
            ours, bare, single = (statistics.median(getattr(ways[name], kind)) for name in (_OURS, _BARE, _SINGLE))
            said = "" if kind == "wall" else ", processor"
            found[f"{store}: × bare batch hops (at most 3){said}"] = ours / bare
            found[f"{store}: × as fast as message by message (10){said}"] = single / ours
    return found


async def _on_store(store: str, submissions: int, rounds: int) -> dict[str, _Rounds]:
    """All ways in turn; before, a round of ours that does not count, from which the bare ways get their messages."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xephang-hops-")))
        kafka = (await stack.enter_async_context(KafkaServer())).address
        address = (await stack.enter_async_context(MongoServer())).address if store == STORES[1] else ""
        agencies = submissions * (rounds + 1)
        ours = await stack.enter_async_context(Side(our_services, kafka, address, folder, agencies, ("publishing",)))
        facts: OurFacts = ours.facts
        stage = _Stage(
            await stack.enter_async_context(Poster(kafka)),
            await stack.enter_async_context(Watch(kafka, ACTIVITY, LAST, takes=is_case_opened)),
            await stack.enter_async_context(Office(facts.url, DemoIssuer(folder))),
        )
        batches = [facts.posts[start : start + submissions] for start in range(0, agencies, submissions)]
        warm = await _our_round(stage, batches[0])
        published = [[record.value or b"" for record in await values_of(kafka, topic)] for topic in HOPS]
        assert {len(each) for each in published} == {submissions}, warm
        bare: dict[str, tuple[Side, Watch]] = {}
        for name, chain, in_batches in ((_BARE, "bare", True), (_SINGLE, "single", False)):
            side = await stack.enter_async_context(Side(bare_hops, kafka, chain, published, in_batches))
            bare[name] = side, await stack.enter_async_context(Watch(kafka, side.facts[-1]))

        async def bare_round(name: str) -> float:
            side, watch = bare[name]
            return await _bare_round(stage.poster, watch, side.facts, batches[0])

        for name in bare:
            await bare_round(name)
        ways = {name: _Rounds() for name in (_OURS, *bare)}
        for number, batch in enumerate(batches[1:], start=1):
            print(f"hops, {store}, round {number} of {rounds}", file=sys.stderr)
            await _timed(ways[_OURS], ours, partial(_our_round, stage, batch))
            for name, (side, _) in bare.items():
                await _timed(ways[name], side, partial(bare_round, name))
        return ways


async def _timed(rounds: _Rounds, side: Side, run: Callable[[], Awaitable[float]]) -> None:
    before = await side.cpu()
    rounds.wall.append(await run())
    rounds.cpu.append(await side.cpu() - before)


async def _our_round(stage: _Stage, posts: Sequence[Post]) -> float:
    """Seconds from the first post until every case is open, and from the command until the last scorecard."""
    watch = stage.watch
    opened, scored = watch.count(ACTIVITY) + len(posts), watch.count(LAST) + len(posts)
    start = time.perf_counter()
    await stage.poster.post(FIRST, posts, HEADERS)
    await watch.until(ACTIVITY, opened)
    spent = time.perf_counter() - start
    agencies = [key.partition("/")[2] for key, _ in posts]
    start = time.perf_counter()
    await stage.office.post("/verification/cases/accept-all", VERIFIER, {"campaign": CAMPAIGN, "agencies": agencies})
    await watch.until(LAST, scored)
    return spent + time.perf_counter() - start


async def _bare_round(poster: Poster, watch: Watch, topics: Sequence[str], posts: Sequence[Post]) -> float:
    wanted = watch.count(topics[-1]) + len(posts)
    start = time.perf_counter()
    await poster.post(topics[0], posts, HEADERS)
    await watch.until(topics[-1], wanted)
    return time.perf_counter() - start


def is_case_opened(record: ConsumerRecord[object, object]) -> bool:
    """Whether a message counts: of what verifiers do only that a case is open, of all other topics everything."""
    return record.topic != ACTIVITY or dict(record.headers).get("ce_type") == CaseOpenedV1.type_.encode()
