"""Errors over HTTP: problem documents (RFC 9457) that name the place, the reason and the remedy."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from shared.http.auth import Unauthenticated
from shared.kernel.canonical import loads_exact
from shared.kernel.errors import Conflict, DomainError, Fault, Forbidden, Invalid, NotFound
from shared.messaging.messages import PublisherUnavailable
from shared.storage.port import StoreUnavailable

__all__ = ["MAX_BODY", "exact_body", "install_problem_handlers", "parse_body", "problem", "read_body"]

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


def problem(error: DomainError, status: int | None = None) -> JSONResponse:
    """The problem document of a refusal."""
    status = status or next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)
    body: dict[str, Any] = {
        "type": f"urn:xephang:problem:{error.code}",
        "title": error.vi,
        "detail": error.en,
        "status": status,
        "faults": [fault.as_json() for fault in error.faults],
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


async def read_body(request: Request) -> bytes:
    """The request's body, bounded in size. Raises `TooLarge`."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY:
            raise TooLarge(f"Nội dung lớn hơn {MAX_BODY} byte", f"the body is larger than {MAX_BODY} bytes")
    return bytes(content)


def parse_body(content: bytes) -> Any:
    """JSON with exact decimals. Raises `Unreadable`."""
    try:
        return loads_exact(content)
    except ValueError as error:
        raise Unreadable("Nội dung không phải JSON hợp lệ", f"the body is not JSON: {error}") from error


async def exact_body(request: Request) -> Any:
    """The request's JSON with exact decimals; bounded in size. Raises `TooLarge` or `Unreadable`."""
    return parse_body(await read_body(request))


def install_problem_handlers(app: FastAPI) -> None:
    """Every error leaves the API as a problem document."""

    @app.exception_handler(DomainError)
    async def _refused(_: Request, error: DomainError) -> JSONResponse:
        return problem(error)

    @app.exception_handler(RequestValidationError)
    async def _malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            Fault(
                "request.malformed",
                ".".join(str(part) for part in item["loc"]),
                f"Giá trị không hợp lệ: {item['msg']}",
                item["msg"],
            )
            for item in error.errors()
        ]
        return problem(Invalid("Yêu cầu không hợp lệ", "the request is malformed", faults, "malformed"))

    @app.exception_handler(StoreUnavailable)
    @app.exception_handler(PublisherUnavailable)
    async def _unavailable(_: Request, error: Exception) -> JSONResponse:
        log.warning("unavailable: %s", error)
        response = problem(DomainError("Hệ thống tạm thời bận", "try again shortly", (), "unavailable"), 503)
        response.headers["Retry-After"] = "2"
        return response

    @app.exception_handler(Exception)
    async def _failed(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(DomainError("Lỗi hệ thống", "an internal error; it has been logged", (), "internal"), 500)
