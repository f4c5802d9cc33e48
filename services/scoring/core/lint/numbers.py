"""Every number of the document must travel: at most six decimals, and small enough for the engine's scaled integers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import PLACES_SCALE, Scope
from shared.ruleset.document import Band, Expectation
from shared.ruleset.places import join

__all__ = ["check_numbers", "check_texts"]

LIMIT = 2**62


def check_numbers(scope: Scope) -> Iterator[Finding]:
    """Numbers with too many decimals or too large; some may be any fraction (`_is_free`)."""
    for path, value, exact_only in _leaves("", scope.rule_set, free=False):
        if not isinstance(value, Fraction):
            continue
        if abs(value) * PLACES_SCALE >= LIMIT:
            yield scope.find("number.too_large", path, value=shown(value))
        elif exact_only and (value * PLACES_SCALE).denominator != 1:
            yield scope.find("number.too_many_decimals", path, value=shown(value))


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
