"""Ways to run the production path in a test: one card in, one scorecard out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from scoring_builders import a_criterion, a_rule_set, a_section, a_submission

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set
from services.scoring.core.reference import evaluate
from services.scoring.core.scorecard import Scorecard, basis_hash, score
from services.scoring.ports import Firing
from shared.contracts.scoring import ScorecardSummary
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet


def fire(rule_set: RuleSet, *verified: VerifiedSubmission) -> list[tuple[Firing, ...]]:
    """What fires, from an engine of its own."""
    engine = DurableEngine()
    engine.load("test", rule_set)
    try:
        return engine.fire("test", [Card.of(one, rule_set) for one in verified])
    finally:
        engine.release("test")


def run(rule_set: RuleSet, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None = None) -> Scorecard:
    """Score on the production path, and check that the reference says the same."""
    compiled = compile_rule_set(rule_set)
    scorecard = score(compiled, Card.of(verified, rule_set), fire(rule_set, verified)[0], group_best)
    assert summary(scorecard, verified, group_best) == evaluate(rule_set, verified, group_best)
    return scorecard


def summary(
    scorecard: Scorecard, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None = None
) -> ScorecardSummary:
    """The scorecard as an event carries it."""
    stage = "provisional" if group_best is None else "final"
    hashed = basis_hash(verified, scorecard.rule_set, group_best)
    return scorecard.summary(verified.key, verified.group, stage, hashed)


def one_criterion(
    method: Mapping[str, Any],
    inputs: Sequence[Mapping[str, Any]],
    answers: Mapping[str, object],
    group_best: Mapping[str, Fraction] | None = None,
    maximum: object = 10,
    **more: Any,
) -> tuple[str, Fraction, Fraction]:
    """State, points and maximum of a rule set's only criterion."""
    rule_set = a_rule_set(a_section("1", a_criterion("1.1", method, inputs, maximum, **more)))
    result = run(rule_set, a_submission(rule_set, answers), group_best).criteria[0]
    return result.state, result.points, result.maximum


def fired_ids(rule_set: RuleSet, verified: VerifiedSubmission) -> list[str]:
    """Ids of the rules that fire, each once, in order; the reference must agree."""
    return [one.rule for one in summary(run(rule_set, verified), verified).fired]
