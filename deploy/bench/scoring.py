"""Cards a second: the production path, its parts, and the plain reference evaluator, side by side in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from deploy.xephang.year.example import answers, example_agencies, example_year, rule_set_path
from services.intake.core.form import check_answers
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set
from services.scoring.core.reference import evaluate
from services.scoring.core.scorecard import score
from shared.contracts.common import SubmissionKey
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_rule_set

__all__ = ["scoring_rates"]

ROUNDS = 5
CARDS = 200


def scoring_rates() -> dict[str, float]:
    """Median cards a second by path, for the province's IT set."""
    rule_set = load_rule_set(rule_set_path("it-province/2021.1.yaml"))
    verified = _submissions(rule_set)
    compiled = compile_rule_set(rule_set)
    engine = DurableEngine()
    engine.load(compiled.ref.hash, rule_set)
    cards = [Card.of(one, rule_set) for one in verified]
    fired = engine.fire(compiled.ref.hash, cards)

    def production() -> None:
        own = [Card.of(one, rule_set) for one in verified]
        for card, firings in zip(own, engine.fire(compiled.ref.hash, own), strict=True):
            score(compiled, card, firings, {})

    def rules_only() -> None:
        engine.fire(compiled.ref.hash, cards)

    def points_only() -> None:
        for card, firings in zip(cards, fired, strict=True):
            score(compiled, card, firings, {})

    def reference() -> None:
        for one in verified:
            evaluate(rule_set, one, {})

    paths = {"production": production, "rules only": rules_only, "points only": points_only, "reference": reference}
    times: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(ROUNDS):  # in turn, so that a slow minute of the machine falls on all alike
        for name, path in paths.items():
            times[name].append(_timed(path))
    return {name: CARDS / statistics.median(spent) for name, spent in times.items()}


def _timed(path: Callable[[], None]) -> float:
    start = time.perf_counter()
    path()
    return time.perf_counter() - start


def _submissions(rule_set: RuleSet) -> list[VerifiedSubmission]:
    """Made-up verified submissions, repeated to the number wanted."""
    plan = example_year(2021)
    made = []
    for agency in example_agencies():
        if agency.group != rule_set.group:
            continue
        posted = answers(plan, agency.id, rule_set)
        checked, faults = check_answers(rule_set, posted["figures"], posted["evidence"])
        assert checked is not None, faults
        made.append(
            VerifiedSubmission(
                key=SubmissionKey(campaign="2021", programme=rule_set.programme, agency=agency.id),
                group=agency.group,
                rule_set=rule_set.ref(),
                revision=1,
                basis="answered",
                submission_number=1,
                days_late=0,
                answers=checked,
                findings=(),
            )
        )
    return [made[number % len(made)] for number in range(CARDS)]
