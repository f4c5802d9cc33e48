"""What is wrong on a sheet is refused at its cell, with what to do about it; what an officer changes is a cell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_builders import EVERYTHING, NAME, book_of, edited, faults_of

from services.scoring.core.lint import lint
from services.scoring.core.workbook import read_rule_set_book
from services.scoring.core.workbook.sheets import (
    Area,
    Broken,
    Formula,
    ReadBook,
    ReadSheet,
    Spot,
    Value,
    column_letters,
)
from services.scoring.core.workbook.wording import CODES
from shared.ruleset.document import RuleSet, YesNoMethod
from shared.ruleset.loader import RuleSetRefused

BOOK = book_of(EVERYTHING)


def sheet(name: str) -> ReadSheet:
    return next(each for each in BOOK.sheets if each.name == name)


def column(name: str, heading: str) -> int:
    """The column under a heading."""
    return next(spot[1] for spot, value in sheet(name).values.items() if value == heading)


def spot(name: str, row: str, heading: str, at: int = 1) -> Spot:
    """The cell under a heading, in the `at`-th row whose key (first or second column) is `row`."""
    rows = sorted({r for (r, c), value in sheet(name).values.items() if value == row and c <= 2})
    return rows[at - 1], column(name, heading)


def place(name: str, cell: Spot) -> str:
    return f"{NAME}!{name}!{column_letters(cell[1])}{cell[0]}"


def changed(name: str, cell: Spot, value: Value) -> RuleSet:
    return read_rule_set_book(edited(BOOK, name, {cell: value})).rule_set


def without(name: str, code: str) -> dict[Spot, Value]:
    """The cells of a criterion's rows, cleared."""
    values = sheet(name).values
    return {at: None for at in values if values.get((at[0], 1)) == code}


# --- what an officer changes -------------------------------------------------------------------------------------


def test_points_thresholds_titles_and_answers_are_plain_cells() -> None:
    cells: dict[str, dict[Spot, Value]] = {
        "Tiêu chí": {
            spot("Tiêu chí", "1.4", "Điểm tối đa"): Decimal("7.5"),
            spot("Tiêu chí", "1.4", "Tiêu chí"): "Mới",
        },
        "Thang điểm": {spot("Thang điểm", "1.3", "Từ (≥)"): "95%", spot("Thang điểm", "1.3", "Điểm"): "14/3"},
        "Số liệu": {spot("Số liệu", "1.2", "Lớn nhất"): Decimal(500)},
        "Quy tắc": {(3, column("Quy tắc", "Điều kiện")): "submission.days_late >= 3 and not (input.n < 0,5)"},
        "Ví dụ": {spot("Ví dụ", "n", "one"): Decimal(4)},
    }
    book = BOOK
    for name, values in cells.items():
        book = edited(book, name, values)
    total = spot("Tiêu chí", "TỔNG CỘNG", "Điểm tối đa")
    rule_set = read_rule_set_book(edited(book, "Tiêu chí", {total: None})).rule_set
    criteria = rule_set.criteria()
    assert (criteria[3].maximum, criteria[3].title.vi) == (Fraction("7.5"), "Mới")
    band = criteria[2].method.rows[0]  # type: ignore[union-attr]
    assert (band.at_least, band.points) == (Fraction("0.95"), Fraction(14, 3))
    assert rule_set.inputs()["x"].maximum == 500
    assert rule_set.canonical()["rules"][0]["when"] == {
        "all": [
            {"fact": "submission.days_late", "at_least": "3"},
            {"not": {"fact": "input.n", "below": "0.5"}},
        ]
    }
    assert rule_set.examples[0].answers["n"] == 4


def test_rows_are_added_and_dropped() -> None:
    head = {"Mã": "1.11", "Tiêu chí": "Thêm", "Điểm tối đa": Decimal(1), "Nguồn số liệu": "A", "Đơn vị thẩm tra": "B"}
    head |= {"Hình thức tính": "Có/Không", "Số liệu dùng để tính": "b", "Nguồn gốc": "Minh họa"}
    total = spot("Tiêu chí", "TỔNG CỘNG", "Mã")[0]
    row: dict[Spot, Value] = {(total, column("Tiêu chí", heading)): value for heading, value in head.items()}
    book = edited(BOOK, "Tiêu chí", row | without("Tiêu chí", "1.6"))
    rule_set = read_rule_set_book(edited(book, "Số liệu", without("Số liệu", "1.6"))).rule_set
    assert [one.code for one in rule_set.criteria()][4:6] == ["1.5", "1.7"]
    added = rule_set.criteria()[-1]
    assert (added.code, added.method) == ("1.11", YesNoMethod(form="yes_no", input="b"))


def test_columns_may_change_places() -> None:
    first, second = column("Tiêu chí", "Nguồn số liệu"), column("Tiêu chí", "Đơn vị thẩm tra")
    swap = {first: second, second: first}
    values = {(r, swap.get(c, c)): value for (r, c), value in sheet("Tiêu chí").values.items()}
    book = edited(BOOK, "Tiêu chí", {}, values=values)
    assert read_rule_set_book(book).rule_set.content_hash() == EVERYTHING.content_hash()


def test_capitals_spaces_and_other_unicode_forms_of_words_are_taken() -> None:
    changes: dict[Spot, Value] = {spot("Tiêu chí", "1.2", "Hình thức tính"): "  TỶ  lệ"}
    assert faults_of(edited(BOOK, "Tiêu chí", changes)) == []


# --- what is refused, cell by cell -------------------------------------------------------------------------------

CODE, KIND, FORM, MEASURE = "Mã", "Dòng", "Hình thức tính", "Số liệu dùng để tính"
CELLS: list[tuple[str, str, tuple[str, str, str] | Spot, Value]] = [
    ("formula", "Tiêu chí", ("1.2", "Điểm tối đa", ""), Formula("=SUM(C5:C9)")),
    ("formula", "Tiêu chí", ("1.2", "Tiêu chí", ""), "=HYPERLINK(1)"),
    ("formula", "Hướng dẫn", (3, 1), Formula("=1")),
    ("error_value", "Tiêu chí", ("1.2", "Điểm tối đa", ""), Broken("#REF!")),
    ("empty_cell", "Tiêu chí", ("1.2", "Đơn vị thẩm tra", ""), None),
    ("empty_cell", "Tiêu chí", ("1.2", MEASURE, ""), None),
    ("empty_cell", "Quy tắc", ("late", "Điều kiện", ""), None),
    ("empty_cell", "Thang điểm", ("1.3", "Điểm", ""), None),
    ("not_text", "Tiêu chí", ("1.10", CODE, ""), Decimal("1.1")),
    ("not_text", "Tiêu chí", ("1.2", "Tiêu chí", ""), True),
    ("text_is_date", "Tiêu chí", ("1.2", "Tiêu chí", ""), date(2021, 1, 2)),
    ("text_is_date", "Ví dụ", ("n", "one", ""), date(2021, 1, 2)),
    ("not_number", "Tiêu chí", ("1.2", "Điểm tối đa", ""), "ba"),
    ("not_number", "Tiêu chí", ("1.2", "Điểm tối đa", ""), "1.000,5"),
    ("not_number", "Tiêu chí", ("1.2", "Điểm tối đa", ""), "1e3"),
    ("not_number", "Tiêu chí", ("1.2", "Điểm tối đa", ""), "１２"),
    ("not_number", "Tiêu chí", ("1.2", "Điểm tối đa", ""), True),
    ("number_is_date", "Tiêu chí", ("1.2", "Điểm tối đa", ""), date(2021, 3, 1)),
    ("number_ambiguous", "Tiêu chí", ("1.2", "Điểm tối đa", ""), "1.000"),
    ("number_ambiguous", "Ví dụ", ("n", "one", ""), "12.500"),
    ("number_not_exact", "Tiêu chí", ("1.2", "Điểm tối đa", ""), Decimal("0.30000000000000004")),
    ("number_not_exact", "Tiêu chí", ("1.2", "Điểm tối đa", ""), Decimal("1234567890123456789")),
    ("not_word", "Tiêu chí", ("1.2", FORM, ""), "Tỉ số"),
    ("not_word", "Số liệu", ("1.2", "Loại", ""), "Số"),
    ("measure", "Tiêu chí", ("1.2", MEASURE, ""), "x : x_all"),
    ("measure", "Tiêu chí", ("1.4", MEASURE, ""), "n / 3"),
    ("condition", "Quy tắc", ("late", "Điều kiện", ""), "submission.days_late ≥"),
    ("condition", "Tiêu chí", ("1.10", "Chỉ hỏi khi", ""), "input.n > 0 và"),
    ("effect", "Quy tắc", ("late", "Hệ quả", ""), "trừ nửa điểm"),
    ("units", "Ví dụ", ("u", "one", ""), "Theo đơn vị:\nXã An Hà 12"),
    ("does_not_belong", "Tiêu chí", ("1", "Đơn vị thẩm tra", ""), "Sở"),
    ("does_not_belong", "Tiêu chí", ("1.4", "Khi mẫu số bằng 0", ""), "0 điểm"),
    ("does_not_belong", "Tiêu chí", ("1.4", "Trọng số hạng mục", ""), Decimal(1)),
    ("does_not_belong", "Thang điểm", ("1.4", "Từ (≥)", ""), Decimal(1)),
    ("unknown_criterion", "Số liệu", ("1.2", "Mã tiêu chí", ""), "1.99"),
    ("unknown_criterion", "Thang điểm", ("1.4", "Mã tiêu chí", ""), "1.99"),
    ("no_part", "Thang điểm", ("1.4", "Phần số", ""), "7"),
    ("no_input", "Số liệu", ("small", "Mã số liệu", "option"), "sizes"),
    ("row_not_for_form", "Thang điểm", ("1.4", KIND, ""), "Bậc"),
    ("lacks_row", "Tiêu chí", ("1.2", FORM, ""), "Đếm"),
    ("duplicate", "Tiêu chí", ("1.4", CODE, ""), "1.3"),
    ("duplicate", "Thang điểm", ("large", "Mã lựa chọn", "option"), "small"),
    ("duplicate", "Thang điểm", ("2", "Phần số", "part"), "1"),
    ("repeated", "Tiêu chí", (2, 1), "Bộ tiêu chí khác"),
    ("repeated", "Thang điểm", ("small", "Nội dung", "option"), "Khác"),
    ("total", "Tiêu chí", ("TỔNG CỘNG", "Điểm tối đa", ""), Decimal(101)),
    ("stray_cell", "Tiêu chí", (6, 60), "Ghi chú"),
    ("stray_cell", "Ví dụ", (6, 60), "Ghi chú"),
    ("unknown_column", "Tiêu chí", (3, 60), "Ghi chú"),
    ("unknown_item", "Thông tin", (6, 1), "Phiên bảng"),
    ("unknown_item", "Ví dụ", (4, 1), "Ví vụ"),
    ("double_column", "Tiêu chí", (3, 60), "Mã"),
]  # fmt: skip


def _spot(name: str, where: tuple[str, str, str] | Spot) -> Spot:
    if len(where) == 2:
        return where
    row, heading, key = where
    if not key:
        return spot(name, row, heading)
    by = column(name, {"option": "Mã lựa chọn", "part": "Phần số"}[key])
    return min(r for (r, c), value in sheet(name).values.items() if c == by and value == row), column(name, heading)


@pytest.mark.parametrize(("code", "name", "where", "value"), CELLS, ids=[each[0] for each in CELLS])
def test_a_wrong_cell_is_refused_at_its_place(code: str, name: str, where: Any, value: Value) -> None:
    cell = _spot(name, where)
    faults = faults_of(edited(BOOK, name, {cell: value}))
    found = [fault for fault in faults if fault.code == f"workbook.{code}"]
    assert found, faults
    assert place(name, cell) in {fault.place for fault in found}
    assert all(fault.vi and fault.en and fault.remedy_vi and fault.remedy_en for fault in faults)


SCHEMA: list[tuple[str, str, tuple[str, str, str] | Spot, Value]] = [
    ("field.malformed", "Thông tin", (5, 2), "Bộ tiêu chí"),
    ("field.look_alike", "Số liệu", ("1.4", "Mã số liệu", ""), "сount"),  # a Cyrillic letter
    ("field.out_of_range", "Thông tin", (10, 2), Decimal(1900)),
    ("field.malformed", "Tiêu chí", ("1.4", CODE, ""), "1.4a"),
]


@pytest.mark.parametrize(("code", "name", "where", "value"), SCHEMA)
def test_a_fault_of_the_document_names_its_cell(code: str, name: str, where: Any, value: Value) -> None:
    cell = _spot(name, where)
    book = edited(BOOK, name, {cell: value})
    if name == "Tiêu chí":  # its scale goes with it
        book = edited(book, "Thang điểm", {_spot("Thang điểm", ("1.4", "Mã tiêu chí", "")): value})
        book = edited(book, "Số liệu", {_spot("Số liệu", ("1.4", "Mã tiêu chí", "")): value})
    faults = faults_of(book)
    assert [fault.code for fault in faults][:1] == [code], faults
    assert faults[0].place.startswith(place(name, cell))


def test_a_finding_of_lint_names_its_cell() -> None:
    cell = spot("Tiêu chí", "1", "Điểm tối đa")
    book = edited(BOOK, "Tiêu chí", {cell: Decimal(99), spot("Tiêu chí", "TỔNG CỘNG", "Điểm tối đa"): None})
    places = {finding.code: finding.place for finding in lint(read_rule_set_book(book))}
    assert places["section.points"].startswith(place("Tiêu chí", cell)), places


# --- what is refused of whole sheets -----------------------------------------------------------------------------


def _renamed(old: str, new: str) -> ReadBook:
    sheets = tuple(ReadSheet(**{**vars(each), "name": new if each.name == old else each.name}) for each in BOOK.sheets)
    return ReadBook(NAME, sheets)


SHEETS: dict[str, tuple[ReadBook, str]] = {
    "missing_sheet": (ReadBook(NAME, BOOK.sheets[1:]), NAME),
    "unknown_sheet": (_renamed("Quy tắc", "Quy tac"), f"{NAME}!Quy tac"),
    "double_sheet": (ReadBook(NAME, (*BOOK.sheets, BOOK.sheets[1])), f"{NAME}!Tiêu chí"),
    "hidden_sheet": (edited(BOOK, "Số liệu", {}, hidden=True), f"{NAME}!Số liệu"),
    "hidden_row": (edited(BOOK, "Số liệu", {}, hidden_rows=frozenset({4, 500})), f"{NAME}!Số liệu!A4"),
    "hidden_column": (edited(BOOK, "Số liệu", {}, hidden_columns=frozenset({4})), f"{NAME}!Số liệu!D2"),
    "missing_block": (edited(BOOK, "Thông tin", {(2, 1): "I. CHUNG"}), f"{NAME}!Thông tin"),
    "missing_header": (edited(BOOK, "Quy tắc", {(2, at): None for at in range(1, 20)}), f"{NAME}!Quy tắc!A1"),
    "missing_column": (edited(BOOK, "Tiêu chí", {(3, 3): "Điểm"}), f"{NAME}!Tiêu chí!A3"),
    "missing_item": (edited(BOOK, "Thông tin", {(6, 1): None, (6, 2): None}), f"{NAME}!Thông tin!A3"),
    "merged_cell": (
        edited(BOOK, "Tiêu chí", {(7, 7): None}, merged=(Area(6, 7, 7, 7),)),
        f"{NAME}!Tiêu chí!G7",
    ),
    "no_section": (edited(BOOK, "Tiêu chí", {(4, at): None for at in range(1, 30)}), f"{NAME}!Tiêu chí!A5"),
}  # fmt: skip


@pytest.mark.parametrize("code", SHEETS)
def test_a_sheet_that_is_not_as_it_should_be_is_refused(code: str) -> None:
    book, where = SHEETS[code]
    assert (f"workbook.{code}", where) in [(fault.code, fault.place) for fault in faults_of(book)]


def test_a_renamed_heading_is_recognised() -> None:
    faults = faults_of(SHEETS["missing_column"][0])
    hint = next(fault.remedy_vi for fault in faults if fault.code == "workbook.unknown_column")
    assert "Điểm tối đa" in hint


def test_empty_sheets_of_others_and_cells_of_spaces_do_no_harm() -> None:
    more = ReadSheet("Trang tính1", {(1, 1): "  "})
    assert faults_of(ReadBook(NAME, (*edited(BOOK, "Tiêu chí", {(6, 70): " "}).sheets, more))) == []


def test_tables_longer_than_any_annex_are_refused_without_reading_them() -> None:
    rows: dict[Spot, Value] = {(row, 1): "1.1" for row in range(100, 3200)}
    lines: dict[Spot, Value] = {(row, 1): "Số liệu" for row in range(200, 1600)} | {
        (row, 2): f"x{row}" for row in range(200, 1600)
    }
    columns: dict[Spot, Value] = {(2, column): f"e-{column}" for column in range(5, 90)}
    for name, cells, at in (("Số liệu", rows, "A2"), ("Ví dụ", lines | columns, "A2")):
        places = {fault.code: fault.place for fault in faults_of(edited(BOOK, name, cells))}
        assert places["workbook.too_large"] == f"{NAME}!{name}!{at}"


def test_faults_are_bounded() -> None:
    cells: dict[Spot, Value] = {(row, 50): "x" for row in range(10, 400)}
    faults = faults_of(edited(BOOK, "Tiêu chí", cells))
    assert len(faults) == 201
    assert faults[-1].code == "workbook.more"


def test_every_code_of_a_cell_or_sheet_is_tried_here() -> None:
    tried = {f"workbook.{each[0]}" for each in CELLS} | {f"workbook.{code}" for code in SHEETS} | {"workbook.more"}
    of_files = {
        *("workbook.damaged", "workbook.old_or_encrypted", "workbook.macros", "workbook.external_link"),
        *("workbook.active_content", "workbook.too_large", "workbook.doctype", "workbook.merged_value"),
    }
    also = {"workbook.not_exportable", "workbook.too_deep", "workbook.not_whole", "workbook.not_date"}
    assert CODES - tried - of_files == also


@pytest.mark.parametrize("value", ["31/02/2021", "2021", Decimal(44000), "17-11-20"])
def test_what_is_no_date_is_refused(value: Value) -> None:
    row = next(r for (r, c), text in sheet("Thông tin").values.items() if text == "2294/QĐ-UBND")
    (fault,) = faults_of(edited(BOOK, "Thông tin", {(row, 4): value}))
    assert (fault.code, fault.place) == ("workbook.not_date", place("Thông tin", (row, 4)))


@pytest.mark.parametrize("value", ["17/11/2020", "17-11-2020", "2020-11-17", date(2020, 11, 17)])
def test_dates_are_taken_as_officers_write_them(value: Value) -> None:
    row = next(r for (r, c), text in sheet("Thông tin").values.items() if text == "2294/QĐ-UBND")
    assert changed("Thông tin", (row, 4), value).legal_basis[0].issued_on == date(2020, 11, 17)


def test_half_a_day_late_is_refused() -> None:
    row = next(r for (r, c), text in sheet("Ví dụ").values.items() if text == "Số ngày gửi muộn")
    (fault,) = faults_of(edited(BOOK, "Ví dụ", {(row, 4): Decimal("0.5")}))
    assert (fault.code, fault.place) == ("workbook.not_whole", place("Ví dụ", (row, 4)))


# --- nothing but RuleSetRefused ever comes out -------------------------------------------------------------------

VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.text(max_size=8),
    st.sampled_from(
        ["1.1", "x / y", "input.n >", "(", "1", "Bậc", "Phần", "không", "Theo đơn vị:\n:", '"', "'", "- a"]
    ),
    st.sampled_from([Formula("=1"), Broken("#N/A"), "Mã", "I. THÔNG TIN CHUNG", "TỔNG CỘNG", "1" * 5000, "(" * 3000]),
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_mutated_workbook_is_read_or_refused(data: st.DataObject) -> None:
    book = BOOK
    for _ in range(data.draw(st.integers(1, 4))):
        each = data.draw(st.sampled_from(BOOK.sheets))
        known = st.sampled_from(sorted(each.values))
        at = data.draw(known | st.tuples(st.integers(1, 30), st.integers(1, 30)))
        other = st.sampled_from(sorted(map(str, each.values.values())))
        book = edited(book, each.name, {at: data.draw(VALUES | other)})
    try:
        loaded = read_rule_set_book(book)
    except RuleSetRefused as refused:
        if not refused.faults:
            raise
    else:
        lint(loaded)
