"""The reference, part three: the geometric mean by halving: the largest 18-decimal number that is not too large."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

__all__ = ["geometric"]

_STEP = 10**18


def geometric(shares: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction:
    """The weighted geometric mean of shares (0..1), taken down to 18 decimals."""
    one = Fraction(1)
    while any((weight * one).denominator != 1 for weight in weights):
        one += 1
    powers = [int(weight * one) for weight in weights]
    wanted = Fraction(1)
    for share, power in zip(shares, powers, strict=True):
        wanted *= share**power
    low, high = 0, _STEP + 1  # low / step is not too large, high / step is
    while high - low > 1:
        middle = (low + high) // 2
        if Fraction(middle, _STEP) ** sum(powers) <= wanted:
            low = middle
        else:
            high = middle
    return Fraction(low, _STEP)
