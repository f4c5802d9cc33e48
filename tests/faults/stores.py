"""What stands in the services' stores, read from the files or the database themselves and not through the services."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pymongo import MongoClient

from shared.contracts.registry import SERVICES


@dataclass(frozen=True)
class Stored:
    """A document as it stands in a service's store."""

    service: str
    collection: str
    key: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """An event as it stands in a service's journal."""

    service: str
    topic: str
    stream: str
    sequence: int
    position: int
    key: str
    headers: dict[str, str]
    value: bytes


class RawStores(Protocol):
    """Reads what all four services hold."""

    def documents(self, part: str = "") -> Iterator[Stored]:
        """Documents with this text in their key or the name of their collection."""
        ...

    def journal(self, part: str = "") -> Iterator[Entry]:
        """Events with this text in the name of their stream, in the order of the journal."""
        ...

    def unpublished(self, part: str = "") -> Iterator[tuple[str, int]]:
        """Streams with this text in their name, and the sequences of events in them that wait to be published."""
        ...


@dataclass(frozen=True)
class SqliteFiles:
    """The four files in a folder."""

    folder: Path

    def documents(self, part: str = "") -> Iterator[Stored]:
        query = "SELECT collection, key, body FROM document WHERE instr(collection || '/' || key, ?)"
        for service, rows in self._rows(query, part):
            yield from (Stored(service, name, key, json.loads(body)) for name, key, body in rows)

    def journal(self, part: str = "") -> Iterator[Entry]:
        query = """SELECT topic, stream, sequence, position, key, headers, value FROM journal
            WHERE instr(stream, ?) ORDER BY position"""
        for service, rows in self._rows(query, part):
            for topic, stream, sequence, position, key, headers, value in rows:
                yield Entry(service, topic, stream, sequence, position, key, json.loads(headers), bytes(value))

    def unpublished(self, part: str = "") -> Iterator[tuple[str, int]]:
        query = "SELECT stream, sequence FROM outgoing JOIN journal USING (position) WHERE instr(stream, ?)"
        for _, rows in self._rows(query, part):
            yield from rows

    def _rows(self, query: str, part: str) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        for service in SERVICES:
            with closing(sqlite3.connect(self.folder / f"{service}.sqlite3", timeout=60)) as connection:
                connection.execute("PRAGMA query_only = ON")
                yield service, connection.execute(query, (part,)).fetchall()


@dataclass(frozen=True)
class MongoDatabases:
    """The four databases of a server, asked directly."""

    address: str

    def documents(self, part: str = "") -> Iterator[Stored]:
        with closing(self._client()) as client:
            for service in SERVICES:
                database = client[f"xephang_{service}"]
                for name in sorted(database.list_collection_names()):
                    if not name.startswith(("_", "system.")):
                        wanted = {} if part in name else {"_id": {"$regex": part}}
                        for raw in database[name].find(wanted):
                            yield Stored(service, name, raw["_id"], json.loads(raw["b"]))

    def journal(self, part: str = "") -> Iterator[Entry]:
        with closing(self._client()) as client:
            for service in SERVICES:
                for raw in client[f"xephang_{service}"]["_journal"].find({"s": {"$regex": part}}).sort("p", 1):
                    place = (service, raw["t"], raw["s"], raw["n"], raw["p"], raw["k"])
                    yield Entry(*place, json.loads(raw["h"]), bytes(raw["d"]))

    def unpublished(self, part: str = "") -> Iterator[tuple[str, int]]:
        with closing(self._client()) as client:
            for service in SERVICES:
                database = client[f"xephang_{service}"]
                for name in sorted(database.list_collection_names()):
                    if not name.startswith(("_", "system.")):
                        for raw in database[name].find({"o.s": {"$regex": part}}, {"o": 1}):
                            yield from ((event["s"], int(event["n"])) for event in raw["o"])

    def _client(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(self.address, serverSelectionTimeoutMS=60_000)
