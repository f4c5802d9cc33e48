"""The same over the real Kafka protocol: the toy services as running services on the embedded broker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from delivery_store import Fuse, FusedStore, MemoryStore
from delivery_toys import COLLECTIONS, HANDLERS, KITCHENS, SHOPS, Kitchen, OrderPlacedV1, place
from delivery_world import record_of
from fastapi import APIRouter

from deploy.xephang.embedded import EmbeddedBroker
from shared.contracts.registry import topics
from shared.http.auth import TokenVerifier
from shared.kernel.clock import SettableClock
from shared.messaging.kafka.progress import GroupProgress
from shared.messaging.kafka.topics import touch_topics
from shared.messaging.relay import RelayLimits
from shared.messaging.watchdog import Watchdog
from shared.service import Definition, Parts, Service, store_indexes
from shared.telemetry.situation import being, now

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LIMITS = RelayLimits(max_ahead=1_500_000, batch=100, idle=0.05, mark_every=0.2, retry_after=0.05)


@pytest.fixture(scope="module")
def address(_toys: None) -> Iterator[str]:
    broker = EmbeddedBroker()
    for name, topic in topics().items():  # the embedded broker makes topics with four partitions
        topics()[name] = topic.model_copy(update={"partitions": 4})
    asyncio.run(touch_topics(broker.address))
    yield broker.address
    broker.close()


class Town:
    """Intake and verification as running services, each with a store that can fall silent."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.stores = {name: MemoryStore(store_indexes(COLLECTIONS[name])) for name in ("intake", "verification")}
        self.ways = {name: FusedStore(store, Fuse()) for name, store in self.stores.items()}
        self.services = {name: self._service(name) for name in self.stores}
        self.kitchen_store = self.ways["verification"]

    def _service(self, name: str) -> Service:
        definition = Definition(name, name, COLLECTIONS[name], HANDLERS[name], lambda _: APIRouter())
        store: Any = self.ways[name]
        alone = name == "intake"  # as the embedded services are; verification forms a group, as in production
        parts = Parts(store, self.address, SettableClock(NOW), TokenVerifier(b""), LIMITS, alone=alone)
        return Service(definition, parts)

    async def order(self, shop: str, *numbers: int) -> None:
        for number in numbers:
            await self.services["intake"].aggregates.execute(SHOPS, shop, place(shop, number))

    async def cooked(self, shop: str) -> tuple[int, ...]:
        return (await self.services["verification"].aggregates.get(KITCHENS, shop) or Kitchen()).cooked

    async def consumed(self) -> int:
        return await self._offsets(lambda progress: progress.committed("verification", "toy-orders"))

    async def end(self) -> int:
        return await self._offsets(lambda progress: progress.ends("toy-orders"))

    async def caught_up(self) -> bool:
        return await self.consumed() == await self.end()

    async def start(self) -> int:
        return await self._offsets(lambda progress: progress.starts("toy-orders"))

    async def _offsets(self, ask: Callable[[GroupProgress], Awaitable[dict[int, int]]]) -> int:
        progress = GroupProgress(self.address)
        try:
            return sum((await ask(progress)).values())
        finally:
            await progress.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(address: str) -> AsyncIterator[Town]:
    town = Town(address)
    with being(request="to start"):
        await asyncio.gather(*(service.start() for service in town.services.values()))
    yield town
    await asyncio.gather(*(service.stop() for service in town.services.values()))


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - it happens in other tasks, over the network
            await asyncio.sleep(0.02)


async def test_one_hop_and_commit_only_after_the_write(town: Town) -> None:
    await town.order("pho", 1, 2)
    await until(lambda: _is(town.cooked("pho"), (1, 2)))
    await until(lambda: _is(town.consumed(), 2))
    town.kitchen_store.silent = True
    await town.order("pho", 3)
    await until(lambda: _is(town.end(), 3))
    await asyncio.sleep(0.2)  # it is tried, and fails
    assert await town.consumed() == 2
    town.kitchen_store.silent = False
    await until(lambda: _is(town.cooked("pho"), (1, 2, 3)))
    await until(lambda: _is(town.consumed(), 3))
    status = await town.services["verification"].status()
    expected = {"consumed": 3, "end": 3, "lag": 0, "waiting_seconds": 0, "oldest_seconds": 0}
    assert status["consumed"]["toy-orders"] == expected
    assert status["stuck"] == []
    told = town.services["verification"].metrics.render(status).decode()
    assert 'xephang_events_consumed_total{service="verification",topic="toy-orders"} 3.0' in told
    assert 'xephang_batches_retried_total{service="verification",topic="toy-orders"}' in told
    assert 'xephang_consumer_lag_messages{service="verification",topic="toy-orders"} 0.0' in told
    sent = town.services["intake"].metrics.render(await town.services["intake"].status()).decode()
    assert 'xephang_events_published_total{service="intake",topic="toy-orders"} 3.0' in sent
    assert await town.services["verification"].ready()


async def test_partitions_are_those_of_the_broker(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(topics(), "toy-orders", topics()["toy-orders"].model_copy(update={"partitions": 2}))
    progress = GroupProgress(town.address)
    try:
        assert set(await progress.committed("verification", "toy-orders")) == {0, 1, 2, 3}
        assert set(await progress.starts("toy-orders")) == {0, 1, 2, 3}
        assert set(await progress.ends("toy-orders")) == {0, 1, 2, 3}
    finally:
        await progress.close()


async def test_clients_speak_of_no_message_or_request_for_which_they_were_made(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[dict[str, Any]] = []

    def by_whoever_reads_a_connection(line: logging.LogRecord) -> bool:
        if line.getMessage().startswith("Response from"):
            said.append(dict(now()))
        return True

    caplog.handler.addFilter(by_whoever_reads_a_connection)
    publisher = town.services["intake"]._publisher
    used = publisher._producer()._producer
    progress = GroupProgress(town.address)
    with being(service="intake", correlation="2022-it-1"):
        await publisher._renew(used)
        with caplog.at_level(logging.DEBUG, "aiokafka"):
            await progress.ends("toy-orders")
            await progress.committed("verification", "toy-orders")
    assert publisher._producer()._producer is not used
    with caplog.at_level(logging.DEBUG, "aiokafka"):
        await town.order("mi", 1)
        await until(lambda: _is(town.cooked("mi"), (1,)))
    await progress.close()
    assert {field for each in said for field in each} == {"service"}
    assert {each["service"] for each in said} == {"intake", "verification"}


async def test_delivered_again_after_an_exception(town: Town) -> None:
    whole = town.kitchen_store.get_many
    left = [RuntimeError("a fault nobody thought of")] * 2

    async def get_many(*arguments: Any) -> Any:
        if left and arguments[0] == "kitchens":
            raise left.pop()
        return await whole(*arguments)

    town.kitchen_store.get_many = get_many  # type: ignore[method-assign]
    await town.order("bun", 1, 2)
    await until(lambda: _is(town.cooked("bun"), (1, 2)))
    assert left == []


async def test_nothing_in_a_message_stops_the_consumer(town: Town) -> None:
    good = record_of(OrderPlacedV1(shop="odd", number=2, amount=1), stream="intake/shops/odd", sequence=2)
    headers = [(name, value.encode()) for name, value in good.headers.items()]
    first = [("ce_sequence", b"1"), *[(name, value) for name, value in headers if name != "ce_sequence"]]
    bad: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]] = [
        (b"k", b"{not json", [*first]),
        (b"k", good.value, [*first, ("x", b"\xff\xfe")]),
        (b"k", None, []),
        (None, b"", [("ce_id", None)]),
        (b"\xff", b"[]", [("content-type", b"application/json"), ("x-journal-position", b"many")]),
        (b"k", good.value, [*((n, v) for n, v in headers if n != "ce_type"), ("ce_type", b"no.such.v9")]),
    ]
    async with _producer(town.address) as producer:
        for key, value, odd in bad:
            await producer.send_and_wait("toy-orders", value, key=key, headers=odd, partition=0)
        await producer.send_and_wait(
            "toy-orders",
            record_of(OrderPlacedV1(shop="odd", number=3, amount=1)).value,
            headers=[*[(n, v) for n, v in headers if n != "ce_sequence"], ("ce_sequence", b"3")],
            partition=0,
        )
    await until(lambda: _is(town.cooked("odd"), (2, 3)))
    letters = await town.services["verification"].inbox.dead_letters.list()
    assert len(letters) == 5  # the one with the odd header is good


async def test_what_vanished_from_the_broker_is_published_again(town: Town) -> None:
    """The embedded broker keeps 5 MB a partition: what others send pushes out orders that were not consumed yet."""
    town.kitchen_store.silent = True
    end = await town.end()
    await town.order("com", 1, 2, 3)
    await until(lambda: _is(town.end(), end + 3))
    async with _producer(town.address) as producer:
        for _ in range(7):
            await producer.send_and_wait("toy-orders", b"." * 900_000, key=b"com")
    assert await town.start() > 0
    town.kitchen_store.silent = False
    await until(lambda: _is(town.cooked("com"), (1, 2, 3)))


async def _is(actual: Any, expected: Any) -> bool:
    return bool(await actual == expected)


@contextlib.asynccontextmanager
async def _producer(address: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=address)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@pytest.mark.slow  # a group that forms again on the embedded broker takes its time
async def test_a_consumer_that_stands_still_is_noticed_and_started_again(town: Town) -> None:
    service = town.services["verification"]
    await until(town.caught_up)  # also with what the tests before had published again
    before = await town.consumed()
    never = asyncio.Event()

    async def hang(*_: Any) -> None:
        await never.wait()

    consume, service.inbox.consume = service.inbox.consume, hang  # type: ignore[method-assign]
    await town.order("xoi", 1)
    await until(lambda: _is(town.end(), before + 1))
    watchdog = Watchdog("verification", ["toy-orders"], service._progress, service._watchdog._restart, patience=0.2)
    await watchdog.look()
    assert watchdog.stuck() == []
    await asyncio.sleep(0.3)
    service.inbox.consume = consume  # type: ignore[method-assign]  # whatever held it up, it is gone
    await watchdog.look()
    await until(lambda: _is(town.cooked("xoi"), (1,)))
    await until(lambda: _is(town.consumed(), before + 1))
    told = service.metrics.render(await service.status()).decode()
    assert 'xephang_consumer_restarts_total{service="verification"} 1.0' in told


@pytest.mark.slow  # as above
async def test_a_consumer_whose_client_cannot_be_stopped_is_started_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka cancels a fetch that waits to be tried again, and then whoever waits for the end of it."""
    service = town.services["verification"]
    await town.order("che", 1)
    await until(lambda: _is(town.cooked("che"), (1,)))
    stop = AIOKafkaConsumer.stop

    async def cancelled_by_itself(consumer: AIOKafkaConsumer) -> None:
        monkeypatch.undo()
        await stop(consumer)
        raise asyncio.CancelledError

    monkeypatch.setattr(AIOKafkaConsumer, "stop", cancelled_by_itself)
    await service._watchdog._restart()
    await town.order("che", 2)
    await until(lambda: _is(town.cooked("che"), (1, 2)))
    assert service.running
