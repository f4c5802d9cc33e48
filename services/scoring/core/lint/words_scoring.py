"""What lint says of scoring methods. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
    "method.unknown_input": (
        "Không có số liệu nào mang mã `{name}`.",
        "There is no input `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "method.input_type": (
        "Cách chấm `{form}` cần số liệu kiểu {expected}, `{name}` là {type}.",
        "The form `{form}` needs an input of type {expected}; `{name}` is {type}.",
        "Đổi kiểu số liệu hoặc cách chấm.",
        "Change the input's type or the form.",
    ),
    "method.may_be_negative": (
        "Số liệu `{name}` có thể âm, cách chấm `{form}` khi đó vô nghĩa.",
        "The input `{name}` may be negative, which makes no sense with the form `{form}`.",
        "Khai báo `minimum: 0` (hoặc lớn hơn) cho số liệu.",
        "Declare `minimum: 0` (or more) for the input.",
    ),
    "method.points_above_maximum": (
        "{value} điểm vượt điểm tối đa {maximum}.",
        "{value} points are above the maximum {maximum}.",
        "Giảm số điểm, hoặc tăng điểm tối đa.",
        "Lower the points, or raise the maximum.",
    ),
    "method.points_negative": (
        "Điểm {value} là số âm.",
        "{value} points are negative.",
        "Trừ điểm bằng một luật với `effect: deduct`.",
        "Deduct points by a rule with `effect: deduct`.",
    ),
    "method.no_parts": (
        "Cách chấm `{form}` không có thành phần nào.",
        "The form `{form}` has no parts.",
        "Thêm ít nhất một thành phần.",
        "Add at least one.",
    ),
    "choice.option_without_points": (
        "Lựa chọn `{name}` của số liệu `{input}` chưa có điểm.",
        "The option `{name}` of the input `{input}` has no points.",
        "Thêm `{name}: ...` vào points (0 nếu không có điểm).",
        "Add `{name}: ...` to points (0 if it gives none).",
    ),
    "choice.unknown_option": (
        "Số liệu `{input}` không có lựa chọn `{name}`.",
        "The input `{input}` has no option `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "information.maximum": (
        "Tiêu chí chỉ để thông tin nhưng có điểm tối đa {value}.",
        "The criterion is information only but has the maximum {value}.",
        "Đặt `maximum: 0`, hoặc chọn cách chấm có điểm.",
        "Say `maximum: 0`, or choose a form that scores.",
    ),
    "information.asks_nothing": (
        "Tiêu chí chỉ để thông tin nhưng không hỏi số liệu nào.",
        "The criterion is information only but asks for nothing.",
        "Thêm số liệu cần hỏi.",
        "Add the inputs to ask for.",
    ),
    "information.in_part": (
        "`information` không phải một thành phần có điểm.",
        "`information` cannot be a part that scores.",
        "Chuyển thành một tiêu chí riêng với `maximum: 0`.",
        "Make it a criterion of its own with `maximum: 0`.",
    ),
    "quotient.denominator": (
        "Tỷ số phải có đúng một trong hai: `denominator` (số liệu) hoặc `whole` (hằng số).",
        "A quotient has exactly one of `denominator` (an input) and `whole` (a constant).",
        "Giữ một trong hai.",
        "Keep one of the two.",
    ),
    "quotient.whole": (
        "Mẫu số cố định {value} phải lớn hơn 0.",
        "The constant denominator {value} must be above 0.",
        "Sửa `whole`.",
        "Correct `whole`.",
    ),
    "bands.two_ends": (
        "Dòng này có hai giới hạn ở cùng một phía.",
        "This row has two ends on one side.",
        "Chỉ dùng một trong at_least/above và một trong at_most/below.",
        "Use one of at_least/above and one of at_most/below.",
    ),
    "bands.empty": (
        "Khoảng này không chứa giá trị nào.",
        "This interval holds no value.",
        "Sửa lại hai đầu của khoảng.",
        "Correct the ends of the interval.",
    ),
    "bands.unreachable": (
        "Không giá trị nào trong giới hạn ({domain}) rơi vào dòng này.",
        "No value within the bounds ({domain}) falls into this row.",
        "Bỏ dòng này, hoặc sửa ngưỡng (90 % viết là 0.9) hay giới hạn của số liệu.",
        "Drop the row, or correct its ends (90 % is 0.9) or the input's bounds.",
    ),
    "bands.overlap": (
        "Dòng này và dòng {other} cùng nhận các giá trị {interval}.",
        "This row and row {other} both take the values {interval}.",
        "Dùng `below` ở dòng dưới cho khớp `at_least` của dòng trên.",
        "Let `below` of the lower row meet `at_least` of the upper one.",
    ),
    "bands.gap": (
        "Không dòng nào nhận các giá trị {interval}.",
        "No row takes the values {interval}.",
        "Thêm một dòng, nối hai đầu khoảng, hoặc khai báo giới hạn của số liệu.",
        "Add a row, let the ends meet, or declare the input's bounds.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "method.maximum_unreachable": (
        "Không câu trả lời nào đạt điểm tối đa {maximum}: cao nhất là {reach}.",
        "No answer reaches the maximum {maximum}: the most is {reach}.",
        "Kiểm tra lại điểm của các dòng, thành phần hoặc giới hạn số liệu.",
        "Check the points of rows and parts, or the input's bounds.",
    ),
}
