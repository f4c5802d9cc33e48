"""Answers that give a method all of its points, or none: the ground on which parts, cases and effects are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from math import ceil

from services.scoring.core.coverage_facts import ways_to, wishes_of
from services.scoring.core.coverage_measures import Cut, Measure, Point, cuts_of, within_bounds
from services.scoring.core.coverage_wish import NOTHING, Base, Wish, together
from shared.ruleset.document import (
    AverageMethod,
    Band,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    Criterion,
    Input,
    Method,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.uses import best_key

__all__ = ["aim", "asked", "contains", "in_row", "whole_card"]

_HUNDRED = Fraction(100)


def aim(method: Method, maximum: Fraction, base: Base, *, high: bool) -> Wish:
    """Answers under which a method gives the most (or the least) it can; a good guess, not a promise."""
    match method:
        case YesNoMethod(input=name, yes=yes, no=no):
            better = (maximum if yes is None else yes) >= no
            return base.saying({name: better is high})
        case RatioMethod(of=of):
            return _share(of, base, high)
        case BandsMethod(of=of, rows=rows):
            ends = sorted(rows, key=lambda row: row.points, reverse=high)
            return next((wish for row in ends for wish in in_row(Measure(of, base.inputs), rows, row, base)), NOTHING)
        case CountMethod(input=name, unit_points=unit):
            count = ceil(maximum / unit) if high and unit > 0 else 0
            return base.saying({name: _clamped(base.inputs[name], Fraction(count))})
        case ChoiceMethod(input=name, points=points):
            pick = max if high else min
            return base.saying({name: pick(points, key=lambda option: points[option])}) if points else NOTHING
        case RelativeMethod(input=of):
            return _compared(of, base, high)
        case SumMethod(parts=parts) | BestMethod(cases=parts):
            return together(aim(part.method, part.maximum, base, high=high) for part in parts)
        case AverageMethod(of=inner, total=total):
            units = {} if total is None else {total: Fraction(1)}
            return base.saying(units) | aim(inner, maximum, base, high=high)
        case ByMethod(cases=cases):
            return together(aim(case, maximum, base, high=high) for case in cases.values())
        case _:
            return NOTHING


def in_row(measure: Measure, rows: Iterable[Band], row: Band, base: Base) -> Iterable[Wish]:
    """Answers whose number lies in a row: at its ends, beside them, or between."""
    cuts = cuts_of(list(rows))
    numbers = [base.number(measure.of)] if isinstance(measure.of, str) else []
    values = [number for number in numbers if number is not None] + _probes(cuts)
    for value in values:
        if contains(row, value) and measure.can_be(Point("at", value)):
            for answers in measure.reaching(Point("at", value), base):
                yield base.saying(answers)


def contains(row: Band, value: Fraction) -> bool:
    """Whether a row takes a number."""
    return (
        (row.at_least is None or value >= row.at_least)
        and (row.above is None or value > row.above)
        and (row.at_most is None or value <= row.at_most)
        and (row.below is None or value < row.below)
    )


def whole_card(base: Base) -> Wish:
    """The best answers to everything: the example to start from where a rule set has none."""
    texts = {item.id: "Ví dụ" for item in base.inputs.values() if item.type == "text"}
    numbers = {
        item.id: _clamped(item, Fraction(0)) for item in base.inputs.values() if item.type in ("integer", "decimal")
    }
    rest = {item.id: item.options[0].id for item in base.inputs.values() if item.options}
    plain = base.saying({**texts, **numbers, **rest, **_booleans(base.inputs)})
    best = together(aim(one.method, one.maximum, base, high=True) for one in base.rule_set.criteria())
    return plain | best | together(asked(one, base) for one in base.rule_set.criteria())


def asked(criterion: Criterion, base: Base) -> Wish:
    """What makes the criterion one that is asked at all."""
    if criterion.asked_if is None or base.tried.asked(criterion):
        return NOTHING
    return next(wishes_of(ways_to(criterion.asked_if.when, True), base, None), NOTHING)


def _booleans(inputs: Mapping[str, Input]) -> dict[str, bool]:
    return {item.id: False for item in inputs.values() if item.type == "boolean"}


def _probes(cuts: Iterable[Cut]) -> list[Fraction]:
    values = sorted({value for value, _ in cuts}) or [Fraction(0)]
    between = [(one + other) * Fraction(1, 2) for one, other in pairwise(values)]
    beyond = [values[0] - 1, values[0] * Fraction(1, 2), values[-1] + 1, Fraction(0), Fraction(1)]
    beside = [value + sign for value in values for sign in (-1, 1)]
    return list(dict.fromkeys([*values, *between, *beyond, *beside]))


def _share(of: Quotient, base: Base, high: bool) -> Wish:
    point = Point("at", Fraction(1 if high else 0))
    return next((base.saying(answers) for answers in Measure(of, base.inputs).reaching(point, base)), NOTHING)


def _compared(of: str | Quotient, base: Base, high: bool) -> Wish:
    best = base.example.group_best.get(best_key(of)) or (Fraction(1) if isinstance(of, Quotient) else _HUNDRED)
    point = Point("at", best if high else Fraction(0))
    answers = next(Measure(of, base.inputs).reaching(point, base), {})
    return base.saying(answers) | Wish(group_best={best_key(of): best})


def _clamped(item: Input, number: Fraction) -> Fraction:
    if within_bounds(item, number):
        return number
    low = item.minimum is not None and number < item.minimum
    end = item.minimum if low else item.maximum
    return number if end is None else end
