"""Not more at once than can be answered: what comes beyond is told to come again, before any of it is read.

A burst then costs its senders a moment each, instead of costing everybody the memory and the time of all of them.
"""

from __future__ import annotations

import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import problem
from shared.kernel.errors import DomainError
from shared.telemetry.metrics import Metrics
from shared.telemetry.trace_context import current, parse

__all__ = ["MOST_AT_ONCE", "Admission"]

MOST_AT_ONCE = 64
_RETRY_AFTER = "1"  # seconds
# Whoever watches over the service must be answered when it is busiest.
_ALWAYS = ("/health/", "/metrics", "/status")


class Admission:
    """ASGI middleware: counts and times requests, and refuses those beyond `most` with 503 and `Retry-After`.

    A request's W3C trace context goes to the events that it leads to.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, most: int = MOST_AT_ONCE) -> None:
        self._app = app
        self._metrics = metrics
        self._most = most
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._under_way >= self._most and not scope["path"].startswith(_ALWAYS):
            self._metrics.refused_busy()
            await _busy(scope, receive, send)
            return
        self._under_way += 1
        began, status = time.perf_counter(), 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        asked_in = current.set(parse(Headers(scope=scope).get("traceparent", "")))
        try:
            await self._app(scope, receive, note_status)
        finally:
            current.reset(asked_in)
            self._under_way -= 1
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.request(scope["method"], route, status, time.perf_counter() - began)


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    error = DomainError(
        "Hệ thống đang bận; hãy gửi lại sau giây lát",
        f"too much is under way: try again after {_RETRY_AFTER} s",
        (),
        "busy",
    )
    response = problem(error, 503)
    response.headers["Retry-After"] = _RETRY_AFTER
    await response(scope, receive, send)
