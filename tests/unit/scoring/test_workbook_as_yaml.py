"""A rule set written as YAML is the same rule set, and reads as a person would have written it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from workbook_builders import EVERYTHING, rich_rule_sets

from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_text
from shared.ruleset.writing import yaml_text


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rule_set=rich_rule_sets())
def test_every_drawn_rule_set_is_read_back(rule_set: RuleSet) -> None:
    assert load_text(yaml_text(rule_set), "bo.yaml").rule_set.canonical() == rule_set.canonical()


def test_numbers_dates_and_codes_are_written_as_people_write_them() -> None:
    text = yaml_text(EVERYTHING)
    assert text.startswith("format: xephang.ruleset/1\nid: thu-nghiem\nversion: '1'\n")
    for line in (
        "stage: {first_year: 2021, last_year: 2025}",
        "    issued_on: 2020-11-17",
        "      - code: '1.10'",
        '            - {points: "4/3", above: 0, below: 0.9}',
        "          documents: [Kế hoạch, Báo cáo]",
        "        - {fact: submission.days_late, at_least: 1}",
    ):
        assert f"\n{line}" in text, line
    assert "null" not in text
    assert ": &" not in text
