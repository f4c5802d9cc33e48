"""What the scoring core needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from services.scoring.core.card import Card
from services.scoring.core.facts import Firing, RuleEngineError
from shared.ruleset.document import RuleSet

__all__ = ["Firing", "RuleEngine", "RuleEngineError"]


class RuleEngine(Protocol):
    """Decides which rules of a rule-set version fire on a card, and nothing else: points are no matter of engines.

    Versions stand side by side, named by hash. Calls are synchronous and work through a batch.
    """

    def load(self, rule_set_hash: str, rule_set: RuleSet) -> None:
        """Make a version ready; loading it twice is no error."""
        ...

    def release(self, rule_set_hash: str) -> None:
        """Let a version go; one that is not loaded is no error."""
        ...

    def fire(self, rule_set_hash: str, cards: Sequence[Card]) -> list[tuple[Firing, ...]]:
        """The rules that fire, for each card in turn, in the order of rules and then of criteria.

        Raises `RuleEngineError` if the version is not loaded or the engine failed.
        """
        ...
