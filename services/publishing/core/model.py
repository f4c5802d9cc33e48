"""What publishing keeps: the Decision of a campaign with its drafts, signatures and editions, and final scorecards.

A later optional field is left out of the bytes while it equals its default, so what was signed keeps its hash; a
default is therefore never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from services.publishing.core.stored import with_tables, without_repetition
from shared.contracts.common import CampaignId, GroupKey, Value
from shared.contracts.publishing import DecisionRef, PublishedRanking, RankingCorrectedV1, RankingPublishedV1
from shared.contracts.scoring import Ranking, ScorecardSummary
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.ruleset.document import LegalBasis, Sentence

__all__ = [
    "NUMBER_PATTERN",
    "Content",
    "Decision",
    "DecisionNumber",
    "Draft",
    "Edition",
    "FinalCard",
    "FinalCards",
    "Signature",
    "Withdrawal",
    "in_table_order",
]

# Decree 30/2020/NĐ-CP, annex I: number, then kind and issuing body, such as 2050/QĐ-UBND.
NUMBER_PATTERN = r"^[0-9]{1,6}(/[0-9]{4})?/QĐ-[A-ZĐ][A-ZĐ0-9.-]{0,30}$"
DecisionNumber = Annotated[str, StringConstraints(pattern=NUMBER_PATTERN, strip_whitespace=True)]


class Content(Value):
    """Everything the Chairman signs: the Decision's own words and the complete rankings it publishes.

    `tables` carry their rule-set references and basis hashes. A correction holds the changed tables only, `corrects`
    the Decisions they stand in, and its `reason`.
    """

    kind: Literal["publication", "correction"]
    campaign: CampaignId
    year: int
    number: DecisionNumber
    issued_on: date
    issuer: Sentence
    place: Sentence
    title: Sentence
    legal_basis: tuple[LegalBasis, ...] = Field(min_length=1)
    proposal: Sentence
    articles: tuple[str, ...]
    recipients: tuple[str, ...]
    tables: tuple[Ranking, ...] = Field(min_length=1)
    corrects: tuple[DecisionRef, ...] = ()
    reason: str = ""

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return canonical_json(self.model_dump(mode="json", by_alias=True, exclude_defaults=True))

    def hash(self) -> str:
        """SHA-256 of the bytes that are signed."""
        return sha256_hex(self.canonical())


class Signature(Value):
    """Who signed, and when."""

    signed_by: str
    signed_at: datetime


class Withdrawal(Value):
    """Who withdrew a publication, when and why."""

    withdrawn_by: str
    withdrawn_at: datetime
    reason: str


class Draft(Value):
    """A draft laid before the Chairman; with its signature it is the Decision. `draft` counts from 1."""

    draft: int
    content: Content
    content_hash: str
    drafted_by: str
    drafted_at: datetime
    signature: Signature | None = None

    def ref(self) -> DecisionRef:
        """How events name it."""
        content = self.content
        return DecisionRef(
            campaign=content.campaign,
            number=content.number,
            issued_on=content.issued_on,
            content_hash=self.content_hash,
        )


class Edition(Value):
    """One edition of a published table, as it was said to the world."""

    published: PublishedRanking
    corrected: bool = False
    signature: Signature
    withdrawal: Withdrawal | None = None

    @cached_property
    def bases(self) -> Mapping[str, str]:
        """Who stands in the table, and the basis of the scorecard behind each row; none (empty) of who has no rank."""
        ranking = self.published.ranking
        return {**{row.agency: "" for row in ranking.unranked}, **{row.agency: row.basis_hash for row in ranking.rows}}

    def event(self) -> RankingPublishedV1 | RankingCorrectedV1:
        """The event that said it."""
        said = RankingCorrectedV1 if self.corrected else RankingPublishedV1
        return said(published=self.published)


class Decision(Value):
    """The Decision of one campaign (quyết định công bố): its drafts, oldest first, and the editions by table."""

    campaign: CampaignId
    drafts: tuple[Draft, ...] = ()
    editions: dict[str, tuple[Edition, ...]] = {}

    @model_validator(mode="before")
    @classmethod
    def _with_tables(cls, stored: Any) -> Any:
        return with_tables(stored)

    @model_serializer(mode="wrap")
    def _without_repetition(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_repetition(dump(self))

    def latest(self, key: GroupKey) -> Edition | None:
        """The newest edition of a table, withdrawn or not."""
        editions = self.editions.get(key.text, ())
        return editions[-1] if editions else None

    def live(self) -> dict[str, Edition]:
        """The editions that hold now, by table."""
        newest = {key: editions[-1] for key, editions in self.editions.items()}
        return {key: edition for key, edition in newest.items() if edition.withdrawal is None}

    def signed(self) -> tuple[Draft, ...]:
        """Signed Decisions, oldest first."""
        return tuple(draft for draft in self.drafts if draft.signature)

    @property
    def stand(self) -> str:
        """Names how it stands: nothing is ever taken back, so whatever is done makes one of these numbers grow."""
        editions = [edition for table in self.editions.values() for edition in table]
        withdrawn = sum(edition.withdrawal is not None for edition in editions)
        newest = self.drafts[-1].content_hash if self.drafts else ""
        return f"{self.campaign}/{len(self.drafts)}.{len(self.signed())}.{len(editions)}.{withdrawn}/{newest}"

    def withdrawal_of(self, draft: Draft) -> Withdrawal | None:
        """How what the Decision published was withdrawn, or None."""
        for edition in (edition for editions in self.editions.values() for edition in editions):
            if edition.published.decision.content_hash == draft.content_hash and edition.withdrawal:
                return edition.withdrawal
        return None


class FinalCard(Value):
    """A final scorecard as scoring computed it; (`computed_at`, `sequence`) is its place among the agency's."""

    card: ScorecardSummary
    computed_at: datetime
    sequence: int


class FinalCards(Value):
    """The final scorecards of one agency in one programme, oldest first: older ones may be the published ones."""

    cards: tuple[FinalCard, ...]


def in_table_order(keys: Iterable[GroupKey]) -> list[GroupKey]:
    """The order of the annexes of Decision 2294/QĐ-UBND: IT before portal, province before district."""
    return sorted(keys, key=lambda key: (key.programme, key.group != "province"))
