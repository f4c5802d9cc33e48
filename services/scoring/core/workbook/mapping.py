"""The sheet “Chuyển đổi”: which version this one amends, and what became of its criteria."""

from __future__ import annotations

from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.blocks import (
    ITEM_COLUMNS,
    Item,
    plain_row,
    read_items,
    regions,
    write_items,
    write_title,
)
from services.scoring.core.workbook.codecs import CODES, TEXT, choice
from services.scoring.core.workbook.reading import Reading
from services.scoring.core.workbook.sheets import Area, ReadSheet, Sheet
from services.scoring.core.workbook.tables import Column, Row, read_rows, titled, write_rows
from shared.ruleset.document import Mapping as Amendment
from shared.ruleset.places import join

__all__ = ["mapping_sheet", "read_mapping"]

PREVIOUS = Item("Sửa đổi từ phiên bản", ("version",), required=False)
ENTRIES = (
    Column("kind", "Loại thay đổi", choice(words.KINDS), 30, required=True),
    Column("before", "Mã tiêu chí cũ", CODES, 76),
    Column("after", "Mã tiêu chí mới", CODES, 30),
    Column("note", "Ghi chú", TEXT, 60),
    Column("en", "Ghi chú (tiếng Anh)", TEXT, 40, technical=True),
)
_BLOCKS = ("I. PHIÊN BẢN TRƯỚC", "II. TIÊU CHÍ THAY ĐỔI (KHÔNG NÊU LÀ GIỮ NGUYÊN)")
_ITEM_PAIR = ITEM_COLUMNS[:2]


def mapping_sheet(mapping: Amendment | None) -> Sheet:
    """Which version this one amends, and what became of its criteria."""
    sheet = Sheet(words.MAPPING, printed_columns=4, frozen=(2, 1))
    sheet.widths |= {1: 24, 2: 30, 3: 30, 4: 70, 5: 40}
    sheet.put(1, 1, "CHUYỂN ĐỔI TỪ PHIÊN BẢN TRƯỚC", "title")
    sheet.merged.append(Area(1, 1, 1, 4))
    sheet.heights[1] = 26
    row = write_title(sheet, 2, _BLOCKS[0], 4)
    row = write_items(sheet, row, (PREVIOUS,), _ITEM_PAIR, mapping) + 1
    row = write_title(sheet, row, _BLOCKS[1], 4)
    entries = mapping.entries if mapping else ()
    write_rows(
        sheet,
        row,
        ENTRIES,
        (
            {
                "kind": each.kind,
                "before": each.before,
                "after": each.after,
                "note": each.note.vi if each.note else None,
                "en": each.note.en if each.note else None,
            }
            for each in entries
        ),
    )
    return sheet


def read_mapping(reading: Reading, sheet: ReadSheet) -> dict[str, Any] | None:
    """The amendment as plain data, or None where neither a version nor an entry is given."""
    found = regions(reading, sheet, _BLOCKS)
    data: dict[str, Any] = {}
    if region := found.get(_BLOCKS[0]):
        read_items(reading, sheet, (PREVIOUS,), _ITEM_PAIR, region, data, "mapping")
        reading.label("mapping", reading.labels.get("mapping.version", reading.place(sheet.name)))
    if region := found.get(_BLOCKS[1]):
        entries = [
            _entry(reading, row, join("mapping", "entries", index))
            for index, row in enumerate(read_rows(reading, sheet, ENTRIES, *region))
        ]
        if entries:
            data["entries"] = entries
    return data or None


def _entry(reading: Reading, row: Row, path: str) -> dict[str, Any]:
    data = plain_row(reading, row, path, ("kind", "before", "after"))
    note = titled(reading, row, join(path, "note"), "note")
    return data | ({"note": note} if note else {})
