"""What rules bring about, remembered by what they can see (sight.py): the engine is asked only about what is new.

The engine decides, always: what is remembered is its own answer to a card that looked the same to every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.scoring.core.card import Card
from services.scoring.core.effects import Effects, gather, in_order
from services.scoring.core.facts import Firing
from services.scoring.core.points import CompiledRuleSet
from services.scoring.core.remembered import Remembered
from services.scoring.core.sight import Profile, Seen, Sight
from shared.ruleset.document import Deduct, Effect

__all__ = ["Fire", "Outcome", "Outcomes"]

Fire = Callable[[Sequence[Card]], Sequence[tuple[Firing, ...]]]
CardAt = Callable[[int], Card]

_KEPT = 5_000

# The rules that fired, in order; for a rule that is tried on every criterion, the profiles it fired for.
Fired = tuple[tuple[str, frozenset[Profile] | None], ...]

# For effects that look at no card.
_NOBODY = Card(figures={}, rejected=frozenset(), evidence=frozenset(), findings={}, days_late=0, missing=False)


class _Alike(NamedTuple):
    """What decides which rules fire: where two cards have the same, so have their firings."""

    looks: tuple[int, ...]
    profiles: frozenset[Profile]


@dataclass(slots=True)
class Outcome:
    """What fired, and what follows: the same for all cards that look the same; they share it and never change it.

    `effects` is None where a deduction is counted by a fact of the card.
    """

    firings: tuple[Firing, ...]
    effects: Effects | None


class Outcomes:
    """The outcomes of one version; `fire` is the rule engine's, `kept` how many are remembered at least."""

    def __init__(self, compiled: CompiledRuleSet, sight: Sight, fire: Fire, kept: int = _KEPT) -> None:
        self._compiled = compiled
        self._sight = sight
        self._fire = fire
        self._numbers = {criterion.code: number for number, criterion in enumerate(compiled.criteria)}
        self._counted = frozenset(rule.id for rule in compiled.rules.values() if any(map(_is_counted, rule.then)))
        self._outcomes = Remembered[Seen, Outcome](kept)
        self._fired = Remembered[_Alike, Fired](kept)
        self.shown = 0  # cards that the engine was shown

    def of(self, seen: Sequence[Seen], card_at: CardAt) -> list[Outcome]:
        """The outcome of each card; `card_at` makes those cards that the engine has to be shown."""
        found = [self._outcomes.get(one) for one in seen]
        unknown = {one: row for row, one in enumerate(seen) if found[row] is None}
        made = dict(zip(unknown, self._made(list(unknown), list(unknown.values()), card_at), strict=True))
        for one, outcome in made.items():
            self._outcomes.keep(one, outcome)
        return [made[seen[row]] if one is None else one for row, one in enumerate(found)]

    def _made(self, seen: Sequence[Seen], rows: Sequence[int], card_at: CardAt) -> list[Outcome]:
        alike = [self._alike(one) for one in seen]
        fired = {one: self._fired.get(one) for one in alike}
        new = {one: place for place, one in enumerate(alike) if fired[one] is None}
        if new:
            self.shown += len(new)
            answers = self._fire([card_at(rows[place]) for place in new.values()])
            for (one, place), firings in zip(new.items(), answers, strict=True):
                fired[one] = self._by_profile(firings, self._profiles(seen[place]))
                self._fired.keep(one, fired[one] or ())
        return [self._outcome(fired[same] or (), self._profiles(one)) for same, one in zip(alike, seen, strict=True)]

    def _alike(self, seen: Seen) -> _Alike:
        return _Alike(seen.looks, frozenset(self._profiles(seen)))

    def _profiles(self, seen: Seen) -> list[Profile]:
        profiles = list(self._sight.usual)
        for number, profile in seen.unusual:
            profiles[number] = profile
        return profiles

    def _by_profile(self, firings: Sequence[Firing], profiles: Sequence[Profile]) -> Fired:
        found: dict[str, set[Profile] | None] = {}
        for firing in in_order(self._compiled, firings):
            if firing.criterion is None:
                found[firing.rule_id] = None
            else:
                for_profiles = found.setdefault(firing.rule_id, set())
                assert for_profiles is not None, f"rule {firing.rule_id} fired with and without a criterion"
                for_profiles.add(profiles[self._numbers[firing.criterion]])
        return tuple((rule, None if each is None else frozenset(each)) for rule, each in found.items())

    def _outcome(self, fired: Fired, profiles: Sequence[Profile]) -> Outcome:
        criteria = self._compiled.criteria
        firings: list[Firing] = []
        for rule, each in fired:
            if each is None:
                firings.append(Firing(rule))
            else:
                codes = (one.code for one, profile in zip(criteria, profiles, strict=True) if profile in each)
                firings.extend(Firing(rule, code) for code in codes)
        counted = any(rule in self._counted for rule, _ in fired)
        return Outcome(tuple(firings), None if counted else gather(self._compiled, _NOBODY, firings))


def _is_counted(effect: Effect) -> bool:
    """Whether the effect depends on a fact of the card itself."""
    return isinstance(effect, Deduct) and effect.times is not None and not effect.times.startswith("derived.")
