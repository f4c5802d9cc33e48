"""The sheet “Thông tin”: identity, legal basis, result, levels and tie-breakers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.blocks import (
    ITEM_COLUMNS,
    Item,
    plain_row,
    read_items,
    regions,
    write_items,
    write_spare,
    write_title,
)
from services.scoring.core.workbook.codecs import DATE, NUMBER, TEXT, WHOLE, choice
from services.scoring.core.workbook.reading import Reading
from services.scoring.core.workbook.sheets import Area, ReadSheet, Sheet
from services.scoring.core.workbook.tables import Column, Row, read_rows, titled, write_rows
from shared.ruleset.document import RuleSet
from shared.ruleset.places import join

__all__ = ["info_sheet", "read_info"]


GENERAL = (
    Item("Định dạng", ("format",)),
    Item("Mã bộ tiêu chí", ("id",)),
    Item("Phiên bản", ("version",)),
    Item("Tên bộ tiêu chí", ("title", "vi"), english=True),
    Item("Chương trình", ("programme",), choice(words.PROGRAMMES)),
    Item("Khối cơ quan", ("group",), choice(words.GROUPS)),
    Item("Áp dụng từ năm", ("stage", "first_year"), WHOLE),
    Item("Áp dụng đến năm", ("stage", "last_year"), WHOLE),
    Item("Xếp mức theo", ("result", "form"), choice(words.RESULTS)),
    Item("Chỉ số là trung bình của hạng mục", ("result", "mean"), choice(words.MEANS), required=False),
    Item("Số chữ số thập phân của điểm", ("result", "display", "points_places"), WHOLE, required=False),
    Item("Số chữ số thập phân của chỉ số", ("result", "display", "index_places"), WHOLE, required=False),
    Item("Cách làm tròn khi hiển thị", ("result", "display", "rounding"), choice(words.ROUNDING), required=False),
    Item("Thứ hạng khi bằng nhau", ("result", "ties"), choice(words.TIES), required=False),
)
BASIS = (
    Column("number", "Số, ký hiệu", TEXT, required=True),
    Column("title", "Trích yếu", TEXT, required=True),
    Column("issuer", "Cơ quan ban hành", TEXT, required=True),
    Column("issued_on", "Ngày ban hành", DATE, 16, required=True),
)
LEVELS = (
    Column("id", "Mã mức độ", TEXT, required=True),
    Column("title", "Tên mức độ", TEXT, required=True),
    Column("en", "Tên (tiếng Anh)", TEXT),
    Column("at_least", "Từ (kể cả)", NUMBER, 16, required=True),
)
TIE_BREAKERS = (
    Column("of", "So sánh theo", TEXT, required=True),
    Column("first", "Xếp trên", choice(words.FIRST)),
)
_BLOCKS = ("I. THÔNG TIN CHUNG", "II. CĂN CỨ PHÁP LÝ", "III. MỨC ĐỘ", "IV. SO SÁNH THÊM KHI BẰNG NHAU")
_TABLES: tuple[Sequence[Column], ...] = (ITEM_COLUMNS, BASIS, LEVELS, TIE_BREAKERS)

# --- writing -----------------------------------------------------------------------------------------------------


def info_sheet(rule_set: RuleSet) -> Sheet:
    """Who, when, on what basis, and how the result is formed."""
    sheet = Sheet(words.INFO, printed_columns=4, frozen=(2, 1))
    sheet.widths |= {1: 34, 2: 76, 3: 46, 4: 16}
    sheet.put(1, 1, "THÔNG TIN BỘ TIÊU CHÍ", "title")
    sheet.merged.append(Area(1, 1, 1, 4))
    sheet.heights[1] = 26
    rows: tuple[Iterator[dict[str, Any]], ...] = (
        iter(()),
        (
            {key: getattr(basis, key) for key in ("number", "title", "issuer", "issued_on")}
            for basis in rule_set.legal_basis
        ),
        (
            {"id": each.id, "title": each.title.vi, "en": each.title.en, "at_least": each.at_least}
            for each in rule_set.result.levels
        ),
        ({"of": each.of, "first": each.first} for each in rule_set.result.tie_breakers),
    )
    row = 2
    for number, (title, columns) in enumerate(zip(_BLOCKS, _TABLES, strict=True)):
        row = write_title(sheet, row, title, 4)
        if number == 0:
            row = write_items(sheet, row, GENERAL, ITEM_COLUMNS, rule_set)
        else:
            row = write_spare(sheet, write_rows(sheet, row, columns, rows[number]), columns)
        row += 1
    return sheet


# --- reading -----------------------------------------------------------------------------------------------------


def read_info(reading: Reading, sheet: ReadSheet) -> dict[str, Any]:
    """Everything of the document that stands on “Thông tin”, as plain data."""
    found = regions(reading, sheet, _BLOCKS)
    data: dict[str, Any] = {}
    if region := found.get(_BLOCKS[0]):
        read_items(reading, sheet, GENERAL, ITEM_COLUMNS, region, data, "")
    if region := found.get(_BLOCKS[1]):
        data["legal_basis"] = [
            plain_row(reading, row, join("legal_basis", index), ("number", "title", "issuer", "issued_on"))
            for index, row in enumerate(read_rows(reading, sheet, BASIS, *region))
        ]
    result: dict[str, Any] = data.setdefault("result", {})
    if region := found.get(_BLOCKS[2]):
        result["levels"] = _levels(reading, read_rows(reading, sheet, LEVELS, *region))
    if region := found.get(_BLOCKS[3]):
        rows = read_rows(reading, sheet, TIE_BREAKERS, *region)
        result["tie_breakers"] = [
            plain_row(reading, row, join("result", "tie_breakers", index), ("of", "first"))
            for index, row in enumerate(rows)
        ]
    _label_blocks(reading, sheet, found)
    return data


def _label_blocks(reading: Reading, sheet: ReadSheet, found: Mapping[str, tuple[int, int]]) -> None:
    for title, path in zip(_BLOCKS[1:], ("legal_basis", "result.levels", "result.tie_breakers"), strict=True):
        if title in found:
            reading.label(path, reading.place(sheet.name, (found[title][0] - 1, 1)))


def _levels(reading: Reading, rows: Sequence[Row]) -> list[dict[str, Any]]:
    levels = []
    for index, row in enumerate(rows):
        path = join("result", "levels", index)
        level = plain_row(reading, row, path, ("id", "at_least"))
        levels.append(level | {"title": titled(reading, row, join(path, "title"))})
    return levels
