"""Of whom a criterion is not asked, going by what was answered (document.AskedIf); nothing is scored here."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from shared.contracts.common import Answer
from shared.kernel.exact import parse_exact
from shared.ruleset.document import AllOf, AnyOf, Comparison, Condition, Criterion, FactValue, Input
from shared.ruleset.uses import gate_inputs

__all__ = ["NOT_REPORTED", "is_left_out"]

NOT_REPORTED = Answer(state="not_reported")
_SETTLED = ("value", "not_applicable")


def is_left_out(criterion: Criterion, figures: Mapping[str, Answer], inputs: Mapping[str, Input]) -> bool:
    """Whether a criterion is not asked, for a reason that was answered; `inputs` are all of the rule set.

    Who has not reported what decides it (or was not believed) is not left out.
    """
    if criterion.asked_if is None:
        return False
    if any(figures.get(name, NOT_REPORTED).state not in _SETTLED for name in gate_inputs(criterion)):
        return False
    return not _holds(criterion.asked_if.when, figures, inputs)


def _holds(condition: Condition, figures: Mapping[str, Answer], inputs: Mapping[str, Input]) -> bool:
    match condition:
        case Comparison():
            value = _value(condition.fact.partition(".")[2], figures, inputs)
            return value is not None and _satisfies(value, condition)
        case AllOf(all=parts):
            return all(_holds(part, figures, inputs) for part in parts)
        case AnyOf(any=parts):
            return any(_holds(part, figures, inputs) for part in parts)
        case _:
            return not _holds(condition.not_, figures, inputs)


def _value(name: str, figures: Mapping[str, Answer], inputs: Mapping[str, Input]) -> FactValue | None:
    item, value = inputs.get(name), figures.get(name, NOT_REPORTED).value
    if item is None or value is None:
        return None
    if isinstance(value, bool):
        return value
    return parse_exact(value) if item.type in ("integer", "decimal") else str(value)


def _satisfies(value: FactValue, comparison: Comparison) -> bool:
    for wanted, is_wanted in ((comparison.is_, True), (comparison.is_not, False)):
        if wanted is not None:
            return (type(value) is type(wanted) and value == wanted) is is_wanted
    if not isinstance(value, Fraction):
        return False
    ends = (
        comparison.at_least is None or value >= comparison.at_least,
        comparison.above is None or value > comparison.above,
        comparison.at_most is None or value <= comparison.at_most,
        comparison.below is None or value < comparison.below,
    )
    return all(ends)
