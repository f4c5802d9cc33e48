"""Marks: what each process notes of a topic, and who takes the place of one that is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from delivery_world import ToyService, World

from shared.messaging.marks import Process


def marks(world: World, topic: str = "toy-orders") -> dict[str, dict[str, Any]]:
    """By process."""
    bodies = world.stores["intake"].bodies().items()
    found = {key: body for (collection, key), body in bodies if collection == "relay"}
    return {key.partition("/")[2]: body for key, body in found.items() if key.partition("/")[0] == topic}


def sequences(world: World) -> list[int]:
    return [int(record.headers["ce_sequence"]) for record in world.broker.records("toy-orders")]


async def test_each_process_has_its_own_and_one_that_is_alone_goes_on_with_one(world: World) -> None:
    for process in ("", "a", "b"):
        await ToyService(world, "intake", process).publish()
    assert set(marks(world)) == {"", "a", "b"}
    await world.restart("intake").publish()  # it is alone: nobody else can be there any more
    await world.restart("intake").publish()
    assert set(marks(world)) == {""}


async def test_lowest_watermark_and_furthest_ends_of_all_count(world: World) -> None:
    one, two = (ToyService(world, "intake", name) for name in ("one", "two"))
    await one.publish()
    await two.publish()
    await world.order("pho", 1)
    await one.publish()
    await world.order("pho", 2)
    await two.publish()
    await two.publish()  # what went out is noted with the next turn
    assert marks(world)["one"]["watermark"] == 0
    assert sum(marks(world)["two"]["ends"].values()) == 2
    world.broker.lose_everything()
    await ToyService(world, "intake", "three").publish()
    assert sequences(world) == [1, 2]


async def test_process_that_has_nothing_to_say_holds_no_watermark_back(world: World) -> None:
    one, two = (ToyService(world, "intake", name) for name in ("one", "two"))
    await one.publish()
    for number in (1, 2, 3):
        await world.order("pho", number)
        await two.publish()
    await world.kitchen.deliver("toy-orders")
    for process in (one, two):
        await process.publish()
    assert {mark["watermark"] for mark in marks(world).values()} == {3}


async def test_consumers_that_passed_what_one_process_knows_of_have_consumed(world: World) -> None:
    """What another process published since makes no log that is gone."""
    one, two = (ToyService(world, "intake", name) for name in ("one", "two"))
    await one.publish()
    await world.order("pho", 1)
    await one.publish()
    await world.order("pho", 2)
    await two.publish()
    await world.kitchen.deliver("toy-orders")
    relay = one.relay._owned["toy-orders"]
    await relay._room.refresh()
    assert relay.ahead == 0


async def test_mark_of_a_process_long_gone_is_taken_over_and_forgotten(world: World) -> None:
    gone, one = (ToyService(world, "intake", name) for name in ("gone", "one"))
    await one.publish()
    await gone.publish()
    await world.order("pho", 1)
    await gone.publish()
    for _ in range(30):
        world.clock.set(world.clock.now() + timedelta(hours=1))
        await one.publish()
    assert set(marks(world)) == {"one"}
    assert marks(world)["one"]["watermark"] == 0  # as long as what the other published is not consumed
    world.broker.lose_everything()
    await ToyService(world, "intake", "two").publish()
    assert sequences(world) == [1]


async def test_process_that_was_taken_for_gone_tells_before_it_publishes(world: World) -> None:
    asleep, one = (ToyService(world, "intake", name) for name in ("asleep", "one"))
    await asleep.publish()
    world.clock.set(world.clock.now() + timedelta(days=2))
    await one.publish()
    await one.publish()
    assert set(marks(world)) == {"one"}
    await world.order("pho", 1)
    await asleep.relay.publish_pending()
    assert set(marks(world)) == {"asleep", "one"}


async def test_recovery_goes_back_by_as_much_as_clocks_may_differ(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery_store.MemoryStore.position_margin", 2)
    for number in range(1, 6):
        await world.order("pho", number)
        await world.intake.publish()
        await world.kitchen.deliver("toy-orders")
    await world.intake.publish()
    assert marks(world)[""]["watermark"] == 5
    world.broker.lose_everything()
    await world.restart("intake").publish()
    assert sequences(world) == [4, 5]


def test_ids_are_never_given_twice(world: World) -> None:
    assert len({Process.new(world.clock).id for _ in range(50)}) == 50
