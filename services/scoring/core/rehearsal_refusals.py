"""Why a rehearsal is refused, with what to do instead."""

from __future__ import annotations

from shared.kernel.errors import Conflict, Fault, NotFound

__all__ = ["changed_meanwhile", "no_data", "no_table", "not_done", "replaced_meanwhile"]


def no_table(key: str, campaign: str) -> NotFound:
    """The campaign is not known, or has no table of the set's programme and group."""
    fault = Fault(
        "rehearsal.no_table",
        f"{key} / {campaign}",
        f"Không có đợt {campaign}, hoặc đợt này không có bảng thuộc chương trình và nhóm của {key}",
        f"there is no campaign {campaign}, or it has no table of the programme and group of {key}",
        "xem các đợt bằng `xephang campaign status`",
        "see the campaigns (`xephang campaign status`)",
    )
    return NotFound.of(fault)


def no_data(key: str, campaign: str) -> Conflict:
    """Nobody is verified there yet."""
    fault = Fault(
        "rehearsal.no_data",
        f"{key} / {campaign}",
        f"Đợt {campaign} chưa có cơ quan nào được thẩm tra xong nên chưa có gì để chấm thử",
        f"nobody is verified in {campaign} yet: there is nothing to rehearse on",
        "chọn đợt đã có số liệu thẩm tra",
        "choose a campaign with verified data",
    )
    return Conflict.of(fault)


def not_done(key: str, campaign: str) -> Conflict:
    """It is asked for and not worked out yet, or was refused."""
    fault = Fault(
        "rehearsal.not_done",
        f"{key} / {campaign}",
        f"Chưa có kết quả chấm thử {key} trên đợt {campaign}",
        f"the rehearsal of {key} on {campaign} has no result yet",
        "chờ chấm xong, hoặc xem vì sao bị từ chối",
        "wait until it is done, or see why it was refused",
    )
    return Conflict.of(fault)


def replaced_meanwhile(key: str) -> Conflict:
    """The draft was replaced while somebody waited for its rehearsal."""
    fault = Fault(
        "rehearsal.stale",
        key,
        f"Bản nháp {key} đã được thay bằng nội dung khác",
        f"the draft {key} was replaced by another document",
        "chấm thử lại bản mới",
        "rehearse the new one",
    )
    return Conflict.of(fault)


def changed_meanwhile(key: str, campaign: str) -> Conflict:
    """Cards are verified anew faster than they can be looked at."""
    fault = Fault(
        "rehearsal.data_moves",
        f"{key} / {campaign}",
        f"Số liệu của đợt {campaign} đang thay đổi liên tục",
        f"the data of {campaign} changes all the time",
        "thử lại khi việc thẩm tra tạm ngừng",
        "try again when verification pauses",
    )
    return Conflict.of(fault)
