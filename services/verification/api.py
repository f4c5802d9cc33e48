"""Verification over HTTP: what verifiers and operators do with cases. Whoever acts is recorded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from services.verification.bodies import (
    AcceptAllBody,
    AcceptManyBody,
    CompleteBody,
    FindingsBody,
    ReopenBody,
    ResumeBody,
    ReturnBody,
    documented,
    read_body,
)
from services.verification.collections import CAMPAIGNS
from services.verification.core.model import Case, Status
from services.verification.usecases.accept_all import accept_all
from services.verification.usecases.accept_many import accept_many
from services.verification.usecases.act_on_case import load_case
from services.verification.usecases.complete_case import complete_case
from services.verification.usecases.list_cases import list_cases
from services.verification.usecases.record_findings import record_findings
from services.verification.usecases.reopen_case import reopen_case
from services.verification.usecases.resume_case import resume_case
from services.verification.usecases.return_case import return_case
from services.verification.usecases.show_checklist import show_checklist
from services.verification.views import AcceptedManyView, CaseSummary, CaseView, ChecklistView
from shared.contracts.common import AgencyId, CampaignId, SubmissionKey
from shared.http.auth import Person, require
from shared.kernel.errors import Forbidden
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Programme

__all__ = ["build_router"]

_ONE = "/cases/{campaign}/{programme}/{agency}"


def _key(campaign: CampaignId, programme: Programme, agency: AgencyId) -> SubmissionKey:
    return SubmissionKey(campaign=campaign, programme=programme, agency=agency)


Key = Annotated[SubmissionKey, Depends(_key)]
Watcher = Annotated[Person, Depends(require("verifier", "operator"))]
Reader = Annotated[Person, Depends(require("verifier", "operator", "agency"))]
Verifier = Annotated[Person, Depends(require("verifier"))]
Operator = Annotated[Person, Depends(require("operator"))]


def build_router(aggregates: Aggregates) -> APIRouter:
    """The routes of verification over its aggregates."""
    router = APIRouter(tags=["verification"])
    _add_readings(router, aggregates)
    _add_acts(router, aggregates)
    _add_returns(router, aggregates)
    return router


def _may_read(person: Person, key: SubmissionKey) -> None:
    """An agency sees its own case and no other's."""
    if person.roles & {"verifier", "operator"} or person.agency == key.agency:
        return
    raise Forbidden(f"Bạn không được xem hồ sơ của cơ quan {key.agency}", f"you may not see the case of {key.agency}")


async def _view(aggregates: Aggregates, case: Case) -> CaseView:
    return CaseView.of(case, await aggregates.get(CAMPAIGNS, case.key.campaign))


def _add_readings(router: APIRouter, aggregates: Aggregates) -> None:
    @router.get("/cases", summary="The cases of a campaign, by programme and agency")
    async def cases(
        _: Watcher, campaign: CampaignId, status: Status | None = None, programme: Programme | None = None
    ) -> list[CaseSummary]:
        known = await aggregates.get(CAMPAIGNS, campaign)
        found = await list_cases(aggregates, campaign, status=status, programme=programme)
        return [CaseSummary.of(case, known) for case in found]

    @router.get(_ONE, summary="One case: the answer, findings, history")
    async def one(person: Reader, key: Key) -> CaseView:
        _may_read(person, key)
        return await _view(aggregates, await load_case(aggregates, key))

    @router.get(_ONE + "/checklist", summary="Every criterion with its answers, evidence and finding")
    async def checklist(person: Reader, key: Key) -> ChecklistView:
        _may_read(person, key)
        return ChecklistView.of(*await show_checklist(aggregates, key))


def _add_acts(router: APIRouter, aggregates: Aggregates) -> None:
    @router.post(
        "/cases/accept-all",
        summary="Accept and complete many cases; the outcome of each",
        openapi_extra=documented(AcceptManyBody),
    )
    async def many(person: Verifier, request: Request) -> AcceptedManyView:
        body = await read_body(request, AcceptManyBody)
        outcomes = await accept_many(
            aggregates, body.campaign, verifier=person.id, programme=body.programme, agencies=body.agencies
        )
        return AcceptedManyView.of(outcomes)

    @router.post(_ONE + "/findings", summary="Record findings, all or none", openapi_extra=documented(FindingsBody))
    async def findings(person: Verifier, key: Key, request: Request) -> CaseView:
        body = await read_body(request, FindingsBody)
        drafts = [finding.draft() for finding in body.findings]
        case = await record_findings(aggregates, key, drafts, verifier=person.id, seen=body.submission_number)
        return await _view(aggregates, case)

    @router.post(
        _ONE + "/accept-all",
        summary="Accept what has no finding yet, and complete if asked to",
        openapi_extra=documented(AcceptAllBody),
    )
    async def accept(person: Verifier, key: Key, request: Request) -> CaseView:
        body = await read_body(request, AcceptAllBody)
        case = await accept_all(
            aggregates, key, verifier=person.id, completing=body.complete, seen=body.submission_number
        )
        return await _view(aggregates, case)

    @router.post(_ONE + "/complete", summary="Complete the case", openapi_extra=documented(CompleteBody))
    async def complete(person: Verifier, key: Key, request: Request) -> CaseView:
        body = await read_body(request, CompleteBody)
        case = await complete_case(aggregates, key, verifier=person.id, seen=body.submission_number)
        return await _view(aggregates, case)


def _add_returns(router: APIRouter, aggregates: Aggregates) -> None:
    @router.post(_ONE + "/return", summary="Return for correction", openapi_extra=documented(ReturnBody))
    async def returned(person: Verifier, key: Key, request: Request) -> CaseView:
        body = await read_body(request, ReturnBody)
        case = await return_case(
            aggregates,
            key,
            criteria=body.criteria,
            reason=body.reason,
            reasons=body.reasons,
            due_on=body.due_on,
            verifier=person.id,
            seen=body.submission_number,
        )
        return await _view(aggregates, case)

    @router.post(_ONE + "/resume", summary="Take a returned case back", openapi_extra=documented(ResumeBody))
    async def resumed(person: Verifier, key: Key, request: Request) -> CaseView:
        body = await read_body(request, ResumeBody)
        case = await resume_case(aggregates, key, reason=body.reason, verifier=person.id)
        return await _view(aggregates, case)

    @router.post(_ONE + "/reopen", summary="Open a completed case again", openapi_extra=documented(ReopenBody))
    async def reopened(person: Operator, key: Key, request: Request) -> CaseView:
        body = await read_body(request, ReopenBody)
        case = await reopen_case(aggregates, key, reason=body.reason, operator=person.id)
        return await _view(aggregates, case)
