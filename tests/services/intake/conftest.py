"""Intake over a real store (SQLite in a temporary folder), fed with messages as the broker would bring them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "intake"))  # intake_builders

from intake_service import Intake, opened


@pytest.fixture
async def newcomer(tmp_path: Path) -> AsyncIterator[Intake]:
    """The service that knows a rule set, and nothing else."""
    async with opened(tmp_path) as service:
        await service.knows_rule_set()
        yield service


@pytest.fixture
async def intake(newcomer: Intake) -> Intake:
    """The service with an open campaign of two agencies."""
    await newcomer.opened("so-noi-vu", "so-y-te")
    return newcomer
