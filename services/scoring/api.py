"""Scoring over HTTP: rule sets and their life, scorecards with their proofs, rankings as computed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, Field

from services.scoring.collections import CARDS, RANKINGS, RULE_SETS
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.model import CardRecord
from services.scoring.core.proof import Proof, proof, render_text
from services.scoring.ports import RuleEngine
from services.scoring.scorer import Scorer
from services.scoring.usecases.change_rule_set import (
    activate_rule_set,
    approve_rule_set,
    check_rule_set,
    load_rule_set,
    retire_rule_set,
)
from services.scoring.usecases.compute_ranking import close_table, recompute
from shared.contracts.common import GroupKey, SubmissionKey
from shared.contracts.scoring import Ranking, ScorecardSummary, Step
from shared.contracts.verification import VerifiedSubmission
from shared.http.auth import Person, require
from shared.http.problems import read_body
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates
from shared.references import parsed_rule_set
from shared.ruleset.document import Group, Programme, RuleSetRef

__all__ = ["build_router"]

RulesAdmin = Annotated[Person, Depends(require("rules_admin"))]
Operator = Annotated[Person, Depends(require("operator"))]
Reader = Annotated[Person, Depends(require("operator", "verifier", "rules_admin", "chairman", "agency"))]

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


class Activation(Reason):
    """From which assessment year campaigns may pin the set."""

    from_year: int


def build_router(aggregates: Aggregates, scorer: Scorer, engine: RuleEngine) -> APIRouter:
    """Scoring's own routes."""
    router = APIRouter()
    _rule_set_routes(router, aggregates, engine)
    _scorecard_routes(router, aggregates, scorer)
    _ranking_routes(router, aggregates, scorer)
    return router


def _rule_set_routes(router: APIRouter, aggregates: Aggregates, engine: RuleEngine) -> None:
    @router.post("/rulesets/lint", tags=["rule sets"], openapi_extra=_DOCUMENT_BODY, summary="Check, keep nothing")
    async def lint(request: Request, _: RulesAdmin, name: str = "document") -> dict[str, Any]:
        loaded, warnings = check_rule_set(await read_body(request), name, engine)
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
    async def all_rule_sets(_: Reader) -> list[RuleSetState]:
        return [RuleSetState.of(kept) for kept in (await aggregates.all(RULE_SETS)).values()]

    @router.get("/rulesets/{key}", tags=["rule sets"], summary="The canonical document, whose SHA-256 is the hash")
    async def rule_set(key: str) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None or kept.status == "draft":
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no approved rule set {key}")
        return Response(canonical_json(kept.document), media_type="application/json", headers={"ETag": kept.ref.hash})

    @router.post("/rulesets/{key}/approve", tags=["rule sets"], summary="By a second person")
    async def approve(person: RulesAdmin, key: str, body: Reason) -> RuleSetState:
        return RuleSetState.of(await approve_rule_set(aggregates, key, person.id, body.reason))

    @router.post("/rulesets/{key}/activate", tags=["rule sets"])
    async def activate(person: RulesAdmin, key: str, body: Activation) -> RuleSetState:
        return RuleSetState.of(await activate_rule_set(aggregates, key, body.from_year, person.id, body.reason))

    @router.post("/rulesets/{key}/retire", tags=["rule sets"])
    async def retire(person: RulesAdmin, key: str, body: Reason) -> RuleSetState:
        return RuleSetState.of(await retire_rule_set(aggregates, key, person.id, body.reason))


def _scorecard_routes(router: APIRouter, aggregates: Aggregates, scorer: Scorer) -> None:
    async def found(campaign: str, programme: Programme, agency: str, person: Person) -> CardRecord:
        if "agency" in person.roles:
            person.may_act_for(agency)
        key = SubmissionKey(campaign=campaign, programme=programme, agency=agency)
        record = await aggregates.get(CARDS, key.text)
        if record is None:
            raise NotFound(f"Chưa có phiếu điểm {key.text}", f"there is no scorecard {key.text}")
        return record

    async def proven(record: CardRecord) -> Proof:
        kept = await aggregates.get(RULE_SETS, record.verified.rule_set.key)
        assert kept is not None
        rule_set = parsed_rule_set(record.verified.rule_set.hash, kept.document)
        best = None
        if record.final is not None and not record.to_rank:
            ranked = await aggregates.get(RANKINGS, record.table.text)
            best = ranked.group_best if ranked else None
        scored = scorer.score(rule_set, [record.verified], best)[0]
        return proof(rule_set, record.verified, scored, best)

    base = "/scorecards/{campaign}/{programme}/{agency}"

    @router.get(base, tags=["scorecards"], summary="The final scorecard, or the provisional one before the ranking")
    async def scorecard(campaign: str, programme: Programme, agency: str, person: Reader) -> ScorecardSummary:
        record = await found(campaign, programme, agency, person)
        return record.final if record.final is not None and not record.to_rank else record.provisional

    @router.get(f"{base}/verified", tags=["scorecards"], summary="What was scored: answers and findings")
    async def verified(campaign: str, programme: Programme, agency: str, person: Reader) -> VerifiedSubmission:
        return (await found(campaign, programme, agency, person)).verified

    @router.get(f"{base}/proof", tags=["scorecards"], summary="How every point came about")
    async def proof_json(campaign: str, programme: Programme, agency: str, person: Reader) -> Response:
        made = await proven(await found(campaign, programme, agency, person))
        return Response(canonical_json(made.model_dump(mode="json")), media_type="application/json")

    @router.get(f"{base}/proof/text", tags=["scorecards"], summary="Phiếu điểm có diễn giải")
    async def proof_text(campaign: str, programme: Programme, agency: str, person: Reader) -> PlainTextResponse:
        return PlainTextResponse(render_text(await proven(await found(campaign, programme, agency, person))))


def _ranking_routes(router: APIRouter, aggregates: Aggregates, scorer: Scorer) -> None:
    base = "/rankings/{campaign}/{programme}/{group}"

    @router.get(base, tags=["rankings"], summary="As computed, before any decision")
    async def ranking(campaign: str, programme: Programme, group: Group, _: Reader) -> Ranking:
        key = GroupKey(campaign=campaign, programme=programme, group=group)
        record = await aggregates.get(RANKINGS, key.text)
        if record is None:
            raise NotFound(f"Chưa có bảng xếp hạng {key.text}", f"there is no ranking {key.text}")
        return record.ranking

    @router.get(f"{base}/recomputed", tags=["rankings"], summary="Worked out anew from what was verified; kept nowhere")
    async def recomputed(campaign: str, programme: Programme, group: Group, _: Reader) -> Ranking:
        return await recompute(aggregates, scorer, GroupKey(campaign=campaign, programme=programme, group=group))

    @router.post(f"{base}/close", tags=["rankings"], summary="Rank now, leaving out who is not verified")
    async def close(campaign: str, programme: Programme, group: Group, person: Operator, body: Reason) -> Ranking:
        key = GroupKey(campaign=campaign, programme=programme, group=group)
        return await close_table(aggregates, scorer, key, person.id, body.reason)
