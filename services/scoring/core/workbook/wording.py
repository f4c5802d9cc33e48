"""What is said of a workbook that is refused: one entry for each code, in Vietnamese and English."""

from __future__ import annotations

from shared.kernel.errors import Fault

__all__ = ["CODES", "fault"]

# code: (what is wrong: vi, en; what to do: vi, en)
_FILE: dict[str, tuple[str, str, str, str]] = {
    "workbook.damaged": (
        "Không đọc được sổ tính: {problem}.",
        "The workbook cannot be read: {problem}.",
        "Mở bằng Excel rồi lưu lại thành .xlsx; nếu vẫn lỗi, xuất lại từ bộ tiêu chí.",
        "Open it in Excel and save it as .xlsx again; if that fails, export it anew.",
    ),
    "workbook.old_or_encrypted": (
        "Tệp là sổ tính Excel đời cũ (.xls) hoặc có mật khẩu.",
        "The file is an old Excel workbook (.xls) or protected by a password.",
        "Bỏ mật khẩu và lưu thành .xlsx (Excel Workbook).",
        "Remove the password and save it as .xlsx (Excel Workbook).",
    ),
    "workbook.macros": (
        "Sổ tính chứa macro (mã chạy được): {part}.",
        "The workbook holds macros (code that runs): {part}.",
        "Lưu thành .xlsx, không phải .xlsm.",
        "Save it as .xlsx, not as .xlsm.",
    ),
    "workbook.external_link": (
        "Sổ tính liên kết tới tệp khác: {part}.",
        "The workbook links to another file: {part}.",
        "Trong Excel chọn Dữ liệu → Sửa liên kết → Ngắt liên kết rồi lưu lại.",
        "In Excel choose Data → Edit Links → Break Link and save again.",
    ),
    "workbook.active_content": (
        "Sổ tính chứa đối tượng nhúng hoặc kết nối dữ liệu: {part}.",
        "The workbook holds embedded objects or data connections: {part}.",
        "Xóa các đối tượng đó; sổ tính chỉ chứa ô dữ liệu.",
        "Delete them; the workbook is cells only.",
    ),
    "workbook.too_large": (
        "Sổ tính quá lớn: {what} vượt {limit}.",
        "The workbook is too large: {what_en} beyond {limit}.",
        "Một bộ tiêu chí chỉ vài nghìn ô: xóa các dòng, cột, trang thừa hoặc kiểm tra lại tệp.",
        "A rule set takes some thousand cells: delete surplus rows, columns and sheets, or check which file this is.",
    ),
    "workbook.doctype": (
        "Phần {part} của tệp có khai báo DOCTYPE, Excel không bao giờ ghi như vậy.",
        "The part {part} declares a DOCTYPE, which Excel never writes.",
        "Không dùng tệp này; xin lại tệp từ người gửi.",
        "Do not use this file; ask its sender for another.",
    ),
}
_SHEETS: dict[str, tuple[str, str, str, str]] = {
    "workbook.missing_sheet": (
        "Thiếu trang “{sheet}”.",
        "The sheet “{sheet}” is missing.",
        "Đặt lại tên trang đúng như bản xuất, hoặc xuất lại sổ tính để lấy trang mẫu.",
        "Give the sheet the name it was exported with, or export again to get an empty one.",
    ),
    "workbook.unknown_sheet": (
        "Trang “{sheet}” có dữ liệu nhưng không thuộc bộ tiêu chí.",
        "The sheet “{sheet}” holds data but is no part of a rule set.",
        "Xóa trang này, hoặc đặt đúng tên: {expected}.",
        "Delete the sheet, or give it its right name: {expected}.",
    ),
    "workbook.double_sheet": (
        "Có hai trang cùng tên “{sheet}”.",
        "Two sheets are named “{sheet}”.",
        "Xóa hoặc đổi tên một trang.",
        "Delete or rename one of them.",
    ),
    "workbook.hidden_sheet": (
        "Trang “{sheet}” bị ẩn nhưng có dữ liệu.",
        "The sheet “{sheet}” is hidden but holds data.",
        "Bỏ ẩn trang (nhấn chuột phải vào thẻ trang → Bỏ ẩn) và kiểm tra nội dung.",
        "Unhide the sheet (right click on a tab → Unhide) and look at it.",
    ),
    "workbook.hidden_row": (
        "Dòng bị ẩn nhưng có dữ liệu.",
        "A hidden row holds data.",
        "Bỏ ẩn dòng (và bỏ bộ lọc), kiểm tra nội dung rồi lưu lại.",
        "Unhide the row (and clear filters), look at it and save again.",
    ),
    "workbook.hidden_column": (
        "Cột bị ẩn nhưng có dữ liệu.",
        "A hidden column holds data.",
        "Bỏ ẩn cột, kiểm tra nội dung rồi lưu lại.",
        "Unhide the column, look at it and save again.",
    ),
    "workbook.missing_block": (
        "Thiếu phần “{title}”.",
        "The part “{title}” is missing.",
        "Thêm lại dòng “{title}” ở cột A và dòng tiêu đề cột bên dưới.",
        "Put the line “{title}” back into column A, with its line of headings below.",
    ),
    "workbook.missing_header": (
        "Không tìm thấy dòng tiêu đề cột ({expected}).",
        "The line of column headings is not found ({expected}).",
        "Không sửa tên cột; xuất lại sổ tính để xem tiêu đề đúng.",
        "Do not change headings; export again to see the right ones.",
    ),
    "workbook.missing_column": (
        "Thiếu cột “{column}”.",
        "The column “{column}” is missing.",
        "Đặt lại đúng tên cột; cột không dùng thì để trống, đừng xóa.",
        "Give the column its name back; leave a column empty rather than delete it.",
    ),
    "workbook.unknown_column": (
        "Không có cột nào tên “{column}”.",
        "There is no column named “{column}”.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "workbook.double_column": (
        "Cột “{column}” có hai lần.",
        "The column “{column}” is there twice.",
        "Xóa một trong hai.",
        "Delete one of the two.",
    ),
    "workbook.missing_item": (
        "Thiếu dòng “{item}”.",
        "The line “{item}” is missing.",
        "Thêm lại dòng này; giá trị không dùng thì để trống.",
        "Put the line back; leave its value empty if there is none.",
    ),
    "workbook.unknown_item": (
        "Không có mục nào tên “{item}” ở đây.",
        "There is no line named “{item}” here.",
        "{hint_vi}",
        "{hint_en}",
    ),
    "workbook.stray_cell": (
        "Ô này có nội dung nhưng nằm ngoài bảng nên sẽ bị bỏ sót.",
        "This cell holds something but stands outside of the table, so it would be lost.",
        "Xóa nội dung, hoặc chuyển vào đúng cột của bảng; ghi chú thì dùng chú thích của Excel.",
        "Clear it, or move it into a column of the table; for remarks use Excel's comments.",
    ),
    "workbook.merged_value": (
        "Ô gộp {area} che mất giá trị của ô này.",
        "The merged cell {area} hides the value of this cell.",
        "Bỏ gộp ô và kiểm tra giá trị nào đúng.",
        "Unmerge the cells and see which value is right.",
    ),
    "workbook.merged_cell": (
        "Ô này bị gộp với ô khác nên không rõ có giá trị hay không.",
        "This cell is merged with another, so it is unclear whether it has that value.",
        "Bỏ gộp ô và điền giá trị vào từng ô.",
        "Unmerge the cells and fill in each.",
    ),
}
_CELLS: dict[str, tuple[str, str, str, str]] = {
    "workbook.formula": (
        "Ô chứa công thức {value}.",
        "The cell holds the formula {value}.",
        "Thay công thức bằng giá trị: chép ô → Dán đặc biệt → Giá trị.",
        "Replace the formula by its value: copy → Paste Special → Values.",
    ),
    "workbook.error_value": (
        "Ô chứa lỗi {value}.",
        "The cell holds the error {value}.",
        "Gõ lại giá trị.",
        "Type the value again.",
    ),
    "workbook.empty_cell": (
        "Ô “{column}” không được để trống.",
        "“{column}” may not be empty.",
        "Điền nội dung; nếu cả dòng là thừa thì xóa cả dòng.",
        "Fill it in; if the whole row is surplus, delete the row.",
    ),
    "workbook.not_text": (
        "Ở đây cần văn bản, nhưng ô chứa số hoặc giá trị logic {value}.",
        "Text is needed here, but the cell holds the number or logical value {value}.",
        "Định dạng ô là Văn bản (Text) rồi gõ lại: Excel đổi 1.10 thành 1,1.",
        "Format the cell as Text and type it again: Excel turns 1.10 into 1.1.",
    ),
    "workbook.text_is_date": (
        "Ở đây cần văn bản, nhưng Excel đã đổi thành ngày {value}.",
        "Text is needed here, but Excel has turned it into the date {value}.",
        "Định dạng ô là Văn bản (Text) rồi gõ lại.",
        "Format the cell as Text and type it again.",
    ),
    "workbook.not_number": (
        "{value} không phải số.",
        "{value} is not a number.",
        "Gõ số: 12; 0,5; 95%; phân số thì định dạng ô là Văn bản và gõ 4/3.",
        "Type a number: 12; 0.5; 95%; for a fraction format the cell as Text and type 4/3.",
    ),
    "workbook.number_is_date": (
        "Ở đây cần số, nhưng Excel đã đổi thành ngày {value}.",
        "A number is needed here, but Excel has turned it into the date {value}.",
        "Định dạng ô là Văn bản (Text) rồi gõ lại, ví dụ 1/3.",
        "Format the cell as Text and type it again, such as 1/3.",
    ),
    "workbook.number_ambiguous": (
        "Không rõ {value} là số thập phân hay số có dấu chấm ngăn hàng nghìn.",
        "It is unclear whether {value} has decimals or separates thousands.",
        "Gõ vào ô dạng số, hoặc dùng dấu phẩy cho phần thập phân: 1,125; không ngăn hàng nghìn.",
        "Type it as a number, or write decimals with a comma, 1,125; do not separate thousands.",
    ),
    "workbook.number_not_exact": (
        "Số {value} có quá 15 chữ số: Excel không giữ được số này một cách chính xác.",
        "The number {value} has more than 15 digits: Excel does not keep it exactly.",
        "Gõ lại số gọn hơn; phân số thì định dạng ô là Văn bản và gõ 4/3.",
        "Type a shorter number; for a fraction format the cell as Text and type 4/3.",
    ),
    "workbook.not_whole": (
        "{value} không phải số nguyên.",
        "{value} is not a whole number.",
        "Gõ số nguyên, ví dụ 2021.",
        "Type a whole number such as 2021.",
    ),
    "workbook.not_date": (
        "{value} không phải ngày.",
        "{value} is not a date.",
        "Gõ ngày/tháng/năm, ví dụ 17/11/2020.",
        "Type day/month/year, such as 17/11/2020.",
    ),
    "workbook.not_word": (
        "{value} không có trong danh sách của cột này.",
        "{value} is not in the list of this column.",
        "Chọn một trong: {expected}.",
        "Choose one of: {expected}.",
    ),
    "workbook.measure": (
        "{value} không phải số liệu hay tỷ số.",
        "{value} is neither an input nor a quotient.",
        "Viết mã số liệu (staff_total), hoặc tỷ số: staff_it / staff_total, hoặc diem_bai / 100.",
        "Write an input's id (staff_total), or a quotient: staff_it / staff_total, or exam_points / 100.",
    ),
    "workbook.condition": (
        "Không hiểu điều kiện từ “{rest}”: {expected_vi}.",
        "The condition is not understood from “{rest}”: {expected_en}.",
        "Ví dụ: submission.days_late ≥ 1 và không (input.dms_in_use = có). Xem trang “Hướng dẫn”.",
        "For example: submission.days_late ≥ 1 và không (input.dms_in_use = có). See the sheet “Hướng dẫn”.",
    ),
    "workbook.effect": (
        "Không hiểu hệ quả “{value}”.",
        "The effect “{value}” is not understood.",
        "Mỗi dòng một hệ quả, ví dụ: trừ 0,5 điểm tổng × submission.days_late, tối đa 3 điểm. Xem trang “Hướng dẫn”.",
        "One effect a line, such as: trừ 0,5 điểm tổng × submission.days_late, tối đa 3 điểm. See “Hướng dẫn”.",
    ),
    "workbook.units": (
        "Không hiểu câu trả lời theo đơn vị: “{value}”.",
        "The answers by unit are not understood: “{value}”.",
        "Dòng đầu “Theo đơn vị:”, sau đó mỗi dòng một đơn vị: Xã An Hà: 12",
        "First line “Theo đơn vị:”, then one unit a line: Xã An Hà: 12",
    ),
}
_ROWS: dict[str, tuple[str, str, str, str]] = {
    "workbook.does_not_belong": (
        "Cột “{column}” không dùng cho {what}.",
        "“{column}” is not used for {what_en}.",
        "Xóa ô này.",
        "Clear this cell.",
    ),
    "workbook.no_section": (
        "Tiêu chí đứng trước hạng mục đầu tiên.",
        "A criterion stands before the first section.",
        "Thêm dòng hạng mục (mã là một số, ví dụ 1) ở phía trên.",
        "Add the section's row (its code is a number, such as 1) above it.",
    ),
    "workbook.unknown_criterion": (
        "Trang “{sheet}” không có tiêu chí {value}.",
        "There is no criterion {value} in “{sheet}”.",
        "Sửa mã tiêu chí, hoặc xóa dòng này nếu tiêu chí đã bỏ.",
        "Correct the code, or delete this row if the criterion is gone.",
    ),
    "workbook.no_input": (
        "Lựa chọn này không nằm dưới số liệu {value} nào của tiêu chí.",
        "This option stands under no input {value} of the criterion.",
        "Đặt dòng lựa chọn ngay dưới dòng số liệu của nó.",
        "Put the option's row right below that of its input.",
    ),
    "workbook.no_part": (
        "Tiêu chí {criterion} không có phần “{part}”.",
        "Criterion {criterion} has no part “{part}”.",
        "Thêm dòng “Phần” hoặc “Trường hợp” mang số này, hoặc xóa dòng.",
        "Add a row “Phần” or “Trường hợp” with this number, or delete the row.",
    ),
    "workbook.row_not_for_form": (
        "Dòng “{row}” không dùng cho hình thức tính “{form}”.",
        "A row “{row}” is not used for the form “{form}”.",
        "Xóa dòng này, hoặc đổi hình thức tính; hình thức này dùng: {expected}.",
        "Delete the row, or change the form; this form takes: {expected}.",
    ),
    "workbook.lacks_row": (
        "Trang “{sheet}” chưa có dòng “{row}” cho hình thức tính này.",
        "“{sheet}” has no row “{row}” for this form.",
        "Thêm một dòng “{row}” với mã tiêu chí này.",
        "Add a row “{row}” with this criterion's code.",
    ),
    "workbook.duplicate": (
        "{value} đã có ở {other}.",
        "{value} is already at {other}.",
        "Xóa hoặc sửa một trong hai.",
        "Delete or correct one of the two.",
    ),
    "workbook.repeated": (
        "Ô này chỉ nhắc lại để dễ đọc và khác với {source}: “{expected}”.",
        "This cell only repeats {source} for reading, and differs from it: “{expected}”.",
        "Sửa ở {source}; ô này thì để giống như vậy hoặc xóa trống.",
        "Change it at {source}; make this cell the same or clear it.",
    ),
    "workbook.total": (
        "Tổng cộng ghi {value}, nhưng điểm các hạng mục cộng lại là {expected}.",
        "The total says {value}, but the sections add up to {expected}.",
        "Sửa điểm hạng mục, hoặc sửa dòng tổng cộng.",
        "Correct the sections' points, or the total.",
    ),
    "workbook.too_deep": (
        "Phần “{part}” lồng sâu quá {limit} bậc.",
        "The part “{part}” is nested deeper than {limit}.",
        "Tách thành nhiều tiêu chí.",
        "Split it into several criteria.",
    ),
    "workbook.more": (
        "Còn {count} lỗi nữa chưa liệt kê.",
        "{count} more faults are not listed.",
        "Sửa các lỗi trên rồi kiểm tra lại.",
        "Correct those above and check again.",
    ),
    "workbook.not_exportable": (
        "Không ghi được bộ tiêu chí thành sổ tính mà không mất thông tin: {problem}.",
        "The rule set cannot be written as a workbook without loss: {problem}.",
        "Kiểm tra bằng `xephang ruleset lint` và sửa các lỗi trước.",
        "Check it with `xephang ruleset lint` and correct its errors first.",
    ),
}
_WORDS = {**_FILE, **_SHEETS, **_CELLS, **_ROWS}

CODES = frozenset(_WORDS)


def fault(code: str, place: str, **values: object) -> Fault:
    """The fault of this code at this place, its words filled with `values`."""
    vi, en, remedy_vi, remedy_en = (text.format(**values) for text in _WORDS[code])
    return Fault(code, place, vi, en, remedy_vi, remedy_en)
