"""Effects in their one order, levels on exact values, and the form other services see."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, adjusted, an_input, rejected
from scoring_runs import fire, run, summary

from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set
from services.scoring.core.scorecard import basis_hash, score
from shared.ruleset.document import RuleSet

TINY = Fraction(1, 10**12)
ALWAYS = {"fact": "submission.days_late", "at_least": 0}


def counted(code: str, name: str, maximum: object = 10, **more: Any) -> dict[str, Any]:
    """A criterion that gives as many points as its input says."""
    return a_criterion(
        code, {"form": "count", "input": name, "unit_points": 1}, [an_input(name, "decimal")], maximum, **more
    )


def two_sections(*effects: dict[str, Any], form: str = "index", each: bool = False) -> RuleSet:
    rules = [a_rule(f"r{number}", ALWAYS, effect) for number, effect in enumerate(effects)]
    if each:
        rules = [{**rule, "for_each": "criterion"} for rule in rules]
    return a_rule_set(
        a_section("1", counted("1.1", "a"), counted("1.2", "b")),
        a_section("2", counted("2.1", "c")),
        rules=rules,
        form=form,
    )


def scored(*effects: dict[str, Any], days_late: int = 0, each: bool = False, **answers: object) -> Any:
    rule_set = two_sections(*effects, each=each)
    figures = {"a": 8, "b": 6, "c": 9, **answers}
    return run(rule_set, a_submission(rule_set, {k: str(v) for k, v in figures.items()}, days_late=days_late))


def test_points_add_up() -> None:
    scorecard = scored()
    assert [one.points for one in scorecard.sections] == [14, 9]
    assert (scorecard.points, scorecard.maximum, scorecard.index) == (23, 30, Fraction(23, 30))


def test_lowest_of_two_caps_counts_and_deductions_come_after_it() -> None:
    caps = [{"effect": "cap_section", "section": "1", "at_most": most} for most in (12, 5)]
    deductions = [{"effect": "deduct", "points": 2, "from": "1"}, {"effect": "deduct", "points": "1.5", "from": "1"}]
    scorecard = scored(*caps, *deductions)
    section = scorecard.sections[0]
    assert (section.sum, section.cap, section.deducted, section.points) == (14, 5, Fraction(7, 2), Fraction(3, 2))
    assert scorecard.maximum == 30


def test_deductions_never_go_below_zero() -> None:
    scorecard = scored({"effect": "deduct", "points": 100, "from": "1"}, {"effect": "deduct", "points": 4})
    assert [one.points for one in scorecard.sections] == [0, 9]
    assert scorecard.points == 5
    assert scored({"effect": "deduct", "points": 100}).points == 0


def test_deduction_multiplies_a_fact_up_to_its_limit() -> None:
    daily = {"effect": "deduct", "points": "0.5", "times": "submission.days_late", "at_most": 2}
    assert scored(daily, days_late=3).points == 23 - Fraction(3, 2)
    assert scored(daily, days_late=30).points == 21
    assert scored(daily, days_late=0).points == 23
    assert scored({"effect": "deduct", "points": 1, "times": "input.a"}, a="!not_reported").points == 15


def test_deduction_counts_the_highest_of_several_derived_values() -> None:
    derived = [{"effect": "derive", "fact": "derived.times", "value": value} for value in ("2", "3", True)]
    assert scored(*derived, {"effect": "deduct", "points": 1, "times": "derived.times"}).points == 20
    assert scored({"effect": "deduct", "points": 1, "times": "derived.times"}).points == 23


def test_deduction_for_each_criterion_is_limited_in_all() -> None:
    assert scored({"effect": "deduct", "points": 1}, each=True).points == 20
    assert scored({"effect": "deduct", "points": 1, "at_most": 2}, each=True).points == 21


def test_zeroed_criterion_and_section_keep_their_maximum() -> None:
    scorecard = scored({"effect": "zero_criterion", "criterion": "1.1"}, {"effect": "zero_section", "section": "2"})
    assert [one.points for one in scorecard.criteria] == [0, 6, 0]
    assert [one.earned for one in scorecard.criteria] == [8, 6, 9]
    assert (scorecard.points, scorecard.maximum) == (6, 30)


def test_excluded_criterion_leaves_points_and_maximum_even_when_zeroed() -> None:
    both = [{"effect": effect, "criterion": "1.1"} for effect in ("exclude_criterion", "zero_criterion")]
    scorecard = scored(*both)
    assert (scorecard.points, scorecard.maximum, scorecard.index) == (15, 20, Fraction(3, 4))
    assert scorecard.criteria[0].state == "not_applicable"


def test_index_of_nothing_applicable_is_zero() -> None:
    scorecard = scored({"effect": "exclude_criterion"}, each=True)
    assert (scorecard.points, scorecard.maximum, scorecard.index, scorecard.level) == (0, 0, 0, "yeu")


def test_order_of_rules_and_firings_does_not_matter() -> None:
    effects = [
        {"effect": "cap_section", "section": "1", "at_most": 5},
        {"effect": "deduct", "points": 2, "from": "1"},
        {"effect": "zero_criterion", "criterion": "1.2"},
        {"effect": "flag", "flag": "z"},
    ]
    seen = set()
    for ordered in permutations(effects):
        rule_set = two_sections(*ordered)
        verified = a_submission(rule_set, {"a": "8", "b": "6", "c": "9"})
        firings = fire(rule_set, verified)[0]
        for shuffled in (firings, reversed(firings), [*firings, *firings]):
            card = score(compile_rule_set(rule_set), Card.of(verified, rule_set), shuffled, None)
            seen.add((card.points, card.sections, tuple(sorted(card.effects.flags)), card.firings == firings))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("index", "level"),
    [
        ("1", "tot"),
        ("0.8", "tot"),
        ("0.65", "kha"),
        ("0.5", "trung_binh"),
        ("0", "yeu"),
    ],
)
def test_index_exactly_on_a_threshold_reaches_the_level(index: str, level: str) -> None:
    # Thirds on the way: a detour through binary floats would miss the threshold.
    whole = Fraction(index) * 3
    method = {"form": "ratio", "of": {"numerator": "a", "denominator": "b"}}
    criterion = a_criterion("1.1", method, [an_input("a", "decimal"), an_input("b", "decimal")], "3")
    rule_set = a_rule_set(a_section("1", criterion))
    scorecard = run(rule_set, a_submission(rule_set, {"a": str(whole.numerator), "b": str(whole.denominator * 3)}))
    assert (scorecard.index, scorecard.level) == (Fraction(index), level)


@pytest.mark.parametrize(("index", "below"), [("0.8", "kha"), ("0.65", "trung_binh"), ("0.5", "yeu")])
def test_index_a_trillionth_below_a_threshold_misses_the_level(index: str, below: str) -> None:
    short = Fraction(index) - TINY
    method = {"form": "ratio", "of": {"numerator": "a", "denominator": "b"}}
    criterion = a_criterion("1.1", method, [an_input("a"), an_input("b")])
    rule_set = a_rule_set(a_section("1", criterion))
    scorecard = run(rule_set, a_submission(rule_set, {"a": short.numerator, "b": short.denominator}))
    assert (scorecard.index, scorecard.level) == (short, below)


@pytest.mark.parametrize(
    ("total", "at", "below"), [(80, "tot", "kha"), (65, "kha", "trung_binh"), (50, "trung_binh", "yeu")]
)
def test_total_on_and_a_trillionth_below_a_threshold(total: int, at: str, below: str) -> None:
    method = {"form": "ratio", "of": {"numerator": "a", "denominator": "b"}}
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, [an_input("a"), an_input("b")], 100)), form="total")
    for points, level in ((Fraction(total), at), (Fraction(total) - TINY, below)):
        share = points / 100
        scorecard = run(rule_set, a_submission(rule_set, {"a": share.numerator, "b": share.denominator}))
        assert (scorecard.points, scorecard.level) == (points, level)


def test_summary_carries_flags_and_fired_rules_in_order() -> None:
    rules = [
        a_rule("second-flag", ALWAYS, {"effect": "flag", "flag": "b"}),
        a_rule("each", {"fact": "criterion.scored", "is": True}, {"effect": "flag", "flag": "a"}, for_each="criterion"),
        a_rule("out", ALWAYS, {"effect": "exclude_from_ranking"}),
    ]
    rule_set = a_rule_set(a_section("1", counted("1.2", "b"), counted("1.1", "a")), rules=rules)
    verified = a_submission(rule_set, {})
    seen = summary(run(rule_set, verified), verified)
    assert seen.flags == ("a", "b")
    assert [(one.rule, one.criteria) for one in seen.fired] == [
        ("second-flag", ()),
        ("each", ("1.2", "1.1")),
        ("out", ()),
    ]
    assert seen.excluded


def test_basis_hash_changes_with_whatever_is_scored_and_with_nothing_else() -> None:
    rule_set = two_sections()
    ref = rule_set.ref()
    verified = a_submission(rule_set, {"a": "1"})
    base = basis_hash(verified, ref, None)
    assert base == basis_hash(type(verified).model_validate_json(verified.model_dump_json()), ref, None)
    different = [
        basis_hash(a_submission(rule_set, {"a": "2"}), ref, None),
        basis_hash(verified, ref.model_copy(update={"version": "2"}), None),
        basis_hash(verified, ref, {}),
        basis_hash(verified, ref, {"a": Fraction(1, 3)}),
        basis_hash(verified.model_copy(update={"days_late": 1}), ref, None),
        basis_hash(verified.model_copy(update={"basis": "missing"}), ref, None),
        basis_hash(a_submission(rule_set, {"a": "1"}, without_evidence=["1.1"]), ref, None),
        basis_hash(a_submission(rule_set, {"a": "1"}, agency="so-noi-vu"), ref, None),
        basis_hash(a_submission(rule_set, {"a": "1"}, findings=[rejected("1.1")]), ref, None),
        basis_hash(a_submission(rule_set, {"a": "1"}, findings=[adjusted("1.1", a=2)]), ref, None),
    ]
    assert len({base, *different}) == 11


def test_basis_hash_does_not_depend_on_who_verified_when_why_or_how_often() -> None:
    rule_set = two_sections()
    found = [rejected("1.1"), adjusted("2.1", b=2)]
    one = a_submission(rule_set, {"a": "1"}, findings=found)
    later = {"verifier": "ba.tv", "found_at": found[0].found_at.replace(year=2022), "reason": "Khác"}
    again = one.model_copy(
        update={
            "revision": 7,
            "submission_number": 3,
            "findings": tuple(finding.model_copy(update=later) for finding in reversed(found)),
        }
    )
    ref = rule_set.ref()
    assert basis_hash(again, ref, None) == basis_hash(one, ref, None)
    assert summary(run(rule_set, again), again) == summary(run(rule_set, one), one)
