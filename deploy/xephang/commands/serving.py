"""Serving until told to stop: signals, start with a way out, and a stop within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Coroutine
from typing import Any

from deploy.xephang.commands.outcome import note

__all__ = ["Stopping", "stop_within"]

log = logging.getLogger(__name__)

STOP_SECONDS = 9.0


class Stopping:
    """SIGINT and SIGTERM as an event; a second signal ends the process at once (nothing acknowledged is lost)."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told)

    def _told(self) -> None:
        if self.event.is_set():
            os._exit(1)
        self.event.set()

    async def unless_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work; False when a signal came first and it was given up."""
        task = asyncio.create_task(work)
        waiting = asyncio.create_task(self.event.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if task.done():
            task.result()
            return True
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
        return False


async def stop_within(stop: Awaitable[None], seconds: float = STOP_SECONDS) -> None:
    """Stop in order; what still hangs after the bound is left to the end of the process."""
    try:
        async with asyncio.timeout(seconds):
            await stop
    except TimeoutError:
        note("Không dừng kịp, kết thúc ngay; dữ liệu đã ghi vẫn nguyên vẹn (stopped without waiting any longer)")
        sys.stdout.flush()
        os._exit(0)
