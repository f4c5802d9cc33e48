"""`xephang submit` sends everything it is given and tells what became of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import submit
from tests.cli.conftest import Run

Write = Callable[[str, str], Path]
MANY = """\
# hai phiếu
- campaign: "2021"
  programme: it
  agency: so-y-te
  figures:
    staff_total: many
- {campaign: "2021", programme: it, agency: so-noi-vu, figures: {ratio: 0.50}}
"""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """What intake got; it refuses whatever the agency so-y-te sends, and is gone when so-xay-dung does."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        body = json.loads(request.content)
        body = body.get("data", body)
        if body["agency"] == "so-xay-dung":
            raise httpx.ConnectError("gone")
        if body["agency"] == "so-y-te":
            fault = {"code": "answer.not_integer", "place": "figures.staff_total", "vi": "sai", "en": "wrong"}
            return httpx.Response(422, json={"title": "Phiếu chưa hợp lệ", "detail": "no", "faults": [fault]})
        key = {name: body[name] for name in ("campaign", "programme", "agency")}
        return httpx.Response(201, json={**key, "number": 1, "days_late": 0, "new": True})

    client = Client("http://127.0.0.1:1", transport=httpx.MockTransport(answer))
    monkeypatch.setattr(submit, "connect", lambda *_: client)
    return requests


def test_a_refused_answer_names_its_line_and_the_others_are_sent(
    run: Run, write: Write, sent: list[httpx.Request]
) -> None:
    path = write("many.yaml", MANY)
    ended = run("submit", path)
    assert ended.code == 1
    assert f"{path}:6:18 [0].figures.staff_total" in ended.out
    assert "✓" in ended.out
    assert "so-noi-vu" in ended.out
    assert len(sent) == 2
    assert b'"0.50"' in sent[1].content


def test_json_holds_receipts_and_refusals(run: Run, write: Write, sent: list[httpx.Request]) -> None:
    malformed = write("malformed.json", '{"campaign": ')
    ended = run("submit", malformed, write("many.yaml", MANY), "--json")
    assert ended.code == 1
    first, second, third = ended.json()
    assert first["refused"]["faults"][0]["place"] == str(malformed)
    assert second["refused"]["title"] == "Phiếu chưa hợp lệ"
    assert third["receipt"]["agency"] == "so-noi-vu"


def test_what_was_taken_in_is_told_where_the_platform_falls_silent(
    run: Run, write: Write, sent: list[httpx.Request]
) -> None:
    of = '{{campaign: "2021", programme: it, agency: {}, figures: {{}}}}'.format
    path = write("many.yaml", "".join(f"- {of(agency)}\n" for agency in ("so-noi-vu", "so-xay-dung", "so-y-te")))
    ended = run("submit", path, "--json")
    assert ended.code == 3
    taken, silent = ended.json()
    assert taken["receipt"]["agency"] == "so-noi-vu"
    assert (silent["number"], silent["refused"]["code"]) == (2, "platform.silent")
    told = run("submit", path)
    assert told.code == 3
    assert "Đã nhận 1, từ chối 0" in told.out
    assert told.err.count("nền tảng không trả lời") == 1


def test_cloudevents_are_sent_as_such(run: Run, write: Write, sent: list[httpx.Request]) -> None:
    data = {"campaign": "2021", "programme": "it", "agency": "so-noi-vu", "figures": {}}
    event = {"specversion": "1.0", "id": "1", "source": "/p", "type": "platform.submission.posted.v1", "data": data}
    ended = run("submit", write("events.json", json.dumps([event, event])))
    assert ended.code == 0
    assert {request.headers["content-type"] for request in sent} == {"application/cloudevents+json"}


def test_nothing_is_sent_when_a_file_is_missing(run: Run, write: Write, sent: list[httpx.Request]) -> None:
    assert run("submit", write("many.yaml", MANY), "nowhere.json").code == 2
    assert sent == []


@pytest.mark.parametrize("text", ["", "just words", "- 1\n- 2\n", "[1, 2]", "- a: 1\n- [\n", "---\n- {a: *b}\n"])
def test_what_holds_no_submissions_is_refused_without_a_trace(
    run: Run, write: Write, sent: list[httpx.Request], text: str
) -> None:
    ended = run("submit", write("odd.yaml", text))
    assert ended.code == 1
    assert "odd.yaml" in ended.out
    assert sent == []
