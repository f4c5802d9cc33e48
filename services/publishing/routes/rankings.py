"""Published rankings for everybody, and the computed ones for those who make the Decision."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from services.publishing.core.model import Decision, Edition, in_table_order
from services.publishing.core.tables import csv_bytes, published_bytes
from services.publishing.published import PublishedTable, PublishedTables
from services.publishing.reading import decision_of, rule_sets_of, situation_of
from services.publishing.routes.responses import Gone, answer, answer_json, gone
from shared.contracts.common import CampaignId, GroupKey
from shared.http.auth import Person, require
from shared.kernel.errors import Fault, NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Group, Programme

__all__ = ["ranking_routes", "withdrawn"]

Decider = Annotated[Person, Depends(require("operator", "chairman"))]
EditionNumber = Annotated[int, Path(ge=1)]


def ranking_routes(aggregates: Aggregates) -> APIRouter:
    """Routes under /rankings, and /computed-rankings."""
    router = APIRouter(tags=["rankings"])
    tables = PublishedTables(aggregates)

    @router.get("/rankings", summary="What is published now, with links")
    async def published(request: Request, campaign: CampaignId | None = None) -> Response:
        root = request.scope.get("root_path", "")
        return answer_json(request, {"rankings": [_entry(root, table) for table in await tables.of(campaign)]})

    @router.get("/rankings/{campaign}/{programme}/{group}", summary="The ranking that holds, the bytes sent to Kafka")
    async def ranking(request: Request, campaign: CampaignId, programme: Programme, group: Group) -> Response:
        key = GroupKey(campaign=campaign, programme=programme, group=group)
        edition = await _edition(aggregates, key)
        return _gone(edition) if edition.withdrawal else answer(request, published_bytes(edition), "application/json")

    @router.get("/rankings/{campaign}/{programme}/{group}/ranking.csv", summary="The same as CSV, numbers as shown")
    async def as_csv(request: Request, campaign: CampaignId, programme: Programme, group: Group) -> Response:
        key = GroupKey(campaign=campaign, programme=programme, group=group)
        edition = await _edition(aggregates, key)
        if edition.withdrawal:
            return _gone(edition)
        table = edition.published.ranking
        body = csv_bytes(table, (await rule_sets_of(aggregates, [table]))[table.rule_set.key])
        name = f'attachment; filename="{campaign}-{programme}-{group}.csv"'
        return answer(request, body, "text/csv; charset=utf-8; header=present", extra={"Content-Disposition": name})

    @router.get("/rankings/{campaign}/{programme}/{group}/editions/{number}", summary="One edition, superseded or not")
    async def one_edition(
        request: Request, campaign: CampaignId, programme: Programme, group: Group, number: EditionNumber
    ) -> Response:
        key = GroupKey(campaign=campaign, programme=programme, group=group)
        edition = await _edition(aggregates, key, number)
        return _gone(edition) if edition.withdrawal else answer(request, published_bytes(edition), "application/json")

    @router.get("/computed-rankings", summary="Which tables of a campaign are computed, drafted and published")
    async def computed(request: Request, campaign: CampaignId, _: Decider) -> Response:
        return answer_json(request, await _computed(aggregates, campaign), public=False)

    return router


def withdrawn(edition: Edition) -> Gone:
    """The refusal that says who withdrew it, when and why."""
    mark, key = edition.withdrawal, edition.published.ranking.key.text
    assert mark is not None
    fault = Fault(
        "ranking.withdrawn",
        f"{key}/editions/{edition.published.edition}",
        f"{mark.withdrawn_by} thu hồi lúc {mark.withdrawn_at.isoformat()}. Lý do: {mark.reason}",
        f"withdrawn by {mark.withdrawn_by} at {mark.withdrawn_at.isoformat()}: {mark.reason}",
        "Xem GET /rankings để biết kết quả đang có hiệu lực",
        "see GET /rankings for what holds",
    )
    return Gone(f"Bảng xếp hạng {key} đã bị thu hồi", f"the ranking {key} was withdrawn", [fault], "withdrawn")


def _gone(edition: Edition) -> Response:
    return gone(withdrawn(edition))


async def _edition(aggregates: Aggregates, key: GroupKey, number: int | None = None) -> Edition:
    decision = await decision_of(aggregates, key.campaign)
    editions = decision.editions.get(key.text, ()) if decision else ()
    if not editions or (number is not None and number > len(editions)):
        what = key.text if number is None else f"{key.text}, edition {number}"
        raise NotFound(f"Chưa công bố: {what}", f"not published: {what}", (), "not_published")
    return editions[-1 if number is None else number - 1]


def _entry(root: str, table: PublishedTable) -> dict[str, Any]:
    here = f"{root}/rankings/{table.key.text}"
    links = {
        "json": here,
        "csv": f"{here}/ranking.csv",
        "editions": [f"{here}/editions/{number}" for number in range(1, table.edition + 1)],
        "decision": f"{root}/decisions/{table.key.campaign}",
    }
    return {**table.told, "links": links}


async def _computed(aggregates: Aggregates, campaign: str) -> dict[str, Any]:
    situation = await situation_of(aggregates, campaign)
    decision = await decision_of(aggregates, campaign) or Decision(campaign=campaign)
    drafted = {table.key.text: table.revision for draft in decision.drafts[-1:] for table in draft.content.tables}
    live = decision.live()
    tables = []
    for key in in_table_order(situation.campaign.groups()):
        newest, edition = situation.newest.get(key.text), live.get(key.text)
        tables.append(
            {
                **key.model_dump(mode="json"),
                "ranking": newest.model_dump(mode="json") if newest else None,
                "drafted_revision": drafted.get(key.text),
                "published_revision": edition.published.ranking.revision if edition else None,
                "published_edition": edition.published.edition if edition else None,
            }
        )
    return {"campaign": campaign, "complete": all(table["ranking"] for table in tables), "tables": tables}
