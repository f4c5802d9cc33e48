"""The proof of one criterion: its figures, how its points came about, why any are missing, what would give more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from services.scoring.core.card import Card
from services.scoring.core.conditions import compile_asked
from services.scoring.core.proof_inputs import proven_input
from services.scoring.core.proof_model import ProvenCriterion, ProvenFinding, Shown, Worked
from services.scoring.core.proof_needs import Needs
from services.scoring.core.proof_rules import FiredRules
from services.scoring.core.proof_working import Worker
from services.scoring.core.scorecard import CriterionResult, Scorecard
from shared.contracts.common import Answer, CriterionFinding
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.clock import LOCAL_ZONE
from shared.ruleset.document import Criterion, RuleSet
from shared.ruleset.uses import gate_inputs, used_inputs
from shared.ruleset.words import FINDINGS, STATES, points_words
from shared.ruleset.words_methods import method_words, scoring
from shared.ruleset.words_rules import asked_if_words, evidence_share_words

__all__ = ["CriterionProver"]

_ZERO = Fraction(0)


class CriterionProver:
    """Proves the criteria of one scorecard, one by one."""

    def __init__(
        self,
        rule_set: RuleSet,
        verified: VerifiedSubmission,
        scorecard: Scorecard,
        group_best: Mapping[str, Fraction] | None,
        fired: FiredRules,
        needs: Needs,
        shown: Callable[[Fraction], Shown],
    ) -> None:
        self._verified = verified
        self._scorecard = scorecard
        self._best = group_best
        self._card = Card.of(verified, rule_set)
        self._inputs = rule_set.inputs()
        self._results = {result.code: result for result in scorecard.criteria}
        self._fired = fired
        self._shown = shown
        self._needs = needs

    def proven(self, criterion: Criterion) -> ProvenCriterion:
        """One criterion."""
        result = self._results[criterion.code]
        worker = Worker(criterion, self._inputs, self._card.figures, self._best or {})
        worked = self._worked(worker, result)
        most = _ZERO if result.state in ("not_applicable", "information") else criterion.maximum
        finding = self._card.findings.get(criterion.code)
        return ProvenCriterion(
            code=criterion.code,
            title=criterion.title.vi,
            origin=criterion.origin,
            article=criterion.article,
            bonus=criterion.bonus,
            method=method_words(criterion.method, criterion.maximum, self._inputs),
            method_says=scoring(criterion.method, criterion.maximum, self._inputs).says,
            asked_if=None if criterion.asked_if is None else asked_if_words(criterion.asked_if, self._inputs),
            state=result.state,
            state_shown=STATES[result.state],
            applied=worked.says,
            worked=worked,
            inputs=tuple(
                proven_input(self._inputs[name], self._answer(name), self._card.figures[name])
                for name in _names(criterion)
                if name in self._inputs
            ),
            finding=None if finding is None else _finding(finding, criterion),
            evidence_required=criterion.evidence.required,
            evidence_wanted=criterion.evidence.documents,
            evidence=self._verified.answers.evidence.get(criterion.code, ()),
            rules=self._fired.about(criterion.code),
            earned=self._shown(result.earned),
            points=self._shown(result.points),
            maximum=self._shown(result.maximum),
            most=self._shown(most),
            lost=self._shown(max(most - result.points, _ZERO)),
            missed=tuple(self._missed(criterion, result, worker)),
            needed=self._needs.of(worker, result),
            message=None if criterion.message is None else criterion.message.vi,
        )

    def _worked(self, worker: Worker, result: CriterionResult) -> Worked:
        if result.state == "value" and not self._unasked(worker.criterion):
            return worker.worked()
        says = "không thuộc diện được hỏi → 0 điểm" if result.state == "value" else STATES[result.state]
        most = worker.criterion.maximum
        return Worked(title="", says=says, state=result.state, points=result.earned, maximum=most)

    def _unasked(self, criterion: Criterion) -> bool:
        asked = compile_asked(criterion)
        return asked is not None and asked(self._card.figures) != "asked"

    def _missed(self, criterion: Criterion, result: CriterionResult, worker: Worker) -> Iterator[str]:
        """Why points are missing, as far as no figure alone is the reason."""
        finding = self._card.findings.get(criterion.code)
        match result.state:
            case "not_reported":
                titles = ", ".join(f"“{self._inputs[name].title.vi}”" for name in self._unreported(criterion))
                yield f"không báo cáo {titles or 'số liệu'}: 0 điểm, điểm tối đa vẫn tính"
            case "rejected":
                reason = f": {finding.reason}" if finding is not None and finding.reason else ""
                yield f"bị bác khi thẩm tra{reason}; 0 điểm, điểm tối đa vẫn tính"
            case "pending":
                yield "chờ đủ đơn vị trong nhóm mới so sánh được"
            case "not_applicable":
                yield from self._not_applicable(criterion)
            case "value" if self._unasked(criterion):
                yield "không thuộc diện được hỏi nên được 0 điểm, điểm tối đa vẫn tính"
            case "value":
                yield from self._blank(worker)
                if result.points < result.earned:
                    yield from self._gated(criterion, result)
            case _:
                return

    def _not_applicable(self, criterion: Criterion) -> Iterator[str]:
        why = self._fired.cited(self._fired.excluded_by(criterion.code))
        yield f"không tính vào điểm và điểm tối đa{f' theo quy tắc {why}' if why else ''}"

    def _gated(self, criterion: Criterion, result: CriterionResult) -> Iterator[str]:
        effects = self._scorecard.effects
        earned, points = points_words(result.earned), points_words(result.points)
        if criterion.code in effects.zeroed or result.section in effects.zeroed_sections:
            rules = self._fired.cited(self._fired.zeroed_by(criterion.code))
            yield f"cách tính cho {earned} nhưng bị đưa về {points} theo quy tắc {rules}"
        else:
            yield f"cách tính cho {earned}; {evidence_share_words(criterion.evidence)}, còn {points}"

    def _blank(self, worker: Worker) -> Iterator[str]:
        """The parts and sub-units that count 0 because nothing was reported."""
        blank = [one.title for one in _counted(worker.worked()) if one.state in ("not_reported", "rejected")]
        if blank:
            yield f"tính 0 điểm vì không có số liệu: {'; '.join(blank)}"

    def _unreported(self, criterion: Criterion) -> list[str]:
        names = [*used_inputs(criterion.method), *(gate_inputs(criterion) if criterion.asked_if else ())]
        return [name for name in dict.fromkeys(names) if name in self._inputs and self._state(name) != "value"]

    def _state(self, name: str) -> str:
        figure = self._card.figures.get(name)
        return "not_reported" if figure is None else figure.state

    def _answer(self, name: str) -> Answer:
        return self._verified.answers.figures.get(name, Answer(state="not_reported"))


def _counted(worked: Worked) -> Iterator[Worked]:
    """What adds up to the points: parts, sub-units, the agency's own case; not the cases of which one is taken."""
    for inner in worked.inside:
        if not any(not one.counts for one in worked.inside):
            yield inner
            yield from _counted(inner)


def _finding(finding: CriterionFinding, criterion: Criterion) -> ProvenFinding:
    return ProvenFinding(
        finding=finding.finding,
        shown=FINDINGS[finding.finding],
        reason=finding.reason,
        verifier=finding.verifier,
        unit=criterion.verifier,
        found_on=finding.found_at.astimezone(LOCAL_ZONE).date(),
    )


def _names(criterion: Criterion) -> tuple[str, ...]:
    """Inputs that decide whether it is asked, that the method uses, then those the criterion asks besides."""
    asked = [item.id for item in criterion.inputs]
    gates = gate_inputs(criterion) if criterion.asked_if is not None else ()
    return tuple(dict.fromkeys([*gates, *used_inputs(criterion.method), *asked]))
