"""Dead letters at the command line, as the platform gives them: in pages, and one as a whole."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import dlq
from deploy.xephang.commands.dlq_words import shortened
from tests.cli.conftest import Run

Answer = Callable[[httpx.Request], httpx.Response]


def letter(number: int, **more: Any) -> dict[str, Any]:
    message = {
        "id": f"{number:020}",
        "topic_name": "platform-submissions",
        "partition": 0,
        "offset": number,
        "attempts": 1,
        "reason": "unreadable: x",
        "handler": "services.intake.handlers.receive_posted",
        "first_failed_at": "2026-01-05T08:00:00Z",
        "last_failed_at": "2026-01-05T09:30:00Z",
    }
    return {"message": {**message, **more}, "status": "waiting", "note": ""}


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    def answering(answer: Answer) -> None:
        client = Client("http://127.0.0.1:1/", "", transport=httpx.MockTransport(answer))
        monkeypatch.setattr(dlq, "connect", lambda *_: client)

    return answering


@pytest.mark.parametrize("count", [0, 3, 500, 1201])
def test_all_are_listed_however_many_pages_there_are(run: Run, platform: Callable[[Answer], None], count: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        after, limit = request.url.params.get("after", ""), int(request.url.params["limit"])
        rest = [each for each in map(letter, range(count)) if each["message"]["id"] > after]
        return httpx.Response(200, json=rest[:limit])

    platform(answer)
    listed = run("dlq", "list", "--service", "intake", "--json").json()
    assert [each["message"]["offset"] for each in listed] == list(range(count))


def test_what_is_only_begun_is_shown_as_that(run: Run, platform: Callable[[Answer], None]) -> None:
    value = base64.b64encode("Phiếu".encode()).decode()
    whole = letter(1, value_base64=value, value_size=12 * 2**20, truncated=True)
    platform(lambda _: httpx.Response(200, json=whole))
    shown = run("dlq", "show", "1", "--service", "intake").out
    assert "only the beginning" in shown
    assert str(12 * 2**20) in shown
    assert "Phiếu" in shown
    assert value not in shown


class Kept:
    """A platform that keeps letters: some can be handled by now, some cannot, and some services do not answer."""

    def __init__(self, letters: dict[str, list[dict[str, Any]]], *, failing: tuple[int, ...] = ()) -> None:
        self.letters = letters
        self.failing = {f"{number:020}" for number in failing}
        self.retried: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        _, service, _, *rest = request.url.path.split("/")
        if service not in self.letters:
            return httpx.Response(503, json={})
        if not rest:
            after = request.url.params.get("after", "")
            waiting = [each for each in self.letters[service] if each["message"]["id"] > after]
            return httpx.Response(200, json=waiting)
        id_ = rest[0]
        if id_ in self.failing:
            problem = {"type": "urn:xephang:problem:refused", "title": "Vẫn lỗi", "detail": "it failed again: x"}
            return httpx.Response(422, json=problem)
        self.retried.append(f"{service}/{int(id_)}")
        return httpx.Response(200, json={"status": "retried", "note": "op: handled"})


ALL = ("intake", "verification", "scoring", "publishing")


def test_all_are_retried_in_the_order_in_which_they_came(run: Run, platform: Callable[[Answer], None]) -> None:
    late, early = letter(1, first_failed_at="2026-01-05T09:00:00Z"), letter(2, first_failed_at="2026-01-05T08:00:00Z")
    kept = Kept({name: [] for name in ALL} | {"intake": [late, early], "scoring": [letter(3)]})
    platform(kept)
    ended = run("dlq", "retry", "--all")
    assert ended.code == 0
    assert kept.retried == ["intake/2", "intake/1", "scoring/3"]
    assert "3/3" in ended.out


def test_what_still_fails_is_told_and_does_not_stop_the_others(run: Run, platform: Callable[[Answer], None]) -> None:
    kept = Kept({name: [] for name in ALL} | {"intake": [letter(1), letter(2), letter(3)]}, failing=(2,))
    platform(kept)
    ended = run("dlq", "retry", "--all")
    assert ended.code == 1
    assert kept.retried == ["intake/1", "intake/3"]
    assert "2/3" in ended.out
    assert "it failed again" in ended.out
    outcomes = run("dlq", "retry", "--all", "--json").json()
    assert [each["status"] for each in outcomes] == ["retried", "failed", "retried"]


def test_only_those_of_a_service_or_topic_are_retried(run: Run, platform: Callable[[Answer], None]) -> None:
    other = letter(2, topic_name="rulesets")
    kept = Kept({name: [letter(1), other] for name in ALL})
    platform(kept)
    assert run("dlq", "retry", "--all", "--topic", "rulesets", "--service", "scoring").code == 0
    assert kept.retried == ["scoring/2"]


def test_service_that_does_not_answer_is_told_and_the_others_are_retried(
    run: Run, platform: Callable[[Answer], None]
) -> None:
    kept = Kept({"intake": [letter(1)], "scoring": [letter(2)]})
    platform(kept)
    assert run("dlq", "retry", "--all").code == 3
    assert kept.retried == ["intake/1", "scoring/2"]


def test_progress_is_told_of_many(run: Run, platform: Callable[[Answer], None]) -> None:
    platform(Kept({name: [] for name in ALL} | {"intake": [letter(number) for number in range(120)]}))
    ended = run("dlq", "retry", "--all")
    assert [line.strip() for line in ended.err.splitlines()] == ["50/120 …", "100/120 …"]
    assert "120/120" in ended.out


@pytest.mark.parametrize("arguments", [(), ("5f1c", "--all"), ("5f1c", "--topic", "rulesets")])
def test_one_or_all_but_not_both(run: Run, platform: Callable[[Answer], None], arguments: tuple[str, ...]) -> None:
    platform(Kept({}))
    assert run("dlq", "retry", *arguments).code == 2


def test_a_list_tells_origin_handler_and_when_it_failed(run: Run, platform: Callable[[Answer], None]) -> None:
    platform(Kept({name: [] for name in ALL} | {"intake": [letter(7, origin="/nen-tang-tinh")]}))
    out = run("dlq", "list", "--service", "intake").out
    for words in ("/nen-tang-tinh", "receive_posted", "05/01/2026", "15:00:00", "16:30:00"):
        assert words in out.replace("\n", "")


def test_a_letter_is_shown_in_vietnamese_first_with_the_names_that_programs_know(
    run: Run, platform: Callable[[Answer], None]
) -> None:
    more = {"value_base64": "", "headers": {"ce_id": "phieu-1"}, "value_size": 12, "truncated": False, "later": "x"}
    platform(lambda _: httpx.Response(200, json=letter(1, **more)))
    lines = run("dlq", "show", "1", "--service", "intake").out.splitlines()
    told = {line[:40].strip(): line[40:].strip() for line in lines}
    assert told["Trạng thái (status)"] == "đang chờ (waiting)"
    assert told["Lý do (reason)"] == "unreadable: x"
    assert told["Lỗi lần đầu (first_failed_at)"] == "05/01/2026 15:00:00"
    assert told["Chỉ giữ phần đầu (truncated)"] == "không (no)"
    assert told["ce_id"] == "phieu-1"
    assert told["later"] == "x", "a newer platform may tell more"


NOTES = [
    ("lan: Gửi nhầm đợt", "lan: Gửi nhầm đợt"),
    ("lan: handled", "lan: đã xử lý (handled)"),
    ("lan: parked until campaigns/2022 is there", "lan: đang chờ campaigns/2022 (parked"),
]


@pytest.mark.parametrize(("note", "told"), NOTES)
def test_a_list_of_settled_letters_tells_who_did_what_and_why(
    run: Run, platform: Callable[[Answer], None], monkeypatch: pytest.MonkeyPatch, note: str, told: str
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    settled = {**letter(1, value_base64=""), "status": "discarded", "note": note}
    platform(lambda request: httpx.Response(200, json=settled if request.url.path.endswith("/1") else [settled]))
    assert told in run("dlq", "list", "--service", "intake", "--status", "discarded").out
    assert told in run("dlq", "show", "1", "--service", "intake").out


def test_what_became_of_it_is_told_in_both_languages(run: Run, platform: Callable[[Answer], None]) -> None:
    discarded = {**letter(1), "status": "discarded", "note": "lan: sai"}
    platform(lambda _: httpx.Response(200, json=discarded))
    assert run("dlq", "discard", "1", "--reason", "sai", "--service", "intake").out == "intake: đã bỏ (discarded)\n"


@pytest.mark.parametrize(
    ("text", "cut"), [("một hai", "một hai"), ("một hai ba", "một hai…"), ("abcdefghijkl", "abcdefg…")]
)
def test_a_reason_that_is_too_long_is_cut_after_a_word_and_says_so(text: str, cut: str) -> None:
    assert shortened(text, 8) == cut
