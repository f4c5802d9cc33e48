"""Answers and findings carried from one version of a rule set to the next (sửa đổi giữa đợt), and what is asked again.

A criterion is followed by the mapping of the new version. What an agency answered stands as long as the same is asked;
points, thresholds and methods may change over it. A title may be worded anew: who changes what a figure means gives it
another id. A criterion is asked again only of those whom the change concerns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.contracts.common import Answer, Answers, AskedAgain, CriterionFinding, Evidence
from shared.contracts.figures import read_figure
from shared.contracts.gates import NOT_REPORTED, is_left_out
from shared.kernel.errors import Fault
from shared.ruleset.document import Criterion, Input, RuleSet
from shared.ruleset.followed import Followed, follow
from shared.ruleset.uses import gate_inputs, used_inputs

__all__ = ["Carried", "carry", "rests_on"]

_NOT_APPLICABLE = Answer(state="not_applicable")


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of an agency's answers, all in the order of the new version.

    `answers` hold every input of the new version in its state; those of a criterion that is asked again and did not
    carry are not reported. `dropped` are the criteria of the old version (its codes) that have no successor.
    """

    answers: Answers
    findings: tuple[CriterionFinding, ...]
    asked_again: tuple[AskedAgain, ...]
    dropped: tuple[str, ...]


def carry(old: RuleSet, new: RuleSet, answers: Answers, findings: Iterable[CriterionFinding] = ()) -> Carried:
    """Carry `answers`, given in the form of `old` and verified by `findings`, to the form of `new`."""
    return _Carrying(old, new, answers).carried(findings)


def rests_on(criterion: Criterion) -> frozenset[str]:
    """Ids of the figures that a finding on a criterion rests on: its own, and those its method takes from others."""
    return frozenset(item.id for item in criterion.inputs) | frozenset(used_inputs(criterion.method))


class _Plan:
    """What carrying from one version to the next depends on whoever answered, worked out once for both."""

    def __init__(self, old: RuleSet, new: RuleSet) -> None:
        self.was, self.now = old.inputs(), new.inputs()
        self.criteria = new.criteria()
        self.followed = follow(old, new)
        self.origins = _origins(self.followed)
        self.gates = {criterion.code: gate_inputs(criterion) for criterion in self.criteria}
        self.rests = {criterion.code: rests_on(criterion) for criterion in self.criteria}
        self.rests_alike = {after.code: rests_on(before) == rests_on(after) for before, after in self.followed.pairs}
        self.alike = frozenset(name for name, item in self.now.items() if self.was.get(name) == item)
        self.same_question = frozenset(
            name for name, item in self.now.items() if name in self.was and _same_question(self.was[name], item)
        )
        self.was_gated = frozenset(
            code for code, origins in self.origins.items() if any(one.asked_if is not None for one in origins)
        )
        self.wants_documents = frozenset(one.code for one in self.criteria if self._wants_documents(one))
        self.wants_evidence = frozenset(one.code for one in self.criteria if self._wants_evidence(one))

    def _wants_documents(self, criterion: Criterion) -> bool:
        """Whether documents are named that were not named before."""
        origins = self.origins.get(criterion.code, ())
        before = {document for origin in origins for document in origin.evidence.documents}
        return not set(criterion.evidence.documents) <= before

    def _wants_evidence(self, criterion: Criterion) -> bool:
        """Whether evidence is required that was not."""
        origins = self.origins.get(criterion.code, ())
        return criterion.evidence.required and not any(origin.evidence.required for origin in origins)


_PLANS_KEPT = 16
_plans: dict[tuple[str, str], _Plan] = {}  # by the hashes of both versions, which name them to the byte


def _plan(old: RuleSet, new: RuleSet) -> _Plan:
    key = (old.content_hash(), new.content_hash())
    found = _plans.get(key)
    if found is None:
        found = _Plan(old, new)
        if len(_plans) >= _PLANS_KEPT:
            _plans.pop(next(iter(_plans)))
        _plans[key] = found
    return found


class _Carrying:
    """One agency's answers on their way; what is worked out for one criterion is used by the next steps."""

    def __init__(self, old: RuleSet, new: RuleSet, answers: Answers) -> None:
        self.plan = _plan(old, new)
        self.given = answers
        self.was, self.now = self.plan.was, self.plan.now
        self.followed, self.origins = self.plan.followed, self.plan.origins
        self.figures: dict[str, Answer] = {}
        self.lost: dict[str, str] = {}  # input of the new version → why its answer did not carry

    def carried(self, findings: Iterable[CriterionFinding]) -> Carried:
        """All of it, in the order of the new version."""
        criteria = self.plan.criteria
        for criterion in criteria:
            self._carry_figures(criterion)
        evidence = {criterion.code: self._evidence(criterion) for criterion in criteria}
        asked = tuple(one for criterion in criteria if (one := self._asked(criterion, evidence[criterion.code])))
        return Carried(
            answers=Answers(
                figures=self.figures, evidence={code: documents for code, documents in evidence.items() if documents}
            ),
            findings=self._findings(findings, {one.criterion for one in asked}),
            asked_again=asked,
            dropped=tuple(one.code for one in self.followed.dropped),
        )

    def _answer(self, name: str) -> Answer:
        return self.given.figures.get(name, NOT_REPORTED)

    def _carry_figures(self, criterion: Criterion) -> None:
        for item in criterion.inputs:
            answer = self._answer(item.id)
            why = self._why_lost(criterion, item, answer)
            if why and self._stays_not_applicable(criterion):
                self.figures[item.id] = _NOT_APPLICABLE
            elif why:
                self.figures[item.id] = NOT_REPORTED
                self.lost[item.id] = why
            else:
                self.figures[item.id] = answer

    def _why_lost(self, criterion: Criterion, item: Input, answer: Answer) -> str:
        if item.id not in self.was:
            return "figures" if self.origins.get(criterion.code) else "new"
        if item.id not in self.plan.same_question:
            return "figures"
        right = item.id in self.plan.alike and answer.state == "value" and not answer.units  # it was, as most are
        if right or _fits(criterion, item, answer):
            return ""
        return "not_applicable" if answer.state == "not_applicable" else "bounds"

    def _stays_not_applicable(self, criterion: Criterion) -> bool:
        """Whether the agency said that all of this does not apply to it, and still may."""
        names = [item.id for origin in self.origins.get(criterion.code, ()) for item in origin.inputs]
        away = bool(names) and all(self._answer(name).state == "not_applicable" for name in names)
        return away and criterion.not_applicable == "allowed"

    def _evidence(self, criterion: Criterion) -> tuple[Evidence, ...]:
        documents = [
            one for origin in self.origins.get(criterion.code, ()) for one in self.given.evidence.get(origin.code, ())
        ]
        if len(documents) < 2:
            return tuple(documents)
        return tuple(one for index, one in enumerate(documents) if one not in documents[:index])

    def _asked(self, criterion: Criterion, evidence: Collection[Evidence]) -> AskedAgain | None:
        """Why the criterion is asked again of this agency, or None."""
        own = [item.id for item in criterion.inputs]
        gates_known = not any(name in self.lost for name in self.plan.gates[criterion.code])
        if gates_known and is_left_out(criterion, self.figures, self.now):
            return None
        lost = [name for name in own if name in self.lost]
        if lost:
            reasons = [self.lost[name] for name in lost]
            reason = "new" if not self.origins.get(criterion.code) and "new" in reasons else reasons[0]
            return AskedAgain.model_validate({"criterion": criterion.code, "reason": reason, "figures": lost})
        if self._was_left_out(criterion):
            return AskedAgain(criterion=criterion.code, reason="asked_if", figures=tuple(own))
        if self._wants_more(criterion, evidence) and any(self.figures[name].state == "value" for name in own):
            return AskedAgain(criterion=criterion.code, reason="evidence")
        return None

    def _was_left_out(self, criterion: Criterion) -> bool:
        """Whether the old version did not ask it of this agency, so that nothing was answered."""
        if criterion.code not in self.plan.was_gated:
            return False
        origins = self.origins.get(criterion.code, ())
        silent = bool(criterion.inputs) and all(self.figures[item.id] == NOT_REPORTED for item in criterion.inputs)
        return silent and any(is_left_out(origin, self.given.figures, self.was) for origin in origins)

    def _wants_more(self, criterion: Criterion, given: Collection[Evidence]) -> bool:
        """Whether documents are wanted that were not wanted before."""
        if criterion.code in self.plan.wants_documents:
            return True
        return criterion.code in self.plan.wants_evidence and not given

    def _findings(self, findings: Iterable[CriterionFinding], asked: Collection[str]) -> tuple[CriterionFinding, ...]:
        by_code = {finding.criterion: finding for finding in findings}
        carried = []
        for before, after in self.followed.pairs:
            finding = by_code.get(before.code)
            if finding is not None and after.code not in asked and self._still_holds(after, finding):
                same = after.code == finding.criterion
                carried.append(finding if same else finding.model_copy(update={"criterion": after.code}))
        return tuple(carried)

    def _still_holds(self, after: Criterion, finding: CriterionFinding) -> bool:
        """Whether all that a finding rests on is what it was."""
        alike = self.plan.rests_alike[after.code]
        if not finding.adjusted and ((alike and not self.lost) or self._stays_not_applicable(after)):
            return True
        if not alike or any(name in self.lost for name in self.plan.rests[after.code]):
            return False
        own = {item.id: item for item in after.inputs} if finding.adjusted else {}
        return all(name in own and _fits(after, own[name], value) for name, value in finding.adjusted.items())


def _origins(followed: Followed) -> Mapping[str, tuple[Criterion, ...]]:
    """The criteria of the old version that each of the new one comes from; none of a new one."""
    origins = {after.code: (before,) for before, after in followed.pairs}
    return origins | {after.code: befores for befores, afters in followed.regrouped for after in afters}


def _same_question(before: Input, after: Input) -> bool:
    """Whether the same is asked: bounds may differ (a value within the new ones stands), and words."""
    return (before.type, before.unit, before.per_unit, _options(before)) == (
        after.type,
        after.unit,
        after.per_unit,
        _options(after),
    )


def _options(item: Input) -> frozenset[str]:
    return frozenset(option.id for option in item.options)


def _fits(criterion: Criterion, item: Input, answer: Answer) -> bool:
    """Whether an answer that was right is still one."""
    if answer.state in ("not_reported", "rejected"):
        return True
    given = answer.model_dump(exclude_defaults=True)
    return not isinstance(read_figure(criterion, item, given, item.id), Fault)
