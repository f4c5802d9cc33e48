"""Intake over HTTP: the register, campaigns, forms, submissions."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from services.intake.collections import AGENCIES, CAMPAIGNS, RULE_SETS, SUBMISSIONS
from services.intake.core.form import render_form, survey_form
from services.intake.core.model import CampaignPlan, CampaignRecord, SubmissionRecord
from services.intake.posting import BATCH, read_posted
from services.intake.usecases.close_campaign import close_campaign
from services.intake.usecases.open_campaign import open_campaign
from services.intake.usecases.receive_submission import receive_submission
from services.intake.usecases.register_agencies import register_agencies
from shared.contracts.common import Agency, Campaign, SubmissionKey
from shared.contracts.intake import PlatformSubmissionV1, Submission
from shared.http.auth import Person, require
from shared.http.problems import parse_body, problem, read_body
from shared.kernel.canonical import canonical_json, with_exact_text
from shared.kernel.errors import DomainError, Invalid, NotFound
from shared.messaging.commands import Aggregates
from shared.references import rule_set_of
from shared.ruleset.document import Group, Programme, RuleSet

__all__ = ["build_router"]

Operator = Annotated[Person, Depends(require("operator"))]
Submitter = Annotated[Person, Depends(require("platform", "agency", "operator"))]
Reader = Annotated[Person, Depends(require("operator", "verifier", "platform", "agency"))]

_POST_BODY = {
    "requestBody": {
        "required": True,
        "description": "Plain JSON, or a CloudEvent (structured, binary with ce-* headers, or a batch).",
        "content": {
            "application/json": {"schema": PlatformSubmissionV1.model_json_schema()},
            "application/cloudevents+json": {"schema": {"type": "object"}},
            BATCH: {"schema": {"type": "array", "items": {"type": "object"}}},
        },
    }
}


class Receipt(BaseModel):
    """What intake answers to a submission: which version it is, and whether it is late."""

    campaign: str
    programme: Programme
    agency: str
    number: int
    days_late: int
    event_id: str
    received_at: str
    new: bool

    @classmethod
    def of(cls, version: Submission, new: bool) -> Receipt:
        return cls(
            campaign=version.key.campaign,
            programme=version.key.programme,
            agency=version.key.agency,
            number=version.number,
            days_late=version.days_late,
            event_id=version.event_id,
            received_at=version.received_at.isoformat(),
            new=new,
        )


class CloseRequest(BaseModel):
    """Why a campaign is closed before its deadline; empty after it."""

    early_reason: str = Field(default="", max_length=500)


def build_router(aggregates: Aggregates) -> APIRouter:
    """Intake's own routes."""
    router = APIRouter()
    _register_routes(router, aggregates)
    _campaign_routes(router, aggregates)
    _submission_routes(router, aggregates)
    return router


def _register_routes(router: APIRouter, aggregates: Aggregates) -> None:
    @router.get("/agencies", tags=["register"], summary="Danh mục cơ quan: the register of agencies")
    async def agencies() -> list[Agency]:
        return [record.agency for record in (await aggregates.all(AGENCIES)).values()]

    @router.put("/agencies", tags=["register"], summary="Enter or rename agencies")
    async def register(person: Operator, body: list[Agency]) -> dict[str, int]:
        await register_agencies(aggregates, body, person.id)
        return {"registered": len(body)}


def _campaign_routes(router: APIRouter, aggregates: Aggregates) -> None:
    async def found(campaign: str) -> CampaignRecord:
        record = await aggregates.get(CAMPAIGNS, campaign)
        if record is None:
            raise NotFound(f"Không có đợt đánh giá {campaign}", f"there is no campaign {campaign}")
        return record

    async def pinned(campaign: str, programme: Programme, group: Group) -> RuleSet:
        ref = (await found(campaign)).campaign.pinned(programme, group)
        kept = await aggregates.get(RULE_SETS, ref.key) if ref else None
        if kept is None:
            raise NotFound("Đợt đánh giá không có bảng này", "the campaign has no such programme and group")
        return rule_set_of(kept)

    @router.get("/campaigns", tags=["campaigns"])
    async def campaigns() -> list[Campaign]:
        return [record.campaign for record in (await aggregates.all(CAMPAIGNS)).values()]

    @router.post("/campaigns", tags=["campaigns"], status_code=201, summary="Open a campaign with its dispatch")
    async def open_(person: Operator, plan: CampaignPlan) -> Campaign:
        return (await open_campaign(aggregates, plan, person.id)).campaign

    @router.get("/campaigns/{campaign}", tags=["campaigns"])
    async def campaign_(campaign: str) -> Campaign:
        return (await found(campaign)).campaign

    @router.post("/campaigns/{campaign}/close", tags=["campaigns"], summary="Take no more answers, mark the missing")
    async def close(person: Operator, campaign: str, body: CloseRequest) -> Campaign:
        return (await close_campaign(aggregates, campaign, person.id, body.early_reason)).campaign

    @router.get("/campaigns/{campaign}/status", tags=["campaigns"], summary="Who has answered, is late or missing")
    async def status(campaign: str, _: Reader) -> dict[str, Any]:
        record = await found(campaign)
        answered = (await aggregates.find(SUBMISSIONS, "campaign", campaign)).values()
        tables = {}
        for key in record.campaign.groups():
            members = record.campaign.members_of(key.group)
            own = [s for s in answered if (s.key.programme, s.group) == (key.programme, key.group)]
            by_status = Counter(s.status for s in own)
            waiting = sorted({m.id for m in members} - {s.key.agency for s in own})
            tables[f"{key.programme}/{key.group}"] = {
                "members": len(members),
                "received": by_status["received"],
                "late": by_status["late"],
                "missing": by_status["missing"],
                "waiting_for": waiting,
            }
        return {"campaign": campaign, "status": record.campaign.status, "tables": tables}

    @router.get("/campaigns/{campaign}/forms/{programme}/{group}", tags=["forms"], summary="The form as JSON Schema")
    async def form(campaign: str, programme: Programme, group: Group) -> dict[str, Any]:
        return survey_form(await pinned(campaign, programme, group))

    @router.get(
        "/campaigns/{campaign}/forms/{programme}/{group}/text", tags=["forms"], summary="Phiếu khảo sát (Markdown)"
    )
    async def form_text(campaign: str, programme: Programme, group: Group) -> PlainTextResponse:
        text = render_form(await pinned(campaign, programme, group))
        return PlainTextResponse(text, media_type="text/markdown; charset=utf-8")


def _submission_routes(router: APIRouter, aggregates: Aggregates) -> None:
    @router.post("/submissions", tags=["submissions"], status_code=201, openapi_extra=_POST_BODY, response_model=None)
    async def post(request: Request, person: Submitter, response: Response) -> Any:
        raw = await read_body(request)
        body = parse_body(raw)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("content-type", "").startswith(BATCH):
            return await _batch(aggregates, body, person)
        posted = read_posted(headers, raw, body, person, aggregates.clock.now())
        version, new = await receive_submission(aggregates, posted)
        response.status_code = 201 if new else 200
        return Receipt.of(version, new)

    @router.get("/submissions/{campaign}/{programme}/{agency}", tags=["submissions"], summary="All versions kept")
    async def submission(campaign: str, programme: Programme, agency: str, person: Reader) -> SubmissionRecord:
        if "agency" in person.roles:
            person.may_act_for(agency)
        key = SubmissionKey(campaign=campaign, programme=programme, agency=agency)
        record = await aggregates.get(SUBMISSIONS, key.text)
        if record is None:
            raise NotFound(f"Chưa có phiếu {key.text}", f"there is no submission {key.text}")
        return record


async def _batch(aggregates: Aggregates, body: Any, person: Person) -> list[dict[str, Any]]:
    """Each event of a batch on its own: one refusal does not stop the others; the answer tells them apart."""
    if not isinstance(body, list):
        raise Invalid("Lô CloudEvents phải là một mảng", "a batch of CloudEvents is an array")
    outcomes: list[dict[str, Any]] = []
    for event in body:
        raw = canonical_json(with_exact_text(event))
        try:
            posted = read_posted(
                {"content-type": "application/cloudevents+json"}, raw, event, person, aggregates.clock.now()
            )
            version, new = await receive_submission(aggregates, posted)
        except DomainError as error:
            refused = problem(error)
            outcomes.append({"status": refused.status_code, "problem": bytes(refused.body).decode("utf-8")})
        else:
            receipt = Receipt.of(version, new).model_dump(mode="json")
            outcomes.append({"status": 201 if new else 200, "receipt": receipt})
    return outcomes
