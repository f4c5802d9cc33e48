"""Errors over HTTP: problem documents (RFC 9457) that name the place, the reason and the remedy."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.http.auth import Unauthenticated
from shared.kernel.canonical import loads_exact
from shared.kernel.complaints import complaint_vi
from shared.kernel.errors import Conflict, DomainError, Fault, Forbidden, Invalid, NotFound
from shared.messaging.messages import PublisherUnavailable
from shared.storage.port import StoreUnavailable

__all__ = ["MAX_BODY", "check_size", "exact_body", "install_problem_handlers", "parse_body", "problem", "read_body"]

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
    return _Problem(body, status_code=status, headers=headers)


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
    async def _refused(_: Request, error: DomainError) -> JSONResponse:
        return problem(error)

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
    async def _not_served(_: Request, error: HTTPException) -> JSONResponse:
        vi = {404: "Không có địa chỉ này", 405: "Địa chỉ này không nhận phương thức đó"}.get(
            error.status_code, "Yêu cầu không được phục vụ"
        )
        response = problem(DomainError(vi, str(error.detail), (), f"http.{error.status_code}"), error.status_code)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(StoreUnavailable)
    @app.exception_handler(PublisherUnavailable)
    async def _unavailable(_: Request, error: Exception) -> JSONResponse:
        log.warning("unavailable: %s", error)
        response = problem(DomainError("Hệ thống tạm thời bận", "try again shortly", (), "unavailable"), 503)
        response.headers["Retry-After"] = "2"
        return response

    @app.exception_handler(Exception)
    async def _failed(_: Request, __: Exception) -> JSONResponse:
        return problem(DomainError("Lỗi hệ thống", "an internal error; it has been logged", (), "internal"), 500)
