"""States as plain JSON: changed without being read, they are stored and told as their classes would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from delivery_toys import SHOPS, OrderPlacedV1, Shop, place
from delivery_world import World

from shared.contracts.registry import largest_value
from shared.kernel.errors import Invalid
from shared.messaging.aggregate import AggregateDocument, PlainChange, PlainOutgoing
from shared.messaging.plain import execute_plain
from shared.storage.port import Document, StoreUnavailable

Decide = Callable[[Any], PlainChange]


def place_plain(shop: str, number: int) -> Decide:
    """`place` on plain JSON."""

    def decide(state: Any) -> PlainChange:
        orders = state.get("orders", []) if state else []
        if number in orders:
            return PlainChange(state)
        event = PlainOutgoing(OrderPlacedV1, {"shop": shop, "number": number, "amount": 1}, shop)
        return PlainChange({**(state or {}), "orders": [*orders, number]}, {}, (event,))

    return decide


async def run(world: World, decisions: dict[str, Decide]) -> dict[str, Invalid]:
    aggregates = world.intake.aggregates
    there = await aggregates.store.get_many(SHOPS.name, list(decisions))
    found = {key: AggregateDocument.load(SHOPS, key, there.get(key)) for key in decisions}
    return await execute_plain(aggregates, SHOPS, decisions, found, actor="chi-lan")


async def test_what_is_decided_on_plain_json_is_stored_and_told_like_any_other(world: World) -> None:
    other = World()
    await world.order("pho", 1)
    await run(world, {"pho": place_plain("pho", 2), "bun": place_plain("bun", 1)})
    for shop, number, actor in (("pho", 1, ""), ("pho", 2, "chi-lan"), ("bun", 1, "chi-lan")):
        await other.intake.aggregates.execute(SHOPS, shop, place(shop, number), actor=actor)
    assert world.stores["intake"].bodies()[("shops", "pho")]["state"] == {"orders": [1, 2]}
    assert {k: v.orders for k, v in (await world.intake.aggregates.all(SHOPS)).items()} == {"pho": (1, 2), "bun": (1,)}
    told, expected = [[one.entry for one in await w.intake.store.unpublished("toy-orders")] for w in (world, other)]
    assert told == expected
    await world.finish()


async def test_what_is_left_as_it_is_is_not_written(world: World) -> None:
    await world.order("pho", 1)
    before = world.stores["intake"].bodies()
    await run(world, {"pho": place_plain("pho", 1)})
    assert world.stores["intake"].bodies() == before


async def test_one_whose_event_is_too_large_is_left_as_it_was_and_stops_no_other(world: World) -> None:
    await world.order("pho", 1)

    def too_large(state: Any) -> PlainChange:
        plain = {"shop": "pho", "number": 2, "amount": 1, "note": "x" * largest_value("toy-orders")}
        return PlainChange({"orders": [1, 2]}, {}, (PlainOutgoing(OrderPlacedV1, plain, "pho"),))

    refused = await run(world, {"pho": too_large, "bun": place_plain("bun", 1)})
    assert {key: refusal.code for key, refusal in refused.items()} == {"pho": "event.too_large"}
    assert {k: v.orders for k, v in (await world.intake.aggregates.all(SHOPS)).items()} == {"pho": (1,), "bun": (1,)}


async def test_who_was_first_is_kept_and_the_others_decide_anew(world: World) -> None:
    whole, conflicts = world.intake.store.put_many, ["once"]

    async def put_many(writes: Any) -> list[bool]:
        if conflicts:
            conflicts.pop()
            await world.order("pho", 7)
        return await whole(writes)

    world.intake.store.put_many = put_many  # type: ignore[method-assign]
    await run(world, {"pho": place_plain("pho", 2), "bun": place_plain("bun", 1)})
    assert {k: v.orders for k, v in (await world.intake.aggregates.all(SHOPS)).items()} == {"pho": (7, 2), "bun": (1,)}


async def test_who_is_never_first_gives_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_: int) -> None:
        pass

    async def never(writes: Any) -> list[bool]:
        return [False for _ in writes]

    monkeypatch.setattr("shared.messaging.plain.wait_for_others", at_once)
    world.intake.store.put_many = never  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable, match="changed by others"):
        await run(world, {"pho": place_plain("pho", 1)})


async def test_a_plain_state_is_read_into_its_class_when_somebody_asks(world: World) -> None:
    document = AggregateDocument.load(SHOPS, "pho", None)
    document.apply("intake", place_plain("pho", 3)(document.raw_state), world.clock.now())
    assert document.state is not None
    assert document.state.orders == (3,)
    document.apply("intake", place("pho", 4)(document.state), world.clock.now())
    assert document.raw_state == {"orders": [3, 4]}
    assert [entry.sequence for entry in document.outgoing] == [1, 2]


def test_a_document_of_version_0_1_is_found_as_before_when_its_state_is_written_back_or_changed_in_part() -> None:
    by_order = replace(SHOPS, index_names=("order", "size"), indexes=orders_and_size)
    for change, size in ((PlainChange(None), "2"), (PlainChange({"orders": [1, 2, 3]}, {"size": ["3"]}), "3")):
        body = {"state": {"orders": [1, 2]}, "emitted": {}, "outbox": [], "consumed": {}}  # no word of indexes
        document = AggregateDocument.load(by_order, "pho", Document("shops", "pho", 1, body))
        document.apply(
            "intake", change if change.state else PlainChange(document.raw_state), datetime(2021, 11, 1, tzinfo=UTC)
        )
        written = document.write()
        assert {name: written.indexes[name] for name in by_order.index_names} == {"order": ["1", "2"], "size": [size]}
        assert written.body["indexes"] == {"order": ["1", "2"], "size": [size]}


def orders_and_size(shop: Shop) -> dict[str, list[str]]:
    return {"order": [str(order) for order in shop.orders], "size": [str(len(shop.orders))]}
