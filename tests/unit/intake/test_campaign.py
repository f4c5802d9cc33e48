"""Campaigns: deadlines on Vietnam's wall clock, opening with members and pinned rule sets, closing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as given_
from hypothesis import strategies as st
from intake_builders import DEADLINE, NOW, a_plan, a_record, a_rule_set, an_agency, late_by, opened
from pydantic import ValidationError

from services.intake.core.campaign import close_campaign, days_late, deadline_of, open_campaign
from services.intake.core.model import CampaignPlan, CampaignRecord
from shared.contracts.common import Agency, Dispatch
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Conflict, Invalid, NotFound

INSTANT = timedelta(microseconds=1)
PROVINCE, DISTRICT = an_agency(), an_agency("huyen-yen-the", "district")
ALL_SETS = tuple(a_record(a_rule_set(p, g)) for p in ("it", "portal") for g in ("province", "district"))  # type: ignore[arg-type]


def faults_of(plan: CampaignPlan, *agencies: Agency, rule_sets: tuple[RuleSetRecord, ...]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        opened(plan, *agencies, rule_sets=rule_sets)
    assert all(fault.vi and fault.en and fault.remedy_vi and fault.remedy_en for fault in refused.value.faults)
    return [(fault.code, fault.place) for fault in refused.value.faults]


# --- deadlines ---------------------------------------------------------------------------------------------------


def test_the_whole_fifteenth_day_counts_on_vietnams_clock() -> None:
    assert deadline_of(date(2021, 10, 20)) == datetime(2021, 11, 4, 17, 0, tzinfo=UTC) == DEADLINE
    assert (DEADLINE - INSTANT).astimezone(LOCAL_ZONE).date() == date(2021, 11, 4)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW, 0),
        (DEADLINE - INSTANT, 0),
        (DEADLINE, 1),
        (late_by(1) - INSTANT, 1),
        (late_by(1), 2),
        (late_by(9, hours=23), 10),
        (late_by().astimezone(LOCAL_ZONE), 1),
    ],
)
def test_days_late_change_at_local_midnight(at: datetime, expected: int) -> None:
    assert days_late(at, DEADLINE) == expected


@given_(st.dates(date(2000, 1, 1), date(2100, 12, 1)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_days_late_count_the_local_days_after_the_last(issued: date, after: timedelta) -> None:
    deadline = deadline_of(issued)
    at = deadline + after
    assert days_late(at, deadline) == (at.astimezone(LOCAL_ZONE).date() - issued).days - 15


# --- opening -----------------------------------------------------------------------------------------------------


def test_a_campaign_opens_for_the_whole_register_with_the_active_sets() -> None:
    change = open_campaign(
        None, a_plan(programmes=("it", "portal")), {"b": DISTRICT, "a": PROVINCE}, ALL_SETS, "dieu-hanh", NOW
    )
    assert change.state is not None
    campaign = change.state.campaign
    assert [member.id for member in campaign.members] == ["so-noi-vu", "huyen-yen-the"]
    assert [table.text for table in campaign.groups()] == [
        "2021/it/province",
        "2021/it/district",
        "2021/portal/province",
        "2021/portal/district",
    ]
    assert (campaign.period.first_day, campaign.period.last_day) == (date(2020, 10, 1), date(2021, 10, 1))
    assert (campaign.deadline, campaign.status) == (DEADLINE, "open")
    assert [(event.data.type_, event.key) for event in change.events] == [("intake.campaign.opened.v1", "2021")]


def test_groups_without_members_need_no_rule_set() -> None:
    assert [pin.group for pin in opened(a_plan(), PROVINCE).campaign.rule_sets] == ["province"]


def test_unknown_agencies_are_each_named() -> None:
    plan = a_plan(members=("so-noi-vu", "so-la", "so-mat"))
    assert faults_of(plan, PROVINCE, rule_sets=(a_record(),)) == [
        ("campaign.unknown_agency", "members[1]"),
        ("campaign.unknown_agency", "members[2]"),
    ]


def test_nobody_to_assess_is_refused() -> None:
    with pytest.raises(Invalid, match="register of agencies is empty"):
        open_campaign(None, a_plan(), {}, (a_record(),), "dieu-hanh", NOW)


def test_every_table_without_a_set_in_force_is_named() -> None:
    plan = a_plan(programmes=("it", "portal"))
    not_in_force = (
        a_record(a_rule_set(), "approved", None),
        a_record(a_rule_set(version="2021.2"), "retired"),
        a_record(a_rule_set(version="2021.3"), from_year=2022),
    )
    assert faults_of(plan, PROVINCE, DISTRICT, rule_sets=not_in_force) == [
        ("campaign.no_rule_set", "rule_sets.it.province"),
        ("campaign.no_rule_set", "rule_sets.it.district"),
        ("campaign.no_rule_set", "rule_sets.portal.province"),
        ("campaign.no_rule_set", "rule_sets.portal.district"),
    ]


def test_who_opens_a_year_that_no_set_is_active_for_is_told_the_years_of_those_in_use() -> None:
    with pytest.raises(Invalid) as refused:
        opened(a_plan(), PROVINCE, rule_sets=(a_record(from_year=2022), ALL_SETS[1]))
    (fault,) = refused.value.faults
    assert fault.en == "no rule set is active for 2021; active are: it-province@2021.1 (2022–2025)"


def test_the_newest_set_in_force_is_pinned_unless_another_is_named() -> None:
    sets = tuple(
        a_record(a_rule_set(version=version), from_year=year)
        for version, year in (("2021.9", 2021), ("2021.10", 2021), ("2021.11", 2022))
    )
    assert opened(a_plan(), PROVINCE, rule_sets=sets).campaign.rule_sets[0].rule_set.version == "2021.10"
    named = a_plan(rule_sets=("it-province@2021.9",))
    assert opened(named, PROVINCE, rule_sets=sets[::-1]).campaign.rule_sets[0].rule_set.version == "2021.9"


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        (("la@1",), [("campaign.unknown_rule_set", "rule_sets[0]")]),
        (("it-province@2021.1", "it-province@2"), [("campaign.no_rule_set", "rule_sets[1]")]),
        (("it-province@3",), [("campaign.no_rule_set", "rule_sets[0]")]),
        (("portal-province@2021.1",), [("campaign.rule_set_unused", "rule_sets[0]")]),
        (("it-district@2021.1",), [("campaign.rule_set_unused", "rule_sets[0]")]),
        (("it-province@2021.1", "it-province@4"), [("campaign.rule_set_unused", "rule_sets[1]")]),
    ],
)
def test_a_named_set_is_pinned_or_refused_never_replaced(names: tuple[str, ...], faults: list[Any]) -> None:
    sets = (
        *ALL_SETS,
        a_record(a_rule_set(version="2"), "approved", None),
        a_record(a_rule_set(version="3"), from_year=2022),
        a_record(a_rule_set(version="4")),
    )
    assert faults_of(a_plan(rule_sets=names), PROVINCE, rule_sets=sets) == faults


def test_the_same_plan_again_changes_nothing_whatever_has_changed_around_it() -> None:
    record = opened(a_plan())
    again = open_campaign(record, a_plan(), {}, (), "nguoi-khac", late_by(3))
    assert again.state is record
    assert again.events == ()


def test_another_plan_under_the_same_id_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        open_campaign(opened(a_plan()), a_plan(title="Khác"), {"a": PROVINCE}, (a_record(),), "dieu-hanh", NOW)
    assert refused.value.code == "campaign.other_plan"


@pytest.mark.parametrize("issued", [date(2012, 10, 20), date(9999, 12, 31), date(1, 1, 1)])
def test_a_dispatch_of_quite_another_year_is_refused(issued: date) -> None:
    plan = a_plan(dispatch=Dispatch(number="1", issued_on=issued))
    assert faults_of(plan, PROVINCE, rule_sets=(a_record(),)) == [("campaign.dispatch_date", "dispatch.issued_on")]


def test_a_programme_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError):
        a_plan(programmes=("it", "it"))


# --- closing -----------------------------------------------------------------------------------------------------


def close(record: CampaignRecord | None, at: datetime, reason: str = "") -> tuple[CampaignRecord, int]:
    change = close_campaign(record, "2021", "dieu-hanh", at, early_reason=reason)
    assert change.state is not None
    return change.state, len(change.events)


def test_a_campaign_closes_at_the_deadline_and_only_once() -> None:
    closed, told = close(opened(a_plan()), DEADLINE)
    assert (closed.campaign.status, closed.closed_at, closed.closed_by, told) == ("closed", DEADLINE, "dieu-hanh", 1)
    assert close(closed, late_by(5)) == (closed, 0)


@pytest.mark.parametrize("reason", ["", "   "])
def test_closing_early_needs_a_reason(reason: str) -> None:
    with pytest.raises(Conflict, match="04/11/2021"):
        close(opened(a_plan()), DEADLINE - INSTANT, reason)
    closed, _ = close(opened(a_plan()), DEADLINE - INSTANT, " Mọi cơ quan đã nộp ")
    assert closed.early_reason == "Mọi cơ quan đã nộp"


def test_a_campaign_that_is_not_there_cannot_be_closed() -> None:
    with pytest.raises(NotFound):
        close(None, DEADLINE)
