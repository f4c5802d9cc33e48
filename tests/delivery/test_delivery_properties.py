"""Whatever happens on the way, all is as if nothing had happened. What was ordered is the test's own ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from delivery_store import Crash
from delivery_world import REQUESTS, World, shuffled
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lengths import at_length

from shared.messaging.messages import Record

SHOPS = ("pho", "bun", "com")
SERVICES = ("intake", "verification", "scoring")
TOPICS = {"verification": "toy-orders", "scoring": "toy-dishes"}
PRICE = 7


@dataclass
class Story:
    """A run: what the test ordered, and every message that ever was on the broker."""

    world: World
    ordered: dict[str, list[int]] = field(default_factory=dict)
    history: list[Record] = field(default_factory=list)

    async def act(self, step: tuple[Any, ...]) -> None:
        name, *arguments = step
        await getattr(self, name)(*arguments)
        self.history = [r for t in ("toy-orders", "toy-dishes", "toy-prices") for r in self.world.broker.records(t)]

    async def order(self, shop: str) -> None:
        numbers = self.ordered.setdefault(shop, [])
        numbers.append(len(numbers) + 1)
        await self.insist("intake", partial(self.world.order, shop, numbers[-1]))

    async def price(self) -> None:
        await self.insist("intake", partial(self.world.set_price, PRICE))

    async def publish(self, service: str) -> None:
        await self.once(service, self.world.services[service].publish)

    async def publish_in_part(self, service: str, count: int) -> None:
        self.world.services[service].publisher.silent_after = count
        await self.publish(service)
        self.world.services[service].publisher.silent_after = None

    async def deliver(self, service: str, topic: str, limit: int, seed: int, commit: bool) -> None:
        earlier = [record for record in self.history if record.topic == topic]
        arrange = shuffled(seed, earlier)
        running = self.world.services[service]
        await self.once(service, partial(running.deliver, topic, limit=limit, arrange=arrange, commit=commit))

    async def look_after(self, service: str) -> None:
        await self.once(service, self.world.services[service].look_after)

    async def requests(self, service: str) -> None:
        await self.once(service, partial(self.world.services[service].deliver, REQUESTS))

    async def lose(self, topic: str, every: int) -> None:
        self.world.broker.lose(lambda record: record.topic == topic and record.offset % every == 0)

    async def lose_broker(self, with_services: bool) -> None:
        """The embedded broker ends with its services; of another one the relays hear before they publish more."""
        self.world.broker.lose_everything()
        for service in SERVICES:
            if with_services:
                self.world.restart(service)
            else:
                await self.publish(service)

    async def crash_at(self, service: str, call: int, after: bool) -> None:
        self.world.services[service].fuse.blow_at(call, after=after)

    async def restart(self, service: str) -> None:
        self.world.restart(service)

    async def once(self, service: str, act: Callable[[], Awaitable[Any]]) -> None:
        try:
            await act()
        except Crash:
            self.world.restart(service)

    async def insist(self, service: str, act: Callable[[], Awaitable[Any]]) -> None:
        """A person asks again until it is done."""
        while True:
            try:
                await act()
                return
            except Crash:
                self.world.restart(service)

    async def end(self) -> None:
        for service in SERVICES:
            self.world.services[service].fuse.blow_at(0)
        await self.world.set_price(PRICE)
        await self.world.finish()

    def assert_as_undisturbed(self) -> None:
        states = self.world.states()
        for shop, numbers in self.ordered.items():
            assert states[f"verification/kitchens/{shop}"] == {"cooked": numbers}
            assert states[f"scoring/bills/{shop}"] == {"billed": numbers, "total": PRICE * len(numbers)}
        assert len([place for place in states if "/bills/" in place]) == len(self.ordered)
        self.world.assert_nothing_left()


service = st.sampled_from(SERVICES)
common = [
    st.tuples(st.just("order"), st.sampled_from(SHOPS)),
    st.tuples(st.just("order"), st.sampled_from(SHOPS)),
    st.tuples(st.just("price")),
    st.tuples(st.just("publish"), service),
    st.tuples(st.just("publish"), service),
    st.tuples(st.just("publish_in_part"), service, st.integers(0, 4)),
    *(
        st.tuples(
            st.just("deliver"), st.just(name), st.just(topic), st.integers(1, 20), st.integers(0, 99), st.booleans()
        )
        for name, topic in (*TOPICS.items(), ("scoring", "toy-prices"))
    ),
    st.tuples(st.just("look_after"), service),
    st.tuples(st.just("requests"), service),
    st.tuples(st.just("crash_at"), service, st.integers(1, 12), st.booleans()),
    st.tuples(st.just("restart"), service),
]
losses = [
    st.tuples(st.just("lose"), st.sampled_from(("toy-orders", "toy-dishes")), st.integers(1, 3)),
    st.tuples(st.just("lose_broker"), st.booleans()),
]
fates = st.lists(st.one_of(*common, *losses), max_size=40)
gentle_fates = st.lists(st.one_of(*common, losses[1]), max_size=40)

anything = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False)


async def live_through(steps: Sequence[tuple[Any, ...]], journals_at_once: bool) -> None:
    story = Story(World(journals_at_once=journals_at_once))
    for step in steps:
        await story.act(step)
    await story.end()
    story.assert_as_undisturbed()


async def watch_watermarks(steps: Sequence[tuple[Any, ...]], journals_at_once: bool) -> None:
    story = Story(World(journals_at_once=journals_at_once))
    for step in steps:
        await story.act(step)
        story.world.assert_watermarks_hold()


LAST_ONE_LOST_BEHIND_ANOTHER = (
    ("order", "pho"),
    ("order", "bun"),
    ("order", "com"),
    ("publish", "intake"),
    ("lose", "toy-orders", 2),
    ("deliver", "verification", "toy-orders", 20, 1, True),
)


@given(fates, st.booleans())
@settings(anything, max_examples=150)
@example(LAST_ONE_LOST_BEHIND_ANOTHER, True)
@example((("order", "pho"), ("publish", "intake"), ("lose", "toy-orders", 1)), False)
def test_everything_is_billed_once_and_in_order_whatever_happens(
    steps: Sequence[tuple[Any, ...]], journals_at_once: bool
) -> None:
    asyncio.run(live_through(steps, journals_at_once))


@given(gentle_fates, st.booleans())
@settings(anything, max_examples=100)
def test_watermark_never_passes_what_some_group_has_not_consumed(
    steps: Sequence[tuple[Any, ...]], journals_at_once: bool
) -> None:
    asyncio.run(watch_watermarks(steps, journals_at_once))


@pytest.mark.parametrize("journals_at_once", [True, False])
@pytest.mark.parametrize("call", range(1, 10))
def test_a_crash_while_a_lost_log_begins_anew_hides_no_loss(call: int, journals_at_once: bool) -> None:
    """What goes out first on the new log makes it as long as the old one was."""
    steps = [("order", "bun"), ("publish", "intake"), ("crash_at", "intake", call, False), ("order", "pho")]
    asyncio.run(live_through([*steps, ("lose_broker", False)], journals_at_once))


@pytest.mark.slow
@given(fates, st.booleans())
@settings(anything, max_examples=at_length(2_500))
def test_everything_is_billed_once_and_in_order_at_length(
    steps: Sequence[tuple[Any, ...]], journals_at_once: bool
) -> None:
    asyncio.run(live_through(steps, journals_at_once))


@pytest.mark.slow
@given(gentle_fates, st.booleans())
@settings(anything, max_examples=at_length(2_500))
def test_watermark_at_length(steps: Sequence[tuple[Any, ...]], journals_at_once: bool) -> None:
    asyncio.run(watch_watermarks(steps, journals_at_once))
