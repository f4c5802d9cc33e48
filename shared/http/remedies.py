"""What to do about refusals that are not of one service but of the door: no token, no such path, come again later."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import Match, Mount
from starlette.types import Scope

from shared.kernel.errors import Fault

__all__ = ["asked_for", "asks_for_a_token", "come_again", "forbidden", "methods_here", "no_such_method", "no_such_path"]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_LONGEST = 200  # characters of a path that are quoted
_GET_ONE_VI = (
    "gửi tiêu đề `Authorization: Bearer <mã>`; mã do bộ phát hành của tỉnh cấp, nền tảng chạy thử thì lấy bằng"
    " `xephang token ROLE --data <thư mục dữ liệu>`"
)
_GET_ONE_EN = (
    "send the header `Authorization: Bearer <token>`; the province's issuer gives tokens, of a trial platform get one"
    " with `xephang token ROLE --data <data folder>`"
)


def asked_for(scope: Scope) -> str:
    """The request, as a place: `GET /intake/agencies`."""
    return f"{scope['method']} {scope['path']}"[:_LONGEST]


def asks_for_a_token(code: str, vi: str, en: str) -> Fault:
    """401: how to get a token that holds, and where to put it."""
    return Fault(code, "Authorization", vi, en, _GET_ONE_VI, _GET_ONE_EN)


def forbidden(code: str, place: str, vi: str, en: str, *, held: Iterable[str], needed: Iterable[str] = ()) -> Fault:
    """403: which role is needed, where that is known, and which the token has."""
    has, needs = ", ".join(sorted(held)), ", ".join(needed)
    return Fault(
        code,
        place,
        vi,
        en,
        f"dùng mã truy cập có {f'một trong các vai trò {needs}' if needs else 'quyền này'};"
        f" mã đang dùng có: {has or 'không vai trò nào'}",
        f"use a token {f'with a role of {needs}' if needs else 'that may do this'}; yours has: {has or 'no role'}",
    )


def no_such_path(request: Request) -> Fault:
    """404 of what is no path at all: where the list of paths is."""
    root = str(request.scope.get("root_path", ""))
    pages = f"{root}/docs, {root}/openapi.json"
    if request.app.openapi_url is None:  # the common address: services stand behind it, each with its own list
        pages = ", ".join(f"{route.path}/docs" for route in request.app.routes if isinstance(route, Mount))
    return Fault(
        "http.404",
        asked_for(request.scope),
        "không có địa chỉ này",
        "there is no such path",
        f"xem danh sách đường dẫn ở {pages}",
        f"paths are listed at {pages}",
    )


def no_such_method(request: Request, methods: Iterable[str]) -> Fault:
    """405: which methods there are."""
    there = ", ".join(methods)
    return Fault(
        "http.405",
        asked_for(request.scope),
        f"địa chỉ này không nhận {request.method}",
        f"this path does not take {request.method}",
        f"dùng {there}",
        f"use {there}",
    )


def methods_here(request: Request) -> list[str]:
    """All that the path takes: asked of each route, because none knows what the others take."""
    routes = request.app.routes

    def taken(method: str) -> bool:
        asked = {**request.scope, "method": method}
        return any(route.matches(asked)[0] is Match.FULL for route in routes)

    return [method for method in _METHODS if taken(method)]


def come_again(code: str, place: str, vi: str, en: str, seconds: str) -> Fault:
    """429 and 503: when to send the same once more."""
    return Fault(
        code,
        place,
        vi,
        en,
        f"gửi lại đúng yêu cầu này sau {seconds} giây (tiêu đề Retry-After)",
        f"send the same request again after {seconds} s (the header Retry-After)",
    )
