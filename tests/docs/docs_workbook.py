"""What a page says to change in a workbook, as tables; done here as a person would do it in Excel.

`| sheet | cell | is | becomes |`: what a cell holds, or a part of its text, is replaced, or its whole row deleted.
`| sheet | heading | new row |`: the cells of one new row for each sheet, above the total or below the last row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["CHANGES", "NEW_ROWS", "change_by_hand"]

CHANGES = ("sheet", "cell", "is", "becomes")
NEW_ROWS = ("sheet", "heading", "new row")
DELETED = "(delete the row)"
_TOTAL = "TỔNG CỘNG"
_PERCENT = re.compile(r"(\d+)%")

Row = tuple[str, ...]


def change_by_hand(path: Path, table: Sequence[Row]) -> None:
    """Do to the workbook at `path` what a table (with its heading) says. Raises `AssertionError` where it is not so."""
    workbook = openpyxl.load_workbook(path)
    header, rows = table[0], table[1:]
    if header == CHANGES:
        _change(workbook, rows)
    else:
        for sheet, cells in groupby(rows, key=lambda row: row[0]):
            _add_row(workbook[sheet], {heading: value for _, heading, value in cells})
    workbook.save(path)


def _change(workbook: Any, rows: Sequence[Row]) -> None:
    """All cells are named as they stand before: rows are deleted last, from below."""
    deleted: list[tuple[Worksheet, int]] = []
    for sheet, place, before, after in rows:
        cell = workbook[sheet][place]
        held = cell.value
        if after == DELETED:
            assert str(held) == before, (sheet, place, held)
            deleted.append((workbook[sheet], cell.row))
        elif isinstance(held, str):
            assert before in held, (sheet, place, held)
            cell.value = held.replace(before, after)
        else:
            assert held == _number(before), (sheet, place, held)
            cell.value = _number(after)
    for worksheet, row in sorted(deleted, key=lambda one: -one[1]):
        worksheet.delete_rows(row)


def _add_row(worksheet: Worksheet, values: dict[str, str]) -> None:
    headings = _headings(worksheet, next(iter(values)))
    total = next((cell.row for cell in worksheet["B"] if cell.value == _TOTAL), None)
    row = total or worksheet.max_row + 1
    worksheet.insert_rows(row)
    for heading, value in values.items():
        cell = worksheet.cell(row, headings[heading])
        cell.value = int(value) if value.isdecimal() else value
        if isinstance(cell.value, str):
            cell.number_format = "@"


def _headings(worksheet: Worksheet, first: str) -> dict[str, int]:
    """The column of each heading."""
    for row in worksheet.iter_rows(max_row=10):
        if first in [cell.value for cell in row]:
            return {cell.value: cell.column for cell in row if cell.value}
    raise AssertionError(f"{worksheet.title}: no heading {first!r}")


def _number(text: str) -> float | int | None:
    """A number as it is typed; the file keeps a percentage as its share, an empty cell as None."""
    if not text:
        return None
    percent = _PERCENT.fullmatch(text)
    return int(percent[1]) / 100 if percent else int(text)
