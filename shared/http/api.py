"""The HTTP application every service has: documentation without outside help, health, status, dead letters, replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.responses import JSONResponse, Response
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, Field

from shared.contracts.registry import topics
from shared.http.admission import Admission
from shared.http.auth import Person, TokenVerifier, require
from shared.http.bodies import ExactBodies
from shared.http.journal_api import journal_routes
from shared.http.lately import Lately
from shared.http.parked_api import parked_routes
from shared.http.problems import install_problem_handlers
from shared.http.request_log import RequestLog
from shared.kernel.errors import NotFound
from shared.messaging.dead_letter import DeadLetter, LetterSummary, Status
from shared.telemetry.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    from shared.service import Service

__all__ = ["build_api"]

VERSION = "0.1.0"
Operator = Annotated[Person, Depends(require("operator"))]
After = Annotated[str, Query(max_length=100, description="The last id of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]


class ReplayRequest(BaseModel):
    """Which topic to publish again from the journal."""

    topic: str


class DiscardRequest(BaseModel):
    """Why a dead letter is let go."""

    reason: str = Field(min_length=3, max_length=500)


def build_api(service: Service, title: str, router: APIRouter, tokens: TokenVerifier) -> FastAPI:
    """A service's application: its own routes and those that all services share."""
    # Swagger UI comes from the package, not from a content network: a province's servers may have no way out.
    api = FastAPIOffline(title=title, version=VERSION, redoc_url=None)
    api.state.tokens = tokens
    install_problem_handlers(api)
    api.add_middleware(ExactBodies)
    api.add_middleware(Admission, metrics=service.metrics)  # before the body: nothing is read of what is refused
    # The outermost: what is refused is logged as well.
    api.add_middleware(RequestLog, service=service.name, spans=service.spans)
    api.include_router(router)
    api.include_router(_house_routes(service))
    api.include_router(journal_routes(service.stories))
    api.include_router(parked_routes(service.inbox))
    return api


def _house_routes(service: Service) -> APIRouter:
    router = APIRouter()
    # Who asks has just done something, or waits for it: the answer is of now, but nobody makes us ask twice at once.
    standing = Lately(service.status, seconds=0)

    async def measured() -> bytes:
        return service.metrics.render(await standing(), await service.figures())

    # Both need no token, and ask the store and the broker.
    health, figures = Lately(service.health), Lately(measured)

    @router.get("/health/live", tags=["health"], summary="The process answers")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready", tags=["health"], summary="Store and broker answer, consumers run; how far behind")
    async def ready() -> JSONResponse:
        told = await health()
        return JSONResponse(told, status_code=200 if told["status"] == "ready" else 503)

    @router.get("/metrics", tags=["operation"], summary="For Prometheus: counts and times, nothing personal")
    async def metrics() -> Response:
        return Response(await figures(), media_type=CONTENT_TYPE)

    @router.get("/status", tags=["operation"], summary="What was consumed, is pending, parked or dead-lettered")
    async def status(_: Operator) -> dict[str, Any]:
        return await standing()

    @router.get("/dead-letters", tags=["operation"], summary="Messages that could not be handled, by id, in pages")
    async def dead_letters(
        _: Operator, status: Status = "waiting", after: After = "", limit: Limit = 100
    ) -> list[LetterSummary]:
        return list(await service.inbox.dead_letters.list(status, after=after, limit=limit))

    @router.get("/dead-letters/{id_}", tags=["operation"], summary="One of them, with its headers and value")
    async def dead_letter(_: Operator, id_: str) -> DeadLetter:
        return await service.inbox.dead_letters.get(id_)

    @router.post("/dead-letters/{id_}/retry", tags=["operation"], summary="Handle it again, exactly once")
    async def retry(person: Operator, id_: str) -> DeadLetter | None:
        return await service.inbox.retry(id_, person.id)

    @router.post("/dead-letters/{id_}/discard", tags=["operation"])
    async def discard(person: Operator, id_: str, body: DiscardRequest) -> DeadLetter | None:
        return await service.inbox.discard(id_, body.reason, person.id)

    @router.post("/replay", tags=["operation"], summary="Publish a topic of this service again from its journal")
    async def replay(_: Operator, body: ReplayRequest) -> dict[str, Any]:
        return await _replay(service, body.topic)

    return router


async def _replay(service: Service, name: str) -> dict[str, Any]:
    topic = topics().get(name)
    if topic is None or topic.producer != service.name:
        own = [t.name for t in topics().values() if t.producer == service.name]
        raise NotFound(
            f"Dịch vụ {service.name} không phát chủ đề {name}; có: {', '.join(own)}",
            f"{service.name} does not produce {name}; it produces {', '.join(own)}",
        )
    count = await service.relay.replay(name, latest_per_key=topic.cleanup == "compact")
    return {"topic": name, "published": count}
