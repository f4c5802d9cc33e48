"""Workbooks as files: the same bytes each time, read back exactly; no hostile package gets further than the door."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_builders import EVERYTHING

import services.scoring
from services.scoring.adapters import workbook_guard
from services.scoring.adapters.workbook_file import read_workbook_file, write_workbook_file
from services.scoring.core.workbook import rule_set_book
from services.scoring.core.workbook.numbers import number_cell, number_of
from services.scoring.core.workbook.sheets import Book, Sheet
from services.scoring.documents import load_document, workbook_of
from shared.kernel.errors import Fault
from shared.ruleset.loader import RuleSetRefused, load_rule_set, load_text
from shared.ruleset.writing import yaml_text

FILE = workbook_of(EVERYTHING)
OFFICIAL = sorted((Path(services.scoring.__file__).parent / "rulesets").glob("*/*.yaml"))


def refused(content: bytes) -> list[Fault]:
    with pytest.raises(RuleSetRefused) as caught:
        load_document(content, "bo.xlsx")
    return list(caught.value.faults)


def codes(content: bytes) -> list[str]:
    return [fault.code for fault in refused(content)]


def repacked(change: Callable[[str, bytes], bytes] = lambda _, part: part, **more: bytes) -> bytes:
    """The file with its parts changed, and with more parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(FILE)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
        for name, part in more.items():
            target.writestr(name, part)
    return packed.getvalue()


def with_cells(change: Callable[[Any], None]) -> bytes:
    """The file as a person saves it after changing it (openpyxl stands for Excel)."""
    workbook = openpyxl.load_workbook(io.BytesIO(FILE))
    change(workbook)
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()


def in_sheet(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    """Changes the annex's XML."""

    def change(name: str, part: bytes) -> bytes:
        if name != "xl/worksheets/sheet2.xml":
            return part
        assert old in part
        return part.replace(old, new, 1)

    return change


# --- there and back ----------------------------------------------------------------------------------------------


def test_the_same_set_gives_the_same_bytes() -> None:
    assert workbook_of(EVERYTHING) == FILE
    with zipfile.ZipFile(io.BytesIO(FILE)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"modified" not in archive.read("docProps/core.xml")


def test_nothing_in_a_sheet_depends_on_the_process_or_needs_repair() -> None:
    with zipfile.ZipFile(io.BytesIO(FILE)) as archive:
        for name in (each for each in archive.namelist() if each.startswith("xl/worksheets/")):
            part = archive.read(name).decode()
            merged = re.findall(r'<mergeCell ref="([^"]+)"', part)
            assert merged == sorted(merged), name
            columns = [(int(a), int(b)) for a, b in re.findall(r'<col [^>]*min="(\d+)" max="(\d+)"', part)]
            assert all(one[1] < following[0] for one, following in pairwise(columns)), name


@pytest.mark.parametrize(
    "path",
    [OFFICIAL[0], *(pytest.param(path, marks=pytest.mark.slow) for path in OFFICIAL[1:])],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_every_official_set_comes_back_from_its_file_and_as_yaml(path: Path) -> None:
    rule_set = load_rule_set(path)
    again = load_document(workbook_of(rule_set), "bo.xlsx").rule_set
    assert again.content_hash() == rule_set.content_hash()
    assert load_text(yaml_text(again), "bo.yaml").rule_set == rule_set


def test_what_a_person_saved_again_is_the_same_set() -> None:
    assert load_document(with_cells(lambda _: None), "bo.xlsx").rule_set == EVERYTHING


def test_text_survives_the_file_whatever_it_looks_like() -> None:
    texts = ["=1+1", "_x0041_", " hai đầu ", "dòng\nhai", "1.10", "#REF!", "TRUE", "𝒳", "a\tb", "'Có"]
    sheet = Sheet("Thử")
    for row, text in enumerate(texts, 1):
        sheet.put(row, 1, text)
    (read,) = read_workbook_file(write_workbook_file(Book("Thử", (sheet,))), "thu.xlsx").sheets
    assert [read.values[row, 1] for row in range(1, len(texts) + 1)] == texts


@settings(max_examples=15, deadline=None)
@given(st.lists(st.fractions(-(10**6), 10**6, max_denominator=10**6) | st.decimals(-1000, 1000, places=9), min_size=20))
def test_numbers_survive_the_file_exactly(numbers: list[Fraction | Decimal]) -> None:
    wanted = [Fraction(number) for number in numbers]
    sheet = Sheet("Số")
    for row, number in enumerate(wanted, 1):
        sheet.put(row, 1, number_cell(number), "number")
    (read,) = read_workbook_file(write_workbook_file(Book("Số", (sheet,))), "so.xlsx").sheets
    assert [number_of(read.values[row, 1]) for row in range(1, len(wanted) + 1)] == wanted


def test_seventeen_digits_as_excel_writes_them_are_the_decimal_that_was_typed() -> None:
    assert number_cell(Fraction("9.95")) == Decimal("9.95")
    content = repacked(in_sheet(b"<v>10</v>", b"<v>9.9499999999999993</v>"))
    loaded = load_document(content, "bo.xlsx")
    assert Fraction("9.95") in [loaded.rule_set.sections[0].maximum, *(c.maximum for c in loaded.rule_set.criteria())]


def test_it_is_printed_as_an_annex() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(FILE))
    sheet = workbook["Tiêu chí"]
    assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "9")
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.print_area.startswith("'Tiêu chí'!$A$1:$H$")
    assert sheet["D5"].alignment.wrap_text
    assert sheet["A5"].number_format == "@"
    assert sheet["A5"].border.left.style == "thin"
    assert [each.formula1 for each in sheet.data_validations.dataValidation if "Tỷ lệ" in str(each.formula1)]
    assert {str(area) for area in sheet.merged_cells.ranges} >= {"A1:H1", "D4:H4"}
    assert workbook["Thang điểm"]["F3"].number_format == "0%"


# --- a corpus of bad files ---------------------------------------------------------------------------------------

RELATION = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s" '
    b'TargetMode="External"/></Relationships>'
)
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'


def _many_cells(name: str, part: bytes) -> bytes:
    if name != "xl/worksheets/sheet8.xml":
        return part
    row = b"<row>" + b"<c/>" * 1000 + b"</row>"
    return part.replace(b"</sheetData>", row * 220 + b"</sheetData>")


def _shared_text() -> bytes:
    """A text that is kept once and stands in thousands of cells: small in the file, gigabytes to read."""
    table = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"

    def change(name: str, part: bytes) -> bytes:
        if name == "xl/worksheets/sheet8.xml":
            rows = (b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (at, at) for at in range(500, 2500))
            return part.replace(b"</sheetData>", b"".join(rows) + b"</sheetData>")
        if name == "xl/_rels/workbook.xml.rels":
            relation = b'<Relationship Id="rId99" Type="%s" Target="sharedStrings.xml"/></Relationships>' % kind
            return part.replace(b"</Relationships>", relation)
        if name == "[Content_Types].xml":
            override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/></Types>' % (
                b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
            )
            return part.replace(b"</Types>", override)
        return part

    return repacked(change, **{"xl/sharedStrings.xml": table % (b"_x0" * 1_000_000)})


def _deep(name: str, part: bytes) -> bytes:
    return b"<a>" * 100 + b"</a>" * 100 if name == "docProps/app.xml" else part


def _merged(reference: bytes) -> Callable[[str, bytes], bytes]:
    return in_sheet(b'<mergeCell ref="A1:H1"', b'<mergeCell ref="A1:H1"/><mergeCell ref="%s"' % reference)


def _encrypted() -> bytes:
    content = bytearray(FILE)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 1)
    return bytes(content)


def _macro_type(name: str, part: bytes) -> bytes:
    return part.replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main") if "Content" in name else part


CORPUS: dict[str, tuple[Callable[[], bytes], str]] = {
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_or_encrypted"),
    "an encrypted package": (_encrypted, "old_or_encrypted"),
    "half a file": (lambda: FILE[: len(FILE) // 2], "damaged"),
    "another zip": (lambda: _zip({"a.txt": b"x"}), "damaged"),
    "a Word document": (lambda: _zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"}), "damaged"),
    "a broken part": (lambda: repacked(in_sheet(b"</sheetData>", b"")), "damaged"),
    "no sheets": (lambda: _zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}), "damaged"),
    "macros": (lambda: repacked(**{"xl/vbaProject.bin": b"x"}), "macros"),
    "macros by type": (lambda: repacked(_macro_type), "macros"),
    "macro sheets": (lambda: repacked(**{"xl/macrosheets/sheet1.xml": b"<x/>"}), "macros"),
    "an external link": (lambda: repacked(**{"xl/externalLinks/externalLink1.xml": b"<x/>"}), "external_link"),
    "an external relation": (
        lambda: repacked(**{"xl/worksheets/_rels/sheet9.xml.rels": RELATION % (b"image", b"http://x.example/a.png")}),
        "external_link",
    ),
    "an embedded object": (lambda: repacked(**{"xl/embeddings/oleObject1.bin": b"x"}), "active_content"),
    "a data connection": (lambda: repacked(**{"xl/connections.xml": b"<x/>"}), "active_content"),
    "an XML bomb": (lambda: repacked(**{"xl/bomb.xml": BOMB}), "doctype"),
    "an XML bomb in UTF-16": (lambda: repacked(**{"xl/bomb.xml": BOMB.decode().encode("utf-16")}), "doctype"),
    "a zip bomb": (lambda: repacked(**{"xl/media/image1.png": b"\0" * 40_000_000}), "too_large"),
    "too many parts": (lambda: repacked(**{f"xl/media/{at}.png": b"" for at in range(600)}), "too_large"),
    "too many cells": (lambda: repacked(_many_cells), "too_large"),
    "a long text in every cell": (_shared_text, "too_large"),
    "deep nesting": (lambda: repacked(_deep), "too_large"),
    "a merged sheet": (lambda: repacked(_merged(b"A1:XFD1048576")), "too_large"),
    "a senseless merged area": (lambda: repacked(_merged(b"B2:A1")), "damaged"),
    "a value under a merged cell": (lambda: repacked(_merged(b"A5:B5")), "merged_value"),
}


def _zip(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


@pytest.mark.parametrize("name", CORPUS)
def test_a_bad_file_is_refused_and_said_why(name: str) -> None:
    make, code = CORPUS[name]
    faults = refused(make())
    assert faults[0].code == f"workbook.{code}", faults
    assert all(fault.place.startswith("bo.xlsx") and fault.remedy_vi and fault.remedy_en for fault in faults)


def test_a_value_under_a_merged_cell_is_named() -> None:
    fault = refused(CORPUS["a value under a merged cell"][0]())[0]
    assert fault.place == "bo.xlsx!Tiêu chí!B5"


def test_two_parts_of_one_name_are_refused() -> None:
    packed = io.BytesIO(FILE)
    with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    assert codes(packed.getvalue()) == ["workbook.damaged"]


def test_a_link_that_a_person_typed_does_no_harm() -> None:
    def link(workbook: Any) -> None:
        workbook["Tiêu chí"]["B5"].hyperlink = "https://bacgiang.gov.vn/"

    assert load_document(with_cells(link), "bo.xlsx").rule_set == EVERYTHING


def _hide(workbook: Any) -> None:
    workbook["Số liệu"].row_dimensions[4].hidden = True
    workbook["Số liệu"].column_dimensions["D"].hidden = True
    workbook["Quy tắc"].sheet_state = "veryHidden"


def _compute(workbook: Any) -> None:
    workbook["Tiêu chí"]["C5"] = "=1+1"
    workbook["Tiêu chí"]["C6"] = "#REF!"


def _in_time(workbook: Any) -> None:
    import datetime

    workbook["Tiêu chí"]["C5"] = datetime.datetime(2021, 1, 2, 3, 4)  # noqa: DTZ001
    workbook["Tiêu chí"]["C6"] = datetime.date(2021, 1, 3)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_hide, {"hidden_row": "Số liệu!A4", "hidden_column": "Số liệu!D2", "hidden_sheet": "Quy tắc"}),
        (_compute, {"formula": "Tiêu chí!C5", "error_value": "Tiêu chí!C6"}),
        (_in_time, {"error_value": "Tiêu chí!C5", "number_is_date": "Tiêu chí!C6"}),
    ],
)  # fmt: skip
def test_what_a_person_hid_or_computed_is_refused_at_its_place(
    change: Callable[[Any], None], found: dict[str, str]
) -> None:
    assert {fault.code: fault.place for fault in refused(with_cells(change))} == {
        f"workbook.{code}": f"bo.xlsx!{place}" for code, place in found.items()
    }


def test_a_row_without_height_is_hidden_too() -> None:
    (fault,) = refused(repacked(in_sheet(b'<row r="5" ht=', b'<row r="5" ht="0" x=')))
    assert (fault.code, fault.place) == ("workbook.hidden_row", "bo.xlsx!Tiêu chí!A5")


PARTS = ("xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet7.xml", "[Content_Types].xml")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_mutated_file_is_read_or_refused(data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(PARTS))
        cut = data.draw(st.integers(0, 20))

        def change(part: str, content: bytes) -> bytes:
            at = data.draw(st.integers(0, len(content))) if part == name else 0
            return content[:at] + data.draw(st.binary(max_size=6)) + content[at + cut :] if part == name else content

        content = repacked(change)
    else:
        at = data.draw(st.integers(0, len(FILE)))
        content = FILE[:at] + data.draw(st.binary(max_size=20)) + FILE[at + data.draw(st.integers(0, 20)) :]
    try:
        load_document(content, "bo.xlsx")
    except RuleSetRefused as error:
        if not error.faults:
            raise


def test_the_limits_leave_room_for_a_set_three_times_the_largest() -> None:
    largest = max(OFFICIAL, key=lambda path: path.stat().st_size)
    cells = sum(len(sheet.cells) for sheet in rule_set_book(load_rule_set(largest)).sheets)
    assert cells * 3 < workbook_guard.MAX_CELLS
