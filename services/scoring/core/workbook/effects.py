"""Effects of rules as lines of text, one effect a line, and back exactly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from services.scoring.core.workbook.conditions import value_of, value_text
from services.scoring.core.workbook.numbers import NUMBER, number_text, text_number
from services.scoring.core.workbook.reading import CellError
from shared.kernel.exact import exact_text
from shared.ruleset.document import (
    CapSection,
    Deduct,
    Derive,
    Effect,
    ExcludeCriterion,
    ExcludeFromRanking,
    Flag,
    ZeroCriterion,
    ZeroSection,
)

__all__ = ["effect_text", "effects_of"]

_POINTS = rf"(?P<points>{NUMBER})(?: điểm)?"
_MOST = rf"(?P<most>{NUMBER})(?: điểm)?"
_TARGET = r"(?P<target>này|[\w.]+)"
_SECTION = r"hạng mục (?P<section>[\w.]+)"


def effect_text(effect: Effect) -> str:
    """The effect in one line."""
    match effect:
        case Derive(fact=fact, value=value):
            return f"ghi nhận {fact}" + ("" if value is None else f" = {value_text(value)}")
        case Deduct(points=points, from_=whence, times=times, at_most=at_most):
            of = "tổng" if whence == "total" else f"hạng mục {whence}"
            often = f" × {times}" if times else ""
            most = f", tối đa {number_text(at_most)} điểm" if at_most is not None else ""
            return f"trừ {number_text(points)} điểm {of}{often}{most}"
        case CapSection(section=section, at_most=at_most):
            return f"hạng mục {section} tối đa {number_text(at_most)} điểm"
        case ZeroCriterion(criterion=criterion):
            return f"tiêu chí {_target(criterion)} 0 điểm"
        case ZeroSection(section=section):
            return f"hạng mục {section} 0 điểm"
        case ExcludeCriterion(criterion=criterion):
            return f"không tính tiêu chí {_target(criterion)}"
        case ExcludeFromRanking():
            return "không xếp hạng"
        case Flag(flag=flag):
            return f"đánh dấu {flag}"


def _target(criterion: str) -> str:
    return "này" if criterion == "this" else criterion


def _criterion(target: str) -> str:
    return "this" if target.lower() == "này" else target


def effects_of(text: str) -> list[dict[str, Any]]:
    """The effects that lines of text write, as plain data. Raises `CellError`."""
    lines = (re.sub(r"\s+", " ", line).strip(" ;-") for line in unicodedata.normalize("NFC", text).split("\n"))
    return [_effect(line) for line in lines if line]


def _effect(line: str) -> dict[str, Any]:
    for pattern, build in _FORMS:
        if match := pattern.fullmatch(line):
            return build({key: value for key, value in match.groupdict().items() if value is not None})
    raise CellError("effect", value=line[:80])


def _number(text: str) -> str:
    return exact_text(text_number(text))


def _derive(found: dict[str, str]) -> dict[str, Any]:
    stated = {"value": value_of(found["value"])} if "value" in found else {}
    return {"effect": "derive", "fact": found["fact"], **stated}


def _deduct(found: dict[str, str]) -> dict[str, Any]:
    effect = {"effect": "deduct", "points": _number(found["points"]), "from": found.get("section", "total")}
    if "times" in found:
        effect["times"] = found["times"]
    return effect | ({"at_most": _number(found["most"])} if "most" in found else {})


def _named(effect: str) -> Callable[[dict[str, str]], dict[str, Any]]:
    def build(found: dict[str, str]) -> dict[str, Any]:
        target = (
            {"criterion": "this" if found["target"].lower() == "này" else found["target"]} if "target" in found else {}
        )
        most = {"at_most": _number(found["most"])} if "most" in found else {}
        return {"effect": effect, **{k: v for k, v in found.items() if k in ("section", "flag")}, **target, **most}

    return build


_FORMS: tuple[tuple[re.Pattern[str], Callable[[dict[str, str]], dict[str, Any]]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), build)
    for pattern, build in (
        (r"ghi nhận (?P<fact>[\w.]+)(?: ?= ?(?P<value>\S+))?", _derive),
        (rf"trừ {_POINTS} (?:tổng(?: điểm)?|{_SECTION})(?: ?[×x*] ?(?P<times>[\w.]+))?(?:,? tối đa {_MOST})?", _deduct),
        (rf"{_SECTION}:? tối đa {_MOST}", _named("cap_section")),
        (rf"tiêu chí {_TARGET}:? 0 điểm", _named("zero_criterion")),
        (rf"{_SECTION}:? 0 điểm", _named("zero_section")),
        (rf"không tính tiêu chí {_TARGET}", _named("exclude_criterion")),
        (r"không xếp hạng", _named("exclude_from_ranking")),
        (r"đánh dấu (?P<flag>\S+)", _named("flag")),
    )
)
