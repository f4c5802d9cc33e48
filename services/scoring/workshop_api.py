"""The workshop over HTTP: examples of a rule set tried, and what an amendment changes. Nothing is kept."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.scoring.ports import RuleEngine
from services.scoring.usecases.try_examples import try_examples
from shared.http.auth import Person, require
from shared.http.problems import read_body
from shared.messaging.commands import Aggregates

__all__ = ["workshop_routes"]

RulesAdmin = Annotated[Person, Depends(require("rules_admin"))]

_DOCUMENT_BODY = {
    "requestBody": {
        "required": True,
        "description": "The rule set as YAML or as JSON.",
        "content": {"application/yaml": {"schema": {"type": "string"}}, "application/json": {"schema": {}}},
    }
}


def workshop_routes(router: APIRouter, aggregates: Aggregates, engine: RuleEngine) -> None:
    """Add the routes."""

    @router.post(
        "/rulesets/test",
        tags=["rule sets"],
        openapi_extra=_DOCUMENT_BODY,
        summary="Run the examples; what they cover, and examples proposed for the rest",
    )
    async def test(request: Request, _: RulesAdmin, name: str = "document", few: bool = False) -> dict[str, Any]:
        content = await read_body(request)
        tried = await asyncio.to_thread(try_examples, content, name, engine, few=few)  # takes seconds: others go on
        return tried.as_json()
