"""A campaign amended over HTTP: what is carried, by whom it is seen, and that a crash or a race loses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from intake_builders import NOW, RULE_SET, a_key, a_posted, a_record, figures, late_by
from intake_service import STRUCTURED, Intake, a_message, a_post, an_answer, an_event, places

from services.intake.collections import CAMPAIGNS, SUBMISSIONS
from services.intake.core.forms import forms_of
from services.intake.core.model import SubmissionRecord
from services.intake.core.submission import receive
from services.intake.usecases import carry_submissions
from shared.contracts.scoring import RuleSetActivatedV1
from shared.messaging.aggregate import Change
from shared.ruleset.document import RuleSet

KEY = "2021/it/so-noi-vu"
ORDER = {"rule_set": "it-province@2021.2", "reason": "Tính theo người", "answer_by": "2021-11-20"}
AMEND = "/campaigns/2021/amend"


def second() -> RuleSet:
    """`staff` is asked in a unit, and `servers` are asked besides."""
    document = RULE_SET.canonical()
    (criterion,) = document["sections"][0]["criteria"]
    criterion["inputs"][1]["unit"] = "người"
    criterion["inputs"].append({"id": "servers", "title": {"vi": "Số máy chủ"}, "type": "integer"})
    return RuleSet.model_validate({**document, "version": "2021.2", "mapping": {"version": "2021.1"}})


SECOND = second()


@pytest.fixture
async def ready(intake: Intake) -> Intake:
    """Intake with an open campaign, and the second version in force."""
    record = a_record(SECOND)
    await intake.consume(a_message(RuleSetActivatedV1(record=record), f"scoring/rule_sets/{SECOND.key}"))
    return intake


async def amended(intake: Intake) -> None:
    """Amended a day after the opening, and carried."""
    intake.clock.set(NOW + timedelta(days=1))
    assert (await intake.post(AMEND, ORDER, "operator")).status_code == 200
    await intake.reconcile()


async def current(intake: Intake, agency: str = "so-noi-vu") -> dict[str, Any]:
    record = await intake.record(agency)
    assert record is not None
    assert record.current is not None
    return {name: answer.value for name, answer in record.current.answers.figures.items()}


async def test_answers_are_carried_and_what_is_asked_again_is_seen(ready: Intake) -> None:
    await ready.submit(an_answer())
    await amended(ready)
    assert [event.type.split(".")[2] for event in await ready.said(KEY)] == ["received", "carried"]
    assert [event.type.split(".")[2] for event in await ready.said("2021")] == ["opened", "amended"]
    status = (await ready.get("/campaigns/2021/status", "operator")).json()["tables"]["it/province"]
    assert status["not_carried"] == 0
    assert [one["reason"] for one in status["amended"]] == ["Tính theo người"]
    asked = status["asked_again"]["so-noi-vu"]
    assert asked["until"] == "2021-11-20T17:00:00+00:00"
    assert [(one["criterion"], one["figures"]) for one in asked["criteria"]] == [("1.1", ["staff", "servers"])]
    answer = {**an_answer(), "figures": {"staff": 50, "servers": 2}}
    ready.clock.set(late_by(3))
    assert (await ready.submit(answer, "agency:so-noi-vu")).json()["days_late"] == 0
    assert await current(ready) == {"computers": 40, "staff": 50, "servers": 2, "share": None, "remark": None}
    status = (await ready.get("/campaigns/2021/status", "operator")).json()["tables"]["it/province"]
    assert (status["asked_again"], status["received"], status["late"]) == ({}, 1, 0)
    # The form of the campaign is the new one.
    form = (await ready.get("/campaigns/2021/forms/it/province")).json()
    assert "servers" in form["properties"]["figures"]["properties"]


async def test_an_agency_sees_what_it_is_asked_again_and_why(ready: Intake) -> None:
    path = f"/submissions/{KEY}/asked-again"
    assert (await ready.get(path, "agency:so-noi-vu")).status_code == 404
    await ready.submit(an_answer())
    before = (await ready.get(path, "agency:so-noi-vu")).json()
    assert (before["rule_set"], before["until"], before["criteria"]) == (RULE_SET.key, None, [])
    assert before["form"]["properties"]["figures"]["properties"] == {}
    await amended(ready)
    sheet = (await ready.get(path, "agency:so-noi-vu")).json()
    (one,) = sheet["criteria"]
    assert (one["criterion"], one["reason"], list(one["figures"])) == ("1.1", "figures", ["staff", "servers"])
    assert sheet["until"] == "2021-11-20T17:00:00Z"
    assert set(sheet["form"]["properties"]["figures"]["properties"]) >= {"staff", "servers"}
    assert "Trả lời đến hết ngày 20/11/2021" in sheet["text"]
    assert "- 1.1 Máy tính — Số liệu được hỏi khác trước." in sheet["text"]
    assert (await ready.get(path, "agency:so-y-te")).status_code == 403


async def test_every_version_opens_in_the_form_it_was_given_in(ready: Intake) -> None:
    await ready.submit(an_answer())
    await amended(ready)
    versions = [(await ready.get(f"/submissions/{KEY}/versions/{number}", "operator")).json() for number in (1, 2)]
    assert [one["form"]["$id"].split(":")[-2] for one in versions] == [RULE_SET.key, SECOND.key]
    assert [one["counts"] for one in versions] == [False, True]
    for one in versions:
        assert (
            one["submission"]["answers"]["figures"].keys() == one["form"]["properties"]["figures"]["properties"].keys()
        )
        assert "Phiếu khảo sát" in one["form_text"]
    assert (await ready.get(f"/submissions/{KEY}/versions/1", "agency:so-y-te")).status_code == 403
    for number in (0, 3):
        assert (await ready.get(f"/submissions/{KEY}/versions/{number}", "operator")).status_code == 404


async def test_only_an_operator_amends_and_every_fault_is_told(ready: Intake) -> None:
    assert (await ready.post(AMEND, ORDER, "rules_admin")).status_code == 403
    assert (await ready.post("/campaigns/2020/amend", ORDER, "operator")).status_code == 404
    wrong = await ready.post(AMEND, {**ORDER, "rule_set": RULE_SET.key, "answer_by": "2021-10-01"}, "operator")
    assert wrong.status_code == 422
    assert places(wrong) == {("rule_set", "campaign.amend_held"), ("answer_by", "campaign.answer_by")}
    unknown = await ready.post(AMEND, {**ORDER, "rule_set": "it-province@9"}, "operator")
    assert places(unknown) == {("rule_set", "campaign.unknown_rule_set")}
    assert (await ready.post(AMEND, {**ORDER, "reason": " "}, "operator")).status_code == 422
    assert (await ready.get("/campaigns/2021")).json()["amendments"] == []


async def test_the_same_order_again_changes_nothing_and_tells_nothing(ready: Intake) -> None:
    await amended(ready)
    said = await ready.said("2021")
    assert (await ready.post(AMEND, ORDER, "operator")).status_code == 200
    assert await ready.said("2021") == said


async def test_carrying_that_is_cut_off_is_finished_by_the_next_look(
    ready: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agency in ("so-noi-vu", "so-y-te"):
        await ready.submit(an_answer(agency))
    monkeypatch.setattr(carry_submissions, "_BATCH", 1)
    execute_many, calls = ready.aggregates.execute_many, []

    async def cut_off(*arguments: Any, **more: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the process ends")
        await execute_many(*arguments, **more)

    monkeypatch.setattr(ready.aggregates, "execute_many", cut_off)
    ready.clock.set(NOW + timedelta(days=1))
    await ready.post(AMEND, ORDER, "operator")
    with pytest.raises(RuntimeError):
        await ready.reconcile()
    monkeypatch.undo()
    forms = [record.rule_set.key for agency in ("so-noi-vu", "so-y-te") if (record := await ready.record(agency))]
    assert sorted(forms) == [RULE_SET.key, SECOND.key]
    await ready.reconcile()
    await ready.reconcile()
    for agency in ("so-noi-vu", "so-y-te"):
        said = await ready.said(f"2021/it/{agency}")
        assert [event.type.split(".")[2] for event in said] == ["received", "carried"]


async def test_an_answer_taken_in_while_the_campaign_is_amended_is_carried_at_the_next_look(ready: Intake) -> None:
    before = await ready.aggregates.get(CAMPAIGNS, "2021")
    assert before is not None
    await amended(ready)
    # A process that read the campaign before the amendment writes after it.
    forms = forms_of(before.campaign, "it", "province", {RULE_SET.key: a_record()})
    posted = a_posted("e9", given=figures(), key=a_key("so-y-te"))

    def decide(record: SubmissionRecord | None) -> Change[SubmissionRecord]:
        return receive(record, posted, before.campaign, forms)

    await ready.aggregates.execute(SUBMISSIONS, "2021/it/so-y-te", decide)
    await ready.reconcile()
    record = await ready.record("so-y-te")
    assert record is not None
    assert record.rule_set == SECOND.ref()


async def test_an_event_under_the_old_form_is_taken_as_such_and_carried(ready: Intake) -> None:
    await amended(ready)
    given = NOW + timedelta(hours=1)  # before the amendment, and it arrives after it
    await ready.consume(a_post(an_event("e1", given)))
    assert (await current(ready))["computers"] == 40
    named = f"urn:xephang:survey-form:{RULE_SET.key}:{RULE_SET.content_hash()}"
    later = an_event("e2", NOW + timedelta(days=2), data=an_answer(figures=figures(44)), dataschema=named)
    ready.clock.set(NOW + timedelta(days=2))
    assert (await ready.submit(later, kind=STRUCTURED)).status_code == 201
    assert (await current(ready))["computers"] == 44
    record = await ready.record()
    assert record is not None
    assert [one.rule_set.key for one in record.versions] == [RULE_SET.key, SECOND.key] * 2
    foreign = an_event("e3", NOW + timedelta(days=2), dataschema="https://nen-tang.example/schema")
    assert (await ready.submit(foreign, kind=STRUCTURED)).status_code == 201
    plain = await ready.post("/submissions?form=it-province@9", an_answer(), "platform")
    assert places(plain) == {("form", "submission.unknown_form")}


async def test_who_did_not_answer_a_closed_campaign_is_missing_under_the_new_version(ready: Intake) -> None:
    await ready.submit(an_answer())
    ready.clock.set(late_by(1))
    await ready.post("/campaigns/2021/close", {}, "operator")
    await ready.reconcile()
    order = {**ORDER, "answer_by": "2021-12-01"}
    assert (await ready.post(AMEND, order, "operator")).json()["status"] == "closed"
    await ready.reconcile()
    said = await ready.said("2021/it/so-y-te")
    assert [event.type.split(".")[2] for event in said] == ["missing", "missing"]
    assert [event.data["rule_set"]["version"] for event in said] == ["2021.1", "2021.2"]
    answer = {**an_answer(), "figures": {"staff": 50, "servers": 2}}
    assert (await ready.submit(answer)).status_code == 201
    refused = await ready.submit({**an_answer("so-y-te"), "figures": {"staff": 50}})
    assert refused.json()["type"].endswith("submission.closed")
    assert [event.type.split(".")[2] for event in await ready.said("2021")] == ["opened", "closed", "amended"]
