"""Many cards for a rule set, quickly: the values, states and findings of scoring_strategies, drawn by a seed."""

from __future__ import annotations

import random

from scoring_builders import a_submission, adjusted, answered, rejected
from scoring_strategies import NUMBERS, TEXTS

from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import Input, RuleSet

UNITS = ("Xã A", "Xã B", "Xã C", "Thị trấn D")
STATES = ("not_applicable", "not_reported", "rejected")
TEXT = ("", "full", 'a "quoted" {text}, với dấu', "part")


def drawn_submissions(rule_set: RuleSet, seed: int, count: int) -> list[VerifiedSubmission]:
    """The same seed gives the same cards."""
    draw = random.Random(seed)
    return [_submission(rule_set, draw) for _ in range(count)]


def _submission(rule_set: RuleSet, draw: random.Random) -> VerifiedSubmission:
    answers = {name: _figure(item, draw) for name, item in rule_set.inputs().items() if draw.random() < 0.9}
    findings: list[CriterionFinding] = []
    for criterion in rule_set.criteria():
        chance = draw.random()
        if chance < 0.1:
            findings.append(rejected(criterion.code))
        elif chance < 0.2:
            findings.append(adjusted(criterion.code, **{item.id: _figure(item, draw) for item in criterion.inputs}))
    return a_submission(
        rule_set,
        answers,
        findings=findings,
        without_evidence=[one.code for one in rule_set.criteria() if draw.random() < 0.5],
        days_late=draw.choice((0, 0, 0, 1, 2, 10)),
        missing=draw.random() < 0.05,
    )


def _figure(item: Input, draw: random.Random) -> Answer:
    if draw.random() < 0.15:
        return answered(f"!{draw.choice(STATES)}")
    if not item.per_unit:
        return answered(_value(item, draw))
    units = {
        unit: answered(_value(item, draw)).model_dump(exclude_defaults=True) for unit in UNITS[draw.randint(0, 3) :]
    }
    return Answer.model_validate({"state": "value", "units": units})


def _value(item: Input, draw: random.Random) -> object:
    if item.type == "boolean":
        return draw.random() < 0.5
    if item.type == "decimal":
        return draw.choice(NUMBERS)
    return draw.choice(TEXTS if item.type == "choice" else TEXT)
