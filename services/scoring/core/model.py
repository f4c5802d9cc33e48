"""What scoring keeps of each agency and of each table."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.common import GroupKey
from shared.contracts.scoring import Ranking, ScorecardSummary
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import Exact

__all__ = ["CardRecord", "RankingRecord"]


class CardRecord(BaseModel):
    """One agency's verified submission and the scorecards worked out from it.

    `final` may be of an earlier basis than `provisional` until its group is ranked anew; `group_best` holds the highest
    values, by input, that it was compared with. A `reopened` card does not count until the case is verified again.
    """

    model_config = ConfigDict(frozen=True)

    status: Literal["verified", "reopened"]
    verified: VerifiedSubmission
    provisional: ScorecardSummary
    final: ScorecardSummary | None = None
    final_revision: int = 0
    group_best: dict[str, Exact] = {}

    @property
    def shown(self) -> ScorecardSummary:
        """The final scorecard, or the provisional one while there is none of this revision."""
        return self.provisional if self.final is None or self.to_rank else self.final

    @property
    def table(self) -> GroupKey:
        """The ranking table the card belongs to."""
        key = self.verified.key
        return GroupKey(campaign=key.campaign, programme=key.programme, group=self.verified.group)

    @property
    def to_rank(self) -> bool:
        """Verified, and not yet in a ranking with this revision."""
        return self.status == "verified" and self.final_revision != self.verified.revision


class RankingRecord(BaseModel):
    """The newest ranking of a table; `closed_by` and `reason` when the operator closed it before it was complete.

    `group_best` holds the highest values, by input, that the final scorecards were compared with. `finals_due` until
    the last of those is written.
    """

    model_config = ConfigDict(frozen=True)

    ranking: Ranking
    group_best: dict[str, Exact] = {}
    finals_due: bool = False
    closed_by: str = ""
    reason: str = ""
