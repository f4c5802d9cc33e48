"""Opening and closing a campaign (đợt đánh giá): members, deadline, pinned rule sets.

Source: Decision 2294/QĐ-UBND: yearly in Q4; the reporting period runs from 1 October of the year before to 1 October of
the assessment year; agencies answer within 15 days of the dispatch's issue date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from services.intake.core.model import CampaignPlan, CampaignRecord
from shared.contracts.common import Agency, Campaign, Period, PinnedRuleSet
from shared.contracts.intake import CampaignClosedV1, CampaignOpenedV1
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Conflict, Fault, Invalid, NotFound
from shared.messaging.aggregate import Change, Outgoing
from shared.references import rule_set_of
from shared.ruleset.document import Group, Programme

__all__ = ["DAYS_TO_ANSWER", "close_campaign", "days_late", "deadline_of", "open_campaign"]

DAYS_TO_ANSWER = 15
GROUPS: tuple[Group, ...] = ("province", "district")


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
    members = _members(plan, register)
    pinned = _pins(plan, members, rule_sets)
    campaign = Campaign(
        id=plan.id,
        year=plan.year,
        title=plan.title,
        programmes=plan.programmes,
        period=Period(first_day=date(plan.year - 1, 10, 1), last_day=date(plan.year, 10, 1)),
        dispatch=plan.dispatch,
        deadline=deadline_of(plan.dispatch.issued_on),
        members=members,
        rule_sets=pinned,
        status="open",
    )
    if record is not None:
        if record.plan == plan:
            return Change(record)
        raise Conflict(
            f"Đợt đánh giá {plan.id} đã được mở với nội dung khác",
            f"the campaign {plan.id} was opened with another plan",
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
    if now < record.campaign.deadline and not early_reason:
        last = (record.campaign.deadline - timedelta(seconds=1)).astimezone(LOCAL_ZONE).date()
        raise Conflict(
            f"Chưa hết hạn nộp phiếu ({last:%d/%m/%Y}); muốn đóng sớm phải nêu lý do",
            f"the deadline ({last}) has not passed; closing early needs a reason",
        )
    campaign = record.campaign.model_copy(update={"status": "closed"})
    closed = record.model_copy(
        update={"campaign": campaign, "closed_by": by, "closed_at": now, "early_reason": early_reason}
    )
    return Change(closed, (Outgoing(CampaignClosedV1(campaign=campaign, closed_by=by, closed_at=now), campaign.id),))


def _members(plan: CampaignPlan, register: Mapping[str, Agency]) -> tuple[Agency, ...]:
    unknown = [name for name in plan.members if name not in register]
    if unknown:
        faults = [
            Fault(
                "campaign.unknown_agency",
                f"members[{plan.members.index(name)}]",
                f"Cơ quan {name!r} không có trong danh mục",
                f"the agency {name!r} is not in the register",
                "Đăng ký cơ quan trước (PUT /agencies/{id})",
                "register it first (PUT /agencies/{id})",
            )
            for name in unknown
        ]
        raise Invalid("Danh sách cơ quan không hợp lệ", "the members are not all registered", faults)
    wanted = set(plan.members) or set(register)
    if not wanted:
        raise Invalid("Danh mục cơ quan còn trống", "the register of agencies is empty")
    return tuple(register[name] for name in sorted(wanted))


def _pins(
    plan: CampaignPlan, members: Sequence[Agency], rule_sets: Sequence[RuleSetRecord]
) -> tuple[PinnedRuleSet, ...]:
    """One rule set for each programme and group that has members: the one named, or the newest active one."""
    faults: list[Fault] = []
    pins: list[PinnedRuleSet] = []
    known = {record.ref.key: record for record in rule_sets}
    faults += [_unknown(plan, name) for name in plan.rule_sets if name not in known]
    groups = [group for group in GROUPS if any(member.group == group for member in members)]
    for programme in plan.programmes:
        for group in groups:
            record = _choose(plan, programme, group, rule_sets)
            if record is None:
                faults.append(_none_active(programme, group, plan.year))
            else:
                pins.append(PinnedRuleSet(programme=programme, group=group, rule_set=record.ref))
    if faults:
        raise Invalid("Chưa đủ bộ tiêu chí cho đợt đánh giá", "rule sets are missing for the campaign", faults)
    return tuple(pins)


def _choose(
    plan: CampaignPlan, programme: Programme, group: Group, rule_sets: Sequence[RuleSetRecord]
) -> RuleSetRecord | None:
    fitting = []
    for record in rule_sets:
        rule_set = rule_set_of(record)
        if (rule_set.programme, rule_set.group) != (programme, group) or record.status != "active":
            continue
        named = record.ref.key in plan.rule_sets
        in_force = record.active_from_year is not None and record.active_from_year <= plan.year
        if named or (in_force and rule_set.stage.first_year <= plan.year <= rule_set.stage.last_year):
            fitting.append((named, record.active_from_year or 0, _version(record), record))
    return max(fitting, key=lambda item: item[:3])[3] if fitting else None


def _version(record: RuleSetRecord) -> tuple[int, ...]:
    return tuple(int(part) for part in record.ref.version.split("."))


def _unknown(plan: CampaignPlan, name: str) -> Fault:
    return Fault(
        "campaign.unknown_rule_set",
        f"rule_sets[{plan.rule_sets.index(name)}]",
        f"Không có bộ tiêu chí {name!r} đã được phê duyệt",
        f"there is no approved rule set {name!r}",
        "Nạp, phê duyệt và kích hoạt bộ tiêu chí trước",
        "load, approve and activate it first",
    )


def _none_active(programme: Programme, group: Group, year: int) -> Fault:
    return Fault(
        "campaign.no_rule_set",
        f"rule_sets.{programme}.{group}",
        f"Không có bộ tiêu chí nào đang có hiệu lực cho năm {year}",
        f"no rule set is active for {year}",
        f"Kích hoạt một bộ tiêu chí cho {programme}/{group} từ năm {year} trở về trước",
        f"activate a rule set for {programme}/{group} from {year} or earlier",
    )
