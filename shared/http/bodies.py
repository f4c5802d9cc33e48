"""What every request's body is held to before any route sees it: bounded in size, and exact JSON where it says JSON.

FastAPI reads the bodies of its models itself: without a bound, with doubled keys (the last wins) and with NaN.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import check_size, parse_body, problem
from shared.kernel.errors import DomainError

__all__ = ["ExactBodies"]


class ExactBodies:
    """ASGI middleware; answers with a problem document what it does not let pass."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            length = headers.get("content-length", "")
            check_size(int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0)
            messages = await _received(receive)
            body = b"".join(message.get("body", b"") for message in messages)
            if body and "json" in headers.get("content-type", "").lower():
                parse_body(body)
        except DomainError as error:
            await problem(error)(scope, receive, send)
            return
        await self._app(scope, _replayed(messages, receive), send)


async def _received(receive: Receive) -> list[Message]:
    messages: list[Message] = []
    size = 0
    while not messages or messages[-1].get("more_body", False):
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        check_size(size)
    return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    coming = iter(messages)

    async def receive_again() -> Message:
        message = next(coming, None)
        return await receive() if message is None else message

    return receive_again
