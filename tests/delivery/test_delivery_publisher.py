"""The publisher believes only what the broker could place, and leaves nothing behind of what it gave up."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerClosed
from aiokafka.structs import RecordMetadata

from shared.messaging.kafka.publisher import FastStreamPublisher, _let_go
from shared.messaging.messages import Message, Placed, PublisherUnavailable

PLACE = TopicPartition("toy-orders", 0)


class Producing:
    """A FastStream broker whose producer answers each message as told: with an offset, or an error at once or later."""

    def __init__(self, *answers: RecordMetadata | KafkaError | asyncio.Future[Any]) -> None:
        self._answers = iter(answers)
        self.config = SimpleNamespace(broker_config=SimpleNamespace(producer=SimpleNamespace(_producer="used")))

    async def publish(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
        answer = next(self._answers)
        if isinstance(answer, KafkaError):
            raise answer
        if isinstance(answer, asyncio.Future):
            return answer
        future = asyncio.get_running_loop().create_future()
        future.set_result(answer)
        return future


def at(offset: int, log_start: int | None = 0) -> RecordMetadata:
    return RecordMetadata(PLACE.topic, PLACE.partition, PLACE, offset, 0, 0, log_start)


def a_publisher(*answers: Any) -> tuple[FastStreamPublisher, AsyncMock]:
    """One that goes on with another producer only as far as the mock does."""
    publisher, renew = FastStreamPublisher(Producing(*answers)), AsyncMock()  # type: ignore[arg-type]
    publisher._renew = renew  # type: ignore[method-assign]
    return publisher, renew


def messages(count: int) -> list[Message]:
    return [Message(PLACE.topic, "pho", {}, b"{}") for _ in range(count)]


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the event loop is told of exceptions for which nobody asked."""
    told: list[str] = []
    yield told
    assert told == []


def listen(complaints: list[str]) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about["message"]))


@pytest.mark.parametrize("log_start", [0, 7, None])
async def test_what_is_acknowledged_stands_where_the_broker_says(log_start: int | None) -> None:
    publisher, renew = a_publisher(at(8, log_start), at(9, log_start))
    assert await publisher.publish(messages(2)) == [Placed(0, 8), Placed(0, 9)]
    renew.assert_not_awaited()


@pytest.mark.parametrize("answers", [(at(-1, -1), at(0, -1)), (at(4, -1),), (at(-1, None),)])
async def test_what_the_broker_has_it_knows_not_where_is_published_again_by_another_producer(
    answers: Sequence[RecordMetadata],
) -> None:
    """aiokafka counts on from the offset -1, which looks like a log that is shorter than it was."""
    publisher, renew = a_publisher(*answers)
    with pytest.raises(PublisherUnavailable, match="DuplicateSequenceNumber"):
        await publisher.publish(messages(len(answers)))
    renew.assert_awaited_once_with("used")


async def test_of_messages_given_up_half_way_nobody_is_told_that_nobody_asked(complaints: list[str]) -> None:
    listen(complaints)
    failed, pending = (asyncio.get_running_loop().create_future() for _ in range(2))
    failed.set_exception(KafkaError("the first failed while the third waited for room"))
    publisher, _ = a_publisher(failed, pending, ProducerClosed())
    with pytest.raises(PublisherUnavailable, match="ProducerClosed"):
        await publisher.publish(messages(3))
    assert pending.cancelled()
    del failed, publisher
    gc.collect()


async def test_a_producer_is_let_go_with_what_it_had_still_to_send(complaints: list[str]) -> None:
    listen(complaints)
    producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:9", enable_idempotence=True)
    waiting = await producer._message_accumulator.add_message(PLACE, b"pho", b"{}", timeout=1)
    await _let_go(producer)
    with pytest.raises(ProducerClosed):
        await waiting
    with pytest.raises(ProducerClosed):
        await producer._message_accumulator.add_message(PLACE, b"pho", b"{}", timeout=1)
    del producer, waiting
    gc.collect()
