"""What a YAML or JSON parser complains of, in Vietnamese; its own words are English."""

from __future__ import annotations

import re

__all__ = ["in_vietnamese"]

# Beginning of the parser's words (both builds of PyYAML, and Python's json) → Vietnamese.
_PROBLEMS = (
    (r"(did not find )?expected ',' (delimiter|or)|Expecting ',' delimiter", "thiếu dấu phẩy, hoặc chưa đóng ngoặc"),
    (r"mapping values are not allowed", "dấu hai chấm không được đứng ở đây; văn bản có `: ` phải đặt trong dấu nháy"),
    (r"(did not find )?expected '-'", "các mục của danh sách không thẳng hàng"),
    (r"found unexpected end of stream|Unterminated string", "chưa đóng dấu nháy"),
    (r"found unknown escape|Invalid \\\\", "sau dấu `\\` không phải ký tự thoát hợp lệ"),
    (r"found (a )?(character|tab).*(cannot start|violates)", "ký tự này không được đứng đầu một giá trị"),
    (r"(block )?sequence entries are not allowed", "mục danh sách `- ` phải xuống dòng riêng"),
    (r"mapping keys are not allowed", "dấu `?` không được đứng ở đây"),
    (r"(did not find )?expected (the )?node content|Expecting value", "thiếu giá trị"),
    (r"could not find expected ':'", "thiếu dấu hai chấm sau tên trường"),
    (r"(did not find )?expected '?<document start>", "phần này nằm ngoài tài liệu; kiểm tra thụt lề và dấu ngoặc"),
    (r"(did not find )?expected (key|<block end>)", "thụt lề không khớp với các dòng trên"),
    (r"(did not find )?expected alphabetic", "sau `&` hoặc `*` phải có tên; văn bản phải đặt trong dấu nháy"),
    (r"Expecting property name", "thiếu tên trường trong dấu nháy kép"),
    (r"Expecting ':' delimiter", "thiếu dấu hai chấm sau tên trường"),
    (r"Extra data", "còn văn bản sau khi tài liệu đã kết thúc"),
    (r"Illegal trailing comma", "thừa dấu phẩy trước dấu đóng ngoặc"),
    (r"Invalid control character", "xuống dòng hoặc ký tự điều khiển bên trong dấu nháy"),
    (r".*\b(NaN|Infinity)\b", "NaN và Infinity không phải số"),
    (r".*nest", "lồng quá sâu"),
    (r"Exceeds the limit|a number's exponent", "số quá lớn"),
)  # fmt: skip


def in_vietnamese(problem: str) -> str:
    """The parser's words in Vietnamese, or as they are where they are not known."""
    return next((words for pattern, words in _PROBLEMS if re.match(pattern, problem)), problem)
