"""What waits in vain, at the command line: listed, shown, and given up one by one or all that wait for one thing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import parked
from tests.cli.conftest import Run

ALL = ("intake", "verification", "scoring", "publishing")
WHY = ("--reason", "Gõ nhầm năm")


def message(number: int, waits_for: str = "campaigns/2012", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:020}",
        "aggregate": f"submissions/2012/it/{number:05}",
        "waits_for": waits_for,
        "topic_name": "platform-submissions",
        "origin": "/nen-tang-tinh",
        "type": "platform.submission.v1",
        "event_id": f"phieu-{number}",
        "time": "2026-01-05T08:00:00Z",
        "stream": "",
        "sequence": 0,
        "size": 5,
        **more,
    }


class Platform:
    """Services that keep messages; some are taken up before they can be set aside, some services do not answer."""

    def __init__(
        self, messages: dict[str, list[dict[str, Any]]], *, taken: tuple[int, ...] = (), wrong: int = -1
    ) -> None:
        self.messages = messages
        self.taken = {f"{number:020}" for number in taken}
        self.wrong = f"{wrong:020}"
        self.posted: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        _, service, _, *rest = request.url.path.split("/")
        if service not in self.messages:
            return httpx.Response(503, json={})
        if request.method == "POST":
            return self._settle(service, request)
        if rest and rest[0] in self.taken and service == "verification":
            return _refused(409, "parked.no_more")
        if rest:
            found = next((each for each in self.messages[service] if each["id"] == rest[0]), None)
            return httpx.Response(200, json=found) if found else _refused(404, "parked.unknown")
        asked = request.url.params
        own = [each for each in self.messages[service] if asked.get("waits_for") in (None, each["waits_for"])]
        later = [each for each in own if each["aggregate"] > asked.get("after", "")]
        return httpx.Response(200, json=later[: int(asked["limit"])])

    def _settle(self, service: str, request: httpx.Request) -> httpx.Response:
        _, _, _, id_, act = request.url.path.split("/")
        if id_ in self.taken:
            return _refused(409, "parked.no_more")
        if id_ == self.wrong:
            return _refused(422, "malformed")
        self.posted.append((f"{service}/{int(id_)}/{act}", json.loads(request.content)))
        status = "discarded" if act == "discard" else "waiting"
        return httpx.Response(200, json={"status": status, "note": "", "message": {"id": id_, "reason": "set aside"}})


def _refused(status: int, code: str) -> httpx.Response:
    problem = {"type": f"urn:xephang:problem:{code}", "title": "Không còn chờ", "detail": "parked no more"}
    return httpx.Response(status, json=problem)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Platform]:
    def keeping(messages: dict[str, list[dict[str, Any]]], **more: Any) -> Platform:
        answer = Platform({name: [] for name in ALL} | messages, **more)
        client = Client("http://127.0.0.1:1/", "", transport=httpx.MockTransport(answer))
        monkeypatch.setattr(parked, "connect", lambda *_: client)
        return answer

    return keeping


@pytest.mark.parametrize("count", [0, 3, 500, 1201])
def test_all_are_listed_however_many_pages_there_are(run: Run, platform: Callable[..., Platform], count: int) -> None:
    platform({"intake": [message(number) for number in range(count)]})
    listed = run("parked", "list", "--json").json()
    assert [each["event_id"] for each in listed] == [f"phieu-{number}" for number in range(count)]
    assert {each["service"] for each in listed} <= {"intake"}


def test_a_list_tells_what_waits_for_what_and_since_when(run: Run, platform: Callable[..., Platform]) -> None:
    platform({"intake": [message(1)], "scoring": [message(2, "rule_sets/x@1")]})
    out = run("parked", "list").out
    for words in ("2 thông điệp", "campaigns/2012", "rule_sets/x@1", "submissions/2012/it/00001", "/nen-tang-tinh"):
        assert words in out
    assert "05/01/2026 15:00:00" in out
    assert "rule_sets" not in run("parked", "list", "--for", "campaigns/2012").out
    assert "campaigns" not in run("parked", "list", "--service", "scoring").out


def test_one_is_shown_with_its_value(run: Run, platform: Callable[..., Platform]) -> None:
    value = base64.b64encode("Phiếu".encode()).decode()
    platform({"intake": [message(1, headers={"ce_id": "phieu-1"}, value_base64=value, later="x")]})
    out = run("parked", "show", f"{1:020}").out
    told = {line[:40].strip(): line[40:].strip() for line in out.splitlines()}
    assert told["Đang chờ (waits_for)"] == "campaigns/2012"
    assert (told["ce_id"], told["later"]) == ("phieu-1", "x")
    assert "Phiếu" in out
    assert value not in out


def test_one_is_set_aside_where_it_is_and_as_it_waits(run: Run, platform: Callable[..., Platform]) -> None:
    answer = platform({"verification": [message(7)]})
    assert (
        run("parked", "set-aside", f"{7:020}", *WHY).out
        == f"verification {7:020}: đã thành thư chết (a dead letter now)\n"
    )
    asked = {"reason": "Gõ nhầm năm", "aggregate": "submissions/2012/it/00007", "waits_for": "campaigns/2012"}
    assert answer.posted == [("verification/7/set-aside", asked)]
    told = run("parked", "set-aside", f"{7:020}", *WHY, "--discard", "--json").json()
    assert (told["service"], told["status"]) == ("verification", "discarded")
    assert answer.posted[-1] == ("verification/7/discard", {"reason": "Gõ nhầm năm"})


def test_all_that_wait_for_one_thing_are_set_aside(run: Run, platform: Callable[..., Platform]) -> None:
    other = message(3, "campaigns/2027")
    answer = platform({"intake": [message(1), message(2), other], "scoring": [message(4)]}, taken=(2,))
    ended = run("parked", "set-aside", "--all", "--for", "campaigns/2012", *WHY)
    assert ended.code == 0, "that one was taken up is no failure"
    assert [where for where, _ in answer.posted] == ["intake/1/set-aside", "scoring/4/set-aside"]
    assert "2/3" in ended.out
    assert "parked no more" in ended.out


def test_what_is_refused_and_who_does_not_answer_is_told(run: Run, platform: Callable[..., Platform]) -> None:
    answer = platform({"intake": [message(1), message(2)]}, wrong=1)
    ended = run("parked", "set-aside", "--all", "--for", "campaigns/2012", *WHY, "--json")
    assert (ended.code, [each["status"] for each in ended.json()]) == (1, ["refused", "waiting"])
    del answer.messages["scoring"]
    assert run("parked", "set-aside", "--all", "--for", "campaigns/2012", *WHY).code == 3
    assert run("parked", "list").code == 3
    assert run("parked", "show", f"{9:020}").code == 3


def test_one_that_is_not_parked_is_refused(run: Run, platform: Callable[..., Platform]) -> None:
    platform({}, taken=(8,))
    for number, code in ((8, "parked.no_more"), (9, "parked.unknown")):
        ended = run("parked", "set-aside", f"{number:020}", *WHY)
        assert ended.code == 1
        assert code in ended.err


def test_one_that_is_parked_twice_needs_its_service(run: Run, platform: Callable[..., Platform]) -> None:
    answer = platform({"intake": [message(1)], "scoring": [message(1)]})
    assert run("parked", "set-aside", f"{1:020}", *WHY).code == 2
    assert run("parked", "set-aside", f"{1:020}", *WHY, "--service", "scoring").code == 0
    assert [where for where, _ in answer.posted] == ["scoring/1/set-aside"]


@pytest.mark.parametrize(
    "arguments",
    [WHY, ("5f1c",), ("5f1c", "--all", *WHY), ("--all", *WHY), ("5f1c", "--for", "campaigns/2012", *WHY)],
)
def test_one_or_all_for_a_reference_and_why(
    run: Run, platform: Callable[..., Platform], arguments: tuple[str, ...]
) -> None:
    answer = platform({})
    assert run("parked", "set-aside", *arguments).code == 2
    assert answer.posted == []
