"""`xephang campaign amend` orders an amendment; `status` tells who is asked what again."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import campaign
from tests.cli.conftest import Run

BEFORE = {"id": "it-province", "version": "2021.1", "hash": "0" * 64}
AMENDMENT = {
    "programme": "it",
    "group": "province",
    "before": BEFORE,
    "after": {**BEFORE, "version": "2021.2"},
    "reason": "Tính theo buổi",
    "answer_until": "2021-11-30T17:00:00Z",
    "amended_by": "op",
    "amended_at": "2021-11-08T02:15:00Z",
}
COUNTS = {"members": 2, "received": 2, "late": 0, "missing": 0, "returned": 0, "waiting_for": []}
ASKED = {"until": AMENDMENT["answer_until"], "criteria": [{"criterion": "4.7", "reason": "figures", "figures": ["x"]}]}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What intake got; it knows the campaign 2021 and refuses every other."""
    requests: list[tuple[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append((request.url.path, json.loads(request.content) if request.content else None))
        if "2021" not in request.url.path:
            fault = {"code": "campaign.answer_by", "place": "answer_by", "vi": "Hạn sai", "en": "wrong day"}
            return httpx.Response(422, json={"title": "Không sửa đổi được", "detail": "no", "faults": [fault]})
        if request.url.path.endswith("/amend"):
            return httpx.Response(200, json={"id": "2021", "amendments": [AMENDMENT]})
        table = {**COUNTS, "amended": [AMENDMENT], "not_carried": 1, "asked_again": {"so-y-te": ASKED}}
        tables = {"it/province": table, "it/district": COUNTS}
        return httpx.Response(200, json={"campaign": "2021", "status": "closed", "tables": tables})

    client = Client("http://127.0.0.1:1", transport=httpx.MockTransport(answer))
    monkeypatch.setattr(campaign, "connect", lambda *_: client)
    return requests


def amend(run: Run, name: str, *more: str) -> Any:
    order = ("--answer-by", "2021-11-30", "--reason", "Tính theo buổi")
    return run("campaign", "amend", name, "it-province@2021.2", *order, *more)


def test_an_amendment_is_ordered_and_says_what_holds_now(run: Run, sent: list[tuple[str, Any]]) -> None:
    ended = amend(run, "2021")
    assert ended.code == 0
    order = {"rule_set": "it-province@2021.2", "reason": "Tính theo buổi", "answer_by": "2021-11-30"}
    assert sent == [("/intake/campaigns/2021/amend", order)]
    assert "it/province: it-province@2021.1 → it-province@2021.2" in ended.out
    assert "hết ngày 30/11/2021" in ended.out
    assert amend(run, "2021", "--json").json()["amendments"] == [AMENDMENT]


def test_a_refused_amendment_tells_every_fault(run: Run, sent: list[tuple[str, Any]]) -> None:
    ended = amend(run, "2020")
    assert ended.code == 1
    assert "Hạn sai" in ended.err
    assert "[campaign.answer_by]" in ended.err


def test_status_tells_who_is_asked_what_again(run: Run, sent: list[tuple[str, Any]]) -> None:
    out = run("campaign", "status", "2021").out
    assert "it-province@2021.1 → it-province@2021.2 (Tính theo buổi)" in out
    assert "so-y-te: hỏi lại tiêu chí 4.7" in out
    assert "đang chuyển 1 phiếu" in out
    assert out.count("→") == 1
