"""Opening and closing a campaign (đợt đánh giá): members, deadline, pinned rule sets.

Source: Decision 2294/QĐ-UBND: yearly in Q4; the reporting period runs from 1 October of the year before to 1 October of
the assessment year; agencies answer within 15 days of the dispatch's issue date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from services.intake.core.model import CampaignPlan, CampaignRecord
from services.intake.core.pinning import pin_rule_sets
from shared.contracts.common import Agency, Campaign, Period
from shared.contracts.intake import CampaignClosedV1, CampaignOpenedV1
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Conflict, Fault, Invalid, NotFound
from shared.messaging.aggregate import Change, Outgoing

__all__ = ["DAYS_TO_ANSWER", "close_campaign", "days_late", "deadline_of", "open_campaign"]

DAYS_TO_ANSWER = 15


def deadline_of(issued_on: date) -> datetime:
    """The first late moment: the end of the 15th day after the dispatch's issue date, local time, as UTC."""
    first_late_day = issued_on + timedelta(days=DAYS_TO_ANSWER + 1)
    return datetime.combine(first_late_day, time(), LOCAL_ZONE).astimezone(UTC)


def days_late(submitted_at: datetime, deadline: datetime) -> int:
    """Whole local days after the last day to answer; 0 in time, 1 from the first late moment on."""
    if submitted_at < deadline:
        return 0
    return (submitted_at.astimezone(LOCAL_ZONE).date() - deadline.astimezone(LOCAL_ZONE).date()).days + 1


def open_campaign(
    record: CampaignRecord | None,
    plan: CampaignPlan,
    register: Mapping[str, Agency],
    rule_sets: Sequence[RuleSetRecord],
    by: str,
    now: datetime,
) -> Change[CampaignRecord]:
    """Open a campaign. The same plan again changes nothing; another plan under the same id is refused."""
    if record is not None:
        if record.plan == plan:
            return Change(record)
        raise Conflict(
            f"Đợt đánh giá {plan.id} đã được mở với nội dung khác",
            f"the campaign {plan.id} was opened with another plan",
            code="campaign.other_plan",
        )
    _check_dispatch(plan)
    members = _members(plan, register)
    campaign = Campaign(
        id=plan.id,
        year=plan.year,
        title=plan.title,
        programmes=plan.programmes,
        period=Period(first_day=date(plan.year - 1, 10, 1), last_day=date(plan.year, 10, 1)),
        dispatch=plan.dispatch,
        deadline=deadline_of(plan.dispatch.issued_on),
        members=members,
        rule_sets=pin_rule_sets(plan, members, rule_sets),
        status="open",
    )
    opened = CampaignRecord(campaign=campaign, plan=plan, opened_by=by, opened_at=now)
    return Change(opened, (Outgoing(CampaignOpenedV1(campaign=campaign), plan.id),))


def close_campaign(
    record: CampaignRecord | None, campaign_id: str, by: str, now: datetime, *, early_reason: str = ""
) -> Change[CampaignRecord]:
    """Take no more answers. Before the deadline only with a reason. Closing twice changes nothing."""
    if record is None:
        raise NotFound(f"Không có đợt đánh giá {campaign_id}", f"there is no campaign {campaign_id}")
    if record.campaign.status == "closed":
        return Change(record)
    early_reason = early_reason.strip()
    if now < record.campaign.deadline and not early_reason:
        last = (record.campaign.deadline - timedelta(seconds=1)).astimezone(LOCAL_ZONE).date()
        raise Conflict(
            f"Chưa hết hạn nộp phiếu ({last:%d/%m/%Y}); muốn đóng sớm phải nêu lý do",
            f"the deadline ({last}) has not passed; closing early needs a reason",
            code="campaign.before_deadline",
        )
    campaign = record.campaign.model_copy(update={"status": "closed"})
    closed = record.model_copy(
        update={"campaign": campaign, "closed_by": by, "closed_at": now, "early_reason": early_reason}
    )
    return Change(closed, (Outgoing(CampaignClosedV1(campaign=campaign, closed_by=by, closed_at=now), campaign.id),))


def _check_dispatch(plan: CampaignPlan) -> None:
    """A mistyped year would make every answer late, or none for centuries."""
    if abs(plan.dispatch.issued_on.year - plan.year) > 1:
        fault = Fault(
            "campaign.dispatch_date",
            "dispatch.issued_on",
            f"Ngày ban hành công văn {plan.dispatch.issued_on:%d/%m/%Y} không thuộc đợt đánh giá năm {plan.year}",
            f"the dispatch's date {plan.dispatch.issued_on} does not belong to an assessment of {plan.year}",
            "Kiểm tra lại năm của công văn và của đợt đánh giá",
            "check the years of the dispatch and of the campaign",
        )
        raise Invalid.of(fault)


def _members(plan: CampaignPlan, register: Mapping[str, Agency]) -> tuple[Agency, ...]:
    unknown = [name for name in plan.members if name not in register]
    if unknown:
        faults = [
            Fault(
                "campaign.unknown_agency",
                f"members[{plan.members.index(name)}]",
                f"Cơ quan {name!r} không có trong danh mục",
                f"the agency {name!r} is not in the register",
                "Đăng ký cơ quan trước (PUT /agencies)",
                "register it first (PUT /agencies)",
            )
            for name in unknown
        ]
        raise Invalid("Danh sách cơ quan không hợp lệ", "the members are not all registered", faults)
    wanted = set(plan.members) or set(register)
    if not wanted:
        raise Invalid("Danh mục cơ quan còn trống", "the register of agencies is empty")
    return tuple(register[name] for name in sorted(wanted))
