"""What lint says of amendments and their mapping. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
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
        "Thêm vào `mapping.entries`: {entry}; tách, gộp thì dùng split, merged.",
        "Add to `mapping.entries`: {entry}; use split or merged where that is what happened.",
    ),
    "mapping.appeared": (
        "Tiêu chí {name} không có ở phiên bản trước, và bảng đối chiếu không nhắc đến.",
        "Criterion {name} was not in the version before, and the mapping does not name it.",
        "Thêm vào `mapping.entries`: {entry}; đổi mã, tách, gộp thì dùng renamed, split, merged.",
        "Add to `mapping.entries`: {entry}; use renamed, split or merged where that is what happened.",
    ),
    "mapping.missing": (
        "Các tiêu chí khác với phiên bản {previous} nhưng không có bảng đối chiếu.",
        "The criteria differ from those of version {previous} but there is no mapping.",
        (
            "Thêm `mapping: {{version: '{previous}', entries: [{entries}]}}`, và thay dropped/new bằng renamed, "
            "split hoặc merged nếu đúng là như vậy."
        ),
        (
            "Add `mapping: {{version: '{previous}', entries: [{entries}]}}`, with renamed, split or merged in "
            "place of dropped and new where that is what happened."
        ),
    ),
    "mapping.not_before": (
        "Bảng đối chiếu nói về phiên bản {version}, không phải phiên bản trước {own}.",
        "The mapping speaks of version {version}, which does not come before {own}.",
        "Ghi số của phiên bản được sửa đổi.",
        "Name the version that is amended.",
    ),
    "version.not_newer": (
        "Phiên bản {version} không mới hơn phiên bản trước ({previous}).",
        "Version {version} is not later than the version before ({previous}).",
        "Đặt số phiên bản lớn hơn.",
        "Give it a higher version.",
    ),
    "amendment.other_table": (
        "Phiên bản trước là của `{previous}`, bộ này của `{now}`.",
        "The version before is for `{previous}`, this one for `{now}`.",
        "Một bản sửa đổi giữ nguyên chương trình và khối cơ quan; bộ khác thì có mã (id) khác.",
        "An amendment keeps programme and group; another set has another id.",
    ),
    "amendment.section_points": (
        "Hạng mục {name} có {before} điểm theo Quyết định, bản sửa đổi ghi {value} mà căn cứ pháp lý không đổi.",
        (
            "Section {name} has {before} points by the Decision; the amendment says {value} and names no other "
            "legal basis."
        ),
        "Giữ nguyên điểm, hoặc thêm quyết định sửa đổi vào `legal_basis`.",
        "Keep the points, or add the amending decision to `legal_basis`.",
    ),
    "amendment.section_gone": (
        "Hạng mục {name} ({before} điểm theo Quyết định) không còn, mà căn cứ pháp lý không đổi.",
        "Section {name} ({before} points by the Decision) is gone, and no other legal basis is named.",
        "Khôi phục hạng mục, hoặc thêm quyết định sửa đổi vào `legal_basis`.",
        "Restore the section, or add the amending decision to `legal_basis`.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "mapping.replaced": (
        (
            "Tiêu chí {name} giữ mã nhưng có tên khác và hỏi số liệu khác hẳn (trước là «{before}»): số liệu cũ "
            "sẽ không dùng được."
        ),
        (
            "Criterion {name} keeps its code but has another title and asks for other figures (it was "
            "“{before}”): old answers will not fit."
        ),
        (
            "Nếu là tiêu chí khác, thêm hai dòng {{kind: dropped, before: ['{name}']}} và {{kind: new, after: "
            "['{name}']}}; nếu không, thêm {{kind: kept, before: ['{name}'], after: ['{name}']}}."
        ),
        (
            "If it is another criterion, add {{kind: dropped, before: ['{name}']}} and {{kind: new, after: "
            "['{name}']}}; if not, {{kind: kept, before: ['{name}'], after: ['{name}']}}."
        ),
    ),
    "amendment.stage_shrinks": (
        (
            "Giai đoạn kết thúc năm {last}, phiên bản trước có hiệu lực đến {before}: các năm sau đó không còn "
            "bộ tiêu chí."
        ),
        "The stage ends in {last}, the version before ran to {before}: the years after have no criteria.",
        "Giữ `last_year: {before}`, trừ khi đã có bộ khác.",
        "Keep `last_year: {before}`, unless another set takes over.",
    ),
    "amendment.input_retyped": (
        "Số liệu `{name}` trước có kiểu {was}, nay là {type}: câu trả lời cũ không dùng được.",
        "The input `{name}` was {was} and is now {type}: what was answered cannot be read.",
        "Đặt mã mới cho số liệu mới.",
        "Give the new input an id of its own.",
    ),
    "amendment.no_example": (
        "Cách chấm đã thay đổi nhưng không ví dụ nào mới hoặc được sửa để thể hiện điều đó.",
        "What is scored has changed, but no example is new or changed to show it.",
        "Thêm một ví dụ cho điểm được sửa đổi.",
        "Add an example for what was amended.",
    ),
}
