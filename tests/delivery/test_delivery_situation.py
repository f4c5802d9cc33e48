"""What log lines say of the batch in hand: one task takes all batches, and each line is about its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

from aiokafka import ConsumerRecord

from shared.messaging.kafka.consumption import Consumption
from shared.telemetry.situation import now
from shared.telemetry.spans import Spans


def a_record(offset: int, **headers: str) -> ConsumerRecord[bytes, bytes]:
    told = [(name, value.encode()) for name, value in headers.items()]
    return ConsumerRecord("toy-orders", 0, offset, 0, 0, b"pho", b"{}", None, 3, 2, told)


async def test_a_batch_is_not_told_of_under_the_correlation_of_the_message_before() -> None:
    said: list[Mapping[str, Any]] = []
    inbox = SimpleNamespace(consume=AsyncMock(side_effect=lambda _: said.append(dict(now()))))
    part: Any = AsyncMock()
    take = Consumption("scoring", inbox, part, part, MagicMock(), Spans("scoring"))  # type: ignore[arg-type]
    for batch in ([a_record(1, ce_correlationid="2022-it-1")], [a_record(2), a_record(3)]):
        message: Any = SimpleNamespace(raw_message=batch, consumer=None, ack=AsyncMock())
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
    assert now() == {}
