"""Which criteria give something else under a draft: worked out for those that can differ, and only for those.

Most criteria of an amendment are scored as before over figures that are the same. They are known once for two versions;
for an agency it is then enough that its figures, findings and evidence are what they were and that the rules of both
versions do the same to them. Where that does not hold, every criterion is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from services.scoring.core.card import Card
from services.scoring.core.lineage import Link
from services.scoring.core.methods import GroupBest
from services.scoring.core.points import CompiledCriterion, CompiledRuleSet
from services.scoring.core.rehearsal import MovedCriterion
from services.scoring.core.scorecard import Scorecard, criterion_result
from shared.contracts.common import Answer
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.uses import best_keys, gate_inputs, used_inputs

__all__ = ["Comparing", "Side"]

_ZERO = Fraction(0)
Given = tuple[Fraction, Fraction]  # points and maximum


class Side:
    """One agency under one version: what was verified, and what came of it."""

    __slots__ = ("best", "card", "compiled", "scorecard", "verified")

    def __init__(
        self, compiled: CompiledRuleSet, verified: VerifiedSubmission, scorecard: Scorecard, best: GroupBest
    ) -> None:
        self.compiled = compiled
        self.verified = verified
        self.scorecard = scorecard
        self.best = best
        self.card: Card | None = None

    def given(self, criteria: Iterable[CompiledCriterion]) -> Given:
        """Points and maximum of some criteria together."""
        if self.card is None:
            self.card = Card.of(self.verified, self.compiled.rule_set)
        points, maximum = _ZERO, _ZERO
        for criterion in criteria:
            worked = criterion.worked(self.card, self.best)
            result = criterion_result(criterion, worked, self.scorecard.effects, provisional=False)
            points, maximum = points + result.points, maximum + result.maximum
        return points, maximum


class Comparing:
    """Two versions, and what of them can differ."""

    def __init__(self, before: CompiledRuleSet, after: CompiledRuleSet, linked: Sequence[Link]) -> None:
        self.linked = linked
        self.renamed = {one.before[0]: one.after[0] for one in linked if len(one.before) == len(one.after) == 1}
        self._was = {criterion.code: criterion for criterion in before.criteria}
        self._now = {criterion.code: criterion for criterion in after.criteria}
        self._alike = frozenset(code for code, new in self.renamed.items() if self._scored_alike(code, new))
        self._others = [link for link in linked if not self._alike.issuperset(link.before) or not link.before]
        read = {name for code in self._alike for name in _reads(self._was[code])}
        was, now = _asked(before), _asked(after)
        self._figures = tuple(sorted(read))
        self._comparable = all(was.get(name) == now.get(name) for name in read)
        self._evidence = [(code, self.renamed[code]) for code in self._alike if self._was[code].evidence_required]

    def _scored_alike(self, before: str, after: str) -> bool:
        one, other = self._was[before], self._now[after]
        if best_keys(one.source.method) or one.section != other.section:
            return False
        return _scoring(one) == _scoring(other)

    def moved(self, before: Side, after: Side) -> Iterator[MovedCriterion]:
        """Criteria whose points or maximum differ."""
        for link in self._others if self._undisturbed(before, after) else self.linked:
            was = before.given(self._was[code] for code in link.before)
            now = after.given(self._now[code] for code in link.after)
            if was != now:
                yield MovedCriterion(
                    before=link.before, after=link.after, points=(was[0], now[0]), maximum=(was[1], now[1])
                )

    def _undisturbed(self, before: Side, after: Side) -> bool:
        """Whether criteria that are scored alike give the same to this agency."""
        if not self._comparable:
            return False
        return self._same_answers(before.verified, after.verified) and self._same_effects(before, after)

    def _same_answers(self, before: VerifiedSubmission, after: VerifiedSubmission) -> bool:
        was, now = before.answers, after.answers
        for name in self._figures:
            if was.figures.get(name) is not now.figures.get(name) and was.figures.get(name) != now.figures.get(name):
                return False
        if any(bool(was.evidence.get(code)) != bool(now.evidence.get(new)) for code, new in self._evidence):
            return False
        rejected = {self.renamed[code] for code in _rejected(before) if code in self._alike}
        alike = {self.renamed[code] for code in self._alike}
        return rejected == _rejected(after) & alike and _adjusted(before) == _adjusted(after)

    def _same_effects(self, before: Side, after: Side) -> bool:
        was, now = before.scorecard.effects, after.scorecard.effects
        return (
            self._by_new_codes(was.excluded) == now.excluded
            and self._by_new_codes(was.zeroed) == now.zeroed
            and was.zeroed_sections == now.zeroed_sections
        )

    def _by_new_codes(self, codes: Iterable[str]) -> set[str]:
        return {self.renamed.get(code, code) for code in codes}


def _asked(compiled: CompiledRuleSet) -> dict[str, tuple[str, bool, str]]:
    """What a figure can be: that depends on the criterion that asks for it, whichever criteria use it."""
    return {
        item.id: (item.type, item.per_unit, criterion.source.not_applicable)
        for criterion in compiled.criteria
        for item in criterion.source.inputs
    }


def _scoring(criterion: CompiledCriterion) -> tuple[object, ...]:
    """All of a criterion that its points depend on, but for the figures."""
    source = criterion.source
    evidence = (source.evidence.required, criterion.without_evidence)
    inputs = [(one.id, one.type, one.per_unit, {option.id for option in one.options}) for one in source.inputs]
    return source.method, source.maximum, source.not_applicable, source.bonus, source.asked_if, evidence, inputs


def _reads(criterion: CompiledCriterion) -> Iterator[str]:
    source = criterion.source
    yield from (item.id for item in source.inputs)
    yield from used_inputs(source.method)
    yield from gate_inputs(source)


def _rejected(verified: VerifiedSubmission) -> set[str]:
    return {finding.criterion for finding in verified.findings if finding.finding == "rejected"}


def _adjusted(verified: VerifiedSubmission) -> Mapping[str, Answer]:
    return {
        name: value
        for finding in verified.findings
        if finding.finding == "adjusted"
        for name, value in finding.adjusted.items()
    }
