"""Scorecards: public once their table is published, before that for those concerned."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.publishing.collections import CARDS
from services.publishing.core.arrivals import card_behind
from services.publishing.core.model import Edition, FinalCard, FinalCards
from services.publishing.reading import decision_of
from services.publishing.routes.rankings import withdrawn
from services.publishing.routes.responses import Asking, answer_json, gone
from shared.contracts.common import AgencyId, CampaignId, GroupKey, SubmissionKey
from shared.http.auth import Person, Unauthenticated
from shared.kernel.errors import Forbidden, NotFound
from shared.messaging.commands import Aggregates
from shared.ruleset.document import Group, Programme

__all__ = ["scorecard_routes"]

_GROUPS: tuple[Group, ...] = ("province", "district")


def scorecard_routes(aggregates: Aggregates) -> APIRouter:
    """Routes under /scorecards."""
    router = APIRouter(tags=["scorecards"])

    @router.get("/scorecards/{campaign}/{programme}/{agency}", summary="An agency's final scorecard")
    async def scorecard(
        request: Request, person: Asking, campaign: CampaignId, programme: Programme, agency: AgencyId
    ) -> Response:
        key = SubmissionKey(campaign=campaign, programme=programme, agency=agency)
        edition = await _edition_with(aggregates, key)
        insider = person is not None and _concerned(person, agency)
        if edition is not None and edition.withdrawal and not insider:
            return gone(withdrawn(edition))
        published = edition is not None and edition.withdrawal is None
        if not published and not insider:
            raise _not_yet(person)
        cards = await aggregates.get(CARDS, key.text)
        found = _card(cards, edition if published else None, agency)
        if found is None:
            raise NotFound(f"Chưa có phiếu điểm {key.text}", f"no scorecard {key.text} yet", (), "no_scorecard")
        return answer_json(request, found.card.model_dump(mode="json", exclude_defaults=True), public=published)

    return router


async def _edition_with(aggregates: Aggregates, key: SubmissionKey) -> Edition | None:
    """The newest edition of the table in which the agency stands, ranked or not."""
    decision = await decision_of(aggregates, key.campaign)
    if decision is None:
        return None
    for group in _GROUPS:
        edition = decision.latest(GroupKey(campaign=key.campaign, programme=key.programme, group=group))
        if edition is not None and key.agency in edition.bases:
            return edition
    return None


def _card(cards: FinalCards | None, edition: Edition | None, agency: str) -> FinalCard | None:
    """The card the edition rests on; the newest where nothing is published."""
    if cards is None or edition is None:
        return cards.cards[-1] if cards else None
    return card_behind(cards, edition.bases.get(agency, ""), edition.signature.signed_at)


def _concerned(person: Person, agency: str) -> bool:
    return bool(person.roles & {"operator", "verifier"}) or ("agency" in person.roles and person.agency == agency)


def _not_yet(person: Person | None) -> Unauthenticated | Forbidden:
    vi, en = "Phiếu điểm chưa được công bố", "the scorecard is not published yet"
    if person is None:
        return Unauthenticated(vi, en, (), "not_published")
    return Forbidden(vi, f"{en}; until then for the operator, verifiers and the agency itself", (), "not_published")
