"""Rule sets over HTTP: loaded, approved, activated and retired while everything runs; read by everybody."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.scoring.collections import RULE_SETS
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.ports import RuleEngine
from services.scoring.usecases.change_rule_set import (
    activate_rule_set,
    approve_rule_set,
    check_rule_set,
    load_rule_set,
    retire_rule_set,
)
from shared.contracts.scoring import Step
from shared.http.auth import Person, require
from shared.http.problems import read_body
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSetRef

__all__ = ["Reason", "rule_set_routes"]

RulesAdmin = Annotated[Person, Depends(require("rules_admin"))]
Staff = Annotated[Person, Depends(require("operator", "verifier", "rules_admin", "chairman"))]

_DOCUMENT_BODY = {
    "requestBody": {
        "required": True,
        "description": "The rule set as YAML or as JSON.",
        "content": {"application/yaml": {"schema": {"type": "string"}}, "application/json": {"schema": {}}},
    }
}


class RuleSetState(BaseModel):
    """A rule set without its document."""

    ref: RuleSetRef
    title: str
    status: str
    active_from_year: int | None
    steps: tuple[Step, ...]
    warnings: list[dict[str, str]] = []

    @classmethod
    def of(cls, kept: KeptRuleSet, warnings: list[dict[str, str]] | None = None) -> RuleSetState:
        return cls(
            ref=kept.ref,
            title=kept.document["title"]["vi"],
            status=kept.status,
            active_from_year=kept.active_from_year,
            steps=kept.steps,
            warnings=warnings or [],
        )


class Reason(BaseModel):
    """Why a step is taken."""

    reason: str = Field(default="", max_length=500)


class Approval(Reason):
    """Why, and the hash of the document that was looked at: another one is not approved."""

    hash: str = Field(default="", max_length=64)


class Activation(Reason):
    """From which assessment year campaigns may pin the set."""

    from_year: int


def rule_set_routes(router: APIRouter, aggregates: Aggregates, engine: RuleEngine) -> None:
    """Add the routes."""

    @router.post("/rulesets/lint", tags=["rule sets"], openapi_extra=_DOCUMENT_BODY, summary="Check, keep nothing")
    async def lint(request: Request, _: RulesAdmin, name: str = "document") -> dict[str, Any]:
        loaded, warnings = await asyncio.to_thread(check_rule_set, await read_body(request), name, engine)
        ref = loaded.rule_set.ref()
        return {"ref": ref.model_dump(), "warnings": [warning.as_json() for warning in warnings]}

    @router.post("/rulesets", tags=["rule sets"], status_code=201, openapi_extra=_DOCUMENT_BODY, summary="Load a draft")
    async def load(request: Request, person: RulesAdmin, name: str = "document") -> RuleSetState:
        kept, warnings = await load_rule_set(aggregates, engine, await read_body(request), name, person.id)
        return RuleSetState.of(kept, [warning.as_json() for warning in warnings])

    @router.get("/rulesets", tags=["rule sets"])
    async def rule_sets() -> list[RuleSetState]:
        return [RuleSetState.of(kept) for kept in (await aggregates.all(RULE_SETS)).values() if kept.status != "draft"]

    @router.get("/rulesets/all", tags=["rule sets"], summary="Drafts included")
    async def all_rule_sets(_: Staff) -> list[RuleSetState]:
        return [RuleSetState.of(kept) for kept in (await aggregates.all(RULE_SETS)).values()]

    @router.get("/rulesets/{key}", tags=["rule sets"], summary="The canonical document, whose SHA-256 is the hash")
    async def rule_set(key: str) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None or kept.status == "draft":
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no approved rule set {key}")
        return Response(
            canonical_json(kept.document), media_type="application/json", headers={"ETag": f'"{kept.ref.hash}"'}
        )

    @router.post("/rulesets/{key}/approve", tags=["rule sets"], summary="By a second person")
    async def approve(person: RulesAdmin, key: str, body: Approval) -> RuleSetState:
        return RuleSetState.of(await approve_rule_set(aggregates, engine, key, person.id, body.reason, body.hash))

    @router.post("/rulesets/{key}/activate", tags=["rule sets"])
    async def activate(person: RulesAdmin, key: str, body: Activation) -> RuleSetState:
        return RuleSetState.of(await activate_rule_set(aggregates, key, body.from_year, person.id, body.reason))

    @router.post("/rulesets/{key}/retire", tags=["rule sets"])
    async def retire(person: RulesAdmin, key: str, body: Reason) -> RuleSetState:
        return RuleSetState.of(await retire_rule_set(aggregates, key, person.id, body.reason))
