"""What verification says when it must refuse: each fault names its criterion and what to do, in both languages."""

from __future__ import annotations

from collections.abc import Iterable

from services.verification.core.model import Case
from shared.contracts.common import SubmissionKey
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Conflict, Fault, Invalid, NotFound
from shared.ruleset.document import Criterion, RuleSetRef

__all__ = [
    "absent",
    "campaign_unknown",
    "finding_fault",
    "findings_lacking",
    "newer_submission",
    "not_returned",
    "not_verified",
    "nothing_answered",
    "nothing_said",
    "reason_wrong",
    "refused_criteria",
    "refused_findings",
    "rule_set_unknown",
    "still_asked",
    "still_returned",
    "unknown_criterion",
    "verified_already",
    "wrong_due_date",
]

_SHOWN = 40  # characters of an identifier that was sent: enough to recognise it, too few to flood a page


def absent(key: SubmissionKey) -> NotFound:
    """No such case."""
    return NotFound(
        f"Chưa có hồ sơ thẩm tra {key.text}", f"there is no verification case {key.text}", code="case.absent"
    )


def campaign_unknown(campaign: str) -> NotFound:
    """No such campaign, or none yet."""
    return NotFound(f"Chưa có đợt đánh giá {campaign}", f"there is no campaign {campaign}", code="campaign.absent")


def rule_set_unknown(ref: RuleSetRef) -> Conflict:
    """The rule set is not here (yet), or is here with other content than the submission was made for."""
    fault = Fault(
        "rule_set.unknown",
        ref.key,
        f"Chưa có bộ tiêu chí {ref.key} với mã băm {ref.hash[:12]}",
        f"the rule set {ref.key} with the hash {ref.hash[:12]} is not here",
        "Kiểm tra bộ tiêu chí mà đợt đánh giá ghim; thử lại khi bộ tiêu chí đã đến",
        "check the rule set that the campaign pins; try again when it has arrived",
    )
    return Conflict("Không có bộ tiêu chí của hồ sơ", "the case's rule set is not here", (fault,), "rule_set.unknown")


def verified_already(case: Case) -> Conflict:
    """The case is completed; nothing may change until an operator opens it again."""
    return _conflict(
        "case.verified",
        case,
        f"Hồ sơ đã thẩm tra xong (lần {case.revision})",
        f"the case is verified (revision {case.revision})",
        "Người điều hành mở lại hồ sơ, nêu lý do, rồi mới sửa kết luận",
        "an operator must reopen it with a reason first",
    )


def not_verified(case: Case) -> Conflict:
    """Only a completed case can be opened again."""
    return _conflict(
        "case.not_verified",
        case,
        "Chỉ mở lại được hồ sơ đã thẩm tra xong",
        f"only a verified case can be reopened; this one is {case.status}",
        "Không cần mở lại: ghi kết luận trực tiếp vào hồ sơ",
        "there is no need to: record findings on it",
    )


def still_returned(case: Case) -> Conflict:
    """The agency still has time to answer again."""
    assert case.returned is not None
    due = case.returned.due_at.astimezone(LOCAL_ZONE).strftime("%H:%M %d/%m/%Y")
    return _conflict(
        "case.returned",
        case,
        f"Hồ sơ đang trả lại cơ quan bổ sung, hạn đến {due}",
        f"the case is with the agency for correction until {due} (Asia/Ho_Chi_Minh)",
        "Chờ phiếu trả lời mới, thẩm tra tiếp khi đã hết hạn, hoặc nhận lại hồ sơ (resume), nêu lý do",
        "wait for the new answer, go on when the time is over, or resume the case with a reason",
    )


def still_asked(case: Case, criteria: Iterable[str]) -> Conflict:
    """The agency still has time to answer what it is asked again after an amendment of the rule set."""
    assert case.submission is not None
    assert case.submission.answer_until is not None
    until = case.submission.answer_until.astimezone(LOCAL_ZONE).strftime("%H:%M %d/%m/%Y")
    codes = ", ".join(criteria)
    return _conflict(
        "case.asked_again",
        case,
        f"Cơ quan đang được hỏi lại tiêu chí {codes} do sửa đổi bộ tiêu chí, hạn đến {until}",
        f"after an amendment the agency is asked {codes} again, until {until} (Asia/Ho_Chi_Minh)",
        "Ghi kết luận cho các tiêu chí khác; hoàn thành hồ sơ khi cơ quan đã trả lời hoặc đã hết hạn",
        "record findings on the others; complete the case when the agency has answered, or the time is over",
    )


def not_returned(case: Case) -> Conflict:
    """Only a case that is with its agency can be taken back."""
    return _conflict(
        "case.not_returned",
        case,
        "Chỉ nhận lại được hồ sơ đang trả lại cơ quan",
        f"only a returned case can be resumed; this one is {case.status}",
        "Không cần nhận lại: hồ sơ không ở chỗ cơ quan",
        "there is no need to: the case is not with its agency",
    )


def nothing_answered(case: Case) -> Conflict:
    """Nobody answered, so there is nothing to accept, adjust or reject."""
    return _conflict(
        "case.missing",
        case,
        "Cơ quan không gửi phiếu trả lời nên không có gì để kết luận",
        "nobody answered, so there is nothing to find",
        "Trả lại hồ sơ để cơ quan được trả lời, hoặc hoàn thành hồ sơ không có số liệu",
        "return the case so that the agency may answer, or complete it without answers",
    )


def newer_submission(case: Case, seen: int) -> Conflict:
    """The verifier looked at another version of the answer than the one that counts now."""
    return _conflict(
        "case.newer_submission",
        case,
        f"Kết luận dựa trên phiếu số {seen}, phiếu hiện hành là số {case.number}",
        f"this was decided on answer {seen}, but answer {case.number} counts now",
        "Tải lại hồ sơ và xem phiếu hiện hành rồi ghi kết luận",
        "load the case again, look at the answer that counts, and decide anew",
    )


def findings_lacking(case: Case, criteria: Iterable[Criterion]) -> Conflict:
    """The case cannot be completed: these scored criteria have no finding."""
    faults = [
        Fault(
            "finding.lacking",
            criterion.code,
            f"Tiêu chí {criterion.code} «{criterion.title.vi}» chưa có kết luận",
            f"criterion {criterion.code} has no finding",
            "Ghi kết luận: chấp nhận, điều chỉnh hoặc bác",
            "record one: accepted, adjusted or rejected",
        )
        for criterion in criteria
    ]
    codes = ", ".join(fault.place for fault in faults)
    vi, en = f"Còn {len(faults)} tiêu chí chưa có kết luận", f"criteria without a finding: {codes}"
    return Conflict(f"{vi} ({case.key.text})", en, faults, "finding.lacking")


def refused_findings(faults: list[Fault]) -> Invalid:
    """Findings are taken all or none; here is everything that is wrong with them."""
    return Invalid("Kết luận thẩm tra không hợp lệ", "the findings are not valid", faults, "findings.invalid")


def refused_criteria(faults: list[Fault]) -> Invalid:
    """Criteria were named that are not there."""
    return Invalid("Tiêu chí không hợp lệ", "unknown criteria", faults, "criteria.invalid")


def finding_fault(what: str, code: str, vi: str, en: str, remedy_vi: str, remedy_en: str) -> Fault:
    """Something wrong with the finding on the criterion `code`."""
    return Fault(f"finding.{what}", code, f"Tiêu chí {code}: {vi}", f"criterion {code}: {en}", remedy_vi, remedy_en)


def unknown_criterion(code: str) -> Fault:
    """The rule set of the case has no such criterion."""
    return finding_fault(
        "unknown_criterion",
        code[:_SHOWN],
        "không có trong bộ tiêu chí của hồ sơ",
        "is not in the case's rule set",
        "Dùng mã tiêu chí trong danh mục thẩm tra của hồ sơ",
        "use a code from the case's checklist",
    )


def nothing_said(place: str, vi: str, en: str) -> Invalid:
    """A list that must name something is empty."""
    fault = Fault("request.empty", place, vi, en, "Nêu ít nhất một mục", "name at least one")
    return Invalid(vi, en, (fault,), "request.empty")


def reason_wrong(limit: int) -> Fault:
    """A reason is needed, of a bounded length."""
    return Fault(
        "reason.wrong",
        "reason",
        f"Cần nêu lý do, từ 1 đến {limit} ký tự",
        f"a reason of 1 to {limit} characters is needed",
        "Viết lý do ngắn gọn, có thể hiểu được mà không cần hỏi lại",
        "say why in words that need no asking back",
    )


def wrong_due_date(days: int) -> Fault:
    """The day until which the agency may answer again is over, or too far off to be meant."""
    return Fault(
        "return.due_date",
        "due_on",
        f"Hạn bổ sung phải từ hôm nay đến {days} ngày sau",
        f"the due day must lie between today and {days} days from now",
        "Chọn một ngày theo giờ Việt Nam; cả ngày đó vẫn được tính",
        "choose a day on Vietnam's calendar; the whole day counts",
    )


def _conflict(code: str, case: Case, vi: str, en: str, remedy_vi: str, remedy_en: str) -> Conflict:
    fault = Fault(code, case.key.text, vi, en, remedy_vi, remedy_en)
    return Conflict(f"{vi} ({case.key.text})", f"{case.key.text}: {en}", (fault,), code)
