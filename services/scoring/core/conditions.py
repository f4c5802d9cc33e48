"""Conditions over verified figures, evaluated in plain Python: whether a criterion is asked of an agency at all.

An absent fact satisfies no comparison; a yes is not the number 1.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal

from services.scoring.core.card import NOT_REPORTED, Figures, State, Typed, combined
from shared.ruleset.document import AllOf, AnyOf, Comparison, Condition, Criterion
from shared.ruleset.uses import gate_inputs

__all__ = ["Asked", "compile_asked", "compile_condition", "satisfies"]

Test = Callable[[Figures], bool]
Asked = State | Literal["asked", "zero"]


def compile_asked(criterion: Criterion) -> Callable[[Figures], Asked] | None:
    """Whether a criterion is asked: `asked`, or the state it is in (`zero`: it counts 0) because it is not.

    Of those whom the condition leaves out, only who did report what decides it may be left out (document.AskedIf).
    """
    if criterion.asked_if is None:
        return None
    holds, otherwise = compile_condition(criterion.asked_if.when), criterion.asked_if.otherwise
    names = gate_inputs(criterion)

    def asked(figures: Figures) -> Asked:
        if holds(figures):
            return "asked"
        state = combined(figures.get(name, NOT_REPORTED).state for name in names)
        return state if state in ("rejected", "not_reported") else otherwise

    return asked


def compile_condition(condition: Condition) -> Test:
    """A condition over `input.*` facts as a function of the figures."""
    match condition:
        case Comparison():
            return _comparison(condition)
        case AllOf(all=parts):
            every = tuple(compile_condition(part) for part in parts)
            return lambda figures: all(test(figures) for test in every)
        case AnyOf(any=parts):
            some = tuple(compile_condition(part) for part in parts)
            return lambda figures: any(test(figures) for test in some)
        case _:
            inner = compile_condition(condition.not_)
            return lambda figures: not inner(figures)


def _comparison(comparison: Comparison) -> Test:
    kind, _, name = comparison.fact.partition(".")
    if kind != "input":
        raise ValueError(f"{comparison.fact}: only figures decide whether a criterion is asked; it was not linted")

    def holds(figures: Figures) -> bool:
        value = figures.get(name, NOT_REPORTED).value
        return value is not None and satisfies(value, comparison)

    return holds


def satisfies(value: Typed, comparison: Comparison) -> bool:
    """Whether a value that is there satisfies a comparison."""
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


def _same(one: Typed, other: Typed) -> bool:
    return type(one) is type(other) and one == other
