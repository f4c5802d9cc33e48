"""What intake tells an agency about a field it must correct: one entry for each code, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from shared.kernel.errors import Fault

__all__ = ["CODES", "fault"]

# code: (what is wrong: vi, en; what to do: vi, en)
_WORDS: dict[str, tuple[str, str, str, str]] = {
    "answer.unknown_input": (
        "Phiếu khảo sát không có số liệu nào mang mã `{name}`.",
        "The survey form asks for no figure `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "answer.more": (
        "Còn những lỗi khác chưa liệt kê.",
        "There are more faults, not listed.",
        "Sửa các lỗi trên rồi gửi lại.",
        "Correct those above and send again.",
    ),
    "evidence.unknown_criterion": (
        "Bộ tiêu chí không có tiêu chí `{name}`.",
        "The rule set has no criterion `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "evidence.not_list": (
        "Tài liệu kiểm chứng của một tiêu chí phải là một danh sách.",
        "The evidence for a criterion must be a list.",
        "Đặt các tài liệu trong dấu ngoặc vuông [ ].",
        "Put the documents in square brackets [ ].",
    ),
    "evidence.too_many": (
        "Một tiêu chí có không quá {limit} tài liệu kiểm chứng.",
        "A criterion has at most {limit} evidence documents.",
        "Chỉ nêu các tài liệu chính; phần còn lại gộp vào một phụ lục.",
        "Name the main documents; gather the rest in an annex.",
    ),
    "evidence.not_object": (
        "Mỗi tài liệu kiểm chứng phải gồm các trường number, issued_on, title, link.",
        "Each evidence document must consist of number, issued_on, title, link.",
        'Gửi ví dụ {{"number": "12/KH-STTTT", "issued_on": "2021-03-05", "title": "Kế hoạch"}}.',
        'Send for example {{"number": "12/KH-STTTT", "issued_on": "2021-03-05", "title": "Plan"}}.',
    ),
    "evidence.unknown_field": (
        "Tài liệu kiểm chứng không có trường `{name}`.",
        "An evidence document has no field `{name}`.",
        "Chỉ dùng number, issued_on, title, link.",
        "Use only number, issued_on, title, link.",
    ),
    "evidence.title_missing": (
        "Thiếu trích yếu của tài liệu kiểm chứng.",
        "The evidence document has no title.",
        "Điền trường title.",
        "Fill in `title`.",
    ),
    "evidence.not_text": (
        "Trường này phải là văn bản.",
        "This field must be text.",
        "Đặt giá trị trong dấu nháy.",
        "Put the value in quotes.",
    ),
    "evidence.too_long": (
        "Văn bản dài quá {limit} ký tự.",
        "The text is longer than {limit} characters.",
        "Rút gọn lại.",
        "Shorten it.",
    ),
    "evidence.control_character": (
        "Văn bản có ký tự điều khiển.",
        "The text holds a control character.",
        "Xóa ký tự đó.",
        "Delete that character.",
    ),
    "evidence.link": (
        "Đường dẫn không phải địa chỉ web đầy đủ.",
        "The link is not a complete web address.",
        "Dùng địa chỉ bắt đầu bằng https:// hoặc http://.",
        "Use an address that begins with https:// or http://.",
    ),
    "evidence.date": (
        "Ngày ban hành không đúng.",
        "The date of issue is not a date.",
        "Viết năm-tháng-ngày, ví dụ 2021-03-05.",
        "Write year-month-day, such as 2021-03-05.",
    ),
}

CODES = frozenset(_WORDS)


def fault(code: str, place: str, known: Sequence[str] = (), /, **values: object) -> Fault:
    """The fault of this code; where a name is unknown, `known` gives the names it may have been meant as."""
    close = get_close_matches(str(values.get("name", "")), known, n=1) if known else []
    hints = {
        "hint_vi": f"Có phải là `{close[0]}`?" if close else "Xem lại phiếu khảo sát của đợt đánh giá này.",
        "hint_en": f"Did you mean `{close[0]}`?" if close else "See the survey form of this campaign.",
    }
    vi, en, remedy_vi, remedy_en = (text.format(**hints, **values) for text in _WORDS[code])
    return Fault(code, place, vi, en, remedy_vi, remedy_en)
