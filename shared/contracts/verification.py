"""What verification says: cases, findings, verified submissions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, WrapValidator

from shared.contracts.common import Answers, CriterionFinding, SubmissionKey, Value
from shared.contracts.envelope import EventData
from shared.kernel.alike import Alike
from shared.ruleset.document import CriterionCode, Group, RuleSetRef

__all__ = [
    "CaseOpenedV1",
    "CaseReopenedV1",
    "CaseReturnedV1",
    "CaseReturnedV2",
    "Correction",
    "FindingRecordedV1",
    "SubmissionVerifiedV1",
    "VerifiedSubmission",
]


class CaseOpenedV1(EventData):
    """A verification case (hồ sơ thẩm tra) was opened for a submission, or taken up again for a newer one."""

    type_: ClassVar[str] = "verification.case.opened.v1"
    topic: ClassVar[str] = "verification-activity"

    key: SubmissionKey
    submission_number: int


class FindingRecordedV1(EventData):
    """A verifier recorded findings on one or more criteria in one act."""

    type_: ClassVar[str] = "verification.finding.recorded.v1"
    topic: ClassVar[str] = "verification-activity"

    key: SubmissionKey
    submission_number: int
    findings: tuple[CriterionFinding, ...]


class CaseReturnedV1(EventData):
    """A verifier returned a case for correction. No longer said: it gave one reason for all criteria, and no form.

    It is read as V2 (shared.contracts.upcast), for it stands in journals for good.
    """

    type_: ClassVar[str] = "verification.case.returned.v1"
    topic: ClassVar[str] = "verification-returns"

    key: SubmissionKey
    submission_number: int
    criteria: tuple[CriterionCode, ...]
    reason: str
    returned_by: str
    due_at: AwareDatetime


class Correction(Value):
    """A criterion that the agency is to correct, and what is wrong with it."""

    criterion: CriterionCode
    reason: str


class CaseReturnedV2(EventData):
    """A verifier returned a case for correction; the agency may answer again until `due_at`.

    `reason` is the verifier's word on the whole, each of `corrections` tells of its criterion. `rule_set` is the form
    in which the criteria have these codes; only what was said as V1 does not name it.
    """

    type_: ClassVar[str] = "verification.case.returned.v2"
    topic: ClassVar[str] = "verification-returns"

    key: SubmissionKey
    rule_set: RuleSetRef | None = None
    submission_number: int
    corrections: tuple[Correction, ...]
    reason: str
    returned_by: str
    returned_at: AwareDatetime
    due_at: AwareDatetime


_findings = Alike[CriterionFinding](2_048)  # who accepts many cases at once finds the same of each, at one moment


class VerifiedSubmission(Value):
    """What scoring counts: the answers as verified, the findings, and the facts about the submission.

    `revision` counts the completions of the case from 1. `basis` says whether anybody answered at all.
    """

    key: SubmissionKey
    group: Group
    rule_set: RuleSetRef
    revision: int
    basis: Literal["answered", "missing"]
    submission_number: int
    days_late: int
    answers: Answers
    findings: Annotated[tuple[CriterionFinding, ...], WrapValidator(_findings.in_order)]


class SubmissionVerifiedV1(EventData):
    """Every scored criterion of a submission has its finding."""

    type_: ClassVar[str] = "verification.submission.verified.v1"
    topic: ClassVar[str] = "verifications"

    verified: VerifiedSubmission
    verified_by: str
    verified_at: AwareDatetime


class CaseReopenedV1(EventData):
    """A completed case was opened again; its scorecard no longer counts until it is verified anew."""

    type_: ClassVar[str] = "verification.case.reopened.v1"
    topic: ClassVar[str] = "verifications"

    key: SubmissionKey
    group: Group
    revision: int
    reason: str
    reopened_by: str
