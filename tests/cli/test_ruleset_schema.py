"""`xephang ruleset schema` prints the published schema, needing no platform."""

from __future__ import annotations

from shared.ruleset.schema import ROOT, SCHEMA
from tests.cli.conftest import Run


def test_schema_is_the_published_one(run: Run) -> None:
    ended = run("ruleset", "schema")
    assert ended.code == 0
    assert ended.out == (ROOT / SCHEMA).read_text(encoding="utf-8")
