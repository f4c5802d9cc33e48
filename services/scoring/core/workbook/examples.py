"""The sheet “Ví dụ”: one column for each worked example, one row for each figure, finding and expected outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.answers import ANSWER, FIRED
from services.scoring.core.workbook.codecs import CODES, FLAG, NUMBER, TEXT, WHOLE, Codec, escaped, text_of
from services.scoring.core.workbook.reading import Reading, plain
from services.scoring.core.workbook.sheets import Area, Cell, ReadSheet, Sheet
from services.scoring.core.workbook.tables import Column, blank, header_row
from shared.ruleset.document import Example, RuleSet
from shared.ruleset.places import join

__all__ = ["examples_sheet", "read_examples"]

_MAX_CELLS = 100_000  # the largest official set has seven thousand


# --- rows --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A row: the group it is in, its name or code, where its values stand in an example, and how they are written."""

    group: str
    name: str
    path: tuple[str, ...]
    codec: Codec = TEXT
    required: bool = False


_OF, _SHEET, _RESULT = "Ví dụ", "Phiếu", "Kết quả"
_FIGURES, _BEST, _POINTS = "Số liệu", "Cao nhất nhóm", "Điểm tiêu chí"
BEFORE = (
    Line(_OF, "Tên", ("title", "vi"), required=True),
    Line(_OF, "Tên (tiếng Anh)", ("title", "en")),
    Line(_OF, "Lấy số liệu từ ví dụ", ("extends",)),
    Line(_SHEET, "Số ngày gửi muộn", ("days_late",), WHOLE),
    Line(_SHEET, "Không gửi phiếu", ("missing",), FLAG),
    Line(_SHEET, "Tiêu chí thiếu tài liệu kiểm chứng", ("evidence_missing",), CODES),
    Line(_SHEET, "Tiêu chí bị bác khi thẩm tra", ("rejected",), CODES),
)
AFTER = (
    Line(_RESULT, "Điểm", ("expect", "points"), NUMBER),
    Line(_RESULT, "Điểm tối đa", ("expect", "maximum"), NUMBER),
    Line(_RESULT, "Chỉ số", ("expect", "index"), NUMBER),
    Line(_RESULT, "Mức độ", ("expect", "level")),
    Line(_RESULT, "Quy tắc được áp dụng", ("expect", "fired"), FIRED),
    Line(_RESULT, "Không xếp hạng", ("expect", "excluded"), FLAG),
)
# group → where its rows' values stand, by code
_BY_CODE: Mapping[str, tuple[tuple[str, ...], Codec]] = {
    _FIGURES: (("answers",), ANSWER),
    _BEST: (("group_best",), NUMBER),
    _POINTS: (("expect", "criteria"), NUMBER),
}
_COLUMNS = (Column("group", "Nhóm"), Column("code", "Mã"), Column("name", "Nội dung"))
_FIRST = len(_COLUMNS) + 1
_HEADER = 2


# --- writing -----------------------------------------------------------------------------------------------------


def examples_sheet(rule_set: RuleSet) -> Sheet:
    """A column for each example; figures that no example answers have their rows too, to be filled in."""
    examples = rule_set.examples
    last = max(_FIRST, _FIRST + len(examples) - 1)
    sheet = Sheet(words.EXAMPLES, printed_columns=last, frozen=(_HEADER + 1, _FIRST))
    sheet.header_rows, sheet.header_columns = (_HEADER, _HEADER), _FIRST - 1
    sheet.widths |= {1: 14, 2: 26, 3: 44} | dict.fromkeys(range(_FIRST, last + 1), 17)
    sheet.put(1, 1, "VÍ DỤ TÍNH ĐIỂM (SỐ LIỆU GIẢ ĐỊNH)", "title")
    sheet.merged.append(Area(1, 1, 1, _FIRST))
    sheet.heights[1] = 26
    for number, column in enumerate(_COLUMNS, 1):
        sheet.put(_HEADER, number, column.heading, "header")
    for number, example in enumerate(examples, _FIRST):
        sheet.put(_HEADER, number, example.id, "header")
    for row, (line, code, title) in enumerate(_lines(rule_set), _HEADER + 1):
        _write_line(sheet, row, line, code, title, examples)
    return sheet


def _lines(rule_set: RuleSet) -> Iterator[tuple[Line, str, str]]:
    """Each row with its code and title."""
    inputs = {name: item.title.vi for name, item in rule_set.inputs().items()}
    criteria = {criterion.code: criterion.title.vi for criterion in rule_set.criteria()}
    yield from ((line, "", line.name) for line in BEFORE)
    yield from _coded(_FIGURES, inputs, _used(rule_set, lambda example: example.answers))
    best = _used(rule_set, lambda example: example.group_best)
    yield from _coded(_BEST, {name: title for name, title in inputs.items() if name in best}, best)
    yield from ((line, "", line.name) for line in AFTER)
    expected = _used(rule_set, lambda example: example.expect.criteria)
    yield from _coded(_POINTS, {code: title for code, title in criteria.items() if code in expected}, expected)


def _used(rule_set: RuleSet, of: Callable[[Example], Mapping[str, Any]]) -> dict[str, None]:
    return {name: None for example in rule_set.examples for name in of(example)}


def _coded(group: str, titles: Mapping[str, str], used: Mapping[str, None]) -> Iterator[tuple[Line, str, str]]:
    path, codec = _BY_CODE[group]
    for code in [*titles, *sorted(used.keys() - titles.keys())]:
        yield Line(group, code, (*path, code), codec), code, titles.get(code, "")


def _write_line(sheet: Sheet, row: int, line: Line, code: str, title: str, examples: Sequence[Example]) -> None:
    sheet.put(row, 1, line.group, "repeat")
    sheet.put(row, 2, code or None, "key")
    sheet.put(row, 3, escaped(title) if title else None, "repeat" if code else "label")
    for column, example in enumerate(examples, _FIRST):
        value = _at(example, line.path)
        sheet.cells[row, column] = Cell(None if value is None else line.codec.encode(value), line.codec.style)


def _at(example: Any, path: Sequence[str]) -> Any:
    """What an example says there; what it leaves at its default is left out."""
    for step in path[:-1]:
        example = getattr(example, step)
    if isinstance(example, Mapping):
        return example.get(path[-1])
    if isinstance(value := getattr(example, path[-1], None), tuple):
        return value if value or path[-1] == "fired" else None
    return None if path[-1] in ("days_late", "missing") and not value else value


# --- reading -----------------------------------------------------------------------------------------------------


def read_examples(reading: Reading, sheet: ReadSheet) -> list[dict[str, Any]]:
    """The examples as plain data."""
    header = header_row(sheet, _COLUMNS, 1, sheet.bottom)
    if header is None:
        reading.refuse("missing_header", reading.place(sheet.name, (1, 1)), expected="Nhóm, Mã, Nội dung")
        return []
    columns = _example_columns(reading, sheet, header)
    lines = dict(_read_lines(reading, sheet, header))
    if len(columns) * len(lines) > _MAX_CELLS:
        place = reading.place(sheet.name, (header, 1))
        reading.refuse("too_large", place, what="số ô ví dụ", what_en="cells of examples", limit=_MAX_CELLS)
        return []
    examples = []
    for index, (column, name) in enumerate(columns.items()):
        path = join("examples", index)
        reading.label(path, reading.place(sheet.name, (header, column)))
        examples.append({"id": name, "expect": {}} | _example(reading, sheet, column, lines, path))
    _refuse_stray(reading, sheet, header, columns)
    return examples


def _example_columns(reading: Reading, sheet: ReadSheet, header: int) -> dict[int, Any]:
    """The columns of examples with their ids. The first three headings are the table's own."""
    columns: dict[int, Any] = {}
    for number, column in enumerate(_COLUMNS, 1):
        if plain(str(sheet.values.get((header, number), ""))) != plain(column.heading):
            reading.refuse("missing_column", reading.place(sheet.name, (header, number)), column=column.heading)
    for (row, number), value in sorted(sheet.values.items(), key=lambda item: item[0]):
        if row == header and number >= _FIRST and not blank(value):
            columns[number] = reading.take(text_of, value, reading.place(sheet.name, (row, number)))
    return columns


def _read_lines(reading: Reading, sheet: ReadSheet, header: int) -> Iterator[tuple[int, Line]]:
    """What each row below the header is; the names beside codes are labels and not read."""
    fixed = {(plain(line.group), plain(line.name)): line for line in (*BEFORE, *AFTER)}
    groups = {plain(group): group for group in _BY_CODE}
    seen: dict[tuple[str, str], int] = {}
    for row in sorted({row for (row, _), value in sheet.values.items() if row > header and not blank(value)}):
        group = plain(str(sheet.values.get((row, 1), "")))
        place = reading.place(sheet.name, (row, 2))
        code = reading.take(text_of, sheet.values.get((row, 2), ""), place) or ""
        name = plain(str(sheet.values.get((row, 3), "")))
        line = fixed.get((group, name)) if not code else None
        if line is None and group in groups and code:
            path, codec = _BY_CODE[groups[group]]
            line = Line(groups[group], code, (*path, code), codec)
        if line is None:
            _unknown_line(reading, sheet, row, group)
        elif (line.group, line.name) in seen:
            reading.refuse("duplicate", place, value=f"“{line.name}”", other=f"dòng {seen[line.group, line.name]}")
        else:
            seen[line.group, line.name] = row
            yield row, line
    for missing in (*BEFORE, *AFTER):
        if (missing.group, missing.name) not in seen:
            reading.refuse("missing_item", reading.place(sheet.name, (header, 1)), item=missing.name)


def _unknown_line(reading: Reading, sheet: ReadSheet, row: int, group: str) -> None:
    known = ", ".join([*dict.fromkeys(line.group for line in (*BEFORE, *AFTER)), *_BY_CODE])
    hint = {"hint_vi": f"Cột A ghi một trong: {known}; cột B ghi mã.", "hint_en": f"Column A says one of: {known}."}
    reading.refuse("unknown_item", reading.place(sheet.name, (row, 1)), item=group[:60] or "–", **hint)


def _example(reading: Reading, sheet: ReadSheet, column: int, lines: Mapping[int, Line], path: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for row, line in lines.items():
        spot = (row, column)
        place, value = reading.place(sheet.name, spot), sheet.values.get(spot)
        reading.label(join(path, *line.path), place)
        for depth in range(1, len(line.path)):
            reading.label(join(path, *line.path[:depth]), place)
        if blank(value):
            if reading.covered(sheet, spot):
                reading.refuse("merged_cell", place)
            elif line.required:
                reading.refuse("empty_cell", place, column=line.name)
            continue
        meant = reading.take(line.codec.decode, value, place)
        if meant is not None:
            _put(data, line.path, meant)
    return data


def _put(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {})
    data[path[-1]] = value


def _refuse_stray(reading: Reading, sheet: ReadSheet, header: int, columns: Mapping[int, Any]) -> None:
    for (row, number), value in sorted(sheet.values.items(), key=lambda item: item[0]):
        if row > header and number >= _FIRST and number not in columns and not blank(value):
            reading.refuse("stray_cell", reading.place(sheet.name, (row, number)))
