"""Not more at once than can be answered: what comes beyond is told to come again, before any of it is read.

A burst then costs its senders a moment each, instead of costing everybody the memory and the time of all of them. Three
bounds hold at once: requests under way, bytes of their bodies, and requests of one sender, so that nobody's burst takes
every place. Whoever only reads has some places that no amount of posting takes. Where requests take long, fewer are
taken at once: who is let in is answered in time, and the others hear at once that they have to wait.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from statistics import median

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.asked import method_of, path_of, route_of
from shared.http.problems import MAX_BODY, later
from shared.kernel.errors import DomainError
from shared.telemetry.metrics import Metrics
from shared.telemetry.trace_context import current, parse

__all__ = ["FOR_READING", "MOST_AT_ONCE", "MOST_BYTES", "MOST_OF_ONE", "Admission"]

MOST_AT_ONCE = 64
FOR_READING = 16  # more, for GET and HEAD
MOST_OF_ONE = 32  # of one sender; a sender is who shows one token
MOST_BYTES = 32 * 2**20  # of bodies
_LONGEST_WAIT = 30  # seconds
_REMEMBERED = 25  # requests, of how long one takes: an odd number, whose middle is one of them
_SECONDS = 5.0  # that requests should take at most, at the busiest
_LEAST_AT_ONCE = 8
_READING = ("GET", "HEAD")
# Whoever watches over the service must be answered when it is busiest.
_ALWAYS = ("/health/", "/metrics", "/status")


class Admission:
    """ASGI middleware: counts and times requests, and refuses those beyond the bounds: 429 where the sender has enough
    under way, 503 where all together have; `Retry-After` says when a place may be free.

    A request's W3C trace context goes to the events that it leads to.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        most: int = MOST_AT_ONCE,
        of_one: int = MOST_OF_ONE,
        size: int = MOST_BYTES,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._most = most
        self._of_one = of_one
        self._most_bytes = size
        self._under_way = 0
        self._bytes = 0
        self._senders: Counter[str] = Counter()  # only those who have something under way
        # Seconds that the last requests took that are not for reading. Some take minutes by their nature (accepting a
        # whole campaign, a replay), so it is the middle that tells how long one takes: a mean would be theirs.
        self._took = deque([0.0] * _REMEMBERED, _REMEMBERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sender, size = headers.get("authorization", ""), _announced(scope["method"], headers)
        refused = self._refusal(scope, sender, size)
        if refused:
            self._metrics.refused_busy()
            await self._refuse(refused, scope, receive, send)
            return
        self._enter(sender, size)
        began, status = time.perf_counter(), 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        asked_in = current.set(parse(headers.get("traceparent", "")))
        try:
            await self._app(scope, receive, note_status)
        finally:
            current.reset(asked_in)
            self._leave(sender, size)
            spent = time.perf_counter() - began
            if scope["method"] not in _READING:
                self._took.append(spent)
            self._metrics.request(method_of(scope), route_of(scope), status, spent)

    @property
    def places(self) -> int:
        """How many requests are taken at once, as long as requests take now."""
        usual = self._usual()
        if usual <= _SECONDS:
            return self._most
        return max(int(self._most * _SECONDS / usual), min(_LEAST_AT_ONCE, self._most))

    def _usual(self) -> float:
        return median(self._took)

    def _refusal(self, scope: Scope, sender: str, size: int) -> int:
        """With which status this one is refused; 0 if it may come in."""
        if path_of(scope).startswith(_ALWAYS):
            return 0
        room = self.places + (FOR_READING if scope["method"] in _READING else 0)
        full = self._under_way >= room or (self._bytes > 0 and self._bytes + size > self._most_bytes)
        # Who is anonymous may be anybody: the public, behind one proxy.
        if sender and self._senders[sender] >= self._of_one:
            return 429
        return 503 if full else 0

    def _enter(self, sender: str, size: int) -> None:
        self._under_way += 1
        self._bytes += size
        self._senders[sender] += 1

    def _leave(self, sender: str, size: int) -> None:
        self._under_way -= 1
        self._bytes -= size
        self._senders[sender] -= 1
        if not self._senders[sender]:
            del self._senders[sender]

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        seconds = min(max(math.ceil(self._usual()), 1), _LONGEST_WAIT)
        await later(_busy(status, seconds), status, str(seconds), scope)(scope, receive, send)


def _announced(method: str, headers: Headers) -> int:
    """How large the body may become: as it says, or as large as any may be."""
    if method in _READING:
        return 0
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and len(length) < 20:
        return min(int(length), MAX_BODY)
    return MAX_BODY if "transfer-encoding" in headers else 0


def _busy(status: int, seconds: int) -> DomainError:
    if status == 429:
        return DomainError(
            "Quá nhiều yêu cầu của bạn đang được xử lý; hãy gửi lại sau giây lát",
            f"too many requests of yours are under way: try again after {seconds} s",
            (),
            "too_many",
        )
    return DomainError(
        "Hệ thống đang bận; hãy gửi lại sau giây lát",
        f"too much is under way: try again after {seconds} s",
        (),
        "busy",
    )
