"""What is consumed goes to the inbox as batches, and is committed by hand after the inbox has stored its effects."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream.kafka.annotations import KafkaMessage

from shared.contracts.delivery import RepublishRequestedV1
from shared.contracts.envelope import UnreadableEvent, decode, read_event
from shared.messaging.inbox import Inbox
from shared.messaging.losses import Losses
from shared.messaging.messages import REPUBLISH_REQUESTS, PublisherUnavailable, Record, described
from shared.messaging.relay import Relay
from shared.storage.port import StoreUnavailable
from shared.telemetry import situation
from shared.telemetry.metrics import Metrics
from shared.telemetry.spans import Spans

__all__ = ["Consumption"]

log = logging.getLogger(__name__)


class Consumption(ConsumerRebalanceListener):  # type: ignore[misc]
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
            taken = await self._take(message.consumer, records)
        if taken:
            await self._commit(message, records)

    async def _commit(self, message: KafkaMessage, records: Sequence[Record]) -> None:
        """Not in the batch's situation: a connection that is made for it serves many batches."""
        try:
            await message.ack()
        except KafkaError as error:  # after a rebalance: whoever has the partition now drops what is done already
            with situation.being(service=self._service, **described(*records)):
                log.warning("commit refused: %r", error)

    async def _take(self, consumer: Any, records: Sequence[Record]) -> bool:
        """True if all effects are stored; otherwise the batch comes again."""
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
            return False
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
        return True

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


def _headers(record: ConsumerRecord[Any, Any]) -> dict[str, str]:
    return {name.lower(): (value or b"").decode("utf-8", "replace") for name, value in record.headers}


def _record(raw: ConsumerRecord[Any, Any]) -> Record:
    key = (raw.key or b"").decode("utf-8", "replace")
    return Record(raw.topic, raw.partition, raw.offset, key, _headers(raw), raw.value or b"")
