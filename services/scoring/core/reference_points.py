"""The reference, part one: what an input's value is, and the points a method gives for it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import parse_exact
from shared.ruleset.document import (
    AllOf,
    AnyOf,
    AverageMethod,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    Comparison,
    Condition,
    CountMethod,
    Criterion,
    InformationMethod,
    Input,
    Method,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    RuleSet,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.uses import used_inputs

__all__ = ["PointsReading", "State", "Value", "holds_for"]

Value = bool | Fraction | str
State = Literal["value", "not_applicable", "not_reported", "rejected"]


class PointsReading:
    """One submission read by one rule set: inputs and methods."""

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

    def input_state(self, input_id: str) -> State:
        """The state of an input as verified."""
        owner = self.owner(input_id)
        if owner is None:
            return "not_reported"
        state = self.answer(input_id).state
        if state == "not_applicable" and owner[0].not_applicable == "refused":
            return "not_reported"
        return state

    def input_value(self, input_id: str) -> Value | None:
        """The value of an input as verified, or None if it has none."""
        owner = self.owner(input_id)
        if owner is None or self.input_state(input_id) != "value":
            return None
        value = self.answer(input_id).value
        if value is None and owner[1].per_unit:
            return None  # every sub-unit has a value of its own; the agency has none
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

    def needed(self, criterion: Criterion, *input_ids: str) -> State:
        """The state of something that needs all of the inputs."""
        states = [self.input_state(input_id) for input_id in input_ids]
        if "rejected" in states:
            return "rejected"
        if "not_reported" in states:
            return "not_reported"
        if "not_applicable" in states:
            return "not_applicable" if criterion.not_applicable == "allowed" else "not_reported"
        return "value"

    def method_state(self, criterion: Criterion, method: Method) -> State:
        """Whether a method can be worked out."""
        match method:
            case YesNoMethod() | CountMethod() | ChoiceMethod():
                return self.needed(criterion, method.input)
            case RelativeMethod(input=of):
                return self.needed(criterion, of) if isinstance(of, str) else self.quotient_state(criterion, of)
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
            case AverageMethod():
                return self.average_state(criterion, method)
            case ByMethod():
                state = self.needed(criterion, method.input)
                return state if state != "value" else self.method_state(criterion, self.case(method))

    def case(self, method: ByMethod) -> Method:
        """The method for the class of this agency."""
        value = self.input_value(method.input)
        if isinstance(value, bool):
            return method.cases["yes" if value else "no"]
        return method.cases[str(value)]

    def units(self, method: AverageMethod) -> list[PointsReading]:
        """Every sub-unit that something was said of, as if it had answered for itself alone."""
        names: set[str] = set()
        for name in used_inputs(method.of):
            if (owner := self.owner(name)) is not None and owner[1].per_unit:
                names |= set(self.answer(name).units)
        return [_OfUnit(self, unit) for unit in sorted(names)]

    def expected_units(self, method: AverageMethod, said: int) -> int:
        """How many units there are: as many as `total` says, at least those that something was said of."""
        if method.total is None:
            return said
        total = self.number(method.total)
        return max(said, -(-total.numerator // total.denominator))

    def average_state(self, criterion: Criterion, method: AverageMethod) -> State:
        """Whether there is a unit to average over."""
        if method.total is not None and (state := self.needed(criterion, method.total)) != "value":
            return state
        units = self.units(method)
        if not units:
            if method.total is not None and self.number(method.total) == 0:
                return "not_applicable"
            asked = [n for n in used_inputs(method.of) if (owner := self.owner(n)) is not None and owner[1].per_unit]
            state = self.needed(criterion, *asked)
            return "not_reported" if state == "value" else state
        states = [unit.method_state(criterion, method.of) for unit in units]
        if self.expected_units(method, len(units)) > len(units):
            states.append("not_reported")
        for state in ("value", "rejected", "not_reported"):
            if state in states:
                return state
        return "not_applicable"

    def average(self, criterion: Criterion, method: AverageMethod, maximum: Fraction) -> Fraction:
        """The mean over the units that apply; a unit without a value counts 0."""
        total, counted, units = Fraction(0), 0, self.units(method)
        for unit in units:
            state = unit.method_state(criterion, method.of)
            counted += state != "not_applicable"
            if state == "value":
                total += unit.method_points(criterion, method.of, maximum)
        return total / (counted + self.expected_units(method, len(units)) - len(units))

    def quotient_state(self, criterion: Criterion, of: Quotient) -> State:
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
        """numerator / denominator within 0..1."""
        return _between(self.uncut(of), Fraction(1))

    def uncut(self, of: Quotient) -> Fraction:
        """numerator / denominator, which may be above 1; 0 or 1 where the denominator is 0, as the document says."""
        denominator = self.denominator(of)
        if denominator == 0:
            return Fraction(1) if of.zero_denominator == "full" else Fraction(0)
        return self.number(of.numerator) / denominator

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
                return self.relative(method, maximum)
            case InformationMethod():
                return Fraction(0)
            case SumMethod():
                return sum((self.part_points(criterion, part) for part in method.parts), Fraction(0))
            case BestMethod():
                return max(self.part_points(criterion, case) for case in method.cases)
            case AverageMethod():
                return self.average(criterion, method, maximum)
            case ByMethod():
                return self.method_points(criterion, self.case(method), maximum)

    def relative(self, method: RelativeMethod, maximum: Fraction) -> Fraction:
        """value / highest value of the group × maximum."""
        of = method.input
        if isinstance(of, Quotient):
            value, key = self.uncut(of), f"{of.numerator}/{of.denominator}"
        else:
            value, key = self.number(of), of
        best = (self.group_best or {}).get(key, Fraction(0))
        if best <= 0:
            return maximum if method.zero_best == "full" else Fraction(0)
        return value / best * maximum

    def part_points(self, criterion: Criterion, part: Part) -> Fraction:
        """Points of one part or case; 0 where it has no value."""
        if self.method_state(criterion, part.method) != "value":
            return Fraction(0)
        return self.method_points(criterion, part.method, part.maximum)

    def has_evidence(self, criterion: Criterion) -> bool:
        """Whether any evidence was given for a criterion."""
        return not self.missing and bool(self.verified.answers.evidence.get(criterion.code))

    def asked(self, criterion: Criterion) -> bool:
        """Whether a criterion is asked of this agency."""
        return criterion.asked_if is None or self.decides(criterion.asked_if.when)

    def decides(self, condition: Condition) -> bool:
        """Whether a condition over figures holds."""
        match condition:
            case AllOf():
                return all(self.decides(part) for part in condition.all)
            case AnyOf():
                return any(self.decides(part) for part in condition.any)
            case Comparison():
                value = self.input_value(condition.fact.removeprefix("input."))
                return value is not None and holds_for(value, condition)
            case _:
                return not self.decides(condition.not_)

    def criterion_state(self, criterion: Criterion) -> State:
        """The state of a criterion."""
        if self.is_rejected(criterion):
            return "rejected"
        if criterion.asked_if is None or self.asked(criterion):
            return self.method_state(criterion, criterion.method)
        deciding = {self.input_state(name) for name in _facts(criterion.asked_if.when)}
        if "rejected" in deciding:
            return "rejected"
        if "not_reported" in deciding:
            return "not_reported"
        return "not_applicable" if criterion.asked_if.otherwise == "not_applicable" else "value"


class _OfUnit(PointsReading):
    """The same submission, read for one of its sub-units: its own figures where every unit is asked."""

    def __init__(self, whole: PointsReading, unit: str) -> None:
        super().__init__(whole.rule_set, whole.verified, whole.group_best)
        self.unit = unit

    def answer(self, input_id: str) -> Answer:
        """The unit's own answer, or the one that is given once for all."""
        answer = super().answer(input_id)
        owner = self.owner(input_id)
        if owner is None or not owner[1].per_unit or answer.state != "value":
            return answer
        own = answer.units.get(self.unit)
        return Answer(state="not_reported") if own is None else Answer(state=own.state, value=own.value)


def holds_for(value: Value, comparison: Comparison) -> bool:
    """Whether a value satisfies a comparison."""
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


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other  # a yes is not the number 1


def _facts(condition: Condition) -> list[str]:
    match condition:
        case AllOf():
            return [name for part in condition.all for name in _facts(part)]
        case AnyOf():
            return [name for part in condition.any for name in _facts(part)]
        case Comparison():
            return [condition.fact.removeprefix("input.")]
        case _:
            return _facts(condition.not_)


def _between(value: Fraction, maximum: Fraction) -> Fraction:
    return max(Fraction(0), min(value, maximum))
