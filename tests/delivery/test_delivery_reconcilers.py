"""Reconcilers look at what is: a failure costs nothing but time, and no key that was written is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from shared.messaging.reconcile import Reconciler, Reconcilers
from shared.storage.port import StoreUnavailable

Keys = frozenset[str] | None


class Work:
    """A reconciler that notes what it was given, and does what the test wants at the n-th time."""

    def __init__(self, *faults: Exception | None, name: str = "work", watches: str = "cards") -> None:
        self.seen: list[Keys] = []
        self.faults = list(faults)
        self.meanwhile: Callable[[], None] = lambda: None
        self.reconciler = Reconciler(name, watches, self.run)

    async def run(self, keys: Keys) -> None:
        self.seen.append(keys)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.faults and (fault := self.faults.pop(0)):
            raise fault


@contextlib.asynccontextmanager
async def running(*work: Work, look_again: float = 60.0) -> AsyncIterator[Reconcilers]:
    reconcilers = Reconcilers([each.reconciler for each in work], look_again=look_again, retry_after=0.001)
    task = asyncio.create_task(reconcilers.run())
    try:
        yield reconcilers
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nothing tells when a reconciler has run
            await asyncio.sleep(0.001)


async def test_all_is_looked_at_first_then_what_was_written() -> None:
    work = Work()
    async with running(work) as reconcilers:
        await until(lambda: work.seen == [None])
        reconcilers.written("cards", "a")
        reconcilers.written("cards", "b")
        reconcilers.written("others", "c")
        await until(lambda: len(work.seen) == 2)
    assert work.seen == [None, frozenset({"a", "b"})]


async def test_failure_is_retried_with_the_same_keys_and_those_that_came_meanwhile() -> None:
    work = Work(None, RuntimeError("no"), StoreUnavailable("no"))
    async with running(work) as reconcilers:
        await until(lambda: len(work.seen) == 1)
        work.meanwhile = lambda: reconcilers.written("cards", "b")
        reconcilers.written("cards", "a")
        await until(lambda: len(work.seen) == 4)
    assert work.seen == [None, frozenset("a"), frozenset("ab"), frozenset("ab")]


async def test_failed_look_at_all_stays_a_look_at_all() -> None:
    work = Work(RuntimeError("no"))
    async with running(work) as reconcilers:
        work.meanwhile = lambda: reconcilers.written("cards", "a")
        await until(lambda: len(work.seen) == 2)
    assert work.seen == [None, None]


async def test_key_written_while_running_is_taken_next() -> None:
    work = Work()
    async with running(work) as reconcilers:
        work.meanwhile = lambda: reconcilers.written("cards", "a")
        await until(lambda: len(work.seen) == 2)
    assert work.seen == [None, frozenset("a")]


async def test_one_that_fails_for_ever_does_not_hold_up_the_others() -> None:
    bad, good = Work(*[RuntimeError("no")] * 1000, name="bad"), Work(name="good")
    async with running(bad, good) as reconcilers:
        await until(lambda: len(good.seen) == 1 and len(bad.seen) > 1)
        reconcilers.written("cards", "a")
        await until(lambda: len(good.seen) == 2)


async def test_all_is_looked_at_again_now_and_then() -> None:
    """Other processes write, too."""
    work = Work()
    async with running(work, look_again=0.005):
        await until(lambda: len(work.seen) >= 3)
    assert set(work.seen) == {None}


async def test_one_that_takes_long_holds_up_no_other() -> None:
    """It runs beside them in the service; here the two runners that the service makes of them."""
    stuck, quick = asyncio.Event(), Work(name="quick")

    async def take_long(_: Keys) -> None:
        await stuck.wait()

    long = Reconciler("long", "rehearsals", take_long, long=True)
    first, second = Reconcilers.apart([quick.reconciler, long], look_again=60.0)
    tasks = [asyncio.create_task(some.run()) for some in (first, second)]
    try:
        await until(lambda: len(quick.seen) == 1)
        first.written("cards", "a")
        await until(lambda: len(quick.seen) == 2)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
