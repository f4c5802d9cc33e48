"""What rule sets can say beyond the plain forms, each worked out by hand; the reference must agree with every line."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring_builders import (
    a_criterion,
    a_rule,
    a_rule_set,
    a_section,
    a_submission,
    an_input,
    answered,
    rejected,
)
from scoring_runs import one_criterion, run

from services.scoring.core.card import Card
from services.scoring.core.means import PLACES, mean_of
from services.scoring.core.points import compile_rule_set, group_best
from services.scoring.core.reference_means import geometric
from shared.contracts.common import Answer
from shared.ruleset.document import RuleSet

Inputs = list[dict[str, Any]]
RATIO = {"form": "ratio", "of": {"numerator": "a", "denominator": "b"}}
BY_UNIT = [an_input("a", "decimal", per_unit=True), an_input("b", "decimal", per_unit=True)]
A, B = an_input("a", "decimal"), an_input("b", "decimal")


def units(**answers: object) -> Answer:
    """The answers of sub-units by name."""
    own = {name: answered(value).model_dump(exclude_defaults=True) for name, value in answers.items()}
    return Answer.model_validate({"state": "value", "units": own})


def average(answers: dict[str, object], inputs: Inputs = BY_UNIT, of: object = RATIO, **more: Any) -> tuple[Any, ...]:
    criterion = {key: more.pop(key) for key in ("not_applicable",) if key in more}
    return one_criterion({"form": "average", "of": of, **more}, inputs, answers, **criterion)


# --- average over sub-units --------------------------------------------------------------------------------------


def test_the_mean_is_of_the_points_of_each_unit() -> None:
    # 1/2 and 3/4 of 10 points: (5 + 7.5) / 2.
    answers = {"a": units(x="1", y="3"), "b": units(x="2", y="4")}
    assert average(answers) == ("value", Fraction(25, 4), 10)


def test_a_unit_that_did_not_report_counts_nothing() -> None:
    answers = {"a": units(x="2", y="3"), "b": units(x="2")}
    assert average(answers) == ("value", 5, 10)


def test_units_that_nothing_was_said_of_count_nothing_where_their_number_is_known() -> None:
    inputs = [*BY_UNIT, an_input("n")]
    answers = {"a": units(x="2"), "b": units(x="2")}
    assert average({**answers, "n": 4}, inputs, total="n") == ("value", Fraction(5, 2), 10)
    # Fewer than were reported is no reason to divide by less.
    assert average({**answers, "n": 0}, inputs, total="n") == ("value", 10, 10)
    assert average(answers, inputs, total="n") == ("not_reported", 0, 10)


def test_a_unit_that_is_not_applicable_leaves_the_mean() -> None:
    answers = {"a": units(x="1", y="!not_applicable", z="2"), "b": units(x="2", y="5", z="2")}
    assert average(answers, not_applicable="allowed") == ("value", Fraction(15, 2), 10)
    assert average(answers) == ("value", 5, 10)  # where the rule set refuses it, it is no answer


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, "not_reported"),
        ({"a": units(), "b": units()}, "not_reported"),
        ({"a": units(x="1")}, "not_reported"),
        ({"a": "!not_applicable", "b": "!not_applicable"}, "not_applicable"),
        ({"a": "!rejected", "b": units(x="1")}, "rejected"),
        ({"a": units(x="!not_applicable"), "b": units(x="1")}, "not_applicable"),
        ({"a": units(x="!rejected", y="!not_applicable"), "b": units(x="1", y="1")}, "rejected"),
    ],
)
def test_the_state_where_no_unit_has_a_value(answers: dict[str, object], expected: str) -> None:
    assert average(answers, not_applicable="allowed")[0] == expected


def test_where_there_are_no_units_nothing_is_assessed() -> None:
    inputs = [*BY_UNIT, an_input("n")]
    assert average({"n": 0}, inputs, total="n") == ("not_applicable", 0, 0)
    assert average({"n": 3}, inputs, total="n") == ("not_reported", 0, 10)


def test_a_figure_may_be_the_same_for_all_units() -> None:
    inputs = [BY_UNIT[0], B]
    assert average({"a": units(x="1", y="2"), "b": "2"}, inputs) == ("value", Fraction(15, 2), 10)


def test_bands_by_unit() -> None:
    rows = [{"points": 10, "at_least": 2}, {"points": 4, "at_least": 1, "below": 2}]
    bands = {"form": "bands", "of": "a", "rows": rows}
    assert average({"a": units(x="2", y="1", z="0")}, BY_UNIT[:1], bands) == ("value", Fraction(14, 3), 10)


# --- thresholds by class -----------------------------------------------------------------------------------------


def steps(full: int) -> dict[str, Any]:
    return {"form": "bands", "of": "a", "rows": [{"points": 10, "at_least": full}, {"points": 2, "below": full}]}


@pytest.mark.parametrize(
    ("kind", "value", "points"), [("mien_nui", "5", 10), ("dong_bang", "5", 2), ("dong_bang", "8", 10)]
)
def test_thresholds_differ_by_class(kind: str, value: str, points: int) -> None:
    method = {"form": "by", "input": "kind", "cases": {"mien_nui": steps(5), "dong_bang": steps(8)}}
    inputs = [an_input("kind", "choice", options=["mien_nui", "dong_bang"]), A]
    assert one_criterion(method, inputs, {"kind": kind, "a": value}) == ("value", points, 10)


def test_by_yes_or_no_and_without_a_class() -> None:
    count = {"form": "count", "input": "a", "unit_points": 1}
    method = {"form": "by", "input": "kind", "cases": {"yes": count, "no": {**count, "unit_points": 2}}}
    inputs = [an_input("kind", "boolean"), A]
    assert one_criterion(method, inputs, {"kind": True, "a": "3"})[1] == 3
    assert one_criterion(method, inputs, {"kind": False, "a": "3"})[1] == 6
    assert one_criterion(method, inputs, {"a": "3"}) == ("not_reported", 0, 10)
    assert one_criterion(method, inputs, {"kind": True}) == ("not_reported", 0, 10)


# --- relative to the best ----------------------------------------------------------------------------------------

RELATIVE = {"form": "relative", "input": {"numerator": "a", "denominator": "b", "zero_denominator": "not_applicable"}}


def test_a_quotient_is_compared_with_the_highest_quotient() -> None:
    best = {"a/b": Fraction(4, 5)}
    assert one_criterion(RELATIVE, [A, B], {"a": "1", "b": "2"}, best) == ("value", Fraction(25, 4), 10)
    assert one_criterion(RELATIVE, [A, B], {"a": "1", "b": "0"}, best) == ("not_applicable", 0, 0)
    assert one_criterion(RELATIVE, [A, B], {"a": "1", "b": "2"}) == ("pending", 0, 10)


def test_what_is_compared_may_be_above_one() -> None:
    # 3 for each against 4 for each: not both the whole of something
    best = {"a/b": Fraction(4)}
    assert one_criterion(RELATIVE, [A, B], {"a": "6", "b": "2"}, best) == ("value", Fraction(15, 2), 10)


@pytest.mark.parametrize(("treatment", "points"), [("zero", 0), ("full", 10)])
def test_where_the_highest_is_nothing(treatment: str, points: int) -> None:
    method = {**RELATIVE, "zero_best": treatment}
    assert one_criterion(method, [A, B], {"a": "0", "b": "2"}, {"a/b": Fraction(0)})[1] == points


def test_the_highest_is_taken_of_those_who_are_asked_and_not_rejected() -> None:
    gate = {"asked_if": {"when": {"fact": "input.big", "is": True}}}
    rule_set = a_rule_set(
        a_section("1", a_criterion("1.1", RELATIVE, [A, B], **gate)),
        a_section("2", a_criterion("2.1", {"form": "yes_no", "input": "big"}, [an_input("big", "boolean")])),
    )
    cards = [
        a_submission(rule_set, {"big": True, "a": "1", "b": "4"}),
        a_submission(rule_set, {"big": False, "a": "3", "b": "4"}),
        a_submission(rule_set, {"big": True, "a": "2", "b": "4"}, findings=[rejected("1.1")]),
        a_submission(rule_set, {"big": True, "a": "2", "b": "0"}),
    ]
    assert group_best(compile_rule_set(rule_set), [Card.of(one, rule_set) for one in cards]) == {"a/b": Fraction(1, 4)}


def test_only_those_of_a_class_set_its_mark() -> None:
    method = {"form": "by", "input": "big", "cases": {"yes": {"form": "relative", "input": "a"}, "no": RATIO}}
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, [an_input("big", "boolean"), A, B])))
    cards = [
        a_submission(rule_set, {"big": big, "a": a, "b": "9"}) for big, a in [(True, "3"), (False, "8"), (True, "5")]
    ]
    assert group_best(compile_rule_set(rule_set), [Card.of(one, rule_set) for one in cards]) == {"a": 5}


# --- asked only if, evidence, bonus ------------------------------------------------------------------------------


def gated(answers: dict[str, object], otherwise: str = "not_applicable") -> tuple[str, Fraction, Fraction]:
    gate = {"when": {"fact": "input.has", "is": True}, "otherwise": otherwise}
    rule_set = a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", {"form": "information"}, [an_input("has", "boolean")], 0, not_applicable="allowed"),
            a_criterion("1.2", {"form": "count", "input": "a", "unit_points": 1}, [A], asked_if=gate),
        )
    )
    result = run(rule_set, a_submission(rule_set, answers)).criteria[1]
    return result.state, result.points, result.maximum


@pytest.mark.parametrize(
    ("answers", "otherwise", "expected"),
    [
        ({"has": True, "a": "4"}, "not_applicable", ("value", 4, 10)),
        ({"has": True}, "not_applicable", ("not_reported", 0, 10)),
        ({"has": False, "a": "4"}, "not_applicable", ("not_applicable", 0, 0)),
        ({"has": False, "a": "4"}, "zero", ("value", 0, 10)),
        ({"has": "!not_applicable", "a": "4"}, "not_applicable", ("not_applicable", 0, 0)),
        # Not to report what decides is no way out.
        ({"a": "4"}, "not_applicable", ("not_reported", 0, 10)),
        ({"has": "!rejected", "a": "4"}, "zero", ("rejected", 0, 10)),
    ],
)
def test_asked_only_if(answers: dict[str, object], otherwise: str, expected: tuple[object, ...]) -> None:
    assert gated(answers, otherwise) == expected


@pytest.mark.parametrize(("share", "points"), [(0, 0), ("0.5", 4), ("1/3", Fraction(8, 3)), (None, 8)])
def test_the_share_that_counts_without_evidence(share: object, points: object) -> None:
    evidence = {"required": True, "without": share}
    rule_set = a_rule_set(
        a_section("1", a_criterion("1.1", {"form": "count", "input": "a", "unit_points": 1}, [A], evidence=evidence))
    )
    assert run(rule_set, a_submission(rule_set, {"a": "8"}, without_evidence=["1.1"])).points == points
    assert run(rule_set, a_submission(rule_set, {"a": "8"})).points == 8


def with_bonus(*bonus: dict[str, Any], **more: Any) -> RuleSet:
    count = {"form": "count", "unit_points": 1}
    return a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", {**count, "input": "a"}, [A], not_applicable="allowed"),
            a_criterion("1.2", {**count, "input": "b"}, [B], 3, bonus=True),
        ),
        a_section("2", a_criterion("2.1", {**count, "input": "c"}, [an_input("c")], 10)),
        *bonus,
        **more,
    )


@pytest.mark.parametrize(
    ("a", "b", "points"), [("5", "2", 7), ("5", "9", 8), ("9", "2", 10), ("10", "3", 10), ("5", "!not_reported", 5)]
)
def test_a_bonus_adds_points_but_no_maximum(a: str, b: str, points: int) -> None:
    scorecard = run(rule_set := with_bonus(), a_submission(rule_set, {"a": a, "b": b, "c": 1}))
    assert (scorecard.sections[0].points, scorecard.sections[0].maximum) == (points, 10)
    assert (scorecard.points, scorecard.maximum) == (points + 1, 20)
    assert scorecard.criteria[1].maximum == 0


def test_a_bonus_does_not_fill_a_section_that_does_not_apply() -> None:
    rule_set = with_bonus()
    scorecard = run(rule_set, a_submission(rule_set, {"a": "!not_applicable", "b": "3", "c": 10}))
    assert (scorecard.sections[0].points, scorecard.sections[0].maximum) == (0, 0)
    assert scorecard.index == 1


@pytest.mark.parametrize(("a", "c", "extra", "points"), [("2", 3, 9, 9), ("10", 9, 9, 20), ("2", 3, 1, 6)])
def test_a_section_of_bonuses_is_cut_to_what_it_declares_and_to_the_total(
    a: str, c: int, extra: int, points: int
) -> None:
    bonus = a_section(
        "3",
        a_criterion("3.1", {"form": "count", "input": "d", "unit_points": 1}, [an_input("d")], 9, bonus=True),
    )
    rule_set = with_bonus({**bonus, "maximum": 4})
    scorecard = run(rule_set, a_submission(rule_set, {"a": a, "b": "0", "c": c, "d": extra}))
    assert (scorecard.points, scorecard.maximum) == (points, 20)


# --- means -------------------------------------------------------------------------------------------------------


def sections(mean: str, weights: tuple[object, ...] = (None, None), **more: Any) -> RuleSet:
    count = {"form": "count", "unit_points": 1}
    made = a_rule_set(
        {
            **a_section("1", a_criterion("1.1", {**count, "input": "a"}, [A], not_applicable="allowed")),
            "weight": weights[0],
        },
        {**a_section("2", a_criterion("2.1", {**count, "input": "b"}, [B], 40)), "weight": weights[1]},
        **more,
    )
    return made.model_copy(update={"result": made.result.model_copy(update={"mean": mean})})


@pytest.mark.parametrize(
    ("mean", "weights", "a", "b", "index"),
    [
        ("arithmetic", (None, None), "5", "10", Fraction(3, 8)),  # (1/2 + 1/4) / 2
        ("arithmetic", (1, 3), "5", "10", Fraction(5, 16)),  # (1/2 + 3/4) / 4
        ("arithmetic", ("0.5", "1.5"), "5", "10", Fraction(5, 16)),
        ("geometric", (None, None), "9", "16", Fraction(3, 5)),  # √(9/10 × 16/40) = √0,36
        ("geometric", (None, None), "0", "40", Fraction(0)),
        ("geometric", (2, 1), "5", "40", Fraction(629960524947436582, 10**18)),  # ∛(1/4)
        ("arithmetic", (None, None), "!not_applicable", "10", Fraction(1, 4)),
        ("geometric", (None, None), "!not_applicable", "10", Fraction(1, 4)),
    ],
)
def test_the_index_is_a_mean_of_sections(
    mean: str, weights: tuple[object, ...], a: str, b: str, index: Fraction
) -> None:
    rule_set = sections(mean, weights)
    assert run(rule_set, a_submission(rule_set, {"a": a, "b": b})).index == index


def test_a_deduction_from_the_total_comes_off_the_mean_as_a_share_of_the_maximum() -> None:
    late = a_rule("late", {"fact": "submission.days_late", "at_least": 1}, {"effect": "deduct", "points": 5})
    rule_set = sections("arithmetic", rules=[late])
    # (1/2 + 1/4) / 2 − 5/50
    assert run(rule_set, a_submission(rule_set, {"a": "5", "b": "10"}, days_late=1)).index == Fraction(11, 40)
    assert run(rule_set, a_submission(rule_set, {"a": "0", "b": "1"}, days_late=1)).index == 0


def test_a_level_is_decided_exactly_by_a_geometric_mean() -> None:
    rule_set = sections("geometric")
    assert run(rule_set, a_submission(rule_set, {"a": "10", "b": "25.6"})).level == "tot"  # √0,64 is 0,8
    assert run(rule_set, a_submission(rule_set, {"a": "10", "b": "25.599999"})).level == "kha"


shares = st.lists(
    st.tuples(st.fractions(0, 1, max_denominator=999), st.fractions("1/4", 9, max_denominator=4)),
    min_size=1,
    max_size=6,
)


@given(shares)
def test_both_ways_to_take_a_root_agree(drawn: list[tuple[Fraction, Fraction]]) -> None:
    found = mean_of("geometric", drawn)
    assert found == geometric([share for share, _ in drawn], [weight for _, weight in drawn])
    assert min(share for share, _ in drawn) - Fraction(1, 10**PLACES) <= found <= max(share for share, _ in drawn)
    assert found <= mean_of("arithmetic", drawn)
