"""The page of everything lint finds (`docs/reference/lint-codes.md`), made from the words of the findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.scoring.core.lint.finding import CODES, words_of

__all__ = ["PAGE", "page_text"]

PAGE = "docs/reference/lint-codes.md"
_HEAD = """\
# What lint finds

Every finding that `xephang ruleset lint` (and `POST /rulesets/lint`) may have, in Vietnamese and English. A finding has
a stable code, a severity, a place (line of the YAML file, or sheet and cell of the workbook), a reason and a remedy. An
**error** forbids loading and approving the document; a **warning** asks for a second look. Findings come in the order
of the document, errors first; what has one cause is told once. `--json` gives them to programs. What cannot be read at
all is refused before lint, by the reader of the format.

Conditions are judged exactly: values that stand for all others are tried, within the bounds, options and states of the
figures. A rule that is said never to fire never does. Where a document asks for more than can be tried,
`rules.too_many` says so.

This page is made by `xephang ruleset lint --codes`; do not edit it by hand. How to amend a set:
[amend-criteria.md](../how-to/amend-criteria.md). The format: [rule-set-format.md](rule-set-format.md).
"""
# The first step of a code: what the family is about. In the order of the page.
_FAMILIES = {
    "set": "The whole set",
    "stage": "Stage",
    "section": "Sections",
    "criterion": "Criteria",
    "maximum": "Maxima",
    "title": "Titles",
    "basis": "Legal basis",
    "article": "Articles",
    "input": "Inputs",
    "unit": "Units",
    "number": "Numbers",
    "text": "Texts",
    "method": "Methods",
    "information": "Information only",
    "quotient": "Quotients",
    "bands": "Bands",
    "choice": "Choices",
    "relative": "Relative to the best in the group",
    "average": "Averages over sub-units",
    "per_unit": "Figures of sub-units",
    "by": "Methods by class",
    "bonus": "Bonus",
    "evidence": "Evidence",
    "asked_if": "Asked only if",
    "fact": "Facts",
    "comparison": "Comparisons",
    "rule": "Rules",
    "rules": "All rules together",
    "derived": "Derived facts",
    "effect": "Effects",
    "level": "Levels",
    "mean": "Means",
    "weight": "Weights",
    "tie_breaker": "Tie-breakers",
    "example": "Examples",
    "version": "Versions",
    "amendment": "Amendments",
    "mapping": "Mapping",
}
_BLANK = re.compile(r"\{\w+\}")
_LEFT_OUT = {
    "hint_vi": "(tên gần giống, hoặc các tên dùng được)",
    "hint_en": "(the name that was meant, or those there are)",
}


def page_text() -> str:
    """The whole page; raises `KeyError` for a code of a family that the page has no heading for."""
    families: dict[str, list[str]] = {family: [] for family in _FAMILIES}
    for code in CODES:
        families[code.partition(".")[0]].append(code)
    lines = [line for family, codes in families.items() if codes for line in _family(family, codes)]
    return "\n".join([_HEAD, *lines]).rstrip() + "\n"


def _family(family: str, codes: list[str]) -> Iterator[str]:
    yield f"## {_FAMILIES[family]}\n"
    yield "| code | severity | what is wrong | remedy |"
    yield "|---|---|---|---|"
    for code in sorted(codes):
        vi, en, remedy_vi, remedy_en = (_cell(text) for text in words_of(code))
        severity = "**error**" if CODES[code] == "error" else "warning"
        yield f"| `{code}` | {severity} | {vi}<br>*{en}* | {remedy_vi}<br>*{remedy_en}* |"
    yield ""  # a line between families


def _cell(text: str) -> str:
    for name, words in _LEFT_OUT.items():
        text = text.replace(f"{{{name}}}", words)
    text = text.replace("{together_vi}", " (cùng)").replace("{together_en}", " (together)")
    return _BLANK.sub("…", text).replace("{{", "{").replace("}}", "}").replace("|", "\\|").replace("*", "\\*")
