"""Opening a service's store by its address: `sqlite:///folder` or `mongodb://host…`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.storage.port import DocumentStore
from shared.storage.sqlite import SqliteStore

__all__ = ["check_address", "open_store"]

_SQLITE = "sqlite:///"
_MONGODB = ("mongodb://", "mongodb+srv://")


def check_address(address: str) -> None:
    """Whether a store can be there at all; nothing is made, and no server asked. Raises `ValueError`."""
    if address.startswith(_SQLITE):
        _check_folder(Path(address.removeprefix(_SQLITE)))
    elif address.startswith(_MONGODB):
        from shared.storage.mongo import check_uri

        check_uri(address)
    else:
        raise _neither(address)


async def open_store(address: str, service: str, indexes: Mapping[str, Sequence[str]]) -> DocumentStore:
    """The service's own namespace: a file of its own, or a database of its own. Raises `ValueError` for an address
    that is neither, `StoreUnavailable` when the database does not answer."""
    if address.startswith(_SQLITE):
        folder = Path(address.removeprefix(_SQLITE))
        return await SqliteStore.open(folder / f"{service}.sqlite3", indexes)
    if address.startswith(_MONGODB):
        from shared.storage.mongo import MongoStore

        return await MongoStore.open(address, f"xephang_{service}", indexes)
    raise _neither(address)


def _neither(address: str) -> ValueError:
    return ValueError(f"the store's address must begin with sqlite:/// or mongodb://, not {address.split(':')[0]!r}")


def _check_folder(folder: Path) -> None:
    """It is there, or can be made where it should be."""
    try:
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    except OSError as error:
        raise ValueError(f"{folder}: {error.strerror or error}") from error
    if not usable:
        raise ValueError(f"{nearest} is no folder that can be written")
