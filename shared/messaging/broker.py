"""The broker: FastStream over aiokafka. The only module of the services that speaks to Kafka (ADR 0006).

Consumers commit by hand after the inbox has stored the effects; publishing waits for every acknowledgement and for no
longer than a bound, because an idempotent producer may otherwise wait for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from shared.contracts.envelope import UnreadableEvent, decode, read_event
from shared.contracts.registry import dead_letter_topics, topics
from shared.messaging.inbox import Inbox
from shared.messaging.messages import POSITION_HEADER, Message, Placed, PublisherUnavailable, Record
from shared.messaging.relay import Relay
from shared.storage.port import StoreUnavailable

__all__ = ["FastStreamPublisher", "GroupProgress", "build_broker", "create_topics", "subscribe", "touch_topics"]

log = logging.getLogger(__name__)

MAX_MESSAGE = 16 * 2**20
REPUBLISH_REQUESTS = "republish-requests"
_ACK_TIMEOUT = 30.0


def build_broker(address: str, service: str) -> KafkaBroker:
    """A broker client for one service: idempotent producer, all acknowledgements, batches that fit our messages."""
    return KafkaBroker(
        address.split(","),
        client_id=f"xephang-{service}",
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=256 * 1024,
        max_request_size=MAX_MESSAGE,
        allow_auto_create_topics=False,
        logger=logging.getLogger("xephang.faststream"),
        log_level=logging.DEBUG,
    )


class FastStreamPublisher:
    """`Publisher` over a FastStream broker."""

    def __init__(self, broker: KafkaBroker) -> None:
        self._broker = broker

    async def publish(self, messages: Sequence[Message]) -> list[Placed]:
        try:
            async with asyncio.timeout(_ACK_TIMEOUT):
                futures = [
                    await self._broker.publish(
                        message.value,
                        topic=message.topic,
                        key=message.key.encode(),
                        headers=dict(message.headers),
                        correlation_id=message.headers.get("ce_correlationid", ""),
                        no_confirm=True,
                    )
                    for message in messages
                ]
                results = await asyncio.gather(*futures)
        except (KafkaError, TimeoutError) as error:
            raise PublisherUnavailable(f"{type(error).__name__} {error}".strip()) from error
        return [Placed(result.partition, result.offset) for result in results]


class GroupProgress:
    """`BrokerProgress`: asks the broker what groups have committed, with clients that never join the groups."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._clients: dict[str, AIOKafkaConsumer] = {}
        self._lock = asyncio.Lock()

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        try:
            async with asyncio.timeout(_ACK_TIMEOUT):
                client = await self._client(group)
                return {
                    partition: await client.committed(TopicPartition(topic, partition)) or 0
                    for partition in range(topics()[topic].partitions)
                }
        except (KafkaError, TimeoutError) as error:
            raise PublisherUnavailable(f"asking for the offsets of {group}: {error!r}") from error

    async def ends(self, topic: str) -> dict[int, int]:
        try:
            async with asyncio.timeout(_ACK_TIMEOUT):
                client = await self._client("")
                partitions = [TopicPartition(topic, number) for number in range(topics()[topic].partitions)]
                return {tp.partition: end for tp, end in (await client.end_offsets(partitions)).items()}
        except (KafkaError, TimeoutError) as error:
            raise PublisherUnavailable(f"asking for the end of {topic}: {error!r}") from error

    async def close(self) -> None:
        """Let the clients go."""
        for client in self._clients.values():
            await client.stop()
        self._clients.clear()

    async def _client(self, group: str) -> AIOKafkaConsumer:
        async with self._lock:
            if group not in self._clients:
                client = AIOKafkaConsumer(
                    bootstrap_servers=self._address, group_id=group or None, enable_auto_commit=False
                )
                await client.start()
                self._clients[group] = client
            return self._clients[group]


class _Consumption:
    """Takes batches from FastStream to the inbox, and commits them."""

    def __init__(self, inbox: Inbox, relay: Relay, ask_topic: Callable[[str, int, int], Awaitable[None]]) -> None:
        self._inbox = inbox
        self._relay = relay
        self._ask_topic = ask_topic
        self._next: dict[TopicPartition, int] = {}
        self._position: dict[TopicPartition, int] = {}
        self._backoff = 0.1

    async def __call__(self, message: KafkaMessage) -> None:
        raw: Sequence[ConsumerRecord[Any, Any]] = message.raw_message
        try:
            await self._notice_lost(raw, message.consumer)
            await self._inbox.consume([_record(r) for r in raw if r.topic != REPUBLISH_REQUESTS])
            for record in raw:
                if record.topic == REPUBLISH_REQUESTS:
                    self._take_request(_record(record))
        except Exception as error:
            # Nothing may be skipped: rewind, wait, and the same messages come again.
            level = logging.WARNING if isinstance(error, StoreUnavailable) else logging.ERROR
            log.log(level, "a batch of %d could not be stored: %r", len(raw), error, exc_info=level > logging.WARNING)
            await message.nack()
            self._next.clear()
            await asyncio.sleep(self._backoff)
            self._backoff = min(self._backoff * 2, 5.0)
            return
        self._backoff = 0.1
        try:
            await message.ack()
        except KafkaError as error:  # after a rebalance: whoever has the partition now drops what is done already
            log.warning("commit refused: %r", error)

    async def _notice_lost(self, raw: Sequence[ConsumerRecord[Any, Any]], consumer: Any) -> None:
        """A log that now starts beyond what was consumed has lost messages: have them published again."""
        for record in raw:
            topic = topics().get(record.topic)
            if topic is None or topic.cleanup == "compact":
                continue  # compaction leaves holes by design
            tp = TopicPartition(record.topic, record.partition)
            if tp not in self._next:
                self._next[tp] = await consumer.committed(tp) or 0
            position = int(_headers(record).get(POSITION_HEADER, 0))
            if record.offset > self._next[tp]:
                log.warning("%s[%d]: %d..%d are gone", tp.topic, tp.partition, self._next[tp], record.offset - 1)
                if topic.producer != "platform":
                    await self._ask_topic(record.topic, self._position.get(tp, 0), position)
            self._next[tp] = record.offset + 1
            self._position[tp] = position

    def _take_request(self, record: Record) -> None:
        try:
            self._relay.ask_again(read_event(decode(record.headers, record.value)).data)
        except UnreadableEvent as error:
            log.warning("an unreadable republish request was dropped: %s", error)


def subscribe(
    broker: KafkaBroker,
    service: str,
    inbox: Inbox,
    relay: Relay,
    ask_topic: Callable[[str, int, int], Awaitable[None]],
    *,
    max_records: int = 200,
) -> None:
    """Subscribe a service to all its topics with one consumer group, batches, and commits by hand."""
    consumption = _Consumption(inbox, relay, ask_topic)
    subscriber = broker.subscriber(
        *inbox.topics,
        REPUBLISH_REQUESTS,
        group_id=service,
        batch=True,
        max_records=max_records,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=MAX_MESSAGE,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=1_000,
        title=service,
    )

    @subscriber
    async def consume(message: KafkaMessage) -> None:
        await consumption(message)


async def create_topics(address: str, replication: int = 1) -> None:
    """Create every topic of the registry that does not exist yet, on a real broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        wanted = [
            NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.config())
            for topic in (*topics().values(), *dead_letter_topics().values())
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
        for topic in (*topics().values(), *dead_letter_topics().values()):
            await client.end_offsets([TopicPartition(topic.name, number) for number in range(topic.partitions)])
    finally:
        await client.stop()


def _headers(record: ConsumerRecord[Any, Any]) -> dict[str, str]:
    return {name.lower(): value.decode("utf-8", "replace") for name, value in record.headers}


def _record(raw: ConsumerRecord[Any, Any]) -> Record:
    key = (raw.key or b"").decode("utf-8", "replace")
    return Record(raw.topic, raw.partition, raw.offset, key, _headers(raw), raw.value or b"")
