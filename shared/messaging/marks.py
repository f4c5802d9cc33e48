"""What each process of a service notes of a topic: how far its consumers have come, and where the logs ended.

A process answers for what it published itself: beyond the watermark of its own mark something of it may be unconsumed.
So everything is consumed up to the lowest watermark of all marks. A mark that is a day old is of a process that is
gone; whoever finds it takes its place (`TopicRelay.recover`) before it is forgotten.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

from shared.kernel.clock import Clock
from shared.storage.port import Document, DocumentStore, VersionConflict, Write

__all__ = ["RELAY_COLLECTION", "Mark", "Marks", "Process"]

RELAY_COLLECTION = "relay"  # a document for each topic and process, and one for each request that is to be served
_RENEWED = timedelta(hours=1)
_STALE = timedelta(days=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PAGE = 100


@dataclass(frozen=True)
class Process:
    """Who notes. A process that no other will ever be beside of needs no `id`: it goes on where the last one ended.

    `now` tells seconds and never goes back.
    """

    id: str
    clock: Clock
    now: Callable[[], float] = monotonic

    @classmethod
    def new(cls, clock: Clock) -> Process:
        """One of several, with an id that no other has or had."""
        return cls(f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:12]}", clock)


@dataclass(frozen=True)
class Mark:
    """`unfinished`: something was begun without which the topic does not hold what it should; do it from the start."""

    watermark: int = 0
    ends: Mapping[int, int] = field(default_factory=dict)
    unfinished: bool = False

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Mark:
        ends = {int(partition): end for partition, end in body["ends"].items()}
        return cls(body["watermark"], ends, body["replaying"])

    def to_json(self) -> dict[str, Any]:
        ends = {str(partition): end for partition, end in sorted(self.ends.items())}
        return {"watermark": self.watermark, "ends": ends, "replaying": self.unfinished}


class Marks:
    """The marks of one topic, and the own one among them."""

    def __init__(self, topic: str, store: DocumentStore, process: Process) -> None:
        self._topic = topic
        self._store = store
        self._clock = process.clock
        self._key = f"{topic}/{process.id}" if process.id else topic
        self._alone = not process.id
        self._version = 0
        self._own: Mark | None = None
        self._at = _LONG_AGO
        self._stale: list[Document] = []
        self._looked = _LONG_AGO

    @property
    def own(self) -> Mark | None:
        """As it was stored; none if that was so long ago that others might not believe in this process any more."""
        return self._own if self._clock.now() - self._at < _RENEWED else None

    async def read(self) -> Mark:
        """All marks in one: the lowest watermark, the furthest ends, and whether anything is unfinished."""
        marks = [Mark.from_json(document.body) async for document in self._all()]
        ends: dict[int, int] = {}
        for mark in marks:
            ends = {p: max(ends.get(p, 0), mark.ends.get(p, 0)) for p in ends.keys() | mark.ends.keys()}
        return Mark(min((m.watermark for m in marks), default=0), ends, any(m.unfinished for m in marks))

    async def put(self, mark: Mark) -> None:
        """Store the own mark, if it changed or was not stored for long."""
        if mark == self.own:
            return
        now = self._clock.now()
        body = {**mark.to_json(), "at": now.isoformat()}
        while True:
            try:
                self._version = await self._store.put(Write(RELAY_COLLECTION, self._key, body, self._version))
                break
            except VersionConflict:  # stored by an earlier process of this id, or taken for stale
                document = await self._store.get(RELAY_COLLECTION, self._key)
                self._version = document.version if document else 0
        self._own, self._at = mark, now

    async def has_stale(self) -> bool:
        """Whether there is a mark whose place should be taken. Looks now and then only."""
        if self._clock.now() - self._looked >= _RENEWED:
            async for _ in self._all():
                pass
        return bool(self._stale)

    async def forget_stale(self) -> None:
        """Remove those that the last `read` found stale; the own mark stands for them now."""
        for document in self._stale:
            with contextlib.suppress(VersionConflict):  # it lives after all
                await self._store.delete(RELAY_COLLECTION, document.key, document.version)
        self._stale = []

    async def _all(self) -> AsyncIterator[Document]:
        now = self._clock.now()
        self._stale, self._looked = [], now
        first = await self._store.get(RELAY_COLLECTION, self._topic)
        if first is not None:
            self._judge(first, now)
            yield first
        after = prefix = f"{self._topic}/"
        while page := await self._store.scan(RELAY_COLLECTION, after=after, limit=_PAGE):
            for document in page:
                if not document.key.startswith(prefix):
                    return
                self._judge(document, now)
                yield document
            after = page[-1].key

    def _judge(self, document: Document, now: datetime) -> None:
        at = datetime.fromisoformat(document.body["at"]) if "at" in document.body else now
        if document.key != self._key and (self._alone or now - at >= _STALE):
            self._stale.append(document)
