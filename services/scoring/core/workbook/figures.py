"""The sheet “Số liệu”, what is asked: a row for each input, and below it one for each of its options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.codecs import FLAG, NUMBER, TEXT, Codec, choice
from services.scoring.core.workbook.numbers import shown
from services.scoring.core.workbook.reading import Reading
from services.scoring.core.workbook.sheets import Area, ReadSheet, Sheet
from services.scoring.core.workbook.tables import Column, Row, read_rows, titled, write_rows
from shared.ruleset.document import RuleSet
from shared.ruleset.places import join

__all__ = ["Figures", "figures_sheet"]

_KEY = Codec(TEXT.encode, TEXT.decode, "key")
FIGURES = (
    Column("criterion", "Mã tiêu chí", _KEY, 9, required=True),
    Column("id", "Mã số liệu", TEXT, 28, required=True),
    Column("option", "Mã lựa chọn", TEXT, 16),
    Column("title", "Nội dung", TEXT, 60, required=True),
    Column("type", "Loại", choice(words.TYPES), 14),
    Column("unit", "Đơn vị tính", TEXT, 12),
    Column("minimum", "Nhỏ nhất", NUMBER, 11),
    Column("maximum", "Lớn nhất", NUMBER, 11),
    Column("per_unit", "Hỏi từng đơn vị cấp dưới", FLAG, 12),
    Column("en", "Nội dung (tiếng Anh)", TEXT, 34, technical=True),
)


def figures_sheet(rule_set: RuleSet) -> Sheet:
    """What is asked: a row for each input, and one below it for each of its options."""
    sheet = Sheet(words.FIGURES, printed_columns=len(FIGURES) - 1, header_rows=(2, 2), frozen=(3, 3))
    sheet.put(1, 1, "SỐ LIỆU ĐƯỢC HỎI TRONG PHIẾU KHẢO SÁT", "title")
    sheet.merged.append(Area(1, 1, 1, len(FIGURES) - 1))
    sheet.heights[1] = 26
    write_rows(sheet, 2, FIGURES, _figure_rows(rule_set))
    return sheet


def _figure_rows(rule_set: RuleSet) -> Iterator[dict[str, Any]]:
    for criterion in rule_set.criteria():
        for item in criterion.inputs:
            yield {
                "criterion": criterion.code,
                "id": item.id,
                "title": item.title.vi,
                "type": item.type,
                "unit": item.unit,
                "minimum": item.minimum,
                "maximum": item.maximum,
                "per_unit": item.per_unit or None,
                "en": item.title.en,
            }
            for option in item.options:
                at = {"criterion": criterion.code, "id": item.id, "option": option.id}
                yield {**at, "title": option.title.vi, "en": option.title.en}


class Figures:
    """The rows of “Số liệu” as inputs with their options, by criterion."""

    def __init__(self, reading: Reading, sheet: ReadSheet) -> None:
        self._reading = reading
        self._by_criterion: dict[str, list[tuple[Row, list[Row]]]] = {}
        for row in read_rows(reading, sheet, FIGURES):
            self._take(row)

    def _take(self, row: Row) -> None:
        code, name = row.get("criterion"), row.get("id")
        if code is None or name is None:
            return
        items = self._by_criterion.setdefault(code, [])
        if "option" not in row.filled:
            row.needs(self._reading, FIGURES, "type")
            items.append((row, []))
            return
        used = ("criterion", "id", "option", "title", "en")
        row.only(self._reading, FIGURES, used, ("dòng lựa chọn", "the row of an option"))
        owner = next((options for item, options in reversed(items) if item.get("id") == name), None)
        if owner is None:
            self._reading.refuse("no_input", row.places["id"], value=shown(name))
        else:
            owner.append(row)

    def options(self) -> dict[str, dict[str, tuple[str, str]]]:
        """By input and option: the option's title and where it stands."""
        return {
            row.get("id"): {each.get("option"): (each.get("title") or "", each.places["title"]) for each in options}
            for items in self._by_criterion.values()
            for row, options in items
        }

    def of(self, code: str, path: str) -> list[dict[str, Any]]:
        """The inputs of a criterion, as plain data."""
        return [
            self._input(row, options, join(path, index))
            for index, (row, options) in enumerate(self._by_criterion.pop(code, []))
        ]

    def refuse_untaken(self) -> None:
        """Refuse inputs of criteria that there are not."""
        for code, items in self._by_criterion.items():
            for row, _ in items:
                place = row.places["criterion"]
                self._reading.refuse("unknown_criterion", place, value=shown(code), sheet=words.CRITERIA)

    def _input(self, row: Row, options: Sequence[Row], path: str) -> dict[str, Any]:
        self._reading.label(path, row.places["id"])
        for key in ("id", "type", "unit", "minimum", "maximum", "per_unit"):
            self._reading.label(join(path, key), row.places[key])
        data = {key: row.get(key) for key in ("id", "type", "unit", "minimum", "maximum", "per_unit")}
        data |= {"title": titled(self._reading, row, join(path, "title"))}
        if options:
            data["options"] = [self._option(each, join(path, "options", index)) for index, each in enumerate(options)]
        return {key: value for key, value in data.items() if value is not None}

    def _option(self, row: Row, path: str) -> dict[str, Any]:
        self._reading.label(path, row.places["option"])
        return {"id": row.get("option"), "title": titled(self._reading, row, join(path, "title"))}
