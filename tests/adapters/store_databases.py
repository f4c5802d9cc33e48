"""The databases that the suite of the document store runs on."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.storage.port import DocumentStore
from shared.storage.sqlite import SqliteStore

INDEXES = {"agencies": ["campaign", "state"], "cases": ["campaign"], "plain": []}
MONGO_VARIABLE = "XEPHANG_TEST_MONGO"


def mongo_uri() -> str:
    uri = os.environ.get(MONGO_VARIABLE)
    if not uri:
        pytest.fail(f"set {MONGO_VARIABLE} to the URI of a MongoDB-wire server to run the connected tests")
    return uri


class Databases:
    """Opens stores on one database of one kind; removes it when the test is over."""

    def __init__(self, kind: str, directory: Path) -> None:
        self.kind = kind
        self._uri = mongo_uri() if kind == "mongo" else ""
        self._directory = directory
        self._name = f"xephang_test_{uuid4().hex}"

    def again(self) -> Databases:
        """Another, empty database of the same kind."""
        return Databases(self.kind, self._directory)

    async def open(self) -> DocumentStore:
        """One more store on this test's database, as another process would open it."""
        if self.kind == "sqlite":
            return await SqliteStore.open(self._directory / f"{self._name}.db", INDEXES)
        from shared.storage.mongo import MongoStore

        return await MongoStore.open(self._uri, self._name, INDEXES)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[DocumentStore]:
        store = await self.open()
        try:
            yield store
        finally:
            if self.kind == "mongo":
                client: Any = getattr(store, "_client")  # noqa: B009 - the port rightly has no way to drop a database
                await client.drop_database(self._name)
            await store.close()
