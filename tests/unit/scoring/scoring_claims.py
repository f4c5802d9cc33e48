"""What a proof claims, done: the submission as it would have been, without using the code that makes the claim."""

from __future__ import annotations

from fractions import Fraction

from services.scoring.core.proof_model import Change, Needed
from shared.contracts.common import Answer, CriterionFinding, Evidence
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import exact_text
from shared.ruleset.document import RuleSet

__all__ = ["done"]

SHOWN = (Evidence(title="Biên bản"),)


def done(verified: VerifiedSubmission, criterion: str, need: Needed, rule_set: RuleSet) -> VerifiedSubmission:
    """The submission as it would have been: the agency's answers and the verifier's adjustments changed alike."""
    figures, findings = dict(verified.answers.figures), list(verified.findings)
    if need.accepted:
        findings = [one for one in findings if (one.criterion, one.finding) != (criterion, "rejected")]
    for change in need.changes:
        whole = rule_set.inputs()[change.input].type == "integer"
        counted = figures.get(change.input)
        for finding in findings:
            if finding.finding == "adjusted" and change.input in finding.adjusted:
                counted = finding.adjusted[change.input]
        figures[change.input] = _answer(counted, change, whole)
        findings = [_readjusted(one, change.input, figures[change.input]) for one in findings]
    evidence = dict(verified.answers.evidence)
    if need.evidence:
        evidence[criterion] = SHOWN
    answers = verified.answers.model_copy(update={"figures": figures, "evidence": evidence})
    return verified.model_copy(update={"answers": answers, "findings": tuple(findings)})


def _answer(given: Answer | None, change: Change, whole: bool) -> Answer:
    value = change.value
    if isinstance(value, Fraction):
        value = int(value) if whole else exact_text(value)
    if change.unit is None:
        return Answer(state="value", value=value)
    units = dict(given.units) if given is not None and given.state == "value" else {}
    return Answer.model_validate(
        {"state": "value", "units": {**units, change.unit: {"state": "value", "value": value}}}
    )


def _readjusted(finding: CriterionFinding, name: str, answer: Answer) -> CriterionFinding:
    if finding.finding != "adjusted" or name not in finding.adjusted:
        return finding
    return finding.model_copy(update={"adjusted": {**finding.adjusted, name: answer}})
