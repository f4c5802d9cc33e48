"""The proof of a scorecard: for every point, from what, by which row, under which rule, and what was lacking.

JSON carries exact values as strings beside what is shown; `render_text` is the same for a terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from services.scoring.core.card import Card, Typed
from services.scoring.core.proof_model import (
    Proof,
    ProvenCriterion,
    ProvenFinding,
    ProvenInput,
    ProvenRule,
    ProvenSection,
    Shown,
)
from services.scoring.core.proof_steps import Steps
from services.scoring.core.proof_text import render_text
from services.scoring.core.proof_words import FINDINGS, STATES, effect_words, method_words, number, value_words
from services.scoring.core.scorecard import CriterionResult, Scorecard, SectionResult
from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import exact_text, show, vietnamese
from shared.ruleset.document import (
    BandsMethod,
    BestMethod,
    Criterion,
    Display,
    Input,
    Method,
    Quotient,
    RatioMethod,
    RuleSet,
    Section,
    SumMethod,
)

__all__ = ["Proof", "ProvenCriterion", "ProvenInput", "ProvenRule", "ProvenSection", "Shown", "proof", "render_text"]


def proof(
    rule_set: RuleSet,
    verified: VerifiedSubmission,
    scorecard: Scorecard,
    group_best: Mapping[str, Fraction] | None,
    agency_name: str = "",
) -> Proof:
    """The proof of a scorecard that was worked out from `verified` by `rule_set`; `agency_name` is for people."""
    return _Proving(rule_set, verified, scorecard, group_best).proof(agency_name)


class _Proving:
    def __init__(
        self,
        rule_set: RuleSet,
        verified: VerifiedSubmission,
        scorecard: Scorecard,
        group_best: Mapping[str, Fraction] | None,
    ) -> None:
        self._rule_set = rule_set
        self._verified = verified
        self._scorecard = scorecard
        self._best = group_best
        self._card = Card.of(verified, rule_set)
        self._inputs = rule_set.inputs()
        self._display: Display = rule_set.result.display
        self._results = {result.code: result for result in scorecard.criteria}

    def proof(self, agency_name: str) -> Proof:
        card, result = self._scorecard, self._rule_set.result
        sections = zip(self._rule_set.sections, card.sections, strict=True)
        return Proof(
            agency_name=agency_name or self._verified.key.agency,
            key=self._verified.key,
            group=self._verified.group,
            rule_set=card.rule_set,
            rule_set_title=self._rule_set.title.vi,
            basis=self._verified.basis,
            days_late=self._verified.days_late,
            stage="provisional" if self._best is None else "final",
            form=result.form,
            sections=tuple(self._section(section, one) for section, one in sections),
            rules=self._rules(),
            sum=self._points(card.sum),
            deducted=self._points(card.deducted),
            points=self._points(card.points),
            maximum=self._points(card.maximum),
            index=self._shown(card.index, self._display.index_places),
            level=card.level,
            level_title=next((level.title.vi for level in result.levels if level.id == card.level), card.level),
            excluded=card.excluded,
            flags=tuple(sorted(card.effects.flags)),
        )

    def _section(self, section: Section, result: SectionResult) -> ProvenSection:
        effects = self._scorecard.effects
        rules = [one.rule for one in effects.caps if one.section == section.code]
        rules += [one.rule for one in effects.deductions if one.from_ == section.code]
        return ProvenSection(
            code=section.code,
            title=section.title.vi,
            sum=self._points(result.sum),
            cap=None if result.cap is None else self._points(result.cap),
            deducted=self._points(result.deducted),
            points=self._points(result.points),
            maximum=self._points(result.maximum),
            rules=tuple(dict.fromkeys(rules)),
            criteria=tuple(self._criterion(criterion) for criterion in section.criteria),
        )

    def _criterion(self, criterion: Criterion) -> ProvenCriterion:
        result = self._results[criterion.code]
        steps = Steps(criterion, self._inputs, self._card.figures, self._best or {})
        applied = steps.applied() if result.state == "value" else STATES[result.state]
        finding = self._card.findings.get(criterion.code)
        return ProvenCriterion(
            code=criterion.code,
            title=criterion.title.vi,
            origin=criterion.origin,
            article=criterion.article,
            method=method_words(criterion.method, criterion.maximum, self._inputs),
            state=result.state,
            state_shown=STATES[result.state],
            applied=applied,
            inputs=tuple(self._input(self._inputs[name]) for name in _names(criterion) if name in self._inputs),
            finding=None if finding is None else _finding(finding),
            evidence_required=criterion.evidence.required,
            evidence=self._verified.answers.evidence.get(criterion.code, ()),
            rules=self._rules_about(criterion.code),
            points=self._points(result.points),
            maximum=self._points(result.maximum),
            lost=self._points(result.maximum - result.points),
            missed=self._missed(result, steps, finding),
            message=None if criterion.message is None else criterion.message.vi,
        )

    def _missed(self, result: CriterionResult, steps: Steps, finding: CriterionFinding | None) -> str:
        if result.state == "not_reported":
            names = [n for n in _names(steps.criterion) if n in self._inputs and self._figure_state(n) != "value"]
            titles = ", ".join(f"“{self._inputs[name].title.vi}”" for name in names)
            return f"không báo cáo {titles}: 0 điểm, điểm tối đa vẫn tính"
        if result.state == "rejected":
            reason = f": {finding.reason}" if finding is not None and finding.reason else ""
            return f"bị bác khi thẩm tra{reason}; 0 điểm, điểm tối đa vẫn tính"
        if result.state == "pending":
            return "chờ đủ đơn vị trong nhóm mới so sánh được"
        if result.state != "value" or result.points == result.maximum:
            return ""
        lacking = steps.lacking() if result.earned < result.maximum else ""
        if result.points < result.earned:
            gate = f"được {number(result.earned)} điểm nhưng bị đưa về {number(result.points)} điểm theo quy tắc "
            return gate + ", ".join(self._rules_about(result.code)) + (f"; {lacking}" if lacking else "")
        return lacking

    def _figure_state(self, name: str) -> str:
        figure = self._card.figures.get(name)
        return "not_reported" if figure is None else figure.state

    def _input(self, item: Input) -> ProvenInput:
        answer = self._verified.answers.figures.get(item.id, Answer(state="not_reported"))
        figure = self._card.figures[item.id]
        return ProvenInput(
            id=item.id,
            title=item.title.vi,
            unit=item.unit,
            answered_state=answer.state,
            answered=_exact(answer.value) if answer.state == "value" else None,
            answered_shown=value_words(answer.state, _typed(answer.value, item), item),
            state=figure.state,
            value=None if figure.value is None else _exact(figure.value),
            shown=value_words(figure.state, figure.value, item),
        )

    def _rules_about(self, code: str) -> tuple[str, ...]:
        """Fired rules that were tried on the criterion or name it or its section as zeroed or excluded."""
        section = self._results[code].section
        about = []
        for rule in self._rules():
            effects = next(one for one in self._rule_set.rules if one.id == rule.rule).then
            targets = {getattr(effect, "criterion", None) for effect in effects}
            zeroed = any(effect.effect == "zero_section" and effect.section == section for effect in effects)
            if code in rule.criteria or code in targets or zeroed:
                about.append(rule.rule)
        return tuple(about)

    def _rules(self) -> tuple[ProvenRule, ...]:
        criteria: dict[str, list[str]] = {}
        for firing in self._scorecard.firings:
            codes = criteria.setdefault(firing.rule_id, [])
            if firing.criterion is not None:
                codes.append(firing.criterion)
        return tuple(
            ProvenRule(
                rule=rule.id,
                title=rule.title.vi,
                message=rule.message.vi,
                article=rule.article,
                effects=tuple(effect_words(effect) for effect in rule.then),
                criteria=tuple(criteria[rule.id]),
            )
            for rule in self._rule_set.rules
            if rule.id in criteria
        )

    def _points(self, value: Fraction) -> Shown:
        return self._shown(value, self._display.points_places)

    def _shown(self, value: Fraction, places: int) -> Shown:
        return Shown(exact=value, shown=vietnamese(show(value, places, self._display.rounding)))


def _finding(finding: CriterionFinding) -> ProvenFinding:
    return ProvenFinding(
        finding=finding.finding, shown=FINDINGS[finding.finding], reason=finding.reason, verifier=finding.verifier
    )


def _names(criterion: Criterion) -> tuple[str, ...]:
    """Inputs the method uses, then those the criterion asks besides."""
    asked = [item.id for item in criterion.inputs]
    return tuple(dict.fromkeys([*_used(criterion.method), *asked]))


def _used(method: Method) -> list[str]:
    match method:
        case RatioMethod(of=of):
            return _of_quotient(of)
        case BandsMethod(of=of):
            return [of] if isinstance(of, str) else _of_quotient(of)
        case SumMethod(parts=parts) | BestMethod(cases=parts):
            return [name for part in parts for name in _used(part.method)]
        case _:
            name = getattr(method, "input", None)
            return [] if name is None else [name]


def _of_quotient(of: Quotient) -> list[str]:
    return [of.numerator] if of.denominator is None else [of.numerator, of.denominator]


def _typed(value: bool | int | str | None, item: Input) -> Typed | None:
    if item.type in ("integer", "decimal") and value is not None and not isinstance(value, bool):
        try:
            return Fraction(value)
        except ValueError:
            return str(value)  # shown as it was written
    return value if isinstance(value, bool | str) else None


def _exact(value: Typed | int | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return exact_text(Fraction(value)) if isinstance(value, int | Fraction) else value
