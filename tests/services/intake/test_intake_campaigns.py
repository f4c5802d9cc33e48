"""The register, campaigns and forms over HTTP, and what becomes of a campaign that is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from intake_builders import DEADLINE, RULE_SET, a_key, an_agency, figures, late_by
from intake_service import PLAN, Intake, a_message, an_answer, places
from jsonschema import Draft202012Validator

from services.intake.core import submission
from shared.contracts.common import Campaign, SubmissionKey
from shared.contracts.verification import CaseReturnedV1, CaseReturnedV2, Correction


def a_return(number: int = 1, agency: str = "so-noi-vu", sequence: int = 1) -> Any:
    event = CaseReturnedV2(
        key=a_key(agency),
        submission_number=number,
        corrections=(Correction(criterion="1.1", reason="Thiếu tài liệu"),),
        reason="Thiếu tài liệu",
        returned_by="chi-lan",
        returned_at=late_by(1),
        due_at=late_by(20),
    )
    return a_message(event, f"verification/cases/2021/it/{agency}", sequence)


def a_return_as_v1(number: int = 1, agency: str = "so-noi-vu", sequence: int = 1) -> Any:
    """As verification said it before there was V2; such messages stand in journals for good."""
    event = CaseReturnedV1(
        key=a_key(agency),
        submission_number=number,
        criteria=("1.1",),
        reason="Thiếu tài liệu",
        returned_by="chi-lan",
        due_at=late_by(20),
    )
    return a_message(event, f"verification/cases/2021/it/{agency}", sequence)


# --- the register ------------------------------------------------------------------------------------------------


async def test_agencies_are_entered_and_renamed(newcomer: Intake) -> None:
    register = [an_agency("so-y-te").model_dump(), an_agency("huyen-yen-the", "district").model_dump()]
    assert (await newcomer.call("PUT", "/agencies", "operator", json=register)).json() == {"registered": 2}
    renamed = [{**register[0], "name": "Sở Y tế"}]
    assert (await newcomer.call("PUT", "/agencies", "operator", json=renamed)).status_code == 200
    listed = (await newcomer.get("/agencies")).json()
    assert [(one["id"], one["name"]) for one in listed] == [
        ("huyen-yen-the", "Cơ quan huyen-yen-the"),
        ("so-y-te", "Sở Y tế"),
    ]


async def test_an_agency_that_is_named_twice_is_refused(newcomer: Intake) -> None:
    register = [an_agency("a").model_dump(), an_agency("b").model_dump(), an_agency("a", "district").model_dump()]
    refused = await newcomer.call("PUT", "/agencies", "operator", json=register)
    assert refused.status_code == 422
    assert places(refused) == {("[2].id", "agency.twice")}
    assert (await newcomer.get("/agencies")).json() == []


# --- opening -----------------------------------------------------------------------------------------------------


async def test_a_campaign_is_opened_once_and_told(intake: Intake) -> None:
    again = await intake.post("/campaigns", PLAN, "operator")
    assert again.status_code == 201
    assert again.json()["deadline"] == "2021-11-04T17:00:00Z"
    (event,) = await intake.said("2021")
    assert (event.type, event.actor, Campaign.model_validate(event.data["campaign"])) == (
        "intake.campaign.opened.v1",
        "operator-1",
        Campaign.model_validate((await intake.get("/campaigns/2021")).json()),
    )
    other = await intake.post("/campaigns", {**PLAN, "title": "Khác"}, "operator")
    assert (other.status_code, other.json()["type"]) == (409, "urn:xephang:problem:campaign.other_plan")
    assert [one["id"] for one in (await intake.get("/campaigns")).json()] == ["2021"]


REFUSED_PLANS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"members": ["so-noi-vu", "so-la"]}, ("members[1]", "campaign.unknown_agency")),
    ({"rule_sets": ["it-province@9"]}, ("rule_sets[0]", "campaign.unknown_rule_set")),
    ({"programmes": ["portal"]}, ("rule_sets.portal.province", "campaign.no_rule_set")),
    ({"year": 2020}, ("rule_sets.it.province", "campaign.no_rule_set")),
    ({"year": 1999}, ("body.year", "request.malformed")),
    ({"id": "Đợt"}, ("body.id", "request.malformed")),
    ({"programmes": ["it", "it"]}, ("body.programmes", "request.malformed")),
    ({"titel": "x"}, ("body.titel", "request.malformed")),
    (
        {"dispatch": {"number": "1", "issued_on": "9999-12-31"}},
        ("dispatch.issued_on", "campaign.dispatch_date"),
    ),
]


async def test_a_plan_that_does_not_hold_is_refused(intake: Intake) -> None:
    for change, place in REFUSED_PLANS:
        refused = await intake.post("/campaigns", {**PLAN, "id": "khac", **change}, "operator")
        assert refused.status_code == 422
        assert places(refused) == {place}
    assert (await intake.get("/campaigns/khac")).status_code == 404


async def test_only_the_operator_runs_campaigns(intake: Intake) -> None:
    for method, path in (("PUT", "/agencies"), ("POST", "/campaigns"), ("POST", "/campaigns/2021/close")):
        for who, status in {"": 401, "platform": 403, "verifier": 403, "agency:so-y-te": 403}.items():
            refused = await intake.call(method, path, who, json={})
            assert refused.status_code == status
            assert refused.headers["content-type"] == "application/problem+json"


# --- forms -------------------------------------------------------------------------------------------------------


async def test_the_form_is_there_for_programs_and_for_people(intake: Intake) -> None:
    schema = (await intake.get("/campaigns/2021/forms/it/province")).json()
    Draft202012Validator.check_schema(schema)
    assert RULE_SET.content_hash() in schema["$id"]
    assert Draft202012Validator(schema).is_valid({"figures": figures()})
    assert not Draft202012Validator(schema).is_valid({"figures": {"la": 1}})
    text = await intake.get("/campaigns/2021/forms/it/province/text")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "Số máy tính" in text.text


async def test_what_there_is_not_is_not_found(intake: Intake) -> None:
    absent = ("1999", "1999/forms/it/province", "2021/forms/it/district", "2021/forms/portal/province/text")
    for path in absent:
        assert (await intake.get(f"/campaigns/{path}")).status_code == 404
    for path in ("2021/forms/sport/province", "S%E1%BB%9F"):
        assert (await intake.get(f"/campaigns/{path}")).status_code == 422


# --- closing, missing, returned ----------------------------------------------------------------------------------


async def test_status_counts_who_answered_and_names_who_did_not(intake: Intake) -> None:
    empty = {"members": 2, "received": 0, "late": 0, "missing": 0, "returned": 0, "waiting_for": []}
    await intake.submit(an_answer())
    before = (await intake.get("/campaigns/2021/status", "operator")).json()
    assert before["tables"] == {"it/province": {**empty, "received": 1, "waiting_for": ["so-y-te"]}}
    intake.clock.set(late_by(3))
    await intake.submit(an_answer("so-y-te"))
    await intake.consume(a_return())
    after = (await intake.get("/campaigns/2021/status", "verifier")).json()
    assert after["tables"] == {"it/province": {**empty, "received": 1, "late": 1, "returned": 1}}
    assert (await intake.get("/campaigns/2021/status")).status_code == 401


async def test_closing_marks_who_is_missing_once_however_often(intake: Intake) -> None:
    await intake.submit(an_answer())
    early = await intake.post("/campaigns/2021/close", {}, "operator")
    assert (early.status_code, early.json()["type"]) == (409, "urn:xephang:problem:campaign.before_deadline")
    intake.clock.set(DEADLINE)
    assert (await intake.post("/campaigns/2021/close", {}, "operator")).json()["status"] == "closed"
    for _ in range(2):
        await intake.reconcile()
    assert [event.type.split(".")[2] for event in await intake.said("2021/it/so-noi-vu")] == ["received"]
    assert [event.type.split(".")[2] for event in await intake.said("2021/it/so-y-te")] == ["missing"]
    assert [event.type.split(".")[2] for event in await intake.said("2021")] == ["opened", "closed"]
    status = (await intake.get("/campaigns/2021/status", "operator")).json()
    assert (status["status"], status["tables"]["it/province"]["missing"]) == ("closed", 1)


async def test_who_was_only_spoken_of_is_missing_all_the_same(intake: Intake) -> None:
    await intake.submit(an_answer())
    await intake.consume(a_return(1, "so-y-te"))  # of an answer that was never here
    intake.clock.set(late_by(2))
    await intake.post("/campaigns/2021/close", {}, "operator")
    await intake.reconcile()
    assert [event.type.split(".")[2] for event in await intake.said("2021/it/so-y-te")] == ["missing"]


async def test_a_campaign_that_cannot_be_marked_stops_no_other(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    later = {**PLAN, "id": "2021-b"}
    assert (await intake.post("/campaigns", later, "operator")).status_code == 201
    intake.clock.set(late_by(2))
    for campaign in ("2021", "2021-b"):
        await intake.post(f"/campaigns/{campaign}/close", {}, "operator")
    works = submission.mark_missing

    def fails(record: Any, key: SubmissionKey, campaign: Campaign, closed_at: datetime) -> Any:
        if campaign.id == "2021":
            raise OverflowError("too long a name")
        return works(record, key, campaign, closed_at)

    async def missing(campaign: str) -> int:
        status = (await intake.get(f"/campaigns/{campaign}/status", "operator")).json()
        return int(status["tables"]["it/province"]["missing"])

    with monkeypatch.context() as broken:
        broken.setattr(submission, "mark_missing", fails)
        with pytest.raises(OverflowError):
            await intake.reconcile()
    assert (await missing("2021"), await missing("2021-b")) == (0, 2)
    await intake.reconcile()
    assert (await missing("2021"), await missing("2021-b")) == (2, 2)


@pytest.mark.parametrize("said", [a_return, a_return_as_v1])
async def test_a_returned_answer_is_amended_and_an_older_one_on_the_way_does_no_harm(intake: Intake, said: Any) -> None:
    await intake.submit(an_answer())
    intake.clock.set(late_by(2))
    await intake.post("/campaigns/2021/close", {}, "operator")
    await intake.reconcile()
    assert (await intake.submit(an_answer(figures=figures(1)))).status_code == 409
    await intake.consume(said())
    corrected = await intake.submit(an_answer(figures=figures(1)))
    assert (corrected.status_code, corrected.json()["number"], corrected.json()["days_late"]) == (201, 2, 0)
    assert (await intake.submit(an_answer(figures=figures(2)))).status_code == 409
    assert [event.type.split(".")[2] for event in await intake.said("2021/it/so-noi-vu")] == ["received", "amended"]


async def test_returns_of_both_majors_in_one_stream_are_taken_in_order(intake: Intake) -> None:
    await intake.submit(an_answer())
    await intake.consume(a_return(sequence=2))
    assert [(request.first_sequence, request.last_sequence) for request in intake.asked] == [(1, 1)]
    await intake.consume(a_return_as_v1(), a_return_as_v1(sequence=3), a_return(sequence=2), a_return(sequence=4))
    document = await intake.store.get("submissions", "2021/it/so-noi-vu")
    assert document is not None
    assert document.body["consumed"] == {"verification-returns|verification/cases/2021/it/so-noi-vu": 4}
    assert document.body["held"] == []


async def test_who_was_missing_answers_when_an_appeal_returns_the_case(intake: Intake) -> None:
    intake.clock.set(late_by(2))
    await intake.post("/campaigns/2021/close", {}, "operator")
    await intake.reconcile()
    await intake.consume(a_return(0, "so-y-te"))
    answered = await intake.submit(an_answer("so-y-te"))
    assert (answered.status_code, answered.json()["days_late"]) == (201, 3)
    assert [event.type.split(".")[2] for event in await intake.said("2021/it/so-y-te")] == ["missing", "late"]
