"""What intake says: campaigns and submissions."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import AwareDatetime, ConfigDict, Field

from shared.contracts.common import AgencyId, Answers, AskedAgain, Campaign, CampaignId, SubmissionKey, Value
from shared.contracts.envelope import EventData
from shared.ruleset.document import Group, Programme, RuleSetRef

__all__ = [
    "CampaignAmendedV1",
    "CampaignClosedV1",
    "CampaignOpenedV1",
    "PlatformSubmissionV1",
    "Submission",
    "SubmissionAmendedV1",
    "SubmissionCarriedV1",
    "SubmissionLateV1",
    "SubmissionMissingV1",
    "SubmissionReceivedV1",
]


class CampaignOpenedV1(EventData):
    """A campaign was opened with its dispatch. Full state: the topic is compacted."""

    type_: ClassVar[str] = "intake.campaign.opened.v1"
    topic: ClassVar[str] = "campaigns"

    campaign: Campaign


class CampaignClosedV1(EventData):
    """A campaign takes no more answers; who has not answered is missing. Full state: the topic is compacted."""

    type_: ClassVar[str] = "intake.campaign.closed.v1"
    topic: ClassVar[str] = "campaigns"

    campaign: Campaign
    closed_by: str
    closed_at: AwareDatetime


class CampaignAmendedV1(EventData):
    """Another version of a rule set holds for a table of a campaign that runs. Full state: the topic is compacted."""

    type_: ClassVar[str] = "intake.campaign.amended.v1"
    topic: ClassVar[str] = "campaigns"

    campaign: Campaign


class Submission(Value):
    """One agency's answer to one programme (phiếu trả lời), as it counts now.

    `number` counts its versions from 1; `submitted_at` is when the agency answered (attested by the platform),
    `received_at` when intake took it in; `days_late` whole local days after the deadline's day, 0 if in time.
    `rule_set` names the form it stands in. Where no agency gave it so, but it was made of what was given when the
    rule set was amended, `carried_from` is the number of the newest answer in it. `asked_again` are the criteria that
    the agency may still answer, before `answer_until`.
    """

    key: SubmissionKey
    group: Group
    rule_set: RuleSetRef
    number: int = Field(ge=1)
    event_id: str
    submitted_at: AwareDatetime
    received_at: AwareDatetime
    submitted_by: str
    days_late: int = Field(ge=0)
    answers: Answers
    carried_from: int | None = None
    asked_again: tuple[AskedAgain, ...] = ()
    answer_until: AwareDatetime | None = None


class SubmissionReceivedV1(EventData):
    """An agency's first answer arrived in time and was valid."""

    type_: ClassVar[str] = "intake.submission.received.v1"
    topic: ClassVar[str] = "submissions"

    submission: Submission


class SubmissionAmendedV1(EventData):
    """An agency answered again, in time or because verification returned the case; this answer counts now."""

    type_: ClassVar[str] = "intake.submission.amended.v1"
    topic: ClassVar[str] = "submissions"

    submission: Submission


class SubmissionLateV1(EventData):
    """An agency's first answer arrived after the deadline, while the campaign was open."""

    type_: ClassVar[str] = "intake.submission.late.v1"
    topic: ClassVar[str] = "submissions"

    submission: Submission


class SubmissionCarriedV1(EventData):
    """The rule set was amended from `before`, and the agency's answer carried into the form that holds now."""

    type_: ClassVar[str] = "intake.submission.carried.v1"
    topic: ClassVar[str] = "submissions"

    submission: Submission
    before: RuleSetRef


class SubmissionMissingV1(EventData):
    """The campaign was closed and the agency has not answered.

    Told anew when the rule set was amended from `before`.
    """

    type_: ClassVar[str] = "intake.submission.missing.v1"
    topic: ClassVar[str] = "submissions"

    key: SubmissionKey
    group: Group
    rule_set: RuleSetRef
    closed_at: AwareDatetime
    before: RuleSetRef | None = None


class PlatformSubmissionV1(EventData):
    """What the provincial platform posts: an agency's answers, as typed in (values not yet checked).

    `figures` by input id: a plain value, or `{"state": "not_applicable"}`. `evidence` by criterion code. It comes from
    outside, so an unknown field is refused: a misspelled `evidence` would silently take an agency's evidence away. The
    attribute `dataschema` may tell which survey form was answered, by its `$id`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type_: ClassVar[str] = "platform.submission.posted.v1"
    topic: ClassVar[str] = "platform-submissions"

    campaign: CampaignId
    programme: Programme
    agency: AgencyId
    figures: dict[str, Any]
    evidence: dict[str, Any] = {}
