"""The rules of a proof: which fired, about which criteria, and what they did, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from services.scoring.core.proof_model import ProvenRule, Shown
from services.scoring.core.scorecard import Scorecard
from services.scoring.core.what_if import WhatIf
from shared.ruleset.document import Rule, RuleSet
from shared.ruleset.words_rules import RuleWords

__all__ = ["FiredRules"]

_TAKING = ("deduct", "cap_section", "zero_criterion", "zero_section")


class FiredRules:
    """The rules that fired on one scorecard."""

    def __init__(
        self, rule_set: RuleSet, scorecard: Scorecard, what_if: WhatIf, shown: Callable[[Fraction], Shown]
    ) -> None:
        self.by_id = {rule.id: rule for rule in rule_set.rules}
        self._sections = {result.code: result.section for result in scorecard.criteria}
        self.proven = tuple(_proven(rule_set, scorecard, what_if, shown))

    def about(self, code: str) -> tuple[str, ...]:
        """Those that were tried on the criterion, or name it or its section as zeroed or excluded."""
        section = self._sections[code]
        about = []
        for rule in self.proven:
            effects = self.by_id[rule.rule].then
            targets = {getattr(effect, "criterion", None) for effect in effects}
            zeroed = any(effect.effect == "zero_section" and effect.section == section for effect in effects)
            if code in rule.criteria or code in targets or zeroed:
                about.append(rule.rule)
        return tuple(about)

    def zeroed_by(self, code: str) -> tuple[str, ...]:
        """Those that made the criterion count 0."""
        return tuple(rule.rule for rule in self.proven if self._zeroes(rule, code))

    def excluded_by(self, code: str) -> tuple[str, ...]:
        """Those that took the criterion out of points and maximum."""
        return tuple(
            rule.rule
            for rule in self.proven
            for effect in self.by_id[rule.rule].then
            if effect.effect == "exclude_criterion" and _names(effect.criterion, rule, code)
        )

    def cited(self, rules: tuple[str, ...]) -> str:
        """Rules by title and article."""
        named = [self.by_id[rule] for rule in rules]
        return "; ".join(f"“{rule.title.vi}”{f' ({rule.article})' if rule.article else ''}" for rule in named)

    def _zeroes(self, rule: ProvenRule, code: str) -> bool:
        return any(
            (effect.effect == "zero_criterion" and _names(effect.criterion, rule, code))
            or (effect.effect == "zero_section" and effect.section == self._sections[code])
            for effect in self.by_id[rule.rule].then
        )


def _names(target: str, rule: ProvenRule, code: str) -> bool:
    return code in rule.criteria if target == "this" else target == code


def _proven(
    rule_set: RuleSet, scorecard: Scorecard, what_if: WhatIf, shown: Callable[[Fraction], Shown]
) -> Iterator[ProvenRule]:
    words = RuleWords(rule_set)
    criteria: dict[str, list[str]] = {}
    for firing in scorecard.firings:
        codes = criteria.setdefault(firing.rule_id, [])
        if firing.criterion is not None:
            codes.append(firing.criterion)
    for rule in rule_set.rules:
        if rule.id in criteria:
            yield ProvenRule(
                rule=rule.id,
                title=rule.title.vi,
                message=rule.message.vi,
                article=rule.article,
                when=words.condition(rule),
                effects=words.effects(rule),
                criteria=tuple(criteria[rule.id]),
                cost=_cost(rule, scorecard, what_if, shown),
            )


def _cost(rule: Rule, scorecard: Scorecard, what_if: WhatIf, shown: Callable[[Fraction], Shown]) -> Shown | None:
    """What the rule alone took off the total; None for one that takes nothing by its nature."""
    if not any(effect.effect in _TAKING for effect in rule.then):
        return None
    return shown(what_if.without(rule.id).points - scorecard.points)
