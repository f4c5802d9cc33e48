"""Publishing: waits for every acknowledgement, and for no longer than a bound.

An idempotent producer may otherwise wait for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)
from aiokafka.structs import RecordMetadata
from faststream.kafka import KafkaBroker

from shared.messaging.kafka.broker import ACK_TIMEOUT
from shared.messaging.messages import Message, Placed, PublisherUnavailable
from shared.telemetry.situation import lasting

__all__ = ["FastStreamPublisher"]

log = logging.getLogger(__name__)

# From then on the broker takes nothing more from this producer; or it was closed for that, and there is no other yet.
_OUT_OF_STEP = (
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)


class FastStreamPublisher:
    """`Publisher` over a FastStream broker."""

    def __init__(self, broker: KafkaBroker) -> None:
        self._broker = broker
        self._renewing = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> list[Placed]:
        # FastStream tells nobody its producer, nor how to make another one.
        used = self._producer()._producer
        sent: list[asyncio.Future[RecordMetadata]] = []
        try:
            async with asyncio.timeout(ACK_TIMEOUT):
                for message in messages:
                    sent.append(await self._send(message))
                results = await asyncio.gather(*sent)
            return [_placed(result) for result in results]
        except (KafkaError, TimeoutError) as error:
            if isinstance(error, _OUT_OF_STEP):
                await self._renew(used)
            raise PublisherUnavailable(f"{type(error).__name__} {error}".strip()) from error
        finally:
            _forget(sent)

    async def _send(self, message: Message) -> asyncio.Future[RecordMetadata]:
        return await self._broker.publish(
            message.value,
            topic=message.topic,
            key=message.key.encode(),
            headers=dict(message.headers),
            correlation_id=message.headers.get("ce_correlationid", ""),
            no_confirm=True,
        )

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
                async with asyncio.timeout(ACK_TIMEOUT):
                    connecting = producer.connect(made, serializer=producer.serializer, codec=producer.codec)
                    await asyncio.create_task(connecting, context=lasting())
            except (KafkaError, TimeoutError) as error:
                log.warning("another producer could not be started, the next to publish tries again: %r", error)
                await _let_go(made)

    def _producer(self) -> Any:
        return self._broker.config.broker_config.producer


def _placed(result: RecordMetadata) -> Placed:
    """Raises `DuplicateSequenceNumber` where the broker has the message, it says, and cannot tell at which offset.

    aiokafka takes that for success at offset -1 and the following. A relay that believed it would see a log that is
    shorter than before, and publish all of it again.
    """
    if result.offset < 0 or result.log_start_offset == -1:
        raise DuplicateSequenceNumber
    return Placed(result.partition, result.offset)


def _forget(sent: Iterable[asyncio.Future[Any]]) -> None:
    """Nobody waits for these any more; of those that failed nobody is to be told that nobody asked."""
    for future in sent:
        if not future.cancel() and not future.cancelled():
            future.exception()


async def _let_go(producer: AIOKafkaProducer) -> None:
    """End a producer with all that it has still to send, which would come after what the next one sends."""
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(ACK_TIMEOUT):
            await producer._sender.close()
    accumulator = producer._message_accumulator
    unsent = [batch for batches in accumulator._batches.values() for batch in batches]
    accumulator.fail_all(ProducerClosed())
    _forget(batch._drain_waiter for batch in unsent)
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(ACK_TIMEOUT):
            await producer.stop()
