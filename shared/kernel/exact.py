"""Exact numbers: every point, ratio and index is a rational number; rounding happens once, for show.

A ratio such as 1/3 of 2 points has no finite decimal, and levels and ties are decided on exact values, so values
are held as `Fraction` and travel as strings: `"1.25"` where a finite decimal exists, otherwise `"4/3"`.
Binary floats are refused everywhere (ADR 0004).
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

__all__ = ["MAX_LENGTH", "Exact", "Rounding", "exact_text", "parse_exact", "show", "vietnamese"]

Rounding = Literal["half_up", "half_even"]

_PATTERN = r"^-?(0|[1-9][0-9]*)(\.[0-9]+|/[1-9][0-9]*)?$"
_TEXT = re.compile(_PATTERN)
MAX_LENGTH = 4000  # the sum of a hundred and fifty ratios of large figures fits; a hostile megabyte number does not
_MAX_EXPONENT = 400
# Points repeat themselves over thousands of scorecards: numbers as short as this are read and written once each.
_REMEMBERED = 2**15
_SHORT = 20
_SMALL = 10**12


def parse_exact(value: Any) -> Fraction:
    """Read a number exactly: int, Decimal, Fraction, `"1.25"` or `"4/3"`; a float or bool is refused."""
    kind = type(value)  # first, and not by `isinstance`, which is slow for what may be a number: nearly all are these
    if kind is str:
        return _parse_text(value) if len(value) <= _SHORT else _read_text(value)
    if kind is Fraction or isinstance(value, Fraction):
        return value  # type: ignore[no-any-return]
    if isinstance(value, (bool, float)):
        raise ValueError(f"{value!r} is not an exact number: write it as an integer or as text such as '0.5'")
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > _MAX_EXPONENT:
            raise ValueError(f"{value} is not a finite number of a sensible size")
        return Fraction(value)
    if isinstance(value, str):
        return _read_text(value)
    raise _inexact(value)


def _read_text(value: str) -> Fraction:
    if len(value) <= MAX_LENGTH and _TEXT.fullmatch(value) and value.isascii():
        numerator, slash, denominator = value.partition("/")
        # `Fraction` would look at the text once more, for all forms that it knows.
        return Fraction(int(numerator), int(denominator)) if slash else Fraction(value)
    raise _inexact(value)


_parse_text = lru_cache(_REMEMBERED)(_read_text)


def _inexact(value: object) -> ValueError:
    return ValueError(f"{str(value)[:60]!r} is not an exact number: write '12', '0.5' or '4/3'")


def exact_text(value: Fraction) -> str:
    """Canonical text of an exact number: a finite decimal without trailing zeros, else `n/d` in lowest terms.

    Raises `ValueError` for one that `parse_exact` would not read back: better no write than one that nobody can read.
    """
    numerator, denominator = value.as_integer_ratio()
    if denominator < _SMALL and -_SMALL < numerator < _SMALL:
        return _short_text(numerator, denominator)
    text = _text(numerator, denominator)
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the exact number {text[:20]}… is longer than {MAX_LENGTH} characters")
    return text


def _text(numerator: int, denominator: int) -> str:
    if denominator == 1:
        return str(numerator)
    twos = fives = 0
    rest = denominator
    while rest % 2 == 0:
        rest //= 2
        twos += 1
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    if rest != 1:
        return f"{numerator}/{denominator}"
    places = max(twos, fives)
    digits = str(abs(numerator) * 10**places // denominator).rjust(places + 1, "0")
    return f"{'-' if numerator < 0 else ''}{digits[:-places]}.{digits[-places:]}"


_short_text = lru_cache(_REMEMBERED)(_text)


def show(value: Fraction, places: int, rounding: Rounding = "half_up") -> str:
    """The number rounded once for people, with exactly `places` decimals (Vietnamese half-up unless told)."""
    scaled = value * 10**places
    floor, remainder = divmod(abs(scaled.numerator), scaled.denominator)
    twice = 2 * remainder
    up = twice > scaled.denominator or (twice == scaled.denominator and (rounding == "half_up" or floor % 2 == 1))
    digits = str(floor + (1 if up else 0)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 and digits.strip("0") else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def vietnamese(text: str) -> str:
    """A number's text as written in Vietnamese: a comma before the decimals, points between thousands."""
    if "/" in text:
        return "/".join(vietnamese(part) for part in text.split("/"))
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, places = digits.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{sign}{grouped},{places}" if places else f"{sign}{grouped}"


Exact = Annotated[
    Fraction,
    PlainValidator(parse_exact),
    PlainSerializer(exact_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "description": "exact number: '12', '0.5' or '4/3'"}),
]
