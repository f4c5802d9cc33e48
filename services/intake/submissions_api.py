"""Submissions over HTTP: posted as plain JSON or as CloudEvents, and read by those whom they concern."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from services.intake.collections import SUBMISSIONS
from services.intake.core.asked_sheet import AskedSheet, asked_sheet
from services.intake.core.form import render_form, survey_form
from services.intake.core.model import SubmissionRecord
from services.intake.posting import BATCH, STRUCTURED, cloud_headers, read_batch, read_posted
from services.intake.usecases.open_version import open_version
from services.intake.usecases.receive_submission import receive_submission
from shared.contracts.common import AgencyId, CampaignId, SubmissionKey
from shared.contracts.intake import PlatformSubmissionV1, Submission
from shared.http.auth import Person, require
from shared.http.problems import problem, read_body
from shared.kernel.errors import DomainError, Forbidden, NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Programme, RuleSet

__all__ = ["submission_routes"]

Submitter = Annotated[Person, Depends(require("platform", "agency", "operator"))]
FormName = Annotated[str, Query(max_length=100, description="id@version whose form plain JSON answers")]
Reader = Annotated[Person, Depends(require("operator", "verifier", "platform", "agency"))]

_POST_BODY = {
    "requestBody": {
        "required": True,
        "description": "Plain JSON, or a CloudEvent (structured, binary with ce-* headers, or a batch).",
        "content": {
            "application/json": {"schema": PlatformSubmissionV1.model_json_schema()},
            STRUCTURED: {"schema": {"type": "object"}},
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
        """The receipt of a version."""
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


class VersionView(BaseModel):
    """One version as it opens: its answers, beside the form (JSON Schema, and Markdown) that they were given in."""

    submission: Submission
    counts: bool
    form: dict[str, Any]
    form_text: str

    @classmethod
    def of(cls, record: SubmissionRecord, version: Submission, rule_set: RuleSet) -> VersionView:
        """The version beside the form of its rule set."""
        return cls(
            submission=version,
            counts=record.current == version,
            form=survey_form(rule_set),
            form_text=render_form(rule_set),
        )


def submission_routes(router: APIRouter, aggregates: Aggregates) -> None:
    """Add the routes."""

    @router.post(
        "/submissions",
        tags=["submissions"],
        status_code=201,
        openapi_extra=_POST_BODY,
        response_model=None,
        summary="Answer a survey form; a batch gets an outcome for each event",
    )
    async def post(request: Request, person: Submitter, response: Response, form: FormName = "") -> Any:
        raw = await read_body(request)
        headers = cloud_headers(request.headers)
        if headers["content-type"].startswith(BATCH):
            response.status_code = 200
            return [await _outcome(aggregates, event, person) for event in read_batch(raw)]
        posted = read_posted(headers, raw, person, aggregates.clock.now(), form)
        version, new = await receive_submission(aggregates, posted)
        response.status_code = 201 if new else 200
        return Receipt.of(version, new)

    @router.get("/submissions/{campaign}/{programme}/{agency}", tags=["submissions"], summary="All versions kept")
    async def submission(
        campaign: CampaignId, programme: Programme, agency: AgencyId, person: Reader
    ) -> SubmissionRecord:
        _may_see(person, agency)
        key = SubmissionKey(campaign=campaign, programme=programme, agency=agency)
        record = await aggregates.get(SUBMISSIONS, key.text)
        if record is None:
            raise NotFound(f"Chưa có phiếu {key.text}", f"there is no submission {key.text}")
        return record

    @router.get(
        "/submissions/{campaign}/{programme}/{agency}/versions/{number}",
        tags=["submissions"],
        summary="One version, in the form it was given in",
    )
    async def version(
        campaign: CampaignId, programme: Programme, agency: AgencyId, number: int, person: Reader
    ) -> VersionView:
        _may_see(person, agency)
        key = SubmissionKey(campaign=campaign, programme=programme, agency=agency)
        return VersionView.of(*await open_version(aggregates, key, number))

    @router.get(
        "/submissions/{campaign}/{programme}/{agency}/asked-again",
        tags=["submissions"],
        summary="What an amendment asks of the agency again, until when, with its part of the form",
    )
    async def asked_again(campaign: CampaignId, programme: Programme, agency: AgencyId, person: Reader) -> AskedSheet:
        _may_see(person, agency)
        key = SubmissionKey(campaign=campaign, programme=programme, agency=agency)
        _, current, rule_set = await open_version(aggregates, key)
        return asked_sheet(current, rule_set)


async def _outcome(aggregates: Aggregates, event: bytes, person: Person) -> dict[str, Any]:
    """What became of one event of a batch: one refusal does not stop the others."""
    try:
        posted = read_posted({"content-type": STRUCTURED}, event, person, aggregates.clock.now())
        version, new = await receive_submission(aggregates, posted)
    except DomainError as error:
        refused = problem(error)
        return {"status": refused.status_code, "problem": json.loads(bytes(refused.body))}
    receipt = Receipt.of(version, new).model_dump(mode="json")
    return {"status": 201 if new else 200, "receipt": receipt}


def _may_see(person: Person, agency: str) -> None:
    if not person.roles & {"operator", "verifier", "platform"} and person.agency != agency:
        raise Forbidden(f"Bạn không được xem phiếu của {agency}", f"you may not see the submission of {agency}")
