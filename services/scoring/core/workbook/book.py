"""A rule set as a workbook, and a workbook as a rule set: the sheets put together, and what concerns all of them.

    book = rule_set_book(rule_set)         what a department would publish as its annex
    loaded = read_rule_set_book(book)      the same document, or every fault at its sheet and cell

Nothing is lost either way: a rule set that would not come back exactly is not written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.criteria import criteria_sheet, read_sections
from services.scoring.core.workbook.examples import examples_sheet, read_examples
from services.scoring.core.workbook.figures import Figures, figures_sheet
from services.scoring.core.workbook.guide import guide_sheet
from services.scoring.core.workbook.info import info_sheet, read_info
from services.scoring.core.workbook.mapping import mapping_sheet, read_mapping
from services.scoring.core.workbook.numbers import shown
from services.scoring.core.workbook.reading import Reading, plain
from services.scoring.core.workbook.rules import read_rules, rules_sheet
from services.scoring.core.workbook.scales import COLUMNS, scale_rows
from services.scoring.core.workbook.scales_read import Scales
from services.scoring.core.workbook.sheets import Area, Book, Broken, Formula, ReadBook, ReadSheet, Sheet, as_read
from services.scoring.core.workbook.tables import blank, read_rows, write_rows
from services.scoring.core.workbook.wording import fault
from shared.kernel.errors import Fault, Invalid
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet, RuleSetRefused, load_data
from shared.ruleset.places import Places, subjects

__all__ = ["read_rule_set_book", "rule_set_book"]

_SHEETS = (words.INFO, words.CRITERIA, words.SCALES, words.FIGURES, words.RULES, words.EXAMPLES, words.MAPPING)
_MAX_FAULTS = 200
_MAX_CELL = 32_767  # what Excel keeps of a cell's text


# --- writing -----------------------------------------------------------------------------------------------------


def rule_set_book(rule_set: RuleSet) -> Book:
    """The workbook of a rule set. Raises `Invalid` for one that a workbook cannot say exactly."""
    book = Book(
        rule_set.title.vi,
        (
            info_sheet(rule_set),
            criteria_sheet(rule_set),
            _scales_sheet(rule_set),
            figures_sheet(rule_set),
            rules_sheet(rule_set.rules),
            examples_sheet(rule_set),
            mapping_sheet(rule_set.mapping),
            guide_sheet(),
        ),
    )
    _check_nothing_is_lost(rule_set, book)
    return book


def _scales_sheet(rule_set: RuleSet) -> Sheet:
    printed = sum(not column.technical for column in COLUMNS)
    sheet = Sheet(words.SCALES, printed_columns=printed, header_rows=(2, 2), frozen=(3, 4))
    sheet.put(1, 1, "THANG ĐIỂM CHI TIẾT CỦA TỪNG TIÊU CHÍ", "title")
    sheet.merged.append(Area(1, 1, 1, printed))
    sheet.heights[1] = 26
    inputs = rule_set.inputs()
    write_rows(sheet, 2, COLUMNS, (row for criterion in rule_set.criteria() for row in scale_rows(criterion, inputs)))
    return sheet


def _check_nothing_is_lost(rule_set: RuleSet, book: Book) -> None:
    longest = max(len(str(cell.value)) for sheet in book.sheets for cell in sheet.cells.values())
    problem = f"một ô dài quá {_MAX_CELL} ký tự (a cell is too long)" if longest > _MAX_CELL else ""
    if not problem:
        try:
            again = read_rule_set_book(as_read(book, rule_set.key)).rule_set
            if again.content_hash() != rule_set.content_hash():
                problem = "đọc lại thì khác (it reads back differently)"
        except RuleSetRefused as error:
            problem = str(error.faults[0])
    if problem:
        cause = fault("workbook.not_exportable", rule_set.key, problem=problem)
        raise Invalid(cause.vi, cause.en, (cause,), cause.code)


# --- reading -----------------------------------------------------------------------------------------------------


def read_rule_set_book(book: ReadBook) -> LoadedRuleSet:
    """The rule set in a workbook, whose places are cells. Raises `RuleSetRefused`."""
    reading = Reading(book.name)
    sheets = _known_sheets(reading, book)
    for sheet in book.sheets:
        _refuse_what_is_hidden(reading, sheet)
        _refuse_what_is_no_value(reading, sheet)
    data = _document(reading, sheets)
    if reading.faults:
        raise RuleSetRefused(_bounded(reading.faults, book.name))
    return load_data(data, Places(book.name, reading.labels, subjects(data)))


def _known_sheets(reading: Reading, book: ReadBook) -> dict[str, ReadSheet]:
    names = {plain(name): name for name in (*_SHEETS, words.GUIDE)}
    found: dict[str, ReadSheet] = {}
    for sheet in book.sheets:
        name = names.get(plain(sheet.name))
        if name in found:
            reading.refuse("double_sheet", reading.place(sheet.name), sheet=name)
        elif name:
            found[name] = sheet
        elif any(not blank(value) for value in sheet.values.values()):
            reading.refuse("unknown_sheet", reading.place(sheet.name), sheet=sheet.name, expected=", ".join(_SHEETS))
    for name in _SHEETS:
        if name not in found:
            reading.refuse("missing_sheet", book.name, sheet=name)
    return found


def _refuse_what_is_hidden(reading: Reading, sheet: ReadSheet) -> None:
    filled = sorted(spot for spot, value in sheet.values.items() if not blank(value))
    if sheet.hidden and filled:
        reading.refuse("hidden_sheet", reading.place(sheet.name), sheet=sheet.name)
    rows = {row: (row, column) for row, column in reversed(filled) if row in sheet.hidden_rows}
    columns = {column: (row, column) for row, column in reversed(filled) if column in sheet.hidden_columns}
    for code, spots in (("hidden_row", rows), ("hidden_column", columns)):
        for _, spot in sorted(spots.items()):
            reading.refuse(code, reading.place(sheet.name, spot))


def _refuse_what_is_no_value(reading: Reading, sheet: ReadSheet) -> None:
    for spot, value in sorted(sheet.values.items(), key=lambda item: item[0]):
        place = reading.place(sheet.name, spot)
        if isinstance(value, Formula):
            reading.refuse("formula", place, value=shown(value.text))
        elif isinstance(value, Broken):
            reading.refuse("error_value", place, value=shown(value.text))
        elif isinstance(value, str) and value.lstrip().startswith("="):
            reading.refuse("formula", place, value=shown(value))


def _document(reading: Reading, sheets: dict[str, ReadSheet]) -> dict[str, Any]:
    """The whole document as plain data; what stands on a sheet that is missing is left out."""
    if any(name not in sheets for name in _SHEETS):
        return {}
    data = read_info(reading, sheets[words.INFO])
    figures = Figures(reading, sheets[words.FIGURES])
    scales = Scales(reading, read_rows(reading, sheets[words.SCALES], COLUMNS), figures.options())
    title = data.get("title", {}).get("vi")
    data["sections"] = read_sections(reading, sheets[words.CRITERIA], figures, scales, title)
    data["rules"] = read_rules(reading, sheets[words.RULES])
    data["examples"] = read_examples(reading, sheets[words.EXAMPLES])
    mapping = read_mapping(reading, sheets[words.MAPPING])
    return data | ({"mapping": mapping} if mapping else {})


def _bounded(faults: Sequence[Fault], name: str) -> Sequence[Fault]:
    unique = list(dict.fromkeys(faults))
    if len(unique) <= _MAX_FAULTS:
        return unique
    return (*unique[:_MAX_FAULTS], fault("workbook.more", name, count=len(unique) - _MAX_FAULTS))
