"""Rule sets as Excel workbooks over HTTP; loading and linting take one where they take YAML (rule_sets_api.py)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.scoring.collections import RULE_SETS
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.remembered import Remembered
from services.scoring.documents import MEDIA_TYPE, workbook_of
from shared.http.auth import Person, require
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates

__all__ = ["WORKBOOK_CONTENT", "workbook_routes"]

Staff = Annotated[Person, Depends(require("operator", "verifier", "rules_admin", "chairman"))]

WORKBOOK_CONTENT: dict[str, Any] = {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
_KEPT = 16  # of one version some 70 KB; half a second of work each, which everybody may ask for
_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": WORKBOOK_CONTENT, "description": "The workbook"}}


def workbook_routes(router: APIRouter, aggregates: Aggregates) -> None:
    """Add the routes."""
    made = Remembered[str, bytes](_KEPT)  # by the hash of the document

    @router.get("/rulesets/{key}/workbook", tags=["rule sets"], responses=_ANSWERS, summary="The set as a workbook")
    async def workbook(key: str) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None or kept.status == "draft":
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no approved rule set {key}")
        return await _workbook(kept, made)

    @router.get("/rulesets/{key}/draft/workbook", tags=["rule sets"], responses=_ANSWERS, summary="Of a draft too")
    async def draft_workbook(key: str, _: Staff) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None:
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no rule set {key}")
        return await _workbook(kept, made)


async def _workbook(kept: KeptRuleSet, made: Remembered[str, bytes]) -> Response:
    content = made.get(kept.ref.hash)
    if content is None:
        content = await asyncio.to_thread(workbook_of, kept.rule_set(kept.ref))
        made.keep(kept.ref.hash, content)
    name = f"{kept.ref.id}-{kept.ref.version}.xlsx"
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'})
