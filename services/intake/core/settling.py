"""Which version of a submission counts, and telling of it: after a new answer, and after an amendment.

Every version is kept in the form it was given in. Where none of them says what counts in the form that holds now, one
is made that does, so that whoever opens a version sees one form, whole.
"""

from __future__ import annotations

from datetime import datetime

from services.intake.core.effective import Effective, effective
from services.intake.core.forms import Form, Forms
from services.intake.core.model import SubmissionRecord
from shared.contracts.intake import (
    Submission,
    SubmissionAmendedV1,
    SubmissionCarriedV1,
    SubmissionLateV1,
    SubmissionMissingV1,
    SubmissionReceivedV1,
)
from shared.messaging.aggregate import Change, Outgoing

__all__ = ["bring_forward", "settle"]


def bring_forward(record: SubmissionRecord, forms: Forms, closed_at: datetime | None) -> Change[SubmissionRecord]:
    """Carry a submission into the form that holds now, one amendment after the other. Doing it again does nothing.

    Who has not answered is told as missing under the new form, and asked nothing: he had his time.
    """
    events: list[Outgoing] = []
    at = next((index for index, form in enumerate(forms) if form.ref == record.rule_set), len(forms))
    for index in range(at + 1, len(forms)):
        before, form = record.rule_set, forms[index]
        record = record.model_copy(update={"rule_set": form.ref})
        found = effective(record, forms[: index + 1])
        if found is not None:
            record, version = _with_made(record, found, form)
            events.append(Outgoing(SubmissionCarriedV1(submission=version, before=before), record.key.partition_key))
        elif record.status == "missing":
            since = closed_at or form.since
            assert since is not None, "what is brought forward was amended"
            missing = SubmissionMissingV1(
                key=record.key, group=record.group, rule_set=form.ref, closed_at=since, before=before
            )
            events.append(Outgoing(missing, record.key.partition_key))
    return Change(record, tuple(events))


def settle(before: SubmissionRecord, after: SubmissionRecord, forms: Forms) -> Change[SubmissionRecord]:
    """Find out what counts now that a version was added last, and tell of it if that is something new."""
    version = after.versions[-1]
    if len(forms) == 1:
        return _told(before, after, version) if after.current is version else Change(after)
    found = effective(after, forms)
    assert found is not None, "an answer was given"
    if found.newest is version and version.rule_set == forms[-1].ref:
        version = _stated(version, found, forms[-1])
        after = after.model_copy(update={"versions": (*after.versions[:-1], version), "counts": version.number})
        return _told(before, after, version)
    current = before.current
    if current is not None and _says(current, found):
        return Change(after)  # given before what counts: kept, and nothing to tell
    after, made = _with_made(after, found, forms[-1])
    return _told(before, after, made)


def _told(before: SubmissionRecord, after: SubmissionRecord, version: Submission) -> Change[SubmissionRecord]:
    late = version.days_late > 0
    after = after.model_copy(update={"status": "late" if late else "received", "returned_until": None})
    kind: type[SubmissionReceivedV1 | SubmissionLateV1 | SubmissionAmendedV1]
    if before.current is not None:
        kind = SubmissionAmendedV1
    else:
        kind = SubmissionLateV1 if late else SubmissionReceivedV1
    return Change(after, (Outgoing(kind(submission=version), after.key.partition_key),))


def _with_made(record: SubmissionRecord, found: Effective, form: Form) -> tuple[SubmissionRecord, Submission]:
    number = len(record.versions) + 1
    newest = found.newest
    made = newest.model_copy(
        update={"number": number, "event_id": f"{newest.event_id}~{number}", "carried_from": newest.number}
    )
    made = _stated(made, found, form)
    return record.model_copy(update={"versions": (*record.versions, made), "counts": number}), made


def _stated(version: Submission, found: Effective, form: Form) -> Submission:
    """The version as it says what counts; what completes an answer in time is no later than that was."""
    return version.model_copy(
        update={
            "rule_set": form.ref,
            "days_late": found.base.days_late,
            "answers": found.answers,
            "asked_again": found.open,
            "answer_until": form.until if found.open else None,
        }
    )


def _says(version: Submission, found: Effective) -> bool:
    return (version.answers, version.days_late, version.submitted_at, version.asked_again) == (
        found.answers,
        found.base.days_late,
        found.newest.submitted_at,
        found.open,
    )
