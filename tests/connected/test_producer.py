"""A producer that counts differently from the broker is replaced, so that publishing goes on."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from test_servers import consume, create_topic

from shared.messaging.broker import FastStreamPublisher, build_broker
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
