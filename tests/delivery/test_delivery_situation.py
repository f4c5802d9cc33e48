"""What log lines say of the batch in hand: one task takes all batches, and each line is about its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

from aiokafka import ConsumerRecord

from shared.messaging.kafka.consumption import Consumption
from shared.telemetry.situation import being, lasting, now
from shared.telemetry.spans import Spans


def a_record(offset: int, **headers: str) -> ConsumerRecord[bytes, bytes]:
    told = [(name, value.encode()) for name, value in headers.items()]
    return ConsumerRecord("toy-orders", 0, offset, 0, 0, b"pho", b"{}", None, 3, 2, told)


async def test_a_batch_is_not_told_of_under_the_correlation_of_the_message_before() -> None:
    said: list[Mapping[str, Any]] = []
    committing: list[Mapping[str, Any]] = []
    inbox = SimpleNamespace(consume=AsyncMock(side_effect=lambda _: said.append(dict(now()))))
    part: Any = AsyncMock()
    take = Consumption("scoring", inbox, part, part, MagicMock(), Spans("scoring"))  # type: ignore[arg-type]
    for batch in ([a_record(1, ce_correlationid="2022-it-1")], [a_record(2), a_record(3)]):
        ack = AsyncMock(side_effect=lambda: committing.append(now()))
        message: Any = SimpleNamespace(raw_message=batch, consumer=None, ack=ack)
        await take(message)
        message.ack.assert_awaited_once()
    alone, together = said
    assert (alone["correlation"], alone["offset"]) == ("2022-it-1", 1)
    assert together == {
        "service": "scoring",
        "topic": "toy-orders",
        "partition": 0,
        "offset": "2-3",
        "messages": 2,
    }
    assert committing == [{}, {}]  # what is connected for it serves other batches, too
    assert now() == {}


async def test_what_outlives_a_request_speaks_of_its_service_only() -> None:
    async def said() -> Mapping[str, Any]:
        return now()

    with being(service="scoring", request="1", correlation="2022-it-1"):
        assert await asyncio.create_task(said(), context=lasting()) == {"service": "scoring"}
        assert await asyncio.create_task(said(), context=lasting("intake")) == {"service": "intake"}
    assert await asyncio.create_task(said(), context=lasting()) == {}
