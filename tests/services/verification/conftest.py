"""Verification over a real store (SQLite in a temporary folder), fed with messages as the broker would bring them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "verification"))  # verification_builders

from verification_service import Verification, opened


@pytest.fixture
async def verification(tmp_path: Path) -> AsyncIterator[Verification]:
    """The service knowing the campaign 2021 and its rule set."""
    async with opened(tmp_path) as service:
        await service.knows_campaign("so-noi-vu", "so-y-te", "so-tu-phap")
        await service.knows_rule_set()
        yield service


@pytest.fixture
async def newcomer(tmp_path: Path) -> AsyncIterator[Verification]:
    """The service before anything has arrived."""
    async with opened(tmp_path) as service:
        yield service
