"""The rule sets that ship are covered: no row, end, option, answer state, rule or level without a worked example."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.scoring.core.coverage import cover
from shared.ruleset.loader import load_rule_set

FOLDER = Path(__file__).parents[2] / "services" / "scoring" / "rulesets"
FILES = sorted(FOLDER.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])
def test_examples_leave_nothing_untried(path: Path) -> None:
    coverage = cover(load_rule_set(path))
    assert [lack.mark.en for lack in coverage.lacks] == []
    assert coverage.is_full
