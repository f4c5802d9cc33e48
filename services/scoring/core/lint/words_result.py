"""What lint says of levels, means and tie-breakers. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
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
        "Với chỉ số (index) ngưỡng từ 0 đến 1, với tổng điểm (total) từ 0 đến tổng điểm các hạng mục.",
        "An index has thresholds from 0 to 1, a total from 0 to the points of all sections.",
    ),
    "weight.without_mean": (
        "Hạng mục có trọng số nhưng kết quả không phải trung bình các hạng mục.",
        "A section has a weight but the result is no mean of sections.",
        "Đặt `result.mean: arithmetic`, hoặc bỏ `weight`.",
        "Say `result.mean: arithmetic`, or drop `weight`.",
    ),
    "weight.missing": (
        "Hạng mục này không có trọng số trong khi hạng mục khác có.",
        "This section has no weight while others have one.",
        "Ghi `weight` cho mọi hạng mục, hoặc bỏ hết.",
        "Give every section a `weight`, or none.",
    ),
    "weight.not_positive": (
        "Trọng số {value} phải lớn hơn 0.",
        "The weight {value} must be above 0.",
        "Ghi trọng số dương.",
        "State a positive weight.",
    ),
    "weight.too_fine": (
        "Trung bình nhân với các trọng số này là căn bậc {degree} (tối đa {limit}).",
        "A geometric mean with these weights is a root of degree {degree} ({limit} at most).",
        "Dùng trọng số là số phần trăm nguyên.",
        "Use weights of whole percents.",
    ),
    "mean.total": (
        "Trung bình các hạng mục cho một chỉ số từ 0 đến 1, không phải tổng điểm.",
        "A mean of sections gives an index from 0 to 1, not a total.",
        "Đặt `form: index` và ngưỡng mức độ từ 0 đến 1.",
        "Say `form: index`, with levels from 0 to 1.",
    ),
    "tie_breaker.unknown": (
        "Không có `{name}` để phân định.",
        "There is no `{name}` to break ties by.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "tie_breaker.duplicate": (
        "`{name}` được dùng hai lần để phân định.",
        "`{name}` breaks ties twice.",
        "Bỏ một dòng.",
        "Drop one.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "weight.sum": (
        "Các trọng số cộng lại là {sum}, không phải 1 hay 100.",
        "The weights add up to {sum}, neither 1 nor 100.",
        "Kiểm tra lại trọng số; nếu bằng nhau thì bỏ hết `weight`.",
        "Check the weights; if they are equal, leave `weight` out.",
    ),
    "mean.bonus_section": (
        "Hạng mục {name} chỉ có điểm thưởng nên không có trong trung bình các hạng mục: điểm đó không được tính.",
        "Section {name} has bonus criteria only, so it is no part of the mean of sections: its points do not count.",
        "Chuyển điểm thưởng vào một hạng mục có tiêu chí chấm điểm, hoặc bỏ `result.mean`.",
        "Move the bonus into a section with criteria of its own, or drop `result.mean`.",
    ),
    "mean.geometric_zero": (
        (
            "Với trung bình nhân, hạng mục bị tính 0 điểm làm cả chỉ số bằng 0: quy tắc `{name}` quyết định nhiều "
            "hơn điều nó nói."
        ),
        (
            "With a geometric mean a section that counts 0 makes the whole index 0: the rule `{name}` decides "
            "more than it says."
        ),
        "Dùng `cap_section` lớn hơn 0, hoặc `mean: arithmetic`.",
        "Use a `cap_section` above 0, or `mean: arithmetic`.",
    ),
    "tie_breaker.no_effect": (
        "`{name}` không phân định được gì: các đơn vị bằng nhau đều bằng nhau ở đó.",
        "`{name}` decides nothing: those who are equal are equal in it.",
        "Bỏ dòng này, hoặc chọn điểm của một hạng mục hay tiêu chí.",
        "Drop it, or choose the points of a section or criterion.",
    ),
}
