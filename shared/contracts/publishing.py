"""What publishing says: decisions and published rankings."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.common import CampaignId, GroupKey, Value
from shared.contracts.envelope import EventData
from shared.contracts.scoring import Ranking

__all__ = [
    "DecisionDraftedV1",
    "DecisionRef",
    "DecisionSignedV1",
    "PublishedRanking",
    "RankingCorrectedV1",
    "RankingPublishedV1",
    "RankingWithdrawnV1",
]


class DecisionRef(Value):
    """The Decision (quyết định công bố) a publication rests on; `content_hash` is the SHA-256 of what was signed."""

    campaign: CampaignId
    number: str
    issued_on: date
    content_hash: str


class DecisionDraftedV1(EventData):
    """A draft Decision was laid before the Chairman."""

    type_: ClassVar[str] = "publishing.decision.drafted.v1"
    topic: ClassVar[str] = "decisions"

    decision: DecisionRef
    draft: int
    drafted_by: str


class DecisionSignedV1(EventData):
    """The Chairman signed the Decision."""

    type_: ClassVar[str] = "publishing.decision.signed.v1"
    topic: ClassVar[str] = "decisions"

    decision: DecisionRef
    signed_by: str
    signed_at: AwareDatetime


class PublishedRanking(Value):
    """A ranking as the public gets it, the same bytes on Kafka and over HTTP. `edition` counts from 1."""

    ranking: Ranking
    decision: DecisionRef
    edition: int
    correction_reason: str = ""


class RankingPublishedV1(EventData):
    """A ranking was published by a signed Decision."""

    type_: ClassVar[str] = "publishing.ranking.published.v1"
    topic: ClassVar[str] = "rankings"

    published: PublishedRanking


class RankingCorrectedV1(EventData):
    """A published ranking was replaced by a corrected one (đính chính)."""

    type_: ClassVar[str] = "publishing.ranking.corrected.v1"
    topic: ClassVar[str] = "rankings"

    published: PublishedRanking


class RankingWithdrawnV1(EventData):
    """A published ranking was withdrawn; it no longer holds."""

    type_: ClassVar[str] = "publishing.ranking.withdrawn.v1"
    topic: ClassVar[str] = "rankings"

    key: GroupKey
    edition: int
    reason: str
    withdrawn_by: str
    withdrawn_at: AwareDatetime
