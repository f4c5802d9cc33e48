"""What is going on while something is logged: which service, which request or message, whose correlation.

It is carried by the context of the task, so that nobody hands it on; log lines say it (logs.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any

__all__ = ["being", "lasting", "note", "now"]

_situation: ContextVar[dict[str, Any] | None] = ContextVar("situation", default=None)


def now() -> Mapping[str, Any]:
    """The fields of the situation, by name; none outside of any."""
    return _situation.get() or {}


def lasting(service: str = "") -> Context:
    """For a task that outlives what it begins in, with all that it starts: nothing is going on there but the service.

    A client's tasks would otherwise speak for ever of the request or message for which it was made.
    """
    name = service or now().get("service", "")
    context = Context()
    context.run(_situation.set, {"service": name} if name else None)
    return context


@contextmanager
def being(**fields: Any) -> Iterator[None]:
    """As long as the block lasts: these fields beside, or instead of, those outside."""
    token = _situation.set({**now(), **fields})
    try:
        yield
    finally:
        _situation.reset(token)


def note(**fields: Any) -> None:
    """What was learnt on the way (whose correlation it is), also for whoever set up the situation."""
    found = _situation.get()
    if found is not None:
        found.update(fields)
