"""Whether an answer may still be given: in time, as a correction, asked again, not too late, not too much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal

from services.intake.core.effective import Effective
from services.intake.core.model import SubmissionRecord
from services.intake.core.posted import Posted
from shared.contracts.common import Answers, Campaign
from shared.contracts.intake import Submission
from shared.kernel.canonical import compact_json
from shared.kernel.errors import Conflict, Fault, Invalid
from shared.ruleset.document import RuleSet

__all__ = ["MAX_ANSWER", "MAX_KEPT", "Ground", "check_size", "grounds", "no_longer", "only_asked_again"]

Ground = Literal["ordinary", "correction", "asked"]

# What one document can hold (15 MiB) with every version kept, each once more while its event is not published.
MAX_ANSWER = 2**20
MAX_KEPT = 6 * 2**20
_DEFAULTS = 64  # bytes
_CLOCK_SKEW = timedelta(minutes=5)


def grounds(
    record: SubmissionRecord | None, posted: Posted, campaign: Campaign, *, whole: Submission | None, asked: bool
) -> Ground:
    """On what ground the answer is taken: anyway, because the case was returned, or because it was asked again.

    `whole` is the last answer to all of the form that counts; `asked`: something is asked again at that time. Raises
    `Invalid` for a time in the future, `Conflict` when no answer is taken any more.
    """
    if posted.submitted_at > posted.received_at + _CLOCK_SKEW:
        raise Invalid(
            "Thời điểm nộp nằm trong tương lai",
            f"the time of submission ({posted.submitted_at.isoformat()}) lies in the future",
            code="submission.future",
        )
    closed = campaign.status == "closed" or (record is not None and record.status == "missing")
    # In time, or the first answer given; an older one that arrives later is as good as if it had come first.
    if not closed and (whole is None or posted.submitted_at < max(campaign.deadline, whole.submitted_at)):
        return "ordinary"
    until = record.returned_until if record is not None else None
    if until is not None and posted.submitted_at < until:
        return "correction"
    if asked:
        return "asked"
    raise no_longer(campaign, closed)


def no_longer(campaign: Campaign, closed: bool) -> Conflict:
    """No answer is taken any more."""
    if closed:
        return Conflict(
            f"Đợt đánh giá {campaign.id} đã đóng, không nhận thêm phiếu (trừ khi phiếu được trả lại)",
            f"the campaign {campaign.id} is closed; an answer is taken only while the case is returned",
            code="submission.closed",
        )
    return Conflict(
        "Đã hết hạn, không sửa được phiếu đã nộp (trừ khi phiếu được trả lại)",
        "the deadline has passed; a submission is amended only when verification returned it",
        code="submission.deadline",
    )


def only_asked_again(patch: Answers, stands: Effective, rule_set: RuleSet) -> None:
    """Raises `Invalid` if an answer after the deadline says something new of what is not asked again."""
    codes = {one.criterion for one in stands.asked}
    allowed = {item.id for criterion in rule_set.criteria() if criterion.code in codes for item in criterion.inputs}
    faults = [
        _not_asked(f"figures.{name}", codes)
        for name, answer in patch.figures.items()
        if name not in allowed and answer != stands.answers.figures.get(name)
    ]
    faults += [
        _not_asked(f"evidence.{code}", codes)
        for code, documents in patch.evidence.items()
        if code not in codes and documents != stands.answers.evidence.get(code, ())
    ]
    if faults:
        raise Invalid(
            "Đã hết hạn: chỉ trả lời lại những tiêu chí được hỏi lại do sửa đổi bộ tiêu chí",
            "the deadline has passed: only criteria that are asked again after the amendment may be answered",
            faults,
            "submission.not_asked_again",
        )


def _not_asked(place: str, codes: Iterable[str]) -> Fault:
    asked = ", ".join(sorted(codes))
    return Fault(
        "submission.not_asked_again",
        place,
        "Nội dung này không được hỏi lại và khác với phiếu đã nộp",
        "this is not asked again, and differs from what stands",
        f"Chỉ gửi số liệu và tài liệu của các tiêu chí được hỏi lại: {asked}",
        f"send only figures and documents of the criteria asked again: {asked}",
    )


def check_size(record: SubmissionRecord, answers: Answers, plain: dict[str, Any]) -> None:
    """Raises `Invalid` for an answer that is too large, `Conflict` when too much was sent altogether.

    `plain` is the answer's plain JSON without defaults.
    """
    kept = [*(version.answers for version in record.versions), *record.patches.values()]
    if not kept and _at_most(plain) <= MAX_ANSWER:
        return
    size = _size(answers)
    if size > MAX_ANSWER:
        raise Invalid(
            f"Phiếu lớn hơn {MAX_ANSWER // 1024} KiB: hãy rút gọn danh mục tài liệu kiểm chứng",
            f"the answer is larger than {MAX_ANSWER // 1024} KiB: name fewer documents",
            code="submission.too_large",
        )
    if size + sum(map(_size, kept)) > MAX_KEPT:
        raise Conflict(
            "Phiếu này đã được nộp lại quá nhiều lần",
            "this submission was amended too often; every version is kept, and there is no room for another",
            code="submission.too_many",
        )


def _size(answers: Answers) -> int:
    return len(answers.model_dump_json().encode())


def _at_most(plain: dict[str, Any]) -> int:
    """No less than `_size`, and sooner known: the defaults of each object may be as long as that."""
    written = compact_json(plain)
    return len(written) + _DEFAULTS * written.count(b"{")
