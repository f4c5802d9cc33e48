"""In which format a document is answered: as `?format=` says, else as the Accept header prefers, else the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response

__all__ = ["CONTENT_TYPES", "answer_in", "documented"]

CONTENT_TYPES = {
    "html": "text/html",
    "markdown": "text/markdown",
    "json": "application/json",
    "text": "text/plain",
}


def documented(*names: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of a route that answers in these formats."""
    return {200: {"content": {CONTENT_TYPES[name]: {} for name in names}, "description": "In the format asked for"}}


def answer_in(
    request: Request, asked: str | None, written: Mapping[str, Callable[[], str | bytes]], **headers: str
) -> Response:
    """The document in one of the formats it can be `written` in; of those the first is the default."""
    name = asked or _preferred(request.headers.get("accept", ""), tuple(written))
    kind = CONTENT_TYPES[name]
    media = kind if name == "json" else f"{kind}; charset=utf-8"
    return Response(written[name](), media_type=media, headers={"Vary": "Accept", **headers})


def _preferred(accept: str, offered: Sequence[str]) -> str:
    """What an Accept header likes best; who accepts nothing of it gets the first (RFC 9110, 12.5.1)."""
    liked = [_weighed(part) for part in accept.split(",") if part.strip()]
    weights = {name: _weight(CONTENT_TYPES[name], liked) for name in offered}
    best = max(offered, key=lambda name: weights[name])  # the first of several that are liked as much
    return best if weights[best] > 0 else offered[0]


def _weighed(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return kind, float(value)
            except ValueError:
                return kind, 0.0
    return kind, 1.0


def _weight(kind: str, liked: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that names the type."""
    for wanted in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        for given, weight in liked:
            if given == wanted:
                return weight
    return 0.0
