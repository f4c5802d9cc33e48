"""What lint says of titles, legal basis and evidence. Code: what is wrong (vi, en), the remedy (vi, en)."""

from __future__ import annotations

__all__ = ["ERRORS", "WARNINGS"]

ERRORS: dict[str, tuple[str, str, str, str]] = {
    "criterion.evidence_documents": (
        "Tiêu chí bắt buộc có tài liệu kiểm chứng nhưng không nêu tài liệu nào.",
        "The criterion requires evidence but names no document.",
        "Liệt kê tài liệu trong `documents`, hoặc đặt `required: false`.",
        "List the documents, or say `required: false`.",
    ),
    "evidence.share_range": (
        "Tỷ lệ {value} nằm ngoài khoảng 0 – 1.",
        "The share {value} is outside 0 – 1.",
        "Một nửa số điểm viết là 0.5.",
        "Half of the points is written 0.5.",
    ),
    "evidence.share_not_required": (
        "Tài liệu kiểm chứng không bắt buộc nên không có trường hợp thiếu.",
        "Evidence is not required, so it is never missing.",
        "Đặt `required: true`, hoặc bỏ `without`.",
        "Say `required: true`, or drop `without`.",
    ),
    "evidence.share_zeroed": (
        "Thiếu tài liệu thì được tính {value} số điểm, nhưng quy tắc `{by}` khi đó tính tiêu chí 0 điểm.",
        "Without evidence {value} of the points count, but the rule `{by}` then makes the criterion count 0.",
        "Bỏ `without`, hoặc trừ tiêu chí này ra khỏi quy tắc.",
        "Drop `without`, or except the criterion from the rule.",
    ),
}

WARNINGS: dict[str, tuple[str, str, str, str]] = {
    "evidence.no_effect": (
        "Tiêu chí {name} bắt buộc có tài liệu kiểm chứng, nhưng thiếu tài liệu không có hệ quả gì.",
        "Criterion {name} requires evidence, but nothing follows when it is missing.",
        "Thêm quy tắc xét `criterion.evidence_missing`, hoặc ghi `without`.",
        "Add a rule about `criterion.evidence_missing`, or say `without`.",
    ),
    "title.says_nothing": (
        "Tiêu đề «{title}» không nói lên điều gì.",
        "The title “{title}” says nothing.",
        "Ghi tên gọi như trong văn bản.",
        "Give it the name it has in the document.",
    ),
    "title.duplicate": (
        "Tiêu đề «{title}» được dùng hai lần ở cùng một chỗ.",
        "The title “{title}” stands twice in one place.",
        "Ghi rõ hai mục khác nhau ở điểm nào.",
        "Say how the two differ.",
    ),
    "article.missing": (
        "Nội dung được ghi là của Quyết định (`origin: decision`) nhưng không nêu điều khoản.",
        "This is said to be the Decision's (`origin: decision`) but cites no article.",
        "Thêm `article`, hoặc ghi `origin: illustrative`.",
        "Add the `article`, or say `origin: illustrative`.",
    ),
    "article.not_in_basis": (
        "Văn bản {name} không có trong căn cứ pháp lý và không ghi ngày ban hành.",
        "The document {name} is not in the legal basis, and no date is cited.",
        "Thêm văn bản vào `legal_basis`, hoặc ghi «ngày dd/mm/yyyy» sau số hiệu.",
        "Add it to `legal_basis`, or write “ngày dd/mm/yyyy” after its number.",
    ),
    "article.other_date": (
        "Văn bản {name} được dẫn với ngày {date}, trong căn cứ pháp lý là {issued}.",
        "The document {name} is cited with the date {date}; the legal basis says {issued}.",
        "Sửa một trong hai ngày.",
        "Correct one of the dates.",
    ),
    "basis.duplicate": (
        "Căn cứ {name} được ghi hai lần.",
        "The legal basis {name} stands twice.",
        "Bỏ một dòng.",
        "Drop one.",
    ),
    "basis.after_stage": (
        "Văn bản được ban hành ngày {date}, sau năm cuối của giai đoạn ({last}).",
        "The document was issued on {date}, after the last year of the stage ({last}).",
        "Kiểm tra lại ngày ban hành, hoặc giai đoạn.",
        "Check the date, or the stage.",
    ),
}
