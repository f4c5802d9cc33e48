"""Dead letters in words: the fields of one, its status, and what somebody did about it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.kernel.clock import LOCAL_ZONE

__all__ = ["moment", "shortened", "shown", "status_words", "value_of", "what_became"]

_FIELDS = {
    "service": "Dịch vụ",
    "status": "Trạng thái",
    "note": "Ai xử lý, thế nào",
    "id": "Mã thư",
    "consumer": "Bên tiêu thụ",
    "handler": "Bước xử lý",
    "reason": "Lý do",
    "topic_name": "Chủ đề",
    "partition": "Phân vùng",
    "offset": "Vị trí",
    "key": "Khóa",
    "headers": "Thuộc tính",
    "value_size": "Kích thước, byte",
    "value_sha256": "SHA-256 của nội dung",
    "truncated": "Chỉ giữ phần đầu",
    "attempts": "Số lần thử",
    "first_failed_at": "Lỗi lần đầu",
    "last_failed_at": "Lỗi gần nhất",
}
_SHOWN = 4000  # characters
_STATUS = {"waiting": "đang chờ", "retried": "đã xử lý lại", "discarded": "đã bỏ"}
# What the platform notes of a letter that was retried, after who did it.
_OUTCOMES = {
    "handled": "đã xử lý",
    "a newer event tells the whole state": "sự kiện mới hơn đã nói toàn bộ trạng thái",
}


def shown(service: str, letter: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and value of everything but the content: Vietnamese, with the name that programs know it by."""
    message = {name: value for name, value in letter["message"].items() if name != "value_base64"}
    note = {"note": what_became(letter["note"])} if letter.get("note") else {}
    for name, value in {"service": service, "status": status_words(letter["status"]), **note, **message}.items():
        if name == "headers":
            yield _label(name), ""
            yield from ((f"  {header}", str(given)) for header, given in value.items())
        else:
            yield _label(name), _value(name, value)


def status_words(status: str) -> str:
    """A status, with the word that `--status` takes."""
    return f"{_STATUS[status]} ({status})" if status in _STATUS else status


def what_became(note: str) -> str:
    """Who settled a letter, and why or with what outcome; what a person wrote is left as it is."""
    who, between, said = note.partition(": ")
    if said in _OUTCOMES:
        return f"{who}{between}{_OUTCOMES[said]} ({said})"
    if said.startswith("parked until ") and said.endswith(" is there"):
        awaited = said.removeprefix("parked until ").removesuffix(" is there")
        return f"{who}{between}đang chờ {awaited} ({said})"
    return note


def moment(told: str) -> str:
    """On the province's clock."""
    return datetime.fromisoformat(told).astimezone(LOCAL_ZONE).strftime("%d/%m/%Y %H:%M:%S")


def shortened(text: str, most: int) -> str:
    """At most so many characters, cut after a word, with a mark that there is more."""
    if len(text) <= most:
        return text
    whole, _, _ = text[:most].rpartition(" ")
    return f"{(whole or text[: most - 1]).rstrip()}…"


def _label(name: str) -> str:
    return f"{_FIELDS[name]} ({name})" if name in _FIELDS else name  # of a newer platform


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "có (yes)" if value else "không (no)"
    return moment(value) if name.endswith("_failed_at") else str(value) or "–"


def value_of(message: dict[str, Any]) -> str:
    """What a message holds, as text, under its heading; of a long one the beginning."""
    try:
        text = base64.b64decode(message["value_base64"]).decode("utf-8", errors="replace")[:_SHOWN]
    except (KeyError, binascii.Error):
        text = "(không có nội dung – no payload)"
    return f"Nội dung (value):\n{text}"
