"""Intake over HTTP: the register, campaigns; forms are in forms_api.py, submissions in submissions_api.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.intake.collections import AGENCIES, CAMPAIGNS, SUBMISSIONS
from services.intake.core.amending import AmendOrder
from services.intake.core.model import CampaignPlan, CampaignRecord, SubmissionRecord
from services.intake.forms_api import form_routes
from services.intake.submissions_api import submission_routes
from services.intake.usecases.amend_campaign import amend_campaign
from services.intake.usecases.close_campaign import close_campaign
from services.intake.usecases.open_campaign import open_campaign
from services.intake.usecases.register_agencies import register_agencies
from shared.contracts.common import Agency, Campaign, CampaignId, GroupKey
from shared.http.auth import Person, require
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates

__all__ = ["build_router"]

Operator = Annotated[Person, Depends(require("operator"))]
Reader = Annotated[Person, Depends(require("operator", "verifier", "platform", "agency"))]


class CloseRequest(BaseModel):
    """Why a campaign is closed before its deadline; empty after it."""

    early_reason: str = Field(default="", max_length=500)


def build_router(aggregates: Aggregates) -> APIRouter:
    """Intake's own routes."""
    router = APIRouter()
    _register_routes(router, aggregates)
    _campaign_routes(router, aggregates)
    form_routes(router, aggregates)
    submission_routes(router, aggregates)
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
    async def found(campaign: CampaignId) -> CampaignRecord:
        record = await aggregates.get(CAMPAIGNS, campaign)
        if record is None:
            raise NotFound(f"Không có đợt đánh giá {campaign}", f"there is no campaign {campaign}")
        return record

    @router.get("/campaigns", tags=["campaigns"])
    async def campaigns() -> list[Campaign]:
        return [record.campaign for record in (await aggregates.all(CAMPAIGNS)).values()]

    @router.post("/campaigns", tags=["campaigns"], status_code=201, summary="Open a campaign with its dispatch")
    async def open_(person: Operator, plan: CampaignPlan) -> Campaign:
        return (await open_campaign(aggregates, plan, person.id)).campaign

    @router.get("/campaigns/{campaign}", tags=["campaigns"])
    async def campaign_(campaign: CampaignId) -> Campaign:
        return (await found(campaign)).campaign

    @router.post("/campaigns/{campaign}/close", tags=["campaigns"], summary="Take no more answers, mark the missing")
    async def close(person: Operator, campaign: CampaignId, body: CloseRequest) -> Campaign:
        return (await close_campaign(aggregates, campaign, person.id, body.early_reason)).campaign

    @router.post("/campaigns/{campaign}/amend", tags=["campaigns"], summary="Let another version of a rule set hold")
    async def amend(person: Operator, campaign: CampaignId, body: AmendOrder) -> Campaign:
        return (await amend_campaign(aggregates, campaign, body, person.id)).campaign

    @router.get("/campaigns/{campaign}/status", tags=["campaigns"], summary="Who has answered, is late or missing")
    async def status(campaign: CampaignId, _: Reader) -> dict[str, Any]:
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
                "returned": sum(s.returned_until is not None for s in own),
                "waiting_for": waiting,
                **_asked_again(record.campaign, key, own),
            }
        return {"campaign": campaign, "status": record.campaign.status, "tables": tables}


def _asked_again(campaign: Campaign, table: GroupKey, submissions: Sequence[SubmissionRecord]) -> dict[str, Any]:
    """What an amended table shows besides: since when which version holds, who is asked what again, until when."""
    amendments = campaign.amended(table.programme, table.group)
    if not amendments:
        return {}
    current = {one.key.agency: one.current for one in submissions}
    return {
        "amended": [one.model_dump(mode="json") for one in amendments],
        "not_carried": sum(one.rule_set != amendments[-1].after for one in submissions),
        "asked_again": {
            agency: {
                "until": version.answer_until.isoformat() if version.answer_until else None,
                "criteria": [one.model_dump(mode="json") for one in version.asked_again],
            }
            for agency, version in sorted(current.items())
            if version is not None and version.asked_again
        },
    }
