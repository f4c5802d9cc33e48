"""A workbook as data: sheets of cells, what is written and what was read. Files are made of it in adapters.

Rows and columns are counted from 1. What is written carries its looks by name (`Style`); what was read carries only
what decides its meaning: values, merged cells, and what is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

__all__ = [
    "Area",
    "Book",
    "Broken",
    "Cell",
    "Choices",
    "Formula",
    "ReadBook",
    "ReadSheet",
    "Sheet",
    "Spot",
    "Style",
    "Value",
    "as_read",
    "column_letters",
]

Style = Literal[
    "title",
    "subtitle",
    "note",
    "block",
    "header",
    "technical",
    "section",
    "section_key",
    "section_number",
    "total",
    "total_number",
    "body",
    "center",
    "number",
    "date",
    "repeat",
    "key",
    "answer",
    "label",
    "plain",
]
Spot = tuple[int, int]  # row, column


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that works something out: refused wherever it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that holds one of Excel's errors, such as `#REF!`, or something that is no value."""

    text: str


Value = str | Decimal | bool | date | Formula | Broken | None


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def spots(self) -> Iterator[Spot]:
        """All its cells."""
        return (
            (row, column) for row in range(self.top, self.bottom + 1) for column in range(self.left, self.right + 1)
        )

    @property
    def anchor(self) -> Spot:
        """The cell that keeps the value when the area is merged."""
        return self.top, self.left


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell to write."""

    value: str | Decimal | date | None
    style: Style = "body"
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """A closed list that the cells of an area are chosen from (drop-down)."""

    area: Area
    words: tuple[str, ...]


@dataclass
class Sheet:
    """A sheet to write."""

    name: str
    cells: dict[Spot, Cell] = field(default_factory=dict)
    widths: dict[int, int] = field(default_factory=dict)
    heights: dict[int, int] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    choices: list[Choices] = field(default_factory=list)
    header_rows: tuple[int, int] | None = None
    header_columns: int = 0
    printed_columns: int = 0
    frozen: Spot | None = None

    def put(self, row: int, column: int, value: str | Decimal | date | None, style: Style = "body") -> None:
        """Write one cell."""
        self.cells[row, column] = Cell(value, style)

    @property
    def bottom(self) -> int:
        """The last row that has a cell, or 0."""
        return max((row for row, _ in self.cells), default=0)


@dataclass(frozen=True)
class Book:
    """A workbook to write."""

    title: str
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class ReadSheet:
    """A sheet as read: only cells that hold something."""

    name: str
    values: Mapping[Spot, Value]
    merged: tuple[Area, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()

    @property
    def bottom(self) -> int:
        """The last row that holds something, or 0."""
        return max((row for row, _ in self.values), default=0)


@dataclass(frozen=True)
class ReadBook:
    """A workbook as read; `name` is what places call it."""

    name: str
    sheets: tuple[ReadSheet, ...]


def as_read(book: Book, name: str) -> ReadBook:
    """What a reader of the written workbook finds in it."""
    return ReadBook(name, tuple(_sheet_as_read(sheet) for sheet in book.sheets))


def _sheet_as_read(sheet: Sheet) -> ReadSheet:
    values: dict[Spot, Value] = {spot: cell.value for spot, cell in sheet.cells.items() if cell.value not in (None, "")}
    return ReadSheet(sheet.name, values, tuple(sheet.merged))


def column_letters(column: int) -> str:
    """`1` is A, `27` is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
