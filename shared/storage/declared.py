"""What both adapters hold to before a database is touched: declared names, bodies as text, sensible sizes.

One check for both, so that whatever is accepted by the embedded store is accepted by the production store as well.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from shared.kernel.canonical import compact_json
from shared.storage.port import Document, JournalEntry, Write

__all__ = [
    "MAX_BODY_BYTES",
    "CheckedEvent",
    "CheckedWrite",
    "DeclaredIndexes",
    "checked_event",
    "read_document",
    "tell_if_other",
]

log = logging.getLogger(__name__)

# MongoDB refuses documents over 16 MiB; the rest is left for index values and bookkeeping.
MAX_BODY_BYTES = 15 * 1024 * 1024

# Names become field, index and collection names, where dots and dollars have a meaning of their own.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class CheckedEvent:
    """An event that may go to the database: its headers are canonical JSON text."""

    entry: JournalEntry
    headers: str


@dataclass(frozen=True, slots=True)
class CheckedWrite:
    """A write that may go to the database: names are declared, the body is canonical JSON."""

    collection: str
    key: str
    body: bytes
    expected_version: int
    indexes: dict[str, list[str]]
    outgoing: tuple[CheckedEvent, ...] = ()


class DeclaredIndexes:
    """The collections of a store and the names that their documents may be found by."""

    def __init__(self, indexes: Mapping[str, Sequence[str]]) -> None:
        self._names = {collection: tuple(names) for collection, names in indexes.items()}
        for name in [*self._names, *(name for names in self._names.values() for name in names)]:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a collection or index: letters, digits, '_' and '-' only")

    def items(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each collection with its index names."""
        return list(self._names.items())

    def check_collection(self, collection: str) -> str:
        """The name itself; `ValueError` if it is not declared."""
        if collection not in self._names:
            declared = ", ".join(sorted(self._names)) or "none"
            raise ValueError(f"collection {collection!r} is not declared to this store; declared: {declared}")
        return collection

    def check_index(self, collection: str, index: str) -> str:
        """The index name itself; `ValueError` if it is not declared for the collection."""
        self.check_collection(collection)
        if index not in self._names[collection]:
            declared = ", ".join(self._names[collection]) or "none"
            raise ValueError(f"index {index!r} of collection {collection!r} is not declared; declared: {declared}")
        return index

    def check(self, writes: Sequence[Write]) -> list[CheckedWrite]:
        """All writes of one call, encoded at once: nobody can change a body while it waits for its turn."""
        pairs = {(write.collection, write.key) for write in writes}
        if len(pairs) != len(writes):
            raise ValueError("one call writes the same document twice: which of the two is to win is not defined")
        return [self._check_one(write) for write in writes]

    def _check_one(self, write: Write) -> CheckedWrite:
        self.check_collection(write.collection)
        _check_text(write.key)
        if not isinstance(write.body, dict):
            raise TypeError(f"the body of {write.collection}/{write.key} is no JSON object")
        body = compact_json(write.body)
        outgoing = tuple([checked_event(entry) for entry in write.outgoing])
        size = len(body) + sum([len(event.entry.value) + len(event.headers) for event in outgoing])
        if size > MAX_BODY_BYTES:
            raise ValueError(f"{write.collection}/{write.key}: {size} bytes, at most {MAX_BODY_BYTES} are stored")
        indexes = {name: self._check_values(write, name, values) for name, values in write.indexes.items()}
        return CheckedWrite(write.collection, write.key, body, write.expected_version, indexes, outgoing)

    def _check_values(self, write: Write, name: str, values: Sequence[str]) -> list[str]:
        self.check_index(write.collection, name)
        if isinstance(values, str):  # a str is a sequence of str as well, and would be indexed letter by letter
            raise TypeError(f"index {name!r} of {write.collection}/{write.key}: a list of values, not one text")
        for value in values:
            _check_text(value)
        return sorted(set(values))


def checked_event(entry: JournalEntry) -> CheckedEvent:
    """The event as it may be stored. Raises `ValueError` or `TypeError` for text that has no UTF-8."""
    for text in (entry.topic, entry.stream, entry.key):
        _check_text(text)
    return CheckedEvent(entry, compact_json(entry.headers).decode())


def tell_if_other(there: JournalEntry, given: JournalEntry) -> None:
    """Log an event that the journal does not take because another one stands at its place; that one stays.

    What is appended again after a crash has the same bytes. Others mean that two count one stream, or that documents
    went back in time and the journal did not: consumers have one of the two, and nobody else would notice.
    """
    if (there.key, there.headers, there.value) != (given.key, given.headers, given.value):
        where = (given.topic, given.sequence, given.stream)
        log.error("%s: the journal has another event as number %d of %s, and keeps that one", *where)


def read_document(collection: str, key: str, version: int, body: str | bytes) -> Document:
    """A document from what is stored."""
    return Document(collection, key, int(version), orjson.loads(body))


def _check_text(text: str) -> None:
    # Half a surrogate pair has no UTF-8: refused here, before a batch is half sent. UnicodeEncodeError is a ValueError.
    text.encode("utf-8")
