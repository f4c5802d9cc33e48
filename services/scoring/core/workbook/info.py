"""The sheet “Thông tin”: identity, legal basis, result, levels and tie-breakers; and “Chuyển đổi”, the amendment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.codecs import CODES, DATE, NUMBER, RAW, TEXT, WHOLE, Codec, choice
from services.scoring.core.workbook.criteria import titled
from services.scoring.core.workbook.reading import Reading, plain
from services.scoring.core.workbook.sheets import Area, Cell, Choices, ReadSheet, Sheet
from services.scoring.core.workbook.tables import Column, Row, read_rows, write_header, write_rows
from shared.ruleset.document import Mapping as Amendment
from shared.ruleset.document import RuleSet
from shared.ruleset.places import join

__all__ = ["info_sheet", "mapping_sheet", "read_info", "read_mapping"]


@dataclass(frozen=True)
class Item:
    """One line of identity or result: its name, where it stands in the document, and how it is written."""

    name: str
    path: tuple[str, ...]
    codec: Codec = TEXT
    required: bool = True
    english: bool = False


_ITEMS = Column("item", "Mục", TEXT, 30), Column("value", "Nội dung", RAW, 76), Column("en", "Tiếng Anh", TEXT, 50)
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
_TABLES: tuple[Sequence[Column], ...] = (_ITEMS, BASIS, LEVELS, TIE_BREAKERS)

PREVIOUS = Item("Sửa đổi từ phiên bản", ("version",), required=False)
ENTRIES = (
    Column("kind", "Loại thay đổi", choice(words.KINDS), 30, required=True),
    Column("before", "Mã tiêu chí cũ", CODES, 76),
    Column("after", "Mã tiêu chí mới", CODES, 30),
    Column("note", "Ghi chú", TEXT, 60),
    Column("en", "Ghi chú (tiếng Anh)", TEXT, 40, technical=True),
)
_MAPPING_BLOCKS = ("I. PHIÊN BẢN TRƯỚC", "II. TIÊU CHÍ THAY ĐỔI (KHÔNG NÊU LÀ GIỮ NGUYÊN)")
_MAPPING_ITEMS = _ITEMS[:2]


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
        row = _write_block_title(sheet, row, title, 4)
        if number == 0:
            row = _write_items(sheet, row, GENERAL, _ITEMS, rule_set)
        else:
            row = _write_spare(sheet, write_rows(sheet, row, columns, rows[number]), columns)
        row += 1
    return sheet


def _write_block_title(sheet: Sheet, row: int, title: str, width: int) -> int:
    sheet.put(row, 1, title, "block")
    sheet.merged.append(Area(row, 1, row, width))
    return row + 1


def _write_items(sheet: Sheet, row: int, items: Sequence[Item], columns: Sequence[Column], model: object) -> int:
    write_header(sheet, row, columns)
    for line, item in enumerate(items, row + 1):
        value = _at(model, item.path)
        sheet.put(line, 1, item.name, "label")
        sheet.cells[line, 2] = Cell(None if value is None else item.codec.encode(value), "plain")
        if len(columns) > 2:
            english = _at(model, (*item.path[:-1], "en")) if item.english else None
            sheet.cells[line, 3] = Cell(None if english is None else TEXT.encode(english))
        if item.codec.words:
            sheet.choices.append(Choices(Area(line, 2, line, 2), item.codec.words))
    return row + len(items) + 1


def _write_spare(sheet: Sheet, row: int, columns: Sequence[Column]) -> int:
    """One empty row to fill in, with borders."""
    for number, column in enumerate(columns, 1):
        sheet.cells[row, number] = Cell(None, column.codec.style)
    return row + 1


def _at(model: object, path: Sequence[str]) -> Any:
    for step in path:
        model = getattr(model, step, None)
    return model


def mapping_sheet(mapping: Amendment | None) -> Sheet:
    """Which version this one amends, and what became of its criteria."""
    sheet = Sheet(words.MAPPING, printed_columns=4, frozen=(2, 1))
    sheet.widths |= {1: 24, 2: 30, 3: 30, 4: 70, 5: 40}
    sheet.put(1, 1, "CHUYỂN ĐỔI TỪ PHIÊN BẢN TRƯỚC", "title")
    sheet.merged.append(Area(1, 1, 1, 4))
    sheet.heights[1] = 26
    row = _write_block_title(sheet, 2, _MAPPING_BLOCKS[0], 4)
    row = _write_items(sheet, row, (PREVIOUS,), _MAPPING_ITEMS, mapping) + 1
    row = _write_block_title(sheet, row, _MAPPING_BLOCKS[1], 4)
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


# --- reading -----------------------------------------------------------------------------------------------------


def read_info(reading: Reading, sheet: ReadSheet) -> dict[str, Any]:
    """Everything of the document that stands on “Thông tin”, as plain data."""
    regions = _regions(reading, sheet, _BLOCKS)
    data: dict[str, Any] = {}
    if region := regions.get(_BLOCKS[0]):
        _read_items(reading, sheet, GENERAL, _ITEMS, region, data, "")
    if region := regions.get(_BLOCKS[1]):
        data["legal_basis"] = [
            _plain_row(reading, row, join("legal_basis", index), ("number", "title", "issuer", "issued_on"))
            for index, row in enumerate(read_rows(reading, sheet, BASIS, *region))
        ]
    result: dict[str, Any] = data.setdefault("result", {})
    if region := regions.get(_BLOCKS[2]):
        result["levels"] = _levels(reading, read_rows(reading, sheet, LEVELS, *region))
    if region := regions.get(_BLOCKS[3]):
        rows = read_rows(reading, sheet, TIE_BREAKERS, *region)
        result["tie_breakers"] = [
            _plain_row(reading, row, join("result", "tie_breakers", index), ("of", "first"))
            for index, row in enumerate(rows)
        ]
    _label_blocks(reading, sheet, regions)
    return data


def _label_blocks(reading: Reading, sheet: ReadSheet, regions: Mapping[str, tuple[int, int]]) -> None:
    for title, path in zip(_BLOCKS[1:], ("legal_basis", "result.levels", "result.tie_breakers"), strict=True):
        if title in regions:
            reading.label(path, reading.place(sheet.name, (regions[title][0] - 1, 1)))


def _levels(reading: Reading, rows: Sequence[Row]) -> list[dict[str, Any]]:
    levels = []
    for index, row in enumerate(rows):
        path = join("result", "levels", index)
        level = _plain_row(reading, row, path, ("id", "at_least"))
        levels.append(level | {"title": titled(reading, row, join(path, "title"))})
    return levels


def _plain_row(reading: Reading, row: Row, path: str, keys: Sequence[str]) -> dict[str, Any]:
    reading.label(path, row.place)
    for key in keys:
        reading.label(join(path, key), row.places[key])
    return {key: row.get(key) for key in keys if row.get(key) is not None}


def _regions(reading: Reading, sheet: ReadSheet, titles: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The rows below each block's title, up to the next; titles stand in column A."""
    known = {plain(title): title for title in titles}
    found: dict[str, int] = {}
    for (row, column), value in sorted(sheet.values.items(), key=lambda item: item[0]):
        title = known.get(plain(value)) if column == 1 and isinstance(value, str) else None
        if title and title not in found:
            found[title] = row
    for title in titles:
        if title not in found:
            reading.refuse("missing_block", reading.place(sheet.name), title=title)
    starts = sorted(found.values())
    ends = dict(zip(starts, [*(start - 1 for start in starts[1:]), sheet.bottom], strict=False))
    return {title: (row + 1, ends[row]) for title, row in found.items()}


def _read_items(
    reading: Reading,
    sheet: ReadSheet,
    items: Sequence[Item],
    columns: Sequence[Column],
    region: tuple[int, int],
    data: dict[str, Any],
    prefix: str,
) -> None:
    """Put the values of the lines into the document's data."""
    by_name = {plain(item.name): item for item in items}
    seen: set[str] = set()
    for row in read_rows(reading, sheet, columns, *region):
        name = str(row.get("item") or "")
        item = by_name.get(plain(name))
        if item is None:
            close = get_close_matches(name, [each.name for each in items], n=1)
            hint = (f"Có phải là “{close[0]}”?", f"Did you mean “{close[0]}”?") if close else ("Xóa.", "Delete it.")
            reading.refuse("unknown_item", row.places["item"], item=name[:80], hint_vi=hint[0], hint_en=hint[1])
        elif item.name in seen:
            reading.refuse("duplicate", row.places["item"], value=f"“{item.name}”", other=f"“{sheet.name}”")
        else:
            seen.add(item.name)
            _read_item(reading, row, item, data, prefix)
    for item in items:
        if item.name not in seen:
            reading.refuse("missing_item", reading.place(sheet.name, (region[0], 1)), item=item.name)


def _read_item(reading: Reading, row: Row, item: Item, data: dict[str, Any], prefix: str) -> None:
    path = join(prefix, *item.path)
    reading.label(path, row.places["value"])
    if "value" in row.filled:
        meant = reading.take(item.codec.decode, row.get("value"), row.places["value"])
        if meant is not None:
            _place(data, item.path, meant)
    elif item.required:
        reading.refuse("empty_cell", row.places["value"], column=item.name)
    if item.english and row.get("en") is not None:
        reading.label(join(prefix, *item.path[:-1], "en"), row.places["en"])
        _place(data, (*item.path[:-1], "en"), row.get("en"))
    elif "en" in row.filled and not item.english:
        what = {"what": f"mục “{item.name}”", "what_en": f"“{item.name}”"}
        reading.refuse("does_not_belong", row.places["en"], column="Tiếng Anh", **what)


def _place(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {})
    data[path[-1]] = value


def read_mapping(reading: Reading, sheet: ReadSheet) -> dict[str, Any] | None:
    """The amendment as plain data, or None where neither a version nor an entry is given."""
    regions = _regions(reading, sheet, _MAPPING_BLOCKS)
    data: dict[str, Any] = {}
    if region := regions.get(_MAPPING_BLOCKS[0]):
        _read_items(reading, sheet, (PREVIOUS,), _MAPPING_ITEMS, region, data, "mapping")
        reading.label("mapping", reading.labels.get("mapping.version", reading.place(sheet.name)))
    if region := regions.get(_MAPPING_BLOCKS[1]):
        entries = [
            _entry(reading, row, join("mapping", "entries", index))
            for index, row in enumerate(read_rows(reading, sheet, ENTRIES, *region))
        ]
        if entries:
            data["entries"] = entries
    return data or None


def _entry(reading: Reading, row: Row, path: str) -> dict[str, Any]:
    data = _plain_row(reading, row, path, ("kind", "before", "after"))
    note = titled(reading, row, join(path, "note"), "note")
    return data | ({"note": note} if note else {})
