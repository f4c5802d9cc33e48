"""Rule sets over HTTP: loaded, approved, activated, rolled back and retired while everything runs; read by everybody.

Rehearsals are in rehearsals_api.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field

from services.scoring.collections import RULE_SETS
from services.scoring.core.life_cycle import KeptRuleSet, Rehearsed
from services.scoring.core.two_clocks import Applicable, applicable
from services.scoring.ports import RuleEngine
from services.scoring.rehearsals_api import rehearsal_routes
from services.scoring.usecases.change_rule_set import (
    activate_rule_set,
    approve_rule_set,
    approved_rule_sets,
    check_rule_set,
    load_rule_set,
    retire_rule_set,
    roll_back_rule_set,
)
from services.scoring.workbook_api import WORKBOOK_CONTENT, workbook_routes
from shared.contracts.scoring import RuleSetStep
from shared.http.auth import Person, require
from shared.http.problems import read_body
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Group, Programme, RuleSetRef
from shared.ruleset.schema import schema_text

__all__ = ["DOCUMENT_BODY", "Reason", "rule_set_routes"]

RulesAdmin = Annotated[Person, Depends(require("rules_admin"))]
Staff = Annotated[Person, Depends(require("operator", "verifier", "rules_admin", "chairman"))]

DOCUMENT_BODY = {
    "requestBody": {
        "required": True,
        "description": "The rule set as YAML, as JSON, or as an Excel workbook.",
        "content": {
            "application/yaml": {"schema": {"type": "string"}},
            "application/json": {"schema": {}},
            **WORKBOOK_CONTENT,
        },
    }
}


class RuleSetState(BaseModel):
    """A rule set without its document; `reached` is its last step."""

    ref: RuleSetRef
    title: str
    status: str
    reached: str
    active_from_year: int | None
    active_until_year: int | None
    steps: tuple[RuleSetStep, ...]
    rehearsals: tuple[Rehearsed, ...]
    warnings: list[dict[str, str]] = []

    @classmethod
    def of(cls, kept: KeptRuleSet, warnings: list[dict[str, str]] | None = None) -> RuleSetState:
        return cls(
            ref=kept.ref,
            title=kept.document["title"]["vi"],
            status=kept.status,
            reached=kept.reached,
            active_from_year=kept.active_from_year,
            active_until_year=kept.active_until_year,
            steps=kept.steps,
            rehearsals=kept.rehearsals,
            warnings=warnings or [],
        )


class Reason(BaseModel):
    """Why a step is taken."""

    reason: str = Field(default="", max_length=500)


class Approval(Reason):
    """Why, and the hash of the document that was looked at: another one is not approved."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class Activation(Reason):
    """From which assessment year campaigns may pin the set."""

    from_year: int


class Rollback(Reason):
    """From which assessment year campaigns pin the version before again; the reason is required."""

    year: int


class RolledBack(BaseModel):
    """The set that was rolled back, and the version that applies again."""

    rolled_back: RuleSetState
    applies: RuleSetState


def rule_set_routes(router: APIRouter, aggregates: Aggregates, engine: RuleEngine) -> None:
    """Add the routes."""
    rehearsal_routes(router, aggregates)
    workbook_routes(router, aggregates)

    @router.post("/rulesets/lint", tags=["rule sets"], openapi_extra=DOCUMENT_BODY, summary="Check, keep nothing")
    async def lint(request: Request, _: RulesAdmin, name: str = "document") -> dict[str, Any]:
        loaded, warnings = await asyncio.to_thread(
            check_rule_set, await read_body(request), name, engine, await approved_rule_sets(aggregates)
        )
        ref = loaded.rule_set.ref()
        return {"ref": ref.model_dump(), "warnings": [warning.as_json() for warning in warnings]}

    @router.post("/rulesets", tags=["rule sets"], status_code=201, openapi_extra=DOCUMENT_BODY, summary="Load a draft")
    async def load(request: Request, person: RulesAdmin, name: str = "document") -> RuleSetState:
        kept, warnings = await load_rule_set(aggregates, engine, await read_body(request), name, person.id)
        return RuleSetState.of(kept, [warning.as_json() for warning in warnings])

    @router.get("/rulesets", tags=["rule sets"])
    async def rule_sets() -> list[RuleSetState]:
        return [RuleSetState.of(kept) for kept in await _not_drafts(aggregates)]

    @router.get("/rulesets/all", tags=["rule sets"], summary="Drafts included")
    async def all_rule_sets(_: Staff) -> list[RuleSetState]:
        return [RuleSetState.of(kept) for kept in (await aggregates.all(RULE_SETS)).values()]

    @router.get("/rulesets/applicable", tags=["rule sets"], summary="What applied to a year, as known at a moment")
    async def applied(
        programme: Programme, group: Group, year: int, known_at: AwareDatetime | None = None
    ) -> Applicable:
        moment = known_at or aggregates.clock.now()
        return applicable(await _not_drafts(aggregates), programme, group, year, moment)

    @router.get("/rulesets/schema", tags=["rule sets"], summary="The JSON Schema of the document, for editors")
    async def schema() -> Response:
        return Response(schema_text(), media_type="application/schema+json")

    @router.get("/rulesets/{key}", tags=["rule sets"], summary="The canonical document, whose SHA-256 is the hash")
    async def rule_set(key: str) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None or kept.status == "draft":
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no approved rule set {key}")
        return _document(kept)

    @router.get("/rulesets/{key}/draft", tags=["rule sets"], summary="The same, of a draft too: what is approved")
    async def draft(key: str, _: Staff) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None:
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no rule set {key}")
        return _document(kept)

    @router.post("/rulesets/{key}/approve", tags=["rule sets"], summary="By a second person")
    async def approve(person: RulesAdmin, key: str, body: Approval) -> RuleSetState:
        return RuleSetState.of(await approve_rule_set(aggregates, engine, key, person.id, body.hash, body.reason))

    @router.post("/rulesets/{key}/activate", tags=["rule sets"])
    async def activate(person: RulesAdmin, key: str, body: Activation) -> RuleSetState:
        return RuleSetState.of(await activate_rule_set(aggregates, key, body.from_year, person.id, body.reason))

    @router.post("/rulesets/{key}/rollback", tags=["rule sets"], summary="Return to the version before, for a year")
    async def rollback(person: RulesAdmin, key: str, body: Rollback) -> RolledBack:
        after, before = await roll_back_rule_set(aggregates, key, body.year, person.id, body.reason)
        return RolledBack(rolled_back=RuleSetState.of(after), applies=RuleSetState.of(before))

    @router.post("/rulesets/{key}/retire", tags=["rule sets"])
    async def retire(person: RulesAdmin, key: str, body: Reason) -> RuleSetState:
        return RuleSetState.of(await retire_rule_set(aggregates, key, person.id, body.reason))


async def _not_drafts(aggregates: Aggregates) -> Sequence[KeptRuleSet]:
    return [kept for kept in (await aggregates.all(RULE_SETS)).values() if kept.status != "draft"]


def _document(kept: KeptRuleSet) -> Response:
    return Response(
        canonical_json(kept.document), media_type="application/json", headers={"ETag": f'"{kept.ref.hash}"'}
    )
