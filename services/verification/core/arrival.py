"""What intake's news does to a case: an answer, a newer answer, or word that none came.

An answer is known by its number: an older or equal one changes nothing, so news may come twice and in any order.
"""

from __future__ import annotations

from datetime import datetime

from services.verification.core.checklist import Checklist
from services.verification.core.model import Act, Case, Deed
from services.verification.core.telling import tell_opened, tell_reopened, tell_verified
from shared.contracts.common import CriterionFinding, SubmissionKey
from shared.contracts.intake import Submission
from shared.messaging.aggregate import Change, Outgoing
from shared.ruleset.document import Group, RuleSetRef

__all__ = ["BY_ITSELF", "open_case", "take_amendment", "take_missing", "take_submission"]

# Who "verified" what nobody answered: there was nothing for a person to judge.
BY_ITSELF = "verification"


def take_submission(case: Case | None, submission: Submission, checklist: Checklist, now: datetime) -> Change[Case]:
    """An answer arrived, the first or a later one."""
    if case is None:
        return open_case(submission, now)
    return take_amendment(case, submission, checklist, now)


def open_case(submission: Submission, now: datetime) -> Change[Case]:
    """Open a case for the first answer known."""
    case = Case(
        key=submission.key,
        group=submission.group,
        rule_set=submission.rule_set,
        status="open",
        basis="answered",
        submission=submission,
        history=(_act("opened", submission, now),),
    )
    return Change(case, (tell_opened(case),))


def take_amendment(case: Case, submission: Submission, checklist: Checklist, now: datetime) -> Change[Case]:
    """Put a newer answer in place of the one before; findings stay where nothing they rest on has changed.

    A case that was verified is opened again, so that its scorecard no longer counts.
    """
    if submission.number <= case.number:
        return Change(case)
    kept = _kept(case, submission, checklist)
    dropped = tuple(code for code in case.findings if code not in kept)
    opened = case.model_copy(
        update={
            "group": submission.group,
            "rule_set": submission.rule_set,
            "status": "open",
            "basis": "answered",
            "submission": submission,
            "findings": kept,
            "returned": None,
            "history": (*case.history, _act("amended", submission, now, dropped)),
        }
    )
    return Change(opened, (*_withdrawn(case, submission), tell_opened(opened)))


def take_missing(
    case: Case | None, key: SubmissionKey, group: Group, rule_set: RuleSetRef, now: datetime
) -> Change[Case]:
    """Nobody answered: the case is verified by itself, with no findings. An answer that is known counts more."""
    if case is not None:
        return Change(case)
    act = Act(deed="missing", by=BY_ITSELF, at=now, submission_number=0)
    missing = Case(
        key=key, group=group, rule_set=rule_set, status="verified", basis="missing", revision=1, history=(act,)
    )
    return Change(missing, (tell_verified(missing, (), BY_ITSELF, now),))


def _kept(case: Case, submission: Submission, checklist: Checklist) -> dict[str, CriterionFinding]:
    if case.rule_set != submission.rule_set:
        return {}
    before, after = case.answers, submission.answers
    return {code: finding for code, finding in case.findings.items() if checklist.unaffected(code, before, after)}


def _withdrawn(case: Case, submission: Submission) -> tuple[Outgoing, ...]:
    if case.status != "verified":
        return ()
    reason = f"Cơ quan gửi phiếu trả lời mới, số {submission.number}"
    return (tell_reopened(case, reason, submission.submitted_by),)


def _act(deed: Deed, submission: Submission, now: datetime, dropped: tuple[str, ...] = ()) -> Act:
    return Act(deed=deed, by=submission.submitted_by, at=now, submission_number=submission.number, criteria=dropped)
