"""The sheet “Quy tắc”: one row for each rule that cuts across."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.codecs import TEXT, Codec, choice, escaped, text_of
from services.scoring.core.workbook.criteria import CONDITION
from services.scoring.core.workbook.effects import effect_text, effects_of
from services.scoring.core.workbook.reading import Reading
from services.scoring.core.workbook.sheets import Area, ReadSheet, Sheet
from services.scoring.core.workbook.tables import Column, Row, read_rows, titled, write_rows
from shared.ruleset.document import Effect, Rule
from shared.ruleset.places import join

__all__ = ["read_rules", "rules_sheet"]


def _effects_text(effects: Iterable[Effect]) -> str:
    return escaped("\n".join(effect_text(effect) for effect in effects))


_EFFECTS = Codec(_effects_text, lambda value: effects_of(text_of(value)))
COLUMNS = (
    Column("id", "Mã quy tắc", Codec(TEXT.encode, TEXT.decode, "key"), 20, required=True),
    Column("title", "Tên quy tắc", TEXT, 34, required=True),
    Column("for_each", "Xét trên", choice(words.SCOPES), 13),
    Column("when", "Điều kiện", CONDITION, 40, required=True),
    Column("then", "Hệ quả", _EFFECTS, 40, required=True),
    Column("message", "Giải thích trên phiếu điểm", TEXT, 46, required=True),
    Column("article", "Căn cứ", TEXT, 20),
    Column("origin", "Nguồn gốc", choice(words.ORIGINS), 12, technical=True),
    Column("en", "Tên quy tắc (tiếng Anh)", TEXT, 30, technical=True),
    Column("message_en", "Giải thích (tiếng Anh)", TEXT, 30, technical=True),
)
_PRINTED = 7


def rules_sheet(rules: Iterable[Rule]) -> Sheet:
    """A row for each rule."""
    sheet = Sheet(words.RULES, printed_columns=_PRINTED, header_rows=(2, 2), frozen=(3, 3))
    sheet.put(1, 1, "QUY TẮC ÁP DỤNG CHUNG (TRỪ ĐIỂM, KHỐNG CHẾ, LOẠI TRỪ, ĐÁNH DẤU)", "title")
    sheet.merged.append(Area(1, 1, 1, _PRINTED))
    sheet.heights[1] = 26
    write_rows(sheet, 2, COLUMNS, map(_values, rules))
    return sheet


def _values(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title.vi,
        "for_each": rule.for_each or "",
        "when": rule.when,
        "then": rule.then,
        "message": rule.message.vi,
        "article": rule.article,
        "origin": rule.origin,
        "en": rule.title.en,
        "message_en": rule.message.en,
    }


def read_rules(reading: Reading, sheet: ReadSheet) -> list[dict[str, Any]]:
    """The rules, as plain data."""
    rows = read_rows(reading, sheet, COLUMNS)
    return [_rule(reading, row, join("rules", index)) for index, row in enumerate(rows)]


def _rule(reading: Reading, row: Row, path: str) -> dict[str, Any]:
    reading.label(path, row.places["id"])
    for key in ("when", "then", "article", "origin", "for_each"):
        reading.label(join(path, key), row.places[key])
    data = {key: row.get(key) for key in ("id", "when", "then", "article", "origin")}
    data |= {
        "title": titled(reading, row, join(path, "title")),
        "message": titled(reading, row, join(path, "message"), "message", "message_en"),
        "for_each": row.get("for_each") or None,
    }
    return {key: value for key, value in data.items() if value is not None}
