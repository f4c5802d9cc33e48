"""Files given to commands: YAML or JSON read exactly, with the line of everything in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deploy.xephang.commands.outcome import misuse
from shared.kernel.canonical import loads_exact, with_exact_text
from shared.kernel.errors import Fault, Invalid
from shared.ruleset.places import Places, join
from shared.ruleset.reading import Unreadable, read_text

__all__ = ["Document", "content_of", "read_document", "read_items"]

_LINE = re.compile(r":([0-9]+)(:[0-9]+)?(?=$|\s)")


@dataclass(frozen=True)
class Document:
    """Plain data with exact decimals, and where its parts stand."""

    data: dict[str, Any]
    places: Places
    path: str = ""

    def body(self) -> Any:
        """The data as it is sent: decimals as text."""
        return with_exact_text(self.data)

    def placed(self, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """The faults with the line their path stands on."""
        return tuple(replace(fault, place=self.places.at(self._path(fault.place))) for fault in faults)

    def _path(self, place: str) -> str:
        """From the server's dotted place (`body.dispatch.issued_on`, `members.0`) to a path of the document."""
        if any(sign in place for sign in "[ /"):
            return f"{self.path}.{place}" if self.path and place[:1] != "[" else self.path + place
        steps = [int(step) if step.isdecimal() else step for step in place.split(".") if step]
        return join(self.path, *(steps[1:] if steps[:1] == ["body"] else steps))


def content_of(path: Path) -> bytes:
    """The file's bytes; one that cannot be read is a mistake of the call (exit code 2)."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise misuse(f"không đọc được tệp {str(path)!r}: {reason} (the file cannot be read)") from error


def read_document(path: Path) -> Document:
    """A file that holds one mapping. Raises `Invalid`."""
    try:
        return Document(*read_text(content_of(path), str(path)))
    except Unreadable as error:
        raise _unreadable(path, error.faults) from error


def read_items(path: Path, key: str) -> list[Document]:
    """A file that holds one mapping, a list of them, or a list under `key`. Raises `Invalid`."""
    content = content_of(path)
    data, places = _any(content, path)
    if isinstance(data, dict) and isinstance(data.get(key), list):
        return _documents(data[key], places, key)
    return [Document(data, places)] if isinstance(data, dict) else _documents(data, places, "")


def _any(content: bytes, path: Path) -> tuple[Any, Places]:
    """JSON of any size, or YAML within the bounds of rule sets (2 MB)."""
    if content.lstrip()[:1] in (b"{", b"["):
        try:
            return loads_exact(content), Places(str(path))
        except ValueError as error:
            raise _unreadable(path, (_malformed(path, f"JSON: {error}"),)) from error
    try:
        return read_text(content, str(path))
    except Unreadable as error:
        if [fault.code for fault in error.faults] != ["document.not_mapping"]:
            raise _unreadable(path, error.faults) from error
    return _yaml_list(content, path)


def _yaml_list(content: bytes, path: Path) -> tuple[Any, Places]:
    """The reader takes mappings only, so the list is read under a key on a line before the first."""
    text = re.sub(rb"\A((?:\s*#[^\n]*\n|\s*\n)*)---[ \t]*\r?\n", rb"\1\n", content)
    try:
        data, places = read_text(b"items:\n" + text, str(path))
    except Unreadable as error:
        raise _unreadable(path, [replace(f, place=_line_before(f.place)) for f in error.faults]) from error
    labels = {name.removeprefix("items"): _line_before(label) for name, label in places.labels.items()}
    return data["items"], Places(str(path), labels)


def _documents(items: Any, places: Places, root: str) -> list[Document]:
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise _unreadable(Path(places.name), (_malformed(Path(places.name), "cần một danh sách các mục có khóa"),))
    return [Document(item, places, join(root, index)) for index, item in enumerate(items)]


def _line_before(place: str) -> str:
    return _LINE.sub(lambda found: f":{int(found[1]) - 1}{found[2] or ''}", place, count=1)


def _unreadable(path: Path, faults: Sequence[Fault]) -> Invalid:
    return Invalid(f"Không đọc được {path}", f"{path} cannot be read", tuple(faults), "document.unreadable")


def _malformed(path: Path, problem: str) -> Fault:
    return Fault(
        "document.malformed",
        str(path),
        f"nội dung không đúng cú pháp: {problem}",
        f"malformed: {problem}",
        "sửa tệp thành YAML hoặc JSON hợp lệ",
        "make it valid YAML or JSON",
    )
