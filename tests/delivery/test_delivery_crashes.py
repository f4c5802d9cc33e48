"""A process may end at any moment: before or after every single thing that it does to its store or the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from delivery_store import Crash
from delivery_toys import OrderPostedV1
from delivery_world import REQUESTS, World, record_of

from shared.messaging.messages import Message
from shared.storage.port import StoreUnavailable

Step = tuple[str, Callable[[World], Awaitable[Any]]]


async def post(world: World) -> None:
    record = record_of(OrderPostedV1(shop="pho", amount=1), id_="post-1", source="//platform")
    world.broker.append(Message(record.topic, "pho", record.headers, record.value))


async def lose_first_order(world: World) -> None:
    world.broker.lose(lambda record: record.topic == "toy-orders" and record.offset == 0)


def by(service: str, method: str, *arguments: Any) -> Step:
    return (service, lambda world: getattr(world.services[service], method)(*arguments))


# Two orders, the first of them lost on the way and asked for again; a post; dishes that wait for their prices.
SCENARIO: tuple[Step, ...] = (
    ("intake", lambda world: world.order("pho", 1)),
    ("intake", lambda world: world.order("pho", 2)),
    by("intake", "publish"),
    ("", lose_first_order),
    by("verification", "deliver", "toy-orders"),
    by("intake", "deliver", REQUESTS),
    ("", post),
    by("intake", "deliver", "toy-posts"),
    by("intake", "publish"),
    by("verification", "deliver", "toy-orders"),
    by("verification", "publish"),
    by("scoring", "deliver", "toy-dishes"),
    ("intake", lambda world: world.set_price(5)),
    by("intake", "publish"),
    by("scoring", "deliver", "toy-prices"),
    by("scoring", "look_after"),
)
OUTCOME = {
    "intake/shops/pho": {"orders": [1, 2, 1000], "posts": ["//platform#post-1"]},
    "intake/price_lists/menu": {"price": 5},
    "verification/kitchens/pho": {"cooked": [1, 2, 1000]},
    "scoring/bills/pho": {"billed": [1, 2, 1000], "total": 15},
    "scoring/prices/menu": {"price": 5},
}


async def play(
    service: str, call: int, *, after: bool, error: type[BaseException] = Crash, journals_at_once: bool = True
) -> int:
    """The scenario with one accident; how many calls the service made up to its end."""
    world = World(journals_at_once=journals_at_once)
    fuse = world.services[service].fuse
    fuse.blow_at(call, after=after, error=error)
    for name, act in SCENARIO:
        await _through(world, name, partial(act, world))
    made = fuse.count
    await _through(world, service, partial(world.finish))
    assert world.states() == OUTCOME
    world.assert_nothing_left()
    world.assert_watermarks_hold()
    return made


async def _through(world: World, name: str, act: Callable[[], Awaitable[Any]]) -> None:
    while True:
        try:
            await act()
            return
        except Crash:
            world.restart(name)
        except StoreUnavailable:
            pass  # the same process tries again


def calls(service: str, journals_at_once: bool = True) -> int:
    made = asyncio.run(play(service, 0, after=False, journals_at_once=journals_at_once))
    assert made > 15
    return made


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "at_once",
    [
        pytest.param(True, id="journaled with the document"),
        pytest.param(False, id="journaled by the relay", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("service", ["intake", "verification", "scoring"])
def test_crash_at_any_call_changes_nothing(service: str, at_once: bool, after: bool) -> None:
    for call in range(1, calls(service, at_once) + 1):
        asyncio.run(play(service, call, after=after, journals_at_once=at_once))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("service", ["intake", "verification", "scoring"])
def test_a_store_that_fails_to_answer_any_call_changes_nothing(service: str, after: bool) -> None:
    for call in range(1, calls(service) + 1):
        asyncio.run(play(service, call, after=after, error=StoreUnavailable))


@pytest.mark.slow
@pytest.mark.parametrize("service", ["intake", "verification", "scoring"])
def test_two_crashes_in_a_row_change_nothing(service: str) -> None:
    async def twice(first: int, second: int) -> None:
        world = World()
        world.services[service].fuse.blow_at(first)
        again = iter([second])
        for name, act in SCENARIO:
            while True:
                try:
                    await act(world)
                    break
                except Crash:
                    world.restart(name).fuse.blow_at(next(again, 0))
        world.services[service].fuse.blow_at(0)
        await world.finish()
        assert world.states() == OUTCOME
        world.assert_nothing_left()

    number = calls(service)
    for first in range(1, number + 1):
        for second in range(1, 30):
            asyncio.run(twice(first, second))
