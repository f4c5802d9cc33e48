"""How each kind of value is written into a cell and read from it.

What a person types is read leniently (case, spaces, comma or point); what cannot be meant in one way only is refused.
Text that would be read as something else is written with an apostrophe before it, as one types it in Excel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.numbers import number_cell, number_of, shown, whole_of
from services.scoring.core.workbook.reading import CellError, plain
from services.scoring.core.workbook.sheets import Style, Value
from services.scoring.core.workbook.words import Words
from shared.kernel.exact import exact_text

__all__ = ["CODES", "DATE", "FLAG", "LINES", "NUMBER", "RAW", "TEXT", "WHOLE", "Codec", "choice", "escaped", "text_of"]

Written = str | Decimal | date | None
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})\Z")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")


@dataclass(frozen=True)
class Codec:
    """`encode` takes what a model holds; `decode` gives plain data of the document and raises `CellError`."""

    encode: Callable[[Any], Written]
    decode: Callable[[Value], Any]
    style: Style = "body"
    words: tuple[str, ...] = ()


def text_of(value: Value) -> str:
    """The text in a cell. Raises `CellError`."""
    if isinstance(value, str):
        return value[1:] if value.startswith("'") else value.strip()
    if isinstance(value, date):
        raise CellError("text_is_date", value=shown(value))
    if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < 10**15:
        return str(int(value))
    raise CellError("not_text", value=shown(value))


def escaped(text: str, decode: Callable[[Value], Any] = text_of) -> str:
    """The text as a cell gives it back."""
    if text.lstrip().startswith("=") or not text.strip() or text.startswith("'"):
        return f"'{text}"
    try:
        return text if decode(text) == text else f"'{text}"
    except CellError:
        return f"'{text}"


def _exact(value: Value) -> str:
    return exact_text(number_of(value))


def _day(value: Value) -> str:
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    text = value.strip() if isinstance(value, str) else ""
    if match := _DAY.match(text):
        day, month, year = match.groups()
    elif match := _ISO.match(text):
        year, month, day = match.groups()
    else:
        raise CellError("not_date", value=shown(value))
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise CellError("not_date", value=shown(value)) from error


def _written_day(value: date) -> Written:
    """A date where Excel has one for it (its calendar begins in 1900, with a day that never was), else text."""
    return value if value.year > 1900 else f"{value.day:02}/{value.month:02}/{value.year:04}"


def choice(known: Words) -> Codec:
    """A closed list; what the document says for a word is taken as well."""
    labels = {value: word for word, value in known.items()}
    meanings = {plain(word): value for word, value in known.items()} | {value: value for value in labels if value}

    def decode(value: Value) -> str:
        found = meanings.get(plain(value)) if isinstance(value, str) else None
        if found is None:
            raise CellError("not_word", value=shown(value), expected="; ".join(known))
        return found

    return Codec(lambda value: labels[value], decode, "center", tuple(known))


_YES_NO = choice(words.YES_NO)


def _flag(value: Value) -> bool:
    return value if isinstance(value, bool) else _YES_NO.decode(value) == "true"


def _codes(value: Value) -> list[str]:
    return [part for part in re.split(r"[,;\s]+", text_of(value)) if part]


def _joined(codes: Iterable[str]) -> Written:
    return ", ".join(codes) or None


def _lines(value: Value) -> list[str]:
    """Items of a list: a line each, or each begun with `- ` and gone on with below two spaces."""
    lines = text_of(value).split("\n")
    if not lines[0].startswith("- "):
        return [line.strip() for line in lines if line.strip()]
    items: list[str] = []
    for line in lines:
        if line.startswith("- "):
            items.append(line[2:])
        elif line.startswith("  "):
            items[-1] += "\n" + line[2:]
        elif line.strip():
            items.append(line.strip())
    return items


def _written_lines(items: tuple[str, ...]) -> Written:
    if not items:
        return None
    dashed = "\n".join("- " + item.replace("\n", "\n  ") for item in items)
    return escaped(items[0] if len(items) == 1 and _lines(escaped(items[0])) == [items[0]] else dashed)


def _raw(value: Value) -> Value:
    return value


TEXT = Codec(escaped, text_of)
CODES = Codec(_joined, _codes, "center")
LINES = Codec(_written_lines, _lines)
NUMBER = Codec(lambda value: number_cell(Fraction(value)), _exact, "number")
WHOLE = Codec(Decimal, whole_of, "number")
DATE = Codec(_written_day, _day, "date")
FLAG = Codec(lambda value: words.YES if value else words.NO, _flag, "center", tuple(words.YES_NO))
RAW = Codec(_raw, _raw)  # type: ignore[arg-type]  # read by whoever knows the line
