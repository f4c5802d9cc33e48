"""Scoring over HTTP: scorecards with their proofs, rankings as computed; rule sets are in rule_sets_api.py."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from services.scoring.collections import CAMPAIGNS, CARDS, RANKINGS
from services.scoring.core.model import CardRecord
from services.scoring.core.proof import Proof, about, proof, proof_paper, render_text
from services.scoring.method_api import method_routes
from services.scoring.ports import RuleEngine
from services.scoring.rule_sets_api import Reason, rule_set_routes
from services.scoring.scorer import Scorer
from services.scoring.usecases.compute_ranking import close_table, recompute
from services.scoring.usecases.final_scorecards import pinned_rule_set
from services.scoring.workshop_api import workshop_routes
from shared.contracts.common import AgencyId, CampaignId, GroupKey, SubmissionKey
from shared.contracts.scoring import Ranking, ScorecardSummary
from shared.contracts.verification import VerifiedSubmission
from shared.http.auth import Person, require
from shared.http.formats import answer_in, documented
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Forbidden, NotFound
from shared.kernel.paper import to_html, to_markdown
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Group, Programme

__all__ = ["build_router"]

Operator = Annotated[Person, Depends(require("operator"))]
Staff = Annotated[Person, Depends(require("operator", "verifier", "rules_admin", "chairman"))]
Reader = Annotated[Person, Depends(require("operator", "verifier", "rules_admin", "chairman", "agency"))]
ProofFormat = Literal["json", "html", "markdown", "text"]


def build_router(aggregates: Aggregates, scorer: Scorer, engine: RuleEngine) -> APIRouter:
    """Scoring's own routes."""
    router = APIRouter()
    rule_set_routes(router, aggregates, engine)
    workshop_routes(router, aggregates, engine)
    method_routes(router, aggregates)
    _scorecard_routes(router, aggregates, scorer)
    _ranking_routes(router, aggregates, scorer)
    return router


def _scorecard_routes(router: APIRouter, aggregates: Aggregates, scorer: Scorer) -> None:
    async def found(campaign: str, programme: Programme, agency: str, person: Person) -> CardRecord:
        _may_see(person, agency)
        key = SubmissionKey(campaign=campaign, programme=programme, agency=agency)
        record = await aggregates.get(CARDS, key.text)
        if record is None or record.verified is None:
            raise NotFound(f"Chưa có phiếu điểm {key.text}", f"there is no scorecard {key.text}")
        return record

    async def proven(record: CardRecord) -> Proof:
        rule_set = await pinned_rule_set(aggregates, record.scored.rule_set)
        best = record.group_best if record.shown.stage == "final" else None
        scored = scorer.score(rule_set, [record.scored], best)[0]
        campaign = await aggregates.get(CAMPAIGNS, record.scored.key.campaign)
        member = campaign.member(record.scored.key.agency) if campaign else None
        return proof(rule_set, record.scored, scored, best, member.name if member else "")

    base = "/scorecards/{campaign}/{programme}/{agency}"

    @router.get(base, tags=["scorecards"], summary="The final scorecard, or the provisional one before the ranking")
    async def scorecard(
        campaign: CampaignId, programme: Programme, agency: AgencyId, person: Reader
    ) -> ScorecardSummary:
        return (await found(campaign, programme, agency, person)).shown

    @router.get(f"{base}/verified", tags=["scorecards"], summary="What was scored: answers and findings")
    async def verified(
        campaign: CampaignId, programme: Programme, agency: AgencyId, person: Reader
    ) -> VerifiedSubmission:
        return (await found(campaign, programme, agency, person)).scored

    @router.get(
        f"{base}/proof",
        tags=["scorecards"],
        summary="How every point came about, and what more was needed",
        response_class=Response,
        responses=documented("json", "html", "markdown", "text"),
    )
    async def proof_(
        campaign: CampaignId,
        programme: Programme,
        agency: AgencyId,
        person: Reader,
        request: Request,
        criterion: str | None = None,
        format: ProofFormat | None = None,
    ) -> Response:
        whole = await proven(await found(campaign, programme, agency, person))
        made = whole if criterion is None else about(whole, criterion)
        return answer_in(
            request,
            format,
            {
                "json": lambda: canonical_json(made.model_dump(mode="json")),
                "html": lambda: to_html(proof_paper(made)),
                "markdown": lambda: to_markdown(proof_paper(made)),
                "text": lambda: render_text(made),
            },
        )

    @router.get(f"{base}/proof/text", tags=["scorecards"], summary="Phiếu điểm có diễn giải")
    async def proof_text(
        campaign: CampaignId, programme: Programme, agency: AgencyId, person: Reader
    ) -> PlainTextResponse:
        return PlainTextResponse(render_text(await proven(await found(campaign, programme, agency, person))))


def _ranking_routes(router: APIRouter, aggregates: Aggregates, scorer: Scorer) -> None:
    base = "/rankings/{campaign}/{programme}/{group}"

    @router.get(base, tags=["rankings"], summary="As computed, before any decision")
    async def ranking(campaign: CampaignId, programme: Programme, group: Group, _: Staff) -> Ranking:
        key = GroupKey(campaign=campaign, programme=programme, group=group)
        record = await aggregates.get(RANKINGS, key.text)
        if record is None:
            raise NotFound(f"Chưa có bảng xếp hạng {key.text}", f"there is no ranking {key.text}")
        return record.ranking

    @router.get(f"{base}/recomputed", tags=["rankings"], summary="Worked out anew from what was verified; kept nowhere")
    async def recomputed(campaign: CampaignId, programme: Programme, group: Group, _: Staff) -> Ranking:
        return await recompute(aggregates, scorer, GroupKey(campaign=campaign, programme=programme, group=group))

    @router.post(f"{base}/close", tags=["rankings"], summary="Rank now, leaving out who is not verified")
    async def close(
        campaign: CampaignId, programme: Programme, group: Group, person: Operator, body: Reason
    ) -> Ranking:
        key = GroupKey(campaign=campaign, programme=programme, group=group)
        return await close_table(aggregates, scorer, key, person.id, body.reason)


def _may_see(person: Person, agency: str) -> None:
    """Agencies see their own scorecards only, before the publication."""
    if not person.roles & {"operator", "verifier", "rules_admin", "chairman"} and person.agency != agency:
        raise Forbidden(f"Bạn không được xem phiếu điểm của {agency}", f"you may not see the scorecard of {agency}")
