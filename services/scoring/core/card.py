"""The card: what verification established about one agency, typed and ready to be scored.

Answers, findings and adjustments are merged here once; everything after it sees one state and one value an input.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from shared.contracts.common import Answer, CriterionFinding, UnitAnswer
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.errors import Fault, Invalid
from shared.kernel.exact import parse_exact
from shared.ruleset.document import Criterion, Input, RuleSet

__all__ = ["NOT_REPORTED", "Card", "Figure", "Figures", "State", "Typed", "combined", "figure_of"]

State = Literal["value", "not_applicable", "not_reported", "rejected"]
Typed = bool | Fraction | str


@dataclass(frozen=True, slots=True)
class Figure:
    """One input as verified; `value` only in the state `value`, `units` (by name) where every sub-unit is asked."""

    state: State
    value: Typed | None = None
    units: Mapping[str, Figure] = field(default_factory=dict)


Figures = Mapping[str, Figure]

NOT_REPORTED = Figure("not_reported")
_NOT_APPLICABLE = Figure("not_applicable")
_REJECTED = Figure("rejected")
_BOOLEANS = {True: Figure("value", True), False: Figure("value", False)}
_PLACES = 10**6  # decimals have at most six places (document.Input)


@dataclass(frozen=True, slots=True)
class Card:
    """Everything points and rules are worked out from; immutable by convention of its mappings.

    A rejected criterion counts 0, but figures it shares with other criteria stand: who rejects a figure itself adjusts
    it to the state `rejected`.
    """

    figures: Figures
    rejected: frozenset[str]
    evidence: frozenset[str]
    findings: Mapping[str, CriterionFinding]
    days_late: int
    missing: bool

    @classmethod
    def of(cls, verified: VerifiedSubmission, rule_set: RuleSet, only: Collection[str] | None = None) -> Card:
        """Merge a verified submission; raises `Invalid` where a value does not fit the type of its input.

        With `only`, of no more than these inputs.
        """
        if verified.basis == "missing":
            return cls._missing(verified, rule_set)
        findings = {finding.criterion: finding for finding in verified.findings}
        answers = verified.answers.figures
        adjusted = {
            input_id: answer
            for finding in verified.findings
            if finding.finding == "adjusted"
            for input_id, answer in finding.adjusted.items()
        }
        if adjusted:
            answers = {**answers, **adjusted}
        rejected = frozenset(code for code, finding in findings.items() if finding.finding == "rejected")
        return cls(
            figures=_figures(rule_set, answers, only),
            rejected=rejected,
            evidence=frozenset(code for code, documents in verified.answers.evidence.items() if documents),
            findings=findings,
            days_late=verified.days_late,
            missing=False,
        )

    @classmethod
    def _missing(cls, verified: VerifiedSubmission, rule_set: RuleSet) -> Card:
        # Nobody answered: nothing can have been found or shown either, whatever the submission carries.
        return cls(
            figures=dict.fromkeys(rule_set.inputs(), NOT_REPORTED),
            rejected=frozenset(),
            evidence=frozenset(),
            findings={},
            days_late=verified.days_late,
            missing=True,
        )


def _figures(rule_set: RuleSet, answers: Mapping[str, Answer], only: Collection[str] | None) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for section in rule_set.sections:
        for criterion in section.criteria:
            for item in criterion.inputs:
                if only is not None and item.id not in only:
                    continue
                answer = answers.get(item.id)
                figures[item.id] = NOT_REPORTED if answer is None else figure_of(criterion, item, answer)
    return figures


def figure_of(criterion: Criterion, item: Input, answer: Answer | UnitAnswer) -> Figure:
    """One answer to an input that `criterion` asks; raises `Invalid` where the value does not fit the input's type."""
    if answer.state == "value":
        if item.per_unit and isinstance(answer, Answer):
            units = {name: figure_of(criterion, item, one) for name, one in sorted(answer.units.items())}
            return Figure("value", units=units)
        return _value(criterion, item, answer.value)
    if answer.state == "rejected":
        return _REJECTED
    if answer.state == "not_applicable" and criterion.not_applicable == "allowed":
        return _NOT_APPLICABLE
    return NOT_REPORTED  # "not applicable" where the rule set refuses it is no answer


def _value(criterion: Criterion, item: Input, value: bool | int | str | None) -> Figure:
    if item.type == "boolean":
        if isinstance(value, bool):
            return _BOOLEANS[value]
    elif item.type in ("integer", "decimal"):
        number = _number(value)
        if number is not None and (number.denominator == 1 or item.type == "decimal"):
            return Figure("value", number)
    elif isinstance(value, str) and _is_option(item, value):
        return Figure("value", value)
    raise _unfit(criterion, item, value)


def _number(value: bool | int | str | None) -> Fraction | None:
    try:
        number = parse_exact(value)
    except ValueError:
        return None
    return number if _PLACES % number.denominator == 0 else None


def _is_option(item: Input, value: str) -> bool:
    return item.type == "text" or any(option.id == value for option in item.options)


def _unfit(criterion: Criterion, item: Input, value: object) -> Invalid:
    shown = repr(value)[:60]
    fault = Fault(
        code="card.value_does_not_fit",
        place=f"{criterion.code}.{item.id}",
        vi=f"giá trị {shown} không đúng kiểu {item.type}",
        en=f"the value {shown} does not fit the type {item.type}",
        remedy_vi="kiểm tra lại số liệu đã thẩm tra",
        remedy_en="check the verified figure",
    )
    return Invalid("Số liệu không chấm điểm được", "A figure cannot be scored", (fault,), "card.value_does_not_fit")


def combined(states: Iterable[State]) -> State:
    """The state of something that needs all of several inputs: the worst of theirs."""
    result: State = "value"
    for state in states:
        if state == "rejected":
            return "rejected"
        if state == "not_reported" or (state == "not_applicable" and result == "value"):
            result = state
    return result
