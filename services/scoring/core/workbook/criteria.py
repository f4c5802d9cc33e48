"""The sheet “Tiêu chí”, the annex: sections, criteria, the total."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.codecs import FLAG, LINES, NUMBER, TEXT, Codec, choice, text_of
from services.scoring.core.workbook.conditions import condition_of, condition_text
from services.scoring.core.workbook.figures import Figures
from services.scoring.core.workbook.numbers import shown
from services.scoring.core.workbook.reading import Reading
from services.scoring.core.workbook.scales import HEAD_COLUMNS, head_of
from services.scoring.core.workbook.scales_read import Scales
from services.scoring.core.workbook.sheets import Area, ReadSheet, Sheet
from services.scoring.core.workbook.tables import (
    Column,
    Row,
    add_choices,
    read_rows,
    titled,
    write_header,
    write_row,
)
from shared.kernel.exact import exact_text
from shared.ruleset.document import Criterion, RuleSet, Section
from shared.ruleset.places import join

__all__ = ["CONDITION", "criteria_sheet", "read_sections"]

CONDITION = Codec(lambda value: condition_text(value), lambda value: condition_of(text_of(value)))
_KEY = Codec(TEXT.encode, TEXT.decode, "key")
_SECTION = re.compile(r"[0-9]+")
_SECTION_KEYS = ("code", "title", "maximum", "en", "origin", "weight")
_TOTAL = "TỔNG CỘNG"
_HEADING_ROWS = 3

COLUMNS = (
    Column("code", "Mã", _KEY, 7),
    Column("title", "Tiêu chí", TEXT, 36),
    Column("maximum", "Điểm tối đa", NUMBER, 9),
    Column("message", "Cách tính điểm", TEXT, 48),
    Column("documents", "Tài liệu kiểm chứng", LINES, 36),
    Column("data_source", "Nguồn số liệu", TEXT, 21),
    Column("verifier", "Đơn vị thẩm tra", TEXT, 21),
    Column("article", "Căn cứ", TEXT, 18),
    *HEAD_COLUMNS,
    Column("required", "Bắt buộc kiểm chứng", FLAG, 11, technical=True),
    Column("without", "Phần điểm khi thiếu kiểm chứng", NUMBER, 14, technical=True),
    Column("not_applicable", "Khai không áp dụng", choice(words.NOT_APPLICABLE), 13, technical=True),
    Column("bonus", "Điểm thưởng", FLAG, 9, technical=True),
    Column("asked_if", "Chỉ hỏi khi", CONDITION, 34, technical=True),
    Column("otherwise", "Khi không hỏi", choice(words.OTHERWISE), 14, technical=True),
    Column("weight", "Trọng số hạng mục", NUMBER, 10, technical=True),
    Column("origin", "Nguồn gốc", choice(words.ORIGINS), 12, technical=True),
    Column("en", "Tiêu chí (tiếng Anh)", TEXT, 34, technical=True),
    Column("message_en", "Cách tính điểm (tiếng Anh)", TEXT, 34, technical=True),
)
_PRINTED = sum(not column.technical for column in COLUMNS)
_NEEDED = ("code", "title", "maximum", "data_source", "verifier", "form", "origin")

# --- writing -----------------------------------------------------------------------------------------------------


def criteria_sheet(rule_set: RuleSet) -> Sheet:
    """The annex: a row for each section and criterion, and the total."""
    sheet = Sheet(words.CRITERIA, printed_columns=_PRINTED, header_rows=(_HEADING_ROWS, _HEADING_ROWS))
    sheet.frozen = (_HEADING_ROWS + 1, 3)
    sheet.put(1, 1, "PHỤ LỤC – BỘ TIÊU CHÍ", "title")
    sheet.put(2, 1, TEXT.encode(rule_set.title.vi), "subtitle")
    sheet.merged += [Area(row, 1, row, _PRINTED) for row in (1, 2)]
    sheet.heights |= {1: 26, 2: 44}
    write_header(sheet, _HEADING_ROWS, COLUMNS)
    row = _HEADING_ROWS + 1
    for section in rule_set.sections:
        write_row(sheet, row, COLUMNS, _section_values(section), "section")
        sheet.merged.append(Area(row, 4, row, _PRINTED))
        for number, criterion in enumerate(section.criteria, row + 1):
            write_row(sheet, number, COLUMNS, _criterion_values(criterion))
        row += len(section.criteria) + 1
    add_choices(sheet, COLUMNS, _HEADING_ROWS + 1, row + 200)
    _write_total(sheet, row, sum((section.maximum for section in rule_set.sections), Fraction(0)))
    return sheet


def _write_total(sheet: Sheet, row: int, total: Fraction) -> None:
    for column in range(1, _PRINTED + 1):
        sheet.put(row, column, None, "total")
    sheet.put(row, 2, _TOTAL, "total")
    sheet.put(row, 3, NUMBER.encode(total), "total_number")


def _section_values(section: Section) -> dict[str, Any]:
    return {
        "code": section.code,
        "title": section.title.vi,
        "maximum": section.maximum,
        "en": section.title.en,
        "origin": section.origin,
        "weight": section.weight,
    }


def _criterion_values(criterion: Criterion) -> dict[str, Any]:
    evidence, message, asked = criterion.evidence, criterion.message, criterion.asked_if
    return head_of(criterion.method) | {
        "code": criterion.code,
        "title": criterion.title.vi,
        "maximum": criterion.maximum,
        "message": message.vi if message else None,
        "documents": evidence.documents,
        "data_source": criterion.data_source,
        "verifier": criterion.verifier,
        "article": criterion.article,
        "required": evidence.required,
        "without": evidence.without,
        "not_applicable": criterion.not_applicable,
        "bonus": criterion.bonus or None,
        "asked_if": asked.when if asked else None,
        "otherwise": asked.otherwise if asked else None,
        "origin": criterion.origin,
        "en": criterion.title.en,
        "message_en": message.en if message else None,
    }


# --- reading -----------------------------------------------------------------------------------------------------


def read_sections(
    reading: Reading, sheet: ReadSheet, figures: Figures, scales: Scales, title: str | None
) -> list[dict[str, Any]]:
    """The sections with their criteria, as plain data; `title` is the set's."""
    sections: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    if title is not None:  # the heading above the table repeats the set's title
        place = reading.labels.get("title.vi", words.INFO)
        reading.repeats(sheet.values.get((2, 1)), title, reading.place(sheet.name, (2, 1)), place)
    rows = read_rows(reading, sheet, COLUMNS)
    total = next((row for row in rows if _is_total(row)), None)
    for row in rows:
        if row is total:
            continue
        row.needs(reading, COLUMNS, "code")
        code = row.get("code")
        if code is None:
            continue
        if code in seen:
            reading.refuse("duplicate", row.places["code"], value=shown(code), other=seen[code])
            continue
        seen[code] = row.places["code"]
        if _SECTION.fullmatch(code):
            sections.append(_section(reading, row, join("sections", len(sections))))
        elif not sections:
            reading.refuse("no_section", row.places["code"])
        else:
            path = join("sections", len(sections) - 1, "criteria", len(sections[-1]["criteria"]))
            sections[-1]["criteria"].append(_criterion(reading, row, path, figures, scales))
    if total is not None:
        _check_total(reading, total, sections)
    figures.refuse_untaken()
    scales.refuse_untaken(set(seen), words.CRITERIA)
    return sections


def _is_total(row: Row) -> bool:
    return "code" not in row.filled and str(row.get("title") or "").casefold() == _TOTAL.casefold()


def _check_total(reading: Reading, row: Row, sections: Sequence[Mapping[str, Any]]) -> None:
    row.only(reading, COLUMNS, ("title", "maximum"), ("dòng tổng cộng", "the total"))
    maxima = [section.get("maximum") for section in sections]
    if row.get("maximum") is None or None in maxima:
        return
    total = sum((Fraction(maximum) for maximum in maxima if maximum), Fraction(0))
    if Fraction(row.get("maximum")) != total:
        reading.refuse("total", row.places["maximum"], value=row.get("maximum"), expected=exact_text(total))


def _section(reading: Reading, row: Row, path: str) -> dict[str, Any]:
    row.only(reading, COLUMNS, _SECTION_KEYS, ("dòng hạng mục", "the row of a section"))
    row.needs(reading, COLUMNS, "title", "maximum")
    reading.label(path, row.places["code"])
    for key in ("maximum", "origin", "weight"):
        reading.label(join(path, key), row.places[key])
    data = {key: row.get(key) for key in ("code", "maximum", "origin", "weight")}
    data |= {"title": titled(reading, row, join(path, "title")), "criteria": []}
    return {key: value for key, value in data.items() if value is not None}


_PLAIN = ("code", "maximum", "data_source", "verifier", "article", "not_applicable", "bonus", "origin")
_EVIDENCE = ("required", "documents", "without")


def _criterion(reading: Reading, row: Row, path: str, figures: Figures, scales: Scales) -> dict[str, Any]:
    row.needs(reading, COLUMNS, *_NEEDED)
    if "weight" in row.filled:
        what = {"what": "dòng tiêu chí", "what_en": "the row of a criterion"}
        reading.refuse("does_not_belong", row.places["weight"], column="Trọng số hạng mục", **what)
    code = row.get("code")
    reading.label(path, row.places["code"])
    for key in _PLAIN:
        reading.label(join(path, key), row.places[key])
    for key in _EVIDENCE:
        reading.label(join(path, "evidence", key), row.places[key])
    reading.label(join(path, "evidence"), row.places["documents"])
    reading.label(join(path, "inputs"), row.places["measure"])
    data: dict[str, Any] = {key: row.get(key) for key in _PLAIN}
    data["title"] = titled(reading, row, join(path, "title"))
    data["evidence"] = {key: row.get(key) for key in _EVIDENCE if row.get(key) is not None} or None
    data["message"] = titled(reading, row, join(path, "message"), "message", "message_en") or None
    data["asked_if"] = _asked_if(reading, row, join(path, "asked_if"))
    data["method"] = scales.method(row, code, join(path, "method"))
    data["inputs"] = figures.of(code, join(path, "inputs"))
    return {key: value for key, value in data.items() if value is not None}


def _asked_if(reading: Reading, row: Row, path: str) -> dict[str, Any] | None:
    reading.label(join(path, "when"), row.places["asked_if"])
    reading.label(join(path, "otherwise"), row.places["otherwise"])
    if "otherwise" in row.filled and "asked_if" not in row.filled:
        row.needs(reading, COLUMNS, "asked_if")
    if row.get("asked_if") is None:
        return None
    return {"when": row.get("asked_if")} | ({"otherwise": row.get("otherwise")} if row.get("otherwise") else {})
