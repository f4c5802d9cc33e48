"""Order: what comes too early waits, what is missing is asked for, and nothing overtakes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from delivery_toys import BILLS, COOK, KITCHENS, PRICES, Bill, DishServedV1, Kitchen, OrderPlacedV1, PriceSetV1
from delivery_world import ToyService, World, record_of

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.registry import topics
from shared.messaging import aggregate, parked
from shared.messaging.messages import Record

STREAM = "intake/shops/pho"


def order(number: int, sequence: int = 0, stream: str = STREAM) -> Record:
    return record_of(OrderPlacedV1(shop="pho", number=number, amount=1), stream=stream, sequence=sequence or number)


def dish(number: int, price_list: str = "menu") -> Record:
    data = DishServedV1(shop="pho", number=number, amount=1, price_list=price_list)
    return record_of(data, stream="verification/kitchens/pho", sequence=number)


def price(value: int, sequence: int = 1, price_list: str = "menu") -> Record:
    data = PriceSetV1(price_list=price_list, price=value)
    return record_of(data, stream=f"intake/price_lists/{price_list}", sequence=sequence)


async def cooked(service: ToyService) -> tuple[int, ...]:
    return (await service.aggregates.get(KITCHENS, "pho") or Kitchen()).cooked


async def billed(service: ToyService) -> tuple[int, ...]:
    return (await service.aggregates.get(BILLS, "pho") or Bill()).billed


class TestReferences:
    async def test_event_is_parked_until_its_reference_comes(self, world: World) -> None:
        await world.till.inbox.consume([dish(1)])
        assert await billed(world.till) == ()
        assert await world.till.inbox.waiting() == {"prices/menu": ["bills/pho"]}
        await world.till.inbox.consume([price(4)])
        assert await world.till.aggregates.get(BILLS, "pho") == Bill(billed=(1,), total=4)
        assert await world.till.inbox.waiting() == {}

    async def test_what_comes_behind_a_parked_event_stays_behind_it(self, world: World) -> None:
        await world.till.inbox.consume([price(4, price_list="other")])
        await world.till.inbox.consume([dish(1)])
        await world.till.inbox.consume([dish(2, "other")])
        assert await billed(world.till) == ()
        await world.till.inbox.consume([dish(3, "other"), price(5)])
        assert await billed(world.till) == (1, 2, 3)

    async def test_parked_events_wait_for_one_reference_after_the_other(self, world: World) -> None:
        await world.till.inbox.consume([dish(1, "first"), dish(2, "second"), dish(3, "first")])
        await world.till.inbox.consume([price(1, price_list="first")])
        assert await billed(world.till) == (1,)
        assert await world.till.inbox.waiting() == {"prices/second": ["bills/pho"]}
        await world.till.inbox.consume([price(1, price_list="second")])
        assert await billed(world.till) == (1, 2, 3)

    async def test_held_events_join_behind_the_parked_ones(self, world: World) -> None:
        await world.till.inbox.consume([dish(1)])
        await world.till.inbox.consume([dish(3)])
        await world.till.inbox.consume([dish(2)])
        await world.till.inbox.consume([price(1)])
        assert await billed(world.till) == (1, 2, 3)

    async def test_reference_that_comes_between_look_and_park_is_not_missed(self, world: World) -> None:
        """Another process writes the reference, and finds nothing parked, after this one has looked for it."""
        other = ToyService(world, "scoring")
        whole = world.till.store.put_many
        pending = [price(6)]

        async def put_many(writes: Any) -> list[bool]:
            if pending:
                await other.inbox.consume([pending.pop()])
            return await whole(writes)

        world.till.store.put_many = put_many  # type: ignore[method-assign]
        await world.till.inbox.consume([dish(1)])
        assert await billed(world.till) == (1,)

    async def test_reference_without_a_state_releases_nothing_and_does_not_spin(self, world: World) -> None:
        """A list that waits for its own predecessor, as no compacted topic makes it wait."""
        await world.till.inbox.consume([dish(1)])
        with _deleting("toy-prices"):
            await world.till.inbox.consume([price(9, sequence=2)])
            await world.till.inbox.sweep()
            assert await world.till.aggregates.get(PRICES, "menu") is None
            assert await world.till.inbox.waiting() == {"prices/menu": ["bills/pho"]}
            await world.till.inbox.consume([price(8, sequence=1)])
        assert await world.till.aggregates.get(BILLS, "pho") == Bill(billed=(1,), total=9)

    async def test_reference_written_by_a_command_is_found_by_the_sweep(self, world: World) -> None:
        await world.till.inbox.consume([dish(1)])
        await world.till.aggregates.execute(PRICES, "menu", lambda _: aggregate.Change(PRICES.state(price=2)))
        await world.till.inbox.sweep()
        assert await billed(world.till) == (1,)

    async def test_many_aggregates_wait_for_one_reference(self, world: World) -> None:
        shops = [f"shop-{number}" for number in range(450)]
        for shop in shops:
            data = DishServedV1(shop=shop, number=1, amount=1)
            await world.till.inbox.consume([record_of(data, stream=f"verification/kitchens/{shop}", sequence=1)])
        await world.till.inbox.consume([price(3)])
        assert await world.till.inbox.waiting() == {}
        assert len(await world.till.aggregates.all(BILLS)) == 450

    async def test_more_than_can_be_parked_comes_again_from_the_journal(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(aggregate, "_PARKED_MAX", 3)
        for number in range(1, 11):
            await world.order("pho", number)
        await world.intake.publish()
        await world.kitchen.deliver("toy-orders")
        await world.kitchen.publish()
        await world.till.deliver("toy-dishes")
        assert len(world.stores["scoring"].bodies()[("bills", "pho")]["parked"]) == 3
        assert world.till.asked == []  # as long as nothing fits in, there is no use in asking
        await world.set_price(2)
        await world.finish()
        assert await billed(world.till) == tuple(range(1, 11))
        world.assert_nothing_left()


class TestGaps:
    async def test_event_after_a_gap_is_held_and_the_gap_asked_for(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(1)])
        await world.kitchen.inbox.consume([order(4)])
        assert await cooked(world.kitchen) == (1,)
        assert world.kitchen.asked == [
            RepublishRequestedV1(
                requested_topic="toy-orders",
                requested_by="verification",
                stream=STREAM,
                first_sequence=2,
                last_sequence=3,
            )
        ]

    async def test_gap_is_healed_from_the_journal(self, world: World) -> None:
        for number in range(1, 6):
            await world.order("pho", number)
        await world.intake.publish()
        assert world.broker.lose(lambda record: record.headers.get("ce_sequence") in ("2", "3")) == 2
        await world.kitchen.deliver("toy-orders")
        assert await cooked(world.kitchen) == (1,)
        await world.finish()
        assert await cooked(world.kitchen) == (1, 2, 3, 4, 5)

    async def test_any_order_within_a_batch_is_set_right(self, world: World) -> None:
        records = [order(number) for number in range(1, 60)]
        random.Random(5).shuffle(records)
        await world.kitchen.inbox.consume([*records, *records[::-1]])
        assert await cooked(world.kitchen) == tuple(range(1, 60))
        assert world.kitchen.asked == []

    async def test_repetition_changes_nothing(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(1), order(2)])
        before = world.stores["verification"].bodies()
        await world.kitchen.inbox.consume([order(2), order(1)])
        assert world.stores["verification"].bodies() == before

    async def test_what_is_held_is_bounded_and_the_rest_asked_for(self, world: World) -> None:
        for number in range(1, 301):
            await world.order("pho", number)
        await world.intake.publish()
        world.broker.lose(lambda record: record.headers.get("ce_sequence") == "1")
        await world.kitchen.deliver("toy-orders")
        held = world.stores["verification"].bodies()[("kitchens", "pho")]["held"]
        assert len(held) == 100
        await world.set_price(1)
        await world.finish()
        assert await cooked(world.kitchen) == tuple(range(1, 301))
        world.assert_nothing_left()

    async def test_large_events_are_held_by_their_bytes(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aggregate, "_KEPT_BYTES", 1500)
        await world.kitchen.inbox.consume([order(number) for number in (9, 8, 7, 6, 5, 4, 3, 2)])
        body = world.stores["verification"].bodies()[("kitchens", "pho")]
        assert sum(kept["size"] for kept in body["held"]) <= 1500
        assert sorted(kept["event"]["sequence"] for kept in body["held"])[0] == 2
        assert list(body["ahead"].values()) == [9]

    async def test_streams_do_not_wait_for_each_other(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(2, stream="intake/shops/one"), order(7, 1, stream="intake/shops/two")])
        assert await cooked(world.kitchen) == (7,)
        await world.kitchen.inbox.consume([order(1, stream="intake/shops/one")])
        assert await cooked(world.kitchen) == (7, 1, 2)

    async def test_sweep_asks_again_for_a_gap_whose_request_was_lost(self, world: World) -> None:
        await world.kitchen.inbox.consume([order(2)])
        world.restart("verification")
        await world.kitchen.inbox.sweep()
        assert [(r.first_sequence, r.last_sequence) for r in world.kitchen.asked] == [(1, 1)]

    async def test_a_topic_goes_into_one_collection_only(self, world: World) -> None:
        world.handlers["verification"] = (COOK, replace(COOK, event=_OtherOrder, into=BILLS))
        with pytest.raises(ValueError, match="two collections"):
            world.restart("verification")


class TestCompacted:
    """Each event tells the whole state, and compaction leaves only the newest: there is no gap to wait for."""

    async def test_newcomer_takes_the_newest_at_once(self, world: World) -> None:
        await world.till.inbox.consume([dish(1)])
        await world.till.inbox.consume([price(7, sequence=5)])
        assert await world.till.aggregates.get(BILLS, "pho") == Bill(billed=(1,), total=7)
        assert world.till.asked == []
        assert world.till.kept("held") + world.till.kept("ahead") == []

    async def test_earlier_state_that_comes_later_is_dropped(self, world: World) -> None:
        await world.till.inbox.consume([price(7, sequence=5), price(3, sequence=2)])
        await world.till.inbox.consume([price(4, sequence=3), price(6, sequence=4), price(7, sequence=5)])
        assert await world.till.aggregates.get(PRICES, "menu") == PRICES.state(price=7)
        await world.till.inbox.consume([price(9, sequence=7), price(8, sequence=6)])
        assert await world.till.aggregates.get(PRICES, "menu") == PRICES.state(price=9)
        assert world.till.asked == []

    async def test_what_was_compacted_away_is_not_missed(self, world: World) -> None:
        for value in (1, 2, 3):
            await world.set_price(value)
        await world.intake.publish()
        world.broker.lose(lambda record: record.topic == "toy-prices" and record.headers["ce_sequence"] != "3")
        await world.till.deliver("toy-prices")
        assert await world.till.aggregates.get(PRICES, "menu") == PRICES.state(price=3)
        await world.finish()
        assert len(world.broker.records("toy-prices")) == 1


@contextmanager
def _deleting(name: str) -> Iterator[None]:
    """A topic as if it were not compacted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(topics(), name, topics()[name].model_copy(update={"cleanup": "delete"}))
        yield


class _OtherOrder:
    topic = "toy-orders"
    type_ = "toy.other.v1"


async def test_of_very_many_parked_the_first_are_named_and_all_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "_TOLD", 3)
    monkeypatch.setattr(parked, "_PAGE", 2)
    for shop in range(7):
        data = DishServedV1(shop=f"shop-{shop}", number=1, amount=1, price_list="menu")
        await world.till.inbox.consume([record_of(data, stream=f"verification/kitchens/shop-{shop}", sequence=1)])
    assert await world.till.inbox.count_waiting() == 7
    assert await world.till.inbox.waiting() == {"prices/menu": [f"bills/shop-{shop}" for shop in range(4)]}
