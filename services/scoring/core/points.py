"""A rule set compiled for scoring: every criterion with its closures, everything looked up once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.scoring.core.card import Card, State
from services.scoring.core.methods import CompiledMethod, compile_method
from shared.ruleset.document import Criterion, Rule, RuleSet, RuleSetRef, Section

__all__ = ["CompiledCriterion", "CompiledRuleSet", "compile_rule_set", "group_best"]


@dataclass(frozen=True, slots=True)
class CompiledCriterion:
    """A criterion with its method ready to run."""

    source: Criterion
    code: str
    section: str
    maximum: Fraction
    information: bool
    evidence_required: bool
    method: CompiledMethod

    def state(self, card: Card) -> State:
        """Whether the criterion has a value on this card: what rules see as `criterion.state`."""
        if self.code in card.rejected:
            return "rejected"
        return self.method.state(card.figures)


@dataclass(frozen=True, slots=True)
class CompiledRuleSet:
    """A rule set version ready to score; immutable, so that versions stand side by side."""

    rule_set: RuleSet
    ref: RuleSetRef
    criteria: tuple[CompiledCriterion, ...]
    rules: Mapping[str, Rule]
    relative_inputs: tuple[str, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections in the order of the annex."""
        return self.rule_set.sections


def compile_rule_set(rule_set: RuleSet) -> CompiledRuleSet:
    """Precompute everything about a rule set that does not depend on a card."""
    criteria = tuple(
        _compiled(criterion, section.code) for section in rule_set.sections for criterion in section.criteria
    )
    relative = {name for criterion in criteria for name in criterion.method.relative_inputs}
    return CompiledRuleSet(
        rule_set=rule_set,
        ref=rule_set.ref(),
        criteria=criteria,
        rules={rule.id: rule for rule in rule_set.rules},
        relative_inputs=tuple(sorted(relative)),
    )


def _compiled(criterion: Criterion, section: str) -> CompiledCriterion:
    information = criterion.method.form == "information"
    return CompiledCriterion(
        source=criterion,
        code=criterion.code,
        section=section,
        maximum=Fraction(0) if information else criterion.maximum,
        information=information,
        evidence_required=criterion.evidence.required,
        method=compile_method(
            criterion.method,
            criterion.maximum,
            criterion.not_applicable == "allowed",
            [item.id for item in criterion.inputs],
        ),
    )


def group_best(compiled: CompiledRuleSet, cards: Iterable[Card]) -> dict[str, Fraction]:
    """The highest verified value in the group of every input that a relative criterion compares; 0 where none.

    What an agency claims in a criterion that verification rejected sets no mark for the others.
    """
    best = dict.fromkeys(compiled.relative_inputs, Fraction(0))
    relative = [criterion for criterion in compiled.criteria if criterion.method.relative_inputs]
    for card in cards:
        for criterion in relative:
            if criterion.code in card.rejected:
                continue
            for name in criterion.method.relative_inputs:
                figure = card.figures.get(name)
                if figure is not None and isinstance(figure.value, Fraction):
                    best[name] = max(best[name], figure.value)
    return best
