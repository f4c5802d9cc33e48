"""Conditions as a line of text: `submission.days_late ≥ 1 và không (input.x = có)`, and back exactly.

    condition  = both { "hoặc" both }
    both       = one { "và" one }
    one        = "không" one | "và" ( condition ) | "hoặc" ( condition ) | ( condition ) | comparison
    comparison = fact { ("=" | "≠" | "≥" | ">" | "≤" | "<") value }
    value      = "có" | "không" | a number | a name

`và (x)` and `hoặc (x)` are lists of one. Parentheses keep what stands in them together: `(a và b) và c` is not
`a và b và c`, though it means the same. Several tests of one fact stand behind it: `submission.days_late ≥ 1 < 3`.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import Any

from services.scoring.core.workbook.numbers import NUMBER, number_text, text_number
from services.scoring.core.workbook.reading import CellError
from shared.kernel.exact import exact_text
from shared.ruleset.document import AllOf, AnyOf, Comparison, Condition

__all__ = ["condition_of", "condition_text", "value_of", "value_text"]

_TESTS = {"is_": "=", "is_not": "≠", "at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}
_SIGNS = {sign: key.rstrip("_") for key, sign in _TESTS.items()} | {
    ">=": "at_least",
    "<=": "at_most",
    "<>": "is_not",
    "!=": "is_not",
}
_TOKEN = re.compile(rf"\s*(?:(>=|<=|<>|!=|[=≠≥>≤<()])|({NUMBER})(?![\w.])|([^\W\d_][\w.]*))")
_WORDS = {"và": "and", "hoặc": "or", "không": "not", "and": "and", "or": "or", "not": "not"}
_VALUES = {"có": True, "không": False}
_MAX_DEPTH = 20


def value_text(value: bool | Fraction | str) -> str:
    """A fact's value as it is written in conditions and effects."""
    if isinstance(value, bool):
        return "có" if value else "không"
    return number_text(value) if isinstance(value, Fraction) else value


def value_of(text: str) -> bool | str:
    """A fact's value from its text, as plain data: numbers stay text. Raises `CellError`."""
    if text in _VALUES:
        return _VALUES[text]
    return exact_text(text_number(text)) if re.fullmatch(NUMBER, text) else text


def condition_text(condition: Condition) -> str:
    """The condition in one line."""
    match condition:
        case Comparison():
            tests = ((sign, getattr(condition, key)) for key, sign in _TESTS.items())
            return " ".join(
                [condition.fact, *(f"{sign} {value_text(value)}" for sign, value in tests if value is not None)]
            )
        case AllOf(all=items):
            return _listed("và", items)
        case AnyOf(any=items):
            return _listed("hoặc", items)
        case _:
            return f"không ({condition_text(condition.not_)})"


def _listed(word: str, items: tuple[Condition, ...]) -> str:
    if len(items) == 1:
        return f"{word} ({condition_text(items[0])})"
    return f" {word} ".join(_inside(item) for item in items)


def _inside(item: Condition) -> str:
    text = condition_text(item)
    return f"({text})" if isinstance(item, AllOf | AnyOf) else text


def condition_of(text: str) -> dict[str, Any]:
    """The condition that a text writes, as plain data. Raises `CellError` at what is not understood."""
    parser = _Parser(unicodedata.normalize("NFC", text))
    found = parser.either(0)
    if parser.ahead:
        raise parser.wrong("cần “và”, “hoặc” hoặc hết dòng", "“và”, “hoặc” or the end is expected")
    return found


class _Parser:
    """Recursive descent over the tokens; `ahead` is the one to be taken next, empty at the end."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._start = self._end = 0
        self.ahead = ""
        self._next()

    def _next(self) -> str:
        taken, self._start = self.ahead, self._end
        if self._end >= len(self._text):
            self.ahead = ""
            return taken
        match = _TOKEN.match(self._text, self._end)
        if not match:
            raise self.wrong("ký tự lạ", "a strange character")
        word = match[3]
        self.ahead = match[1] or match[2] or (word.lower() if word.lower() in _WORDS | _VALUES else word)
        self._end = match.end()
        return taken

    def wrong(self, vi: str, en: str) -> CellError:
        rest = self._text[self._start :].strip()[:40] or "…"
        return CellError("condition", rest=rest, expected_vi=vi, expected_en=en)

    def either(self, depth: int) -> dict[str, Any]:
        items = [self._both(depth)]
        while _WORDS.get(self.ahead) == "or":
            self._next()
            items.append(self._both(depth))
        return items[0] if len(items) == 1 else {"any": items}

    def _both(self, depth: int) -> dict[str, Any]:
        items = [self._one(depth)]
        while _WORDS.get(self.ahead) == "and":
            self._next()
            items.append(self._one(depth))
        return items[0] if len(items) == 1 else {"all": items}

    def _one(self, depth: int) -> dict[str, Any]:
        if depth > _MAX_DEPTH:
            raise self.wrong("lồng quá sâu", "it nests too deeply")
        word = _WORDS.get(self.ahead)
        if word == "not":
            self._next()
            return {"not": self._one(depth + 1)}
        if word:
            self._next()
            return {"all" if word == "and" else "any": [self._group(depth)]}
        return self._group(depth) if self.ahead == "(" else self._comparison()

    def _group(self, depth: int) -> dict[str, Any]:
        if self.ahead != "(":
            raise self.wrong("cần dấu “(”", "“(” is expected")
        self._next()
        inside = self.either(depth + 1)
        if self.ahead != ")":
            raise self.wrong("thiếu dấu “)”", "“)” is missing")
        self._next()
        return inside

    def _comparison(self) -> dict[str, Any]:
        if not re.match(r"[a-z]", self.ahead) or "." not in self.ahead:
            raise self.wrong("cần tên như input.x hoặc submission.days_late", "a fact such as input.x is expected")
        found: dict[str, Any] = {"fact": self._next()}
        while self.ahead in _SIGNS:
            key = _SIGNS[self.ahead]
            if key in found:
                raise self.wrong("phép so sánh này đã có", "this comparison is there already")
            self._next()
            if not self.ahead or self.ahead in _SIGNS or self.ahead in "()":
                raise self.wrong("thiếu giá trị để so sánh", "the value to compare with is missing")
            found[key] = value_of(self.ahead)
            self._next()
        return found
