"""The scorecard (phiếu điểm): points of every criterion, section and the whole, exact, in one fixed order of effects.

Excluded criteria leave both points and maximum → evidence that is lacking → zeroed criteria and sections → sums of
sections → what a bonus adds is cut to the maximum → caps (the lowest) → deductions from sections (their sum, never
below 0) → total, cut to the maximum where there is a bonus → deductions from the total → index or mean → level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from services.scoring.core.card import Card
from services.scoring.core.effects import Effects, gather, in_order
from services.scoring.core.facts import Firing
from services.scoring.core.means import mean_of
from services.scoring.core.points import CompiledCriterion, CompiledRuleSet, Worked, group_best
from shared.contracts.common import SubmissionKey
from shared.contracts.scoring import CriterionPoints, FiredRule, ScorecardSummary, SectionPoints
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import compact_json, sha256_hex
from shared.kernel.exact import exact_text
from shared.ruleset.document import Group, Result, RuleSetRef, Section

__all__ = [
    "CriterionResult",
    "Parts",
    "Scorecard",
    "SectionResult",
    "basis_hash",
    "basis_hash_of",
    "criterion_result",
    "deducted_from",
    "fired_rules",
    "group_best",
    "index_of",
    "level_of",
    "score",
    "section_result",
]

ResultState = Literal["value", "not_applicable", "not_reported", "rejected", "information", "pending"]
_ZERO = Fraction(0)
_ONE = Fraction(1)
_SCORED = {"key", "group", "basis", "days_late", "answers"}
_FOUND = {"criterion", "finding", "adjusted"}
_criterion_of = itemgetter("criterion")


class CriterionResult(NamedTuple):
    """Points of one criterion after gates; `earned` is what its method gave before them."""

    code: str
    section: str
    points: Fraction
    maximum: Fraction
    state: ResultState
    earned: Fraction


class SectionResult(NamedTuple):
    """Points of a section: `sum` of its criteria, cut to `cap` if there is one, less `deducted`."""

    code: str
    points: Fraction
    maximum: Fraction
    sum: Fraction
    cap: Fraction | None
    deducted: Fraction


class Parts(NamedTuple):
    """What the criteria and the sections of a scorecard gave."""

    criteria: tuple[CriterionResult, ...]
    sections: tuple[SectionResult, ...]


@dataclass(slots=True, eq=False)
class Scorecard:
    """Everything that was worked out for one agency; `sum` is the total before deductions from it. Never changed.

    Points are worked out at once; `parts`, what every criterion and section gave, may be a function that is called
    when somebody asks: it is a pure function of what was scored.
    """

    rule_set: RuleSetRef
    sum: Fraction
    deducted: Fraction
    points: Fraction
    maximum: Fraction
    index: Fraction
    level: str
    excluded: bool
    firings: tuple[Firing, ...]
    effects: Effects
    parts: Parts | Callable[[], Parts]

    @property
    def criteria(self) -> tuple[CriterionResult, ...]:
        """The results of the criteria, in the order of the annex."""
        return self._worked_out().criteria

    @property
    def sections(self) -> tuple[SectionResult, ...]:
        """The results of the sections, in the order of the annex."""
        return self._worked_out().sections

    def _worked_out(self) -> Parts:
        if not isinstance(self.parts, Parts):
            self.parts = self.parts()
        return self.parts

    def summary(
        self, key: SubmissionKey, group: Group, stage: Literal["provisional", "final"], basis_hash: str
    ) -> ScorecardSummary:
        """The scorecard as other services see it; who also writes it, and many of them, asks `told`."""
        return ScorecardSummary(
            key=key,
            group=group,
            rule_set=self.rule_set,
            stage=stage,
            basis_hash=basis_hash,
            points=self.points,
            maximum=self.maximum,
            index=self.index,
            level=self.level,
            excluded=self.excluded,
            flags=tuple(sorted(self.effects.flags)),
            sections=tuple(
                SectionPoints(code=one.code, points=one.points, maximum=one.maximum) for one in self.sections
            ),
            criteria=tuple(
                CriterionPoints(code=one.code, points=one.points, maximum=one.maximum, state=one.state)
                for one in self.criteria
            ),
            fired=fired_rules(self.firings),
        )


def score(
    compiled: CompiledRuleSet, card: Card, firings: Iterable[Firing], group_best: Mapping[str, Fraction] | None
) -> Scorecard:
    """Work out a scorecard; `group_best` None is the provisional pass, where relative criteria are pending."""
    ordered = in_order(compiled, firings)
    effects = gather(compiled, card, ordered)
    criteria = tuple(
        criterion_result(criterion, criterion.worked(card, group_best), effects, group_best is None)
        for criterion in compiled.criteria
    )
    sections = _sections(compiled, criteria, effects)
    total = sum((section.points for section in sections), _ZERO)
    deducted = deducted_from(effects, "total")
    maximum = sum((section.maximum for section in sections), _ZERO)
    if compiled.bonus_sections:
        total = min(total, maximum)
    points = max(total - deducted, _ZERO)
    index = index_of(compiled, sections, points, deducted, maximum)
    return Scorecard(
        rule_set=compiled.ref,
        sum=total,
        deducted=deducted,
        points=points,
        maximum=maximum,
        index=index,
        level=level_of(compiled.rule_set.result, points, index),
        excluded=bool(effects.unranked_by),
        firings=ordered,
        effects=effects,
        parts=Parts(criteria, sections),
    )


def level_of(result: Result, points: Fraction, index: Fraction) -> str:
    """The first level reached, from high to low, on the exact value; the lowest where none is."""
    value = index if result.form == "index" else points
    above, below = value.numerator, value.denominator
    for level in result.levels:
        least = level.at_least
        if above * least.denominator >= least.numerator * below:  # as integers: several times as fast
            return level.id
    return result.levels[-1].id


def basis_hash(verified: VerifiedSubmission, ref: RuleSetRef, group_best: Mapping[str, Fraction] | None) -> str:
    """SHA-256 of exactly what is scored: whose it is, answers, findings, rule set, highest values of the group.

    Who found it, when, why, and how often the case went round change no point and are left out: however events came,
    what is scored alike has one hash. Defaults are left out too, so that a field added later does not change the hash
    of what was scored before it.
    """
    scored = verified.model_dump(mode="json", by_alias=True, exclude_defaults=True, include=_SCORED)
    findings = [
        # As models dump it, defaults left out; most findings say no more than these two.
        one.model_dump(mode="json", exclude_defaults=True, include=_FOUND)
        if one.adjusted
        else {"criterion": one.criterion, "finding": one.finding}
        for one in verified.findings
    ]
    return basis_hash_of({**scored, "findings": findings}, ref, group_best)


def basis_hash_of(plain: Mapping[str, Any], ref: RuleSetRef, group_best: Mapping[str, Fraction] | None) -> str:
    """The same of a verified submission as the plain JSON that we keep of it."""
    scored = {name: plain[name] for name in _SCORED if name in plain}
    findings = [
        {name: one[name] for name in _FOUND if name in one}
        if "adjusted" in one
        else {"criterion": one["criterion"], "finding": one["finding"]}
        for one in plain["findings"]
    ]
    findings.sort(key=_criterion_of)
    basis = {
        "verified": {**scored, "findings": findings},
        "rule_set": ref.model_dump(mode="json"),
        "group_best": None if group_best is None else {name: exact_text(value) for name, value in group_best.items()},
    }
    return sha256_hex(compact_json(basis))


def criterion_result(
    criterion: CompiledCriterion, worked: Worked, effects: Effects, provisional: bool
) -> CriterionResult:
    """What a criterion counts, once rules have had their effect."""
    code, section = criterion.code, criterion.section
    if criterion.information:
        return CriterionResult(code, section, _ZERO, _ZERO, "information", _ZERO)
    if worked.state == "not_applicable" or code in effects.excluded:
        return CriterionResult(code, section, _ZERO, _ZERO, "not_applicable", _ZERO)
    if worked.state != "value":
        return CriterionResult(code, section, _ZERO, criterion.maximum, worked.state, _ZERO)
    if provisional and criterion.method.compared:
        return CriterionResult(code, section, _ZERO, criterion.maximum, "pending", _ZERO)
    gated = code in effects.zeroed or section in effects.zeroed_sections
    return CriterionResult(code, section, _ZERO if gated else worked.counted, criterion.maximum, "value", worked.earned)


def _sections(
    compiled: CompiledRuleSet, criteria: tuple[CriterionResult, ...], effects: Effects
) -> tuple[SectionResult, ...]:
    points: dict[str, list[Fraction]] = {section.code: [] for section in compiled.sections}
    maxima: dict[str, list[Fraction]] = {section.code: [] for section in compiled.sections}
    for criterion in criteria:
        points[criterion.section].append(criterion.points)
        maxima[criterion.section].append(criterion.maximum)
    return tuple(
        section_result(
            section, _total(points[section.code]), _total(maxima[section.code]), effects, compiled.bonus_sections
        )
        for section in compiled.sections
    )


def index_of(
    compiled: CompiledRuleSet,
    sections: Sequence[SectionResult],
    points: Fraction,
    deducted: Fraction,
    maximum: Fraction,
) -> Fraction:
    """The index; `sections` matter only to a mean of them, `deducted` is what came off the total."""
    if not maximum:
        return _ZERO
    mean = compiled.rule_set.result.mean
    if mean is None:
        return points / maximum
    weights = {section.code: _ONE if section.weight is None else section.weight for section in compiled.sections}
    shares = [(one.points / one.maximum, weights[one.code]) for one in sections if one.maximum]
    return max(mean_of(mean, shares) - deducted / maximum, _ZERO)


def _total(values: Iterable[Fraction]) -> Fraction:
    """The exact sum. Numerators over one denominator are added as integers: five times as fast as `sum`."""
    numerators: dict[int, int] = {}
    for value in values:
        denominator = value.denominator
        numerators[denominator] = numerators.get(denominator, 0) + value.numerator
    return sum((Fraction(numerator, denominator) for denominator, numerator in numerators.items()), _ZERO)


def section_result(
    section: Section, total: Fraction, maximum: Fraction, effects: Effects, with_bonus: frozenset[str]
) -> SectionResult:
    """What a section counts, from the sums of its criteria and of their maxima."""
    code = section.code
    within = total
    if code in with_bonus:
        regular = any(not one.bonus and one.method.form != "information" for one in section.criteria)
        within = min(total, maximum if regular else section.maximum)
    cap = min((cap.at_most for cap in effects.caps if cap.section == code), default=None) if effects.caps else None
    capped = within if cap is None else min(within, cap)
    deducted = deducted_from(effects, code)
    points = max(capped - deducted, _ZERO) if deducted else capped
    return SectionResult(code, points, maximum, total, cap, deducted)


def deducted_from(effects: Effects, from_: str) -> Fraction:
    """What rules take off a section, or off the `total`."""
    return sum((one.points for one in effects.deductions if one.from_ == from_), _ZERO) if effects.deductions else _ZERO


def fired_rules(firings: tuple[Firing, ...]) -> tuple[FiredRule, ...]:
    """The rules that fired, in order, each with the criteria it fired for."""
    criteria: dict[str, list[str]] = {}
    for firing in firings:
        codes = criteria.setdefault(firing.rule_id, [])
        if firing.criterion is not None:
            codes.append(firing.criterion)
    return tuple(FiredRule(rule=rule, criteria=tuple(codes)) for rule, codes in criteria.items())
