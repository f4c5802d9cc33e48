"""What is kept of rehearsals: who asked for one, how far it is, its reports; and their rows, page by page."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.scoring.core.rehearsal import Report, Row
from shared.contracts.common import CampaignId, GroupKey
from shared.ruleset.document import Group, Programme, RuleSetRef

__all__ = ["RehearsalPage", "RehearsalRecord", "rehearsal_key"]


class RehearsalRecord(BaseModel):
    """The rehearsals of one document on one campaign.

    `done` of `of` agencies are worked out while the state is `running`; `refused` says why in `fault`. `reports` are
    all that were ever made, the newest last: the data of a campaign may change.
    """

    model_config = ConfigDict(frozen=True)

    rule_set: RuleSetRef
    campaign: CampaignId
    programme: Programme
    group: Group
    requested_by: str
    requested_at: AwareDatetime
    state: Literal["requested", "running", "done", "refused"] = "requested"
    done: int = 0
    of: int = 0
    fault: str = ""
    reports: tuple[Report, ...] = ()

    @property
    def due(self) -> bool:
        """Whether somebody waits for it."""
        return self.state in ("requested", "running")

    @property
    def key(self) -> str:
        """`id@version/hash/campaign`: another document under the same name is rehearsed on its own."""
        return rehearsal_key(self.rule_set, self.campaign)

    @property
    def table(self) -> GroupKey:
        """Whose verified data is scored again."""
        return GroupKey(campaign=self.campaign, programme=self.programme, group=self.group)

    @property
    def report(self) -> Report | None:
        """The newest report."""
        return self.reports[-1] if self.reports else None


class RehearsalPage(BaseModel):
    """Rows of a report, in the order of agency ids."""

    model_config = ConfigDict(frozen=True)

    rows: tuple[Row, ...]


def rehearsal_key(ref: RuleSetRef, campaign: str) -> str:
    """The key under which rehearsals of a document on a campaign are kept."""
    return f"{ref.key}/{ref.hash}/{campaign}"
