"""Answers of examples in cells: có, không, a number, an option, a text, a state, or what each sub-unit answered."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.scoring.core.workbook import words
from services.scoring.core.workbook.codecs import CODES, Codec, escaped, text_of
from services.scoring.core.workbook.conditions import value_text
from services.scoring.core.workbook.numbers import number_cell, number_of, shown, text_number
from services.scoring.core.workbook.reading import CellError, plain
from services.scoring.core.workbook.sheets import Value
from shared.kernel.exact import exact_text
from shared.ruleset.document import ExampleAnswer, ExampleUnits

__all__ = ["ANSWER", "FIRED"]

_UNITS = "Theo đơn vị:"
_NONE = "(không)"
_STATE_WORDS = {value: word for word, value in words.STATES.items()}
_STATES = {plain(word): value for word, value in words.STATES.items()}
_NUMERIC = re.compile(r"[-0-9][-0-9.,/%\s]*")


def _answer_cell(value: bool | Fraction | ExampleAnswer | ExampleUnits | str) -> str | Decimal:
    if isinstance(value, bool):
        return words.YES if value else words.NO
    if isinstance(value, Fraction):
        return number_cell(value)
    if isinstance(value, ExampleAnswer):
        return _STATE_WORDS[value.state]
    if isinstance(value, ExampleUnits):
        return "\n".join(
            [_UNITS, *(f"{_quoted(name, ':')}: {_unit_text(one)}" for name, one in sorted(value.units.items()))]
        )
    return escaped(value, _answer)


def _answer(value: Value) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return exact_text(number_of(value))
    if isinstance(value, date) or not isinstance(value, str):
        raise CellError("text_is_date", value=shown(value))
    if value.startswith("'"):
        return value[1:]
    lines = value.strip().split("\n")
    if plain(lines[0]) == plain(_UNITS):
        return {"units": _units(lines[1:])}
    return _scalar(value.strip())


def _scalar(text: str) -> Any:
    """A value written as text: có, không, a state, a number, or the text itself."""
    word = plain(text)
    if word in _STATES:
        return {"state": _STATES[word]}
    if word in (plain(words.YES), plain(words.NO)):
        return word == plain(words.YES)
    return exact_text(text_number(text)) if _NUMERIC.fullmatch(text) and _is_number(text) else text


def _is_number(text: str) -> bool:
    """Whether it writes a number; one that can be read in two ways is refused."""
    try:
        text_number(text)
    except CellError as error:
        if error.code == "number_ambiguous":
            raise
        return False
    return True


def _unit_text(value: bool | Fraction | ExampleAnswer | str) -> str:
    if isinstance(value, ExampleAnswer):
        return _STATE_WORDS[value.state]
    if not isinstance(value, str):
        return value_text(value)
    return _quoted(value) if _plain_unit(value) != value else value


def _plain_unit(text: str) -> Any:
    try:
        return _scalar(text.strip()) if "\n" not in text and not text.startswith(('"', "'")) else None
    except CellError:
        return None


def _quoted(text: str, *signs: str) -> str:
    """The text, in quotation marks where it would not be read as itself."""
    special = text != text.strip() or not text or text[0] in "\"'=" or any(sign in text for sign in ("\n", *signs))
    return json.dumps(text, ensure_ascii=False) if special or _plain_unit(text) != text else text


_UNIT_LINE = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^":][^:]*):\s*(.*)', re.DOTALL)


def _units(lines: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines:
        if not line.strip():
            continue
        match = _UNIT_LINE.fullmatch(line)
        if not match:
            raise CellError("units", value=line[:80])
        name = _unquoted(match[1].strip())
        if name in found:
            raise CellError("units", value=line[:80])
        text = match[2].strip()
        found[name] = _unquoted(text) if text.startswith('"') else _scalar(text)
    return found


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CellError("units", value=text[:80]) from error
    return str(found)


def _rules(value: Value) -> list[str]:
    text = text_of(value)
    return [] if plain(text) == plain(_NONE) else list(CODES.decode(text))


ANSWER = Codec(_answer_cell, _answer, "answer")
FIRED = Codec(lambda value: ", ".join(value) or _NONE, _rules, "center")
