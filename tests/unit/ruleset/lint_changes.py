"""Small changes to valid rule sets, each of which brings about one finding of lint and no other."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from shared.ruleset.loader import LoadedRuleSet, load_data
from shared.ruleset.reading import read_text

DROP = object()  # the part is taken out
Changes = dict[str, Any]

YES_NO = {"form": "yes_no", "input": "own_unit"}
NEW_INPUT = {"id": "note", "title": {"vi": "Ghi"}, "type": "text"}
OFFICER = "2.3/inputs/own_officer"
CASE = "2.3/method/cases/1"
ANSWERS = "examples/nearly-all/answers"
EXPECT = "examples/nearly-all/expect"


DECISION = {"number": "2294/QĐ-UBND", "issued_on": "2020-11-17", "issuer": "UBND tỉnh", "title": "Quyết định"}
COMPUTERS = {"id": "staff_with_computer", "title": {"vi": "Máy"}, "type": "integer", "unit": "người", "minimum": 0}
BUDGET = {"id": "budget", "title": {"vi": "Ngân sách"}, "type": "decimal", "unit": "triệu đồng", "minimum": 0}
BONUS = {
    "code": "3.1",
    "title": {"vi": "Sáng kiến"},
    "maximum": 5,
    "bonus": True,
    "method": {"form": "yes_no", "input": "server_room"},
    "data_source": "Cơ quan",
    "verifier": "Phòng CNTT",
    "origin": "illustrative",
}
MISSING = {"fact": "criterion.evidence_missing", "is": True}
ONE = "examples/one"


def mapping(version: str, *entries: Changes, **entry: Any) -> Changes:
    """A mapping with these entries, or with one."""
    return {"mapping": {"version": version, "entries": list(entries) or [entry]}}


def many_ratios(count: int) -> Changes:
    """2.2 gets so many parts more, each a ratio with a denominator of its own that has no maximum."""
    share = {"form": "ratio", "of": {"numerator": "courses", "denominator": "courses"}}
    parts = [
        {"title": {"vi": "Kế hoạch"}, "maximum": 10, "method": {"form": "yes_no", "input": "training_plan"}},
        *({"title": {"vi": "Xã"}, "maximum": "0.01", "method": deepcopy(share)} for _ in range(count)),
    ]
    inputs = [
        {"id": "training_plan", "title": {"vi": "Kế hoạch"}, "type": "boolean"},
        {"id": "courses", "title": {"vi": "Số lớp"}, "type": "integer", "unit": "lớp", "minimum": 0},
    ]
    for number, part in enumerate(parts[1:]):
        part["method"]["of"]["denominator"] = f"staff{number}"
        item = {"id": f"staff{number}", "title": {"vi": f"Người {number}"}, "type": "integer"}
        inputs.append({**item, "unit": "lớp", "minimum": 0})
    return {"2.2/method/parts": parts, "2.2/inputs": inputs}


def a_rule(name: str, when: Changes, *effects: Changes) -> Changes:
    """A rule with these effects."""
    return {"id": name, "title": {"vi": f"Luật {name}"}, "when": when, "then": list(effects), "message": {"vi": "Luật"}}


def many_rules(count: int) -> list[Changes]:
    """Rules over derived facts that each rest on two of the rules before: all ways together are too many to try."""
    facts = ["input.plan_issued", "input.own_unit", *(f"derived.f{number}" for number in range(count))]
    return [
        a_rule(
            f"r{number}",
            {
                "any": [
                    {"all": [{"fact": facts[number + k], "is": True} for k in (0, 1)]},
                    {"fact": "input.staff", "is": number},
                ]
            },
            {"effect": "derive", "fact": f"derived.f{number}"},
            {"effect": "flag", "flag": f"f{number}"},
        )
        for number in range(count)
    ]


INCIDENT = {"all": [{"fact": "input.incidents", "above": 1}, {"fact": "state.remark", "is": "rejected"}]}
NOT_APPLICABLE = {"fact": "state.staff", "is": "not_applicable"}
LATE = {"fact": "submission.days_late", "at_least": 1}


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
    "section.other_code": {
        "sections/2/code": "3",
        "rules/not-ranked/then/1/section": "3",
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
    "maximum.not_positive": {"2.4/method": {"form": "ratio", "of": {"numerator": "incidents", "whole": 5}}},
    "information.maximum": {"2.4/maximum": 1, "2.1/maximum": 19},
    "information.asks_nothing": {
        "2.4/inputs": [],
        f"{ANSWERS}/remark": DROP,
        f"{ANSWERS}/incidents": DROP,
        "rules/incident/when/all/0/fact": "input.courses",
        "rules/incident/when/all/1/not/fact": "state.staff",
    },
    "title.says_nothing": {"1.1/title/vi": "..."},
    "title.duplicate": {"1.2/title/vi": "Ban hành  kế hoạch."},
    "article.missing": {"1.1/origin": "decision"},
    "article.not_in_basis": {"1.1/article": "Nghị định 64/2007/NĐ-CP, Điều 5"},
    "article.other_date": {"1.1/article": "Quyết định 2294/QĐ-UBND ngày 11/7/2020"},
    "basis.duplicate": {"legal_basis/+": DECISION},
    "basis.after_stage": {"legal_basis/0/issued_on": "2026-01-01"},
    # inputs
    "unit.missing": {"1.3/inputs/0/unit": DROP},
    "unit.quotient": {"1.2/inputs/staff/unit": "máy"},
    "unit.percent_whole": {"1.4/method/of/whole": 10},
    "unit.percent_bounds": {"2.4/inputs/incidents/unit": "%", "2.4/inputs/incidents/maximum": 1},
    "unit.share_of_percent": {"rules/late/when": {"fact": "input.online_share", "below": "0.5"}},
    "unit.levels_as_shares": {"result/form": "total", f"{EXPECT}/level": DROP},
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
    "input.option_duplicate": {"1.6/inputs/signing/options/+": {"id": "none", "title": {"vi": "Không"}}},
    # levels, numbers, texts
    "level.duplicate": {"result/levels/kha/id": "tot"},
    "level.order": {"result/levels/kha/at_least": "0.8"},
    "level.last_not_zero": {"result/levels/yeu/at_least": "0.1"},
    "level.out_of_range": {"result/levels/tot/at_least": "1.01", f"{EXPECT}/level": DROP},
    "number.too_many_decimals": {"1.4/inputs/0/minimum": "0.0000001"},
    "number.too_fine": {"1.5/method/unit_points": "2.5000001"},
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
    "choice.not_monotone": {"1.6/method/points": {"full": 5, "partial": 10, "none": 0}},
    "method.no_difference": {"2.2/method/parts/0/method/no": 4},
    "choice.unknown_option": {"1.6/method/points/parts": 1},
    "information.in_part": {
        f"{CASE}/method": {"form": "information"},
        OFFICER: DROP,
        f"{ANSWERS}/own_officer": DROP,
    },
    "quotient.denominator": {"1.2/method/of/whole": 10},
    "quotient.whole": {"1.4/method/of/whole": 0},
    "quotient.same_input": {
        "1.2/method/of/numerator": "staff",
        "2.4/inputs/+": COMPUTERS,
        "1.2/inputs/staff_with_computer": DROP,
    },
    # bands
    "bands.not_monotone": {"1.3/method/rows/1/points": 0, "1.3/method/rows/2/points": 5},
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
    "comparison.never": {"rules/incident-cap/when/any/1": {"fact": "submission.days_late", "below": 0}},
    "rule.never_fires": {"rules/late/when": {"fact": "submission.days_late", "below": 0}},
    "rule.always_fires": {"rules/late/when": {"fact": "submission.days_late", "at_least": 0}},
    "rule.shadowed": {"rules/+": a_rule("again", INCIDENT, {"effect": "flag", "flag": "incident"})},
    "effect.shadowed": {"rules/incident-cap/then/+": {"effect": "cap_section", "section": "1", "at_most": 31}},
    "effect.contradicts": {"rules/+": a_rule("zeroed", LATE, {"effect": "zero_criterion", "criterion": "1.2"})},
    "effect.deducts_twice": {"rules/+": a_rule("again", LATE, {"effect": "deduct", "points": 1})},
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
    "effect.limit_below_points": {"rules/late/then/0/at_most": "0.4"},
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
    "mapping.not_before": {"mapping": {"version": "2021.0"}},
}

CLASS = "1.2/method/cases"
PART = "1.1/method/of"
GATE = "2.3/asked_if/when"

# The same of the other document.
WIDE_CHANGES: dict[str, Changes] = {
    # figures of sub-units, averages, classes
    "per_unit.outside_average": {f"{CLASS}/mountain/input": "files"},
    "per_unit.in_condition": {"rules/full/when/fact": "input.files"},
    "average.nested": {
        PART: {"form": "average", "of": {"form": "ratio", "of": {"numerator": "online", "denominator": "files"}}}
    },
    "average.relative": {PART: {"form": "relative", "input": {"numerator": "online", "denominator": "files"}}},
    "average.no_per_unit": {
        "1.1/inputs/online/per_unit": DROP,
        "1.1/inputs/files/per_unit": DROP,
        "examples/one/answers/online": 5,
        "examples/one/answers/files": 5,
    },
    "by.case_missing": {f"{CLASS}/plain": DROP},
    "by.unknown_case": {f"{CLASS}/island": {"form": "count", "input": "courses", "unit_points": 1}},
    "relative.denominator": {
        "2.1/method/input": {"numerator": "spent", "whole": 9},
        "2.2/inputs/+": BUDGET,
        "2.1/inputs/budget": DROP,
        "examples/one/group_best": {},
    },
    # ten times the budget, where the highest is said to be twice
    "example.group_best_too_low": {
        "examples/one/answers/spent": 500,
        "examples/one/group_best": {"spent/budget": 2},
    },
    # bonus
    "bonus.information": {"2.2/bonus": True},
    "bonus.above_section": {"2.4/maximum": 51, "2.4/method/rows/0/points": 51},
    # evidence
    "evidence.share_range": {"1.2/evidence/without": "1.5"},
    "evidence.share_not_required": {"1.2/evidence/required": False},
    "evidence.share_zeroed": {
        "rules/+": {**a_rule("no-evidence", MISSING, {"effect": "zero_criterion"}), "for_each": "criterion"}
    },
    "evidence.no_effect": {"1.2/evidence/without": DROP},
    # gates
    "asked_if.other_fact": {GATE: {"fact": "submission.missing", "is": False}},
    "asked_if.own_input": {GATE: {"fact": "input.guarded", "is": True}},
    "asked_if.cycle": {
        GATE: {"fact": "input.area", "is": "plain"},
        "1.2/asked_if": {"when": {"fact": "input.guarded", "is": True}},
        "2.4/asked_if": DROP,
    },
    "asked_if.never": {GATE: {"all": [{"fact": "input.load", "above": 90}, {"fact": "input.load", "below": 90}]}},
    "asked_if.always": {GATE: {"any": [{"fact": "input.load", "above": 90}, {"fact": "input.load", "at_most": 90}]}},
    "asked_if.read_elsewhere": {"2.2/asked_if": {"when": {"fact": "input.area", "is": "plain"}}},
    # rules
    "derived.contradicts": {"rules/idle/when/all/1/below": 100},
    # result
    "weight.without_mean": {
        "result/mean": DROP,
        "2.1/maximum": 40,
        "sections/2/maximum": 70,
        f"{ONE}/expect": {"fired": []},
    },
    "weight.missing": {"sections/1/weight": DROP},
    "weight.not_positive": {"sections/1/weight": 0},
    "weight.sum": {"sections/1/weight": "0.3"},
    "weight.too_fine": {
        "result/mean": "geometric",
        "result/levels/0/at_least": "0.6",
        "sections/1/weight": "0.401",
        "sections/2/weight": "0.599",
    },
    "mean.total": {"result/form": "total", "result/levels/0/at_least": 60, "result/tie_breakers/2": DROP},
    "mean.bonus_section": {"sections/+": {"code": "3", "title": {"vi": "Thưởng"}, "maximum": 5, "criteria": [BONUS]}},
    "mean.geometric_zero": {
        "result/mean": "geometric",
        "result/levels/0/at_least": "0.6",
        "rules/unused/then/0/at_most": 0,
    },
    "tie_breaker.unknown": {"result/tie_breakers/0/of": "section.3"},
    "tie_breaker.duplicate": {"result/tie_breakers/0/of": "points"},
    "tie_breaker.no_effect": {"result/tie_breakers/2/of": "index"},
    # examples
    "example.units_missing": {f"{ONE}/answers/online": 5},
    "example.units_unfit": {f"{ONE}/answers/courses": {"units": {"Xã A": 5}}},
}

# code: the change, linted against the unchanged document as the version before (2021 → 2022).
AMENDMENTS: dict[str, Changes] = {
    "version.not_newer": {"version": "2021.0"},
    "amendment.other_table": {"group": "district", "examples/late-answer/days_late": 3},
    "amendment.stage_shrinks": {"stage/last_year": 2024},
    "amendment.section_points": {
        "sections/1/maximum": 61,
        "1.1/maximum": 11,
        "sections/2/maximum": 39,
        "2.1/maximum": 19,
        f"{EXPECT}/criteria": {},
    },
    "amendment.section_gone": {
        "sections/2/code": "3",
        **{f"2.{n}/code": f"3.{n}" for n in (1, 2, 3, 4)},
        "rules/not-ranked/then/1/section": "3",
        f"{EXPECT}/criteria": {},
        **mapping("2021", *({"kind": "renamed", "before": [f"2.{n}"], "after": [f"3.{n}"]} for n in (1, 2, 3, 4))),
    },
    "amendment.input_retyped": {
        "1.5/inputs/0/type": "decimal",
        "1.5/method": {"form": "ratio", "of": {"numerator": "applications", "whole": 4}},
        f"{ANSWERS}/applications": "3.9",
    },
    "amendment.no_example": {"1.5/method/unit_points": 2},
    "mapping.missing": {"1.5/code": "1.7"},
    "mapping.replaced": {
        "1.5/title/vi": "Khác",
        "1.5/inputs/0/id": "other",
        "1.5/method/input": "other",
        f"{ANSWERS}/applications": DROP,
        f"{ANSWERS}/other": 4,
    },
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
