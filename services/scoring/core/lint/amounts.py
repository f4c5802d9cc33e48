"""Sums of points, and which numbers are fit to be summed."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from shared.ruleset.document import Input, Section

__all__ = ["MAX_DENOMINATOR", "PLACES_SCALE", "adds_up", "bounds", "is_only_bonus", "is_short", "points_of", "summed"]

PLACES_SCALE = 10**6  # figures have at most six decimals
MAX_DENOMINATOR = 1000  # points may be thirds as well; sums of such stay readable


def summed(values: Iterable[Fraction]) -> Fraction | None:
    """The sum; None if a number is none that a document may hold (which numbers.py says), so that no sum explodes."""
    total = Fraction(0)
    for value in values:
        if not is_short(value):
            return None
        total += value
    return total


def bounds(item: Input) -> tuple[Fraction | None, Fraction | None]:
    """The least and the most that may be answered; none where they are reversed, which is told where they stand."""
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        return None, None
    return item.minimum, item.maximum


def points_of(section: Section) -> Fraction | None:
    """The maxima of a section's criteria together, bonus criteria left out; None as `summed`."""
    return summed(criterion.maximum for criterion in section.criteria if not criterion.bonus)


def is_only_bonus(section: Section) -> bool:
    """Whether the section has nothing but bonus criteria (and what is only asked): its maximum is its own."""
    scored = [criterion for criterion in section.criteria if criterion.method.form != "information"]
    return bool(scored) and all(criterion.bonus for criterion in scored)


def adds_up(section: Section) -> bool:
    """Whether the criteria come to the section's maximum, as far as their sum can be told."""
    total = points_of(section)
    return total is None or total == section.maximum or is_only_bonus(section)


def is_short(value: Fraction) -> bool:
    """Whether it has at most six decimals, or a small denominator."""
    return PLACES_SCALE % value.denominator == 0 or value.denominator <= MAX_DENOMINATOR
