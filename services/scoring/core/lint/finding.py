"""One thing lint has to say, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Literal

from services.scoring.core.lint import (
    words_amendment,
    words_examples,
    words_result,
    words_rules,
    words_scoring,
    words_sources,
    words_structure,
)
from shared.kernel.errors import Fault
from shared.kernel.exact import exact_text
from shared.ruleset.places import Places

__all__ = ["CODES", "Finding", "Severity", "finding", "shown", "value_words", "words_of"]

Severity = Literal["error", "warning"]
Words = Mapping[str, tuple[str, str, str, str]]

_WORDS = (
    words_structure,
    words_result,
    words_scoring,
    words_rules,
    words_sources,
    words_examples,
    words_amendment,
)
_ERRORS: Words = {code: words for module in _WORDS for code, words in module.ERRORS.items()}
_WARNINGS: Words = {code: words for module in _WORDS for code, words in module.WARNINGS.items()}
_SHOWN_BITS = 200

CODES: Mapping[str, Severity] = {**dict.fromkeys(_ERRORS, "error"), **dict.fromkeys(_WARNINGS, "warning")}


@dataclass(frozen=True, slots=True)
class Finding(Fault):
    """A fault of a document that is valid in shape: an error forbids approving it, a warning asks for a second look.

    `path` is the spot in the document (`rules[2].when.fact`); `place` names the line as well. `about` is the name that
    it is about, `meant` the one that was probably meant: findings of one cause have them in common.
    """

    severity: Severity = "error"
    path: str = ""
    about: str = ""
    meant: str = ""

    def as_json(self) -> dict[str, str]:
        """Plain JSON, with severity and path."""
        return {**Fault.as_json(self), "severity": self.severity, "path": self.path}


def words_of(code: str) -> tuple[str, str, str, str]:
    """What is wrong and the remedy, each in Vietnamese and English, with `{…}` where names and figures stand."""
    return _ERRORS.get(code) or _WARNINGS[code]


def finding(places: Places, code: str, path: str, **values: object) -> Finding:
    """The finding of this code; `unknown` (or `name`) and `known` among the values become a did-you-mean."""
    known = values.pop("known", ())
    name = str(values.get("unknown", values.get("name", "")))
    names = sorted({str(each) for each in known}) if isinstance(known, Iterable) else []
    close = _alike(name, names)
    hints = _hints(close, names)
    vi, en, remedy_vi, remedy_en = (text.format(**{**hints, **values}) for text in words_of(code))
    of = f"{values['input']}." if "input" in values else ""  # the options of one input are no other's
    about, meant = (of + name if name else ""), (of + close[0] if close else "")
    return Finding(code, places.at(path), vi, en, remedy_vi, remedy_en, CODES[code], path, about, meant)


def _alike(name: str, names: list[str]) -> list[str]:
    """The name that was probably meant, if one is alike: of facts the part after the point; codes are never alike."""
    space, _, own = name.rpartition(".")
    others = {each.rpartition(".")[2]: each for each in names if each.rpartition(".")[0] == space}
    if not own or own.isdecimal():
        return []
    return [others[each] for each in get_close_matches(own, others, n=1)]


def _hints(close: list[str], names: list[str]) -> dict[str, str]:
    if close:
        return {"hint_vi": f"Có phải là `{close[0]}`?", "hint_en": f"Did you mean `{close[0]}`?"}
    if 0 < len(names) <= 12:
        listed = ", ".join(names)
        return {"hint_vi": f"Dùng một trong: {listed}.", "hint_en": f"Use one of: {listed}."}
    return {"hint_vi": "Khai báo nó, hoặc sửa tên.", "hint_en": "Declare it, or correct the name."}


def shown(value: Fraction) -> str:
    """The number for people; one too long to be read (and for Python to print) is only hinted at."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _SHOWN_BITS:
        return "…"
    return exact_text(value)


def value_words(value: bool | Fraction | str) -> str:
    """A value as it is written in the document."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown(value) if isinstance(value, Fraction) else value
