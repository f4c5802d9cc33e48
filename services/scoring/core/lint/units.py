"""Units that do not go together: a percentage with a share, a quotient of different things, figures without a unit."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from services.scoring.core.lint.amounts import bounds
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import At, Scope
from shared.ruleset.document import Band, BandsMethod, Comparison, Input, Quotient, RatioMethod, RelativeMethod
from shared.ruleset.places import join

__all__ = ["check_units"]

PERCENT = "%"
_NUMERIC = ("integer", "decimal")
_ENDS = ("at_least", "above", "at_most", "below")
_VALUES = ("is_", "is_not", *_ENDS)


def check_units(scope: Scope) -> Iterator[Finding]:
    """All findings about units."""
    for path, _, item in scope.each_input():
        yield from _own(scope, path, item)
    for at, method in scope.each_method():
        match method:
            case RatioMethod(of=quotient) | BandsMethod(of=Quotient() as quotient):
                yield from _quotient(scope, join(at.path, "of"), quotient)
            case RelativeMethod(input=Quotient() as quotient):  # bandwidth per head compares as well as a share does
                yield from _quotient(scope, join(at.path, "input"), quotient, is_share=False)
            case BandsMethod(of=str() as name, rows=rows):
                yield from _rows(scope, at, scope.inputs.get(name), rows)
            case _:
                pass
    for path, _, comparison, _ in scope.each_comparison():
        yield from _comparison(scope, path, comparison)
    for path, _, comparison in scope.each_gate_comparison():
        yield from _comparison(scope, path, comparison)
    yield from _levels(scope)


def _own(scope: Scope, path: str, item: Input) -> Iterator[Finding]:
    if item.type not in _NUMERIC:
        return
    if not (item.unit or "").strip():
        yield scope.find("unit.missing", path, name=item.id)
        return
    highest = bounds(item)[1]
    if item.unit == PERCENT and highest is not None and highest <= 1:
        yield scope.find("unit.percent_bounds", join(path, "maximum"), value=shown(highest))


def _quotient(scope: Scope, path: str, quotient: Quotient, *, is_share: bool = True) -> Iterator[Finding]:
    above = scope.inputs.get(quotient.numerator)
    below = scope.inputs.get(quotient.denominator or "")
    if above is None or not above.unit:
        return
    if quotient.whole is not None and above.unit == PERCENT and quotient.whole > 0 and quotient.whole != 100:
        yield scope.find("unit.percent_whole", join(path, "whole"), value=shown(quotient.whole), name=above.id)
    if is_share and below is not None and below.unit and below.unit.strip() != above.unit.strip():
        name = f"{above.id}/{below.id}"
        yield scope.find("unit.quotient", path, name=name, one=above.unit, other=below.unit)


def _rows(scope: Scope, at: At, item: Input | None, rows: tuple[Band, ...]) -> Iterator[Finding]:
    """Thresholds of a percentage that are written as shares: all of them between 0 and 1."""
    if item is None or item.unit != PERCENT:
        return
    ends = {end for row in rows for name in _ENDS if (end := getattr(row, name)) is not None and end != 0}
    if ends and all(0 < end <= 1 for end in ends) and any(end < 1 for end in ends):
        yield scope.find("unit.share_of_percent", join(at.path, "rows"), name=item.id, value=shown(max(ends)))


def _comparison(scope: Scope, path: str, comparison: Comparison) -> Iterator[Finding]:
    space, _, name = comparison.fact.partition(".")
    item = scope.inputs.get(name) if space == "input" else None
    if item is None or item.unit != PERCENT:
        return
    for operator in _VALUES:
        value = getattr(comparison, operator)
        if isinstance(value, Fraction) and 0 < value < 1:
            yield scope.find(
                "unit.share_of_percent", join(path, operator.rstrip("_")), name=item.id, value=shown(value)
            )


def _levels(scope: Scope) -> Iterator[Finding]:
    result = scope.rule_set.result
    highest = max(level.at_least for level in result.levels)
    if result.form == "total" and 0 < highest <= 1:
        yield scope.find("unit.levels_as_shares", "result.levels", value=shown(highest))
