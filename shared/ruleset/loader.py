"""Reads a rule set from text or a file: either a valid document, or every fault in it with its line and its remedy.

    load_text(text, "it-province.yaml")   →  LoadedRuleSet, which lint takes
    load_rule_set(path)                   →  RuleSet

Whatever comes in, the only exception that comes out is `RuleSetRefused`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shared.kernel.errors import Fault, Invalid
from shared.ruleset.document import RuleSet
from shared.ruleset.places import Places, join, subjects
from shared.ruleset.reading import MAX_BYTES, Unreadable, check_plain, read_text
from shared.ruleset.refusals import faults_of
from shared.ruleset.wording import fault

__all__ = ["LoadedRuleSet", "RuleSetRefused", "load_data", "load_file", "load_rule_set", "load_text"]

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MAX_FAULTS = 200


class RuleSetRefused(Invalid):
    """The document is no rule set; `faults` say where, why and what to do."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        count = len(faults)
        super().__init__(
            f"Bộ tiêu chí bị từ chối: {count} lỗi.",
            f"The rule set is refused: {count} fault{'' if count == 1 else 's'}.",
            tuple(faults),
            "ruleset.refused",
        )


@dataclass(frozen=True)
class LoadedRuleSet:
    """A valid rule set and where its parts stand in what it was read from."""

    rule_set: RuleSet
    places: Places

    @classmethod
    def without_places(cls, rule_set: RuleSet) -> LoadedRuleSet:
        """A rule set that was not read from a file: places are paths in the document."""
        return cls(rule_set, Places(rule_set.key, {}, subjects(rule_set.model_dump(mode="json", by_alias=True))))


def load_text(text: str | bytes, name: str) -> LoadedRuleSet:
    """Read YAML or JSON; `name` is what places call the document. Raises `RuleSetRefused`."""
    try:
        data, places = read_text(text, name)
    except Unreadable as error:
        raise RuleSetRefused(_bounded(error.faults, name)) from error
    return _validated(data, places)


def load_file(path: str | PathLike[str]) -> LoadedRuleSet:
    """Read a YAML or JSON file; places call it as the caller did. Raises `RuleSetRefused`."""
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        problem = getattr(error, "strerror", None) or str(error)
        raise RuleSetRefused([fault("document.unreadable", name, problem=problem)]) from error
    return load_text(content, name)


def load_rule_set(path: str | PathLike[str]) -> RuleSet:
    """The rule set in a file, without places. Raises `RuleSetRefused`."""
    return load_file(path).rule_set


def load_data(data: dict[str, Any], places: Places) -> LoadedRuleSet:
    """Validate plain data that came from elsewhere (an Excel sheet) with its places. Raises `RuleSetRefused`."""
    try:
        check_plain(data, places)
    except Unreadable as error:
        raise RuleSetRefused(_bounded(error.faults, places.name)) from error
    return _validated(data, places)


def _validated(data: dict[str, Any], places: Places) -> LoadedRuleSet:
    try:
        rule_set = RuleSet.model_validate(data)
    except ValidationError as error:
        raise RuleSetRefused(tuple(dict.fromkeys([*faults_of(error, data, places), *_dates(data, places)]))) from error
    faults = tuple(_dates(data, places))
    if faults:
        raise RuleSetRefused(faults)
    return LoadedRuleSet(rule_set, places)


def _dates(data: dict[str, Any], places: Places) -> Iterator[Fault]:
    """Pydantic would take 20201117 for seconds since 1970; a date is written out or it is none."""
    bases = data.get("legal_basis")
    for index, basis in enumerate(bases if isinstance(bases, list) else ()):
        issued = basis.get("issued_on") if isinstance(basis, dict) else None
        if isinstance(issued, bool) or issued is None or isinstance(issued, dict | list):
            continue  # pydantic has said so
        if not _ISO_DATE.match(str(issued)):
            yield fault("field.not_date", places.at(join("legal_basis", index, "issued_on")), value=f"`{issued}`")


def _bounded(faults: Sequence[Fault], name: str) -> Sequence[Fault]:
    if len(faults) <= _MAX_FAULTS:
        return faults
    return (*faults[:_MAX_FAULTS], fault("document.more", name, count=len(faults) - _MAX_FAULTS))
