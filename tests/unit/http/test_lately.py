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

    async def __call__(self) -> int:
        self.count += 1
        await asyncio.sleep(0)
        if self.fails:
            raise OSError("away")
        return self.count


async def test_all_who_ask_at_once_share_an_answer_until_it_is_old() -> None:
    asked = Asked()
    lately = Lately(asked, seconds=1.0, now=lambda: asked.now)
    assert await asyncio.gather(*(lately() for _ in range(50))) == [1] * 50
    asked.now = 0.9
    assert await lately() == 1
    asked.now = 1.0
    assert await lately() == 2


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
    lately = Lately(asked, seconds=60)
    first = asyncio.create_task(lately())
    await asyncio.sleep(0)
    first.cancel()
    assert await asyncio.wait_for(lately(), 5) == 2
