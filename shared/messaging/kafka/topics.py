"""The registry's topics on a broker, and whether there is a broker."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.contracts.registry import all_topics
from shared.messaging.access import ANYBODY, Access

__all__ = ["check_broker", "create_topics", "touch_topics"]


async def check_broker(address: str, access: Access = ANYBODY) -> None:
    """Raises `KafkaError` if the broker does not answer, or does not know who asks."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address, **access.client_options())
    try:
        await admin.start()
    finally:
        await admin.close()


async def create_topics(address: str, replication: int = 1, access: Access = ANYBODY) -> None:
    """Create every topic of the registry that does not exist yet, on a real broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address, **access.client_options())
    await admin.start()
    try:
        wanted = [
            NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.config(replication))
            for topic in all_topics()
        ]
        response = await admin.create_topics(wanted)
        for name, code, *_ in response.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(f"creating the topic {name}")
    finally:
        await admin.close()


async def touch_topics(address: str) -> None:
    """Bring the registry's topics into being on the embedded broker, which makes a topic when it is asked about it."""
    client = AIOKafkaConsumer(bootstrap_servers=address)
    await client.start()
    try:
        for topic in all_topics():
            await client.end_offsets([TopicPartition(topic.name, number) for number in range(topic.partitions)])
    finally:
        await client.stop()
