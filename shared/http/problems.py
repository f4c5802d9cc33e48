"""Errors over HTTP: problem documents (RFC 9457) that name the place, the reason and the remedy."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from shared.http.auth import Unauthenticated
from shared.http.remedies import (
    asked_for,
    asks_for_a_token,
    come_again,
    forbidden,
    methods_here,
    no_such_method,
    no_such_path,
)
from shared.kernel.canonical import loads_exact
from shared.kernel.complaints import complaint_vi
from shared.kernel.errors import Conflict, DomainError, Fault, Forbidden, Invalid, NotFound
from shared.messaging.messages import PublisherUnavailable
from shared.storage.port import StoreUnavailable

__all__ = [
    "MAX_BODY",
    "check_size",
    "exact_body",
    "install_problem_handlers",
    "later",
    "parse_body",
    "problem",
    "read_body",
]

log = logging.getLogger(__name__)

MAX_BODY = 4 * 2**20
_STATUS: dict[type[DomainError], int] = {
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    Unauthenticated: 401,
}


class TooLarge(DomainError):
    """The body is larger than `MAX_BODY` (HTTP 413)."""


class Unreadable(DomainError):
    """The body is not what its type says (HTTP 400)."""


_STATUS |= {TooLarge: 413, Unreadable: 400}


class _Problem(JSONResponse):
    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        """Refusals quote what they refuse, which may be text that has no UTF-8."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def problem(error: DomainError, status: int | None = None, faults: Sequence[Fault] = ()) -> JSONResponse:
    """The problem document of a refusal; `faults` in place of its own."""
    status = status or next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    body: dict[str, Any] = {
        "type": f"urn:xephang:problem:{error.code}",
        "title": error.vi,
        "detail": error.en,
        "status": status,
        "faults": [fault.as_json() for fault in faults or error.faults],
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return _Problem(body, status_code=status, headers=headers)


def later(error: DomainError, status: int, seconds: str, scope: Scope) -> JSONResponse:
    """The problem document of a refusal that passes: when to come again, in words and as `Retry-After`."""
    fault = come_again(error.code, asked_for(scope), error.vi, error.en, seconds)
    response = problem(error, status, error.faults or (fault,))
    response.headers["Retry-After"] = seconds
    return response


def check_size(size: int) -> None:
    """Raises `TooLarge`."""
    if size > MAX_BODY:
        raise TooLarge(
            f"Nội dung lớn hơn {MAX_BODY} byte", f"the body is larger than {MAX_BODY} bytes", (), "too_large"
        )


async def read_body(request: Request) -> bytes:
    """The request's body, bounded in size. Raises `TooLarge`."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        check_size(len(content))
    return bytes(content)


def parse_body(content: bytes) -> Any:
    """JSON with exact decimals. Raises `Unreadable`."""
    try:
        return loads_exact(content)
    except ValueError as error:
        raise Unreadable(
            "Nội dung không phải JSON hợp lệ", f"the body is not JSON: {error}", (), "unreadable"
        ) from error


async def exact_body(request: Request) -> Any:
    """The request's JSON with exact decimals; bounded in size. Raises `TooLarge` or `Unreadable`."""
    return parse_body(await read_body(request))


def install_problem_handlers(app: FastAPI) -> None:
    """Every error leaves the API as a problem document."""

    @app.exception_handler(DomainError)
    async def _refused(request: Request, error: DomainError) -> JSONResponse:
        return problem(error, faults=error.faults or _remedies(request, error))

    @app.exception_handler(RequestValidationError)
    async def _malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            Fault(
                "request.malformed",
                ".".join(str(part) for part in item["loc"]),
                complaint_vi(item),
                item["msg"],
            )
            for item in error.errors()
        ]
        return problem(Invalid("Yêu cầu không hợp lệ", "the request is malformed", faults, "malformed"))

    @app.exception_handler(HTTPException)
    async def _not_served(request: Request, error: HTTPException) -> JSONResponse:
        headers, fault = dict(error.headers or {}), None
        if error.status_code == 404:
            fault = no_such_path(request)
        elif error.status_code == 405:
            headers["Allow"] = ", ".join(methods := methods_here(request))
            fault = no_such_method(request, methods)
        vi = {404: "Không có địa chỉ này", 405: "Địa chỉ này không nhận phương thức đó"}.get(
            error.status_code, "Yêu cầu không được phục vụ"
        )
        faults = (fault,) if fault else ()
        response = problem(DomainError(vi, str(error.detail), faults, f"http.{error.status_code}"), error.status_code)
        response.headers.update(headers)
        return response

    @app.exception_handler(StoreUnavailable)
    @app.exception_handler(PublisherUnavailable)
    async def _unavailable(request: Request, error: Exception) -> JSONResponse:
        log.warning("unavailable: %s", error)
        busy = DomainError("Hệ thống tạm thời bận", "try again shortly", (), "unavailable")
        return later(busy, 503, "2", request.scope)

    @app.exception_handler(Exception)
    async def _failed(_: Request, __: Exception) -> JSONResponse:
        return problem(DomainError("Lỗi hệ thống", "an internal error; it has been logged", (), "internal"), 500)


def _remedies(request: Request, error: DomainError) -> tuple[Fault, ...]:
    """What to do about a refusal that its service has no remedy for: of the kinds where the door knows one."""
    if isinstance(error, Unauthenticated):
        return (asks_for_a_token("token.missing", error.vi, error.en),)
    if isinstance(error, Forbidden):
        person = getattr(request.state, "person", None)
        held = person.roles if person else ()
        return (forbidden("role.missing", asked_for(request.scope), error.vi, error.en, held=held),)
    return ()
