"""Which rules fire is remembered by what rules can see: the engine is shown only what is new, and still decides."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input, rejected
from scoring_strategies import rule_sets, submissions

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.card import Card
from services.scoring.core.facts import Firing
from services.scoring.core.outcomes import Outcome, Outcomes
from services.scoring.core.points import compile_rule_set
from services.scoring.core.remembered import Remembered
from services.scoring.core.sight import Sight
from services.scoring.ports import RuleEngineError
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


class Shown:
    """Outcomes over a real engine, with the cards that the engine was shown."""

    def __init__(self, rule_set: RuleSet, kept: int = 100) -> None:
        self.rule_set = rule_set
        self.cards: list[Card] = []
        self.broken = False
        self._engine = DurableEngine()
        self._engine.load("v", rule_set)
        compiled = compile_rule_set(rule_set)
        self._sight = Sight(compiled)
        self._outcomes = Outcomes(compiled, self._sight, self._fire, kept)

    def _fire(self, cards: Sequence[Card]) -> list[tuple[Firing, ...]]:
        if self.broken:
            raise RuleEngineError("out of memory")
        self.cards += cards
        return self._engine.fire("v", cards)

    def of(self, *verified: VerifiedSubmission) -> list[Outcome]:
        cards = [Card.of(one, self.rule_set) for one in verified]
        return self._outcomes.of([self._sight.of_card(card) for card in cards], cards.__getitem__)

    def posted(self, verified: Sequence[VerifiedSubmission]) -> list[tuple[Firing, ...]]:
        """What fires when the engine is shown every card."""
        return self._engine.fire("v", [Card.of(one, self.rule_set) for one in verified])


def gated() -> RuleSet:
    """Two rules: many systems, and no evidence."""
    count = {"form": "count", "unit_points": 1}
    criteria = [
        a_criterion(f"1.{n}", {**count, "input": f"n{n}"}, [an_input(f"n{n}")], evidence={"required": True})
        for n in (1, 2, 3)
    ]
    missing = {"fact": "criterion.evidence_missing", "is": True}
    rules = [
        a_rule("many", {"fact": "input.n1", "above": 5}),
        a_rule("no-evidence", missing, {"effect": "zero_criterion"}, for_each="criterion"),
    ]
    return a_rule_set(a_section("1", *criteria), rules=rules)


def test_engine_is_shown_one_card_of_those_that_look_alike() -> None:
    rule_set = gated()
    shown = Shown(rule_set)
    few, many = ([a_submission(rule_set, {"n1": n}) for n in numbers] for numbers in ((0, 1, 5), (6, 7, 80)))
    assert [one.firings for one in shown.of(*few, *many)] == [()] * 3 + [(Firing("many"),)] * 3
    assert len(shown.cards) == 2
    shown.of(*few, *many)
    assert len(shown.cards) == 2


def test_criteria_that_look_alike_are_alike_to_the_rules_wherever_they_stand() -> None:
    rule_set = gated()
    shown = Shown(rule_set)
    found = shown.of(*(a_submission(rule_set, {}, without_evidence=[code]) for code in ("1.1", "1.2", "1.3")))
    assert [one.firings for one in found] == [(Firing("no-evidence", code),) for code in ("1.1", "1.2", "1.3")]
    assert len(shown.cards) == 1
    both = shown.of(a_submission(rule_set, {}, without_evidence=["1.3", "1.1"]))[0]
    assert both.firings == (Firing("no-evidence", "1.1"), Firing("no-evidence", "1.3"))
    assert len(shown.cards) == 1
    shown.of(a_submission(rule_set, {}, without_evidence=["1.1", "1.2", "1.3"]))  # none is left that has evidence
    assert len(shown.cards) == 2


def test_what_no_rule_looks_at_makes_no_difference() -> None:
    rule_set = gated()
    shown = Shown(rule_set)
    shown.of(a_submission(rule_set, {"n2": 1}), a_submission(rule_set, {"n3": 9}, days_late=4))
    shown.of(a_submission(rule_set, {"n2": 1}, findings=[rejected("1.2")]))
    assert len(shown.cards) == 1


def test_effects_counted_by_a_fact_are_not_shared() -> None:
    rule_set = a_rule_set(
        a_section("1", a_criterion("1.1", {"form": "count", "input": "n", "unit_points": 1}, [an_input("n")])),
        rules=[
            a_rule(
                "late",
                {"fact": "submission.days_late", "above": 0},
                {"effect": "deduct", "points": 1, "times": "submission.days_late"},
            )
        ],
    )
    on_time, late = Shown(rule_set).of(a_submission(rule_set, {}), a_submission(rule_set, {}, days_late=2))
    assert on_time.effects is not None
    assert late.effects is None


def test_failing_engine_surfaces_and_nothing_is_remembered_of_it() -> None:
    rule_set = gated()
    shown = Shown(rule_set)
    shown.broken = True
    for _ in range(2):
        with pytest.raises(RuleEngineError, match="out of memory"):
            shown.of(a_submission(rule_set, {"n1": 9}))
    shown.broken = False
    assert shown.of(a_submission(rule_set, {"n1": 9}))[0].firings == (Firing("many"),)


def test_remembered_stays_within_its_bound_and_keeps_what_is_asked_for() -> None:
    remembered = Remembered[int, str](3)
    for number in range(100):
        remembered.keep(number, str(number))
        assert remembered.get(number - 1 if number else 0) is not None
        assert remembered.get(0) == "0"
        assert len(remembered) <= 6
    assert remembered.get(50) is None


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_remembered_is_what_posting_every_card_gives(data: st.DataObject) -> None:
    rule_set = data.draw(rule_sets())
    verified = data.draw(st.lists(submissions(rule_set), min_size=1, max_size=6))
    shown = Shown(rule_set, kept=2)
    posted = shown.posted(verified)
    for _ in range(2):
        assert [one.firings for one in shown.of(*verified)] == posted
