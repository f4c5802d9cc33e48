from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from http_app import build, client_of

from shared.http.auth import DemoIssuer


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> DemoIssuer:
    folder: Path = tmp_path_factory.mktemp("issuer")
    return DemoIssuer(folder)


@pytest.fixture
async def client(issuer: DemoIssuer) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(build(issuer.verifier())) as client:
        yield client
