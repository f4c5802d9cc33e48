"""Serving until told to stop: signals, start with a way out, and a stop within a bound that nothing can hold up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from types import FrameType
from typing import Any

from deploy.xephang.commands.outcome import note

__all__ = ["STOP_SECONDS", "Stopping"]

# From the signal to the end of the process, whatever hangs; services give themselves less (`shared.service`).
STOP_SECONDS = 9.0


class Stopping:
    """SIGINT and SIGTERM as an event; a second signal ends the process at once (nothing acknowledged is lost).

    The bound counts from the signal and is held by a thread of its own: no stuck request, store, broker or busy loop
    holds it up. To be made inside the running loop, on the main thread.
    """

    def __init__(self, seconds: float = STOP_SECONDS) -> None:
        self.event = asyncio.Event()
        self._seconds = seconds
        self._end: threading.Timer | None = None
        self._loop = asyncio.get_running_loop()
        # Not by the loop, which may be busy with a long piece of work.
        self._before = {number: signal.signal(number, self._told) for number in (signal.SIGINT, signal.SIGTERM)}

    def _told(self, _: int, __: FrameType | None) -> None:
        if self._end is not None:
            os._exit(1)
        self._begin(0)
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self.event.set)

    def _begin(self, code: int) -> None:
        self._end = threading.Timer(self._seconds, _end_now, (code,))
        self._end.daemon = True
        self._end.start()

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

    async def finish(self, stop: Coroutine[Any, Any, None]) -> None:
        """Stop within the bound, also where no signal but an error is the reason."""
        told = self._end is not None
        if not told:
            self._begin(1)
        await stop
        if self._end is not None and not told and not self.event.is_set():
            self._end.cancel()
            for number, handler in self._before.items():
                signal.signal(number, handler)


def _end_now(code: int) -> None:
    note("Không dừng kịp, kết thúc ngay; dữ liệu đã ghi vẫn nguyên vẹn (stopped without waiting any longer)")
    sys.stdout.flush()
    os._exit(code)
