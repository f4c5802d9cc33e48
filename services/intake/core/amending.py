"""Amending the rule set of a table while its campaign runs (sửa đổi bộ tiêu chí giữa đợt đánh giá).

It may be done while the campaign is open and after it was closed: a table that was published by then stays as it was
signed, and what comes out under the new version can only be published by a correction, which is signed as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field

from services.intake.core.model import CampaignRecord
from shared.contracts.common import Campaign, CampaignAmendment, PinnedRuleSet
from shared.contracts.intake import CampaignAmendedV1
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Conflict, Fault, Invalid, NotFound
from shared.messaging.aggregate import Change, Outgoing
from shared.ruleset.document import RuleSet, RuleSetRef, Sentence

__all__ = ["MAX_AMENDMENTS", "MAX_DAYS_TO_ANSWER", "AmendOrder", "amend_campaign"]

MAX_DAYS_TO_ANSWER = 366  # a mistyped year must not leave questions open for ever
MAX_AMENDMENTS = 4  # of one table: every one adds a version to each submission, and a document has its bound


class AmendOrder(BaseModel):
    """What the department says to amend a table: the new version, why, the last day to answer what is asked again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule_set: str = Field(max_length=100, description="id@version")
    reason: Sentence
    answer_by: date = Field(description="The whole day counts, Asia/Ho_Chi_Minh")


def amend_campaign(
    record: CampaignRecord | None,
    campaign_id: str,
    order: AmendOrder,
    found: RuleSetRecord | None,
    by: str,
    now: datetime,
) -> Change[CampaignRecord]:
    """Pin another version for the table that `found` is for. The same order again changes nothing.

    Raises `NotFound`, `Invalid` with every fault, or `Conflict` after too many amendments.
    """
    if record is None:
        raise NotFound(f"Không có đợt đánh giá {campaign_id}", f"there is no campaign {campaign_id}")
    if found is None:
        raise _refused([_unknown(order.rule_set)])
    campaign, rule_set = record.campaign, found.rule_set()
    until = _end_of(order.answer_by)
    pinned = campaign.pinned(rule_set.programme, rule_set.group)
    if pinned == found.ref and _ordered_before(campaign, found.ref, order, until):
        return Change(record)
    faults = [*_unfit(campaign, pinned, found, rule_set), *_untimely(campaign, order.answer_by, now)]
    if faults:
        raise _refused(faults)
    assert pinned is not None, "an unfit table is a fault"
    if len(campaign.amended(rule_set.programme, rule_set.group)) >= MAX_AMENDMENTS:
        raise Conflict(
            f"Bảng này của đợt đánh giá {campaign.id} đã sửa đổi bộ tiêu chí {MAX_AMENDMENTS} lần",
            f"this table of the campaign {campaign.id} was amended {MAX_AMENDMENTS} times, and takes no more",
            code="campaign.amended_too_often",
        )
    amendment = CampaignAmendment(
        programme=rule_set.programme,
        group=rule_set.group,
        before=pinned,
        after=found.ref,
        reason=order.reason,
        answer_until=until,
        amended_by=by,
        amended_at=now,
    )
    return _amended(record, amendment)


def _amended(record: CampaignRecord, amendment: CampaignAmendment) -> Change[CampaignRecord]:
    table = (amendment.programme, amendment.group)
    campaign = record.campaign
    amended = campaign.model_copy(
        update={
            "rule_sets": tuple(
                PinnedRuleSet(programme=pin.programme, group=pin.group, rule_set=amendment.after)
                if (pin.programme, pin.group) == table
                else pin
                for pin in campaign.rule_sets
            ),
            "amendments": (*campaign.amendments, amendment),
        }
    )
    event = CampaignAmendedV1(campaign=amended)
    return Change(record.model_copy(update={"campaign": amended}), (Outgoing(event, campaign.id),))


def _ordered_before(campaign: Campaign, ref: RuleSetRef, order: AmendOrder, until: datetime) -> bool:
    return any((one.after, one.reason, one.answer_until) == (ref, order.reason, until) for one in campaign.amendments)


def _unfit(campaign: Campaign, pinned: RuleSetRef | None, found: RuleSetRecord, rule_set: RuleSet) -> Iterator[Fault]:
    """Why the version cannot take the place of the one that is pinned."""
    name, table = found.ref.key, f"{rule_set.programme}/{rule_set.group}"
    if pinned is None:
        yield Fault(
            "campaign.rule_set_unused",
            "rule_set",
            f"Đợt đánh giá không có bảng {table}",
            f"the campaign has no table {table}",
            "Nêu bộ tiêu chí của một bảng trong đợt đánh giá",
            "name a rule set for a table of the campaign",
        )
        return
    if not found.in_force(campaign.year):
        yield Fault(
            "campaign.no_rule_set",
            "rule_set",
            f"Bộ tiêu chí {name} không có hiệu lực cho năm {campaign.year}",
            f"the rule set {name} is not in force for {campaign.year}",
            f"Kích hoạt bộ tiêu chí từ năm {campaign.year} trở về trước, trong các năm áp dụng của nó",
            f"activate it from {campaign.year} or earlier, within the years it is made for",
        )
    follows = rule_set.mapping is not None and rule_set.mapping.version == pinned.version
    held = {one.before for one in campaign.amended(rule_set.programme, rule_set.group)} | {pinned}
    if found.ref in held:
        yield Fault(
            "campaign.amend_held",
            "rule_set",
            f"Bảng {table} đang dùng hoặc đã dùng phiên bản {name} trong đợt này",
            f"the table {table} holds to {name}, or did so before",
            "Nêu một phiên bản mới, sửa đổi phiên bản đang dùng",
            "name a new version that amends the one that holds",
        )
    elif rule_set.id != pinned.id or not follows:
        yield Fault(
            "campaign.amend_mapping",
            "rule_set",
            f"Bộ tiêu chí {name} không sửa đổi phiên bản đang dùng ({pinned.key})",
            f"the rule set {name} does not amend the version that holds ({pinned.key})",
            f"Ghi mapping.version là {pinned.version}, để biết phiếu đã nộp chuyển sang thế nào",
            f"let its mapping.version be {pinned.version}, which says what becomes of the answers",
        )


def _untimely(campaign: Campaign, answer_by: date, now: datetime) -> Iterator[Fault]:
    today = now.astimezone(LOCAL_ZONE).date()
    last = (campaign.deadline - timedelta(seconds=1)).astimezone(LOCAL_ZONE).date()
    first, end = max(today, last), today + timedelta(days=MAX_DAYS_TO_ANSWER)
    if not first <= answer_by <= end:
        yield Fault(
            "campaign.answer_by",
            "answer_by",
            f"Hạn trả lời {answer_by:%d/%m/%Y} phải từ {first:%d/%m/%Y} đến {end:%d/%m/%Y}",
            f"the day to answer by ({answer_by}) must lie between {first} and {end}",
            "Chọn một ngày không trước hôm nay và không trước hạn nộp phiếu",
            "choose a day that is neither past nor before the deadline of the campaign",
        )


def _unknown(name: str) -> Fault:
    return Fault(
        "campaign.unknown_rule_set",
        "rule_set",
        f"Không có bộ tiêu chí {name[:90]!r} đã được phê duyệt",
        f"there is no approved rule set {name[:90]!r}",
        "Nạp, phê duyệt và kích hoạt bộ tiêu chí trước",
        "load, approve and activate it first",
    )


def _refused(faults: list[Fault]) -> Invalid:
    return Invalid(
        "Không sửa đổi được bộ tiêu chí của đợt đánh giá",
        "the rule set of the campaign cannot be amended so",
        faults,
        "campaign.amendment",
    )


def _end_of(day: date) -> datetime:
    """The first moment after a day, as a campaign's deadline is counted."""
    return datetime.combine(day + timedelta(days=1), time(), LOCAL_ZONE).astimezone(UTC)
