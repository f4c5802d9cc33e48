"""What a workbook's file is held to before anything reads it: what is in the package, and how large it is.

An .xlsx file is a zip of XML parts. Each is run through expat once, which builds nothing: a DOCTYPE is refused where it
begins (no entity is ever expanded), and cells, rows, nesting and merged areas are counted. What passes is small enough
to be read as a whole.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import NoReturn
from xml.parsers import expat

from services.scoring.core.workbook.sheets import Area
from services.scoring.core.workbook.wording import fault
from shared.kernel.errors import Fault
from shared.ruleset.loader import RuleSetRefused

__all__ = ["OLE", "ZIP", "check_workbook_file"]

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_PARTS = 500
MAX_BYTES = 32 * 1024 * 1024  # of all parts together, unpacked
MAX_ELEMENTS = 600_000
MAX_CELLS = 60_000  # the largest official set has some 14,000
MAX_MERGED = 50_000
MAX_DEPTH = 64

_MACROS = ("vbaproject", "vbadata", "macrosheets", "dialogsheets")
_ACTIVE = (
    "embeddings",
    "activex",
    "ctrlprops",
    "connections.xml",
    "querytables",
    "customui",
    "webextensions",
    "model/",
)
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})\Z")


class _Stop(Exception):
    """Reading on would make no sense."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass
class _Part:
    """What expat saw in one part."""

    filled: set[str] = field(default_factory=set)  # references of cells that hold something
    merged: list[str] = field(default_factory=list)
    sheets: list[tuple[str, str]] = field(default_factory=list)  # name, relationship id
    relations: list[dict[str, str]] = field(default_factory=list)
    macros: bool = False


@dataclass
class _Scan:
    """Counts over all parts; raises `_Stop` at the first excess."""

    elements: int = 0
    cells: int = 0
    merged: int = 0
    depth: int = 0
    part: _Part = field(default_factory=_Part)
    cell: str = ""

    def read(self, name: str, content: bytes) -> _Part:
        self.part, self.depth, self.cell = _Part(), 0, ""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = lambda *_: _stop("doctype", part=name)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(content, True)
        except expat.ExpatError as error:
            raise _Stop("damaged", problem=f"{name}: {error}") from error
        return self.part

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self.depth += 1
        if self.elements > MAX_ELEMENTS:
            _too_large("số phần tử", "elements", MAX_ELEMENTS)
        if self.depth > MAX_DEPTH:
            _too_large("số bậc lồng", "nesting", MAX_DEPTH)
        match tag.rpartition(":")[2]:
            case "c":
                self.cells += 1
                self.cell = attributes.get("r", "")
                if self.cells > MAX_CELLS:
                    _too_large("số ô", "cells", MAX_CELLS)
            case "v" | "is" | "f":
                self.part.filled.add(self.cell)
            case "mergeCell":
                self._merge(attributes.get("ref", ""))
            case "sheet":
                identity = next((value for name, value in attributes.items() if name.rpartition(":")[2] == "id"), "")
                self.part.sheets.append((attributes.get("name", ""), identity))
            case "Relationship":
                self.part.relations.append(attributes)
            case "Override" | "Default":
                self.part.macros |= "macroenabled" in attributes.get("ContentType", "").lower()

    def _end(self, _: str) -> None:
        self.depth -= 1

    def _merge(self, reference: str) -> None:
        top, left, bottom, right = _corners(reference)
        self.merged += (bottom - top + 1) * (right - left + 1)
        if self.merged > MAX_MERGED:
            _too_large("số ô bị gộp", "merged cells", MAX_MERGED)
        self.part.merged.append(reference)


def _stop(code: str, **values: object) -> NoReturn:
    raise _Stop(code, **values)


def _too_large(what: str, what_en: str, limit: int) -> NoReturn:
    raise _Stop("too_large", what=what, what_en=what_en, limit=limit)


def _corners(reference: str) -> tuple[int, int, int, int]:
    first, _, second = reference.partition(":")
    (top, left), (bottom, right) = _spot(first), _spot(second or first)
    if top > bottom or left > right:
        raise _Stop("damaged", problem=f"mergeCell {reference[:40]}")
    return top, left, bottom, right


def _spot(reference: str) -> tuple[int, int]:
    match = _REFERENCE.match(reference)
    if not match:
        raise _Stop("damaged", problem=f"mergeCell {reference[:40]}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


def check_workbook_file(content: bytes, name: str) -> None:
    """Raises `RuleSetRefused` for what is no .xlsx file, is too large to be one of ours, or holds more than cells."""
    try:
        faults = tuple(_faults(content, name))
    except _Stop as stop:
        faults = (fault(f"workbook.{stop.code}", name, **stop.values),)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        faults = (fault("workbook.damaged", name, problem=str(error)[:200]),)
    if faults:
        raise RuleSetRefused(faults)


def _faults(content: bytes, name: str) -> Iterator[Fault]:
    if content.startswith(OLE):
        _stop("old_or_encrypted")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = _checked_entries(archive)
        scan = _Scan()
        parts = {
            each.filename: scan.read(each.filename, archive.read(each))
            for each in entries
            if PurePosixPath(each.filename.lower()).suffix in (".xml", ".rels", ".vml")
        }
    for path, part in parts.items():
        if part.macros:
            yield fault("workbook.macros", name, part=path)
        for relation in part.relations:
            yield from _of_relation(relation, name)
    titles = _titles(parts)
    for path, part in parts.items():
        yield from _hidden_by_merging(part, f"{name}!{titles.get(path, PurePosixPath(path).stem)}")


def _checked_entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    names = [each.filename.lower() for each in entries]
    if len(entries) > MAX_PARTS:
        _too_large("số phần của tệp", "parts", MAX_PARTS)
    if sum(each.file_size for each in entries) > MAX_BYTES:
        _too_large("dung lượng sau giải nén (byte)", "bytes unpacked", MAX_BYTES)
    if len(set(names)) != len(names):
        _stop("damaged", problem="hai phần cùng tên (two parts of one name)")
    if any(each.flag_bits & 1 for each in entries):
        _stop("old_or_encrypted")
    for each in names:
        if any(word in each for word in _MACROS):
            _stop("macros", part=each)
        if "externallinks" in each:
            _stop("external_link", part=each)
        if any(word in each for word in _ACTIVE):
            _stop("active_content", part=each)
    if "[content_types].xml" not in names or not any(each.endswith("workbook.xml") for each in names):
        _stop("damaged", problem="không phải tệp .xlsx (this is no .xlsx file)")
    return entries


def _of_relation(relation: dict[str, str], name: str) -> Iterator[Fault]:
    """A hyperlink a person typed is harmless; nothing else may point out of the file."""
    kind = relation.get("Type", "").rpartition("/")[2]
    if kind in ("vbaProject", "xlMacrosheet"):
        yield fault("workbook.macros", name, part=kind)
    elif kind == "oleObject" or kind == "control":
        yield fault("workbook.active_content", name, part=kind)
    elif relation.get("TargetMode", "").lower() == "external" and kind != "hyperlink":
        yield fault("workbook.external_link", name, part=relation.get("Target", "")[:200])


def _titles(parts: dict[str, _Part]) -> dict[str, str]:
    """The names of the sheets by their parts."""
    targets = {each.get("Id", ""): each.get("Target", "") for part in parts.values() for each in part.relations}
    named = [(title, targets.get(identity, "")) for part in parts.values() for title, identity in part.sheets]
    return {path: title for path in parts for title, target in named if target and path.endswith(target.lstrip("/"))}


def _hidden_by_merging(part: _Part, sheet: str) -> Iterator[Fault]:
    """Cells under a merged one keep no value in Excel; a file may hold one all the same, and readers drop it."""
    if not part.merged:
        return
    filled = {_spot(each): each for each in part.filled if _REFERENCE.match(each)}
    for reference in part.merged:
        area = Area(*_corners(reference))
        for spot in area.spots():
            if spot in filled and spot != area.anchor:
                yield fault("workbook.merged_value", f"{sheet}!{filled[spot]}", area=reference)
