"""A tiny rule set for each group, agencies, a campaign and answers: valid by default, override what matters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.intake.core.campaign import open_campaign
from services.intake.core.forms import Form
from services.intake.core.model import CampaignPlan, CampaignRecord, SubmissionRecord
from services.intake.core.posted import Posted
from services.intake.core.submission import receive
from shared.contracts.common import Agency, Campaign, Dispatch, SubmissionKey
from shared.contracts.scoring import RuleSetRecord
from shared.messaging.aggregate import Change
from shared.ruleset.document import Group, Programme, RuleSet
from shared.ruleset.loader import load_text

NOW = datetime(2021, 10, 20, 2, 0, tzinfo=UTC)
ISSUED = date(2021, 10, 20)
DEADLINE = datetime(2021, 11, 4, 17, 0, tzinfo=UTC)  # midnight of 5 November in Vietnam
OFFICER = "can-bo-so-noi-vu"

_TEXT = """\
format: xephang.ruleset/1
id: {programme}-{group}
version: '{version}'
title: {{vi: Bộ tiêu chí thử}}
programme: {programme}
group: {group}
stage: {{first_year: 2021, last_year: 2025}}
legal_basis: [{{number: 2294/QĐ-UBND, issued_on: 2020-11-17, issuer: UBND tỉnh, title: Ban hành}}]
result: {{form: {form}, levels: [{{id: tot, title: {{vi: Tốt}}, at_least: 0}}]}}
sections:
  - code: '1'
    title: {{vi: Hạ tầng}}
    maximum: 10
    criteria:
      - code: '1.1'
        title: {{vi: Máy tính}}
        maximum: 10
        method: {{form: ratio, of: {{numerator: computers, denominator: staff}}}}
        inputs:
          - {{id: computers, title: {{vi: Số máy tính}}, type: integer, minimum: 0}}
          - {{id: staff, title: {{vi: Số cán bộ}}, type: integer, minimum: 0}}
          - {{id: share, title: {{vi: Tỷ lệ}}, type: decimal, minimum: 0}}
          - {{id: remark, title: {{vi: Ghi chú}}, type: text}}
        data_source: Cơ quan
        verifier: Phòng CNTT
        origin: illustrative
"""


def a_rule_set(programme: Programme = "it", group: Group = "province", version: str = "2021.1") -> RuleSet:
    """One criterion with four inputs."""
    form = "index" if programme == "it" else "total"
    return load_text(_TEXT.format(programme=programme, group=group, version=version, form=form), "x.yaml").rule_set


RULE_SET = a_rule_set()
FORMS = (Form(RULE_SET.ref(), RULE_SET),)


def a_record(rule_set: RuleSet = RULE_SET, status: str = "active", from_year: int | None = 2021) -> RuleSetRecord:
    """The rule set as scoring tells of it."""
    fields = {"ref": rule_set.ref(), "status": status, "document": rule_set.canonical(), "steps": ()}
    return RuleSetRecord.model_validate({**fields, "active_from_year": from_year})


def an_agency(id_: str = "so-noi-vu", group: Group = "province") -> Agency:
    return Agency(id=id_, name=f"Cơ quan {id_}", group=group)


def a_plan(**more: Any) -> CampaignPlan:
    """The campaign of 2021 in the programme `it`."""
    fields: dict[str, Any] = {
        "id": "2021",
        "year": 2021,
        "title": "Đợt 2021",
        "programmes": ("it",),
        "dispatch": Dispatch(number="1/STTTT", issued_on=ISSUED),
    }
    return CampaignPlan.model_validate({**fields, **more})


def opened(plan: CampaignPlan, *agencies: Agency, rule_sets: tuple[RuleSetRecord, ...] = ()) -> CampaignRecord:
    """The campaign of a plan."""
    register = {agency.id: agency for agency in agencies or (an_agency(), an_agency("so-y-te"))}
    change = open_campaign(None, plan, register, rule_sets or (a_record(),), "dieu-hanh", NOW)
    assert change.state is not None
    return change.state


CAMPAIGN: Campaign = opened(a_plan()).campaign


def a_key(agency: str = "so-noi-vu", programme: Programme = "it") -> SubmissionKey:
    return SubmissionKey(campaign="2021", programme=programme, agency=agency)


def figures(computers: int = 40, **more: Any) -> dict[str, Any]:
    return {"computers": computers, "staff": 50, **more}


def a_posted(name: str = "e1", at: datetime = NOW, given: Mapping[str, Any] | None = None, **more: Any) -> Posted:
    """An answer of so-noi-vu, received when it was given."""
    fields: dict[str, Any] = {
        "key": a_key(),
        "event_id": name,
        "submitted_at": at,
        "received_at": at,
        "submitted_by": OFFICER,
        "figures": figures() if given is None else given,
        "evidence": {},
    }
    return Posted(**{**fields, **more})


def given(
    record: SubmissionRecord | None, *posted: Posted, campaign: Campaign = CAMPAIGN
) -> tuple[SubmissionRecord, list[str]]:
    """The record after these answers, and what was told, by the last word of the event types."""
    told: list[str] = []
    for one in posted:
        change: Change[SubmissionRecord] = receive(record, one, campaign, FORMS)
        record = change.state
        told += [event.data.type_.split(".")[2] for event in change.events]
    assert record is not None
    return record, told


def closed(campaign: Campaign = CAMPAIGN) -> Campaign:
    return campaign.model_copy(update={"status": "closed"})


def late_by(days: float = 0, **more: float) -> datetime:
    """A moment so long after the deadline."""
    return DEADLINE + timedelta(days=days, **more)
