"""What stands before and after the hops: somebody who posts, and somebody who sees what comes out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

__all__ = ["Post", "Poster", "Watch", "values_of"]

_LARGEST = 16 * 2**20
_PATIENCE = 300.0
Post = tuple[str, bytes]  # key, value
Headers = Sequence[tuple[str, bytes]]


class Poster:
    """Posts messages, all acknowledged when `post` returns."""

    def __init__(self, kafka: str) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=kafka, acks="all", max_batch_size=256 * 1024, max_request_size=_LARGEST
        )

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def post(self, topic: str, posts: Sequence[Post], headers: Headers = ()) -> None:
        """Messages on one topic with these headers, each with its key."""
        await self.post_all([(topic, key, value, headers) for key, value in posts])

    async def post_all(self, messages: Sequence[tuple[str, str, bytes, Headers]]) -> None:
        """Messages as topic, key, value and headers."""
        sent = [
            await self._producer.send(topic, value, key.encode(), headers=[*headers])
            for topic, key, value, headers in messages
        ]
        await asyncio.gather(*sent)


class Watch:
    """Counts what comes out on topics, from when it is entered; `takes` says which messages count."""

    def __init__(
        self, kafka: str, *topics: str, takes: Callable[[ConsumerRecord[Any, Any]], bool] | None = None
    ) -> None:
        self._consumer = _consumer(kafka)
        self._topics = topics
        self._takes = takes or (lambda _: True)
        self._counts: Counter[str] = Counter()
        self._came = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        places = await _places(self._consumer, self._topics)
        self._consumer.assign(places)
        await self._consumer.seek_to_end(*places)
        self._task = asyncio.create_task(self._read(), name="watch")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    def count(self, topic: str) -> int:
        """How many have come so far."""
        return self._counts[topic]

    async def until(self, topic: str, count: int) -> None:
        """Wait until so many have come in all. Raises `TimeoutError`."""
        try:
            async with asyncio.timeout(_PATIENCE), self._came:
                await self._came.wait_for(lambda: self._counts[topic] >= count)
        except TimeoutError:
            raise TimeoutError(f"{self._counts[topic]} of {count} messages came out on {topic}") from None

    async def _read(self) -> None:
        while True:
            for place, records in (await self._consumer.getmany(timeout_ms=10_000)).items():
                async with self._came:
                    self._counts[place.topic] += sum(map(self._takes, records))
                    self._came.notify_all()


async def values_of(kafka: str, topic: str) -> list[ConsumerRecord[Any, Any]]:
    """Everything that a topic holds, partition by partition."""
    consumer = _consumer(kafka)
    await consumer.start()
    try:
        places = await _places(consumer, [topic])
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        wanted = sum((await consumer.end_offsets(places)).values())
        found: list[ConsumerRecord[Any, Any]] = []
        async with asyncio.timeout(_PATIENCE):
            while len(found) < wanted:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    found += records
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


def _consumer(kafka: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, max_partition_fetch_bytes=_LARGEST, fetch_max_wait_ms=100
    )


async def _places(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    places: list[TopicPartition] = []
    for topic in topics:
        await consumer.end_offsets([TopicPartition(topic, 0)])  # makes the client learn of the topic
        places += [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or {0})]
    return places
