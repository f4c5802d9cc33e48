"""Survey forms over HTTP, for everybody: of a rule set, and of a campaign's table."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from services.intake.collections import CAMPAIGNS, RULE_SETS
from services.intake.core.form import form_document, render_form, survey_form
from shared.contracts.common import Campaign, CampaignId
from shared.http.formats import answer_in, documented
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Group, Programme, RuleSet

__all__ = ["form_routes"]

Format = Literal["html", "markdown", "json"]


def form_routes(router: APIRouter, aggregates: Aggregates) -> None:
    """Add the routes."""

    async def pinned(campaign: CampaignId, programme: Programme, group: Group) -> tuple[RuleSet, Campaign]:
        record = await aggregates.get(CAMPAIGNS, campaign)
        if record is None:
            raise NotFound(f"Không có đợt đánh giá {campaign}", f"there is no campaign {campaign}")
        ref = record.campaign.pinned(programme, group)
        kept = await aggregates.get(RULE_SETS, ref.key) if ref else None
        if kept is None:
            raise NotFound("Đợt đánh giá không có bảng này", "the campaign has no such programme and group")
        return kept.rule_set(), record.campaign

    @router.get(
        "/rulesets/{key}/form",
        tags=["forms"],
        summary="Phiếu khảo sát: the form of a rule set",
        response_class=Response,
        responses=documented("html", "markdown", "json"),
    )
    async def rule_set_form(key: str, request: Request, format: Format | None = None) -> Response:
        kept = await aggregates.get(RULE_SETS, key)
        if kept is None:
            raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no approved rule set {key}")
        rule_set = kept.rule_set()
        return answer_in(
            request,
            format,
            {
                "html": lambda: render_form(rule_set, "html"),
                "markdown": lambda: render_form(rule_set),
                "json": lambda: canonical_json(form_document(rule_set)),
            },
        )

    base = "/campaigns/{campaign}/forms/{programme}/{group}"

    @router.get(base, tags=["forms"], summary="The form as JSON Schema")
    async def form(campaign: CampaignId, programme: Programme, group: Group) -> dict[str, Any]:
        rule_set, _ = await pinned(campaign, programme, group)
        return survey_form(rule_set)

    @router.get(f"{base}/text", tags=["forms"], summary="Phiếu khảo sát (Markdown)")
    async def form_text(campaign: CampaignId, programme: Programme, group: Group) -> PlainTextResponse:
        rule_set, asked_in = await pinned(campaign, programme, group)
        text = render_form(rule_set, "markdown", asked_in)
        return PlainTextResponse(text, media_type="text/markdown; charset=utf-8")

    @router.get(f"{base}/html", tags=["forms"], summary="Phiếu khảo sát (HTML, to print)")
    async def form_html(campaign: CampaignId, programme: Programme, group: Group) -> Response:
        rule_set, asked_in = await pinned(campaign, programme, group)
        text = render_form(rule_set, "html", asked_in)
        return Response(text, media_type="text/html; charset=utf-8")
