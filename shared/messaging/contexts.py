"""What handlers may know beyond an event: references loaded for a whole batch at once, and what they prepare."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from shared.contracts.envelope import Event, UnreadableEvent
from shared.messaging.aggregate import AggregateDocument, Collection
from shared.messaging.commands import Aggregates
from shared.messaging.handlers import Context, Handler, Reference, told_as
from shared.messaging.incoming import Handlers, Incoming
from shared.storage.port import StoreUnavailable

__all__ = ["context_of"]

log = logging.getLogger(__name__)

Told = tuple[Handler, Event[Any]]


async def context_of(
    aggregates: Aggregates,
    collections: Mapping[str, Collection[Any]],
    handlers: Handlers,
    documents: Iterable[AggregateDocument[Any]],
    incoming: Iterable[Incoming],
) -> Context:
    """The context of a batch: of the events that came, and of those that the aggregates keep.

    A handler that fails here fails on its own later, when its event's turn comes; the batch goes on.
    """
    told = [(item.handler, item.event) for item in incoming]
    told += [each for document in documents for each in _kept(document, handlers)]
    references: dict[Reference, BaseModel] = {}
    context = Context(aggregates.clock.now(), references)
    await _refer(aggregates, collections, _first_needs(told), references)
    await _refer(aggregates, collections, _further_needs(told, context), references)
    return Context(context.now, references, _prepare(told, context), await _look_up(aggregates, told))


def _kept(document: AggregateDocument[Any], handlers: Handlers) -> Iterable[Told]:
    for kept in (*document.parked, *document.held):
        handler = handlers.get((kept.topic, kept.event.type))
        if handler is not None:
            try:
                yield handler, kept.told
            except UnreadableEvent:
                log.debug("%s can no longer be read", kept.event.id)


def _first_needs(told: Sequence[Told]) -> set[Reference]:
    needed: set[Reference] = set()
    for handler, event in told:
        try:
            needed.update(handler.needs(event.data))
        except Exception:
            log.debug("%s cannot tell what it needs", handler.name, exc_info=True)
    return needed


def _further_needs(told: Sequence[Told], context: Context) -> set[Reference]:
    needed: set[Reference] = set()
    for handler, event in told:
        try:
            if all(first in context.references for first in handler.needs(event.data)):
                needed.update(handler.needs_also(event.data, context))
        except Exception:
            log.debug("%s cannot tell what it also needs", handler.name, exc_info=True)
    return needed


async def _refer(
    aggregates: Aggregates,
    collections: Mapping[str, Collection[Any]],
    needed: set[Reference],
    references: dict[Reference, BaseModel],
) -> None:
    """Load references that are there, a round trip for each collection."""
    keys: dict[str, list[str]] = {}
    for name, key in sorted(needed - references.keys()):
        keys.setdefault(name, []).append(key)
    for name, wanted in keys.items():
        for key, state in (await aggregates.get_many(collections[name], wanted)).items():
            references[(name, key)] = state


async def _look_up(aggregates: Aggregates, told: Sequence[Told]) -> dict[str, Any]:
    """What was found, or why nothing was, by event. Raises `StoreUnavailable`."""
    found: dict[str, Any] = {}
    for handler, event in told:
        if handler.look_up is None:
            continue
        try:
            found[told_as(event.envelope)] = await handler.look_up(aggregates, event)
        except StoreUnavailable:
            raise
        except Exception as error:
            found[told_as(event.envelope)] = error
    return found


def _prepare(told: Sequence[Told], context: Context) -> dict[str, Any]:
    """By event id; so only for events of ours, whose ids are unique."""
    ready: dict[Handler, list[Event[Any]]] = {}
    for handler, event in told:
        if handler.prepare is not None and event.envelope.stream and _is_ready(handler, event, context):
            ready.setdefault(handler, []).append(event)
    prepared: dict[str, Any] = {}
    for handler, events in ready.items():
        assert handler.prepare is not None
        try:
            prepared.update(handler.prepare(events, context))
        except Exception:
            # One bad event must not take the batch with it: each is then tried on its own, and fails on its own.
            log.warning("%s: preparing a batch of %d failed", handler.name, len(events), exc_info=True)
    return prepared


def _is_ready(handler: Handler, event: Event[Any], context: Context) -> bool:
    try:
        return handler.missing(event.data, context) is None
    except Exception:
        return False
