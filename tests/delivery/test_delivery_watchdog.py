"""The watchdog: what stands still is noticed, what moves or rests is left alone. Its clock is the test's."""

from __future__ import annotations

from typing import Any

import pytest

from shared.messaging.messages import PublisherUnavailable
from shared.messaging.watchdog import Watchdog


class Log:
    """What a broker would tell of one topic."""

    def __init__(self) -> None:
        self.end = {0: 0, 1: 0}
        self.done = {0: 0, 1: 0}

    async def ends(self, topic: str) -> dict[int, int]:
        return dict(self.end)

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        return dict(self.done)


class Watched:
    """A watchdog, its clock in seconds, and how often it started the consumer again."""

    def __init__(self, patience: float = 60) -> None:
        self.log: Any = Log()
        self.now = 0.0
        self.restarts: list[float] = []
        self.dog = Watchdog(
            "scoring", ["verifications"], self.log, self._restart, patience=patience, now=lambda: self.now
        )

    async def _restart(self) -> None:
        self.restarts.append(self.now)

    async def after(self, seconds: float) -> None:
        self.now += seconds
        await self.dog.look()


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_nothing_to_consume_is_no_standstill(watched: Watched) -> None:
    watched.log.end = watched.log.done = {0: 5, 1: 7}
    for _ in range(10):
        await watched.after(100)
    assert watched.restarts == []
    assert watched.dog.waiting("verifications") == 0


async def test_slow_is_not_stuck(watched: Watched) -> None:
    watched.log.end[0] = 100
    for done in range(20):
        watched.log.done[0] = done
        await watched.after(59)
    assert watched.restarts == []


async def test_a_standstill_is_told_and_ended(watched: Watched) -> None:
    await watched.after(0)
    watched.log.end[1] = 3
    await watched.after(5)
    await watched.after(30)
    assert watched.dog.waiting("verifications") == 30
    assert watched.dog.stuck() == []
    await watched.after(30)
    assert watched.dog.stuck() == [("verifications", 1)]
    assert len(watched.restarts) == 1
    watched.log.done[1] = 3
    await watched.after(5)
    assert watched.dog.stuck() == []
    assert watched.dog.waiting("verifications") == 0


async def test_what_comes_after_a_long_rest_has_not_waited_since_then(watched: Watched) -> None:
    for _ in range(5):
        await watched.after(100)
    watched.log.end[0] = 1
    await watched.after(5)
    await watched.after(40)
    assert watched.restarts == []


async def test_it_is_started_again_ever_less_often(watched: Watched) -> None:
    watched.log.end[0] = 1
    for _ in range(2000):
        await watched.after(5)
    pauses = [after - before for before, after in zip(watched.restarts, watched.restarts[1:], strict=False)]
    assert pauses[:5] == [60, 120, 240, 480, 960]
    assert max(pauses) == 960


async def test_one_partition_that_moves_does_not_hide_the_other(watched: Watched) -> None:
    watched.log.end = {0: 100, 1: 1}
    for done in range(20):
        watched.log.done[0] = done
        await watched.after(10)
    assert watched.dog.stuck() == [("verifications", 1)]
    assert watched.restarts


async def test_a_broker_that_is_silent_is_no_standstill(watched: Watched) -> None:
    watched.log.end[0] = 1
    await watched.after(5)

    async def silent(_: str) -> dict[int, int]:
        raise PublisherUnavailable("gone")

    watched.log.ends = silent
    with pytest.raises(PublisherUnavailable):
        await watched.after(500)
    assert watched.restarts == []


async def test_age_of_the_oldest_message_is_told_even_where_consuming_goes_on(watched: Watched) -> None:
    log = watched.log
    log.end[0] = 10  # arrive at 5 s
    await watched.after(5)
    log.end[0] = 20  # at 10 s
    await watched.after(5)
    assert (watched.dog.oldest("verifications"), watched.dog.lag()) == (5, 20)
    log.done[0] = 4
    await watched.after(5)
    assert (watched.dog.oldest("verifications"), watched.dog.waiting("verifications")) == (10, 0)
    log.done[0] = 10
    await watched.after(5)
    assert (watched.dog.oldest(), watched.dog.lag()) == (10, 10)
    log.done[0] = 20
    await watched.after(5)
    assert (watched.dog.oldest(), watched.dog.lag()) == (0, 0)
    assert watched.dog.oldest("rulesets") == 0


async def test_age_is_never_told_too_young_however_long_a_backlog_grows(watched: Watched) -> None:
    arrived: list[float] = []
    for _ in range(2_000):
        watched.log.end[1] += 1
        await watched.after(1)
        arrived.append(watched.now)
    (moments,) = (seen for (_, partition), seen in watched.dog._arrived.items() if partition == 1)
    assert len(moments) < 500
    for done in (1, 700, 1_500, 1_999):
        watched.log.done[1] = done
        await watched.after(0)
        age = watched.now - arrived[done]
        assert age <= watched.dog.oldest("verifications") <= age + watched.now / 100
    watched.log.end[1] = watched.log.done[1] = 0  # the broker lost the log
    await watched.after(1)
    assert watched.dog.oldest() == 0
