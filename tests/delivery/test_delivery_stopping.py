"""A service stops within its bound whatever does not answer, and nothing is lost or done twice by it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from delivery_store import Fuse, FusedStore, MemoryStore
from delivery_toys import COLLECTIONS, HANDLERS, SHOPS, Kitchen, place
from fastapi import APIRouter

from deploy.xephang.embedded import EmbeddedBroker
from shared.contracts.registry import topics
from shared.http.auth import TokenVerifier
from shared.kernel.clock import SettableClock
from shared.messaging.kafka.progress import GroupProgress
from shared.messaging.kafka.topics import touch_topics
from shared.messaging.relay import RelayLimits
from shared.service import Definition, Parts, Service, store_indexes
from shared.stopping import StoppingTime

# What is cut off at the bound leaves its connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LIMITS = RelayLimits(max_ahead=1_500_000, batch=100, idle=0.02, mark_every=0.1, retry_after=0.05)
BOUND = 0.4  # seconds; what is stuck in these tests is stuck for ever
GENEROUS = 20.0


@pytest.fixture(autouse=True)
def connections_left() -> Iterator[None]:
    """They are collected here, where it is expected."""
    yield
    gc.collect()


class StuckStore(FusedStore):
    """While `stuck`, its calls neither answer nor fail."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store, Fuse())
        self.stuck = False

    def __getattr__(self, name: str) -> Any:
        whole = super().__getattr__(name)
        if name == "read_journal":
            return whole

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self.stuck:
                await asyncio.Event().wait()
            return await whole(*args, **kwargs)

        return call


class Town:
    """Shops (intake) and kitchens (verification) on a broker of their own; stores outlive the services."""

    def __init__(self) -> None:
        self.broker = EmbeddedBroker()
        for name, topic in topics().items():  # the embedded broker makes topics with four partitions
            topics()[name] = topic.model_copy(update={"partitions": 4})
        self.stores = {
            name: StuckStore(MemoryStore(store_indexes(COLLECTIONS[name]))) for name in ("intake", "verification")
        }
        self.running: list[Service] = []

    async def start(self, name: str) -> Service:
        definition = Definition(name, name, COLLECTIONS[name], HANDLERS[name], lambda _: APIRouter())
        clock = SettableClock(datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
        store: Any = self.stores[name]
        service = Service(definition, Parts(store, self.broker.address, clock, TokenVerifier(b""), LIMITS, alone=True))
        await service.start()
        self.running.append(service)
        return service

    async def stop(self, service: Service, seconds: float = BOUND) -> None:
        self.running.remove(service)
        async with asyncio.timeout(GENEROUS):
            await service.stop(seconds)
        assert not service.running

    async def order(self, service: Service, *numbers: int) -> None:
        for number in numbers:
            await service.aggregates.execute(SHOPS, "pho", place("pho", number))

    def cooked(self) -> tuple[int, ...]:
        body = self.stores["verification"]._store.bodies().get(("kitchens", "pho"), {"state": None})["state"]
        return Kitchen.model_validate(body or {}).cooked

    async def committed(self) -> int:
        progress = GroupProgress(self.broker.address)
        try:
            return sum((await progress.committed("verification", "toy-orders")).values())
        finally:
            await progress.close()


@pytest_asyncio.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    await touch_topics(town.broker.address)
    yield town
    for service in list(town.running):
        await town.stop(service)
    town.broker.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(GENEROUS):
        while not condition():  # noqa: ASYNC110 - it happens in other tasks, over the network
            await asyncio.sleep(0.01)


async def until_published(service: Service) -> None:
    async with asyncio.timeout(GENEROUS):
        while await service.relay.pending():  # noqa: ASYNC110 - it happens in other tasks
            await asyncio.sleep(0.01)


async def test_batch_in_hand_is_stored_and_committed(town: Town) -> None:
    shop, kitchen = await town.start("intake"), await town.start("verification")
    whole, begun, go_on = kitchen.inbox.consume, asyncio.Event(), asyncio.Event()

    async def slowly(records: Any) -> None:
        begun.set()
        await go_on.wait()
        await whole(records)

    kitchen.inbox.consume = slowly  # type: ignore[method-assign]
    await town.order(shop, 1)
    async with asyncio.timeout(GENEROUS):
        await begun.wait()
    stopping = asyncio.create_task(town.stop(kitchen, GENEROUS))
    await asyncio.sleep(0.05)
    assert not stopping.done()
    go_on.set()
    await stopping
    assert (town.cooked(), await town.committed()) == ((1,), 1)


async def test_batch_that_a_silent_store_holds_up_is_given_up_and_comes_again(town: Town) -> None:
    shop, kitchen = await town.start("intake"), await town.start("verification")
    town.stores["verification"].stuck = True
    await town.order(shop, 1, 2)
    await until_published(shop)
    await town.stop(kitchen)
    assert (town.cooked(), await town.committed()) == ((), 0)
    town.stores["verification"].stuck = False
    await town.start("verification")
    await until(lambda: town.cooked() == (1, 2))


async def test_what_a_broker_that_is_away_did_not_take_stays_in_the_store(town: Town) -> None:
    shop = await town.start("intake")
    town.broker.close()
    await town.order(shop, 1)
    await town.stop(shop)
    assert await shop.relay.pending() == {"toy-orders": 1}


async def test_what_was_just_written_is_published_before_the_end(town: Town) -> None:
    shop = await town.start("intake")
    await town.order(shop, *range(1, 30))
    await town.stop(shop, GENEROUS)
    assert await shop.relay.pending() == {}
    await town.start("verification")
    await until(lambda: town.cooked() == tuple(range(1, 30)))


async def test_a_service_that_never_started_stops(town: Town) -> None:
    service = await town.start("intake")
    await town.stop(service)
    await service.stop(BOUND)


async def test_a_step_that_hangs_fails_or_ignores_its_end_holds_up_nobody() -> None:
    async def ignores() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if town_is_gone.is_set():
                    raise

    async def fails() -> None:
        raise OSError("as the test wants it")

    async def works() -> None:
        done.append(1)

    town_is_gone, done = asyncio.Event(), []
    time_left = StoppingTime(GENEROUS)
    assert not await time_left.step("stuck", ignores(), 0.01)
    assert not await time_left.step("failing", fails(), 1)
    assert await time_left.step("sound", works(), 1)
    assert done == [1]
    spent = StoppingTime(0)
    assert spent.left == 0
    assert not await spent.step("too late", asyncio.sleep(GENEROUS), 5)
    town_is_gone.set()
