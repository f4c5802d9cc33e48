"""What the broker loses is healed from the journal of whoever said it, and never skipped."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from burst import KEPT_BY_THE_BROKER, burst
from small_year import assert_same_files, small_year_on_a_platform

from deploy.xephang.year.office import wait_for
from deploy.xephang.year.stage import OPERATOR
from shared.messaging.kafka.publisher import FastStreamPublisher
from shared.messaging.messages import Message, Placed

Publish = Callable[[FastStreamPublisher, Sequence[Message]], Awaitable[list[Placed]]]


async def overflow(kafka: str, topic: str, partition: int = 0) -> None:
    """Push everything out of a partition of the embedded broker, which keeps no more than so much."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, max_request_size=2**21) as producer:
        for _ in range(KEPT_BY_THE_BROKER // 2**20 + 2):
            await producer.send_and_wait(topic, b"\x00" * (2**20 - 1000), partition=partition)


@pytest.mark.slow
async def test_verified_answers_that_the_broker_dropped_are_scored(tmp_path: Path):
    """The log now starts beyond what scoring has consumed: it asks for what is missing before it goes on."""
    async with burst(tmp_path, agencies=12, size=5_000, partitions=1) as running:
        await running.service("scoring", "stop")
        await running.answer()
        await running.verify()

        async def published() -> bool:
            return "verifications" not in (await running.status("verification"))["unpublished"]

        await wait_for("all is with the broker, and nobody has read it", published)
        await overflow(running.platform.kafka, "verifications")
        await running.service("scoring", "start")
        ranking = await running.ranked()
        assert sorted(row["agency"] for row in ranking["rows"]) == sorted(running.agencies)
        letters = await running.office.get("/scoring/dead-letters", OPERATOR)
        assert {letter["message"]["reason"].split(":")[0] for letter in letters} == {"unreadable"}


class Losses:
    """A publisher that says messages are published which never reach the broker. What is asked for again does."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self.places: set[tuple[str, str, str]] = set()

    async def publish(self, publisher: FastStreamPublisher, messages: Sequence[Message]) -> list[Placed]:
        kept = [message for message in messages if not self._loses(message)]
        placed = iter(await self._publish(publisher, kept))
        return [next(placed) if message in kept else Placed(0, -1) for message in messages]

    def _loses(self, message: Message) -> bool:
        """Only what something follows sooner or later: nobody can miss the last word of a stream."""
        headers = message.headers
        place = (message.topic, headers.get("ce_stream", ""), headers.get("ce_sequence", ""))
        amended = any(f"/{agency}" in message.key for agency in ("so-tai-chinh", "huyen-tan-yen"))
        followed = {
            "campaigns": place[2] == "1",  # opened, then closed
            "rulesets": place[2] == "1",  # approved, then activated
            "submissions": place[2] == "1" and amended,  # received, then amended
            "scorecards": place[2] == "1",  # provisional, then final
        }
        if place in self.places or not followed.get(message.topic, False):
            return False
        self.places.add(place)
        return True


@pytest.mark.slow
async def test_year_is_the_same_when_messages_are_lost_on_the_way(
    tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
):
    losses = Losses(FastStreamPublisher.publish)
    monkeypatch.setattr(FastStreamPublisher, "publish", lambda publisher, messages: losses.publish(publisher, messages))
    async with small_year_on_a_platform(tmp_path / "data") as year:
        for step in year.steps.values():
            await step()
        await year.collected(tmp_path / "out")
    assert {topic for topic, _, _ in losses.places} == {"campaigns", "rulesets", "submissions", "scorecards"}
    assert len(losses.places) == 1 + 4 + 4 + 16
    assert_same_files(tmp_path / "out", undisturbed)
