"""The relay: nothing goes out that is not in the journal, nothing is cleared unacknowledged, never too far ahead."""

from __future__ import annotations

import asyncio
import contextlib
from binascii import crc32
from collections.abc import AsyncIterator
from typing import Any

import pytest
from delivery_store import Crash
from delivery_toys import KITCHENS, SHOPS, Kitchen, OrderPlacedV1, Shop, place
from delivery_world import REQUESTS, ToyService, World

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.registry import topics
from shared.messaging.aggregate import Change, Outgoing
from shared.messaging.messages import PublisherUnavailable
from shared.messaging.relay import RelayLimits
from shared.storage.port import JournalEntry, Write

RING = 5 * 2**20


@pytest.fixture(params=[True, False], ids=["journaled with the document", "journaled by the relay"])
def world(request: pytest.FixtureRequest) -> World:
    """On SQLite events are in the journal from their writing on, on MongoDB the relay puts them there."""
    return World(journals_at_once=request.param)


def a_request(topic: str = "toy-orders", **values: Any) -> RepublishRequestedV1:
    return RepublishRequestedV1(requested_topic=topic, requested_by="verification", **values)


def sequences(world: World, topic: str = "toy-orders") -> list[int]:
    return [int(record.headers["ce_sequence"]) for record in world.broker.records(topic)]


class TestPublishing:
    async def test_journal_first_then_broker_then_document(self, world: World) -> None:
        await world.order("pho", 1)
        world.broker.silent = True
        assert not await _publish_pending(world.intake)
        assert len(world.stores["intake"].journal("toy-orders")) == 1
        assert world.intake.kept("outbox") == ["shops/pho"]
        world.broker.silent = False
        assert await _publish_pending(world.intake)
        assert sequences(world) == [1]
        assert world.intake.kept("outbox") == []

    @pytest.mark.parametrize("call", range(1, 8))
    async def test_crash_at_any_point_leaves_at_least_one_copy_and_the_right_order(
        self, world: World, call: int
    ) -> None:
        for number in (1, 2, 3):
            await world.order("pho", number)
        world.intake.fuse.blow_at(call)
        with contextlib.suppress(Crash):
            await world.intake.relay.publish_pending()
        await world.restart("intake").relay.publish_pending()
        assert sequences(world)[-3:] == [1, 2, 3]
        assert world.intake.kept("outbox") == []
        assert [entry.sequence for entry in world.stores["intake"].journal("toy-orders")] == [1, 2, 3]

    async def test_document_written_meanwhile_keeps_what_it_says_anew(self, world: World) -> None:
        await world.order("pho", 1)
        other = ToyService(world, "intake")
        whole = world.intake.publisher.publish
        late = [2]

        async def publish(messages: Any) -> Any:
            places = await whole(messages)
            if late:
                await other.aggregates.execute(SHOPS, "pho", place("pho", late.pop()))
            return places

        world.intake.publisher.publish = publish  # type: ignore[method-assign]
        while await world.intake.relay.publish_pending():
            pass
        assert sequences(world) == [1, 2]
        assert world.intake.kept("outbox") == []

    async def test_large_outbox_of_one_document_goes_out_whole(self, world: World) -> None:
        def many(_: Shop | None) -> Change[Shop]:
            numbers = range(1, 1201)
            events = tuple(Outgoing(OrderPlacedV1(shop="pho", number=n, amount=1), "pho") for n in numbers)
            return Change(Shop(orders=tuple(numbers)), events)

        await world.intake.aggregates.execute(SHOPS, "pho", many)
        await world.intake.relay.publish_pending()
        assert sequences(world) == list(range(1, 1201))

    async def test_publishing_writes_no_document_again(self, world: World) -> None:
        """Neither does it lose against a writer, nor a writer against it."""
        await world.order("pho", 1)
        before = await world.intake.store.get("shops", "pho")
        await world.intake.relay.publish_pending()
        assert sequences(world) == [1]
        assert await world.intake.store.get("shops", "pho") == before

    async def test_events_that_version_0_1_left_in_bodies_go_out_first(self, world: World) -> None:
        """One of them was published before, only it was not noted."""
        body = {"state": {"orders": [1, 2]}, "emitted": {"toy-orders": 2}, "outbox": [_pending(1), _pending(2)]}
        await world.intake.store.put(Write("shops", "pho", body, 0, {"outbox": ["toy-orders"]}))
        entry = _pending(1)["event"]
        await world.intake.store.append_journal([JournalEntry("toy-orders", entry["stream"], 1, "pho", {}, b"{}")])
        await world.order("bun", 1)
        await world.intake.publish()
        assert sorted(sequences(world)) == [1, 1, 2]
        assert "outbox" not in world.stores["intake"].bodies()[("shops", "pho")]
        await world.order("pho", 3)
        await world.intake.publish()
        await world.finish()
        assert await world.kitchen.aggregates.get(KITCHENS, "pho") == Kitchen(cooked=(1, 2, 3))

    async def test_a_write_takes_the_events_of_version_0_1_along(self, world: World) -> None:
        await world.intake.publish()
        body = {"state": {"orders": [1]}, "emitted": {"toy-orders": 1}, "outbox": [_pending(1)]}
        await world.intake.store.put(Write("shops", "pho", body, 0, {"outbox": ["toy-orders"]}))
        await world.order("pho", 2)
        await world.intake.publish()
        assert sequences(world) == [1, 2]

    async def test_pending_counts_documents_by_topic(self, world: World) -> None:
        await world.order("pho", 1)
        await world.order("pho", 2)
        await world.set_price(1)
        assert await world.intake.relay.pending() == {"toy-orders": 1, "toy-prices": 1}


class TestBound:
    async def test_fifty_megabytes_through_a_ring_of_five_lose_nothing(self) -> None:
        """The consumer stands still at first; then it comes back. Nothing is pushed out before it was consumed."""
        limits = RelayLimits(max_ahead=RING // 2, batch=20, idle=0.001, mark_every=0.01, look_for_room=0.001)
        world = World(ring=RING, limits=limits)
        shops, count, size = [f"shop-{number}" for number in range(250)], 10, 20_000
        for shop in shops:
            await world.intake.aggregates.execute(SHOPS, shop, _orders(shop, count, size))
        relay = world.intake.relay
        assert await relay.publish_pending()
        assert not await relay.publish_pending()  # no further without the consumer
        assert 0 < _published(world) * size < 2 * RING
        async with _running(world.intake):
            while await relay.pending() or _lag(world):
                await world.kitchen.deliver("toy-orders", limit=50)
                await asyncio.sleep(0)
        assert world.broker.dropped == 0
        assert world.kitchen.asked == []
        assert _published(world) == 2500
        kitchens = await world.kitchen.aggregates.all(KITCHENS)
        assert {shop: k.cooked for shop, k in kitchens.items()} == {shop: tuple(range(1, 11)) for shop in shops}

    async def test_one_event_larger_than_the_bound_goes_out_alone(self) -> None:
        world = World(limits=RelayLimits(max_ahead=1000, idle=0.001, look_for_room=0.001))
        await world.intake.aggregates.execute(SHOPS, "pho", _orders("pho", 3, 5000))
        for number in (1, 2, 3):
            await world.intake.relay.publish_pending()
            assert sequences(world) == list(range(1, number + 1))
            await world.kitchen.deliver("toy-orders")

    async def test_slowest_of_all_groups_counts(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        both = topics()["toy-orders"].model_copy(update={"consumers": ("verification", "scoring")})
        monkeypatch.setitem(topics(), "toy-orders", both)
        world.limits = RelayLimits(max_ahead=1)
        world.restart("intake")
        await world.order("pho", 1)
        await world.order("pho", 2)
        await world.intake.relay.publish_pending()
        await world.kitchen.deliver("toy-orders")
        assert not await world.intake.relay.publish_pending()
        world.broker.commit("scoring", "toy-orders", world.broker.records("toy-orders")[0].partition, 1)
        assert await world.intake.relay.publish_pending()

    async def test_what_an_earlier_process_published_counts(self, world: World) -> None:
        world.limits = RelayLimits(max_ahead=600, idle=0.001, look_for_room=0.001)
        world.restart("intake")
        await world.intake.aggregates.execute(SHOPS, "pho", _orders("pho", 4, 200))
        await world.intake.relay.turn()
        published = sequences(world)
        assert 1 <= len(published) < 4
        await world.restart("intake").relay.turn()
        assert sequences(world) == published
        await world.kitchen.deliver("toy-orders")
        await world.intake.relay.turn()
        assert len(sequences(world)) > len(published)

    async def test_topic_that_stands_still_holds_up_no_other(self, world: World) -> None:
        """The consumers of orders are gone, and a replay of orders is under way; prices go out all the same."""
        world.limits = RelayLimits(max_ahead=1, idle=0.001, look_for_room=0.001)
        world.restart("intake")
        for number in range(1, 6):
            await world.order("pho", number)
        async with _running(world.intake):
            await _until(lambda: len(sequences(world)) == 1)
            world.intake.relay.ask_again(a_request(stream="intake/shops/pho", first_sequence=1, last_sequence=1))
            await world.set_price(3)
            world.intake.relay.wake()
            await _until(lambda: len(sequences(world, "toy-prices")) == 1)

    async def test_failing_topic_holds_up_no_other(self, world: World) -> None:
        whole = world.intake.publisher.publish

        async def publish(messages: Any) -> Any:
            if messages[0].topic == "toy-orders":
                raise RuntimeError("a fault nobody thought of")
            return await whole(messages)

        world.intake.publisher.publish = publish  # type: ignore[method-assign]
        await world.order("pho", 1)
        await world.set_price(3)
        async with _running(world.intake) as task:
            await _until(lambda: len(sequences(world, "toy-prices")) == 1)
            world.intake.publisher.publish = whole  # type: ignore[method-assign]
            await _until(lambda: sequences(world) == [1])
            assert not task.done()


class TestLostLogs:
    async def test_unconsumed_events_are_published_again(self, world: World) -> None:
        for number in (1, 2, 3, 4):
            await world.order("pho", number)
            await world.intake.publish()
            if number == 2:
                await world.kitchen.deliver("toy-orders")
                await world.intake.publish()
        world.broker.lose_everything()
        await world.restart("intake").publish()
        assert sequences(world) == [3, 4]

    async def test_without_a_mark_everything_is(self, world: World) -> None:
        await world.order("pho", 1)
        await world.intake.relay.publish_pending()  # and it ended before it could mark anything
        world.broker.lose_everything()
        await world.restart("intake").publish()
        assert sequences(world) == [1]

    async def test_compacted_topic_gets_the_newest_of_each_key(self, world: World) -> None:
        for price in (1, 2, 3):
            await world.set_price(price)
        await world.set_price(9, "other")
        await world.intake.publish()
        await world.till.deliver("toy-prices")
        await world.intake.publish()
        world.broker.lose_everything()
        await world.restart("intake").publish()
        newest = {record.key: record.headers["ce_sequence"] for record in world.broker.records("toy-prices")}
        assert newest == {"menu": "3", "other": "1"}
        assert len(world.broker.records("toy-prices")) == 2

    async def test_noticed_while_running_before_and_after_something_is_published(self, world: World) -> None:
        for publish_first in (False, True):
            await world.order("pho", 1)
            await world.order("bun", 1)
            await world.intake.publish()
            world.broker.lose_everything()
            if publish_first:
                await world.order("pho", 2)
            while await world.intake.publish():
                pass
            await world.kitchen.deliver("toy-orders")
            assert len(await world.kitchen.aggregates.all(KITCHENS)) == 2

    async def test_crash_while_publishing_again_begins_anew(self, world: World) -> None:
        """By then the new log is longer than the old one was when its end was last noted."""
        await world.order("pho", 1)
        await world.intake.publish()
        for number in range(2, 6):
            await world.order("pho", number)
        await world.intake.relay.publish_pending()
        world.broker.lose_everything()
        world.restart("intake").publisher.silent_after = 3
        await world.intake.publish()
        assert sequences(world) == [1, 2, 3]
        await world.restart("intake").publish()
        await world.kitchen.deliver("toy-orders")
        assert await world.kitchen.aggregates.get(KITCHENS, "pho") == Kitchen(cooked=(1, 2, 3, 4, 5))

    async def test_loss_that_was_noticed_is_not_forgotten_in_a_crash(self, world: World) -> None:
        await world.order("pho", 1)
        await world.intake.publish()
        world.broker.lose_everything()
        shop = next(s for s in map(str, range(99)) if _partition_of(world, s) == _partition_of(world, "pho"))
        await world.order(shop, 1)
        await world.intake.relay.publish_pending()  # it stands where the lost one stood, and then the process ends
        await world.restart("intake").publish()
        await world.kitchen.deliver("toy-orders")
        assert set(await world.kitchen.aggregates.all(KITCHENS)) == {"pho", shop}

    async def test_last_event_of_a_stream_lost_before_it_was_consumed(self, world: World) -> None:
        """No later event tells of it; only the place where it stood does."""
        await world.order("pho", 1)
        await world.intake.publish()
        gone = world.broker.records("toy-orders")[0]
        world.broker.lose(lambda record: record.topic == "toy-orders")
        neighbour = next(s for s in map(str, range(99)) if _partition_of(world, s) == gone.partition)
        await world.order(neighbour, 1)
        await world.intake.publish()
        await world.kitchen.deliver("toy-orders")
        await world.finish()
        assert set(await world.kitchen.aggregates.all(KITCHENS)) == {"pho", neighbour}

    async def test_log_that_is_empty_but_begins_further_on(self, world: World) -> None:
        await world.order("pho", 1)
        await world.intake.publish()
        world.broker.lose(lambda record: record.topic == "toy-orders")
        await world.kitchen.look_after()
        await world.finish()
        assert await world.kitchen.aggregates.get(KITCHENS, "pho") == Kitchen(cooked=(1,))


class TestAddedPartitions:
    async def test_partition_that_is_not_told_of_yet_is_no_loss(self, world: World) -> None:
        """Otherwise the log would be published again for ever, as long as producers know more than the relay."""
        await world.intake.publish()
        world.broker.add_partitions("toy-orders", 3)
        shops = [next(s for s in map(str, range(99)) if _partition_of(world, s) == number) for number in range(5)]
        for shop in shops:
            await world.order(shop, 1)
        for _ in range(3):
            await world.intake.publish()
            await world.kitchen.look_after()
        assert sequences(world) == [1] * 5
        assert world.kitchen.asked == []
        await world.kitchen.deliver("toy-orders")
        await world.intake.publish()
        world.broker.untold.clear()
        await world.intake.publish()
        assert _mark(world)["watermark"] == 5
        await world.restart("intake").publish()
        assert sequences(world) == [1] * 5

    async def test_partition_that_only_one_answer_knows_has_lost_nothing(self, world: World) -> None:
        world.broker.add_partitions("toy-orders", 1)
        world.broker.partitions("toy-orders")[2].end = 7

        async def starts(_: str) -> dict[int, int]:
            return {0: 0, 1: 0, 2: 7}

        world.broker.starts = starts  # type: ignore[method-assign]
        await world.kitchen.look_after()
        assert world.kitchen.asked == []


class TestRequests:
    async def test_range_is_published_again(self, world: World) -> None:
        for number in range(1, 6):
            await world.order("pho", number)
        await world.intake.publish()
        world.intake.relay.ask_again(a_request(stream="intake/shops/pho", first_sequence=2, last_sequence=3))
        await world.intake.relay.serve_requests()
        assert sequences(world) == [1, 2, 3, 4, 5, 2, 3]

    async def test_same_request_waits_once(self, world: World) -> None:
        await world.order("pho", 1)
        await world.intake.publish()
        for _ in range(5):
            world.intake.relay.ask_again(a_request(stream="intake/shops/pho", first_sequence=1, last_sequence=1))
        await world.intake.relay.serve_requests()
        assert sequences(world) == [1, 1]
        assert not await world.intake.relay.serve_requests()

    async def test_others_topics_are_not_ours_to_publish(self, world: World) -> None:
        world.intake.relay.ask_again(a_request("toy-dishes"))
        world.intake.relay.ask_again(a_request("no-such-topic"))
        assert not await world.intake.relay.serve_requests()

    async def test_compacted_topic_ends_with_the_newest(self, world: World) -> None:
        for price in (1, 2, 3):
            await world.set_price(price)
        await world.intake.publish()
        request = a_request("toy-prices", stream="intake/price_lists/menu", first_sequence=1, last_sequence=1)
        world.intake.relay.ask_again(request)
        await world.intake.relay.serve_requests()
        assert sequences(world, "toy-prices") == [1, 2, 3, 1, 2, 3]

    async def test_request_for_a_topic_outlives_the_process(self, world: World) -> None:
        await world.order("pho", 1)
        await world.intake.publish()
        await world.intake.relay.take_request(a_request())
        await world.restart("intake").publish()
        assert sequences(world) == [1, 1]
        await world.restart("intake").publish()
        assert sequences(world) == [1, 1]

    async def test_absurd_range_is_served_with_what_there_is(self, world: World) -> None:
        await world.order("pho", 1)
        await world.intake.publish()
        world.intake.relay.ask_again(a_request(stream="intake/shops/pho", first_sequence=-7, last_sequence=2**53))
        await world.intake.relay.serve_requests()
        assert sequences(world) == [1, 1]

    async def test_request_that_cannot_be_told_keeps_the_batch_uncommitted(self, world: World) -> None:
        """The topic is asked for once only, so the batch may not pass before the request is on the broker."""
        await world.order("pho", 1)
        await world.order("pho", 2)
        await world.intake.publish()
        world.broker.lose(lambda record: record.offset == 0 and record.topic == "toy-orders")
        whole = world.kitchen.publisher.publish

        async def refuse(_: Any) -> Any:
            raise PublisherUnavailable("not now")

        world.kitchen.publisher.publish = refuse  # type: ignore[method-assign]
        assert await world.kitchen.deliver("toy-orders") == 0
        world.kitchen.publisher.publish = whole  # type: ignore[method-assign]
        assert await world.kitchen.deliver("toy-orders") == 1
        assert [request.stream for request in world.kitchen.asked][:2] == ["", ""]
        assert world.broker.records(REQUESTS)


class TestWatermark:
    async def test_goes_back_when_earlier_events_go_out_again(self, world: World) -> None:
        for number in (1, 2, 3):
            await world.order("pho", number)
        await world.intake.publish()
        await world.kitchen.deliver("toy-orders")
        await world.intake.publish()
        assert _mark(world)["watermark"] == 3
        world.intake.relay.ask_again(a_request(stream="intake/shops/pho", first_sequence=2, last_sequence=2))
        await world.intake.relay.serve_requests()
        assert _mark(world)["watermark"] == 1  # it is stored before the event goes out

    async def test_does_not_pass_what_an_earlier_process_left_unconsumed(self, world: World) -> None:
        shops = [s for s in map(str, range(50)) if _partition_of(world, s) == 0][:3]
        other = next(s for s in map(str, range(50)) if _partition_of(world, s) == 1)
        for shop in shops:
            await world.order(shop, 1)
        await world.intake.publish()
        await world.restart("intake").publish()
        await world.order(other, 1)
        await world.intake.publish()
        world.broker.commit("verification", "toy-orders", 1, 1)
        await world.intake.publish()
        assert _mark(world)["watermark"] == 0

    async def test_commits_beyond_the_end_are_of_a_log_that_is_gone(self, world: World) -> None:
        for number in (1, 2, 3):
            await world.order("pho", number)
        await world.intake.publish()
        await world.kitchen.deliver("toy-orders")
        await world.intake.publish()
        world.broker.lose_everything(commits=False)
        await world.order("pho", 4)
        while await world.intake.publish():
            pass
        assert _mark(world)["watermark"] < 4

    async def test_marks_are_written_only_when_something_changed(self, world: World) -> None:
        await world.intake.publish()
        before = world.intake.store
        await world.order("pho", 1)
        await world.intake.publish()
        await world.intake.publish()  # what went out is noted with the next turn
        version = (await before.get("relay", "toy-orders")).version
        for _ in range(3):
            await world.intake.publish()
        assert (await before.get("relay", "toy-orders")).version == version


async def test_relay_outlives_a_silent_store_and_broker(world: World) -> None:
    await world.order("pho", 1)
    world.intake.store.silent = world.broker.silent = True
    async with _running(world.intake) as task:
        await asyncio.sleep(0.03)
        world.intake.store.silent = False
        await asyncio.sleep(0.03)
        world.broker.silent = False
        await _until(lambda: sequences(world) == [1])
        assert not task.done()


def _pending(number: int) -> dict[str, Any]:
    """As version 0.1 kept an event in the body."""
    event = {
        "id": f"intake/shops/pho#toy-orders.{number}",
        "source": "/xephang/intake",
        "type": "toy.order.placed.v1",
        "time": "2026-01-05T08:00:00Z",
        "stream": "intake/shops/pho",
        "sequence": number,
        "partitionkey": "pho",
        "data": {"shop": "pho", "number": number, "amount": 1},
    }
    return {"topic": "toy-orders", "key": "pho", "event": event}


def _orders(shop: str, count: int, size: int) -> Any:
    def decide(_: Shop | None) -> Change[Shop]:
        orders = [OrderPlacedV1(shop=shop, number=n, amount=1, note="." * size) for n in range(1, count + 1)]
        return Change(Shop(), tuple(Outgoing(order, shop) for order in orders))

    return decide


def _mark(world: World) -> dict[str, Any]:
    return world.stores["intake"].bodies()[("relay", "toy-orders")]


def _partition_of(world: World, shop: str) -> int:
    return crc32(shop.encode()) % len(world.broker.partitions("toy-orders"))


def _published(world: World) -> int:
    return sum(partition.end for partition in world.broker.partitions("toy-orders"))


def _lag(world: World) -> int:
    partitions = world.broker.partitions("toy-orders")
    return sum(p.end - world.broker.position("verification", "toy-orders", n) for n, p in enumerate(partitions))


async def _publish_pending(service: ToyService) -> bool:
    try:
        return await service.relay.publish_pending()
    except PublisherUnavailable:
        return False


@contextlib.asynccontextmanager
async def _running(service: ToyService) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(service.relay.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the fakes tell nobody
            await asyncio.sleep(0.001)
