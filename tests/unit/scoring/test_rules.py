"""Which rules fire: nested conditions, absent facts, derived facts, rules tried on each criterion."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input, rejected
from scoring_runs import fire, fired_ids, run

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.adapters.rule_conditions import LIMIT, encode
from services.scoring.adapters.rule_network import Limits
from services.scoring.core.card import Card
from services.scoring.core.reference import evaluate
from services.scoring.ports import Firing, RuleEngineError
from shared.ruleset.document import RuleSet

INPUTS = [
    an_input("n", "decimal"),
    an_input("yes", "boolean"),
    an_input("mode", "choice", options=("full", "part")),
    an_input("note", "text"),
]
N, YES, MODE = {"fact": "input.n"}, {"fact": "input.yes"}, {"fact": "input.mode"}


def asking(*rules: dict[str, Any]) -> RuleSet:
    """A rule set with one criterion that asks all inputs."""
    method = {"form": "count", "input": "n", "unit_points": 1}
    criterion = a_criterion("1.1", method, INPUTS, evidence={"required": True}, not_applicable="allowed")
    return a_rule_set(a_section("1", criterion), rules=rules)


def holds(condition: dict[str, Any], **answers: object) -> bool:
    """Whether a rule with this condition fires (production and reference agree, or the test fails)."""
    rule_set = asking(a_rule("it", condition))
    return fired_ids(rule_set, a_submission(rule_set, answers)) == ["it"]


@pytest.mark.parametrize(
    ("test", "below", "at", "over"),
    [
        ({"at_least": "2.5"}, False, True, True),
        ({"above": "2.5"}, False, False, True),
        ({"at_most": "2.5"}, True, True, False),
        ({"below": "2.5"}, True, False, False),
        ({"is": "2.5"}, False, True, False),
        ({"is_not": "2.5"}, True, False, True),
    ],
)
def test_comparison_below_at_and_over_its_number(test: dict[str, Any], below: bool, at: bool, over: bool) -> None:
    found = [holds({**N, **test}, n=value) for value in ("2.499999", "2.5", "2.500001")]
    assert found == [below, at, over]
    negated = [holds({"not": {**N, **test}}, n=value) for value in ("2.499999", "2.5", "2.500001")]
    assert negated == [not below, not at, not over]


@pytest.mark.parametrize("test", [{o: "1"} for o in ("at_least", "above", "at_most", "below", "is", "is_not")])
@pytest.mark.parametrize("state", ["!not_reported", "!not_applicable", "!rejected"])
def test_absent_fact_satisfies_no_comparison(test: dict[str, Any], state: str) -> None:
    assert not holds({**N, **test}, n=state)
    assert holds({"not": {**N, **test}}, n=state)


def test_threshold_between_two_millionths() -> None:
    assert holds({**N, "at_least": "1/3"}, n="0.333334")
    assert not holds({**N, "at_least": "1/3"}, n="0.333333")
    assert holds({**N, "below": "1/3"}, n="0.333333")
    assert not holds({**N, "is": "1/3"}, n="0.333333")
    assert holds({**N, "is_not": "1/3"}, n="0.333333")


def test_numbers_beyond_64_bits_compare_rightly() -> None:
    huge = "1" + "0" * 15
    assert holds({**N, "above": "1000000000000"}, n=huge)
    assert not holds({**N, "below": "1000000000000"}, n=huge)
    assert holds({**N, "below": "-1000000000000"}, n=f"-{huge}")
    with pytest.raises(RuleEngineError, match="too large"):
        DurableEngine().load("x", asking(a_rule("it", {**N, "above": huge})))


def test_facts_reach_the_engine_as_whole_millionths_within_64_bits() -> None:
    assert encode(Fraction("-1.25")) == -1_250_000
    assert (encode(Fraction(10**15)), encode(Fraction(-(10**15)))) == (LIMIT, -LIMIT)
    with pytest.raises(RuleEngineError, match="six decimals"):
        encode(Fraction(1, 3))
    assert (encode(True), encode("full"), encode('"'), encode("đủ")) == (1, "full", "?", "?")


def test_booleans_choices_and_text() -> None:
    assert holds({**YES, "is": True}, yes=True)
    assert not holds({**YES, "is": False}, yes=True)
    assert holds({**YES, "is_not": True}, yes=False)
    assert holds({**MODE, "is": "full"}, mode="full")
    assert not holds({**MODE, "is": "part"}, mode="full")
    assert holds({"fact": "input.note", "is": "full"}, note="full")
    assert holds({"fact": "input.note", "is_not": "full"}, note='{"k": "0c", \\ "đầy đủ"')
    assert not holds({"fact": "input.note", "is": "full"}, note="fully")


def test_a_yes_is_not_the_number_one() -> None:
    assert not holds({**YES, "is": "1"}, yes=True)
    assert holds({**YES, "is_not": "1"}, yes=True)
    assert not holds({**YES, "at_least": "0"}, yes=True)
    assert holds({"not": {**YES, "is": "1"}})


@pytest.mark.parametrize(
    ("answer", "state"), [("3", "value"), ("!not_applicable", "not_applicable"), ("!rejected", "rejected")]
)
def test_state_of_an_input_is_a_fact(answer: str, state: str) -> None:
    assert holds({"fact": "state.n", "is": state}, n=answer)
    assert not holds({"fact": "state.n", "is_not": state}, n=answer)
    assert holds({"fact": "state.n", "is": "not_reported"})


def test_submission_facts() -> None:
    rule_set = asking(
        a_rule("late", {"fact": "submission.days_late", "above": 2}),
        a_rule("missing", {"fact": "submission.missing", "is": True}),
    )
    assert fired_ids(rule_set, a_submission(rule_set, {}, days_late=2)) == []
    assert fired_ids(rule_set, a_submission(rule_set, {}, days_late=3)) == ["late"]
    assert fired_ids(rule_set, a_submission(rule_set, {}, missing=True)) == ["missing"]


NESTED = {
    "all": [
        {"any": [{**N, "at_least": 5}, {"all": [{**YES, "is": True}, {"not": {**MODE, "is": "part"}}]}]},
        {"not": {"any": [{**N, "above": 9}, {"all": [{**MODE, "is": "full"}, {**YES, "is": False}]}]}},
    ]
}


@pytest.mark.parametrize("n", ["!not_reported", "4", "5", "9", "10"])
@pytest.mark.parametrize("yes", ["!not_reported", True, False])
@pytest.mark.parametrize("mode", ["!not_reported", "full", "part"])
def test_nested_any_all_not(n: str, yes: object, mode: str) -> None:
    at_least_5, over_9 = n in ("5", "9", "10"), n == "10"
    first = at_least_5 or (yes is True and mode != "part")
    second = not (over_9 or (mode == "full" and yes is False))
    assert holds(NESTED, n=n, yes=yes, mode=mode) is (first and second)


def test_none_of_twenty_things() -> None:
    flags = [an_input(f"f{number}", "boolean") for number in range(20)]
    criterion = a_criterion("1.1", {"form": "information"}, flags, 0)
    none = {"not": {"any": [{"fact": f"input.f{number}", "is": True} for number in range(20)]}}
    rule_set = a_rule_set(a_section("1", criterion), rules=[a_rule("none", none)])
    assert fired_ids(rule_set, a_submission(rule_set, {})) == ["none"]
    assert fired_ids(rule_set, a_submission(rule_set, {"f3": False, "f4": False})) == ["none"]
    assert fired_ids(rule_set, a_submission(rule_set, {"f19": True})) == []


def test_condition_that_would_multiply_out_beyond_reason() -> None:
    inputs = [an_input(f"n{number}", "integer") for number in range(12)]
    each_small_or_large = [
        {
            "any": [
                {"fact": f"input.n{n}", "is": 1},
                {"fact": f"input.n{n}", "is": 2},
                {"fact": f"input.n{n}", "above": 8},
            ]
        }
        for n in range(12)
    ]
    criterion = a_criterion("1.1", {"form": "information"}, inputs, 0)
    rule_set = a_rule_set(a_section("1", criterion), rules=[a_rule("wide", {"all": each_small_or_large})])
    good = {f"n{n}": (1, 2, 9)[n % 3] for n in range(12)}
    assert fired_ids(rule_set, a_submission(rule_set, good)) == ["wide"]
    assert fired_ids(rule_set, a_submission(rule_set, good | {"n7": 5})) == []


def derive(fact: str, value: object = True) -> dict[str, Any]:
    return {"effect": "derive", "fact": f"derived.{fact}", "value": value}


def known(fact: str, **test: object) -> dict[str, Any]:
    return {"fact": f"derived.{fact}", **(test or {"is": True})}


def test_derived_facts_chain_whatever_the_order_of_rules() -> None:
    chain = [a_rule("first", {**N, "above": 1}, derive("f0"))]
    chain += [a_rule(f"step-{n}", known(f"f{n}"), derive(f"f{n + 1}")) for n in range(12)]
    chain.append(a_rule("last", {"all": [known("f12"), {**YES, "is": True}]}))
    for rules in (chain, chain[::-1]):
        rule_set = asking(*rules)
        verified = a_submission(rule_set, {"n": "2", "yes": True})
        assert fired_ids(rule_set, verified) == [rule["id"] for rule in rules]
        assert fired_ids(rule_set, a_submission(rule_set, {"n": "1", "yes": True})) == []


def test_derived_values_are_compared_exactly_and_side_by_side() -> None:
    rule_set = asking(
        a_rule("low", {**N, "above": 0}, derive("x", "0.5")),
        a_rule("high", {**N, "above": 1}, derive("x", "2")),
        a_rule("word", {**N, "above": 2}, derive("x", "full")),
        a_rule("both", {"all": [known("x", at_most="0.5"), known("x", at_least="2")]}),
        a_rule("is-word", known("x", **{"is": "full"})),
        a_rule("other", known("x", is_not="0.5")),
    )
    assert fired_ids(rule_set, a_submission(rule_set, {"n": "1"})) == ["low"]
    assert fired_ids(rule_set, a_submission(rule_set, {"n": "2"})) == ["low", "high", "both", "other"]
    assert fired_ids(rule_set, a_submission(rule_set, {"n": "3"})) == [
        "low",
        "high",
        "word",
        "both",
        "is-word",
        "other",
    ]


def test_two_comparisons_may_look_at_one_derived_fact() -> None:
    rule_set = asking(
        a_rule("one", {**N, "above": 0}, derive("x", "1")),
        a_rule("between", {"all": [known("x", at_least="0.5"), known("x", at_most="2")]}),
    )
    assert fired_ids(rule_set, a_submission(rule_set, {"n": "1"})) == ["one", "between"]


def test_rule_that_derives_its_own_condition_ends() -> None:
    rule_set = asking(a_rule("self", {"any": [known("x"), {**N, "above": 0}]}, derive("x")))
    assert fired_ids(rule_set, a_submission(rule_set, {"n": "1"})) == ["self"]


def test_not_over_a_derived_fact_is_refused() -> None:
    rule_set = asking(a_rule("it", {"not": {"any": [known("x"), {**N, "above": 0}]}}))
    with pytest.raises(RuleEngineError, match=r"`not` over derived\.x"):
        DurableEngine().load("x", rule_set)
    assert DurableEngine().load("y", asking(a_rule("it", {"not": {"not": known("x")}}))) is None


def test_for_each_criterion_fires_for_those_it_fits() -> None:
    method = {"form": "count", "input": "n", "unit_points": 1}
    rule_set = a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", method, INPUTS, evidence={"required": True}),
            a_criterion("1.2", method, [], evidence={"required": True}),
            a_criterion("1.3", method, []),
            a_criterion("1.4", {"form": "information"}, [], 0, evidence={"required": True}),
        ),
        rules=[
            a_rule("no-evidence", {"fact": "criterion.evidence_missing", "is": True}, for_each="criterion"),
            a_rule("scored", {"fact": "criterion.scored", "is": False}, for_each="criterion"),
            a_rule("rejected", {"fact": "criterion.state", "is": "rejected"}, derive("bad"), for_each="criterion"),
            a_rule("late", {"fact": "submission.days_late", "above": 0}, for_each="criterion"),
            a_rule(
                "bad-and-shown",
                {"all": [known("bad"), {"fact": "criterion.evidence_missing", "is": False}, {**N, "above": 0}]},
                for_each="criterion",
            ),
        ],
    )
    verified = a_submission(
        rule_set, {"n": "1"}, findings=[rejected("1.3")], without_evidence=["1.2", "1.3", "1.4"], days_late=1
    )
    run(rule_set, verified)
    fired: dict[str, list[str | None]] = {}
    for firing in fire(rule_set, verified)[0]:
        fired.setdefault(firing.rule_id, []).append(firing.criterion)
    assert fired == {
        "no-evidence": ["1.2", "1.4"],
        "scored": ["1.4"],
        "rejected": ["1.3"],
        "late": ["1.1", "1.2", "1.3", "1.4"],
        "bad-and-shown": ["1.1", "1.3"],
    }


@pytest.mark.parametrize("product", [1, 24])
@pytest.mark.parametrize("n", ["1", "6", "8"])
def test_condition_on_a_criterion_cut_into_auxiliary_facts_stays_with_its_criterion(product: int, n: str) -> None:
    def of(fact: str, value: object) -> dict[str, Any]:
        return {"fact": f"criterion.{fact}", "is": value}

    method = {"form": "count", "input": "n", "unit_points": 1}
    required = {"required": True}
    when = {
        "all": [
            {"any": [of("evidence_missing", True), of("state", "rejected"), {**N, "above": 5}]},
            {"any": [of("scored", False), of("evidence_missing", False), {**N, "above": 7}]},
        ]
    }
    rule_set = a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", method, INPUTS, evidence=required),  # missing
            a_criterion("1.2", method, []),  # neither
            a_criterion("1.3", method, []),  # rejected
            a_criterion("1.4", {"form": "information"}, [], 0, evidence=required),  # missing and not scored
        ),
        rules=[a_rule("it", when, for_each="criterion")],
    )
    verified = a_submission(rule_set, {"n": n}, findings=[rejected("1.3")], without_evidence=["1.1", "1.4"])
    engine = DurableEngine(Limits(clauses_a_product=product))
    engine.load("v", rule_set)
    found = [firing.criterion for firing in engine.fire("v", [Card.of(verified, rule_set)])[0]]
    engine.release("v")
    assert found == {"1": ["1.3", "1.4"], "6": ["1.2", "1.3", "1.4"], "8": ["1.1", "1.2", "1.3", "1.4"]}[n]
    assert [one.criteria for one in evaluate(rule_set, verified, None).fired] == [tuple(found)]


def test_hundred_criteria_without_evidence() -> None:
    method = {"form": "yes_no", "input": "yes"}
    criteria = [
        a_criterion(f"{1 + n // 50}.{1 + n % 50}", method, [] if n else INPUTS, 1, evidence={"required": True})
        for n in range(100)
    ]
    gate = a_rule(
        "no-evidence",
        {"fact": "criterion.evidence_missing", "is": True},
        {"effect": "zero_criterion"},
        for_each="criterion",
    )
    rule_set = a_rule_set(a_section("1", *criteria[:50]), a_section("2", *criteria[50:]), rules=[gate])
    verified = a_submission(rule_set, {"yes": True}, without_evidence=[one["code"] for one in criteria])
    assert fire(rule_set, verified)[0] == tuple(Firing("no-evidence", one["code"]) for one in criteria)
    assert (run(rule_set, verified).points, run(rule_set, verified).maximum) == (0, 100)


def test_two_hundred_rules_on_one_fact() -> None:
    rules = [a_rule(f"over-{n}", {**N, "above": n}) for n in range(200)]
    rules += [a_rule(f"again-{n}", {**N, "above": 0}, derive("x")) for n in range(100)]
    rules += [a_rule(f"derived-{n}", known("x")) for n in range(100)]
    rule_set = asking(*rules)
    fired = fired_ids(rule_set, a_submission(rule_set, {"n": "150"}))
    assert fired == [rule["id"] for rule in rules[:150] + rules[200:]]
