"""What the status says of services that do not say anything, and where `up-real` keeps what it is told to keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.xephang import real
from deploy.xephang.client import Client
from deploy.xephang.commands import operation
from tests.cli.conftest import Run


def test_a_service_that_does_not_answer_is_told_apart_from_one_that_was_stopped(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = {"service": "publishing", "running": False}
    told = {"scoring": {"service": "scoring", "running": False, "silent": True}, "publishing": stopped}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=told))
    monkeypatch.setattr(operation, "connect", lambda *_: Client("http://127.0.0.1:1", "", transport=transport))
    lines = run("status").out.splitlines()
    rows = {name: next(line for line in lines if name in line) for name in told}
    assert ("không trả lời" in rows["scoring"], "dừng" in rows["scoring"]) == (True, False)
    assert "dừng" in rows["publishing"]
    assert [line.split(":")[0].strip() for line in lines if "does not answer" in line] == ["scoring"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("sqlite:///du-lieu", "sqlite:///{here}/du-lieu"), ("sqlite:////srv/x", "sqlite:////srv/x"), ("mongodb://db", "")],
)
def test_a_folder_is_named_as_it_is_found_from_everywhere(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str, kept: str
) -> None:
    asked: dict[str, Any] = {}

    def platform(*_: Any, **named: Any) -> None:
        asked.update(named)
        raise OSError(98, "taken")

    monkeypatch.setattr(real, "RealPlatform", platform)
    assert run("up-real", "--store", given, "--kafka", "127.0.0.1:9").code == 1
    assert asked["store"] == (kept or given).format(here=tmp_path)
