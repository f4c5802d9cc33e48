"""Not more at once than can be answered; and every answer is counted under its route."""

from __future__ import annotations

import asyncio

import httpx
from fastapi import FastAPI

from shared.http.admission import Admission
from shared.telemetry.metrics import Metrics

QUIET = {"consumed": {}, "unpublished": {}, "stuck": [], "parked": {}, "dead_letters": 0, "running": True}


def build(most: int) -> tuple[FastAPI, Metrics, asyncio.Event]:
    app, metrics, gate = FastAPI(), Metrics("intake"), asyncio.Event()
    app.state.waiting = []

    @app.post("/answers/{agency}")
    async def answer(agency: str) -> str:
        app.state.waiting.append(agency)
        await gate.wait()
        return agency

    @app.get("/health/live")
    async def live() -> str:
        return "live"

    @app.get("/broken")
    async def broken() -> str:
        raise RuntimeError("broken")

    app.add_middleware(Admission, metrics=metrics, most=most)
    return app, metrics, gate


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_beyond_what_fits_is_told_to_come_again() -> None:
    app, _, gate = build(most=3)
    waiting = app.state.waiting
    async with client_of(app) as client:
        first = [asyncio.create_task(client.post(f"/answers/{n}")) for n in range(3)]
        while len(waiting) < 3:  # noqa: ASYNC110 - it happens in other tasks
            await asyncio.sleep(0)
        refused = await client.post("/answers/4")
        watched = await client.get("/health/live")
        gate.set()
        answered = await asyncio.gather(*first)
        again = await client.post("/answers/4")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["type"] == "urn:xephang:problem:busy"
    assert watched.status_code == 200
    assert [one.status_code for one in answered] == [200, 200, 200]
    assert again.status_code == 200


async def test_answers_are_counted_by_route_and_not_by_whom_they_are_about() -> None:
    app, metrics, gate = build(most=3)
    gate.set()
    async with client_of(app) as client:
        for agency in ("so-y-te", "so-noi-vu"):
            await client.post(f"/answers/{agency}")
        await client.get("/broken")
        await client.get("/nowhere")
    told = metrics.render(QUIET).decode()
    counted = 'xephang_http_requests_total{method="POST",route="/answers/{agency}",service="intake",status="200"} 2.0'
    assert counted in told
    assert 'route="/broken",service="intake",status="500"} 1.0' in told
    assert 'route="other",service="intake",status="404"} 1.0' in told
    assert "so-y-te" not in told
