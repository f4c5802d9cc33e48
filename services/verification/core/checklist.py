"""What a rule set asks a verifier to check: which criteria need a finding, and what a finding rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.contracts.common import Answer, Answers, CriterionFinding
from shared.ruleset.document import (
    BandsMethod,
    BestMethod,
    Criterion,
    InformationMethod,
    Method,
    Quotient,
    RatioMethod,
    RuleSet,
    SumMethod,
)

__all__ = ["Checklist", "is_scored"]

_NOT_REPORTED = Answer(state="not_reported")


class Checklist:
    """The criteria of a rule set by code, in the order of the annex; made once and used for many cases."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self.criteria: Mapping[str, Criterion] = {criterion.code: criterion for criterion in rule_set.criteria()}
        self.scored = tuple(code for code, criterion in self.criteria.items() if is_scored(criterion))

    def lacking(self, findings: Mapping[str, CriterionFinding]) -> tuple[str, ...]:
        """Scored criteria that have no finding yet."""
        return tuple(code for code in self.scored if code not in findings)

    def in_order(self, findings: Mapping[str, CriterionFinding]) -> tuple[CriterionFinding, ...]:
        """Findings in the order of the annex."""
        return tuple(findings[code] for code in self.criteria if code in findings)

    def unaffected(self, code: str, before: Answers, after: Answers) -> bool:
        """Whether all that a finding on a criterion rests on, figures and evidence, is the same in both answers."""
        criterion = self.criteria.get(code)
        if criterion is None or before.evidence.get(code, ()) != after.evidence.get(code, ()):
            return False
        return all(_figure(before, name) == _figure(after, name) for name in _inputs(criterion))


def is_scored(criterion: Criterion) -> bool:
    """Information only is asked, not scored (domain.md, "Forms of scoring"), and so needs no finding."""
    return criterion.maximum > 0 and criterion.method.form != "information"


def _figure(answers: Answers, name: str) -> Answer:
    return answers.figures.get(name, _NOT_REPORTED)


def _inputs(criterion: Criterion) -> set[str]:
    """Declared by the criterion, or declared elsewhere and used by its method."""
    return {item.id for item in criterion.inputs} | set(_used(criterion.method))


def _used(method: Method) -> Iterator[str]:
    match method:
        case InformationMethod():
            return
        case SumMethod(parts=parts) | BestMethod(cases=parts):
            for part in parts:
                yield from _used(part.method)
        case RatioMethod(of=of) | BandsMethod(of=of):
            yield from _quotient(of)
        case _:
            yield method.input


def _quotient(of: str | Quotient) -> Iterator[str]:
    if isinstance(of, str):
        yield of
        return
    yield of.numerator
    if of.denominator is not None:
        yield of.denominator
