"""What people are told of a service in a word, on the command line and on the status page alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["state_words"]


def state_words(own: Mapping[str, Any]) -> str:
    """Of a service's status: one that runs and does not answer has not been stopped."""
    if own.get("silent"):
        return "không trả lời"
    return "đang chạy" if own["running"] else "dừng"
