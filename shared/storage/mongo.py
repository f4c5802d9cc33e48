"""The document store on MongoDB. The only module that imports motor (deprecated upstream; ADR 0003) or pymongo.

A document is `{_id: key, v: version, b: body, i: {index name: [values]}, h: [ids of the last writes], o: [events that
wait to be published]}`. Events are pushed with the body and pulled when they are published: the one needs the version,
the other does not change it, so neither comes in the other's way.

`b` is canonical JSON text, not BSON. The wire would carry most bodies, but drivers read meaning into some of them
(`{"$ref": …, "$id": …}` comes back as a DBRef, large integers as Int64), servers before 5.0 refuse field names such as
`$x`, no server takes NUL in one, and nesting ends at 100 levels. As text, what was put is what is got, byte for byte
the same as on SQLite; nothing here ever queries inside a body.

There are no transactions, no change streams and no `$inc` counters (ADR 0003): each write is a compare-and-set on `v`.
"""

from __future__ import annotations

import asyncio
import re
import warnings
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from time import time_ns
from typing import Any

import orjson
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, MongoClient, ReadPreference, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    CursorNotFound,
    ExecutionTimeout,
    OperationFailure,
    WriteConcernError,
)

from shared.storage.declared import (
    CheckedEvent,
    CheckedWrite,
    DeclaredIndexes,
    checked_event,
    read_document,
    tell_if_other,
)
from shared.storage.format import STORE_FORMAT, check_format
from shared.storage.port import Document, JournalEntry, StoreUnavailable, Unpublished, VersionConflict, Write

__all__ = ["MongoStore", "check_uri"]

_JOURNAL = "_journal"  # no declared collection can have this name
_FORMAT = "_format"  # nor this
_PAGE = 500  # journal entries held in memory at a time …
_PAGE_BYTES = 8 * 1024 * 1024  # … or fewer, if they are big
_KEYS = 1_000  # keys asked for in one query
_HISTORY = 16  # writes that a document remembers by their ids
_EMULATED_WIRE_VERSION = 8  # MongoDB 4.2, out of support: what answers so is mongo-java-server
_DUPLICATE_KEY = 11000
_OUT_OF_DISK_SPACE = 14031
# A document would pass 16 MiB by a write. Bodies are bounded far enough below (`DeclaredIndexes`), so it is events that
# wait beside it: once they are published, the same write goes through.
_TOO_LARGE = 17419
_PASSES = {_OUT_OF_DISK_SPACE, _TOO_LARGE}
_BY_KEY = [("_id", 1)]
_BY_POSITION = [("p", 1), ("_id", 1)]


def check_uri(uri: str) -> None:
    """Whether it can be a server's address; nobody is asked, so names in DNS (`+srv`) are not. Raises `ValueError`."""
    scheme, _, rest = uri.partition("://")
    if scheme.endswith("+srv") and re.search(r":\d+$", rest.partition("/")[0].rpartition("@")[2]):
        raise ValueError("with mongodb+srv:// DNS gives the ports: leave the port out")
    try:
        with warnings.catch_warnings():  # opening it says again which options it does not know
            warnings.simplefilter("ignore")
            MongoClient(f"mongodb://{rest}", connect=False).close()
    except (ConfigurationError, TypeError, OSError) as error:  # OSError: a certificate that is not there
        raise ValueError(str(error)) from error


class MongoStore:
    """`DocumentStore` in one MongoDB database (standalone, replica set, or sharded by `_id`, the journal by `t`).

    Writes are acknowledged by a majority and journaled, reads see only what a majority has: nothing that was read, and
    perhaps published, can be rolled back by a failover. A name declared later finds a document once that is written
    again.
    """

    position_margin = 10 * 60 * 1_000_000  # microseconds; clocks that are further apart are broken

    def __init__(self, client: Any, database: str, declared: DeclaredIndexes) -> None:
        self._client = client
        # Whatever the URI says: a secondary may lag behind, and compare-and-set needs the present.
        self._database = client.get_database(database, read_preference=ReadPreference.PRIMARY)
        self._journal = self._database[_JOURNAL]
        self._declared = declared
        self._appending = asyncio.Lock()
        self._last_position = 0
        self._topics_seen: set[str] = set()

    @classmethod
    async def open(
        cls, uri: str, database: str, indexes: Mapping[str, Sequence[str]], *, answer_seconds: float = 10.0
    ) -> MongoStore:
        """Connect and create what indexes are missing; `answer_seconds` bounds the wait for a server.

        `indexes` declares each collection with the names its documents are found by.
        """
        declared = DeclaredIndexes(indexes)
        milliseconds = int(answer_seconds * 1000)
        try:
            client: Any = AsyncIOMotorClient(
                uri,
                w="majority",
                journal=True,
                wTimeoutMS=milliseconds,
                readConcernLevel="majority",
                retryWrites=True,  # the driver retries only where the server can tell a repeated write
                serverSelectionTimeoutMS=milliseconds,
                connectTimeoutMS=milliseconds,
                socketTimeoutMS=3 * milliseconds,
            )
        except ConfigurationError as error:  # an address that can be one (`check_uri`), but not in DNS: it may come
            raise StoreUnavailable(str(error)) from error
        store = cls(client, database, declared)
        try:
            await store._check_format()
            await store._create_indexes()
        except BaseException:
            client.close()
            raise
        return store

    async def get(self, collection: str, key: str) -> Document | None:
        return (await self.get_many(collection, [key])).get(key)

    async def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        self._declared.check_collection(collection)
        found: dict[str, Document] = {}
        for start in range(0, len(keys), _KEYS):
            wanted = {"_id": {"$in": list(keys[start : start + _KEYS])}}
            found.update({document.key: document for document in await self._documents(collection, wanted, 0)})
        return found

    async def versions(self, collection: str, keys: Sequence[str] | None = None) -> dict[str, int]:
        self._declared.check_collection(collection)
        found: dict[str, int] = {}
        parts = [] if keys is None else [list(keys[start : start + _KEYS]) for start in range(0, len(keys), _KEYS)]
        for wanted in [{}] if keys is None else [{"_id": {"$in": part}} for part in parts]:
            with _answering():
                page = await self._database[collection].find(wanted, {"v": 1}).to_list(None)
            found.update({document["_id"]: int(document["v"]) for document in page})
        return found

    async def put(self, write: Write) -> int:
        if not (await self.put_many([write]))[0]:
            raise VersionConflict(f"{write.collection}/{write.key} is not at version {write.expected_version}")
        return write.expected_version + 1

    async def put_many(self, writes: Sequence[Write]) -> list[bool]:
        checked = self._declared.check(writes)
        groups: dict[str, list[CheckedWrite]] = defaultdict(list)
        for write in checked:
            groups[write.collection].append(write)
        answers = await asyncio.gather(*(self._put_group(name, group) for name, group in groups.items()))
        lost = dict(zip(groups, answers, strict=True))
        return [write.key not in lost[write.collection] for write in checked]

    async def delete(self, collection: str, key: str, expected_version: int) -> None:
        self._declared.check_collection(collection)
        with _answering():
            result = await self._database[collection].delete_one({"_id": key, "v": expected_version})
        if result.deleted_count != 1:
            raise VersionConflict(f"{collection}/{key} is not at version {expected_version}")

    async def find(
        self, collection: str, index: str, value: str, *, after: str | None = None, limit: int = 500
    ) -> list[Document]:
        self._declared.check_index(collection, index)
        return await self._documents(collection, {f"i.{index}": value, **_keys_after(after)}, limit)

    async def count(self, collection: str, index: str, value: str) -> int:
        self._declared.check_index(collection, index)
        with _answering():
            return int(await self._database[collection].count_documents({f"i.{index}": value}))

    async def scan(self, collection: str, *, after: str | None = None, limit: int = 500) -> list[Document]:
        self._declared.check_collection(collection)
        return await self._documents(collection, _keys_after(after), limit)

    async def append_journal(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """As the port says. Positions are microseconds of this process's clock, made to grow.

        So two processes that append to one topic at the same time may interleave: an entry can become visible a little
        after one with a higher position (the time of a write, and the difference of the clocks), and two may share a
        position. Whoever follows a live topic must therefore read again from a margin before where he stopped and
        drop what he has by (stream, sequence). Within one process and within one stream the order is that of appending.
        """
        if not entries:
            return []
        async with self._appending:
            placed = await self._place(entries)
            try:
                with _answering():
                    await self._journal.insert_many([_stored(entry) for entry in placed], ordered=False)
            except BulkWriteError as error:
                for at, there in await self._known(placed, _duplicates(error)):
                    tell_if_other(there, placed[at])
                    placed[at] = replace(placed[at], position=there.position)
        return placed

    async def read_journal(
        self, topic: str, *, after: int = 0, before: int | None = None, latest_per_key: bool = False
    ) -> AsyncIterator[JournalEntry]:
        """As the port says; ends with what was there when it began, and keeps no cursor open between pages.

        With `latest_per_key`: the highest sequence of each key between `after` and `before`.
        """
        end = await self.journal_end(topic) + 1
        end = end if before is None else min(before, end)
        pages = self._latest(topic, after, end) if latest_per_key else self._range(topic, after, end)
        async for page in pages:
            for entry in page:
                yield _entry(entry)

    async def read_stream(self, topic: str, stream: str, first: int, last: int) -> list[JournalEntry]:
        wanted = {"t": topic, "s": stream, "n": {"$gte": first, "$lte": last}}
        with _answering():
            return [_entry(found) for found in await self._journal.find(wanted).sort("n", 1).to_list(None)]

    async def journal_end(self, topic: str) -> int:
        with _answering():
            newest = await self._journal.find_one({"t": topic}, {"p": 1}, sort=[("p", -1)])
        return int(newest["p"]) if newest else 0

    async def unpublished(self, topic: str, *, after: Unpublished | None = None, limit: int = 500) -> list[Unpublished]:
        """As the port says: whole documents, one after the other. What is given is not in the journal yet."""
        names = [name for name, _ in self._declared.items()]
        for collection in names[names.index(after.collection) if after else 0 :]:
            key = after.key if after and after.collection == collection else None
            if found := await self._waiting(collection, topic, key, limit):
                return [
                    Unpublished(_entry({**event, "p": 0}), collection, document["_id"])
                    for document in found
                    for event in document["o"]
                    if event["t"] == topic
                ]
        return []

    async def published(self, events: Sequence[Unpublished]) -> None:
        groups: dict[str, dict[str, list[JournalEntry]]] = defaultdict(lambda: defaultdict(list))
        for event in events:
            groups[event.collection][event.key].append(event.entry)
        for collection, of_keys in groups.items():
            operations = [UpdateOne({"_id": key}, {"$pull": {"o": _any_of(of)}}) for key, of in of_keys.items()]
            with _answering():
                await self._database[collection].bulk_write(operations, ordered=False)

    async def count_unpublished(self, topic: str) -> int:
        counts = []
        for collection, _ in self._declared.items():
            with _answering():
                counts.append(int(await self._database[collection].count_documents({"o.t": topic})))
        return sum(counts)

    async def close(self) -> None:
        self._client.close()

    async def _check_format(self) -> None:
        """Raises `Conflict` for a database that a newer program wrote. Release 0.1.0 wrote no number."""
        formats = self._database[_FORMAT]
        with _answering():
            known = await formats.find_one({"_id": "store"})
            check_format(f"MongoDB {self._database.name}", known["n"] if known else 1)
            if known is None or known["n"] < STORE_FORMAT:
                await formats.update_one({"_id": "store"}, {"$max": {"n": STORE_FORMAT}}, upsert=True)

    async def _create_indexes(self) -> None:
        with _answering():
            server = await self._client.admin.command("ismaster")  # the emulator does not know "hello"
            emulated = server["maxWireVersion"] <= _EMULATED_WIRE_VERSION
            for collection, names in self._declared.items():
                if emulated:
                    # It takes an index only if the query names just the index's fields: compare-and-set would read the
                    # whole collection (70 a second instead of 10,000 with 40,000 documents). MongoDB needs none of it.
                    await self._database[collection].create_index([*_BY_KEY, ("v", 1)], unique=True)
                for name in names:
                    await self._database[collection].create_index([(f"i.{name}", 1), *_BY_KEY])
                await self._database[collection].create_index([("o.t", 1), *_BY_KEY])
            await self._journal.create_index([("t", 1), ("s", 1), ("n", 1)], unique=True)
            await self._journal.create_index([("t", 1), *_BY_POSITION])

    async def _documents(self, collection: str, wanted: Mapping[str, Any], limit: int) -> list[Document]:
        cursor = self._database[collection].find(wanted, {"v": 1, "b": 1}).sort(_BY_KEY).limit(limit)
        with _answering():
            found = await cursor.to_list(None)
        return [read_document(collection, document["_id"], document["v"], document["b"]) for document in found]

    async def _waiting(self, collection: str, topic: str, after: str | None, limit: int) -> list[dict[str, Any]]:
        """Keys and events of documents that hold some for the topic: as many as fit in a page, at least one."""
        cursor = self._database[collection].find({"o.t": topic, **_keys_after(after)}, {"o": 1}).sort(_BY_KEY)
        found: list[dict[str, Any]] = []
        size = 0
        with _answering():
            async for document in cursor.limit(limit):
                found.append(document)
                size += sum(len(event["d"]) for event in document["o"])
                if size >= _PAGE_BYTES:
                    break
        return found

    async def _put_group(self, collection: str, group: Sequence[CheckedWrite]) -> set[str]:
        """Write to one collection in one round trip; the keys whose version had changed."""
        write_id = ObjectId()
        replaced = [write for write in group if write.expected_version]
        operations = [_operation(write, write_id) for write in group]
        try:
            with _answering():
                result = await self._database[collection].bulk_write(operations, ordered=False)
            matched, lost = result.matched_count, set()
        except BulkWriteError as error:
            matched, lost = error.details["nMatched"], {group[at].key for at in _duplicates(error)}
        if matched == 0:
            return lost | {write.key for write in replaced}
        if matched < len(replaced):  # the server gives only the total
            lost |= await self._lost(collection, replaced, write_id)
        return lost

    async def _lost(self, collection: str, replaced: Sequence[CheckedWrite], write_id: ObjectId) -> set[str]:
        """Which replacements did not happen, told by the ids that documents keep of their last writes.

        The version alone would not do: somebody may have replaced our document again before we look. If that happened
        more than `_HISTORY` times, or the document was deleted since, a write that did happen is taken for lost; its
        caller reads again and decides again, as after any answer that never came.
        """
        written: set[str] = set()
        for start in range(0, len(replaced), _KEYS):
            keys = [write.key for write in replaced[start : start + _KEYS]]
            with _answering():
                found = (
                    await self._database[collection]
                    .find({"_id": {"$in": keys}, "h": write_id}, {"_id": 1})
                    .to_list(None)
                )
            written.update(document["_id"] for document in found)
        return {write.key for write in replaced} - written

    async def _place(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """Give each entry its position: beyond all that this process gave and all that the topics held at first."""
        for topic in {entry.topic for entry in entries} - self._topics_seen:
            self._last_position = max(self._last_position, await self.journal_end(topic))
            self._topics_seen.add(topic)
        # The machine's clock, not the injected one: that may play back a past year. Microseconds, because a position
        # must fit in a JSON number (2^53).
        first = max(self._last_position + 1, time_ns() // 1_000)
        self._last_position = first + len(entries) - 1
        return [replace(entry, position=first + at) for at, entry in enumerate(entries)]

    async def _known(self, entries: Sequence[JournalEntry], ats: Sequence[int]) -> list[tuple[int, JournalEntry]]:
        """(place in `entries`, what is stored) of those that were there already."""

        def stream(at: int) -> tuple[str, str]:
            return entries[at].topic, entries[at].stream

        known: list[tuple[int, JournalEntry]] = []
        for (topic, name), group in groupby(sorted(ats, key=stream), key=stream):
            by_sequence = {entries[at].sequence: at for at in group}
            wanted = {"t": topic, "s": name, "n": {"$in": list(by_sequence)}}
            with _answering():
                found = await self._journal.find(wanted).to_list(None)
            known += [(by_sequence[entry["n"]], _entry(entry)) for entry in found]
        return known

    async def _range(self, topic: str, after: int, end: int) -> AsyncIterator[list[dict[str, Any]]]:
        start, given = after + 1, set[ObjectId]()
        while True:
            # Processes may share a position, so a page begins at the last one again (as many entries as processes).
            wanted = {"t": topic, "p": {"$gte": start, "$lt": end}}
            page: list[dict[str, Any]] = []
            size = 0
            with _answering():
                async for entry in self._journal.find(wanted).sort(_BY_POSITION).limit(_PAGE):
                    if entry["_id"] not in given and size < _PAGE_BYTES:
                        page.append(entry)
                        size += len(entry["d"])
            if not page:
                return
            yield page
            last = page[-1]["p"]
            given = {entry["_id"] for entry in page if entry["p"] == last} | (given if last == start else set())
            start = last

    async def _latest(self, topic: str, after: int, end: int) -> AsyncIterator[list[dict[str, Any]]]:
        pipeline: list[dict[str, Any]] = [
            {"$match": {"t": topic, "p": {"$gt": after, "$lt": end}}},
            {"$project": {"k": 1, "n": 1, "p": 1}},
            {"$sort": {"n": 1, **dict(_BY_POSITION)}},
            {"$group": {"_id": "$k", "entry": {"$last": "$_id"}, "p": {"$last": "$p"}}},
            {"$sort": {"p": 1, "entry": 1}},
        ]
        with _answering():
            newest = await self._journal.aggregate(pipeline, allowDiskUse=True).to_list(None)
        for start in range(0, len(newest), _PAGE):
            ids = [group["entry"] for group in newest[start : start + _PAGE]]
            with _answering():
                page = await self._journal.find({"_id": {"$in": ids}}).sort(_BY_POSITION).to_list(None)
            yield page


@contextmanager
def _answering() -> Iterator[None]:
    """Turn "the database did not answer (in time)" into `StoreUnavailable`."""
    try:
        yield
    except (ConnectionFailure, CursorNotFound, ExecutionTimeout, WriteConcernError) as error:
        raise StoreUnavailable(f"MongoDB: {error}") from error
    except BulkWriteError as error:
        failed = {problem["code"] for problem in error.details["writeErrors"]} - {_DUPLICATE_KEY}
        if error.details["writeConcernErrors"] or (failed and failed <= _PASSES):
            # Its own text has the documents in it, and texts of this kind are logged.
            raise StoreUnavailable(f"MongoDB did not store a batch: codes {sorted(failed)}") from error
        raise
    except OperationFailure as error:
        if error.code in _PASSES or error.has_error_label("RetryableWriteError"):
            raise StoreUnavailable(f"MongoDB: {error}") from error
        raise


def _duplicates(error: BulkWriteError) -> list[int]:
    """The places of the operations that met an existing key; any other failure is raised."""
    problems = error.details["writeErrors"]
    if any(problem["code"] != _DUPLICATE_KEY for problem in problems):
        raise error
    return [problem["index"] for problem in problems]


def _operation(write: CheckedWrite, write_id: ObjectId) -> InsertOne[dict[str, Any]] | UpdateOne:
    content = {"v": write.expected_version + 1, "b": write.body.decode(), "i": write.indexes}
    outgoing = [_event(event) for event in write.outgoing]
    if write.expected_version == 0:
        return InsertOne({"_id": write.key, **content, "h": [write_id], "o": outgoing})
    remember = {"h": {"$each": [write_id], "$slice": -_HISTORY}, **({"o": {"$each": outgoing}} if outgoing else {})}
    return UpdateOne({"_id": write.key, "v": write.expected_version}, {"$set": content, "$push": remember})


def _any_of(entries: Sequence[JournalEntry]) -> dict[str, Any]:
    """Tells these events of one document from its others: on a topic it speaks as one stream."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in entries:
        places[entry.topic, entry.stream].append(entry.sequence)
    found = [{"t": topic, "s": stream, "n": {"$in": numbers}} for (topic, stream), numbers in places.items()]
    return found[0] if len(found) == 1 else {"$or": found}


def _keys_after(after: str | None) -> dict[str, Any]:
    return {} if after is None else {"_id": {"$gt": after}}


def _stored(entry: JournalEntry) -> dict[str, Any]:
    return {**_event(checked_event(entry)), "p": entry.position}


def _event(event: CheckedEvent) -> dict[str, Any]:
    entry = event.entry
    place = {"t": entry.topic, "s": entry.stream, "n": entry.sequence}
    return {**place, "k": entry.key, "h": event.headers, "d": entry.value}


def _entry(stored: Mapping[str, Any]) -> JournalEntry:
    place = (stored["t"], stored["s"], int(stored["n"]), stored["k"])
    return JournalEntry(*place, orjson.loads(stored["h"]), stored["d"], int(stored["p"]))
