"""What lint says of sections, criteria, inputs, levels, numbers. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
    "section.duplicate": (
        "Hạng mục {name} được khai báo hai lần.",
        "Section {name} is declared twice.",
        "Đánh lại mã cho một trong hai hạng mục.",
        "Give one of the two another code.",
    ),
    "section.points": (
        "Điểm tối đa của hạng mục là {declared}, nhưng tổng điểm các tiêu chí là {sum}.",
        "The section's maximum is {declared}, but its criteria add up to {sum}.",
        "Sửa điểm của tiêu chí hoặc của hạng mục cho khớp.",
        "Correct the points of the criteria or of the section.",
    ),
    "set.total": (
        "Tổng điểm các hạng mục là {sum}, phải là 100.",
        "The sections add up to {sum}; it must be 100.",
        "Phân bổ lại điểm giữa các hạng mục.",
        "Distribute the points of the sections again.",
    ),
    "set.totals_too_long": (
        "Các mẫu số của tỷ số có thể dài tổng cộng {digits} chữ số (tối đa {limit}): tổng điểm chính xác sẽ quá dài.",
        "The denominators of ratios may have {digits} digits together ({limit} at most): exact totals get too long.",
        "Khai báo `maximum` sát thực tế cho các số liệu làm mẫu số, hoặc chấm theo `bands`.",
        "Declare a realistic `maximum` for inputs that are divided by, or score by `bands`.",
    ),
    "stage.reversed": (
        "Giai đoạn {first}–{last} có năm cuối trước năm đầu.",
        "The stage {first}–{last} ends before it begins.",
        "Đổi lại first_year và last_year.",
        "Correct first_year and last_year.",
    ),
    "criterion.duplicate": (
        "Mã tiêu chí {name} được dùng hai lần.",
        "The criterion code {name} is used twice.",
        "Đánh lại mã cho một trong hai tiêu chí.",
        "Give one of the two another code.",
    ),
    "criterion.other_section": (
        "Tiêu chí {name} nằm trong hạng mục {section}.",
        "Criterion {name} stands in section {section}.",
        "Mã tiêu chí phải bắt đầu bằng `{section}.`; hoặc chuyển tiêu chí sang hạng mục của nó.",
        "A code must begin with its section, `{section}.`; or move the criterion.",
    ),
    "criterion.evidence_documents": (
        "Tiêu chí bắt buộc có tài liệu kiểm chứng nhưng không nêu tài liệu nào.",
        "The criterion requires evidence but names no document.",
        "Liệt kê tài liệu trong `documents`, hoặc đặt `required: false`.",
        "List the documents, or say `required: false`.",
    ),
    "maximum.not_positive": (
        "Điểm tối đa là {value}, phải lớn hơn 0.",
        "The maximum is {value}; it must be above 0.",
        "Ghi điểm tối đa dương; tiêu chí chỉ để thông tin dùng `form: information`.",
        "State a positive maximum; a criterion that is only asked uses `form: information`.",
    ),
    "input.duplicate": (
        "Mã số liệu `{name}` được khai báo hai lần.",
        "The input id `{name}` is declared twice.",
        "Đổi tên một số liệu, hoặc chỉ khai báo ở một tiêu chí (phương pháp ở tiêu chí khác vẫn dùng được).",
        "Rename one, or declare it once (methods of other criteria may use it).",
    ),
    "input.unused": (
        "Số liệu `{name}` được hỏi nhưng không dùng để chấm điểm hay trong luật nào.",
        "The input `{name}` is asked for but used by no method and no rule.",
        "Dùng nó, bỏ nó, hoặc chuyển sang tiêu chí `form: information`.",
        "Use it, drop it, or move it to a criterion of `form: information`.",
    ),
    "input.bounds_reversed": (
        "Giới hạn dưới {minimum} lớn hơn giới hạn trên {maximum}.",
        "The minimum {minimum} is above the maximum {maximum}.",
        "Đổi lại hai giới hạn.",
        "Correct the bounds.",
    ),
    "input.bounds_unfit": (
        "Số liệu kiểu {type} không có giới hạn số.",
        "An input of type {type} has no numeric bounds.",
        "Bỏ minimum và maximum, hoặc đổi kiểu.",
        "Drop minimum and maximum, or change the type.",
    ),
    "input.bound_not_whole": (
        "Số liệu nguyên có giới hạn {value} không nguyên.",
        "A whole-number input has the bound {value}, which is no whole number.",
        "Ghi giới hạn nguyên, hoặc đổi kiểu thành decimal.",
        "State a whole bound, or change the type to decimal.",
    ),
    "input.options_unfit": (
        "Số liệu kiểu {type} không có lựa chọn.",
        "An input of type {type} has no options.",
        "Bỏ options, hoặc đổi kiểu thành choice.",
        "Drop the options, or change the type to choice.",
    ),
    "input.options_missing": (
        "Số liệu kiểu choice cần ít nhất hai lựa chọn.",
        "An input of type choice needs at least two options.",
        "Khai báo options.",
        "Declare the options.",
    ),
    "input.option_duplicate": (
        "Lựa chọn `{name}` được khai báo hai lần.",
        "The option `{name}` is declared twice.",
        "Đổi tên hoặc bỏ một lựa chọn.",
        "Rename or drop one.",
    ),
    "level.duplicate": (
        "Mức độ `{name}` được khai báo hai lần.",
        "The level `{name}` is declared twice.",
        "Đổi tên hoặc bỏ một mức.",
        "Rename or drop one.",
    ),
    "level.order": (
        "Mức độ `{name}` bắt đầu từ {value}, không thấp hơn mức đứng trước ({before}).",
        "The level `{name}` begins at {value}, which is not below the level before it ({before}).",
        "Xếp các mức từ cao xuống thấp.",
        "Give the levels from high to low.",
    ),
    "level.last_not_zero": (
        "Mức độ cuối bắt đầu từ {value}: kết quả thấp hơn sẽ không có mức nào.",
        "The last level begins at {value}: a lower result would have no level.",
        "Mức cuối phải có `at_least: 0`.",
        "The last level must have `at_least: 0`.",
    ),
    "level.out_of_range": (
        "Ngưỡng {value} nằm ngoài khoảng 0 – {limit} của {form}.",
        "The threshold {value} is outside 0 – {limit} of a result by {form}.",
        "Với chỉ số (index) ngưỡng từ 0 đến 1, với tổng điểm (total) từ 0 đến 100.",
        "An index has thresholds from 0 to 1, a total from 0 to 100.",
    ),
    "number.too_many_decimals": (
        "{value} có quá 6 chữ số thập phân.",
        "{value} has more than 6 decimals.",
        "Làm tròn đến 6 chữ số thập phân.",
        "Round it to 6 decimals.",
    ),
    "number.too_large": (
        "{value} quá lớn: bộ máy luật chỉ nhận số nhỏ hơn 2^62 phần triệu.",
        "{value} is too large: the rules engine takes numbers below 2^62 millionths.",
        "Đổi đơn vị tính (ví dụ triệu đồng thay cho đồng).",
        "Change the unit (for example millions).",
    ),
    "mapping.other_version": (
        "Bảng đối chiếu nói về phiên bản {version}, nhưng phiên bản trước là {previous}.",
        "The mapping speaks of version {version}, but the version before is {previous}.",
        "Ghi `version: '{previous}'`.",
        "Say `version: '{previous}'`.",
    ),
    "mapping.other_set": (
        "Bộ tiêu chí trước có mã `{previous}`, bộ này có mã `{id}`.",
        "The rule set before is `{previous}`, this one is `{id}`.",
        "Một bản sửa đổi giữ nguyên `id`.",
        "An amendment keeps the `id`.",
    ),
    "mapping.unknown_before": (
        "Phiên bản trước không có tiêu chí {name}.",
        "The version before has no criterion {name}.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "mapping.unknown_after": (
        "Bộ tiêu chí này không có tiêu chí {name}.",
        "This rule set has no criterion {name}.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "mapping.shape": (
        "Dòng đối chiếu `{kind}` phải có {expected_vi}.",
        "A `{kind}` entry must have {expected_en}.",
        "Sửa `before`, `after` hoặc `kind`.",
        "Correct `before`, `after` or `kind`.",
    ),
    "mapping.duplicate": (
        "Tiêu chí {name} được đối chiếu hai lần.",
        "Criterion {name} is mapped twice.",
        "Gộp thành một dòng.",
        "Make one entry of the two.",
    ),
    "mapping.still_there": (
        "Tiêu chí {name} được ghi là bỏ nhưng vẫn còn trong bộ tiêu chí.",
        "Criterion {name} is mapped as dropped but is still in the rule set.",
        "Nếu mã được dùng cho tiêu chí khác, thêm dòng `new`; nếu không, bỏ dòng `dropped`.",
        "If the code was given to another criterion add a `new` entry; otherwise remove the `dropped` entry.",
    ),
    "mapping.vanished": (
        "Tiêu chí {name} của phiên bản trước không còn, và bảng đối chiếu không nói vì sao.",
        "Criterion {name} of the version before is gone, and the mapping does not say why.",
        "Thêm một dòng `dropped`, `renamed`, `split` hoặc `merged`.",
        "Add an entry `dropped`, `renamed`, `split` or `merged`.",
    ),
    "mapping.appeared": (
        "Tiêu chí {name} không có ở phiên bản trước, và bảng đối chiếu không nhắc đến.",
        "Criterion {name} was not in the version before, and the mapping does not name it.",
        "Thêm một dòng `new`, `renamed`, `split` hoặc `merged`.",
        "Add an entry `new`, `renamed`, `split` or `merged`.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "text.not_composed": (
        "Văn bản dùng dấu tổ hợp rời (Unicode dựng sẵn là chuẩn): cùng một chữ sẽ cho hai mã băm khác nhau.",
        "The text uses combining marks (composed Unicode is the standard): the same words would hash differently.",
        "Lưu lại văn bản ở dạng Unicode dựng sẵn (NFC).",
        "Save the text in composed form (NFC).",
    ),
}
