"""What rules can see of the cards of a batch (sight.py), read from columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from services.scoring.core.facts import card_fact
from services.scoring.core.points import Worked
from services.scoring.core.rows import Cell, InputColumn, Reader, Rows
from services.scoring.core.sight import Look, Profile, Seen, Sight

__all__ = ["ColumnSight"]

_KEPT = 4_000  # values a table


class ColumnSight:
    """The looks of one version's rules over columns."""

    def __init__(self, sight: Sight, reader: Reader, codes: Sequence[str]) -> None:
        self._sight = sight
        self._reader = reader
        self._numbers = {code: number for number, code in enumerate(codes)}
        self._values = [_Bits(look, _column(look, reader)) for look in sight.card]

    def seen(self, rows: Rows, apart: Mapping[int, Mapping[int, Worked]]) -> list[Seen]:
        """What rules see of each card; `apart` are the criteria whose state may not be `value`."""
        columns = [self._bits(bits, rows) for bits in self._values]
        looks = list(zip(*columns, strict=True)) if columns else [()] * len(rows.verified)
        unusual = self._unusual(rows, apart)
        return [Seen(look, unusual.get(row, ())) for row, look in enumerate(looks)]

    def _bits(self, bits: _Bits, rows: Rows) -> list[int]:
        kind = bits.look.fact.partition(".")[0]
        if bits.look.fact == "submission.days_late":
            return list(map(bits.__getitem__, rows.days_late))
        if bits.look.fact == "submission.missing":
            return [bits.look.at(False)] * len(rows.verified)
        if bits.column is None:
            return [self._plainly(bits.look, rows, row) for row in range(len(rows.verified))]
        if kind == "state":
            found = [bits.look.at("value")] * len(rows.verified)
        else:
            found = list(map(bits.__getitem__, rows.columns[bits.column.number]))
        for row, odd in rows.odd.items():
            figure = odd.get(bits.column.number)
            if figure is not None:
                found[row] = bits.look.at(figure.state if kind == "state" else None)
        return found

    def _plainly(self, look: Look, rows: Rows, row: int) -> int:
        """A fact that stands in no column."""
        name = look.fact.partition(".")[2]
        return look.at(card_fact(look.fact)(self._reader.card(rows, row, (name,))))

    def _unusual(
        self, rows: Rows, apart: Mapping[int, Mapping[int, Worked]]
    ) -> dict[int, tuple[tuple[int, Profile], ...]]:
        sight = self._sight
        unusual: dict[int, tuple[tuple[int, Profile], ...]] = {}
        if not sight.sees_state and not sight.sees_evidence:
            return unusual
        for row in rows.lacking.keys() | apart.keys():
            states = apart.get(row, {})
            lacking = {self._numbers[code] for code in rows.lacking.get(row, ())}
            found = []
            for number in sorted(lacking | states.keys()):
                state = states[number].state if number in states else "value"
                profile = sight.profile(number, state, number in lacking)
                if profile != sight.usual[number]:
                    found.append((number, profile))
            if found:
                unusual[row] = tuple(found)
        return unusual


class _Bits(dict[Cell, int]):
    """What one look gives for the values of a column, each worked out once."""

    def __init__(self, look: Look, column: InputColumn | None) -> None:
        super().__init__()
        self.look = look
        self.column = column

    def __missing__(self, cell: Cell) -> int:
        if len(self) >= _KEPT:
            self.clear()
        found = self[cell] = self.look.at(Fraction(cell) if self.column is None else self.column.typed(cell))
        return found


def _column(look: Look, reader: Reader) -> InputColumn | None:
    kind, _, name = look.fact.partition(".")
    return reader.columns.get(name) if kind in ("input", "state") else None
