"""Publishing: waits for every acknowledgement, and for no longer than a bound.

An idempotent producer may otherwise wait for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)
from faststream.kafka import KafkaBroker

from shared.messaging.kafka.broker import ACK_TIMEOUT
from shared.messaging.messages import Message, Placed, PublisherUnavailable

__all__ = ["FastStreamPublisher"]

log = logging.getLogger(__name__)

# From then on the broker takes nothing more from this producer; or it was closed for that, and there is no other yet.
_OUT_OF_STEP = (OutOfOrderSequenceNumber, UnknownProducerId, ProducerFenced, InvalidProducerEpoch, ProducerClosed)


class FastStreamPublisher:
    """`Publisher` over a FastStream broker."""

    def __init__(self, broker: KafkaBroker) -> None:
        self._broker = broker
        self._renewing = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> list[Placed]:
        # FastStream tells nobody its producer, nor how to make another one.
        used = self._producer()._producer
        try:
            async with asyncio.timeout(ACK_TIMEOUT):
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
                async with asyncio.timeout(ACK_TIMEOUT):
                    await producer.connect(made, serializer=producer.serializer, codec=producer.codec)
            except (KafkaError, TimeoutError) as error:
                log.warning("another producer could not be started, the next to publish tries again: %r", error)
                await _let_go(made)

    def _producer(self) -> Any:
        return self._broker.config.broker_config.producer


async def _let_go(producer: AIOKafkaProducer) -> None:
    """End a producer with all that it has still to send, which would come after what the next one sends."""
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(ACK_TIMEOUT):
            if producer._sender is not None:
                await producer._sender.close()
                producer._message_accumulator.fail_all(ProducerClosed())
            await producer.stop()
