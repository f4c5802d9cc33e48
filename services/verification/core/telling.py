"""The events that tell what became of a case; their words are shared.contracts.verification."""

from __future__ import annotations

from datetime import datetime

from services.verification.core.model import Case
from shared.contracts.common import CriterionFinding
from shared.contracts.envelope import EventData
from shared.contracts.verification import (
    CaseOpenedV1,
    CaseReopenedV1,
    CaseReturnedV2,
    Correction,
    FindingRecordedV1,
    SubmissionVerifiedV1,
    VerifiedSubmission,
)
from shared.messaging.aggregate import Outgoing

__all__ = ["tell_findings", "tell_opened", "tell_reopened", "tell_returned", "tell_verified"]


def tell_opened(case: Case) -> Outgoing:
    """A case was opened, or taken up again for a newer answer."""
    return _of(case, CaseOpenedV1(key=case.key, submission_number=case.number))


def tell_findings(case: Case, findings: tuple[CriterionFinding, ...]) -> Outgoing:
    """Findings were recorded in one act."""
    return _of(case, FindingRecordedV1(key=case.key, submission_number=case.number, findings=findings))


def tell_returned(case: Case, at: datetime) -> Outgoing:
    """A case went back to its agency."""
    assert case.returned is not None
    returned = case.returned
    return _of(
        case,
        CaseReturnedV2(
            key=case.key,
            rule_set=case.rule_set,
            submission_number=case.number,
            corrections=tuple(
                Correction(criterion=code, reason=returned.reasons.get(code, returned.reason))
                for code in returned.criteria
            ),
            reason=returned.reason,
            returned_by=returned.by,
            returned_at=at,
            due_at=returned.due_at,
        ),
    )


def tell_verified(case: Case, findings: tuple[CriterionFinding, ...], by: str, at: datetime) -> Outgoing:
    """A case was completed; `findings` in the order of the annex, so that the same case gives the same bytes."""
    verified = VerifiedSubmission(
        key=case.key,
        group=case.group,
        rule_set=case.rule_set,
        revision=case.revision,
        basis=case.basis,
        submission_number=case.number,
        days_late=case.submission.days_late if case.submission else 0,
        answers=case.answers,
        findings=findings,
    )
    return _of(case, SubmissionVerifiedV1(verified=verified, verified_by=by, verified_at=at))


def tell_reopened(case: Case, reason: str, by: str) -> Outgoing:
    """A completed case was opened again; the revision named no longer counts."""
    return _of(
        case,
        CaseReopenedV1(key=case.key, group=case.group, revision=case.revision, reason=reason, reopened_by=by),
    )


def _of(case: Case, data: EventData) -> Outgoing:
    return Outgoing(data, case.key.partition_key)
