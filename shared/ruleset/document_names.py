"""What all parts of a rule-set document are made of: identifiers, words, the legal basis, the years it is made for."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = [
    "BestKey",
    "CriterionCode",
    "DocumentPart",
    "FactName",
    "Group",
    "InputId",
    "LegalBasis",
    "Programme",
    "SectionCode",
    "Sentence",
    "Slug",
    "Stage",
    "Text",
    "UnitName",
    "Version",
]

Programme = Literal["it", "portal"]
Group = Literal["province", "district"]

# Identifiers are plain ASCII, so that look-alike letters cannot make two names of one.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
InputId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$", max_length=20)]
SectionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")]
CriterionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,2})?$")]
FactName = Annotated[
    str,
    StringConstraints(pattern=r"^(submission|input|state|criterion|derived)\.[a-z][a-z0-9_]*$", max_length=80),
]
# The highest value of an input in a group, or of a quotient: `staff_it/staff_total` (shared/ruleset/uses.py).
BestKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?$", max_length=129)]
UnitName = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class DocumentPart(BaseModel):
    """Any part of the document: frozen, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(DocumentPart):
    """Words for people: Vietnamese always, English where there is one."""

    vi: Sentence
    en: Sentence | None = None


class LegalBasis(DocumentPart):
    """A legal document the set rests on (căn cứ pháp lý)."""

    number: Sentence
    issued_on: date
    issuer: Sentence
    title: Sentence


class Stage(DocumentPart):
    """Assessment years the set is made for, both included."""

    first_year: Annotated[int, Field(ge=2000, le=2100)]
    last_year: Annotated[int, Field(ge=2000, le=2100)]
