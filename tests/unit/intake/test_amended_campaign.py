"""A rule set amended while the campaign runs: what is carried, asked again, completed; order does not matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given as given_
from hypothesis import strategies as st
from intake_builders import (
    CAMPAIGN,
    DEADLINE,
    FORMS,
    NOW,
    RULE_SET,
    a_key,
    a_plan,
    a_posted,
    a_record,
    closed,
    figures,
    late_by,
    opened,
)

from services.intake.core.amending import MAX_AMENDMENTS, AmendOrder, amend_campaign
from services.intake.core.effective import effective
from services.intake.core.forms import Forms, forms_of
from services.intake.core.model import CampaignRecord, SubmissionRecord
from services.intake.core.posted import Posted
from services.intake.core.settling import bring_forward
from services.intake.core.submission import mark_missing, receive, take_return
from shared.contracts.common import Answer, Campaign
from shared.contracts.scoring import RuleSetRecord
from shared.kernel.errors import Conflict, Invalid, NotFound
from shared.ruleset.document import RuleSet

DAY = timedelta(days=1)
AMENDED_AT = NOW + 5 * DAY
ANSWER_BY = date(2021, 11, 20)
UNTIL = datetime(2021, 11, 20, 17, 0, tzinfo=UTC)
EVIDENCE = {"1.1": [{"title": "Biên bản"}]}


def amended_set(version: str = "2021.2", before: str = "2021.1", **more: Any) -> RuleSet:
    """The rule set with a question more (`servers`), and one that is asked otherwise (`staff` in another unit)."""
    document = RULE_SET.canonical()
    criterion = document["sections"][0]["criteria"][0]
    staff = criterion["inputs"][1]
    fresh = {
        **criterion,
        "code": "1.2",
        "maximum": "0",
        "title": {"vi": "Máy chủ"},
        "method": {"form": "information"},
        "inputs": [{"id": "servers", "title": {"vi": "Số máy chủ"}, "type": "integer", "minimum": "0"}],
    }
    if unit := more.get("unit", "người"):
        staff["unit"] = unit
    document["sections"][0]["criteria"].append(fresh)
    return RuleSet.model_validate({**document, "version": version, "mapping": {"version": before}})


SECOND = amended_set()
RECORDS = {one.key: a_record(one) for one in (RULE_SET, SECOND)}


def order(rule_set: str = SECOND.key, **more: Any) -> AmendOrder:
    return AmendOrder.model_validate({"rule_set": rule_set, "reason": "Bổ sung", "answer_by": ANSWER_BY, **more})


def amended(record: CampaignRecord | None = None, found: RuleSetRecord | None = RECORDS[SECOND.key]) -> CampaignRecord:
    record = record or opened(a_plan())
    change = amend_campaign(record, record.campaign.id, order(), found, "op", AMENDED_AT)
    assert change.state is not None
    return change.state


AFTER: Campaign = amended().campaign
BOTH: Forms = forms_of(AFTER, "it", "province", RECORDS)


def play(*steps: Posted | str, campaign: Campaign = AFTER) -> tuple[SubmissionRecord, list[str]]:
    """Answers taken in before the word `amend` by what held then, those after it by what holds since."""
    record: SubmissionRecord | None = None
    told: list[str] = []
    forms, now = (FORMS, CAMPAIGN) if "amend" in steps else (BOTH, campaign)
    for step in steps:
        if isinstance(step, str):
            forms, now = BOTH, campaign
            change = bring_forward(record, BOTH, None) if record else None
        else:
            change = receive(record, step, now, forms)
        if change is not None:
            record = change.state
            told += [event.data.type_.split(".")[2] for event in change.events]
    assert record is not None
    return record, told


def value(record: SubmissionRecord, name: str) -> Any:
    assert record.current is not None
    return record.current.answers.figures[name].value


FIRST = a_posted("e1", given=figures(), evidence=EVIDENCE)
AGAIN = a_posted("e2", AMENDED_AT + DAY, given={"staff": 50, "servers": 3})


# --- the order to amend -----------------------------------------------------------------------------------------


def test_campaign_holds_to_the_new_version_and_says_who_when_and_why() -> None:
    record = opened(a_plan())
    change = amend_campaign(record, "2021", order(), RECORDS[SECOND.key], "op", AMENDED_AT)
    assert change.state is not None
    campaign = change.state.campaign
    assert campaign.pinned("it", "province") == SECOND.ref()
    (one,) = campaign.amendments
    assert (one.before, one.after, one.amended_by, one.amended_at, one.answer_until) == (
        RULE_SET.ref(),
        SECOND.ref(),
        "op",
        AMENDED_AT,
        UNTIL,
    )
    (event,) = change.events
    assert event.data.type_ == "intake.campaign.amended.v1"
    again = amend_campaign(change.state, "2021", order(), RECORDS[SECOND.key], "op", AMENDED_AT + DAY)
    assert (again.state, again.events) == (change.state, ())


@pytest.mark.parametrize(
    ("found", "more", "code"),
    [
        (None, {}, "campaign.unknown_rule_set"),
        (a_record(amended_set(), status="approved", from_year=None), {}, "campaign.no_rule_set"),
        (a_record(amended_set(before="2020.9")), {}, "campaign.amend_mapping"),
        (a_record(RULE_SET), {}, "campaign.amend_held"),
        (a_record(RULE_SET.model_copy(update={"programme": "portal"})), {}, "campaign.rule_set_unused"),
        (a_record(SECOND), {"answer_by": date(2021, 10, 24)}, "campaign.answer_by"),
        (a_record(SECOND), {"answer_by": date(2021, 11, 3)}, "campaign.answer_by"),
        (a_record(SECOND), {"answer_by": date(2023, 11, 3)}, "campaign.answer_by"),
    ],
)
def test_order_that_cannot_hold_is_refused(found: RuleSetRecord | None, more: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as error:
        amend_campaign(opened(a_plan()), "2021", order(**more), found, "op", AMENDED_AT)
    assert [fault.code for fault in error.value.faults] == [code]
    with pytest.raises(NotFound):
        amend_campaign(None, "2021", order(), found, "op", AMENDED_AT)


def test_version_that_held_before_is_not_taken_back() -> None:
    back = a_record(amended_set(version="2021.1", before="2021.2"))
    record = amended()
    back = back.model_copy(update={"ref": RULE_SET.ref()})
    with pytest.raises(Invalid) as error:
        amend_campaign(record, "2021", order(), back, "op", AMENDED_AT)
    assert [fault.code for fault in error.value.faults] == ["campaign.amend_held"]


def test_table_is_not_amended_without_end() -> None:
    record = opened(a_plan())
    versions = [f"2021.{number}" for number in range(1, MAX_AMENDMENTS + 3)]
    for before, version in pairwise(versions[:-1]):
        found = a_record(amended_set(version, before))
        change = amend_campaign(record, "2021", order(found.ref.key), found, "op", AMENDED_AT)
        assert change.state is not None
        record = change.state
    last = a_record(amended_set(versions[-1], versions[-2]))
    with pytest.raises(Conflict) as error:
        amend_campaign(record, "2021", order(last.ref.key), last, "op", AMENDED_AT)
    assert error.value.code == "campaign.amended_too_often"


# --- carried ------------------------------------------------------------------------------------------------------


def test_answer_is_carried_and_says_what_is_asked_again() -> None:
    record, told = play(FIRST, "amend")
    assert told == ["received", "carried"]
    first, carried = record.versions
    assert (first.rule_set, carried.rule_set, carried.carried_from) == (RULE_SET.ref(), SECOND.ref(), 1)
    assert record.current == carried
    assert value(record, "computers") == 40
    assert {one.criterion: (one.reason, one.figures) for one in carried.asked_again} == {
        "1.1": ("figures", ("staff",)),
        "1.2": ("new", ("servers",)),
    }
    assert carried.answer_until == UNTIL
    assert play(FIRST, "amend", "amend")[1] == told


def test_partial_answer_is_laid_over_what_was_carried() -> None:
    record, told = play(FIRST, "amend", AGAIN)
    assert told == ["received", "carried", "amended"]
    assert (value(record, "computers"), value(record, "staff"), value(record, "servers")) == (40, 50, 3)
    assert record.current is not None
    assert (record.current.asked_again, record.current.answer_until) == ((), None)
    assert dict(record.current.answers.evidence).keys() == {"1.1"}
    half, _ = play(FIRST, "amend", a_posted("e3", AMENDED_AT + DAY, given={"servers": None}))
    assert half.current is not None
    assert [one.criterion for one in half.current.asked_again] == ["1.1"]


def test_answer_in_time_to_what_is_asked_again_is_not_late() -> None:
    late = a_posted("e2", late_by(3), given={"staff": 50, "servers": 3})
    record, _ = play(FIRST, "amend", late)
    assert (record.status, record.current and record.current.days_late) == ("received", 0)
    was_late, _ = play(a_posted("e1", late_by(2), given=figures()), "amend", late)
    assert (was_late.status, was_late.current and was_late.current.days_late) == ("late", 3)


@pytest.mark.parametrize("shut", [False, True])
def test_after_the_deadline_only_what_is_asked_again_is_taken(shut: bool) -> None:
    light = a_record(amended_set(unit=None))  # asks for `servers` and nothing else again
    change = amend_campaign(opened(a_plan()), "2021", order(), light, "op", AMENDED_AT)
    assert change.state is not None
    campaign = closed(change.state.campaign) if shut else change.state.campaign
    forms = forms_of(campaign, "it", "province", {**RECORDS, light.ref.key: light})
    record = receive(None, FIRST, CAMPAIGN, FORMS).state
    repeated = a_posted("e2", late_by(3), given={**figures(), "servers": 3}, evidence=EVIDENCE)
    record = receive(record, repeated, campaign, forms).state
    assert record is not None
    assert value(record, "servers") == 3
    with pytest.raises(Invalid) as error:
        receive(record, a_posted("e3", late_by(3), given={"computers": 41, "servers": 3}), campaign, forms)
    assert [(one.code, one.place) for one in error.value.faults] == [
        ("submission.not_asked_again", "figures.computers")
    ]
    record = receive(record, a_posted("e4", late_by(4), given={"servers": 4}), campaign, forms).state
    assert record is not None
    assert value(record, "servers") == 4
    with pytest.raises(Conflict):
        receive(record, a_posted("e5", UNTIL, given={"servers": 5}), campaign, forms)


def test_who_is_asked_nothing_may_not_answer_after_the_deadline() -> None:
    complete = a_posted("e1", AMENDED_AT + DAY, given={**figures(), "servers": 1})
    with pytest.raises(Conflict) as error:
        play("amend", complete, a_posted("e2", late_by(1), given={"servers": 2}))
    assert error.value.code == "submission.deadline"


def test_answer_under_the_old_form_after_the_amendment_is_carried() -> None:
    before = a_posted("e1", AMENDED_AT - DAY, given=figures(41), evidence=EVIDENCE)
    record, told = play("amend", before)
    assert told == ["received"]
    assert [one.rule_set for one in record.versions] == [RULE_SET.ref(), SECOND.ref()]
    assert value(record, "computers") == 41
    named = a_posted("e9", AMENDED_AT + DAY, given=figures(42), form=RULE_SET.key)
    record, told = play(FIRST, "amend", named)
    assert (told[-1], value(record, "computers")) == ("amended", 42)
    with pytest.raises(Invalid) as error:
        play("amend", a_posted("e9", AMENDED_AT + DAY, given=figures(), form="it-province@9"))
    assert error.value.code == "submission.unknown_form"


def test_same_answer_again_changes_nothing_before_and_after() -> None:
    record, told = play(FIRST, "amend", AGAIN, FIRST, AGAIN)
    assert told == ["received", "carried", "amended"]
    assert len(record.versions) == 3
    with pytest.raises(Conflict):
        play(FIRST, "amend", AGAIN, a_posted("e2", AMENDED_AT + DAY, given={"servers": 9}))


def test_who_did_not_answer_is_missing_under_the_new_version_too() -> None:
    missing = mark_missing(None, a_key(), closed(), DEADLINE).state
    assert missing is not None
    change = bring_forward(missing, BOTH, DEADLINE)
    (event,) = change.events
    assert (event.data.type_, change.state and change.state.rule_set) == ("intake.submission.missing.v1", SECOND.ref())
    assert bring_forward(change.state or missing, BOTH, DEADLINE).events == ()


def test_return_for_the_answer_before_the_amendment_still_counts() -> None:
    record, _ = play(FIRST, "amend")
    returned = take_return(record, 1, late_by(30)).state
    assert returned is not None
    assert returned.returned_until == late_by(30)
    corrected = receive(returned, a_posted("e5", late_by(25), given={**figures(45), "servers": 1}), closed(AFTER), BOTH)
    assert corrected.state is not None
    assert (value(corrected.state, "computers"), corrected.state.returned_until) == (45, None)


# --- two amendments, and any order -------------------------------------------------------------------------------


def test_what_was_not_answered_stays_asked_over_the_next_amendment() -> None:
    third = amended_set("2021.3", before="2021.2")
    record = amended()
    change = amend_campaign(record, "2021", order(third.key), a_record(third), "op", AMENDED_AT + DAY)
    assert change.state is not None
    forms = forms_of(change.state.campaign, "it", "province", {**RECORDS, third.key: a_record(third)})
    first = receive(None, FIRST, CAMPAIGN, FORMS).state
    assert first is not None
    carried = bring_forward(first, forms, None)
    assert [event.data.type_ for event in carried.events] == ["intake.submission.carried.v1"] * 2
    assert carried.state is not None
    assert carried.state.current is not None
    assert [one.criterion for one in carried.state.current.asked_again] == ["1.1", "1.2"]
    half = receive(
        carried.state, a_posted("e2", AMENDED_AT + 2 * DAY, given={"servers": 3}), change.state.campaign, forms
    )
    assert half.state is not None
    assert half.state.current is not None
    assert [one.criterion for one in half.state.current.asked_again] == ["1.1"]


ARRIVING = (
    FIRST,
    a_posted("e3", AMENDED_AT - DAY, given=figures(44), evidence=EVIDENCE),
    a_posted("e4", AMENDED_AT + DAY, given={"staff": 51, "servers": 3}),
    a_posted("e5", AMENDED_AT + 2 * DAY, given={"servers": 4}),
    a_posted("e6", AMENDED_AT + 3 * DAY, given=figures(45, staff=60), form=RULE_SET.key),
)


def test_what_counts_does_not_depend_on_the_order_of_arrival() -> None:
    outcomes = set()
    for sequence in permutations(ARRIVING):
        record, _ = play(*sequence)
        assert record.current is not None
        current = record.current
        outcomes.add((current.answers.model_dump_json(), current.days_late, current.asked_again, current.rule_set))
    assert len(outcomes) == 1
    ((answers, *_),) = outcomes
    assert '"computers":{"state":"value","value":45' in answers
    assert '"servers":{"state":"value","value":4' in answers
    assert '"staff":{"state":"value","value":51' in answers  # asked otherwise since, so the old form says nothing of it


@given_(st.permutations([*ARRIVING, "amend"]))
def test_the_amendment_itself_may_come_at_any_time(steps: list[Posted | str]) -> None:
    at = steps.index("amend")
    early = [step for step in steps[:at] if isinstance(step, Posted) and step.submitted_at < AMENDED_AT]
    late = [step for step in steps if isinstance(step, Posted) and step not in early]
    record, _ = play(*early, "amend", *late)
    straight, _ = play(*ARRIVING)
    assert record.current is not None
    assert straight.current is not None
    assert record.current.answers == straight.current.answers
    found = effective(record, BOTH)
    assert found is not None
    assert found.answers == record.current.answers


def test_every_version_says_the_form_it_stands_in() -> None:
    record, _ = play(FIRST, "amend", AGAIN)
    assert [one.rule_set.key for one in record.versions] == [RULE_SET.key, SECOND.key, SECOND.key]
    for version in record.versions:
        rule_set = {RULE_SET.key: RULE_SET, SECOND.key: SECOND}[version.rule_set.key]
        assert version.answers.figures.keys() == rule_set.inputs().keys()
    assert record.versions[1].answers.figures["staff"] == Answer(state="not_reported")
