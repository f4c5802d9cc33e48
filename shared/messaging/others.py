"""Leaving to other processes of a service what they wrote.

Each process finds all that waits to be published. What it wrote itself it publishes at once; what others wrote it
leaves to them, for a while: only of one that ended, or stands still, it takes what it left. Of each stream the first
event that waits decides, so that no later one goes out before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from shared.messaging.marks import Process
from shared.storage.port import JournalEntry, Unpublished

__all__ = ["Others"]

Place = tuple[str, int]  # stream, sequence
# Streams of one look. Where more wait, all publish what they find: whoever has to read it may as well.
_LEFT_MAX = 2_000


class Others:
    """What of one topic is to be published by this process, look by look. A process without an id leaves nothing.

    `leave`: seconds; processes wait up to twice as long, each for a time of its own, so that not all of them take what
    one left. `soon`: seconds until it is looked again where something of our own stands behind what is left.
    """

    def __init__(self, process: Process, leave: float, soon: float) -> None:
        self._now = process.now
        self._alone = not process.id
        self._patience = leave * (1 + sha256(process.id.encode()).digest()[0] / 256)
        self._soon = soon
        self._own: set[Place] = set()
        self._since: dict[str, tuple[int, float]] = {}  # of each stream that is left: its first event, and since when
        self._look = _Look(set())
        self.again_in: float | None = None  # seconds from the last look until the next, where something was left

    @property
    def owes(self) -> bool:
        """Whether something that this process wrote is not published yet."""
        return bool(self._own)

    def wrote(self, entries: Iterable[JournalEntry]) -> None:
        """This process wrote them: they are in the store."""
        self._own |= {(entry.stream, entry.sequence) for entry in entries}

    def published(self, events: Iterable[Unpublished]) -> None:
        """They wait no longer."""
        self._own -= {_place(event) for event in events}

    def begin(self) -> None:
        """From here on all that waits is looked at, from its first event."""
        self._look, self.again_in = _Look(set(self._own)), None

    def to_publish(self, page: Sequence[Unpublished]) -> list[Unpublished]:
        """What of the next page is not left to others."""
        if self._alone:
            return list(page)
        now, look = self._now(), self._look
        look.missing.difference_update(map(_place, page))
        return [event for event in page if self._is_ours(event, now, look)]

    def end(self) -> None:
        """All that waits was looked at."""
        look = self._look
        self._own -= look.missing  # somebody who had waited long enough published them
        self._since = {stream: first for stream, first in self._since.items() if stream in look.left}
        self.again_in = self._soon if look.behind else self._due_in()

    def _is_ours(self, event: Unpublished, now: float, look: _Look) -> bool:
        stream, sequence = place = _place(event)
        if stream in look.left:
            look.behind = look.behind or place in self._own
            return False
        if stream in look.taken or place in self._own:
            return True
        first, since = self._since.get(stream, (sequence, now))
        if first != sequence:  # what was first is published: whoever wrote this is at work
            since = now
        self._since[stream] = (sequence, since)
        if now - since >= self._patience or len(look.left) >= _LEFT_MAX:
            look.taken.add(stream)
            return True
        look.left.add(stream)
        return False

    def _due_in(self) -> float | None:
        first = min((since for _, since in self._since.values()), default=None)
        return None if first is None else max(first + self._patience - self._now(), 0.0)


class _Look:
    """What is noted while all that waits is looked at."""

    def __init__(self, missing: set[Place]) -> None:
        self.missing = missing  # of our own, what was not met yet
        self.left: set[str] = set()  # streams
        self.taken: set[str] = set()
        self.behind = False  # something of our own stands behind what is left


def _place(event: Unpublished) -> Place:
    return event.entry.stream, event.entry.sequence
