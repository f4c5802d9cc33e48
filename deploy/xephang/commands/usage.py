"""Wrong calls, in Vietnamese with typer's own English beside it: one place for all commands.

What typer says is told by its sentences; its classes of errors are its own affair. A sentence that is not known here
is told in English only.
"""

from __future__ import annotations

import re
from typing import Any

from shared.kernel.errors import Fault

__all__ = ["usage_fault"]

_SENTENCES = (
    (r"No such command (.+?)\.", r"không có lệnh \1"),
    (r"No such option: (\S+)(?: \(Possible options: (.+)\))?", r"không có tùy chọn \1"),
    (r"Missing command\.", "thiếu lệnh"),
    (r"Missing option '?(.+?)'?\. Choose from: (.+)", r"thiếu tùy chọn bắt buộc \1, một trong \2"),
    (r"Missing argument '?(.+?)'?\. Choose from: (.+)", r"thiếu đối số bắt buộc \1, một trong \2"),
    (r"Missing option '?(.+?)'?\.", r"thiếu tùy chọn bắt buộc \1"),
    (r"Missing argument '?(.+?)'?\.", r"thiếu đối số bắt buộc \1"),
    (r"Option '(.+)' requires (?:an argument|\d+ arguments)\.", r"tùy chọn \1 cần một giá trị"),
    (r"Option '(.+)' does not take a value\.", r"tùy chọn \1 không nhận giá trị"),
    (r"Got unexpected extra argument\(s\) \((.+)\)", r"thừa đối số: \1"),
)
_REASONS = (
    (r"(?:Value error, )?(.+) is not one of (.+?)\.?", r"\1 không phải một trong \2"),
    (r"Input should be a valid integer.*", "cần một số nguyên"),
    (r"Input should be a valid number.*", "cần một số"),
    (r"Input should be greater than or equal to (\S+)", r"ít nhất là \1"),
    (r"Input should be less than or equal to (\S+)", r"nhiều nhất là \1"),
    (r"Input should be a valid (?:date|datetime).*", "cần một ngày, ví dụ 2022-11-30"),
    (r"\S+ (.+) does not exist\.", r"không có \1"),
    (r"\S+ (.+) is a file\.", r"\1 là tệp, cần thư mục"),
    (r"\S+ (.+) is a directory\.", r"\1 là thư mục, cần tệp"),
    (r"\S+ (.+) is not readable\.", r"không đọc được \1"),
    (r"\S+ (.+) is not writable\.", r"không ghi được \1"),
)
_OWN = "Invalid value: "  # what a command says itself …
_BOTH = re.compile(r"(.+?) \(([^()]+)\)\.?", re.DOTALL)  # … mostly with its English at the end
_OF = re.compile(r"Invalid value for (.+?): (.+)", re.DOTALL)


def usage_fault(error: Any) -> Fault:
    """What typer, or a command (`outcome.misuse`), says of a wrong call: of which command, and how it is called."""
    given: Fault | None = getattr(error, "fault", None)
    if given is not None:
        return given
    context = getattr(error, "ctx", None)  # typer does not always tell of which command it speaks
    command = context.command_path if context else "xephang"
    call = f"gọi {' '.join(context.get_usage().partition(': ')[2].split())}; " if context else ""
    vi, en = _words(" ".join(error.format_message().split()))
    return Fault("usage", command, vi, en, f"{call}xem `{command} --help`", f"see `{command} --help`")


def _words(english: str) -> tuple[str, str]:
    """Vietnamese and English."""
    if english.startswith(_OWN):
        own = english.removeprefix(_OWN)
        both = _BOTH.fullmatch(own)
        return (both[1], both[2]) if both else (own, "the command was called wrongly")
    found = _OF.fullmatch(english)
    if found is None:
        return _translated(english, _SENTENCES), english
    return f"giá trị của {found[1]} không dùng được: {_translated(found[2], _REASONS)}", english


def _translated(english: str, sentences: tuple[tuple[str, str], ...]) -> str:
    for pattern, vietnamese in sentences:
        found = re.fullmatch(pattern, english, re.DOTALL)
        if found:
            return found.expand(vietnamese)
    return english
