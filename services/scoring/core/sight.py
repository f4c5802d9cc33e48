"""What rules can see of a card: which of their comparisons hold, and nothing else.

Conditions are all/any/not over comparisons, and derived facts follow from rules that fired. So which rules fire is a
function of the truth of every comparison with a fact of the card, and of which profiles (the truth of every comparison
with a fact of a criterion) there are among its criteria. Cards that look alike in this are alike to the rules. Tests
hold this against an engine that is shown every card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from services.scoring.core.card import Card, State, Typed
from services.scoring.core.conditions import satisfies
from services.scoring.core.facts import card_fact
from services.scoring.core.points import CompiledCriterion, CompiledRuleSet
from shared.ruleset.document import Comparison
from shared.ruleset.uses import comparisons

__all__ = ["Look", "Profile", "Seen", "Sight"]

Profile = int


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that rules compare one fact with."""

    fact: str
    comparisons: tuple[Comparison, ...]

    def at(self, value: Typed | None) -> int:
        """One bit for each comparison that holds; an absent fact satisfies none."""
        if value is None:
            return 0
        return sum(1 << place for place, comparison in enumerate(self.comparisons) if satisfies(value, comparison))


class Seen(NamedTuple):
    """What rules see of one card: what each look gives, and the profile of every criterion that is out of the usual.

    Usual is a criterion with a value and with the evidence it needs.
    """

    looks: tuple[int, ...]
    unusual: tuple[tuple[int, Profile], ...]


class Sight:
    """The looks that the rules of one version take."""

    def __init__(self, compiled: CompiledRuleSet) -> None:
        of_card, of_criterion = _looks(compiled)
        self.card = of_card
        self._criterion = of_criterion
        self._criteria = compiled.criteria
        seen = {look.fact for look in of_criterion}
        self.sees_state = "criterion.state" in seen
        self.sees_evidence = "criterion.evidence_missing" in seen
        self._profiles: dict[tuple[bool, bool, State, bool], Profile] = {}
        self.usual = tuple(self.profile(number, "value", False) for number in range(len(compiled.criteria)))

    def profile(self, number: int, state: State, lacking: bool) -> Profile:
        """What rules see of a criterion in a state; `lacking` is required evidence that is not there."""
        criterion = self._criteria[number]
        key = (criterion.evidence_required, criterion.information, state, lacking)
        found = self._profiles.get(key)
        if found is None:
            found = self._profiles[key] = self._look(criterion, state, lacking)
        return found

    def of_card(self, card: Card) -> Seen:
        """What rules see of one card, read plainly."""
        unusual = []
        for number, criterion in enumerate(self._criteria):
            lacking = criterion.evidence_required and criterion.code not in card.evidence
            profile = self.profile(number, criterion.state(card), lacking)
            if profile != self.usual[number]:
                unusual.append((number, profile))
        return Seen(tuple(look.at(card_fact(look.fact)(card)) for look in self.card), tuple(unusual))

    def _look(self, criterion: CompiledCriterion, state: State, lacking: bool) -> Profile:
        facts: Mapping[str, Typed] = {
            "criterion.evidence_required": criterion.evidence_required,
            "criterion.evidence_missing": lacking,
            "criterion.state": state,
            "criterion.scored": not criterion.information,
        }
        profile = 0
        for look in self._criterion:
            profile = profile << len(look.comparisons) | look.at(facts.get(look.fact))
        return profile


def _looks(compiled: CompiledRuleSet) -> tuple[tuple[Look, ...], tuple[Look, ...]]:
    of_card: dict[str, list[Comparison]] = {}
    of_criterion: dict[str, list[Comparison]] = {}
    for rule in compiled.rules.values():
        for comparison in comparisons(rule.when):
            kind = comparison.fact.partition(".")[0]
            if kind == "criterion":
                # Facts of a criterion do not exist outside `for_each: criterion`.
                if rule.for_each is not None:
                    of_criterion.setdefault(comparison.fact, []).append(comparison)
            elif kind != "derived":
                of_card.setdefault(comparison.fact, []).append(comparison)
    return _as_looks(of_card), _as_looks(of_criterion)


def _as_looks(found: Mapping[str, list[Comparison]]) -> tuple[Look, ...]:
    return tuple(Look(fact, tuple(compared)) for fact, compared in found.items())
