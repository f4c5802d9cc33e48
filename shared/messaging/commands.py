"""Commands: what a person asks of one aggregate over HTTP or the command line, done as one atomic write."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.kernel.clock import Clock
from shared.messaging.aggregate import AggregateDocument, Change, Collection
from shared.storage.port import Document, DocumentStore, StoreUnavailable, VersionConflict
from shared.telemetry.situation import note, now
from shared.telemetry.trace_context import current, parse

__all__ = ["CONFLICTS_MAX", "Aggregates", "wait_for_others"]

log = logging.getLogger(__name__)

S = TypeVar("S", bound=BaseModel)

# So often in a row nobody loses against others; something else is wrong, and going on would only spin.
CONFLICTS_MAX = 100
_REFERENCES = 64


async def wait_for_others(conflicts: int) -> None:
    """A random moment after a conflict, longer as they go on, so that writers of one document get out of step."""
    await asyncio.sleep(random.uniform(0, min(0.01 * 1.5**conflicts, 0.5)))


class Aggregates:
    """A service's aggregates: load, decide, write back if unchanged; and read-only look-ups.

    `written` is called after each write (with what was written), so that the relay and reconcilers take it up.
    """

    def __init__(
        self,
        service: str,
        store: DocumentStore,
        clock: Clock,
        written: Callable[[AggregateDocument[Any]], None] = lambda _: None,
    ) -> None:
        self.service = service
        self.store = store
        self.clock = clock
        self.written = written
        # By collection and key, of references only: the version that was read last, and its state.
        self._references: dict[tuple[str, str], tuple[int, BaseModel]] = {}

    async def execute(
        self, collection: Collection[S], key: str, decide: Callable[[S | None], Change[S]], *, actor: str = ""
    ) -> S | None:
        """Put `decide(state)` in place of `state`; decided anew when somebody else wrote in between.

        What `decide` raises passes through and nothing is written. Returns the state that now stands. Raises
        `StoreUnavailable` if somebody else is always first.
        """
        for conflicts in range(CONFLICTS_MAX):
            document = AggregateDocument.load(collection, key, await self.store.get(collection.name, key))
            document.apply(self.service, decide(document.state), self.clock.now(), actor=actor)
            if not document.changed:
                return document.state
            try:
                await self.store.put(document.write())
            except VersionConflict:
                await wait_for_others(conflicts)
                continue
            self.written(document)
            _note_written([document])
            return document.state
        raise StoreUnavailable(f"{collection.name}/{key} was changed by others {CONFLICTS_MAX} times in a row")

    async def execute_many(
        self,
        collection: Collection[S],
        decisions: dict[str, Callable[[S | None], Change[S]]],
        *,
        actor: str = "",
        found: Mapping[str, Document | AggregateDocument[S]] | None = None,
    ) -> None:
        """`execute` for many aggregates of one collection, in one round trip where nobody interferes.

        `found` are their documents where they were just read (and loaded); they are read otherwise.
        """
        documents = await self.store.get_many(collection.name, list(decisions)) if found is None else found
        loaded: list[AggregateDocument[Any]] = []
        for key, decide in decisions.items():
            there = documents.get(key)
            document = there if isinstance(there, AggregateDocument) else AggregateDocument.load(collection, key, there)
            document.apply(self.service, decide(document.state), self.clock.now(), actor=actor)
            if document.changed:
                loaded.append(document)
        outcomes = await self.store.put_many([document.write() for document in loaded])
        stored = [document for document, written in zip(loaded, outcomes, strict=True) if written]
        self.stored(stored)
        for document, written in zip(loaded, outcomes, strict=True):
            if not written:
                await self.execute(collection, document.key, decisions[document.key], actor=actor)

    def stored(self, documents: Sequence[AggregateDocument[Any]]) -> None:
        """Many were written by one call: whoever takes them up is told, and the request's lines in the log tell it."""
        for document in documents:
            self.written(document)
        _note_written(documents)
        if len(documents) > 1 and log.isEnabledFor(logging.DEBUG):
            for document in documents:
                log.debug("changed", extra={"fields": _belongs(document)})

    async def get(self, collection: Collection[S], key: str) -> S | None:
        """The state, or None."""
        if collection.reference:
            return (await self.get_many(collection, [key])).get(key)
        document = await self.store.get(collection.name, key)
        return None if document is None else _state(collection, key, document)

    async def get_many(self, collection: Collection[S], keys: Sequence[str]) -> dict[str, S]:
        """States of those keys that exist, by key."""
        known = await self._known(collection, keys) if collection.reference else {}
        left = [key for key in keys if key not in known]
        found = await self.store.get_many(collection.name, left) if left else {}
        states = {**known, **self._states(collection, list(found.values()))}
        return {key: states[key] for key in keys if key in states}

    async def _known(self, collection: Collection[S], keys: Sequence[str]) -> dict[str, S]:
        """Those of references that are as they were when they were read last: a campaign may be a megabyte of JSON."""
        kept = {
            key: self._references[collection.name, key] for key in keys if (collection.name, key) in self._references
        }
        versions = await self.store.versions(collection.name, list(kept)) if kept else {}
        return {
            key: state
            for key, (version, state) in kept.items()
            if versions.get(key) == version and isinstance(state, collection.state)
        }

    def _states(self, collection: Collection[S], page: Sequence[Document]) -> dict[str, S]:
        read = self._reference if collection.reference else _state
        states = {document.key: read(collection, document.key, document) for document in page}
        return {key: state for key, state in states.items() if state is not None}

    def _reference(self, collection: Collection[S], key: str, found: Document) -> S | None:
        """The state of a reference: every batch needs it, and it hardly ever changes."""
        version, known = self._references.get((collection.name, key), (0, None))
        if version == found.version and isinstance(known, collection.state):
            return known
        state = _state(collection, key, found)
        if state is not None:
            while len(self._references) >= _REFERENCES:
                self._references.pop(next(iter(self._references)))
            self._references[(collection.name, key)] = (found.version, state)
        return state

    async def find(self, collection: Collection[S], index: str, value: str) -> dict[str, S]:
        """All states found by an index, by key, in key order."""
        return {key: state async for page in self.pages(collection, index, value) for key, state in page.items()}

    async def pages(
        self, collection: Collection[S], index: str, value: str, *, limit: int = 500
    ) -> AsyncIterator[dict[str, S]]:
        """The same page by page, for what is too much to be held at once; what is written meanwhile may be missed."""
        after: str | None = None
        while page := await self.store.find(collection.name, index, value, after=after, limit=limit):
            yield self._states(collection, page)
            after = page[-1].key

    async def plain_pages(
        self, collection: Collection[S], index: str, value: str, *, limit: int = 500
    ) -> AsyncIterator[list[Any]]:
        """The states as plain JSON, for whoever needs a part of each of very many: reading them whole takes longer."""
        after: str | None = None
        while page := await self.store.find(collection.name, index, value, after=after, limit=limit):
            loaded = [AggregateDocument.load(collection, document.key, document) for document in page]
            yield [document.raw_state for document in loaded if document.raw_state is not None]
            after = page[-1].key

    async def all(self, collection: Collection[S]) -> dict[str, S]:
        """All states of a collection by key, in key order."""
        result: dict[str, S] = {}
        after: str | None = None
        while page := await self.store.scan(collection.name, after=after):
            result |= self._states(collection, page)
            after = page[-1].key
        return result


def _state(collection: Collection[S], key: str, found: Document) -> S | None:
    return AggregateDocument.load(collection, key, found).state


def _note_written(documents: Sequence[AggregateDocument[Any]]) -> None:
    """Have the request's line in the access log say whose correlation it is, or how many it changed if it is no one's.

    What is written outside of requests says itself what it is about: a service's own tasks are about nothing for good.
    """
    here = now()
    if "request" not in here or not documents:
        return
    before = here.get("correlation", "")
    count = here.get("changed", 1 if before else 0) + len(documents)
    whose = {before, *(document.correlation for document in documents)} - {""}
    if "changed" not in here and (count == 1 or len(whose) == 1):
        note(**_belongs(documents[-1]))
    else:
        note(correlation="", trace=current.get().trace, span="", changed=count)


def _belongs(document: AggregateDocument[Any]) -> dict[str, str]:
    place = parse(document.traceparent)
    return {"correlation": document.correlation, "trace": place.trace, "span": place.span}
