"""What became of one stream: its events as they stand in the journal, and how its aggregate stands now.

For operators who ask where something is. Nothing is worked out here: what was published, what waits to be, what waits
for a reference or a predecessor, and how far each source was consumed.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from shared.contracts.registry import topics
from shared.kernel.errors import NotFound
from shared.messaging.aggregate import ANY, WAITS_FOR, WITH_HELD, AggregateDocument, Collection
from shared.messaging.dead_letter import DEAD_LETTERS
from shared.messaging.kept import Kept
from shared.storage.port import Document, DocumentStore, JournalEntry

__all__ = ["Standing", "Stories", "Story", "Told", "Waiting"]

_LAST = 2**53
_PAGE = 200  # documents at a time
_PAGE_OF_LETTERS = 20  # each may be as large as any
_SET_ASIDE = ("waiting", "discarded")  # letters that were retried stand in the journal, or are parked


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Told(_View):
    """One event of the stream; `data` where it was asked for."""

    topic: str
    sequence: int
    key: str
    position: int
    id: str
    type: str
    time: str
    correlation: str
    causation: str
    actor: str
    traceparent: str
    data: Any = None


class Waiting(_View):
    """An event of another stream that the aggregate keeps: parked before what it refers to, or held in a gap."""

    topic: str
    stream: str
    sequence: int
    id: str
    type: str


class Standing(_View):
    """How the aggregate stands. `emitted` by topic, `consumed` by `topic|stream`: the last sequence."""

    version: int
    emitted: dict[str, int]
    consumed: dict[str, int]
    waits_for: str
    parked: tuple[Waiting, ...]
    held: tuple[Waiting, ...]
    correlation: str
    traceparent: str


class Story(_View):
    """A page of a stream's events, by topic and sequence; `next` is what to ask for after, empty at the end."""

    stream: str
    standing: Standing | None
    events: tuple[Told, ...]
    next: str = ""


class Stories:
    """The stories of one service's streams."""

    def __init__(self, service: str, store: DocumentStore, collections: Sequence[Collection[Any]]) -> None:
        self._service = service
        self._store = store
        self._collections = {collection.name: collection for collection in collections}
        self._topics = [topic.name for topic in topics().values() if topic.producer == service]

    async def of(self, stream: str, *, topic: str = "", after: str = "", limit: int = 100, data: bool = True) -> Story:
        """`stream` is `<service>/<collection>/<key>`; `after` the `next` of the page before. Raises `NotFound`."""
        collection, key = self._named(stream)
        document = await self._store.get(collection.name, key)
        wanted = [name for name in self._topics if topic in ("", name)]
        events, following = await self._page(stream, wanted, after, limit)
        return Story(
            stream=stream,
            standing=_standing(AggregateDocument.load(collection, key, document)) if document else None,
            events=tuple(_told(entry, data) for entry in events),
            next=following,
        )

    async def streams_of(self, word: str, limit: int = 20) -> list[str]:
        """Streams with an event of this id, correlation or trace, or of an answer that the platform called so; and the
        aggregates that keep such an event, dead letters among them.

        There is no index for it: the journal is gone through, a page at a time, and all that is kept.
        """
        found: dict[str, None] = {}
        for look in (self._in_journal, self._in_aggregates, self._in_letters):
            async for stream in look(word):
                found[stream] = None
                if len(found) >= limit:
                    return list(found)
        return list(found)

    async def _in_journal(self, word: str) -> AsyncIterator[str]:
        named = orjson.dumps(f"#{word}")[1:]  # of an answer: who sent it, and what they call it
        for topic in self._topics:
            async for entry in self._store.read_journal(topic):
                if _is_of(entry, word, named):
                    yield entry.stream

    async def _in_aggregates(self, word: str) -> AsyncIterator[str]:
        for collection in self._collections.values():
            for index, value in ((WAITS_FOR, ANY), (WITH_HELD, "1")):
                async for found in self._found(collection.name, index, value, _PAGE):
                    document = AggregateDocument.load(collection, found.key, found)
                    if any(_is_kept(kept, word) for kept in (*document.parked, *document.held)):
                        yield f"{self._service}/{collection.name}/{found.key}"

    async def _in_letters(self, word: str) -> AsyncIterator[str]:
        for status in _SET_ASIDE:
            async for found in self._found(DEAD_LETTERS.name, "status", status, _PAGE_OF_LETTERS):
                if _is_letter_of(found.body["state"]["message"], word):
                    yield f"{self._service}/{DEAD_LETTERS.name}/{found.key}"

    async def _found(self, collection: str, index: str, value: str, limit: int) -> AsyncIterator[Document]:
        after: str | None = None
        while page := await self._store.find(collection, index, value, after=after, limit=limit):
            for document in page:
                yield document
            after = page[-1].key

    def _named(self, stream: str) -> tuple[Collection[Any], str]:
        service, _, rest = stream.partition("/")
        name, _, key = rest.partition("/")
        collection = self._collections.get(name)
        if service != self._service or collection is None or not key:
            known = ", ".join(f"{self._service}/{each}/…" for each in self._collections)
            raise NotFound(
                f"Dịch vụ {self._service} không có dòng sự kiện này; có: {known}",
                f"{self._service} has no such stream; it has: {known}",
                code="journal.unknown_stream",
            )
        return collection, key

    async def _page(self, stream: str, wanted: Sequence[str], after: str, limit: int) -> tuple[list[JournalEntry], str]:
        begun, _, sequence = after.rpartition("#")
        start = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 17 else 0
        rest = list(wanted[wanted.index(begun) :]) if begun in wanted else list(wanted)
        events: list[JournalEntry] = []
        for topic in rest:
            first = start + 1 if topic == begun else 1
            # A stream has few events; where it has more, the page ends within them.
            last = min(first + limit - len(events), _LAST)
            events += await self._store.read_stream(topic, stream, first, last)
            if len(events) > limit:
                events = events[:limit]
                return events, f"{events[-1].topic}#{events[-1].sequence}"
        return events, ""


def _is_of(entry: JournalEntry, word: str, named: bytes) -> bool:
    headers = entry.headers
    return (
        word in (headers.get("ce_correlationid"), headers.get("ce_id"), headers.get("ce_causationid"))
        or word == headers.get("ce_traceparent", "")[3:35]
        or (b'"event_id"' in entry.value and named in entry.value)
    )


def _is_kept(kept: Kept, word: str) -> bool:
    event = kept.event
    return word in (event.id, event.correlationid, event.traceparent[3:35])


def _is_letter_of(message: Mapping[str, Any], word: str) -> bool:
    headers = message["headers"]
    if word in (headers.get("ce_id"), headers.get("ce_correlationid"), headers.get("ce_traceparent", "")[3:35]):
        return True
    return _names_itself(base64.b64decode(message["value_base64"]), word)


def _names_itself(value: bytes, word: str) -> bool:
    """Whether a message that says in its value which event it is (structured mode) calls itself so."""
    if orjson.dumps(word)[1:-1] not in value:
        return False
    try:
        body = orjson.loads(value)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("id") == word


def _told(entry: JournalEntry, data: bool) -> Told:
    def header(name: str) -> str:
        return entry.headers.get(f"ce_{name}", "")

    return Told(
        topic=entry.topic,
        sequence=entry.sequence,
        key=entry.key,
        position=entry.position,
        id=header("id"),
        type=header("type"),
        time=header("time"),
        correlation=header("correlationid"),
        causation=header("causationid"),
        actor=header("actor"),
        traceparent=header("traceparent"),
        data=orjson.loads(entry.value) if data else None,
    )


def _standing(document: AggregateDocument[Any]) -> Standing:
    return Standing(
        version=document.version,
        emitted=_plain(document.emitted),
        consumed=_plain(document.consumed),
        waits_for=document.waits_for,
        parked=tuple(_waiting(kept) for kept in document.parked),
        held=tuple(_waiting(kept) for kept in document.held),
        correlation=document.correlation,
        traceparent=document.traceparent,
    )


def _plain(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _waiting(kept: Kept) -> Waiting:
    event = kept.event
    return Waiting(topic=kept.topic, stream=event.stream, sequence=event.sequence, id=event.id, type=event.type)
