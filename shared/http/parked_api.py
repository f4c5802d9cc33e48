"""What is parked over HTTP, for operators: messages that wait for a campaign or rule set, and giving one of them up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from shared.http.auth import Person, require
from shared.messaging.dead_letter import DeadLetter
from shared.messaging.inbox import Inbox
from shared.messaging.parked import ParkedMessage, WholeParkedMessage

__all__ = ["parked_routes"]

Operator = Annotated[Person, Depends(require("operator"))]
WaitsFor = Annotated[str, Query(max_length=512, description="Only what waits for this: `campaigns/2021`")]
After = Annotated[str, Query(max_length=512, description="The last aggregate of the page before")]
Aggregate = Annotated[str, Query(max_length=512, description="Where it is parked; without it all is gone through")]
Limit = Annotated[int, Query(ge=1, le=500)]


class SetAsideRequest(BaseModel):
    """Why a parked message is given up; `waits_for`: only if that is still what it waits for."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=500)
    aggregate: str = Field("", max_length=512)
    waits_for: str = Field("", max_length=512)


def parked_routes(inbox: Inbox) -> APIRouter:
    """Routes under /parked."""
    router = APIRouter(tags=["operation"])

    @router.get("/parked", summary="Messages that wait for a reference, by aggregate, in pages")
    async def parked(
        _: Operator, waits_for: WaitsFor = "", after: After = "", limit: Limit = 100
    ) -> list[ParkedMessage]:
        return await inbox.parked.messages(waits_for, after=after, limit=limit)

    @router.get("/parked/{id_}", summary="One of them, with its headers and value")
    async def one(_: Operator, id_: str, aggregate: Aggregate = "") -> WholeParkedMessage:
        return (await inbox.parked_as(id_, aggregate)).told_whole()

    @router.post("/parked/{id_}/set-aside", summary="Make a dead letter of it; what is behind it goes on")
    async def set_aside(person: Operator, id_: str, body: SetAsideRequest) -> DeadLetter:
        return await inbox.set_aside(id_, body.reason, person.id, aggregate=body.aggregate, waits_for=body.waits_for)

    return router
