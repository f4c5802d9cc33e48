"""The document store on SQLite: the embedded default. One file per service, any number of processes on it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from shared.storage.declared import (
    CheckedEvent,
    CheckedWrite,
    DeclaredIndexes,
    checked_event,
    read_document,
    tell_if_other,
)
from shared.storage.port import Document, JournalEntry, Unpublished, VersionConflict, Write
from shared.storage.sqlite_file import SqliteFile

__all__ = ["SqliteStore"]

_PAGE = 100  # journal entries held in memory at a time
_PAGE_BYTES = 8 * 1024 * 1024  # and of those that wait to be published fewer, if they are big

# Text compares by UTF-8 bytes, which is code-point order. AUTOINCREMENT: a position is never given twice, and since
# one transaction writes at a time, positions become visible in their order.
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS document (
        id INTEGER PRIMARY KEY, collection TEXT NOT NULL, key TEXT NOT NULL,
        version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (collection, key))""",
    """CREATE TABLE IF NOT EXISTS index_value (
        collection TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL,
        PRIMARY KEY (collection, name, value, key)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS index_value_of_document ON index_value (collection, key)",
    """CREATE TABLE IF NOT EXISTS journal (
        position INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, stream TEXT NOT NULL,
        sequence INTEGER NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, value BLOB NOT NULL,
        UNIQUE (topic, stream, sequence))""",
    # Every index of SQLite ends in the row's position: this one serves the order of a topic. Older files have one
    # by key as well, which no query reads.
    "CREATE INDEX IF NOT EXISTS journal_of_topic ON journal (topic)",
    # Events stand in the journal from the moment they are written with their document; these wait to be published.
    """CREATE TABLE IF NOT EXISTS outgoing (
        topic TEXT NOT NULL, position INTEGER NOT NULL, collection TEXT NOT NULL, key TEXT NOT NULL,
        PRIMARY KEY (topic, position)) WITHOUT ROWID""",
)

# Bodies are text there and bytes here: most have Vietnamese words in them, and to turn such a text into one of Python's
# and back takes as long as to read its JSON.
_DOCUMENT = "SELECT collection, key, version, CAST(body AS BLOB) FROM document WHERE collection = ? AND key = ?"
_VERSION = "SELECT version FROM document WHERE collection = ? AND key = ?"
_VERSIONS = "SELECT key, version FROM document WHERE collection = ?"
_SCAN = """SELECT collection, key, version, CAST(body AS BLOB) FROM document
    WHERE collection = ? AND key >= ? ORDER BY key LIMIT ?"""
# CROSS JOIN keeps SQLite to this order: index values in key order, then the document of each.
_FIND = """SELECT document.collection, document.key, version, CAST(body AS BLOB)
    FROM index_value CROSS JOIN document USING (collection, key)
    WHERE index_value.collection = ? AND name = ? AND value = ? AND index_value.key >= ?
    ORDER BY index_value.key LIMIT ?"""
_COUNT = "SELECT count(*) FROM index_value WHERE collection = ? AND name = ? AND value = ?"
_VALUES = "SELECT name, value FROM index_value WHERE collection = ? AND key = ?"
_DROP_VALUE = "DELETE FROM index_value WHERE collection = ? AND key = ? AND name = ? AND value = ?"
_ADD_VALUE = "INSERT INTO index_value (collection, key, name, value) VALUES (?, ?, ?, ?)"
_INSERT = (
    "INSERT INTO document (collection, key, version, body) VALUES (?, ?, 1, CAST(? AS TEXT)) ON CONFLICT DO NOTHING"
)
_REPLACE = """UPDATE document SET version = version + 1, body = CAST(? AS TEXT)
    WHERE collection = ? AND key = ? AND version = ?"""
_DELETE = "DELETE FROM document WHERE collection = ? AND key = ? AND version = ?"

_ENTRY = "SELECT topic, stream, sequence, key, headers, value, position FROM journal "
_APPEND = """INSERT INTO journal (topic, stream, sequence, key, headers, value) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (topic, stream, sequence) DO NOTHING RETURNING position"""
_PLACED = _ENTRY + "WHERE topic = ? AND stream = ? AND sequence = ?"
_RANGE = _ENTRY + "WHERE topic = ? AND position > ? AND position < ? ORDER BY position LIMIT ?"
_STREAM = _ENTRY + "WHERE topic = ? AND stream = ? AND sequence BETWEEN ? AND ? ORDER BY sequence"
_AT = _ENTRY + "WHERE position = ?"
_LATEST = """SELECT position FROM (
        SELECT position, row_number() OVER (PARTITION BY key ORDER BY sequence DESC, position DESC) AS place
        FROM journal WHERE topic = ? AND position > ? AND position < ?)
    WHERE place = 1 ORDER BY position"""
_LAST = "SELECT max(position) FROM journal WHERE topic = ?"
_END = """SELECT position FROM journal WHERE topic = ? AND NOT EXISTS (
        SELECT 1 FROM outgoing WHERE outgoing.topic = journal.topic AND outgoing.position = journal.position)
    ORDER BY position DESC LIMIT 1"""

_WAITS = "INSERT INTO outgoing (topic, position, collection, key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_UNPUBLISHED = """SELECT journal.topic, stream, sequence, journal.key, headers, value, position,
        outgoing.collection, outgoing.key
    FROM outgoing CROSS JOIN journal USING (position)
    WHERE outgoing.topic = ? AND position > ? ORDER BY position LIMIT ?"""
_PUBLISHED = "DELETE FROM outgoing WHERE topic = ? AND position = ?"
_COUNT_UNPUBLISHED = """SELECT count(*) FROM (SELECT DISTINCT collection, key FROM outgoing WHERE topic = ?)"""


class SqliteStore:
    """`DocumentStore` in one SQLite file. A name declared later finds a document once that is written again."""

    position_margin = 0  # one transaction at a time gives positions

    def __init__(self, file: SqliteFile, declared: DeclaredIndexes) -> None:
        self._file = file
        self._declared = declared

    @classmethod
    async def open(cls, path: str | Path, indexes: Mapping[str, Sequence[str]]) -> SqliteStore:
        """Open or create the file; `indexes` declares each collection with the names its documents are found by."""
        declared = DeclaredIndexes(indexes)
        return cls(await SqliteFile.open(Path(path), _SCHEMA), declared)

    async def get(self, collection: str, key: str) -> Document | None:
        return (await self.get_many(collection, [key])).get(key)

    async def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        self._declared.check_collection(collection)

        def select(connection: sqlite3.Connection) -> dict[str, Document]:
            rows = (connection.execute(_DOCUMENT, (collection, key)).fetchone() for key in keys)
            return {row[1]: read_document(*row) for row in rows if row is not None}

        return await self._file.read(select)

    async def versions(self, collection: str, keys: Sequence[str] | None = None) -> dict[str, int]:
        self._declared.check_collection(collection)

        def select(connection: sqlite3.Connection) -> dict[str, int]:
            if keys is None:
                return dict(connection.execute(_VERSIONS, (collection,)))
            rows = ((key, connection.execute(_VERSION, (collection, key)).fetchone()) for key in keys)
            return {key: row[0] for key, row in rows if row is not None}

        return await self._file.read(select)

    async def put(self, write: Write) -> int:
        if not (await self.put_many([write]))[0]:
            raise VersionConflict(f"{write.collection}/{write.key} is not at version {write.expected_version}")
        return write.expected_version + 1

    async def put_many(self, writes: Sequence[Write]) -> list[bool]:
        checked = self._declared.check(writes)
        return await self._file.write(lambda connection: [_put(connection, write) for write in checked], len(checked))

    async def delete(self, collection: str, key: str, expected_version: int) -> None:
        self._declared.check_collection(collection)
        if not await self._file.write(lambda connection: _delete(connection, collection, key, expected_version)):
            raise VersionConflict(f"{collection}/{key} is not at version {expected_version}")

    async def find(
        self, collection: str, index: str, value: str, *, after: str | None = None, limit: int = 500
    ) -> list[Document]:
        self._declared.check_index(collection, index)
        return await self._documents(_FIND, collection, index, value, _first_after(after), limit)

    async def count(self, collection: str, index: str, value: str) -> int:
        self._declared.check_index(collection, index)
        return await self._number(_COUNT, collection, index, value)

    async def scan(self, collection: str, *, after: str | None = None, limit: int = 500) -> list[Document]:
        self._declared.check_collection(collection)
        return await self._documents(_SCAN, collection, _first_after(after), limit)

    async def append_journal(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        checked = [checked_event(entry) for entry in entries]
        return await self._file.write(lambda connection: [_append(connection, e) for e in checked], len(entries))

    async def read_journal(
        self, topic: str, *, after: int = 0, before: int | None = None, latest_per_key: bool = False
    ) -> AsyncIterator[JournalEntry]:
        """As the port says; ends with what was there when it began, and holds no transaction between pages.

        With `latest_per_key`: the highest sequence of each key between `after` and `before`.
        """
        end = await self._number(_LAST, topic) + 1
        end = end if before is None else min(before, end)
        pages = self._latest(topic, after, end) if latest_per_key else self._range(topic, after, end)
        async for page in pages:
            for entry in page:
                yield entry

    async def read_stream(self, topic: str, stream: str, first: int, last: int) -> list[JournalEntry]:
        return await self._entries(_STREAM, topic, stream, first, last)

    async def journal_end(self, topic: str) -> int:
        return await self._number(_END, topic)

    async def unpublished(self, topic: str, *, after: Unpublished | None = None, limit: int = 500) -> list[Unpublished]:
        """As the port says, in the order of writing; every event is in the journal already."""
        place = after.entry.position if after else 0
        return await self._file.read(partial(_waiting, topic=topic, after=place, limit=limit))

    async def published(self, events: Sequence[Unpublished]) -> None:
        places = [(event.entry.topic, event.entry.position) for event in events]
        await self._file.write(lambda connection: connection.executemany(_PUBLISHED, places) and None)

    async def count_unpublished(self, topic: str) -> int:
        return await self._number(_COUNT_UNPUBLISHED, topic)

    async def close(self) -> None:
        await self._file.close()

    async def _number(self, query: str, *values: str) -> int:
        row = await self._file.read(lambda connection: connection.execute(query, values).fetchone())
        return int(row[0] or 0) if row else 0

    async def _documents(self, query: str, *values: str | int) -> list[Document]:
        return await self._file.read(lambda c: [read_document(*row) for row in c.execute(query, values)])

    async def _entries(self, query: str, *values: str | int) -> list[JournalEntry]:
        return await self._file.read(lambda c: [_entry(row) for row in c.execute(query, values)])

    async def _range(self, topic: str, after: int, end: int) -> AsyncIterator[list[JournalEntry]]:
        while page := await self._entries(_RANGE, topic, after, end, _PAGE):
            yield page
            after = page[-1].position

    async def _latest(self, topic: str, after: int, end: int) -> AsyncIterator[list[JournalEntry]]:
        rows = await self._file.read(lambda c: c.execute(_LATEST, (topic, after, end)).fetchall())
        for start in range(0, len(rows), _PAGE):
            yield await self._at_positions(rows[start : start + _PAGE])

    async def _at_positions(self, positions: list[tuple[int]]) -> list[JournalEntry]:
        return await self._file.read(lambda c: [_entry(c.execute(_AT, place).fetchone()) for place in positions])


def _put(connection: sqlite3.Connection, write: CheckedWrite) -> bool:
    place = (write.collection, write.key)
    if write.expected_version == 0:
        done = connection.execute(_INSERT, (*place, write.body))
    else:
        done = connection.execute(_REPLACE, (write.body, *place, write.expected_version))
    if done.rowcount != 1:
        return False
    wanted = {(name, value) for name, values in write.indexes.items() for value in values}
    # Most replacements leave the index values as they are: only what differs is written.
    present = set(connection.execute(_VALUES, place)) if write.expected_version else set()
    connection.executemany(_DROP_VALUE, _at(place, present - wanted))
    connection.executemany(_ADD_VALUE, _at(place, wanted - present))
    for event in write.outgoing:
        entry = _append(connection, event)
        connection.execute(_WAITS, (entry.topic, entry.position, *place))
    return True


def _delete(connection: sqlite3.Connection, collection: str, key: str, expected_version: int) -> bool:
    if connection.execute(_DELETE, (collection, key, expected_version)).rowcount != 1:
        return False
    place = (collection, key)
    connection.executemany(_DROP_VALUE, _at(place, connection.execute(_VALUES, place).fetchall()))
    return True


def _at(place: tuple[str, str], pairs: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    return [(*place, *pair) for pair in pairs]


def _first_after(after: str | None) -> str:
    """The least key that may come: no text stands between `after` and `after` with a NUL behind it."""
    return "" if after is None else after + "\0"


def _append(connection: sqlite3.Connection, event: CheckedEvent) -> JournalEntry:
    entry = event.entry
    place = (entry.topic, entry.stream, entry.sequence)
    row = connection.execute(_APPEND, (*place, entry.key, event.headers, entry.value)).fetchone()
    if row is None:
        before = _entry(connection.execute(_PLACED, place).fetchone())
        tell_if_other(before, entry)
        row = (before.position,)
    return replace(entry, position=row[0])


def _waiting(connection: sqlite3.Connection, topic: str, after: int, limit: int) -> list[Unpublished]:
    page: list[Unpublished] = []
    size = 0
    for *row, collection, key in connection.execute(_UNPUBLISHED, (topic, after, limit)):
        page.append(Unpublished(_entry(tuple(row)), collection, key))
        size += len(page[-1].entry.value)
        if size >= _PAGE_BYTES:
            break
    return page


def _entry(row: tuple[Any, ...]) -> JournalEntry:
    topic, stream, sequence, key, headers, value, position = row
    return JournalEntry(topic, stream, sequence, key, orjson.loads(headers), value, position)
