"""Not more at once than can be answered; and every answer is counted under its route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from shared.http import admission
from shared.http.admission import FOR_READING, Admission
from shared.http.problems import MAX_BODY
from shared.telemetry.metrics import Metrics

QUIET = {
    "consumed": {},
    "unpublished": {},
    "stuck": [],
    "parked": {},
    "parked_aggregates": 0,
    "dead_letters": 0,
    "running": True,
}


def build(most: int, **bounds: int) -> tuple[FastAPI, Metrics, asyncio.Event]:
    app, metrics, gate = FastAPI(), Metrics("intake"), asyncio.Event()
    app.state.waiting = []

    @app.post("/answers/{agency}")
    async def answer(agency: str) -> str:
        app.state.waiting.append(agency)
        await gate.wait()
        return agency

    @app.get("/read")
    async def read() -> str:
        app.state.waiting.append("read")
        await gate.wait()
        return "read"

    @app.get("/health/live")
    async def live() -> str:
        return "live"

    @app.get("/broken")
    async def broken() -> str:
        raise RuntimeError("broken")

    app.add_middleware(Admission, metrics=metrics, most=most, **bounds)
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
    assert "after 1 s" in refused.json()["faults"][0]["remedy_en"]
    assert refused.json()["faults"][0]["place"] == "POST /answers/4"
    assert watched.status_code == 200
    assert [one.status_code for one in answered] == [200, 200, 200]
    assert again.status_code == 200


async def under_way(app: FastAPI, requests: list[Awaitable[httpx.Response]]) -> list[asyncio.Future[httpx.Response]]:
    """The requests, once all of them are being worked on."""
    wanted = len(app.state.waiting) + len(requests)
    tasks = [asyncio.ensure_future(each) for each in requests]
    while len(app.state.waiting) < wanted:  # noqa: ASYNC110 - it happens in other tasks
        await asyncio.sleep(0)
    return tasks


async def test_one_sender_does_not_take_every_place() -> None:
    app, metrics, gate = build(most=8, of_one=2)
    mine, other = {"authorization": "Bearer one"}, {"authorization": "Bearer other"}
    async with client_of(app) as client:
        first = await under_way(app, [client.post(f"/answers/{n}", headers=mine) for n in range(2)])
        refused = await client.post("/answers/3", headers=mine)
        watched = await client.get("/health/live", headers=mine)
        others = [client.post(f"/answers/{n}", headers=other) for n in range(2)]
        nobody = [client.post(f"/answers/{n}") for n in range(4)]  # the public: together no sender
        rest = await under_way(app, [*others, *nobody])
        gate.set()
        assert {one.status_code for one in await asyncio.gather(*first, *rest)} == {200}
        assert (await client.post("/answers/3", headers=mine)).status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert refused.json()["type"] == "urn:xephang:problem:too_many"
    assert watched.status_code == 200
    assert 'xephang_http_refused_busy_total{service="intake"} 1.0' in metrics.render(QUIET).decode()


async def test_posting_leaves_room_for_reading_and_reading_has_a_bound_too() -> None:
    app, _, gate = build(most=2)
    async with client_of(app) as client:
        posts = await under_way(app, [client.post(f"/answers/{n}") for n in range(2)])
        reads = await under_way(app, [client.get("/read") for _ in range(FOR_READING)])
        refused = [await client.post("/answers/x"), await client.get("/read")]
        gate.set()
        assert {one.status_code for one in await asyncio.gather(*posts, *reads)} == {200}
    assert [one.status_code for one in refused] == [503, 503]


async def test_bodies_have_a_bound_together_whether_they_tell_their_size_or_not() -> None:
    app, _, gate = build(most=8, size=MAX_BODY + 1000)

    async def endless() -> AsyncIterator[bytes]:
        yield b"{}"

    async with client_of(app) as client:
        small = await under_way(app, [client.post("/answers/1", content=b"x" * 1001)])
        large = [client.post("/answers/2", content=b"x" * MAX_BODY), client.post("/answers/3", content=endless())]
        refused = [await one for one in large]
        fitting = await under_way(app, [client.post("/answers/4", content=b"x" * 1000), client.get("/read")])
        gate.set()
        assert {one.status_code for one in await asyncio.gather(*small, *fitting)} == {200}
        assert (await client.post("/answers/2", content=b"x" * MAX_BODY)).status_code == 200
    assert [one.status_code for one in refused] == [503, 503]


class Door:
    """Admission before what takes as long as it is told, by a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = 0.0
        self._takes = 0.0
        monkeypatch.setattr(admission.time, "perf_counter", lambda: self._now)
        self.admission = Admission(self._slow, Metrics("intake"))

    async def pass_through(self, takes: float, times: int = 1) -> int:
        """So many requests, one after the other; how many places there are then."""
        self._takes = takes
        scope: Scope = {"type": "http", "method": "POST", "path": "/answers", "headers": []}
        for _ in range(times):
            await self.admission(scope, None, None)  # type: ignore[arg-type]
        return self.admission.places

    async def _slow(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._now += self._takes


async def test_where_requests_take_long_fewer_are_taken_at_once_and_more_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = Door(monkeypatch)
    places = [await door.pass_through(takes, 100) for takes in (4.0, 20.0, 1000.0, 0.1)]
    assert places == [64, 16, 8, 64]


async def test_a_few_calls_that_take_minutes_by_their_nature_leave_the_others_their_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = Door(monkeypatch)
    assert await door.pass_through(600.0) == 64, "the first of all may be such a one"
    places = {await door.pass_through(takes, times) for _ in range(20) for takes, times in ((0.1, 3), (600.0, 2))}
    assert places == {64}


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


async def test_whoever_watches_is_answered_where_the_service_is_mounted_under_a_prefix_too() -> None:
    app, _, gate = build(most=1)
    outer = FastAPI()
    outer.mount("/intake", app)
    async with client_of(outer) as client:
        busy = await under_way(app, [client.post("/intake/answers/1")])
        reads = await under_way(app, [client.get("/intake/read") for _ in range(FOR_READING)])
        watched, refused = await client.get("/intake/health/live"), await client.get("/intake/read")
        gate.set()
        await asyncio.gather(*busy, *reads)
    assert (watched.status_code, refused.status_code) == (200, 503)


async def test_methods_that_a_client_makes_up_are_counted_as_one() -> None:
    app, metrics, _ = build(most=3)
    async with client_of(app) as client:
        for method in ("SECRET1", "SECRET2"):
            await client.request(method, "/nowhere")
    told = metrics.render(QUIET).decode()
    assert 'xephang_http_requests_total{method="other",route="other",service="intake",status="404"} 2.0' in told
    assert "SECRET" not in told
