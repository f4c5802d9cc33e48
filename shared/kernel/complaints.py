"""What pydantic complains of, in Vietnamese; its own English stands beside it in the fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["complaint_vi"]

# By how the type of the complaint begins; the first that fits counts.
_WORDS = (
    ("missing", "thiếu giá trị bắt buộc"),
    ("extra_forbidden", "không có trường nào tên như vậy"),
    ("string_pattern_mismatch", "không đúng dạng quy định"),
    ("string_too_short", "quá ngắn"),
    ("string_too_long", "quá dài"),
    ("string", "phải là văn bản"),
    ("datetime", "phải là thời điểm có múi giờ, ví dụ 2022-11-30T08:00:00+07:00"),
    ("timezone", "phải là thời điểm có múi giờ, ví dụ 2022-11-30T08:00:00+07:00"),
    ("date", "phải là ngày viết năm-tháng-ngày, ví dụ 2022-11-30"),
    ("int", "phải là số nguyên"),
    ("bool", "phải là true hoặc false"),
    ("literal_error", "không có trong các giá trị được dùng"),
    ("enum", "không có trong các giá trị được dùng"),
    ("greater_than", "nhỏ hơn mức cho phép"),
    ("less_than", "lớn hơn mức cho phép"),
    ("too_short", "ít phần tử hơn mức cho phép"),
    ("too_long", "nhiều phần tử hơn mức cho phép"),
    ("json", "không phải JSON hợp lệ"),
)


def complaint_vi(item: Mapping[str, Any]) -> str:
    """One of pydantic's errors (`type`, `msg`) as a sentence; of a rare kind its English is quoted."""
    kind = str(item["type"])
    words = next((vi for start, vi in _WORDS if kind.startswith(start)), str(item["msg"]))
    return f"Giá trị không hợp lệ: {words}"
