"""The method of a rule set over HTTP, for everybody: how each criterion is scored."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.scoring.collections import RULE_SETS
from services.scoring.core.method_paper import method_paper
from services.scoring.core.method_sheet import method_sheet
from shared.http.formats import answer_in, documented
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.kernel.paper import to_html, to_markdown
from shared.messaging.commands import Aggregates

__all__ = ["method_routes"]


def method_routes(router: APIRouter, aggregates: Aggregates) -> None:
    """Add the route."""

    @router.get(
        "/rulesets/{key}/method",
        tags=["rule sets"],
        summary="Cách chấm điểm: how everything is scored",
        response_class=Response,
        responses=documented("html", "markdown", "json"),
    )
    async def method(key: str, request: Request, format: Literal["html", "markdown", "json"] | None = None) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None or kept.status == "draft":
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no approved rule set {key}")
        sheet = await asyncio.to_thread(method_sheet, kept.parsed)
        return answer_in(
            request,
            format,
            {
                "html": lambda: to_html(method_paper(sheet)),
                "markdown": lambda: to_markdown(method_paper(sheet)),
                "json": lambda: canonical_json(sheet.model_dump(mode="json")),
            },
        )
