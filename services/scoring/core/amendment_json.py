"""An amendment for programs. Fields are only ever added; numbers are exact text."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

from services.scoring.core.amendment_model import Amendment
from shared.kernel.exact import exact_text

__all__ = ["amendment_json"]


def amendment_json(amendment: Amendment) -> dict[str, Any]:
    """The amendment as plain JSON: every field of `Amendment`, and whether it is empty."""
    return {"format": "xephang.amendment/1", "empty": amendment.is_empty(), **_plain(amendment)}


def _plain(part: Any) -> Any:
    if is_dataclass(part):
        return {each.name: _plain(getattr(part, each.name)) for each in fields(part)}
    if isinstance(part, tuple):
        return [_plain(each) for each in part]
    return exact_text(part) if isinstance(part, Fraction) else part
