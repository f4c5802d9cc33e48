"""The scorer: rule sets compiled once for each version, rules fired for whole batches, points in exact arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial

from services.scoring.core.card import Card
from services.scoring.core.outcomes import Outcomes
from services.scoring.core.points import CompiledRuleSet, compile_rule_set, group_best
from services.scoring.core.scorecard import Scorecard, score
from services.scoring.core.sight import Sight
from services.scoring.ports import RuleEngine
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet

__all__ = ["Scorer"]

_KEPT = 64  # versions that stand side by side; the one unused the longest is let go beyond that


class Scorer:
    """Scores verified submissions under any version of any rule set; versions are named by their hash."""

    def __init__(self, engine: RuleEngine) -> None:
        self._engine = engine
        self._compiled: dict[str, CompiledRuleSet] = {}
        self._outcomes: dict[str, tuple[Sight, Outcomes]] = {}

    @property
    def engine(self) -> RuleEngine:
        """The engine that decides which rules fire."""
        return self._engine

    def compiled(self, rule_set: RuleSet) -> CompiledRuleSet:
        """The version, compiled and loaded in the engine; made ready whole before it replaces nothing."""
        hash_ = rule_set.ref().hash
        found = self._compiled.pop(hash_, None)
        if found is None:
            found = compile_rule_set(rule_set)
            self._engine.load(hash_, rule_set)
            sight = Sight(found)
            self._outcomes[hash_] = sight, Outcomes(found, sight, partial(self._engine.fire, hash_))
        self._compiled[hash_] = found
        if len(self._compiled) > _KEPT:
            oldest = next(iter(self._compiled))
            del self._compiled[oldest], self._outcomes[oldest]
            self._engine.release(oldest)
        return found

    def score(
        self, rule_set: RuleSet, verified: Sequence[VerifiedSubmission], best: Mapping[str, Fraction] | None
    ) -> list[Scorecard]:
        """Scorecards in the order of the submissions; `best` None is the provisional pass."""
        compiled = self.compiled(rule_set)
        sight, outcomes = self._outcomes[compiled.ref.hash]
        cards = [Card.of(one, rule_set) for one in verified]
        found = outcomes.of([sight.of_card(card) for card in cards], cards.__getitem__)
        return [score(compiled, card, outcome.firings, best) for card, outcome in zip(cards, found, strict=True)]

    def group_best(self, rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> dict[str, Fraction]:
        """The highest values of a group, for criteria that compare with the best."""
        return group_best(self.compiled(rule_set), [Card.of(one, rule_set) for one in verified])
