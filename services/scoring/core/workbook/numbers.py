"""Numbers in cells, exactly.

Excel keeps a number as a binary double and shows at most 15 digits. A decimal of at most 15 digits survives that
exactly: the shortest text of its double is the decimal again. Whatever has more digits, or is no finite decimal (4/3),
is written as text, and a cell that holds more (the trace of a calculation) is refused rather than guessed.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

from services.scoring.core.workbook.reading import CellError
from services.scoring.core.workbook.sheets import Value
from shared.kernel.exact import MAX_LENGTH, exact_text

__all__ = ["NUMBER", "number_cell", "number_of", "number_text", "shown", "text_number", "whole_of"]

DIGITS = 15
NUMBER = r"-?(?:0|[1-9][0-9]*)(?:[.,][0-9]+|/[1-9][0-9]*)?"
_TEXT = re.compile(rf"({NUMBER})\s*(%?)")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(\.[0-9]{3})+")


def number_cell(value: Fraction) -> Decimal | str:
    """The number as a cell keeps it exactly: a number where that is possible, else text."""
    text = exact_text(value)
    if "/" not in text and _keeps(Decimal(text)):
        return Decimal(text)
    return number_text(value)


def _keeps(value: Decimal) -> bool:
    """Whether a number is the same after it was a double: up to 15 digits no two share one (DBL_DIG of IEEE 754)."""
    return len(value.as_tuple().digits) <= DIGITS and -DIGITS <= value.adjusted() <= DIGITS


def number_text(value: Fraction) -> str:
    """The number as text on a sheet: decimals with a comma, as Vietnamese is written, without groups of thousands."""
    return exact_text(value).replace(".", ",")


def number_of(value: Value) -> Fraction:
    """The number in a cell. Raises `CellError`."""
    if isinstance(value, Decimal):
        if not value.is_finite() or len(value.normalize().as_tuple().digits) > DIGITS or abs(value.adjusted()) > 30:
            raise CellError("number_not_exact", value=shown(value))
        return Fraction(value)
    if isinstance(value, date):
        raise CellError("number_is_date", value=shown(value))
    if not isinstance(value, str):
        raise CellError("not_number", value=shown(value))
    return text_number(value)


def text_number(text: str) -> Fraction:
    """The number that a text writes: `12`, `0,5`, `0.5`, `95%`, `4/3`. Raises `CellError`."""
    text = text.strip()
    if len(text) > MAX_LENGTH or not (match := _TEXT.fullmatch(text)):
        raise CellError("not_number", value=shown(text))
    if _THOUSANDS.fullmatch(match[1]):
        raise CellError("number_ambiguous", value=shown(text))
    value = Fraction(match[1].replace(",", "."))
    return value * Fraction(1, 100) if match[2] else value


def whole_of(value: Value) -> int:
    """The whole number in a cell. Raises `CellError`."""
    number = number_of(value)
    if number.denominator != 1:
        raise CellError("not_whole", value=shown(value))
    return number.numerator


def shown(value: object) -> str:
    """A cell's value in a sentence."""
    if isinstance(value, date):
        return f"`{value:%d/%m/%Y}`"
    text = ("TRUE" if value else "FALSE") if isinstance(value, bool) else str(value)
    return f"`{text[:60]}{'…' if len(text) > 60 else ''}`"
