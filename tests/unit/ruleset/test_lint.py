"""Every finding of lint, each brought about by one small change to a valid rule set."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from services.scoring.core.lint import CODES, Finding, lint
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet, load_data, load_text
from shared.ruleset.reading import read_text

DROP = object()  # the part is taken out
Changes = dict[str, Any]

YES_NO = {"form": "yes_no", "input": "own_unit"}
NEW_INPUT = {"id": "note", "title": {"vi": "Ghi"}, "type": "text"}
OFFICER = "2.3/inputs/own_officer"
CASE = "2.3/method/cases/1"
ANSWERS = "examples/nearly-all/answers"
EXPECT = "examples/nearly-all/expect"


def mapping(version: str, **entry: Any) -> Changes:
    """A mapping with one entry."""
    return {"mapping": {"version": version, "entries": [entry]}}


def many_ratios(count: int) -> Changes:
    """2.2 gets so many parts more, each a ratio with a denominator of its own that has no maximum."""
    share = {"form": "ratio", "of": {"numerator": "courses", "denominator": "courses"}}
    parts = [
        {"title": {"vi": "Kế hoạch"}, "maximum": 10, "method": {"form": "yes_no", "input": "training_plan"}},
        *({"title": {"vi": "Xã"}, "maximum": "0.01", "method": deepcopy(share)} for _ in range(count)),
    ]
    inputs = [
        {"id": "training_plan", "title": {"vi": "Kế hoạch"}, "type": "boolean"},
        {"id": "courses", "title": {"vi": "Số lớp"}, "type": "integer", "minimum": 0},
    ]
    for number, part in enumerate(parts[1:]):
        part["method"]["of"]["denominator"] = f"staff{number}"
        inputs.append({"id": f"staff{number}", "title": {"vi": "Người"}, "type": "integer", "minimum": 0})
    return {"2.2/method/parts": parts, "2.2/inputs": inputs}


# code: what is changed in the valid document. Steps of a path are keys, ids, codes or positions; a path that begins
# with a criterion's code begins there; `+` appends. Each must bring about this code and no other.
CHANGES: dict[str, Changes] = {
    # sections and criteria
    "section.duplicate": {
        "sections/2/code": "1",
        "2.1/code": "1.11",
        "2.2/code": "1.12",
        "2.3/code": "1.13",
        "2.4/code": "1.14",
        "rules/not-ranked/then/1/section": "1",
        f"{EXPECT}/criteria": {},
    },
    "section.points": {"sections/1/maximum": 50, "sections/2/maximum": 50},
    "set.total": {
        "sections/2/maximum": 39,
        "2.2/maximum": 9,
        f"{EXPECT}/points": DROP,
        f"{EXPECT}/maximum": DROP,
        "2.2/method/parts/1/maximum": 5,
    },
    "set.totals_too_long": many_ratios(152),
    "stage.reversed": {"stage/last_year": 2020},
    "criterion.duplicate": {"1.2/code": "1.1", "rules/not-applicable/then/0/criterion": "1.1"},
    "criterion.other_section": {"1.5/code": "2.5"},
    "criterion.evidence_documents": {"1.1/evidence/documents": []},
    "maximum.not_positive": {"2.4/method": YES_NO},
    "information.maximum": {"2.4/maximum": 1, "2.1/maximum": 19},
    "information.asks_nothing": {
        "2.4/inputs": [],
        f"{ANSWERS}/remark": DROP,
        f"{ANSWERS}/incidents": DROP,
        "rules/incident/when/all/0/fact": "input.courses",
        "rules/incident/when/all/1/not/fact": "state.courses",
    },
    # inputs
    "input.duplicate": {f"{OFFICER}/id": "own_unit", f"{CASE}/method": YES_NO, f"{ANSWERS}/own_officer": DROP},
    "input.unused": {f"{CASE}/method": YES_NO},
    "input.bounds_reversed": {"1.3/inputs/0/minimum": 101, f"{ANSWERS}/meetings": DROP},
    "input.bounds_unfit": {"2.4/inputs/remark/minimum": 0},
    "input.bound_not_whole": {"2.2/inputs/courses/minimum": "0.5"},
    "input.options_unfit": {"2.3/inputs/own_unit/options": [{"id": "a", "title": {"vi": "A"}}]},
    "input.options_missing": {
        "1.6/inputs/signing/options/2": DROP,
        "1.6/inputs/signing/options/1": DROP,
        "1.6/method/points": {"full": 10},
        "rules/incident-cap/when/any/1/is": "full",
    },
    "input.option_duplicate": {"1.6/inputs/signing/options/+": {"id": "full", "title": {"vi": "Đủ"}}},
    # levels, numbers, texts
    "level.duplicate": {"result/levels/kha/id": "tot"},
    "level.order": {"result/levels/kha/at_least": "0.8"},
    "level.last_not_zero": {"result/levels/yeu/at_least": "0.1"},
    "level.out_of_range": {"result/levels/tot/at_least": "1.01", f"{EXPECT}/level": DROP},
    "number.too_many_decimals": {"1.5/method/unit_points": "2.5000001"},
    "number.too_large": {"2.2/inputs/courses/maximum": 4611686018428},
    "text.not_composed": {"1.1/verifier": "Pho\u0300ng CNTT"},
    # methods
    "method.unknown_input": {f"{CASE}/method/input": "own_office", OFFICER: DROP, f"{ANSWERS}/own_officer": DROP},
    "method.input_type": {"2.3/inputs/own_unit/type": "text", f"{ANSWERS}/own_unit": "Có"},
    "method.may_be_negative": {"2.1/inputs/spending/minimum": DROP},
    "method.points_above_maximum": {"1.6/method/points/partial": 11},
    "method.points_negative": {"1.6/method/points/none": -1},
    "method.no_parts": {
        f"{CASE}/method": {"form": "best", "cases": []},
        OFFICER: DROP,
        f"{ANSWERS}/own_officer": DROP,
    },
    "method.maximum_unreachable": {"1.3/method/rows/0/points": 9},
    "choice.option_without_points": {"1.6/method/points/partial": DROP},
    "choice.unknown_option": {"1.6/method/points/parts": 1},
    "information.in_part": {
        f"{CASE}/method": {"form": "information"},
        OFFICER: DROP,
        f"{ANSWERS}/own_officer": DROP,
    },
    "quotient.denominator": {"1.2/method/of/whole": 10},
    "quotient.whole": {"1.4/method/of/whole": 0},
    # bands
    "bands.two_ends": {"1.3/method/rows/0/above": 3},
    "bands.empty": {"1.3/method/rows/+": {"points": 1, "above": 3, "below": 4}},
    "bands.unreachable": {"1.3/method/rows/+": {"points": 1, "below": 0}},
    "bands.overlap": {"1.4/method/rows/1/below": DROP, "1.4/method/rows/1/at_most": "0.9"},
    "bands.gap": {"1.4/method/rows/0/at_least": DROP, "1.4/method/rows/0/above": "0.9"},
    # rules
    "rule.duplicate": {"rules/not-applicable/id": "not-ranked"},
    "fact.unknown": {"rules/late/when/fact": "submission.day_late"},
    "fact.outside_for_each": {"rules/not-ranked/when/fact": "criterion.scored"},
    "comparison.operators": {"rules/late/when/below": 90},
    "comparison.operator_unfit": {"rules/incident-cap/when/any/1": {"fact": "input.signing", "above": 1}},
    "comparison.value_unfit": {"rules/incident-cap/when/any/1/is": "nome"},
    "comparison.text_fact": {"rules/incident/when/all/1/not/fact": "input.remark"},
    "comparison.never": {"rules/late/when": {"fact": "submission.days_late", "below": 0}},
    "rule.not_over_derived": {
        "rules/incident-cap/when/any/0": {"not": {"fact": "derived.serious_incident", "is": True}},
    },
    "derived.never_derived": {"rules/incident/then/0": DROP},
    "derived.never_used": {"rules/incident-cap/when/any/0/fact": "input.own_unit"},
    "derived.mixed_types": {
        "rules/incident/then/+": {"effect": "derive", "fact": "derived.serious_incident", "value": 2},
    },
    "derived.cycle": {"rules/incident/when/all/1": {"fact": "derived.serious_incident", "is": True}},
    "effect.unknown_section": {"rules/not-ranked/then/1/section": "3"},
    "effect.unknown_criterion": {"rules/not-applicable/then/0/criterion": "1.9"},
    "effect.this_outside_for_each": {"rules/not-applicable/then/0/criterion": DROP},
    "effect.not_positive": {"rules/late/then/0/points": 0},
    "effect.negative": {"rules/incident-cap/then/0/at_most": -1},
    "effect.times": {"rules/late/then/0/times": "input.signing"},
    "effect.cap_without_effect": {"rules/incident-cap/then/0/at_most": 60},
    # examples
    "example.duplicate": {"examples/late-answer/extends": DROP, "examples/late-answer/id": "nearly-all"},
    "example.extends_unknown": {"examples/late-answer/extends": "nearly-al"},
    "example.extends_cycle": {"examples/late-answer/extends": "late-answer"},
    "example.unknown_input": {f"{ANSWERS}/course": 3},
    "example.unknown_criterion": {"examples/late-answer/evidence_missing/0": "1.7"},
    "example.unknown_rule": {"examples/late-answer/expect/fired/0": "lat"},
    "example.unknown_level": {f"{EXPECT}/level": "tott"},
    "example.value_type": {f"{ANSWERS}/plan_issued": 1},
    "example.out_of_bounds": {f"{ANSWERS}/meetings": 101},
    "example.unknown_option": {f"{ANSWERS}/signing": "ful"},
    "example.not_applicable_refused": {f"{ANSWERS}/courses": {"state": "not_applicable"}},
    "example.group_best_not_relative": {"examples/nearly-all/group_best/courses": 5},
    "example.group_best_too_low": {"examples/nearly-all/group_best/spending": 49},
    "example.inconsistent": {f"{EXPECT}/index": "0.91"},
    "example.expects_nothing": {"examples/late-answer/expect": {}},
    # mapping, alone
    "mapping.unknown_after": mapping("2020", kind="new", after=["3.1"]),
    "mapping.shape": mapping("2020", kind="split", before=["1.1"], after=["1.1"]),
    "mapping.duplicate": mapping("2020", kind="new", after=["1.1", "1.1"]),
    "mapping.still_there": mapping("2020", kind="dropped", before=["1.1"]),
}

# code: the change, linted against the unchanged document as the version before (2021 → 2022).
AMENDMENTS: dict[str, Changes] = {
    "mapping.other_version": {"mapping": {"version": "2020"}},
    "mapping.other_set": {"id": "it-provinces"},
    "mapping.unknown_before": mapping("2021", kind="dropped", before=["4.1"]),
    "mapping.vanished": {"1.5/code": "1.7", **mapping("2021", kind="new", after=["1.7"])},
    "mapping.appeared": {"1.5/code": "1.7", **mapping("2021", kind="dropped", before=["1.5"])},
}


# What contradictory expectations there are, and what is expected instead of points, maximum, index, level.
CONTRADICTIONS: dict[str, Changes] = {
    "points above the set's 100": {f"{EXPECT}": {"points": 101}},
    "maximum above the set's 100": {f"{EXPECT}": {"maximum": 101}},
    "points above the maximum": {f"{EXPECT}": {"points": 90, "maximum": 80}},
    "index above 1": {f"{EXPECT}": {"index": "1.1"}},
    "level not of the index": {f"{EXPECT}": {"index": "0.79", "level": "tot"}},
    "level not of points and maximum": {f"{EXPECT}": {"points": "64.9", "maximum": 100, "level": "kha"}},
    "level not of the total": {"result/form": "total", f"{EXPECT}": {"points": 0, "level": "tot"}},
    "criterion above its maximum": {f"{EXPECT}": {"criteria": {"1.1": 11}}},
    "answers of a missing agency": {"examples/nearly-all/missing": True},
}


def changed(text: str, changes: Changes) -> LoadedRuleSet:
    """The valid document with changes; a path that leads nowhere is a mistake of the test."""
    data, places = read_text(text, "it.yaml")
    data = deepcopy(data)
    for path, value in changes.items():
        *steps, last = path.split("/")
        spot: Any = data
        if steps and "." in steps[0]:
            spot = {criterion["code"]: criterion for section in data["sections"] for criterion in section["criteria"]}
        for step in steps:
            spot = spot[_key(spot, step)]
        if last == "+":
            spot.append(value)
        elif value is DROP:
            del spot[_key(spot, last)]
        else:
            spot[_key(spot, last)] = value
    return load_data(data, places)


def _key(spot: Any, step: str) -> Any:
    if isinstance(spot, dict):
        return step
    names = [item.get("id", item.get("code")) if isinstance(item, dict) else None for item in spot]
    return names.index(step) if step in names else int(step)


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


@pytest.mark.parametrize("code", AMENDMENTS)
def test_amendment_is_checked_against_the_version_before(base: LoadedRuleSet, base_text: str, code: str) -> None:
    found = lint(changed(base_text, {**AMENDMENTS[code], "version": "2022"}), previous=base.rule_set)
    assert {finding.code for finding in found} == {code}, [str(finding) for finding in found]
    assert_well_formed(found)


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictory_expectation_is_found(base_text: str, name: str) -> None:
    found = lint(changed(base_text, CONTRADICTIONS[name]))
    assert "example.inconsistent" in {finding.code for finding in found}


def test_same_criteria_need_no_mapping(base: LoadedRuleSet) -> None:
    assert lint(base, previous=base.rule_set) == []


def test_every_code_is_brought_about_by_a_change() -> None:
    assert {*CHANGES, *AMENDMENTS} == set(CODES)


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


def test_gap_at_an_end_is_named(base_text: str) -> None:
    found = bands(base_text, ">=1&<=99 10")
    assert found == ["No row takes the values 0.", "No row takes the values 100."]


def test_missing_bound_leaves_a_gap_without_end(base_text: str) -> None:
    assert bands(base_text, ">=0 10", bounds="..10") == ["No row takes the values < 0."]


def test_overlap_names_the_other_row(base_text: str) -> None:
    assert bands(base_text, ">=4 10, <=6 0") == ["This row and row 2 both take the values 4 – 6."]


def test_no_rows_at_all_is_one_gap(base_text: str) -> None:
    assert bands(base_text, "") == ["No row takes the values 0 – 100."]
