"""Answers with a hash: the ETag is the SHA-256 of the body, so whoever has the bytes need not get them again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.http.auth import Person, TokenVerifier
from shared.http.problems import problem
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import DomainError

__all__ = ["Asking", "Gone", "answer", "answer_json", "gone"]

# A correction or withdrawal must be seen soon, so copies are good for a minute and then asked about again.
_PUBLIC = "public, max-age=60, must-revalidate"
_PRIVATE = "private, no-cache"
_bearer = HTTPBearer(auto_error=False, description="Only needed for what is not published")


class Gone(DomainError):
    """What was published was withdrawn (HTTP 410)."""


def _asking(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Person | None:
    """Who asks, or None for the public; a token that does not hold is refused rather than ignored."""
    if credentials is None:
        return None
    verifier: TokenVerifier = request.app.state.tokens
    return verifier.person(credentials.credentials)


Asking = Annotated[Person | None, Depends(_asking)]


def answer(
    request: Request, body: bytes, media_type: str, *, public: bool = True, extra: dict[str, str] | None = None
) -> Response:
    """200 with the body, or 304 if the asker has it. What depends on who asks is never kept by shared caches."""
    tag = f'"{sha256_hex(body)}"'
    headers = {"ETag": tag, "Cache-Control": _PUBLIC if public else _PRIVATE, "Vary": "Authorization"}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers={**headers, **(extra or {})})


def answer_json(request: Request, data: object, *, public: bool = True) -> Response:
    """The same for canonical JSON of plain data."""
    return answer(request, canonical_json(data), "application/json", public=public)


def gone(error: Gone) -> Response:
    """410: there was something here, and it was withdrawn."""
    response = problem(error, 410)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _has(if_none_match: str, tag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison."""
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in tags or tag in tags
