"""What intake keeps: the register, campaigns, and each agency's submissions with all their versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.common import Agency, Answers, Campaign, CampaignId, Dispatch, SubmissionKey
from shared.contracts.intake import Submission
from shared.ruleset.document import Group, Programme, RuleSetRef, Sentence

__all__ = ["AgencyRecord", "CampaignPlan", "CampaignRecord", "SubmissionRecord", "answer_that_counts", "given"]


class _State(BaseModel):
    model_config = ConfigDict(frozen=True)


def _each_once(programmes: tuple[Programme, ...]) -> tuple[Programme, ...]:
    if len(set(programmes)) != len(programmes):
        raise ValueError("a programme is named twice")
    return programmes


class AgencyRecord(_State):
    """An agency in the register, and who entered it."""

    agency: Agency
    registered_by: str


class CampaignPlan(BaseModel):
    """What the department says to open a campaign. Without `members` the whole register takes part; without
    `rule_sets` the active set of each programme and group is pinned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CampaignId
    year: int = Field(ge=2000, le=2100)
    title: Sentence
    programmes: Annotated[tuple[Programme, ...], AfterValidator(_each_once)] = Field(
        default=("it", "portal"), min_length=1
    )
    dispatch: Dispatch
    members: tuple[str, ...] = ()
    rule_sets: tuple[str, ...] = Field(default=(), description="id@version of each set to pin")


class CampaignRecord(_State):
    """A campaign with how it came about; `missing_marked` when everybody who did not answer has been marked.

    `carried` counts the amendments over which the submissions there were have been carried.
    """

    campaign: Campaign
    plan: CampaignPlan
    opened_by: str
    opened_at: datetime
    closed_by: str = ""
    closed_at: datetime | None = None
    early_reason: str = ""
    missing_marked: bool = False
    carried: int = 0


class SubmissionRecord(_State):
    """One agency's answers to one programme. `versions` holds every answer ever taken in, in the order of arrival.

    `returned_until` is set while verification has returned the case; `corrections` names the events of answers that
    were taken only because of such a return.

    Where the rule set was amended, versions stand in the form (`rule_set`) they were given in, and further ones that
    were carried into the next form stand among them. `patches` holds, by event, what answers to criteria that were
    asked again named; `counts` is the number of the version that counts now.
    """

    key: SubmissionKey
    group: Group
    rule_set: RuleSetRef
    status: Literal["received", "late", "missing"]
    versions: tuple[Submission, ...] = ()
    corrections: tuple[str, ...] = ()
    returned_until: datetime | None = None
    patches: dict[str, Answers] = {}
    counts: int = 0

    @property
    def current(self) -> Submission | None:
        """The version that counts."""
        if self.counts:
            return self.versions[self.counts - 1]
        return answer_that_counts(self.versions, self.corrections)

    @property
    def answered(self) -> Submission | None:
        """The newest answer of the agency in the version that counts: that one itself, unless it was carried."""
        current = self.current
        if current is None or current.carried_from is None:
            return current
        return self.versions[current.carried_from - 1]

    def version_of(self, event_id: str) -> Submission | None:
        """The version an event led to, if it was taken in before."""
        return next((one for one in self.versions if one.event_id == event_id and one.carried_from is None), None)


def answer_that_counts(versions: Sequence[Submission], corrections: Sequence[str]) -> Submission | None:
    """Of whole answers in one form: the last correction, else the last given in time, else the first one given late.

    By the time they were given, so that it is the same whatever the order in which they arrived.
    """
    corrected = [version for version in versions if version.event_id in corrections]
    counted = corrected or [version for version in versions if not version.days_late]
    if counted:
        return max(counted, key=given)
    return min(versions, key=given, default=None)


def given(version: Submission) -> tuple[datetime, str]:
    """When a version was given: what answers are put in order by."""
    return (version.submitted_at, version.event_id)
