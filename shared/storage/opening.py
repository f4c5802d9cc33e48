"""Opening a service's store by its address: `sqlite:///folder` or `mongodb://host…`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.storage.port import DocumentStore
from shared.storage.sqlite import SqliteStore

__all__ = ["open_store"]


async def open_store(address: str, service: str, indexes: Mapping[str, Sequence[str]]) -> DocumentStore:
    """The service's own namespace: a file of its own, or a database of its own. Raises `ValueError` for an address
    that is neither, `StoreUnavailable` when the database does not answer."""
    if address.startswith("sqlite:///"):
        folder = Path(address.removeprefix("sqlite:///"))
        return await SqliteStore.open(folder / f"{service}.sqlite3", indexes)
    if address.startswith(("mongodb://", "mongodb+srv://")):
        from shared.storage.mongo import MongoStore

        return await MongoStore.open(address, f"xephang_{service}", indexes)
    raise ValueError(f"the store's address must begin with sqlite:/// or mongodb://, not {address.split(':')[0]!r}")
