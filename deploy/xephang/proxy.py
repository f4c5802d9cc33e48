"""Passes HTTP requests on to a service in another process; bodies and answers stream through, never whole here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import httpx
from starlette.types import Receive, Scope, Send

from shared.http.problems import later, problem
from shared.kernel.errors import DomainError, NotFound

__all__ = ["Proxy", "build_client"]

MOST_AT_ONCE = 256  # to one service, which itself refuses beyond its own bound
_TIMES = httpx.Timeout(120, connect=3)
# They concern one connection only (RFC 9110, 7.6.1).
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}


class _Gone(Exception):
    """Whoever asked has hung up."""


def build_client() -> httpx.AsyncClient:
    """Connections to services; this machine's own, so no proxy of the environment has a say."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=MOST_AT_ONCE)
    return httpx.AsyncClient(trust_env=False, timeout=_TIMES, limits=limits)


class Proxy:
    """An ASGI application; mounted under a prefix, it takes the prefix off. 503 where the service does not answer."""

    def __init__(self, url: str, client: httpx.AsyncClient, most: int = MOST_AT_ONCE) -> None:
        self._url = url
        self._client = client
        self._most = most
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self._under_way >= self._most:
            busy = DomainError("Hệ thống đang bận; hãy gửi lại sau giây lát", "too much is under way", (), "busy")
            await _refuse(busy, "1", scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._pass_on(scope, receive, send)
        except _Gone:
            return
        finally:
            self._under_way -= 1

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = _target(scope)
        if not target.startswith("/"):  # a part of the prefix was escaped: what is left might name another host
            absent = NotFound("Không có địa chỉ này", "there is no such address")
            await problem(absent, 404)(scope, receive, send)
            return
        request = httpx.Request(
            scope["method"], f"{self._url}{target}", headers=_passed(scope["headers"]), content=_body(receive)
        )
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            silent = DomainError(
                "Dịch vụ tạm thời không trả lời", f"the service does not answer ({type(error).__name__})", (), "silent"
            )
            await _refuse(silent, "5", scope, receive, send)
            return
        try:
            headers = _passed(response.headers.raw)
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            async for chunk in response.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await response.aclose()


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _target(scope: Scope) -> str:
    """Path and query as they came (what is escaped stays so), without so many characters as the prefix has."""
    path = scope["raw_path"].decode("latin-1")[len(scope.get("root_path", "")) :] or "/"
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _passed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


async def _refuse(error: DomainError, seconds: str, scope: Scope, receive: Receive, send: Send) -> None:
    await later(error, 503, seconds, scope)(scope, receive, send)
