"""What the loader says when it refuses a document: one entry for each code, in Vietnamese and English.

Words are kept apart from the checks so that each can be read whole; `{…}` are filled in by the check.
"""

from __future__ import annotations

from shared.kernel.errors import Fault

__all__ = ["CODES", "fault"]

# code: (what is wrong: vi, en; what to do: vi, en)
_WORDS: dict[str, tuple[str, str, str, str]] = {
    "document.unreadable": (
        "Không đọc được tệp: {problem}.",
        "The file cannot be read: {problem}.",
        "Kiểm tra đường dẫn và quyền đọc.",
        "Check the path and the permission to read it.",
    ),
    "document.not_utf8": (
        "Tệp không phải văn bản UTF-8.",
        "The file is not UTF-8 text.",
        "Lưu lại tệp với bảng mã UTF-8.",
        "Save the file again as UTF-8.",
    ),
    "document.office_file": (
        "Đây là tệp Excel hoặc Word, không phải văn bản YAML hay JSON.",
        "This is a file of Excel or Word, not YAML or JSON text.",
        "Bảng tính Excel phải được nhập bằng lệnh nhập bộ tiêu chí từ Excel; văn bản Word phải được chép sang YAML.",
        "A workbook is imported by the command for Excel; what stands in Word must be copied into YAML.",
    ),
    "document.too_large": (
        "Tệp lớn hơn {limit} byte.",
        "The file is larger than {limit} bytes.",
        "Một bộ tiêu chí chỉ vài trăm kilobyte: kiểm tra lại tệp.",
        "A rule set takes a few hundred kilobytes: check which file this is.",
    ),
    "document.too_deep": (
        "Tài liệu lồng sâu quá {limit} bậc.",
        "The document nests deeper than {limit}.",
        "Kiểm tra lại tệp, nhất là thụt lề và dấu ngoặc.",
        "Check the file, above all indentation and brackets.",
    ),
    "document.too_many_parts": (
        "Tài liệu có quá {limit} phần tử.",
        "The document has over {limit} parts.",
        "Kiểm tra lại tệp.",
        "Check which file this is.",
    ),
    "document.malformed": (
        "Văn bản không đúng cú pháp {kind}: {problem_vi}.",
        "The text is not {kind}: {problem}.",
        "Sửa tại dòng này hoặc ngay trên nó: thụt lề, dấu hai chấm, dấu nháy, dấu ngoặc.",
        "Correct this line or the one above it: indentation, colons, quotes, brackets.",
    ),
    "document.tab": (
        "Dòng này thụt lề bằng ký tự tab; YAML chỉ nhận dấu cách.",
        "This line is indented with a tab; YAML takes spaces only.",
        "Thay mỗi tab ở đầu dòng bằng hai dấu cách.",
        "Replace every tab at the beginning of the line by two spaces.",
    ),
    "document.not_mapping": (
        "Tài liệu phải gồm các trường `tên: giá trị` (format, id, version, ...).",
        "The document must consist of fields `name: value` (format, id, version, ...).",
        "Bắt đầu tệp bằng `format: xephang.ruleset/1`.",
        "Begin the file with `format: xephang.ruleset/1`.",
    ),
    "document.duplicate_key": (
        "Một trường được viết hai lần, không rõ giá trị nào có hiệu lực ({problem}).",
        "A field is written twice, so it is unclear which one counts ({problem}).",
        "Bỏ một trong hai.",
        "Remove one of the two.",
    ),
    "document.several": (
        "Một tệp chỉ chứa một bộ tiêu chí; ở đây bắt đầu tài liệu thứ hai (`---`).",
        "One file holds one rule set; here a second document begins (`---`).",
        "Tách thành hai tệp.",
        "Split it into two files.",
    ),
    "document.anchor": (
        "Không dùng neo và tham chiếu YAML (`&tên`, `*tên`): mỗi giá trị phải đọc được tại chỗ.",
        "YAML anchors and aliases (`&name`, `*name`) are refused: every value must be readable where it stands.",
        "Viết đầy đủ giá trị; nếu đó là văn bản thì đặt trong dấu nháy.",
        "Write the value out; if it is text, put it in quotes.",
    ),
    "document.tag": (
        "Không dùng thẻ kiểu YAML (`!kiểu`).",
        "YAML tags (`!type`) are refused.",
        "Bỏ thẻ; nếu đó là văn bản thì đặt trong dấu nháy.",
        "Remove the tag; if it is text, put it in quotes.",
    ),
    "document.complex_key": (
        "Tên trường phải là một từ, không phải danh sách hay bảng.",
        "A field name must be a word, not a list or mapping.",
        "Đặt văn bản có ngoặc `{{`, `[` trong dấu nháy.",
        "Put text that holds `{{` or `[` in quotes.",
    ),
    "document.key_too_long": (
        "Tên trường dài quá {limit} ký tự.",
        "The field name is longer than {limit} characters.",
        "Kiểm tra dấu hai chấm và thụt lề ở dòng này.",
        "Check the colon and the indentation of this line.",
    ),
    "document.control_character": (
        "Có ký tự điều khiển {character} trong văn bản.",
        "The text holds the control character {character}.",
        "Xóa ký tự đó.",
        "Delete that character.",
    ),
    "document.hidden_character": (
        "Có ký tự không nhìn thấy {character} trong văn bản.",
        "The text holds the character {character}, which nobody sees.",
        "Xóa ký tự đó, hoặc gõ lại dòng này; nó thường đến từ văn bản được sao chép.",
        "Delete it, or type the line again; it often comes with copied text.",
    ),
    "document.number_too_long": (
        "Số dài quá {limit} chữ số.",
        "The number is longer than {limit} digits.",
        "Viết số ngắn hơn.",
        "Write a shorter number.",
    ),
    "document.more": (
        "Còn {count} lỗi nữa chưa liệt kê.",
        "{count} more faults are not listed.",
        "Sửa các lỗi trên rồi nạp lại.",
        "Correct those above and load again.",
    ),
    "field.missing": (
        "Thiếu trường bắt buộc `{field}`.",
        "The required field `{field}` is missing.",
        "Thêm `{field}: ...` vào đây.",
        "Add `{field}: ...` here.",
    ),
    "field.unknown": (
        "Không có trường nào tên là `{field}` ở đây.",
        "There is no field named `{field}` here.",
        "{hint_vi}Ở đây chỉ dùng: {fields}. Nếu trường này thuộc phần khác thì kiểm tra thụt lề.",
        "{hint_en}Allowed here: {fields}. If it belongs to another part, check the indentation.",
    ),
    "field.not_allowed": (
        "Giá trị {value} không được dùng ở đây.",
        "The value {value} is not allowed here.",
        "{hint_vi}Chọn một trong: {expected}.",
        "{hint_en}Use one of: {expected}.",
    ),
    "field.look_alike": (
        "{value} trông giống `{plain}` nhưng có ký tự {character}.",
        "{value} looks like `{plain}` but holds {character}.",
        "Gõ lại `{plain}` bằng bàn phím, không sao chép.",
        "Type `{plain}` again instead of copying it.",
    ),
    "field.decimal_comma": (
        "`{written}` viết dấu phẩy thập phân.",
        "`{written}` is written with a decimal comma.",
        "Viết dấu chấm: {meant}.",
        "Write a point: {meant}.",
    ),
    "field.malformed": (
        "{value} không đúng dạng.",
        "{value} does not have the right form.",
        "Viết dưới dạng {expected}.",
        "Write it in the form {expected}.",
    ),
    "field.not_text": (
        "Ở đây cần văn bản, không phải {value}.",
        "Text is needed here, not {value}.",
        "Viết văn bản; số hiệu, mã và phiên bản đặt trong dấu nháy, ví dụ '1.10'.",
        "Write text; put numbers that are names, codes and versions in quotes, such as '1.10'.",
    ),
    "field.empty": (
        "Trường này không được để trống.",
        "This field may not be empty.",
        "Điền nội dung.",
        "Fill it in.",
    ),
    "field.too_long": (
        "Văn bản dài quá {limit} ký tự.",
        "The text is longer than {limit} characters.",
        "Rút ngắn lại.",
        "Shorten it.",
    ),
    "field.not_exact": (
        "{value} không phải số đúng.",
        "{value} is not an exact number.",
        "Viết số nguyên hoặc số thập phân dùng dấu chấm: 12, 0.5 hoặc '4/3'.",
        "Write a whole number or a decimal with a point: 12, 0.5 or '4/3'.",
    ),
    "field.not_whole": (
        "{value} không phải số nguyên.",
        "{value} is not a whole number.",
        "Viết số nguyên, ví dụ 2021.",
        "Write a whole number such as 2021.",
    ),
    "field.out_of_range": (
        "{value} nằm ngoài khoảng cho phép: {expected}.",
        "{value} is outside what is allowed: {expected}.",
        "Sửa lại giá trị.",
        "Correct the value.",
    ),
    "field.not_date": (
        "{value} không phải ngày.",
        "{value} is not a date.",
        "Viết năm-tháng-ngày: 2020-11-17.",
        "Write year-month-day: 2020-11-17.",
    ),
    "field.not_boolean": (
        "{value} không phải true hay false.",
        "{value} is neither true nor false.",
        "Viết true hoặc false.",
        "Write true or false.",
    ),
    "field.not_list": (
        "Ở đây cần một danh sách.",
        "A list is needed here.",
        "Viết mỗi phần tử trên một dòng bắt đầu bằng `- `.",
        "Write each item on a line that begins with `- `.",
    ),
    "field.not_mapping": (
        "Ở đây cần các trường `tên: giá trị`, không phải {value}.",
        "Fields `name: value` are needed here, not {value}.",
        "Viết các trường, mỗi trường một dòng, thụt lề dưới tên này.",
        "Write the fields one to a line, indented below this name.",
    ),
    "field.no_items": (
        "Danh sách này phải có ít nhất một phần tử.",
        "This list needs at least one item.",
        "Thêm một phần tử.",
        "Add an item.",
    ),
    "field.form_missing": (
        "Thiếu `{field}` nên không rõ đây là loại gì.",
        "Without `{field}` it is unclear what this is.",
        "Thêm `{field}:` với một trong: {expected}.",
        "Add `{field}:` with one of: {expected}.",
    ),
    "field.not_value": (
        "{value} không dùng làm giá trị ở đây được.",
        "{value} cannot be a value here.",
        "Viết true/false, một số, hoặc một tên như da_ban_hanh.",
        "Write true/false, a number, or a name such as fully_done.",
    ),
    "field.not_measure": (
        "{value} không phải mã số liệu, cũng không phải tỷ số.",
        "{value} is neither the id of an input nor a quotient.",
        "Viết mã số liệu (`so_cuoc_hop`) hoặc {{numerator: ..., denominator: ...}}.",
        "Write an input's id (`meetings`) or {{numerator: ..., denominator: ...}}.",
    ),
    "field.invalid": (
        "Giá trị {value} không hợp lệ.",
        "The value {value} is not valid: {problem}.",
        "Xem mô tả định dạng bộ tiêu chí.",
        "See the description of the rule-set format.",
    ),
}

CODES = frozenset(_WORDS)


def fault(code: str, place: str, **values: object) -> Fault:
    """The fault of this code at this place, its words filled with `values`."""
    vi, en, remedy_vi, remedy_en = (text.format(**values) for text in _WORDS[code])
    return Fault(code, place, vi, en, remedy_vi, remedy_en)
