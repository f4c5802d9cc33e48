"""One closure pair for each scoring method: what state a criterion is in, and how many points its value gives.

A method is compiled once for a rule set. `state` says whether the method can be worked out; `points` is called only
where it can (`value`) and always answers within 0..maximum. Everything is `Fraction`: nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.scoring.core.card import NOT_REPORTED, Figures, State, combined
from shared.ruleset.document import (
    Band,
    BandsMethod,
    BestMethod,
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

__all__ = ["CompiledMethod", "GroupBest", "compile_method"]

GroupBest = Mapping[str, Fraction]
StateOf = Callable[[Figures], State]
PointsOf = Callable[[Figures, GroupBest], Fraction]

ZERO = Fraction(0)
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class CompiledMethod:
    """A method ready to run; `relative_inputs` are those compared with the best of the group."""

    state: StateOf
    points: PointsOf
    relative_inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Context:
    """What a method needs to know of where it stands."""

    maximum: Fraction
    may_be_not_applicable: bool
    own_inputs: tuple[str, ...] = ()


def compile_method(
    method: Method, maximum: Fraction, may_be_not_applicable: bool, own_inputs: Sequence[str] = ()
) -> CompiledMethod:
    """The closures of one method; `own_inputs` are what an information criterion asks."""
    return _compile(method, _Context(maximum, may_be_not_applicable, tuple(own_inputs)))


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
    name, read, maximum = method.input, _reader(method.input), context.maximum

    def points(figures: Figures, best: GroupBest) -> Fraction:
        highest = best.get(name, ZERO)
        return _within(read(figures) / highest, ONE) * maximum if highest > 0 else ZERO

    return CompiledMethod(_needs((name,), context), points, (name,))


def _parts(parts: Sequence[Part], context: _Context, together: Callable[[list[Fraction]], Fraction]) -> CompiledMethod:
    compiled = tuple(
        _compile(part.method, _Context(part.maximum, context.may_be_not_applicable, context.own_inputs))
        for part in parts
    )

    def state(figures: Figures) -> State:
        states = [part.state(figures) for part in compiled]
        return "value" if "value" in states else combined(states)

    def points(figures: Figures, best: GroupBest) -> Fraction:
        return together([part.points(figures, best) if part.state(figures) == "value" else ZERO for part in compiled])

    return CompiledMethod(state, points, tuple(name for part in compiled for name in part.relative_inputs))


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


def _quotient(of: Quotient) -> Callable[[Figures], Fraction]:
    part, whole = _reader(of.numerator), _whole(of)
    at_zero = ONE if of.zero_denominator == "full" else ZERO

    def value(figures: Figures) -> Fraction:
        denominator = whole(figures)
        return at_zero if denominator == 0 else _within(part(figures) / denominator, ONE)

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
