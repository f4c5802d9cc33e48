"""A producer that counts differently from the broker is replaced, so that publishing goes on."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from test_servers import consume, create_topic

from shared.messaging.kafka.broker import build_broker
from shared.messaging.kafka.publisher import FastStreamPublisher
from shared.messaging.messages import Message, PublisherUnavailable

pytestmark = pytest.mark.connected


def miscount(broker: Any, topic: str) -> None:
    """As aiokafka does when a batch waited too long for a leader: given up, and yet counted as sent."""
    producer = broker.config.broker_config.producer._producer.producer
    producer._txn_manager.increment_sequence_number(TopicPartition(topic, 0), 3)


async def test_publishing_goes_on_after_a_batch_was_given_up(kafka_address: str):
    topic = create_topic(kafka_address)
    broker = build_broker(kafka_address, "test")
    await broker.start()
    try:
        publisher = FastStreamPublisher(broker)
        await publisher.publish([Message(topic, "key", {}, b"one")])
        miscount(broker, topic)
        lost = [publisher.publish([Message(topic, "key", {}, b"two")]) for _ in range(2)]
        outcomes = await asyncio.gather(*lost, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [PublisherUnavailable, PublisherUnavailable]
        await publisher.publish([Message(topic, "key", {}, b"two")])
    finally:
        await broker.stop()
    assert await consume(kafka_address, topic, 2) == [b"one", b"two"]


async def test_what_the_producer_before_had_still_to_send_comes_no_more(kafka_address: str):
    """It would stand behind what was sent since: on a compacted topic an older state behind the newest one."""
    topic, other = create_topic(kafka_address), create_topic(kafka_address)
    broker = build_broker(kafka_address, "test")
    await broker.start()
    try:
        publisher = FastStreamPublisher(broker)
        for name in (topic, other):
            await publisher.publish([Message(name, "key", {}, b"one")])
        sender = broker.config.broker_config.producer._producer.producer._sender  # type: ignore[attr-defined]
        sender._muted_partitions.add(TopicPartition(other, 0))  # as while its leader is away
        older = asyncio.create_task(publisher.publish([Message(other, "key", {}, b"older")]))
        await asyncio.sleep(0.1)
        miscount(broker, topic)
        with pytest.raises(PublisherUnavailable):
            await publisher.publish([Message(topic, "key", {}, b"two")])
        with pytest.raises(PublisherUnavailable):
            await older
        await publisher.publish([Message(other, "key", {}, b"newer")])
        sender._muted_partitions.clear()
        woken = sender._message_accumulator._waiter_future
        if not woken.done():
            woken.set_result(None)  # were it still there, it would now send what it has
        await asyncio.sleep(0.2)
        await publisher.publish([Message(other, "key", {}, b"newest")])
    finally:
        await broker.stop()
    assert await consume(kafka_address, other, 3) == [b"one", b"newer", b"newest"]
