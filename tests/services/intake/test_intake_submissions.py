"""Submissions over HTTP: plain JSON and CloudEvents, who may send and see them, and how they are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from intake_builders import DEADLINE, NOW, figures, late_by
from intake_service import BATCH, STRUCTURED, Intake, an_answer, an_event, places

from shared.contracts.common import Answer

KEY = "2021/it/so-noi-vu"


# --- plain JSON --------------------------------------------------------------------------------------------------


async def test_an_answer_gets_a_receipt_and_is_told(intake: Intake) -> None:
    answer = await intake.submit(an_answer(), "agency:so-noi-vu")
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["number"], receipt["days_late"], receipt["new"]) == (1, 0, True)
    (event,) = await intake.said(KEY)
    assert (event.type, event.partitionkey, event.actor) == (
        "intake.submission.received.v1",
        "2021/so-noi-vu",
        "agency-1",
    )


async def test_decimals_are_exact_as_text_and_as_numbers(intake: Intake) -> None:
    text = json.dumps(an_answer(figures={"share": "SHARE"}))
    for number, given in enumerate(('"12.5"', "12.5", "0.1", "12.500000", "3"), start=1):
        sent = await intake.submit(text.replace('"SHARE"', given).encode(), **{"idempotency-key": f"k{number}"})
        assert sent.status_code == 201
        intake.clock.set(intake.clock.now().replace(minute=number))
    record = await intake.record()
    assert record is not None
    assert [version.answers.figures["share"].value for version in record.versions] == [
        "12.5",
        "12.5",
        "0.1",
        "12.5",
        "3",
    ]


async def test_the_same_content_twice_is_one_answer(intake: Intake) -> None:
    first = await intake.submit(an_answer())
    again = await intake.submit(json.dumps(an_answer(), indent=2, sort_keys=True).encode())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "new": False}


async def test_an_idempotency_key_names_one_answer(intake: Intake) -> None:
    key = {"idempotency-key": "k1"}
    assert (await intake.submit(an_answer(), **key)).status_code == 201
    assert (await intake.submit(an_answer(), **key)).status_code == 200
    other = await intake.submit(an_answer(figures=figures(7)), **key)
    assert (other.status_code, other.json()["type"]) == (409, "urn:xephang:problem:submission.name_taken")


async def test_who_takes_back_an_amendment_gets_what_he_says_last(intake: Intake) -> None:
    for minute, computers in enumerate((1, 2, 1)):
        intake.clock.set(NOW.replace(minute=minute))
        assert (await intake.submit(an_answer(figures=figures(computers)))).json()["number"] == minute + 1
    record = await intake.record()
    assert record is not None
    assert record.current is not None
    assert record.current.answers.figures["computers"].value == 1


# --- CloudEvents -------------------------------------------------------------------------------------------------


async def test_a_structured_event_counts_from_when_the_agency_answered(intake: Intake) -> None:
    intake.clock.set(late_by(1))
    sent = await intake.submit(an_event(actor="can-bo"), kind=STRUCTURED)
    assert (sent.status_code, sent.json()["days_late"]) == (201, 0)
    assert (await intake.submit(an_event(actor="can-bo"), kind="Application/CloudEvents+JSON")).status_code == 200
    record = await intake.record()
    assert record is not None
    assert record.current is not None
    assert (record.current.event_id, record.current.submitted_by) == ("/nen-tang#e1", "/nen-tang#can-bo")


async def test_a_binary_event_carries_its_attributes_in_headers(intake: Intake) -> None:
    event = an_event()
    headers = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    headers |= {"ce-actor": "Nguy%E1%BB%85n%20An", "content-type": "application/json"}
    sent = await intake.submit(json.dumps(event["data"]).encode(), **headers)
    assert sent.status_code == 201
    record = await intake.record()
    assert record is not None
    assert record.current is not None
    assert (record.current.event_id, record.current.submitted_by) == ("/nen-tang#e1", "/nen-tang#Nguyễn An")


@pytest.mark.parametrize("mode", [STRUCTURED, "application/json"])
async def test_what_others_mean_by_stream_and_sequence_is_ignored(intake: Intake, mode: str) -> None:
    event = an_event(stream="theirs" * 200, sequence="abc")
    if mode == STRUCTURED:
        sent = await intake.submit(event, kind=STRUCTURED)
    else:
        headers = {f"ce-{name}": value for name, value in event.items() if name != "data"}
        sent = await intake.submit(json.dumps(event["data"]).encode(), **headers, **{"content-type": mode})
    assert sent.status_code == 201, sent.text


@pytest.mark.parametrize("length", [200, 201])
async def test_the_name_of_an_answer_is_bounded(intake: Intake, length: int) -> None:
    sent = await intake.submit(an_answer(), **{"idempotency-key": "k" * length})
    assert sent.status_code == (201 if length == 200 else 422)
    if length > 200:
        assert "Idempotency-Key" in sent.json()["detail"]


async def test_an_attribute_too_long_is_refused_by_its_name(intake: Intake) -> None:
    sent = await intake.submit(an_event("i" * 513), kind=STRUCTURED)
    assert sent.status_code == 422
    assert "attribute id" in sent.json()["detail"]


async def test_a_batch_has_an_outcome_for_each_of_its_events(intake: Intake) -> None:
    decimal = json.dumps(an_event("e5", data=an_answer("so-y-te", figures={"share": 0.5, "computers": 0})))
    events = [
        an_event("e1"),
        an_event("e1"),
        an_event("e2", data=an_answer("so-la")),
        an_event("e3", data=an_answer(figures={"computers": -1})),
        an_event("e4", type="platform.unknown.v1"),
    ]
    body = json.dumps(events)[:-1] + f" , {decimal.replace(': 0.5', ': 0.50').replace(': 0}', ': 5.0}')}, 7 ]"
    answer = await intake.submit(body.encode(), kind=BATCH)
    outcomes = answer.json()
    assert answer.status_code == 200
    assert [one["status"] for one in outcomes] == [201, 200, 422, 422, 422, 201, 422]
    assert outcomes[2]["problem"]["type"] == "urn:xephang:problem:submission.not_a_member"
    assert outcomes[3]["problem"]["faults"][0]["place"] == "figures.computers"
    record = await intake.record("so-y-te")
    assert record is not None
    assert record.current is not None
    answered = record.current.answers.figures
    assert (answered["share"].value, answered["computers"].value) == ("0.5", 5)


async def test_a_batch_that_is_none(intake: Intake) -> None:
    for body, status in ((b"[]", 200), (b" [ ] ", 200), (b"{}", 422), (b"[1,", 400), (b"", 400)):
        assert (await intake.submit(body, kind=BATCH)).status_code == status, body


async def test_only_the_platform_attests_when_an_agency_answered(intake: Intake) -> None:
    refused = await intake.submit(an_event(), "agency:so-noi-vu", kind=STRUCTURED)
    assert refused.status_code == 403
    assert await intake.record() is None


# --- refusals ----------------------------------------------------------------------------------------------------


MALFORMED = [
    (b"", "", 400),
    (b"{", "", 400),
    (b"{", STRUCTURED, 400),
    (b'{"campaign": "2021", "campaign": "2021"}', "", 400),
    (b'{"a": NaN}', "", 400),
    (b"[" * 100_000, "", 400),
    (b'{"figures": {"x": ' + b"[" * 700 + b"]" * 700 + b"}}", "", 422),
    (b"[]", "", 422),
    (b"null", "", 422),
    (b"{}", "", 422),
    (b"{}", STRUCTURED, 422),
    (json.dumps({**an_event(), "time": "20211015"}).encode(), STRUCTURED, 422),
    (json.dumps({**an_event(), "specversion": "0.3"}).encode(), STRUCTURED, 422),
    (json.dumps(an_answer(programme="sport")).encode(), "", 422),
    (json.dumps(an_answer("Sở")).encode(), "", 422),
    (json.dumps(an_answer(figures=[])).encode(), "", 422),
    (b'{"\\ud800": 1}', "", 422),
    (b" " * (4 * 2**20 + 1), "", 413),
    (b" " * (4 * 2**20 + 1), BATCH, 413),
]


async def test_a_malformed_body_is_refused_with_a_problem(intake: Intake) -> None:
    for body, kind, status in MALFORMED:
        answer = await intake.submit(body, kind=kind)
        assert (answer.status_code, answer.json()["status"]) == (status, status), body[:60]
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"]
        assert answer.json()["detail"]
        places(answer)
    assert await intake.record() is None


WRONG_FIGURES = [
    ('{"computers": 100000000000000000000}', "figures.computers", "answer.too_large"),
    ('{"computers": 1e999999}', "figures.computers", "answer.not_integer"),
    ('{"computers": true}', "figures.computers", "answer.not_integer"),
    ('{"computers": -1}', "figures.computers", "answer.out_of_bounds"),
    ('{"share": "12,5"}', "figures.share", "answer.decimal_comma"),
    ('{"la": 1}', "figures.la", "answer.unknown_input"),
]


async def test_a_figure_that_does_not_fit_is_named(intake: Intake) -> None:
    for figure, place, code in WRONG_FIGURES:
        answer = await intake.submit(json.dumps(an_answer(figures="F")).replace('"F"', figure).encode())
        assert answer.status_code == 422
        assert places(answer) == {(place, code)}


async def test_what_no_document_can_hold_is_refused_as_any_other_figure(intake: Intake) -> None:
    for figure in ('"\\ud800"', '{"\\ud800": 1}', *("[" * depth + "]" * depth for depth in (100, 300, 700))):
        for figures_ in (f'{{"remark": {figure}}}', f'{{"la": {figure}}}', f'{{"\\ud800": {figure}}}'):
            body = json.dumps(an_answer(figures="F")).replace('"F"', figures_).encode()
            assert (await intake.submit(body)).status_code == 422
            event = json.dumps(an_event(data="D")).encode().replace(b'"D"', body)
            assert (await intake.submit(event, kind=STRUCTURED)).status_code == 422
            (outcome,) = (await intake.submit(b"[" + event + b"]", kind=BATCH)).json()
            assert outcome["status"] == 422


NOT_THEIRS: list[tuple[Any, str, int, str]] = [
    (an_answer(), "", 401, "refused"),
    (an_answer(), "verifier", 403, "refused"),
    (an_answer(), "agency:so-y-te", 403, "refused"),
    (an_answer(campaign="1999"), "platform", 404, "refused"),
    (an_answer("so-la"), "platform", 422, "submission.not_a_member"),
    (an_answer(programme="portal"), "platform", 422, "submission.no_programme"),
]


async def test_who_may_not_answer_is_refused(intake: Intake) -> None:
    for body, who, status, code in NOT_THEIRS:
        answer = await intake.submit(body, who)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:xephang:problem:{code}"), who
    assert await intake.record() is None


async def test_answers_end_with_the_deadline_and_the_campaign(intake: Intake) -> None:
    await intake.submit(an_answer())
    intake.clock.set(DEADLINE)
    amended = await intake.submit(an_answer(figures=figures(1)))
    assert (amended.status_code, amended.json()["type"]) == (409, "urn:xephang:problem:submission.deadline")
    future = await intake.submit(an_event("e9", late_by(1)), kind=STRUCTURED)
    assert (future.status_code, future.json()["type"]) == (422, "urn:xephang:problem:submission.future")
    await intake.post("/campaigns/2021/close", {}, "operator")
    late = await intake.submit(an_answer("so-y-te"))
    assert (late.status_code, late.json()["type"]) == (409, "urn:xephang:problem:submission.closed")


# --- reading -----------------------------------------------------------------------------------------------------


READERS = {
    "operator": 200,
    "verifier": 200,
    "platform": 200,
    "agency:so-noi-vu": 200,
    "agency+verifier:so-y-te": 200,
    "agency:so-y-te": 403,
    "agency": 403,
    "chairman": 403,
    "": 401,
}


async def test_a_submission_is_seen_by_those_whom_it_concerns(intake: Intake) -> None:
    await intake.submit(an_answer())
    for who, status in READERS.items():
        answer = await intake.get(f"/submissions/{KEY}", who)
        assert answer.status_code == status, who
        if status == 200:
            (version,) = answer.json()["versions"]
            assert Answer.model_validate(version["answers"]["figures"]["computers"]) == Answer(state="value", value=40)


async def test_a_submission_that_cannot_be_is_refused(intake: Intake) -> None:
    assert (await intake.get("/submissions/2021/it/so-la", "operator")).status_code == 404
    for path in ("2021/sport/so-noi-vu", "2021/it/S%E1%BB%9F", "%00/it/so-noi-vu"):
        assert (await intake.get(f"/submissions/{path}", "operator")).status_code == 422
