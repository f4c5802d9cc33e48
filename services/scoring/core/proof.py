"""The proof of a scorecard: for every point, from what, by which row, under which rule, and what was lacking.

JSON carries exact values as strings beside what is shown; `render_text` is the same for a terminal, `proof_paper` for
HTML and Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from services.scoring.core.card import Card
from services.scoring.core.effects import Deduction
from services.scoring.core.proof_criterion import CriterionProver
from services.scoring.core.proof_model import (
    NextLevel,
    Proof,
    ProvenDeduction,
    ProvenMean,
    ProvenSection,
    ProvenShare,
    ProvenTie,
    Shown,
)
from services.scoring.core.proof_needs import Needs
from services.scoring.core.proof_paper import proof_paper
from services.scoring.core.proof_rules import FiredRules
from services.scoring.core.proof_text import render_text
from services.scoring.core.scorecard import CriterionResult, Scorecard, SectionResult
from services.scoring.core.what_if import WhatIf
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.errors import NotFound
from shared.kernel.exact import show, vietnamese
from shared.ruleset.document import Display, RuleSet, Section
from shared.ruleset.words import number
from shared.ruleset.words_rules import RuleWords

__all__ = ["Proof", "about", "proof", "proof_paper", "render_text"]

_ZERO = Fraction(0)
_ONE = Fraction(1)


def proof(
    rule_set: RuleSet,
    verified: VerifiedSubmission,
    scorecard: Scorecard,
    group_best: Mapping[str, Fraction] | None,
    agency_name: str = "",
) -> Proof:
    """The proof of a scorecard that was worked out from `verified` by `rule_set`; `agency_name` is for people."""
    return _Proving(rule_set, verified, scorecard, group_best).proof(agency_name)


def about(made: Proof, code: str) -> Proof:
    """The same proof with one criterion only, and the rules about it. Raises `NotFound`."""
    sections = tuple(
        section.model_copy(update={"criteria": tuple(one for one in section.criteria if one.code == code)})
        for section in made.sections
        if any(one.code == code for one in section.criteria)
    )
    if not sections:
        known = ", ".join(one.code for section in made.sections for one in section.criteria)
        raise NotFound(
            f"Bộ tiêu chí không có tiêu chí {code}; có: {known}", f"there is no criterion {code}; there are {known}"
        )
    (section,) = sections
    named = {*section.rules, *section.criteria[0].rules}
    rules = tuple(
        rule for rule in made.rules if rule.rule in named or any(d.rule == rule.rule for d in made.deductions)
    )
    return made.model_copy(update={"sections": sections, "rules": rules})


class _Proving:
    def __init__(
        self,
        rule_set: RuleSet,
        verified: VerifiedSubmission,
        scorecard: Scorecard,
        group_best: Mapping[str, Fraction] | None,
    ) -> None:
        self._rule_set = rule_set
        self._verified = verified
        self._scorecard = scorecard
        self._best = group_best
        self._words = RuleWords(rule_set)
        self._display: Display = rule_set.result.display
        what_if = WhatIf(rule_set, verified, scorecard.firings, group_best)
        self._fired = FiredRules(rule_set, scorecard, what_if, self._points)
        needs = Needs(what_if, verified, Card.of(verified, rule_set), scorecard, self._points)
        self._criteria = CriterionProver(rule_set, verified, scorecard, group_best, self._fired, needs, self._points)

    def proof(self, agency_name: str) -> Proof:
        card, result = self._scorecard, self._rule_set.result
        sections = zip(self._rule_set.sections, card.sections, strict=True)
        return Proof(
            agency_name=agency_name or self._verified.key.agency,
            key=self._verified.key,
            group=self._verified.group,
            rule_set=card.rule_set,
            rule_set_title=self._rule_set.title.vi,
            basis=self._verified.basis,
            days_late=self._verified.days_late,
            stage="provisional" if self._best is None else "final",
            form=result.form,
            sections=tuple(self._section(section, one) for section, one in sections),
            rules=self._fired.proven,
            deductions=tuple(self._deduction(one) for one in card.effects.deductions if one.points),
            sum=self._points(card.sum),
            deducted=self._points(card.deducted),
            points=self._points(card.points),
            maximum=self._points(card.maximum),
            full_maximum=self._points(sum((section.maximum for section in self._rule_set.sections), _ZERO)),
            mean=self._mean(),
            index=self._shown(card.index, self._display.index_places),
            level=card.level,
            level_title=next((level.title.vi for level in result.levels if level.id == card.level), card.level),
            next_level=self._next_level(),
            ties=tuple(self._ties()),
            excluded=card.excluded,
            flags=tuple(sorted(card.effects.flags)),
        )

    # --- sections ---

    def _section(self, section: Section, result: SectionResult) -> ProvenSection:
        effects = self._scorecard.effects
        rules = [one.rule for one in effects.caps if one.section == section.code]
        rules += [one.rule for one in effects.deductions if one.from_ == section.code]
        return ProvenSection(
            code=section.code,
            title=section.title.vi,
            sum=self._points(result.sum),
            most=self._bonus_limit(section, result),
            cap=None if result.cap is None else self._points(result.cap),
            deducted=self._points(result.deducted),
            points=self._points(result.points),
            maximum=self._points(result.maximum),
            rules=tuple(dict.fromkeys(rules)),
            criteria=tuple(self._criteria.proven(criterion) for criterion in section.criteria),
        )

    def _bonus_limit(self, section: Section, result: SectionResult) -> Shown | None:
        """What bonuses cannot raise the section above, where they would have."""
        if not any(criterion.bonus for criterion in section.criteria):
            return None
        regular = any(not one.bonus and one.method.form != "information" for one in section.criteria)
        most = result.maximum if regular else section.maximum
        return self._points(most) if result.sum > most else None

    def _deduction(self, deduction: Deduction) -> ProvenDeduction:
        rule = self._fired.by_id[deduction.rule]
        return ProvenDeduction(
            rule=rule.id,
            title=rule.title.vi,
            article=rule.article,
            from_=deduction.from_,
            points=self._points(deduction.points),
        )

    # --- the result ---

    def _mean(self) -> ProvenMean | None:
        kind, card = self._rule_set.result.mean, self._scorecard
        if kind is None or not card.maximum:
            return None
        weights = {section.code: section.weight for section in self._rule_set.sections}
        shares = tuple(
            ProvenShare(
                section=one.code,
                share=self._shown(one.points / one.maximum, self._display.index_places),
                weight=_plain(_ONE if (weight := weights[one.code]) is None else weight),
            )
            for one in card.sections
            if one.maximum
        )
        deducted = self._shown(card.deducted / card.maximum, self._display.index_places)
        return ProvenMean(kind=kind, shares=shares, deducted=deducted)

    def _next_level(self) -> NextLevel | None:
        result, card = self._rule_set.result, self._scorecard
        value = card.index if result.form == "index" else card.points
        above = [level for level in result.levels if level.at_least > value]
        if not above or not card.maximum:
            return None
        level = above[-1]
        lacking = level.at_least - value
        by_points = result.mean is None
        if result.form == "index" and by_points:
            lacking *= card.maximum
        return NextLevel(
            title=level.title.vi,
            at_least=_plain(level.at_least),
            lacking=_plain(lacking),
            of="points" if by_points or result.form == "total" else "index",
        )

    def _ties(self) -> Iterator[ProvenTie]:
        card = self._scorecard
        for breaker in self._rule_set.result.tie_breakers:
            kind, _, code = breaker.of.partition(".")
            value = {"points": card.points, "index": card.index}.get(kind)
            if value is None:
                parts: Sequence[SectionResult | CriterionResult] = card.sections if kind == "section" else card.criteria
                value = next((part.points for part in parts if part.code == code), _ZERO)
            places = self._display.index_places if kind == "index" else self._display.points_places
            yield ProvenTie(words=self._words.tie_breaker(breaker), value=self._shown(value, places))

    def _points(self, value: Fraction) -> Shown:
        return self._shown(value, self._display.points_places)

    def _shown(self, value: Fraction, places: int) -> Shown:
        return Shown(exact=value, shown=vietnamese(show(value, places, self._display.rounding)))


def _plain(value: Fraction) -> Shown:
    return Shown(exact=value, shown=number(value))
