"""Where a method of scoring stands, and marks made there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from services.scoring.core.coverage_mark import Kind, Mark
from services.scoring.core.coverage_measures import Measure, Point
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_wish import NOTHING, Base, Wish
from services.scoring.core.reference_points import PointsReading
from shared.kernel.exact import exact_text
from shared.ruleset.document import Criterion, Input
from shared.ruleset.words import number

__all__ = ["SIDES", "Asks", "Holds", "Spot", "point_marks"]

Holds = Callable[[PointsReading], bool]
Asks = Callable[[Base], Iterable[Wish]]
SIDES = {"at": ("đúng", "exactly"), "below": ("ngay dưới", "just below"), "above": ("ngay trên", "just above")}


def _whole_card(tried: Tried) -> Iterable[PointsReading]:
    return (tried,)


def _nothing(base: Base) -> Wish:
    return NOTHING


@dataclass(frozen=True)
class Spot:
    """A method's place: `look` gives what it reads (of an average, each sub-unit), `given` what must be so besides."""

    criterion: Criterion
    inputs: Mapping[str, Input]
    path: str
    maximum: Fraction
    look: Callable[[Tried], Iterable[PointsReading]] = _whole_card
    given: Callable[[Base], Wish] = _nothing

    def mark(self, kind: Kind, name: str, words: tuple[str, str], holds: Holds, asks: Asks, at: str = "") -> Mark:
        """A mark at (or, with `at`, inside) this method; `name` tells it from the others here."""
        criterion, look, given = self.criterion, self.look, self.given
        return Mark(
            key=f"{self.path}:{name}",
            kind=kind,
            path=f"{self.path}.{at}" if at else self.path,
            vi=f"tiêu chí {criterion.code}: {words[0]}",
            en=f"criterion {criterion.code}: {words[1]}",
            holds=lambda tried: tried.counts(criterion) and any(holds(reading) for reading in look(tried)),
            wishes=lambda base: (given(base) | wish for wish in asks(base)),
            criterion=criterion.code,
        )

    def inside(self, path: str, maximum: Fraction) -> Spot:
        """The spot of a method inside this one."""
        return replace(self, path=f"{self.path}.{path}", maximum=maximum)

    def also(self, given: Callable[[Base], Wish]) -> Spot:
        """The same spot, looked at only where something more is so."""
        before = self.given
        return replace(self, given=lambda base: before(base) | given(base))

    def title(self, name: str) -> str:
        """The title of an input."""
        return self.inputs[name].title.vi


def point_marks(
    spot: Spot, measure: Measure, points: Iterable[Point], value: Callable[[PointsReading], Fraction | None]
) -> Iterator[Mark]:
    """Each of these numbers comes, where it can come."""
    for point in points:
        if measure.can_be(point):
            yield _point_mark(spot, measure, point, value)


def _point_mark(spot: Spot, measure: Measure, point: Point, value: Callable[[PointsReading], Fraction | None]) -> Mark:
    def holds(reading: PointsReading) -> bool:
        found = value(reading)
        return found is not None and point.is_met(found)

    vi, en = SIDES[point.side]
    words = (f"giá trị {vi} {number(point.value)}", f"a value {en} {exact_text(point.value)}")
    name = f"{point.side}-{exact_text(point.value)}"
    return spot.mark("boundary", name, words, holds, lambda base: map(base.saying, measure.reaching(point, base)))
