"""What is said of a figure that does not fit its input: one entry for each code, in Vietnamese and English."""

from __future__ import annotations

__all__ = ["FIGURE_WORDS"]

# code: (what is wrong: vi, en; what to do: vi, en)
FIGURE_WORDS: dict[str, tuple[str, str, str, str]] = {
    "answer.malformed_state": (
        "Tiêu chí {criterion}, «{title}»: không hiểu được câu trả lời dạng đối tượng này.",
        "Criterion {criterion}, “{title_en}”: an answer of this form is not understood.",
        'Gửi một giá trị, null, {{"state": "not_reported"}} hoặc {{"state": "not_applicable"}}.',
        'Send a value, null, {{"state": "not_reported"}} or {{"state": "not_applicable"}}.',
    ),
    "answer.not_by_unit": (
        "Tiêu chí {criterion}, «{title}»: cần số liệu của từng đơn vị trực thuộc, nhận được {value}.",
        "Criterion {criterion}, “{title_en}”: the figure of each sub-unit is needed, got {value}.",
        'Gửi {{"units": {{"tên đơn vị": số liệu}}}}.',
        'Send {{"units": {{"name of the unit": figure}}}}.',
    ),
    "answer.malformed_units": (
        "Tiêu chí {criterion}, «{title}»: không hiểu được số liệu của các đơn vị trực thuộc.",
        "Criterion {criterion}, “{title_en}”: the figures of the sub-units are not understood.",
        'Gửi {{"units": {{"tên đơn vị": số liệu}}}}, không kèm trường nào khác.',
        'Send {{"units": {{"name of the unit": figure}}}} and nothing else.',
    ),
    "answer.too_many_units": (
        "Tiêu chí {criterion}, «{title}»: quá {limit} đơn vị trực thuộc.",
        "Criterion {criterion}, “{title_en}”: more than {limit} sub-units.",
        "Kiểm tra danh sách đơn vị.",
        "Check the list of units.",
    ),
    "answer.unit_twice": (
        "Tiêu chí {criterion}, «{title}»: đơn vị {value} xuất hiện hai lần.",
        "Criterion {criterion}, “{title_en}”: the unit {value} is named twice.",
        "Giữ lại một số liệu cho mỗi đơn vị.",
        "Keep one figure for each unit.",
    ),
    "answer.unit_name": (
        "Tiêu chí {criterion}, «{title}»: {value} không dùng làm tên đơn vị được.",
        "Criterion {criterion}, “{title_en}”: {value} cannot be the name of a unit.",
        "Viết tên đơn vị, từ 1 đến {limit} ký tự.",
        "Write the unit's name, 1 to {limit} characters.",
    ),
    "answer.not_applicable_refused": (
        "Tiêu chí {criterion}, «{title}»: tiêu chí này không cho trả lời «không áp dụng».",
        "Criterion {criterion}, “{title_en}”: this criterion does not accept “not applicable”.",
        "Trả lời bằng số liệu, hoặc để trống nếu chưa có.",
        "Answer with a figure, or leave it out if there is none yet.",
    ),
    "answer.not_boolean": (
        "Tiêu chí {criterion}, «{title}»: cần trả lời có hoặc không, nhận được {value}.",
        "Criterion {criterion}, “{title_en}”: a yes or no is needed, got {value}.",
        "Gửi true (có) hoặc false (không), không đặt trong dấu nháy.",
        "Send true or false, without quotes.",
    ),
    "answer.not_integer": (
        "Tiêu chí {criterion}, «{title}»: cần một số nguyên, nhận được {value}.",
        "Criterion {criterion}, “{title_en}”: a whole number is needed, got {value}.",
        "Gửi số nguyên không đặt trong dấu nháy, ví dụ 12.",
        "Send a whole number without quotes, such as 12.",
    ),
    "answer.not_decimal": (
        "Tiêu chí {criterion}, «{title}»: cần một số, nhận được {value}.",
        "Criterion {criterion}, “{title_en}”: a number is needed, got {value}.",
        "Gửi số hoặc văn bản số, ví dụ 12.5 hoặc '12.5'; không phân cách hàng nghìn.",
        "Send a number or its text, such as 12.5 or '12.5'; no thousands separators.",
    ),
    "answer.decimal_comma": (
        "Tiêu chí {criterion}, «{title}»: {value} dùng dấu phẩy.",
        "Criterion {criterion}, “{title_en}”: {value} is written with a comma.",
        "Dùng dấu chấm trước phần thập phân ('12.5') và không phân cách hàng nghìn.",
        "Use a point before the decimals ('12.5') and no thousands separators.",
    ),
    "answer.too_many_decimals": (
        "Tiêu chí {criterion}, «{title}»: {value} có quá {places} chữ số thập phân.",
        "Criterion {criterion}, “{title_en}”: {value} has more than {places} decimals.",
        "Làm tròn đến {places} chữ số thập phân.",
        "Round it to {places} decimals.",
    ),
    "answer.too_large": (
        "Tiêu chí {criterion}, «{title}»: số quá lớn.",
        "Criterion {criterion}, “{title_en}”: the number is too large.",
        "Kiểm tra số liệu và đơn vị tính.",
        "Check the figure and its unit.",
    ),
    "answer.out_of_bounds": (
        "Tiêu chí {criterion}, «{title}»: {value} nằm ngoài giới hạn {bounds}.",
        "Criterion {criterion}, “{title_en}”: {value} is outside the bounds {bounds}.",
        "Kiểm tra số liệu và đơn vị tính.",
        "Check the figure and its unit.",
    ),
    "answer.unknown_option": (
        "Tiêu chí {criterion}, «{title}»: {value} không phải một lựa chọn.",
        "Criterion {criterion}, “{title_en}”: {value} is none of the options.",
        "Chọn một trong: {options}.",
        "Choose one of: {options}.",
    ),
    "answer.not_text": (
        "Tiêu chí {criterion}, «{title}»: cần văn bản, nhận được {value}.",
        "Criterion {criterion}, “{title_en}”: text is needed, got {value}.",
        "Đặt câu trả lời trong dấu nháy.",
        "Put the answer in quotes.",
    ),
    "answer.text_too_long": (
        "Tiêu chí {criterion}, «{title}»: văn bản dài quá {limit} ký tự.",
        "Criterion {criterion}, “{title_en}”: the text is longer than {limit} characters.",
        "Rút gọn, hoặc đưa vào tài liệu kiểm chứng.",
        "Shorten it, or put it into an evidence document.",
    ),
    "answer.control_character": (
        "Tiêu chí {criterion}, «{title}»: văn bản có ký tự điều khiển.",
        "Criterion {criterion}, “{title_en}”: the text holds a control character.",
        "Xóa ký tự đó.",
        "Delete that character.",
    ),
}
