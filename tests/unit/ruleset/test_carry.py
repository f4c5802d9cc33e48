"""Answers and findings carried across an amendment; who is asked again, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.carry import Carried, carry
from shared.contracts.common import Answer, Answers, CriterionFinding, Evidence, UnitAnswer
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet, load_text

Amended = Callable[..., RuleSet]

NOT_REPORTED = Answer(state="not_reported")
NOT_APPLICABLE = Answer(state="not_applicable")
VERSION = ("mapping: {version: '2021'}", "mapping: {version: '2021.1'}")
PLAN = Evidence(title="Kế hoạch 12/KH")
VALUES: dict[str, Any] = {
    "plan_issued": True,
    "staff_with_computer": 10,
    "staff": 12,
    "meetings": 4,
    "online_share": "95.5",
    "applications": 4,
    "signing": "full",
    "spending": "50",
    "training_plan": True,
    "courses": 3,
    "own_unit": True,
    "own_officer": False,
    "remark": "Đã kiểm tra",
    "incidents": 0,
}


def answers(**changed: Any) -> Answers:
    """Everything answered, with evidence for 1.1; what is changed is an answer or a value."""
    figures = {
        name: value if isinstance(value, Answer) else Answer(state="value", value=value)
        for name, value in {**VALUES, **changed}.items()
    }
    return Answers(figures=figures, evidence={"1.1": (PLAN,)})


def finding(criterion: str, **more: Any) -> CriterionFinding:
    """An accepted finding, unless told otherwise."""
    found_at = datetime(2021, 11, 1, tzinfo=UTC)
    return CriterionFinding.model_validate(
        {"criterion": criterion, "finding": "accepted", "verifier": "v", "found_at": found_at, **more}
    )


@pytest.fixture
def amended(base_text: str) -> Amended:
    """The rule set amended by replacing text; it maps from version 2021 by the entries given."""

    def amended(*replacements: tuple[str, str], entries: tuple[str, ...] = ()) -> RuleSet:
        lines = "".join(f"    - {{{entry}}}\n" for entry in entries)
        text = base_text.replace("version: '2021'", "version: '2021.1'", 1)
        mapping = f"mapping:\n  version: '2021'\n  entries:\n{lines}" if entries else "mapping: {version: '2021'}\n"
        text = text.replace("examples:\n", f"{mapping}examples:\n", 1)
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        return load_text(text, "it.yaml").rule_set

    return amended


def asked(carried: Carried) -> dict[str, str]:
    return {one.criterion: one.reason for one in carried.asked_again}


# --- nothing of substance changed -------------------------------------------------------------------------------


def test_new_points_thresholds_and_methods_ask_nobody(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(("below: 0.9}", "below: 0.95}"), ("unit_points: 2.5", "unit_points: 2"), ("full: 10", "full: 9"))
    found = [finding("1.4"), finding("1.5", finding="rejected", reason="sai")]
    assert carry(base.rule_set, new, answers(), found) == Carried(answers(), tuple(found), (), ())


def test_new_titles_ask_nobody(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(("{vi: Số cuộc họp}", "{vi: Số lần họp}"), ("{vi: Toàn bộ}", "{vi: Tất cả}"))
    assert carry(base.rule_set, new, answers()).asked_again == ()


def test_renamed_criterion_keeps_evidence_and_finding_under_its_new_code(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(("code: '1.1'", "code: '1.9'"), entries=("kind: renamed, before: ['1.1'], after: ['1.9']",))
    carried = carry(base.rule_set, new, answers(), [finding("1.1")])
    assert carried.answers.evidence == {"1.9": (PLAN,)}
    assert carried.findings == (finding("1.9"),)
    assert (carried.asked_again, carried.dropped) == ((), ())


# --- asked again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: integer, unit: cuộc, minimum: 0", "type: decimal, unit: cuộc, minimum: 0"),
        ("type: integer, unit: cuộc,", "type: integer, unit: buổi,"),
        ("{id: meetings, title", "{id: meetings_held, title"),
    ],
)
def test_another_question_is_asked_again(base: LoadedRuleSet, amended: Amended, old: str, new: str) -> None:
    replaced = ((old, new), ("of: meetings\n", "of: meetings_held\n")) if "held" in new else ((old, new),)
    carried = carry(base.rule_set, amended(*replaced), answers(), [finding("1.3"), finding("1.4")])
    assert asked(carried) == {"1.3": "figures"}
    name = carried.asked_again[0].figures[0]
    assert carried.answers.figures[name] == NOT_REPORTED
    assert carried.findings == (finding("1.4"),)


def test_options_that_changed_are_asked_again(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(
        (
            "              - {id: none, title",
            "              - {id: trial, title: {vi: Thử}}\n              - {id: none, title",
        ),
        ("full: 10, partial: 5, none: 0", "full: 10, partial: 5, trial: 2, none: 0"),
    )
    assert asked(carry(base.rule_set, new, answers())) == {"1.6": "figures"}


def test_only_who_is_outside_the_new_bounds_is_asked_again(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(("unit: cuộc, minimum: 0, maximum: 100", "unit: cuộc, minimum: 0, maximum: 12"))
    assert asked(carry(base.rule_set, new, answers(meetings=12))) == {}
    assert asked(carry(base.rule_set, new, answers(meetings=13))) == {"1.3": "bounds"}
    assert asked(carry(base.rule_set, new, answers(meetings=NOT_REPORTED))) == {}  # had the same chance to answer


def test_new_criterion_asks_only_for_figures_that_nobody_was_asked(base: LoadedRuleSet, amended: Amended) -> None:
    new_one = (
        "      - code: '1.7'\n        title: {vi: Mới}\n        maximum: 0\n        method: {form: information}\n"
        "        inputs: [{id: fresh, title: {vi: Mới}, type: integer}]\n"
        "        data_source: Cơ quan\n        verifier: Phòng\n        origin: illustrative\n  - code: '2'\n"
    )
    carried = carry(base.rule_set, amended(("  - code: '2'\n", new_one)), answers())
    assert asked(carried) == {"1.7": "new"}
    assert carried.asked_again[0].figures == ("fresh",)
    kept = {name: value for name, value in carried.answers.figures.items() if name != "fresh"}
    assert kept == dict(answers().figures)


def test_dropped_criterion_takes_its_answers_along(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(
        ("code: '1.5'", "code: '1.7'"),
        ("id: applications,", "id: programs,"),
        ("input: applications", "input: programs"),
    )
    carried = carry(base.rule_set, new, answers(), [finding("1.5")])
    assert carried.dropped == ("1.5",)
    assert asked(carried) == {"1.7": "new"}
    assert carried.findings == ()
    assert "applications" not in carried.answers.figures


def test_merged_and_split_criteria_over_the_same_figures_ask_nobody(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(entries=("kind: merged, before: ['1.1', '1.5'], after: ['1.1']", "kind: new, after: ['1.5']"))
    carried = carry(base.rule_set, new, answers(), [finding("1.1"), finding("1.5"), finding("1.6")])
    assert carried.asked_again == ()
    assert carried.answers == answers()
    assert carried.findings == (finding("1.6"),)  # a finding on two criteria at once nobody has made


# --- evidence -----------------------------------------------------------------------------------------------------


def test_other_documents_are_asked_of_who_reported_something(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(("documents: [Kế hoạch]", "documents: [Kế hoạch, Báo cáo]"))
    carried = carry(base.rule_set, new, answers(), [finding("1.1")])
    assert asked(carried) == {"1.1": "evidence"}
    assert carried.answers == answers()  # the figure and the document given stand
    assert carried.findings == ()
    assert asked(carry(base.rule_set, new, answers(plan_issued=NOT_REPORTED))) == {}


def test_evidence_that_becomes_required_is_asked_of_who_gave_none(base: LoadedRuleSet, amended: Amended) -> None:
    old = base.rule_set
    relaxed = amended(("required: true", "required: false"))
    assert carry(old, relaxed, answers()).asked_again == ()
    without = Answers(figures=answers().figures)
    assert asked(carry(relaxed, old, without)) == {"1.1": "evidence"}
    assert asked(carry(relaxed, old, answers())) == {}


# --- not applicable, asked only if --------------------------------------------------------------------------------


def test_who_said_not_applicable_is_not_asked_while_that_may_be_said(base: LoadedRuleSet, amended: Amended) -> None:
    away = answers(staff=NOT_APPLICABLE, staff_with_computer=NOT_APPLICABLE)
    new = amended(
        (
            "{id: staff, title: {vi: Tổng số người}, type: integer, unit: người",
            "{id: staff, title: {vi: Tổng số người}, type: integer, unit: lượt",
        )
    )
    carried = carry(base.rule_set, new, away, [finding("1.2")])
    assert (asked(carried), carried.findings) == ({}, (finding("1.2"),))
    assert carried.answers.figures["staff"] == NOT_APPLICABLE
    assert asked(carry(base.rule_set, new, answers())) == {"1.2": "figures"}
    refused = amended(("        not_applicable: allowed\n", ""))
    assert asked(carry(base.rule_set, refused, away)) == {"1.2": "not_applicable"}


def test_whom_asked_if_leaves_out_is_not_asked(base: LoadedRuleSet, amended: Amended) -> None:
    gate = "        asked_if: {when: {fact: input.plan_issued, is: true}}\n"
    changed = ("unit: phần mềm, minimum: 0", "unit: bộ, minimum: 0")
    here = "        title: {vi: Phần mềm trên mạng}\n"
    new = amended((here, here + gate), changed)
    assert asked(carry(base.rule_set, new, answers())) == {"1.5": "figures"}
    assert asked(carry(base.rule_set, new, answers(plan_issued=False))) == {}
    assert asked(carry(base.rule_set, new, answers(plan_issued=NOT_REPORTED))) == {"1.5": "figures"}


def test_who_was_left_out_is_asked_when_that_ends(base: LoadedRuleSet, amended: Amended) -> None:
    gate = "        asked_if: {when: {fact: input.meetings, at_least: 2}}\n"
    here = "        title: {vi: Phần mềm trên mạng}\n"
    gated = amended((here, here + gate))
    silent = answers(meetings=1, applications=NOT_REPORTED)
    assert asked(carry(gated, base.rule_set, silent)) == {"1.5": "asked_if"}
    assert asked(carry(gated, base.rule_set, answers(applications=NOT_REPORTED))) == {}  # it was asked, and is silent


def test_adjusted_value_outside_the_new_bounds_is_found_anew(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended(("unit: cuộc, minimum: 0, maximum: 100", "unit: cuộc, minimum: 0, maximum: 12"))
    adjusted = finding("1.3", finding="adjusted", reason="r", adjusted={"meetings": Answer(state="value", value=20)})
    assert carry(base.rule_set, new, answers(), [adjusted]).findings == ()
    fits = adjusted.model_copy(update={"adjusted": {"meetings": Answer(state="value", value=11)}})
    assert carry(base.rule_set, new, answers(), [fits]).findings == (fits,)


# --- sub-units ----------------------------------------------------------------------------------------------------

COUNT = "method: {form: count, input: applications, unit_points: 2.5}"
AVERAGE = "method: {form: average, of: {form: count, input: applications, unit_points: 2.5}}"
ASKED = "type: integer, unit: phần mềm, minimum: 0}"


def of_units(**units: int) -> Answer:
    return Answer(state="value", units={name: UnitAnswer(state="value", value=value) for name, value in units.items()})


def test_figures_of_sub_units_carry_as_long_as_each_fits(base: LoadedRuleSet, amended: Amended) -> None:
    old = amended((COUNT, AVERAGE), (ASKED, ASKED.replace("}", ", per_unit: true}")))
    bounded = ASKED.replace("}", ", maximum: 5, per_unit: true}")
    new = amended((COUNT, AVERAGE), (ASKED, bounded), ("version: '2021.1'", "version: '2021.2'"), VERSION)
    within = answers(applications=of_units(a=5, b=0))
    carried = carry(old, new, within, [finding("1.5")])
    assert (carried.answers, carried.findings, asked(carried)) == (within, (finding("1.5"),), {})
    assert asked(carry(old, new, answers(applications=of_units(a=6, b=0)))) == {"1.5": "bounds"}


def test_figure_that_is_asked_of_every_sub_unit_now_is_another_question(base: LoadedRuleSet, amended: Amended) -> None:
    new = amended((COUNT, AVERAGE), (ASKED, ASKED.replace("}", ", per_unit: true}")))
    assert asked(carry(base.rule_set, new, answers())) == {"1.5": "figures"}


# --- properties ---------------------------------------------------------------------------------------------------

CODES = ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "2.1", "2.2", "2.3"]
SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
given_answers = st.fixed_dictionaries(
    {name: st.sampled_from([Answer(state="value", value=value), NOT_REPORTED]) for name, value in VALUES.items()}
).flatmap(
    lambda figures: st.lists(st.sampled_from(CODES), unique=True).map(
        lambda codes: Answers(figures=figures, evidence={code: (PLAN,) for code in CODES if code in codes})
    )
)
given_findings = st.lists(st.sampled_from(CODES), unique=True).map(lambda codes: [finding(code) for code in codes])


@SOME
@given(given_answers, given_findings)
def test_identity_carries_everything(
    base: LoadedRuleSet, amended: Amended, given: Answers, findings: list[CriterionFinding]
) -> None:
    carried = carry(base.rule_set, amended(), given, findings)
    in_order = tuple(sorted(findings, key=lambda one: one.criterion))
    assert carried == Carried(given, in_order, (), ())


@SOME
@given(given_answers, given_findings, st.permutations(CODES))
def test_nothing_of_an_unaffected_criterion_is_lost_whatever_the_order(
    base: LoadedRuleSet, amended: Amended, given: Answers, findings: list[CriterionFinding], order: list[str]
) -> None:
    new = amended(("type: integer, unit: cuộc,", "type: integer, unit: buổi,"), ("full: 10", "full: 9"))
    carried = carry(base.rule_set, new, given, findings)
    affected = {"1.3"}
    for criterion in new.criteria():
        if criterion.code not in affected:
            assert all(carried.answers.figures[i.id] == given.figures[i.id] for i in criterion.inputs)
    assert {one.criterion for one in carried.findings} == {one.criterion for one in findings} - affected
    assert dict(carried.answers.evidence) == dict(given.evidence)
    turned = Answers(
        figures=dict(reversed(given.figures.items())),
        evidence={code: given.evidence[code] for code in order if code in given.evidence},
    )
    again = carry(base.rule_set, new, turned, sorted(findings, key=lambda one: order.index(one.criterion)))
    assert again == carried
    assert list(again.answers.figures) == list(carried.answers.figures)
