"""Every form of scoring, at and around its boundaries."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from scoring_builders import (
    a_criterion,
    a_rule_set,
    a_section,
    a_submission,
    adjusted,
    an_input,
    answered,
    rejected,
)
from scoring_runs import one_criterion, run

from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set, group_best
from shared.kernel.errors import Invalid

A, B = an_input("a", "decimal"), an_input("b", "decimal")
TEN = Fraction(10)


def points(method: dict[str, Any], inputs: list[dict[str, Any]], **answers: object) -> Fraction:
    return one_criterion(method, inputs, answers)[1]


@pytest.mark.parametrize(("value", "expected"), [(True, 10), (False, 0)])
def test_yes_gives_the_maximum_and_no_nothing(value: bool, expected: int) -> None:
    assert points({"form": "yes_no", "input": "a"}, [an_input("a", "boolean")], a=value) == expected


def test_yes_and_no_give_the_points_that_are_stated() -> None:
    method = {"form": "yes_no", "input": "a", "yes": "2.5", "no": "1"}
    assert points(method, [an_input("a", "boolean")], a=True) == Fraction(5, 2)
    assert points(method, [an_input("a", "boolean")], a=False) == 1


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [("0", "3", "0"), ("1", "3", "10/3"), ("3", "3", "10"), ("4", "3", "10"), ("-1", "3", "0"), ("0.5", "0.25", "10")],
)
def test_ratio_is_cut_to_between_nothing_and_all(numerator: str, denominator: str, expected: str) -> None:
    method = {"form": "ratio", "of": {"numerator": "a", "denominator": "b"}}
    assert points(method, [A, B], a=numerator, b=denominator) == Fraction(expected)


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [
        ("zero", ("value", Fraction(0), TEN)),
        ("full", ("value", TEN, TEN)),
        ("not_applicable", ("not_applicable", Fraction(0), Fraction(0))),
    ],
)
def test_zero_denominator_is_treated_as_stated(treatment: str, expected: tuple[str, Fraction, Fraction]) -> None:
    method = {"form": "ratio", "of": {"numerator": "a", "denominator": "b", "zero_denominator": treatment}}
    assert one_criterion(method, [A, B], {"a": "5", "b": "0"}) == expected


def test_ratio_to_a_constant_whole() -> None:
    method = {"form": "ratio", "of": {"numerator": "a", "whole": 52}}
    assert points(method, [A], a="13") == Fraction(5, 2)


MEETINGS = [
    {"points": 20, "at_least": 4},
    {"points": 15, "at_least": 3, "below": 4},
    {"points": 10, "above": 1, "below": 3},
    {"points": 5, "at_least": 1, "at_most": 1},
]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0), ("0.999999", 0), ("1", 5), ("1.000001", 10), ("2.999999", 10), ("3", 15), ("4", 20)],
)
def test_bands_have_open_and_closed_ends(value: str, expected: int) -> None:
    state, gives, _ = one_criterion({"form": "bands", "of": "a", "rows": MEETINGS}, [A], {"a": value}, maximum=20)
    assert (state, gives) == ("value", expected)


@pytest.mark.parametrize(("numerator", "expected"), [("89.999999", 5), ("90", 10), ("150", 10)])
def test_bands_over_a_quotient_take_exactly_ninety_percent(numerator: str, expected: int) -> None:
    rows = [{"points": 10, "at_least": "0.9"}, {"points": 5, "below": "0.9"}]
    method = {"form": "bands", "of": {"numerator": "a", "denominator": "b"}, "rows": rows}
    assert points(method, [A, B], a=numerator, b="100") == expected


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, 1), (9, 9), (10, 10), (11, 10), (-1, 0)])
def test_count_is_capped_at_the_maximum(count: int, expected: int) -> None:
    assert points({"form": "count", "input": "a", "unit_points": 1}, [an_input("a")], a=count) == expected


@pytest.mark.parametrize(("option", "expected"), [("full", "10"), ("part", "2.5"), ("none", "0")])
def test_choice_gives_the_points_of_the_option(option: str, expected: str) -> None:
    method = {"form": "choice", "input": "a", "points": {"full": 10, "part": "2.5", "none": 0}}
    item = an_input("a", "choice", options=("full", "part", "none"))
    assert points(method, [item], a=option) == Fraction(expected)


RELATIVE = {"form": "relative", "input": "a"}


@pytest.mark.parametrize(("best", "expected"), [("21", "10/3"), ("7", "10"), ("0", "0")])
def test_relative_is_the_share_of_the_best_in_the_group(best: str, expected: str) -> None:
    assert one_criterion(RELATIVE, [A], {"a": "7"}, {"a": Fraction(best)}) == ("value", Fraction(expected), TEN)


def test_relative_is_pending_while_the_group_is_incomplete() -> None:
    assert one_criterion(RELATIVE, [A], {"a": "7"}, None) == ("pending", 0, 10)


def test_best_of_the_group_counts_verified_values_only() -> None:
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", RELATIVE, [A])))
    verified = [
        a_submission(rule_set, {"a": "7"}),
        a_submission(rule_set, {"a": "9"}, findings=[rejected("1.1")]),
        a_submission(rule_set, {"a": "50"}, findings=[adjusted("1.1", a="8")]),
        a_submission(rule_set, {"a": "99"}, missing=True),
        a_submission(rule_set, {"a": "!not_reported"}),
    ]
    compiled = compile_rule_set(rule_set)
    cards = [Card.of(one, rule_set) for one in verified]
    assert group_best(compiled, cards) == {"a": 8} == group_best(compiled, reversed(cards))
    assert group_best(compiled, []) == {"a": 0}


def test_information_is_asked_and_not_scored() -> None:
    assert one_criterion({"form": "information"}, [A], {"a": "7"}, maximum=0) == ("information", 0, 0)


YES_A = {"title": {"vi": "a"}, "maximum": 6, "method": {"form": "yes_no", "input": "a"}}
SHARE_B = {"title": {"vi": "b"}, "maximum": 8, "method": {"form": "ratio", "of": {"numerator": "b", "whole": 3}}}
PARTS = [an_input("a", "boolean"), B]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (True, "1", "26/3"),
        (True, "3", "10"),
        (False, "2", "16/3"),
        (True, "!not_reported", "6"),
        (True, "!rejected", "6"),
    ],
)
def test_sum_adds_parts_up_to_the_maximum(a: object, b: object, expected: str) -> None:
    assert points({"form": "sum", "parts": [YES_A, SHARE_B]}, PARTS, a=a, b=b) == Fraction(expected)


@pytest.mark.parametrize(("a", "b", "expected"), [(True, "1", "6"), (True, "3", "8"), (False, "!not_reported", "0")])
def test_best_takes_the_highest_case(a: object, b: object, expected: str) -> None:
    assert points({"form": "best", "cases": [YES_A, SHARE_B]}, PARTS, a=a, b=b) == Fraction(expected)


@pytest.mark.parametrize("form", ["sum", "best"])
def test_parts_without_any_value_are_not_reported(form: str) -> None:
    method = {"form": form, "parts" if form == "sum" else "cases": [YES_A, SHARE_B]}
    assert one_criterion(method, PARTS, {"a": "!not_applicable"}) == ("not_reported", 0, 10)
    assert one_criterion(method, PARTS, {"a": "!rejected"}) == ("rejected", 0, 10)


@pytest.mark.parametrize("state", ["not_reported", "rejected"])
def test_one_input_that_is_missing_takes_the_points_and_leaves_the_maximum(state: str) -> None:
    method = {"form": "ratio", "of": {"numerator": "a", "denominator": "b"}}
    assert one_criterion(method, [A, B], {"a": "1", "b": f"!{state}"}) == (state, 0, 10)
    assert one_criterion(method, [A, B], {"a": "1"}) == ("not_reported", 0, 10)


def test_not_applicable_leaves_points_and_maximum_only_where_it_is_allowed() -> None:
    method = {"form": "count", "input": "a", "unit_points": 1}
    asked: tuple[Any, Any, Any] = (method, [A], {"a": "!not_applicable"})
    assert one_criterion(*asked, not_applicable="allowed") == ("not_applicable", 0, 0)
    assert one_criterion(*asked, not_applicable="refused") == ("not_reported", 0, 10)


def test_rejected_criterion_counts_nothing_but_shared_figures_stand() -> None:
    first = a_criterion("1.1", {"form": "ratio", "of": {"numerator": "a", "denominator": "b"}}, [A, B])
    second = a_criterion("1.2", {"form": "count", "input": "b", "unit_points": 1}, [])
    rule_set = a_rule_set(a_section("1", first, second))
    scorecard = run(rule_set, a_submission(rule_set, {"a": "1", "b": "4"}, findings=[rejected("1.1")]))
    assert [(one.state, one.points, one.maximum) for one in scorecard.criteria] == [
        ("rejected", 0, 10),
        ("value", 4, 10),
    ]


def test_adjusted_values_replace_what_the_agency_answered() -> None:
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", {"form": "count", "input": "a", "unit_points": 1}, [A])))
    verified = a_submission(rule_set, {"a": "9"}, findings=[adjusted("1.1", a="4")])
    assert run(rule_set, verified).points == 4
    accepted = adjusted("1.1", a="4").model_copy(update={"finding": "accepted"})
    assert run(rule_set, a_submission(rule_set, {"a": "9"}, findings=[accepted])).points == 9
    verified = a_submission(rule_set, {"a": "9"}, findings=[adjusted("1.1", a="!rejected")])
    assert run(rule_set, verified).criteria[0].state == "rejected"


def test_missing_submission_reports_nothing() -> None:
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", {"form": "count", "input": "a", "unit_points": 1}, [A])))
    verified = a_submission(rule_set, {"a": "9"}, findings=[rejected("1.1")], missing=True)
    card = Card.of(verified, rule_set)
    assert card.missing
    assert card.evidence == frozenset()
    assert run(rule_set, verified).criteria[0].state == "not_reported"


@pytest.mark.parametrize(
    ("type", "value"),
    [("boolean", 1), ("integer", "1.5"), ("decimal", "1.0000001"), ("choice", "other"), ("decimal", True), ("text", 3)],
)
def test_value_that_does_not_fit_its_input_is_refused_with_its_place(type: str, value: object) -> None:
    item = an_input("a", type, options=("full",) if type == "choice" else ())
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", {"form": "information"}, [item], 0)))
    with pytest.raises(Invalid) as caught:
        Card.of(a_submission(rule_set, {"a": answered(value)}), rule_set)
    assert caught.value.faults[0].place == "1.1.a"
