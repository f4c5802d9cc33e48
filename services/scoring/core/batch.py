"""Scores a batch of verified submissions at once: the fast way, with the results of `scorecard.score` card by card.

Reads the submissions into columns (rows.py), works out points by column (column_points.py), asks what rules see and
what follows from it (column_sight.py, outcomes.py), and puts each card together here. What every criterion and section
gave is written out when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from services.scoring.core.card import Card
from services.scoring.core.column_points import BatchPoints, PointColumns
from services.scoring.core.column_sight import ColumnSight
from services.scoring.core.effects import Effects, gather
from services.scoring.core.methods import GroupBest
from services.scoring.core.outcomes import Fire, Outcome, Outcomes
from services.scoring.core.points import CompiledRuleSet, Worked
from services.scoring.core.rows import Reader, Rows
from services.scoring.core.scorecard import (
    Parts,
    Scorecard,
    SectionResult,
    criterion_result,
    deducted_from,
    index_of,
    level_of,
    score,
    section_result,
)
from services.scoring.core.sight import Sight
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import Deduct, Section

__all__ = ["BatchScorer"]

_ZERO = Fraction(0)
_NOTHING: Mapping[int, Worked] = {}


@dataclass(slots=True)
class _Batch:
    rows: Rows
    points: BatchPoints
    outcomes: list[Outcome]
    best: GroupBest | None


class BatchScorer:
    """Scores under one rule-set version; `fire` is the rule engine's."""

    def __init__(self, compiled: CompiledRuleSet, fire: Fire) -> None:
        self.compiled = compiled
        self._sight = Sight(compiled)
        self._outcomes = Outcomes(compiled, self._sight, fire)
        needs_evidence = self._sight.sees_evidence or any(one.without_evidence != 1 for one in compiled.criteria)
        self._reader = Reader(compiled, needs_evidence)
        self._columns = PointColumns(compiled, self._reader)
        self._column_sight = ColumnSight(self._sight, self._reader, [one.code for one in compiled.criteria])
        self._numbers = {criterion.code: number for number, criterion in enumerate(compiled.criteria)}
        self._maxima = {
            section.code: sum((one.maximum for one in compiled.criteria if one.section == section.code), _ZERO)
            for section in compiled.sections
        }
        self._maximum = sum(self._maxima.values(), _ZERO)
        # Where a mean or a bonus is worked out, every section has to be.
        self._all_sections = bool(compiled.bonus_sections) or compiled.rule_set.result.mean is not None
        self._counted_by = tuple(
            effect.times.partition(".")[2]
            for rule in compiled.rules.values()
            for effect in rule.then
            if isinstance(effect, Deduct) and effect.times is not None
        )

    def score(self, verified: Sequence[VerifiedSubmission], best: GroupBest | None) -> list[Scorecard]:
        """Scorecards in the order of the submissions; `best` None is the provisional pass.

        Raises `Invalid` where a value does not fit its input, and what the rule engine raises.
        """
        answered = [one for one in verified if one.basis != "missing"]
        cards = self.score_rows(self.read(answered), best)
        if len(answered) == len(verified):
            return cards
        in_turn = iter(cards)
        return [self._missing(one, best) if one.basis == "missing" else next(in_turn) for one in verified]

    @property
    def shown(self) -> int:
        """How many cards the rule engine was shown so far."""
        return self._outcomes.shown

    def read(self, verified: Sequence[VerifiedSubmission]) -> Rows:
        """Submissions that somebody answered, read into columns; raises `Invalid` where a value does not fit."""
        return self._reader.read(verified)

    def score_rows(self, rows: Rows, best: GroupBest | None) -> list[Scorecard]:
        """Scorecards of what was read, in its order."""
        verified = rows.verified
        points = self._columns.of(rows, best)
        seen = self._column_sight.seen(rows, points.apart)
        outcomes = self._outcomes.of(seen, lambda row: Card.of(verified[row], self.compiled.rule_set))
        batch = _Batch(rows, points, outcomes, best)
        return [self._card(batch, row) for row in range(len(verified))]

    def _missing(self, verified: VerifiedSubmission, best: GroupBest | None) -> Scorecard:
        card = Card.of(verified, self.compiled.rule_set)
        outcome = self._outcomes.of([self._sight.of_card(card)], lambda _: card)[0]
        return score(self.compiled, card, outcome.firings, best)

    def _card(self, batch: _Batch, row: int) -> Scorecard:
        outcome = batch.outcomes[row]
        effects = outcome.effects
        if effects is None:
            effects = gather(self.compiled, self._reader.card(batch.rows, row, self._counted_by), outcome.firings)
        touched = self._touched(effects)
        total, maximum = self._sums(batch, row, effects, touched)
        results: list[SectionResult] = []
        for section in touched:
            before, most = self._section_sums(batch, row, section.code)
            result = self._section(batch, row, section, effects, before, most)
            results.append(result)
            if result.points is not before:
                total += result.points - before
            if result.maximum is not most:
                maximum += result.maximum - most
        return self._finished(batch, row, effects, results, total, maximum)

    def _sums(self, batch: _Batch, row: int, effects: Effects, touched: Sequence[Section]) -> tuple[Fraction, Fraction]:
        """Points and maximum of the whole card; in sections that are touched, before the effects of rules."""
        (above, below), maximum = batch.points.of_all(row), self._maximum
        for number, apart in batch.points.apart.get(row, _NOTHING).items():
            counted = apart.counted
            if counted:
                above, below = above * counted.denominator + counted.numerator * below, below * counted.denominator
            if apart.state == "not_applicable":
                maximum -= self.compiled.criteria[number].maximum
        codes = {section.code for section in touched}
        for code in effects.excluded | effects.zeroed if effects.excluded or effects.zeroed else ():
            found = self._numbers.get(code)
            if found is None or self.compiled.criteria[found].section in codes:
                continue
            gone = batch.points.worked(row, found).counted
            above, below = above * gone.denominator - gone.numerator * below, below * gone.denominator
            if code in effects.excluded and not batch.points.leaves_maximum(row, found):
                maximum -= self.compiled.criteria[found].maximum
        return Fraction(above, below), maximum

    def _finished(
        self,
        batch: _Batch,
        row: int,
        effects: Effects,
        sections: Sequence[SectionResult],
        total: Fraction,
        maximum: Fraction,
    ) -> Scorecard:
        compiled = self.compiled
        if compiled.bonus_sections:
            total = min(total, maximum)
        deducted = deducted_from(effects, "total")
        points = max(total - deducted, _ZERO) if deducted else total
        index = index_of(compiled, sections, points, deducted, maximum)
        firings = batch.outcomes[row].firings
        return Scorecard(
            compiled.ref,
            total,
            deducted,
            points,
            maximum,
            index,
            level_of(compiled.rule_set.result, points, index),
            bool(effects.unranked_by),
            firings,
            effects,
            partial(self._parts, batch, row, effects),
        )

    def _touched(self, effects: Effects) -> Sequence[Section]:
        """The sections in which something happens besides adding up the criteria that count."""
        if self._all_sections:
            return self.compiled.sections
        if not (effects.zeroed_sections or effects.caps or effects.deductions):
            return ()
        touched = {cap.section for cap in effects.caps} | effects.zeroed_sections
        touched.update(one.from_ for one in effects.deductions)
        return [section for section in self.compiled.sections if section.code in touched]

    def _section_sums(self, batch: _Batch, row: int, code: str) -> tuple[Fraction, Fraction]:
        """Points and maximum of a section before the effects of rules."""
        points, maximum = batch.points.of_section(row, code), self._maxima[code]
        for number, apart in batch.points.apart.get(row, {}).items():
            criterion = self.compiled.criteria[number]
            if criterion.section == code:
                points += apart.counted
                if apart.state == "not_applicable":
                    maximum -= criterion.maximum
        return points, maximum

    def _section(
        self, batch: _Batch, row: int, section: Section, effects: Effects, points: Fraction, maximum: Fraction
    ) -> SectionResult:
        zeroed = section.code in effects.zeroed_sections
        for code in effects.excluded | effects.zeroed:
            number = self._numbers.get(code)
            if number is None or self.compiled.criteria[number].section != section.code:
                continue
            points -= batch.points.worked(row, number).counted
            if code in effects.excluded and not batch.points.leaves_maximum(row, number):
                maximum -= self.compiled.criteria[number].maximum
        return section_result(section, _ZERO if zeroed else points, maximum, effects, self.compiled.bonus_sections)

    def _parts(self, batch: _Batch, row: int, effects: Effects) -> Parts:
        provisional = batch.best is None
        criteria = tuple(
            criterion_result(criterion, batch.points.worked(row, number), effects, provisional)
            for number, criterion in enumerate(self.compiled.criteria)
        )
        sections = (
            self._section(batch, row, section, effects, *self._section_sums(batch, row, section.code))
            for section in self.compiled.sections
        )
        return Parts(criteria, tuple(sections))
