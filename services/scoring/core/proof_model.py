"""What a proof consists of: plain data, exact values as strings beside what is shown.

Ids of inputs, rules, flags and persons are for programs; what people read (proof_text, proof_paper) names none.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.common import Evidence, SubmissionKey
from shared.kernel.exact import Exact
from shared.ruleset.document import Group, RuleSetRef

__all__ = [
    "Change",
    "Needed",
    "NextLevel",
    "Proof",
    "ProvenCriterion",
    "ProvenDeduction",
    "ProvenFinding",
    "ProvenInput",
    "ProvenMean",
    "ProvenRule",
    "ProvenSection",
    "ProvenShare",
    "ProvenTie",
    "ProvenUnit",
    "Shown",
    "Worked",
    "WorkedRow",
]


class _Proven(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shown(_Proven):
    """An exact number and how it is shown."""

    exact: Exact
    shown: str


class ProvenUnit(_Proven):
    """The figure of one sub-unit, as answered and as it counted."""

    name: str
    answered_shown: str
    state: str
    shown: str


class ProvenInput(_Proven):
    """One figure: as the agency answered it, and as it counted; `units` where every sub-unit was asked."""

    id: str
    title: str
    unit: str | None
    answered_state: str
    answered: str | None
    answered_shown: str
    state: str
    value: str | None
    shown: str
    units: tuple[ProvenUnit, ...] = ()


class ProvenFinding(_Proven):
    """The verifier's finding; `unit` is the body that verifies, `verifier` the person, who is not shown to people."""

    finding: Literal["accepted", "adjusted", "rejected"]
    shown: str
    reason: str
    verifier: str
    unit: str
    found_on: date


class WorkedRow(_Proven):
    """A row of a table, and whether it is the one that applied."""

    case: str
    points: Exact
    applies: bool


class Worked(_Proven):
    """How a method came out: the sentence, its table, and the parts, cases or sub-units inside it.

    `method` is how it works, in short; `counts` is no for a case of several that was not the best.
    """

    title: str
    method: str = ""
    says: str
    state: str
    points: Exact
    maximum: Exact
    counts: bool = True
    rows: tuple[WorkedRow, ...] = ()
    inside: tuple[Worked, ...] = ()


class Change(_Proven):
    """A figure that would have had to be another: `value` exact, of the sub-unit `unit` if there is one."""

    input: str
    unit: str | None = None
    value: bool | Exact | str


class Needed(_Proven):
    """What would have given more: with exactly these `changes` the criterion has `points`, and the card `total`.

    `evidence`: the required evidence is given as well; `accepted`: verification does not reject the criterion.
    Everything else stays as it is, what others of the group reached included.
    """

    words: str
    changes: tuple[Change, ...]
    evidence: bool
    accepted: bool
    points: Shown
    gain: Shown
    total: Shown


class ProvenCriterion(_Proven):
    """How the points of one criterion came about.

    `most` is the most it can give (also as a bonus, which adds nothing to `maximum`); `method_says` is the method
    without its table; `earned` is what it gave before evidence and rules; `lost` is what is missing to `most`,
    `missed` the reasons that are no figure's fault, and `needed` what would have given more.
    """

    code: str
    title: str
    origin: str
    article: str | None
    bonus: bool
    method: str
    method_says: str
    asked_if: str | None
    state: str
    state_shown: str
    applied: str
    worked: Worked
    inputs: tuple[ProvenInput, ...]
    finding: ProvenFinding | None
    evidence_required: bool
    evidence_wanted: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    rules: tuple[str, ...]
    earned: Shown
    points: Shown
    maximum: Shown
    most: Shown
    lost: Shown
    missed: tuple[str, ...]
    needed: tuple[Needed, ...]
    message: str | None


class ProvenDeduction(_Proven):
    """Points that one rule took off, and off what: `total`, or the code of a section."""

    rule: str
    title: str
    article: str | None
    from_: str
    points: Shown


class ProvenSection(_Proven):
    """A section: the sum of its criteria, cut to `most` if bonuses go beyond it and to `cap` if a rule says so, less
    `deducted`."""

    code: str
    title: str
    sum: Shown
    most: Shown | None
    cap: Shown | None
    deducted: Shown
    points: Shown
    maximum: Shown
    rules: tuple[str, ...]
    criteria: tuple[ProvenCriterion, ...]


class ProvenRule(_Proven):
    """A rule that fired, when it does, and what it did.

    `cost`: by how much the total would be higher had this rule alone not applied; None where it takes nothing.
    """

    rule: str
    title: str
    message: str
    article: str | None
    when: str
    effects: tuple[str, ...]
    criteria: tuple[str, ...]
    cost: Shown | None


class ProvenShare(_Proven):
    """What one section adds to a mean: points / maximum, and its weight."""

    section: str
    share: Shown
    weight: Shown


class ProvenMean(_Proven):
    """How an index came about that is a mean over sections."""

    kind: Literal["arithmetic", "geometric"]
    shares: tuple[ProvenShare, ...]
    deducted: Shown


class ProvenTie(_Proven):
    """What decides between equal values, and this agency's."""

    words: str
    value: Shown


class NextLevel(_Proven):
    """The next higher level, and what is missing to it: points, or index where that is a mean."""

    title: str
    at_least: Shown
    lacking: Shown
    of: Literal["points", "index"]


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
    deductions: tuple[ProvenDeduction, ...]
    sum: Shown
    deducted: Shown
    points: Shown
    maximum: Shown
    full_maximum: Shown
    mean: ProvenMean | None
    index: Shown
    level: str
    level_title: str
    next_level: NextLevel | None
    ties: tuple[ProvenTie, ...]
    excluded: bool
    flags: tuple[str, ...]
