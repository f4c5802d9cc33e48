"""The reference: the rule-set document read as plainly as possible, clause by clause, without engine or compiling.

It shares no code with cards, points, facts or effects, so that it can be their oracle in tests and verify a published
bundle offline. Where it and the production path disagree, one of them misreads the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from services.scoring.core.reference_means import geometric
from services.scoring.core.reference_rules import RulesReading
from shared.contracts.scoring import CriterionPoints, FiredRule, ScorecardSummary, SectionPoints
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.exact import exact_text
from shared.ruleset.document import (
    CapSection,
    Criterion,
    Deduct,
    ExcludeCriterion,
    ExcludeFromRanking,
    Flag,
    InformationMethod,
    Method,
    RelativeMethod,
    RuleSet,
    Section,
    ZeroCriterion,
    ZeroSection,
)
from shared.ruleset.uses import inner_methods

__all__ = ["evaluate"]


def evaluate(
    rule_set: RuleSet, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None
) -> ScorecardSummary:
    """The scorecard of a verified submission; `group_best` None gives the provisional one."""
    return _Reading(rule_set, verified, group_best).summary()


class _Reading(RulesReading):
    """One submission read by one rule set: the whole scorecard."""

    def summary(self) -> ScorecardSummary:
        """Points, sections, index and level, in the order the document gives to effects."""
        self.fire()
        criteria = [
            (section.code, self.criterion_points(section.code, criterion))
            for section in self.rule_set.sections
            for criterion in section.criteria
        ]
        sections = [
            self.section_points(section, [points for code, points in criteria if code == section.code])
            for section in self.rule_set.sections
        ]
        maximum = sum((section.maximum for section in sections), Fraction(0))
        total = sum((section.points for section in sections), Fraction(0))
        if any(criterion.bonus for criterion in self.rule_set.criteria()) and total > maximum:
            total = maximum
        points = max(total - self.deducted("total"), Fraction(0))
        index = self.index(points, maximum, sections)
        return ScorecardSummary(
            key=self.verified.key,
            group=self.verified.group,
            rule_set=self.rule_set.ref(),
            stage="provisional" if self.group_best is None else "final",
            basis_hash=self.basis_hash(),
            points=points,
            maximum=maximum,
            index=index,
            level=self.level(index if self.rule_set.result.form == "index" else points),
            excluded=any(isinstance(effect, ExcludeFromRanking) for _, effect, _ in self.effects),
            flags=tuple(sorted({effect.flag for _, effect, _ in self.effects if isinstance(effect, Flag)})),
            sections=tuple(sections),
            criteria=tuple(points for _, points in criteria),
            fired=tuple(
                FiredRule(rule=rule.id, criteria=tuple(code for code in self.criteria_of(rule) if code is not None))
                for rule in self.rule_set.rules
                if self.criteria_of(rule)
            ),
        )

    def criterion_points(self, section: str, criterion: Criterion) -> CriterionPoints:
        """Points of one criterion after exclusions and gates."""
        zero = Fraction(0)
        if isinstance(criterion.method, InformationMethod):
            return CriterionPoints(code=criterion.code, points=zero, maximum=zero, state="information")
        state = self.criterion_state(criterion)
        maximum = zero if criterion.bonus else criterion.maximum
        if state == "not_applicable" or self.touched(ExcludeCriterion, criterion.code):
            return CriterionPoints(code=criterion.code, points=zero, maximum=zero, state="not_applicable")
        if state != "value":
            return CriterionPoints(code=criterion.code, points=zero, maximum=maximum, state=state)
        if self.group_best is None and _is_relative(criterion.method):
            return CriterionPoints(code=criterion.code, points=zero, maximum=maximum, state="pending")
        points = zero
        if self.asked(criterion):
            points = self.method_points(criterion, criterion.method, criterion.maximum)
        if criterion.evidence.without is not None and criterion.evidence.required and not self.has_evidence(criterion):
            points *= criterion.evidence.without
        if self.touched(ZeroCriterion, criterion.code) or any(
            isinstance(effect, ZeroSection) and effect.section == section for _, effect, _ in self.effects
        ):
            points = zero
        return CriterionPoints(code=criterion.code, points=points, maximum=maximum, state="value")

    def touched(self, kind: type[ExcludeCriterion] | type[ZeroCriterion], code: str) -> bool:
        """Whether a fired rule excludes, or zeroes, a criterion."""
        for _, effect, codes in self.effects:
            if isinstance(effect, kind) and (code in codes if effect.criterion == "this" else effect.criterion == code):
                return True
        return False

    def section_points(self, section: Section, criteria: list[CriterionPoints]) -> SectionPoints:
        """Points of a section: sum, no more than the maximum if there is a bonus, the lowest cap, then deductions."""
        points = sum((criterion.points for criterion in criteria), Fraction(0))
        maximum = sum((criterion.maximum for criterion in criteria), Fraction(0))
        scored = [one for one in section.criteria if not isinstance(one.method, InformationMethod)]
        if any(one.bonus for one in scored):
            only_bonus = all(one.bonus for one in scored)
            points = min(points, section.maximum if only_bonus else maximum)
        for _, effect, _ in self.effects:
            if isinstance(effect, CapSection) and effect.section == section.code:
                points = min(points, effect.at_most)
        points = max(points - self.deducted(section.code), Fraction(0))
        return SectionPoints(code=section.code, points=points, maximum=maximum)

    def index(self, points: Fraction, maximum: Fraction, sections: list[SectionPoints]) -> Fraction:
        """points / maximum, or the mean of the sections' shares less the share that is deducted from the total."""
        if maximum == 0:
            return Fraction(0)
        if self.rule_set.result.mean is None:
            return points / maximum
        shares: list[Fraction] = []
        weights: list[Fraction] = []
        for section, found in zip(self.rule_set.sections, sections, strict=True):
            if found.maximum > 0:
                shares.append(found.points / found.maximum)
                weights.append(Fraction(1) if section.weight is None else section.weight)
        if self.rule_set.result.mean == "arithmetic":
            mean = sum((s * w for s, w in zip(shares, weights, strict=True)), Fraction(0)) / sum(weights)
        else:
            mean = geometric(shares, weights)
        return max(mean - self.deducted("total") / maximum, Fraction(0))

    def deducted(self, from_: str) -> Fraction:
        """All that rules take off a section or the total."""
        taken = Fraction(0)
        for _, effect, codes in self.effects:
            if isinstance(effect, Deduct) and effect.from_ == from_:
                each = effect.points
                if effect.times is not None:
                    counts = [Fraction(v) for v in self.fact(effect.times, None) if not isinstance(v, str)]
                    each *= max(counts, default=Fraction(0))
                all_of_it = max(each, Fraction(0)) * len(codes)
                taken += all_of_it if effect.at_most is None else min(all_of_it, effect.at_most)
        return taken

    def level(self, value: Fraction) -> str:
        """The first level, from high to low, that the value reaches."""
        for level in self.rule_set.result.levels:
            if value >= level.at_least:
                return level.id
        return self.rule_set.result.levels[-1].id

    def basis_hash(self) -> str:
        """SHA-256 of what was scored; nothing of who verified it, when, why or how often."""
        best, one = self.group_best, self.verified.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        findings = [
            {name: value for name, value in finding.items() if name in ("criterion", "finding", "adjusted")}
            for finding in sorted(one["findings"], key=lambda finding: finding["criterion"])
        ]
        basis = {
            "group_best": None if best is None else {name: exact_text(best[name]) for name in best},
            "rule_set": self.rule_set.ref().model_dump(mode="json"),
            "verified": {
                "key": one["key"],
                "group": one["group"],
                "basis": one["basis"],
                "days_late": one["days_late"],
                "answers": one["answers"],
                "findings": findings,
            },
        }
        return sha256_hex(canonical_json(basis))


def _is_relative(method: Method) -> bool:
    return isinstance(method, RelativeMethod) or any(_is_relative(inner) for _, inner, _ in inner_methods(method))
