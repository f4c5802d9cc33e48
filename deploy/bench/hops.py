"""From a submission to its provisional scorecard, against the same messages through bare FastStream hops.

Three hops consume and publish: intake (platform-submissions → submissions), verification (→ verifications) and scoring
(→ scorecards). Between the second's consuming and publishing stands a command, for a verifier decides: we time from
the first post until every case is open, and from the command until the last scorecard, and add the two.

The bare ways publish the same bytes at each hop, three hops in one process as our services are in one, and have no
pause in between. Ours publishes two events more for each submission, which only watchers read (verification-activity).

A pipeline that stores what it does one message at a time is ours, too: the same services, made to take one message at
once. They stand on servers of their own and get a fifth of the submissions.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

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
_OURS, _OURS_SINGLE = "xephang", "xephang, message by message"
_BARE, _SINGLE = "bare batch hops", "bare hops, message by message"
_FEWER = 5
_KINDS = ("wall", "cpu")


@dataclass
class _Rounds:
    """Seconds a submission of every round that counts, on the clock and of processor time."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


class _Way(Protocol):
    """One way to do the work. `round` answers seconds."""

    side: Side
    submissions: int

    async def round(self, number: int) -> float: ...


@dataclass
class _Ours:
    """The services; each round has submissions of its own."""

    side: Side
    submissions: int
    kafka: str
    poster: Poster
    watch: Watch
    office: Office
    batches: Sequence[Sequence[Post]]

    async def round(self, number: int) -> float:
        """Until every case is open, and from the command until the last scorecard."""
        posts, watch = self.batches[number], self.watch
        opened, scored = watch.count(ACTIVITY) + len(posts), watch.count(LAST) + len(posts)
        start = time.perf_counter()
        await self.poster.post(FIRST, posts, HEADERS)
        await watch.until(ACTIVITY, opened)
        spent = time.perf_counter() - start
        agencies = [key.partition("/")[2] for key, _ in posts]
        accepted = {"campaign": CAMPAIGN, "agencies": agencies}
        start = time.perf_counter()
        await self.office.post("/verification/cases/accept-all", VERIFIER, accepted)
        await watch.until(LAST, scored)
        return spent + time.perf_counter() - start


@dataclass
class _Bare:
    """Bare hops; the same messages every round."""

    side: Side
    submissions: int
    poster: Poster
    watch: Watch
    topics: Sequence[str]
    posts: Sequence[Post]

    async def round(self, number: int) -> float:
        """Until the last message is there."""
        wanted = self.watch.count(self.topics[-1]) + len(self.posts)
        start = time.perf_counter()
        await self.poster.post(self.topics[0], self.posts, HEADERS)
        await self.watch.until(self.topics[-1], wanted)
        return time.perf_counter() - start


async def hop_costs(submissions: int, rounds: int, stores: Sequence[str] = STORES) -> dict[str, float]:
    """Medians of the rounds: milliseconds a submission of each way, and ours against the others, by store."""
    found: dict[str, float] = {}
    for store in stores:
        ways = await _on_store(store, submissions, rounds)
        wall, cpu = ({name: statistics.median(getattr(one, k)) * 1000 for name, one in ways.items()} for k in _KINDS)
        for name in ways:
            found[f"{store}: {name}, ms"] = wall[name]
            found[f"{store}: {name}, processor ms"] = cpu[name]
        for spent, said in ((wall, ""), (cpu, ", processor")):
            found[f"{store}: times of bare batch hops (at most 3){said}"] = spent[_OURS] / spent[_BARE]
            for single in (_SINGLE, _OURS_SINGLE):
                found[f"{store}: faster than {single} (at least 10){said}"] = spent[single] / spent[_OURS]
    return found


async def _on_store(store: str, submissions: int, rounds: int) -> dict[str, _Rounds]:
    """All ways in turn; before, a round of each that does not count."""
    async with AsyncExitStack() as stack:
        ours = await _ours(stack, store, submissions, rounds, at_once=0)
        single = await _ours(stack, store, max(submissions // _FEWER, 1), rounds, at_once=1)
        await ours.round(0)
        await single.round(0)
        # What the bare ways publish, they get from that round of ours.
        published = [[record.value or b"" for record in await values_of(ours.kafka, topic)] for topic in HOPS]
        assert {len(each) for each in published} == {submissions}
        ways: dict[str, _Way] = {_OURS: ours, _OURS_SINGLE: single}
        for name, in_batches in ((_BARE, True), (_SINGLE, False)):
            ways[name] = await _bare(stack, ours, published, in_batches)
            await ways[name].round(0)
        spent = {name: _Rounds() for name in ways}
        for number in range(1, rounds + 1):
            print(f"hops, {store}, round {number} of {rounds}", file=sys.stderr)
            for name, way in ways.items():
                await _timed(spent[name], way, number)
        return spent


async def _ours(stack: AsyncExitStack, store: str, submissions: int, rounds: int, at_once: int) -> _Ours:
    """Our services on servers of their own, with a campaign for all rounds."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xephang-hops-")))
    kafka = (await stack.enter_async_context(KafkaServer())).address
    address = (await stack.enter_async_context(MongoServer())).address if store == STORES[1] else ""
    agencies = submissions * (rounds + 1)
    opening = Side(our_services, kafka, address, folder, agencies, ("publishing",), at_once)
    side = await stack.enter_async_context(opening)
    facts: OurFacts = side.facts
    poster = await stack.enter_async_context(Poster(kafka))
    watch = await stack.enter_async_context(Watch(kafka, ACTIVITY, LAST, takes=is_case_opened))
    office = await stack.enter_async_context(Office(facts.url, DemoIssuer(folder)))
    batches = [facts.posts[start : start + submissions] for start in range(0, agencies, submissions)]
    return _Ours(side, submissions, kafka, poster, watch, office, batches)


async def _bare(stack: AsyncExitStack, ours: _Ours, published: Sequence[Sequence[bytes]], in_batches: bool) -> _Bare:
    """Bare hops on the broker that ours has, with the messages that ours had."""
    chain = "bare" if in_batches else "single"
    side = await stack.enter_async_context(Side(bare_hops, ours.kafka, chain, published, in_batches))
    topics: Sequence[str] = side.facts
    watch = await stack.enter_async_context(Watch(ours.kafka, topics[-1]))
    return _Bare(side, ours.submissions, ours.poster, watch, topics, ours.batches[0])


async def _timed(rounds: _Rounds, way: _Way, number: int) -> None:
    """Seconds a submission of one round."""
    before = await way.side.cpu()
    rounds.wall.append(await way.round(number) / way.submissions)
    rounds.cpu.append((await way.side.cpu() - before) / way.submissions)


def is_case_opened(record: ConsumerRecord[object, object]) -> bool:
    """Whether a message counts: of what verifiers do only that a case is open, of all other topics everything."""
    return record.topic != ACTIVITY or dict(record.headers).get("ce_type") == CaseOpenedV1.type_.encode()
