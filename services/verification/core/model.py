"""The verification case (hồ sơ thẩm tra): one agency's answer to one programme, on its way to what scoring counts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.common import Answers, CriterionFinding, SubmissionKey, Value
from shared.contracts.intake import Submission
from shared.ruleset.document import CriterionCode, Group, RuleSetRef

__all__ = ["Act", "Basis", "Case", "Deed", "Return", "Status"]

Status = Literal["open", "returned", "verified"]
Basis = Literal["answered", "missing"]
Deed = Literal["opened", "amended", "carried", "missing", "findings", "returned", "resumed", "completed", "reopened"]


class Act(Value):
    """One line of a case's history: who did what, when, on which version of the answer."""

    deed: Deed
    by: str
    at: datetime
    submission_number: int
    criteria: tuple[CriterionCode, ...] = ()
    note: str = ""


class Return(Value):
    """Why a case went back to its agency; `due_at` is the first moment at which an answer is too late.

    `reasons` are those of criteria of which there is something of their own to say.
    """

    criteria: tuple[CriterionCode, ...]
    reason: str
    reasons: dict[CriterionCode, str] = {}
    by: str
    due_at: datetime


class Case(Value):
    """A case as it stands. `revision` counts its completions; `submission` is the answer that counts now, if any.

    The history keeps what was done, not the findings that were replaced: those stand in the events that told of them.
    """

    key: SubmissionKey
    group: Group
    rule_set: RuleSetRef
    status: Status
    basis: Basis
    submission: Submission | None = None
    findings: dict[CriterionCode, CriterionFinding] = {}
    returned: Return | None = None
    revision: int = 0
    history: tuple[Act, ...] = ()

    @property
    def number(self) -> int:
        """The version of the answer under verification; 0 if nobody answered."""
        return self.submission.number if self.submission else 0

    def still_asked(self, now: datetime) -> tuple[str, ...]:
        """Criteria that the agency is asked again after an amendment, and has time to answer."""
        submission = self.submission
        if submission is None or submission.answer_until is None or now >= submission.answer_until:
            return ()
        return tuple(one.criterion for one in submission.asked_again)

    @property
    def answers(self) -> Answers:
        """The answers under verification; none if nobody answered."""
        return self.submission.answers if self.submission else Answers(figures={})
