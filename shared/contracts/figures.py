"""Reads one figure (số liệu) exactly, as its input asks for it: an agency's answer, or a verifier's adjusted value.

Integers are JSON integers, decimals numbers or text such as "12.5" with at most six places, choices the option's id.
An input that every sub-unit is asked is answered by unit: `{"units": {"Xã An Thượng": 12, …}}`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from shared.contracts.common import Answer, UnitAnswer
from shared.contracts.figure_wording import FIGURE_WORDS
from shared.kernel.errors import Fault
from shared.kernel.exact import exact_text, parse_exact
from shared.ruleset.document import Criterion, Input
from shared.ruleset.places import join

__all__ = ["ENGINE_LIMIT", "MAX_PLACES", "MAX_TEXT", "MAX_UNITS", "MAX_UNIT_NAME", "read_figure"]

MAX_PLACES = 6
MAX_UNITS = 500
MAX_UNIT_NAME = 200
MAX_TEXT = 2000
_SCALE = 10**MAX_PLACES
ENGINE_LIMIT = 2**62  # figures reach the rules engine as integers of 64 bits, scaled
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DECIMAL_TEXT = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?\Z", re.ASCII)

_NOT_REPORTED = Answer(state="not_reported")
_NOT_APPLICABLE = Answer(state="not_applicable")


class _Wrong(Exception):
    """The figure is wrong: the code and what fills its words; `unit` if it is the figure of a sub-unit."""

    def __init__(self, code: str, unit: str | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.unit = unit
        self.values = values


def read_figure(criterion: Criterion, item: Input, given: object, place: str) -> Answer | Fault:
    """The answer in canonical form, or what is wrong with it at `place`.

    `given` is a plain value, null for "not reported", or `{"state": …}` with `value` in the state `value`; for an input
    of sub-units `{"units": {name: given}}`, or a state of the whole.
    """
    given = _without_empty(given)
    try:
        return _of_units(criterion, item, given) if item.per_unit else _answer(criterion, item, given)
    except _Wrong as wrong:
        if wrong.unit is not None:
            place = join(place, "units", wrong.unit)
        about = {"criterion": criterion.code, "title": item.title.vi, "title_en": item.title.en or item.id}
        vi, en, remedy_vi, remedy_en = (text.format(**about, **wrong.values) for text in FIGURE_WORDS[wrong.code])
        return Fault(wrong.code, place, vi, en, remedy_vi, remedy_en)


def _without_empty(given: object) -> object:
    """Without the fields that are empty where answers are shown, so that they can be sent again."""
    if not isinstance(given, Mapping) or "state" not in given:
        return given
    empty = "value" if given.get("units") else "units"
    return {name: one for name, one in given.items() if name != empty or (one is not None and one != {})}


def _of_units(criterion: Criterion, item: Input, given: object) -> Answer:
    if given is not None and not isinstance(given, Mapping):
        raise _Wrong("answer.not_by_unit", value=_shown(given))
    if not isinstance(given, Mapping) or "units" not in given:
        return _answer(criterion, item, given)
    units = given["units"]
    if not set(given) <= {"state", "units"} or given.get("state", "value") != "value" or not isinstance(units, Mapping):
        raise _Wrong("answer.malformed_units")
    if len(units) > MAX_UNITS:
        raise _Wrong("answer.too_many_units", limit=MAX_UNITS)
    answers: dict[str, UnitAnswer] = {}
    for name, one in units.items():
        unit = _unit_name(name)
        if unit in answers:
            raise _Wrong("answer.unit_twice", unit, value=_shown(unit))
        try:
            read = _answer(criterion, item, one)
        except _Wrong as wrong:
            raise _Wrong(wrong.code, unit, **wrong.values) from wrong
        answers[unit] = UnitAnswer(state=read.state, value=read.value)
    return Answer(state="value", units=dict(sorted(answers.items()))) if answers else _NOT_REPORTED


def _unit_name(name: object) -> str:
    # One spelling for one name: composed letters, single spaces. Units are matched by it across inputs.
    unit = " ".join(unicodedata.normalize("NFC", name).split()) if isinstance(name, str) else ""
    if not 0 < len(unit) <= MAX_UNIT_NAME or _NOT_TEXT.search(unit):
        raise _Wrong("answer.unit_name", value=_shown(name), limit=MAX_UNIT_NAME)
    return unit


def _answer(criterion: Criterion, item: Input, given: object) -> Answer:
    if given is None:
        return _NOT_REPORTED
    if not isinstance(given, Mapping):
        return _value(item, given)
    state = given.get("state")
    if state == "value" and set(given) == {"state", "value"} and given["value"] is not None:
        return _value(item, given["value"])  # the form in which answers are shown, so that they can be sent again
    if not set(given) <= {"state", "value"} or given.get("value") is not None:
        raise _Wrong("answer.malformed_state")
    if state == "not_reported":
        return _NOT_REPORTED
    if state != "not_applicable":
        raise _Wrong("answer.malformed_state")
    if criterion.not_applicable != "allowed":
        raise _Wrong("answer.not_applicable_refused")
    return _NOT_APPLICABLE


def _value(item: Input, given: object) -> Answer:
    match item.type:
        case "boolean":
            if not isinstance(given, bool):
                raise _Wrong("answer.not_boolean", value=_shown(given))
            return Answer(state="value", value=given)
        case "integer":
            return Answer(state="value", value=_integer(item, given))
        case "decimal":
            return Answer(state="value", value=exact_text(_decimal(item, given)))
        case "choice":
            return Answer(state="value", value=_option(item, given))
        case "text":
            return _text(given)


def _integer(item: Input, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise _Wrong("answer.not_integer", value=_shown(given))
    number = _exact(given, "answer.not_integer")
    if number.denominator != 1:
        raise _Wrong("answer.not_integer", value=_shown(given))
    return int(_within(item, number))


def _decimal(item: Input, given: object) -> Fraction:
    if isinstance(given, bool) or not isinstance(given, int | Decimal | str):
        raise _Wrong("answer.not_decimal", value=_shown(given))
    if isinstance(given, str) and not _DECIMAL_TEXT.match(given):
        code = "answer.decimal_comma" if "," in given else "answer.not_decimal"
        raise _Wrong(code, value=_shown(given))
    number = _exact(given, "answer.not_decimal")
    if (number * _SCALE).denominator != 1:
        raise _Wrong("answer.too_many_decimals", value=_shown(given), places=MAX_PLACES)
    return _within(item, number)


def _exact(given: int | Decimal | str, code: str) -> Fraction:
    try:
        return parse_exact(given)
    except ValueError as error:
        raise _Wrong(code, value=_shown(given)) from error


def _within(item: Input, number: Fraction) -> Fraction:
    # The general limit first: beyond it the number is not even worth showing.
    if abs(number) * _SCALE >= ENGINE_LIMIT:
        raise _Wrong("answer.too_large")
    below = item.minimum is not None and number < item.minimum
    if below or (item.maximum is not None and number > item.maximum):
        raise _Wrong("answer.out_of_bounds", value=f"`{exact_text(number)}`", **_bounds(item))
    return number


def _bounds(item: Input) -> dict[str, str]:
    unit = f" {item.unit}" if item.unit else ""
    low = "" if item.minimum is None else exact_text(item.minimum)
    high = "" if item.maximum is None else exact_text(item.maximum)
    if low and high:
        return {"bounds": f"{low} – {high}{unit}"}
    return {"bounds": f"≥ {low}{unit}" if low else f"≤ {high}{unit}"}


def _option(item: Input, given: object) -> str:
    options = [option.id for option in item.options]
    if not isinstance(given, str) or given not in options:
        listed = ", ".join(f"{option.id} ({option.title.vi})" for option in item.options)
        raise _Wrong("answer.unknown_option", value=_shown(given), options=listed)
    return given


def _text(given: object) -> Answer:
    if not isinstance(given, str):
        raise _Wrong("answer.not_text", value=_shown(given))
    text = given.strip()
    if len(text) > MAX_TEXT:
        raise _Wrong("answer.text_too_long", limit=MAX_TEXT)
    if _NOT_TEXT.search(text):
        raise _Wrong("answer.control_character")
    return Answer(state="value", value=text) if text else _NOT_REPORTED


def _shown(given: object) -> str:
    """What was sent, short enough to be read and safe to print."""
    if isinstance(given, bool):
        return "`true`" if given else "`false`"
    if isinstance(given, Mapping | list | tuple):
        return "{…}" if isinstance(given, Mapping) else "[…]"
    if isinstance(given, int) and abs(given) >= 10**40:
        return "`…`"  # Python refuses to print integers of thousands of digits
    text = ascii(given)[1:-1] if isinstance(given, str) and _NOT_TEXT.search(given) else str(given)
    return f"`{text[:60]}{'…' if len(text) > 60 else ''}`"
