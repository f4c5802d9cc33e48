"""Asking the broker about offsets: what is asked at about the same time goes out as one request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from shared.messaging.kafka.progress import Together
from shared.messaging.messages import PublisherUnavailable


def places(topic: str, count: int = 2) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(count)]


class Broker:
    """Answers with the length of the topic's name; fails where a topic has no leader."""

    def __init__(self, *without_leader: str) -> None:
        self.without_leader = without_leader
        self.requests: list[list[str]] = []

    async def __call__(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        topics = sorted({place.topic for place in partitions})
        self.requests.append(topics)
        await asyncio.sleep(0)
        if set(topics) & set(self.without_leader):
            raise KafkaConnectionError
        return {place: len(place.topic) + place.partition for place in partitions}


async def test_questions_of_one_moment_are_one_request() -> None:
    broker = Broker()
    ask = Together(broker)
    assert await asyncio.gather(ask(places("a")), ask(places("bb", 3)), ask(places("a"))) == [
        {0: 1, 1: 2},
        {0: 2, 1: 3, 2: 4},
        {0: 1, 1: 2},
    ]
    assert broker.requests == [["a", "bb"]]


async def test_what_is_asked_later_is_asked_anew() -> None:
    broker = Broker()
    ask = Together(broker)
    await ask(places("a"))
    await ask(places("a"))
    assert broker.requests == [["a"], ["a"]]


async def test_topic_without_a_leader_holds_up_no_other() -> None:
    broker = Broker("bad")
    ask = Together(broker)
    good, bad = await asyncio.gather(ask(places("good")), ask(places("bad")), return_exceptions=True)
    assert good == {0: 4, 1: 5}
    assert isinstance(bad, KafkaConnectionError)
    assert broker.requests == [["bad", "good"], ["good"], ["bad"]]


async def test_one_that_asks_no_longer_takes_the_answer_from_nobody() -> None:
    ask = Together(Broker())
    first, second = asyncio.create_task(ask(places("a"))), asyncio.create_task(ask(places("b")))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == {0: 1, 1: 2}
    assert first.cancelled()


async def test_who_waits_when_it_ends_is_told() -> None:
    ask = Together(Broker())
    waiting = asyncio.create_task(ask(places("a")))
    await asyncio.sleep(0)
    ask.stop()
    with pytest.raises(PublisherUnavailable, match="closed"):
        await waiting
