"""The common address: who is asked how often, and one platform in which nobody starts a service twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import httpx
import pytest

from deploy.xephang import platform as in_one_process
from deploy.xephang.gateway import Running, build_gateway
from deploy.xephang.platform import Platform
from shared.contracts.registry import SERVICES
from shared.http.auth import DemoIssuer


class Behind:
    """Counts how often it is asked. Scoring does not answer, publishing is stopped."""

    def __init__(self, folder: Path) -> None:
        self.issuer = DemoIssuer(folder)
        self.asked = 0

    @property
    def services(self) -> Mapping[str, Running]:
        return {}

    async def status(self) -> dict[str, Any]:
        self.asked += 1
        await asyncio.sleep(0)
        counts = {"consumed": {}, "unpublished": {}, "parked_aggregates": 0, "dead_letters": 0}
        told = {name: {"service": name, "running": True, **counts} for name in SERVICES}
        silent = {"service": "scoring", "running": False, "silent": True}
        return told | {"scoring": silent, "publishing": {"service": "publishing", "running": False}}

    async def stop_service(self, name: str) -> None: ...

    async def start_service(self, name: str) -> None: ...


async def test_the_public_page_asks_once_however_many_look_and_tells_silent_from_stopped(tmp_path: Path) -> None:
    behind = Behind(tmp_path)
    transport = httpx.ASGITransport(build_gateway(behind))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        pages = await asyncio.gather(*(client.get("/") for _ in range(20)))
        health = (await client.get("/health")).json()
    assert behind.asked == 1
    rows = [row for row in pages[0].text.split("<tr>") if "/docs" in row]
    states = ["đang chạy" in row or ("không trả lời" in row and "silent") or ("dừng" in row and "off") for row in rows]
    assert states == [True, True, "silent", "off"]
    assert health == dict.fromkeys(SERVICES, False)


async def test_metrics_and_paths_are_told_to_be_with_each_service(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(build_gateway(Behind(tmp_path)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        metrics, nowhere, stopped = [await client.get(path) for path in ("/metrics", "/nowhere", "/scoring/x")]
    for answer, status, page in ((metrics, 404, "metrics"), (nowhere, 404, "docs")):
        assert answer.status_code == status
        assert all(f"/{name}/{page}" in answer.json()["faults"][0]["remedy_vi"] for name in SERVICES)
    assert (stopped.status_code, stopped.headers["retry-after"]) == (503, "5")
    assert "`xephang service start scoring`" in stopped.json()["faults"][0]["remedy_en"]


async def test_two_who_start_a_service_at_once_start_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    class Slow:
        def __init__(self, definition: Any, _: Any) -> None:
            self.name = definition.name

        async def start(self) -> None:
            started.append(self.name)
            await asyncio.sleep(0)

        async def stop(self) -> None: ...

    async def nothing(*_: Any) -> Any:
        return AsyncMock()

    for name, part in {
        "Service": Slow,
        "EmbeddedBroker": MagicMock,
        "touch_topics": nothing,
        "open_store": nothing,
    }.items():
        monkeypatch.setattr(in_one_process, name, part)
    platform = Platform(tmp_path)
    await platform.start()
    try:
        await platform.stop_service("scoring")
        await asyncio.gather(*(platform.start_service("scoring") for _ in range(3)))
        assert started.count("scoring") == 2
    finally:
        await platform.stop()
