"""Whether an answer may still be given: in time, as a correction of a returned case, not too late, not too much."""

from __future__ import annotations

from datetime import timedelta

from services.intake.core.model import SubmissionRecord
from services.intake.core.posted import Posted
from shared.contracts.common import Answers, Campaign
from shared.kernel.errors import Conflict, Invalid

__all__ = ["MAX_ANSWER", "MAX_KEPT", "check_size", "is_correction"]

# What one document can hold (15 MiB) with every version kept, each once more while its event is not published.
MAX_ANSWER = 2**20
MAX_KEPT = 6 * 2**20
_CLOCK_SKEW = timedelta(minutes=5)


def is_correction(record: SubmissionRecord | None, posted: Posted, campaign: Campaign) -> bool:
    """Whether the answer is taken only because the case was returned; False for one that is taken anyway.

    Raises `Invalid` for a time in the future, `Conflict` when no answer is taken any more.
    """
    if posted.submitted_at > posted.received_at + _CLOCK_SKEW:
        raise Invalid(
            "Thời điểm nộp nằm trong tương lai",
            f"the time of submission ({posted.submitted_at.isoformat()}) lies in the future",
            code="submission.future",
        )
    closed = campaign.status == "closed" or (record is not None and record.status == "missing")
    if not closed and _counts_anyway(record, posted, campaign):
        return False
    until = record.returned_until if record is not None else None
    if until is not None and posted.submitted_at < until:
        return True
    if closed:
        raise Conflict(
            f"Đợt đánh giá {campaign.id} đã đóng, không nhận thêm phiếu (trừ khi phiếu được trả lại)",
            f"the campaign {campaign.id} is closed; an answer is taken only while the case is returned",
            code="submission.closed",
        )
    raise Conflict(
        "Đã hết hạn, không sửa được phiếu đã nộp (trừ khi phiếu được trả lại)",
        "the deadline has passed; a submission is amended only when verification returned it",
        code="submission.deadline",
    )


def _counts_anyway(record: SubmissionRecord | None, posted: Posted, campaign: Campaign) -> bool:
    """In time, or the first answer given; an older one that arrives later is as good as if it had come first."""
    current = record.current if record is not None else None
    return current is None or posted.submitted_at < max(campaign.deadline, current.submitted_at)


def check_size(record: SubmissionRecord, answers: Answers) -> None:
    """Raises `Invalid` for an answer that is too large, `Conflict` when too much was sent altogether."""
    size = _size(answers)
    if size > MAX_ANSWER:
        raise Invalid(
            f"Phiếu lớn hơn {MAX_ANSWER // 1024} KiB: hãy rút gọn danh mục tài liệu kiểm chứng",
            f"the answer is larger than {MAX_ANSWER // 1024} KiB: name fewer documents",
            code="submission.too_large",
        )
    if size + sum(_size(version.answers) for version in record.versions) > MAX_KEPT:
        raise Conflict(
            "Phiếu này đã được nộp lại quá nhiều lần",
            "this submission was amended too often; every version is kept, and there is no room for another",
            code="submission.too_many",
        )


def _size(answers: Answers) -> int:
    return len(answers.model_dump_json().encode())
