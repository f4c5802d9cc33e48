"""Rehearsals over HTTP: asked for, watched, read, acknowledged by a second person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response, StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field

from services.scoring.collections import OF_RULE_SET, REHEARSALS, RULE_SETS
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.rehearsal import Report, Row
from services.scoring.core.rehearsal_record import RehearsalRecord
from services.scoring.core.rehearsal_refusals import not_done
from services.scoring.core.rehearsal_words import CSV_HEADER, csv_lines, drivers
from services.scoring.usecases.change_rule_set import acknowledge_rehearsal
from services.scoring.usecases.rehearse import newest_rehearsal, page_of, request_rehearsal
from shared.contracts.common import CampaignId
from shared.http.auth import Person, require
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSetRef

__all__ = ["rehearsal_routes"]

RulesAdmin = Annotated[Person, Depends(require("rules_admin"))]
Staff = Annotated[Person, Depends(require("operator", "verifier", "rules_admin", "chairman"))]


class RehearsalRequest(BaseModel):
    """The campaign whose verified data is scored again."""

    campaign: CampaignId


class Acknowledgement(BaseModel):
    """Which rehearsal was looked at (its `basis_hash`: another one is not acknowledged), and why it is taken."""

    basis_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    reason: str = Field(default="", max_length=500)


class RehearsalState(BaseModel):
    """How far a rehearsal is. `stale`: the draft was replaced since. `acknowledged_by`: of the newest report."""

    rule_set: RuleSetRef
    campaign: CampaignId
    state: str
    done: int
    of: int
    fault: str
    requested_by: str
    requested_at: AwareDatetime
    stale: bool
    acknowledged_by: str
    report: Report | None

    @classmethod
    def of_record(cls, record: RehearsalRecord, kept: KeptRuleSet | None) -> RehearsalState:
        stale, report = kept is None or kept.ref != record.rule_set, record.report
        made = () if kept is None or stale else kept.rehearsals
        return cls(
            **{name: getattr(record, name) for name in ("rule_set", "campaign", "state", "done", "of", "fault")},
            requested_by=record.requested_by,
            requested_at=record.requested_at,
            stale=stale,
            acknowledged_by=next((one.acknowledged_by for one in made if _same(one.basis_hash, report)), ""),
            report=report,
        )


def _same(basis_hash: str, report: Report | None) -> bool:
    return report is not None and report.basis_hash == basis_hash


def rehearsal_routes(router: APIRouter, aggregates: Aggregates) -> None:
    """Add the routes."""
    base = "/rulesets/{key}/rehearsals"

    async def state(record: RehearsalRecord) -> RehearsalState:
        return RehearsalState.of_record(record, await aggregates.get(RULE_SETS, record.rule_set.key))

    async def report_of(key: str, campaign: str) -> Report:
        record = await newest_rehearsal(aggregates, key, campaign)
        if record.report is None:
            raise not_done(key, campaign)
        return record.report

    @router.post(base, tags=["rehearsals"], status_code=202, summary="Score a campaign again under this set")
    async def rehearse(person: RulesAdmin, key: str, body: RehearsalRequest) -> RehearsalState:
        return await state(await request_rehearsal(aggregates, key, body.campaign, person.id))

    @router.get(base, tags=["rehearsals"], summary="All that were made under this name, stale ones too")
    async def rehearsals(key: str, _: Staff) -> list[RehearsalState]:
        return [await state(one) for one in (await aggregates.find(REHEARSALS, OF_RULE_SET, key)).values()]

    @router.get(f"{base}/{{campaign}}", tags=["rehearsals"], summary="How far it is, and what it comes to")
    async def rehearsal(key: str, campaign: CampaignId, _: Staff) -> RehearsalState:
        return await state(await newest_rehearsal(aggregates, key, campaign))

    @router.get(f"{base}/{{campaign}}/report", tags=["rehearsals"], summary="The report without its rows")
    async def report(key: str, campaign: CampaignId, _: Staff) -> Response:
        found = await report_of(key, campaign)
        body = canonical_json(found.model_dump(mode="json"))
        return Response(body, media_type="application/json", headers={"ETag": f'"{found.basis_hash}"'})

    @router.get(f"{base}/{{campaign}}/rows", tags=["rehearsals"], summary="A page of agencies, with what drove them")
    async def rows(
        key: str, campaign: CampaignId, _: Staff, page: Annotated[int, Field(ge=0)] = 0, basis_hash: str = ""
    ) -> Response:
        found = await _report_with(aggregates, key, campaign, basis_hash)
        made = [_with_words(found, row) for row in (await page_of(aggregates, found, page)).rows]
        body = {"basis_hash": found.basis_hash, "page": page, "pages": found.pages, "rows": made}
        return Response(canonical_json(body), media_type="application/json")

    @router.get(f"{base}/{{campaign}}/rows.csv", tags=["rehearsals"], summary="All agencies as CSV, exact numbers")
    async def rows_csv(key: str, campaign: CampaignId, _: Staff) -> StreamingResponse:
        found = await report_of(key, campaign)

        async def lines() -> AsyncIterator[str]:
            yield ",".join(CSV_HEADER) + "\r\n"
            for number in range(found.pages):
                yield "".join(csv_lines(found, (await page_of(aggregates, found, number)).rows))

        return StreamingResponse(lines(), media_type="text/csv; charset=utf-8")

    @router.post(f"{base}/{{campaign}}/acknowledge", tags=["rehearsals"], summary="By a second person")
    async def acknowledge(person: RulesAdmin, key: str, campaign: CampaignId, body: Acknowledgement) -> RehearsalState:
        await acknowledge_rehearsal(aggregates, key, campaign, body.basis_hash, person.id, body.reason)
        return await state(await newest_rehearsal(aggregates, key, campaign))


async def _report_with(aggregates: Aggregates, key: str, campaign: str, basis_hash: str) -> Report:
    """The report with that basis, the newest where none is named; of whatever document stood under the name."""
    found = (await aggregates.find(REHEARSALS, OF_RULE_SET, key)).values()
    named = [one for record in found for one in record.reports if one.basis_hash == basis_hash]
    if named:
        return named[0]
    record = await newest_rehearsal(aggregates, key, campaign)
    if record.report is None:
        raise not_done(key, campaign)
    if basis_hash:
        raise NotFound(f"Không có kết quả chấm thử {basis_hash}", f"there is no rehearsal {basis_hash}")
    return record.report


def _with_words(report: Report, row: Row) -> dict[str, Any]:
    return {**row.model_dump(mode="json"), "why": list(drivers(report, row))}
