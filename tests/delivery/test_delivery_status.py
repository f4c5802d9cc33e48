"""What a service says of itself is asked for all at once: where much is worked off, each answer is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from delivery_store import MemoryStore
from delivery_toys import COLLECTIONS, HANDLERS, DishServedV1
from delivery_world import record_of
from fastapi import APIRouter

from shared import service as skeleton
from shared.http.auth import TokenVerifier
from shared.kernel.clock import SettableClock
from shared.messaging.messages import PublisherUnavailable
from shared.service import Definition, Parts, Service, store_indexes

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class Turns:
    """Whoever asks waits for the next turn, in which all who wait are answered."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.open = True

    async def wait(self) -> None:
        if not self.open:
            await self._next.wait()

    async def needed(self, work: Awaitable[Any]) -> tuple[int, Any]:
        """How many turns it takes, and its outcome."""
        self.open, turns = False, 0
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(20):  # whatever can go on by itself does
                await asyncio.sleep(0)
            turns += not task.done()
            self._next.set()
            self._next = asyncio.Event()
        self.open = True
        return turns, task.result()


class Waiting:
    """A store, or what asks the broker, whose answers take a turn."""

    def __init__(self, inner: Any, turns: Turns) -> None:
        self._inner, self._turns = inner, turns

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._late(found) if callable(found) else found

    def _late(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def late(*args: Any, **kwargs: Any) -> Any:
            await self._turns.wait()
            return await call(*args, **kwargs)

        return late


class Progress:
    """Of each topic 10 are there, and 7 are consumed."""

    def __init__(self) -> None:
        self.away = False

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        if self.away:
            raise PublisherUnavailable("away")
        return {0: 7}

    async def ends(self, topic: str) -> dict[int, int]:
        return {0: 10}


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def progress() -> Progress:
    return Progress()


@pytest.fixture
def till(turns: Turns, progress: Progress, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The scoring service of the toys; nothing of it is started."""
    monkeypatch.setattr(skeleton, "GroupProgress", lambda *_: Waiting(progress, turns))
    store: Any = Waiting(MemoryStore(store_indexes(COLLECTIONS["scoring"])), turns)
    definition = Definition("scoring", "scoring", COLLECTIONS["scoring"], HANDLERS["scoring"], lambda _: APIRouter())
    return Service(definition, Parts(store, "127.0.0.1:9", SettableClock(NOW), TokenVerifier(b"")))


async def parked(till: Service, *shops: str) -> None:
    for shop in shops:
        data = DishServedV1(shop=shop, number=1, amount=1, price_list="menu")
        await till.inbox.consume([record_of(data, stream=f"verification/kitchens/{shop}", sequence=1)])


async def test_it_takes_two_turns_however_much_there_is_to_ask(till: Service, turns: Turns) -> None:
    await parked(till, "pho", "bun")
    count, status = await turns.needed(till.status())
    assert count == 2, "one for all there is to count, and one for the names of what is parked"
    assert {topic: told["lag"] for topic, told in status["consumed"].items()} == {"toy-dishes": 3, "toy-prices": 3}
    assert status["parked"] == {"prices/menu": ["bills/bun", "bills/pho"]}
    assert (status["parked_aggregates"], status["dead_letters"], status["running"]) == (2, 0, False)


async def test_without_the_broker_the_rest_is_told(till: Service, progress: Progress) -> None:
    progress.away = True
    await parked(till, "pho")
    status = await till.status()
    assert status["consumed"] == {}
    assert status["parked_aggregates"] == 1
