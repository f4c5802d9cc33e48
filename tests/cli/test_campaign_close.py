"""`xephang campaign close` shows its table once those who did not answer are counted; intake is imitated."""

from collections.abc import Iterator
from itertools import chain, repeat

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import campaign
from tests.cli.conftest import Run

BUSY: list[str] = ["busy"]  # in place of a look: the platform does not answer it


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Whom each look at the status still waits for; the last one from then on."""
    looks: list[list[str]] = []

    def told() -> Iterator[list[str]]:
        yield from chain(looks, repeat(looks[-1]))

    waiting = told()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/close"):
            return httpx.Response(200, json={"id": "2025", "status": "closed"})
        names = next(waiting)
        if names is BUSY:
            return httpx.Response(503, json={"title": "bận", "detail": "busy"}, headers={"Retry-After": "1"})
        counts = {"members": 2, "received": 1, "late": 0, "missing": 1 - len(names), "waiting_for": names}
        return httpx.Response(200, json={"campaign": "2025", "status": "closed", "tables": {"it/province": counts}})

    client = Client("http://127.0.0.1:1", transport=httpx.MockTransport(answer))
    monkeypatch.setattr(campaign, "connect", lambda *_: client)
    monkeypatch.setattr(campaign, "_PAUSE", 0.0)
    return looks


def test_the_table_waits_until_the_missing_are_counted(run: Run, closing: list[list[str]]) -> None:
    closing += [["so-y-te"], ["so-y-te"], []]
    out = run("campaign", "close", "2025").out
    assert "đã đóng" in out
    assert "so-y-te" not in out
    assert "Đang ghi nhận" not in out


def test_a_table_that_is_still_counted_says_so(
    run: Run, closing: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    closing += [["so-y-te"]]
    monkeypatch.setattr(campaign, "_PATIENCE", 0.0)
    out = run("campaign", "close", "2025").out
    assert "so-y-te" in out
    assert "Đang ghi nhận các cơ quan không nộp" in out
    assert "xephang campaign status 2025" in out


def test_a_platform_that_is_busy_for_a_moment_has_closed_it_all_the_same(run: Run, closing: list[list[str]]) -> None:
    closing += [["so-y-te"], BUSY, []]
    ended = run("campaign", "close", "2025")
    assert ended.code == 0
    assert "đã đóng" in ended.out
    assert "so-y-te" not in ended.out


def test_a_platform_that_stays_busy_has_closed_it_all_the_same(
    run: Run, closing: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    closing += [BUSY]
    monkeypatch.setattr(campaign, "_PATIENCE", 0.0)
    ended = run("campaign", "close", "2025")
    assert ended.code == 0
    assert "đã đóng (the campaign is closed)" in ended.out
    assert "xephang campaign status 2025" in ended.out
