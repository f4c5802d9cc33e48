"""The broker: FastStream over aiokafka. The only module of the services that speaks to Kafka (ADR 0006).

Consumers commit by hand after the inbox has stored the effects; publishing waits for every acknowledgement and for no
longer than a bound, because an idempotent producer may otherwise wait for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    IllegalStateError,
    InvalidProducerEpoch,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    TopicAlreadyExistsError,
    UnknownProducerId,
    for_code,
)
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka import TopicPartition as TakenPartition
from faststream.kafka.annotations import KafkaMessage
from faststream.security import BaseSecurity, SASLScram512

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import UnreadableEvent, decode, read_event
from shared.contracts.registry import all_topics, topics
from shared.messaging.access import Access
from shared.messaging.inbox import Inbox
from shared.messaging.losses import Losses
from shared.messaging.messages import Message, Placed, PublisherUnavailable, Record, described
from shared.messaging.relay import Relay
from shared.stopping import StoppingTime
from shared.storage.port import StoreUnavailable
from shared.telemetry import situation
from shared.telemetry.metrics import Metrics
from shared.telemetry.spans import Spans

__all__ = [
    "Consumer",
    "FastStreamPublisher",
    "GroupProgress",
    "build_broker",
    "check_broker",
    "create_topics",
    "subscribe",
    "touch_topics",
]

log = logging.getLogger(__name__)

MAX_MESSAGE = 16 * 2**20
REPUBLISH_REQUESTS = "republish-requests"
ANYBODY = Access()
_ACK_TIMEOUT = 30.0
# From then on the broker takes nothing more from this producer; or it was closed for that, and there is no other yet.
_OUT_OF_STEP = (OutOfOrderSequenceNumber, UnknownProducerId, ProducerFenced, InvalidProducerEpoch, ProducerClosed)
_POLL = 1000  # milliseconds that a consumer waits at a time; it is woken when something comes
_GATHERING = 0.005  # seconds in which questions are gathered
_TOGETHER_TIMEOUT = 5.0
_PARTITIONS_AGE = 10_000  # milliseconds until partitions that were added are known


def build_broker(address: str, service: str, access: Access = ANYBODY) -> KafkaBroker:
    """A broker client for one service: idempotent producer, all acknowledgements, batches that fit our messages."""
    return KafkaBroker(
        address.split(","),
        security=_security(access),
        client_id=f"xephang-{service}",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,  # what is published at once goes into one batch anyway; a lone event would only wait
        max_batch_size=256 * 1024,
        max_request_size=MAX_MESSAGE,
        allow_auto_create_topics=False,
        logger=logging.getLogger("xephang.faststream"),
        log_level=logging.DEBUG,
    )


def _security(access: Access) -> BaseSecurity | None:
    if access.user:
        return SASLScram512(access.user, access.password, ssl_context=access.context, use_ssl=access.tls)
    return BaseSecurity(ssl_context=access.context, use_ssl=True) if access.tls else None


class FastStreamPublisher:
    """`Publisher` over a FastStream broker."""

    def __init__(self, broker: KafkaBroker) -> None:
        self._broker = broker
        self._renewing = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> list[Placed]:
        # FastStream tells nobody its producer, nor how to make another one.
        used = self._producer()._producer
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
            if isinstance(error, _OUT_OF_STEP):
                await self._renew(used)
            raise PublisherUnavailable(f"{type(error).__name__} {error}".strip()) from error
        return [Placed(result.partition, result.offset) for result in results]

    async def _renew(self, used: Any) -> None:
        """Go on with another producer, unless somebody has seen to that since `used` was.

        aiokafka counts batches that it gave up for lack of a leader as sent: from then on the broker refuses everything
        from this producer. A new one has a number of its own and begins to count anew; what is published twice because
        of it is seen by the sequence of its stream.
        """
        async with self._renewing:
            producer = self._producer()
            if producer._producer is not used:
                return
            log.warning("the broker and the producer count differently; going on with another producer")
            await _let_go(used.producer)
            made = AIOKafkaProducer(**self._broker._connection_kwargs)
            try:
                async with asyncio.timeout(_ACK_TIMEOUT):
                    await producer.connect(made, serializer=producer.serializer, codec=producer.codec)
            except (KafkaError, TimeoutError) as error:
                log.warning("another producer could not be started, the next to publish tries again: %r", error)
                await _let_go(made)

    def _producer(self) -> Any:
        return self._broker.config.broker_config.producer


async def _let_go(producer: AIOKafkaProducer) -> None:
    """End a producer with all that it has still to send, which would come after what the next one sends."""
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(_ACK_TIMEOUT):
            if producer._sender is not None:
                await producer._sender.close()
                producer._message_accumulator.fail_all(ProducerClosed())
            await producer.stop()


Offsets = Mapping[TopicPartition, int]


class _Together:
    """Questions about partitions that come at about the same time go out as one request, after the last of them.

    Each relay asks every second: asked one by one, an idle service would do little else. If what was asked together
    fails, each asks for itself: a partition without a leader holds up no other topic.
    """

    def __init__(self, ask: Callable[[Sequence[TopicPartition]], Awaitable[Offsets]]) -> None:
        self._ask = ask
        self._gathering: tuple[set[TopicPartition], asyncio.Task[Offsets]] | None = None
        self._asking: set[asyncio.Task[Offsets]] = set()

    async def __call__(self, partitions: Sequence[TopicPartition]) -> dict[int, int]:
        """By partition number, of one topic."""
        if self._gathering is None:
            wanted: set[TopicPartition] = set()
            task = asyncio.create_task(self._soon(wanted))
            self._asking.add(task)
            task.add_done_callback(self._done)
            self._gathering = wanted, task
        wanted, task = self._gathering
        wanted.update(partitions)
        try:
            found = await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():  # it is whoever asks that is cancelled
                raise
            raise PublisherUnavailable("the client was closed") from None
        except (KafkaError, TimeoutError):
            found = await self._ask(partitions)
        return {place.partition: found[place] for place in partitions if place in found}

    def stop(self) -> None:
        """What is under way is given up."""
        for task in self._asking:
            task.cancel()

    async def _soon(self, wanted: set[TopicPartition]) -> Offsets:
        await asyncio.sleep(_GATHERING)
        self._gathering = None
        async with asyncio.timeout(_TOGETHER_TIMEOUT):
            return await self._ask(sorted(wanted))

    def _done(self, task: asyncio.Task[Offsets]) -> None:
        self._asking.discard(task)
        if self._gathering is not None and self._gathering[1] is task:  # it was given up before it asked
            self._gathering = None
        if not task.cancelled():
            task.exception()  # whoever asked has it, if anybody still waits


class GroupProgress:
    """`BrokerProgress`: asks the broker what groups have committed, with clients that never join the groups."""

    def __init__(self, address: str, access: Access = ANYBODY) -> None:
        self._address = address
        self._access = access
        self._clients: dict[str, AIOKafkaConsumer] = {}
        self._lock = asyncio.Lock()
        self._starts = _Together(self._asked_starts)
        self._ends = _Together(self._asked_ends)
        self._committed: dict[str, _Together] = {}

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        if group not in self._committed:
            self._committed[group] = _Together(partial(self._asked_committed, group))
        ask = self._committed[group]
        return await self._answer(f"the offsets of {group}", lambda: self._of(topic, ask))

    async def starts(self, topic: str) -> dict[int, int]:
        return await self._answer(f"the offsets of {topic}", lambda: self._of(topic, self._starts))

    async def ends(self, topic: str) -> dict[int, int]:
        return await self._answer(f"the offsets of {topic}", lambda: self._of(topic, self._ends))

    async def close(self) -> None:
        """Let the clients go."""
        for together in (self._starts, self._ends, *self._committed.values()):
            together.stop()
        while self._clients:
            _, client = self._clients.popitem()
            await client.stop()

    async def _of(self, topic: str, ask: _Together) -> dict[int, int]:
        return await ask(await self._partitions(topic))

    async def _answer(self, what: str, ask: Callable[[], Awaitable[dict[int, int]]]) -> dict[int, int]:
        try:
            async with asyncio.timeout(_ACK_TIMEOUT):
                return await ask()
        except (KafkaError, TimeoutError) as error:
            raise PublisherUnavailable(f"asking for {what}: {error!r}") from error

    async def _asked_ends(self, partitions: Sequence[TopicPartition]) -> Offsets:
        return await (await self._client("")).end_offsets(partitions)  # type: ignore[no-any-return]

    async def _asked_starts(self, partitions: Sequence[TopicPartition]) -> Offsets:
        return await (await self._client("")).beginning_offsets(partitions)  # type: ignore[no-any-return]

    async def _asked_committed(self, group: str, partitions: Sequence[TopicPartition]) -> Offsets:
        """0 where the group has not committed. Its public `committed` makes a request for each partition."""
        found = await (await self._client(group))._coordinator.fetch_committed_offsets(list(partitions))
        return {place: found[place].offset if place in found else 0 for place in partitions}

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        """Those that the broker has: an operator may have added some to what the registry says."""
        client = await self._client("")
        numbers = client.partitions_for_topic(topic)
        if not numbers:  # the client learns of a topic by being asked about it, and then hears of it again and again
            await client.end_offsets([TopicPartition(topic, 0)])
            numbers = client.partitions_for_topic(topic)
        if not numbers:
            raise PublisherUnavailable(f"the broker does not tell the partitions of {topic}")
        return [TopicPartition(topic, number) for number in sorted(numbers)]

    async def _client(self, group: str) -> AIOKafkaConsumer:
        async with self._lock:
            if group not in self._clients:
                client = AIOKafkaConsumer(
                    bootstrap_servers=self._address,
                    group_id=group or None,
                    enable_auto_commit=False,
                    metadata_max_age_ms=_PARTITIONS_AGE,
                    **self._access.client_options(),
                )
                try:
                    await client.start()
                except BaseException:
                    await client.stop()
                    raise
                self._clients[group] = client
            return self._clients[group]


class _Consumption(ConsumerRebalanceListener):  # type: ignore[misc]
    """Takes batches from FastStream to the inbox, and commits them."""

    def __init__(
        self, service: str, inbox: Inbox, relay: Relay, losses: Losses, metrics: Metrics, spans: Spans
    ) -> None:
        self._service = service
        self._inbox = inbox
        self._relay = relay
        self._losses = losses
        self._metrics = metrics
        self._spans = spans
        self._backoff = 0.1

    async def __call__(self, message: KafkaMessage) -> None:
        records = [_record(each) for each in message.raw_message]
        # One task takes all batches: what is said of one must not be said of the next.
        with situation.being(service=self._service, **described(*records)):
            await self._take(message, records)

    async def _take(self, message: KafkaMessage, records: Sequence[Record]) -> None:
        consumer: Any = message.consumer
        began = time.perf_counter()

        async def committed(topic: str, partition: int) -> int:
            return await consumer.committed(TopicPartition(topic, partition)) or 0

        try:
            await self._losses.notice(records, committed)
            await self._inbox.consume([record for record in records if record.topic != REPUBLISH_REQUESTS])
            for record in records:
                if record.topic == REPUBLISH_REQUESTS:
                    await self._take_request(record)
        except Exception as error:
            # Nothing may be skipped: rewind, wait, and the same messages come again.
            level = logging.ERROR
            if isinstance(error, StoreUnavailable | PublisherUnavailable | KafkaError):
                level = logging.WARNING
            log.log(
                level, "a batch of %d could not be stored: %r", len(records), error, exc_info=level > logging.WARNING
            )
            self._rewind(records, consumer)
            self._metrics.retried(records[0].topic)
            await asyncio.sleep(self._backoff)
            self._backoff = min(self._backoff * 2, 5.0)
            return
        self._backoff = 0.1
        self._metrics.batch(time.perf_counter() - began)
        if self._spans.on:
            ended = time.time_ns()
            for record in records:
                self._spans.taken_in(record, ended - int((time.perf_counter() - began) * 1e9), ended)
        for topic, count in Counter(record.topic for record in records).items():
            self._metrics.consumed(topic, count)
        if log.isEnabledFor(logging.DEBUG):
            for record in records:
                log.debug("taken in", extra={"fields": described(record)})
        try:
            await message.ack()
        except KafkaError as error:  # after a rebalance: whoever has the partition now drops what is done already
            log.warning("commit refused: %r", error)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self._losses.forget()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self._losses.forget()

    def _rewind(self, records: Sequence[Record], consumer: Any) -> None:
        """Back to the first message of each partition; those that went to another process meanwhile are its own."""
        first: dict[TopicPartition, int] = {}
        for record in records:
            tp = TopicPartition(record.topic, record.partition)
            first[tp] = min(first.get(tp, record.offset), record.offset)
        for tp, offset in first.items():
            with contextlib.suppress(IllegalStateError):
                consumer.seek(tp, offset)
        self._losses.forget()

    async def _take_request(self, record: Record) -> None:
        try:
            request = read_event(decode(record.headers, record.value)).data
            if not isinstance(request, RepublishRequestedV1):
                raise UnreadableEvent(f"not a republish request: {type(request).__name__}")
        except UnreadableEvent as error:
            log.warning("an unreadable republish request was dropped: %s", error)
        else:
            await self._relay.take_request(request)


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
    consumption = _Consumption(service, inbox, relay, losses, metrics, spans)

    async def next_batch(consumer: AIOKafkaConsumer) -> tuple[ConsumerRecord[Any, Any], ...]:
        found = await consumer.getmany(timeout_ms=_POLL, max_records=max_records)
        return tuple(chain.from_iterable(found.values()))

    names = [*inbox.topics, REPUBLISH_REQUESTS]
    every = [TakenPartition(name, number) for name in names for number in range(topics()[name].partitions)]
    subscriber = broker.subscriber(
        *(() if alone else names),
        partitions=every if alone else (),
        group_id=service,
        batch=True,
        max_records=max_records,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=MAX_MESSAGE,
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
        await StoppingTime(_ACK_TIMEOUT).step(f"{service}'s consumer", subscriber.stop(), _ACK_TIMEOUT)
        await subscriber.start()

    async def finish() -> None:
        tasks = list(subscriber.tasks)
        try:
            await subscriber.stop()
        finally:
            for task in tasks:
                task.cancel()

    return Consumer(restart, finish)


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


def _headers(record: ConsumerRecord[Any, Any]) -> dict[str, str]:
    return {name.lower(): (value or b"").decode("utf-8", "replace") for name, value in record.headers}


def _record(raw: ConsumerRecord[Any, Any]) -> Record:
    key = (raw.key or b"").decode("utf-8", "replace")
    return Record(raw.topic, raw.partition, raw.offset, key, _headers(raw), raw.value or b"")
