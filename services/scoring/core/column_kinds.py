"""How one criterion's points are worked out for a whole column of cards (column_points.py puts them together).

`Steps` looks constants up; `Ratio` multiplies whole numbers. Both only see figures in the state `value`: what a column
holds in the place of others is put right by whoever runs them. Points are those of the closures (methods.py).
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
from shared.ruleset.document import BandsMethod, ChoiceMethod, CountMethod, RatioMethod, YesNoMethod

__all__ = ["Ratio", "Shares", "Steps"]

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


class Ratio:
    """A ratio of two inputs, or of an input and a constant, times the maximum."""

    def __init__(
        self, method: RatioMethod, maximum: Fraction, part: InputColumn, whole: InputColumn | Fraction
    ) -> None:
        self._part = part.number
        self._whole = whole
        self._at_zero = method.of.zero_denominator
        # What stands in the columns: part / part_unit, whole / whole_unit.
        units = Fraction(_unit(whole) if isinstance(whole, InputColumn) else whole.denominator, _unit(part))
        self._part_times, self._whole_times = units.numerator, units.denominator
        self._up, self._full = maximum.numerator * self._part_times, maximum.numerator * self._whole_times
        self._down = maximum.denominator * self._whole_times

    @classmethod
    def of(cls, criterion: CompiledCriterion, reader: Reader) -> Ratio | None:
        """None where the criterion is of another kind."""
        method = criterion.source.method
        if not isinstance(method, RatioMethod) or criterion.asked is not None:
            return None
        part = reader.columns.get(method.of.numerator)
        whole = reader.columns.get(method.of.denominator) if method.of.denominator else method.of.whole or Fraction(0)
        if part is None or whole is None or not _is_number(part):
            return None
        if isinstance(whole, InputColumn) and not _is_number(whole):
            return None
        return cls(method, criterion.source.maximum, part, whole)

    def column(self, rows: Rows) -> tuple[Shares, list[int]]:
        """The points, and the rows where a whole of 0 leaves nothing to assess (they count 0 in the column)."""
        parts: Sequence[int] = rows.columns[self._part]  # type: ignore[assignment]  # numbers, as `of` has seen
        wholes = self._wholes(rows, len(parts))
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

    def _wholes(self, rows: Rows, count: int) -> Sequence[int]:
        if isinstance(self._whole, Fraction):
            return [self._whole.numerator] * count
        return rows.columns[self._whole.number]  # type: ignore[return-value]  # numbers, as `of` has seen

    def _with_care(self, parts: Sequence[int], wholes: Sequence[int]) -> tuple[Shares, list[int]]:
        """As `column`, where a part or a whole may be 0 or less."""
        pairs = [self._share(part, whole) for part, whole in zip(parts, wholes, strict=True)]
        nothing = [row for row, whole in enumerate(wholes) if whole == 0] if self._at_zero == "not_applicable" else []
        return Shares([above for above, _ in pairs], [below for _, below in pairs]), nothing

    def _share(self, part: int, whole: int) -> tuple[int, int]:
        if whole < 0:
            part, whole = -part, -whole
        if whole == 0:
            return (self._full, self._down) if self._at_zero == "full" else (0, 1)
        if part <= 0:
            return 0, 1
        below = part * self._part_times < whole * self._whole_times
        return (self._up * part if below else self._full * whole), self._down * whole


def _unit(column: InputColumn) -> int:
    return MILLION if column.source.type == "decimal" else 1


def _is_number(column: InputColumn) -> bool:
    return column.source.type in ("integer", "decimal")
