"""The production path (durable_rules, compiled closures) and the reference agree on everything that can be drawn."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lengths import at_length
from scoring_cards import drawn_submissions
from scoring_strategies import best_of_group, rule_sets, submissions

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.adapters.rule_network import Limits
from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set
from services.scoring.core.reference import evaluate
from services.scoring.core.scorecard import basis_hash, score
from services.scoring.scorer import Scorer
from shared.ruleset.document import RuleSet

# Bounds so tight that every condition is cut into auxiliary facts and every few clauses into chunks.
TIGHT = Limits(clauses_a_product=2, joined_facts=2, card_literals=2, clauses_a_chunk=3, card_facts_a_chunk=2)
FIELDS = (
    *("rule_set", "sum", "deducted", "points", "maximum", "index", "level", "excluded", "firings", "effects"),
    *("criteria", "sections"),
)
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def compare(data: st.DataObject, limits: Limits | None) -> None:
    """Draw a rule set and submissions; all three ways of scoring must give the same scorecards.

    The production path scores a batch in columns and remembers what rules did; the plain path posts every card and
    runs the closures one by one; the reference knows neither.
    """
    rule_set = data.draw(rule_sets())
    compiled = compile_rule_set(rule_set)
    engine = DurableEngine(limits)
    verified = data.draw(st.lists(submissions(rule_set), min_size=1, max_size=5))
    best = data.draw(best_of_group(rule_set))
    scorer = Scorer(engine)
    produced = scorer.score(rule_set, verified, best)
    again = scorer.score(rule_set, verified[::-1], best)[::-1]
    alone = [scorer.score(rule_set, [one], best)[0] for one in verified]
    cards = [Card.of(one, rule_set) for one in verified]
    fired = engine.fire(compiled.ref.hash, cards)
    engine.close()
    stage: Literal["provisional", "final"] = "provisional" if best is None else "final"
    for number, (one, card, firings) in enumerate(zip(verified, cards, fired, strict=True)):
        plain = score(compiled, card, reversed(firings), best)
        for scorecard in (produced[number], again[number], alone[number]):
            assert {name: getattr(scorecard, name) for name in FIELDS} == {n: getattr(plain, n) for n in FIELDS}
        summary = plain.summary(one.key, one.group, stage, basis_hash(one, compiled.ref, best))
        assert summary == evaluate(rule_set, one, best)


@pytest.mark.parametrize("limits", [None, TIGHT], ids=["usual", "tight"])
@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_production_and_reference_agree(limits: Limits | None, data: st.DataObject) -> None:
    compare(data, limits)


@pytest.mark.slow
@pytest.mark.parametrize("limits", [None, TIGHT], ids=["usual", "tight"])
@settings(max_examples=at_length(800), deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_production_and_reference_agree_on_many(limits: Limits | None, data: st.DataObject) -> None:
    compare(data, limits)


@pytest.mark.slow
@settings(max_examples=at_length(200), deadline=None, suppress_health_check=QUIET)
@given(rule_set=rule_sets(), seed=st.integers(0, 2**32))
def test_columns_closures_and_reference_agree_on_very_many_cards(rule_set: RuleSet, seed: int) -> None:
    """Five hundred cards of each rule set, in batches, with the group's own highest values; the reference agrees."""
    compiled = compile_rule_set(rule_set)
    engine = DurableEngine()
    scorer = Scorer(engine)
    verified = drawn_submissions(rule_set, seed, 500)
    best = scorer.group_best(rule_set, verified)
    for start in range(0, len(verified), 100):
        batch = verified[start : start + 100]
        for one, scorecard in zip(batch, scorer.score(rule_set, batch, best), strict=True):
            card = Card.of(one, rule_set)
            plain = score(compiled, card, engine.fire(compiled.ref.hash, [card])[0], best)
            assert [getattr(scorecard, name) for name in FIELDS] == [getattr(plain, name) for name in FIELDS]
            summary = scorecard.summary(one.key, one.group, "final", basis_hash(one, compiled.ref, best))
            assert summary == evaluate(rule_set, one, best)
    engine.close()
