"""Which inputs a rule set uses: in methods, in conditions, in deductions."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.lint.scope import Scope
from shared.ruleset.document import (
    BandsMethod,
    BestMethod,
    Deduct,
    InformationMethod,
    Method,
    Quotient,
    RatioMethod,
    SumMethod,
)

__all__ = ["inputs_of", "used_inputs"]


def inputs_of(method: Method) -> Iterator[tuple[str, str]]:
    """Inputs a method itself reads (not its parts), each with its path inside the method."""
    match method:
        case InformationMethod() | SumMethod() | BestMethod():
            return
        case RatioMethod(of=quotient):
            yield from _quotient(quotient)
        case BandsMethod(of=of):
            if isinstance(of, Quotient):
                yield from _quotient(of)
            else:
                yield "of", of
        case _:
            yield "input", method.input


def _quotient(quotient: Quotient) -> Iterator[tuple[str, str]]:
    yield "of.numerator", quotient.numerator
    if quotient.denominator is not None:
        yield "of.denominator", quotient.denominator


def used_inputs(scope: Scope) -> set[str]:
    """Ids of all inputs that a method or a rule reads."""
    used = {name for _, method in scope.each_method() for _, name in inputs_of(method)}
    facts = [comparison.fact for _, _, comparison, _ in scope.each_comparison()]
    facts += [effect.times for _, _, effect in scope.each_effect() if isinstance(effect, Deduct) and effect.times]
    for fact in facts:
        kind, _, name = fact.partition(".")
        if kind in ("input", "state"):
            used.add(name)
    return used
