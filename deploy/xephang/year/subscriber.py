"""A downstream subscriber of the published rankings, standing for Sở Nội vụ: plain Kafka, nothing of this project."""

from __future__ import annotations

import asyncio
import contextlib

from aiokafka import AIOKafkaConsumer

__all__ = ["Subscriber"]


class Subscriber:
    """Keeps the newest message of each key on the topic `rankings`: key → (event type, value)."""

    def __init__(self, address: str, group: str = "so-noi-vu") -> None:
        self._consumer = AIOKafkaConsumer(
            "rankings",
            bootstrap_servers=address,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=16 * 2**20,
        )
        self.received: dict[str, tuple[str, bytes]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Subscriber:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        # aiokafka's stop is cancelled by itself where a fetch failed a moment ago.
        await asyncio.gather(self._consumer.stop(), return_exceptions=True)

    async def _listen(self) -> None:
        await self._consumer.start()
        async for record in self._consumer:
            type_ = dict(record.headers).get("ce_type", b"").decode()
            self.received[(record.key or b"").decode()] = (type_, record.value or b"")
