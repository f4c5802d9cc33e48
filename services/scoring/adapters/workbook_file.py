"""Workbooks as .xlsx files, the only module that imports openpyxl: cells to bytes, and bytes to cells.

The same workbook always gives the same bytes: the package is packed anew without times and without a history.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import escape

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as FileCell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.dimensions import RowDimension
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from services.scoring.adapters.workbook_guard import check_workbook_file
from services.scoring.core.workbook.sheets import (
    Area,
    Book,
    Broken,
    Cell,
    Formula,
    ReadBook,
    ReadSheet,
    Sheet,
    Spot,
    Style,
    Value,
    column_letters,
)
from services.scoring.core.workbook.wording import fault
from shared.ruleset.loader import RuleSetRefused

__all__ = ["read_workbook_file", "write_workbook_file"]

# What openpyxl does not keep (drawings, extensions) is nothing that a rule set has.
warnings.filterwarnings("ignore", module="openpyxl")

_FONT = "Times New Roman"  # what official documents are set in
_LINE, _HIGHEST = 14.5, 409.0  # points
_SCALE = 60  # per cent
_LIST_LENGTH = 255
MAX_TEXT = 4_000_000  # characters of all cells together; the largest official set has some 70,000
_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOOKS_CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


# --- writing -----------------------------------------------------------------------------------------------------


def write_workbook_file(book: Book) -> bytes:
    """The .xlsx file of a workbook."""
    made = Workbook()
    made.remove(made.worksheets[0])
    styles = _Styles(made)
    for sheet in book.sheets:
        _write_sheet(made.create_sheet(sheet.name), sheet, styles)
    raw = BytesIO()
    made.save(raw)
    return _packed(raw.getvalue(), book.title)


class _Styles:
    """Named styles of the file, each made when it is first used."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._known: dict[tuple[Style, str], NamedStyle] = {}

    def put(self, cell: FileCell, style: Style, form: str) -> None:
        """Give a cell its looks; `form` is the number format."""
        known = self._known.get((style, form))
        if known is None:
            known = self._known[style, form] = _style(style, form, f"{style} {len(self._known)}")
            self._workbook.add_named_style(known)
        cell.style = known.name


_THIN = Side(style="thin", color="808080")
_FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_FILLS: dict[str, str] = {
    "header": "D9E2F3",
    "technical": "EDEDED",
    "section": "F2F2F2",
    "section_key": "F2F2F2",
    "section_number": "F2F2F2",
    "label": "F7F7F7",
    "total": "D9E2F3",
    "total_number": "D9E2F3",
}
_CENTERED = ("title", "subtitle", "header", "technical", "center", "answer", "date", "key", "number", "section_key")
_CENTERED_BOLD = ("section_number", "total_number")
_BOLD = ("title", "subtitle", "block", "header", "technical", "section", "section_key", "total", *_CENTERED_BOLD)
_UNFRAMED = ("title", "subtitle", "note", "block")
_SIZES = {"title": 14, "subtitle": 12, "block": 12}


def _style(style: Style, form: str, name: str) -> NamedStyle:
    side = "center" if style in (*_CENTERED, *_CENTERED_BOLD) else "left"
    made = NamedStyle(name=name)
    made.font = Font(name=_FONT, size=_SIZES.get(style, 11), bold=style in _BOLD, italic=style in ("repeat", "note"))
    made.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True)
    made.number_format = form
    if style not in _UNFRAMED:
        made.border = _FRAME
    if style in _FILLS:
        made.fill = PatternFill("solid", fgColor=_FILLS[style])
    return made


def _number_format(cell: Cell) -> str:
    """Text cells are text to Excel too, so that it does not make dates and numbers of codes."""
    if isinstance(cell.value, date):
        return "dd/mm/yyyy"
    if isinstance(cell.value, Decimal) and cell.percent:
        places = -int((cell.value * 100).normalize().as_tuple().exponent)
        return "0%" if places <= 0 else f"0.{'0' * places}%"
    if isinstance(cell.value, Decimal) or (cell.value is None and cell.style in ("number", "answer", "section_number")):
        return "0%" if cell.percent else "General"
    return "dd/mm/yyyy" if cell.value is None and cell.style == "date" else "@"


def _write_sheet(made: Worksheet, sheet: Sheet, styles: _Styles) -> None:
    for (row, column), cell in sheet.cells.items():
        target = FileCell(made, row=row, column=column)
        made._cells[row, column] = target
        _put_value(target, cell.value)
        styles.put(target, cell.style, _number_format(cell))
    for area in sheet.merged:
        made.merge_cells(start_row=area.top, start_column=area.left, end_row=area.bottom, end_column=area.right)
    for column, width in sheet.widths.items():
        made.column_dimensions[column_letters(column)].width = width
    for row, height in _estimated_heights(sheet).items():
        made.row_dimensions[row] = _AutoHeight(made, index=row, ht=height)
    for row, height in sheet.heights.items():
        made.row_dimensions[row] = RowDimension(made, index=row, ht=height)
    if sheet.frozen:
        made.freeze_panes = _name(sheet.frozen)
    _write_choices(made, sheet)
    _set_up_printing(made, sheet)


class _AutoHeight(RowDimension):
    """A row whose height is only a guess: Excel fits it again when its text changes."""

    @property
    def customHeight(self) -> None:  # type: ignore[override]  # noqa: N802 - openpyxl's name
        return None


def _estimated_heights(sheet: Sheet) -> dict[int, float]:
    """Heights by the number of lines that wrapped text takes; programs that fit rows themselves do better."""
    merged = {spot for area in sheet.merged for spot in area.spots()}
    lines: dict[int, int] = {}
    for (row, column), cell in sheet.cells.items():
        if (row, column) not in merged and cell.value is not None:
            per_line = max(4, int(sheet.widths.get(column, 9) * (1.0 if cell.style in _BOLD else 1.2)))
            taken = sum(max(1, -(-len(part) // per_line)) for part in str(cell.value).split("\n"))
            lines[row] = max(lines.get(row, 1), taken)
    return {row: min(_LINE * count + 5, _HIGHEST) for row, count in lines.items()}


def _put_value(cell: FileCell, value: str | Decimal | date | None) -> None:
    if isinstance(value, str):
        # Set as text whatever it looks like: `=` begins no formula, `_x0041_` is no A.
        cell._value = _LOOKS_CODED.sub("_x005F_", value)  # type: ignore[attr-defined]
        cell.data_type = "s"
    elif value is not None:
        cell.value = value


def _write_choices(made: Worksheet, sheet: Sheet) -> None:
    for choices in sheet.choices:
        listed = ",".join(choices.words)
        if len(listed) <= _LIST_LENGTH:
            validation = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
            validation.errorTitle, validation.error = "Không có trong danh sách", "Chọn một giá trị trong danh sách."
            validation.showErrorMessage = True
            area = choices.area
            validation.add(f"{_name((area.top, area.left))}:{_name((area.bottom, area.right))}")
            made.add_data_validation(validation)


def _set_up_printing(made: Worksheet, sheet: Sheet) -> None:
    """A4 across, as wide as the page, headings on every page, page numbers."""
    made.page_margins.footer = 0.4
    made.page_setup.orientation = "landscape"
    made.page_setup.paperSize = 9
    if sheet.header_columns:  # too wide for a page: its first columns stand on every one
        made.page_setup.scale = _SCALE
        made.print_title_cols = f"A:{column_letters(sheet.header_columns)}"
    else:
        made.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        made.page_setup.fitToWidth, made.page_setup.fitToHeight = 1, 0
    made.print_options.horizontalCentered = True
    for side, inches in (("left", 0.5), ("right", 0.4), ("top", 0.5), ("bottom", 0.8)):
        setattr(made.page_margins, side, inches)
    made.HeaderFooter.oddFooter = HeaderFooterItem(
        center=_HeaderFooterPart(text="Trang &P/&N", font=f"{_FONT},Regular")
    )
    made.sheet_view.zoomScale = 90
    if sheet.header_rows:
        made.print_title_rows = f"{sheet.header_rows[0]}:{sheet.header_rows[1]}"
    last = sheet.printed_columns
    if last:
        made.print_area = f"A1:{column_letters(last)}{sheet.bottom}"
    for column in sheet.widths:
        if last and column > last:  # each by itself: a group's range would lie over its columns' own
            made.column_dimensions[column_letters(column)].outlineLevel = 1


def _name(spot: Spot) -> str:
    return f"{column_letters(spot[1])}{spot[0]}"


_MERGED = re.compile(rb"(<mergeCells[^>]*>)(.*?)(</mergeCells>)", re.DOTALL)
_MERGED_CELL = re.compile(rb"<mergeCell [^>]*/>")
_CORE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title><dc:creator>xephang</dc:creator>'
    "</cp:coreProperties>"
)


def _packed(content: bytes, title: str) -> bytes:
    """The package without any time of day."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            part = _CORE.format(escape(title)).encode() if name == "docProps/core.xml" else _ordered(source.read(name))
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            info.create_system = 3
            target.writestr(info, part, compresslevel=9)
    return packed.getvalue()


def _ordered(part: bytes) -> bytes:
    """openpyxl writes merged cells in the order of a set, another one in every process."""
    return _MERGED.sub(lambda found: found[1] + b"".join(sorted(_MERGED_CELL.findall(found[2]))) + found[3], part)


# --- reading -----------------------------------------------------------------------------------------------------


def read_workbook_file(content: bytes, name: str) -> ReadBook:
    """The cells of an .xlsx file. Raises `RuleSetRefused` for what is none, or holds more than a rule set needs."""
    check_workbook_file(content, name)
    try:
        with BytesIO(content) as file:
            workbook = load_workbook(file, keep_links=False)
            _check_texts(workbook, name)
            return ReadBook(name, tuple(_read_sheet(sheet) for sheet in workbook.worksheets))
    except RuleSetRefused:
        raise
    except Exception as error:  # openpyxl raises whatever the XML it stumbles over makes it raise
        problem = f"{type(error).__name__}: {error}"[:200]
        raise RuleSetRefused([fault("workbook.damaged", name, problem=problem)]) from error


def _check_texts(workbook: Workbook, name: str) -> None:
    """A text kept once may stand in every cell, and whoever reads the cells works through it each time."""
    values = (cell.value for sheet in workbook.worksheets for cell in sheet._cells.values())
    if sum(len(value) for value in values if isinstance(value, str)) > MAX_TEXT:
        values_of = {"what": "số ký tự của các ô", "what_en": "characters in cells", "limit": MAX_TEXT}
        raise RuleSetRefused([fault("workbook.too_large", name, **values_of)])


def _read_sheet(sheet: Worksheet) -> ReadSheet:
    values = {spot: _value(cell) for spot, cell in sheet._cells.items() if cell.value is not None}
    rows = frozenset(
        number
        for number, row in sheet.row_dimensions.items()
        if row.hidden or (row.height is not None and not row.height)
    )
    return ReadSheet(
        sheet.title,
        values,
        tuple(Area(each.min_row, each.min_col, each.max_row, each.max_col) for each in sheet.merged_cells.ranges),
        sheet.sheet_state != "visible" or bool(sheet.sheet_format.zeroHeight),
        rows,
        _hidden_columns(sheet, {column for _, column in values}),
    )


def _hidden_columns(sheet: Worksheet, used: set[int]) -> frozenset[int]:
    hidden = [
        (each.min, each.max)
        for each in sheet.column_dimensions.values()
        if each.hidden or (each.customWidth and not each.width)
    ]
    return frozenset(column for column in used for first, last in hidden if first and last and first <= column <= last)


def _value(cell: FileCell) -> Value:
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value)))
    if cell.data_type == "e":
        return Broken(str(value))
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == datetime.min.time() else Broken(f"{value:%d/%m/%Y %H:%M}")
    if isinstance(value, date):
        return value
    return _text(value) if isinstance(value, str) else Broken(str(value))


def _number(value: int | float) -> Value:
    """A double's shortest decimal, which is the number that was typed if that had at most 15 digits."""
    number = Decimal(repr(value)) if len(f"{value:.0f}") < 400 else None
    return number if number is not None and number.is_finite() else Broken(str(value)[:40])


def _text(text: str) -> str:
    decoded = _CODED.sub(lambda found: chr(int(found[1], 16)), text)
    return decoded.replace("\r\n", "\n").replace("\r", "\n")
