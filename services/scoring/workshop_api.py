"""The workshop over HTTP: examples of a rule set tried, and what an amendment changes. Nothing is kept."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.scoring.collections import RULE_SETS
from services.scoring.core.amendment import amend
from services.scoring.core.amendment_formats import told
from services.scoring.ports import RuleEngine
from services.scoring.rule_sets_api import DOCUMENT_BODY
from services.scoring.usecases.try_examples import try_examples
from shared.http.auth import Person, known, require
from shared.http.problems import read_body
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSet

__all__ = ["workshop_routes"]

Format = Literal["json", "text", "markdown", "html"]
Staff = Annotated[Person | None, Depends(known("operator", "verifier", "rules_admin", "chairman"))]
RulesAdmin = Annotated[Person, Depends(require("rules_admin"))]


def workshop_routes(router: APIRouter, aggregates: Aggregates, engine: RuleEngine) -> None:
    """Add the routes."""

    @router.post(
        "/rulesets/test",
        tags=["rule sets"],
        openapi_extra=DOCUMENT_BODY,
        summary="Run the examples; what they cover, and examples proposed for the rest",
    )
    async def test(request: Request, _: RulesAdmin, name: str = "document", few: bool = False) -> dict[str, Any]:
        content = await read_body(request)
        tried = await asyncio.to_thread(try_examples, content, name, engine, few=few)  # takes seconds: others go on
        return tried.as_json()

    @router.get(
        "/rulesets/{key}/diff",
        tags=["rule sets"],
        summary="What it changes of another version (staff: drafts too)",
    )
    async def diff(
        key: str, person: Staff, other: Annotated[str, Query(alias="from")], format: Format = "json"
    ) -> Response:
        old, new = [await _rule_set(aggregates, each, drafts=person is not None) for each in (other, key)]
        text, media_type = told(await asyncio.to_thread(amend, old, new), format)
        return Response(text, media_type=media_type)


async def _rule_set(aggregates: Aggregates, key: str, *, drafts: bool) -> RuleSet:
    kept = await aggregates.get(RULE_SETS, key)
    if kept is None or (kept.status == "draft" and not drafts):
        raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no approved rule set {key}")
    return kept.rule_set(kept.ref)
