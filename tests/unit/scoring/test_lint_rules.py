"""What lint finds out about rules, held against trying every card there is, and in cases told by hand."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input, answered
from scoring_strategies import rule_sets as any_rule_sets
from scoring_strategies import submissions

from services.scoring.core.lint import Finding, lint
from services.scoring.core.reference_rules import RulesReading
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet

ANSWERS: dict[str, list[object]] = {
    "plan": ["!not_reported", "!rejected", True, False],
    "kind": ["!not_reported", "!rejected", "a", "b"],
    "count": ["!not_reported", "!rejected", 0, 1, 2],
}
ORDER = ["at_least", "above", "at_most", "below"]


def rule_set_of(*rules: dict[str, Any], **more: Any) -> RuleSet:
    """A rule set with three figures, a criterion with evidence and one without, and these rules."""
    inputs = [
        an_input("plan", "boolean"),
        an_input("kind", "choice", options=("a", "b")),
        an_input("count", unit="xã", minimum=0, maximum=2),
    ]
    asked = a_criterion("1.1", {"form": "information"}, inputs, 0)
    shown = {"evidence": {"required": True, "documents": ["Kế hoạch"]}}
    planned = a_criterion("1.2", {"form": "yes_no", "input": "plan"}, [], 60, **shown)
    told = a_criterion("1.3", {"form": "choice", "input": "kind", "points": {"a": 40, "b": 0}}, [], 40)
    return a_rule_set(a_section("1", asked, planned, told), rules=rules, **more)


def found_in(*rules: dict[str, Any], **more: Any) -> list[Finding]:
    """What lint says of these rules; that evidence has no effect is not the matter here."""
    found = lint(LoadedRuleSet.without_places(rule_set_of(*rules, **more)))
    return [finding for finding in found if finding.code != "evidence.no_effect"]


def rule_of(rule_set: RuleSet, finding: Finding) -> str:
    """The rule a finding is about."""
    return rule_set.rules[int(finding.path.partition("[")[2].partition("]")[0])].id


# --- against every card ------------------------------------------------------------------------------------------


def every_card(rule_set: RuleSet) -> list[set[str]]:
    """The rules that fire, for each card that differs in anything that rules can see."""
    answers = [
        {name: answered(value) for name, value in zip(ANSWERS, values, strict=True)}
        for values in product(*ANSWERS.values())
    ]
    cards = [a_submission(rule_set, each, days_late=late) for each in answers for late in range(4)]
    return [fired(rule_set, card) for card in [*cards, *missing(rule_set)]]


def missing(rule_set: RuleSet) -> list[Any]:
    return [a_submission(rule_set, days_late=late, missing=True) for late in range(4)]


def fired(rule_set: RuleSet, verified: Any) -> set[str]:
    reading = RulesReading(rule_set, verified, None)
    reading.fire()
    return {rule for rule, _ in reading.fired}


@st.composite
def comparisons(draw: st.DrawFn, derived: list[str], negated: bool) -> dict[str, Any]:
    kinds = ["late", "missing", "plan", "kind", "count", "count", "state"] + ["derived"] * bool(derived and not negated)
    same = draw(st.sampled_from(["is", "is_not"]))
    match draw(st.sampled_from(kinds)):
        case "late":
            return {"fact": "submission.days_late", draw(st.sampled_from(ORDER)): draw(st.integers(0, 2))}
        case "missing":
            return {"fact": "submission.missing", "is": draw(st.booleans())}
        case "plan":
            return {"fact": "input.plan", same: draw(st.booleans())}
        case "kind":
            return {"fact": "input.kind", same: draw(st.sampled_from("ab"))}
        case "count":
            return {"fact": "input.count", draw(st.sampled_from([*ORDER, "is"])): draw(st.integers(0, 2))}
        case "state":
            state = draw(st.sampled_from(["value", "not_reported", "rejected"]))
            return {"fact": f"state.{draw(st.sampled_from(list(ANSWERS)))}", same: state}
        case _:
            return {"fact": draw(st.sampled_from(derived)), "is": True}


@st.composite
def conditions(draw: st.DrawFn, derived: list[str], depth: int = 0, negated: bool = False) -> dict[str, Any]:
    shape = draw(st.sampled_from(["leaf", "all", "all", "any", "not"])) if depth < 2 else "leaf"
    if shape == "leaf":
        return draw(comparisons(derived, negated))
    if shape == "not":
        return {"not": draw(conditions(derived, depth + 1, negated=True))}
    return {shape: [draw(conditions(derived, depth + 1, negated)) for _ in range(draw(st.integers(1, 3)))]}


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Rules that raise one of two flags, and derive facts for those after them."""
    rules = []
    for number in range(draw(st.integers(1, 4))):
        when = draw(conditions([f"derived.f{before}" for before in range(number)]))
        flag = {"effect": "flag", "flag": draw(st.sampled_from("xy"))}
        rules.append(a_rule(f"r{number}", when, flag, {"effect": "derive", "fact": f"derived.f{number}"}))
    return rule_set_of(*rules)


def rests_on_others(rule_set: RuleSet, rule: str) -> bool:
    when = next(one.when for one in rule_set.rules if one.id == rule)
    return "derived." in str(when)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rule_sets())
def test_rules_that_never_or_always_fire_are_those_that_do_so_on_every_card(rule_set: RuleSet) -> None:
    found = lint(LoadedRuleSet.without_places(rule_set))
    cards = every_card(rule_set)
    never, always = (
        {rule_of(rule_set, one) for one in found if one.code == code}
        for code in ("rule.never_fires", "rule.always_fires")
    )
    for rule in rule_set.rules:
        fires = [rule.id in card for card in cards]
        if rests_on_others(rule_set, rule.id) and rule.id not in never | always:
            continue  # that the other rule never fires is said of the other rule
        assert (rule.id in never, rule.id in always) == (not any(fires), all(fires))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rule_sets())
def test_an_effect_is_shadowed_where_another_rule_has_it_on_every_card_as_well(rule_set: RuleSet) -> None:
    found = lint(LoadedRuleSet.without_places(rule_set))
    shadows = {rule_of(rule_set, one): one.en.split("`")[1] for one in found if one.code == "effect.shadowed"}
    cards = every_card(rule_set)
    fires = {rule.id: [rule.id in card for card in cards] for rule in rule_set.rules}
    flags = {rule.id: rule.then[0] for rule in rule_set.rules}
    for one, when in fires.items():
        needless = [
            other
            for other, whenever in fires.items()
            if flags[other] == flags[one] and any(when) and follows(when, whenever) and one != other
            if not follows(whenever, when) or other < one  # of two that are the same the later one is needless
        ]
        # A rule that rests on one that never fires is said to be shadowed by what it would imply if it did.
        if rests_on_others(rule_set, one) and not any(when):
            continue
        assert one not in shadows or shadows[one] in needless
        assert one in shadows or not needless or not all(any(each) for each in fires.values())


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_card_contradicts_what_is_said_of_rules_of_every_kind(data: st.DataObject) -> None:
    rule_set = data.draw(any_rule_sets())
    found = lint(LoadedRuleSet.without_places(rule_set))
    never = {rule_of(rule_set, one) for one in found if one.code == "rule.never_fires"}
    always = {rule_of(rule_set, one) for one in found if one.code == "rule.always_fires"}
    tried = {rule.id: len(rule_set.criteria()) if rule.for_each else 1 for rule in rule_set.rules}
    for _ in range(5):
        reading = RulesReading(rule_set, data.draw(submissions(rule_set)), None)
        reading.fire()
        counts = Counter(rule for rule, _ in reading.fired)
        assert not never & set(counts)
        assert all(counts[rule] == tried[rule] for rule in always)


def follows(when: list[bool], whenever: list[bool]) -> bool:
    return all(other for one, other in zip(when, whenever, strict=True) if one)


# --- told by hand ------------------------------------------------------------------------------------------------

LATE = {"fact": "submission.days_late", "at_least": 1}
VERY_LATE = {"fact": "submission.days_late", "above": 5}
NO_EVIDENCE = {"fact": "criterion.evidence_missing", "is": True}
EACH = {"for_each": "criterion"}


def of(fact: str, **test: Any) -> dict[str, Any]:
    return {"fact": fact, **test}


@pytest.mark.parametrize(
    "when",
    [
        {"all": [LATE, of("submission.days_late", below=1)]},
        {"all": [of("submission.days_late", above=2), of("submission.days_late", below=3)]},
        of("input.count", above=2),
        {"all": [of("input.count", above=0), of("input.count", below=1)]},
        {"all": [of("input.plan", **{"is": True}), of("state.plan", is_not="value")]},
        {"all": [of("submission.missing", **{"is": True}), of("input.kind", **{"is": "a"})]},
        {"all": [of("submission.missing", **{"is": True}), of("state.kind", **{"is": "rejected"})]},
        {"all": [of("input.kind", is_not="a"), of("input.kind", is_not="b")]},
        {"not": {"any": [of("submission.days_late", below=3), of("submission.days_late", at_least=3)]}},
        {"all": [of("input.count", at_least=1), {"not": of("input.count", at_least=1)}]},
    ],
)
def test_a_rule_that_cannot_fire_is_found(when: dict[str, Any]) -> None:
    assert [one.code for one in found_in(a_rule("r", when))] == ["rule.never_fires"]


@pytest.mark.parametrize(
    "when",
    [
        {"all": [of("submission.days_late", above=2), of("submission.days_late", at_most=3)]},
        {"all": [of("input.count", above=1), of("input.count", at_most=2)]},
        {"all": [of("submission.missing", **{"is": True}), of("state.kind", **{"is": "not_reported"})]},
        {"all": [of("input.kind", is_not="a"), of("state.plan", is_not="value")]},
        {"not": of("input.plan", **{"is": True})},
    ],
)
def test_a_rule_that_can_fire_is_let_be(when: dict[str, Any]) -> None:
    assert found_in(a_rule("r", when)) == []


def test_of_many_conditions_those_that_exclude_each_other_are_named() -> None:
    when = {
        "all": [
            of("input.plan", **{"is": True}),
            {"all": [VERY_LATE, of("input.count", below=9)]},
            of("submission.days_late", at_most=5),
        ]
    }
    (found,) = found_in(a_rule("r", when))
    assert "`submission.days_late > 5`, `submission.days_late ≤ 5` cannot hold together" in found.en
    assert found.path == "rules[0].when"


def test_a_single_condition_that_cannot_be_is_pointed_at() -> None:
    (found,) = found_in(a_rule("r", {"all": [LATE, of("input.count", at_least=3)]}))
    assert (found.path, "`input.count ≥ 3` cannot hold." in found.en) == ("rules[0].when.all[1]", True)


def test_what_rests_on_a_rule_that_never_fires_is_not_told_again() -> None:
    never = a_rule("r", of("input.count", above=2), {"effect": "derive", "fact": "derived.f"})
    found = found_in(never, a_rule("s", of("derived.f", **{"is": True})))
    assert [(one.code, one.path) for one in found] == [("rule.never_fires", "rules[0].when")]


def test_a_value_that_no_rule_derives_never_comes() -> None:
    derives = a_rule("r", LATE, {"effect": "derive", "fact": "derived.f"})
    found = found_in(derives, a_rule("s", of("derived.f", **{"is": False})))
    assert [(one.code, one.path) for one in found] == [("rule.never_fires", "rules[1].when")]


def test_facts_of_a_criterion_are_those_of_the_criteria_there_are() -> None:
    never = {"all": [NO_EVIDENCE, of("criterion.scored", **{"is": False})]}
    codes = [one.code for one in found_in(a_rule("r", never, **EACH))]
    assert codes == ["rule.never_fires"]
    assert found_in(a_rule("r", {"all": [NO_EVIDENCE, of("criterion.scored", **{"is": True})]}, **EACH)) == []


ZERO_ALL = a_rule("all", NO_EVIDENCE, {"effect": "zero_criterion"}, **EACH)


UNRANKED = {"effect": "exclude_from_ranking"}
ZERO_SECTION = {"effect": "zero_section", "section": "1"}
ZERO = {"effect": "zero_criterion", "criterion": "1.2"}
OUT = {"effect": "exclude_criterion", "criterion": "1.2"}
OFF = {"effect": "deduct", "points": 1}
OFF_SECTION = {"effect": "deduct", "points": 1, "from": "1"}


def cap(at_most: int) -> dict[str, Any]:
    return {"effect": "cap_section", "section": "1", "at_most": at_most}


@pytest.mark.parametrize(
    ("first", "second", "shadowed"),
    [
        # the same effect, under a condition that implies the other
        ((UNRANKED, LATE), (UNRANKED, VERY_LATE), "second"),
        ((UNRANKED, VERY_LATE), (UNRANKED, LATE), "first"),
        ((UNRANKED, LATE), (UNRANKED, LATE), "second"),
        # a cap that a lower one always beats; not the other way round
        ((cap(5), LATE), (cap(6), VERY_LATE), "second"),
        ((cap(6), LATE), (cap(5), VERY_LATE), None),
        # nothing is left of a section that counts 0
        ((ZERO_SECTION, LATE), (OFF_SECTION, VERY_LATE), "second"),
        ((ZERO_SECTION, LATE), (ZERO, VERY_LATE), "second"),
        ((ZERO_SECTION, VERY_LATE), (ZERO, LATE), None),
        ((ZERO_SECTION, LATE), (OFF, VERY_LATE), None),
        # deductions add up
        ((OFF, LATE), (OFF, VERY_LATE), None),
        # a criterion that is left out cannot count 0
        ((OUT, LATE), (ZERO, VERY_LATE), "second"),
    ],
)
def test_a_rule_is_shadowed_by_one_that_does_the_same_or_more(first: Any, second: Any, shadowed: str | None) -> None:
    found = found_in(a_rule("first", first[1], first[0]), a_rule("second", second[1], second[0]))
    told = [(one.about, one.code) for one in found]
    assert told == ([(shadowed, "rule.shadowed")] if shadowed else [])


def test_one_effect_of_two_is_told_at_its_place() -> None:
    both = a_rule("s", VERY_LATE, {"effect": "flag", "flag": "very"}, {"effect": "flag", "flag": "late"})
    (found,) = found_in(a_rule("r", LATE, {"effect": "flag", "flag": "late"}), both)
    assert (found.code, found.path) == ("effect.shadowed", "rules[1].then[1]")


def test_a_rule_for_one_criterion_is_shadowed_by_that_for_each() -> None:
    both = {"all": [LATE, NO_EVIDENCE]}
    of_one = a_rule("one", both, {"effect": "zero_criterion", "criterion": "1.2"}, **EACH)
    assert [one.code for one in found_in(ZERO_ALL, of_one)] == ["rule.shadowed"]


def test_a_criterion_that_is_left_out_and_counts_0_is_a_contradiction() -> None:
    out = a_rule("out", of("input.kind", **{"is": "a"}), OUT)
    zero = a_rule("zero", LATE, ZERO)
    (found,) = found_in(out, zero)
    assert (found.code, found.path) == ("effect.contradicts", "rules[1].then[0]")
    apart = {"all": [LATE, {"not": of("input.kind", **{"is": "a"})}]}
    assert found_in(out, a_rule("zero", apart, ZERO)) == []


def test_a_rule_that_counts_0_whenever_another_leaves_out_contradicts_it() -> None:
    out, zero = a_rule("out", VERY_LATE, OUT), a_rule("zero", LATE, ZERO)
    for order in ((out, zero), (zero, out)):
        assert [(one.code, one.path) for one in found_in(*order)] == [("effect.contradicts", "rules[1].then[0]")]


def test_two_deductions_are_one_too_many_only_where_they_always_go_together() -> None:
    same = {"not": of("submission.days_late", below=1)}
    found = found_in(a_rule("one", LATE, OFF), a_rule("two", same, OFF))
    assert [(one.code, one.path) for one in found] == [("effect.deducts_twice", "rules[1].then[0]")]
    assert found_in(a_rule("one", LATE, OFF), a_rule("two", LATE, OFF_SECTION)) == []


def test_a_criterion_may_be_excepted_from_a_rule_for_each() -> None:
    out = a_rule("out", of("input.kind", **{"is": "a"}), OUT)
    assert found_in(out, ZERO_ALL) == []


def test_two_names_of_one_fact_contradict_and_two_numbers_do_not() -> None:
    def derives(name: str, when: Any, value: Any) -> dict[str, Any]:
        return a_rule(name, when, {"effect": "derive", "fact": "derived.f", "value": value})

    used = a_rule("used", of("derived.f", **{"is": "x"}))
    assert [one.code for one in found_in(derives("a", LATE, "x"), derives("b", VERY_LATE, "y"), used)] == [
        "derived.contradicts"
    ]
    early = of("submission.days_late", below=1)
    assert found_in(derives("a", LATE, "x"), derives("b", early, "y"), used) == []
    counted = a_rule("counted", LATE, {"effect": "deduct", "points": 1, "times": "derived.f"})
    assert found_in(derives("a", LATE, 1), derives("b", VERY_LATE, 2), counted) == []


def test_the_order_of_rules_changes_no_finding() -> None:
    rules = [
        a_rule("a", LATE, {"effect": "exclude_from_ranking"}),
        a_rule("b", VERY_LATE, {"effect": "exclude_from_ranking"}),
        a_rule("c", of("input.count", above=2)),
    ]
    told = {
        frozenset((one.code, one.vi) for one in found_in(*order))
        for order in (rules, rules[::-1], rules[1:] + rules[:1])
    }
    assert len(told) == 1
