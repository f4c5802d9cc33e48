"""Where processor time goes, by looking at all threads' stacks every few milliseconds; no debugger is needed.

Each look is weighed by the processor time that the thread itself took since the last one, so that waiting counts for
nothing, be it for a lock or the disk. What C code does counts for the Python line that called it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from types import FrameType

__all__ = ["GROUPS", "Stacks", "by_group", "collapsed", "flame_graph", "group_of"]

_EVERY = 0.002  # seconds
# Seconds until a thread that works lets another one in. With Python's 5 ms we would mostly look when a thread gives way
# of its own accord, to write or to send, and that would seem to be all it does.
_TURN = 0.0005
# What a module is counted among, the first that fits; the path's part, and the name in tables.
GROUPS = (
    ("/pydantic", "models: read, checked, written"),
    ("/shared/kernel/alike", "models: read, checked, written"),
    ("/shared/storage/", "storage, with SQLite itself"),
    ("/sqlite3/", "storage, with SQLite itself"),
    ("/motor/", "storage, with SQLite itself"),
    ("/pymongo/", "storage, with SQLite itself"),
    ("/aiokafka/", "Kafka client and FastStream"),
    ("/faststream/", "Kafka client and FastStream"),
    ("/shared/messaging/kafka/", "Kafka client and FastStream"),
    ("/shared/messaging/", "inbox, aggregates, relay"),
    ("/shared/kernel/canonical", "JSON: written, read, canonical"),
    ("/json/", "JSON: written, read, canonical"),
    ("/shared/kernel/exact", "exact numbers"),
    ("/fractions.py", "exact numbers"),
    ("/shared/contracts/", "contracts: envelopes, events"),
    ("/services/scoring/", "scoring"),
    ("/services/verification/", "verification"),
    ("/services/intake/", "intake"),
    ("/services/publishing/", "publishing"),
    ("/asyncio/", "asyncio, threads and sockets"),
    ("/selectors.py", "asyncio, threads and sockets"),
    ("/concurrent/futures/", "asyncio, threads and sockets"),
)
_OTHERS = "others"
Stack = tuple[str, ...]  # outermost first, each as "file:function"


class Stacks:
    """Seconds of processor time by stack, of this process, while `watching`."""

    def __init__(self, every: float = _EVERY) -> None:
        self.seconds: Counter[Stack] = Counter()
        self._every = every
        self._stop = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look until the end of the block."""
        self._stop.clear()
        looker = threading.Thread(target=self._look, name="profile", daemon=True)
        turns = sys.getswitchinterval()
        sys.setswitchinterval(_TURN)
        looker.start()
        try:
            yield
        finally:
            self._stop.set()
            looker.join()
            sys.setswitchinterval(turns)

    def _look(self) -> None:
        own = threading.get_ident()
        before: dict[int, float] = {}
        while not self._stop.wait(self._every):
            frames = {thread: frame for thread, frame in sys._current_frames().items() if thread != own}
            try:
                now = {thread: time.clock_gettime(time.pthread_getcpuclockid(thread)) for thread in frames}
            except OSError:  # one of them has just ended
                continue
            for thread, frame in frames.items():
                if spent := now[thread] - before.get(thread, now[thread]):
                    self.seconds[_stack(frame)] += spent  # type: ignore[assignment]
            before = now


def collapsed(seconds: Mapping[Stack, float]) -> str:
    """A line for each stack with its microseconds, as flame graph tools read them."""
    return "".join(f"{';'.join(stack)} {round(spent * 1e6)}\n" for stack, spent in sorted(seconds.items()))


def by_group(seconds: Mapping[Stack, float]) -> dict[str, float]:
    """Percent by the group of the innermost module, most first."""
    groups: Counter[str] = Counter()
    for stack, spent in seconds.items():
        groups[group_of(stack[-1])] += spent  # type: ignore[assignment]
    whole = sum(groups.values()) or 1
    return {name: spent * 100 / whole for name, spent in groups.most_common()}


def group_of(place: str) -> str:
    """What a place ("file:function") is counted among."""
    file = "/" + place.rpartition(":")[0]
    return next((name for part, name in GROUPS if part in file), _OTHERS)


def _stack(frame: FrameType | None) -> Stack:
    places: list[str] = []
    while frame is not None:
        places.append(f"{_short(frame.f_code.co_filename)}:{frame.f_code.co_name}")
        frame = frame.f_back
    return tuple(reversed(places))


def _short(file: str) -> str:
    """A file's path from the project's or the environment's folder on."""
    for mark in ("/site-packages/", "/lib/python3."):
        if mark in file:
            rest = file.rpartition(mark)[2]
            return rest if mark == "/site-packages/" else rest.partition("/")[2]
    parts = Path(file).parts
    roots = [index for index, part in enumerate(parts) if part in ("shared", "services", "deploy")]
    return "/".join(parts[roots[0] :]) if roots else Path(file).name


_WIDTH, _ROW = 1200, 16
_LEAST = 0.002  # of the whole: what is narrower cannot be read


def flame_graph(seconds: Mapping[Stack, float]) -> str:
    """A picture (SVG): each box is a function, as wide as its time, below what called it; the mouse tells more."""
    boxes: list[str] = []
    whole = sum(seconds.values()) or 1.0

    def draw(stacks: list[tuple[Stack, float]], depth: int, left: float) -> int:
        deepest = depth
        callees: dict[str, list[tuple[Stack, float]]] = {}
        for stack, spent in stacks:
            if len(stack) > depth:
                callees.setdefault(stack[depth], []).append((stack, spent))
        for place in sorted(callees):
            share = sum(spent for _, spent in callees[place]) / whole
            if share >= _LEAST:
                boxes.append(_box(place, depth, left, share))
                deepest = max(deepest, draw(callees[place], depth + 1, left + share))
            left += share
        return deepest

    height = (draw(sorted(seconds.items()), 0, 0.0) + 1) * _ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="monospace" '
        f'font-size="10">\n{"".join(boxes)}</svg>\n'
    )


def _box(place: str, depth: int, left: float, share: float) -> str:
    x, width, y = left * _WIDTH, share * _WIDTH, depth * _ROW
    colour = f"hsl({sum(group_of(place).encode()) % 360} 60% 75%)"
    text = escape(place.rpartition(":")[2][: int(width / 6)])
    return (
        f'<g><title>{escape(place)} {share:.1%}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
        f'height="{_ROW - 1}" fill="{colour}"/><text x="{x + 2:.1f}" y="{y + 11}">{text}</text></g>\n'
    )
