"""What a rule set asks a verifier to check: which criteria need a finding, and what a finding rests on."""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.carry import rests_on
from shared.contracts.common import Answer, Answers, CriterionFinding
from shared.contracts.gates import NOT_REPORTED, is_left_out
from shared.ruleset.document import Criterion, RuleSet

__all__ = ["Checklist", "is_scored"]

_REJECTED = Answer(state="rejected")


class Checklist:
    """The criteria of a rule set by code, in the order of the annex; made once and used for many cases."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self.criteria: Mapping[str, Criterion] = {criterion.code: criterion for criterion in rule_set.criteria()}
        self.scored = tuple(code for code, criterion in self.criteria.items() if is_scored(criterion))
        self.asks_everybody = all(self.criteria[code].asked_if is None for code in self.scored)
        self._inputs = rule_set.inputs()

    def lacking(self, findings: Mapping[str, CriterionFinding], answers: Answers) -> tuple[str, ...]:
        """Scored criteria that have no finding yet; one that is not asked of the agency needs none."""
        without = [code for code in self.scored if code not in findings]
        if all(self.criteria[code].asked_if is None for code in without):
            return tuple(without)
        figures = self._as_found(findings, answers)
        return tuple(code for code in without if not is_left_out(self.criteria[code], figures, self._inputs))

    def _as_found(self, findings: Mapping[str, CriterionFinding], answers: Answers) -> Mapping[str, Answer]:
        figures = dict(answers.figures)
        for code, finding in findings.items():
            criterion = self.criteria.get(code)
            if finding.finding == "rejected" and criterion is not None:
                figures |= {item.id: _REJECTED for item in criterion.inputs}
            figures |= finding.adjusted
        return figures

    def in_order(self, findings: Mapping[str, CriterionFinding]) -> tuple[CriterionFinding, ...]:
        """Findings in the order of the annex."""
        return tuple(findings[code] for code in self.criteria if code in findings)

    def unaffected(self, code: str, before: Answers, after: Answers) -> bool:
        """Whether all that a finding on a criterion rests on, figures and evidence, is the same in both answers."""
        criterion = self.criteria.get(code)
        if criterion is None or before.evidence.get(code, ()) != after.evidence.get(code, ()):
            return False
        return all(_figure(before, name) == _figure(after, name) for name in rests_on(criterion))


def is_scored(criterion: Criterion) -> bool:
    """Information only is asked, not scored (domain.md, "Forms of scoring"), and so needs no finding."""
    return criterion.maximum > 0 and criterion.method.form != "information"


def _figure(answers: Answers, name: str) -> Answer:
    return answers.figures.get(name, NOT_REPORTED)
