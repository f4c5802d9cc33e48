"""Reconcilers: work that follows from the state of many documents, done until nothing is left to do.

They look at what is, not at what happened: run at start, after writes to what they watch, and again after a failure. So
a crash at any point costs nothing, and two processes that do the same work at once settle it by version.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.storage.port import StoreUnavailable

__all__ = ["Reconciler", "Reconcilers"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reconciler:
    """`run(keys)` brings things in order; `keys` are those written in `watches` since, None for "look at all".

    One that takes `long` runs beside the others, so that these need not wait for it.
    """

    name: str
    watches: str
    run: Callable[[frozenset[str] | None], Awaitable[None]]
    long: bool = False


class Reconcilers:
    """Runs reconcilers one after the other, woken by writes."""

    def __init__(self, reconcilers: list[Reconciler], *, look_again: float = 5.0, retry_after: float = 0.2) -> None:
        self._reconcilers = reconcilers
        self._look_again = look_again
        self._retry_after = retry_after
        self._touched: dict[str, set[str] | None] = {reconciler.name: None for reconciler in reconcilers}
        self._failures: Counter[str] = Counter()
        self._rests_until: dict[str, float] = {}
        self._awake = asyncio.Event()

    @classmethod
    def apart(cls, reconcilers: list[Reconciler], *, look_again: float = 5.0) -> list[Reconcilers]:
        """Those that take long each on its own, the others together."""
        together = [[one for one in reconcilers if not one.long], *([one] for one in reconcilers if one.long)]
        return [cls(some, look_again=look_again) for some in together]

    def written(self, collection: str, key: str) -> None:
        """A document was written."""
        for reconciler in self._reconcilers:
            if reconciler.watches == collection:
                touched = self._touched.setdefault(reconciler.name, set())
                if touched is not None:
                    touched.add(key)
                self._awake.set()

    async def run(self) -> None:
        """Run until cancelled; every `look_again` seconds all is looked at, for what other processes wrote."""
        loop = asyncio.get_running_loop()
        looked = loop.time()
        while True:
            self._awake.clear()
            if loop.time() - looked >= self._look_again:
                self._touched = {reconciler.name: None for reconciler in self._reconcilers}
                looked = loop.time()
            for reconciler in self._reconcilers:
                if self._rests_until.get(reconciler.name, 0.0) <= loop.time():
                    await self._run(reconciler)
            wake_at = min([looked + self._look_again, *self._rests_until.values()])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), max(wake_at - loop.time(), 0.001))

    async def _run(self, reconciler: Reconciler) -> None:
        touched = self._touched.pop(reconciler.name, set())
        self._rests_until.pop(reconciler.name, None)
        if touched is not None and not touched:
            return
        try:
            await reconciler.run(None if touched is None else frozenset(touched))
        except StoreUnavailable as error:
            log.warning("%s: %s; trying again", reconciler.name, error)
        except Exception:
            log.exception("%s failed; trying again", reconciler.name)
        else:
            self._failures.pop(reconciler.name, None)
            return
        later = self._touched.get(reconciler.name, set())
        self._touched[reconciler.name] = None if touched is None or later is None else touched | later
        self._rest(reconciler.name)

    def _rest(self, name: str) -> None:
        """One that fails is let alone for a while, longer each time; the others go on."""
        self._failures[name] += 1
        pause = min(self._retry_after * 2 ** (self._failures[name] - 1), self._look_again)
        self._rests_until[name] = asyncio.get_running_loop().time() + pause
