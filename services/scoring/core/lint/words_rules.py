"""What lint says of rules. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
    "rule.duplicate": (
        "Quy tắc `{name}` được khai báo hai lần.",
        "The rule `{name}` is declared twice.",
        "Đổi tên hoặc bỏ một quy tắc.",
        "Rename or drop one.",
    ),
    "fact.unknown": (
        "Không có dữ kiện `{name}`.",
        "There is no fact `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "fact.outside_for_each": (
        "Dữ kiện `{name}` chỉ có trong quy tắc xét từng tiêu chí.",
        "The fact `{name}` exists only in a rule tried on each criterion.",
        "Thêm `for_each: criterion` vào quy tắc.",
        "Add `for_each: criterion` to the rule.",
    ),
    "comparison.operators": (
        "Một so sánh có đúng một phép so, ở đây có {count}.",
        "A comparison has exactly one operator; here are {count}.",
        "Dùng một trong is, is_not, at_least, above, at_most, below; nhiều điều kiện thì dùng `all`.",
        "Use one of is, is_not, at_least, above, at_most, below; for several, use `all`.",
    ),
    "comparison.operator_unfit": (
        "Phép so `{operator}` chỉ dùng cho số, dữ kiện `{name}` là {kind}.",
        "The operator `{operator}` is for numbers; the fact `{name}` is {kind}.",
        "Dùng `is` hoặc `is_not`.",
        "Use `is` or `is_not`.",
    ),
    "comparison.value_unfit": (
        "Giá trị {value} không so được với dữ kiện `{name}` ({kind}).",
        "The value {value} cannot be compared with the fact `{name}` ({kind}).",
        "{hint_vi}",
        "{hint_en}",
    ),
    "comparison.text_fact": (
        "`{name}` là văn bản tự do, quy tắc không xét nội dung văn bản.",
        "`{name}` is free text, which rules do not judge.",
        "Xét `state.{input}`, hoặc đổi số liệu thành choice.",
        "Judge `state.{input}`, or make the input a choice.",
    ),
    "rule.not_over_derived": (
        "`not` đặt trên dữ kiện suy ra `{name}`: kết quả sẽ tùy thứ tự chạy quy tắc.",
        "`not` over the derived fact `{name}`: the outcome would depend on the order in which rules run.",
        "Suy ra một dữ kiện cho trường hợp ngược lại, rồi xét dữ kiện đó.",
        "Derive a fact for the opposite case and test that.",
    ),
    "derived.never_derived": (
        "Không quy tắc nào suy ra dữ kiện `{name}`.",
        "No rule derives the fact `{name}`.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "derived.mixed_types": (
        "Dữ kiện `{name}` được suy ra khi là {one}, khi là {other}.",
        "The fact `{name}` is derived now as {one}, now as {other}.",
        "Dùng một kiểu giá trị cho mỗi dữ kiện.",
        "Use one type of value for each fact.",
    ),
    "derived.cycle": (
        "Các dữ kiện suy ra nhau theo vòng: {cycle}.",
        "Facts are derived from each other in a circle: {cycle}.",
        "Bỏ một mắt xích của vòng.",
        "Break the circle at one link.",
    ),
    "effect.unknown_section": (
        "Không có hạng mục {name}.",
        "There is no section {name}.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "effect.unknown_criterion": (
        "Không có tiêu chí {name}.",
        "There is no criterion {name}.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "effect.this_outside_for_each": (
        "`this` (mặc định) chỉ có nghĩa trong quy tắc xét từng tiêu chí.",
        "`this` (the default) means something only in a rule tried on each criterion.",
        "Ghi mã tiêu chí, hoặc thêm `for_each: criterion`.",
        "Name the criterion, or add `for_each: criterion`.",
    ),
    "effect.not_positive": (
        "Số điểm {value} phải lớn hơn 0.",
        "{value} must be above 0.",
        "Ghi số điểm trừ là số dương.",
        "State the deduction as a positive number.",
    ),
    "effect.negative": (
        "Mức khống chế {value} là số âm.",
        "The cap {value} is negative.",
        "Dùng `effect: zero_section` nếu hạng mục tính 0 điểm.",
        "Use `effect: zero_section` if the section counts 0.",
    ),
    "effect.times": (
        "`times` phải là dữ kiện số không âm hoặc có/không; `{name}` thì không.",
        "`times` must be a fact that is a number not below 0, or yes/no; `{name}` is not.",
        "Dùng số liệu có `minimum: 0`, hoặc submission.days_late.",
        "Use an input with `minimum: 0`, or submission.days_late.",
    ),
    "rule.never_fires": (
        "Quy tắc không bao giờ được áp dụng: {conditions} không thể{together_vi} đúng.",
        "The rule never fires: {conditions} cannot hold{together_en}.",
        "Sửa điều kiện, hoặc giới hạn và lựa chọn của số liệu.",
        "Correct the condition, or the bounds and options of inputs.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "derived.never_used": (
        "Dữ kiện `{name}` được suy ra nhưng không quy tắc nào dùng.",
        "The fact `{name}` is derived but no rule uses it.",
        "Bỏ nó, hoặc dùng `effect: flag` nếu chỉ để đánh dấu.",
        "Drop it, or use `effect: flag` if it is only a mark.",
    ),
    "comparison.never": (
        "So sánh này không bao giờ đúng: {conditions}.",
        "This comparison never holds: {conditions}.",
        "Kiểm tra lại giá trị, hoặc giới hạn của số liệu.",
        "Check the value, or the input's bounds.",
    ),
    "effect.cap_without_effect": (
        "Mức khống chế {value} không thấp hơn điểm tối đa của hạng mục ({maximum}).",
        "The cap {value} is not below the section's maximum ({maximum}).",
        "Giảm mức khống chế.",
        "Lower the cap.",
    ),
    "rule.always_fires": (
        "Quy tắc được áp dụng trong mọi trường hợp.",
        "The rule fires in every case.",
        "Sửa điều kiện; điều áp dụng cho mọi cơ quan thì đưa vào cách chấm.",
        "Correct the condition; what is so for every agency belongs into the methods.",
    ),
    "rule.shadowed": (
        "Quy tắc `{name}` không thay đổi gì: khi nó được áp dụng thì {by} đã có cùng hệ quả hoặc nặng hơn.",
        "The rule `{name}` changes nothing: whenever it fires, {by} does the same or more.",
        "Bỏ quy tắc này, hoặc sửa điều kiện của một trong các quy tắc.",
        "Drop it, or correct the condition of one of them.",
    ),
    "effect.shadowed": (
        "Hệ quả này không thay đổi gì: khi quy tắc được áp dụng thì quy tắc `{by}` đã có cùng hệ quả hoặc nặng hơn.",
        "This effect changes nothing: whenever the rule fires, the rule `{by}` does the same or more.",
        "Bỏ hệ quả này, hoặc sửa một trong hai quy tắc.",
        "Drop it, or correct one of the rules.",
    ),
    "effect.limit_below_points": (
        "Mức trừ tối đa {limit} thấp hơn số điểm trừ một lần ({value}).",
        "At most {limit} is deducted, which is less than the {value} of a single deduction.",
        "Sửa `at_most` hoặc `points`.",
        "Correct `at_most` or `points`.",
    ),
    "effect.contradicts": (
        (
            "Tiêu chí {target} vừa bị loại khỏi điểm tối đa vừa bị tính 0 điểm: trái với quy tắc `{by}` khi cả hai "
            "cùng được áp dụng."
        ),
        (
            "Criterion {target} is taken out of the maximum and counts 0 as well: the opposite of the rule "
            "`{by}` where both fire."
        ),
        "Đặt điều kiện để hai quy tắc không cùng được áp dụng.",
        "Word the conditions so that the two do not fire together.",
    ),
    "derived.contradicts": (
        "Dữ kiện `{target}` được suy ra khác với quy tắc `{by}` khi cả hai cùng được áp dụng.",
        "The fact `{target}` is derived otherwise by the rule `{by}` where both fire.",
        "Đặt điều kiện để hai quy tắc không cùng được áp dụng, hoặc dùng hai dữ kiện.",
        "Word the conditions so that the two do not fire together, or use two facts.",
    ),
    "effect.deducts_twice": (
        "Quy tắc này và quy tắc `{by}` luôn cùng được áp dụng và cùng trừ điểm ở một chỗ.",
        "This rule and the rule `{by}` always fire together, and both deduct from the same points.",
        "Gộp hai mức trừ vào một quy tắc.",
        "Make one deduction of the two.",
    ),
    "rules.too_many": (
        "Quá nhiều quy tắc hoặc điều kiện để xét hết các trường hợp: quy tắc thừa, mâu thuẫn có thể chưa được nêu.",
        "There are too many rules or conditions to try all cases: rules that are void or contradict may go unnoticed.",
        "Chia điều kiện dài thành các dữ kiện suy ra, bỏ quy tắc thừa.",
        "Split long conditions into derived facts, drop rules that are not needed.",
    ),
}
