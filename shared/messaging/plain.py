"""Commands on states as plain JSON: for whoever changes so little of many that reading them whole would be the most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.kernel.errors import Invalid
from shared.messaging.aggregate import AggregateDocument, Collection, PlainChange
from shared.messaging.commands import CONFLICTS_MAX, Aggregates, wait_for_others
from shared.storage.port import StoreUnavailable

__all__ = ["execute_plain"]

S = TypeVar("S", bound=BaseModel)


async def execute_plain(
    aggregates: Aggregates,
    collection: Collection[S],
    decisions: Mapping[str, Callable[[Any], PlainChange]],
    found: Mapping[str, AggregateDocument[S]],
    *,
    actor: str = "",
) -> dict[str, Invalid]:
    """`Aggregates.execute_many` on plain states, None where there is none; `found` are the documents, just loaded.

    Returns by key what could not be told (an event is too large): that aggregate alone is left as it was.
    Raises `StoreUnavailable` if somebody else is always first.
    """
    refused: dict[str, Invalid] = {}
    documents = [found[key] for key in decisions]
    for conflicts in range(CONFLICTS_MAX):
        for one in documents:
            change = decisions[one.key](one.raw_state)
            try:
                one.apply(aggregates.service, change, aggregates.clock.now(), actor=actor)
            except Invalid as refusal:
                refused[one.key] = refusal
        changed = [one for one in documents if one.changed and one.key not in refused]
        outcomes = await aggregates.store.put_many([one.write() for one in changed])
        aggregates.stored([one for one, written in zip(changed, outcomes, strict=True) if written])
        lost = [one.key for one, written in zip(changed, outcomes, strict=True) if not written]
        if not lost:
            return refused
        await wait_for_others(conflicts)
        there = await aggregates.store.get_many(collection.name, lost)
        documents = [AggregateDocument.load(collection, key, there.get(key)) for key in lost]
    raise StoreUnavailable(f"{collection.name} was changed by others {CONFLICTS_MAX} times in a row: {lost[:3]}")
