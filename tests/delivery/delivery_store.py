"""A document store in memory, as strict as the real ones; and the crashes that may come between any two calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.storage.declared import DeclaredIndexes, read_document
from shared.storage.port import Document, JournalEntry, StoreUnavailable, Unpublished, VersionConflict, Write


class Crash(BaseException):
    """The process ends here; nothing that it held in memory is left."""


class Fuse:
    """Counts what reaches outside the process, and blows at the n-th time: before it is done, or just after."""

    def __init__(self) -> None:
        self.count = 0
        self._at = 0
        self._after = False
        self._error: type[BaseException] = Crash

    def blow_at(self, number: int, *, after: bool = False, error: type[BaseException] = Crash) -> None:
        """From now on, counting from 1."""
        self.count, self._at, self._after, self._error = 0, number, after, error

    def burn(self, *, done: bool) -> None:
        """Called before (not `done`) and after each call."""
        self.count += not done
        if self._at and self.count == self._at and done == self._after:
            self._at = 0
            raise self._error("as the test wants it")


class MemoryStore:
    """What is written outlives every crash."""

    position_margin = 0

    def __init__(self, indexes: Mapping[str, Sequence[str]], *, journals_at_once: bool = True) -> None:
        """`journals_at_once`: events stand in the journal from their writing on, as on SQLite, not as on MongoDB."""
        self._declared = DeclaredIndexes(indexes)
        self._journals_at_once = journals_at_once
        self._outgoing: dict[tuple[str, str, int], Unpublished] = {}
        self._documents: dict[tuple[str, str], tuple[int, str, dict[str, list[str]]]] = {}
        self._journal: list[JournalEntry] = []
        self._places: dict[tuple[str, str, int], int] = {}

    async def get(self, collection: str, key: str) -> Document | None:
        return (await self.get_many(collection, [key])).get(key)

    async def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        self._declared.check_collection(collection)
        return {key: self._read(collection, key) for key in keys if (collection, key) in self._documents}

    async def versions(self, collection: str, keys: Sequence[str] | None = None) -> dict[str, int]:
        wanted = [key for name, key in self._documents if name == collection] if keys is None else keys
        return {key: document.version for key, document in (await self.get_many(collection, wanted)).items()}

    async def put(self, write: Write) -> int:
        if not (await self.put_many([write]))[0]:
            raise VersionConflict(f"{write.collection}/{write.key}")
        return write.expected_version + 1

    async def put_many(self, writes: Sequence[Write]) -> list[bool]:
        return [self._put(write) for write in self._declared.check(writes)]

    async def delete(self, collection: str, key: str, expected_version: int) -> None:
        if self._documents.get((collection, key), (0,))[0] != expected_version:
            raise VersionConflict(f"{collection}/{key}")
        del self._documents[(collection, key)]

    async def find(
        self, collection: str, index: str, value: str, *, after: str | None = None, limit: int = 500
    ) -> list[Document]:
        self._declared.check_index(collection, index)
        keys = [key for key in self._keys(collection, after) if value in self._values(collection, key, index)]
        return [self._read(collection, key) for key in keys[:limit]]

    async def count(self, collection: str, index: str, value: str) -> int:
        self._declared.check_index(collection, index)
        return sum(value in self._values(collection, key, index) for key in self._keys(collection, None))

    async def scan(self, collection: str, *, after: str | None = None, limit: int = 500) -> list[Document]:
        self._declared.check_collection(collection)
        return [self._read(collection, key) for key in self._keys(collection, after)[:limit]]

    async def append_journal(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        return [self._append(entry) for entry in entries]

    def _append(self, entry: JournalEntry) -> JournalEntry:
        place = (entry.topic, entry.stream, entry.sequence)
        if place not in self._places:
            self._places[place] = len(self._journal) + 1
            self._journal.append(replace(entry, position=self._places[place]))
        return replace(entry, position=self._places[place])

    async def read_journal(
        self, topic: str, *, after: int = 0, before: int | None = None, latest_per_key: bool = False
    ) -> AsyncIterator[JournalEntry]:
        entries = [e for e in self._journal if e.topic == topic and after < e.position < (before or 2**60)]
        if latest_per_key:
            newest = {entry.key: entry for entry in sorted(entries, key=lambda entry: (entry.sequence, entry.position))}
            entries = sorted(newest.values(), key=lambda entry: entry.position)
        for entry in entries:
            yield entry

    async def read_stream(self, topic: str, stream: str, first: int, last: int) -> list[JournalEntry]:
        own = [e for e in self._journal if (e.topic, e.stream) == (topic, stream) and first <= e.sequence <= last]
        return sorted(own, key=lambda entry: entry.sequence)

    async def journal_end(self, topic: str) -> int:
        own = [e for e in self._journal if e.topic == topic and (topic, e.stream, e.sequence) not in self._outgoing]
        return max((entry.position for entry in own), default=0)

    async def unpublished(self, topic: str, *, after: Unpublished | None = None, limit: int = 500) -> list[Unpublished]:
        waiting = [event for event in self._outgoing.values() if event.entry.topic == topic]
        if self._journals_at_once:
            later = [e for e in waiting if after is None or e.entry.position > after.entry.position]
            return sorted(later, key=lambda e: e.entry.position)[:limit]
        places = sorted({(e.collection, e.key) for e in waiting})
        further = [place for place in places if after is None or place > (after.collection, after.key)][:limit]
        return [event for place in further for event in waiting if (event.collection, event.key) == place]

    async def published(self, events: Sequence[Unpublished]) -> None:
        for event in events:
            self._outgoing.pop((event.entry.topic, event.entry.stream, event.entry.sequence), None)

    async def count_unpublished(self, topic: str) -> int:
        return len({(e.collection, e.key) for e in self._outgoing.values() if e.entry.topic == topic})

    async def close(self) -> None:
        """Nothing to release."""

    def journal(self, topic: str) -> list[JournalEntry]:
        """For the test's own ledger."""
        return [entry for entry in self._journal if entry.topic == topic]

    def bodies(self) -> dict[tuple[str, str], dict[str, Any]]:
        """For the test's own ledger: every document's body."""
        return {place: self._read(*place).body for place in sorted(self._documents)}

    def outgoing(self) -> list[Unpublished]:
        """For the test's own ledger: what waits to be published."""
        return list(self._outgoing.values())

    def _put(self, write: Any) -> bool:
        place = (write.collection, write.key)
        if self._documents.get(place, (0,))[0] != write.expected_version:
            return False
        for event in write.outgoing:
            entry = event.entry
            if self._journals_at_once:
                entry = self._append(entry)
            self._outgoing[entry.topic, entry.stream, entry.sequence] = Unpublished(entry, *place)
        self._documents[place] = (write.expected_version + 1, write.body, write.indexes)
        return True

    def _read(self, collection: str, key: str) -> Document:
        version, body, _ = self._documents[(collection, key)]
        return read_document(collection, key, version, body)

    def _keys(self, collection: str, after: str | None) -> list[str]:
        return sorted(key for name, key in self._documents if name == collection and key > (after or ""))

    def _values(self, collection: str, key: str, index: str) -> list[str]:
        return self._documents[(collection, key)][2].get(index, [])


class FusedStore:
    """A process's own way to the store: it may end, or find the store silent, at any call."""

    def __init__(self, store: MemoryStore, fuse: Fuse) -> None:
        self._store = store
        self._fuse = fuse
        self.silent = False
        self.position_margin = store.position_margin

    def __getattr__(self, name: str) -> Any:
        whole = getattr(self._store, name)
        if name == "read_journal":
            return whole

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self.silent:
                raise StoreUnavailable("the store does not answer")
            self._fuse.burn(done=False)
            result = await whole(*args, **kwargs)
            self._fuse.burn(done=True)
            return result

        return call
