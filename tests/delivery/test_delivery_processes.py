"""Two processes of one service on one store: nothing is lost between them, and the newest state comes last."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from delivery_toys import KITCHENS, SHOPS, place
from delivery_world import LIMITS, ToyService, World
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lengths import at_length

from shared.contracts.delivery import RepublishRequestedV1
from shared.messaging.messages import PublisherUnavailable
from shared.messaging.relay import RelayLimits

NAMES = ("one", "two")
TOPICS = ("toy-orders", "toy-prices")
STREAMS = {"toy-orders": "intake/shops/pho", "toy-prices": "intake/price_lists/menu"}
END = "the end"


class Pace:
    """Lets a relay go no further than so many calls to what is outside it, or than a call of some name."""

    def __init__(self) -> None:
        self._left = 0
        self._until = ""
        self._go = asyncio.Event()

    async def wait(self, point: str) -> None:
        if point == self._until:
            self._until, self._left = "", 0
        while not self._until and not self._left:
            self._go.clear()
            await self._go.wait()
        self._left -= not self._until

    def let(self, calls: int | str) -> None:
        self._left, self._until = (0, calls) if isinstance(calls, str) else (calls, "")
        self._go.set()


class Paced:
    """A store, publisher or progress, each call of which waits for the pace before and after."""

    def __init__(self, whole: Any, pace: Pace) -> None:
        self._whole = whole
        self._pace = pace
        self.position_margin = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._whole, name)
        if name == "read_journal":
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._pace.wait(f"before {name}")
            result = await method(*args, **kwargs)
            await self._pace.wait(f"after {name}")
            return result

        return call


class Town:
    """Processes "one" and "two" of intake, and one of each other service."""

    def __init__(self, journals_at_once: bool, limits: RelayLimits = LIMITS) -> None:
        self.world = World(limits=limits, journals_at_once=journals_at_once)
        self.paces: dict[tuple[str, str], Pace] = {}
        self.processes: dict[str, ToyService] = {}
        self.turns: dict[tuple[str, str], asyncio.Task[Any]] = {}
        self.started = 0
        self.ordered: dict[str, list[int]] = {}
        self.price = 0
        for name in NAMES:
            self.start(name)

    def start(self, name: str) -> None:
        self.started += 1
        process = ToyService(self.world, "intake", f"{name}-{self.started}")
        for topic, relay in process.relay._owned.items():
            pace = self.paces[name, topic] = Pace()
            for part in ("_store", "_publisher", "_progress"):
                setattr(relay, part, Paced(getattr(relay, part), pace))
            relay._marks._store = relay._store
        self.processes[name] = process

    async def act(self, step: tuple[Any, ...]) -> None:
        name, *arguments = step
        await getattr(self, name)(*arguments)

    async def order(self, shop: str, name: str = "") -> None:
        numbers = self.ordered.setdefault(shop, [])
        numbers.append(len(numbers) + 1)
        process = self.processes[name] if name else self.world.intake
        await process.aggregates.execute(SHOPS, shop, place(shop, numbers[-1]))

    async def set_price(self, price_list: str) -> None:
        self.price += 1
        await self.world.set_price(self.price, price_list)

    async def go(self, name: str, topic: str, calls: int | str) -> None:
        """A relay of a process goes on for so many calls, or up to one, and stands where it stands; or to the end."""
        turn = self.turns.get((name, topic))
        if turn is None or turn.done():
            relay = self.processes[name].relay._owned[topic]
            turn = self.turns[name, topic] = asyncio.create_task(relay.turn(mark=True))
        self.paces[name, topic].let(calls)
        for _ in range(1000):
            await asyncio.sleep(0)
            if turn.done():
                with contextlib.suppress(PublisherUnavailable):
                    turn.result()
                return
        assert calls != END, "it does not come to an end"

    async def crash(self, name: str) -> None:
        turns = [self.turns.pop((name, topic)) for topic in TOPICS if (name, topic) in self.turns]
        for turn in turns:
            turn.cancel()
        await asyncio.gather(*turns, return_exceptions=True)
        self.start(name)

    async def unacknowledged(self, name: str, after: int) -> None:
        self.processes[name].publisher.silent_after = after

    async def request(self, name: str, topic: str, stream: str) -> None:
        request = RepublishRequestedV1(
            requested_topic=topic, requested_by="t", stream=stream, first_sequence=1, last_sequence=1
        )
        self.processes[name].relay.ask_again(request)

    async def deliver(self, limit: int) -> None:
        await self.world.kitchen.deliver("toy-orders", limit=limit)

    async def lose_broker(self) -> None:
        """Everything ends, and of the broker nothing is left."""
        for name in NAMES:
            await self.crash(name)
        self.world.broker.lose_everything()

    async def day_passes(self) -> None:
        await self.everybody_goes()  # whoever runs has told so meanwhile
        self.world.clock.set(self.world.clock.now() + timedelta(hours=25))
        await self.everybody_goes()

    async def time_passes(self, seconds: float) -> None:
        self.world.seconds += seconds

    async def everybody_goes(self) -> None:
        for name in NAMES:
            for topic in TOPICS:
                await self.go(name, topic, END)

    async def end(self) -> None:
        for name in NAMES:
            self.processes[name].publisher.silent_after = None
        for _ in range(4):
            await self.everybody_goes()
            await self.time_passes(2 * self.world.limits.leave)
        await self.world.kitchen.deliver("toy-orders")

    async def assert_nothing_lost(self) -> None:
        kitchens = await self.world.kitchen.aggregates.all(KITCHENS)
        assert {shop: list(kitchen.cooked) for shop, kitchen in kitchens.items()} == self.ordered
        newest = {e.key: e.sequence for e in self.world.stores["intake"].journal("toy-prices")}
        last = {r.key: int(r.headers["ce_sequence"]) for r in self.world.broker.records("toy-prices")}
        assert last == newest
        assert self.world.intake.kept("outbox") == []

    def assert_in_order(self) -> None:
        """No event went out before one that its stream has before it; what goes out again may stand anywhere."""
        said: dict[str, list[int]] = {}
        for record in self.world.broker.records("toy-orders"):
            said.setdefault(record.headers["ce_stream"], []).append(int(record.headers["ce_sequence"]))
        for sequences in said.values():
            assert [*dict.fromkeys(sequences)] == sorted(set(sequences))

    async def close(self) -> None:
        for turn in self.turns.values():
            turn.cancel()
        await asyncio.gather(*self.turns.values(), return_exceptions=True)


async def live_through(
    steps: Sequence[tuple[Any, ...]], journals_at_once: bool, limits: RelayLimits = LIMITS, in_order: bool = False
) -> None:
    town = Town(journals_at_once, limits)
    try:
        for step in steps:
            await town.act(step)
            town.world.assert_watermarks_hold()
        await town.end()
        await town.assert_nothing_lost()
        if in_order:
            town.assert_in_order()
    finally:
        await town.close()


names = st.sampled_from(NAMES)
points = st.sampled_from(
    (END, END, "before publish", "after publish", "before put", "after append_journal", "before published")
)


def fates(topic: str, *tells: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What may befall one topic; few kinds of steps, so that the rare orders of them are met."""
    steps = (
        *tells,
        *tells,
        *[st.tuples(st.just("go"), names, st.just(topic), points) for _ in range(4)],
        st.tuples(st.just("go"), names, st.just(topic), st.integers(1, 9)),
        st.tuples(st.just("crash"), names),
        st.tuples(st.just("unacknowledged"), names, st.integers(0, 2)),
        st.tuples(st.just("request"), names, st.just(topic), st.sampled_from(("", STREAMS[topic]))),
        st.tuples(st.just("lose_broker")),
        st.tuples(st.just("day_passes")),
    )
    return st.lists(st.one_of(*steps), max_size=40)


of_orders = fates(
    "toy-orders",
    st.tuples(st.just("order"), st.sampled_from(("pho", "bun"))),
    st.tuples(st.just("deliver"), st.integers(1, 3)),
)
of_prices = fates("toy-prices", st.tuples(st.just("set_price"), st.sampled_from(("menu", "menu", "other"))))
anything = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False)


def _go(name: str, until: str = END, topic: str = "toy-prices") -> tuple[Any, ...]:
    return ("go", name, topic, until)


SLOW_ONE_COMES_LAST = (
    *(_go(name) for name in NAMES),
    ("set_price", "menu"),
    _go("one", "before publish"),
    _go("two"),
    ("set_price", "menu"),
    _go("two"),
)
CRASH_BEHIND_THE_OTHER = (*SLOW_ONE_COMES_LAST, _go("one", "after publish"), ("crash", "one"))
REPLAY_MEANWHILE = (
    *(_go(name) for name in NAMES),
    ("set_price", "menu"),
    _go("two"),
    ("request", "one", "toy-prices", ""),
    _go("one", "before publish"),
    ("set_price", "menu"),
    _go("two"),
)
OTHERS_WATERMARK = (
    *(_go(name, END, "toy-orders") for name in NAMES),
    ("order", "pho"),
    _go("one", END, "toy-orders"),
    ("order", "bun"),
    _go("two", END, "toy-orders"),
    ("lose_broker",),
)


@pytest.mark.slow
@given(of_orders, st.booleans())
@settings(anything, max_examples=200)
@example(OTHERS_WATERMARK, True)
@example(OTHERS_WATERMARK, False)
def test_two_processes_lose_nothing(steps: Sequence[tuple[Any, ...]], journals_at_once: bool) -> None:
    asyncio.run(live_through(steps, journals_at_once))


@pytest.mark.slow
@given(of_prices, st.booleans())
@settings(anything, max_examples=200)
@example(SLOW_ONE_COMES_LAST, True)
@example(SLOW_ONE_COMES_LAST, False)
@example(CRASH_BEHIND_THE_OTHER, True)
@example(CRASH_BEHIND_THE_OTHER, False)
@example(REPLAY_MEANWHILE, True)
@example(REPLAY_MEANWHILE, False)
def test_two_processes_leave_the_newest_state_last(steps: Sequence[tuple[Any, ...]], journals_at_once: bool) -> None:
    asyncio.run(live_through(steps, journals_at_once))


LEAVING = replace(LIMITS, leave=2.0)
of_orders_left_to_others = st.lists(
    st.one_of(
        *[st.tuples(st.just("order"), st.sampled_from(("pho", "bun")), names) for _ in range(3)],
        *[st.tuples(st.just("go"), names, st.just("toy-orders"), points) for _ in range(4)],
        st.tuples(st.just("go"), names, st.just("toy-orders"), st.integers(1, 9)),
        st.tuples(st.just("crash"), names),
        st.tuples(st.just("unacknowledged"), names, st.integers(0, 2)),
        st.tuples(st.just("time_passes"), st.sampled_from((0.5, 2.0, 5.0))),
        st.tuples(st.just("deliver"), st.integers(1, 3)),
    ),
    max_size=40,
)


@pytest.mark.slow
@given(of_orders_left_to_others, st.booleans())
@settings(anything, max_examples=at_length(1_000))
def test_what_is_left_to_others_is_neither_lost_nor_out_of_order(
    steps: Sequence[tuple[Any, ...]], journals_at_once: bool
) -> None:
    asyncio.run(live_through(steps, journals_at_once, LEAVING, in_order=True))


@pytest.mark.slow
@given(of_orders | of_prices, st.booleans())
@settings(anything, max_examples=at_length(5_000))
def test_two_processes_at_length(steps: Sequence[tuple[Any, ...]], journals_at_once: bool) -> None:
    asyncio.run(live_through(steps, journals_at_once))
