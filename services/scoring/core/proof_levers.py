"""What could have been otherwise for more points: for each form of scoring the nearest figures of its better rows.

A lever is a proposal in words with the figures it takes. Whether it gives more, and how much, is found out by scoring
it (proof_needs): nothing here says points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from services.scoring.core.card import Figure
from services.scoring.core.proof_working import Worker
from services.scoring.core.what_if import Figured
from shared.ruleset.document import (
    AverageMethod,
    Band,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    Input,
    Method,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.uses import best_key
from shared.ruleset.words import amount, interval_words, number, percent, title_words
from shared.ruleset.words_methods import choice_options

__all__ = ["Lever", "levers"]

_PLACES = 10**6  # decimals have at most six places (document.Input)
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Lever:
    """Figures that would have been needed, and how to say it; `group` is the part or sub-unit they belong to."""

    words: str
    changes: tuple[Figured, ...]
    group: str = ""


def levers(worker: Worker, method: Method, maximum: Fraction) -> Iterator[Lever]:
    """Proposals for a method; none for what cannot be changed."""
    match method:
        case YesNoMethod(input=name, yes=yes, no=no):
            better = (maximum if yes is None else yes) > no
            words = f"cần trả lời “{'có' if better else 'không'}” ở {title_words(worker.inputs, name)}"
            yield Lever(words, (Figured(name, better),))
        case ChoiceMethod(input=name):
            item = worker.inputs[name]
            titles = {option.id: option.title.vi for option in item.options}
            for option in choice_options(method, worker.inputs):
                yield Lever(f"cần đạt mức “{titles[option]}”", (Figured(name, option),))
        case RatioMethod(of=of):
            yield from _of_quotient(worker, of, Band(points=maximum, at_least=_ONE), "cần tỷ lệ 100%")
        case BandsMethod(of=of, rows=rows):
            for row in rows:
                if isinstance(of, Quotient):
                    yield from _of_quotient(worker, of, row, f"cần tỷ lệ {interval_words(row, percent)}")
                else:
                    unit = worker.inputs[of].unit
                    yield from _of_value(worker, of, row, f"mức “{interval_words(row, number, unit)}”")
        case CountMethod(input=name, unit_points=each):
            if each > 0:
                yield from _of_value(worker, name, Band(points=maximum, at_least=maximum / each))
        case RelativeMethod(input=of):
            yield from _to_the_best(worker, of, maximum)
        case SumMethod(parts=parts) | BestMethod(cases=parts):
            yield from _of_parts(worker, parts)
        case AverageMethod():
            yield from _of_units(worker, method, maximum)
        case ByMethod(cases=cases, input=name):
            if name in worker.figures and worker.figures[name].state == "value":
                yield from levers(worker, cases[worker.case_of(method)], maximum)
        case _:
            return


def _of_parts(worker: Worker, parts: tuple[Part, ...]) -> Iterator[Lever]:
    for part in parts:
        for lever in levers(worker, part.method, part.maximum):
            yield Lever(f"{part.title.vi}: {lever.words}", lever.changes, f"{part.title.vi}/{lever.group}")


def _of_units(worker: Worker, method: AverageMethod, maximum: Fraction) -> Iterator[Lever]:
    """Each sub-unit alone, and all of them together, at the figures that give the most."""
    together: list[Figured] = []
    for unit, figures in worker.units(method).items():
        own = worker.at(figures)
        now = own.points(method.of, maximum)
        tried = [(_given(own, lever, method.of, maximum), lever) for lever in levers(own, method.of, maximum)]
        better = [(points, lever) for points, lever in tried if points > now]
        if not better:
            continue
        _, best = max(better, key=lambda one: one[0])
        changes = tuple(
            Figured(one.input, one.value, unit if one.input in worker.per_unit else None) for one in best.changes
        )
        together.extend(changes)
        yield Lever(f"{unit}: {best.words}", changes, f"unit/{unit}")
    if len({change.unit for change in together}) > 1:
        words = "mọi đơn vị trực thuộc còn thiếu cùng đạt mức tốt nhất của mình"
        yield Lever(words, tuple(dict.fromkeys(together)), "unit/*")


def _given(worker: Worker, lever: Lever, method: Method, maximum: Fraction) -> Fraction:
    figures = {**worker.figures, **{one.input: Figure("value", one.value) for one in lever.changes}}
    return worker.at(figures).points(method, maximum)


def _of_value(worker: Worker, name: str, row: Band, why: str = "") -> Iterator[Lever]:
    """The nearest value of an input inside an interval; `why` that value."""
    item, now = worker.inputs[name], _now(worker, name)
    value = _nearest(item, row, now)
    if value is not None and value != now:
        moved = "; ".join(each for each in (_moved(item, now, value), why) if each)
        beside = f" ({moved})" if moved else ""
        words = f"{title_words(worker.inputs, name)} cần đạt {amount(value, item)}{beside}"
        yield Lever(words, (Figured(name, value),))


def _of_quotient(worker: Worker, of: Quotient, row: Band, words: str) -> Iterator[Lever]:
    """The nearest numerator that brings a quotient into an interval of shares."""
    whole = worker.whole(of)
    if whole <= 0:
        return
    item, now = worker.inputs[of.numerator], _now(worker, of.numerator)
    value = _nearest(item, _scaled(row, whole), now)
    if value is not None and value != now:
        moved = _moved(item, now, value)
        reached = f"{moved}, thành {amount(value, item)}" if moved else f"đạt {amount(value, item)}"
        yield Lever(f"{words}, {title_words(worker.inputs, of.numerator)} {reached}", (Figured(of.numerator, value),))


def _to_the_best(worker: Worker, of: str | Quotient, maximum: Fraction) -> Iterator[Lever]:
    highest = worker.best.get(best_key(of))
    if highest is None or highest <= 0:
        return
    row, why = Band(points=maximum, at_least=highest), "bằng đơn vị cao nhất trong nhóm"
    if isinstance(of, Quotient):
        yield from _of_quotient(worker, of, row, f"cần {why} ({percent(highest)})")
    else:
        yield from _of_value(worker, of, row, why)


def _now(worker: Worker, name: str) -> Fraction | None:
    figure = worker.figures.get(name)
    return figure.value if figure is not None and isinstance(figure.value, Fraction) else None


def _scaled(row: Band, whole: Fraction) -> Band:
    """The interval of the numerator. A quotient is cut to 0..1, so an end outside of that is none."""

    def end(value: Fraction | None, low: bool) -> Fraction | None:
        if value is None or (low and value < 0) or (not low and value > 1):
            return None
        return value * whole

    at_most = None if row.at_most is not None and row.at_most >= 1 else end(row.at_most, low=False)
    at_least = None if row.at_least is not None and row.at_least <= 0 else end(row.at_least, low=True)
    return Band(
        points=row.points, at_least=at_least, above=end(row.above, True), at_most=at_most, below=end(row.below, False)
    )


def _nearest(item: Input, row: Band, now: Fraction | None) -> Fraction | None:
    """The value inside the interval and the input's bounds that is nearest to `now`; None if there is none.

    Where nothing was reported, the least that is in it.
    """
    step = _ONE if item.type == "integer" else Fraction(1, _PLACES)
    low = _lowest(item, row, step)
    high = _highest(item, row, step)
    if low is not None and high is not None and low > high:
        return None
    if now is None:
        return low if low is not None else high
    if low is not None and now < low:
        return low
    if high is not None and now > high:
        return high
    return now


def _lowest(item: Input, row: Band, step: Fraction) -> Fraction | None:
    ends = [ceil(end / step) * step for end in (row.at_least, item.minimum) if end is not None]
    if row.above is not None:
        ends.append((floor(row.above / step) + 1) * step)
    return max(ends, default=None)


def _highest(item: Input, row: Band, step: Fraction) -> Fraction | None:
    ends = [floor(end / step) * step for end in (row.at_most, item.maximum) if end is not None]
    if row.below is not None:
        ends.append((ceil(row.below / step) - 1) * step)
    return min(ends, default=None)


def _moved(item: Input, now: Fraction | None, value: Fraction) -> str:
    """`thêm 7 văn bản`; nothing where there was no figure to begin with."""
    if now is None:
        return ""
    return f"{'thêm' if value > now else 'giảm'} {amount(abs(value - now), item)}"
