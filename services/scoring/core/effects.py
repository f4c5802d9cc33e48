"""What the fired rules do to a scorecard, gathered so that their order cannot matter.

Every effect falls into a set, a minimum or a sum; scorecard.py applies them in the one fixed order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from services.scoring.core.card import Card, Typed
from services.scoring.core.facts import Firing, card_fact
from services.scoring.core.points import CompiledRuleSet
from shared.ruleset.document import (
    CapSection,
    Deduct,
    Derive,
    Effect,
    ExcludeCriterion,
    ExcludeFromRanking,
    Flag,
    Rule,
    ZeroCriterion,
    ZeroSection,
)

__all__ = ["Cap", "Deduction", "Effects", "gather", "in_order"]


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points one rule takes off a section, or off the total."""

    rule: str
    from_: str
    points: Fraction


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a section may count, by one rule."""

    rule: str
    section: str
    at_most: Fraction


@dataclass(slots=True)
class Effects:
    """All effects of a card's fired rules."""

    excluded: set[str] = field(default_factory=set)
    zeroed: set[str] = field(default_factory=set)
    zeroed_sections: set[str] = field(default_factory=set)
    caps: list[Cap] = field(default_factory=list)
    deductions: list[Deduction] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    unranked_by: list[str] = field(default_factory=list)


def in_order(compiled: CompiledRuleSet, firings: Iterable[Firing]) -> tuple[Firing, ...]:
    """Firings in the order of the rules, then of the criteria, each once, however the engine came upon them."""
    rules = {rule: index for index, rule in enumerate(compiled.rules)}
    criteria = {criterion.code: index for index, criterion in enumerate(compiled.criteria)}
    key = {
        firing: (rules[firing.rule_id], -1 if firing.criterion is None else criteria[firing.criterion])
        for firing in firings
    }
    return tuple(sorted(key, key=key.__getitem__))


def gather(compiled: CompiledRuleSet, card: Card, firings: Sequence[Firing]) -> Effects:
    """Gather what `firings` (in order, each once) do; nothing is applied here."""
    effects = Effects()
    by_rule: dict[str, list[str | None]] = {}
    for firing in firings:
        by_rule.setdefault(firing.rule_id, []).append(firing.criterion)
    derived = _derived(compiled, by_rule)
    for rule_id, criteria in by_rule.items():
        rule = compiled.rules[rule_id]
        for effect in rule.then:
            _gather_one(effects, rule, effect, criteria)
            if isinstance(effect, Deduct):
                taken = _deduction(effect, card, derived) * len(criteria)
                if effect.at_most is not None:
                    taken = min(taken, effect.at_most)
                effects.deductions.append(Deduction(rule.id, effect.from_, taken))
    return effects


def _gather_one(effects: Effects, rule: Rule, effect: Effect, criteria: Sequence[str | None]) -> None:
    match effect:
        case ExcludeCriterion(criterion=named):
            effects.excluded.update(_named(rule, named, criteria))
        case ZeroCriterion(criterion=named):
            effects.zeroed.update(_named(rule, named, criteria))
        case ZeroSection(section=section):
            effects.zeroed_sections.add(section)
        case CapSection(section=section, at_most=at_most):
            effects.caps.append(Cap(rule.id, section, at_most))
        case Flag(flag=flag):
            effects.flags.add(flag)
        case ExcludeFromRanking():
            effects.unranked_by.append(rule.id)
        case _:
            pass


def _named(rule: Rule, named: str, criteria: Sequence[str | None]) -> set[str]:
    if named != "this":
        return {named}
    found = {criterion for criterion in criteria if criterion is not None}
    if not found:
        raise ValueError(f"rule {rule.id!r} speaks of 'this' criterion but is not tried on each: it was not linted")
    return found


def _derived(compiled: CompiledRuleSet, fired: Iterable[str]) -> dict[str, list[Typed]]:
    derived: dict[str, list[Typed]] = {}
    for rule_id in fired:
        for effect in compiled.rules[rule_id].then:
            if isinstance(effect, Derive):
                derived.setdefault(effect.fact, []).append(effect.stated)
    return derived


def _deduction(effect: Deduct, card: Card, derived: dict[str, list[Typed]]) -> Fraction:
    if effect.times is None:
        return max(effect.points, Fraction(0))
    value = card_fact(effect.times)(card)
    # Two rules may derive different values of one fact: the highest counts, whichever fired first.
    values = derived.get(effect.times, []) if value is None else [value]
    times = max((_times(each) for each in values), default=Fraction(0))
    return max(effect.points * times, Fraction(0))


def _times(value: Typed) -> Fraction:
    # A yes counts once, a no not at all; a word cannot be counted.
    return Fraction(0) if isinstance(value, str) else Fraction(value)
