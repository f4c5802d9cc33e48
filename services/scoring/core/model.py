"""What scoring keeps of each agency and of each table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from shared.contracts.common import GroupKey
from shared.contracts.scoring import Ranking, ScorecardSummary
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import Exact

__all__ = ["CardRecord", "RankingRecord", "reopened_revision_of"]


class CardRecord(BaseModel):
    """One agency's verified submission and the scorecards worked out from it.

    `final` may be of an earlier basis than `provisional` until its group is ranked anew; `group_best` holds the highest
    values, by input, that it was compared with. `reopened_revision` is the newest revision that verification opened
    again, whichever of the two was heard first: a card does not count until a newer one is verified. There may be no
    more than that yet, and then `verified` and `provisional` are None.
    """

    model_config = ConfigDict(frozen=True)

    verified: VerifiedSubmission | None = None
    provisional: ScorecardSummary | None = None
    reopened_revision: int = 0
    final: ScorecardSummary | None = None
    final_revision: int = 0
    group_best: dict[str, Exact] = {}

    @model_validator(mode="before")
    @classmethod
    def _of_release_0_1(cls, stored: Any) -> Any:
        """Release 0.1.0 kept a word, and not which revision was opened again: it was the one that the card has."""
        if not isinstance(stored, Mapping) or "status" not in stored:
            return stored
        rest = {name: value for name, value in stored.items() if name != "status"}
        return {**rest, "reopened_revision": reopened_revision_of(stored)}

    @property
    def revision(self) -> int:
        """The newest revision that was verified; 0 if none was."""
        return self.verified.revision if self.verified else 0

    @property
    def status(self) -> Literal["verified", "reopened"]:
        """Whether the card counts."""
        return "verified" if self.revision > self.reopened_revision else "reopened"

    @property
    def scored(self) -> VerifiedSubmission:
        """What the scorecards are of; only of a card that has any."""
        assert self.verified is not None
        return self.verified

    @property
    def shown(self) -> ScorecardSummary:
        """The final scorecard, or the provisional one while there is none of this revision; of a card that has any."""
        assert self.provisional is not None
        return self.provisional if self.final is None or self.to_rank else self.final

    @property
    def table(self) -> GroupKey:
        """The ranking table of a card that counts."""
        key = self.scored.key
        return GroupKey(campaign=key.campaign, programme=key.programme, group=self.scored.group)

    @property
    def to_rank(self) -> bool:
        """Verified, and not yet in a ranking with this revision."""
        return self.status == "verified" and self.final_revision != self.revision


def reopened_revision_of(card: Mapping[str, Any]) -> int:
    """`CardRecord.reopened_revision` of a card as plain JSON, in whatever release's words; 0 if none was."""
    if "reopened_revision" not in card and card.get("status") == "reopened":
        return int(card["verified"]["revision"])
    return int(card.get("reopened_revision", 0))


class RankingRecord(BaseModel):
    """The newest ranking of a table; `closed_by` and `reason` when the operator closed it before it was complete.

    `group_best` holds the highest values, by input, that the final scorecards were compared with. `finals_due` until
    the last of those is written and no card was verified anew meanwhile.
    """

    model_config = ConfigDict(frozen=True)

    ranking: Ranking
    group_best: dict[str, Exact] = {}
    finals_due: bool = False
    closed_by: str = ""
    reason: str = ""
