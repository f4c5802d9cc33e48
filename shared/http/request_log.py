"""The access log, and what all log lines of a request have in common: its id, method, route and correlation.

Routes, never paths or queries: those name agencies, and may hold what somebody should not have put there.
"""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.asked import method_of, path_of, route_of
from shared.telemetry.situation import being, now
from shared.telemetry.spans import Answered, Spans
from shared.telemetry.trace_context import NOWHERE, Place, parse

__all__ = ["REQUEST_ID", "RequestLog"]

log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-Id"
_ID = re.compile(r"[0-9a-fA-F-]{8,64}")  # of others: what can be nothing but an id
# Asked every few seconds by whoever watches over the service.
_WATCHING = ("/health/", "/metrics")


class RequestLog:
    """ASGI middleware: a line for every request answered, and the request's id in the answer (`X-Request-Id`)."""

    def __init__(self, app: ASGIApp, service: str, spans: Spans | None = None) -> None:
        self._app = app
        self._service = service
        self._spans = spans or Spans(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        request = given if _ID.fullmatch(given) else uuid4().hex
        began, status = time.time_ns(), 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request
            await send(message)

        place = parse(headers.get("traceparent", ""))
        with being(service=self._service, request=request, method=method_of(scope), trace=place.trace):
            try:
                await self._app(scope, receive, named)
            except Exception as error:
                log.error("a request failed", exc_info=error)
                raise
            finally:
                self._answered(scope, status, place, began)

    def _answered(self, scope: Scope, status: int, given: Place, began: int) -> None:
        level = logging.DEBUG if path_of(scope).startswith(_WATCHING) else logging.INFO
        ended, here = time.time_ns(), now()
        route = route_of(scope)
        if log.isEnabledFor(level):
            fields = {**here, "route": route, "status": status, "ms": round((ended - began) / 1e6, 1)}
            log.log(level, "answered", extra={"fields": fields})
        if self._spans.on:
            about = Place(here["trace"], here["span"]) if here.get("span") else NOWHERE
            answered = Answered(here["request"], here["method"], route, status, given, about)
            self._spans.answered(answered, began, ended)
