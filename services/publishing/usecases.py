"""What people ask of a Decision, each as one atomic write of that one document.

Rankings are read before the Decision is written. A ranking that arrives in between is as one that arrives right after:
it does not undo the signature, it is what a correction is for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publishing.collections import DECISIONS
from services.publishing.core import decision as signing
from services.publishing.core import drafting
from services.publishing.core.drafting import Decided, Paper, Situation
from services.publishing.core.model import NUMBER_PATTERN, Decision
from services.publishing.core.refusals import tables_missing
from services.publishing.core.wording import place_of, shared_legal_basis
from services.publishing.reading import rule_sets_of, situation_of
from shared.contracts.envelope import EventData
from shared.contracts.publishing import RankingCorrectedV1, RankingPublishedV1, RankingWithdrawnV1
from shared.messaging.aggregate import Change, Outgoing
from shared.messaging.commands import Aggregates
from shared.ruleset.document import LegalBasis, Sentence

__all__ = ["CorrectionRequest", "DecisionDesk", "DraftRequest", "SignRequest", "WithdrawRequest"]


# The form is checked where a refusal can say what a number looks like; here it is only described.
GivenNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    Field(json_schema_extra={"pattern": NUMBER_PATTERN, "examples": ["2050/QĐ-UBND"]}),
]


class DraftRequest(BaseModel):
    """What the operator writes on a draft; what is left out is taken from the rule sets the tables rest on."""

    model_config = ConfigDict(extra="forbid")

    number: GivenNumber
    issued_on: date
    title: Sentence
    legal_basis: tuple[LegalBasis, ...] = ()
    issuer: Sentence | None = None
    place: Sentence | None = None


class CorrectionRequest(DraftRequest):
    """A correction is a signed document of its own: it has its own number and date, and says why."""

    reason: Sentence


class SignRequest(BaseModel):
    """Which draft was read: its number and the hash of its content."""

    model_config = ConfigDict(extra="forbid")

    draft: int
    content_hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class WithdrawRequest(BaseModel):
    """Why what is published no longer holds."""

    model_config = ConfigDict(extra="forbid")

    reason: Sentence


class DecisionDesk:
    """The operator's and the Chairman's desk. Every write records who (`by`) and when."""

    def __init__(self, aggregates: Aggregates) -> None:
        self._aggregates = aggregates

    async def draft(self, campaign: str, request: DraftRequest, by: str) -> Decision:
        """Lay a draft of the publication before the Chairman."""
        situation = await situation_of(self._aggregates, campaign)
        paper = await self._paper(situation, request)
        return await self._execute(campaign, by, lambda now, held: drafting.draft(held, situation, paper, by, now))

    async def correct(self, campaign: str, request: CorrectionRequest, by: str) -> Decision:
        """Lay a correction before the Chairman."""
        situation = await situation_of(self._aggregates, campaign)
        paper = await self._paper(situation, request, request.reason)
        return await self._execute(campaign, by, lambda now, held: drafting.correct(held, situation, paper, by, now))

    async def sign(self, campaign: str, request: SignRequest, by: str) -> Decision:
        """Sign what was read, and publish it with the same write."""
        situation = await situation_of(self._aggregates, campaign)
        seen = signing.Seen(request.draft, request.content_hash)
        return await self._execute(campaign, by, lambda now, held: signing.sign(held, situation, seen, by, now))

    async def withdraw(self, campaign: str, request: WithdrawRequest, by: str) -> Decision:
        """Withdraw what is published."""
        reason = request.reason
        return await self._execute(campaign, by, lambda now, held: signing.withdraw(held, campaign, reason, by, now))

    async def _paper(self, situation: Situation, request: DraftRequest, reason: str = "") -> Paper:
        """The operator's words, completed from the rule sets."""
        if not situation.newest:
            raise tables_missing(situation.campaign.groups())
        rule_sets = list((await rule_sets_of(self._aggregates, situation.newest.values())).values())
        # A rule set names first the document that set it up; whoever issued that publishes the results.
        issuer = request.issuer or rule_sets[0].legal_basis[0].issuer
        return Paper(
            number=request.number,
            issued_on=request.issued_on,
            issuer=issuer,
            place=request.place or place_of(issuer),
            title=request.title,
            legal_basis=request.legal_basis or shared_legal_basis(rule_sets),
            reason=reason,
        )

    async def _execute(
        self, campaign: str, by: str, decide: Callable[[datetime, Decision | None], Decided]
    ) -> Decision:
        def change(held: Decision | None) -> Change[Decision]:
            decided = decide(self._aggregates.clock.now(), held)
            return Change(decided.decision, tuple(Outgoing(data, _key(campaign, data)) for data in decided.events))

        stands = await self._aggregates.execute(DECISIONS, campaign, change, actor=by)
        assert stands is not None, "no decision is ever taken back"
        return stands


def _key(campaign: str, data: EventData) -> str:
    """The Kafka key by topic: rankings by table (compacted), decisions by campaign."""
    if isinstance(data, (RankingPublishedV1, RankingCorrectedV1)):
        return data.published.ranking.key.text
    if isinstance(data, RankingWithdrawnV1):
        return data.key.text
    return campaign
