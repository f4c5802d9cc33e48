"""Parts of a sheet one below the other, each begun by its title in column A: lines of name and value, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from services.scoring.core.workbook.codecs import RAW, TEXT, Codec
from services.scoring.core.workbook.reading import Reading, plain
from services.scoring.core.workbook.sheets import Area, Cell, Choices, ReadSheet, Sheet
from services.scoring.core.workbook.tables import Column, Row, read_rows, write_header
from shared.ruleset.places import join

__all__ = ["ITEM_COLUMNS", "Item", "plain_row", "read_items", "regions", "write_items", "write_spare", "write_title"]


@dataclass(frozen=True)
class Item:
    """One line of identity or result: its name, where it stands in the document, and how it is written."""

    name: str
    path: tuple[str, ...]
    codec: Codec = TEXT
    required: bool = True
    english: bool = False


ITEM_COLUMNS = (
    Column("item", "Mục", TEXT, 30),
    Column("value", "Nội dung", RAW, 76),
    Column("en", "Tiếng Anh", TEXT, 50),
)


# --- writing -----------------------------------------------------------------------------------------------------


def write_title(sheet: Sheet, row: int, title: str, width: int) -> int:
    """Write a part's title across columns; returns the row below."""
    sheet.put(row, 1, title, "block")
    sheet.merged.append(Area(row, 1, row, width))
    return row + 1


def write_items(sheet: Sheet, row: int, items: Sequence[Item], columns: Sequence[Column], model: object) -> int:
    """Write lines of name and value, taken from a model; returns the row below."""
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


def write_spare(sheet: Sheet, row: int, columns: Sequence[Column]) -> int:
    """One empty row to fill in, with borders."""
    for number, column in enumerate(columns, 1):
        sheet.cells[row, number] = Cell(None, column.codec.style)
    return row + 1


def _at(model: object, path: Sequence[str]) -> Any:
    for step in path:
        model = getattr(model, step, None)
    return model


# --- reading -----------------------------------------------------------------------------------------------------


def plain_row(reading: Reading, row: Row, path: str, keys: Sequence[str]) -> dict[str, Any]:
    """A row's cells as plain data under their own names, and where each stands."""
    reading.label(path, row.place)
    for key in keys:
        reading.label(join(path, key), row.places[key])
    return {key: row.get(key) for key in keys if row.get(key) is not None}


def regions(reading: Reading, sheet: ReadSheet, titles: Sequence[str]) -> dict[str, tuple[int, int]]:
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


def read_items(
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
