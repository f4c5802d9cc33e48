"""A consumer that found nothing asks again at once: what comes now must not wait for a pause to end."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from delivery_store import MemoryStore
from delivery_toys import COLLECTIONS, HANDLERS
from delivery_world import NOW
from fastapi import APIRouter

from shared.http.auth import TokenVerifier
from shared.kernel.clock import SettableClock
from shared.service import Definition, Parts, Service, store_indexes


class QuietConsumer:
    """Finds nothing, then a message in each of two partitions."""

    def __init__(self) -> None:
        self.found: list[dict[str, list[str]]] = [{}, {"toy-orders-0": ["a", "b"], "toy-orders-1": ["c"]}]

    async def getmany(self, **_: Any) -> dict[str, list[str]]:
        return self.found.pop(0)


async def test_nobody_sleeps_after_a_poll_that_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store: Any = MemoryStore(store_indexes(COLLECTIONS["verification"]))
    toys = Definition(
        "verification", "toys", COLLECTIONS["verification"], HANDLERS["verification"], lambda _: APIRouter()
    )
    service = Service(toys, Parts(store, "127.0.0.1:1", SettableClock(NOW), TokenVerifier(b"")))
    (subscriber,) = service._broker.subscribers

    async def sleep(seconds: float) -> None:
        pytest.fail(f"slept {seconds} s while a message may come")

    monkeypatch.setattr(anyio, "sleep", sleep)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    consumer: Any = QuietConsumer()
    assert await subscriber.get_msg(consumer) == ()  # type: ignore[attr-defined]
    assert await subscriber.get_msg(consumer) == ("a", "b", "c")  # type: ignore[attr-defined]
