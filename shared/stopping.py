"""Stopping within a bound: each step gets its share of the time, and what takes longer is left as it is.

That is safe because nothing here depends on an orderly end: a batch that was cut off comes again, and what was not
published stands in the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

__all__ = ["StoppingTime"]

log = logging.getLogger(__name__)

_CLEANING_UP = 0.2  # seconds for what is cut off to let go of what it holds


class StoppingTime:
    """So many seconds for all steps together."""

    def __init__(self, seconds: float) -> None:
        self._until = asyncio.get_running_loop().time() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never below 0."""
        return max(self._until - asyncio.get_running_loop().time(), 0.0)

    async def step(self, what: str, work: Coroutine[Any, Any, object], most: float) -> bool:
        """Do the work for at most so many seconds; False if it failed or was cut off, which is logged and no error.

        Work that does not even end when it is cancelled is not waited for.
        """
        task = asyncio.create_task(work, name=f"stopping: {what}")
        await asyncio.wait({task}, timeout=min(most, self.left))
        if not task.done():
            log.warning("%s takes too long to stop and is left as it is", what)
            task.cancel()
            await asyncio.wait({task}, timeout=_CLEANING_UP)
            task.add_done_callback(lambda late: late.cancelled() or late.exception())  # nobody else asks
            return False
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.warning("%s did not stop in order: %r", what, error)
        return error is None and not task.cancelled()
