"""How one criterion's points are worked out for a whole column of cards (column_points.py puts them together).

`Steps` looks constants up; `Ratio` multiplies whole numbers, `Bands` compares them. They only see figures in the state
`value`: what a column holds in the place of others is put right by whoever runs them. Points are those of the closures
(methods.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from operator import add, mul
from typing import NamedTuple

from services.scoring.core.card import Figure
from services.scoring.core.points import CompiledCriterion
from services.scoring.core.rows import MILLION, Cell, InputColumn, Reader, Rows
from shared.ruleset.document import Band, BandsMethod, ChoiceMethod, CountMethod, Quotient, RatioMethod, YesNoMethod

__all__ = ["Bands", "Ratio", "Shares", "Steps"]

_REMEMBERED = 4_000  # values a table


class Shares(NamedTuple):
    """Points as numerators and denominators, by row; not in lowest terms, denominators above 0."""

    numerators: list[int]
    denominators: Sequence[int]

    def plus(self, other: Shares) -> Shares:
        """The sums, row by row."""
        if self.denominators is other.denominators:
            return Shares(list(map(add, self.numerators, other.numerators)), self.denominators)
        crossed = zip(self.numerators, self.denominators, other.numerators, other.denominators, strict=True)
        return Shares([a * d + c * b for a, b, c, d in crossed], list(map(mul, self.denominators, other.denominators)))


class Steps:
    """Points that are one of a few constants, or whole steps of one: whole numbers over the denominator `scale`."""

    def __init__(self, criterion: CompiledCriterion, name: str, column: InputColumn) -> None:
        self._number = column.number
        self._table = _Table(criterion, name, column)

    @classmethod
    def of(cls, criterion: CompiledCriterion, reader: Reader) -> Steps | None:
        """None where the criterion is of another kind."""
        match criterion.source.method:
            case (
                YesNoMethod(input=name) | ChoiceMethod(input=name) | CountMethod(input=name) | BandsMethod(of=str(name))
            ):
                column = reader.columns.get(name)
                return cls(criterion, name, column) if column is not None and criterion.asked is None else None
            case _:
                return None

    @property
    def denominator(self) -> int:
        """A denominator of everything that the criterion can give."""
        return self._table.denominator

    def column(self, rows: Rows, scale: int) -> list[int]:
        """Numerators over `scale`, which is a multiple of `denominator`."""
        self._table.scale = scale
        return list(map(self._table.__getitem__, rows.columns[self._number]))


class _Table(dict[Cell, int]):
    """Points by the value of the input, each worked out once by the criterion's own closure."""

    def __init__(self, criterion: CompiledCriterion, name: str, column: InputColumn) -> None:
        super().__init__()
        self._criterion = criterion
        self._name = name
        self._column = column
        self.denominator = _denominator(criterion, column)
        self.scale = self.denominator

    def __missing__(self, cell: Cell) -> int:
        points = self._criterion.method.points({self._name: Figure("value", self._column.typed(cell))}, {})
        scaled = points * self.scale
        assert scaled.denominator == 1, f"{self._criterion.code}: {points} is no multiple of 1/{self.scale}"
        if len(self) >= _REMEMBERED:
            self.clear()
        self[cell] = scaled.numerator
        return scaled.numerator


def _denominator(criterion: CompiledCriterion, column: InputColumn) -> int:
    maximum = criterion.source.maximum
    match criterion.source.method:
        case YesNoMethod(yes=yes, no=no):
            constants = [maximum, no, maximum if yes is None else yes]
        case ChoiceMethod(points=points):
            constants = [maximum, *points.values()]
        case CountMethod(unit_points=unit):
            constants = [maximum, unit / MILLION if column.source.type == "decimal" else unit]
        case BandsMethod(rows=rows):
            constants = [maximum, *(row.points for row in rows)]
        case other:
            raise TypeError(f"{criterion.code}: {other.form} has no steps")
    return lcm(*(constant.denominator for constant in constants))


class _Quotient:
    """The columns that a quotient is worked out from; what stands in them is part / part_unit and whole / whole_unit.

    So it is `part * part_times` / `whole * whole_times`.
    """

    def __init__(self, of: Quotient, part: InputColumn, whole: InputColumn | Fraction) -> None:
        self._part = part.number
        self._whole = whole
        self.at_zero = of.zero_denominator
        units = Fraction(_unit(whole) if isinstance(whole, InputColumn) else whole.denominator, _unit(part))
        self.part_times, self.whole_times = units.numerator, units.denominator

    @classmethod
    def of(cls, of: Quotient, reader: Reader) -> _Quotient | None:
        """None where it is not worked out from columns of numbers."""
        part = reader.columns.get(of.numerator)
        whole = reader.columns.get(of.denominator) if of.denominator else of.whole or Fraction(0)
        if part is None or whole is None or not _is_number(part):
            return None
        if isinstance(whole, InputColumn) and not _is_number(whole):
            return None
        return cls(of, part, whole)

    def cells(self, rows: Rows) -> tuple[Sequence[int], Sequence[int]]:
        """Parts and wholes."""
        parts: Sequence[int] = rows.columns[self._part]  # type: ignore[assignment]  # numbers, as `of` has seen
        if isinstance(self._whole, Fraction):
            return parts, [self._whole.numerator] * len(parts)
        return parts, rows.columns[self._whole.number]  # type: ignore[return-value]  # numbers, as `of` has seen

    def nothing(self, wholes: Sequence[int]) -> list[int]:
        """The rows where a whole of 0 leaves nothing to assess."""
        return [row for row, whole in enumerate(wholes) if whole == 0] if self.at_zero == "not_applicable" else []


class Bands:
    """Constants by the band that a quotient falls into: whole numbers over the denominator `scale`."""

    def __init__(self, criterion: CompiledCriterion, method: BandsMethod, quotient: _Quotient) -> None:
        self._quotient = quotient
        maximum = criterion.source.maximum
        # As in `Steps`; and by row what has to hold, for `up * part + down * whole >= least`.
        self._points = [max(min(row.points, maximum), Fraction(0)) for row in method.rows]
        self._conditions = [_conditions(row) for row in method.rows]
        self.denominator = lcm(*(points.denominator for points in self._points))

    @classmethod
    def of(cls, criterion: CompiledCriterion, reader: Reader) -> Bands | None:
        """None where the criterion is of another kind."""
        method = criterion.source.method
        if not isinstance(method, BandsMethod) or not isinstance(method.of, Quotient) or criterion.asked is not None:
            return None
        quotient = _Quotient.of(method.of, reader)
        return None if quotient is None else cls(criterion, method, quotient)

    def column(self, rows: Rows, scale: int) -> tuple[list[int], list[int]]:
        """Numerators over `scale`, a multiple of `denominator`, and the rows where there is nothing to assess (0)."""
        parts, wholes = self._quotient.cells(rows)
        bands = [
            (conditions, points.numerator * (scale // points.denominator))
            for conditions, points in zip(self._conditions, self._points, strict=True)
        ]
        found = [_band(bands, *self._cut(part, whole)) for part, whole in zip(parts, wholes, strict=True)]
        nothing = self._quotient.nothing(wholes)
        for row in nothing:
            found[row] = 0
        return found, nothing

    def _cut(self, part: int, whole: int) -> tuple[int, int]:
        """The quotient, cut to 0..1; the second is above 0."""
        if whole < 0:
            part, whole = -part, -whole
        if whole == 0:
            return (1, 1) if self._quotient.at_zero == "full" else (0, 1)
        part, whole = part * self._quotient.part_times, whole * self._quotient.whole_times
        return min(max(part, 0), whole), whole


_Condition = tuple[int, int, int]


def _conditions(row: Band) -> tuple[_Condition, ...]:
    lower = [(end, least) for end, least in ((row.at_least, 0), (row.above, 1)) if end is not None]
    upper = [(end, least) for end, least in ((row.at_most, 0), (row.below, 1)) if end is not None]
    return (
        *((end.denominator, -end.numerator, least) for end, least in lower),
        *((-end.denominator, end.numerator, least) for end, least in upper),
    )


def _band(bands: Sequence[tuple[tuple[_Condition, ...], int]], part: int, whole: int) -> int:
    """What the first band gives that holds the quotient."""
    for conditions, gives in bands:
        for up, down, least in conditions:
            if up * part + down * whole < least:
                break
        else:
            return gives
    return 0


class Ratio:
    """A ratio of two inputs, or of an input and a constant, times the maximum."""

    def __init__(self, quotient: _Quotient, maximum: Fraction) -> None:
        self._quotient = quotient
        self._part_times, self._whole_times = quotient.part_times, quotient.whole_times
        self._up, self._full = maximum.numerator * self._part_times, maximum.numerator * self._whole_times
        self._down = maximum.denominator * self._whole_times

    @classmethod
    def of(cls, criterion: CompiledCriterion, reader: Reader) -> Ratio | None:
        """None where the criterion is of another kind."""
        method = criterion.source.method
        if not isinstance(method, RatioMethod) or criterion.asked is not None:
            return None
        quotient = _Quotient.of(method.of, reader)
        return None if quotient is None else cls(quotient, criterion.source.maximum)

    def column(self, rows: Rows) -> tuple[Shares, list[int]]:
        """The points, and the rows where a whole of 0 leaves nothing to assess (they count 0 in the column)."""
        parts, wholes = self._quotient.cells(rows)
        if not parts or min(wholes) <= 0 or min(parts) < 0:
            return self._with_care(parts, wholes)
        up, full, down = self._up, self._full, self._down
        if up == full:  # the usual: both are counted in the same unit
            numerators = [up * part if part < whole else up * whole for part, whole in zip(parts, wholes, strict=True)]
        else:
            times, whole_times = self._part_times, self._whole_times
            numerators = [
                up * part if part * times < whole * whole_times else full * whole
                for part, whole in zip(parts, wholes, strict=True)
            ]
        return Shares(numerators, wholes if down == 1 else [down * whole for whole in wholes]), []

    def _with_care(self, parts: Sequence[int], wholes: Sequence[int]) -> tuple[Shares, list[int]]:
        """As `column`, where a part or a whole may be 0 or less."""
        pairs = [self._share(part, whole) for part, whole in zip(parts, wholes, strict=True)]
        return Shares([above for above, _ in pairs], [below for _, below in pairs]), self._quotient.nothing(wholes)

    def _share(self, part: int, whole: int) -> tuple[int, int]:
        if whole < 0:
            part, whole = -part, -whole
        if whole == 0:
            return (self._full, self._down) if self._quotient.at_zero == "full" else (0, 1)
        if part <= 0:
            return 0, 1
        below = part * self._part_times < whole * self._whole_times
        return (self._up * part if below else self._full * whole), self._down * whole


def _unit(column: InputColumn) -> int:
    return MILLION if column.source.type == "decimal" else 1


def _is_number(column: InputColumn) -> bool:
    return column.source.type in ("integer", "decimal")
