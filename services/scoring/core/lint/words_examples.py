"""What lint says of worked examples. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
    "example.duplicate": (
        "Ví dụ `{name}` được khai báo hai lần.",
        "The example `{name}` is declared twice.",
        "Đổi tên hoặc bỏ một ví dụ.",
        "Rename or drop one.",
    ),
    "example.extends_unknown": (
        "Không có ví dụ `{name}` để kế thừa.",
        "There is no example `{name}` to start from.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "example.extends_cycle": (
        "Các ví dụ kế thừa nhau theo vòng: {cycle}.",
        "Examples start from each other in a circle: {cycle}.",
        "Bỏ `extends` ở một ví dụ.",
        "Drop `extends` from one of them.",
    ),
    "example.unknown_input": (
        "Không có số liệu nào mang mã `{name}`.",
        "There is no input `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "example.unknown_criterion": (
        "Không có tiêu chí {name}.",
        "There is no criterion {name}.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "example.unknown_rule": (
        "Không có quy tắc `{name}`.",
        "There is no rule `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "example.unknown_level": (
        "Không có mức độ `{name}`.",
        "There is no level `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "example.value_type": (
        "Giá trị {value} không hợp với số liệu `{name}` kiểu {type}.",
        "The value {value} does not fit the input `{name}` of type {type}.",
        "Sửa giá trị trong ví dụ.",
        "Correct the value in the example.",
    ),
    "example.out_of_bounds": (
        "Giá trị {value} nằm ngoài giới hạn của số liệu `{name}`.",
        "The value {value} is outside the bounds of the input `{name}`.",
        "Sửa giá trị trong ví dụ, hoặc giới hạn của số liệu.",
        "Correct the value in the example, or the input's bounds.",
    ),
    "example.unknown_option": (
        "Số liệu `{input}` không có lựa chọn `{name}`.",
        "The input `{input}` has no option `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "example.not_applicable_refused": (
        "Tiêu chí {criterion} không cho trả lời «không áp dụng».",
        "Criterion {criterion} does not accept “not applicable”.",
        "Đặt `not_applicable: allowed` ở tiêu chí, hoặc sửa ví dụ.",
        "Say `not_applicable: allowed` in the criterion, or correct the example.",
    ),
    "example.group_best_not_relative": (
        "Số liệu `{name}` không được so với cơ quan cao nhất trong nhóm.",
        "The input `{name}` is not compared with the best in the group.",
        "Bỏ nó khỏi group_best, hoặc dùng `form: relative`.",
        "Drop it from group_best, or use `form: relative`.",
    ),
    "example.group_best_too_low": (
        "Giá trị cao nhất trong nhóm ({value}) thấp hơn số liệu của chính ví dụ ({own}).",
        "The highest value in the group ({value}) is below the example's own ({own}).",
        "Giá trị cao nhất phải tính cả cơ quan trong ví dụ.",
        "The highest value must count the example's agency.",
    ),
    "example.inconsistent": (
        "Kết quả mong đợi mâu thuẫn: {problem_vi}.",
        "The expectation contradicts itself or the rule set: {problem_en}.",
        "Tính lại kết quả mong đợi của ví dụ.",
        "Work out the expectation again.",
    ),
    "example.units_missing": (
        "Số liệu `{name}` được hỏi ở từng đơn vị trực thuộc; ví dụ chỉ ghi một giá trị.",
        "The input `{name}` is asked of every sub-unit; the example gives a single value.",
        "Ghi `{name}: {{units: {{Xã A: ..., Xã B: ...}}}}`.",
        "Write `{name}: {{units: {{Xã A: ..., Xã B: ...}}}}`.",
    ),
    "example.units_unfit": (
        "Số liệu `{name}` chỉ có một giá trị, không hỏi từng đơn vị trực thuộc.",
        "The input `{name}` has one value; it is not asked of sub-units.",
        "Ghi một giá trị, hoặc đặt `per_unit: true` ở số liệu.",
        "Give one value, or say `per_unit: true` of the input.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "example.expects_nothing": (
        "Ví dụ không nêu kết quả mong đợi nào, nên không kiểm tra được gì.",
        "The example expects nothing, so it checks nothing.",
        "Thêm ít nhất một kết quả vào `expect`.",
        "Add at least one outcome to `expect`.",
    ),
}
