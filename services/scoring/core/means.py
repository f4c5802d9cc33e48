"""The mean of sections' shares: arithmetic exactly, geometric taken down to `PLACES` decimals (document.Result)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Literal

__all__ = ["PLACES", "Share", "mean_of"]

PLACES = 18

Share = tuple[Fraction, Fraction]  # a section's points / maximum, 0..1, and its weight


def mean_of(kind: Literal["arithmetic", "geometric"], shares: Sequence[Share]) -> Fraction:
    """The weighted mean; 0 of nothing."""
    weight = sum((weight for _, weight in shares), Fraction(0))
    if not weight:
        return Fraction(0)
    if kind == "arithmetic":
        return sum((share * weight for share, weight in shares), Fraction(0)) / weight
    return _geometric(shares)


def _geometric(shares: Sequence[Share]) -> Fraction:
    # With whole weights w of sum W the mean is the W-th root of the product of share^w: all of it whole numbers.
    scale = lcm(*(weight.denominator for _, weight in shares))
    whole = [int(weight * scale) for _, weight in shares]
    common = gcd(*whole)
    powers = [each // common for each in whole]
    product = Fraction(1)
    for (share, _), power in zip(shares, powers, strict=True):
        product *= share**power
    degree = sum(powers)
    scaled = product.numerator * 10 ** (PLACES * degree) // product.denominator
    return Fraction(_root(scaled, degree), 10**PLACES)


def _root(value: int, degree: int) -> int:
    """The whole part of the root, by Newton's steps from above."""
    if value < 2 or degree == 1:
        return value
    root = 1 << -(-value.bit_length() // degree)
    while True:
        closer = ((degree - 1) * root + value // root ** (degree - 1)) // degree
        if closer >= root:
            return root
        root = closer
