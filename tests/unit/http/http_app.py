"""A small application with the house's ways: tokens, exact bodies, problem documents."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel

from shared.http.auth import Person, TokenVerifier, require
from shared.http.bodies import ExactBodies
from shared.http.problems import exact_body, install_problem_handlers
from shared.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from shared.messaging.messages import PublisherUnavailable
from shared.storage.port import StoreUnavailable

Operator = Annotated[Person, Depends(require("operator"))]
Submitter = Annotated[Person, Depends(require("platform", "agency"))]

REFUSALS: dict[str, Exception] = {
    "invalid": Invalid("Sai", "wrong", [Fault("answer.missing", "A1", "thiếu", "missing", "điền", "fill in")]),
    "unknown": NotFound("Không có", "there is none"),
    "conflict": Conflict("Mâu thuẫn", "conflicting", code="submission.closed"),
    "forbidden": Forbidden("Không được", "you may not"),
    "store": StoreUnavailable("mongo-3 does not answer"),
    "broker": PublisherUnavailable("kafka-1 does not answer"),
    "fault": RuntimeError("a secret of the house"),
    "unprintable": Invalid("Sai", "wrong \ud800", [Fault("x", "\udfff", "sai", "wrong")]),
}


class Plan(BaseModel):
    year: int
    share: float = 0


def build(tokens: TokenVerifier) -> FastAPI:
    api = FastAPI()
    api.state.tokens = tokens
    install_problem_handlers(api)
    api.add_middleware(ExactBodies)

    @api.get("/mine")
    async def mine(person: Operator) -> dict[str, Any]:
        return {"id": person.id, "roles": sorted(person.roles)}

    @api.post("/answers/{agency}")
    async def answer(agency: str, person: Submitter) -> None:
        person.may_act_for(agency)

    @api.get("/refusals/{which}")
    async def refuse(which: str) -> None:
        raise REFUSALS[which]

    @api.post("/plans")
    async def plan(body: Plan) -> dict[str, int]:
        return {"year": body.year}

    @api.get("/private")
    async def private(_: Operator) -> None:
        raise Forbidden("Không được xem", "you may not see it")

    later = APIRouter()

    @later.put("/plans")
    async def replan(body: Plan) -> dict[str, int]:
        return {"year": body.year}

    api.include_router(later)

    @api.post("/exact")
    async def exact(request: Request) -> str:
        return repr(await exact_body(request))

    return api


def client_of(api: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(api, raise_app_exceptions=False), base_url="http://xephang.test"
    )
