"""From the text of a document to plain data, exactly: no floats, no surprises of YAML 1.1, no bombs.

YAML is read from the parser's events with a stack of our own: nothing recurses, an alias is never expanded, and
reading stops at the first excess, so a hostile file costs no more than an honest one. Of YAML's guessing only the
plain part is kept: `true`/`false`, `null`, integers and decimals; everything else (`yes`, `on`, `012`, `1e3`, dates)
is text. JSON, the canonical form, is recognised by its opening brace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any

import yaml

from shared.kernel.canonical import DuplicateKey, loads_exact
from shared.kernel.errors import Fault
from shared.ruleset.look_alikes import code_point
from shared.ruleset.places import Places, join, subjects
from shared.ruleset.syntax_words import in_vietnamese
from shared.ruleset.wording import fault

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: slower, otherwise the same
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

__all__ = ["MAX_BYTES", "Unreadable", "check_plain", "read_text"]

MAX_BYTES = 2 * 1024 * 1024
_MAX_DEPTH = 32
_MAX_NODES = 100_000
_MAX_KEY = 64
_MAX_DIGITS = 40
_MAX_LABELLED = 512 * 1024  # JSON larger than any rule set is not read a second time for its lines
_MAX_CHARACTERS = 50  # of those that are no text, so many are listed

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how files of Excel and Word begin, new and old
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# What nobody sees: no width, marks of direction, line ends that are none, tags. It can make two names of one, or show
# a sentence otherwise than it is read.
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_NO_TEXT = re.compile(f"{_CONTROL.pattern}|{_HIDDEN.pattern}")
_TAB_INDENT = re.compile(r" *\t")


class Unreadable(Exception):
    """The text is no document at all; `faults` say why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


def read_text(text: str | bytes, name: str) -> tuple[dict[str, Any], Places]:
    """Plain data of a YAML or JSON document and where its parts stand; raises `Unreadable` and nothing else."""
    decoded = _decode(text, name)
    _check_raw(decoded, name)
    if decoded.lstrip()[:1] == "{":
        return _read_json(decoded, name)
    return _read_yaml(decoded, name)


def _decode(text: str | bytes, name: str) -> str:
    try:
        content = text.encode("utf-8") if isinstance(text, str) else bytes(text)
        decoded = content.decode("utf-8")
    except UnicodeError as error:
        binary = isinstance(text, bytes) and text.startswith(_OFFICE)
        raise Unreadable(fault("document.office_file" if binary else "document.not_utf8", name)) from error
    if len(content) > MAX_BYTES:
        raise Unreadable(fault("document.too_large", name, limit=MAX_BYTES))
    return decoded.removeprefix("\ufeff")


def _check_raw(text: str, name: str) -> None:
    """Characters that no document has: the parsers would say less of them, or nothing."""
    faults = []
    for found in islice(_NO_TEXT.finditer(text.replace("\r", "\n")), _MAX_CHARACTERS):
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        faults.append(_bad_character(found.group(), f"{name}:{line}:{column}"))
    if faults:
        raise Unreadable(*faults)


# --- JSON --------------------------------------------------------------------------------------------------------


def _read_json(text: str, name: str) -> tuple[dict[str, Any], Places]:
    try:
        data = loads_exact(text)
    except DuplicateKey as error:
        raise Unreadable(fault("document.duplicate_key", name, problem=error)) from error
    except json.JSONDecodeError as error:
        raise Unreadable(_malformed(f"{name}:{error.lineno}:{error.colno}", "JSON", error.msg)) from error
    except (ValueError, ArithmeticError) as error:  # numbers beyond what Python will read, or nesting
        raise Unreadable(_malformed(name, "JSON", str(error)[:200])) from error
    if not isinstance(data, dict):
        raise Unreadable(fault("document.not_mapping", name))
    check_plain(data, Places(name, {}, subjects(data)))
    return data, Places(name, _json_labels(text, name), subjects(data))


def _json_labels(text: str, name: str) -> dict[str, str]:
    """Lines and columns: JSON is YAML too, as far as that goes; without them places are paths alone."""
    if len(text) > _MAX_LABELLED:
        return {}
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except (yaml.YAMLError, Unreadable, ValueError):
        return {}
    return builder.labels


def _malformed(place: str, kind: str, problem: str) -> Fault:
    return fault("document.malformed", place, kind=kind, problem=problem, problem_vi=in_vietnamese(problem))


def check_plain(data: Any, places: Places) -> None:
    """Hold data that did not come as YAML to the same limits; raises `Unreadable`."""
    faults = tuple(_plain_faults(data, places))
    if faults:
        raise Unreadable(*faults)


def _plain_faults(data: Any, places: Places) -> Iterator[Fault]:
    pending: list[tuple[str, Any, int]] = [("", data, 1)]
    nodes = 0
    while pending:
        path, value, depth = pending.pop()
        nodes += 1
        if nodes > _MAX_NODES or depth > _MAX_DEPTH:
            yield _excess(places.at(path), depth)
            return
        if isinstance(value, dict):
            for name, item in value.items():
                key = str(name)
                yield from _check_scalar(key[: _MAX_KEY + 1], places.at(path), is_key=True)
                pending.append((join(path, key[:_MAX_KEY]), item, depth + 1))
        elif isinstance(value, list):
            pending.extend((join(path, index), item, depth + 1) for index, item in enumerate(value))
        else:
            yield from _check_scalar(value, places.at(path))


# --- YAML --------------------------------------------------------------------------------------------------------


def _read_yaml(text: str, name: str) -> tuple[dict[str, Any], Places]:
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise Unreadable(_yaml_fault(error, text, name)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(_malformed(name, "YAML", str(error)[:200])) from error
    if builder.faults:
        raise Unreadable(*builder.faults)
    if not isinstance(builder.root, dict):
        raise Unreadable(fault("document.not_mapping", name))
    return builder.root, Places(name, builder.labels, subjects(builder.root))


def _yaml_fault(error: yaml.MarkedYAMLError, text: str, name: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context)
    if mark is None:
        return _malformed(name, "YAML", problem)
    place = f"{name}:{mark.line + 1}:{mark.column + 1}"
    line = next(islice(StringIO(text), mark.line, None), "")
    return fault("document.tab", place) if _TAB_INDENT.match(line) else _malformed(place, "YAML", problem)


@dataclass
class _Frame:
    """A collection being filled; `key` is a mapping's key that waits for its value."""

    value: dict[str, Any] | list[Any]
    path: str
    key: str | None = None
    key_label: str = ""


@dataclass
class _Builder:
    """Builds plain data from YAML events."""

    name: str
    root: Any = None
    faults: list[Fault] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    stack: list[_Frame] = field(default_factory=list)
    nodes: int = 0
    documents: int = 0

    def take(self, event: yaml.Event) -> None:
        """Take one event; raises `Unreadable` where reading on would make no sense."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise Unreadable(*self.faults, fault("document.several", self._label(event)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)

    def _label(self, event: yaml.Event) -> str:
        mark = event.start_mark
        return self.name if mark is None else f"{self.name}:{mark.line + 1}:{mark.column + 1}"

    def _node(self, event: yaml.NodeEvent) -> None:
        label = self._label(event)
        self.nodes += 1
        if self.nodes > _MAX_NODES or len(self.stack) >= _MAX_DEPTH:
            raise Unreadable(*self.faults, _excess(label, len(self.stack) + 1))
        if event.anchor is not None:
            self.faults.append(fault("document.anchor", label))
        if getattr(event, "tag", None) is not None:
            self.faults.append(fault("document.tag", label))
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self._key(frame, frame.value, event, label)
        else:
            self._value(frame, event, label)

    def _key(self, frame: _Frame, mapping: dict[str, Any], event: yaml.NodeEvent, label: str) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable(*self.faults, fault("document.complex_key", label))
        self.faults.extend(_check_scalar(event.value[: _MAX_KEY + 1], label, is_key=True))
        key = event.value[:_MAX_KEY]
        if key in mapping:
            self.faults.append(fault("document.duplicate_key", label, problem=key))
        frame.key, frame.key_label = key, label

    def _value(self, frame: _Frame | None, event: yaml.NodeEvent, label: str) -> None:
        value: Any = None
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
            self.faults.extend(_check_scalar(value, label))
            if _is_long_number(event):
                self.faults.append(fault("document.number_too_long", label, limit=_MAX_DIGITS))
        elif isinstance(event, yaml.MappingStartEvent):
            value = {}
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
        path = ""
        if frame is None:
            self.root = value
        elif isinstance(frame.value, list):
            path = join(frame.path, len(frame.value))
            frame.value.append(value)
        else:
            key, frame.key = frame.key or "", None
            path = join(frame.path, key)
            frame.value[key] = value
            # A block under a key starts lines below it: there the key is what the reader looks for.
            label = frame.key_label if isinstance(value, dict | list) else label
        self.labels[path] = label
        if isinstance(value, dict | list):
            self.stack.append(_Frame(value, path))


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.style not in (None, ""):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _MAX_DIGITS and _INTEGER.match(text):
        return int(text)
    if len(text) <= _MAX_DIGITS and _DECIMAL.match(text):
        return Decimal(text)
    return text


def _is_long_number(event: yaml.ScalarEvent) -> bool:
    """Digits without end, written as a number: where a text of digits is meant, it stands in quotes."""
    text: str = event.value
    return event.style in (None, "") and len(text) > _MAX_DIGITS and bool(_INTEGER.match(text) or _DECIMAL.match(text))


# --- what both refuse --------------------------------------------------------------------------------------------


def _check_scalar(value: Any, place: str, *, is_key: bool = False) -> Iterator[Fault]:
    if isinstance(value, str):
        if is_key and len(value) > _MAX_KEY:
            yield fault("document.key_too_long", place, limit=_MAX_KEY)
        found = _NO_TEXT.search(value)
        if found:
            yield _bad_character(found.group(), place)
    elif isinstance(value, int | Decimal) and _too_long(value):
        yield fault("document.number_too_long", place, limit=_MAX_DIGITS)


def _bad_character(character: str, place: str) -> Fault:
    kind = "control" if _CONTROL.match(character) else "hidden"
    return fault(f"document.{kind}_character", place, character=code_point(character))


def _too_long(value: Decimal | int) -> bool:
    if isinstance(value, int):
        return bool(abs(value) >= 10**_MAX_DIGITS)
    exponent = value.as_tuple().exponent
    return not isinstance(exponent, int) or abs(exponent) > _MAX_DIGITS or abs(value.adjusted()) > _MAX_DIGITS


def _excess(place: str, depth: int) -> Fault:
    if depth > _MAX_DEPTH:
        return fault("document.too_deep", place, limit=_MAX_DEPTH)
    return fault("document.too_many_parts", place, limit=_MAX_NODES)
