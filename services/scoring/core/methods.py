"""One closure pair for each scoring method: what state a criterion is in, and how many points its value gives.

A method is compiled once for a rule set. `state` says whether the method can be worked out; `points` is called only
where it can (`value`) and always answers within 0..maximum. Everything is `Fraction`: nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from services.scoring.core.card import NOT_REPORTED, Figure, Figures, State, combined
from shared.ruleset.document import (
    AverageMethod,
    Band,
    BandsMethod,
    BestMethod,
    ByMethod,
    ChoiceMethod,
    CountMethod,
    InformationMethod,
    Method,
    Part,
    Quotient,
    RatioMethod,
    RelativeMethod,
    SumMethod,
    YesNoMethod,
)
from shared.ruleset.uses import best_key, used_inputs

__all__ = ["Compared", "CompiledMethod", "GroupBest", "compile_method", "unit_figures"]

GroupBest = Mapping[str, Fraction]
StateOf = Callable[[Figures], State]
PointsOf = Callable[[Figures, GroupBest], Fraction]

ZERO = Fraction(0)
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Compared:
    """A value that is compared with the highest of the group: its key (uses.best_key), and how to read it."""

    key: str
    value: Callable[[Figures], Fraction | None]


@dataclass(frozen=True, slots=True)
class CompiledMethod:
    """A method ready to run; `compared` are the values compared with the best of the group."""

    state: StateOf
    points: PointsOf
    compared: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class _Context:
    """What a method needs to know of where it stands."""

    maximum: Fraction
    may_be_not_applicable: bool
    own_inputs: tuple[str, ...] = ()
    per_unit: frozenset[str] = frozenset()


def compile_method(
    method: Method,
    maximum: Fraction,
    may_be_not_applicable: bool,
    own_inputs: Sequence[str] = (),
    per_unit: frozenset[str] = frozenset(),
) -> CompiledMethod:
    """The closures of one method; `own_inputs` are what an information criterion asks, `per_unit` of every sub-unit."""
    return _compile(method, _Context(maximum, may_be_not_applicable, tuple(own_inputs), per_unit))


def _compile(method: Method, context: _Context) -> CompiledMethod:
    match method:
        case YesNoMethod():
            return _yes_no(method, context)
        case RatioMethod():
            return _ratio(method, context)
        case BandsMethod():
            return _bands(method, context)
        case CountMethod():
            return _count(method, context)
        case ChoiceMethod():
            return _choice(method, context)
        case RelativeMethod():
            return _relative(method, context)
        case InformationMethod():
            return CompiledMethod(_needs(context.own_inputs, context), lambda figures, best: ZERO)
        case SumMethod(parts=parts):
            return _parts(parts, context, lambda points: min(sum(points, ZERO), context.maximum))
        case BestMethod(cases=cases):
            return _parts(cases, context, lambda points: min(max(points), context.maximum))
        case AverageMethod():
            return _average(method, context)
        case ByMethod():
            return _by(method, context)


def _yes_no(method: YesNoMethod, context: _Context) -> CompiledMethod:
    yes = _within(context.maximum if method.yes is None else method.yes, context.maximum)
    no = _within(method.no, context.maximum)
    name = method.input
    return CompiledMethod(_needs((name,), context), lambda figures, best: yes if figures[name].value is True else no)


def _ratio(method: RatioMethod, context: _Context) -> CompiledMethod:
    quotient, maximum = _quotient(method.of), context.maximum
    return CompiledMethod(
        _quotient_state(method.of, context),
        lambda figures, best: quotient(figures) * maximum,
    )


def _bands(method: BandsMethod, context: _Context) -> CompiledMethod:
    rows = tuple((_row(row), _within(row.points, context.maximum)) for row in method.rows)
    of = method.of
    read = _quotient(of) if isinstance(of, Quotient) else _reader(of)
    state = _quotient_state(of, context) if isinstance(of, Quotient) else _needs((of,), context)

    def points(figures: Figures, best: GroupBest) -> Fraction:
        value = read(figures)
        for holds, gives in rows:
            if holds(value):
                return gives
        return ZERO

    return CompiledMethod(state, points)


def _count(method: CountMethod, context: _Context) -> CompiledMethod:
    read, unit, maximum = _reader(method.input), method.unit_points, context.maximum
    return CompiledMethod(
        _needs((method.input,), context), lambda figures, best: _within(read(figures) * unit, maximum)
    )


def _choice(method: ChoiceMethod, context: _Context) -> CompiledMethod:
    table: dict[object, Fraction] = {
        option: _within(points, context.maximum) for option, points in method.points.items()
    }
    name = method.input
    return CompiledMethod(_needs((name,), context), lambda figures, best: table.get(figures[name].value, ZERO))


def _relative(method: RelativeMethod, context: _Context) -> CompiledMethod:
    of, key, maximum = method.input, best_key(method.input), context.maximum
    # What is compared is no share of a whole: bandwidth per head may well be above 1.
    read = _quotient(of, most=None) if isinstance(of, Quotient) else _reader(of)
    state = _quotient_state(of, context) if isinstance(of, Quotient) else _needs((of,), context)
    at_zero = maximum if method.zero_best == "full" else ZERO

    def points(figures: Figures, best: GroupBest) -> Fraction:
        highest = best.get(key, ZERO)
        return _within(read(figures) / highest, ONE) * maximum if highest > 0 else at_zero

    def value(figures: Figures) -> Fraction | None:
        return read(figures) if state(figures) == "value" else None

    return CompiledMethod(state, points, (Compared(key, value),))


def _parts(parts: Sequence[Part], context: _Context, together: Callable[[list[Fraction]], Fraction]) -> CompiledMethod:
    compiled = tuple(_compile(part.method, replace(context, maximum=part.maximum)) for part in parts)

    def state(figures: Figures) -> State:
        states = [part.state(figures) for part in compiled]
        return "value" if "value" in states else combined(states)

    def points(figures: Figures, best: GroupBest) -> Fraction:
        return together([part.points(figures, best) if part.state(figures) == "value" else ZERO for part in compiled])

    return CompiledMethod(state, points, tuple(one for part in compiled for one in part.compared))


def _average(method: AverageMethod, context: _Context) -> CompiledMethod:
    inner = _compile(method.of, context)
    asked = tuple(name for name in used_inputs(method.of) if name in context.per_unit)
    needs_units = _needs(asked, context)
    needs_total = None if method.total is None else _needs((method.total,), context)
    total = None if method.total is None else _reader(method.total)

    def units(figures: Figures) -> list[Figures]:
        return list(unit_figures(figures, asked).values())

    def unsaid(figures: Figures, said: int) -> int:
        return 0 if total is None else max(ceil(total(figures)) - said, 0)

    def state(figures: Figures) -> State:
        if needs_total is not None and (found := needs_total(figures)) != "value":
            return found
        states = [inner.state(one) for one in units(figures)]
        if "value" in states:
            return "value"
        if not states:  # nothing was said of any unit
            missing = needs_units(figures)
            none_there = total is not None and total(figures) == 0
            return "not_applicable" if none_there else "not_reported" if missing == "value" else missing
        return combined([*states, "not_reported"] if unsaid(figures, len(states)) else states)

    def points(figures: Figures, best: GroupBest) -> Fraction:
        each = units(figures)
        states = [inner.state(one) for one in each]
        counted = len(each) - states.count("not_applicable") + unsaid(figures, len(each))
        earned = (inner.points(one, best) for one, found in zip(each, states, strict=True) if found == "value")
        return sum(earned, ZERO) / counted

    return CompiledMethod(state, points)


def unit_figures(figures: Figures, asked: Sequence[str]) -> dict[str, Figures]:
    """The figures of each sub-unit that something was said of, by its name: its own in place of those `asked` of it."""
    names = sorted({unit for name in asked for unit in figures.get(name, NOT_REPORTED).units})
    return {unit: {**figures, **{name: _of_unit(figures, name, unit) for name in asked}} for unit in names}


def _of_unit(figures: Figures, name: str, unit: str) -> Figure:
    figure = figures.get(name, NOT_REPORTED)
    return figure.units.get(unit, NOT_REPORTED) if figure.state == "value" else Figure(figure.state)


def _by(method: ByMethod, context: _Context) -> CompiledMethod:
    name, needs = method.input, _needs((method.input,), context)
    cases = {option: _compile(case, context) for option, case in method.cases.items()}

    def case(figures: Figures) -> CompiledMethod:
        value = figures[name].value
        option = value if isinstance(value, str) else "yes" if value is True else "no"
        if option not in cases:
            raise TypeError(f"input {name!r} is {value!r}, for which there is no method: the rule set was not linted")
        return cases[option]

    def state(figures: Figures) -> State:
        found = needs(figures)
        return case(figures).state(figures) if found == "value" else found

    def points(figures: Figures, best: GroupBest) -> Fraction:
        return case(figures).points(figures, best)

    def only(chosen: CompiledMethod, one: Compared) -> Compared:
        """Compared only where it is the agency's own case."""
        return Compared(one.key, lambda figures: one.value(figures) if is_case(figures, chosen) else None)

    def is_case(figures: Figures, chosen: CompiledMethod) -> bool:
        return needs(figures) == "value" and case(figures) is chosen

    return CompiledMethod(state, points, tuple(only(each, one) for each in cases.values() for one in each.compared))


def _needs(names: tuple[str, ...], context: _Context) -> StateOf:
    refused = not context.may_be_not_applicable

    def single(figures: Figures) -> State:
        state = figures.get(name, NOT_REPORTED).state
        return "not_reported" if refused and state == "not_applicable" else state

    def several(figures: Figures) -> State:
        state = combined([figures.get(each, NOT_REPORTED).state for each in names])
        return "not_reported" if refused and state == "not_applicable" else state

    if len(names) != 1:
        return several
    name = names[0]
    return single


def _quotient_state(of: Quotient, context: _Context) -> StateOf:
    needs = _needs((of.numerator,) if of.denominator is None else (of.numerator, of.denominator), context)
    if of.zero_denominator != "not_applicable":
        return needs
    whole = _whole(of)

    def state(figures: Figures) -> State:
        # The method itself says that a zero denominator leaves nothing to assess.
        found = needs(figures)
        return "not_applicable" if found == "value" and whole(figures) == 0 else found

    return state


def _quotient(of: Quotient, most: Fraction | None = ONE) -> Callable[[Figures], Fraction]:
    part, whole = _reader(of.numerator), _whole(of)
    at_zero = ONE if of.zero_denominator == "full" else ZERO

    def value(figures: Figures) -> Fraction:
        denominator = whole(figures)
        if denominator == 0:
            return at_zero
        share = max(part(figures) / denominator, ZERO)
        return share if most is None else min(share, most)

    return value


def _whole(of: Quotient) -> Callable[[Figures], Fraction]:
    if of.denominator is not None:
        return _reader(of.denominator)
    constant = of.whole if of.whole is not None else ZERO
    return lambda figures: constant


def _reader(name: str) -> Callable[[Figures], Fraction]:
    def read(figures: Figures) -> Fraction:
        value = figures[name].value
        if not isinstance(value, Fraction):
            raise TypeError(f"input {name!r} holds {value!r}, which is no number: the rule set was not linted")
        return value

    return read


def _row(row: Band) -> Callable[[Fraction], bool]:
    at_least, above, at_most, below = row.at_least, row.above, row.at_most, row.below

    def holds(value: Fraction) -> bool:
        return (
            (at_least is None or not _less(value, at_least))
            and (above is None or _less(above, value))
            and (at_most is None or not _less(at_most, value))
            and (below is None or _less(value, below))
        )

    return holds


def _less(one: Fraction, other: Fraction) -> bool:
    # As integers: `Fraction` spends most of a comparison on finding out that both are fractions.
    return one.numerator * other.denominator < other.numerator * one.denominator


def _within(value: Fraction, maximum: Fraction) -> Fraction:
    if value.numerator <= 0:
        return ZERO
    return value if _less(value, maximum) else maximum
