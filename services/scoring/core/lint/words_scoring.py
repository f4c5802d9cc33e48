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
        "Trừ điểm bằng một quy tắc với `effect: deduct`.",
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
    "quotient.same_input": (
        "Tử số và mẫu số đều là `{name}`: tỷ số luôn bằng 1.",
        "Numerator and denominator are both `{name}`: the quotient is always 1.",
        "Sửa một trong hai.",
        "Correct one of the two.",
    ),
    "relative.denominator": (
        "Tỷ số so với đơn vị cao nhất trong nhóm phải có mẫu số là một số liệu.",
        "A quotient that is compared with the best of the group needs an input as its denominator.",
        "Ghi `denominator`; hằng số `whole` không đổi kết quả so sánh, khi đó chỉ cần tên số liệu.",
        "Name a `denominator`; a constant `whole` changes no comparison, so the input alone will do.",
    ),
    "per_unit.outside_average": (
        "Số liệu `{name}` được hỏi ở từng đơn vị trực thuộc, nên chỉ dùng được bên trong `form: average`.",
        "The input `{name}` is asked of every sub-unit, so it has a single value only inside `form: average`.",
        "Đặt cách chấm vào `form: average`, hoặc bỏ `per_unit` ở số liệu.",
        "Put the method into `form: average`, or drop `per_unit` from the input.",
    ),
    "per_unit.in_condition": (
        "Số liệu `{name}` được hỏi ở từng đơn vị trực thuộc, điều kiện không có một giá trị để xét.",
        "The input `{name}` is asked of every sub-unit, so a condition has no single value to judge.",
        "Xét một số liệu của chính cơ quan.",
        "Judge a figure of the agency itself.",
    ),
    "average.nested": (
        "Trung bình của trung bình không được dùng.",
        "An average inside an average is refused.",
        "Giữ một `form: average`.",
        "Keep one `form: average`.",
    ),
    "average.relative": (
        "So với đơn vị cao nhất trong nhóm không dùng được bên trong trung bình các đơn vị trực thuộc.",
        "A comparison with the best of the group cannot stand inside an average over sub-units.",
        "Chọn cách chấm khác cho từng đơn vị trực thuộc.",
        "Choose another form for the sub-units.",
    ),
    "average.no_per_unit": (
        "Trung bình này không dùng số liệu nào của đơn vị trực thuộc.",
        "This average reads no figure of sub-units.",
        "Đặt `per_unit: true` ở số liệu được hỏi từng đơn vị, hoặc bỏ `form: average`.",
        "Say `per_unit: true` of the input that every sub-unit is asked for, or drop `form: average`.",
    ),
    "by.case_missing": (
        "Nhóm `{name}` của số liệu `{input}` chưa có cách chấm.",
        "The class `{name}` of the input `{input}` has no method.",
        "Thêm `{name}: ...` vào cases.",
        "Add `{name}: ...` to cases.",
    ),
    "by.unknown_case": (
        "Số liệu `{input}` không có nhóm `{name}`.",
        "The input `{input}` has no class `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "bonus.information": (
        "Tiêu chí chỉ để thông tin không thể là điểm thưởng.",
        "A criterion that is information only cannot be a bonus.",
        "Bỏ `bonus`, hoặc chọn cách chấm có điểm.",
        "Drop `bonus`, or choose a form that scores.",
    ),
    "unit.percent_whole": (
        "Số liệu `{name}` tính bằng % nhưng được chia cho {value}.",
        "The input `{name}` is in % but is divided by {value}.",
        "Chia tỷ lệ phần trăm cho `whole: 100`, hoặc sửa đơn vị tính.",
        "Divide a percentage by `whole: 100`, or correct the unit.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "method.maximum_unreachable": (
        "Không câu trả lời nào đạt điểm tối đa {maximum}: cao nhất là {reach}.",
        "No answer reaches the maximum {maximum}: the most is {reach}.",
        "Kiểm tra lại điểm của các dòng, thành phần hoặc giới hạn số liệu.",
        "Check the points of rows and parts, or the input's bounds.",
    ),
    "bonus.above_section": (
        "Điểm thưởng {value} lớn hơn điểm tối đa của hạng mục: phần vượt không bao giờ được tính.",
        "The bonus of {value} is above the section's maximum: the rest can never count.",
        "Giảm điểm thưởng.",
        "Lower the bonus.",
    ),
    "bands.not_monotone": (
        "Điểm theo giá trị từ thấp đến cao lúc tăng lúc giảm: {points}.",
        "Points from the lowest value to the highest go up and down: {points}.",
        "Kiểm tra lại điểm và ngưỡng của từng dòng.",
        "Check the points and ends of the rows.",
    ),
    "choice.not_monotone": (
        "Điểm theo thứ tự các lựa chọn lúc tăng lúc giảm: {points}.",
        "Points in the order of the options go up and down: {points}.",
        "Kiểm tra lại điểm, hoặc xếp các lựa chọn theo điểm.",
        "Check the points, or list the options in the order of their points.",
    ),
    "method.no_difference": (
        "Câu trả lời nào cũng được {value} điểm.",
        "Every answer gives {value} points.",
        "Kiểm tra lại điểm; nếu chỉ cần hỏi thì dùng `form: information`.",
        "Check the points; if it is only asked, use `form: information`.",
    ),
    "unit.quotient": (
        "Tử số tính bằng «{one}», mẫu số bằng «{other}»: tỷ số của hai đại lượng khác nhau không phải một tỷ lệ.",
        "The numerator is in “{one}”, the denominator in “{other}”: a quotient of different things is no share.",
        "Sửa đơn vị tính, hoặc chọn đúng số liệu.",
        "Correct the unit, or choose the right input.",
    ),
    "unit.missing": (
        "Số liệu `{name}` không có đơn vị tính.",
        "The input `{name}` has no unit.",
        "Thêm `unit` (người, văn bản, %, ...).",
        "Add a `unit` (people, documents, %, ...).",
    ),
    "unit.percent_bounds": (
        "Số liệu tính bằng % nhưng giới hạn trên là {value}.",
        "The input is in % but its maximum is {value}.",
        "90 % được nhập là 90: đặt `maximum: 100`; nếu nhập 0.9 thì đơn vị không phải %.",
        "90 % is entered as 90: say `maximum: 100`; if 0.9 is entered, the unit is not %.",
    ),
    "unit.share_of_percent": (
        "Số liệu `{name}` tính bằng % nhưng được so với {value}, tức là chưa đến một phần trăm.",
        "The input `{name}` is in % but is compared with {value}, which is a percent at most.",
        "Với số liệu tính bằng %, ngưỡng 90 % viết là 90.",
        "For an input in % the threshold 90 % is written 90.",
    ),
    "unit.levels_as_shares": (
        "Kết quả là tổng điểm nhưng mức cao nhất chỉ cần {value} điểm.",
        "The result is a total but the highest level takes only {value} points.",
        "Với tổng điểm ghi 80, 65, 50; hoặc đặt `form: index`.",
        "For a total say 80, 65, 50; or `form: index`.",
    ),
}
