"""An example as the reference reads it, with the questions that coverage asks of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from services.scoring.core.card import Card
from services.scoring.core.examples import example_submission
from services.scoring.core.facts import Firing
from services.scoring.core.points import CompiledRuleSet
from services.scoring.core.reference import evaluate
from services.scoring.core.reference_points import Value
from services.scoring.core.reference_rules import RulesReading
from services.scoring.core.scorecard import CriterionResult, Scorecard, score
from shared.contracts.scoring import ScorecardSummary
from shared.ruleset.document import Criterion, Derive, Example, Input, Rule

__all__ = ["Tried"]


class Tried(RulesReading):
    """One resolved example tried: read as the reference reads, scored as the production path scores (it is faster).

    What an example does not check it does not cover: a wrong row would go unnoticed. Raises `ValueError` or
    `DomainError` for values that do not fit, `KeyError` for names that the rule set does not know.
    """

    def __init__(self, compiled: CompiledRuleSet, example: Example) -> None:
        rule_set = compiled.rule_set
        super().__init__(rule_set, example_submission(rule_set, example), example.group_best)
        self.compiled = compiled
        self.card = Card.of(self.verified, rule_set)
        self.example = example
        self._owners = {item.id: (one, item) for one in rule_set.criteria() for item in one.inputs}
        self._counts: dict[str, bool] = {}
        self._facts: dict[tuple[str, str], list[Value]] = {}
        self.fire()

    def owner(self, input_id: str) -> tuple[Criterion, Input] | None:
        """The criterion that asks for an input."""
        return self._owners.get(input_id)

    def criterion_fact(self, name: str, criterion: Criterion) -> list[Value]:
        """A fact about the criterion a rule is tried on; rules and marks ask for the same ones over and over."""
        key = (criterion.code, name)
        if key not in self._facts:
            self._facts[key] = super().criterion_fact(name, criterion)
        return self._facts[key]

    @cached_property
    def scorecard(self) -> Scorecard:
        """The scorecard."""
        return score(self.compiled, self.card, _firings(self.fired), self.group_best)

    @cached_property
    def summary(self) -> ScorecardSummary:
        """The scorecard that the reference gives."""
        return evaluate(self.rule_set, self.verified, self.group_best)

    @cached_property
    def scored(self) -> dict[str, CriterionResult]:
        """What each criterion was given, by code."""
        return {one.code: one for one in self.scorecard.criteria}

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
        other = self.rule_set.model_copy(update={"rules": rules})
        compiled = replace(self.compiled, rule_set=other, rules={one.id: one for one in rules})
        fired = self.fired
        if isinstance(rule.then[effect], Derive):  # other rules may have waited for it
            reading = RulesReading(other, self.verified, self.group_best)
            reading.fire()
            fired = reading.fired
        return _shown(score(compiled, self.card, _firings(fired), self.group_best)) != _shown(self.scorecard)


def _firings(fired: Iterable[tuple[str, str | None]]) -> list[Firing]:
    return [Firing(rule, criterion) for rule, criterion in fired]


def _shown(card: Scorecard) -> tuple[object, ...]:
    """Everything that somebody is told."""
    whole = (card.points, card.maximum, card.index, card.level, card.excluded, card.firings, card.effects.flags)
    criteria = tuple((one.points, one.maximum, one.state) for one in card.criteria)
    return *whole, criteria, tuple((one.points, one.maximum) for one in card.sections)
