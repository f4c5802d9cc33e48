"""The Decision: what was signed for everybody, drafts for operator and Chairman, and what these two do with it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.publishing.core.document import Page, page_of
from services.publishing.core.html import html_bytes
from services.publishing.core.markdown import markdown_bytes
from services.publishing.core.model import Decision, Draft
from services.publishing.core.refusals import no_decision
from services.publishing.reading import decision_of, rule_sets_of
from services.publishing.routes.responses import Asking, answer, answer_json
from services.publishing.usecases import CorrectionRequest, DecisionDesk, DraftRequest, SignRequest, WithdrawRequest
from shared.contracts.common import CampaignId
from shared.http.auth import Person, require
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates

__all__ = ["decision_routes"]

Operator = Annotated[Person, Depends(require("operator"))]
Chairman = Annotated[Person, Depends(require("chairman"))]
# The page is closed off: whatever a name held, a browser would load and run nothing.
_CLOSED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def decision_routes(aggregates: Aggregates) -> APIRouter:
    """Routes under /decisions."""
    router = APIRouter(tags=["decisions"])
    router.include_router(_reading(aggregates))
    router.include_router(_acting(DecisionDesk(aggregates)))
    return router


def _reading(aggregates: Aggregates) -> APIRouter:
    router = APIRouter()

    @router.get("/decisions/{campaign}.md", summary="The Decision in Markdown; ?draft=n for another than the newest")
    async def as_markdown(request: Request, person: Asking, campaign: CampaignId, draft: int | None = None) -> Response:
        page, public = await _page(aggregates, campaign, person, draft)
        return answer(request, markdown_bytes(page), "text/markdown; charset=utf-8", public=public)

    @router.get("/decisions/{campaign}.html", summary="The Decision as one HTML page; ?draft=n as above")
    async def as_html(request: Request, person: Asking, campaign: CampaignId, draft: int | None = None) -> Response:
        page, public = await _page(aggregates, campaign, person, draft)
        return answer(request, html_bytes(page), "text/html; charset=utf-8", public=public, extra=_CLOSED)

    @router.get("/decisions/{campaign}", summary="Signed Decisions with their content; drafts for operator, Chairman")
    async def overview(request: Request, person: Asking, campaign: CampaignId) -> Response:
        decision, visible = await _visible(aggregates, campaign, person)
        return answer_json(request, _view(decision, visible), public=person is None)

    return router


def _acting(desk: DecisionDesk) -> APIRouter:
    router = APIRouter()

    @router.post("/decisions/{campaign}/draft", summary="Lay a draft before the Chairman", status_code=201)
    async def draft(person: Operator, campaign: CampaignId, body: DraftRequest) -> Response:
        return _acted(await desk.draft(campaign, body, person.id), 201)

    @router.post("/decisions/{campaign}/correction", summary="Lay a correction before the Chairman", status_code=201)
    async def correction(person: Operator, campaign: CampaignId, body: CorrectionRequest) -> Response:
        return _acted(await desk.correct(campaign, body, person.id), 201)

    @router.post("/decisions/{campaign}/sign", summary="Sign the draft that was read, and publish")
    async def sign(person: Chairman, campaign: CampaignId, body: SignRequest) -> Response:
        return _acted(await desk.sign(campaign, body, person.id))

    @router.post("/decisions/{campaign}/withdraw", summary="Withdraw what is published")
    async def withdraw(person: Chairman, campaign: CampaignId, body: WithdrawRequest) -> Response:
        return _acted(await desk.withdraw(campaign, body, person.id))

    return router


async def _visible(aggregates: Aggregates, campaign: str, person: Person | None) -> tuple[Decision, tuple[Draft, ...]]:
    """The Decision and those of its drafts that this person may see."""
    decision = await decision_of(aggregates, campaign)
    insider = person is not None and bool(person.roles & {"operator", "chairman"})
    visible = () if decision is None else decision.drafts if insider else decision.signed()
    if decision is None or not visible:
        raise no_decision(campaign, insider=insider)
    return decision, visible


async def _page(aggregates: Aggregates, campaign: str, person: Person | None, number: int | None) -> tuple[Page, bool]:
    decision, visible = await _visible(aggregates, campaign, person)
    chosen = next((draft for draft in reversed(visible) if number in (None, draft.draft)), None)
    if chosen is None:
        raise NotFound(f"Không có dự thảo {number}", f"there is no draft {number}", (), "no_such_draft")
    rule_sets = await rule_sets_of(aggregates, chosen.content.tables)
    return page_of(chosen, rule_sets, decision.withdrawal_of(chosen)), person is None


def _acted(decision: Decision, status: int = 200) -> Response:
    body = canonical_json(_view(decision, decision.drafts))
    headers = {"Cache-Control": "no-store"}
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _view(decision: Decision, visible: tuple[Draft, ...]) -> dict[str, Any]:
    live = decision.live()
    status = "published" if live else "withdrawn" if decision.editions else "drafted"
    return {
        "campaign": decision.campaign,
        "status": status,
        "published": {key: edition.published.edition for key, edition in sorted(live.items())},
        "documents": [_document(decision, draft) for draft in visible],
    }


def _document(decision: Decision, draft: Draft) -> dict[str, Any]:
    """A draft with its content: the SHA-256 of that object's canonical JSON is `content_hash`."""
    withdrawal = decision.withdrawal_of(draft)
    return {
        "draft": draft.draft,
        "drafted_by": draft.drafted_by,
        "drafted_at": draft.model_dump(mode="json", include={"drafted_at"})["drafted_at"],
        "content": draft.content.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "content_hash": draft.content_hash,
        "signature": draft.signature.model_dump(mode="json") if draft.signature else None,
        "withdrawal": withdrawal.model_dump(mode="json") if withdrawal else None,
    }
