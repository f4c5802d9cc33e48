"""What waits in a service's aggregates: parked until a reference is there, or held until its predecessors are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from shared.messaging.aggregate import ANY, WAITS_FOR, WITH_HELD, Collection
from shared.messaging.commands import Aggregates
from shared.messaging.incoming import Target
from shared.storage.port import Document

__all__ = ["Parked"]

_PAGE = 200
_TOLD = 200  # of what is parked: each is read whole, with the events that it keeps


class Parked:
    """Looks for what waits, by the stores' indexes. References are told as `collection/key`."""

    def __init__(self, aggregates: Aggregates, collections: Mapping[str, Collection[Any]]) -> None:
        self._aggregates = aggregates
        self._store = aggregates.store
        self._collections = collections

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

    async def _pages(self, collection: Collection[Any], index: str, value: str) -> AsyncIterator[list[Document]]:
        after: str | None = None
        while page := await self._store.find(collection.name, index, value, after=after, limit=_PAGE):
            yield page
            if len(page) < _PAGE:
                return
            after = page[-1].key
