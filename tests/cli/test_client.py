"""What the platform answers becomes what people can act on."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from deploy.xephang.client import Client, PlatformSilent, Refused, is_loopback, path_of

Answer = Callable[[httpx.Request], httpx.Response]


def _client(answer: Answer, token: str = "") -> Client:
    return Client("http://127.0.0.1:1/", token, transport=httpx.MockTransport(answer))


def _refusal(response: httpx.Response) -> Refused:
    with pytest.raises(Refused) as raised:
        _client(lambda _: response).get("/intake/agencies")
    return raised.value


def test_faults_keep_place_reason_and_remedy() -> None:
    fault = {"code": "a.b", "place": "figures.x", "vi": "sai", "en": "wrong", "remedy_vi": "sửa", "remedy_en": "fix"}
    problem = {"type": "urn:xephang:problem:submission.invalid", "title": "Từ chối", "detail": "no", "faults": [fault]}
    refused = _refusal(httpx.Response(422, json=problem))
    assert (refused.status, refused.code, refused.vi) == (422, "submission.invalid", "Từ chối")
    assert refused.faults[0].as_json() == fault


@pytest.mark.parametrize(
    ("status", "remedy"), [(401, "xephang token"), (403, "có quyền"), (404, "kiểm tra"), (409, "trạng thái")]
)
def test_a_refusal_without_faults_names_the_request_and_a_remedy(status: int, remedy: str) -> None:
    refused = _refusal(httpx.Response(status, json={"title": "Không", "detail": "no", "faults": []}))
    (fault,) = refused.faults
    assert fault.place == "GET /intake/agencies"
    assert remedy in fault.remedy_vi


def test_a_fault_without_remedy_gets_one() -> None:
    fault = {"code": "request.malformed", "place": "body.year", "vi": "sai", "en": "wrong"}
    refused = _refusal(httpx.Response(422, json={"title": "Không", "detail": "no", "faults": [fault]}))
    assert refused.faults[0].remedy_vi
    assert refused.faults[0].remedy_en


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(400, text="<html>bad</html>"),
        httpx.Response(400, json=["odd"]),
        httpx.Response(400, json={"detail": [{"loc": ["x"]}]}),
    ],
)
def test_what_is_no_problem_document_is_still_told(response: httpx.Response) -> None:
    refused = _refusal(response)
    assert refused.vi
    assert refused.en
    assert refused.faults


def test_a_stopped_service_is_silence_and_not_refusal() -> None:
    problem = {"title": "Dịch vụ scoring đang dừng", "detail": "scoring is stopped"}
    with pytest.raises(PlatformSilent) as raised:
        _client(lambda _: httpx.Response(503, json=problem)).get("/scoring/rulesets")
    assert raised.value.fault.vi == "Dịch vụ scoring đang dừng"


def test_what_somebody_stopped_is_to_be_started_again_and_not_waited_for() -> None:
    problem = {"type": "urn:xephang:problem:stopped", "title": "Dịch vụ scoring đang dừng", "detail": "stopped"}
    with pytest.raises(PlatformSilent) as raised:
        _client(lambda _: httpx.Response(503, json=problem)).get("/scoring/rulesets")
    assert "`xephang service start scoring`" in raised.value.fault.remedy_vi
    assert "thử lại" not in raised.value.fault.remedy_vi


def test_a_token_that_does_not_hold_is_to_be_of_the_platforms_own_folder() -> None:
    (fault,) = _refusal(httpx.Response(401, json={"title": "Không", "detail": "no", "faults": []})).faults
    assert "--data" in fault.remedy_vi


def test_no_connection_is_silence() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(PlatformSilent) as raised:
        _client(broken).get("/status")
    assert raised.value.fault.place == "http://127.0.0.1:1"
    assert "xephang up" in raised.value.fault.remedy_vi


def test_another_server_is_not_taken_for_the_platform() -> None:
    with pytest.raises(PlatformSilent):
        _client(lambda _: httpx.Response(200, text="<html>")).get("/status")


def test_token_and_exact_body_are_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    _client(answer, "abc").post("/x", {"b": "0.10", "a": 1})
    assert seen[0].headers["authorization"] == "Bearer abc"
    assert seen[0].content == b'{"a":1,"b":"0.10"}'


def test_names_stay_one_step_of_the_path() -> None:
    assert path_of("scoring", "rulesets", "a@1", "approve") == "/scoring/rulesets/a@1/approve"
    assert path_of("intake", "campaigns", "../x?y") == "/intake/campaigns/..%2Fx%3Fy"


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("https://xephang.example", False),
        ("nonsense", False),
    ],
)
def test_loopback(url: str, own: bool) -> None:
    assert is_loopback(url) is own
