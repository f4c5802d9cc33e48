"""An example as the reference reads it, with the questions that coverage asks of it."""

from __future__ import annotations

from functools import cached_property

from services.scoring.core.examples import example_submission
from services.scoring.core.reference import evaluate
from services.scoring.core.reference_rules import RulesReading
from shared.contracts.scoring import CriterionPoints, ScorecardSummary
from shared.ruleset.document import Criterion, Example, Input, Rule, RuleSet

__all__ = ["Tried"]


class Tried(RulesReading):
    """One resolved example tried by the reference.

    What an example does not check it does not cover: a wrong row would go unnoticed.
    """

    def __init__(self, rule_set: RuleSet, example: Example) -> None:
        super().__init__(rule_set, example_submission(rule_set, example), example.group_best)
        self.example = example
        self._owners = {item.id: (one, item) for one in rule_set.criteria() for item in one.inputs}
        self._counts: dict[str, bool] = {}
        self.fire()

    def owner(self, input_id: str) -> tuple[Criterion, Input] | None:
        """The criterion that asks for an input."""
        return self._owners.get(input_id)

    @cached_property
    def summary(self) -> ScorecardSummary:
        """The scorecard that the reference gives."""
        return evaluate(self.rule_set, self.verified, self.group_best)

    @cached_property
    def scored(self) -> dict[str, CriterionPoints]:
        """What each criterion was given, by code."""
        return {one.code: one for one in self.summary.criteria}

    # --- what the example would notice ---

    def checks_points(self, code: str) -> bool:
        """Whether the example says what this criterion must give, alone or within the whole."""
        expect = self.example.expect
        whole = (expect.points, expect.maximum, expect.index)
        return code in expect.criteria or any(number is not None for number in whole)

    @property
    def checks_rules(self) -> bool:
        """Whether the example says which rules must fire."""
        return self.example.expect.fired is not None

    def counts(self, criterion: Criterion) -> bool:
        """Whether the example checks what the criterion's method gave, and no gate stood before it."""
        if criterion.code not in self._counts:
            self._counts[criterion.code] = self._is_counted(criterion)
        return self._counts[criterion.code]

    def _is_counted(self, criterion: Criterion) -> bool:
        if not self.checks_points(criterion.code):
            return False
        found = self.scored[criterion.code]
        if not self.asked(criterion):
            return False
        if found.state != "value":
            return found.state == "not_applicable"
        return found.points == self.method_points(criterion, criterion.method, criterion.maximum)

    # --- what an effect did ---

    def depends_on(self, rule: Rule, effect: int) -> bool:
        """Whether the scorecard would be another one without this effect of this rule."""
        less = rule.model_copy(update={"then": (*rule.then[:effect], *rule.then[effect + 1 :])})
        rules = tuple(less if one.id == rule.id else one for one in self.rule_set.rules)
        other = evaluate(self.rule_set.model_copy(update={"rules": rules}), self.verified, self.group_best)
        return _shown(other) != _shown(self.summary)


def _shown(summary: ScorecardSummary) -> dict[str, object]:
    """Everything but what names the rule set."""
    return {
        name: getattr(summary, name) for name in type(summary).model_fields if name not in ("rule_set", "basis_hash")
    }
