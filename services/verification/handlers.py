"""What verification listens to: the table of contents of the service. Every event type of its topics is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.verification.collections import CASES, RULE_SETS
from services.verification.core import arrival
from services.verification.core.model import Case
from services.verification.rules import checklist_of
from shared.contracts.envelope import Event
from shared.contracts.intake import (
    SubmissionAmendedV1,
    SubmissionCarriedV1,
    SubmissionLateV1,
    SubmissionMissingV1,
    SubmissionReceivedV1,
)
from shared.contracts.said import said
from shared.messaging.aggregate import Change
from shared.messaging.handlers import Context, Handler, Reference
from shared.references import KEEP_CAMPAIGNS, KEEP_RULE_SETS, rule_set_ref

__all__ = ["HANDLERS"]


def answer_counts(case: Case | None, event: Event[Any], context: Context) -> Change[Case]:
    """A first, late or newer answer: the case is opened, or brought up to it."""
    submission = event.data.submission
    checklist = checklist_of(context.get(RULE_SETS, submission.rule_set.key), submission.rule_set)
    return _as_told(event, arrival.take_submission(case, submission, checklist, context.now))


def answer_carried(case: Case | None, event: Event[SubmissionCarriedV1], context: Context) -> Change[Case]:
    """The rule set was amended: the case follows, with the findings that still hold."""
    submission, before = event.data.submission, event.data.before
    checklist = checklist_of(context.get(RULE_SETS, submission.rule_set.key), submission.rule_set)
    old = checklist_of(context.get(RULE_SETS, before.key), before).rule_set
    return _as_told(event, arrival.take_carried(case, submission, old, checklist, context.now))


def answer_missing(case: Case | None, event: Event[Any], context: Context) -> Change[Case]:
    """Nobody answered: verified by itself."""
    data = event.data
    return arrival.take_missing(case, data.key, data.group, data.rule_set, context.now, data.before)


def _as_told(event: Event[Any], change: Change[Case]) -> Change[Case]:
    """The answer is kept in the plain JSON that intake made of it, and need not be made JSON again."""
    return replace(change, known=((event.data.submission, said(event)["submission"]),))


def _key_of_answer(data: Any) -> str:
    return str(data.submission.key.text)


def _rule_sets_of_carried(data: SubmissionCarriedV1) -> Sequence[Reference]:
    return (rule_set_ref(data.submission.rule_set), rule_set_ref(data.before))


def _rule_set_of_answer(data: Any) -> Sequence[Reference]:
    return (rule_set_ref(data.submission.rule_set),)


HANDLERS = (
    Handler(SubmissionReceivedV1, CASES, _key_of_answer, answer_counts, _rule_set_of_answer),
    Handler(SubmissionLateV1, CASES, _key_of_answer, answer_counts, _rule_set_of_answer),
    Handler(SubmissionAmendedV1, CASES, _key_of_answer, answer_counts, _rule_set_of_answer),
    Handler(SubmissionCarriedV1, CASES, _key_of_answer, answer_carried, _rule_sets_of_carried),
    Handler(SubmissionMissingV1, CASES, lambda data: data.key.text, answer_missing),
    *KEEP_CAMPAIGNS,
    *KEEP_RULE_SETS,
)
