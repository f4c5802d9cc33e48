"""Bare FastStream hops: consume and publish again, without a store and without any work.

They publish what the services published at the same hop, byte for byte, so that the broker moves the same messages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from deploy.bench.hops_side import Open

__all__ = ["bare_hops", "topics_of"]

_PARTITIONS = 4  # as ours
_BATCH = 200  # messages at a time, as ours
_LARGEST = 16 * 2**20
_EMPTY_POLL = 10  # milliseconds; FastStream sleeps as long after an empty poll, and with its 200 would mostly sleep


def topics_of(name: str, hops: int) -> list[str]:
    """The topics before, between and after the hops of a chain."""
    return [f"{name}-{number}" for number in range(hops + 1)]


@asynccontextmanager
async def bare_hops(
    kafka: str, name: str, published: Sequence[Sequence[bytes]], in_batches: bool
) -> AsyncIterator[Open]:
    """A chain with a hop for each of `published`, which says what that hop publishes, message by message, in turn."""
    names = topics_of(name, len(published))
    await _create(kafka, names)
    broker = KafkaBroker(kafka, acks="all", max_batch_size=_LARGEST, max_request_size=_LARGEST, logger=None)
    for source, target, values in zip(names, names[1:], published, strict=False):
        add = _batch_hop if in_batches else _single_hop
        add(broker, source, target, cycle(values))
    await broker.start()
    try:
        yield Open(names, _nothing)
    finally:
        await broker.stop()


def _batch_hop(broker: KafkaBroker, source: str, target: str, values: cycle[bytes]) -> None:
    @broker.subscriber(
        source,
        group_id=source,
        batch=True,
        max_records=_BATCH,
        batch_timeout_ms=_EMPTY_POLL,
        ack_policy=AckPolicy.ACK,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_LARGEST,
        decoder=_undecoded_batch,
    )
    async def hop(messages: list[bytes]) -> None:
        await broker.publish_batch(*islice(values, len(messages)), topic=target)


def _single_hop(broker: KafkaBroker, source: str, target: str, values: cycle[bytes]) -> None:
    @broker.subscriber(
        source,
        group_id=source,
        ack_policy=AckPolicy.ACK,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_LARGEST,
        decoder=_undecoded,
    )
    async def hop(_: bytes) -> None:
        await broker.publish(next(values), topic=target)


async def _undecoded_batch(message: KafkaMessage) -> list[bytes]:
    """A bare hop reads nothing: FastStream's own decoder would parse the JSON."""
    return [each.value for each in message.raw_message]


async def _undecoded(message: KafkaMessage) -> bytes:
    raw: Any = message.raw_message
    return bytes(raw.value)


async def _create(kafka: str, names: Sequence[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        configs = {"max.message.bytes": str(_LARGEST)}
        await admin.create_topics([NewTopic(name, _PARTITIONS, 1, topic_configs=configs) for name in names])
    finally:
        await admin.close()


async def _nothing() -> None:
    """Nothing is left under way when the last message is there."""
