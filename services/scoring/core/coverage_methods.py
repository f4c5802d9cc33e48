"""What examples ought to show of a method over figures: each row, each end of it, each option."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from math import ceil

from services.scoring.core.coverage_aim import asked, contains, in_row
from services.scoring.core.coverage_inner import average_marks, best_marks, by_marks, sum_marks
from services.scoring.core.coverage_mark import Mark
from services.scoring.core.coverage_measures import Measure, Point, cuts_of, points_about
from services.scoring.core.coverage_spot import Spot, point_marks
from services.scoring.core.coverage_wish import Base, Wish
from services.scoring.core.reference_points import PointsReading
from shared.kernel.exact import exact_text
from shared.ruleset.document import (
    AverageMethod,
    Band,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    Criterion,
    InformationMethod,
    Input,
    Method,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.places import join
from shared.ruleset.uses import best_key
from shared.ruleset.words import interval_words, number, option_words, percent

__all__ = ["method_marks"]

_ZERO = Fraction(0)
_TREATED = {
    "zero": ("0 điểm", "0 points"),
    "full": ("điểm tối đa", "full points"),
    "not_applicable": ("không áp dụng", "not applicable"),
}


def method_marks(criterion: Criterion, path: str, inputs: Mapping[str, Input]) -> Iterator[Mark]:
    """The marks of a criterion's method, parts and cases included."""
    spot = Spot(criterion, inputs, join(path, "method"), criterion.maximum)
    yield from _marks(spot.also(lambda base: asked(criterion, base)), criterion.method)


def _marks(spot: Spot, method: Method) -> Iterator[Mark]:
    match method:
        case YesNoMethod():
            yield from _yes_no(spot, method)
        case RatioMethod():
            yield from _ratio(spot, method)
        case BandsMethod():
            yield from _bands(spot, method)
        case CountMethod():
            yield from _count(spot, method)
        case ChoiceMethod():
            yield from _choice(spot, method)
        case RelativeMethod():
            yield from _relative(spot, method)
        case InformationMethod():
            return
        case SumMethod():
            yield from sum_marks(spot, method, _marks)
        case BestMethod():
            yield from best_marks(spot, method, _marks)
        case AverageMethod():
            yield from average_marks(spot, method, _marks)
        case ByMethod():
            yield from by_marks(spot, method, _marks)


# --- answers by name ---------------------------------------------------------------------------------------------


def _yes_no(spot: Spot, method: YesNoMethod) -> Iterator[Mark]:
    title = spot.title(method.input)
    yield _said(spot, method.input, "yes", True, (f"“{title}”: trả lời có", f"`{method.input}`: a yes"))
    yield _said(spot, method.input, "no", False, (f"“{title}”: trả lời không", f"`{method.input}`: a no"))


def _choice(spot: Spot, method: ChoiceMethod) -> Iterator[Mark]:
    item = spot.inputs[method.input]
    for option, points in method.points.items():
        vi = f"lựa chọn “{option_words(item, option)}”: {number(points)} điểm"
        en = f"option `{option}`: {exact_text(points)} points"
        yield _said(spot, method.input, option, option, (vi, en), f"points.{option}")


def _said(spot: Spot, name: str, key: str, said: bool | str, words: tuple[str, str], at: str = "") -> Mark:
    def holds(reading: PointsReading) -> bool:
        return reading.needed(spot.criterion, name) == "value" and reading.input_value(name) == said

    return spot.mark("option", key, words, holds, lambda base: (base.saying({name: said}),), at)


# --- tables ------------------------------------------------------------------------------------------------------


def _bands(spot: Spot, method: BandsMethod) -> Iterator[Mark]:
    measure = Measure(method.of, spot.inputs)

    def value(reading: PointsReading) -> Fraction | None:
        found = measure.number(reading, spot.criterion)
        return min(found, Fraction(1)) if found is not None and isinstance(method.of, Quotient) else found

    for index, row in enumerate(method.rows):
        yield _row(spot, method, index, row, value)
    yield from point_marks(spot, measure, points_about(cuts_of(method.rows), whole=measure.is_whole), value)
    yield from _zero_denominator(spot, measure)


def _row(
    spot: Spot, method: BandsMethod, index: int, row: Band, value: Callable[[PointsReading], Fraction | None]
) -> Mark:
    measure = Measure(method.of, spot.inputs)
    interval = interval_words(row, percent if isinstance(method.of, Quotient) else number)

    def holds(reading: PointsReading) -> bool:
        found = value(reading)
        return found is not None and _first_row(method, found) is row

    def asks(base: Base) -> Iterable[Wish]:
        return in_row(measure, method.rows, row, base)

    words = (
        f"dòng {index + 1} ({interval}): {number(row.points)} điểm",
        f"row {index + 1}: {exact_text(row.points)} points",
    )
    return spot.mark("row", f"row-{index}", words, holds, asks, f"rows[{index}]")


def _first_row(method: BandsMethod, value: Fraction) -> Band | None:
    return next((row for row in method.rows if contains(row, value)), None)


def _count(spot: Spot, method: CountMethod) -> Iterator[Mark]:
    if method.unit_points <= 0:
        return
    measure = Measure(method.input, spot.inputs)
    full = Fraction(ceil(spot.maximum / method.unit_points))
    numbers = dict.fromkeys([_ZERO, full - 1, full, full + 1])
    points = [Point("at", number) for number in numbers if number >= 0]
    yield from point_marks(spot, measure, points, lambda reading: measure.number(reading, spot.criterion))


# --- quotients ---------------------------------------------------------------------------------------------------


def _ratio(spot: Spot, method: RatioMethod) -> Iterator[Mark]:
    measure = Measure(method.of, spot.inputs)

    def shown(name: str, words: tuple[str, str], is_so: Callable[[Fraction], bool], *shares: Fraction) -> Mark:
        def holds(reading: PointsReading) -> bool:
            share = measure.number(reading, spot.criterion)
            return share is not None and is_so(share)

        def asks(base: Base) -> Iterator[Wish]:
            for share in shares:
                yield from map(base.saying, measure.reaching(Point("at", share), base))
            yield from _one_off(measure, method.of, base, -1)

        return spot.mark("row", name, words, holds, asks)

    between = (Fraction(1, 2), Fraction(3, 4), Fraction(1, 4), Fraction(1, 3))
    yield shown("nothing", ("tỷ lệ bằng 0", "a ratio of 0"), lambda share: share == 0, _ZERO)
    words = ("tỷ lệ giữa 0 và 100%", "a ratio between 0 and 100 %")
    yield shown("share", words, lambda share: 0 < share < 1, *between)
    yield shown("full", ("tỷ lệ đúng 100%", "a ratio of 100 %"), lambda share: share == 1, Fraction(1))
    yield from _over(spot, measure, method.of)
    yield from _zero_denominator(spot, measure)


def _over(spot: Spot, measure: Measure, of: Quotient) -> Iterator[Mark]:
    """A ratio above 1 is cut to 1, if the bounds of its inputs let it come at all."""
    part, whole = spot.inputs[of.numerator], spot.inputs.get(of.denominator or "")
    least = of.whole if whole is None else (whole.minimum or Fraction(1))
    if part.maximum is not None and least is not None and part.maximum <= least:
        return

    def holds(reading: PointsReading) -> bool:
        share = measure.number(reading, spot.criterion)
        return share is not None and share > 1

    words = ("tỷ lệ vượt 100% tính là 100%", "a ratio above 100 % counts as 100 %")
    yield spot.mark("boundary", "over", words, holds, lambda base: _one_off(measure, of, base, 1))


def _one_off(measure: Measure, of: Quotient, base: Base, off: int) -> Iterator[Wish]:
    """Ratios whose numerator is one more, or one less, than their denominator."""
    for answers in measure.reaching(Point("at", Fraction(1)), base):
        yield base.saying({**answers, of.numerator: answers[of.numerator] + off})


def _zero_denominator(spot: Spot, measure: Measure) -> Iterator[Mark]:
    of = measure.of
    if isinstance(of, str) or of.denominator is None:
        return
    minimum, answers = spot.inputs[of.denominator].minimum, {of.numerator: _ZERO, of.denominator: _ZERO}
    if minimum is not None and minimum > 0:
        return
    vi, en = _TREATED[of.zero_denominator]
    yield spot.mark(
        "boundary",
        "zero-denominator",
        (f"mẫu số bằng 0: {vi}", f"a denominator of 0: {en}"),
        lambda reading: measure.is_zero_denominator(reading, spot.criterion),
        lambda base: (base.saying(answers),),
    )


def _relative(spot: Spot, method: RelativeMethod) -> Iterator[Mark]:
    measure, key = Measure(method.input, spot.inputs), best_key(method.input)
    usual = Fraction(1, 2) if isinstance(method.input, Quotient) else Fraction(100)

    def shown(name: str, words: tuple[str, str], part: Fraction, is_so: Callable[[Fraction, Fraction], bool]) -> Mark:
        def holds(reading: PointsReading) -> bool:
            found = measure.number(reading, spot.criterion)
            return found is not None and is_so(found, (reading.group_best or {}).get(key, _ZERO))

        def asks(base: Base) -> Iterator[Wish]:
            highest = base.example.group_best.get(key) or usual
            for best in (highest, usual, usual * 2):
                compared = Wish(group_best={key: best if name != "zero-best" else _ZERO})
                for answers in measure.reaching(Point("at", best * part), base):
                    yield base.saying(answers) | compared

        return spot.mark("boundary" if name == "zero-best" else "row", name, words, holds, asks)

    half, whole = Fraction(1, 2), Fraction(1)
    yield shown("nothing", ("giá trị 0", "a value of 0"), _ZERO, lambda own, best: own == 0 < best)
    words = ("thấp hơn cơ quan cao nhất", "less than the highest of the group")
    yield shown("share", words, half, lambda own, best: 0 < own < best)
    yield shown("best", ("bằng cơ quan cao nhất", "the highest"), whole, lambda own, best: own == best > 0)
    vi, en = _TREATED[method.zero_best]
    words = (f"giá trị cao nhất trong nhóm là 0: {vi}", f"a highest value of 0: {en}")
    yield shown("zero-best", words, _ZERO, lambda own, best: best == 0)
