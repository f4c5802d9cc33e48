"""An event type is replaced by its next major while old messages stand in topics, journals, stores and dead letters."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from delivery_toys import COOK, KITCHENS, SHOPS, Kitchen, OrderPlacedV1, Shop
from delivery_world import World, record_of

from shared.contracts import registry, upcast
from shared.contracts.envelope import EVENT_TYPES, CloudEvent, Event, EventData
from shared.messaging import inbox
from shared.messaging.aggregate import Change, Outgoing
from shared.messaging.handlers import Context, Handler
from shared.messaging.messages import Record

REF = ("kitchens", "price")


class OrderPlacedV2(EventData):
    """An order may hold several dishes: `amount` became `amounts`."""

    type_: ClassVar[str] = "toy.order.placed.v2"
    topic: ClassVar[str] = "toy-orders"

    shop: str
    number: int
    amounts: tuple[int, ...]


del EVENT_TYPES[OrderPlacedV2.type_]  # known only while a test says so


def order_v1_v2(data: OrderPlacedV1, _: CloudEvent) -> OrderPlacedV2:
    return OrderPlacedV2(shop=data.shop, number=data.number, amounts=(data.amount,))


def cook(state: Kitchen | None, event: Event[OrderPlacedV2], context: Context) -> Change[Kitchen]:
    """Knows V2 only."""
    assert isinstance(event.data, OrderPlacedV2)
    order = event.data
    v1 = OrderPlacedV1(shop=order.shop, number=order.number, amount=sum(order.amounts))
    return COOK.apply(state, Event(envelope=event.envelope, data=v1), context)


COOK_V2 = Handler(OrderPlacedV2, KITCHENS, lambda data: data.shop, cook)


UPCASTS: dict[str, upcast.Upcast] = {}  # of the release that consumes: the first one knows of no V2


@pytest.fixture(autouse=True)
def _second_major(monkeypatch: pytest.MonkeyPatch) -> None:
    UPCASTS.clear()
    monkeypatch.setitem(EVENT_TYPES, OrderPlacedV2.type_, OrderPlacedV2)
    monkeypatch.setattr(upcast, "UPCASTS", UPCASTS)
    monkeypatch.setattr(inbox, "UPCASTS", UPCASTS)
    orders = registry.topics()["toy-orders"]
    both = orders.model_copy(update={"events": (OrderPlacedV2.type_, OrderPlacedV1.type_)})
    monkeypatch.setitem(registry.topics(), "toy-orders", both)


def v1(number: int, amount: int = 1) -> Record:
    data = OrderPlacedV1(shop="pho", number=number, amount=amount)
    return record_of(data, stream="intake/shops/pho", sequence=number)


def v2(number: int, *amounts: int) -> Record:
    data = OrderPlacedV2(shop="pho", number=number, amounts=amounts or (1,))
    return record_of(data, stream="intake/shops/pho", sequence=number)


def upgraded(world: World) -> None:
    """The consumer is of the release that knows V2, and handles nothing else."""
    restarted_with(world, COOK_V2)


def restarted_with(world: World, handler: Handler, read: Any = order_v1_v2) -> None:
    UPCASTS[OrderPlacedV1.type_] = upcast.Upcast(OrderPlacedV1, OrderPlacedV2, read)
    world.handlers["verification"] = (handler,)
    world.restart("verification")


def place_v2(number: int, amount: int) -> Any:
    """The producer says V2 from now on."""

    def decide(state: Shop | None) -> Change[Shop]:
        after = (state or Shop()).model_copy(update={"orders": (*(state.orders if state else ()), number)})
        return Change(after, (Outgoing(OrderPlacedV2(shop="pho", number=number, amounts=(amount,)), "pho"),))

    return decide


async def cooked(world: World) -> tuple[int, ...]:
    return (await world.kitchen.aggregates.get(KITCHENS, "pho") or Kitchen()).cooked


@pytest.mark.parametrize("seed", range(5))
async def test_one_stream_of_both_majors_is_taken_in_order_whatever_the_order_of_arrival(
    world: World, seed: int
) -> None:
    upgraded(world)
    messages = [v1(1), v1(2), v2(3), v2(4), v1(5), v2(6)]  # a process of the old release was still there at 5
    random.Random(seed).shuffle(messages)
    for message in messages:
        await world.kitchen.inbox.consume([message])
        await world.kitchen.inbox.consume([message])
    assert await cooked(world) == (1, 2, 3, 4, 5, 6)


async def test_what_follows_is_the_same_whether_it_was_said_as_v1_or_as_v2(world: World) -> None:
    upgraded(world)
    other = World(handlers=world.handlers)
    await world.kitchen.inbox.consume([v1(1, 2), v1(2, 3)])
    await other.kitchen.inbox.consume([v2(1, 2), v2(2, 3)])
    assert await _told(world) == await _told(other)


async def test_topic_with_old_and_new_messages_from_its_producers_journal(world: World) -> None:
    """Both sides move to the new release in the middle; then the broker loses everything, and all is replayed."""
    for number in (1, 2, 3):
        await world.order("pho", number)
    await world.intake.publish()
    upgraded(world)
    for number in (4, 5):
        await world.intake.aggregates.execute(SHOPS, "pho", place_v2(number, 1))
    await world.set_price(10)
    await world.finish()
    said = [record.headers["ce_type"] for record in world.broker.records("toy-orders")]
    assert said == ["toy.order.placed.v1"] * 3 + ["toy.order.placed.v2"] * 2
    before = world.states()
    world.broker.lose_everything()
    for name in list(world.services):
        world.restart(name)
    await world.intake.relay.replay("toy-orders")
    await world.finish()
    assert world.states() == before
    assert await cooked(world) == (1, 2, 3, 4, 5)
    world.assert_nothing_left()


async def test_newcomer_reads_the_whole_journal_of_both_majors(world: World) -> None:
    world.handlers["verification"] = ()
    for number in (1, 2):
        await world.order("pho", number)
    await world.intake.publish()
    await world.intake.aggregates.execute(SHOPS, "pho", place_v2(3, 1))
    await world.intake.publish()
    world.broker.lose_everything()
    upgraded(world)
    await world.set_price(10)
    world.restart("intake")
    await world.finish()
    assert await cooked(world) == (1, 2, 3)


async def test_held_events_of_v1_are_taken_when_their_predecessor_comes_as_v2(world: World) -> None:
    await world.kitchen.inbox.consume([v1(2), v1(3)])
    assert await cooked(world) == ()
    upgraded(world)
    await world.kitchen.inbox.consume([v2(1)])
    assert await cooked(world) == (1, 2, 3)


async def test_parked_events_of_v1_are_taken_by_the_new_release(world: World) -> None:
    world.handlers["verification"] = (replace(COOK, needs=lambda _: (REF,)),)
    world.restart("verification")
    await world.kitchen.inbox.consume([v1(1), v1(2)])
    assert len(world.kitchen.kept("parked")) == 1
    restarted_with(world, replace(COOK_V2, needs=lambda data: (REF,) if data.amounts else ()))
    await world.kitchen.inbox.consume([v2(3)])
    await world.kitchen.aggregates.execute(KITCHENS, "price", lambda _: Change(Kitchen()))
    await world.kitchen.inbox.sweep()
    assert await cooked(world) == (1, 2, 3)


async def test_dead_letters_of_v1_are_retried_by_the_new_release(world: World) -> None:
    await world.kitchen.inbox.consume([v1(1), v1(2, -1), v1(3)])
    (letter,) = await world.kitchen.inbox.dead_letters.list()

    def lenient(state: Kitchen | None, event: Event[OrderPlacedV2], context: Context) -> Change[Kitchen]:
        return cook(state, event.model_copy(update={"data": event.data.model_copy(update={"amounts": (1,)})}), context)

    restarted_with(world, replace(COOK_V2, apply=lenient))
    for _ in range(2):
        await world.kitchen.inbox.retry(letter.message.id, "op")
    assert await cooked(world) == (1, 3, 2)


async def test_consumer_that_was_not_upgraded_in_time_sets_v2_aside_and_takes_it_up_afterwards(world: World) -> None:
    """Consumers are upgraded before producers. Where that went wrong, nothing is lost: it is tried again."""
    await world.kitchen.inbox.consume([v1(1), v2(2), v1(3)])
    assert await cooked(world) == (1, 3)
    (letter,) = await world.kitchen.inbox.dead_letters.list()
    assert "toy.order.placed.v2" in letter.message.reason
    upgraded(world)
    await world.kitchen.inbox.retry(letter.message.id, "op")
    await world.kitchen.inbox.consume([v2(2), v2(4)])
    assert await cooked(world) == (1, 3, 2, 4)


async def test_upcast_that_fails_sets_aside_only_its_message(world: World) -> None:
    def fails(data: OrderPlacedV1, envelope: CloudEvent) -> OrderPlacedV2:
        if data.number == 2:
            raise ValueError("not to be read")
        return order_v1_v2(data, envelope)

    restarted_with(world, COOK_V2, fails)
    await world.kitchen.inbox.consume([v1(1), v1(2), v1(3)])
    assert await cooked(world) == (1, 3)
    (letter,) = await world.kitchen.inbox.dead_letters.list()
    assert letter.message.reason.startswith("unreadable: it cannot be read as toy.order.placed.v2")


async def test_upcast_that_fails_on_what_is_held_stops_nothing_else(world: World) -> None:
    def fails(_: OrderPlacedV1, __: CloudEvent) -> OrderPlacedV2:
        raise ValueError("not to be read")

    await world.kitchen.inbox.consume([v1(2)])
    restarted_with(world, COOK_V2, fails)
    await world.kitchen.inbox.consume([v2(1), v2(3)])
    assert await cooked(world) == (1, 3)
    assert len(await world.kitchen.inbox.dead_letters.list()) == 1


def test_handler_of_a_type_that_is_read_as_a_newer_one_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match=r"placed\.v1 is read as toy\.order\.placed\.v2"):
        restarted_with(world, COOK)


async def _told(world: World) -> list[Any]:
    """Everything that verification says because of it."""
    await world.kitchen.publish()
    return [(record.key, record.value) for record in world.broker.records("toy-dishes")]
