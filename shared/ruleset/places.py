"""Places of a document: from a path such as `sections[2].criteria[0].maximum` to a line of the file.

A fault is useful only if its reader finds the spot. Whatever a rule set was read from (YAML lines, Excel cells, a
JSON message) leaves its labels here, and everything that checks the document names places through `Places.at`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Places", "join", "parent", "subjects"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LAST_STEP = re.compile(r'(?:(?:^|\.)[A-Za-z_][A-Za-z0-9_]*|\[[0-9]+\]|\["(?:[^"\\]|\\.)*"\])\Z')


def join(path: str, *steps: str | int) -> str:
    """The path extended by keys and positions: `join("sections", 2, "title")` is `sections[2].title`."""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _NAME.match(step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step, ensure_ascii=False)}]"
    return path


def parent(path: str) -> str:
    """The path without its last step; the root is the empty path."""
    match = _LAST_STEP.search(path)
    return path[: match.start()] if match else ""


@dataclass(frozen=True)
class Places:
    """Where the parts of one document stand.

    `name` is the document's name; `labels` maps paths to places such as `it.yaml:12:5`; `subjects` maps paths to the
    thing they belong to, such as `tiêu chí 1.2`.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)

    def label(self, path: str) -> str:
        """The label of the path, or of the nearest part around it that has one; else the document's name."""
        return self._nearest(self.labels, path) or self.name

    def subject(self, path: str) -> str:
        """What the path belongs to (a criterion, rule or example), or the empty text."""
        return self._nearest(self.subjects, path)

    def at(self, path: str) -> str:
        """The whole place for a fault: label, path and subject."""
        subject = self.subject(path)
        return " ".join(part for part in (self.label(path), path, f"({subject})" if subject else "") if part)

    @staticmethod
    def _nearest(known: Mapping[str, str], path: str) -> str:
        while path:
            if path in known:
                return known[path]
            path = parent(path)
        return ""


def subjects(data: Any) -> dict[str, str]:
    """Names of the criteria, rules and examples in plain (perhaps invalid) data of a rule set, by path."""
    found: dict[str, str] = {}
    for index, section in enumerate(_items(data, "sections")):
        path = join("sections", index)
        _name(found, path, section, "code", "hạng mục")
        for position, criterion in enumerate(_items(section, "criteria")):
            _name(found, join(path, "criteria", position), criterion, "code", "tiêu chí")
    for key, word in (("rules", "quy tắc"), ("examples", "ví dụ")):
        for index, item in enumerate(_items(data, key)):
            _name(found, join(key, index), item, "id", word)
    return found


def _items(data: Any, key: str) -> list[Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []


def _name(found: dict[str, str], path: str, item: Any, key: str, word: str) -> None:
    name = item.get(key) if isinstance(item, dict) else None
    if name is not None and not isinstance(name, dict | list):
        found[path] = f"{word} {str(name)[:64]}"
