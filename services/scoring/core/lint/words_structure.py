"""What lint says of sections, criteria, inputs, gates, numbers. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
    "section.duplicate": (
        "Hạng mục {name} được khai báo hai lần.",
        "Section {name} is declared twice.",
        "Đánh lại mã cho một trong hai hạng mục.",
        "Give one of the two another code.",
    ),
    "section.other_code": (
        "Hạng mục mang mã {name} nhưng mọi tiêu chí trong đó thuộc hạng mục {criteria}.",
        "The section has the code {name} but all its criteria are of section {criteria}.",
        "Đặt mã hạng mục là '{criteria}', hoặc đánh lại mã các tiêu chí.",
        "Give the section the code '{criteria}', or its criteria other codes.",
    ),
    "section.points": (
        "Điểm tối đa của hạng mục là {declared}, nhưng tổng điểm các tiêu chí là {sum}.",
        "The section's maximum is {declared}, but its criteria add up to {sum}.",
        "Sửa điểm của tiêu chí hoặc của hạng mục cho khớp.",
        "Correct the points of the criteria or of the section.",
    ),
    "set.total": (
        "Tổng điểm các hạng mục là {sum}, phải là 100 (hoặc một thang lớn, tròn chục: 420, 1.000, …).",
        "The sections add up to {sum}; it must be 100 (or a large scale in tens: 420, 1,000 …).",
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
        "Số liệu `{name}` được hỏi nhưng không dùng để chấm điểm hay trong quy tắc nào.",
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
    "number.too_many_decimals": (
        "{value} có quá 6 chữ số thập phân.",
        "{value} has more than 6 decimals.",
        "Làm tròn đến 6 chữ số thập phân.",
        "Round it to 6 decimals.",
    ),
    "number.too_large": (
        "{value} quá lớn: bộ máy quy tắc chỉ nhận số nhỏ hơn 2^62 phần triệu.",
        "{value} is too large: the rules engine takes numbers below 2^62 millionths.",
        "Đổi đơn vị tính (ví dụ triệu đồng thay cho đồng).",
        "Change the unit (for example millions).",
    ),
    "number.too_fine": (
        "{value} chia quá nhỏ: điểm có tối đa 6 chữ số thập phân, hoặc là phân số có mẫu số không quá {limit}.",
        (
            "{value} is too finely divided: points have at most 6 decimals, or are a fraction with a "
            "denominator up to {limit}."
        ),
        "Làm tròn, hoặc viết một phân số đơn giản như '1/3'.",
        "Round it, or write a simple fraction such as '1/3'.",
    ),
    "asked_if.other_fact": (
        "`asked_if` chỉ xét số liệu (`input.*`), không xét `{name}`.",
        "`asked_if` judges figures only (`input.*`), not `{name}`.",
        "Xét một số liệu của tiêu chí khác.",
        "Judge a figure of another criterion.",
    ),
    "asked_if.own_input": (
        "Tiêu chí chỉ được hỏi tùy theo `{name}`, nhưng chính nó hỏi số liệu đó.",
        "The criterion is asked depending on `{name}`, which it asks for itself.",
        "Chuyển số liệu sang một tiêu chí được hỏi trước.",
        "Move the input to a criterion that is asked before.",
    ),
    "asked_if.cycle": (
        "Các tiêu chí chỉ được hỏi tùy theo nhau, theo vòng: {cycle}.",
        "Criteria are asked depending on each other, in a circle: {cycle}.",
        "Bỏ `asked_if` ở một tiêu chí.",
        "Drop `asked_if` from one of them.",
    ),
    "asked_if.never": (
        "Tiêu chí không bao giờ được hỏi: {conditions} không thể xảy ra.",
        "The criterion is never asked: {conditions} cannot be.",
        "Sửa điều kiện, hoặc giới hạn và lựa chọn của số liệu.",
        "Correct the condition, or the input's bounds and options.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "text.not_composed": (
        "Văn bản dùng dấu tổ hợp rời (Unicode dựng sẵn là chuẩn): cùng một chữ sẽ cho hai mã băm khác nhau.",
        "The text uses combining marks (composed Unicode is the standard): the same words would hash differently.",
        "Lưu lại văn bản ở dạng Unicode dựng sẵn (NFC).",
        "Save the text in composed form (NFC).",
    ),
    "asked_if.always": (
        "Tiêu chí lúc nào cũng được hỏi: {conditions} đúng với mọi câu trả lời.",
        "The criterion is always asked: {conditions} holds whatever is answered.",
        "Bỏ `asked_if`, hoặc sửa điều kiện.",
        "Drop `asked_if`, or correct the condition.",
    ),
    "asked_if.read_elsewhere": (
        (
            "Tiêu chí dùng số liệu `{name}`, vốn chỉ được hỏi trong một số trường hợp (tiêu chí {owner}); nơi "
            "khác tiêu chí này sẽ là «không báo cáo»."
        ),
        (
            "The criterion reads `{name}`, which is asked of some only (criterion {owner}); of others it will "
            "count as not reported."
        ),
        "Đặt cùng `asked_if`, hoặc chuyển số liệu sang tiêu chí được hỏi chung.",
        "Give it the same `asked_if`, or move the input to a criterion that all are asked.",
    ),
}
