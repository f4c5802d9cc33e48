"""What a proof consists of: plain data, exact values as strings beside what is shown."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.common import Evidence, SubmissionKey
from shared.kernel.exact import Exact
from shared.ruleset.document import Group, RuleSetRef

__all__ = [
    "Proof",
    "ProvenCriterion",
    "ProvenFinding",
    "ProvenInput",
    "ProvenRule",
    "ProvenSection",
    "Shown",
]


class _Proven(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(_Proven):
    """An exact number and how it is shown."""

    exact: Exact
    shown: str


class ProvenInput(_Proven):
    """One figure: as the agency answered it, and as it counted."""

    id: str
    title: str
    unit: str | None
    answered_state: str
    answered: str | None
    answered_shown: str
    state: str
    value: str | None
    shown: str


class ProvenFinding(_Proven):
    """The verifier's finding."""

    finding: Literal["accepted", "adjusted", "rejected"]
    shown: str
    reason: str
    verifier: str


class ProvenCriterion(_Proven):
    """How the points of one criterion came about. `lost` is what is missing to the maximum, `missed` says why."""

    code: str
    title: str
    origin: str
    article: str | None
    method: str
    state: str
    state_shown: str
    applied: str
    inputs: tuple[ProvenInput, ...]
    finding: ProvenFinding | None
    evidence_required: bool
    evidence: tuple[Evidence, ...]
    rules: tuple[str, ...]
    points: Shown
    maximum: Shown
    lost: Shown
    missed: str
    message: str | None


class ProvenSection(_Proven):
    """A section: the sum of its criteria, cut to `cap` if there is one, less `deducted`."""

    code: str
    title: str
    sum: Shown
    cap: Shown | None
    deducted: Shown
    points: Shown
    maximum: Shown
    rules: tuple[str, ...]
    criteria: tuple[ProvenCriterion, ...]


class ProvenRule(_Proven):
    """A rule that fired, and what it did."""

    rule: str
    title: str
    message: str
    article: str | None
    effects: tuple[str, ...]
    criteria: tuple[str, ...]


class Proof(_Proven):
    """Everything behind one scorecard."""

    key: SubmissionKey
    agency_name: str
    group: Group
    rule_set: RuleSetRef
    rule_set_title: str
    basis: Literal["answered", "missing"]
    days_late: int
    stage: Literal["provisional", "final"]
    form: Literal["index", "total"]
    sections: tuple[ProvenSection, ...]
    rules: tuple[ProvenRule, ...]
    sum: Shown
    deducted: Shown
    points: Shown
    maximum: Shown
    index: Shown
    level: str
    level_title: str
    excluded: bool
    flags: tuple[str, ...]
