"""One answer for all who ask at about the same time."""

import asyncio

import pytest

from shared.http.lately import Lately


class Asked:
    """Counts how often it was asked; every answer is another one."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = False
        self.now = 0.0
        self.takes = 0.0
        self.answers = asyncio.Event()
        self.answers.set()

    async def __call__(self) -> int:
        self.count += 1
        count = self.count
        await self.answers.wait()
        self.now += self.takes
        if self.fails:
            raise OSError("away")
        return count

    def later(self) -> float:
        """A clock that nobody reads the same time from twice."""
        self.now += 0.001
        return self.now


async def test_all_who_ask_at_once_share_an_answer_until_it_is_old() -> None:
    asked = Asked()
    lately = Lately(asked, seconds=1.0, now=lambda: asked.now)
    assert await asyncio.gather(*(lately() for _ in range(50))) == [1] * 50
    asked.now = 0.9
    assert await lately() == 1
    asked.now = 1.0
    assert await lately() == 2


async def waiting(count: int, ask: Lately[int]) -> list[asyncio.Task[int]]:
    """So many who have come, and have no answer yet."""
    tasks = [asyncio.create_task(ask()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize(("seconds", "answers"), [(1.0, [1] * 50), (0.0, [1] + [2] * 49)])
async def test_however_long_asking_takes_who_comes_meanwhile_waits_for_it_and_one_more_at_most(
    seconds: float, answers: list[int]
) -> None:
    asked = Asked()
    asked.takes = 10.0
    asked.answers.clear()
    lately = Lately(asked, seconds, now=asked.later)
    tasks = [*await waiting(1, lately), *await waiting(49, lately)]
    asked.answers.set()
    assert await asyncio.gather(*tasks) == answers, "an answer is never older than allowed when one comes"
    assert await lately() == answers[-1] + 1


async def test_a_failure_is_not_kept() -> None:
    asked = Asked()
    lately = Lately(asked, seconds=60)
    asked.fails = True
    with pytest.raises(OSError, match="away"):
        await lately()
    asked.fails = False
    assert await lately() == 2


async def test_who_goes_away_while_asking_holds_up_nobody() -> None:
    asked = Asked()
    asked.answers.clear()
    lately = Lately(asked, seconds=60)
    (first,) = await waiting(1, lately)
    first.cancel()
    asked.answers.set()
    assert await asyncio.wait_for(lately(), 5) == 2
