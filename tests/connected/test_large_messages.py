"""Consumers fetch a little at a time: a message larger than that comes whole and in its order, from either broker."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.xephang.embedded import EmbeddedBroker
from shared.messaging.kafka.subscriber import FETCHED

pytestmark = pytest.mark.connected

SMALL, LARGE = 9_000, 2 * FETCHED + 9_000
SIZES = {
    0: [SMALL] * 150,
    1: [LARGE, *[SMALL] * 100],
    2: [*[SMALL] * 40, LARGE, SMALL],
    3: [*[SMALL] * 150, LARGE],
}


async def test_a_message_larger_than_what_is_fetched_comes_from_a_real_broker(kafka_address: str) -> None:
    topic = f"large-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": kafka_address})
    large = {"max.message.bytes": str(2 * LARGE)}
    admin.create_topics([NewTopic(topic, len(SIZES), 1, config=large)])[topic].result(timeout=20)
    await _posted(kafka_address, topic)
    assert await _fetched(kafka_address, topic) == SIZES


async def test_and_from_the_embedded_one() -> None:
    broker = EmbeddedBroker()
    try:
        await _posted(broker.address, "large")
        assert await _fetched(broker.address, "large") == SIZES
    finally:
        broker.close()


async def _posted(address: str, topic: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", max_request_size=2 * LARGE)
    async with producer:
        for partition, sizes in SIZES.items():
            for size in sizes:
                await producer.send(topic, bytes(size), partition=partition)


async def _fetched(address: str, topic: str) -> dict[int, list[int]]:
    """Sizes by partition, in the order in which they came; of some messages at a time, as services take them."""
    places = [TopicPartition(topic, partition) for partition in SIZES]
    found: dict[int, list[int]] = {partition: [] for partition in SIZES}
    consumer = AIOKafkaConsumer(bootstrap_servers=address, max_partition_fetch_bytes=FETCHED)
    async with consumer, asyncio.timeout(60):
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        while sum(map(len, found.values())) < sum(map(len, SIZES.values())):
            for place, records in (await consumer.getmany(timeout_ms=1000, max_records=200)).items():
                found[place.partition] += [len(record.value) for record in records]
    return found
