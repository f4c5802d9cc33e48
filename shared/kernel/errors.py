"""Errors that people read: each names the place, the reason and the remedy, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

__all__ = ["Conflict", "DomainError", "Fault", "Forbidden", "Invalid", "NotFound"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place.

    `code` is stable and for programs (`answer.out_of_bounds`); `place` points at the field, line, cell or criterion;
    `vi` and `en` say what is wrong and `remedy_vi`/`remedy_en` what to do about it.
    """

    code: str
    place: str
    vi: str
    en: str
    remedy_vi: str = ""
    remedy_en: str = ""

    def as_json(self) -> dict[str, str]:
        """Plain JSON for problem documents and `--json`."""
        return {
            "code": self.code,
            "place": self.place,
            "vi": self.vi,
            "en": self.en,
            "remedy_vi": self.remedy_vi,
            "remedy_en": self.remedy_en,
        }

    def __str__(self) -> str:
        remedy = f" → {self.remedy_vi}" if self.remedy_vi else ""
        return f"{self.place}: {self.vi}{remedy} [{self.code}]"


@dataclass
class DomainError(Exception):
    """What a core or use case raises when it must refuse; the edge turns it into a problem document."""

    vi: str
    en: str
    faults: Sequence[Fault] = field(default_factory=tuple)
    code: str = "refused"

    @classmethod
    def of(cls, fault: Fault) -> Self:
        """The refusal that one fault alone is: it has the fault's words and code."""
        return cls(fault.vi, fault.en, (fault,), fault.code)

    def __str__(self) -> str:
        return "\n".join([f"{self.vi} ({self.en})", *(f"  {fault}" for fault in self.faults)])


class Invalid(DomainError):
    """The input is wrong in itself (HTTP 422)."""


class NotFound(DomainError):
    """What the request refers to does not exist (HTTP 404)."""


class Conflict(DomainError):
    """The input is fine but the state of affairs forbids it (HTTP 409)."""


class Forbidden(DomainError):
    """The person may not do this (HTTP 403)."""
