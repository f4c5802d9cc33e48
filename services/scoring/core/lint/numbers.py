"""Every number of the document must travel: small enough for the engine's scaled integers, and not too finely divided.

Figures and what they are compared with have at most six decimals, as the engine takes them in millionths. Points are
worked out as rationals, which the engine never sees: they may be thirds (`scope.is_short`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any, Literal

from pydantic import BaseModel

from services.scoring.core.lint.amounts import MAX_DENOMINATOR, PLACES_SCALE, is_short
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import At, Scope
from shared.kernel.exact import MAX_LENGTH
from shared.ruleset.document import (
    AverageMethod,
    Band,
    Comparison,
    Derive,
    Example,
    ExampleUnits,
    Expectation,
    Input,
    Level,
    Method,
    Quotient,
    RatioMethod,
    RelativeMethod,
)
from shared.ruleset.places import join

__all__ = ["check_lengths", "check_numbers", "check_texts"]

LIMIT = 2**62
_MANY_UNITS = 100  # sub-units of an agency where nothing says how many
_BESIDES = 50  # characters of a total beside its denominators' digits: points, the stroke, six decimals here and there


def check_numbers(scope: Scope) -> Iterator[Finding]:
    """Numbers that are too large, figures with too many decimals, points too finely divided."""
    for path, value, kind in _leaves("", scope.rule_set, _kind_of_levels(scope)):
        if not isinstance(value, Fraction):
            continue
        if abs(value) * PLACES_SCALE >= LIMIT:
            yield scope.find("number.too_large", path, value=shown(value))
        elif kind == "figure" and PLACES_SCALE % value.denominator:
            yield scope.find("number.too_many_decimals", path, value=shown(value))
        elif kind == "points" and not is_short(value):
            yield scope.find("number.too_fine", path, value=shown(value), limit=MAX_DENOMINATOR)


def check_lengths(scope: Scope) -> Iterator[Finding]:
    """Totals that may become too long to be read: they hold the product of all denominators, above and below."""
    digits = sum(_denominators(scope).values()) + _digits_of_points(scope) + _digits_of_mean(scope)
    if 2 * digits + _BESIDES > MAX_LENGTH:
        yield scope.find("set.totals_too_long", "sections", digits=digits, limit=(MAX_LENGTH - _BESIDES) // 2)


def _denominators(scope: Scope) -> dict[object, int]:
    """What points are divided by, each once, with the digits it may have; bands give points of their own."""
    found: dict[object, int] = {}
    for at, method in scope.each_method():
        units = _units(scope, at, method)
        for name, digits in _divisors(scope, method):
            found[name] = max(found.get(name, 0), digits * units)
        if isinstance(method, AverageMethod):
            found["units", at.path] = len(str(units))
    return found


def _divisors(scope: Scope, method: Method) -> Iterator[tuple[object, int]]:
    match method:
        case RatioMethod(of=Quotient(denominator=None, whole=Fraction() as whole)):
            yield whole, len(str(abs(whole * PLACES_SCALE).numerator))
        case RatioMethod(of=Quotient(denominator=str() as name)):
            yield name, _digits(scope.inputs.get(name))
        case RelativeMethod(input=Quotient(numerator=above, denominator=str() as below)):
            yield below, _digits(scope.inputs.get(below))
            yield ("best", above), _digits(scope.inputs.get(above))
        case RelativeMethod(input=str() as name):
            yield ("best", name), _digits(scope.inputs.get(name))
        case _:
            pass


def _units(scope: Scope, at: At, method: Method) -> int:
    """How many sub-units may each bring a denominator of their own: as many as the average's total may say."""
    if not (at.per_unit or isinstance(method, AverageMethod)):
        return 1
    outer = at.criterion.method
    averages = [one for one in (method, outer) if isinstance(one, AverageMethod) and one.total is not None]
    total = scope.inputs.get(averages[0].total or "") if averages else None
    return _MANY_UNITS if total is None or total.maximum is None else max(int(total.maximum), 1)


def _digits_of_points(scope: Scope) -> int:
    """Points that are thirds and the like have denominators, too; together their least common multiple."""
    kind = _kind_of_levels(scope)
    fine = {
        value.denominator
        for _, value, found in _leaves("", scope.rule_set, kind)
        if found == "points" and isinstance(value, Fraction) and PLACES_SCALE % value.denominator and is_short(value)
    }
    return len(str(lcm(*fine))) if fine else 0


def _digits_of_mean(scope: Scope) -> int:
    """A mean divides by the maximum of every section."""
    if scope.rule_set.result.mean is None:
        return 0
    maxima = (section.maximum for section in scope.rule_set.sections)
    return sum(len(str(abs(value * PLACES_SCALE).numerator)) for value in maxima)


def _digits(item: Input | None) -> int:
    """The digits of the largest figure that may be answered, with its decimals."""
    declared = item.maximum if item is not None else None
    largest = (LIMIT - 1) // PLACES_SCALE if declared is None else abs(declared)
    scale = PLACES_SCALE if item is not None and item.type == "decimal" else 1
    return len(str(min(int(largest * scale), LIMIT)))


def check_texts(scope: Scope) -> Iterator[Finding]:
    """Texts that are not in composed form, which look the same and hash differently."""
    for path, value, _ in _leaves("", scope.rule_set, "points"):
        if isinstance(value, str) and not unicodedata.is_normalized("NFC", value):
            yield scope.find("text.not_composed", path)


# --- the numbers of the document and what they are ---------------------------------------------------------------

# `free` numbers are met nowhere but in comparisons of rationals: expectations, the ends of bands.
Kind = Literal["figure", "points", "free"]


def _kind_of_levels(scope: Scope) -> Kind:
    """A geometric mean is taken down to so many decimals: only a threshold with fewer is decided exactly."""
    return "figure" if scope.rule_set.result.mean == "geometric" else "points"


def _leaves(path: str, value: Any, levels: Kind, kind: Kind = "points") -> Iterator[tuple[str, Any, Kind]]:
    """Leaves of the document with their paths and kinds; `levels` is what the thresholds of levels are."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            item = getattr(value, name)
            if item is not None:
                yield from _leaves(join(path, info.alias or name), item, levels, _kind(value, name, levels, kind))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(join(path, key), item, levels, kind)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _leaves(join(path, index), item, levels, kind)
    else:
        yield path, value, kind


def _kind(owner: BaseModel, name: str, levels: Kind, around: Kind) -> Kind:
    match owner:
        case Expectation():
            return "free"
        case Band():
            return "points" if name == "points" else "free"
        case Input() | Comparison() | Derive() | Example() | ExampleUnits():
            return "figure"
        case Level():
            return levels
        case _:
            return around
