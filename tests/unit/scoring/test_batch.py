"""Batches: whatever stands beside whatever, every card gets what it would get alone and by the closures."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_builders import (
    a_criterion,
    a_rule,
    a_rule_set,
    a_section,
    a_submission,
    adjusted,
    an_input,
    rejected,
)
from scoring_strategies import rule_sets, submissions

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core import column_kinds, column_sight, rows
from services.scoring.core.batch import BatchScorer
from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set
from services.scoring.core.scorecard import Scorecard, score
from services.scoring.scorer import Scorer
from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.errors import Invalid
from shared.ruleset.document import RuleSet

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
HALF = {"form": "ratio", "of": {"numerator": "n", "denominator": "d"}}


def scorer_without_rules(rule_set: RuleSet) -> BatchScorer:
    return BatchScorer(compile_rule_set(rule_set), lambda cards: [() for _ in cards])


def scored(rule_set: RuleSet, *verified: VerifiedSubmission) -> list[Scorecard]:
    """Of rule sets without rules; the closures must say the same."""
    found = scorer_without_rules(rule_set).score(verified, {})
    for one, card in zip(verified, found, strict=True):
        plain = score(compile_rule_set(rule_set), Card.of(one, rule_set), (), {})
        assert (card.points, card.maximum, card.index) == (plain.points, plain.maximum, plain.index)
        assert (card.criteria, card.sections, card.level) == (plain.criteria, plain.sections, plain.level)
    return found


def one_of(method: dict[str, Any], *inputs: dict[str, Any], **more: Any) -> RuleSet:
    return a_rule_set(a_section("1", a_criterion("1.1", method, inputs, **more)))


def points(cards: Sequence[Scorecard]) -> list[Fraction]:
    return [card.points for card in cards]


def test_what_is_odd_on_one_card_changes_nothing_on_its_neighbours() -> None:
    rule_set = one_of(HALF, an_input("n"), an_input("d"), not_applicable="allowed")
    given = [{"n": 1, "d": 4}, {"n": "!not_reported", "d": 4}, {"n": 1, "d": "!not_applicable"}, {}, {"n": 3, "d": 4}]
    cards = scored(rule_set, *(a_submission(rule_set, answers) for answers in given))
    assert points(cards) == [Fraction(5, 2), 0, 0, 0, Fraction(15, 2)]
    assert [card.maximum for card in cards] == [10, 10, 0, 10, 10]
    assert [card.criteria[0].state for card in cards] == [
        *("value", "not_reported", "not_applicable", "not_reported", "value")
    ]


@pytest.mark.parametrize("zero", ["zero", "full", "not_applicable"])
def test_ratio_of_wholes_and_parts_of_every_sign(zero: str) -> None:
    of = {"numerator": "n", "denominator": "d", "zero_denominator": zero}
    rule_set = one_of({"form": "ratio", "of": of}, an_input("n", "decimal"), an_input("d"), maximum="1/3")
    numbers = [("0", 0), ("5", 0), ("-1", 4), ("1", -4), ("-1", -4), ("-9", -4), ("0.5", 4), ("4", 4), ("9", 4)]
    scored(rule_set, *(a_submission(rule_set, {"n": n, "d": d}) for n, d in numbers))
    scored(rule_set, *(a_submission(rule_set, {"n": n, "d": d}) for n, d in numbers if d > 0 and n[0] != "-"))


ENDS = (
    [{"at_least": "0.9", "points": 30}, {"above": "1/3", "below": "0.9", "points": "7/3"}, {"at_most": 0, "points": 1}],
    [{"below": "0.5", "points": -3}, {"at_least": "0.5", "at_most": "0.5", "points": 4}, {"above": "0.5", "points": 5}],
    [{"at_most": "1/4", "points": 2}, {"above": "0.2", "at_most": 1, "points": 3}],
)


@pytest.mark.parametrize("rows", ENDS)
@pytest.mark.parametrize("zero", ["zero", "full", "not_applicable"])
def test_bands_of_a_quotient_at_every_end_and_of_every_sign(zero: str, rows: list[dict[str, Any]]) -> None:
    of = {"numerator": "n", "denominator": "d", "zero_denominator": zero}
    rule_set = one_of({"form": "bands", "of": of, "rows": rows}, an_input("n", "decimal"), an_input("d"))
    numbers = [(n, d) for n in ("0", "-1", "1", "0.999999", "1.8", "2", "2.4", "9") for d in (0, 2, 4, 5, 10, 3, -2)]
    scored(rule_set, *(a_submission(rule_set, {"n": n, "d": d}) for n, d in numbers), a_submission(rule_set, {"n": 1}))


@pytest.mark.parametrize("whole", ["0", "-2", "1/3", "7"])
def test_bands_of_a_share_of_a_constant(whole: str) -> None:
    of = {"numerator": "n", "whole": whole}
    rule_set = one_of({"form": "bands", "of": of, "rows": ENDS[0]}, an_input("n", "decimal"))
    scored(
        rule_set, *(a_submission(rule_set, {"n": n}) for n in ("0", "0.1", "0.111111", "0.3", "2.333334", "7", "-1"))
    )


@pytest.mark.parametrize("whole", ["0", "-2", "1/3", "7"])
def test_ratio_of_a_constant(whole: str) -> None:
    rule_set = one_of({"form": "ratio", "of": {"numerator": "n", "whole": whole}}, an_input("n", "decimal"))
    scored(rule_set, *(a_submission(rule_set, {"n": n}) for n in ("0", "0.333333", "1", "7", "-1")))


def test_a_figure_written_otherwise_is_the_same_figure() -> None:
    rule_set = one_of(HALF, an_input("n", "decimal"), an_input("d"))
    usual = a_submission(rule_set, {"n": "2", "d": 8})
    others = [{"n": 2, "d": 8}, {"n": "2.0", "d": "8"}, {"n": "4/2", "d": 8}]
    cards = scored(rule_set, usual, *(a_submission(rule_set, answers) for answers in others))
    assert points(cards) == [Fraction(5, 2)] * 4


def test_a_value_that_does_not_fit_is_refused_as_on_a_card_alone() -> None:
    inputs = [an_input("a", "choice", options=("full", "part")), an_input("b", "boolean"), an_input("n", "decimal")]
    rule_set = one_of({"form": "information"}, *inputs, maximum=0)
    fits = a_submission(rule_set, {"a": "full", "b": True, "n": "0.5"})
    for wrong in (
        {"n": "x", "b": 1},
        {"b": 0},
        {"b": "true"},
        {"a": "none"},
        {"a": 1},
        {"n": True},
        {"n": "0.1234567"},
    ):
        refused = a_submission(rule_set, wrong)
        with pytest.raises(Invalid) as alone:
            Card.of(refused, rule_set)
        with pytest.raises(Invalid) as in_a_batch:
            scorer_without_rules(rule_set).score([fits, refused, a_submission(rule_set, {"a": "?"})], {})
        assert in_a_batch.value.faults == alone.value.faults


def test_a_value_beside_another_state_does_not_count() -> None:
    rule_set = one_of({"form": "yes_no", "input": "b"}, an_input("b", "boolean"))
    contradictory = Answer(state="rejected", value=True)
    card = scored(rule_set, a_submission(rule_set, {"b": contradictory}))[0]
    assert (card.points, card.criteria[0].state) == (0, "rejected")


def test_of_several_findings_on_one_criterion_the_last_stands_and_all_adjust() -> None:
    rule_set = one_of(HALF, an_input("n"), an_input("d"))
    found: list[tuple[CriterionFinding, ...]] = [
        (rejected("1.1"), adjusted("1.1", n=4)),
        (adjusted("1.1", n=4), rejected("1.1")),
        (adjusted("1.1", n=4), adjusted("1.1", d=8)),
    ]
    cards = scored(rule_set, *(a_submission(rule_set, {"n": 1, "d": 4}, findings=each) for each in found))
    assert points(cards) == [10, 0, 5]


def test_who_did_not_answer_keeps_its_place() -> None:
    rule_set = one_of(HALF, an_input("n"), an_input("d"))
    answered = a_submission(rule_set, {"n": 1, "d": 1})
    missing = a_submission(rule_set, {"n": 1, "d": 1}, missing=True)
    assert points(scored(rule_set, missing, answered, missing, missing, answered)) == [0, 10, 0, 0, 10]
    assert scored(rule_set, missing)[0].criteria[0].state == "not_reported"
    assert scored(rule_set) == []


def test_highest_values_of_another_group_are_not_remembered() -> None:
    rule_set = one_of({"form": "relative", "input": "n"}, an_input("n"))
    scorer = scorer_without_rules(rule_set)
    verified = [a_submission(rule_set, {"n": 4})]
    for highest, wanted in ((4, 10), (8, 5), (4, 10)):
        assert points(scorer.score(verified, {"n": Fraction(highest)})) == [wanted]
    provisional = scorer.score(verified, None)[0]
    assert (provisional.points, provisional.criteria[0].state) == (0, "pending")


def test_information_that_is_asked_only_of_some_has_no_value_for_the_others() -> None:
    """What is only asked gives no points either way; but rules see its state."""
    only_if = {"when": {"fact": "input.has", "is": True}}
    rule_set = a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", {"form": "yes_no", "input": "has"}, [an_input("has", "boolean")]),
            a_criterion("1.2", {"form": "information"}, [an_input("note", "text")], 0, asked_if=only_if),
        ),
        rules=[a_rule("told", {"fact": "criterion.state", "is": "value"}, for_each="criterion")],
    )
    verified = [a_submission(rule_set, {"has": has, "note": "x"}) for has in (True, False, True, False)]
    cards = Scorer(DurableEngine()).score(rule_set, verified, {})
    fired = [[firing.criterion for firing in card.firings] for card in cards]
    assert fired == [["1.1", "1.2"], ["1.1"]] * 2


def test_deductions_by_a_fact_are_each_card_s_own() -> None:
    by_count = {"effect": "deduct", "points": 1, "times": "input.n"}
    rule_set = a_rule_set(
        a_section("1", a_criterion("1.1", {"form": "count", "input": "m", "unit_points": 1}, [an_input("m")])),
        a_section("2", a_criterion("2.1", {"form": "information"}, [an_input("n")], 0)),
        rules=[a_rule("counted", {"fact": "state.n", "is": "value"}, by_count)],
    )
    verified = [a_submission(rule_set, {"m": 9, "n": n}) for n in (0, 2, 5, "!not_reported")]
    assert points(Scorer(DurableEngine()).score(rule_set, verified, {})) == [9, 7, 4, 9]


def test_tables_that_were_forgotten_are_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((column_kinds, "_REMEMBERED"), (rows, "_REMEMBERED"), (column_sight, "_KEPT")):
        monkeypatch.setattr(module, name, 2)
    rule_set = one_of({"form": "count", "input": "n", "unit_points": "0.5"}, an_input("n", "decimal"))
    cards = scored(rule_set, *(a_submission(rule_set, {"n": str(n)}) for n in [*range(9), *range(9)]))
    assert points(cards) == [Fraction(n, 2) for n in [*range(9), *range(9)]]


def shuffled(data: st.DataObject, rule_set: RuleSet) -> RuleSet:
    """The same rule set with criteria, sections and rules in another order."""
    sections = [
        section.model_copy(update={"criteria": tuple(data.draw(st.permutations(section.criteria)))})
        for section in rule_set.sections
    ]
    order = {"sections": tuple(data.draw(st.permutations(sections)))}
    return rule_set.model_copy(update={**order, "rules": tuple(data.draw(st.permutations(rule_set.rules)))})


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_order_of_criteria_rules_and_cards_makes_no_difference(data: st.DataObject) -> None:
    rule_set = data.draw(rule_sets())
    verified = data.draw(st.lists(submissions(rule_set), min_size=1, max_size=4))
    other = shuffled(data, rule_set)
    places = data.draw(st.permutations(range(len(verified))))
    before = Scorer(DurableEngine()).score(rule_set, verified, {})
    after = Scorer(DurableEngine()).score(other, [verified[place] for place in places], {})
    for place, card in zip(places, after, strict=True):
        assert (card.points, card.maximum, card.index) == (
            *(before[place].points, before[place].maximum, before[place].index),
        )
        assert set(card.criteria) == set(before[place].criteria)
        assert set(card.sections) == set(before[place].sections)
        assert set(card.firings) == set(before[place].firings)


def test_threads_that_score_different_groups_do_not_mix_their_highest_values() -> None:
    rule_set = one_of({"form": "relative", "input": "n"}, an_input("n"))
    scorer = scorer_without_rules(rule_set)
    verified = [a_submission(rule_set, {"n": n}) for n in range(1, 5)]

    def score_with(highest: int) -> bool:
        wanted = [Fraction(10 * n, highest) for n in range(1, 5)]
        return all(points(scorer.score(verified, {"n": Fraction(highest)})) == wanted for _ in range(100))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(score_with, (4, 5, 8, 16)))
