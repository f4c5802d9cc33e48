"""Whatever is sent over HTTP: a clear refusal as a problem document, and the next good answer is taken in."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from serving import CLOSED, Serving
from small_year import SMALL

pytestmark = pytest.mark.asyncio(loop_scope="session")

AGENCY = "so-tai-chinh"
STRUCTURED = {"content-type": "application/cloudevents+json"}
Body = Callable[[Serving], Any]


def text(template: str) -> Body:
    """A good answer's JSON with `figures` written out by hand."""

    def body(serving: Serving) -> bytes:
        answer = serving.answer(AGENCY)
        answer["figures"] = "HERE"
        return json.dumps(answer).replace('"HERE"', template).encode()

    return body


def changed(**changes: Any) -> Body:
    """A good answer with some fields changed."""
    return lambda serving: serving.answer(AGENCY, **changes)


def figure(name: str, value: Any) -> Body:
    """A good answer with one figure changed."""

    def body(serving: Serving) -> dict[str, Any]:
        answer = serving.answer(AGENCY)
        answer["figures"][name] = value
        return answer

    return body


def event(**attributes: Any) -> Body:
    """A good CloudEvent with some attributes changed."""
    return lambda serving: serving.event(serving.answer(AGENCY), **attributes)


UNREADABLE = {
    "nothing": b"",
    "not JSON": b"<phieu/>",
    "half a document": b'{"campaign": "2021"',
    "not UTF-8": b'{"campaign": "\xff\xfe"}',
    "nested beyond bounds": b"[" * 100_000 + b"]" * 100_000,
    "NaN": text('{"staff": NaN}'),
    "infinity": text('{"staff": -Infinity}'),
    "the same name twice": text('{"staff": 1, "staff": 2}'),
}
MALFORMED = {
    "an array": b"[]",
    "a number": b"5",
    "figures as a list": changed(figures=[1, 2]),
    "figures as text": changed(figures="nhiều"),
    "an impossible programme": changed(programme="blockchain"),
    "a path for an agency": changed(agency="../../etc/passwd"),
    "an unknown figure": figure("khong_co_so_lieu_nay", 1),
    "a figure that is a list": figure("staff", [1]),
    "a figure that is text": figure("staff", "mười hai"),
    "a number beyond bounds": text('{"staff": 1e999999999}'),
    "half a surrogate pair": text('{"staff": "\\ud800"}'),
    "half a surrogate pair as a name": text('{"\\udfff": 1}'),
    "half a surrogate pair as a document": lambda serving: json.dumps(
        serving.answer(AGENCY, evidence={"1.2": [{"title": "\ud800"}]})
    ).encode(),
    "evidence as a number": changed(evidence=7),
    "an agency nobody registered": changed(agency="so-khong-co"),
}
EVENTS = {
    "without id": event(id=None),
    "without source": event(source=None),
    "without type": event(type=None),
    "of another type": event(type="intake.submission.received.v1"),
    "of an unknown type": event(type="platform.weather.changed.v1"),
    "of another version of the format": event(specversion="0.3"),
    "without a time": event(time=None),
    "at a time without a zone": event(time="2021-10-05T08:00:00"),
    "with a number as its id": event(id={"a": 1}),
    "without data": event(data=None),
    "from the future": lambda serving: event(time=(serving.now + timedelta(days=1)).isoformat())(serving),
}


async def check_refused(serving: Serving, response: httpx.Response, status: int) -> dict[str, Any]:
    """A problem document with both languages; everything still runs and takes in a good answer."""
    problem = check_problem(response, status)
    agency = SMALL[serving.made % len(SMALL)]  # each in turn, because all its answers are kept
    good = await serving.post("/intake/submissions", serving.answer(agency), serving.token("platform"))
    assert good.status_code == 201, good.text
    return problem


def check_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """A problem document in both languages."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"].startswith("urn:xephang:problem:")
    return problem


def content(serving: Serving, body: bytes | Body) -> Any:
    return body if isinstance(body, bytes) else body(serving)


@pytest.mark.parametrize("name", UNREADABLE)
async def test_answer_is_refused_when_it_is_no_json(serving: Serving, name: str):
    response = await serving.post("/intake/submissions", content(serving, UNREADABLE[name]), serving.token("platform"))
    await check_refused(serving, response, 400)


@pytest.mark.parametrize("name", MALFORMED)
async def test_answer_is_refused_with_its_faults_when_it_does_not_fit(serving: Serving, name: str):
    response = await serving.post("/intake/submissions", content(serving, MALFORMED[name]), serving.token("platform"))
    await check_refused(serving, response, 422)


@pytest.mark.parametrize("name", EVENTS)
async def test_cloud_event_is_refused_when_its_attributes_do_not_hold(serving: Serving, name: str):
    headers = {**serving.token("platform"), **STRUCTURED}
    response = await serving.post("/intake/submissions", content(serving, EVENTS[name]), headers)
    await check_refused(serving, response, 422)


async def test_every_wrong_figure_is_named(serving: Serving):
    answer = serving.answer(AGENCY)
    wrong = sorted(answer["figures"])[:5]
    answer["figures"].update({name: [name] for name in wrong})
    response = await serving.post("/intake/submissions", answer, serving.token("platform"))
    problem = await check_refused(serving, response, 422)
    assert all(any(name in fault["place"] for fault in problem["faults"]) for name in wrong)


async def test_answer_is_refused_when_it_is_five_megabytes_long(serving: Serving):
    response = await serving.post("/intake/submissions", b" " * 5 * 2**20, serving.token("platform"))
    await check_refused(serving, response, 413)


async def test_answer_is_refused_when_there_is_no_such_campaign(serving: Serving):
    body = serving.answer(AGENCY, campaign="1999")
    await check_refused(serving, await serving.post("/intake/submissions", body, serving.token("platform")), 404)


async def test_answer_is_refused_when_the_campaign_is_closed(serving: Serving):
    body = serving.answer("so-y-te", campaign=CLOSED)
    response = await serving.post("/intake/submissions", body, serving.token("platform"))
    problem = await check_refused(serving, response, 409)
    assert problem["type"].endswith("submission.closed")


async def test_answer_is_refused_without_a_token_that_holds(serving: Serving):
    for headers in ({}, {"authorization": "Bearer abc.def.ghi"}, {"authorization": "Basic dXNlcjpwYXNz"}):
        response = await serving.post("/intake/submissions", serving.answer(AGENCY), headers)
        await check_refused(serving, response, 401)


@pytest.mark.parametrize("role", ["verifier", "rules_admin", "chairman"])
async def test_answer_is_refused_from_whoever_does_not_answer(serving: Serving, role: str):
    response = await serving.post("/intake/submissions", serving.answer(AGENCY), serving.token(role))
    await check_refused(serving, response, 403)


async def test_agency_answers_for_itself_and_for_no_other(serving: Serving):
    own, other = serving.token("agency", agency=AGENCY), serving.token("agency", agency="so-y-te")
    await check_refused(serving, await serving.post("/intake/submissions", serving.answer(AGENCY), other), 403)
    assert (await serving.http.get(f"/intake/submissions/2021/it/{AGENCY}", headers=other)).status_code == 403
    assert (await serving.post("/intake/submissions", serving.answer(AGENCY), own)).status_code == 201


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/intake/campaigns", "operator"),
        ("/intake/campaigns/2021/close", "operator"),
        ("/verification/cases/accept-all", "verifier"),
        ("/verification/cases/2021/it/so-y-te/findings", "verifier"),
        ("/verification/cases/2021/it/so-y-te/return", "verifier"),
        ("/scoring/rulesets/bac-giang-it-province@2021.1/activate", "rules_admin"),
        ("/scoring/rankings/2021/it/province/close", "operator"),
        ("/publishing/decisions/2021/draft", "operator"),
        ("/publishing/decisions/2021/sign", "chairman"),
        ("/scoring/dead-letters/x/discard", "operator"),
        ("/scoring/replay", "operator"),
    ],
)
async def test_nobody_acts_with_what_cannot_be_read_or_without_the_role(serving: Serving, path: str, role: str):
    wrong_types = b'{"reason": [], "early_reason": 5, "from_year": "soon", "findings": 5, "draft": [], "topic": {}}'
    for body in (b"", b"{", b"[]", b"NaN", b'"\xff"', wrong_types):
        response = await serving.post(path, body, serving.token(role))
        assert response.status_code in (400, 422), (body, response.text)
        check_problem(response, response.status_code)
    check_problem(await serving.post(path, b"{}", serving.token("platform")), 403)
    await check_refused(serving, await serving.post(path, b"{}", {}), 401)
