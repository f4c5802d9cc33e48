"""What waits in a service's aggregates: parked until a reference is there, or held until its predecessors are."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.messaging.aggregate import ANY, WAITS_FOR, WITH_HELD, AggregateDocument, Collection
from shared.messaging.commands import Aggregates
from shared.messaging.incoming import Target
from shared.messaging.kept import Kept
from shared.messaging.step import letter_of
from shared.storage.port import Document

__all__ = ["Parked", "ParkedMessage", "ParkedPlace", "WholeParkedMessage"]

_PAGE = 200
_PAGE_OF_MESSAGES = 20  # documents, of which each may keep as much as any
_TOLD = 200  # of what is parked: each is read whole, with the events that it keeps


class ParkedMessage(BaseModel):
    """A parked message in a list. `id` is that of the dead letter that it would be.

    `aggregate` (`collection/key`) keeps it, and all that came after it, until `waits_for` is there. `size` in bytes.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    aggregate: str
    waits_for: str
    topic_name: str
    origin: str
    type: str
    event_id: str
    time: AwareDatetime
    stream: str
    sequence: int
    size: int


class WholeParkedMessage(ParkedMessage):
    """One of them with its headers and value."""

    headers: dict[str, str]
    value_base64: str


@dataclass(frozen=True)
class ParkedPlace:
    """A parked event and where it is."""

    target: Target
    waits_for: str
    kept: Kept

    @property
    def aggregate(self) -> str:
        """`collection/key`."""
        return "/".join(self.target)

    @property
    def id(self) -> str:
        """Of the dead letter that it was or would be."""
        return letter_of(self.kept)

    def told(self) -> ParkedMessage:
        """For a list."""
        return ParkedMessage(**self._fields())

    def told_whole(self) -> WholeParkedMessage:
        """As it would be published."""
        event = self.kept.event
        value = base64.b64encode(event.value()).decode("ascii")
        return WholeParkedMessage(**self._fields(), headers=event.headers(), value_base64=value)

    def _fields(self) -> dict[str, Any]:
        event = self.kept.event
        return {
            "id": self.id,
            "aggregate": self.aggregate,
            "waits_for": self.waits_for,
            "topic_name": self.kept.topic,
            "origin": event.source,
            "type": event.type,
            "event_id": event.id,
            "time": event.time,
            "stream": event.stream,
            "sequence": event.sequence,
            "size": len(event.value()),
        }


class Parked:
    """Looks for what waits, by the stores' indexes. References are told as `collection/key`."""

    def __init__(self, aggregates: Aggregates, collections: Mapping[str, Collection[Any]]) -> None:
        self._aggregates = aggregates
        self._store = aggregates.store
        self._collections = collections

    async def messages(self, waits_for: str = "", *, after: str = "", limit: int = 100) -> list[ParkedMessage]:
        """What is parked (for one reference), by aggregate: of those after the aggregate `after`, until `limit`.

        All that an aggregate keeps is told together, so the last one may go beyond that.
        """
        begun, _, key = after.partition("/")
        names = list(self._collections)
        found: list[ParkedMessage] = []
        for name in names[names.index(begun) if begun in names else 0 :]:
            start = key if name == begun else None
            async for page in self._pages(self._collections[name], WAITS_FOR, waits_for or ANY, start, small=True):
                for document in page:
                    found += [place.told() for place in self._places(name, document)]
                    if len(found) >= limit:
                        return found
        return found

    async def find(self, id_: str, aggregate: str = "") -> ParkedPlace | None:
        """Where the message is parked that would be this dead letter, if it is: in `aggregate`, or anywhere.

        Without that, all that is parked is gone through.
        """
        async for name, document in self._kept_in(aggregate):
            for place in self._places(name, document):
                if place.id == id_:
                    return place
        return None

    async def _kept_in(self, aggregate: str) -> AsyncIterator[tuple[str, Document]]:
        name, _, key = aggregate.partition("/")
        if name in self._collections and (document := await self._store.get(name, key)):
            yield name, document
        for collection in () if aggregate else self._collections.values():
            async for page in self._pages(collection, WAITS_FOR, ANY, small=True):
                for document in page:
                    yield collection.name, document

    def _places(self, name: str, document: Document) -> list[ParkedPlace]:
        loaded = AggregateDocument.load(self._collections[name], document.key, document)
        return [ParkedPlace((name, document.key), loaded.waits_for, kept) for kept in loaded.parked]

    async def for_reference(self, reference: str) -> AsyncIterator[list[Target]]:
        """The aggregates that wait for it, page by page."""
        for collection in self._collections.values():
            async for page in self._pages(collection, WAITS_FOR, reference):
                yield [(collection.name, document.key) for document in page]

    async def that_can_go_on(self) -> AsyncIterator[list[Target]]:
        """Aggregates whose reference is there, and all that hold something: who left them may have been cut off."""
        for collection in self._collections.values():
            async for page in self._pages(collection, WAITS_FOR, ANY):
                there = await self.there({document.body["waits_for"] for document in page})
                yield [(collection.name, d.key) for d in page if d.body["waits_for"] in there]
            async for page in self._pages(collection, WITH_HELD, "1"):
                yield [(collection.name, document.key) for document in page]

    async def there(self, references: set[str]) -> set[str]:
        """Which of the references have a state."""
        keys: dict[str, list[str]] = {}
        for reference in sorted(references):
            name, _, key = reference.partition("/")
            keys.setdefault(name, []).append(key)
        found: set[str] = set()
        for name, wanted in keys.items():
            if name in self._collections:
                states = await self._aggregates.get_many(self._collections[name], wanted)
                found |= {f"{name}/{key}" for key in states}
        return found

    async def waiting(self) -> dict[str, list[str]]:
        """What is parked, by what it waits for: `campaigns/2021` → aggregates as `collection/key`.

        Of very many the first ones: a burst before its campaign parks as many as there are agencies.
        """
        result: dict[str, list[str]] = {}
        told = 0
        counts = await self._counts(WAITS_FOR, ANY)
        for collection in (each for each in self._collections.values() if counts[each.name]):
            async for page in self._pages(collection, WAITS_FOR, ANY):
                for document in page:
                    result.setdefault(document.body["waits_for"], []).append(f"{collection.name}/{document.key}")
                told += len(page)
                if told >= _TOLD:
                    return result
        return result

    async def count(self) -> int:
        """How many aggregates are parked."""
        return sum((await self._counts(WAITS_FOR, ANY)).values())

    async def count_held(self) -> int:
        """How many aggregates hold events that came before their predecessors."""
        return sum((await self._counts(WITH_HELD, "1")).values())

    async def _counts(self, index: str, value: str) -> dict[str, int]:
        counts = await asyncio.gather(*(self._store.count(name, index, value) for name in self._collections))
        return dict(zip(self._collections, counts, strict=True))

    async def _pages(
        self, collection: Collection[Any], index: str, value: str, after: str | None = None, *, small: bool = False
    ) -> AsyncIterator[Sequence[Document]]:
        size = _PAGE_OF_MESSAGES if small else _PAGE
        while page := await self._store.find(collection.name, index, value, after=after, limit=size):
            yield page
            if len(page) < size:
                return
            after = page[-1].key
