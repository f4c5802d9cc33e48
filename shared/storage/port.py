"""The document-store port: the little that all four services need of a database, and no more.

A document is one unit of consistency: it is replaced whole, only if its version is unchanged. There is no transaction
over two documents, so the same design holds on SQLite, on a standalone MongoDB and on a sharded one (ADR 0003).
The journal keeps every event ever published, so that topics can be rebuilt after a broker lost its data.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = [
    "Document",
    "DocumentStore",
    "JournalEntry",
    "StoreUnavailable",
    "Unpublished",
    "VersionConflict",
    "Write",
]


class VersionConflict(Exception):
    """The document was changed (or created) by somebody else since it was read; read again and decide again."""


class StoreUnavailable(Exception):
    """The database did not answer; the same call may succeed later. Nothing is known to have been written."""


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document: plain JSON `body` under (`collection`, `key`), at `version` ≥ 1."""

    collection: str
    key: str
    version: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One published event as it went out; (`topic`, `stream`, `sequence`) is unique, appending again changes nothing.

    `position` grows in the order of appending (0 until appended); `key` is the Kafka key; `headers` and `value` are the
    message.
    """

    topic: str
    stream: str
    sequence: int
    key: str
    headers: dict[str, str]
    value: bytes
    position: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """Put `body` if the stored version is `expected_version` (0: must not exist yet).

    `indexes` are the values this document is found by, name → values; they replace the earlier ones with the body, in
    the same atomic write. Only names declared to the store for the collection are allowed. `outgoing` are events that
    are to be published once this is written: they are stored by the same atomic write, beside the body and beside what
    earlier writes left, until `published` takes them out.
    """

    collection: str
    key: str
    body: dict[str, Any]
    expected_version: int
    indexes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outgoing: Sequence[JournalEntry] = ()


@dataclass(frozen=True, slots=True)
class Unpublished:
    """An event that some write left to be published, and the document that it was written with.

    Its `position` is 0 where the store has not put it into the journal with the document.
    """

    entry: JournalEntry
    collection: str
    key: str


class DocumentStore(Protocol):
    """One service's own namespace of documents and its journal. Safe for concurrent use by many tasks and processes.

    `position_margin`: how far the positions that two processes give at the same moment may lie apart, at most.
    """

    position_margin: int

    async def get(self, collection: str, key: str) -> Document | None:
        """The document, or None."""
        ...

    async def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        """Those of the keys that exist, by key."""
        ...

    async def versions(self, collection: str, keys: Sequence[str] | None = None) -> dict[str, int]:
        """The versions of those of the keys that exist (None: of all there are, for a collection of few documents):
        what is known at its version need not be read again.
        """
        ...

    async def put(self, write: Write) -> int:
        """Replace or create one document atomically; returns the new version. Raises `VersionConflict`."""
        ...

    async def put_many(self, writes: Sequence[Write]) -> list[bool]:
        """Each write atomic on its own, in one round trip where possible; False where the version had changed.

        The (collection, key) pairs of one call are distinct.
        """
        ...

    async def delete(self, collection: str, key: str, expected_version: int) -> None:
        """Remove a document if unchanged. Raises `VersionConflict` (also when it does not exist)."""
        ...

    async def find(
        self, collection: str, index: str, value: str, *, after: str | None = None, limit: int = 500
    ) -> list[Document]:
        """Documents whose declared `index` holds `value`, in key order (code points), keys greater than `after`."""
        ...

    async def count(self, collection: str, index: str, value: str) -> int:
        """How many documents `find` would give without a limit."""
        ...

    async def scan(self, collection: str, *, after: str | None = None, limit: int = 500) -> list[Document]:
        """All documents of a collection in key order, keys greater than `after`."""
        ...

    async def append_journal(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """Append what is not there yet; returns the entries (in the given order) with their `position`s."""
        ...

    def read_journal(
        self, topic: str, *, after: int = 0, before: int | None = None, latest_per_key: bool = False
    ) -> AsyncIterator[JournalEntry]:
        """Entries of a topic with after < position < before, in order of position; streamed.

        With `latest_per_key`, only the newest entry of each Kafka key (the state of a compacted topic): that with the
        highest sequence, for a key of such a topic belongs to one stream, and the clocks of two processes may differ.
        """
        ...

    async def read_stream(self, topic: str, stream: str, first: int, last: int) -> list[JournalEntry]:
        """Entries of one stream with first ≤ sequence ≤ last, by sequence."""
        ...

    async def journal_end(self, topic: str) -> int:
        """The highest position of those of the topic's entries that do not wait to be published, 0 if none."""
        ...

    async def unpublished(self, topic: str, *, after: Unpublished | None = None, limit: int = 500) -> list[Unpublished]:
        """What waits to be published on a topic: about `limit` events, of each stream in order of sequence.

        `after` is the last of the page before; so nothing is given twice, and what is written meanwhile is given or
        not. An empty page is the end.
        """
        ...

    async def published(self, events: Sequence[Unpublished]) -> None:
        """They wait no longer; the documents stay at their versions. Of those that do not wait, nothing is changed."""
        ...

    async def count_unpublished(self, topic: str) -> int:
        """How many documents hold events that wait to be published on a topic."""
        ...

    async def close(self) -> None:
        """Release connections and files. Calling it twice is harmless."""
        ...
