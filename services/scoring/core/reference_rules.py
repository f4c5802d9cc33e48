"""The reference, part two: which rules hold, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from services.scoring.core.reference_points import PointsReading, Value, holds_for
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import AllOf, AnyOf, Comparison, Condition, Criterion, Derive, Effect, Rule, RuleSet

__all__ = ["RulesReading"]


class RulesReading(PointsReading):
    """One submission read by one rule set: inputs, methods and rules."""

    def __init__(
        self, rule_set: RuleSet, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None
    ) -> None:
        super().__init__(rule_set, verified, group_best)
        self.derived: list[tuple[str, Value]] = []
        self.fired: set[tuple[str, str | None]] = set()
        self.effects: list[tuple[Rule, Effect, list[str | None]]] = []

    def fact(self, name: str, criterion: Criterion | None) -> list[Value]:
        """The values of a fact: none if it is absent; several only if several rules derived it."""
        if name.startswith("derived."):
            return [value for fact, value in self.derived if fact == name]
        if name == "submission.days_late":
            return [Fraction(self.verified.days_late)]
        if name == "submission.missing":
            return [self.missing]
        kind, _, rest = name.partition(".")
        if kind == "input":
            value = self.input_value(rest)
            return [] if value is None else [value]
        if kind == "state" and self.owner(rest) is not None:
            return [self.input_state(rest)]
        if kind == "criterion" and criterion is not None:
            return self.criterion_fact(rest, criterion)
        return []

    def criterion_fact(self, name: str, criterion: Criterion) -> list[Value]:
        """A fact about the criterion a rule is tried on."""
        required = criterion.evidence.required
        facts: dict[str, Value] = {
            "evidence_required": required,
            "evidence_missing": required and not self.has_evidence(criterion),
            "state": self.criterion_state(criterion),
            "scored": criterion.method.form != "information",
        }
        return [facts[name]] if name in facts else []

    def holds(self, condition: Condition, criterion: Criterion | None) -> bool:
        """Whether a condition holds with what is derived so far."""
        match condition:
            case AllOf():
                return all(self.holds(part, criterion) for part in condition.all)
            case AnyOf():
                return any(self.holds(part, criterion) for part in condition.any)
            case Comparison():
                return any(holds_for(value, condition) for value in self.fact(condition.fact, criterion))
            case _:
                return not self.holds(condition.not_, criterion)

    def fire(self) -> None:
        """Fire rules until nothing new follows. No rule may negate a derived fact, so the order is of no matter."""
        news = True
        while news:
            news = False
            for rule in self.rule_set.rules:
                subjects: tuple[Criterion | None, ...] = self.rule_set.criteria() if rule.for_each else (None,)
                for criterion in subjects:
                    firing = (rule.id, criterion.code if criterion else None)
                    if firing not in self.fired and self.holds(rule.when, criterion):
                        self.fired.add(firing)
                        self.derived.extend((e.fact, e.stated) for e in rule.then if isinstance(e, Derive))
                        news = True
        self.effects = [
            (rule, effect, self.criteria_of(rule))
            for rule in self.rule_set.rules
            if self.criteria_of(rule)
            for effect in rule.then
        ]

    def criteria_of(self, rule: Rule) -> list[str | None]:
        """For which criteria a rule fired, in the order of the annex; [None] for a rule that is not for each."""
        codes: list[str | None] = [None, *(criterion.code for criterion in self.rule_set.criteria())]
        return [code for code in codes if (rule.id, code) in self.fired]
