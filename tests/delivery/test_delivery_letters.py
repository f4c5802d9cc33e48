"""A dead letter that is tried again harms nothing that came after it, and is not taken a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from delivery_toys import COOK, KEEP_PRICE, KITCHENS, PRICE_LIST, PRICES, Kitchen, OrderPlacedV1, Price, PriceSetV1
from delivery_world import World, record_of

from shared.contracts.envelope import Event
from shared.messaging.aggregate import Change
from shared.messaging.handlers import Context
from shared.messaging.messages import Record
from shared.storage.port import StoreUnavailable, Write

STREAM = f"intake/price_lists/{PRICE_LIST}"


def price(sequence: int) -> Record:
    return record_of(PriceSetV1(price_list=PRICE_LIST, price=10 * sequence), stream=STREAM, sequence=sequence)


def order(number: int) -> Record:
    return record_of(OrderPlacedV1(shop="pho", number=number, amount=1), stream="intake/shops/pho", sequence=number)


def failing(world: World, *numbers: int) -> None:
    """Prices and orders with these numbers fail from now on, and all others are taken."""

    def keep(state: Price | None, event: Event[PriceSetV1], context: Context) -> Change[Price]:
        if event.envelope.sequence in numbers:
            raise RuntimeError("not now")
        return KEEP_PRICE.apply(state, event, context)

    def cook(state: Kitchen | None, event: Event[OrderPlacedV1], context: Context) -> Change[Kitchen]:
        if event.data.number in numbers:
            raise RuntimeError("not now")
        return COOK.apply(state, event, context)

    world.handlers["scoring"] = (replace(KEEP_PRICE, apply=keep),)
    world.handlers["verification"] = (replace(COOK, apply=cook),)
    world.restart("scoring")
    world.restart("verification")


async def price_kept(world: World) -> int:
    kept = await world.till.aggregates.get(PRICES, PRICE_LIST)
    return kept.price if kept else 0


async def letters(world: World, service: str) -> dict[int, str]:
    """Ids by the sequence of the event."""
    kept = world.services[service].inbox.dead_letters
    found = [await kept.get(letter.message.id) for letter in await kept.list()]
    return {int(letter.message.headers["ce_sequence"]): letter.message.id for letter in found}


class TestOlderState:
    """Events of a compacted topic tell the whole state: one that is older must not take the place of a newer one."""

    async def test_does_not_take_the_place_of_a_newer_one(self, world: World) -> None:
        failing(world, 2)
        await world.till.inbox.consume([price(1), price(2), price(3)])
        id_ = (await letters(world, "scoring"))[2]
        failing(world)
        letter = await world.till.inbox.retry(id_, "op")
        assert letter is not None
        assert (letter.status, letter.note) == ("retried", "op: a newer event tells the whole state")
        assert await price_kept(world) == 30

    async def test_is_taken_where_the_newer_one_failed_too(self, world: World) -> None:
        failing(world, 2, 3)
        await world.till.inbox.consume([price(1), price(2), price(3)])
        ids = await letters(world, "scoring")
        failing(world)
        await world.till.inbox.retry(ids[2], "op")
        assert await price_kept(world) == 20
        await world.till.inbox.retry(ids[3], "op")
        assert await price_kept(world) == 30

    async def test_is_taken_where_nothing_stands_yet(self, world: World) -> None:
        failing(world, 1, 2)
        await world.till.inbox.consume([price(1), price(2)])
        ids = await letters(world, "scoring")
        failing(world)
        await world.till.inbox.retry(ids[1], "op")
        assert await price_kept(world) == 10
        await world.till.inbox.retry(ids[2], "op")
        assert await price_kept(world) == 20

    async def test_that_comes_after_a_newer_one_was_retried_is_passed_over(self, world: World) -> None:
        """The newer one could not be read, so that the stream had not come to it when it was retried."""
        unreadable = replace(price(2), headers={**price(2).headers, "ce_type": "toy.price.set.v9"})
        await world.till.inbox.consume([unreadable])
        id_ = (await letters(world, "scoring"))[2]
        await _mend(world, id_)
        await world.till.inbox.retry(id_, "op")
        await world.till.inbox.consume([price(1)])
        assert await price_kept(world) == 20
        await world.till.inbox.consume([price(3)])
        assert await price_kept(world) == 30

    async def test_of_a_document_without_the_note_is_judged_by_what_was_consumed(self, world: World) -> None:
        """Documents of release 0.1.0 do not note what was taken."""
        failing(world, 1)
        await world.till.inbox.consume([price(1), price(2)])
        id_ = (await letters(world, "scoring"))[1]
        await _rewrite(world, "prices", PRICE_LIST, lambda cursor: not cursor.startswith("applied|"))
        failing(world)
        await world.till.inbox.retry(id_, "op")
        assert await price_kept(world) == 20


class TestCameAgain:
    """Set aside, but the aggregate was not written: the message came again, and did not fail any more."""

    async def test_is_not_taken_a_second_time_when_it_is_retried(self, world: World) -> None:
        id_ = await self._set_aside_and_cut_off(world)
        failing(world)
        await world.kitchen.inbox.consume([order(1), order(2)])
        assert await self._cooked(world) == (1, 2)
        letter = await world.kitchen.inbox.retry(id_, "op")
        assert letter is not None
        assert letter.status == "retried"
        assert await self._cooked(world) == (1, 2)

    async def test_is_taken_when_it_failed_again(self, world: World) -> None:
        id_ = await self._set_aside_and_cut_off(world)
        await world.kitchen.inbox.consume([order(1), order(2)])
        assert await self._cooked(world) == (2,)
        failing(world)
        await world.kitchen.inbox.retry(id_, "op")
        await world.kitchen.inbox.retry(id_, "op")
        assert await self._cooked(world) == (2, 1)

    async def test_is_taken_once_when_retries_fail_before_one_succeeds(self, world: World) -> None:
        failing(world, 1)
        await world.kitchen.inbox.consume([order(1), order(2)])
        id_ = (await letters(world, "verification"))[1]
        for _ in range(2):
            with pytest.raises(Exception, match="failed again"):
                await world.kitchen.inbox.retry(id_, "op")
        failing(world)
        await world.kitchen.inbox.retry(id_, "op")
        await world.kitchen.inbox.consume([order(1), order(2)])
        assert await self._cooked(world) == (2, 1)

    async def test_letter_of_an_earlier_release_is_taken(self, world: World) -> None:
        """Nothing was noted then: it counts as passed over, as it did."""
        failing(world, 1)
        await world.kitchen.inbox.consume([order(1), order(2)])
        id_ = (await letters(world, "verification"))[1]
        await _rewrite(world, "kitchens", "pho", lambda cursor: not cursor.startswith("aside|"), "verification")
        await _unnoted(world, id_)
        failing(world)
        await world.kitchen.inbox.retry(id_, "op")
        assert await self._cooked(world) == (2, 1)

    async def _set_aside_and_cut_off(self, world: World) -> str:
        failing(world, 1)
        world.kitchen.store.put_many = _silent  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable):
            await world.kitchen.inbox.consume([order(1), order(2)])
        failing(world, 1)
        return (await letters(world, "verification"))[1]

    async def _cooked(self, world: World) -> tuple[int, ...]:
        return (await world.kitchen.aggregates.get(KITCHENS, "pho") or Kitchen()).cooked


async def test_what_became_of_letters_is_counted(world: World) -> None:
    failing(world, 1, 2)
    await world.kitchen.inbox.consume([order(1), order(2)])
    ids = await letters(world, "verification")
    with pytest.raises(Exception, match="failed again"):
        await world.kitchen.inbox.retry(ids[1], "op")
    await world.kitchen.inbox.discard(ids[2], "not needed", "op")
    counts = world.kitchen.inbox._metrics
    status: dict[str, Any] = {"consumed": {}, "unpublished": {}, "stuck": [], "parked": {}, "parked_aggregates": 0}
    text = counts.render({**status, "dead_letters": 1, "running": True}).decode()
    for outcome in ("failed", "discarded"):
        assert f'xephang_dead_letters_settled_total{{outcome="{outcome}",service="verification"}} 1.0' in text
    assert 'xephang_events_set_aside_total{service="verification",topic="toy-orders"} 2.0' in text


async def _silent(_: Any) -> list[bool]:
    raise StoreUnavailable("the store does not answer")


async def _rewrite(world: World, collection: str, key: str, keeps: Any, service: str = "scoring") -> None:
    """The document without some of what it notes."""
    store = world.stores[service]
    found = await store.get(collection, key)
    assert found is not None
    consumed = {cursor: place for cursor, place in found.body["consumed"].items() if keeps(cursor)}
    await store.put(Write(collection, key, {**found.body, "consumed": consumed}, found.version))


async def _unnoted(world: World, id_: str) -> None:
    store = world.stores["verification"]
    found = await store.get("dead_letters", id_)
    assert found is not None
    state = {name: value for name, value in found.body["state"].items() if name != "noted"}
    indexes = {"status": ["waiting"]}
    await store.put(Write("dead_letters", id_, {**found.body, "state": state}, found.version, indexes))


async def _mend(world: World, id_: str) -> None:
    """As if the code could read now what it could not."""
    store = world.stores["scoring"]
    found = await store.get("dead_letters", id_)
    assert found is not None
    state = found.body["state"]
    state["message"]["headers"]["ce_type"] = PriceSetV1.type_
    await store.put(Write("dead_letters", id_, found.body, found.version, {"status": ["waiting"]}))
