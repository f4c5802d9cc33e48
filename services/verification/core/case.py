"""What people do with a case: findings, completion, return for correction and back, reopening.

Every act takes the case as it stands and gives what becomes of it with the events that tell; `now` and who acts come
from outside. What is not allowed raises a `DomainError` that names the case or the criterion and the way on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from services.verification.core import refusals
from services.verification.core.checklist import Checklist
from services.verification.core.findings import Draft, accept, check_findings, check_reason
from services.verification.core.model import Act, Case, Deed, Return
from services.verification.core.telling import tell_findings, tell_opened, tell_reopened, tell_returned, tell_verified
from shared.contracts.common import CriterionFinding
from shared.kernel.clock import LOCAL_ZONE
from shared.kernel.errors import Invalid
from shared.messaging.aggregate import Change

__all__ = ["MAX_DAYS_TO_CORRECT", "accept_all", "complete", "record_findings", "reopen", "resume", "return_case"]

MAX_DAYS_TO_CORRECT = 366  # a mistyped year must not leave a case open for ever


def record_findings(
    case: Case, checklist: Checklist, drafts: Sequence[Draft], *, by: str, now: datetime, seen: int | None = None
) -> Change[Case]:
    """Record findings on some criteria, all or none; a later one replaces an earlier one.

    `seen` is the number of the answer that was looked at: a newer one may have come meanwhile.
    """
    _workable(case, now, seen)
    _answered(case)
    findings = check_findings(checklist, drafts, by, now)
    # Sending the same again, after an answer that never arrived, is one act and not two.
    new = tuple(finding for finding in findings if not _stands(case, finding))
    return _with_findings(case, new, by, now) if new else Change(case)


def accept_all(
    case: Case, checklist: Checklist, *, by: str, now: datetime, completing: bool = False, seen: int | None = None
) -> Change[Case]:
    """Accept every scored criterion that has no finding yet, and complete the case if asked to.

    What the agency is asked again after an amendment, and may still answer, is left alone.
    """
    _workable(case, now, seen)
    waiting = case.still_asked(now)
    lacking = tuple(code for code in _lacking(case, checklist) if code not in waiting)
    accepted = accept(lacking, by, now)
    change = _with_findings(case, tuple(one for one, _ in accepted), by, now) if accepted else Change(case)
    if not completing:
        return replace(change, known=accepted)
    assert change.state is not None
    done = complete(change.state, checklist, by=by, now=now)
    return Change(done.state, (*change.events, *done.events), accepted)


def complete(case: Case, checklist: Checklist, *, by: str, now: datetime, seen: int | None = None) -> Change[Case]:
    """Complete a case in which every scored criterion has its finding; where nobody answered none is needed."""
    _workable(case, now, seen)
    if waiting := case.still_asked(now):
        raise refusals.still_asked(case, waiting)
    lacking = _lacking(case, checklist)
    if lacking:
        raise refusals.findings_lacking(case, [checklist.criteria[code] for code in lacking])
    done = _after(case, "completed", by, now, status="verified", returned=None, revision=case.revision + 1)
    return Change(done, (tell_verified(done, checklist.in_order(done.findings), by, now),))


def return_case(
    case: Case,
    checklist: Checklist,
    criteria: Iterable[str],
    *,
    reason: str,
    due_on: date,
    by: str,
    now: datetime,
    reasons: Mapping[str, str] = MappingProxyType({}),
    seen: int | None = None,
) -> Change[Case]:
    """Send a case back to its agency, which may answer again until the end of the day `due_on`, Vietnam time.

    So may one that has not answered at all, once its case was opened again. `reasons` by criterion, where one has its
    own; criteria that stand only there are returned as well.
    """
    _workable(case, now, seen)
    stripped = check_reason(reason)
    own = {code: check_reason(words) for code, words in reasons.items()}
    codes = _codes(checklist, {*criteria, *own})
    own = {code: own[code] for code in codes if code in own}
    returned = Return(criteria=codes, reason=stripped, reasons=own, by=by, due_at=_end_of(due_on, now))
    sent = _after(case, "returned", by, now, codes, stripped, status="returned", returned=returned)
    return Change(sent, (tell_returned(sent, now),))


def resume(case: Case, *, reason: str, by: str, now: datetime) -> Change[Case]:
    """Take a returned case back at once. Its agency may still answer while it has time: that amends the case."""
    if case.returned is None:
        raise refusals.not_returned(case)
    stripped = check_reason(reason)
    resumed = _after(case, "resumed", by, now, case.returned.criteria, stripped, status="open", returned=None)
    return Change(resumed, (tell_opened(resumed),))


def reopen(case: Case, *, reason: str, by: str, now: datetime) -> Change[Case]:
    """Open a completed case again; its findings stay until they are replaced."""
    if case.status != "verified":
        raise refusals.not_verified(case)
    stripped = check_reason(reason)
    opened = _after(case, "reopened", by, now, note=stripped, status="open")
    return Change(opened, (tell_reopened(case, stripped, by),))


def _lacking(case: Case, checklist: Checklist) -> tuple[str, ...]:
    return checklist.lacking(case.findings, case.answers) if case.basis == "answered" else ()


def _workable(case: Case, now: datetime, seen: int | None) -> None:
    """A case is worked on while open, and again when its agency let the time for correction pass."""
    if case.status == "verified":
        raise refusals.verified_already(case)
    if case.returned is not None and now < case.returned.due_at:
        raise refusals.still_returned(case)
    if seen is not None and seen != case.number:
        raise refusals.newer_submission(case, seen)


def _answered(case: Case) -> None:
    """Where nobody answered there is nothing to find."""
    if case.basis == "missing":
        raise refusals.nothing_answered(case)


def _stands(case: Case, finding: CriterionFinding) -> bool:
    before = case.findings.get(finding.criterion)
    return before is not None and before.model_copy(update={"found_at": finding.found_at}) == finding


def _with_findings(case: Case, findings: tuple[CriterionFinding, ...], by: str, now: datetime) -> Change[Case]:
    codes = tuple(finding.criterion for finding in findings)
    merged = {**case.findings, **{finding.criterion: finding for finding in findings}}
    found = _after(case, "findings", by, now, codes, status="open", returned=None, findings=merged)
    return Change(found, (tell_findings(found, findings),))


def _codes(checklist: Checklist, criteria: Iterable[str]) -> tuple[str, ...]:
    wanted = set(criteria)
    unknown = sorted(wanted - checklist.criteria.keys())
    if unknown:
        raise refusals.refused_criteria([refusals.unknown_criterion(code) for code in unknown])
    if not wanted:
        raise refusals.nothing_said("criteria", "Chưa nêu tiêu chí cần bổ sung", "no criterion to correct is named")
    return tuple(code for code in checklist.criteria if code in wanted)


def _end_of(due_on: date, now: datetime) -> datetime:
    """The first moment after the day, as a campaign's deadline is counted (domain.md, "When")."""
    today = now.astimezone(LOCAL_ZONE).date()
    if not timedelta(0) <= due_on - today <= timedelta(days=MAX_DAYS_TO_CORRECT):
        fault = refusals.wrong_due_date(MAX_DAYS_TO_CORRECT)
        raise Invalid.of(fault)
    midnight = datetime.combine(due_on + timedelta(days=1), time(), LOCAL_ZONE)
    return midnight.astimezone(now.tzinfo)


def _after(
    case: Case, deed: Deed, by: str, now: datetime, criteria: tuple[str, ...] = (), note: str = "", **update: Any
) -> Case:
    act = Act(deed=deed, by=by, at=now, submission_number=case.number, criteria=criteria, note=note)
    return case.model_copy(update={**update, "history": (*case.history, act)})
