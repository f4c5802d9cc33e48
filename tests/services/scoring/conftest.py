"""Scoring over a real store (SQLite in a temporary folder), fed with messages as the broker would bring them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "scoring"))  # scoring_builders

from scoring_messages import RULE_SET
from scoring_service import Scoring, ScoringApi, a_store

from shared.http.auth import DemoIssuer
from shared.storage.sqlite import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with a_store(tmp_path) as store:
        yield store


@pytest.fixture
async def newcomer(store: SqliteStore) -> Scoring:
    """The service before anything has arrived."""
    return Scoring(store)


@pytest.fixture
async def scoring(newcomer: Scoring) -> Scoring:
    """The service with an active rule set."""
    await newcomer.has(RULE_SET)
    return newcomer


@pytest.fixture
async def api(store: SqliteStore, tmp_path: Path) -> ScoringApi:
    """The service with its HTTP API, before anything has arrived."""
    return ScoringApi(store, DemoIssuer(tmp_path / "keys"))
