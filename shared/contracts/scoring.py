"""What scoring says: rule sets, scorecards, rankings."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, WrapValidator

from shared.contracts.common import CampaignId, GroupKey, SubmissionKey, Value
from shared.contracts.envelope import EventData
from shared.kernel.alike import Alike
from shared.kernel.exact import Exact
from shared.ruleset.document import CriterionCode, Group, Programme, RuleSet, RuleSetRef, SectionCode
from shared.ruleset.parsed import parsed_rule_set

__all__ = [
    "CriterionPoints",
    "FiredRule",
    "RankedAgency",
    "Ranking",
    "RankingComputedV1",
    "RuleSetAcknowledgementRequestedV1",
    "RuleSetActivatedV1",
    "RuleSetActivationRequestedV1",
    "RuleSetApprovalRequestedV1",
    "RuleSetApprovedV1",
    "RuleSetPostedV1",
    "RuleSetRecord",
    "RuleSetRetiredV1",
    "RuleSetRolledBackV1",
    "RuleSetStep",
    "RuleSetSteppedV1",
    "ScorecardComputedV1",
    "ScorecardSummary",
    "SectionPoints",
    "Step",
    "UnrankedAgency",
]


# Names one version of a rule set: id@version.
RuleSetKey = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*@[0-9]+(\.[0-9]+)*$", max_length=90)
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Why = Annotated[str, StringConstraints(max_length=500)]


class Step(Value):
    """One step in the life of a usable rule set: who did it, when, and why. All steps are on `ruleset-steps`."""

    action: Literal["loaded", "approved", "activated", "retired"]
    by: str
    at: AwareDatetime
    reason: str = ""


class RuleSetRecord(Value):
    """A rule set with its life cycle: `document` is its canonical JSON; `steps` are its history, oldest first.

    An active one may be pinned by campaigns of the years `active_from_year` to `active_until_year` (None: to the end of
    the years it is made for).
    """

    ref: RuleSetRef
    status: Literal["approved", "active", "retired"]
    document: dict[str, Any]
    active_from_year: int | None = None
    steps: tuple[Step, ...]
    active_until_year: int | None = None

    def rule_set(self) -> RuleSet:
        """The document read into its class, once for each version."""
        return parsed_rule_set(self.ref.hash, self.document)

    def in_force(self, year: int) -> bool:
        """Whether a campaign of that assessment year may pin it."""
        return year in self.years()

    def years(self) -> range:
        """The assessment years whose campaigns may pin it; none unless it is active."""
        if self.status != "active" or self.active_from_year is None:
            return range(0)
        stage = self.rule_set().stage
        last = stage.last_year if self.active_until_year is None else min(self.active_until_year, stage.last_year)
        return range(max(self.active_from_year, stage.first_year), last + 1)

    @property
    def precedence(self) -> tuple[int, tuple[int, ...], str]:
        """Of several in force for a year the greatest holds: activated from the latest year, then the version."""
        return self.active_from_year or 0, tuple(int(part) for part in self.ref.version.split(".")), self.ref.key


class RuleSetApprovedV1(EventData):
    """A second person approved a rule set. Full state: the topic is compacted."""

    type_: ClassVar[str] = "scoring.ruleset.approved.v1"
    topic: ClassVar[str] = "rulesets"

    record: RuleSetRecord


class RuleSetActivatedV1(EventData):
    """A rule set may be pinned by campaigns from an assessment year on. Full state: the topic is compacted."""

    type_: ClassVar[str] = "scoring.ruleset.activated.v1"
    topic: ClassVar[str] = "rulesets"

    record: RuleSetRecord


class RuleSetRetiredV1(EventData):
    """No new campaign may pin the rule set; those that did keep it. Full state: the topic is compacted."""

    type_: ClassVar[str] = "scoring.ruleset.retired.v1"
    topic: ClassVar[str] = "rulesets"

    record: RuleSetRecord


class RuleSetRolledBackV1(EventData):
    """From an assessment year on, campaigns pin the version before it again. Full state: the topic is compacted."""

    type_: ClassVar[str] = "scoring.ruleset.rolledback.v1"
    topic: ClassVar[str] = "rulesets"

    record: RuleSetRecord


class RuleSetStep(Value):
    """One step in a rule set's life, drafts included: who did what, when, why, and to which document (`hash`).

    `year`: from which assessment year it holds (activated, rolled_back, reinstated). `other`: the version a rollback
    returns to, or comes from. `campaign`, `basis_hash`: the rehearsal that was made or acknowledged. `warnings`: how
    many lint left. `statement`: what the platform adds of its own, such as `nothing_to_rehearse`.
    """

    action: Literal[
        "loaded",
        "linted",
        "rehearsed",
        "acknowledged",
        "approved",
        "activated",
        "rolled_back",
        "reinstated",
        "retired",
    ]
    by: str
    at: AwareDatetime
    reason: str = ""
    hash: str = ""
    year: int | None = None
    other: str = ""
    campaign: str = ""
    basis_hash: str = ""
    warnings: int = 0
    statement: str = ""


class RuleSetSteppedV1(EventData):
    """A rule set took a step in its life, drafts included. Nothing in it can be pinned: the document stays inside."""

    type_: ClassVar[str] = "scoring.ruleset.stepped.v1"
    topic: ClassVar[str] = "ruleset-steps"

    ref: RuleSetRef
    programme: Programme
    group: Group
    title: str
    step: RuleSetStep


class _RuleSetRequest(EventData):
    """What is asked of one rule set from outside: it says nothing that is not read. Who asks is the event's actor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: ClassVar[str] = "ruleset-requests"

    rule_set: RuleSetKey


class RuleSetPostedV1(_RuleSetRequest):
    """A rule set as YAML or JSON, to be kept as a draft if it is sound; `name` is what faults call the document."""

    type_: ClassVar[str] = "platform.ruleset.posted.v1"

    content: Annotated[str, Field(min_length=1, max_length=2 * 2**20)]
    name: Annotated[str, Field(min_length=1, max_length=200)] = "document"


class RuleSetAcknowledgementRequestedV1(_RuleSetRequest):
    """Somebody has looked at the rehearsal with this basis, and takes what it would change."""

    type_: ClassVar[str] = "platform.ruleset.acknowledgementrequested.v1"

    campaign: CampaignId
    basis_hash: Sha256
    reason: Why = ""


class RuleSetApprovalRequestedV1(_RuleSetRequest):
    """Somebody has looked at the draft with this hash, and approves it."""

    type_: ClassVar[str] = "platform.ruleset.approvalrequested.v1"

    hash: Sha256
    reason: Why = ""


class RuleSetActivationRequestedV1(_RuleSetRequest):
    """Campaigns are to pin the rule set from an assessment year on."""

    type_: ClassVar[str] = "platform.ruleset.activationrequested.v1"

    from_year: Annotated[int, Field(ge=2000, le=2100)]
    reason: Why = ""


class CriterionPoints(Value):
    """Points of one criterion; `state` tells why it may count nothing or not at all."""

    code: CriterionCode
    points: Exact
    maximum: Exact
    state: Literal["value", "not_applicable", "not_reported", "rejected", "information", "pending"]


class SectionPoints(Value):
    """Points of a section after caps and deductions; `maximum` is the applicable one."""

    code: SectionCode
    points: Exact
    maximum: Exact


class FiredRule(Value):
    """A rule that fired; `criteria` where it fired for each criterion."""

    rule: str
    criteria: tuple[CriterionCode, ...] = ()


_points = Alike[CriterionPoints](8_192)


class ScorecardSummary(Value):
    """A scorecard (phiếu điểm) without its proof, which scoring renders when asked.

    `stage`: `provisional` when the agency is verified (relative criteria pending), `final` when its group is complete.
    `index` = points / maximum, 0..1; `level` is the id of a level of the rule set. `basis_hash` is the SHA-256 of what
    was scored (verified submission, rule set, the group's highest values).
    """

    key: SubmissionKey
    group: Group
    rule_set: RuleSetRef
    stage: Literal["provisional", "final"]
    basis_hash: str
    points: Exact
    maximum: Exact
    index: Exact
    level: str
    excluded: bool
    flags: tuple[str, ...]
    sections: tuple[SectionPoints, ...]
    criteria: Annotated[tuple[CriterionPoints, ...], WrapValidator(_points.in_order)]
    fired: tuple[FiredRule, ...]


class ScorecardComputedV1(EventData):
    """An agency's scorecard was computed."""

    type_: ClassVar[str] = "scoring.scorecard.computed.v1"
    topic: ClassVar[str] = "scorecards"

    scorecard: ScorecardSummary


class RankedAgency(Value):
    """A row of a ranking. `value` is what was ranked by: the index (it) or the points (portal), exact.

    `tie_breakers` are the values that decide between equal ones, in the order of the rule set; mostly there are none.
    """

    rank: int
    agency: str
    name: str
    points: Exact
    maximum: Exact
    index: Exact
    value: Exact
    level: str
    basis_hash: str
    tie_breakers: tuple[Exact, ...] = ()


class UnrankedAgency(Value):
    """An agency that has no rank, and why."""

    agency: str
    name: str
    reason: Literal["excluded", "not_verified"]
    rules: tuple[str, ...] = ()


class Ranking(Value):
    """A ranking (bảng xếp hạng) of one group in one programme. `revision` counts computations from 1."""

    key: GroupKey
    year: int
    rule_set: RuleSetRef
    revision: int
    basis_hash: str
    rows: tuple[RankedAgency, ...]
    unranked: tuple[UnrankedAgency, ...]


class RankingComputedV1(EventData):
    """A group's final scorecards were put in order."""

    type_: ClassVar[str] = "scoring.ranking.computed.v1"
    topic: ClassVar[str] = "computed-rankings"

    ranking: Ranking
