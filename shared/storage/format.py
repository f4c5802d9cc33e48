"""The number of the form in which a store keeps things, and the refusal of a form that this program does not know.

1: release 0.1.0, which wrote no number; events wait to be published in the bodies of documents.
2: they wait beside the bodies (ADR 0020).

An older form is brought to today's when the store is opened: tables and indexes at once, documents when they are
written again, for what stands in them is read in every form that it ever had (ADR 0018).
"""

from __future__ import annotations

from shared.kernel.errors import Conflict, Fault

__all__ = ["STORE_FORMAT", "check_format"]

STORE_FORMAT = 2


def check_format(place: str, found: int) -> None:
    """Raises `Conflict` if a newer program wrote the store at `place`: this one would misread it, or spoil it."""
    if found <= STORE_FORMAT:
        return
    fault = Fault(
        "store.newer_format",
        place,
        f"kho dữ liệu ở dạng {found}, chương trình này chỉ biết đến dạng {STORE_FORMAT}",
        f"the store is of format {found}, this program knows formats up to {STORE_FORMAT}",
        "dùng phiên bản chương trình đã ghi kho này, hoặc khôi phục bản sao lưu trước khi nâng cấp (xephang restore)",
        "use the release that wrote it, or restore a backup from before the upgrade (xephang restore)",
    )
    raise Conflict.of(fault)
