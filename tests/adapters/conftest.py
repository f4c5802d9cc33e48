"""One suite, two databases: SQLite always, the MongoDB-wire server when the `connected` mark is selected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from store_databases import Databases

from shared.storage.port import DocumentStore


@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.connected)])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    return Databases(request.param, tmp_path)


@pytest.fixture
async def store(databases: Databases) -> AsyncIterator[DocumentStore]:
    async with databases.opened() as store:
        yield store
