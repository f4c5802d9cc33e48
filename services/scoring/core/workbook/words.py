"""The closed lists of the workbook: the words a person chooses from, and what stands in the document for them."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "BEST",
    "CRITERIA",
    "EXAMPLES",
    "FIGURES",
    "FIRST",
    "FORMS",
    "GROUPS",
    "GUIDE",
    "INFO",
    "KINDS",
    "MAPPING",
    "MEANS",
    "NO",
    "NOT_APPLICABLE",
    "ORIGINS",
    "OTHERWISE",
    "PROGRAMMES",
    "RESULTS",
    "ROUNDING",
    "RULES",
    "SCALES",
    "SCOPES",
    "STATES",
    "TIES",
    "TYPES",
    "YES",
    "YES_NO",
    "YES_NO_TITLES",
    "ZERO",
    "Words",
]

Words = Mapping[str, str]  # the word on the sheet → what the document says

INFO, CRITERIA, SCALES, FIGURES = "Thông tin", "Tiêu chí", "Thang điểm", "Số liệu"
RULES, EXAMPLES, MAPPING, GUIDE = "Quy tắc", "Ví dụ", "Chuyển đổi", "Hướng dẫn"

YES, NO = "Có", "Không"
YES_NO: Words = {YES: "true", NO: "false"}
YES_NO_TITLES: Words = {"yes": "Có", "no": "Không"}
PROGRAMMES: Words = {"Ứng dụng CNTT": "it", "Cổng TTĐT": "portal"}
GROUPS: Words = {"Cấp tỉnh": "province", "Cấp huyện": "district"}
RESULTS: Words = {"Chỉ số": "index", "Tổng điểm": "total"}
MEANS: Words = {"Trung bình cộng": "arithmetic", "Trung bình nhân": "geometric"}
ROUNDING: Words = {"Nửa lên": "half_up", "Nửa về số chẵn": "half_even"}
TIES: Words = {"Bỏ cách (1-2-2-4)": "skip"}
FIRST: Words = {"Cao hơn": "highest", "Thấp hơn": "lowest"}
ORIGINS: Words = {"Quyết định": "decision", "Minh họa": "illustrative"}
NOT_APPLICABLE: Words = {"Được phép": "allowed", "Không được": "refused"}
OTHERWISE: Words = {"Không áp dụng": "not_applicable", "0 điểm": "zero"}
TYPES: Words = {
    "Có/Không": "boolean",
    "Số nguyên": "integer",
    "Số thập phân": "decimal",
    "Lựa chọn": "choice",
    "Văn bản": "text",
}
FORMS: Words = {
    "Có/Không": "yes_no",
    "Tỷ lệ": "ratio",
    "Thang điểm": "bands",
    "Đếm": "count",
    "Lựa chọn": "choice",
    "So với cao nhất": "relative",
    "Cộng các phần": "sum",
    "Trường hợp cao nhất": "best",
    "Bình quân đơn vị": "average",
    "Theo loại cơ quan": "by",
    "Chỉ thu thập": "information",
}
ZERO: Words = {"0 điểm": "zero", "Điểm tối đa": "full", "Không áp dụng": "not_applicable"}
BEST: Words = {"0 điểm": "zero", "Điểm tối đa": "full"}
SCOPES: Words = {"Cả phiếu": "", "Từng tiêu chí": "criterion"}
STATES: Words = {"(không áp dụng)": "not_applicable", "(không báo cáo)": "not_reported"}
KINDS: Words = {
    "Giữ": "kept",
    "Đổi mã": "renamed",
    "Tách": "split",
    "Gộp": "merged",
    "Bỏ": "dropped",
    "Mới": "new",
}
