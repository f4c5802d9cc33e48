"""The scorer: rule sets compiled once for each version, rules fired for whole batches, points in exact arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from threading import Lock

from services.scoring.core.batch import BatchScorer
from services.scoring.core.card import Card
from services.scoring.core.points import CompiledRuleSet, compile_rule_set, group_best
from services.scoring.core.scorecard import Scorecard
from services.scoring.ports import RuleEngine
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet

__all__ = ["Scorer"]

_KEPT = 64  # versions that stand side by side; the one unused the longest is let go beyond that


class Scorer:
    """Scores verified submissions under any version of any rule set; versions are named by their hash.

    Safe to call from several threads.
    """

    def __init__(self, engine: RuleEngine) -> None:
        self._engine = engine
        self._versions: dict[str, BatchScorer] = {}
        self._lock = Lock()

    @property
    def engine(self) -> RuleEngine:
        """The engine that decides which rules fire."""
        return self._engine

    def compiled(self, rule_set: RuleSet) -> CompiledRuleSet:
        """The version, compiled and loaded in the engine."""
        return self.version(rule_set).compiled

    def score(
        self, rule_set: RuleSet, verified: Sequence[VerifiedSubmission], best: Mapping[str, Fraction] | None
    ) -> list[Scorecard]:
        """Scorecards in the order of the submissions; `best` None is the provisional pass."""
        return self.version(rule_set).score(verified, best)

    def group_best(self, rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> dict[str, Fraction]:
        """The highest values of a group, for criteria that compare with the best."""
        compiled = self.compiled(rule_set)
        if not compiled.best_keys:
            return {}
        return group_best(compiled, [Card.of(one, rule_set, compiled.best_inputs) for one in verified])

    def version(self, rule_set: RuleSet) -> BatchScorer:
        """Made ready whole before anybody can meet it, while others go on; the one unused the longest is let go."""
        hash_ = rule_set.ref().hash
        with self._lock:
            if hash_ in self._versions:
                self._versions[hash_] = found = self._versions.pop(hash_)  # the newest used stands last
                return found
        compiled = compile_rule_set(rule_set)
        self._engine.load(hash_, rule_set)
        made = BatchScorer(compiled, partial(self._engine.fire, hash_))
        with self._lock:
            found = self._versions.setdefault(hash_, made)
            if len(self._versions) > _KEPT:
                oldest = next(iter(self._versions))
                del self._versions[oldest]
                self._engine.release(oldest)
        return found

    def let_go(self, hash_: str) -> None:
        """Free what is held of a version; whoever needs it still makes it ready again by using it."""
        with self._lock:
            if self._versions.pop(hash_, None) is not None:
                self._engine.release(hash_)
