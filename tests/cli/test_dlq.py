"""Dead letters at the command line, as the platform gives them: in pages, and one as a whole."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import dlq
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
