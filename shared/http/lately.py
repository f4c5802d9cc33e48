"""One answer for all who ask at about the same time: what anybody may ask must not cost more, the more often it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

__all__ = ["Lately"]

T = TypeVar("T")


class Lately(Generic[T]):
    """Asks at most once at a time, and gives the answer to all who came before it was `seconds` old.

    However long the asking takes, nobody waits for more than the one that is under way and the next. With 0 seconds an
    answer is never older than the question: those who came while somebody asked share the next one. A failure is told
    to the one who asked and not kept: the next one asks again.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[T]], seconds: float = 1.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._now = now
        self._asking = asyncio.Lock()
        self._answer: tuple[float, T] | None = None  # with when it was asked for

    async def __call__(self) -> T:
        """An answer that was asked for now, or less than `seconds` ago."""
        came = self._now()
        async with self._asking:
            if self._answer is None or came - self._answer[0] >= self._seconds:
                self._answer = self._now(), await self._ask()
            return self._answer[1]
