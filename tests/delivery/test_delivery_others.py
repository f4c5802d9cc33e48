"""Several processes of one service: each publishes what it wrote, and only takes what others left undone for long."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace

import pytest
from delivery_store import Crash
from delivery_toys import KITCHENS, SHOPS, place
from delivery_world import LIMITS, ToyService, World

from shared.messaging import others

LEAVE = 2.0
LONG = 2 * LEAVE  # no process waits longer


@pytest.fixture(params=[True, False], ids=["journaled with the document", "journaled by the relay"])
def world(request: pytest.FixtureRequest) -> World:
    return World(limits=replace(LIMITS, leave=LEAVE, idle=100.0), journals_at_once=request.param)


@pytest.fixture
def one(world: World) -> ToyService:
    return ToyService(world, "intake", "one")


@pytest.fixture
def two(world: World) -> ToyService:
    return ToyService(world, "intake", "two")


async def order(process: ToyService, number: int, shop: str = "pho") -> None:
    await process.aggregates.execute(SHOPS, shop, place(shop, number))


def said(world: World, shop: str = "pho") -> list[int]:
    """What stands on the broker of a shop's stream, in order."""
    records = world.broker.records("toy-orders")
    return [int(each.headers["ce_sequence"]) for each in records if each.headers["ce_subject"] == shop]


async def cooked(world: World, shop: str = "pho") -> tuple[int, ...]:
    await world.kitchen.deliver("toy-orders")
    kitchen = await world.kitchen.aggregates.get(KITCHENS, shop)
    return kitchen.cooked if kitchen else ()


async def test_what_a_process_wrote_it_publishes_at_once_and_others_leave_it(
    world: World, one: ToyService, two: ToyService
) -> None:
    await order(one, 1)
    assert not await two.publish()
    assert said(world) == []
    assert await one.publish()
    assert not await two.publish()
    assert said(world) == [1]


async def test_nothing_is_told_twice_by_two_that_live(world: World, one: ToyService, two: ToyService) -> None:
    shops = [f"shop-{number}" for number in range(6)]
    for round_ in range(1, 9):
        for number, shop in enumerate(shops):
            await order((one, two)[(number + round_) % 2], round_, shop)
        world.seconds += 0.1
        await two.publish()
        await one.publish()
        await two.publish()  # what stood behind what the other wrote
    assert {shop: said(world, shop) for shop in shops} == {shop: [*range(1, 9)] for shop in shops}
    assert world.intake.kept("outbox") == []


async def test_nothing_goes_out_before_what_its_stream_has_before_it(
    world: World, one: ToyService, two: ToyService
) -> None:
    await order(one, 1)
    await order(two, 2)
    await order(two, 1, "bun")
    await two.publish()
    assert (said(world), said(world, "bun")) == ([], [1])
    assert two.relay._owned["toy-orders"].look_in == LIMITS.look_for_room  # it is as good as done
    await one.publish()
    assert said(world) == [1]
    await two.publish()
    assert said(world) == [1, 2]


async def test_what_a_dead_process_wrote_is_told_after_a_while(world: World, one: ToyService, two: ToyService) -> None:
    await order(one, 1)
    await order(one, 2)
    await order(two, 3)
    await two.publish()
    world.seconds += LEAVE * 0.9
    assert not await two.publish()
    assert 0 < two.relay._owned["toy-orders"].look_in <= LIMITS.look_for_room
    world.seconds += LONG
    await two.publish()
    assert said(world) == [1, 2, 3]
    assert await cooked(world) == (1, 2, 3)
    assert world.intake.kept("outbox") == []


@pytest.mark.parametrize("call", range(1, 8))
async def test_wherever_a_process_ends_while_it_publishes_nothing_is_lost(world: World, call: int) -> None:
    one, two = (ToyService(world, "intake", name) for name in ("one", "two"))
    await one.publish()
    await two.publish()
    await order(one, 1)
    one.fuse.blow_at(call)
    with contextlib.suppress(Crash):
        await one.publish()
    await order(two, 2)
    for _ in range(3):
        await two.publish()
        world.seconds += LONG
    assert await cooked(world) == (1, 2)
    assert Counter(said(world))[2] == 1
    assert world.intake.kept("outbox") == []


async def test_who_waits_for_a_slow_process_begins_anew_when_it_goes_on(
    world: World, one: ToyService, two: ToyService
) -> None:
    await order(one, 1)
    await two.publish()
    world.seconds += LEAVE * 0.9
    await one.publish()
    await order(one, 2)
    await two.publish()
    world.seconds += LEAVE * 0.9
    await two.publish()
    assert said(world) == [1]


async def test_a_process_without_others_leaves_nothing(world: World, one: ToyService) -> None:
    await order(one, 1)
    assert await world.intake.publish()
    assert said(world) == [1]


async def test_a_process_owes_what_it_wrote_until_anybody_published_it(
    world: World, one: ToyService, two: ToyService
) -> None:
    await order(one, 1)
    assert (await one.relay.owes(), await two.relay.owes(), await world.intake.relay.owes()) == (True, False, True)
    await two.publish()
    world.seconds += LONG
    await two.publish()
    await one.publish()
    assert said(world) == [1]
    assert not await one.relay.owes()
    assert not await world.intake.relay.owes()


async def test_where_very_much_waits_nobody_stands_by(
    world: World, one: ToyService, two: ToyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "_LEFT_MAX", 2)
    for shop in ("a", "b", "c", "d"):
        await order(one, 1, shop)
        await order(one, 2, shop)
    await two.publish()
    assert [said(world, shop) for shop in ("a", "b", "c", "d")] == [[], [], [1, 2], [1, 2]]


async def test_a_relay_looks_again_when_the_time_has_come() -> None:
    world = World(limits=replace(LIMITS, leave=0.01, idle=100.0, mark_every=100.0))
    one, two = (ToyService(world, "intake", name) for name in ("one", "two"))
    await order(one, 1)
    running = asyncio.create_task(two.relay.run())
    async with asyncio.timeout(20):
        while two.relay._owned["toy-orders"].look_in == 100.0:  # noqa: ASYNC110 - its first look
            await asyncio.sleep(0)
        assert said(world) == []
        world.seconds += LONG
        while not said(world):  # noqa: ASYNC110 - its next look
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert said(world) == [1]
