"""What intake's news does to a case: an answer, a newer or carried one, or word that none came.

An answer is known by its number: an older or equal one changes nothing, so news may come twice and in any order.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from services.verification.core.checklist import Checklist
from services.verification.core.model import Act, Case, Deed, Return
from services.verification.core.telling import tell_opened, tell_reopened, tell_verified
from shared.contracts.carry import carry
from shared.contracts.common import CriterionFinding, SubmissionKey
from shared.contracts.intake import Submission
from shared.messaging.aggregate import Change, Outgoing
from shared.ruleset.document import Group, RuleSet, RuleSetRef
from shared.ruleset.followed import follow

__all__ = ["BY_ITSELF", "open_case", "take_amendment", "take_carried", "take_missing", "take_submission"]

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


def take_carried(
    case: Case | None, submission: Submission, before: RuleSet, checklist: Checklist, now: datetime
) -> Change[Case]:
    """The rule set was amended from `before`, and the answer carried: findings stay where nothing they rest on changed.

    A verified case that loses none, and whose agency is asked nothing again, is verified anew under the new version;
    another is opened again. One that was returned stays with its agency.
    """
    if case is None or case.rule_set != before.ref() or case.basis == "missing":
        return take_submission(case, submission, checklist, now)
    if submission.number <= case.number:
        return Change(case)
    carried = carry(before, checklist.rule_set, case.answers, case.findings.values())
    asked = {one.criterion for one in submission.asked_again}
    kept = {
        finding.criterion: finding
        for finding in carried.findings
        if finding.criterion not in asked
        and checklist.unaffected(finding.criterion, carried.answers, submission.answers)
    }
    whole = not asked and not checklist.lacking(kept, submission.answers)
    new = case.model_copy(
        update={
            "rule_set": submission.rule_set,
            "submission": submission,
            "findings": kept,
            "returned": _renamed(case.returned, before, checklist.rule_set),
            "status": "open" if case.status == "verified" and not whole else case.status,
            "revision": case.revision + (case.status == "verified" and whole),
            "history": (*case.history, _carried_act(case, submission, kept, now)),
        }
    )
    if case.status != "verified":
        return Change(new)
    if whole:
        return Change(new, (tell_verified(new, checklist.in_order(kept), BY_ITSELF, now),))
    reason = f"Sửa đổi bộ tiêu chí: {case.rule_set.key} → {submission.rule_set.key}"
    return Change(new, (tell_reopened(case, reason, BY_ITSELF), tell_opened(new)))


def _carried_act(case: Case, submission: Submission, kept: Collection[str], now: datetime) -> Act:
    return Act(
        deed="carried",
        by=BY_ITSELF,
        at=now,
        submission_number=submission.number,
        criteria=tuple(code for code in case.findings if code not in kept),
        note=f"{case.rule_set.key} → {submission.rule_set.key}",
    )


def _renamed(returned: Return | None, before: RuleSet, after: RuleSet) -> Return | None:
    """The criteria to correct under their new codes; those that are gone need no correction."""
    if returned is None:
        return None
    kept = {old.code: new.code for old, new in follow(before, after).pairs if old.code in returned.criteria}
    reasons = {kept[code]: reason for code, reason in returned.reasons.items() if code in kept}
    return returned.model_copy(update={"criteria": tuple(kept.values()), "reasons": reasons})


def take_missing(
    case: Case | None,
    key: SubmissionKey,
    group: Group,
    rule_set: RuleSetRef,
    now: datetime,
    before: RuleSetRef | None = None,
) -> Change[Case]:
    """Nobody answered: the case is verified by itself, with no findings. An answer that is known counts more.

    Where the rule set was amended from `before`, it is verified anew under the new version.
    """
    if case is not None:
        if before is None or case.basis != "missing" or case.rule_set != before:
            return Change(case)
        note = f"{before.key} → {rule_set.key}"
        act = Act(deed="carried", by=BY_ITSELF, at=now, submission_number=0, note=note)
        again = case.model_copy(update={"rule_set": rule_set, "history": (*case.history, act)})
        if case.status != "verified":
            return Change(again)
        again = again.model_copy(update={"revision": case.revision + 1})
        return Change(again, (tell_verified(again, (), BY_ITSELF, now),))
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
