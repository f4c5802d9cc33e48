"""One way to do the work, in a process of its own, so that its processor time is nobody else's.

The process holds what it needs open, says what others must know of it, and tells its processor time when asked.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

__all__ = ["Open", "Side", "quiet_client"]

_PATIENCE = 120.0  # seconds until a side that says nothing counts as broken
_SPAWNING = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Open:
    """What an open side tells: `facts` that can be pickled; `settled` returns when nothing is left under way."""

    facts: Any
    settled: Callable[[], Awaitable[None]]


Opening = Callable[..., AbstractAsyncContextManager[Open]]


class Side:
    """`opening(*arguments)` is entered in a process of its own; both must be picklable."""

    def __init__(self, opening: Opening, *arguments: Any) -> None:
        self._here, there = _SPAWNING.Pipe()
        self._process = _SPAWNING.Process(target=_live, args=(there, opening, arguments), daemon=True)
        self._there: Connection = there
        self.facts: Any = None

    async def __aenter__(self) -> Self:
        self._process.start()
        self._there.close()
        try:
            self.facts = await self._hear()
        except BaseException:
            self._process.kill()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.close()
        await asyncio.to_thread(self._process.join, 30)
        if self._process.is_alive():
            self._process.kill()

    async def cpu(self) -> float:
        """Seconds of processor time it has taken so far; asked when nothing is left under way."""
        self._here.send("cpu")
        return float(await self._hear())

    async def _hear(self) -> Any:
        if not await asyncio.to_thread(self._here.poll, _PATIENCE):
            raise TimeoutError(f"a side of the benchmark said nothing for {_PATIENCE:.0f} s")
        heard = self._here.recv()
        if isinstance(heard, Exception):
            raise RuntimeError("a side of the benchmark failed") from heard
        return heard


def quiet_client() -> None:
    """Let the Kafka client not tell of brokers that have just been started and not made up their minds yet."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def _live(there: Connection, opening: Opening, arguments: tuple[Any, ...]) -> None:
    quiet_client()
    asyncio.run(_opened(there, opening, arguments))


async def _opened(there: Connection, opening: Opening, arguments: tuple[Any, ...]) -> None:
    try:
        async with opening(*arguments) as side:
            there.send(side.facts)
            while await asyncio.to_thread(_asked, there):
                await side.settled()
                there.send(time.process_time())
    except Exception as error:
        there.send(error if type(error).__module__ == "builtins" else RuntimeError(repr(error)))
        raise


def _asked(there: Connection) -> bool:
    """Waits for a question; False when whoever asks is gone, however it ended."""
    try:
        there.recv()
    except (EOFError, OSError):
        return False
    return True
