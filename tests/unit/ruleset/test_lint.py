"""Every finding of lint, each brought about by one small change to a valid rule set."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_changes import AMENDMENTS, ANSWERS, CHANGES, CONTRADICTIONS, DROP, EXPECT, WIDE_CHANGES, changed, many_rules
from lint_documents import WIDE

from services.scoring.core.lint import CODES, Finding, amended, lint
from services.scoring.core.lint.page import PAGE, page_text
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet, load_text


def assert_well_formed(found: list[Finding]) -> None:
    for finding in found:
        assert finding.severity == CODES[finding.code]
        assert finding.vi
        assert finding.en
        assert finding.remedy_vi
        assert finding.remedy_en
        assert finding.place.startswith("it.yaml")


def test_valid_document_has_no_findings(base: LoadedRuleSet) -> None:
    assert lint(base) == []


@pytest.mark.parametrize("code", CHANGES)
def test_change_is_found_under_its_code_alone(base_text: str, code: str) -> None:
    found = lint(changed(base_text, CHANGES[code]))
    assert {finding.code for finding in found} == {code}, [str(finding) for finding in found]
    assert_well_formed(found)


def test_the_other_valid_document_has_no_findings() -> None:
    assert lint(load_text(WIDE, "it.yaml")) == []


@pytest.mark.parametrize("code", WIDE_CHANGES)
def test_change_of_the_new_forms_is_found_under_its_code_alone(code: str) -> None:
    found = lint(changed(WIDE, WIDE_CHANGES[code]))
    assert {finding.code for finding in found} == {code}, [str(finding) for finding in found]
    assert_well_formed(found)


@pytest.mark.parametrize("code", AMENDMENTS)
def test_amendment_is_checked_against_the_version_before(base: LoadedRuleSet, base_text: str, code: str) -> None:
    found = lint(changed(base_text, {"version": "2022", **AMENDMENTS[code]}), previous=base.rule_set)
    assert {finding.code for finding in found} == {code}, [str(finding) for finding in found]
    assert_well_formed(found)


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictory_expectation_is_found(base_text: str, name: str) -> None:
    found = lint(changed(base_text, CONTRADICTIONS[name]))
    assert "example.inconsistent" in {finding.code for finding in found}


def test_same_criteria_need_no_mapping(base: LoadedRuleSet, base_text: str) -> None:
    assert lint(changed(base_text, {"version": "2021.1"}), previous=base.rule_set) == []


def test_rules_beyond_what_can_be_tried_are_said_to_be(base_text: str) -> None:
    found = lint(changed(base_text, {"rules": many_rules(60), "examples/late-answer/expect/fired": []}))
    assert [finding.code for finding in found if finding.code.startswith("rules.")] == ["rules.too_many"]
    assert_well_formed(found)


def test_the_version_that_is_amended_is_the_one_named_or_the_newest_before(base: LoadedRuleSet, base_text: str) -> None:
    versions = ("2020", "2021.2", "2021.10", "2022")
    known = [changed(base_text, {"version": version}).rule_set for version in versions]
    named = changed(base_text, {"version": "2021.11", "mapping": {"version": "2021.2"}}).rule_set
    other = changed(base_text, {"version": "2021.11", "mapping": {"version": "2019"}}).rule_set
    found = [amended(one, known) for one in (base.rule_set, named, other, known[0])]
    assert [one.version if one is not None else None for one in found] == ["2020", "2021.2", "2021.10", None]


def test_points_may_be_thirds_and_add_up_exactly(base_text: str) -> None:
    thirds = {
        "1.1/maximum": "10/3",
        "1.5/maximum": "50/3",
        "1.3/method/rows/1/points": "1/3",
        "rules/late/then/0/points": "1/7",
    }
    assert lint(changed(base_text, {**thirds, f"{EXPECT}/points": DROP, f"{EXPECT}/index": DROP})) == []
    (found,) = lint(changed(base_text, {"1.3/method/rows/1/points": "1/1001"}))
    assert found.code == "number.too_fine"


def test_figures_and_what_they_are_compared_with_have_six_decimals(base_text: str) -> None:
    (found,) = lint(changed(base_text, {"rules/incident-cap/when/any/1": {"fact": "input.spending", "above": "1/3"}}))
    assert found.code == "number.too_many_decimals"


def test_every_code_is_brought_about_by_a_change() -> None:
    assert {*CHANGES, *WIDE_CHANGES, *AMENDMENTS, "rules.too_many"} == set(CODES)


def test_the_page_of_all_findings_is_current() -> None:
    page = Path(__file__).parents[3] / PAGE
    assert page.read_text(encoding="utf-8") == page_text(), "xephang ruleset lint --codes > " + PAGE
    assert all(f"| `{code}` |" in page_text() for code in CODES)


# --- places, hints, completeness ---------------------------------------------------------------------------------


def test_finding_names_line_path_and_criterion(base_text: str) -> None:
    text = base_text.replace("partial: 5", "partial: 11")
    (found,) = lint(load_text(text, "it.yaml"))
    line, column = next((n, t.index("11") + 1) for n, t in enumerate(text.splitlines(), 1) if "partial: 11" in t)
    assert found.place == f"it.yaml:{line}:{column} sections[0].criteria[5].method.points.partial (tiêu chí 1.6)"
    assert found.path == "sections[0].criteria[5].method.points.partial"
    assert found.as_json()["severity"] == "error"


def test_unknown_name_comes_with_the_name_that_was_meant(base_text: str) -> None:
    (found,) = lint(changed(base_text, {"rules/incident-cap/when/any/1/is": "non"}))
    assert found.remedy_en == "Did you mean `none`?"


def test_all_errors_are_listed_at_once_and_before_warnings(base_text: str) -> None:
    wrong = ("method.maximum_unreachable", "method.points_above_maximum", "effect.times")
    found = lint(changed(base_text, {path: value for code in wrong for path, value in CHANGES[code].items()}))
    assert [finding.severity for finding in found] == ["error", "error", "warning"]


def test_rule_set_without_file_is_linted_by_paths(base: LoadedRuleSet) -> None:
    broken = base.rule_set.model_copy(update={"sections": base.rule_set.sections[:1]})
    found = lint(LoadedRuleSet.without_places(RuleSet.model_validate(broken.model_dump(by_alias=True))))
    assert found[0].place == "it-province@2021 sections"


# --- bands -------------------------------------------------------------------------------------------------------


def bands(base_text: str, rows: str, bounds: str = "0..100") -> list[str]:
    """What lint says when criterion 1.3 has these rows (`4.. 10` is 10 points from 4 on) and its input these bounds."""
    low, high = bounds.split("..")
    item = {"id": "meetings", "title": {"vi": "Số cuộc họp"}, "type": "integer"}
    item |= {name: end for name, end in (("minimum", low), ("maximum", high)) if end}
    changes = {"1.3/method/rows": [_row(row) for row in rows.split(", ") if row], "1.3/inputs/0": item}
    return [finding.en for finding in lint(changed(base_text, changes)) if finding.code.startswith("bands.")]


def _row(text: str) -> dict[str, str]:
    ends, points = text.split(" ")
    signs = {">=": "at_least", ">": "above", "<=": "at_most", "<": "below"}
    row = {"points": points}
    for end in ends.split("&"):
        sign = end.rstrip("0123456789.")
        row[signs[sign]] = end.removeprefix(sign)
    return row


def test_whole_numbers_touch_where_decimals_would_leave_a_gap(base_text: str) -> None:
    assert bands(base_text, ">=4 10, <=3 0") == []
    assert bands(base_text, ">3 10, <4 0") == []
    assert bands(base_text, ">3.5 10, <3.5 0") == []


def test_gap_between_whole_numbers_is_named(base_text: str) -> None:
    found = bands(base_text, ">=8 10, >=4&<=5 5, <3 0")
    assert found == ["No row takes the values 3.", "No row takes the values 6 – 7."]


def shares(base_text: str, rows: str, whole: int, most: int | None = None, type_: str = "integer") -> list[str]:
    """What lint says when criterion 1.3 has these rows over its input divided by a constant."""
    item = {"id": "meetings", "title": {"vi": "Số cuộc họp"}, "type": type_, "unit": "cuộc", "minimum": 0}
    of = {"numerator": "meetings", "whole": whole}
    changes = {
        "1.3/method": {"form": "bands", "of": of, "rows": [_row(row) for row in rows.split(", ")]},
        "1.3/inputs/0": item if most is None else {**item, "maximum": most},
        f"{ANSWERS}/meetings": 0,
    }
    return [finding.en for finding in lint(changed(base_text, changes)) if finding.code.startswith("bands.")]


def test_parts_of_a_whole_are_counted(base_text: str) -> None:
    rows = ">=0.75 10, >=0.5&<0.7 5, <0.5 0"  # of four reports none is between 0.7 and 0.75
    assert shares(base_text, rows, 4) == []
    assert shares(base_text, rows, 4, type_="decimal") == ["No row takes the values ≥ 0.7, < 0.75."]
    assert shares(base_text, rows, 10) == ["No row takes the values 0.7."]
    assert shares(base_text, ">=0.75 10, >=0.6&<0.7 5, <0.6 0", 4) == ["This interval holds no value."]


def test_what_the_bounds_leave_of_a_quotient_is_all_there_is(base_text: str) -> None:
    rows = ">=0.9 10, >=0.5&<0.9 5, <0.5 0"
    assert shares(base_text, rows, 100, 100, "decimal") == []
    found = shares(base_text, rows, 1000, 100, "decimal")
    assert found == ["No value within the bounds (≥ 0, ≤ 0.1) falls into this row."] * 2


def test_gap_at_an_end_is_named(base_text: str) -> None:
    found = bands(base_text, ">=1&<=99 10")
    assert found == ["No row takes the values 0.", "No row takes the values 100."]


def test_missing_bound_leaves_a_gap_without_end(base_text: str) -> None:
    assert bands(base_text, ">=0 10", bounds="..10") == ["No row takes the values < 0."]


def test_overlap_names_the_other_row(base_text: str) -> None:
    assert bands(base_text, ">=4 10, <=6 0") == ["This row and row 2 both take the values 4 – 6."]


def test_no_rows_at_all_is_one_gap(base_text: str) -> None:
    assert bands(base_text, "") == ["No row takes the values 0 – 100."]
