"""What is gathered while a workbook is read: the faults, and where each part of the document stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from services.scoring.core.workbook.sheets import Broken, Formula, ReadSheet, Spot, Value, column_letters
from services.scoring.core.workbook.wording import fault
from shared.kernel.errors import Fault

__all__ = ["CellError", "Reading", "plain"]

T = TypeVar("T")
_MOST_FAULTS = 1000
_SPACE = re.compile(r"\s+")


class CellError(Exception):
    """What a cell holds cannot be understood; `code` (without `workbook.`) and `values` say why."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def plain(text: str) -> str:
    """The text as names are compared: one Unicode form, small letters, single spaces."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip().casefold()


@dataclass
class Reading:
    """One workbook being read; `labels` maps paths of the document to cells such as `bo.xlsx!Tiêu chí!C12`."""

    name: str
    faults: list[Fault] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    _covered: dict[str, set[Spot]] = field(default_factory=dict)

    def place(self, sheet: str, spot: Spot | None = None) -> str:
        """How a sheet or a cell is called."""
        cell = f"!{column_letters(spot[1])}{spot[0]}" if spot else ""
        return f"{self.name}!{sheet}{cell}"

    def refuse(self, code: str, place: str, **values: object) -> None:
        """Note a fault; of a sheet of nothing but faults the first ones are enough."""
        if not self.is_hopeless:
            self.faults.append(fault(f"workbook.{code}", place, **values))

    @property
    def is_hopeless(self) -> bool:
        """Whether so much is wrong that nobody reads on."""
        return len(self.faults) >= _MOST_FAULTS

    def take(self, decode: Callable[[Value], T], value: Value, place: str) -> T | None:
        """What a cell means, or None with its fault noted."""
        try:
            if isinstance(value, Formula) or (isinstance(value, str) and value.lstrip().startswith("=")):
                return None  # said once for the whole workbook
            if isinstance(value, Broken):
                return None
            return decode(value)
        except CellError as error:
            self.refuse(error.code, place, **error.values)
            return None

    def label(self, path: str, place: str) -> None:
        """Say where a part of the document stands."""
        self.labels.setdefault(path, place)

    def repeats(self, value: Value, expected: str, place: str, source: str) -> None:
        """A cell that only repeats another for reading is the same or empty."""
        if value is not None and plain(str(value).removeprefix("'")) != plain(expected):
            self.refuse("repeated", place, source=source, expected=expected[:80])

    def covered(self, sheet: ReadSheet, spot: Spot) -> bool:
        """Whether an empty cell lies under a merged one that holds something."""
        if sheet.name not in self._covered:
            filled = (area for area in sheet.merged if sheet.values.get(area.anchor) is not None)
            self._covered[sheet.name] = {each for area in filled for each in area.spots() if each != area.anchor}
        return spot in self._covered[sheet.name]
