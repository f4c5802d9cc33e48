"""The JSON Schema of rule sets over HTTP: for everybody, and not taken for a rule set of that name."""

from __future__ import annotations

from scoring_service import ScoringApi

from shared.ruleset.schema import schema_text


async def test_everybody_reads_the_schema(api: ScoringApi) -> None:
    answer = await api.get("/rulesets/schema", "")
    assert (answer.status_code, answer.text) == (200, schema_text())
    assert answer.headers["content-type"] == "application/schema+json"
