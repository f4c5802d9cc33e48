"""How a service says which event changes which of its aggregates: its `HANDLERS` are its table of contents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.contracts.envelope import CloudEvent, Event, EventData
from shared.kernel.canonical import sha256_hex
from shared.messaging.aggregate import Change, Collection, PlainChange
from shared.messaging.commands import Aggregates

__all__ = ["Context", "Handler", "LookUp", "Reference", "no_needs", "told_as"]

M = TypeVar("M", bound=BaseModel)

# (collection name, key) of a read-copy that a handler needs before it can act.
Reference = tuple[str, str]


# Reads for one event what references cannot tell; what it raises is raised when the event's turn comes.
LookUp = Callable[[Aggregates, Event[Any]], Awaitable[Any]]


def told_as(envelope: CloudEvent) -> str:
    """Names an event, also one of others, whose ids need not be unique."""
    return f"{envelope.source}#{envelope.id}#{sha256_hex(envelope.value())}"


@dataclass(frozen=True)
class Context:
    """What a handler may know beyond the event and the aggregate: the time, and the references it asked for.

    `prepared` holds, by event id, what the handler's `prepare` worked out for a whole batch at once; `looked_up` what
    its `look_up` found for each event, or why it could not (by `told_as`).
    """

    now: datetime
    references: Mapping[Reference, BaseModel] = field(default_factory=dict)
    prepared: Mapping[str, Any] = field(default_factory=dict)
    looked_up: Mapping[str, Any] = field(default_factory=dict)

    def get(self, collection: Collection[M], key: str) -> M:
        """A reference named by the handler's `needs`; its presence is guaranteed."""
        found = self.references[(collection.name, key)]
        assert isinstance(found, collection.state)
        return found

    def found(self, event: Event[Any]) -> Any:
        """What the handler's `look_up` found for the event. Raises what that raised."""
        result = self.looked_up[told_as(event.envelope)]
        if isinstance(result, Exception):
            raise result
        return result


def no_more_needs(_: Any, __: Context) -> Sequence[Reference]:
    """For handlers whose needs are all told by the event."""
    return ()


def no_needs(_: Any) -> Sequence[Reference]:
    """For handlers that need nothing but the event."""
    return ()


@dataclass(frozen=True)
class Handler:
    """`event` changes the aggregate `into`/`key(data)` by the pure function `apply(state, event, context)`.

    `needs(data)` names the references without which it cannot act; until they are there the event is parked.
    `needs_also(data, context)` names those that only the first ones tell (a campaign tells its rule sets).
    `prepare` may work out costly things for a batch (whose references are all there); `apply` must do without it too.
    `look_up` may read more than references, or work beside the event loop; it writes nothing.
    """

    event: type[EventData]
    into: Collection[Any]
    key: Callable[[Any], str]
    apply: Callable[[Any, Event[Any], Context], Change[Any] | PlainChange]
    needs: Callable[[Any], Sequence[Reference]] = no_needs
    needs_also: Callable[[Any, Context], Sequence[Reference]] = no_more_needs
    prepare: Callable[[Sequence[Event[Any]], Context], Mapping[str, Any]] | None = None
    look_up: LookUp | None = None

    @property
    def name(self) -> str:
        """For dead letters and logs: the applying function's name."""
        return f"{self.apply.__module__}.{self.apply.__qualname__}"

    def missing(self, data: Any, context: Context) -> Reference | None:
        """The first reference that is not there yet, or None."""
        for need in self.needs(data):
            if need not in context.references:
                return need
        return next((need for need in self.needs_also(data, context) if need not in context.references), None)
