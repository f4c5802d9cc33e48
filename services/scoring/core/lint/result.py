"""The result: levels, the mean of sections with their weights, tie-breakers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd, lcm

from services.scoring.core.lint.amounts import is_only_bonus, is_short, summed
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.structure import doubles
from shared.ruleset.document import CapSection, ZeroSection
from shared.ruleset.places import join

__all__ = ["check_result"]

_MOST_DEGREE = 100  # a geometric mean is a root of this degree at most: weights of whole percents fit
_WHOLES = (Fraction(1), Fraction(100))


def check_result(scope: Scope) -> Iterator[Finding]:
    """All findings about the result."""
    yield from _levels(scope)
    yield from _weights(scope)
    yield from _mean(scope)
    yield from _tie_breakers(scope)


# --- levels ------------------------------------------------------------------------------------------------------


def _levels(scope: Scope) -> Iterator[Finding]:
    """Levels go down strictly, end at 0, and lie within what the result can be."""
    result = scope.rule_set.result
    limit = Fraction(1) if result.form == "index" else scope.total
    paths = [join("result.levels", index) for index in range(len(result.levels))]
    named = zip(paths, (level.id for level in result.levels), strict=True)
    yield from doubles(scope, "level.duplicate", ((join(path, "id"), name) for path, name in named))
    for index, level in enumerate(result.levels):
        spot, value = join(paths[index], "at_least"), level.at_least
        if value < 0 or (limit is not None and value > limit):
            most = "…" if limit is None else shown(limit)
            yield scope.find("level.out_of_range", spot, value=shown(value), limit=most, form=result.form)
        before = result.levels[index - 1].at_least if index else None
        if before is not None and value >= before:
            yield scope.find("level.order", spot, name=level.id, value=shown(value), before=shown(before))
    last = result.levels[-1].at_least
    if last > 0:
        yield scope.find("level.last_not_zero", join(paths[-1], "at_least"), value=shown(last))


# --- means -------------------------------------------------------------------------------------------------------


def _weights(scope: Scope) -> Iterator[Finding]:
    sections = [(path, section) for path, section in scope.each_section() if not is_only_bonus(section)]
    given = [(join(path, "weight"), section.weight) for path, section in sections]
    weights = [(path, weight) for path, weight in given if weight is not None]
    if not weights:
        return
    if scope.rule_set.result.mean is None:
        yield scope.find("weight.without_mean", weights[0][0])
        return
    for path, weight in given:
        if weight is None:
            yield scope.find("weight.missing", path.removesuffix(".weight"))
        elif weight <= 0:
            yield scope.find("weight.not_positive", path, value=shown(weight))
    total = summed(weight for _, weight in weights)
    sound = len(weights) == len(given) and all(weight > 0 for _, weight in weights)
    if total is not None and sound and total not in _WHOLES:
        yield scope.find("weight.sum", "sections", sum=shown(total))


def _mean(scope: Scope) -> Iterator[Finding]:
    result = scope.rule_set.result
    if result.mean is None:
        return
    if result.form == "total":
        yield scope.find("mean.total", "result.mean", mean=result.mean)
    for path, section in scope.each_section():
        if is_only_bonus(section):
            yield scope.find("mean.bonus_section", path, name=section.code)
    if result.mean == "geometric":
        yield from _degree(scope)
        yield from _zeroed(scope)


def _degree(scope: Scope) -> Iterator[Finding]:
    weights = [weight for section in scope.rule_set.sections if (weight := section.weight) is not None and weight > 0]
    if not weights or not all(is_short(weight) for weight in weights):
        return
    scale = lcm(*(weight.denominator for weight in weights))
    whole = [int(weight * scale) for weight in weights]
    degree = sum(whole) // gcd(*whole)
    if degree > _MOST_DEGREE:
        yield scope.find("weight.too_fine", "sections", degree=degree, limit=_MOST_DEGREE)


def _zeroed(scope: Scope) -> Iterator[Finding]:
    """One section at 0 makes the whole product 0: a rule that zeroes one decides more than it says."""
    for path, rule, effect in scope.each_effect():
        to_zero = isinstance(effect, ZeroSection) or (isinstance(effect, CapSection) and effect.at_most == 0)
        if to_zero:
            yield scope.find("mean.geometric_zero", path, name=rule.id)


# --- tie-breakers ------------------------------------------------------------------------------------------------


def _tie_breakers(scope: Scope) -> Iterator[Finding]:
    result = scope.rule_set.result
    breakers = [(join("result.tie_breakers", index, "of"), one.of) for index, one in enumerate(result.tie_breakers)]
    yield from doubles(scope, "tie_breaker.duplicate", breakers)
    for path, of in breakers:
        kind, _, code = of.partition(".")
        known = list(scope.sections if kind == "section" else scope.criteria)
        if code and code not in known:
            yield scope.find("tie_breaker.unknown", path, name=of, known=[f"{kind}.{each}" for each in known])
        elif of == ("index" if result.form == "index" else "points") or _is_never_scored(scope, kind, code):
            yield scope.find("tie_breaker.no_effect", path, name=of)


def _is_never_scored(scope: Scope, kind: str, code: str) -> bool:
    return kind == "criterion" and scope.criteria[code].method.form == "information"
