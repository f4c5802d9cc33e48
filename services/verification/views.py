"""What the API shows of a case."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from services.verification.core.checklist import Checklist, is_scored
from services.verification.core.model import Act, Basis, Case, Return, Status
from services.verification.usecases.accept_many import Outcome
from shared.contracts.common import Answer, Campaign, CriterionFinding, Evidence
from shared.contracts.intake import Submission
from shared.kernel.exact import Exact
from shared.ruleset.document import Criterion, Group, Programme, RuleSetRef, Section, Text

__all__ = ["AcceptedManyView", "CaseSummary", "CaseView", "ChecklistView", "OutcomeView"]

_NOT_REPORTED = Answer(state="not_reported")


class CaseSummary(BaseModel):
    """A case in a list. `findings` counts the criteria that have one; `due_at` while the agency may correct.

    `asked_again` are the criteria that the agency has not answered since an amendment, and may until `answer_until`.
    """

    campaign: str
    programme: Programme
    agency: str
    agency_name: str
    group: Group
    status: Status
    basis: Basis
    submission_number: int
    days_late: int
    revision: int
    findings: int
    due_at: datetime | None
    asked_again: tuple[str, ...]
    answer_until: datetime | None

    @classmethod
    def of(cls, case: Case, campaign: Campaign | None) -> CaseSummary:
        """`campaign` gives the agency's name where it is known."""
        member = campaign.member(case.key.agency) if campaign else None
        return cls(
            campaign=case.key.campaign,
            programme=case.key.programme,
            agency=case.key.agency,
            agency_name=member.name if member else "",
            group=case.group,
            status=case.status,
            basis=case.basis,
            submission_number=case.number,
            days_late=case.submission.days_late if case.submission else 0,
            revision=case.revision,
            findings=len(case.findings),
            due_at=case.returned.due_at if case.returned else None,
            asked_again=tuple(one.criterion for one in case.submission.asked_again) if case.submission else (),
            answer_until=case.submission.answer_until if case.submission else None,
        )


class CaseView(BaseModel):
    """A case in full."""

    summary: CaseSummary
    rule_set: RuleSetRef
    submission: Submission | None
    findings: tuple[CriterionFinding, ...]
    returned: Return | None
    history: tuple[Act, ...]

    @classmethod
    def of(cls, case: Case, campaign: Campaign | None) -> CaseView:
        """Everything that is known of the case."""
        return cls(
            summary=CaseSummary.of(case, campaign),
            rule_set=case.rule_set,
            submission=case.submission,
            findings=tuple(case.findings.values()),
            returned=case.returned,
            history=case.history,
        )


class FigureView(BaseModel):
    """One figure with the agency's answer."""

    input: str
    title: Text
    type: str
    unit: str | None
    answer: Answer


class CheckView(BaseModel):
    """One criterion to check; `required` where completion waits for its finding."""

    code: str
    title: Text
    maximum: Exact
    required: bool
    evidence_required: bool
    documents: tuple[str, ...]
    figures: tuple[FigureView, ...]
    evidence: tuple[Evidence, ...]
    finding: CriterionFinding | None

    @classmethod
    def of(cls, criterion: Criterion, case: Case) -> CheckView:
        """The criterion beside what the case says about it."""
        figures = case.answers.figures
        return cls(
            code=criterion.code,
            title=criterion.title,
            maximum=criterion.maximum,
            required=is_scored(criterion),
            evidence_required=criterion.evidence.required,
            documents=criterion.evidence.documents,
            figures=tuple(
                FigureView(
                    input=item.id,
                    title=item.title,
                    type=item.type,
                    unit=item.unit,
                    answer=figures.get(item.id, _NOT_REPORTED),
                )
                for item in criterion.inputs
            ),
            evidence=case.answers.evidence.get(criterion.code, ()),
            finding=case.findings.get(criterion.code),
        )


class SectionView(BaseModel):
    """A section with its criteria."""

    code: str
    title: Text
    criteria: tuple[CheckView, ...]

    @classmethod
    def of(cls, section: Section, case: Case) -> SectionView:
        """The section in the order of the annex."""
        checks = tuple(CheckView.of(criterion, case) for criterion in section.criteria)
        return cls(code=section.code, title=section.title, criteria=checks)


class ChecklistView(BaseModel):
    """The checklist of a case; `lacking` are the criteria that completion waits for."""

    campaign: str
    programme: Programme
    agency: str
    rule_set: RuleSetRef
    status: Status
    basis: Basis
    submission_number: int
    lacking: tuple[str, ...]
    sections: tuple[SectionView, ...]

    @classmethod
    def of(cls, case: Case, checklist: Checklist) -> ChecklistView:
        """What the verifier works through."""
        return cls(
            campaign=case.key.campaign,
            programme=case.key.programme,
            agency=case.key.agency,
            rule_set=case.rule_set,
            status=case.status,
            basis=case.basis,
            submission_number=case.number,
            lacking=checklist.lacking(case.findings, case.answers) if case.basis == "answered" else (),
            sections=tuple(SectionView.of(section, case) for section in checklist.rule_set.sections),
        )


class OutcomeView(BaseModel):
    """What became of one case in a call about many; `code`, `title` and `detail` where it was refused."""

    programme: Programme
    agency: str
    verified: bool
    revision: int
    code: str = ""
    title: str = ""
    detail: str = ""

    @classmethod
    def of(cls, outcome: Outcome) -> OutcomeView:
        """A line of the answer."""
        refusal = outcome.refusal
        return cls(
            programme=outcome.key.programme,
            agency=outcome.key.agency,
            verified=refusal is None,
            revision=outcome.revision,
            code=refusal.code if refusal else "",
            title=refusal.vi if refusal else "",
            detail=refusal.en if refusal else "",
        )


class AcceptedManyView(BaseModel):
    """The outcome of every case, and how many there are of each kind."""

    verified: int
    refused: int
    cases: tuple[OutcomeView, ...]

    @classmethod
    def of(cls, outcomes: list[Outcome]) -> AcceptedManyView:
        """Counted."""
        refused = sum(outcome.refusal is not None for outcome in outcomes)
        views = tuple(OutcomeView.of(outcome) for outcome in outcomes)
        return cls(verified=len(outcomes) - refused, refused=refused, cases=views)
