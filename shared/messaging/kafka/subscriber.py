"""Subscribing a service: one consumer group for all its topics, and a consumer that can be ended and begun again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, TopicPartition
from faststream.kafka.annotations import KafkaMessage

from shared.contracts.registry import topics
from shared.messaging.inbox import Inbox
from shared.messaging.kafka.broker import ACK_TIMEOUT
from shared.messaging.kafka.consumption import Consumption
from shared.messaging.losses import Losses
from shared.messaging.messages import REPUBLISH_REQUESTS
from shared.messaging.relay import Relay
from shared.stopping import StoppingTime
from shared.telemetry.metrics import Metrics
from shared.telemetry.spans import Spans

__all__ = ["FETCHED", "Consumer", "subscribe"]

# Bytes fetched of a partition at a time, which lie in memory until they are taken. A larger message comes by itself:
# brokers do not hold one back for its size (KIP-74).
FETCHED = 2**20
_POLL = 1000  # milliseconds that a consumer waits at a time; it is woken when something comes


@dataclass(frozen=True)
class Consumer:
    """A consumer that runs. `restart` begins again from what is committed; `finish` ends it after the batch in hand,
    or, cancelled, gives that batch up: it comes again.
    """

    restart: Callable[[], Coroutine[Any, Any, None]]
    finish: Callable[[], Coroutine[Any, Any, None]]


async def _as_it_is(
    batch: tuple[ConsumerRecord[Any, Any], ...], parse: Callable[[Any], Awaitable[KafkaMessage]]
) -> KafkaMessage:
    """FastStream's parser reads headers as UTF-8 and fails on others: nothing of a bad message may fail before us."""
    plain = [replace(each, headers=()) for each in batch]
    message = await parse(tuple(plain))
    message.raw_message = batch
    return message


async def _undecoded(message: KafkaMessage) -> list[bytes]:
    """FastStream's decoder fails on a value that is not JSON; the inbox reads it, and sets it aside."""
    return [each.value or b"" for each in message.raw_message]


def subscribe(
    broker: KafkaBroker,
    service: str,
    inbox: Inbox,
    relay: Relay,
    losses: Losses,
    metrics: Metrics,
    spans: Spans,
    *,
    alone: bool = False,
    max_records: int = 200,
) -> Consumer:
    """Subscribe a service to all its topics with one consumer group, batches, and commits by hand.

    A process that is `alone` in its group takes all partitions at once instead of waiting for a group to form, which
    on the embedded broker takes three seconds.
    """
    consumption = Consumption(service, inbox, relay, losses, metrics, spans)

    async def next_batch(consumer: AIOKafkaConsumer) -> tuple[ConsumerRecord[Any, Any], ...]:
        found = await consumer.getmany(timeout_ms=_POLL, max_records=max_records)
        return tuple(chain.from_iterable(found.values()))

    names = [*inbox.topics, REPUBLISH_REQUESTS]
    every = [TopicPartition(name, number) for name in names for number in range(topics()[name].partitions)]
    subscriber = broker.subscriber(
        *(() if alone else names),
        partitions=every if alone else (),
        group_id=service,
        batch=True,
        max_records=max_records,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCHED,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=1_000,
        listener=None if alone else consumption,
        parser=_as_it_is,
        decoder=_undecoded,
        title=service,
    )
    # After a poll that found nothing FastStream sleeps as long again, and what comes then waits for it: a lone message
    # up to 200 ms at every hop, the one behind it up to half a second, for a fetch that leaves its partition out.
    subscriber.get_msg = next_batch  # type: ignore[method-assign]

    @subscriber
    async def consume(message: KafkaMessage) -> None:
        await consumption(message)

    async def restart() -> None:
        losses.forget()
        for task in subscriber.tasks:  # or it would be waited for: cut off anywhere, everything is done again
            task.cancel()
        # aiokafka's stop is cancelled by itself where a fetch failed a moment ago: that must not end who calls it.
        await StoppingTime(ACK_TIMEOUT).step(f"{service}'s consumer", subscriber.stop(), ACK_TIMEOUT)
        await subscriber.start()

    async def finish() -> None:
        tasks = list(subscriber.tasks)
        try:
            await subscriber.stop()
        finally:
            for task in tasks:
                task.cancel()

    return Consumer(restart, finish)
