"""Several ways to do the same work, timed in turn, so that a slow minute of the machine falls on all alike.

What is timed is processor time: what else the machine does while we wait counts for nobody.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.xephang.collector import collect_seldom

__all__ = ["ROUNDS", "Measured", "Way", "measure", "on_one_core"]

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do the work over `cards` cards.

    `prepare` is not timed. A `run` that answers seconds has timed itself (another process), else the call is timed.
    """

    cards: int
    run: Callable[[], float | None]
    prepare: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Processor seconds of every round of one way, over `cards` cards."""

    cards: int
    seconds: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Cards a second, by the median round."""
        return self.cards / statistics.median(self.seconds)


def measure(ways: Mapping[str, Way], rounds: int = ROUNDS) -> dict[str, Measured]:
    """Time every way once a round, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    collect_seldom()  # as services do; the pile of made-up cards is not looked through either
    for number in range(rounds + 1):
        for name, way in ways.items():
            spent = _spent(way)
            if number:
                seconds[name].append(spent)
    return {name: Measured(ways[name].cards, tuple(found)) for name, found in seconds.items()}


def on_one_core() -> None:
    """Keep this process, and those it starts, on one core where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _spent(way: Way) -> float:
    if way.prepare is not None:
        way.prepare()
    start = time.process_time()
    own = way.run()
    spent = time.process_time() - start
    return spent if own is None else own
