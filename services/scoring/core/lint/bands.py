"""Rows of bands: together they must take every possible value exactly once.

An interval is held as two cuts of the number line: `(v, 0)` lies just before v, `(v, 1)` just after. `at_least v`
begins at `(v, 0)`, `above v` at `(v, 1)`; `below v` ends at `(v, 0)`, `at_most v` at `(v, 1)`. So open and closed ends
compare as pairs do, and two intervals touch exactly when one's end is the other's beginning. Over whole numbers every
cut is moved to the next whole number, so that "3 or fewer" and "4 or more" touch. A whole number divided by a constant
one, as 3 of 4 reports, is counted in that many parts, so that nothing between a half and three quarters is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from services.scoring.core.lint.amounts import bounds
from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import At, Scope
from shared.ruleset.document import Band, BandsMethod, Input, Quotient
from shared.ruleset.places import join

__all__ = ["check_bands", "in_order", "is_whole"]

# Of whole numbers: how many of them are 1. None: every number can come.
Scale = Fraction | None
Cut = tuple[int, Fraction, int]  # the first tells -∞ (-1) and +∞ (1) from numbers (0)

_LOWEST: Cut = (-1, Fraction(0), 0)
_HIGHEST: Cut = (1, Fraction(0), 0)


@dataclass(frozen=True, slots=True)
class _Interval:
    low: Cut
    high: Cut
    row: int = 0

    def is_empty(self) -> bool:
        return self.low >= self.high

    def within(self, domain: _Interval) -> _Interval:
        return _Interval(max(self.low, domain.low), min(self.high, domain.high), self.row)


def check_bands(scope: Scope) -> Iterator[Finding]:
    """Empty, unreachable, overlapping and missing intervals of all bands."""
    for at, method in scope.each_method():
        if isinstance(method, BandsMethod):
            yield from _check(scope, at, method)


def is_whole(scope: Scope, at: At, method: BandsMethod) -> bool:
    """Whether the rows take every possible value exactly once, and no others."""
    return not any(_check(scope, at, method))


def in_order(method: BandsMethod) -> list[Band]:
    """The rows from low to high."""
    placed = sorted(_intervals(method, scale=None), key=lambda each: (each.low, each.high, each.row))
    return [method.rows[each.row] for each in placed]


def _check(scope: Scope, at: At, method: BandsMethod) -> Iterator[Finding]:
    found = _domain(scope, method)
    if found is None:
        return
    domain, scale = found
    paths = [join(at.path, "rows", index) for index in range(len(method.rows))]
    ambiguous = [path for path, row in zip(paths, method.rows, strict=True) if _has_two_ends(row)]
    if ambiguous:
        for path in ambiguous:
            yield scope.find("bands.two_ends", path)
        return
    reached = []
    for path, interval in zip(paths, _intervals(method, scale), strict=True):
        inside = interval.within(domain)
        if interval.is_empty():
            yield scope.find("bands.empty", path)
        elif inside.is_empty():
            yield scope.find("bands.unreachable", path, domain=_words(domain, scale))
        else:
            reached.append(inside)
    yield from _cover(scope, at.path, domain, sorted(reached, key=lambda each: (each.low, each.high)), scale)


def _cover(scope: Scope, path: str, domain: _Interval, rows: list[_Interval], scale: Scale) -> Iterator[Finding]:
    end = domain.low
    widest = -1
    for row in rows:
        if row.low > end:
            yield scope.find("bands.gap", join(path, "rows"), interval=_words(_Interval(end, row.low), scale))
        elif row.low < end:
            both = _Interval(row.low, min(row.high, end))
            spot = join(path, "rows", row.row)
            yield scope.find("bands.overlap", spot, other=widest + 1, interval=_words(both, scale))
        if row.high > end:
            end, widest = row.high, row.row
    if end < domain.high:
        yield scope.find("bands.gap", join(path, "rows"), interval=_words(_Interval(end, domain.high), scale))


# --- what values there can be ------------------------------------------------------------------------------------


def _domain(scope: Scope, method: BandsMethod) -> tuple[_Interval, Scale] | None:
    """The values that can come, and of which scale; None where another check has found fault already."""
    if isinstance(method.of, Quotient):
        return _quotient_domain(scope, method.of)
    item = scope.inputs.get(method.of)
    if item is None or item.type not in ("integer", "decimal"):
        return None
    scale = Fraction(1) if item.type == "integer" else None
    low = _LOWEST if item.minimum is None else _cut(item.minimum, 0, scale)
    high = _HIGHEST if item.maximum is None else _cut(item.maximum, 1, scale)
    domain = _Interval(low, high)
    return None if domain.is_empty() else (domain, scale)


def _quotient_domain(scope: Scope, quotient: Quotient) -> tuple[_Interval, Scale]:
    """Scoring takes a quotient above 1 as 1, and the zero case gives 0 or 1; the bounds of the inputs may say more."""
    above, below = scope.inputs.get(quotient.numerator), scope.inputs.get(quotient.denominator or "")
    most = bounds(above)[1] if above is not None else None
    least = quotient.whole if quotient.denominator is None else _least_divisor(below)
    highest = Fraction(1)
    full_at_zero = quotient.denominator is not None and quotient.zero_denominator == "full"
    if most is not None and most >= 0 and least is not None and least > 0 and not full_at_zero:
        highest = min(highest, most / least)
    scale: Scale = None
    if quotient.whole is not None and quotient.whole > 0 and quotient.whole.denominator == 1:
        scale = quotient.whole if above is not None and above.type == "integer" else None
    return _Interval(_cut(Fraction(0), 0, scale), _cut(highest, 1, scale)), scale


def _least_divisor(item: Input | None) -> Fraction | None:
    """The smallest figure above 0 that may be divided by."""
    if item is None or (item.type != "integer" and (item.minimum is None or item.minimum <= 0)):
        return None
    return max(item.minimum or Fraction(1), Fraction(1)) if item.type == "integer" else item.minimum


def _intervals(method: BandsMethod, scale: Scale) -> Iterator[_Interval]:
    for index, row in enumerate(method.rows):
        low, high = _LOWEST, _HIGHEST
        if row.at_least is not None:
            low = _cut(row.at_least, 0, scale)
        elif row.above is not None:
            low = _cut(row.above, 1, scale)
        if row.at_most is not None:
            high = _cut(row.at_most, 1, scale)
        elif row.below is not None:
            high = _cut(row.below, 0, scale)
        yield _Interval(low, high, index)


def _cut(value: Fraction, after: int, scale: Scale) -> Cut:
    if scale is None:
        return (0, value, after)
    counted = value * scale
    return (0, Fraction(floor(counted) + 1 if after else ceil(counted)), 0)


def _has_two_ends(row: Band) -> bool:
    low_twice = row.at_least is not None and row.above is not None
    return low_twice or (row.at_most is not None and row.below is not None)


def _words(interval: _Interval, scale: Scale) -> str:
    """The interval as people write it: `≥ 3, < 4`, over whole numbers `4 – 6`."""
    (low_kind, low, low_after), (high_kind, high, high_after) = interval.low, interval.high
    if scale is not None and low_kind == 0 and high_kind == 0:
        first, last = shown(low / scale), shown((high - 1) / scale)
        return first if first == last else f"{first} – {last}"
    parts = []
    if low_kind == 0:
        parts.append(f"{'>' if low_after else '≥'} {shown(low)}")
    if high_kind == 0:
        parts.append(f"{'≤' if high_after else '<'} {shown(high)}")
    if len(parts) == 2 and low == high:
        return f"= {shown(low)}"
    return ", ".join(parts) or "-∞ – +∞"
