"""Numbers that a table measures by, and the answers that bring such a number to, or just beside, a boundary.

Over whole numbers the two numbers on either side of a boundary show it. Elsewhere there is always another number
between, so "just below" and "just above" mean: within 1 % of the boundary and at least within 0.01 (one point of
percentage for a quotient), with no other boundary between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Literal

from services.scoring.core.coverage_wish import Base
from services.scoring.core.reference_points import PointsReading
from shared.ruleset.document import Band, Criterion, Input, Quotient

__all__ = ["Cut", "Measure", "Point", "cuts_of", "points_about", "within_bounds"]

Cut = tuple[Fraction, int]  # (v, 0): the border lies just before v; (v, 1): just after v
Side = Literal["at", "below", "above"]
_STEPS = tuple(Fraction(1, 10**places) for places in range(2, 7))
_WHOLES = (100, 200, 1000, 10_000)


@dataclass(frozen=True, slots=True)
class Point:
    """A number to try: `value` itself, or one beside it that lies between the neighbouring boundaries."""

    side: Side
    value: Fraction
    low: Fraction | None = None
    high: Fraction | None = None

    def is_met(self, number: Fraction) -> bool:
        """Whether a number is such a one."""
        close = max(abs(self.value), Fraction(1)) * Fraction(1, 100)
        match self.side:
            case "at":
                return number == self.value
            case "below":
                return self.value - close <= number < self.value and (self.low is None or number > self.low)
            case "above":
                return self.value < number <= self.value + close and (self.high is None or number < self.high)


def cuts_of(rows: Sequence[Band]) -> tuple[Cut, ...]:
    """The borders of all rows, each once, from low to high."""
    found = set()
    for row in rows:
        found |= {(end, 0) for end in (row.at_least, row.below) if end is not None}
        found |= {(end, 1) for end in (row.above, row.at_most) if end is not None}
    return tuple(sorted(found))


def points_about(cuts: Sequence[Cut], *, whole: bool) -> tuple[Point, ...]:
    """The numbers to try for these borders."""
    if whole:
        firsts = [Fraction(floor(value) + 1 if after else ceil(value)) for value, after in cuts]
        return tuple(Point("at", number) for number in sorted({n for first in firsts for n in (first - 1, first)}))
    values: list[Fraction | None] = [None, *sorted({value for value, _ in cuts}), None]
    found: list[Point] = []
    for (low, value), (_, high) in pairwise(pairwise(values)):
        if value is not None:
            found += [Point("below", value, low, high), Point("at", value), Point("above", value, low, high)]
    return tuple(found)


def within_bounds(item: Input, number: Fraction) -> bool:
    """Whether an input takes a number: its type, its places, its bounds."""
    if number.denominator != 1 and (item.type == "integer" or 10**6 % number.denominator):
        return False
    return (item.minimum is None or number >= item.minimum) and (item.maximum is None or number <= item.maximum)


@dataclass(frozen=True)
class Measure:
    """What a table measures: an input, or a quotient of two."""

    of: str | Quotient
    inputs: Mapping[str, Input]

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers come."""
        return isinstance(self.of, str) and self.inputs[self.of].type == "integer"

    def number(self, reading: PointsReading, criterion: Criterion) -> Fraction | None:
        """The number as it is before a quotient is cut; None where there is none, or the denominator is 0."""
        if isinstance(self.of, str):
            return reading.number(self.of) if reading.needed(criterion, self.of) == "value" else None
        if reading.quotient_state(criterion, self.of) != "value" or reading.denominator(self.of) == 0:
            return None
        return reading.number(self.of.numerator) / reading.denominator(self.of)

    def is_zero_denominator(self, reading: PointsReading, criterion: Criterion) -> bool:
        """Whether there is a denominator, and it is 0."""
        if isinstance(self.of, str) or self.of.denominator is None:
            return False
        needed = reading.needed(criterion, self.of.numerator, self.of.denominator)
        return needed == "value" and reading.denominator(self.of) == 0

    def can_be(self, point: Point) -> bool:
        """Whether such a number can come at all."""
        if isinstance(self.of, Quotient):
            beyond = {"at": 0 <= point.value <= 1, "below": 0 < point.value <= 1, "above": 0 <= point.value < 1}
            return beyond[point.side]
        return next(self._alone(point), None) is not None

    def reaching(self, point: Point, base: Base) -> Iterator[dict[str, Fraction]]:
        """Answers that give such a number, those nearest to the base's first."""
        if isinstance(self.of, str):
            for number in self._alone(point):
                yield {self.of: number}
            return
        for denominator in self._denominators(self.of, point, base):
            for numerator in self._numerators(self.of, point, denominator):
                own = {} if self.of.denominator is None else {self.of.denominator: denominator}
                yield {self.of.numerator: numerator, **own}

    def _alone(self, point: Point) -> Iterator[Fraction]:
        assert isinstance(self.of, str)
        item = self.inputs[self.of]
        steps = (Fraction(0),) if point.side == "at" else (Fraction(1), *_STEPS)
        sign = -1 if point.side == "below" else 1
        for step in steps:
            number = point.value + sign * step
            if point.is_met(number) and within_bounds(item, number):
                yield number

    def _denominators(self, of: Quotient, point: Point, base: Base) -> Iterator[Fraction]:
        if of.denominator is None:
            if of.whole:
                yield of.whole
            return
        item = self.inputs[of.denominator]
        given = base.number(of.denominator)
        multiple = point.value.denominator
        fitting = multiple * ceil(Fraction(100, multiple))
        tried = [*([given] if given else []), *map(Fraction, (fitting, *_WHOLES, multiple, 1))]
        yield from (number for number in dict.fromkeys(tried) if within_bounds(item, number))

    def _numerators(self, of: Quotient, point: Point, denominator: Fraction) -> Iterator[Fraction]:
        item = self.inputs[of.numerator]
        exact = point.value * denominator
        scale = 1 if item.type == "integer" else 100
        found = {
            "at": exact,
            "below": Fraction(ceil(exact * scale) - 1, scale),
            "above": Fraction(floor(exact * scale) + 1, scale),
        }[point.side]
        if within_bounds(item, found) and point.is_met(found / denominator):
            yield found
