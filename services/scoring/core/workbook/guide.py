"""The sheet “Hướng dẫn”: how to fill in the workbook. Nothing of it is read."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.workbook import words
from services.scoring.core.workbook.sheets import Area, Sheet

__all__ = ["guide_sheet"]

_HOW: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "CÁCH SỬA",
        (
            ("Trang", "Mỗi trang là một bảng. Tên trang, tên cột giữ nguyên; cột và dòng có thể đổi chỗ."),
            ("Thêm, bỏ", "Thêm tiêu chí: chèn một dòng dưới hạng mục. Bỏ: xóa cả dòng, ở mọi trang có mã đó."),
            ("Ô không dùng", "Để trống. Không ẩn dòng, cột có dữ liệu; không gộp ô dữ liệu; không dùng công thức."),
            (
                "Phiên bản",
                "Sửa đổi là một phiên bản mới: đổi “Phiên bản” ở “Thông tin”, ghi phần thay đổi ở “Chuyển đổi”.",
            ),
            ("Mã", "Mã tiêu chí như 1.10 là văn bản: ô phải ở dạng Văn bản (Text), nếu không Excel đổi thành 1,1."),
            (
                "Ô chỉ để đọc",
                "Tên tiêu chí ở “Thang điểm”, tên số liệu và tiêu chí ở “Ví dụ” (chữ nghiêng) không được đọc. Tên lựa "
                "chọn ở “Thang điểm”, tên bộ tiêu chí và tổng cộng ở “Tiêu chí” phải khớp với nơi gốc, hoặc để trống.",
            ),
        ),
    ),
    (
        "SỐ, NGÀY, CHỮ",
        (
            ("Số", "Gõ số như thường. Không quá 15 chữ số. Tỷ lệ: 0,95 hoặc 95%."),
            ("Phân số", "Định dạng ô là Văn bản rồi gõ 4/3."),
            ("Số trong ô văn bản", "Dấu phẩy cho phần thập phân (1,125), không ngăn hàng nghìn."),
            ("Ngày", "Kiểu ngày của Excel, hoặc văn bản ngày/tháng/năm: 17/11/2020."),
            ("Dấu ' ở đầu ô", "Văn bản để nguyên như vậy: 'Có là chữ “Có”, không phải câu trả lời có."),
            (
                "Danh sách trong ô",
                "Tài liệu: mỗi dòng một tài liệu, bắt đầu bằng “- ”. Mã: cách nhau bằng dấu phẩy.",
            ),
        ),
    ),
    (
        "HÌNH THỨC TÍNH (trang “Tiêu chí”, chi tiết ở trang “Thang điểm”)",
        (
            ("Có/Không", "Có: điểm tối đa; không: 0. Khác thì thêm dòng “Nếu có”, “Nếu không”."),
            (
                "Tỷ lệ",
                "Số liệu dùng để tính: tử / mẫu (mã số liệu), hoặc tử / một số. Tỷ lệ (không quá 1) × điểm tối đa.",
            ),
            ("Thang điểm", "Mỗi dòng “Bậc” một khoảng: Từ (≥), Trên (>), Đến (≤), Dưới (<) và điểm."),
            ("Đếm", "Dòng “Mỗi đơn vị tính” ghi điểm cho mỗi đơn vị; không quá điểm tối đa."),
            ("Lựa chọn", "Mỗi dòng “Lựa chọn” một mã lựa chọn của số liệu và điểm."),
            ("So với cao nhất", "Giá trị / giá trị cao nhất trong nhóm × điểm tối đa."),
            (
                "Cộng các phần",
                "Mỗi dòng “Phần” có số (1, 2, …), tên, điểm tối đa, hình thức tính; chi tiết của phần cùng số.",
            ),
            ("Trường hợp cao nhất", "Như trên với dòng “Trường hợp”; lấy trường hợp có điểm cao nhất."),
            (
                "Bình quân đơn vị",
                "Dòng “Mỗi đơn vị cấp dưới” (phần số 1): cách tính cho từng đơn vị; số liệu để tính: tổng số đơn vị.",
            ),
            ("Theo loại cơ quan", "Mỗi dòng “Loại cơ quan” (có số) một mã lựa chọn (hoặc yes, no) và hình thức tính."),
            ("Chỉ thu thập", "Hỏi, không chấm điểm; điểm tối đa 0."),
            ("Trong một phần", "Phần của phần 2 là 2.1, 2.2, …"),
        ),
    ),
    (
        "ĐIỀU KIỆN (trang “Quy tắc”, cột “Chỉ hỏi khi”)",
        (
            ("So sánh", "input.mã_số_liệu ≥ 3; = có; = không; = mã_lựa_chọn; ≠; >; ≤; < (gõ được cả >=, <=, <>)."),
            ("Phiếu", "submission.days_late (số ngày gửi muộn); submission.missing = có (không gửi phiếu)."),
            ("Trạng thái số liệu", "state.mã_số_liệu = value, not_applicable, not_reported hoặc rejected."),
            (
                "Từng tiêu chí",
                "criterion.evidence_missing, criterion.evidence_required, criterion.scored; criterion.state = …",
            ),
            ("Sự kiện ghi nhận", "derived.tên, do quy tắc khác ghi nhận."),
            ("Nối", "và, hoặc, không, dấu ngoặc: submission.days_late ≥ 1 và không (input.dms_in_use = có)."),
        ),
    ),
    (
        "HỆ QUẢ (trang “Quy tắc”, mỗi dòng một hệ quả)",
        (
            ("Trừ điểm", "trừ 0,5 điểm tổng × submission.days_late, tối đa 3 điểm; trừ 1 điểm hạng mục 6."),
            ("Khống chế", "hạng mục 4 tối đa 3 điểm; hạng mục 4 0 điểm."),
            ("Tiêu chí", "tiêu chí này 0 điểm; tiêu chí 2.2 0 điểm; không tính tiêu chí 1.5."),
            ("Xếp hạng", "không xếp hạng."),
            ("Ghi nhận, đánh dấu", "ghi nhận derived.su_co; ghi nhận derived.muc = 2; đánh dấu bao_cao_muon."),
        ),
    ),
    (
        "VÍ DỤ (trang “Ví dụ”)",
        (
            (
                "Mỗi ví dụ",
                "Một cột; mã ở dòng tiêu đề. Số liệu để trống: lấy từ ví dụ gốc, không có thì là không báo cáo.",
            ),
            ("Câu trả lời", "Có, Không, số, mã lựa chọn, văn bản, (không áp dụng), (không báo cáo)."),
            ("Theo đơn vị cấp dưới", "Dòng đầu “Theo đơn vị:”, sau đó mỗi dòng một đơn vị: Xã An Hà: 12"),
            ("Kết quả", "Để trống là không kiểm tra. “Quy tắc được áp dụng”: (không) là không quy tắc nào."),
        ),
    ),
)


def guide_sheet() -> Sheet:
    """How to fill in the workbook, and the words of every closed list."""
    sheet = Sheet(words.GUIDE, printed_columns=2, frozen=(2, 1))
    sheet.widths |= {1: 30, 2: 120}
    sheet.put(1, 1, "HƯỚNG DẪN (trang này không được đọc vào bộ tiêu chí)", "title")
    sheet.merged.append(Area(1, 1, 1, 2))
    sheet.heights[1] = 26
    row = 2
    for title, lines in (*_HOW, ("DANH SÁCH TỪ ĐƯỢC DÙNG", tuple(_lists()))):
        sheet.put(row, 1, title, "block")
        sheet.merged.append(Area(row, 1, row, 2))
        for number, (name, text) in enumerate(lines, row + 1):
            sheet.put(number, 1, name, "label")
            sheet.put(number, 2, text)
        row += len(lines) + 2
    return sheet


def _lists() -> Iterator[tuple[str, str]]:
    lists = {
        "Chương trình": words.PROGRAMMES,
        "Khối cơ quan": words.GROUPS,
        "Xếp mức theo": words.RESULTS,
        "Loại số liệu": words.TYPES,
        "Khi mẫu số bằng 0": words.ZERO,
        "Khi cao nhất bằng 0": words.BEST,
        "Khai không áp dụng": words.NOT_APPLICABLE,
        "Khi không hỏi": words.OTHERWISE,
        "Nguồn gốc": words.ORIGINS,
        "Quy tắc xét trên": words.SCOPES,
        "Loại thay đổi": words.KINDS,
    }
    yield from ((name, "; ".join(known)) for name, known in lists.items())
