"""A store whose calls are timed: how long the database takes, and how often it does not answer."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from shared.storage.port import DocumentStore, StoreUnavailable

__all__ = ["timed"]

# Journals are read in a stream, at the pace of whoever reads.
_TIMED = frozenset(
    {
        *("get", "get_many", "versions", "put", "put_many", "delete", "find", "count", "scan"),
        *("append_journal", "read_stream", "unpublished", "published"),
    }
)
# Operation, seconds, and whether the database answered.
Observe = Callable[[str, float, bool], None]


def timed(store: DocumentStore, observe: Observe) -> DocumentStore:
    """The same store, with every call of a document or page told to `observe`."""
    return cast(DocumentStore, _Timed(store, observe))


class _Timed:
    """Everything else is the store's own, looked up when it is asked for."""

    def __init__(self, store: DocumentStore, observe: Observe) -> None:
        self._store = store
        self._observe = observe

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._call(name, found) if name in _TIMED else found

    def _call(self, name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            began, answered = time.perf_counter(), True
            try:
                return await method(*args, **kwargs)
            except StoreUnavailable:
                answered = False
                raise
            finally:
                self._observe(name, time.perf_counter() - began, answered)

        return call
