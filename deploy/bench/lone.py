"""How long a lone submission takes through the whole pipeline, against one bare FastStream hop.

One submission at a time, each after a pause of its own, so that whatever only happens now and then (timeouts,
lingering, sweeps) is met at every moment of its turn. A verifier's command stands in between: what is timed is from
the post until the case is open, and from the command until the provisional scorecard.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from deploy.bench.hops import ACTIVITY, FIRST, LAST, STORES, is_case_opened
from deploy.bench.hops_bare import bare_hops
from deploy.bench.hops_platform import CAMPAIGN, HEADERS, PROGRAMME, OurFacts, our_services
from deploy.bench.hops_side import Side
from deploy.bench.hops_traffic import Post, Poster, Watch
from deploy.servers import KafkaServer, MongoServer
from deploy.xephang.year.office import Office
from deploy.xephang.year.stage import VERIFIER
from shared.http.auth import DemoIssuer

__all__ = ["lone_milliseconds", "percentile"]

_WARM_UP = 5
_PAUSE = 0.5  # seconds, at most: no timer of ours or of the client is longer but those that only look after failures
_BARE = {"a bare batch hop": True, "a bare hop of single messages": False}


@dataclass
class _Seconds:
    """Of every submission: until the case is open, and from the command until the scorecard."""

    opened: list[float] = field(default_factory=list)
    scored: list[float] = field(default_factory=list)

    @property
    def whole(self) -> list[float]:
        return [one + other for one, other in zip(self.opened, self.scored, strict=True)]


async def lone_milliseconds(submissions: int, stores: Sequence[str] = STORES) -> dict[str, float]:
    """Milliseconds, median and 99th percentile, by store and part of the way; and how many bare hops that is."""
    found: dict[str, float] = {}
    for store in stores:
        print(f"lone, {store}", file=sys.stderr)
        ours, bare = await _on_store(store, submissions)
        named = {"the whole way": ours.whole, "post to case open": ours.opened, "command to scorecard": ours.scored}
        for name, seconds in {**named, **bare}.items():
            found[f"{store}: {name}, median ms"] = statistics.median(seconds) * 1000
            found[f"{store}: {name}, p99 ms"] = percentile(seconds, 99) * 1000
        for name, seconds in bare.items():
            found[f"{store}: p99 in p99s of {name} (at most 10)"] = percentile(ours.whole, 99) / percentile(seconds, 99)
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that is not exceeded by `percent` of a hundred of them."""
    return sorted(values)[max(-(-len(values) * percent // 100) - 1, 0)]


async def _on_store(store: str, submissions: int) -> tuple[_Seconds, dict[str, list[float]]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xephang-lone-")))
        kafka = (await stack.enter_async_context(KafkaServer())).address
        address = (await stack.enter_async_context(MongoServer())).address if store == STORES[1] else ""
        poster = await stack.enter_async_context(Poster(kafka))
        everybody = submissions + _WARM_UP
        ours = await stack.enter_async_context(Side(our_services, kafka, address, folder, everybody, ()))
        facts: OurFacts = ours.facts
        watch = await stack.enter_async_context(Watch(kafka, ACTIVITY, LAST, takes=is_case_opened))
        office = await stack.enter_async_context(Office(facts.url, DemoIssuer(folder)))
        bare: dict[str, tuple[Watch, Sequence[str]]] = {}
        for number, (name, in_batches) in enumerate(_BARE.items()):
            chain = [[value for _, value in facts.posts]]
            side = await stack.enter_async_context(Side(bare_hops, kafka, f"lone-{number}", chain, in_batches))
            bare[name] = await stack.enter_async_context(Watch(kafka, side.facts[-1])), side.facts
        found, others = _Seconds(), {name: list[float]() for name in bare}
        draw = random.Random(1)
        for number, post in enumerate(facts.posts):
            if number == _WARM_UP:
                found, others = _Seconds(), {name: [] for name in bare}
            await asyncio.sleep(draw.uniform(0, _PAUSE))
            opened, scored = await _through_ours(poster, watch, office, post)
            found.opened.append(opened)
            found.scored.append(scored)
            for name, (out, topics) in bare.items():
                others[name].append(await _through_bare(poster, out, topics, post))
        return found, others


async def _through_ours(poster: Poster, watch: Watch, office: Office, post: Post) -> tuple[float, float]:
    opened, scored = watch.count(ACTIVITY) + 1, watch.count(LAST) + 1
    agency = post[0].partition("/")[2]
    start = time.perf_counter()
    await poster.post(FIRST, [post], HEADERS)
    await watch.until(ACTIVITY, opened)
    until_open = time.perf_counter() - start
    path = f"/verification/cases/{CAMPAIGN}/{PROGRAMME}/{agency}/accept-all"
    start = time.perf_counter()
    await office.post(path, VERIFIER, {"complete": True})
    await watch.until(LAST, scored)
    return until_open, time.perf_counter() - start


async def _through_bare(poster: Poster, watch: Watch, topics: Sequence[str], post: Post) -> float:
    wanted = watch.count(topics[-1]) + 1
    start = time.perf_counter()
    await poster.post(topics[0], [post], HEADERS)
    await watch.until(topics[-1], wanted)
    return time.perf_counter() - start
