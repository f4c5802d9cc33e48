"""A rule set compiled for scoring: every criterion with its closures, everything looked up once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from services.scoring.core.card import Card, Figures, State
from services.scoring.core.conditions import Asked, compile_asked
from services.scoring.core.methods import CompiledMethod, GroupBest, compile_method
from shared.ruleset.document import Criterion, Rule, RuleSet, RuleSetRef, Section
from shared.ruleset.uses import gate_inputs, used_inputs

__all__ = ["CompiledCriterion", "CompiledRuleSet", "Worked", "compile_rule_set", "group_best"]


class Worked(NamedTuple):
    """What one criterion of one card gives: `earned` by its method, `counted` with the evidence there is.

    Rules see the state; in any other than `value` nothing is earned.
    """

    state: State
    earned: Fraction
    counted: Fraction


@dataclass(frozen=True, slots=True)
class CompiledCriterion:
    """A criterion with its method ready to run; `maximum` is what it adds to its section's, 0 for a bonus."""

    source: Criterion
    code: str
    section: str
    maximum: Fraction
    information: bool
    evidence_required: bool
    without_evidence: Fraction
    asked: Callable[[Figures], Asked] | None
    method: CompiledMethod

    def state(self, card: Card) -> State:
        """Whether the criterion has a value on this card: what rules see as `criterion.state`."""
        if self.code in card.rejected:
            return "rejected"
        asked = "asked" if self.asked is None else self.asked(card.figures)
        if asked == "asked":
            return self.method.state(card.figures)
        return "value" if asked == "zero" else asked

    def worked(self, card: Card, best: GroupBest | None) -> Worked:
        """State and points on this card; nothing is earned in the provisional pass by who is compared with the best."""
        state = self.state(card)
        if state != "value" or self.information or (best is None and self.method.compared):
            return Worked(state, Fraction(0), Fraction(0))
        earned = self.earned(card, best or {})
        return Worked(state, earned, self.counted(card, earned))

    def earned(self, card: Card, best: GroupBest) -> Fraction:
        """What the method gives, before evidence and gates; only in the state `value`."""
        if self.asked is not None and self.asked(card.figures) == "zero":
            return Fraction(0)
        return self.method.points(card.figures, best)

    def counted(self, card: Card, earned: Fraction) -> Fraction:
        """The share of `earned` that counts with the evidence there is."""
        if self.evidence_required and self.code not in card.evidence:
            return earned * self.without_evidence
        return earned


@dataclass(frozen=True, slots=True)
class CompiledRuleSet:
    """A rule set version ready to score; immutable, so that versions stand side by side."""

    rule_set: RuleSet
    ref: RuleSetRef
    criteria: tuple[CompiledCriterion, ...]
    rules: Mapping[str, Rule]
    best_keys: tuple[str, ...]
    best_inputs: frozenset[str]  # all that the highest values are found by
    bonus_sections: frozenset[str]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections in the order of the annex."""
        return self.rule_set.sections


def compile_rule_set(rule_set: RuleSet) -> CompiledRuleSet:
    """Precompute everything about a rule set that does not depend on a card."""
    per_unit = frozenset(item.id for item in rule_set.inputs().values() if item.per_unit)
    criteria = tuple(
        _compiled(criterion, section.code, per_unit) for section in rule_set.sections for criterion in section.criteria
    )
    keys = {compared.key for criterion in criteria for compared in criterion.method.compared}
    return CompiledRuleSet(
        rule_set=rule_set,
        ref=rule_set.ref(),
        criteria=criteria,
        rules={rule.id: rule for rule in rule_set.rules},
        best_keys=tuple(sorted(keys)),
        best_inputs=frozenset(name for one in criteria if one.method.compared for name in _read_by(one.source)),
        bonus_sections=frozenset(criterion.section for criterion in criteria if criterion.source.bonus),
    )


def _compiled(criterion: Criterion, section: str, per_unit: frozenset[str]) -> CompiledCriterion:
    information = criterion.method.form == "information"
    without = criterion.evidence.without
    return CompiledCriterion(
        source=criterion,
        code=criterion.code,
        section=section,
        maximum=Fraction(0) if information or criterion.bonus else criterion.maximum,
        information=information,
        evidence_required=criterion.evidence.required,
        without_evidence=Fraction(1) if without is None else without,
        asked=compile_asked(criterion),
        method=compile_method(
            criterion.method,
            criterion.maximum,
            criterion.not_applicable == "allowed",
            [item.id for item in criterion.inputs],
            per_unit,
        ),
    )


def _read_by(criterion: Criterion) -> tuple[str, ...]:
    return (*used_inputs(criterion.method), *gate_inputs(criterion))


def group_best(compiled: CompiledRuleSet, cards: Iterable[Card]) -> dict[str, Fraction]:
    """The highest verified value in the group of everything that a relative criterion compares; 0 where none.

    What an agency claims in a criterion that verification rejected, or that it is not asked, sets no mark for others.
    """
    best = dict.fromkeys(compiled.best_keys, Fraction(0))
    relative = [criterion for criterion in compiled.criteria if criterion.method.compared]
    for card in cards:
        for criterion in relative:
            if criterion.code in card.rejected or (
                criterion.asked is not None and criterion.asked(card.figures) != "asked"
            ):
                continue
            for compared in criterion.method.compared:
                value = compared.value(card.figures)
                if value is not None:
                    best[compared.key] = max(best[compared.key], value)
    return best
