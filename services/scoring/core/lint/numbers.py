"""Every number of the document must travel: at most six decimals, and small enough for the engine's scaled integers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import PLACES_SCALE, Scope
from shared.kernel.exact import MAX_LENGTH
from shared.ruleset.document import Band, Expectation, Input, Quotient, RatioMethod, RelativeMethod
from shared.ruleset.places import join

__all__ = ["check_lengths", "check_numbers", "check_texts"]

LIMIT = 2**62
_BESIDES = 50  # characters of a total beside its denominators' digits: points, the stroke, six decimals here and there


def check_numbers(scope: Scope) -> Iterator[Finding]:
    """Numbers with too many decimals or too large; some may be any fraction (`_is_free`)."""
    for path, value, exact_only in _leaves("", scope.rule_set, free=False):
        if not isinstance(value, Fraction):
            continue
        if abs(value) * PLACES_SCALE >= LIMIT:
            yield scope.find("number.too_large", path, value=shown(value))
        elif exact_only and (value * PLACES_SCALE).denominator != 1:
            yield scope.find("number.too_many_decimals", path, value=shown(value))


def check_lengths(scope: Scope) -> Iterator[Finding]:
    """Totals that may become too long to be read: they hold the product of all denominators, above and below."""
    digits = sum(_denominators(scope).values())
    if 2 * digits + _BESIDES > MAX_LENGTH:
        yield scope.find("set.totals_too_long", "sections", digits=digits, limit=(MAX_LENGTH - _BESIDES) // 2)


def _denominators(scope: Scope) -> dict[object, int]:
    """What points are divided by, each once, with the digits it may have; bands give points of their own."""
    found: dict[object, int] = {}
    for _, method in scope.each_method():
        match method:
            case RatioMethod(of=Quotient(denominator=None, whole=Fraction() as whole)):
                found[whole] = len(str(abs(whole * PLACES_SCALE).numerator))
            case RatioMethod(of=Quotient(denominator=str() as name)):
                found[name] = _digits(scope.inputs.get(name))
            case RelativeMethod(input=name):
                found["best", name] = _digits(scope.inputs.get(name))
            case _:
                pass
    return found


def _digits(item: Input | None) -> int:
    """The digits of the largest figure that may be answered, with its decimals."""
    declared = item.maximum if item is not None else None
    largest = (LIMIT - 1) // PLACES_SCALE if declared is None else abs(declared)
    scale = PLACES_SCALE if item is not None and item.type == "decimal" else 1
    return len(str(min(int(largest * scale), LIMIT)))


def check_texts(scope: Scope) -> Iterator[Finding]:
    """Texts that are not in composed form, which look the same and hash differently."""
    for path, value, _ in _leaves("", scope.rule_set, free=False):
        if isinstance(value, str) and not unicodedata.is_normalized("NFC", value):
            yield scope.find("text.not_composed", path)


def _leaves(path: str, value: Any, *, free: bool) -> Iterator[tuple[str, Any, bool]]:
    """Leaves of the document with their paths; `free` marks numbers that may be any fraction."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            item = getattr(value, name)
            if item is not None:
                yield from _leaves(join(path, info.alias or name), item, free=free or _is_free(value, name, item))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(join(path, key), item, free=free)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _leaves(join(path, index), item, free=free)
    else:
        yield path, value, not free


def _is_free(owner: BaseModel, name: str, value: object) -> bool:
    """What an example expects, and the ends of bands: "two thirds" is a threshold that the engine never sees."""
    return isinstance(value, Expectation) or (isinstance(owner, Band) and name != "points")
