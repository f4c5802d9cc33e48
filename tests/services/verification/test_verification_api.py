"""What verifiers, operators and agencies can do over HTTP, and what they cannot."""

from __future__ import annotations

from typing import Any

import pytest
from verification_builders import RULE_SET, a_key, a_submission, answers
from verification_service import CASE, Verification, a_message

from services.verification.collections import CASES
from shared.contracts.common import SubmissionKey
from shared.contracts.intake import (
    SubmissionAmendedV1,
    SubmissionLateV1,
    SubmissionMissingV1,
    SubmissionReceivedV1,
)

ACCEPTED = {"findings": [{"criterion": "1.1", "finding": "accepted"}]}


@pytest.fixture
async def opened_case(verification: Verification) -> Verification:
    """The service with an open case of so-noi-vu."""
    await answered(verification, a_key())
    return verification


async def answered(verification: Verification, key: SubmissionKey) -> None:
    event = SubmissionReceivedV1(submission=a_submission(1, key=key))
    await verification.consume(a_message(event, f"intake/submissions/{key.text}", 1))


def codes(body: Any) -> set[tuple[str, str]]:
    return {(fault["place"], fault["code"]) for fault in body["faults"]}


async def test_a_verifier_works_a_case_through(opened_case: Verification) -> None:
    checklist = (await opened_case.get(f"{CASE}/checklist", "verifier")).json()
    assert checklist["lacking"] == ["1.1", "1.2", "1.3"]
    first, *_, last = checklist["sections"][0]["criteria"]
    assert (first["code"], first["maximum"], first["required"], first["documents"]) == (
        "1.1",
        "4",
        True,
        ["Biên bản kiểm kê"],
    )
    assert first["figures"][0]["answer"]["value"] == 40
    assert first["evidence"][0]["title"] == "Văn bản 1.1"
    assert (last["code"], last["required"]) == ("1.4", False)

    body = (
        b'{"submission_number": 1, "findings": ['
        b'{"criterion": "1.3", "finding": "adjusted", "reason": "Theo s\xe1\xbb\x95", "adjusted": {"share": 0.1}},'
        b'{"criterion": "1.1", "finding": "rejected", "reason": "Kh\xc3\xb4ng c\xc3\xb3"}]}'
    )
    recorded = await opened_case.post(f"{CASE}/findings", body, "verifier", subject="chi-lan")
    assert recorded.status_code == 200
    refused = await opened_case.post(f"{CASE}/complete", {}, "verifier")
    assert refused.status_code == 409
    assert codes(refused.json()) == {("1.2", "finding.lacking")}
    done = await opened_case.post(f"{CASE}/accept-all", {"complete": True}, "verifier", subject="anh-ba")
    assert done.json()["summary"]["status"] == "verified"

    event = (await opened_case.said(a_key()))[-1]
    assert (event.type, event.actor, event.data["verified_by"]) == (
        "verification.submission.verified.v1",
        "anh-ba",
        "anh-ba",
    )
    findings = {one["criterion"]: one for one in event.data["verified"]["findings"]}
    assert findings["1.3"]["adjusted"] == {"share": {"state": "value", "value": "0.1"}}  # exact, not 0.1000…0555
    assert {code: one["verifier"] for code, one in findings.items()} == {
        "1.1": "chi-lan",
        "1.2": "anh-ba",
        "1.3": "chi-lan",
    }
    history = (await opened_case.get(CASE, "operator")).json()["history"]
    assert [(act["deed"], act["by"]) for act in history][1:] == [
        ("findings", "chi-lan"),
        ("findings", "anh-ba"),
        ("completed", "anh-ba"),
    ]


async def test_a_case_returned_corrected_and_reopened(opened_case: Verification) -> None:
    body = {"criteria": ["1.3"], "reason": "Thiếu số", "due_on": "2021-11-20"}
    returned = await opened_case.post(f"{CASE}/return", body, "verifier")
    assert returned.json()["summary"]["due_at"] == "2021-11-20T17:00:00Z"
    waiting = await opened_case.post(f"{CASE}/findings", ACCEPTED, "verifier")
    assert waiting.status_code == 409
    newer = SubmissionAmendedV1(submission=a_submission(2, answers(share="70")))
    await opened_case.consume(a_message(newer, f"intake/submissions/{a_key().text}", 2))
    stale = await opened_case.post(f"{CASE}/complete", {"submission_number": 1}, "verifier")
    assert stale.json()["type"] == "urn:xephang:problem:case.newer_submission"
    assert (await opened_case.post(f"{CASE}/accept-all", {"complete": True}, "verifier")).status_code == 200
    again = await opened_case.post(f"{CASE}/reopen", {"reason": "Khiếu nại"}, "operator", subject="dieu-hanh")
    assert again.json()["summary"]["status"] == "open"
    said = [event.type.removeprefix("verification.") for event in await opened_case.said(a_key())]
    assert said == [
        "case.opened.v1",
        "case.returned.v2",
        "case.opened.v1",
        "finding.recorded.v1",
        "submission.verified.v1",
        "case.reopened.v1",
    ]


RETURN = {"criteria": ["1.3"], "reason": "Thiếu số", "due_on": "2021-11-20"}


async def test_a_case_returned_by_mistake_is_resumed_and_may_still_be_amended(opened_case: Verification) -> None:
    await opened_case.post(f"{CASE}/return", RETURN, "verifier")
    without = await opened_case.post(f"{CASE}/resume", {"reason": " "}, "verifier")
    assert without.status_code == 422
    resumed = await opened_case.post(f"{CASE}/resume", {"reason": "Trả nhầm"}, "verifier", subject="chi-lan")
    assert (resumed.status_code, resumed.json()["summary"]["status"], resumed.json()["returned"]) == (200, "open", None)
    act = resumed.json()["history"][-1]
    assert (act["deed"], act["by"], act["note"]) == ("resumed", "chi-lan", "Trả nhầm")
    assert (await opened_case.post(f"{CASE}/resume", {"reason": "Lần nữa"}, "verifier")).status_code == 409
    done = await opened_case.post(f"{CASE}/accept-all", {"complete": True}, "verifier")
    assert done.json()["summary"]["status"] == "verified"
    newer = SubmissionAmendedV1(submission=a_submission(2, answers(share="70")))
    await opened_case.consume(a_message(newer, f"intake/submissions/{a_key().text}", 2))
    case = await opened_case.case(a_key())
    assert case is not None
    assert (case.status, case.number) == ("open", 2)


async def test_who_did_not_answer_is_heard_on_appeal(verification: Verification) -> None:
    stream, closed_at = f"intake/submissions/{a_key().text}", verification.clock.now()
    nobody = SubmissionMissingV1(key=a_key(), group="province", rule_set=RULE_SET.ref(), closed_at=closed_at)
    await verification.consume(a_message(nobody, stream, 1))
    assert (await verification.post(f"{CASE}/return", RETURN, "verifier")).status_code == 409
    await verification.post(f"{CASE}/reopen", {"reason": "Khiếu nại"}, "operator")
    returned = await verification.post(f"{CASE}/return", {**RETURN, "submission_number": 0}, "verifier")
    assert (returned.status_code, returned.json()["summary"]["status"]) == (200, "returned")
    late = SubmissionLateV1(submission=a_submission(1, days_late=9))
    await verification.consume(a_message(late, stream, 2))
    done = await verification.post(f"{CASE}/accept-all", {"complete": True}, "verifier")
    assert (done.json()["summary"]["basis"], done.json()["summary"]["revision"]) == ("answered", 2)


@pytest.mark.parametrize(
    ("path", "body", "roles", "status"),
    [
        ("findings", ACCEPTED, (), 401),
        ("findings", ACCEPTED, ("agency",), 403),
        ("findings", ACCEPTED, ("operator",), 403),
        ("accept-all", {}, ("operator", "chairman"), 403),
        ("complete", {}, ("platform",), 403),
        ("return", {}, ("operator",), 403),
        ("resume", {"reason": "vì"}, ("operator",), 403),
        ("resume", {"reason": "vì"}, ("agency",), 403),
        ("resume", {"reason": "vì"}, ("verifier",), 409),
        ("reopen", {"reason": "vì"}, ("verifier",), 403),
        ("reopen", {"reason": "vì"}, ("operator",), 409),
        ("reopen", {"reason": ""}, ("operator",), 409),
    ],
)
async def test_who_may_not_act_is_refused(
    opened_case: Verification, path: str, body: Any, roles: tuple[str, ...], status: int
) -> None:
    answer = await opened_case.post(f"{CASE}/{path}", body, *roles)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    case = await opened_case.case(a_key())
    assert case is not None
    assert len(case.history) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("findings", b"", 400),
        ("findings", b"[" * 100_000, 400),
        ("findings", b'{"findings": [], "findings": []}', 400),
        ("findings", b'{"findings": [{"criterion": "1.1", "finding": "accepted", "reason": NaN}]}', 400),
        ("findings", b"[]", 422),
        ("findings", b'{"findings": []}', 422),
        ("findings", b'{"findings": [{"criterion": "1.1", "finding": "doubted"}]}', 422),
        ("findings", b'{"findings": [{"criterion": "1.1", "finding": "accepted", "note": "x"}]}', 422),
        ("findings", b'{"findings": [{"criterion": "\\ud800", "finding": "accepted"}]}', 422),
        ("findings", b'{"findings": [{"criterion": "1.1", "finding": "rejected", "reason": "\\ud800"}]}', 422),
        ("findings", b'{"findings": [{"criterion": "1.1", "finding": "adjusted", "adjusted": {"\\ud800": 1}}]}', 422),
        ("return", b'{"criteria": ["\\ud800"], "reason": "x", "due_on": "2021-11-20"}', 422),
        ("findings", b'{"submission_number": "1", "findings": []}', 422),
        ("accept-all", b'{"complete": "yes"}', 422),
        ("accept-all", b"null", 422),
        ("return", b'{"criteria": ["1.1"], "reason": "x", "due_on": 1637000000}', 422),
        ("return", b'{"criteria": ["1.1"], "reason": "x", "due_on": "2021-13-40"}', 422),
        ("return", b'{"criteria": [], "reason": "x", "due_on": "2021-11-20"}', 422),
        ("resume", b"{}", 422),
        ("resume", b'{"reason": "x", "due_on": "2021-11-20"}', 422),
        ("findings", b" " * (4 * 2**20 + 1), 413),
    ],
)
async def test_a_malformed_body_is_refused_with_a_problem(
    opened_case: Verification, path: str, body: bytes, status: int
) -> None:
    answer = await opened_case.post(f"{CASE}/{path}", body, "verifier")
    assert answer.status_code == status
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cases/2021/it/so-la", 404),
        ("/cases/2021/sport/so-noi-vu", 422),
        ("/cases/2021/it/S%E1%BB%9F", 422),
        ("/cases", 422),
        ("/cases?campaign=2021&status=lost", 422),
    ],
)
async def test_a_case_that_cannot_be_is_refused(opened_case: Verification, path: str, status: int) -> None:
    assert (await opened_case.get(path, "verifier")).status_code == status


async def test_an_agency_sees_its_own_case_only(opened_case: Verification) -> None:
    assert (await opened_case.get(CASE, "agency", agency="so-noi-vu")).status_code == 200
    assert (await opened_case.get(f"{CASE}/checklist", "agency", agency="so-noi-vu")).status_code == 200
    assert (await opened_case.get(CASE, "agency", agency="so-y-te")).status_code == 403
    assert (await opened_case.get(f"{CASE}/checklist", "agency", agency="so-y-te")).status_code == 403
    assert (await opened_case.get("/cases?campaign=2021", "agency", agency="so-noi-vu")).status_code == 403


async def test_cases_are_listed_by_campaign_and_status(opened_case: Verification) -> None:
    await answered(opened_case, a_key("so-y-te"))
    await opened_case.post("/cases/2021/it/so-y-te/accept-all", {"complete": True}, "verifier")
    listed = (await opened_case.get("/cases?campaign=2021", "operator")).json()
    assert [(one["agency"], one["agency_name"], one["status"], one["findings"]) for one in listed] == [
        ("so-noi-vu", "Cơ quan so-noi-vu", "open", 0),
        ("so-y-te", "Cơ quan so-y-te", "verified", 3),
    ]
    verified = (await opened_case.get("/cases?campaign=2021&status=verified", "verifier")).json()
    assert [one["agency"] for one in verified] == ["so-y-te"]
    assert (await opened_case.get("/cases?campaign=2021&programme=portal", "verifier")).json() == []
    assert (await opened_case.get("/cases?campaign=1999", "verifier")).json() == []


async def test_many_cases_are_accepted_and_completed_in_one_call(opened_case: Verification) -> None:
    await answered(opened_case, a_key("so-y-te"))
    await opened_case.post(f"{CASE}/findings", ACCEPTED, "verifier")  # so that one of them is no ordinary case
    body = {"campaign": "2021", "programme": "it"}
    done = (await opened_case.post("/cases/accept-all", body, "verifier", subject="chi-lan")).json()
    assert (done["verified"], done["refused"]) == (2, 0)
    assert [(one["agency"], one["verified"], one["revision"]) for one in done["cases"]] == [
        ("so-noi-vu", True, 1),
        ("so-y-te", True, 1),
    ]
    for agency in ("so-noi-vu", "so-y-te"):
        event = (await opened_case.said(a_key(agency)))[-1]
        assert (event.type, event.actor) == ("verification.submission.verified.v1", "chi-lan")
        case = await opened_case.case(a_key(agency))
        stored = await opened_case.store.get(CASES.name, a_key(agency).text)
        assert case is not None
        assert stored is not None
        assert stored.body["state"] == case.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        assert event.data["verified"]["findings"] == list(stored.body["state"]["findings"].values())
    again = (await opened_case.post("/cases/accept-all", body, "verifier")).json()
    assert again == {"verified": 0, "refused": 0, "cases": []}


async def test_named_agencies_get_an_outcome_each_and_a_refusal_stops_no_other(opened_case: Verification) -> None:
    nobody = SubmissionMissingV1(
        key=a_key("so-y-te"), group="province", rule_set=RULE_SET.ref(), closed_at=opened_case.clock.now()
    )
    await opened_case.consume(a_message(nobody, f"intake/submissions/{a_key('so-y-te').text}", 1))
    body = {"campaign": "2021", "agencies": ["so-y-te", "so-tu-phap", "so-noi-vu", "so-noi-vu"]}
    done = (await opened_case.post("/cases/accept-all", body, "verifier")).json()
    assert [(one["agency"], one["verified"], one["code"]) for one in done["cases"]] == [
        ("so-y-te", False, "case.verified"),
        ("so-tu-phap", False, "case.absent"),
        ("so-noi-vu", True, ""),
    ]
    assert all(one["verified"] or (one["title"] and one["detail"]) for one in done["cases"])
    unknown = await opened_case.post("/cases/accept-all", {"campaign": "1999"}, "verifier")
    assert unknown.status_code == 404
    assert (await opened_case.post("/cases/accept-all", body, "operator")).status_code == 403


async def test_the_openapi_document_shows_the_bodies(verification: Verification) -> None:
    async with verification.client() as client:
        document = (await client.get("/openapi.json")).json()
    post = document["paths"]["/cases/{campaign}/{programme}/{agency}/findings"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"findings", "submission_number"}
    assert schema["properties"]["findings"]["items"]["properties"]["finding"]["enum"] == [
        "accepted",
        "adjusted",
        "rejected",
    ]
    assert "$defs" not in str(schema)
    for path, methods in document["paths"].items():
        if path.startswith("/cases"):
            assert all("requestBody" in operation for verb, operation in methods.items() if verb == "post"), path
