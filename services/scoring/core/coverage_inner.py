"""What examples ought to show of methods made of methods: parts, cases, sub-units, classes of agency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from services.scoring.core.coverage_aim import aim
from services.scoring.core.coverage_mark import Mark
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_spot import Spot
from services.scoring.core.coverage_wish import NOT_REPORTED, NOTHING, Base, Wish, together
from services.scoring.core.reference_points import PointsReading
from shared.ruleset.document import AverageMethod, BestMethod, ByMethod, Method, Part, SumMethod
from shared.ruleset.uses import used_inputs

__all__ = ["average_marks", "best_marks", "by_marks", "sum_marks"]

Inner = Callable[[Spot, Method], Iterator[Mark]]  # the marks of the methods inside


def sum_marks(spot: Spot, method: SumMethod, inner: Inner) -> Iterator[Mark]:
    """Each part's, and that the sum is cut at the maximum where the parts can be more."""
    for index, part in enumerate(method.parts):
        yield from inner(spot.inside(f"parts[{index}].method", part.maximum), part.method)
    if sum((part.maximum for part in method.parts), Fraction(0)) > spot.maximum:
        yield spot.mark(
            "boundary",
            "cut",
            ("tổng các phần vượt điểm tối đa", "parts that add up to over the maximum"),
            lambda reading: reading.raw_points(spot.criterion, method, spot.maximum) > spot.maximum,
            lambda base: (aim(method, spot.maximum, base, high=True),),
        )


def best_marks(spot: Spot, method: BestMethod, inner: Inner) -> Iterator[Mark]:
    """Each case's, seen while the others give nothing, and that each is the highest at least once."""
    for index, case in enumerate(method.cases):
        others = _Others([other for other in method.cases if other is not case])
        yield from inner(spot.also(others.give_nothing).inside(f"cases[{index}].method", case.maximum), case.method)
        yield _highest(spot, index, case, others)


class _Others:
    """The other cases of a best-of."""

    def __init__(self, cases: list[Part]) -> None:
        self.cases = cases

    def give_nothing(self, base: Base) -> Wish:
        """Answers under which they give as little as they can."""
        return together(aim(case.method, case.maximum, base, high=False) for case in self.cases)


def _highest(spot: Spot, index: int, case: Part, others: _Others) -> Mark:
    def holds(reading: PointsReading) -> bool:
        own = reading.part_points(spot.criterion, case)
        return all(own > reading.part_points(spot.criterion, other) for other in others.cases)

    return spot.mark(
        "part",
        f"case-{index}",
        (f"trường hợp “{case.title.vi}” là cao nhất", f"case {index + 1} is the highest"),
        holds,
        lambda base: (others.give_nothing(base) | aim(case.method, case.maximum, base, high=True),),
        f"cases[{index}]",
    )


def average_marks(spot: Spot, method: AverageMethod, inner: Inner) -> Iterator[Mark]:
    """The inner method's, over any sub-unit, and what sub-units that say nothing count."""

    def units(tried: Tried) -> Iterable[PointsReading]:
        return (unit for reading in spot.look(tried) for unit in reading.units(method))

    asked = [name for name in used_inputs(method.of) if spot.inputs[name].per_unit]
    of_units = replace(spot.inside("of", spot.maximum), look=units)
    yield from inner(of_units, method.of)
    yield of_units.mark(
        "state",
        "unit-not-reported",
        ("một đơn vị không báo cáo: 0 điểm", "a sub-unit that did not report counts 0"),
        lambda unit: unit.method_state(spot.criterion, method.of) == "not_reported",
        lambda base: (base.another_unit(asked, NOT_REPORTED),),
    )
    if method.total is not None:
        yield _unnamed_units(spot, method, method.total, asked)


def _unnamed_units(spot: Spot, method: AverageMethod, total: str, asked: list[str]) -> Mark:
    def holds(reading: PointsReading) -> bool:
        named = len(reading.units(method))
        return reading.needed(spot.criterion, total) == "value" and reading.expected_units(method, named) > named > 0

    return spot.mark(
        "state",
        "unnamed-units",
        ("có đơn vị không nêu trong phiếu: 0 điểm", "sub-units that nothing was said of count 0"),
        holds,
        lambda base: (base.saying({total: Fraction(len(set(base.unit_names(asked))) + 1)}),),
        "total",
    )


def by_marks(spot: Spot, method: ByMethod, inner: Inner) -> Iterator[Mark]:
    """Each class of agency is met, and the marks of its method among agencies of that class."""
    is_yes_no = spot.inputs[method.input].type == "boolean"
    for option, case in method.cases.items():
        of_class = _of_class(spot, method, option, option == "yes" if is_yes_no else option)
        yield of_class.mark(
            "part",
            "case",
            (f"áp dụng trường hợp “{option}”", f"case `{option}` applies"),
            _can_be_scored(spot, case),
            _nothing_or_full(spot, case),
        )
        yield from inner(of_class, case)


def _of_class(spot: Spot, method: ByMethod, option: str, said: bool | str) -> Spot:
    def looks(tried: Tried) -> Iterable[PointsReading]:
        return (reading for reading in spot.look(tried) if reading.input_value(method.input) == said)

    inside = spot.inside(f"cases.{option}", spot.maximum).also(lambda base: base.saying({method.input: said}))
    return replace(inside, look=looks)


def _can_be_scored(spot: Spot, case: Method) -> Callable[[PointsReading], bool]:
    return lambda reading: reading.method_state(spot.criterion, case) == "value"


def _nothing_or_full(spot: Spot, case: Method) -> Callable[[Base], Iterable[Wish]]:
    return lambda base: (NOTHING, aim(case, spot.maximum, base, high=True))
