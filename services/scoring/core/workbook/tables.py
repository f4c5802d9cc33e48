"""Tables on sheets: a line of headings, and rows below it. Columns are found by their heading, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from services.scoring.core.workbook.codecs import TEXT, Codec
from services.scoring.core.workbook.reading import Reading, plain
from services.scoring.core.workbook.sheets import Area, Cell, Choices, ReadSheet, Sheet, Spot, Style, Value
from shared.ruleset.places import join

__all__ = [
    "Column",
    "Row",
    "add_choices",
    "blank",
    "header_row",
    "read_rows",
    "titled",
    "write_header",
    "write_row",
    "write_rows",
]

_OF_SECTION: Mapping[Style, Style] = {"number": "section_number", "key": "section_key"}
MAX_ROWS = 3000  # the largest official table has two hundred
_SPARE_ROWS = 200  # rows below the last that have drop-downs as well


@dataclass(frozen=True)
class Column:
    """A column: its key in rows, its heading, and how its cells are written and read.

    `required` cells are never empty; `technical` ones are not printed.
    """

    key: str
    heading: str
    codec: Codec = TEXT
    width: int = 14
    required: bool = False
    technical: bool = False


@dataclass
class Row:
    """A row as read: values by the columns' keys (absent where the cell is empty), and the place of every cell."""

    number: int
    places: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    filled: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """The row's first cell."""
        return next(iter(self.places.values()))

    def get(self, key: str) -> Any:
        """The value, or None where the cell is empty or its fault is noted."""
        return self.values.get(key)

    def only(self, reading: Reading, columns: Iterable[Column], keys: Iterable[str], what: tuple[str, str]) -> None:
        """Refuse what stands in other columns than these; `what` says for what they are not used."""
        allowed = set(keys)
        for column in columns:
            if column.key in self.filled and column.key not in allowed:
                place = self.places[column.key]
                reading.refuse("does_not_belong", place, column=column.heading, what=what[0], what_en=what[1])

    def needs(self, reading: Reading, columns: Iterable[Column], *keys: str) -> None:
        """Refuse the row where one of these cells is empty."""
        for column in columns:
            if column.key in keys and column.key not in self.filled:
                reading.refuse("empty_cell", self.places[column.key], column=column.heading)


# --- writing -----------------------------------------------------------------------------------------------------


def write_header(sheet: Sheet, row: int, columns: Sequence[Column]) -> None:
    """Write the headings; the widths are the sheet's where it has none yet."""
    for number, column in enumerate(columns, 1):
        style: Style = "technical" if column.technical else "header"
        sheet.put(row, number, column.heading, style)
        sheet.widths.setdefault(number, column.width)


def write_row(sheet: Sheet, row: int, columns: Sequence[Column], values: Mapping[str, Any], style: str = "") -> None:
    """Write one row; what is None leaves its cell empty. `percent` names cells to show as such."""
    for number, column in enumerate(columns, 1):
        value = values.get(column.key)
        written = None if value is None else column.codec.encode(value)
        look: Style = column.codec.style
        if style:
            look = _OF_SECTION.get(look, "section")
        sheet.cells[row, number] = Cell(written, look, column.key in values.get("percent", ()))


def write_rows(sheet: Sheet, top: int, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write headings and rows with their drop-downs; returns the first row below."""
    write_header(sheet, top, columns)
    row = top + 1
    for values in rows:
        write_row(sheet, row, columns, values)
        row += 1
    add_choices(sheet, columns, top + 1, row - 1 + (0 if sheet.frozen is None else _SPARE_ROWS))
    return row


def add_choices(sheet: Sheet, columns: Sequence[Column], top: int, bottom: int) -> None:
    """Drop-downs for the columns that have a closed list."""
    for number, column in enumerate(columns, 1):
        if column.codec.words and bottom >= top:
            sheet.choices.append(Choices(Area(top, number, bottom, number), column.codec.words))


# --- reading -----------------------------------------------------------------------------------------------------


def blank(value: Value) -> bool:
    """Whether a cell holds nothing that counts."""
    return value is None or (isinstance(value, str) and not value.strip())


def read_rows(
    reading: Reading, sheet: ReadSheet, columns: Sequence[Column], top: int = 1, bottom: int | None = None
) -> list[Row]:
    """The rows of the table between two rows of a sheet that hold something; faults are noted."""
    last = sheet.bottom if bottom is None else bottom
    header = header_row(sheet, columns, top, last)
    if header is None:
        expected = ", ".join(column.heading for column in columns[:4])
        reading.refuse("missing_header", reading.place(sheet.name, (top, 1)), expected=expected)
        return []
    positions = _positions(reading, sheet, columns, header)
    _refuse_stray(reading, sheet, set(positions.values()), header, last)
    by_row: dict[int, set[int]] = {}
    for (row, column), value in sheet.values.items():
        if header < row <= last and not blank(value):
            by_row.setdefault(row, set()).add(column)
    used = set(positions.values())
    if len(by_row) > MAX_ROWS:
        place = reading.place(sheet.name, (header, 1))
        reading.refuse("too_large", place, what="số dòng của bảng", what_en="rows of the table", limit=MAX_ROWS)
        return []
    return [_row(reading, sheet, columns, positions, number) for number in sorted(by_row) if by_row[number] & used]


def header_row(sheet: ReadSheet, columns: Sequence[Column], top: int, bottom: int) -> int | None:
    """The row with the most headings, if it has at least half of them."""
    names = {plain(column.heading) for column in columns}
    counts: dict[int, int] = {}
    for (row, _), value in sheet.values.items():
        if top <= row <= bottom and isinstance(value, str) and plain(value) in names:
            counts[row] = counts.get(row, 0) + 1
    best = max(counts.values(), default=0)
    if best * 2 < len(columns):
        return None
    return min(row for row, count in counts.items() if count == best)


def _positions(reading: Reading, sheet: ReadSheet, columns: Sequence[Column], header: int) -> dict[str, int]:
    """Where each column stands, by key."""
    by_name = {plain(column.heading): column for column in columns}
    positions: dict[str, int] = {}
    unknown: list[tuple[Spot, str]] = []
    for (row, number), value in sorted(sheet.values.items(), key=lambda item: item[0]):
        if row != header or blank(value):
            continue
        column = by_name.get(plain(str(value)))
        if column is None:
            unknown.append(((row, number), str(value)))
        elif column.key in positions:
            reading.refuse("double_column", reading.place(sheet.name, (row, number)), column=column.heading)
        else:
            positions[column.key] = number
    missing = [column for column in columns if column.key not in positions]
    for spot, text in unknown:
        if reading.is_hopeless:
            break
        hint = _hint(text[:80], [column.heading for column in missing])
        reading.refuse("unknown_column", reading.place(sheet.name, spot), column=text[:80], **hint)
    for column in missing:
        reading.refuse("missing_column", reading.place(sheet.name, (header, 1)), column=column.heading)
    return positions


def _hint(text: str, known: Sequence[str]) -> dict[str, str]:
    close = get_close_matches(text, known, n=1, cutoff=0.5)
    if close:
        return {"hint_vi": f"Có phải là “{close[0]}”?", "hint_en": f"Did you mean “{close[0]}”?"}
    return {"hint_vi": "Xóa cột này, hoặc sửa tên.", "hint_en": "Delete the column, or correct its name."}


def _refuse_stray(reading: Reading, sheet: ReadSheet, used: set[int], header: int, bottom: int) -> None:
    named = {number for (row, number), value in sheet.values.items() if row == header and not blank(value)}
    for (row, number), value in sorted(sheet.values.items(), key=lambda item: item[0]):
        if header < row <= bottom and number not in used | named and not blank(value):
            reading.refuse("stray_cell", reading.place(sheet.name, (row, number)))


def _row(
    reading: Reading, sheet: ReadSheet, columns: Sequence[Column], positions: Mapping[str, int], number: int
) -> Row:
    places = {column.key: reading.place(sheet.name, (number, positions.get(column.key, 1))) for column in columns}
    row = Row(number, places)
    filled: set[str] = set()
    for column in columns:
        if column.key not in positions:
            continue
        spot = (number, positions[column.key])
        value = sheet.values.get(spot)
        if blank(value):
            if reading.covered(sheet, spot):
                filled.add(column.key)
                reading.refuse("merged_cell", places[column.key])
            elif column.required:
                reading.refuse("empty_cell", places[column.key], column=column.heading)
            continue
        filled.add(column.key)
        meant = reading.take(column.codec.decode, value, places[column.key])
        if meant is not None:
            row.values[column.key] = meant
    row.filled = frozenset(filled)
    return row


def titled(reading: Reading, row: Row, path: str, vi: str = "title", en: str = "en") -> dict[str, Any]:
    """A text in two languages, from two cells of a row."""
    reading.label(path, row.places[vi])
    reading.label(join(path, "en"), row.places[en])
    return {key: row.get(cell) for key, cell in (("vi", vi), ("en", en)) if row.get(cell) is not None}
