"""The reference: the rule-set document read as plainly as possible, clause by clause, without engine or compiling.

It shares no code with cards, points, facts or effects, so that it can be their oracle in tests and verify a published
bundle offline. Where it and the production path disagree, one of them misreads the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.scoring import CriterionPoints, FiredRule, ScorecardSummary, SectionPoints
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.exact import exact_text, parse_exact
from shared.ruleset.document import (
    AllOf,
    AnyOf,
    BandsMethod,
    BestMethod,
    CapSection,
    ChoiceMethod,
    Comparison,
    Condition,
    CountMethod,
    Criterion,
    Deduct,
    Derive,
    Effect,
    ExcludeCriterion,
    ExcludeFromRanking,
    Flag,
    InformationMethod,
    Input,
    Method,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    Rule,
    RuleSet,
    SumMethod,
    YesNoMethod,
    ZeroCriterion,
    ZeroSection,
)

__all__ = ["evaluate"]

_Value = bool | Fraction | str
_State = Literal["value", "not_applicable", "not_reported", "rejected"]


def evaluate(
    rule_set: RuleSet, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None
) -> ScorecardSummary:
    """The scorecard of a verified submission; `group_best` None gives the provisional one."""
    return _Reading(rule_set, verified, group_best).summary()


class _Reading:
    """One submission read by one rule set."""

    def __init__(
        self, rule_set: RuleSet, verified: VerifiedSubmission, group_best: Mapping[str, Fraction] | None
    ) -> None:
        self.rule_set = rule_set
        self.verified = verified
        self.group_best = group_best
        self.missing = verified.basis == "missing"
        self.findings: dict[str, CriterionFinding] = (
            {} if self.missing else {finding.criterion: finding for finding in verified.findings}
        )
        self.derived: list[tuple[str, _Value]] = []
        self.fired: set[tuple[str, str | None]] = set()
        self.effects: list[tuple[Rule, Effect, list[str | None]]] = []

    # --- inputs ---------------------------------------------------------------------------------------------------

    def answer(self, input_id: str) -> Answer:
        """What counts as the answer to an input: as adjusted, else as submitted."""
        if self.missing:
            return Answer(state="not_reported")
        for finding in reversed(self.verified.findings):
            if finding.finding == "adjusted" and input_id in finding.adjusted:
                return finding.adjusted[input_id]
        return self.verified.answers.figures.get(input_id, Answer(state="not_reported"))

    def owner(self, input_id: str) -> tuple[Criterion, Input] | None:
        """The criterion that asks for an input."""
        for criterion in self.rule_set.criteria():
            for item in criterion.inputs:
                if item.id == input_id:
                    return criterion, item
        return None

    def is_rejected(self, criterion: Criterion) -> bool:
        """Whether verification rejected a criterion."""
        finding = self.findings.get(criterion.code)
        return finding is not None and finding.finding == "rejected"

    def input_state(self, input_id: str) -> _State:
        """The state of an input as verified."""
        owner = self.owner(input_id)
        if owner is None:
            return "not_reported"
        state = self.answer(input_id).state
        if state == "not_applicable" and owner[0].not_applicable == "refused":
            return "not_reported"
        return state

    def input_value(self, input_id: str) -> _Value | None:
        """The value of an input as verified, or None if it has none."""
        owner = self.owner(input_id)
        if owner is None or self.input_state(input_id) != "value":
            return None
        value = self.answer(input_id).value
        if owner[1].type in ("integer", "decimal"):
            return parse_exact(value)
        if not isinstance(value, bool | str):
            raise ValueError(f"{input_id}: {value!r} is not a {owner[1].type}")
        return value

    def number(self, input_id: str) -> Fraction:
        """The value of a numeric input that is known to have one."""
        value = self.input_value(input_id)
        if not isinstance(value, Fraction):
            raise ValueError(f"{input_id}: {value!r} is not a number")
        return value

    # --- methods --------------------------------------------------------------------------------------------------

    def needed(self, criterion: Criterion, *input_ids: str) -> _State:
        """The state of something that needs all of the inputs."""
        states = [self.input_state(input_id) for input_id in input_ids]
        if "rejected" in states:
            return "rejected"
        if "not_reported" in states:
            return "not_reported"
        if "not_applicable" in states:
            return "not_applicable" if criterion.not_applicable == "allowed" else "not_reported"
        return "value"

    def method_state(self, criterion: Criterion, method: Method) -> _State:
        """Whether a method can be worked out."""
        match method:
            case YesNoMethod() | CountMethod() | ChoiceMethod() | RelativeMethod():
                return self.needed(criterion, method.input)
            case RatioMethod(of=quotient):
                return self.quotient_state(criterion, quotient)
            case BandsMethod(of=of):
                return self.needed(criterion, of) if isinstance(of, str) else self.quotient_state(criterion, of)
            case InformationMethod():
                return self.needed(criterion, *(item.id for item in criterion.inputs))
            case SumMethod(parts=parts) | BestMethod(cases=parts):
                states = [self.method_state(criterion, part.method) for part in parts]
                for state in ("value", "rejected", "not_reported"):
                    if state in states:
                        return state
                return "not_applicable"

    def quotient_state(self, criterion: Criterion, of: Quotient) -> _State:
        """Whether a quotient can be worked out."""
        if of.denominator is None:
            state = self.needed(criterion, of.numerator)
        else:
            state = self.needed(criterion, of.numerator, of.denominator)
        if state == "value" and self.denominator(of) == 0 and of.zero_denominator == "not_applicable":
            return "not_applicable"
        return state

    def denominator(self, of: Quotient) -> Fraction:
        """The denominator: an input or the constant `whole`."""
        if of.denominator is not None:
            return self.number(of.denominator)
        return of.whole if of.whole is not None else Fraction(0)

    def quotient(self, of: Quotient) -> Fraction:
        """numerator / denominator within 0..1; 0 or 1 where the denominator is 0, as the document says."""
        denominator = self.denominator(of)
        if denominator == 0:
            return Fraction(1) if of.zero_denominator == "full" else Fraction(0)
        return _between(self.number(of.numerator) / denominator, Fraction(1))

    def method_points(self, criterion: Criterion, method: Method, maximum: Fraction) -> Fraction:
        """Points of a method in the state `value`."""
        return _between(self.raw_points(criterion, method, maximum), maximum)

    def raw_points(self, criterion: Criterion, method: Method, maximum: Fraction) -> Fraction:
        """Points before they are cut to 0..maximum."""
        match method:
            case YesNoMethod():
                yes = maximum if method.yes is None else method.yes
                return yes if self.input_value(method.input) is True else method.no
            case RatioMethod():
                return self.quotient(method.of) * maximum
            case BandsMethod():
                value = self.quotient(method.of) if isinstance(method.of, Quotient) else self.number(method.of)
                for row in method.rows:
                    if row.at_least is not None and value < row.at_least:
                        continue
                    if row.above is not None and value <= row.above:
                        continue
                    if row.at_most is not None and value > row.at_most:
                        continue
                    if row.below is not None and value >= row.below:
                        continue
                    return row.points
                return Fraction(0)
            case CountMethod():
                return self.number(method.input) * method.unit_points
            case ChoiceMethod():
                return method.points.get(str(self.input_value(method.input)), Fraction(0))
            case RelativeMethod():
                best = (self.group_best or {}).get(method.input, Fraction(0))
                return self.number(method.input) / best * maximum if best > 0 else Fraction(0)
            case InformationMethod():
                return Fraction(0)
            case SumMethod():
                return sum((self.part_points(criterion, part) for part in method.parts), Fraction(0))
            case BestMethod():
                return max(self.part_points(criterion, case) for case in method.cases)

    def part_points(self, criterion: Criterion, part: Part) -> Fraction:
        """Points of one part or case; 0 where it has no value."""
        if self.method_state(criterion, part.method) != "value":
            return Fraction(0)
        return self.method_points(criterion, part.method, part.maximum)

    def criterion_state(self, criterion: Criterion) -> _State:
        """The state of a criterion."""
        return "rejected" if self.is_rejected(criterion) else self.method_state(criterion, criterion.method)

    # --- rules ----------------------------------------------------------------------------------------------------

    def fact(self, name: str, criterion: Criterion | None) -> list[_Value]:
        """The values of a fact: none if it is absent; several only if several rules derived it."""
        if name.startswith("derived."):
            return [value for fact, value in self.derived if fact == name]
        if name == "submission.days_late":
            return [Fraction(self.verified.days_late)]
        if name == "submission.missing":
            return [self.missing]
        kind, _, rest = name.partition(".")
        if kind == "input":
            value = self.input_value(rest)
            return [] if value is None else [value]
        if kind == "state" and self.owner(rest) is not None:
            return [self.input_state(rest)]
        if kind == "criterion" and criterion is not None:
            return self.criterion_fact(rest, criterion)
        return []

    def criterion_fact(self, name: str, criterion: Criterion) -> list[_Value]:
        """A fact about the criterion a rule is tried on."""
        required = criterion.evidence.required
        given = not self.missing and bool(self.verified.answers.evidence.get(criterion.code))
        facts: dict[str, _Value] = {
            "evidence_required": required,
            "evidence_missing": required and not given,
            "state": self.criterion_state(criterion),
            "scored": criterion.method.form != "information",
        }
        return [facts[name]] if name in facts else []

    def holds(self, condition: Condition, criterion: Criterion | None) -> bool:
        """Whether a condition holds with what is derived so far."""
        match condition:
            case AllOf():
                return all(self.holds(part, criterion) for part in condition.all)
            case AnyOf():
                return any(self.holds(part, criterion) for part in condition.any)
            case Comparison():
                return any(_satisfies(value, condition) for value in self.fact(condition.fact, criterion))
            case _:
                return not self.holds(condition.not_, criterion)

    def fire(self) -> None:
        """Fire rules until nothing new follows. No rule may negate a derived fact, so the order is of no matter."""
        news = True
        while news:
            news = False
            for rule in self.rule_set.rules:
                subjects: tuple[Criterion | None, ...] = self.rule_set.criteria() if rule.for_each else (None,)
                for criterion in subjects:
                    firing = (rule.id, criterion.code if criterion else None)
                    if firing not in self.fired and self.holds(rule.when, criterion):
                        self.fired.add(firing)
                        self.derived.extend((e.fact, e.value) for e in rule.then if isinstance(e, Derive))
                        news = True
        self.effects = [
            (rule, effect, self.criteria_of(rule))
            for rule in self.rule_set.rules
            if self.criteria_of(rule)
            for effect in rule.then
        ]

    def criteria_of(self, rule: Rule) -> list[str | None]:
        """For which criteria a rule fired, in the order of the annex; [None] for a rule that is not for each."""
        codes: list[str | None] = [None, *(criterion.code for criterion in self.rule_set.criteria())]
        return [code for code in codes if (rule.id, code) in self.fired]

    # --- the scorecard --------------------------------------------------------------------------------------------

    def summary(self) -> ScorecardSummary:
        """Points, sections, index and level, in the order the document gives to effects."""
        self.fire()
        criteria = [
            (section.code, self.criterion_points(section.code, criterion))
            for section in self.rule_set.sections
            for criterion in section.criteria
        ]
        sections = [
            self.section_points(section.code, [points for code, points in criteria if code == section.code])
            for section in self.rule_set.sections
        ]
        total = sum((section.points for section in sections), Fraction(0)) - self.deducted("total")
        points = max(total, Fraction(0))
        maximum = sum((section.maximum for section in sections), Fraction(0))
        index = points / maximum if maximum > 0 else Fraction(0)
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
        if state == "not_applicable" or self.touched(ExcludeCriterion, criterion.code):
            return CriterionPoints(code=criterion.code, points=zero, maximum=zero, state="not_applicable")
        if state != "value":
            return CriterionPoints(code=criterion.code, points=zero, maximum=criterion.maximum, state=state)
        if self.group_best is None and _is_relative(criterion.method):
            return CriterionPoints(code=criterion.code, points=zero, maximum=criterion.maximum, state="pending")
        points = self.method_points(criterion, criterion.method, criterion.maximum)
        if self.touched(ZeroCriterion, criterion.code) or any(
            isinstance(effect, ZeroSection) and effect.section == section for _, effect, _ in self.effects
        ):
            points = zero
        return CriterionPoints(code=criterion.code, points=points, maximum=criterion.maximum, state="value")

    def touched(self, kind: type[ExcludeCriterion] | type[ZeroCriterion], code: str) -> bool:
        """Whether a fired rule excludes, or zeroes, a criterion."""
        for _, effect, codes in self.effects:
            if isinstance(effect, kind) and (code in codes if effect.criterion == "this" else effect.criterion == code):
                return True
        return False

    def section_points(self, section: str, criteria: list[CriterionPoints]) -> SectionPoints:
        """Points of a section: sum, then the lowest cap, then deductions."""
        points = sum((criterion.points for criterion in criteria), Fraction(0))
        for _, effect, _ in self.effects:
            if isinstance(effect, CapSection) and effect.section == section:
                points = min(points, effect.at_most)
        points = max(points - self.deducted(section), Fraction(0))
        return SectionPoints(
            code=section, points=points, maximum=sum((criterion.maximum for criterion in criteria), Fraction(0))
        )

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
        """SHA-256 of what was scored."""
        best = self.group_best
        basis = {
            "group_best": None if best is None else {name: exact_text(best[name]) for name in best},
            "rule_set": self.rule_set.ref().model_dump(mode="json"),
            "verified": self.verified.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        }
        return sha256_hex(canonical_json(basis))


def _between(value: Fraction, maximum: Fraction) -> Fraction:
    return max(Fraction(0), min(value, maximum))


def _is_relative(method: Method) -> bool:
    match method:
        case RelativeMethod():
            return True
        case SumMethod(parts=parts) | BestMethod(cases=parts):
            return any(_is_relative(part.method) for part in parts)
        case _:
            return False


def _satisfies(value: _Value, comparison: Comparison) -> bool:
    if comparison.is_ is not None:
        return _same(value, comparison.is_)
    if comparison.is_not is not None:
        return not _same(value, comparison.is_not)
    if not isinstance(value, Fraction):
        return False
    if comparison.at_least is not None:
        return value >= comparison.at_least
    if comparison.above is not None:
        return value > comparison.above
    if comparison.at_most is not None:
        return value <= comparison.at_most
    return comparison.below is not None and value < comparison.below


def _same(one: _Value, other: _Value) -> bool:
    return type(one) is type(other) and one == other  # a yes is not the number 1
