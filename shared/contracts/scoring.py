"""What scoring says: rule sets, scorecards, rankings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.common import GroupKey, SubmissionKey, Value
from shared.contracts.envelope import EventData
from shared.kernel.exact import Exact
from shared.ruleset.document import CriterionCode, Group, RuleSet, RuleSetRef, SectionCode
from shared.ruleset.parsed import parsed_rule_set

__all__ = [
    "CriterionPoints",
    "FiredRule",
    "RankedAgency",
    "Ranking",
    "RankingComputedV1",
    "RuleSetActivatedV1",
    "RuleSetApprovedV1",
    "RuleSetRecord",
    "RuleSetRetiredV1",
    "ScorecardComputedV1",
    "ScorecardSummary",
    "SectionPoints",
    "Step",
    "UnrankedAgency",
]


class Step(Value):
    """One step in a rule set's life: who did it, when, and why."""

    action: Literal["loaded", "approved", "activated", "retired"]
    by: str
    at: AwareDatetime
    reason: str = ""


class RuleSetRecord(Value):
    """A rule set with its life cycle: `document` is its canonical JSON; `steps` are its history, oldest first."""

    ref: RuleSetRef
    status: Literal["approved", "active", "retired"]
    document: dict[str, Any]
    active_from_year: int | None = None
    steps: tuple[Step, ...]

    def rule_set(self) -> RuleSet:
        """The document read into its class, once for each version."""
        return parsed_rule_set(self.ref.hash, self.document)


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
    criteria: tuple[CriterionPoints, ...]
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
