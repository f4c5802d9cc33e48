"""Differences of two parts of a document field by field, for whatever has no words of its own.

Items of a list are told apart by their id, code or number where they have one, so that an item put between others
changes nothing of theirs; their order is a field of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.kernel.exact import vietnamese

__all__ = ["ENGLISH", "Leaves", "leaf_lines", "leaves"]

Path = tuple[str, ...]
Leaves = Mapping[Path, str]

_KEYS = ("id", "code", "number")
_ORDER = "thứ tự"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+|/[0-9]+)?\Z")
_NOT_NUMBERS = {"id", "code", "version", "number", "vi", "en", "documents", "first_year", "last_year"}
ENGLISH = "tiếng Anh"
_NAMES = {
    "all": "và",
    "any": "hoặc",
    "not": "không phải",
    "answers": "số liệu",
    "article": "căn cứ",
    "asked_if": "chỉ hỏi nếu",
    "at_least": "từ",
    "at_most": "không quá",
    "above": "trên",
    "below": "dưới",
    "bonus": "điểm thưởng",
    "cases": "trường hợp",
    "code": "mã",
    "criteria": "điểm của tiêu chí",
    "data_source": "nguồn số liệu",
    "days_late": "số ngày muộn",
    "denominator": "mẫu số",
    "display": "cách hiển thị",
    "documents": "tài liệu",
    "en": ENGLISH,
    "evidence": "tài liệu kiểm chứng",
    "evidence_missing": "thiếu tài liệu kiểm chứng",
    "excluded": "không xếp hạng",
    "expect": "kết quả",
    "extends": "dựa trên ví dụ",
    "fact": "dữ kiện",
    "fired": "quy tắc được áp dụng",
    "first_year": "năm đầu",
    "for_each": "xét từng",
    "form": "cách tính",
    "format": "định dạng tệp",
    "group": "khối cơ quan",
    "group_best": "giá trị cao nhất trong nhóm",
    "id": "mã",
    "index": "chỉ số",
    "index_places": "số chữ số của chỉ số",
    "input": "số liệu",
    "inputs": "số liệu",
    "is": "là",
    "is_not": "không là",
    "issued_on": "ngày ban hành",
    "issuer": "cơ quan ban hành",
    "last_year": "năm cuối",
    "legal_basis": "căn cứ pháp lý",
    "level": "mức độ",
    "levels": "mức độ",
    "maximum": "tối đa",
    "mean": "cách tính bình quân",
    "message": "giải thích",
    "method": "cách chấm",
    "minimum": "tối thiểu",
    "missing": "không gửi phiếu",
    "no": "không",
    "not_applicable": "không áp dụng",
    "number": "số hiệu",
    "numerator": "tử số",
    "of": "theo",
    "options": "lựa chọn",
    "origin": "nguồn gốc",
    "parts": "phần",
    "per_unit": "hỏi từng đơn vị trực thuộc",
    "points": "điểm",
    "points_places": "số chữ số của điểm",
    "programme": "chương trình",
    "rejected": "bị bác khi thẩm tra",
    "required": "bắt buộc",
    "rounding": "cách làm tròn",
    "rows": "dòng",
    "stage": "giai đoạn",
    "then": "hệ quả",
    "tie_breakers": "tiêu chí phụ",
    "ties": "khi bằng nhau",
    "title": "tên",
    "type": "kiểu",
    "unit": "đơn vị tính",
    "value": "giá trị",
    "verifier": "đơn vị thẩm tra",
    "weight": "trọng số",
    "when": "điều kiện",
    "whole": "mẫu số",
    "without": "phần điểm khi thiếu",
    "yes": "có",
}
_VALUES = {
    "True": "có",
    "False": "không",
    "decision": "theo Quyết định",
    "illustrative": "minh họa",
    "refused": "không được",
    "allowed": "được",
}


def leaves(data: Any) -> dict[Path, str]:
    """Every field of plain JSON with its value as people read it; nothing where there is nothing."""
    return {} if data is None else dict(_leaves((), data))


def leaf_lines(before: Leaves, after: Leaves, only: Iterable[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What differs, as lines of either side; `only` fields of these names, and only where both sides have the part."""
    names = set(only)
    paths = [path for path in dict.fromkeys([*before, *after]) if before.get(path) != after.get(path)]
    if names:
        paths = [
            path for path in paths if {*path[-1:]} & names and _is_in(path[:-1], before) and _is_in(path[:-1], after)
        ]
    both = [path for path in paths if path[-1:] != (_ORDER,) or _order_differs(before.get(path), after.get(path))]
    return tuple(_lines(both, before)), tuple(_lines(both, after))


def _is_in(path: Path, side: Leaves) -> bool:
    return any(each[: len(path)] == path for each in side)


def _order_differs(before: str | None, after: str | None) -> bool:
    """Whether the items that both have come in another order."""
    if before is None or after is None:
        return False
    was, now = before.split(", "), after.split(", ")
    return [name for name in was if name in now] != [name for name in now if name in was]


def _lines(paths: Iterable[Path], side: Leaves) -> Iterator[str]:
    for path in paths:
        if path in side:
            words = [_NAMES.get(name, name) for name in path if name != "vi"]
            yield f"{' › '.join(words)}: {side[path]}" if words else side[path]


def _leaves(path: Path, data: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _leaves((*path, name), value)
    elif isinstance(data, list):
        yield from _items(path, data)
    else:
        yield path, _said(path, data)


def _items(path: Path, items: list[Any]) -> Iterator[tuple[Path, str]]:
    if not any(isinstance(item, dict | list) for item in items):
        yield path, ", ".join(str(item) for item in items) or "không có"
        return
    names = [_key(item) for item in items]
    if None in names or len(set(names)) < len(names):
        names = [str(place) for place in range(1, len(items) + 1)]
    else:
        yield (*path, _ORDER), ", ".join(str(name) for name in names)
    for name, item in zip(names, items, strict=True):
        yield from _leaves((*path, str(name)), item)


def _key(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    return next((str(item[name]) for name in _KEYS if name in item), None)


def _said(path: Path, value: Any) -> str:
    text = str(value)
    if path and path[-1] not in _NOT_NUMBERS and _NUMBER.match(text):
        return vietnamese(text)
    return _VALUES.get(text, text)
