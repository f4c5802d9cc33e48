"""The access log: a line for each answer, by route and never by path, with an id that the answer names as well."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.http.problems import install_problem_handlers
from shared.http.request_log import RequestLog
from shared.telemetry.situation import note

CANARY = "canary-in-a-path"
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def build() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/answers/{agency}")
    async def answer(agency: str) -> str:
        note(correlation="2022-it-1")
        return agency

    @app.get("/health/live")
    async def live() -> str:
        return "live"

    @app.get("/broken/{agency}")
    async def broken(agency: str) -> str:
        raise RuntimeError(agency)

    app.add_middleware(RequestLog, service="intake")
    return app


async def asked(caplog: pytest.LogCaptureFixture, path: str, **headers: str) -> tuple[httpx.Response, dict[str, Any]]:
    """The answer, and the fields of the line that tells of it."""
    caplog.set_level(logging.DEBUG, logger="shared.http.request_log")
    transport = httpx.ASGITransport(build(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        response = await client.get(path)
    line = next(record for record in caplog.records if record.getMessage() == "answered")
    return response, {**line.fields, "level": line.levelname}


async def test_an_answer_is_a_line_with_its_correlation(caplog: pytest.LogCaptureFixture) -> None:
    response, line = await asked(caplog, f"/answers/{CANARY}?token={CANARY}", traceparent=GIVEN)
    assert line.pop("ms") >= 0
    assert line == {
        "service": "intake",
        "request": response.headers["X-Request-Id"],
        "method": "GET",
        "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        "correlation": "2022-it-1",
        "route": "/answers/{agency}",
        "status": 200,
        "level": "INFO",
    }


@pytest.mark.parametrize(("given", "kept"), [("0123abcd-0123", True), (CANARY, False), ("", False), ("a" * 65, False)])
async def test_an_id_of_others_is_taken_over_if_it_can_be_nothing_else(
    caplog: pytest.LogCaptureFixture, given: str, kept: bool
) -> None:
    response, line = await asked(caplog, "/answers/x", **{"X-Request-Id": given})
    assert (line["request"] == given) == kept
    assert response.headers["X-Request-Id"] == line["request"]


@pytest.mark.parametrize(
    ("path", "route", "status", "level"),
    [
        (f"/{CANARY}", "other", 404, "INFO"),
        (f"/broken/{CANARY}", "/broken/{agency}", 500, "INFO"),
        ("/health/live", "/health/live", 200, "DEBUG"),
    ],
)
async def test_whatever_the_answer_is(
    caplog: pytest.LogCaptureFixture, path: str, route: str, status: int, level: str
) -> None:
    _, line = await asked(caplog, path)
    assert (line["route"], line["status"], line["level"]) == (route, status, level)
    assert CANARY not in str(line)
